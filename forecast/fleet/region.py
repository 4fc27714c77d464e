"""Sums over sites with quantiles that count how the sites' errors hang together.

Each site's errors, as normal scores z of its leads, are A ε with A Aᵀ the correlation of its leads and ε white; ε of
two sites have one correlation C at every lead. For sites of one forecaster that is the Kronecker product C ⊗ R of a
Gaussian copula. Each site's own quantiles stay as they are; only what is drawn together changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecast.data import SiteData
from forecast.errors import ColumnError, NotEnoughDataError, SettingsError
from forecast.forecaster import Forecaster
from forecast.models.dependence import Dependence, nearest_correlation, on_curves
from forecast.scenarios import Curves, checked_number, curves_of
from forecast.settings import checked_levels, quantile_name
from forecast.timegrid import to_index

if TYPE_CHECKING:
    from forecast.evaluation import BacktestResult

LEAST_PAIRS = 100  # common issue times and leads of two sites; fewer say nothing: uncorrelated
NARROW = 1e-3  # share of capacity: an interval narrower than that is night, not an error


@dataclass(frozen=True)
class SiteDependence:
    """Correlation (sites, sites) of the sites' errors at the same issue time and lead."""

    sites: tuple[str, ...]
    correlation: np.ndarray

    def of(self, names: Sequence[str]) -> np.ndarray:
        """Return the correlation of some sites, in their order; raises `ColumnError` for sites it does not know."""
        missing = [name for name in names if name not in self.sites]
        if missing:
            raise ColumnError(f"no dependence of {', '.join(missing[:10])}; there are {', '.join(self.sites[:10])}")
        place = [self.sites.index(name) for name in names]
        return self.correlation[np.ix_(place, place)]


def dependence_between(
    results: BacktestResult | Mapping[str, BacktestResult], model: str | None = None
) -> SiteDependence:
    """Return how the sites' errors hang together, from a backtest's honest errors at common issue times and leads.

    An error is (actual − middle quantile) over the width between the outer quantiles; its rank among those of the
    same site and lead makes a normal score. Correlations are those of the scores over all leads.

    Args:
        results: a backtest over sites, or backtests by site such as `backtest_fleet` returns.
        model: whose errors; the first one's by default.

    Raises:
        ColumnError: no such model. NotEnoughDataError: fewer than two sites.
    """
    each: dict[str, BacktestResult] = {}
    if isinstance(results, Mapping):
        each = dict(results)
    names = list(each) if each else results.sites  # type: ignore[union-attr]
    if len(names) < 2:
        raise NotEnoughDataError(f"{len(names)} site(s); dependence is between two or more")
    parts = []
    for name in names:
        result: Any = each[name] if each else results
        chosen = result.models[0] if model is None else model
        if chosen not in result.models:
            raise ColumnError(f"no model {chosen!r} in the backtest; there are {', '.join(result.models)}")
        one = result.dataset.sel(model=chosen)
        parts.append(one.isel(site=0) if each else one.sel(site=name))
    common = np.array(sorted(set.intersection(*(set(p["issue_time"].values.tolist()) for p in parts))), dtype=np.int64)
    scores = [_scores(part.sel(issue_time=common.astype("datetime64[ns]"))).ravel() for part in parts]
    z = np.stack(scores)
    good = np.isfinite(z)
    filled = np.where(good, z, 0.0)
    pairs = good.astype(np.float64) @ good.T
    products = filled @ filled.T
    size = np.sqrt((filled**2) @ good.T)  # over the pairs that both have
    bottom = size * size.T
    found = np.divide(products, bottom, out=np.zeros_like(products), where=(pairs >= LEAST_PAIRS) & (bottom > 0))
    return SiteDependence(tuple(map(str, names)), nearest_correlation(found))


def _scores(part: Any) -> np.ndarray:
    """Return normal scores (issue times, leads) of a site's errors, NaN where there is none."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    part = part.transpose("issue_time", "lead", "quantile")
    quantiles, levels = part["quantiles"].values, part["quantile"].values
    middle = quantiles[..., int(np.abs(levels - 0.5).argmin())]
    width = quantiles[..., -1] - quantiles[..., 0]
    good = part["valid"].values & (width > NARROW * float(part["capacity_kw"]))
    actual = part["actual"].values.astype(np.float64)
    error = np.divide(actual - middle, width, out=np.full(width.shape, np.nan), where=good)
    ranks = rankdata(error, axis=0, nan_policy="omit")
    return np.asarray(ndtri(ranks / (np.isfinite(error).sum(axis=0) + 1)))


def joint_scenarios(
    forecasters: Mapping[str, Forecaster],
    data: Mapping[str, SiteData],
    at: Any = None,
    *,
    dependence: SiteDependence,
    n: int = 100,
    random_state: int = 0,
) -> pd.DataFrame:
    """Return `n` trajectories of all sites together [kW]: index `valid_time` (UTC), columns (`site`, `scenario`).

    Each site's trajectories follow its quantiles and its leads' dependence as `Forecaster.scenarios` do; scenario i of
    all sites belongs together.

    Raises:
        ColumnError: a site without a forecaster or dependence. SettingsError: sites whose forecasts are not for the
        same times, or no whole number of scenarios. And what `Forecaster.scenarios` raises.
    """
    found = _curves(forecasters, data, at)
    levels = _levels([one.together for one in found.values()], dependence.of(list(found)), n, random_state)
    paths = {name: on_curves(one.kilowatts, own).T for (name, one), own in zip(found.items(), levels, strict=True)}
    index = to_index(next(iter(found.values())).valid_ns, "UTC", name="valid_time")
    columns = pd.MultiIndex.from_product([list(paths), range(int(n))], names=["site", "scenario"])
    return pd.DataFrame(np.concatenate(list(paths.values()), axis=1), index=index, columns=columns)


def regional_sum(
    forecasters: Mapping[str, Forecaster],
    data: Mapping[str, SiteData],
    at: Any = None,
    *,
    dependence: SiteDependence,
    quantiles: Sequence[float] = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95),
    n: int = 1000,
    random_state: int = 0,
) -> pd.DataFrame:
    """Return the forecast of the sum of all sites: index `valid_time` (UTC), columns `power q05 … q95`; kW.

    `power` is the sum of the sites' point forecasts, the quantiles are those of the sum of `n` `joint_scenarios`.
    A site that fails raises: a sum without it would be the sum of something else.
    """
    wanted = checked_levels(quantiles)
    found = _curves(forecasters, data, at)
    levels = _levels([one.together for one in found.values()], dependence.of(list(found)), n, random_state)
    total = np.sum([on_curves(one.kilowatts, own) for one, own in zip(found.values(), levels, strict=True)], axis=0)
    first = next(iter(found.values()))
    columns = {"power": np.sum([one.power for one in found.values()], axis=0)}
    columns |= {quantile_name(q): row for q, row in zip(wanted, np.quantile(total, wanted, axis=0), strict=True)}
    return pd.DataFrame(columns, index=to_index(first.valid_ns, "UTC", name="valid_time"))


def _curves(forecasters: Mapping[str, Forecaster], data: Mapping[str, SiteData], at: Any) -> dict[str, Curves]:
    without = [name for name in data if name not in forecasters]
    if without or not data:
        raise ColumnError(f"no forecaster for {', '.join(without[:10]) or 'any site: data is empty'}")
    found = {}
    for name, site in data.items():
        try:
            found[name] = curves_of(forecasters[name], site, at)
        except Exception as error:
            error.add_note(f"site {name!r} of the region")
            raise
    times = {one.valid_ns.tobytes() for one in found.values()}
    if len(times) > 1:
        raise SettingsError("the sites' forecasts are not for the same times; give one at= and forecasters of one step")
    return found


def _levels(together: list[Dependence], between: np.ndarray, n: int, random_state: int) -> np.ndarray:
    """Return levels (sites, n, L), uniform for each site and lead."""
    from scipy.special import ndtr

    number, leads = checked_number(n), len(together[0].correlation)
    white = np.random.default_rng(random_state).standard_normal((number * leads, len(between)))
    mixed = (white @ _root(between)).reshape(number, leads, len(between))
    roots = {id(one): _root(one.correlation) for one in together}
    return np.stack([ndtr(mixed[..., s] @ roots[id(one)]) for s, one in enumerate(together)])


def _root(correlation: np.ndarray) -> np.ndarray:
    """Return the symmetric square root."""
    values, vectors = np.linalg.eigh(correlation)
    root: np.ndarray = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return root
