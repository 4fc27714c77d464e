"""Is today worse than the baseline: scores beyond the noise of their days, time and memory beyond a ratio."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.bench.measuring import LOSSES
from forecast.errors import SettingsError
from forecast.evaluation.blocks import resampled_means, usual_length
from forecast.evaluation.comparing import holm

FloatArray = NDArray[np.float64]
TOLERANCE = 0.005  # of a score: what another seed, machine or library build may change
ALPHA = 0.05  # chance of a false alarm among all scores of a run, noise of the days alone
SLOWER, LARGER = 1.5, 1.3
RESAMPLES = 2000
LEAST_DAYS = 5  # of a record's lead: with fewer, nothing can be said and nothing is


@dataclass(frozen=True)
class Line:
    """One thing compared: values then and now, change as a share with its 90 % interval, and whether it is worse."""

    what: str
    before: float
    now: float
    change: float
    low: float
    high: float
    pvalue: float
    worse: bool
    better: bool = False

    @property
    def text(self) -> str:
        """What changed, in a sentence."""
        range_ = f", 90 % interval {100 * self.low:+.1f} to {100 * self.high:+.1f} %" if math.isfinite(self.low) else ""
        return f"{self.what}: {self.before:.4g} → {self.now:.4g} ({100 * self.change:+.1f} %{range_})"


def judged(
    before: dict[str, Any],
    now: dict[str, Any],
    *,
    tolerance: float = TOLERANCE,
    slower: float = SLOWER,
    larger: float = LARGER,
) -> list[Line]:
    """Return what changed from a stored result to this one; a line that is `worse` shuts the gate.

    Scores are compared on the same days: the relative change of RMSE and CRPS of each record and lead, of each
    record's mean over leads and of the mean over all, from whole days drawn with replacement, the same days for
    both. A score is worse when its change exceeds `tolerance` beyond chance: one-sided, Holm-corrected over all
    scores, at 5 %. Time and memory, as multiples of the reference workload of their own run, are worse above the
    ratios `slower` and `larger`.

    Raises:
        SettingsError: other data or settings: nothing to compare.
    """
    if before["suite"] != now["suite"]:
        raise SettingsError(f"the baseline is of the suite {before['suite']!r}, this run of {now['suite']!r}")
    for name, hint in (("data", "the data"), ("settings", "what is measured")):
        if before["hashes"][name] != now["hashes"][name]:
            raise SettingsError(f"{hint} changed since the baseline; write it anew with --update-baseline")
    changes = [change for metric in LOSSES for change in _changes(before, now, metric)]
    pvalues = [_pvalue(change, tolerance) for change in changes]
    others = [_pvalue(change.turned(), tolerance) for change in changes]
    corrected, gains = holm(pvalues, ALPHA)[0], holm(others, ALPHA)[0]
    lines = [
        _line(change, p, bool(p < ALPHA), bool(g < ALPHA))
        for change, p, g in zip(changes, corrected, gains, strict=True)
    ]
    limits = (("time over the reference work", "time", slower), ("memory over the reference work", "memory", larger))
    for what, key, most in limits:
        old, new = before["work"][key], now["work"][key]
        if old and new:
            lines.append(_cost(what, float(old), float(new), most))
    return lines


@dataclass(frozen=True)
class _Change:
    """A score then and now, its relative change, the same from resampled days, and from how many runs of them."""

    what: str
    before: float
    now: float
    change: float
    drawn: FloatArray
    runs: int

    def turned(self) -> _Change:
        return _Change(self.what, self.now, self.before, -self.change, -self.drawn, self.runs)

    @property
    def error(self) -> float:
        return float(np.std(self.drawn)) * math.sqrt(self.runs / (self.runs - 1))


def _changes(before: dict[str, Any], now: dict[str, Any], metric: str) -> list[_Change]:
    out: list[_Change] = []
    for place, (name, record) in enumerate(now["records"].items()):
        days = sorted({day for table in record["leads"].values() for day in table["day"]})
        leads = [
            _one_lead(
                f"{name} lead {lead} {metric}", before["records"][name]["leads"][lead], table, metric, days, place
            )
            for lead, table in record["leads"].items()
            if len(table["day"]) >= LEAST_DAYS
        ]
        out += leads
        if len(leads) > 1:
            out.append(_mean(f"{name} mean {metric}", leads))
    means = [change for change in out if change.what.endswith(f"mean {metric}")]
    return [*out, _mean(f"all {metric}", means)] if len(means) > 1 else out


def _one_lead(
    what: str, before: dict[str, Any], now: dict[str, Any], metric: str, days: list[str], seed: int
) -> _Change:
    if before["day"] != now["day"] or before["n"] != now["n"]:
        raise SettingsError(f"{what}: other days or rows than in the baseline; write it anew with --update-baseline")
    # leads of a record stand on the same days, so that one seed draws the same ones for all, and for their mean
    sums, counts = np.zeros((len(days), 2)), np.zeros(len(days))
    rows = np.searchsorted(days, now["day"])
    sums[rows], counts[rows] = np.array([before[metric], now[metric]]).T, now["n"]
    length = usual_length(len(counts))
    drawn = resampled_means(sums, counts, length=length, n_resamples=RESAMPLES, random_state=seed)
    means = sums.sum(axis=0) / counts.sum()
    if metric == "rmse":
        means, drawn = np.sqrt(means), np.sqrt(drawn)
    with np.errstate(invalid="ignore", divide="ignore"):
        return _Change(
            what, float(means[0]), float(means[1]), float(means[1] / means[0] - 1), drawn[:, 1] / drawn[:, 0] - 1,
            -(-len(counts) // length),
        )  # fmt: skip


def _mean(what: str, parts: list[_Change]) -> _Change:
    before, now, change = (float(np.mean([getattr(p, name) for p in parts])) for name in ("before", "now", "change"))
    return _Change(what, before, now, change, np.mean([p.drawn for p in parts], axis=0), min(p.runs for p in parts))


def _pvalue(change: _Change, tolerance: float) -> float:
    """Chance of such a change where the true one is no more than the tolerance."""
    from scipy.special import stdtr  # late: scipy takes its time to import

    over = change.change - tolerance
    if not math.isfinite(over):
        return math.nan
    if change.error == 0:
        return 0.0 if over > 0 else 1.0
    return float(stdtr(change.runs - 1, -over / change.error))


def _line(change: _Change, pvalue: float, worse: bool, better: bool) -> Line:
    from scipy.special import stdtrit

    reach = float(stdtrit(change.runs - 1, 0.95)) * change.error
    low, high = change.change - reach, change.change + reach
    return Line(change.what, change.before, change.now, change.change, low, high, float(pvalue), worse, better)


def _cost(what: str, before: float, now: float, most: float) -> Line:
    ratio = now / before
    return Line(what, before, now, ratio - 1, math.nan, math.nan, math.nan, worse=ratio > most, better=ratio < 1 / most)
