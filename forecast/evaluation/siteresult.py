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
FIRST = ("model", "issue_time", "lead")


def write_site(result: BacktestResult, path: Path) -> None:
    """Write the result of one site; times are UTC, power kW, what was measured is repeated for each model."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    dataset = result.dataset.isel(site=0).transpose("model", "issue_time", "lead", "quantile")
    sizes = (dataset.sizes["model"], dataset.sizes["issue_time"], dataset.sizes["lead"])
    by_row = {name: values for name, values in dataset.data_vars.items() if "quantile" not in values.dims}
    grid = np.meshgrid(np.arange(sizes[0]), dataset["issue_time"].values, dataset["lead"].values, indexing="ij")
    models = pa.DictionaryArray.from_arrays(grid[0].ravel().astype(np.int32), [str(m) for m in dataset["model"].values])
    columns: dict[str, Any] = {"model": models, "issue_time": pa.array(grid[1].ravel()).cast(pa.timestamp("ns", "UTC"))}
    columns["lead"] = grid[2].ravel()
    columns |= {str(name): np.broadcast_to(values.values, sizes).ravel() for name, values in by_row.items()}
    levels = dataset["quantile"].values
    columns |= {quantile_name(q): dataset["quantiles"].values[..., i].ravel() for i, q in enumerate(levels)}
    told = {
        "format": FORMAT,
        "attrs": dict(dataset.attrs),
        "variables": {str(name): dict(values.attrs) for name, values in by_row.items()},
        "measured": [str(name) for name, values in by_row.items() if "model" not in values.dims],
        "site": str(dataset["site"].values),
        "levels": levels.tolist(),
        "of_site": {name: dataset[name].values.item() for name in ("capacity_kw", "kind", "timezone")},
        "sizes": sizes,
    }
    table = pa.table(columns).replace_schema_metadata({KEY: json.dumps(told).encode()})
    pq.write_table(table, path, compression="zstd")


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
    models = table["model"].chunk(0).dictionary.to_pylist() if sizes[1] * sizes[2] else []
    coords = {
        "model": models,
        "site": [told["site"]],
        "issue_time": table["issue_time"].to_numpy().reshape(sizes)[0, :, 0].astype("datetime64[ns]"),
        "lead": values("lead")[0, 0],
        "quantile": told["levels"],
    } | {name: ("site", [value]) for name, value in told["of_site"].items()}
    return BacktestResult(xr.Dataset(variables, coords=coords, attrs=told["attrs"]))
