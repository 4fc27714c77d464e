from __future__ import annotations

import numpy as np
import pytest

from forecast.evaluation.truth import interval_means, last_known

MINUTE = 60_000_000_000


def measured() -> tuple[np.ndarray, np.ndarray]:
    """Power each minute for three hours, every label missing now and then."""
    rng = np.random.default_rng(4)
    labels = np.arange(1, 181) * MINUTE
    power = rng.gamma(2, 20, 180)
    power[rng.random(180) < 0.15] = np.nan
    gone = rng.random(180) < 0.05
    return labels[~gone], power[~gone]


def slow_mean(labels: np.ndarray, power: np.ndarray, end: int, step: int, share: float) -> float:
    inside = power[(labels > end - step) & (labels <= end) & np.isfinite(power)]
    return float(inside.mean()) if len(inside) >= max(1, share * step / MINUTE) else np.nan


@pytest.mark.parametrize("share", [0.0, 0.8])
def test_means_are_over_the_interval_before_the_label(share: float) -> None:
    labels, power = measured()
    ends = (np.arange(-20, 220, 7)[:, None] + np.array([0, 15])) * MINUTE
    found = interval_means(labels, power, ends, step_ns=15 * MINUTE, power_step_ns=MINUTE, share=share)
    expected = [[slow_mean(labels, power, e, 15 * MINUTE, share) for e in row] for row in ends]
    np.testing.assert_allclose(found, expected)
    assert np.isnan(found).any()


def test_a_step_of_one_value_is_that_value_bit_for_bit() -> None:
    labels, power = measured()
    found = interval_means(labels, power, labels, step_ns=MINUTE, power_step_ns=MINUTE, share=0.8)
    np.testing.assert_array_equal(found, power)


def test_no_power_gives_no_truth() -> None:
    nothing = np.zeros(0)
    options = {"step_ns": MINUTE, "power_step_ns": MINUTE}
    found = interval_means(nothing.astype(np.int64), nothing, np.array([5]), share=0.0, **options)
    assert np.isnan(found).all()
    assert last_known(nothing.astype(np.int64), nothing, np.array([5]), delay_ns=0, **options).shape == (1,)
    assert interval_means(np.array([5]), np.array([1.0]), np.zeros(0, np.int64), share=0.0, **options).size == 0


def test_the_last_known_value_is_the_newest_one_published_however_old() -> None:
    labels, power = measured()
    power[60:] = np.nan
    moments = np.array([1, 5, 30, 61, 170]) * MINUTE + 1
    delay = 3 * MINUTE
    found = last_known(labels, power, moments, delay_ns=delay, step_ns=10 * MINUTE, power_step_ns=MINUTE)
    for moment, value in zip(moments, found, strict=True):
        known = labels[(labels + delay <= moment) & np.isfinite(power)]
        expected = slow_mean(labels, power, known[-1], 10 * MINUTE, 0.0) if len(known) else np.nan
        np.testing.assert_allclose(value, expected)
