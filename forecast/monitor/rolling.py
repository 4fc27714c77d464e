"""Rolling scores by group of leads, beside what the backtest promised for the same conditions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forecast.monitor.days import DaySums
from forecast.monitor.losses import ABSOLUTE, COVERED, ERROR, PINBALL, SQUARE, FloatArray

WINDOWS = {"1D": 1, "7D": 7, "30D": 30}  # local days, the present one with them
Scores = dict[str, dict[str, float | None]]


def rolling(
    days: dict[int, DaySums], today: int, groups: Sequence[Sequence[int]], names: Sequence[str]
) -> dict[str, Scores]:
    """Return window → leads (`"1-4"`, `"all"`) → `n mae rmse bias pinball coverage_90 …`, and each `promised_…`.

    Args:
        names: those of `loss_names`. Powers in kW, coverages as shares; None where nothing was scored.
    """
    labels = [f"{group[0]}-{group[-1]}" if len(group) > 1 else f"{group[0]}" for group in groups]
    out: dict[str, Scores] = {}
    for window, length in WINDOWS.items():
        inside = [sums for day, sums in days.items() if today - length < day <= today]
        if inside:
            n = np.sum([sums.n for sums in inside], axis=0)
            found, promised = (
                np.sum([getattr(sums, name) for sums in inside], axis=0) for name in ("found", "promised")
            )
        else:
            n, found = np.zeros(len(groups)), np.zeros((len(groups), len(names)))
            promised = found
        by_leads = {label: _scores(n[i], found[i], promised[i], names) for i, label in enumerate(labels)}
        out[window] = by_leads | {"all": _scores(n.sum(), found.sum(axis=0), promised.sum(axis=0), names)}
    return out


def _scores(n: float, found: FloatArray, promised: FloatArray, names: Sequence[str]) -> dict[str, float | None]:
    out: dict[str, float | None] = {"n": int(n)}
    for prefix, sums in (("", found), ("promised_", promised)):
        means = sums / n if n else np.full(len(names), np.nan)
        values = {
            "mae": means[ABSOLUTE],
            "rmse": np.sqrt(means[SQUARE]),
            "bias": means[ERROR],
            "pinball": means[PINBALL],
        }
        values |= {
            f"coverage_{name.removeprefix('covered_')}": means[COVERED + i] for i, name in enumerate(names[COVERED:])
        }
        out |= {prefix + name: float(value) if np.isfinite(value) else None for name, value in values.items()}
    return out
