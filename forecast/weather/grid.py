"""Weather runs at a site on any target grid: the mean of each quantity over any interval, as each run had it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecast.errors import ShapeError, WeatherError
from forecast.site import Site
from forecast.weather.accumulated import starts_ns, to_means
from forecast.weather.meaning import is_irradiance, lead_ns, meaning_of, with_meanings
from forecast.weather.pieces import Pieces, flats, indexed, lines, shaped
from forecast.weather.sky import CELL_NS, Sky, place_of
from forecast.weather.vectors import combined, separate

if TYPE_CHECKING:
    import xarray as xr

AT_ONCE = 4_000_000  # numbers held for one quantity while rows are worked off
FEW_RUNS, MOST_KEPT = 16, 8  # forecasts ask for the same few runs again and again: their pieces are kept
DIMS = ("init_time", "lead_time", "member")


class _Quantity(NamedTuple):
    name: str
    values: np.ndarray  # (runs, K, members)
    is_mean: bool
    is_radiation: bool


class _Cut(NamedTuple):
    """One quantity of some runs, cut into pieces between its nodes; clear sky where it shapes them."""

    name: str
    is_mean: bool
    pieces: Pieces
    sky: Sky | None


class _Edges(NamedTuple):
    """Edges of intervals (rows, E) as seen from one set of nodes: the piece each is in, and how far."""

    piece: np.ndarray
    past_s: np.ndarray
    inside: np.ndarray
    last: np.ndarray  # the piece that ends at the edge, where one does; else the same

    @classmethod
    def on(cls, nodes: np.ndarray, since_init: np.ndarray) -> _Edges:
        piece = np.clip(np.searchsorted(nodes, since_init, side="right") - 1, 0, len(nodes) - 2)
        last = np.clip(np.searchsorted(nodes, since_init, side="left") - 1, 0, len(nodes) - 2)
        inside = (since_init >= nodes[0]) & (since_init <= nodes[-1])
        past = np.where(inside, since_init - nodes[piece], 0)
        return cls(piece, past / 1e9, inside, last)


class RunGrid:
    """Weather runs cut at a site, held as arrays, that give interval means of every quantity on any grid.

    * A point quantity runs as a line from lead to lead; its mean is the exact mean of that line.
    * A mean (`lead_time: mean`) is conserved: the means over its parts average to it. Within its interval it is flat;
      radiation follows clear sky (global horizontal; `dni`: direct normal), so that its clear-sky index is constant, as
      far as that stays below 1.5. Radiation at moments has an index that is a line between two leads. Without
      coordinates both are as other quantities.
    * Totals and running means are differenced first (`to_means`).
    * Wind: components u and v run as lines; the direction is that of the mean vector, the speed the mean of the speed
      itself, a line between the speeds at the leads (not the length of the mean vector, which a turning wind shortens).

    A result depends on its own run and interval alone, bit for bit: neither on other rows, nor on other runs that are
    there, nor on leads beyond the interval.

    Args:
        dataset: dims `init_time`, `lead_time` (durations), perhaps `member`; numbers only. Loaded if lazy.
        site: for the sun; None or a site without position: radiation runs as any other quantity.
        label: `"end"`, `"start"` or `"instant"`, as in `with_meanings`.

    Raises:
        WeatherError: other dims (cut the grid at a site first), or leads that do not rise.
    """

    def __init__(self, dataset: xr.Dataset, site: Site | None = None, *, label: str = "end") -> None:
        for name, variable in dataset.data_vars.items():
            if not {"init_time", "lead_time"} <= set(variable.dims) <= set(DIMS):
                raise WeatherError(
                    f"weather variable {name!r} has dims {variable.dims}, expected init_time, lead_time and perhaps "
                    "member; cut a grid with weather.at_site(dataset, site)"
                )
        dataset = to_means(with_meanings(dataset.compute(), label=label))
        self.inits = dataset["init_time"].to_numpy().astype("datetime64[ns]").astype(np.int64)
        self.leads = lead_ns(dataset)
        self.members: int | None = dataset.sizes.get("member")
        self.place = place_of(site)
        self._quantities = tuple(
            _Quantity(name, values, is_mean, is_irradiance(name))
            for name, (values, is_mean) in separate(_arrays(dataset)).items()
        )
        self._kept: dict[bytes, list[_Cut]] = {}
        for array in (self.inits, self.leads, *(one.values for one in self._quantities)):
            array.setflags(write=False)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The quantities that `means` gives, in the contract's names; wind as speed and direction."""
        return tuple(combined({one.name: np.zeros(0) for one in self._quantities}))

    def means(self, run: np.ndarray, ends: np.ndarray, step_ns: int) -> dict[str, np.ndarray]:
        """Return each quantity's mean over (end − step, end], NaN where the run does not say.

        Args:
            run: (n,) which run a row takes, an index into `inits`; negative: none.
            ends: (n, L) ends of the intervals [ns UTC].
            step_ns: length of the intervals.

        Returns:
            name → (n, L) float64, or (n, L, members) where the dataset has the dim `member`.

        Raises:
            ShapeError: arrays that do not belong together, or an index that no run has.
        """
        run, ends = np.asarray(run, dtype=np.int64), np.asarray(ends, dtype=np.int64)
        if ends.ndim != 2 or run.shape != ends.shape[:1] or step_ns <= 0:
            raise ShapeError(f"run {run.shape}, ends {ends.shape}, step {step_ns}: expected (n,), (n, L) and above 0")
        if run.size and run.max() >= len(self.inits):
            raise ShapeError(f"run {int(run.max())} does not exist; there are {len(self.inits)}")
        width = self.members or 1
        out = {one.name: np.full((*ends.shape, width), np.nan) for one in self._quantities}
        rows = np.flatnonzero(run >= 0)
        at_once = max(1, AT_ONCE // max(1, (ends.shape[1] + 1) * width))
        for begin in range(0, len(rows), at_once):
            some = rows[begin : begin + at_once]
            for name, values in self._some(run[some], ends[some], step_ns):
                out[name][some] = values
        found = combined(out)
        return found if self.members is not None else {name: values[..., 0] for name, values in found.items()}

    def _some(self, run: np.ndarray, ends: np.ndarray, step_ns: int) -> list[tuple[str, np.ndarray]]:
        used, place = np.unique(run, return_inverse=True)
        joined = bool((np.diff(ends, axis=1) == step_ns).all())
        # intervals that follow each other share their edges
        edges = np.concatenate([ends[:, :1] - step_ns, ends] if joined else [ends - step_ns, ends], axis=1)
        moments = edges - self.inits[run][:, None]
        begin, end = (slice(None, -1), slice(1, None)) if joined else _halves(ends.shape[1])
        cuts, inits = self._cuts(used), self.inits[used]
        found = {is_mean: _Edges.on(self._nodes(is_mean), moments) for is_mean in {one.is_mean for one in cuts}}
        out = []
        for one in cuts:
            at, pieces, past = found[one.is_mean], one.pieces, None
            if one.sky is not None:
                start = inits[place][:, None] + pieces.nodes[at.piece]
                past = one.sky.integrals(start, start + np.rint(at.past_s * 1e9).astype(np.int64))
            total = pieces.integral(place[:, None], at.piece, at.past_s, past)
            mean = (total[:, end] - total[:, begin]) / (step_ns / 1e9)
            good = (at.inside[:, begin] & at.inside[:, end])[..., None]
            if pieces.missing is not None:
                good = good & _complete(pieces.missing, place[:, None], at.piece[:, begin], at.last[:, end])
            out.append((one.name, np.where(good, mean, np.nan)))
        return out

    def _cuts(self, used: np.ndarray) -> list[_Cut]:
        """Return the quantities of some runs in pieces; those without an interval to speak of are left out."""
        key, kept = used.tobytes(), self._kept
        if key in kept:
            return kept[key]
        inits, out = self.inits[used], []
        for one in self._quantities:
            nodes = self._nodes(one.is_mean)
            if len(nodes) > 1:
                sky = self._sky(one, inits, nodes)
                out.append(_Cut(one.name, one.is_mean, self._pieces(one, used, inits, nodes, sky), sky))
        if len(used) <= FEW_RUNS:  # replaced as one: threads may ask at the same time
            self._kept = {**(kept if len(kept) < MOST_KEPT else {}), key: out}
        return out

    def _nodes(self, is_mean: bool) -> np.ndarray:
        return self._mean_nodes if is_mean else self.leads

    @cached_property
    def _mean_nodes(self) -> np.ndarray:
        """Where intervals of means begin and end; the value of lead 0 has no interval."""
        return np.unique(np.append(starts_ns(self.leads)[:1], self.leads))

    def _sky(self, one: _Quantity, inits: np.ndarray, nodes: np.ndarray) -> Sky | None:
        if self.place is None or not one.is_radiation:
            return None
        first, last = int(inits.min() + nodes[0]) - CELL_NS, int(inits.max() + nodes[-1]) + CELL_NS
        return Sky(self.place, first, last, direct=one.name.startswith("dni"))

    @staticmethod
    def _pieces(one: _Quantity, used: np.ndarray, inits: np.ndarray, nodes: np.ndarray, sky: Sky | None) -> Pieces:
        values = one.values[used]
        if one.is_mean:
            values = values[:, values.shape[1] - len(nodes) + 1 :]
            return flats(values, nodes) if sky is None else shaped(values, nodes, inits, sky)
        return lines(values, nodes) if sky is None else indexed(values, nodes, inits, sky)


def _halves(count: int) -> tuple[slice, slice]:
    return slice(None, count), slice(count, None)


def _complete(missing: np.ndarray, run: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Return whether no piece from the first to the last is missing."""
    return np.asarray(missing[run, last + 1] == missing[run, first])


def _arrays(dataset: xr.Dataset) -> dict[str, tuple[np.ndarray, bool]]:
    """Return each variable as (runs, leads, members) float64, and whether it is an interval mean."""
    width = dataset.sizes.get("member", 1)
    out = {}
    for name, variable in dataset.data_vars.items():
        values = variable.transpose(*DIMS, missing_dims="ignore").to_numpy().astype(np.float64)
        if values.ndim == 2:
            values = np.repeat(values[..., None], width, axis=2)
        out[str(name)] = np.ascontiguousarray(values), meaning_of(variable).method == "mean"
    return out
