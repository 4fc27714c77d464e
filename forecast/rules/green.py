"""Green power by direct connection, China, NDRC/NEA [2025]650: shares of a year's energy and their limits.

Read in secondary sources only, so unverified. A province sets its own limit of exports; spot markets differ. Of
consumption 0.35 are asked for by 2030.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from forecast.errors import SettingsError

LEAST_OF_GENERATION, LEAST_OF_CONSUMPTION, MOST_EXPORTED = 0.60, 0.30, 0.20


class GreenShares(NamedTuple):
    """What became of the energy: shares, and whether all three limits are kept."""

    used_of_generation: NDArray[np.float64]
    used_of_consumption: NDArray[np.float64]
    exported_of_generation: NDArray[np.float64]
    kept: NDArray[np.bool_]


def green_shares(
    generation: ArrayLike,
    consumption: ArrayLike,
    exported: ArrayLike,
    curtailed: ArrayLike = 0.0,
    *,
    least_of_consumption: float = LEAST_OF_CONSUMPTION,
    most_exported: float = MOST_EXPORTED,
) -> GreenShares:
    """Return the shares of self-used and exported energy; arrays of one energy unit, broadcast.

    Self-used = generation − exported − curtailed, where `generation` is what was available, curtailed energy included.
    Asked for: at least 60 % of the generation and 30 % of the consumption (35 % by 2030) self-used, at most 20 % of the
    generation exported.

    Raises:
        SettingsError: more exported and curtailed than generated, or nothing generated or consumed.

    >>> shares = green_shares(100, 150, exported=15, curtailed=5)
    >>> [round(float(share), 3) for share in shares[:3]], bool(shares.kept)
    ([0.8, 0.533, 0.15], True)
    """
    gen, load, sold, lost = (np.asarray(v, dtype=np.float64) for v in (generation, consumption, exported, curtailed))
    if not (gen > 0).all() or not (load > 0).all():
        raise SettingsError("generation and consumption must be above 0; leave out periods without")
    used = gen - sold - lost
    if not (used >= 0).all():
        raise SettingsError("more was exported and curtailed than generated; generation includes what was curtailed")
    of_generation, of_consumption, out = used / gen, used / load, np.broadcast_to(sold / gen, used.shape)
    kept = (of_generation >= LEAST_OF_GENERATION) & (of_consumption >= least_of_consumption) & (out <= most_exported)
    return GreenShares(of_generation, np.asarray(of_consumption), out, np.asarray(kept))
