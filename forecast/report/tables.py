"""The numbers of a report: scores over all leads and by lead, and which rows were left out."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.errors import NotEnoughDataError, SettingsError
from forecast.evaluation.levels import central_pairs
from forecast.evaluation.ramping import contingency_table
from forecast.evaluation.result import BacktestResult
from forecast.evaluation.selecting import ROWS, selection
from forecast.plot.shown import compared, reference_name, sunlit

if TYPE_CHECKING:
    import pandas as pd

Row = defaultdict[str, float]  # a score that is not there is NaN
MOST_LEADS = 16
USUAL_INTERVAL = "90"


@dataclass(frozen=True)
class Scored:
    """A backtest and its scores, computed once: PV with the sun up, wind at all hours."""

    result: BacktestResult

    @cached_property
    def reference(self) -> str | None:
        """The model that skill is against."""
        return reference_name(self.result)

    @cached_property
    def models(self) -> list[str]:
        """The models that are judged."""
        return compared(self.result, self.reference)

    def with_reference(self, models: Sequence[str]) -> list[str]:
        """Return the models and after them the reference, where there is one; each once."""
        return list(dict.fromkeys([*models, *([self.reference] if self.reference else [])]))

    @cached_property
    def overall(self) -> dict[str, Row]:
        """Scores of each model over all leads, by its name; no model where nothing was asked for."""
        return self._scores([])

    @cached_property
    def by_lead(self) -> dict[tuple[str, int], Row]:
        """Scores by model and lead."""
        return self._scores(["lead"])

    def _scores(self, by: list[str]) -> dict[Any, Row]:
        table = self.result.scores(by=by, where=sunlit, reference=self.reference)
        names = [str(column) for column in table.columns]
        rows = table.to_numpy(dtype=np.float64).tolist()
        made = (defaultdict(lambda: math.nan, zip(names, row, strict=True)) for row in rows)
        return dict(zip(table.index, made, strict=True))

    @cached_property
    def ramps(self) -> pd.DataFrame | None:
        """Counts and scores of ramps by model and lead; None where the backtest is too short for any."""
        try:
            return contingency_table(self.result.dataset)
        except (NotEnoughDataError, SettingsError):
            return None

    @cached_property
    def best(self) -> str:
        """The judged model with the least RMSE over all leads; the first where nothing was scored."""
        errors = {model: self.overall[model]["rmse"] for model in self.models if model in self.overall}
        known = {model: error for model, error in errors.items() if math.isfinite(error)}
        return min(known, key=lambda model: known[model]) if known else self.models[0]

    @property
    def interval(self) -> str | None:
        """The central interval that is shown: 90 % where there is one, else the widest; None without quantiles."""
        shares = list(central_pairs(self.result.dataset["quantile"].values.tolist()))
        return USUAL_INTERVAL if USUAL_INTERVAL in shares else (shares[-1] if shares else None)

    @cached_property
    def leads(self) -> list[int]:
        """The leads that tables show: all, or sixteen spread evenly with the first and the last."""
        leads = self.result.dataset["lead"].values
        if len(leads) <= MOST_LEADS:
            return [int(lead) for lead in leads]
        places = np.unique(np.linspace(0, len(leads) - 1, MOST_LEADS).round().astype(int))
        return [int(lead) for lead in leads[places]]


@dataclass(frozen=True)
class Rows:
    """How many rows were asked for, how many of them scored, and why the others were not."""

    asked: int
    no_actual: int
    no_forecast: int
    counted: int
    degraded: dict[str, int]


def rows_left_out(result: BacktestResult) -> Rows:
    """Return the counts behind `n` and `excluded` of the scores."""
    data = result.dataset
    mask = selection(data, sunlit)
    asked = np.ones([data.sizes[dim] for dim in ROWS], dtype=bool) if mask is None else mask.values
    actual = data["actual"].transpose(*ROWS).values
    known = data["valid"].transpose(*ROWS).values & np.isfinite(actual) & asked
    made = np.isfinite(data["power"].transpose("model", *ROWS).values).all(axis=0)
    level = data["level"].transpose("model", *ROWS).values
    return Rows(
        asked=int(asked.sum()),
        no_actual=int((asked & ~known).sum()),
        no_forecast=int((known & ~made).sum()),
        counted=int((known & made).sum()),
        degraded={name: int((level[m] > 0)[known & made].sum()) for m, name in enumerate(result.models)},
    )
