"""Which inputs a forecast had to do without, as conditions of each input and in words.

The condition of an input at an issue time and lead is 0 where it is there as usual, the highest where it is gone, and
between the two where it is late: power by classes of steps (`STALE`), weather runs by classes of age (`OLD`); a weather
source that is gone while others are there counts as late too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from forecast.design import Column, Design
from forecast.features.spec import Spec
from forecast.timegrid import duration_ns, step_text

HOUR_NS = duration_ns("1h")
STALE = (2, 6, 16, 64)  # steps that the newest power is late, at most; beyond the last it is gone
OLD = (1, 2, 4)  # times the age that runs usually reach, on top of it; beyond the last they count as gone
# group of features → what a reader calls the input
INPUTS = {"power": "power", "observed": "observed", "weather forecast": "nwp", "neighbours": "neighbours"}
_OF_BEFORE = re.compile(r"_(step|mean)\d+$")


@dataclass(frozen=True)
class Source:
    """A weather source: where its features of a lead stand, and, for runs, its age and how old runs get [h]."""

    name: str
    lead: tuple[int, ...]
    age: int | None
    oldest_h: float


@dataclass(frozen=True)
class Input:
    """An input that has features: where its newest values stand, and how many conditions it can have."""

    name: str
    common: tuple[int, ...]
    lead: tuple[int, ...]
    sources: tuple[Source, ...]
    conditions: int

    @property
    def gone(self) -> int:
        """The condition of an input that is not there at all."""
        return self.conditions - 1


Inputs = tuple[Input, ...]


def inputs_of(common: tuple[Column, ...], lead: tuple[Column, ...], specs: Mapping[str, Spec]) -> Inputs:
    """Return the inputs that have features, in the order of `INPUTS`; `specs` of the sites that were fitted on."""
    found = []
    for group, name in INPUTS.items():
        at = [tuple(i for i, c in enumerate(columns) if c.group == group) for columns in (common, lead)]
        if not at[0] and not at[1]:
            continue
        newest = tuple(i for i in at[0] if not _OF_BEFORE.search(common[i].name)) or at[0]
        sources = _sources(common, lead, specs) if name == "nwp" else ()
        between = len(STALE) if name == "power" else _ages(sources)
        found.append(Input(name, newest, at[1], sources, between + 2))
    return tuple(found)


def _sources(common: tuple[Column, ...], lead: tuple[Column, ...], specs: Mapping[str, Spec]) -> tuple[Source, ...]:
    oldest: dict[str, float] = {}
    for spec in specs.values():
        oldest |= dict.fromkeys(spec.weather, 0.0)
        oldest |= {name: table.oldest_ns / HOUR_NS for name, table in spec.runs.items() if not table.near}
    place = {column.name: i for i, column in enumerate(common)}
    return tuple(
        Source(
            name,
            tuple(i for i, c in enumerate(lead) if c.group == "weather forecast" and c.name.startswith(f"{name}:")),
            place.get(f"run_age:{name}"),
            hours,
        )
        for name, hours in oldest.items()
    )


def _ages(sources: tuple[Source, ...]) -> int:
    if any(source.age is not None for source in sources):
        return len(OLD)
    return 1 if len(sources) > 1 else 0


def conditions(design: Design, inputs: Inputs) -> np.ndarray:
    """Return the condition of each input, (n, L, inputs) int8."""
    out = np.zeros((len(design), len(design.leads), len(inputs)), dtype=np.int8)
    for i, one in enumerate(inputs):
        if one.name == "power":
            late = design.late
            if late.any():  # NaN too
                out[..., i] = np.where(late == 0, 0, np.searchsorted(STALE, late) + 1)[:, None]
            continue
        gone = _gone(design, one.common, one.lead)
        if one.gone > 1:
            out[..., i] = np.minimum(_old(design, one), one.gone)
        if gone.any():
            out[..., i][gone] = one.gone
    return out


def _gone(design: Design, common: tuple[int, ...], lead: tuple[int, ...]) -> np.ndarray:
    gone = np.ones((len(design), len(design.leads)), dtype=bool)
    if common:
        gone &= np.isnan(design.common[:, _places(common)]).all(axis=1)[:, None]
    if lead:
        gone &= np.isnan(design.lead[..., _places(lead)]).all(axis=-1)
    return gone


@lru_cache(maxsize=1024)
def _places(listed: tuple[int, ...]) -> slice | list[int]:
    # a slice is a look, a list a copy
    rising = listed == tuple(range(listed[0], listed[0] + len(listed)))
    return slice(listed[0], listed[-1] + 1) if rising else list(listed)


def _old(design: Design, nwp: Input) -> np.ndarray:
    """Return the class (n, L) of the oldest source's age; a source that is gone is in the first class at least."""
    out = np.zeros((len(design), len(design.leads)), dtype=np.int8)
    for source in nwp.sources:
        if source.age is not None:
            over = (design.common[:, source.age] - np.float32(source.oldest_h)) / np.float32(source.oldest_h)
            late = np.where(over > 0, np.searchsorted(OLD, over) + 1, 0)
            out = np.maximum(out, late[:, None])
        if len(nwp.sources) > 1:
            out = np.maximum(out, _gone(design, (), source.lead))
    return out


def how_many(found: np.ndarray) -> np.ndarray:
    """Return how many inputs are late or missing, (n, L) int8: the level of models without a ladder."""
    count: np.ndarray = (found > 0).sum(axis=-1).astype(np.int8)
    return count


def reason_column(found: np.ndarray, design: Design, inputs: Inputs, step_ns: int) -> Any:
    """Return a text a lead that names what is missing or late, empty where nothing is, as a column of pandas.

    Args:
        found: conditions (1, L, inputs) of a design of one issue time.
    """
    if not found.any():
        return _column(("",) * found.shape[1]).copy()
    late = [_late_words(design, one, step_ns) for one in inputs]
    texts = []
    for k, row in enumerate(found[0].tolist()):
        gone = [one.name for one, what in zip(inputs, row, strict=True) if what == one.gone]
        without = [s.name for one, what in zip(inputs, row, strict=True) if 0 < what < one.gone and len(one.sources) > 1
                   for s in one.sources if _gone(design, (), s.lead)[0, k]]  # fmt: skip
        old = [words for words, one, what in zip(late, inputs, row, strict=True) if 0 < what < one.gone and words]
        texts.append("; ".join([*(["no " + ", ".join(gone + without)] if gone + without else []), *old]))
    return _column(tuple(texts)).copy()


def _late_words(design: Design, one: Input, step_ns: int) -> str:
    if one.name == "power":
        late = float(design.late[0])
        return "" if np.isnan(late) else f"newest power {step_text(int(late) * step_ns)} late"
    ages = {s.name: (float(design.common[0, s.age]), s.oldest_h) for s in one.sources if s.age is not None}
    return ", ".join(f"{name}: newest run {age:g} h old" for name, (age, oldest) in ages.items() if age > oldest)


@lru_cache(maxsize=256)
def _column(texts: tuple[str, ...]) -> Any:
    # making a column of texts costs more than all else in a forecast's table, and it is nearly always the same
    return pd.Series(list(texts)).array
