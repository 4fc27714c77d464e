"""Our quantiles beside uncalibrated quantile boosters: pinball loss and coverage on the stored rows of twelve records.

python benchmarks/ultra_short.py --data ../shared/data --out forecasts.parquet
python benchmarks/calibration.py --data ../shared/data --forecasts forecasts.parquet    # writes docs/calibration.md

The boosters: one LightGBM booster a level and lead on the features of the default model and on the residual to the same
reference, with the default model's settings and the quantile loss, fitted once on the first 70 %; sorted, cut to
between 0 and the capacity.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent))

import records  # noqa: E402
import ultra_short  # noqa: E402

import forecast as fc  # noqa: E402
from forecast.design import Design  # noqa: E402
from forecast.models import Boosted, Reference  # noqa: E402
from forecast.models.reference import enough  # noqa: E402
from forecast.timegrid import index_ns  # noqa: E402

LEVELS = tuple(ultra_short.QUANTILES)
NAMES = list(ultra_short.QUANTILES.values())
SETTINGS = Boosted()
DOCS = Path(__file__).resolve().parents[1] / "docs" / "calibration.md"


class QuantileBoosters(Reference):
    """The reference for one lead, and beside its point a booster a level on the residual to it; not calibrated."""

    def fit(self, design: Design, *, random_state: int = 0, n_jobs: int = 1) -> Self:
        """Fit on a design of one lead."""
        import lightgbm

        super().fit(design, random_state=random_state, n_jobs=n_jobs)
        good = enough(design)[:, 0]
        x, y = design.matrix(0, good), (design.actual - self.point(design))[good, 0]
        params: dict[str, Any] = SETTINGS._settings() | {
            "objective": "quantile", "seed": random_state, "num_threads": 1, "deterministic": True,
            "force_col_wise": True, "verbose": -1,
        }  # fmt: skip
        self.boosters_ = [
            lightgbm.train(params | {"alpha": level}, lightgbm.Dataset(x, y, params=params), SETTINGS.trees)
            for level in LEVELS
        ]
        return self

    def quantiles(self, design: Design) -> np.ndarray:
        """Return the quantiles, (n, 1, Q)."""
        x, base = design.matrix(0), self.point(design)
        made = np.column_stack([base[:, 0] + np.asarray(booster.predict(x)) for booster in self.boosters_])
        return np.asarray(np.sort(made, axis=1)[:, None].astype(np.float32))


def main() -> None:
    """Compare, print, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--forecasts", type=Path, required=True, help="what ultra_short.py --out wrote")
    parser.add_argument("--only", nargs="*", help="records; all in the forecasts otherwise")
    options = parser.parse_args()
    ours, parts = pd.read_parquet(options.forecasts), []
    for name in options.only or list(dict.fromkeys(ours["record"])):
        for lead in ultra_short.LEADS:
            rows = ours[(ours["record"] == name) & (ours["lead"] == lead)]
            parts.append(losses(rows, boosted(name, rows, lead, options.data)).assign(record=name, lead=lead))
            print(name, lead, parts[-1][["ours", "boosters"]].mean().round(4).to_dict(), flush=True)
    text = page(pd.concat(parts))
    print(text)
    if not options.only:
        DOCS.write_text(text)


def boosted(name: str, rows: pd.DataFrame, lead: int, folder: Path) -> np.ndarray:
    """Return the boosters' quantiles (rows, Q), shares of capacity."""
    data = records.load_site(ultra_short.MINUTES.get(name, name), folder)
    step = pd.Timedelta("10min" if name in ultra_short.TEN_MINUTES else "15min")
    forecaster = fc.Forecaster(model=QuantileBoosters(), horizon=lead * step, step=step, first_lead=lead)
    times = pd.DatetimeIndex(rows["issue_time"])
    model = forecaster.fit(data.until(times.min())).model_
    order = np.argsort(index_ns(times), kind="stable")
    design = forecaster.forecasts(data, index_ns(times)[order])[1]
    out = np.empty((len(rows), len(LEVELS)))
    # models see shares of what is in service
    shares = model.quantiles(design) * design.scale[:, None, None]
    out[order] = np.where(design.up[..., None], np.clip(shares, 0, 1), 0)[:, 0]
    return out


def losses(rows: pd.DataFrame, boosters: np.ndarray) -> pd.DataFrame:
    """Return, by row, the mean pinball loss [% of capacity] of both, and whether intervals of both cover."""
    real, out = rows["actual"].clip(lower=0).to_numpy(), {"day": rows["issue_time"].dt.floor("D").to_numpy()}
    level = np.array(LEVELS)
    for who, made in (("ours", rows[NAMES].to_numpy()), ("boosters", boosters)):
        below = real[:, None] - made
        out[who] = 100 * np.maximum(level * below, (level - 1) * below).mean(axis=1)
        for i, nominal in enumerate((90, 80, 50)):
            out[f"{who} {nominal}"] = 100.0 * ((real >= made[:, i]) & (real <= made[:, -1 - i]))
    return pd.DataFrame(out)


def interval(part: pd.DataFrame) -> tuple[float, float]:
    """Return the 90 % interval of the change of pinball loss [%]: days drawn again."""
    sums = part.groupby("day")[["ours", "boosters"]].sum().to_numpy()
    drawn = sums[np.random.default_rng(0).integers(0, len(sums), size=(1000, len(sums)))].sum(axis=1)
    low, high = np.quantile(100 * (drawn[:, 0] / drawn[:, 1] - 1), [0.05, 0.95])
    return float(low), float(high)


def page(rows: pd.DataFrame) -> str:
    """Return the page in Markdown."""
    lines = [
        "# Quantiles: calibrated, beside quantile boosters that are not",
        "",
        *(__doc__ or "").split("\n")[2:4],
        "",
    ]
    lines += ["Pinball loss: mean of seven levels, % of capacity. Coverage of the 50 / 80 / 90 % intervals.", ""]
    lines += ["| record | lead | ours | boosters | change % | 90 % interval | ours cover | boosters cover |"]
    lines += ["|---" * 8 + "|"]
    changes = []
    for (name, lead), part in rows.groupby(["record", "lead"], sort=False):
        mean = part.drop(columns=["record", "day"]).mean()
        change, span = 100 * (mean["ours"] / mean["boosters"] - 1), interval(part)
        changes.append({"lead": lead, "change": change})
        cover = (" / ".join(f"{mean[f'{who} {n}']:.0f}" for n in (50, 80, 90)) for who in ("ours", "boosters"))
        lines.append(
            f"| {name} | {lead} | {mean['ours']:.3f} | {mean['boosters']:.3f} | {change:+.1f} "
            f"| {span[0]:+.1f} … {span[1]:+.1f} | {' | '.join(cover)} |"
        )
    lines += ["", "| lead | mean change % | ours cover, all rows | boosters cover |", "|---" * 4 + "|"]
    for lead, change in pd.DataFrame(changes).groupby("lead")["change"].mean().items():
        part = rows[rows["lead"] == lead]
        cover = (" / ".join(f"{part[f'{who} {n}'].mean():.1f}" for n in (50, 80, 90)) for who in ("ours", "boosters"))
        lines.append(f"| {lead} | {change:+.1f} | {' | '.join(cover)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
