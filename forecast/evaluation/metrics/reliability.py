"""Reliability: does the quantile of level τ lie above the observation in a share τ of cases?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from forecast.errors import SettingsError, ShapeError
from forecast.evaluation.blocks import block_sums, resampled_means, usual_length
from forecast.evaluation.metrics.pairs import complete_rows, mean
from forecast.evaluation.metrics.pinball import checked_levels


def reliability(
    obs: ArrayLike, quantiles: ArrayLike, *, levels: ArrayLike, weights: ArrayLike | None = None
) -> pd.DataFrame:
    """Share of observations at or below each quantile: index `level`, columns `share` and `n`.

    Where many observations sit on a bound (zero production, rated output) together with the quantiles the
    shares are too high by construction: judge those by `pit`. Source: Pinson, McSharry & Madsen 2010, Q. J.
    R. Meteorol. Soc. 136, 77–90. Rows with a missing value are dropped.

    >>> table = reliability([1, 2, 3, 4], [[2, 3]] * 4, levels=[0.3, 0.7])
    >>> table["share"].tolist(), table["n"].tolist()
    ([0.5, 0.75], [4, 4])
    """
    tau = checked_levels(levels)
    y, q, w = complete_rows(obs, quantiles, weights, columns=len(tau))
    below = (y[:, None] <= q).astype(np.float64)
    shares = [mean(below[:, k], w) for k in range(len(tau))]
    return pd.DataFrame({"share": shares, "n": len(y)}, index=pd.Index(tau, name="level"))


def reliability_bars(
    obs: ArrayLike,
    quantiles: ArrayLike,
    blocks: ArrayLike,
    *,
    levels: ArrayLike,
    confidence: float = 0.9,
    n_resamples: int = 2000,
    random_state: Any = 0,
) -> pd.DataFrame:
    """`reliability` with block-bootstrap bars: columns `share`, `n`, `low`, `high`.

    The bars are the range in which the share of a *reliable* forecast would fall by chance (consistency bars,
    about the level, as Bröcker & Smith 2007, Weather and Forecasting 22, 651–661, but from blocks): a share
    outside them is a fault, not luck. `blocks` labels each row's block, usually its day, in order of time.
    """
    if not 0 < confidence < 1:
        raise SettingsError(f"confidence is {confidence}; expected between 0 and 1")
    tau = checked_levels(levels)
    labels = np.asarray(blocks)
    if labels.shape != np.shape(obs):
        raise ShapeError(f"observations have shape {np.shape(obs)}, blocks {labels.shape}; expected one block a row")
    _, code = np.unique(labels.ravel(), return_inverse=True)
    # the blocks travel as weights + 1 through the dropping of incomplete rows
    y, q, kept = complete_rows(obs, quantiles, code.reshape(labels.shape) + 1.0, columns=len(tau))
    assert kept is not None
    below = (y[:, None] <= q).astype(np.float64)
    sums, counts = block_sums(below, kept)
    means = resampled_means(
        sums, counts, length=usual_length(len(counts)), n_resamples=n_resamples, random_state=random_state
    )
    table = reliability(y, q, levels=tau)
    noise = np.quantile(means - below.mean(axis=0), [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    return table.assign(low=np.clip(tau + noise[0], 0, 1), high=np.clip(tau + noise[1], 0, 1))
