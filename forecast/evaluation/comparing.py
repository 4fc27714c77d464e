"""Is one forecast really better? Differences of losses, d = loss of A − loss of B; below 0: A is better."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from forecast.errors import NotEnoughDataError, SettingsError
from forecast.evaluation.blocks import block_sums, resampled_means, usual_length


class DieboldMariano(NamedTuple):
    """Outcome of `diebold_mariano`: `dm` plain, `hln` corrected; `pvalue` two-sided, from `hln`."""

    mean: float
    dm: float
    hln: float
    pvalue: float
    n: int


class BootstrapInterval(NamedTuple):
    """A mean with its block-bootstrap interval; `n` rows in `n_blocks` blocks."""

    mean: float
    low: float
    high: float
    n: int
    n_blocks: int

    @property
    def real(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


def diebold_mariano(differences: ArrayLike, *, horizon: int = 1) -> DieboldMariano:
    """Test of equal accuracy on loss differences in time order, with the small-sample correction of HLN.

    ``DM = mean d / sqrt(LRV / n)``, ``LRV = c₀ + 2 Σ_{k<h} c_k`` with autocovariances c_k (1/n), ``HLN = DM ·
    sqrt((n + 1 − 2h + h (h − 1) / n) / n)`` against t(n − 1); h is `horizon`, in steps between the
    differences. Source: Diebold & Mariano 1995, J. Bus. Econ. Stat. 13, 253–263; Harvey, Leybourne & Newbold
    1997, Int. J. Forecast. 13, 281–291.

    Missing differences are dropped. Where all differences are 0 the statistic is 0 and the p-value 1; where
    the estimated variance is not positive both are NaN. Errors of forecasts issued every few minutes overlap
    for hours and DM alone overstates what they prove: use `block_bootstrap` by day beside it.

    >>> result = diebold_mariano([0.1, 0.2, -0.1, 0.3, 0.0])
    >>> round(result.dm, 4), round(result.hln, 4)
    (1.5811, 1.4142)
    """
    d = np.asarray(differences, dtype=np.float64).ravel()
    d = d[np.isfinite(d)]
    n = len(d)
    if not 1 <= horizon < max(n, 2):
        raise (NotEnoughDataError if horizon >= 1 else SettingsError)(
            f"horizon is {horizon} with {n} differences; expected 1 ≤ horizon < number of differences"
        )
    if n < 2:
        raise NotEnoughDataError(f"{n} difference(s); the test needs two or more")
    average = float(d.mean())
    if not d.any():
        return DieboldMariano(0.0, 0.0, 0.0, 1.0, n)
    variance = _long_run_variance(d - average, horizon)
    if not variance > 0:
        return DieboldMariano(average, float("nan"), float("nan"), float("nan"), n)
    dm = average / math.sqrt(variance / n)
    hln = dm * math.sqrt((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n)
    return DieboldMariano(average, dm, hln, _two_sided(hln, n - 1), n)


def block_bootstrap(
    differences: ArrayLike,
    blocks: ArrayLike,
    *,
    level: float = 0.95,
    length: int | None = None,
    n_resamples: int = 2000,
    random_state: Any = 0,
) -> BootstrapInterval:
    """Interval of the mean difference from whole blocks drawn with replacement.

    `blocks` labels each difference's block in order of time, usually its day (`local_days`): rows of several
    sites and leads of one day belong together. `length` neighbouring blocks are drawn together (moving
    blocks); None takes the cube root of their number. The interval holds the share `level` of the resampled
    means (percentiles), widened about the mean as Student's t is over the normal with as many runs as were
    drawn, so that it keeps its level with few blocks. Source: Künsch 1989, Ann. Stat. 17, 1217–1241; Messner
    et al. 2020, Wind Energy 23, 1461–1481. Missing differences are dropped.

    Raises `NotEnoughDataError` for fewer than two blocks.

    >>> block_bootstrap([1.0, 1.0, 3.0, 3.0], [0, 0, 1, 1]).mean
    2.0
    """
    if not 0 < level < 1:
        raise SettingsError(f"level is {level}; expected between 0 and 1")
    sums, counts = block_sums(differences, blocks)
    n_blocks = len(counts)
    run = usual_length(n_blocks) if length is None else length
    means = resampled_means(sums, counts, length=run, n_resamples=n_resamples, random_state=random_state)[:, 0]
    average = float(sums.sum() / counts.sum())
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    wider = _widening(-(-n_blocks // run), level)
    return BootstrapInterval(
        mean=average,
        low=average + wider * float(low - average),
        high=average + wider * float(high - average),
        n=int(counts.sum()),
        n_blocks=n_blocks,
    )


class TInterval(NamedTuple):
    """Interval of a difference, two-sided p-value against 0, and standard error."""

    low: float
    high: float
    pvalue: float
    error: float


def t_interval(difference: float, resampled: ArrayLike, runs: int, *, level: float = 0.95) -> TInterval:
    """Interval and p-value from resampled differences: their spread as standard error, Student's t with `runs` − 1.

    Unlike percentiles, interval and p-value say the same: one leaves out 0 exactly where the other is below
    1 − level. The spread is widened by sqrt(runs / (runs − 1)), since a bootstrap of few runs is too narrow.

    >>> t_interval(1.0, [0.0, 1.0, 2.0], 9).low < 0
    True
    """
    if runs < 2:
        raise SettingsError("length takes all blocks in one run; an interval needs two runs at least")
    from scipy.special import stdtrit  # late: scipy takes its time to import

    error = float(np.std(np.asarray(resampled, dtype=np.float64))) * math.sqrt(runs / (runs - 1))
    if error == 0:
        return TInterval(difference, difference, 1.0 if difference == 0 else 0.0, 0.0)
    reach = float(stdtrit(runs - 1, (1 + level) / 2)) * error
    return TInterval(difference - reach, difference + reach, _two_sided(difference / error, runs - 1), error)


def holm(pvalues: ArrayLike, alpha: float = 0.05) -> tuple[np.ndarray, np.ndarray]:
    """Return p-values corrected for being many, and the level that each was held against.

    Sorted rising, the i-th (from 0) of m is multiplied by m − i, never below the one before; it is held against
    ``alpha / (m − i)``. Keeps the chance of any wrong verdict at `alpha` whatever the dependence. Source: Holm 1979,
    Scand. J. Stat. 6, 65–70. A missing p-value stays missing and does not count.

    >>> holm([0.01, 0.04, 0.03])[0].round(2)
    array([0.03, 0.06, 0.06])
    """
    p = np.asarray(pvalues, dtype=np.float64)
    corrected, limits = np.full(p.shape, np.nan), np.full(p.shape, alpha)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    weight = len(order) - np.arange(len(order))
    corrected[order] = np.minimum(np.maximum.accumulate(weight * p[order]), 1.0)
    limits[order] = alpha / weight
    return corrected, limits


def more_blocks(difference: float, error: float, n_blocks: int, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Return how many more blocks would give a verdict on this difference with the chance `power`.

    The standard error shrinks with the root of the number of blocks: ``n = n_blocks · ((z(1 − alpha / 2) + z(power))
    · error / difference)²``. Infinite where there is no difference.

    >>> more_blocks(1.0, 0.5, 30)
    29.0
    """
    from scipy.special import ndtri  # late: scipy takes its time to import

    if math.isnan(difference) or difference == 0:
        return math.inf if difference == 0 else math.nan
    needed = n_blocks * ((ndtri(1 - alpha / 2) + ndtri(power)) * error / difference) ** 2
    return float(max(math.ceil(needed) - n_blocks, 0))


def _widening(runs: int, level: float) -> float:
    """How much wider than the percentiles an interval from few runs must be."""
    from scipy.special import ndtri, stdtrit  # late: scipy takes its time to import

    if runs < 2:
        raise SettingsError("length takes all blocks in one run; an interval needs two runs at least")
    share = (1 + level) / 2
    return float(stdtrit(runs - 1, share) / ndtri(share) * math.sqrt(runs / (runs - 1)))


def _long_run_variance(centred: np.ndarray, horizon: int) -> float:
    n = len(centred)
    covariances = [float(centred[k:] @ centred[: n - k]) / n for k in range(horizon)]
    return covariances[0] + 2 * sum(covariances[1:])


def _two_sided(statistic: float, degrees: int) -> float:
    from scipy.special import stdtr  # late: scipy takes its time to import

    return float(2 * stdtr(degrees, -abs(statistic)))
