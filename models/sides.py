"""Where the middle and the two sides of the distribution lie: three small quantile boosters a lead."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from forecast.design import Design
from forecast.models.boosted import lead_columns, train_leads
from forecast.models.forest import Forest, merge
from forecast.models.reference import Reference, enough

LEVELS = (0.1, 0.5, 0.9)
_BOOSTER = {
    "objective": "quantile", "num_leaves": 15, "learning_rate": 0.2, "feature_fraction": 0.3, "min_data_in_leaf": 40,
    "lambda_l2": 20.0, "max_bin": 63,
}  # fmt: skip
TREES = 40


class Sides:
    """The 10, 50 and 90 % quantile by boosters on what the reference leaves over, not calibrated.

    Attributes:
        reference: what they build on. forest: 3 · L outputs, level by level.
    """

    def __init__(self, reference: Reference, forest: Forest) -> None:
        self.reference, self.forest = reference, forest

    @classmethod
    def fit(cls, design: Design, random_state: int, n_jobs: int) -> Self:
        """Fit on all rows of a design that can be learned from."""
        good, reference = enough(design), Reference().fit(design)
        rest, boosters = design.actual - reference.point(design), []
        for level in LEVELS:
            settings: dict[str, Any] = {**_BOOSTER, "alpha": level, "seed": random_state}
            texts = train_leads(design, rest, good, settings, TREES, n_jobs)
            boosters += [(lead_columns(design, k), text) for k, text in enumerate(texts)]
        width = design.common.shape[1] + design.lead.shape[1] * design.lead.shape[2]
        return cls(reference, Forest(merge(boosters, width)))

    def __call__(self, scores: np.ndarray, design: Design) -> np.ndarray:
        """Return the three quantiles (n, L, 3), rising, from the forest's scores (n, 3 · L) of the design."""
        rest = scores.reshape(len(scores), len(LEVELS), -1).transpose(0, 2, 1)
        quantiles: np.ndarray = np.sort(self.reference.point(design)[..., None] + rest, axis=-1)
        return quantiles
