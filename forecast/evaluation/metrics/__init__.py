"""Scores as small pure functions: observation first, forecast second, options by keyword, NaN pairs dropped.

* point forecasts: `mae rmse mbe nmae nrmse nmbe mape r_squared within_band skill skill_score correlation crmse
  error_parts skill_parts`; distributions: `ksi over cpi`; timing: `temporal_distortion`
* quantiles: `pinball pinball_by_level crps_quantiles interval_score coverage width reliability
  reliability_bars pit pit_histogram`; ensembles: `crps_ensemble crps_ensemble_fair`; probabilities: `brier
  brier_skill brier_parts`
* trajectories: `energy_score variogram_score`
* events and ramps: `contingency ramp_events ramp_contingency swinging_door door_slopes ramp_score`
* references: `lag_correlation convex_reference convex_reference_mse potential_skill potential_skill_of`;
  with quantiles: `complete_history persistence_ensemble persistence_with_errors`
"""

from forecast.evaluation.metrics.analogue import complete_history, persistence_ensemble, persistence_with_errors
from forecast.evaluation.metrics.brier import BrierParts, brier, brier_parts, brier_skill
from forecast.evaluation.metrics.contingency import Contingency, contingency
from forecast.evaluation.metrics.correlation import correlation, crmse
from forecast.evaluation.metrics.crps import crps_quantiles
from forecast.evaluation.metrics.decomposition import ErrorParts, SkillParts, error_parts, skill_parts
from forecast.evaluation.metrics.deterministic import (
    mae,
    mape,
    mbe,
    nmae,
    nmbe,
    nrmse,
    r_squared,
    rmse,
    within_band,
)
from forecast.evaluation.metrics.distortion import Distortion, temporal_distortion
from forecast.evaluation.metrics.distribution import cpi, ksi, over
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
    "BrierParts",
    "Contingency",
    "Distortion",
    "ErrorParts",
    "SkillParts",
    "brier",
    "brier_parts",
    "brier_skill",
    "complete_history",
    "contingency",
    "convex_reference",
    "convex_reference_mse",
    "correlation",
    "coverage",
    "cpi",
    "crmse",
    "crps_ensemble",
    "crps_ensemble_fair",
    "crps_quantiles",
    "door_slopes",
    "energy_score",
    "error_parts",
    "interval_score",
    "ksi",
    "lag_correlation",
    "mae",
    "mape",
    "mbe",
    "nmae",
    "nmbe",
    "nrmse",
    "over",
    "persistence_ensemble",
    "persistence_with_errors",
    "pinball",
    "pinball_by_level",
    "pit",
    "pit_histogram",
    "potential_skill",
    "potential_skill_of",
    "r_squared",
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
    "temporal_distortion",
    "variogram_score",
    "width",
    "within_band",
]
