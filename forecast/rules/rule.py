"""What a grid rule is: parts, each with its points, formula, threshold and penalty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

KINDS = ("wind", "pv")
#: which forecasts of a backtest a part looks at
POINTS = {
    "hour 1": "the first hour of each run",
    "hour 2": "the second hour of each run",
    "hour 3": "the third hour of each run",
    "hour 4": "the fourth hour of each run",
    "fourth hour": "the fourth hour of each run (points 13 to 16)",
    "four hours ahead": "the point four hours ahead of each run (the 16th)",
    "up to four hours": "all points of each run up to four hours ahead",
    "day ahead": "the next local day, of one run a day",
    "tenth day": "hours 217 to 240 of each run",
    "series": "the next local day where the forecasts reach it, else the point four hours ahead",
    "first lead": "the nearest point of each run",
    "all": "all points of all runs",
}
PERIODS = ("run", "day", "month")


@dataclass(frozen=True)
class Slot:
    """Hours of the local day with a factor of their own, for power under and over what was measured.

    `under`: more was measured than forecast (P > F); `over`: less (P < F).
    """

    name: str
    hours: tuple[tuple[float, float], ...]
    under: float
    over: float


@dataclass(frozen=True)
class Penalty:
    """What a shortfall costs.

    Of an accuracy: ``(threshold − accuracy) / per_share · capacity[MW] / per_mw · factor``, times the points that
    count where `times_points`. Of a deviation: ``energy[MWh] / per_mwh · factor``. Factors go by slot, elsewhere they
    are `under` and `over`.
    """

    unit: str
    under: float
    over: float
    per_mw: float = 1.0
    per_share: float = 1.0
    per_mwh: float = 1.0
    times_points: bool = False
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True)
class Part:
    """One formula of a rule for one technology: points, measure or deviation, threshold, penalty.

    Attributes:
        points: which forecasts count, a key of `POINTS`.
        measure, deviation: the formula, a name of `forecast.rules.measures` or `.deviations`; one of the two is "".
        params: numbers of the formula.
        threshold: of the accuracy; None where none is on record.
        period: over which the formula is computed; judged: whose mean is held against the threshold.
        least_kw, least_share: measured power below which a point is exempt [kW; share of capacity].
        penalty: None where none is on record.
    """

    name: str
    points: str
    period: str
    judged: str
    measure: str = ""
    deviation: str = ""
    params: Mapping[str, float] = field(default_factory=dict)
    threshold: float | None = None
    least_kw: float = 0.0
    least_share: float = 0.0
    penalty: Penalty | None = None


@dataclass(frozen=True)
class Reporting:
    """The reporting rate that is asked for, and what missing runs cost as shares of the month's energy."""

    required: float
    energy_share_per_percent: float = 0.0
    energy_share_per_run: float = 0.0
    month_cap: float = 1.0


@dataclass(frozen=True)
class Rule:
    """One rule: where it holds, what it is from, what is exempt, and its parts by technology.

    Attributes:
        status: "verified" or "unverified" against the official document; `source` says where it is from.
        exempt: reasons that take a point out: "curtailed", "outage".
        negative: "zero" where negative power counts as 0, else "kept".
        both_below: share of capacity; points with truth and forecast both below it are exempt.
        night: "counts" or "left out".
        missing_forecast: "left out", or "error 1".
        complete_days: whether only days without missing truth count.
        month_cap: the most a month costs, as a share of its energy; None without.
    """

    key: str
    region: str
    document: str
    clause: str
    year: int | None
    status: str
    source: str
    kinds: tuple[str, ...]
    parts: Mapping[str, tuple[Part, ...]]
    exempt: tuple[str, ...] = ()
    negative: str = "kept"
    both_below: float = 0.0
    night: str = "counts"
    missing_forecast: str = "left out"
    complete_days: bool = False
    month_cap: float | None = None
    price_yuan_per_kwh: float | None = None
    reported_by: str = "09:00"
    reporting: Reporting | None = None
    notes: tuple[str, ...] = ()
