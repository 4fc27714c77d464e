"""Scores as small pure functions: observation first, forecast second, options by keyword, NaN pairs dropped.

* point forecasts: `mae rmse mbe nmae nrmse skill skill_score correlation crmse error_parts skill_parts`
* quantiles: `pinball pinball_by_level crps_quantiles interval_score coverage width reliability
  reliability_bars pit pit_histogram`; ensembles: `crps_ensemble crps_ensemble_fair`; probabilities: `brier
  brier_skill`
* trajectories: `energy_score variogram_score`
* events and ramps: `contingency ramp_events ramp_contingency swinging_door door_slopes ramp_score`
* references: `lag_correlation convex_reference convex_reference_mse potential_skill potential_skill_of`
"""

from forecast.evaluation.metrics.brier import brier, brier_skill
from forecast.evaluation.metrics.contingency import Contingency, contingency
from forecast.evaluation.metrics.correlation import correlation, crmse
from forecast.evaluation.metrics.crps import crps_quantiles
from forecast.evaluation.metrics.decomposition import ErrorParts, SkillParts, error_parts, skill_parts
from forecast.evaluation.metrics.deterministic import mae, mbe, nmae, nrmse, rmse
from forecast.evaluation.metrics.ensemble import crps_ensemble, crps_ensemble_fair
from forecast.evaluation.metrics.interval import coverage, interval_score, width
from forecast.evaluation.metrics.pinball import pinball, pinball_by_level
from forecast.evaluation.metrics.pit import pit, pit_histogram
from forecast.evaluation.metrics.ramp_score import ramp_score
from forecast.evaluation.metrics.ramps import ramp_contingency, ramp_events
from forecast.evaluation.metrics.reference import (
    convex_reference,
    convex_reference_mse,
    lag_correlation,
    potential_skill,
    potential_skill_of,
)
from forecast.evaluation.metrics.reliability import reliability, reliability_bars
from forecast.evaluation.metrics.skill import skill, skill_score
from forecast.evaluation.metrics.swinging_door import door_slopes, swinging_door
from forecast.evaluation.metrics.trajectory import energy_score, variogram_score

__all__ = [
    "Contingency",
    "ErrorParts",
    "SkillParts",
    "brier",
    "brier_skill",
    "contingency",
    "convex_reference",
    "convex_reference_mse",
    "correlation",
    "coverage",
    "crmse",
    "crps_ensemble",
    "crps_ensemble_fair",
    "crps_quantiles",
    "door_slopes",
    "energy_score",
    "error_parts",
    "interval_score",
    "lag_correlation",
    "mae",
    "mbe",
    "nmae",
    "nrmse",
    "pinball",
    "pinball_by_level",
    "pit",
    "pit_histogram",
    "potential_skill",
    "potential_skill_of",
    "ramp_contingency",
    "ramp_events",
    "ramp_score",
    "reliability",
    "reliability_bars",
    "rmse",
    "skill",
    "skill_parts",
    "skill_score",
    "swinging_door",
    "variogram_score",
    "width",
]
