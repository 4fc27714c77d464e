"""Forecasts that another library made, brought into the same table as ours and scored the same way."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.data import SiteData
from forecast.errors import ColumnError, InputTypeError, NotEnoughDataError, SettingsError, TimeError
from forecast.evaluation.collect import happened, stacked
from forecast.evaluation.hindsight import warn_of_hindsight
from forecast.evaluation.levels import quantile_columns
from forecast.evaluation.reading import read_forecasts
from forecast.evaluation.result import BacktestResult
from forecast.evaluation.truth import last_known
from forecast.site import Site
from forecast.timegrid import duration_ns, index_ns, step_text, to_index, whole_multiple

IntArray = NDArray[np.int64]
REFERENCES = ("reference", "persistence")


def score(
    forecasts: pd.DataFrame | str | os.PathLike[str],
    power: pd.Series,
    site: Site,
    *,
    name: str = "forecast",
    step: Any = None,
    delay: Any = "0min",
    label: str = "end",
    curtailed: pd.Series | None = None,
    available_kw: pd.Series | None = None,
) -> BacktestResult:
    """Bring forecasts made elsewhere beside the measured power; `.scores()` of what comes back scores them.

    Args:
        forecasts: columns `issue_time` (tz-aware), `valid_time` (tz-aware) or `lead` (steps), `power` [kW],
            perhaps quantiles `q05` … (levels by their decimals), `model` (several models in one table) and
            `known_at` (tz-aware: when the newest input was known, or the forecast was there). Index levels of these
            names count as columns, other columns are ignored. A path: a CSV or Parquet file with these columns,
            times with their offset.
        power: measured power [kW], tz-aware; cleaned as `SiteData` does (flagged values are not scored).
        name: what the forecasts are called where there is no column `model`.
        step: length of a forecast interval; None takes the smallest distance of the valid times of an issue
            time.
        delay: how long after its label measured power became known; counts for the reference.
        label: `"end"`, or `"start"` where the forecasts' valid times and the power are labelled by the start.
        curtailed, available_kw: as in `SiteData`; what was limited, or out of service, is not scored.

    **As of**: a forecast for a time that is not after its issue time, or whose `known_at` is after it, is an error.
    Where more than half of a model's forecasts are the measured power to the digit, a warning says so: they seem to
    know what happened.

    An issue time between two steps counts as the newest step before it (its lead is rounded up). Skill is
    against the model "reference" if there is one, else "persistence"; if neither is there, plain persistence
    is computed from what was known of `power` at each issue time, is called "persistence" and is scored
    along. A mean over a step needs 80 % of its values.

    Raises:
        ColumnError: a column is missing. TimeError: naive times, a valid time not after its issue time, an input
            known only after it, two forecasts for the same time. ReadingError: not a file of forecasts. StepError:
            a step that does not fit. InputTypeError: not numbers, not a DataFrame.
    """
    if label not in ("end", "start"):
        raise SettingsError(f"label is {label!r}, expected 'end' or 'start'")
    data = SiteData(site, power, delay=delay, label=label, curtailed=curtailed, available_kw=available_kw)
    given = read_forecasts(forecasts) if isinstance(forecasts, str | os.PathLike) else forecasts
    result = BacktestResult(_dataset(_Table(given, name, data, step, label), data))
    warn_of_hindsight(result)
    return result


class _Table:
    """Forecasts as arrays: model, issue time [ns] and lead of each row; checked."""

    def __init__(self, forecasts: Any, name: str, data: SiteData, step: Any, label: str) -> None:
        frame = _checked_frame(forecasts, data.site.name)
        self.levels = quantile_columns(list(frame.columns))
        self.values = np.column_stack([_numbers(frame, column) for column in ("power", *self.levels)])
        self.model = frame["model"].astype(str).to_numpy() if "model" in frame else np.full(len(frame), name)
        self.asked_ns = index_ns(pd.Index(frame["issue_time"]), "issue_time")
        valid = index_ns(pd.Index(frame["valid_time"]), "valid_time") if "valid_time" in frame else None
        self.step_ns = _step_ns(step, self.asked_ns, valid, self.model, data.power_step_ns)
        whole_multiple(self.step_ns, data.power_step_ns)
        if valid is None:
            self.lead = _whole_leads(frame)
            self.issue_ns = self.asked_ns
        else:
            valid = valid + (self.step_ns if label == "start" else 0)
            self.lead = -((self.asked_ns - valid) // self.step_ns)
            self.issue_ns = valid - self.lead * self.step_ns
        if "known_at" in frame:
            self._check_known(index_ns(pd.Index(frame["known_at"]), "known_at"))
        self._check(label)

    def _check_known(self, known_ns: IntArray) -> None:
        late = known_ns > self.asked_ns
        if late.any():
            row = int(np.argmax(late))
            raise TimeError(
                f"{int(late.sum())} forecasts were known only after their issue time, first row {row}: issued "
                f"{self._text(self.asked_ns[row])}, known {self._text(known_ns[row])}; score them from when they were "
                "known: set issue_time to known_at"
            )

    def _check(self, label: str) -> None:
        late = self.lead < 1
        if late.any():
            row = int(np.argmax(late))
            hint = "" if label == "start" else "; if they label the start of their interval, say label='start'"
            raise TimeError(
                f"{int(late.sum())} forecasts are for a time that is not after their issue time, "
                f"first row {row}: issued {self._text(self.asked_ns[row])}{hint}"
            )
        keys = pd.DataFrame({"model": self.model, "issue_time": self.issue_ns, "lead": self.lead})
        twice = keys.duplicated().to_numpy()
        if twice.any():
            row = int(np.argmax(twice))
            raise TimeError(
                f"{int(twice.sum())} forecasts are there twice, first row {row}: {self.model[row]!r}, "
                f"issued {self._text(self.issue_ns[row])}, lead {self.lead[row]}; keep one"
            )

    @staticmethod
    def _text(time_ns: int) -> str:
        return str(to_index(np.array([time_ns]), "UTC")[0])


def _checked_frame(forecasts: Any, site: str) -> pd.DataFrame:
    if not isinstance(forecasts, pd.DataFrame):
        raise InputTypeError(f"forecasts is {type(forecasts).__name__}, expected a pandas DataFrame")
    named = [level for level in forecasts.index.names if level is not None and level not in forecasts.columns]
    frame = forecasts.reset_index(level=named) if named else forecasts
    have = ", ".join(map(str, frame.columns))
    for column in ("issue_time", "power"):
        if column not in frame:
            raise ColumnError(f"forecasts lack the column {column!r}; columns are {have}")
    if "valid_time" not in frame and "lead" not in frame:
        raise ColumnError(f"forecasts need a column 'valid_time' or 'lead'; columns are {have}")
    if not len(frame):
        raise NotEnoughDataError("forecasts has no rows")
    if "site" in frame and (frame["site"].astype(str) != site).any():
        others = sorted(set(frame["site"].astype(str)) - {site})
        raise SettingsError(f"forecasts hold other sites than {site!r}: {', '.join(others[:5])}; pass one site's rows")
    return frame


def _numbers(frame: pd.DataFrame, column: str) -> NDArray[np.float64]:
    if frame[column].dtype.kind not in "fiu":
        raise InputTypeError(f"forecasts: column {column!r} holds {frame[column].dtype}, expected numbers [kW]")
    return frame[column].to_numpy(dtype=np.float64)


def _whole_leads(frame: pd.DataFrame) -> IntArray:
    leads = _numbers(frame, "lead")
    if not (np.isfinite(leads) & (leads == np.floor(leads))).all():
        raise InputTypeError("forecasts: column 'lead' must hold whole numbers, steps after the issue time")
    return leads.astype(np.int64)


def _step_ns(step: Any, issue: IntArray, valid: IntArray | None, model: NDArray[Any], power_step_ns: int) -> int:
    if step is not None:
        return duration_ns(step)
    if valid is None:
        return power_step_ns
    keys = pd.DataFrame({"model": model, "issue": issue, "valid": valid}).sort_values(["model", "issue", "valid"])
    gaps = keys.groupby(["model", "issue"], sort=False)["valid"].diff().to_numpy()
    gaps = gaps[gaps > 0]
    return int(gaps.min()) if len(gaps) else power_step_ns


def _dataset(table: _Table, data: SiteData) -> Any:
    import xarray as xr

    issue_ns, issue_at = np.unique(table.issue_ns, return_inverse=True)
    leads, lead_at = np.unique(table.lead, return_inverse=True)
    codes, models = pd.factorize(table.model)
    names = [str(model) for model in models]
    cube = np.full((len(names), len(issue_ns), len(leads), table.values.shape[1]), np.nan)
    cube[codes, issue_at, lead_at] = table.values
    own_reference = next((reference for reference in REFERENCES if reference in names), None)
    if own_reference is None:
        asked = np.full(len(issue_ns), np.iinfo(np.int64).min)
        np.maximum.at(asked, issue_at, table.asked_ns)
        cube = np.concatenate([cube, _persistence(asked, data, table.step_ns, cube.shape[2:])[None]])
        names.append("persistence")
    valid_ns = issue_ns[:, None] + leads * table.step_ns
    site, rows = data.site, ("site", "issue_time", "lead")
    measured = happened(data, valid_ns, table.step_ns)
    return xr.Dataset(
        {
            "power": (("model", *rows), cube[:, None, :, :, 0]),
            "quantiles": (("model", *rows, "quantile"), cube[:, None, :, :, 1:]),
            "level": (("model", *rows), np.zeros((len(names), 1, *valid_ns.shape), dtype=np.int8)),
            **stacked([measured], rows),
        },
        coords={
            "model": names,
            "site": [site.name],
            "issue_time": issue_ns.astype("datetime64[ns]"),
            "lead": leads,
            "quantile": list(table.levels.values()),
            "capacity_kw": ("site", [site.capacity_kw]),
            "kind": ("site", [site.kind]),
            "timezone": ("site", [str(site.timezone or data.timezone)]),
        },
        attrs={"step": step_text(table.step_ns), "reference": own_reference or "persistence"},
    )


def _persistence(moments_ns: IntArray, data: SiteData, step_ns: int, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return persistence (issue times, leads, values): a point forecast, no quantiles."""
    values = last_known(
        data.times("power"),
        data.clean.to_numpy(),
        moments_ns,
        delay_ns=data.delays["power"],
        step_ns=step_ns,
        power_step_ns=data.power_step_ns,
    )
    out = np.full((len(moments_ns), *shape), np.nan)
    out[:, :, 0] = values[:, None]
    return out
