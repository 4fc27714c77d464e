"""Thirty days in operation, a forecast every minute, with all that goes wrong: writes docs/operation.md.

python benchmarks/operation.py --data ../shared/data        # some minutes on one core

cuee_pv, measured every minute; runs of the weather are cut from its weather columns. Each minute what arrived (late,
lost, doubled, out of order, corrupted, after outages) is told to a live forecaster, which forecasts. Now and then it is
saved and restored. At random minutes the forecast is compared, bit by bit, with that of the whole record.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

sys.path.insert(0, str(Path(__file__).resolve().parent))

import records  # noqa: E402
from operation_tasks.messages import Faults, Inbox, inbox  # noqa: E402
from operation_tasks.shift import Log, operate  # noqa: E402

import forecast as fc  # noqa: E402

DOCS = Path(__file__).resolve().parents[1] / "docs" / "operation.md"
START = pd.Timestamp("2024-05-01 00:00", tz="Asia/Bangkok")
LEARNED, KNOWN = pd.Timedelta("100D"), pd.Timedelta("60D")
RUN_EVERY, RUN_LONG, RUN_LATE = pd.Timedelta("6h"), pd.Timedelta("30h"), pd.Timedelta("4h")


def main() -> None:
    """Operate, print what was seen and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--model", default="lightgbm")
    parser.add_argument("--compared", type=int, default=200, help="forecasts to compare with the whole record's")
    parser.add_argument("--out", type=Path, default=DOCS)
    options = parser.parse_args()
    data = with_runs(records.load_site("cuee_pv.1min", options.data))
    forecaster = fc.Forecaster(model=options.model, horizon="1h", step="15min")
    forecaster.fit(data.between(START - LEARNED, START))
    minutes, rng = options.days * 1440, np.random.default_rng(1)
    came = inbox(data, START, minutes, Faults(), seed=0)
    began, log = time.monotonic(), Log()
    with tempfile.TemporaryDirectory() as folder:
        for log in operate(
            forecaster, data.between(START - KNOWN, START), START, minutes, came, folder=Path(folder),
            restart_at=frozenset(rng.integers(1, minutes, options.days).tolist()),
            compare_at=frozenset(rng.choice(np.arange(1, minutes + 1), options.compared, replace=False).tolist()),
        ):  # fmt: skip
            if log.forecasts % 1440 == 0:
                print(f"day {log.forecasts // 1440}: {log.memory_mb[-1]:.0f} MB, "
                      f"{np.median(log.cpu_ms):.2f} ms", file=sys.stderr, flush=True)  # fmt: skip
    text = page(log, came, options, time.monotonic() - began)
    print(text)
    options.out.write_text(text, encoding="utf-8")
    sys.exit(1 if log.invalid or log.different else 0)


def with_runs(data: fc.SiteData) -> fc.SiteData:
    """Return the data with runs instead of weather by valid time: every six hours, thirty long, four late."""
    (frame,) = data.nwp.values()
    assert isinstance(frame, pd.DataFrame)
    plain = frame.tz_convert("UTC").tz_localize(None)
    inits = pd.date_range(plain.index[0].ceil("6h"), plain.index[-1], freq=RUN_EVERY)
    leads = pd.timedelta_range("0h", RUN_LONG, freq="1h")
    valid = (inits.to_numpy()[:, None] + leads.to_numpy()[None, :]).ravel()
    values = plain.reindex(pd.DatetimeIndex(valid))
    shape = (len(inits), len(leads))
    runs = xr.Dataset(
        {name: (("init_time", "lead_time"), values[name].to_numpy().reshape(shape)) for name in plain.columns},
        {"init_time": inits.to_numpy(), "lead_time": leads.to_numpy()},
    )
    return fc.SiteData(data.site, data.power, observed=data.observed, nwp={"runs": runs}, delay={"runs": RUN_LATE})


def page(log: Log, came: Inbox, options: argparse.Namespace, seconds: float) -> str:
    """Return what was seen as a page."""
    went_wrong = "\n".join(f"| {kind} | {count:,} |" for kind, count in sorted(came.count.items()))
    rows = sum(log.levels.values())
    levels = ", ".join(f"{level}: {100 * count / rows:.1f} %" for level, count in sorted(log.levels.items()))
    fifth, last = log.memory_mb[min(4, len(log.memory_mb) - 1)], log.memory_mb[-1]
    cpu = np.quantile(log.cpu_ms, [0.5, 0.99, 1.0])
    different = f"{len(log.different)} of {log.compared}" + (
        f": {', '.join(log.different[:5])}" if log.different else ""
    )
    return f"""# {options.days} days in operation

Made by `python benchmarks/operation.py`, {datetime.date.today()}, {os.cpu_count()} cores, Python
{platform.python_version()}: cuee_pv, measured every minute, a forecast of the next four quarter hours every minute
(model {options.model}), {log.forecasts:,} of them in {seconds / 60:.0f} minutes. Weather: the record's own columns cut
into runs, one every six hours, known four hours later.

| | seen |
|---|---|
| exceptions | 0 (the run ends at the first) |
| invalid forecasts (not finite, out of bounds, crossing quantiles) | {len(log.invalid)} {log.invalid[:3] or ""} |
| forecasts that differ from the batch one on the whole record | {different} |
| restarts (saved, restored; the file: {log.file_kb:,.0f} kB) | {log.restarts} |
| memory of the process, day 5 and day {options.days} | {fifth:.0f} MB, {last:.0f} MB |
| rows of power kept, fewest and most at midnight | {min(log.rows_kept):,}, {max(log.rows_kept):,} |
| update + forecast, CPU: median, 99 %, longest | {cpu[0]:.2f}, {cpu[1]:.2f}, {cpu[2]:.0f} ms |
| rows by level (inputs missing) | {levels} |

What went wrong on the way:

| fault | number |
|---|---|
{went_wrong}
"""


if __name__ == "__main__":
    main()
