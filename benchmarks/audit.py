"""What `fc.check` finds: faults that the data's READMEs name, clean half-years, faults put in. Writes docs/data.md.

python benchmarks/audit.py --data ../shared/data
"""

from __future__ import annotations

import argparse
import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import records
from audit_tasks import faults, named, readings
from audit_tasks.written import write

import forecast as fc

ROOT = Path(__file__).resolve().parents[1]


def readme_table(folder: Path) -> pd.DataFrame:
    """Return each named fault with where it was found and how sure."""

    @cache
    def checked(record: str) -> pd.DataFrame:
        return fc.check(readings.load(record, folder))

    rows = []
    for fault in named.FAULTS:
        hit = fault.found(checked(fault.record))
        best = hit.sort_values("sure").iloc[-1] if len(hit) else None
        rows.append({"data": fault.data, "fault": fault.fault, "finding": "NOT FOUND" if best is None else best["what"],
                     "input": "" if best is None else best["input"],
                     "from": "" if best is None else f"{hit['start'].min():%Y-%m-%d %H:%M}",
                     "to": "" if best is None else f"{hit['end'].max():%Y-%m-%d %H:%M}",
                     "n": 0 if best is None else int(hit["n"].sum()),
                     "sure": np.nan if best is None else best["sure"]})  # fmt: skip
        print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def clean_records(folder: Path, which: str = "clean") -> dict[str, fc.SiteData]:
    """Return the stretches of [clean] or [held_out] in sites.toml."""
    spans = tomllib.loads(records.SITES.read_text(encoding="utf-8"))[which]
    return {name: cut(records.load_site(name, folder), *span) for name, span in spans.items()}


def cut(data: fc.SiteData, start: str, end: str) -> fc.SiteData:
    low, high = (pd.Timestamp(day, tz="UTC") for day in (start, end))

    def inside(table: pd.DataFrame | pd.Series | None) -> pd.DataFrame | pd.Series | None:
        return None if table is None else table[(table.index > low) & (table.index <= high)]

    nwp = {name: inside(t) if isinstance(t, pd.DataFrame) else t.sel(init_time=slice(start, end))
           for name, t in data.nwp.items()}  # fmt: skip
    return fc.SiteData(data.site, inside(data.power), observed=inside(data.observed), nwp=nwp or None)


def clean_table(clean: dict[str, fc.SiteData]) -> pd.DataFrame:
    """Return what is found in the clean half-years, by severity; the days that findings of (c) cover."""
    kinds = {what for _, _, whats, _ in faults.FAULTS for what in whats}
    rows = []
    for name, data in clean.items():
        table = fc.check(data)
        alarms = table[table["what"].isin(kinds)]
        days = (data.power.index[-1] - data.power.index[0]).days
        covered = days_of(alarms[alarms["severity"] != "low"])
        rows.append({"record": name, "from": f"{data.power.index[0]:%Y-%m-%d}", "days": days,
                     **{level: int((table["severity"] == level).sum()) for level in ("high", "medium", "low")},
                     "high findings": ", ".join(table.loc[table["severity"] == "high", "what"]) or "none",
                     "false alarm days": len(covered),
                     "with those of low severity": len(days_of(alarms)),
                     "alarms": ", ".join(sorted(set(alarms["what"])))})  # fmt: skip
        print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def days_of(alarms: pd.DataFrame) -> set[tuple[str, pd.Timestamp]]:
    """Return each kind with each day that its findings cover."""
    return {(row.what, day) for row in alarms.itertuples()
            for day in pd.date_range(row.start.normalize(), row.end, freq="D")}  # fmt: skip


def injected_table(clean: dict[str, fc.SiteData], times: int) -> pd.DataFrame:
    """Return hit rates of faults put into the clean half-years at random places."""
    rows = []
    for number, (name, spoil, whats, needs) in enumerate(faults.FAULTS):
        for place, (record, data) in enumerate(clean.items()):
            if not fits(data, needs):
                continue
            for k in range(times):
                spoiled = spoil(data, np.random.default_rng([number, place, k]))
                if spoiled is None:
                    continue
                table = fc.check(spoiled.data)
                found = table[table["what"].isin(whats)]
                # whole days by the site's clock
                days = found["start"].dt.tz_convert(spoiled.start.tz).dt.normalize() - spoiled.start.normalize()
                off = (days / pd.Timedelta("1D")).round().abs()
                rows.append({"fault": name, "record": record, "found": len(found) > 0, "off": off.min(),
                             "within a day": bool((off <= 1).any()), "start": spoiled.start})  # fmt: skip
                if not rows[-1]["within a day"]:
                    print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def fits(data: fc.SiteData, needs: str) -> bool:
    """Whether a record has what it takes to see a fault."""
    if needs == faults.SUN:
        return data.site.kind == "pv"
    if needs == faults.WEATHER:
        wanted = ("ghi", "poa_global") if data.site.kind == "pv" else ("wind_speed",)
        return data.observed is not None and any(name.startswith(wanted) for name in data.observed.columns)
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "data.md")
    parser.add_argument("--times", type=int, default=8, help="places a fault is put into each clean record")
    arguments = parser.parse_args()
    both = [clean_records(arguments.data, which) for which in ("clean", "held_out")]
    found = [(clean_table(clean), injected_table(clean, arguments.times)) for clean in both]
    write(arguments.out, readme_table(arguments.data), *found)


if __name__ == "__main__":
    main()
