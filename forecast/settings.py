"""A forecaster's settings, checked together and turned into whole numbers once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from forecast.errors import SettingsError, StepError
from forecast.timegrid import NS_PER_DAY, duration_ns, step_text

OBJECTIVES = ("mean", "median")
MOST_LEADS = 2000
MOST_ADAPT_NS = 90 * NS_PER_DAY


@dataclass(frozen=True)
class Settings:
    """Step [ns], leads and quantile levels of a forecaster."""

    step_ns: int
    leads: tuple[int, ...]
    levels: tuple[float, ...]
    adapt_ns: int = 0


def checked(
    horizon: Any, step: Any, first_lead: Any, quantiles: Any, objective: Any, adapt: Any, n_jobs: Any
) -> Settings:
    """Return the settings; typed errors say what came and what was expected."""
    step_ns, horizon_ns = duration_ns(step, "step"), duration_ns(horizon, "horizon")
    if step_ns <= 0 or horizon_ns <= 0 or horizon_ns % step_ns:
        raise StepError(f"horizon={horizon!r} is not a positive whole multiple of step={step!r}")
    last = horizon_ns // step_ns
    if last > MOST_LEADS:
        raise StepError(f"horizon={horizon!r} is {last} steps of {step_text(step_ns)}; at most {MOST_LEADS}")
    if isinstance(first_lead, bool) or not isinstance(first_lead, int | np.integer) or not 1 <= first_lead <= last:
        raise SettingsError(f"first_lead={first_lead!r}; expected a whole number from 1 to {last} (= horizon / step)")
    if objective not in OBJECTIVES:
        _check_rule(objective)
    adapt_ns = 0 if adapt is None else duration_ns(adapt, "adapt")
    if adapt is not None and (adapt_ns < 10 * step_ns or adapt_ns > MOST_ADAPT_NS):
        raise SettingsError(f"adapt={adapt!r}; expected a window from ten steps to 90 days, such as '28D', or None")
    if isinstance(n_jobs, bool) or not isinstance(n_jobs, int | np.integer) or n_jobs == 0:
        raise SettingsError(f"n_jobs={n_jobs!r}; expected a whole number, -1 = all cores")
    return Settings(step_ns, tuple(range(int(first_lead), int(last) + 1)), checked_levels(quantiles), adapt_ns)


def _check_rule(objective: Any) -> None:
    from forecast.rules import get  # only where one is asked for

    try:
        get(objective)
    except SettingsError as error:
        raise SettingsError(f"objective={objective!r}; expected one of {', '.join(OBJECTIVES)}; {error}") from None


def checked_seed(random_state: Any) -> int:
    """Return the random state; a whole number, so that a fit can be repeated."""
    if isinstance(random_state, bool) or not isinstance(random_state, int | np.integer) or random_state < 0:
        raise SettingsError(f"random_state={random_state!r}; expected a whole number from 0 on, so that fits repeat")
    return int(random_state)


def checked_levels(quantiles: Any) -> tuple[float, ...]:
    """Return quantile levels, rising, each inside (0, 1)."""
    if isinstance(quantiles, str) or not isinstance(quantiles, Sequence | np.ndarray):
        raise SettingsError(f"quantiles={quantiles!r}; expected levels between 0 and 1, such as (0.1, 0.5, 0.9)")
    return _checked_levels(quantiles if isinstance(quantiles, tuple) else tuple(quantiles))


@lru_cache(maxsize=256)
def _checked_levels(quantiles: tuple[Any, ...]) -> tuple[float, ...]:
    levels = tuple(float(level) for level in quantiles)
    if any(not 0 < level < 1 for level in levels) or list(levels) != sorted(set(levels)):
        raise SettingsError(f"quantiles={quantiles!r}; expected rising levels strictly between 0 and 1")
    return levels


@lru_cache(maxsize=256)
def frame_columns(levels: tuple[float, ...]) -> pd.Index:
    """Return the columns of a forecast's table; made once, for an index of texts costs more than the table."""
    return pd.Index(["lead", "power", "potential", *map(quantile_name, levels), "level", "reason"])


def quantile_name(level: float) -> str:
    """Return the column of a level: q and the decimals after "0.".

    >>> quantile_name(0.05), quantile_name(0.5), quantile_name(0.025)
    ('q05', 'q50', 'q025')
    """
    decimals = f"{level:.10f}".split(".")[1].rstrip("0")
    return "q" + (decimals if len(decimals) > 1 else decimals + "0")
