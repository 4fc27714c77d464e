"""What each day's output was over what its weather was worth."""

from __future__ import annotations

import numpy as np

from forecast.audit.evidence import Evidence
from forecast.audit.expected import Driver, by_curve
from forecast.data.cleaning import quantity_of

LEAST_WORTH = 0.1  # of the usual top: below it ratios are noise
REST = 0.01
LEAST_HOURS = 2
UPPER_MIDDLE = 0.65  # limits and stops only take away
BINS = 40
WINDOW = 15
NEAR = 7
ROUNDS = 6


def day_worth(evidence: Evidence, driver: Driver) -> tuple[np.ndarray, np.ndarray]:
    """Return the logarithm of each day's output over its weather's worth (NaN: too little of either), and the worth.

    What weather is worth is learned beside the plant's level, in turns (Tukey's median polish): of a plant that lost a
    fifth, strong sun seen before the loss alone and weak sun seen after it alone would else hide the loss.
    """
    level = np.zeros(evidence.days)
    for _ in range(ROUNDS):
        values, size = _day_worth(evidence, driver, level)
        level = _running_median(values)
    return values, size


def _day_worth(evidence: Evidence, driver: Driver, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return as `day_worth` does, what weather is worth learned from power over exp(level), (days,).

    Of the day's ratios the one below which 65 % of the worth lies: a limit or a stop for some hours leaves it alone.
    """
    power = evidence.grid
    whole = power / np.exp(level)[:, None]
    worth = _irradiance_worth(evidence, driver, whole) if evidence.is_pv else by_curve(whole, driver)[0]
    with np.errstate(invalid="ignore"):
        use = np.isfinite(power) & (worth > LEAST_WORTH * evidence.top) & (power > REST * evidence.top)
    ratio = np.log(np.where(use, power, 1.0) / np.where(use, worth, 1.0))
    weight = np.where(use, worth, 0.0)
    enough = use.sum(axis=1) >= LEAST_HOURS * evidence.per_day / 24
    values = np.where(enough, _weighted_quantile(ratio, weight, UPPER_MIDDLE), np.nan)
    with np.errstate(invalid="ignore"):
        return np.where(values > -3, values, np.nan), weight.sum(axis=1)


def _running_median(values: np.ndarray) -> np.ndarray:
    """Return the median of the seven known days before to the seven after each day; 0 where none is known."""
    where = np.flatnonzero(np.isfinite(values))
    if not len(where):
        return np.zeros(len(values))
    x = values[where]
    middle = [np.median(x[max(i - NEAR, 0) : i + NEAR + 1]) for i in range(len(x))]
    return np.asarray(np.interp(np.arange(len(values)), where, middle))


def share_of_best(size: np.ndarray) -> np.ndarray:
    """Return each day's worth as a share of the most that a day around was worth."""
    from scipy.ndimage import maximum_filter1d

    most = maximum_filter1d(np.nan_to_num(size), 2 * WINDOW + 1, mode="nearest")
    return np.asarray(size / np.maximum(most, 1e-9))


def _weighted_quantile(values: np.ndarray, weight: np.ndarray, q: float) -> np.ndarray:
    """Return by row the value below which the share `q` of the weight lies."""
    order = np.argsort(np.where(weight > 0, values, np.inf), axis=1, kind="stable")
    running = np.cumsum(np.take_along_axis(weight, order, axis=1), axis=1)
    place = (running < q * running[:, -1:]).sum(axis=1)
    rows = np.arange(len(values))
    return np.asarray(values[rows, order[rows, np.minimum(place, values.shape[1] - 1)]])


def _irradiance_worth(evidence: Evidence, driver: Driver, power: np.ndarray) -> np.ndarray:
    """Return the usual power at each irradiance, read as horizontal or as in the plane, whichever tells power better.

    Loggers often call `ghi` what a sensor on the modules measures; the readings that power follows say which it is.
    """
    readings = [driver.values]
    if evidence.sun is not None and quantity_of(driver.name.split(":", 1)[1]) == "ghi":
        readings.append(_in_plane(evidence, driver.values))
    worths = [_usual_power(power, x) for x in readings]
    off = [np.nanmedian(np.abs(power - w)[w > LEAST_WORTH * evidence.top]) for w in worths]
    return worths[int(np.argmin(off))]


def _in_plane(evidence: Evidence, x: np.ndarray) -> np.ndarray:
    """Return horizontal irradiance on the modules.

    Under a clear sky it is worth what a clear sky gives in the plane, under an overcast one what it is itself,
    between the two the mean by clearness (0.3 overcast, 0.8 clear).
    """
    assert evidence.sun is not None
    flat = evidence.sun.ghi.astype(np.float64).reshape(x.shape)
    plane = evidence.sun.plane.astype(np.float64).reshape(x.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        clear = np.where(flat > 50, x / flat, np.nan)
        share = np.clip((clear - 0.3) / 0.5, 0.0, 1.0)
        return np.asarray(share * np.minimum(clear, 1.2) * plane + (1 - share) * x)


def _usual_power(power: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the median power of values alike, which never falls as irradiance rises; modules and inverters saturate.

    Between the middles of 40 classes linear, and from the middle of the first to nothing.
    """
    both = np.isfinite(power) & np.isfinite(x)
    if not both.any():
        return np.full(x.shape, np.nan)
    unit = max(float(np.quantile(x[both], 0.995)), 1e-9) / BINS
    place = np.clip(np.nan_to_num(x) / unit, 0, BINS + 2).astype(np.int64)
    middles, level = [0.0], [0.0]
    for k in range(BINS + 3):
        here = power[both & (place == k)]
        if len(here) >= 8:
            middles.append(float(np.median(x[both & (place == k)])))
            level.append(max(float(np.median(here)), level[-1]))
    worth = np.interp(np.nan_to_num(x), middles, level)
    return np.where(np.isfinite(x), worth, np.nan)
