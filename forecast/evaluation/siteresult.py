"""One site's backtest as a Parquet file that holds all of it, a row a model, issue time and lead."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from forecast.errors import ReadingError
from forecast.evaluation.result import BacktestResult
from forecast.settings import quantile_name

KEY = b"quarterhour_site_backtest"
FORMAT = 1
ROWS_AT_ONCE = 2**16  # are laid out and encoded: what that needs does not grow with the backtest
FIRST = ("model", "issue_time", "lead")


def write_site(result: BacktestResult, path: Path) -> None:
    """Write the result of one site; times are UTC, power kW, what was measured is repeated for each model."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    dataset = result.dataset.isel(site=0).transpose("model", "issue_time", "lead", "quantile")
    by_row = [str(name) for name, values in dataset.data_vars.items() if "quantile" not in values.dims]
    told = {
        "format": FORMAT,
        "attrs": dict(dataset.attrs),
        "variables": {name: dict(dataset[name].attrs) for name in by_row},
        "measured": [name for name in by_row if "model" not in dataset[name].dims],
        "site": str(dataset["site"].values),
        "levels": dataset["quantile"].values.tolist(),
        "of_site": {name: dataset[name].values.item() for name in ("capacity_kw", "kind", "timezone")},
        "sizes": [dataset.sizes[name] for name in FIRST],
    }
    issues = max(ROWS_AT_ONCE // max(dataset.sizes["lead"], 1), 1)
    parts = [slice(i, i + issues) for i in range(0, max(dataset.sizes["issue_time"], 1), issues)]
    about = {KEY: json.dumps(told).encode()}
    schema = _rows(dataset, by_row, 0, slice(0, 0)).schema.with_metadata(about)
    # hardly a forecast comes twice: a dictionary of them is larger than they are, and so is what it takes to make one
    repeated = [name for name in (*FIRST, *by_row) if name != "power"]
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=repeated) as writer:
        for model in range(dataset.sizes["model"]):
            for part in parts:
                writer.write_table(_rows(dataset, by_row, model, part).replace_schema_metadata(about))
    pa.default_memory_pool().release_unused()  # else a worker's next site comes on top of it


def _rows(dataset: Any, by_row: list[str], model: int, part: slice) -> Any:
    """Return the rows of one model and some issue times as a table of pyarrow."""
    import pyarrow as pa

    some = dataset.isel(issue_time=part)
    shape = some.sizes["issue_time"], some.sizes["lead"]
    models = [str(name) for name in dataset["model"].values]
    place = np.full(shape[0] * shape[1], model, dtype=np.int32)
    issue_times = pa.array(np.repeat(some["issue_time"].values, shape[1])).cast(pa.timestamp("ns", "UTC"))
    columns: dict[str, Any] = {"model": pa.DictionaryArray.from_arrays(place, models), "issue_time": issue_times}
    columns["lead"] = np.tile(some["lead"].values, shape[0])
    for name in by_row:
        values = some[name].isel(model=model) if "model" in some[name].dims else some[name]
        columns[name] = values.values.ravel()
    quantiles = some["quantiles"].values[model]
    return pa.table(
        columns | {quantile_name(q): quantiles[..., i].ravel() for i, q in enumerate(some["quantile"].values)}
    )


def read_site(path: Path) -> BacktestResult:
    """Read what `write_site` wrote; raises `ReadingError` for a file that is something else or newer."""
    import pyarrow.parquet as pq
    import xarray as xr

    try:
        table = pq.read_table(path)
    except (OSError, ValueError) as error:
        raise ReadingError(f"{path}: not a Parquet file, or damaged ({error})") from error
    told = json.loads((table.schema.metadata or {}).get(KEY, b"{}"))
    if told.get("format", FORMAT + 1) > FORMAT:
        raise ReadingError(f"{path}: not a site's backtest, or one of a newer quarterhour")
    sizes = tuple(told["sizes"])

    def values(name: str) -> np.ndarray:
        column: np.ndarray = table[name].to_numpy().reshape(sizes)
        return column

    variables: dict[str, Any] = {}
    for name, attrs in told["variables"].items():
        found = values(name)
        measured = name in told["measured"]
        dims = ("site", "issue_time", "lead") if measured else ("model", "site", "issue_time", "lead")
        variables[name] = (dims, found[:1] if measured else found[:, None], attrs)
    quantiles = np.stack([values(quantile_name(level)) for level in told["levels"]], axis=-1)
    variables["quantiles"] = (("model", "site", "issue_time", "lead", "quantile"), quantiles[:, None])
    models = table["model"].unique().to_pylist()
    coords = {
        "model": models,
        "site": [told["site"]],
        "issue_time": table["issue_time"].to_numpy().reshape(sizes)[0, :, 0].astype("datetime64[ns]"),
        "lead": values("lead")[0, 0],
        "quantile": told["levels"],
    } | {name: ("site", [value]) for name, value in told["of_site"].items()}
    return BacktestResult(xr.Dataset(variables, coords=coords, attrs=told["attrs"]))
