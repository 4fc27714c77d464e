"""Which inputs a forecast had to do without, as a level and in words."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from forecast.design import Column, Design
from forecast.features.spec import Spec
from forecast.timegrid import duration_ns

HOUR_NS = duration_ns("1h")
# group of features → what a reader calls the input
INPUTS = {"power": "power", "observed": "observed", "weather forecast": "nwp", "neighbours": "neighbours"}


Places = dict[str, tuple[list[int], list[int]]]


def input_places(common: tuple[Column, ...], lead: tuple[Column, ...]) -> Places:
    """Return, by input that has features, where these stand among the common columns and those of a lead."""
    found = {}
    for group, name in INPUTS.items():
        at = [[i for i, column in enumerate(columns) if column.group == group] for columns in (common, lead)]
        if at[0] or at[1]:
            found[name] = (at[0], at[1])
    return found


def missing_inputs(design: Design, places: Places) -> dict[str, np.ndarray]:
    """Return, by input, where (n, L) none of its features is there."""
    shape = (len(design), len(design.leads))
    out = {}
    for name, (common, lead) in places.items():
        if name == "power":
            out[name] = np.broadcast_to(np.isnan(design.now)[:, None], shape)
        else:
            gone = np.ones(shape, dtype=bool)
            if common:
                gone &= np.isnan(design.common[:, common]).all(axis=1)[:, None]
            if lead:
                gone &= np.isnan(design.lead[..., lead]).all(axis=-1)
            out[name] = gone
    return out


def level_of(missing: dict[str, np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """Return how many inputs are missing, (n, L) int8; 0 = every input seen in training is there."""
    level = np.zeros(shape, dtype=np.int8)
    for gone in missing.values():
        level = level + gone.astype(np.int8)
    return level


def old_runs(design: Design, spec: Spec, row: int) -> str:
    """Return a text that names the weather runs that are older at an issue time than runs get."""
    if not spec.runs:
        return ""
    place = {column.name: i for i, column in enumerate(design.common_columns)}
    asked = {name: place.get(f"run_age:{name}") for name, table in spec.runs.items() if not table.near}
    ages = {name: float(design.common[row, at]) for name, at in asked.items() if at is not None}
    late = {name: age for name, age in ages.items() if age * HOUR_NS > spec.runs[name].oldest_ns}
    old = [f"{name}: newest run {age:g} h old" for name, age in late.items()]
    return ", ".join(old)


def reason_column(missing: dict[str, np.ndarray], row: int, leads: int, old: str) -> Any:
    """Return a text a lead that names what is missing or old, empty where nothing is, as a column of pandas."""
    names = [name for name, gone in missing.items() if gone[row].any()]
    texts = [", ".join(n for n in names if missing[n][row, k]) for k in range(leads)] if names else [""] * leads
    whole = tuple("; ".join(part for part in ("no " + text if text else "", old) if part) for text in texts)
    return _column(whole).copy()


@lru_cache(maxsize=256)
def _column(texts: tuple[str, ...]) -> Any:
    # making a column of texts costs more than all else in a forecast's table, and it is nearly always the same
    return pd.Series(list(texts)).array
