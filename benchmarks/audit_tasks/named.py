"""The faults that the data's READMEs name, and which finding tells each."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Named:
    """One fault of a README: found when a finding `what` on an input that holds `on` exists (within `near`)."""

    data: str
    fault: str
    record: str
    what: str
    on: str = ""
    near: tuple[str, str] | None = None

    def found(self, table: pd.DataFrame) -> pd.DataFrame:
        hit = table[table["what"].isin(self.what.split("|")) & table["input"].str.contains(self.on, regex=False)]
        if self.near is not None:
            low, high = (pd.Timestamp(day, tz="UTC") for day in self.near)
            hit = hit[(hit["start"] <= high) & (hit["end"] >= low)]
        return hit


FAULTS = (
    Named("cuee_pv", "output about half for good from August 2023", "cuee phases", "capacity_changed", "power",
          ("2023-07-30", "2023-08-05")),
    Named("cuee_pv", "phase B power is always 0", "cuee phases", "dead_column", "phase_b"),
    Named("cuee_pv", "PV missing in 16 % of minutes", "cuee phases", "missing", "power"),
    Named("cuee_pv", "irradiance missing in 10 %", "cuee phases", "missing", "ghi"),
    Named("cuee_pv", "missing days are whole days", "cuee phases", "gap", "power"),
    Named("cuee_pv", "irradiance clips at 1200", "cuee phases", "clipping", "ghi"),
    Named("cuee_pv", "1.3 % of minutes in frozen runs of 30 min and more", "cuee phases", "frozen", "power"),
    Named("cuee_pv", "labels may be period start, or early by a quarter of an hour", "cuee phases",
          "clock_shift|label_guess", "power"),
    Named("cuee_pv", "0.05 % of energy at night", "cuee phases", "night_power", "power"),
    Named("gefcom2012_wind", "runs inside the test blocks withheld", "gefcom2012_wind.farm1", "missing", "nwp:"),
    Named("gefcom2012_wind", "156 blocks of 48 h without power", "gefcom2012_wind.farm1", "gap", "power"),
    Named("gefcom2014_wind", "zone 2: missing power replaced by 0", "gefcom2014_wind.zone2", "dropout", "power"),
    Named("gefcom2014_wind", "zone 3: missing power replaced by 0", "gefcom2014_wind.zone3", "dropout", "power"),
    Named("gefcom2014_wind", "zone 1: 11 hours missing", "gefcom2014_wind.zone1", "missing", "power"),
    Named("jilin_wind", "masts often frozen (shuanglong)", "jilin_wind.first", "frozen", "wind_speed"),
    Named("jilin_wind", "masts often frozen (wangzi)", "jilin_wind.second", "frozen", "wind_speed"),
    Named("jilin_wind", "power hardly follows mast wind", "jilin_wind.second", "unrelated", "wind_speed"),
    Named("jilin_wind", "wangzi wind in whole m/s", "jilin_wind.second", "coarse", "wind_speed"),
    Named("jilin_wind", "single-step drops to 0 and back", "jilin_wind.first", "dropout|leap", "power"),
    Named("jilin_wind", "dagang raw temperature -138.7 for months", "dagang raw", "impossible|dead_column", "temp"),
    Named("jilin_wind", "dagang raw wind near 0", "dagang raw", "dead_column|unrelated", "wind_speed"),
    Named("la_haute_borne", "12 duplicates", "la_haute_borne.R80711_era5", "duplicates", "power"),
    Named("la_haute_borne", "an hour absent at the March change", "la_haute_borne.R80711_era5", "dst_hole", "power"),
    Named("la_haute_borne", "an hour twice at the March change", "la_haute_borne.R80711_era5", "dst_double", "power"),
    Named("la_haute_borne", "`timestamp` 1 h early in winter, 2 h in summer", "la_haute_borne timestamp",
          "clock_shift", "power"),
    Named("la_haute_borne", "`timestamp`: an hour absent at the October change", "la_haute_borne timestamp",
          "dst_hole", "power"),
    Named("la_haute_borne", "negative power (own use)", "la_haute_borne.R80711_era5", "own_use", "power"),
    Named("la_haute_borne", "stops under 1 %", "la_haute_borne.R80711_era5", "stop", "power"),
    Named("la_haute_borne", "NaN 0.45 %", "la_haute_borne.R80711_era5", "missing", "power"),
    Named("paddle_wind", "167 steps frozen at 13.195 MW", "paddle_wind", "frozen", "power",
          ("2020-09-28", "2020-09-30")),
    Named("paddle_wind", "134 steps frozen at 1.012 MW", "paddle_wind", "frozen", "power",
          ("2020-03-08", "2020-03-10")),
    Named("paddle_wind", "97 steps frozen at 1.645 MW", "paddle_wind", "frozen", "power", ("2020-09-13", "2020-09-14")),
    Named("paddle_wind", "measured wind frozen 0.8 %", "paddle_wind", "frozen", "wind_speed"),
    Named("paddle_wind", "negative power 12 %", "paddle_wind", "own_use", "power"),
    Named("pvdaq50_pvanalytics", "logger follows summer time, labels do not", "pvdaq50", "clock_shift", "power",
          ("2012-03-10", "2012-03-13")),
    Named("pvdaq50_pvanalytics", "unit not stated: W", "pvdaq50 read as kW", "unit", "power"),
    Named("pvdaq50_pvanalytics", "3 % NaN", "pvdaq50", "missing", "power"),
    Named("pvod", "station00: one label twice", "pvod.station00", "duplicates", "power"),
    Named("pvod", "station00: not monotonic", "pvod.station00", "unsorted", "power"),
    Named("pvod", "station00: the step 2018-12-31 01:15 is missing", "pvod.station00", "gap", "power",
          ("2018-12-30", "2019-01-01")),
    Named("pvod", "station02: 576 steps missing", "pvod.station02", "gap", "power"),
    Named("pvod", "station07: 480 steps missing", "pvod.station07", "gap", "power"),
    Named("pvod", "station04 above its listed 20 MW", "station04 at 20 MW", "above_capacity", "power"),
    Named("pvod", "station04: measured irradiance up to 1838", "pvod.station04", "above_clear_sky", "ghi"),
    Named("pvod", "station01: energy below -3 degrees of sun", "pvod.station01", "night_power", "power"),
    Named("pvod", "station01: power frozen 0.4 %", "pvod.station01", "frozen", "power"),
    Named("pvod", "station07: measured irradiance frozen", "pvod.station07", "frozen", "ghi"),
    Named("pvod", "label start or end not stated", "pvod.station01", "label_guess", "power"),
    Named("sdt_inverter_5min", "night rows absent", "sdt_inverter_5min", "absent_nights", "power"),
    Named("sdt_inverter_5min", "a gap of 274 days", "sdt_inverter_5min", "gap", "power"),
    Named("sdt_inverter_5min", "three times -1000000", "sdt_inverter_5min", "sentinel", "power"),
    Named("stategrid_pv", "site 1: -99", "stategrid_pv.site1_50mw", "sentinel", "ghi"),
    Named("stategrid_pv", "site 1: humidity 6553.5", "stategrid_pv.site1_50mw", "sentinel", "humidity"),
    Named("stategrid_pv", "site 3: temperature near -3276", "stategrid_pv.site3_30mw", "impossible|sentinel", "temp"),
    Named("stategrid_pv", "site 3: humidity up to 3276.7", "stategrid_pv.site3_30mw", "sentinel", "humidity"),
    Named("stategrid_pv", "site 1: names of irradiances doubtful", "stategrid_pv.site1_50mw", "swapped_columns", "ghi"),
    Named("stategrid_pv", "site 3: total irradiance wrong", "stategrid_pv.site3_30mw", "swapped_columns", "poa"),
    Named("stategrid_pv", "site 3: total irradiance 17 % frozen", "stategrid_pv.site3_30mw", "frozen", "poa"),
    Named("stategrid_pv", "site 3: own use at night", "stategrid_pv.site3_30mw", "own_use", "power"),
    Named("turkey_t1", "2030 steps missing in 32 gaps (whole year)", "turkey_t1", "gap", "power"),
    Named("turkey_t1", "stops in 4 % of windy rows", "turkey_t1", "stop", "power"),
    Named("turkey_t1", "derated runs", "turkey_t1", "curve_outlier|curtailment", "power"),
)  # fmt: skip
