"""Training rows in bins: what all leads share is put into bins once, for every lead's and every kind's booster."""

from __future__ import annotations

import warnings
from threading import Lock
from typing import Any

import numpy as np

from forecast.design import Design

_DECIDE = ("max_bin", "min_data_in_leaf", "data_random_seed")  # of what boosters are told, what decides the bins
_ONE_AT_A_TIME = Lock()  # leads may be trained in threads, and warnings are silenced for all of them


def binned(design: Design, k: int, rows: np.ndarray, target: np.ndarray, params: dict[str, Any]) -> Any:
    """Return a LightGBM dataset of the k-th lead's features in the rows (n,) that count, with their targets as labels.

    Features that all leads share have the bins of all rows of the design, so that they are made but once, which takes
    longer than growing a lead's trees; they are kept with the design. The lead's own are put into bins here.
    """
    import lightgbm

    # LightGBM 4.7 then reads and writes beyond its memory, on some tables only
    assert params.get("enable_bundle") is False, "bundles cannot be cut to some rows"
    own = lightgbm.Dataset(design.lead[rows, k], target, params=params)
    if not design.common.shape[1]:
        return own.construct()
    with _ONE_AT_A_TIME:
        data = _shared(design, params).subset(np.flatnonzero(rows).tolist(), params=params).construct()
        if design.lead.shape[2]:
            _add(data, own.construct())
    return data.set_label(target)


def _shared(design: Design, params: dict[str, Any]) -> Any:
    import lightgbm

    what = ("bins", *(params.get(name) for name in _DECIDE))
    if what not in design.kept:
        design.kept[what] = lightgbm.Dataset(design.common, params=params).construct()
    return design.kept[what]


def _add(data: Any, own: Any) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="(?s)Cannot add features from .* type of raw data|Resetting cat")
        data.add_features_from(own)  # it warns that the values themselves are not kept, which nobody needs
