"""Forecasts of the turbine that ships inside, made by skforecast in an environment of its own.

make peers
.venv/bin/python -c "import forecast as fc; fc.datasets.load('la_haute_borne').power.to_csv('power.csv')"
.peers/skforecast/bin/python notebooks/elsewhere/make_forecasts.py power.csv

Writes skforecast.csv beside this file: issue_time, lead (10-minute steps), power [kW]. Nothing of ours is imported.
As its users would: gaps are filled for training, the newest values are carried on where the last window has one.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from lightgbm import LGBMRegressor
from skforecast.direct import ForecasterDirect
from skforecast.preprocessing import RollingFeatures

OUT = Path(__file__).resolve().parent / "skforecast.csv"
START, END = pd.Timestamp("2015-09-01", tz="UTC"), pd.Timestamp("2015-09-29", tz="UTC")
LEARN, EVERY, STEP, LEADS, LAGS = "60D", "3h", "10min", 12, 36


def main() -> None:
    table = pd.read_csv(sys.argv[1])
    power = table.set_index(pd.to_datetime(table["time"], utc=True))["power"]
    power = power[~power.index.duplicated()].asfreq(STEP)
    train = power[(power.index > START - pd.Timedelta(LEARN)) & (power.index <= START)]
    forecaster = ForecasterDirect(
        LGBMRegressor(n_estimators=200, num_leaves=15, learning_rate=0.05, random_state=0, n_jobs=1, verbose=-1),
        steps=LEADS,
        lags=LAGS,
        window_features=RollingFeatures(stats=["mean", "std"], window_sizes=[36, 144]),
        n_jobs=1,
    )
    forecaster.fit(y=train.interpolate().rename("power"))
    rows = []
    for issue in pd.date_range(START, END, freq=EVERY):
        window = power[power.index <= issue].iloc[-300:].ffill().iloc[-144:]
        made = forecaster.predict(last_window=window.rename("power"))
        rows += [(f"{issue:%Y-%m-%dT%H:%MZ}", lead, round(float(v), 1)) for lead, v in enumerate(made, start=1)]
    pd.DataFrame(rows, columns=["issue_time", "lead", "power"]).to_csv(OUT, index=False)


if __name__ == "__main__":
    main()
