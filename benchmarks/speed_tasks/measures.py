"""What is measured: each task, in which unit, by which libraries and how often."""

from __future__ import annotations

from dataclasses import dataclass

from speed_tasks.plant import HISTORY_ROWS, ISSUE_TIMES, LEADS, TRAIN_ROWS


@dataclass(frozen=True)
class Entry:
    """One line of a table: a library and its task; a variant is shown but not raced against."""

    library: str
    task: str
    variant: str = ""

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


def _all(task: str, *libraries: str) -> tuple[Entry, ...]:
    return tuple(Entry(library, task) for library in ("ours", *libraries))


PEERS = ("skforecast", "darts", "mlforecast", "openstef")

MEASURES = (
    Measure(
        "predict",
        "predict() of one site",
        "ms",
        1e3,
        (
            *_all("predict", *PEERS),
            Entry("ours", "live", "told the newest values only (live)"),
            Entry("skforecast", "predict_unchecked", "its checks off"),
        ),
        rounds=6,
        calls=10,
        warm_up=3,
        text=f"""One forecast of {LEADS} quarter hours through the public call; every call has new input
objects and the next issue time. Each library gets the same last {HISTORY_ROWS:,} rows of power and of six
columns of weather; the peers also get that weather ahead. Ours includes making the `SiteData` with its
checks, the same forecast's seven quantiles and its limits; the peers return the point forecast (openstef:
and its quantiles). Ours live is told the newest row, and then asked. Cutting the rows out is not timed.""",
    ),
    Measure(
        "import",
        "Import",
        "s",
        1.0,
        (*_all("importing", *PEERS), Entry("ours", "importing_bare", "`import forecast` alone")),
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
        _all("features", *PEERS),
        rounds=5,
        calls=2,
        warm_up=1,
        text=f"""{TRAIN_ROWS:,} rows from pandas to the training matrix: 24 lags, mean, standard deviation,
minimum and maximum over 4, 16, 96 and 672 steps, four columns of the calendar, six of weather (openstef:
the lags, the weather and what it adds for wind). Ours is the default forecaster's own set: all it knows of
an issue time and of its 16 leads.""",
    ),
    Measure(
        "train",
        "Training 16 leads",
        "s",
        1.0,
        (*_all("train", "skforecast", "darts", "mlforecast"), Entry("openstef", "train", "one for all leads")),
        rounds=3,
        calls=1,
        warm_up=0,
        text="""A year of quarter hours: one LightGBM of 200 trees × 31 leaves a lead. Ours is the default
forecaster with its quantiles.""",
    ),
    Measure(
        "backtest",
        f"Rolling backtest, {ISSUE_TIMES:,} issue times × 16, no refit",
        "s",
        1.0,
        _all("backtest", "skforecast", "darts"),
        rounds=3,
        calls=1,
        warm_up=0,
        text="""A fitted forecaster rolled through thirty days, every quarter hour a forecast of 16 leads.
Ours includes the quantiles and the reference. openstef has none without refit; mlforecast's takes minutes
and is left out.""",
    ),
)
