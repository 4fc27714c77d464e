"""What really happened in an interval, and what was last known at a moment, from measured power."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
NEEDED_SHARE = 0.8  # of an interval's values; the contract's rule for block means


def interval_means(
    labels_ns: IntArray,
    power: FloatArray,
    ends_ns: IntArray,
    *,
    step_ns: int,
    power_step_ns: int,
    share: float,
) -> FloatArray:
    """Return the mean power over (end − step, end] of each end, in the shape of `ends_ns`.

    NaN where less than `share` of the interval's values are there. Labels rise; missing values are NaN.
    """
    ends, back = np.unique(ends_ns, return_inverse=True)
    known = np.isfinite(power)
    labels, values = labels_ns[known], np.append(power[known], 0.0)
    low = np.searchsorted(labels, ends - step_ns, side="right")
    high = np.searchsorted(labels, ends, side="right")
    # sums of each window by itself: a running total would carry rounding errors from the past along
    sums = np.add.reduceat(values, np.stack([low, high], axis=1).ravel())[::2] if len(ends) else np.zeros(0)
    count = high - low
    enough = count >= max(1.0, share * (step_ns // power_step_ns))
    means = np.divide(sums, count, out=np.full(len(ends), np.nan), where=enough)
    return np.asarray(means[back].reshape(ends_ns.shape))


def last_known(
    labels_ns: IntArray,
    power: FloatArray,
    moments_ns: IntArray,
    *,
    delay_ns: int,
    step_ns: int,
    power_step_ns: int,
) -> FloatArray:
    """Return persistence at each moment: the mean over the step that ends with the newest value known.

    A value is known at its label + delay. However old it is, the newest counts; NaN before the first.
    """
    labels = labels_ns[np.isfinite(power)]
    newest = np.searchsorted(labels, moments_ns - delay_ns, side="right") - 1
    out = np.full(len(moments_ns), np.nan)
    some = newest >= 0
    out[some] = interval_means(
        labels_ns, power, labels[newest[some]], step_ns=step_ns, power_step_ns=power_step_ns, share=0.0
    )
    return out
