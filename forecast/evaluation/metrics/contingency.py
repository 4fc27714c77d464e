"""Yes-or-no events: hits, misses and false alarms, and what is made of them.

Source: Jolliffe & Stephenson (eds.) 2012, Forecast Verification, 2nd edition, chapter 3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from forecast.errors import SettingsError
from forecast.evaluation.metrics.pairs import complete_pairs


class Contingency(NamedTuple):
    """Counts of an event forecast; scores are NaN where their denominator is 0.

    >>> table = Contingency(hits=6, false_alarms=2, misses=3, correct_negatives=89)
    >>> [round(x, 3) for x in (table.pod, table.far, table.csi, table.bias, table.pofd)]
    [0.667, 0.25, 0.545, 0.889, 0.022]
    """

    hits: int
    false_alarms: int
    misses: int
    correct_negatives: int

    @property
    def pod(self) -> float:
        """Probability of detection, hits / (hits + misses)."""
        return _ratio(self.hits, self.hits + self.misses)

    @property
    def far(self) -> float:
        """False alarm ratio, false alarms / (hits + false alarms)."""
        return _ratio(self.false_alarms, self.hits + self.false_alarms)

    @property
    def csi(self) -> float:
        """Critical success index, hits / (hits + misses + false alarms)."""
        return _ratio(self.hits, self.hits + self.misses + self.false_alarms)

    @property
    def bias(self) -> float:
        """Frequency bias, events forecast / events observed."""
        return _ratio(self.hits + self.false_alarms, self.hits + self.misses)

    @property
    def pofd(self) -> float:
        """Probability of false detection, false alarms / (false alarms + correct negatives)."""
        return _ratio(self.false_alarms, self.false_alarms + self.correct_negatives)

    @property
    def accuracy(self) -> float:
        """Share of right answers, (hits + correct negatives) / all."""
        return _ratio(self.hits + self.correct_negatives, sum(self))


def contingency(obs: ArrayLike, fcst: ArrayLike) -> Contingency:
    """Count events: both sides 1 or True where the event happens, else 0; pairs with a NaN are dropped.

    >>> contingency([1, 1, 0, 0], [1, 0, 1, 0])
    Contingency(hits=1, false_alarms=1, misses=1, correct_negatives=1)
    """
    (o, f), _ = complete_pairs(obs, fcst)
    for side, what in ((o, "observed"), (f, "forecast")):
        if not np.isin(side, (0.0, 1.0)).all():
            raise SettingsError(f"{what} events must be 0 or 1, got {side[~np.isin(side, (0.0, 1.0))][0]:g}")
    seen, said = o == 1, f == 1
    return Contingency(
        hits=int((seen & said).sum()),
        false_alarms=int((~seen & said).sum()),
        misses=int((seen & ~said).sum()),
        correct_negatives=int((~seen & ~said).sum()),
    )


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
