"""Where the mean square error comes from."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from forecast.evaluation.metrics.correlation import moments
from forecast.evaluation.metrics.pairs import complete_pairs


class ErrorParts(NamedTuple):
    """The mean square error in parts; each in the unit of the input squared.

    ``mse = bias_squared + amplitude + phase`` and ``mse = bias_squared + conditional_bias + unexplained``.
    """

    mse: float
    bias_squared: float
    amplitude: float
    phase: float
    conditional_bias: float
    unexplained: float


class SkillParts(NamedTuple):
    """Murphy's skill over the observed mean in parts: ``skill = potential − conditional_bias − bias``."""

    skill: float
    potential: float
    conditional_bias: float
    bias: float


def error_parts(obs: ArrayLike, fcst: ArrayLike, *, weights: ArrayLike | None = None) -> ErrorParts:
    """Two exact splits of the mean square error.

    ``MSE = (m_f − m_o)² + var f + var o − 2 cov`` (Murphy & Winkler 1987, Mon. Wea. Rev. 115, 1330–1338),
    sorted as

    * amplitude ``(s_f − s_o)²`` (too lively or too tame) and phase ``2 s_f s_o (1 − r)`` (right shape, wrong
      moment): Hou, Kalnay & Droegemeier 2001, J. Geophys. Res. 106;
    * conditional bias ``(s_f − r s_o)²`` (gone after regressing the observation on the forecast) and
      unexplained ``(1 − r²) s_o²`` (no linear correction removes it): Murphy 1988, Mon. Wea. Rev. 116,
      2417–2424.

    Variances with 1/n. NaN pairs are dropped; NaN if none is left.

    >>> parts = error_parts([50, 60, 40, 80], [55, 50, 45, 70])
    >>> parts.mse, parts.bias_squared
    (62.5, 6.25)
    >>> round(parts.bias_squared + parts.amplitude + parts.phase, 9)
    62.5
    """
    (o, f), w = complete_pairs(obs, fcst, weights=weights)
    mean_o, mean_f, var_o, var_f, cov = moments(o, f, w)
    return ErrorParts(*(float(part) for part in split(*(np.float64(m) for m in (mean_o, mean_f, var_o, var_f, cov)))))


def split(mean_o: Any, mean_f: Any, var_o: Any, var_f: Any, cov: Any) -> tuple[Any, ...]:
    """Return the parts of `ErrorParts` from means, variances (1/n) and covariance, numbers or arrays."""
    s_o, s_f = np.sqrt(var_o), np.sqrt(var_f)
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.where((s_o > 0) & (s_f > 0), cov / (s_o * s_f), 0.0)
    bias_squared = (mean_f - mean_o) ** 2
    return (
        bias_squared + var_f + var_o - 2 * cov,
        bias_squared,
        (s_f - s_o) ** 2,
        2 * s_f * s_o * (1 - r),
        (s_f - r * s_o) ** 2,
        (1 - r * r) * var_o,
    )


def skill_parts(obs: ArrayLike, fcst: ArrayLike, *, weights: ArrayLike | None = None) -> SkillParts:
    """Murphy's split of the mean-square skill over the mean of the observations.

    ``1 − MSE / var o = r² − (r − s_f / s_o)² − ((m_f − m_o) / s_o)²``: potential skill, conditional bias and
    bias. Source: Murphy 1988, Mon. Wea. Rev. 116, 2417–2424, equation 11. NaN pairs are dropped; NaN for a
    constant observation.

    >>> parts = skill_parts([50, 60, 40, 80], [55, 50, 45, 70])
    >>> round(parts.skill, 4), round(parts.potential - parts.conditional_bias - parts.bias, 4)
    (0.7143, 0.7143)
    """
    (o, f), w = complete_pairs(obs, fcst, weights=weights)
    mean_o, mean_f, var_o, var_f, cov = moments(o, f, w)
    if not var_o > 0:
        return SkillParts(*(float("nan"),) * 4)
    s_o, s_f = math.sqrt(var_o), math.sqrt(var_f)
    r = cov / (s_o * s_f) if s_f > 0 else 0.0
    bias = (mean_f - mean_o) ** 2 / var_o
    mse = (mean_f - mean_o) ** 2 + var_f + var_o - 2 * cov
    return SkillParts(1 - mse / var_o, r * r, (r - s_f / s_o) ** 2, bias)
