"""One mutant after another in a process of its own: prints what came of each, so that a crash or a hang is seen.

`python -m hardening_tasks.trying FORM FOLDER FIRST STOP`
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

import forecast as fc
from forecast.errors import QuarterhourError
from hardening_tasks.mutants import mutant
from hardening_tasks.samples import CAPACITY, DAYS, FILES, START, data

SITE = ("waves", CAPACITY)
MARK = "mutant "  # begins our lines: what is read may write lines of its own (LightGBM does)
NAMES = {"csv": "table.csv", "parquet": "table.parquet", "netcdf": "table.nc", "toml": "site.toml"}
TYPED, VALID, INVALID, UNTYPED = "typed error", "valid result", "invalid result", "untyped error"


def try_bundle(path: Path, kind: str) -> str:
    """Load a bundle and forecast, alone and in a batch; return what is wrong with the result."""
    forecaster = fc.load(path)
    at = START + pd.Timedelta(days=DAYS - 1)
    known = data(kind)
    frame = forecaster.predict(known, at)
    issue_ns = at.as_unit("ns").value + np.arange(6) * known.power_step_ns
    made, _ = forecaster.forecasts(known, issue_ns)
    quantiles = frame.loc[:, [name for name in frame.columns if name.startswith("q")]].to_numpy()
    for values in (frame["power"].to_numpy(), quantiles, made.power, made.quantiles):
        if not np.isfinite(values).all() or values.min(initial=0) < 0 or values.max(initial=0) > CAPACITY:
            return "not finite, or beyond the capacity"
    crossed = (np.diff(quantiles, axis=1) < 0).any()
    return "quantiles cross" if crossed else "" if np.array_equal(made.power[0], frame["power"]) else "batch differs"


def try_file(path: Path, form: str) -> str:
    """Read an input file; return what is wrong with the result."""
    site = fc.WindSite(*SITE)
    columns = {"wind_speed": "wind_speed", "temp_air": "temp_air"}
    options = {"time": "time", "power": "power", "observed": columns, "timezone": "UTC"}
    if form == "toml":
        read = fc.SiteData.from_toml(path)
    elif form == "csv":
        read = fc.SiteData.from_csv(path, site, **options)
    elif form == "parquet":
        read = fc.SiteData.from_parquet(path, site, **options)
    else:
        from forecast.data.reading import from_file

        read = from_file(path, site, **options)
    clean = read.clean
    return "" if clean is None or clean.index.tz is not None else "no zone"


def outcome(form: str, path: Path) -> tuple[str, str]:
    """Return what came of a mutant, and which error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wrong = try_file(path, form) if form in FILES else try_bundle(path, form.split()[0])
    except QuarterhourError as error:
        return TYPED, type(error).__name__
    except Exception as error:
        return UNTYPED, f"{type(error).__name__}: {str(error)[:200]}"
    return (INVALID, wrong) if wrong else (VALID, "")


def main() -> None:
    form, folder, first, stop = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    _bound_memory()
    blob = (folder / f"{form}.sample").read_bytes()
    place = folder / "tried"
    place.mkdir(exist_ok=True)
    if form == "toml":
        (place / "table.csv").write_bytes((folder / "csv.sample").read_bytes())
    path = place / NAMES.get(form, "model.qh")
    for seed in range(first, stop):
        name, changed = mutant(blob, form, seed)
        path.write_bytes(changed)
        print(MARK + json.dumps([seed, name, "begun", ""]), flush=True)
        print(MARK + json.dumps([seed, name, *outcome(form, path)]), flush=True)


def _bound_memory() -> None:
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (6 * 1024**3, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
