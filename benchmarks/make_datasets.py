"""Make the extracts that ship in forecast/datasets from the raw records.

    python benchmarks/make_datasets.py --data ../shared/data

Values stay as in the source, apart from units (W → kW, K → °C, u and v → speed, direction) and float32.
Clocks are set right here, once; forecast/datasets/CREDITS.md says how each one was found.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
WIND_PERIOD = ("2014-11-01", "2016-01-01")
PV_PERIOD = ("2012-06-01", "2013-12-01")


def main() -> None:
    """Write the four Parquet files and print their sizes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the raw records")
    parser.add_argument("--out", type=Path, default=HERE.parent / "forecast" / "datasets")
    args = parser.parse_args()
    for name, frame in extracts(args.data).items():
        path = args.out / f"{name}.parquet"
        write(frame, path)
        print(f"{path.name:36s} {len(frame):6d} rows {path.stat().st_size / 1024:7.1f} KiB")


def extracts(data: Path) -> dict[str, pd.DataFrame]:
    """Return the four shipped frames by file name, indexed by UTC labels."""
    return {
        "la_haute_borne_measured": _la_haute_borne(data / "la_haute_borne" / "R80711.parquet"),
        "la_haute_borne_era5": _era5(data / "la_haute_borne" / "era5_hourly.parquet"),
        "pvdaq50_measured": _pvdaq50(data / "pvdaq50_pvanalytics" / "ac_power_15min.parquet"),
        "pvdaq50_nsrdb": _nsrdb(data / "pvdaq50_pvanalytics" / "nsrdb_psm3_30min.parquet"),
    }


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write float32 columns and a `time` column, as small as Parquet makes them."""
    # neighbouring labels differ by one step, so their differences pack to almost nothing
    frame.reset_index().to_parquet(
        path,
        index=False,
        compression="zstd",
        compression_level=19,
        use_dictionary=list(frame.columns),
        column_encoding={"time": "DELTA_BINARY_PACKED"},
    )


def _la_haute_borne(path: Path) -> pd.DataFrame:
    raw = pd.read_parquet(path)
    # the printed wall clock, read as UTC, is right all year; of the six labels a year that occur twice one
    # row is an hour earlier, and the file does not tell which: both are left out
    times = pd.DatetimeIndex(raw["clock_label"]).tz_localize("UTC")
    columns = {"power_kw": "power", "ws_ms": "wind_speed", "wd_deg": "wind_direction", "temp_c": "temp_air"}
    frame = raw[list(columns)].rename(columns=columns).set_axis(times)
    return _on_grid(frame[~times.duplicated(keep=False)], WIND_PERIOD, "10min")


def _era5(path: Path) -> pd.DataFrame:
    raw = pd.read_parquet(path)
    u, v = raw["era5_u100_ms"].to_numpy(), raw["era5_v100_ms"].to_numpy()
    frame = pd.DataFrame(
        {
            "wind_speed_100m": np.hypot(u, v),
            "wind_direction_100m": np.degrees(np.arctan2(-u, -v)) % 360,  # from which the wind blows
            "temp_air": raw["era5_t2m_k"].to_numpy() - 273.15,
            "pressure": raw["era5_sp_pa"].to_numpy(),
        },
        index=pd.DatetimeIndex(raw["timestamp"]).tz_localize("UTC"),
    )
    return _on_grid(frame, WIND_PERIOD, "1h")


def _pvdaq50(path: Path) -> pd.DataFrame:
    raw = pd.read_parquet(path)
    # stamped UTC-7, but the logger followed summer time; the hour in autumn that occurs twice is left out
    wall = pd.DatetimeIndex(raw["timestamp"]).tz_localize(None)
    times = wall.tz_localize("America/Denver", ambiguous="NaT", nonexistent="NaT").tz_convert("UTC")
    frame = pd.DataFrame({"power": raw["ac_power_raw"].to_numpy() / 1000}, index=times)
    return _on_grid(frame[times.notna()], PV_PERIOD, "15min")


def _nsrdb(path: Path) -> pd.DataFrame:
    raw = pd.read_parquet(path)
    columns = {"nsrdb_ghi_wm2": "ghi", "nsrdb_temp_c": "temp_air"}
    times = pd.DatetimeIndex(raw["timestamp"]).tz_convert("UTC")
    return _on_grid(raw[list(columns)].rename(columns=columns).set_axis(times), PV_PERIOD, "30min")


def _on_grid(frame: pd.DataFrame, period: tuple[str, str], step: str) -> pd.DataFrame:
    start, end = (pd.Timestamp(day, tz="UTC") for day in period)
    grid = pd.date_range(start + pd.Timedelta(step), end, freq=step, unit="us", name="time")
    return frame.reindex(grid).astype(np.float32)


if __name__ == "__main__":
    main()
