"""One quantity of some runs as pieces between leads, with the exact integral of each.

In a piece that begins at a, with d = t − a and clear sky c(t):

    x(t) = start + slope d + (index + drift d) c(t)

A point quantity is a line from lead to lead; a mean is constant; radiation has a clear-sky index, constant in an
interval of which the mean is known, and a line between two leads where the values themselves are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.weather.sky import Sky

HIGHEST_INDEX = 1.5  # radiation beyond so much clear sky is spread evenly: it would be a spike at sunrise
LONGEST_S = 86400.0  # seconds: over longer intervals a mean says nothing of the hour
LOW_SKY = 20.0  # W/m² below which values over clear sky are noise


@dataclass(frozen=True)
class Pieces:
    """Pieces (runs, S, members) between S + 1 nodes [ns after init], and the integral to each node [value × s]."""

    nodes: np.ndarray
    start: np.ndarray
    slope: np.ndarray | None
    index: np.ndarray | None
    drift: np.ndarray | None
    reached: np.ndarray  # (runs, S + 1, members)
    missing: np.ndarray | None  # (runs, S + 1, members): pieces missing before each node; None where none is

    def integral(
        self, run: np.ndarray, piece: np.ndarray, past_s: np.ndarray, sky: tuple[np.ndarray, np.ndarray] | None
    ) -> np.ndarray:
        """Return the integral from the first node to so many seconds past the start of a piece, (…, members).

        `sky`: clear sky's integral and moment from the start of the piece to there.
        """
        count = len(self.nodes) - 1
        flat, past = run * count + piece, past_s[..., None]
        rise = _taken(self.start, flat)
        if self.slope is not None:
            rise = rise + 0.5 * past * _taken(self.slope, flat)
        out = _taken(self.reached, run * (count + 1) + piece) + past * rise
        if self.index is not None and sky is not None:
            out = out + _taken(self.index, flat) * sky[0][..., None]
            if self.drift is not None:
                out = out + _taken(self.drift, flat) * sky[1][..., None]
        return np.asarray(out)


def _taken(x: np.ndarray, flat: np.ndarray) -> np.ndarray:
    return np.take(x.reshape(-1, x.shape[-1]), flat, axis=0)


def _pieces(nodes: np.ndarray, parts: tuple[np.ndarray | None, ...], whole: np.ndarray) -> Pieces:
    """Add up whole pieces run by run, each from its own start, so that no other run moves a bit of it."""
    gone = ~np.isfinite(whole)
    missing = None
    if gone.any():
        whole, missing = np.where(gone, 0.0, whole), _running(gone.astype(np.int64))
        parts = tuple(None if x is None else np.where(gone, 0.0, x) for x in parts)
    start, slope, index, drift = parts
    assert start is not None
    return Pieces(nodes, start, slope, index, drift, _running(whole), missing)


def _running(x: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros_like(x[:, :1]), np.cumsum(x, axis=1)], axis=1)


def lines(values: np.ndarray, lead: np.ndarray) -> Pieces:
    """Return a point quantity (runs, K, members) as lines between its leads."""
    width = (np.diff(lead) / 1e9)[:, None]
    before, after = values[:, :-1], values[:, 1:]
    return _pieces(lead, (before, (after - before) / width, None, None), width * (before + after) / 2)


def flats(values: np.ndarray, nodes: np.ndarray) -> Pieces:
    """Return interval means (runs, S, members) as constants between S + 1 nodes."""
    return _pieces(nodes, (values, None, None, None), values * (np.diff(nodes) / 1e9)[:, None])


def shaped(values: np.ndarray, nodes: np.ndarray, inits: np.ndarray, sky: Sky) -> Pieces:
    """Return means of radiation with a constant clear-sky index in each interval; what is beyond 1.5 evenly."""
    width = (np.diff(nodes) / 1e9)[:, None]
    clear = np.where(width > LONGEST_S, 0.0, _whole(nodes, inits, sky)[0][..., None] / width)
    by_sky = np.minimum(values, HIGHEST_INDEX * clear)
    dark = clear <= 0
    index = np.where(dark, 0.0, by_sky / np.where(dark, 1.0, clear))
    rest = np.where(dark, values, values - by_sky)
    return _pieces(nodes, (rest, None, index, None), values * width)


def indexed(values: np.ndarray, lead: np.ndarray, inits: np.ndarray, sky: Sky) -> Pieces:
    """Return radiation at moments, (runs, K, members), with a clear-sky index that is a line between two leads."""
    width = (np.diff(lead) / 1e9)[:, None]
    clear = sky.at(inits[:, None] + lead[None, :])[..., None]
    known = clear >= LOW_SKY
    index = np.where(known, np.minimum(values / np.where(known, clear, 1.0), HIGHEST_INDEX), np.nan)
    begin = np.where(known[:, :-1], index[:, :-1], np.where(known[:, 1:], index[:, 1:], 0.0))
    end = np.where(known[:, 1:], index[:, 1:], np.where(known[:, :-1], index[:, :-1], 0.0))
    begin, end = (np.where(width > LONGEST_S, 0.0, one) for one in (begin, end))
    # at a low sun the neighbour's index may promise more than there is: the rest must not be negative
    left = np.where(known[:, :-1], values[:, :-1] - begin * clear[:, :-1], _positive(values, begin, clear, slice(-1)))
    right = np.where(known[:, 1:], values[:, 1:] - end * clear[:, 1:], _positive(values, end, clear, slice(1, None)))
    drift, slope = (end - begin) / width, (right - left) / width
    total, moment = (part[..., None] for part in _whole(lead, inits, sky))
    whole = width * (left + right) / 2 + begin * total + drift * moment
    return _pieces(lead, (left, slope, begin, drift), whole)


def _positive(values: np.ndarray, index: np.ndarray, clear: np.ndarray, some: slice) -> np.ndarray:
    return np.asarray(np.maximum(values[:, some] - index * clear[:, some], np.minimum(values[:, some], 0.0)))


def _whole(nodes: np.ndarray, inits: np.ndarray, sky: Sky) -> tuple[np.ndarray, np.ndarray]:
    moments = inits[:, None] + nodes[None, :]
    return sky.integrals(moments[:, :-1], moments[:, 1:])
