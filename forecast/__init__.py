"""Forecasts of wind farms and PV plants, minutes to hours ahead, with honest uncertainty."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forecast import datasets as datasets
    from forecast import models as models
    from forecast import monitor as monitor
    from forecast import rules as rules
    from forecast import weather as weather
    from forecast.agreement import reconcile as reconcile
    from forecast.audit import check as check
    from forecast.audit import curtailment as curtailment
    from forecast.bundle import load as load
    from forecast.data import SiteData as SiteData
    from forecast.data.outages import outages as outages
    from forecast.data.published import DrawnDelay as DrawnDelay
    from forecast.dispatch import submission as submission
    from forecast.evaluation import BacktestResult as BacktestResult
    from forecast.evaluation import backtest as backtest
    from forecast.evaluation import backtest_fleet as backtest_fleet
    from forecast.evaluation import load_backtest as load_backtest
    from forecast.evaluation import score as score
    from forecast.fleet import dependence_between as dependence_between
    from forecast.fleet import fit_fleet as fit_fleet
    from forecast.fleet import joint_scenarios as joint_scenarios
    from forecast.fleet import predict_fleet as predict_fleet
    from forecast.fleet import regional_sum as regional_sum
    from forecast.forecaster import Forecaster as Forecaster
    from forecast.leakage import leakage_report as leakage_report
    from forecast.live import restore_live as restore_live
    from forecast.ramping import ramps as ramps
    from forecast.site import PVSite as PVSite
    from forecast.site import WindSite as WindSite

    __version__: str

# quiet unless the program that uses the library asks to be told
logging.getLogger("forecast").addHandler(logging.NullHandler())

# Names are imported when first used: a scheduler that only predicts need not wait for plots and reports.
_WHERE = {
    "PVSite": "forecast.site",
    "WindSite": "forecast.site",
    "SiteData": "forecast.data",
    "DrawnDelay": "forecast.data.published",
    "outages": "forecast.data.outages",
    "check": "forecast.audit",
    "curtailment": "forecast.audit",
    "Forecaster": "forecast.forecaster",
    "leakage_report": "forecast.leakage",
    "load": "forecast.bundle",
    "dependence_between": "forecast.fleet",
    "fit_fleet": "forecast.fleet",
    "joint_scenarios": "forecast.fleet",
    "predict_fleet": "forecast.fleet",
    "restore_live": "forecast.live",
    "regional_sum": "forecast.fleet",
    "ramps": "forecast.ramping",
    "submission": "forecast.dispatch",
    "reconcile": "forecast.agreement",
    "backtest": "forecast.evaluation",
    "backtest_fleet": "forecast.evaluation",
    "load_backtest": "forecast.evaluation",
    "score": "forecast.evaluation",
    "BacktestResult": "forecast.evaluation",
    "datasets": "",
    "models": "",
    "monitor": "",
    "features": "",
    "evaluation": "",
    "plot": "",
    "report": "",
    "rules": "",
    "weather": "",
    "errors": "",
}

__all__ = [
    "BacktestResult", "DrawnDelay", "Forecaster", "PVSite", "SiteData", "WindSite", "backtest", "backtest_fleet",
    "check", "curtailment", "datasets", "dependence_between", "fit_fleet", "joint_scenarios", "leakage_report", "load",
    "load_backtest", "models", "monitor", "outages", "predict_fleet", "ramps", "reconcile", "regional_sum",
    "restore_live", "rules", "score", "submission", "weather",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("forecast.version").VERSION
    if name not in _WHERE:
        raise AttributeError(f"module 'forecast' has no attribute {name!r}")
    module = _WHERE[name]
    value = getattr(import_module(module), name) if module else import_module(f"forecast.{name}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*_WHERE, "__version__"])
