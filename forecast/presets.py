"""The usual tasks of wind and PV forecasting as settings of a forecaster."""

from __future__ import annotations

from typing import Any

from forecast.errors import SettingsError
from forecast.localday import leads_of_days

PRESETS: dict[str, dict[str, Any]] = {
    "ultra_short": {"horizon": "4h", "step": "15min"},
    "day_ahead": {"step": "15min", "issued_at": "12:00", "local_days": 1},
    "minutes": {"horizon": "15min", "step": "1min"},
}


def preset_settings(name: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a task by name, with changes; an unknown one is a typed error."""
    if name not in PRESETS:
        raise SettingsError(f"preset {name!r} is not known; presets are {', '.join(PRESETS)}")
    settings = PRESETS[name] | changes
    if settings.get("local_days") is None:
        return settings
    # the leads follow from the clock: what is asked for is whole local days
    return leads_of_days(settings["issued_at"], settings["step"], settings["local_days"]) | settings
