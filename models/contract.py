"""What every model is: a design in, shares of capacity out; parts instead of pickles."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import numpy as np

from forecast.design import Design

Parts = tuple[dict[str, Any], dict[str, np.ndarray], dict[str, str]]


@runtime_checkable
class Model(Protocol):
    """The one interface of models; estimators follow scikit-learn's `get_params` and `clone`.

    A model sees shares of the capacity in service. It need not clip, sort or darken the night: the forecaster does.
    """

    name: ClassVar[str]
    learns: ClassVar[bool]
    """Whether `point` on training rows is better than on new ones, so that errors must be measured out of fold."""

    def fit(self, design: Design, *, random_state: int = 0, n_jobs: int = 1) -> Self:
        """Learn from the rows of `design` whose `actual` is finite and whose sun is up."""

    def point(self, design: Design) -> np.ndarray:
        """Return the mean forecast, (n, L), finite."""

    def importance(self, design: Design) -> np.ndarray:
        """Return the weight of each feature of one lead, in the order of `design.names`."""

    def to_parts(self) -> Parts:
        """Return (plain values, arrays, texts) that `from_parts` reads back."""

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: dict[str, np.ndarray], texts: dict[str, str]) -> Self:
        """Return the model that `to_parts` described."""
