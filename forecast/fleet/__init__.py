"""Many sites: fitted, forecast and summed together; a site that fails has its reason and stops no other."""

from forecast.fleet.fitting import Fleet, fit_fleet
from forecast.fleet.predicting import predict_fleet
from forecast.fleet.region import SiteDependence, dependence_between, joint_scenarios, regional_sum

__all__ = [
    "Fleet", "SiteDependence", "dependence_between", "fit_fleet", "joint_scenarios", "predict_fleet", "regional_sum",
]  # fmt: skip
