"""What is measured: each task, in which unit, by which libraries and how often."""

from __future__ import annotations

from dataclasses import dataclass

from speed_tasks.plant import HISTORY_ROWS, ISSUE_TIMES, LEADS, REFIT_DAYS, TRAIN_ROWS
from speed_tasks.sites import FEATURE_SITES, FLEET_ROWS, OWN_SITES, SHARED_ROWS, SHARED_SITES


@dataclass(frozen=True)
class Entry:
    """One line of a table: a library and its task; a variant is shown but not raced against."""

    library: str
    task: str
    variant: str = ""
    cpu_goals: tuple[float, ...] = ()  # must and aim: multiples of the best peer's CPU time in the same run
    memory_goals: tuple[float, ...] = ()  # the same of its peak memory

    @property
    def title(self) -> str:
        """The line's first cell."""
        return f"{self.library}, {self.variant}" if self.variant else self.library


@dataclass(frozen=True)
class Measure:
    """One table: seconds a call × `scale` = the unit; `rounds` times `calls` calls, in turn."""

    name: str
    title: str
    unit: str
    scale: float
    entries: tuple[Entry, ...]
    rounds: int
    calls: int
    warm_up: int
    text: str
    part: str = ""  # of the library's module: "_fleet" where there are many sites


def _all(
    task: str, *libraries: str, goals: tuple[float, ...] = (), memory: tuple[float, ...] = ()
) -> tuple[Entry, ...]:
    ours = Entry("ours", task, cpu_goals=goals, memory_goals=memory)
    return (ours, *(Entry(library, task) for library in libraries))


PEERS = ("skforecast", "darts", "mlforecast", "openstef")
MANY = ("skforecast", "darts", "mlforecast")  # those that take more than one site

_FLEET = f"""{LEADS} leads of each site; every call has new input objects and the next issue time. Everybody gets the
last {FLEET_ROWS:,} rows of each site's power and six columns of weather, the peers also the weather ahead. The model
was fitted on {SHARED_SITES} of the sites, {SHARED_ROWS:,} rows each, which makes it no smaller."""

MEASURES = (
    Measure(
        "predict",
        "predict() of one site",
        "ms",
        1e3,
        (
            *_all("predict", *PEERS, goals=(1.0, 1 / 4.6)),
            Entry("ours", "live", "told the newest values only (live)", cpu_goals=(1 / 5,)),
            Entry("ours", "predict_light", "light", cpu_goals=(1.0, 1 / 4.6)),
            Entry("skforecast", "predict_unchecked", "its checks off"),
        ),
        rounds=6,
        calls=10,
        warm_up=3,
        text=f"""One forecast of {LEADS} quarter hours through the public call; every call has new input
objects and the next issue time. Each library gets the same last {HISTORY_ROWS:,} rows of power and of six
columns of weather; the peers also get that weather ahead. Ours includes making the `SiteData` with its
checks, the same forecast's seven quantiles and its limits; the peers return the point forecast (openstef:
and its quantiles). Ours live is told the newest row, and then asked. Light: `model="blend"`. Cutting the rows out is
not timed.""",
    ),
    Measure(
        "import",
        "Import",
        "s",
        1.0,
        (
            *_all("importing", *PEERS, goals=(1.0 / 1.9, 0.85 / 1.9)),
            Entry("ours", "importing_bare", "`import forecast` alone"),
        ),
        rounds=5,
        calls=1,
        warm_up=1,
        text="""A new interpreter that imports what a script names. Our names are imported when first used,
so ours names `Forecaster`, `SiteData`, `WindSite` and `load` as well.""",
    ),
    Measure(
        "start",
        "From nothing to the first forecast",
        "s",
        1.0,
        (
            *_all("first_forecast", *PEERS),
            Entry("skforecast", "importing", "its import alone"),
        ),
        rounds=5,
        calls=1,
        warm_up=1,
        text="""A new interpreter that imports the library, loads a saved forecaster and makes one forecast:
the import of what predict() needs, and the load.""",
    ),
    Measure(
        "features",
        "Features of a year",
        "µs a row",
        1e6 / TRAIN_ROWS,
        _all("features", *PEERS, goals=(0.35 / 1.38, 0.09 / 1.38)),
        rounds=5,
        calls=2,
        warm_up=1,
        text=f"""{TRAIN_ROWS:,} rows from pandas to the training matrix: 24 lags, mean, standard deviation,
minimum and maximum over 4, 16, 96 and 672 steps, four columns of the calendar, six of weather (openstef:
the lags, the weather and what it adds for wind). Ours is the default forecaster's own set: all it knows of
an issue time and of its 16 leads.""",
    ),
    Measure(
        "features_many",
        f"Features of a year, {FEATURE_SITES} sites",
        "µs a row",
        1e6 / TRAIN_ROWS / FEATURE_SITES,
        _all("features", *MANY, goals=(0.40 / 1.46, 0.12 / 1.46), memory=(1 / 3, 1 / 10)),
        rounds=3,
        calls=1,
        warm_up=1,
        part="_fleet",
        text=f"""{FEATURE_SITES} × {TRAIN_ROWS:,} rows from pandas to one training matrix, the columns as for one
site. skforecast (`ForecasterRecursiveMultiSeries`) takes a dict of sites, mlforecast its long table, darts lists of
series; openstef knows no more than one site. Ours makes each site's `SiteData`, and its rows hold what all 16 leads
need, where the peers' hold what one needs. The input tables are held by everybody, and count in the peak.""",
    ),
    Measure(
        "train",
        "Training 16 leads, point forecast",
        "s",
        1.0,
        (
            *_all("train_point", goals=(1 / 3, 1 / 5)),
            *(Entry(library, "train") for library in MANY),
            Entry("ours", "train_point_light", "light", cpu_goals=(1 / 3, 1 / 5)),
            Entry("ours", "train_same", "the same 16 boosters", cpu_goals=(1.0, 0.9)),
            Entry("ours", "train", "the whole forecaster"),
            Entry("openstef", "train", "one for all leads, and its quantiles"),
        ),
        rounds=3,
        calls=1,
        warm_up=0,
        text="""A year of quarter hours, features included. The peers: one LightGBM of 200 trees × 31 leaves a lead.
Ours: the default model's point forecast, two sets of smaller boosters and a network; for the error beside theirs see
[peers.md](peers.md), where it also corrects itself by `adapt`. Light: `model="blend"`, one set of smaller boosters and
a ridge regression, whose error stands there too.
The same 16 boosters: ours with 200 trees × 31 leaves, all features in each
tree and no reference below, on our features (more than the peers' 50) and 63 bins instead of 255. The whole
forecaster: what `fit` does, with quantiles, honest training scores and the models that stand in where inputs fail.
openstef has one model for all leads; its core pipeline also makes quantiles.""",
    ),
    Measure(
        "quantiles",
        "Training 16 leads, seven quantiles",
        "s",
        1.0,
        (
            *_all("train", goals=(1 / 4, 1 / 8)),
            *(Entry(library, "quantiles") for library in MANY),
            Entry("ours", "train_light", "light", cpu_goals=(1 / 4, 1 / 8)),
        ),
        rounds=1,
        calls=1,
        warm_up=0,
        text="""The same year. Ours is the whole forecaster: `fit` of the point forecast and the quantiles; light with
`model="blend"`. The peers train 7 × 16 LightGBM boosters of 200 trees × 31 leaves with the quantile loss: darts by
`likelihood="quantile"`, mlforecast as seven models on one table of features, skforecast as seven forecasters, as its
guide shows. They make no point forecast beside the median. openstef's one model for all leads is in the table above.
One call each: it takes minutes.""",
    ),
    Measure(
        "backtest",
        f"Rolling backtest, {ISSUE_TIMES:,} issue times × 16, no refit",
        "s",
        1.0,
        _all("backtest", "skforecast", "darts", goals=(1.0, 0.2)),
        rounds=3,
        calls=1,
        warm_up=0,
        text="""A fitted forecaster rolled through thirty days, every quarter hour a forecast of 16 leads.
Ours includes the quantiles and the reference. openstef has none without refit; mlforecast's takes minutes
and is left out.""",
    ),
    Measure(
        "backtest_daily",
        "Rolling backtest with a daily refit",
        "s a day",
        1 / REFIT_DAYS,
        (
            *_all("backtest_daily", goals=(1 / 4, 1 / 20)),
            *(Entry(library, "backtest_daily") for library in MANY),
            Entry("ours", "backtest_daily_whole", "fitted anew each day"),
        ),
        rounds=1,
        calls=1,
        warm_up=0,
        text=f"""{REFIT_DAYS} days, every quarter hour a forecast of 16 leads, and each day the model learns what came
since. Ours is fitted before and learns on (`refit="never", renew="1D"`: the leaves of its boosters, not their splits);
that first fit is not in the time, and the training table says what it takes. The peers know only a full retrain:
skforecast and mlforecast refit every 96 windows, darts retrains every 96 steps on all that is known. Their first fit is
one of the {REFIT_DAYS}. Ours fitted anew each day: `refit="1D"`. One call each; openstef's backtest splits a record
into folds, which is something else.""",
    ),
    Measure(
        "fleet_200",
        "predict() of 200 sites, one shared model",
        "ms",
        1e3,
        (
            *_all("fleet_200", *MANY, goals=(40 / 101, 8 / 101)),
            Entry("ours", "fleet_200_each", "a `SiteData` made of each site's tables"),
            Entry("ours", "fleet_200_made", "its `SiteData` made before"),
            Entry("ours", "fleet_200_plain", "without numba"),
        ),
        rounds=4,
        calls=2,
        warm_up=2,
        part="_fleet",
        text=f"""{_FLEET} The peers: skforecast's `ForecasterRecursiveMultiSeries`, one booster that is asked step
after step (its many-site forecaster has no model a lead), mlforecast and darts 16 boosters for all sites.
Ours takes one long table, as mlforecast does, with its checks (`SiteData.from_long`; what a site is, its `WindSite`,
does not come anew with its rows), then `predict_fleet` with seven
quantiles and limits; a service that holds its sites has their `SiteData` already. Ours compiles its scorer where numba
is there and enough has been asked; without it LightGBM scores, to the same bits.""",
    ),
    Measure(
        "fleet_2000",
        "predict() of 2,000 sites, one shared model",
        "ms",
        1e3,
        (
            *_all("fleet_2000", *MANY, goals=(300 / 1010, 60 / 1010)),
            Entry("ours", "fleet_2000_each", "a `SiteData` made of each site's tables"),
            Entry("ours", "fleet_2000_made", "its `SiteData` made before"),
            Entry("ours", "fleet_2000_plain", "without numba"),
        ),
        rounds=5,  # the first time so much memory is asked for, the machine itself may be slow to give it
        calls=1,
        warm_up=1,
        part="_fleet",
        text="""As with 200 sites. When must and aim were set (300 and 60 ms) no library had been measured at 2,000
sites: as multiples they assume that the best peer takes ten times its time for 200.""",
    ),
    Measure(
        "fleet_own",
        f"predict() of {OWN_SITES} sites, a model a site",
        "ms",
        1e3,
        _all("own", *MANY),
        rounds=2,
        calls=1,
        warm_up=1,
        part="_fleet",
        text=f"""{OWN_SITES} forecasters under {OWN_SITES} names: one fitted forecaster stands for all of them, so
that memory shows none of what {OWN_SITES} would hold, and caches are warmer than they would be. Ours is one
`predict_fleet`, which takes sites with forecasters of their own one after the other; the peers are asked in a loop, the
way their documentation shows. openstef would take {OWN_SITES} times its time for one site.""",
    ),
)
