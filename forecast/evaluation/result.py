"""What a backtest gives back: every forecast beside what happened, ready to be scored, saved and reported."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecast.errors import ColumnError, InputTypeError, ReadingError, SettingsError, ShapeError, TimeError
from forecast.settings import quantile_name
from forecast.timegrid import duration_ns, to_index

if TYPE_CHECKING:
    import xarray as xr

    from forecast.evaluation.selecting import Where

FORMAT = 1
MARK = "quarterhour_backtest"  # attribute of a saved file: the number of its format
DIMS = ("model", "site", "issue_time", "lead", "quantile")
VARIABLES = {
    "power": DIMS[:4],
    "quantiles": DIMS,
    "level": DIMS[:4],
    "actual": DIMS[1:4],
    "valid": DIMS[1:4],
}
SITE_COORDINATES = ("capacity_kw", "kind", "timezone")


class BacktestResult:
    """Forecasts of several models for the same sites, issue times and leads, beside the measured power.

    Attributes:
        dataset: xarray.Dataset, dims `model, site, issue_time, lead, quantile`; variables `power` and
            `quantiles` [kW], `level` (0 = every input was there) of each model, and `actual` [kW], `valid`,
            `daylight`, `reason`, `regime`, `ramp` (site, issue_time, lead); coordinates `capacity_kw`, `kind`,
            `timezone` of each site; attribute `step`. Times are UTC without zone.

    Raises:
        InputTypeError: not a Dataset. ColumnError: a variable is missing. ShapeError: other dims.
    """

    def __init__(self, dataset: xr.Dataset) -> None:
        self.dataset = _checked(dataset)

    @property
    def models(self) -> list[str]:
        """Names of the models, in their order."""
        return [str(name) for name in self.dataset["model"].values]

    @property
    def sites(self) -> list[str]:
        """Names of the sites, in their order."""
        return [str(name) for name in self.dataset["site"].values]

    def scores(
        self,
        by: str | Sequence[str] | None = "lead",
        where: Where = None,
        reference: str | None = "reference",
        floor: float | None = None,
    ) -> pd.DataFrame:
        """Scores of all models on the same rows: index [model, *by], columns `n excluded mae … width_90`.

        Args:
            by: `"lead" "level" "site" "hour" "month" "season" "daylight" "regime" "ramp" "day" "issue_time"`, a list of
                them, or `[]` for one row a model. Regimes are those of `forecast.evaluation.regimes`.
            where: `"daylight"` (valid times with the sun up), `"night"`, a boolean DataArray over `site
                issue_time lead`, or a function of the dataset that gives one.
            reference: the model that skill is against; None for no skill. Where no model is called
                "reference", the default is the one that the dataset's attribute `reference` names.
            floor: a share of the capacity; rows whose truth and forecasts all lie below it are left out.

        Power scores are in kW, `nmae` and `nrmse` shares of the site's capacity. `attrs["excluded"]` says why rows
        were left out, `excluded` says it by group. See `forecast.evaluation.scoring`.
        """
        from forecast.evaluation.scoring import score_table

        if reference == "reference" and reference not in self.models:
            reference = str(self.dataset.attrs.get("reference", reference))
        return score_table(self.dataset, by, where, reference, floor)

    def excluded(
        self, by: str | Sequence[str] | None = (), where: Where = None, floor: float | None = None
    ) -> pd.DataFrame:
        """Rows asked for, rows scored (`n`) and why the others are not: index `by`, a column a reason.

        Reasons: the truth `missing`, `frozen`, `out of range`, in an `outage` or `curtailed`; `no forecast`;
        `below floor`. Arguments as in `scores`.
        """
        from forecast.evaluation.excluding import excluded_table

        return excluded_table(self.dataset, by, where, floor)

    def error_parts(
        self, by: str | Sequence[str] | None = "lead", where: Where = None, floor: float | None = None
    ) -> pd.DataFrame:
        """The mean square error [kW²] in parts: index [model, *by], columns of `metrics.ErrorParts`.

        ``mse = bias_squared + amplitude + phase = bias_squared + conditional_bias + unexplained``. Arguments as in
        `scores`.
        """
        from forecast.evaluation.parts import parts_table

        return parts_table(self.dataset, by, where, floor)

    def ramps(self, window: Any = "1h", threshold: float = 0.2, tolerance: Any = "30min") -> pd.DataFrame:
        """Contingency scores of ramps and the ramp score: index [model, lead], `hits … pod far csi … ramp_score`.

        A ramp is a change by more than `threshold` (share of capacity) within `window`, hit when forecast at most
        `tolerance` earlier or later. See `forecast.evaluation.ramping`.
        """
        from forecast.evaluation.ramping import ramps_table

        return ramps_table(self.dataset, window, threshold, tolerance)

    def rule(self, rule: Any, by: str | Sequence[str] | None = "month", **options: Any) -> pd.DataFrame:
        """What a grid rule makes of the forecasts: index [model, site, part, *by], a row a period.

        Args:
            rule: a key of `forecast.rules.list()`, such as `"NW-2023"`, or a `Rule`.
            by: `"run"`, `"day"`, `"month"` (valid times on the site's clock) or `[]`: columns `n` (points that count),
                `excluded` and why, `error score threshold penalty reporting_rate reporting_penalty unit status`.
                `"hour"`, `"cause"`, both, or with a period: columns `n penalty share unit status`, the penalty shared
                out to the points that caused it. Causes: forecast too high, too low, not reported.
            options: `models` (None: all), and `leads` to apply the rule to other leads than its own.

        `attrs["rule"]` says where the rule is from and whether it is verified, `attrs["left_out"]` which parts the
        forecasts do not reach. Penalties are NaN where none is on record.
        """
        from forecast.evaluation.rules.table import rule_table

        return rule_table(self.dataset, rule, by, **options)

    def compare(self, model: str, against: str | Sequence[str] | None = None, **options: Any) -> pd.DataFrame:
        """Is `model` really better than `against` (a model, several, None: all others)? A row a comparison.

        Options `metric by where floor level length n_resamples random_state` and columns as in
        `forecast.evaluation.versus.compare_table`: mean difference with its daily-block bootstrap interval,
        Diebold–Mariano with the HLN correction, Holm's correction for many comparisons, a verdict, and how many
        more days a verdict would need.
        """
        from forecast.evaluation.versus import compare_table

        return compare_table(self.dataset, model, against, **options)

    def frame(self) -> pd.DataFrame:
        """Everything as one long table, times tz-aware UTC: a row for each model, site, issue time and lead.

        Columns `model site issue_time lead valid_time actual valid power q05 … level`; power in kW.
        """
        data = self.dataset.transpose(*DIMS, ...)
        shape = tuple(data.sizes[dim] for dim in DIMS[:4])
        issue_ns = data["issue_time"].values.astype(np.int64)
        valid_ns = issue_ns[:, None] + data["lead"].values * duration_ns(data.attrs["step"])

        def long(values: Any) -> Any:
            return np.broadcast_to(values, shape).reshape(-1)

        columns = {
            "model": long(np.array(self.models, dtype=object)[:, None, None, None]),
            "site": long(np.array(self.sites, dtype=object)[:, None, None]),
            "issue_time": to_index(long(issue_ns[:, None]), "UTC"),
            "lead": long(data["lead"].values),
            "valid_time": to_index(long(valid_ns), "UTC"),
            "actual": long(data["actual"].values),
            "valid": long(data["valid"].values),
            "power": long(data["power"].values),
        }
        for k, level in enumerate(data["quantile"].values):
            columns[quantile_name(float(level))] = long(data["quantiles"].values[..., k])
        return pd.DataFrame({**columns, "level": long(data["level"].values)})

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the dataset as netCDF (HDF5), compressed; `load_backtest` reads it back.

        The file is written beside its place and moved there at the end, so that no half-written one is left.
        """
        marked = self.dataset.assign_attrs({MARK: FORMAT})
        encoding = {
            name: {"zlib": True, "complevel": 1, "shuffle": True}
            for name, values in marked.data_vars.items()
            if values.ndim and values.size
        }
        target = os.fspath(path)
        part = f"{target}.{os.getpid()}.part"
        try:
            marked.to_netcdf(part, engine="h5netcdf", encoding=encoding)
            os.replace(part, target)
        finally:
            if os.path.exists(part):
                os.remove(part)

    def report(self, path: str | os.PathLike[str], **options: Any) -> Any:
        """Write one self-contained HTML page about this backtest; options as in `forecast.report.write`."""
        # by name and only when asked: the report is a layer above and reads results, not the other way round
        return importlib.import_module("forecast.report").write(self, path, **options)

    def __repr__(self) -> str:
        sizes = self.dataset.sizes
        return (
            f"BacktestResult({', '.join(self.models)}; {sizes['site']} site(s), "
            f"{sizes['issue_time']} issue times, {sizes['lead']} lead(s) of {self.dataset.attrs['step']})"
        )


def load_backtest(path: str | os.PathLike[str]) -> BacktestResult:
    """Read a backtest that `save` wrote; raises `ReadingError` for a file that is something else or newer."""
    import xarray as xr

    name = os.fspath(path)
    if not os.path.exists(name):
        raise FileNotFoundError(f"{name}: there is no such file")
    try:
        dataset: xr.Dataset = xr.load_dataset(name, engine="h5netcdf")
    except (OSError, ValueError, KeyError) as error:
        raise ReadingError(f"{name}: not a netCDF (HDF5) file, or damaged ({error})") from error
    number = dataset.attrs.pop(MARK, None)
    if number is None:
        raise ReadingError(f"{name}: a netCDF file, but not one that result.save wrote (attribute {MARK} is missing)")
    if int(number) > FORMAT:
        raise ReadingError(f"{name}: format {int(number)}, this version reads up to {FORMAT}; update quarterhour")
    return BacktestResult(dataset)


def _checked(dataset: Any) -> xr.Dataset:
    import xarray as xr

    if not isinstance(dataset, xr.Dataset):
        raise InputTypeError(f"a backtest's result is an xarray.Dataset, got {type(dataset).__name__}")
    needed = (*VARIABLES, *DIMS, *SITE_COORDINATES)
    if missing := [name for name in needed if name not in dataset.variables]:
        raise ColumnError(f"the backtest's dataset lacks {', '.join(missing)}; needed are {', '.join(needed)}")
    for name, dims in VARIABLES.items():
        if set(dataset[name].dims) != set(dims):
            raise ShapeError(f"{name} has the dims {dataset[name].dims}, expected {dims}")
    for name in ("model", "site"):
        if not dataset.indexes[name].is_unique:
            raise SettingsError(f"{name}s share a name: {', '.join(map(str, dataset[name].values))}")
    if "step" not in dataset.attrs:
        raise ColumnError("the backtest's dataset lacks the attribute 'step', such as '15min'")
    if dataset["issue_time"].dtype.kind != "M":
        raise TimeError(f"issue_time holds {dataset['issue_time'].dtype}; expected datetime64, UTC without zone")
    if dataset["issue_time"].dtype != np.dtype("datetime64[ns]"):
        return dataset.assign_coords(issue_time=dataset["issue_time"].astype("datetime64[ns]"))
    return dataset
