"""The table behind `result.compare`: is one model really better than others, and what is missing to know."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.errors import NotEnoughDataError, SettingsError
from forecast.evaluation.blocks import resampled_means, usual_length
from forecast.evaluation.comparing import diebold_mariano, holm, more_blocks, t_interval
from forecast.evaluation.grouping import Grouping, checked_by
from forecast.evaluation.metrics.crps import crps_rows
from forecast.evaluation.metrics.pinball import pinball_rows
from forecast.evaluation.selecting import selection
from forecast.evaluation.summing import FloatArray, checked_floor, grouped_sums
from forecast.timegrid import duration_ns

if TYPE_CHECKING:
    import xarray as xr

    from forecast.evaluation.selecting import Where

METRICS = ("rmse", "mae", "nrmse", "nmae", "pinball", "crps")
UNDECIDED = "undecided"
ESTIMATES = (
    "score", "score_against", "difference", "low", "high", "relative", "relative_low", "relative_high", "pvalue",
    "_error",
)  # fmt: skip


def compare_table(
    dataset: xr.Dataset,
    model: str,
    against: str | Sequence[str] | None = None,
    *,
    metric: str = "rmse",
    by: str | Sequence[str] | None = (),
    where: Where = None,
    floor: float | None = None,
    level: float = 0.95,
    length: int | None = None,
    n_resamples: int = 2000,
    random_state: Any = 0,
) -> pd.DataFrame:
    """Return what can be said of `model` against each of `against`, a row a comparison and group.

    Args:
        against: a model, several, or None for all others.
        metric: `"rmse" "mae" "nrmse" "nmae" "pinball" "crps"`; those with n are shares of each site's capacity.
        by, where, floor: as in `result.scores`; models are compared on the rows that are scored there.
        level: of the intervals, and 1 − level the chance of a wrong verdict among all rows of the table.
        length, n_resamples, random_state: as in `block_bootstrap`; blocks are days of the valid time.

    Returns:
        Index [model, against, *by]; columns `n days`, `score` and `score_against`, `difference` (below 0: the model
        is better) with its interval `low high` from whole days drawn with replacement; `relative`, the difference
        over the other's score (the skill with the sign turned), with `relative_low relative_high`; `pvalue` from the
        same resamples and `holm`, corrected for all rows of the table; `hln` and `dm_pvalue`, Diebold–Mariano with
        the HLN correction on the mean loss of each issue time (NaN where its variance cannot be estimated);
        `verdict`: `"better"`, `"worse"` or `"undecided"` after `holm`; `more_days`, how many more days like these a
        verdict would need in 4 of 5 cases (0 with a verdict).

    Raises:
        SettingsError: a model or metric that is not there. NotEnoughDataError: fewer than two days (a group with a
        single day among others stays undecided), or no quantiles to compare.
    """
    models = [str(name) for name in dataset["model"].values]
    others = _opponents(models, model, against)
    if metric not in METRICS:
        raise SettingsError(f"metric={metric!r} is not offered; use one of {', '.join(METRICS)}")
    if metric in ("pinball", "crps") and not dataset.sizes["quantile"]:
        raise NotEnoughDataError(f"metric={metric!r} needs quantiles, which this backtest does not have; take 'mae'")
    names, mask, floor = checked_by(by), selection(dataset, where), checked_floor(floor)
    if shared := {"day", "issue_time"} & set(names):
        raise SettingsError(f"by={shared.pop()!r}: a comparison needs several days in each group")
    loss = partial(_loss, metric=metric, levels=dataset["quantile"].values.astype(np.float64))
    by_day, by_issue = (
        _Split(dataset, names, part, grouped_sums(dataset, Grouping(dataset, [*names, part]), mask, loss, 1, floor))
        for part in ("day", "issue_time")
    )
    resample = partial(_resampled, length=length, n_resamples=n_resamples, random_state=random_state)
    rows = []
    for name in others:
        pair = [models.index(model), models.index(name)]
        for group in by_day.groups:
            row = _judged(*by_day.of(group, pair), root=metric.endswith("rmse"), level=level, resample=resample)
            sums, counts = by_issue.of(group, pair)
            overlap = _overlap(dataset, by_day.grouping, int(group))
            rows.append(row | _dm(sums[:, 0] / counts - sums[:, 1] / counts, overlap))
    table = pd.DataFrame(rows, index=_index(by_day, model, others))
    if not len(table) or table["days"].max() < 2:
        raise NotEnoughDataError("fewer than two days with forecasts and truth; a comparison needs two, better 30")
    return _with_verdicts(table, level)


def _opponents(models: list[str], model: str, against: str | Sequence[str] | None) -> list[str]:
    named = [against] if isinstance(against, str) else list(against) if against is not None else None
    others = [name for name in models if name != model] if named is None else named
    for name in (model, *others):
        if name not in models:
            raise SettingsError(f"model {name!r} is not in this backtest; it has {', '.join(models)}")
    if not others or model in others:
        raise SettingsError(f"{model!r} needs another model to be compared with; there are {', '.join(models)}")
    return others


def _loss(
    y: FloatArray,
    power: NDArray[np.floating],
    quantiles: NDArray[np.floating],
    capacity: float,
    metric: str,
    levels: FloatArray,
) -> Iterator[FloatArray]:
    """Yield the loss of each row whose mean (or its root) is the metric."""
    if metric in ("pinball", "crps"):
        q = quantiles.astype(np.float64)
        yield pinball_rows(y, q, levels) if metric == "pinball" else crps_rows(y, q, levels)
        return
    error = (power.astype(np.float64) - y) / (capacity if metric.startswith("n") else 1.0)
    yield np.abs(error) if metric.endswith("mae") else np.square(error)


class _Split:
    """Sums of losses by group and, within it, by day or issue time, in order of time."""

    def __init__(self, dataset: xr.Dataset, names: list[str], part: str, sums: Any) -> None:
        self.grouping = Grouping(dataset, names)
        within = len(Grouping(dataset, [part]).labels(part))
        counted = sums.counts[0] > 0
        self._group = (sums.codes // within)[counted]
        self._time = (sums.codes % within)[counted]
        self._sums, self._counts = sums.sums[:, 0, counted], sums.counts[0, counted]
        self._times = dataset["issue_time"].values if part == "issue_time" else None
        self.groups = np.unique(self._group)

    def of(self, group: int, pair: list[int]) -> tuple[FloatArray, FloatArray]:
        """Return the sums (times, 2) of two models and the rows (times,) behind them, by time."""
        rows = np.flatnonzero(self._group == group)
        order = self._time[rows] if self._times is None else self._times[self._time[rows]]
        rows = rows[np.argsort(order, kind="stable")]
        return self._sums[pair][:, rows].T, self._counts[rows]


def _resampled(sums: FloatArray, counts: FloatArray, *, length: int | None, **options: Any) -> tuple[FloatArray, int]:
    """Return resampled means (n_resamples, 2), and from how many independent runs of days."""
    run = usual_length(len(counts)) if length is None else length
    return resampled_means(sums, counts, length=run, **options), -(-len(counts) // run)


def _judged(sums: FloatArray, counts: FloatArray, *, root: bool, level: float, resample: Any) -> dict[str, Any]:
    means = sums.sum(axis=0) / counts.sum()
    size = {"n": int(counts.sum()), "days": len(counts)}
    if len(counts) < 2:
        return size | dict.fromkeys(ESTIMATES, math.nan)
    drawn, runs = resample(sums, counts)
    if root:
        means, drawn = np.sqrt(means), np.sqrt(drawn)
    if not np.isfinite(means).all():
        raise NotEnoughDataError("a model has no quantiles in these rows; compare by 'rmse' or 'mae'")
    difference = float(means[0] - means[1])
    found = t_interval(difference, drawn[:, 0] - drawn[:, 1], runs, level=level)
    relative = math.nan if means[1] == 0 else difference / float(means[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        share = t_interval(relative, drawn[:, 0] / drawn[:, 1] - 1, runs, level=level)
    return size | {
        "score": float(means[0]),
        "score_against": float(means[1]),
        "difference": difference,
        "low": found.low,
        "high": found.high,
        "relative": relative,
        "relative_low": share.low,
        "relative_high": share.high,
        "pvalue": found.pvalue,
        "_error": found.error,
    }


def _dm(differences: FloatArray, overlap: int) -> dict[str, float]:
    """Return the HLN statistic and its p-value; NaN where there are too few issue times for the overlap."""
    if len(differences) <= max(overlap, 2):
        return {"hln": math.nan, "dm_pvalue": math.nan}
    found = diebold_mariano(differences, horizon=overlap)
    return {"hln": found.hln, "dm_pvalue": found.pvalue}


def _overlap(dataset: xr.Dataset, grouping: Grouping, group: int) -> int:
    """Return over how many issue times the errors of a group's longest lead overlap."""
    issue = np.sort(dataset["issue_time"].values.astype("datetime64[ns]").astype(np.int64))
    if len(issue) < 2:
        return 1
    lead = grouping.value("lead", group) if "lead" in grouping.by else dataset["lead"].values.max()
    ahead = int(lead) * duration_ns(dataset.attrs["step"])
    return max(1, math.ceil(ahead / int(np.median(np.diff(issue)))))


def _index(split: _Split, model: str, others: list[str]) -> pd.MultiIndex:
    inner = split.grouping.index(others, split.groups)
    frame = inner.to_frame(index=False)
    frame.columns = ["against", *split.grouping.by]
    frame.insert(0, "model", model)
    return pd.MultiIndex.from_frame(frame)


def _with_verdicts(table: pd.DataFrame, level: float) -> pd.DataFrame:
    """Add what depends on all rows together: Holm's correction, verdicts, days that are missing for one."""
    corrected, limits = holm(table["pvalue"].to_numpy(), 1 - level)
    decided = corrected < 1 - level
    verdict = np.where(decided, np.where(table["difference"] < 0, "better", "worse"), UNDECIDED)
    more = [
        0.0 if done else more_blocks(difference, error, int(days), alpha=limit)
        for done, difference, error, days, limit in zip(
            decided, table["difference"], table["_error"], table["days"], limits, strict=True
        )
    ]
    place = table.columns.get_loc("pvalue")
    table = table.drop(columns="_error")
    assert isinstance(place, int)
    table.insert(place + 1, "holm", corrected)
    return table.assign(verdict=verdict, more_days=more)
