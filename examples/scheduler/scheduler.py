"""Forecasts one site each minute from CSV drops and weather runs; all state is in files. See README.md beside it.

python scheduler.py scheduler.toml          # every minute, until stopped
python scheduler.py scheduler.toml --once   # one forecast, now
python scheduler.py scheduler.toml --from 2015-12-31T12:00Z --to 2015-12-31T18:00Z   # a simulated clock
"""

from __future__ import annotations

import argparse
import json
import logging
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

import forecast as fc
from forecast.errors import QuarterhourError
from forecast.monitor.served import bundle_hash
from forecast.site import site_from_dict
from forecast.storage.atomic import write_text

LOG = logging.getLogger("scheduler")
MINUTE = pd.Timedelta("1min")


class Scheduler:
    """One site's forecaster, what was measured so far, and the watch; `tick` makes one forecast."""

    def __init__(self, settings: Path) -> None:
        told = tomllib.loads(settings.read_text(encoding="utf-8"))
        self.folder = {name: settings.parent / path for name, path in told["folders"].items()}
        for name in ("state", "out"):
            self.folder[name].mkdir(parents=True, exist_ok=True)
        self.columns, self.delay = told["columns"], told.get("delay", "0min")
        self.site = site_from_dict(told["site"])
        model = settings.parent / told["model"]
        self.forecaster, self.bundle = fc.load(model), bundle_hash(model)
        self.history = self.forecaster.history_needed + pd.Timedelta(told.get("spare", "3D"))
        self.failed = 0
        self.runs: dict[str, Any] = {}
        self._restore(settings.parent / told["promised"])

    def _restore(self, promised: Path) -> None:
        """Take up what the last process left; what is not there, or not whole, begins anew."""
        try:
            self.measured = pd.read_parquet(self.folder["state"] / "measured.parquet")
            self.read = json.loads((self.folder["state"] / "read.json").read_text())
        except (OSError, ValueError) as error:
            LOG.info("no measurements from before (%s)", error)
            self.measured, self.read = pd.DataFrame(), {}
        try:
            self.watch = fc.monitor.Watch.load(self.folder["state"] / "watch.json")
        except QuarterhourError as error:
            LOG.info("a new watch (%s)", error)
            self.watch = fc.monitor.Watch(fc.load_backtest(promised))

    def tick(self, now: pd.Timestamp) -> None:
        """Read what has come, forecast, and write table, metrics, log line and state."""
        self.take_drops(now)
        known = self.measured.tz_convert(self.site.timezone)
        observed = known.drop(columns="power")
        data = fc.SiteData(self.site, known["power"], observed=observed, nwp=self.weather(now), delay=self.delay)
        frame = forecast_of(self.forecaster, data, now)
        first = frame.index[0].tz_convert("UTC")
        self.write(f"forecast_{first:%Y%m%dT%H%M}.csv", fc.submission(frame, data).to_csv(index=False))
        line = fc.monitor.served(frame, data, self.forecaster, self.bundle)
        fc.monitor.append(line, self.folder["out"] / "served.jsonl")
        self.watch.forecast(frame)
        self.watch.outcome(data)

    def guarded(self, now: pd.Timestamp) -> None:
        """Tick; whatever goes wrong is logged and counted, and the next minute comes all the same."""
        try:
            self.tick(now)
        except Exception:
            self.failed += 1
            LOG.exception("no forecast at %s", now)
        self.write("quarterhour.prom", self.watch.prometheus() + self.own_metrics(now))
        self.watch.save(self.folder["state"] / "watch.json")

    def take_drops(self, now: pd.Timestamp) -> None:
        """Read the CSV drops that are new or changed by now; a later one corrects what an earlier one said."""
        news = []
        for path in sorted(self.folder["drops"].glob("*.csv"), key=lambda path: path.stat().st_mtime):
            facts = path.stat()
            mark = [facts.st_mtime, facts.st_size]
            if facts.st_mtime > now.timestamp() or self.read.get(path.name) == mark:
                continue
            self.read[path.name] = mark
            try:
                drop = fc.SiteData.from_csv(path, self.site, **self.columns)
                news.append(pd.concat([drop.power.rename("power"), drop.observed], axis=1).tz_convert("UTC"))
            except (QuarterhourError, OSError) as error:
                self.failed += 1
                LOG.warning("drop %s is left out: %s", path.name, error)
        if news:
            joined = pd.concat([self.measured, *news]).sort_index(kind="stable")
            joined = joined[~joined.index.duplicated(keep="last")]
            self.measured = joined[joined.index > now - self.history]
            part = self.folder["state"] / ".measured.part"
            self.measured.to_parquet(part)
            part.replace(self.folder["state"] / "measured.parquet")
            # after the values: a process that dies in between reads these drops once more
            write_text(self.folder["state"] / "read.json", json.dumps(self.read))

    def weather(self, now: pd.Timestamp) -> xr.Dataset | None:
        """Return the runs (netCDF, dims init_time and lead_time) that are there by now; None where there are none."""
        known = {path.name for path in self.folder["weather"].glob("*.nc") if path.stat().st_mtime <= now.timestamp()}
        for name in sorted(known - self.runs.keys()):
            try:
                self.runs[name] = xr.load_dataset(self.folder["weather"] / name, engine="h5netcdf")
            except (OSError, ValueError, KeyError) as error:
                self.failed += 1
                self.runs[name] = None
                LOG.warning("weather %s is left out: %s", name, error)
        runs = [self.runs[name] for name in sorted(known) if self.runs[name] is not None]
        return xr.concat(runs, dim="init_time", join="outer") if runs else None

    def write(self, name: str, text: str) -> None:
        """Write a file of results, whole or not at all."""
        write_text(self.folder["out"] / name, text)

    def own_metrics(self, now: pd.Timestamp) -> str:
        """Return what the watch cannot know: failures, and that the loop is alive."""
        last = "scheduler_last_tick_timestamp_seconds"
        return (
            "# HELP scheduler_failures_total Ticks and files that failed since the start.\n"
            f"# TYPE scheduler_failures_total counter\nscheduler_failures_total {self.failed}\n"
            f"# HELP {last} When the last tick was.\n# TYPE {last} gauge\n{last} {now.timestamp()}\n"
        )


def forecast_of(forecaster: fc.Forecaster, data: fc.SiteData, now: pd.Timestamp) -> pd.DataFrame:
    """Return the forecast made now: the one place to change for another way of asking."""
    return forecaster.predict(data, at=now)


def clock(begin: str | None, end: str | None, speed: float) -> Iterator[pd.Timestamp]:
    """Yield each whole minute: of the real clock, or of a simulated one, `speed` times as fast (0: without waiting)."""
    if begin is None:
        while True:
            now = pd.Timestamp.now(tz="UTC")
            yield now
            time.sleep(max(0.0, (now.floor("min") + MINUTE - pd.Timestamp.now(tz="UTC")).total_seconds()))
    for now in pd.date_range(begin, end or begin, freq=MINUTE):
        yield now
        time.sleep(60 / speed if speed else 0)


def main() -> None:
    """Forecast each minute, or once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("settings", type=Path)
    parser.add_argument("--once", action="store_true", help="one forecast, then stop")
    parser.add_argument("--from", dest="begin", help="simulated clock: its first minute")
    parser.add_argument("--to", dest="end", help="and its last")
    parser.add_argument("--speed", type=float, default=0.0, help="times as fast as real; 0 = no waiting")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("forecast.served").setLevel(logging.WARNING)  # these lines have a file of their own
    scheduler = Scheduler(options.settings)
    for now in clock(options.begin, options.end, options.speed):
        scheduler.guarded(now)
        if options.once:
            break


if __name__ == "__main__":
    main()
