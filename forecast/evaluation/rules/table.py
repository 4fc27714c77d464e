"""The tables behind `result.rule`: score, penalty and reporting rate by period; the penalty by hour and cause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.errors import SettingsError
from forecast.evaluation.rules.assessed import Assessed, assessed_part
from forecast.evaluation.rules.clock import Runs, forecast_of, read_runs
from forecast.rules import Part, Rule, get
from forecast.rules.exempting import REASONS
from forecast.rules.rule import POINTS
from forecast.suggest import suggestion
from forecast.timegrid import duration_ns

if TYPE_CHECKING:
    import xarray as xr

IntArray = NDArray[np.int64]
Key = tuple[str, str, str]  # model, site, part
PERIODS = ("run", "day", "month")
SPLITS = ("hour", "cause")
CAUSES = ("forecast too high", "forecast too low", "not reported")


def rule_table(
    dataset: xr.Dataset,
    rule: str | Rule,
    by: str | Sequence[str] | None = "month",
    *,
    models: Sequence[str] | None = None,
    leads: Sequence[int] | None = None,
) -> pd.DataFrame:
    """Return what a rule makes of a backtest, index [model, site, part, *by]; see `BacktestResult.rule`."""
    runs = [read_runs(dataset, site) for site in range(dataset.sizes["site"])]
    return tables_of_runs(dataset, runs, rule, [by], models=models, leads=leads)[0]


def tables_of_runs(
    dataset: xr.Dataset,
    runs: Sequence[Runs],
    rule: str | Rule,
    bys: Sequence[str | Sequence[str] | None],
    *,
    models: Sequence[str] | None = None,
    leads: Sequence[int] | None = None,
) -> list[pd.DataFrame]:
    """Return `rule_table` in several groupings, of sites whose runs are read already; one assessment serves all."""
    book = get(rule) if isinstance(rule, str) else rule
    groupings = [_checked_by(by) for by in bys]
    wanted = _checked_models([str(name) for name in dataset["model"].values], models)
    made, left_out = _assessed(dataset, runs, book, wanted, _leads(dataset, leads))
    if not made:
        raise SettingsError(
            f"rule {book.key!r} has nothing to assess here ({'; '.join(dict.fromkeys(left_out))}); backtest longer "
            "leads, or apply it to other ones with leads=[…]"
        )
    return [_joined(made, wanted, names, book, left_out) for names in groupings]


def _assessed(
    dataset: xr.Dataset, runs: Sequence[Runs], book: Rule, wanted: list[str], picked: NDArray[np.bool_] | None
) -> tuple[dict[Key, Assessed], list[str]]:
    """Return every part's assessment by model, site and part, and what could not be assessed."""
    found = [str(name) for name in dataset["model"].values]
    step_ns = duration_ns(dataset.attrs["step"])
    out, left_out = {}, []
    for site, name in enumerate(map(str, dataset["site"].values)):
        kind, capacity = str(dataset["kind"].values[site]), float(dataset["capacity_kw"].values[site])
        if kind not in book.kinds:
            left_out.append(f"{name}: the rule is not for {kind} sites")
            continue
        for model in wanted:
            power = forecast_of(dataset, found.index(model), site, runs[site])
            for part in book.parts[kind]:
                made = assessed_part(runs[site], power, capacity, step_ns, book, part, picked)
                if made is None:
                    left_out.append(f"{name}, {part.name}: no forecast for {POINTS[part.points]}")
                    continue
                out[model, name, part.name] = made
    return out, left_out


def _joined(
    made: dict[Key, Assessed], wanted: list[str], names: list[str], book: Rule, left_out: list[str]
) -> pd.DataFrame:
    """Return one table, model by model in their order, that says where the rule is from and what was left out."""
    tables = {key: _table(one, book, one.part, names) for key, one in made.items()}
    of_model = [{key: some for key, some in tables.items() if key[0] == model} for model in wanted]
    table = pd.concat([pd.concat(some, names=["model", "site", "part"]) for some in of_model])
    if not names:
        table = table.droplevel(-1)
    table.attrs["rule"] = _facts(book)
    table.attrs["left_out"] = list(dict.fromkeys(left_out))
    return table


def _checked_by(by: str | Sequence[str] | None) -> list[str]:
    names = [by] if isinstance(by, str) else list(by or [])
    for name in names:
        if name not in (*PERIODS, *SPLITS):
            raise SettingsError(f"by={name!r} is not offered{suggestion(name, (*PERIODS, *SPLITS))}")
    if len(set(names)) < len(names) or sum(name in PERIODS for name in names) > 1:
        raise SettingsError(f"by={names}: name one of {', '.join(PERIODS)} and perhaps hour and cause, each once")
    return names


def _checked_models(found: list[str], models: Sequence[str] | None) -> list[str]:
    wanted = found if models is None else [models] if isinstance(models, str) else list(models)
    for name in wanted:
        if name not in found:
            raise SettingsError(f"model {name!r} is not in this backtest{suggestion(name, found)}")
    return wanted


def _leads(dataset: xr.Dataset, leads: Sequence[int] | None) -> NDArray[np.bool_] | None:
    if leads is None:
        return None
    picked = np.isin(dataset["lead"].values, list(leads))
    if not picked.any():
        raise SettingsError(f"leads={list(leads)} are not in this backtest; it has {dataset['lead'].values.tolist()}")
    return np.asarray(picked)


def _facts(rule: Rule) -> dict[str, Any]:
    names = ("key", "region", "document", "clause", "year", "status", "source")
    return {name: getattr(rule, name) for name in names} | {"notes": list(rule.notes)}


def _table(made: Assessed, rule: Rule, part: Part, names: list[str]) -> pd.DataFrame:
    codes, index = _groups(made, names)
    n = len(index)
    if any(name in SPLITS for name in names):
        return _split(made, rule, part, codes, index)
    why = np.bincount(codes * len(REASONS) + made.why, minlength=n * len(REASONS)).reshape(n, -1)
    error, penalty = made.errors(codes, n), made.penalties(codes, n)
    reported, due = made.runs(codes, n)
    columns: dict[str, Any] = {"n": why[:, 0], "excluded": why[:, 1:].sum(axis=1)}
    columns |= {name: why[:, i] for i, name in enumerate(REASONS) if i}
    columns |= {
        "error": error,
        "score": np.maximum(1.0 - error, 0.0),
        "threshold": np.nan if part.threshold is None else part.threshold,
        "penalty": penalty,
        "runs": reported,
        "runs_due": due,
        "reporting_rate": reported / np.maximum(due, 1),
        "reporting_penalty": made.unreported_penalties(codes, n),
        "unit": part.penalty.unit if part.penalty else "",
        "status": rule.status,
    }
    if rule.price_yuan_per_kwh is not None:
        columns["yuan"] = (penalty + columns["reporting_penalty"]) * 1000 * rule.price_yuan_per_kwh
    return pd.DataFrame(columns, index=index)


def _split(made: Assessed, rule: Rule, part: Part, codes: IntArray, index: pd.Index) -> pd.DataFrame:
    n = len(index)
    both = np.where(made.unreported, np.nan_to_num(made.unreported_penalty), made.point_penalty)
    penalty = np.bincount(codes, both, minlength=n)
    total = penalty.sum()
    return pd.DataFrame(
        {
            "n": np.bincount(codes, made.why == 0, minlength=n).astype(np.int64),
            "penalty": penalty,
            "share": penalty / total if total > 0 else np.full(n, np.nan),
            "unit": part.penalty.unit if part.penalty else "",
            "status": rule.status,
        },
        index=index,
    )


def _groups(made: Assessed, names: list[str]) -> tuple[IntArray, pd.Index]:
    """Return the number of each point's group and the groups' index."""
    if not names:
        return np.zeros(len(made.why), dtype=np.int64), pd.Index(["all"])
    keys = [made.keys(name, CAUSES) for name in names]
    codes = np.zeros(len(made.why), dtype=np.int64)
    sizes = []
    for key in keys:
        low, size = (int(key.min()), int(np.ptp(key)) + 1) if len(key) else (0, 1)
        codes = codes * size + (key - low)
        sizes.append((low, size))
    found, place = np.unique(codes, return_inverse=True)
    labels, rest = [], found
    for name, (low, size) in reversed(list(zip(names, sizes, strict=True))):
        labels.append(_labels(name, rest % size + low))
        rest = rest // size
    index = (
        pd.MultiIndex.from_arrays(labels[::-1], names=names) if len(names) > 1 else pd.Index(labels[0], name=names[0])
    )
    return place, index


def _labels(name: str, codes: IntArray) -> Any:
    if name == "run":
        return pd.DatetimeIndex(codes)
    if name == "day":
        return pd.DatetimeIndex(codes.astype("datetime64[D]").astype("datetime64[ns]"))
    if name == "month":
        return np.datetime_as_string(codes.astype("datetime64[M]"))
    return np.array(CAUSES)[codes] if name == "cause" else codes
