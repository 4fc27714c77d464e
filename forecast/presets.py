"""The usual tasks of wind and PV forecasting as settings of a forecaster."""

from __future__ import annotations

from typing import Any

from forecast.errors import SettingsError

PRESETS: dict[str, dict[str, Any]] = {
    "ultra_short": {"horizon": "4h", "step": "15min"},
    "day_ahead": {"horizon": "48h", "step": "15min", "first_lead": 1},
    "minutes": {"horizon": "15min", "step": "1min"},
}


def preset_settings(name: str) -> dict[str, Any]:
    """Return the settings of a task by name; an unknown one is a typed error."""
    if name not in PRESETS:
        raise SettingsError(f"preset {name!r} is not known; presets are {', '.join(PRESETS)}")
    return dict(PRESETS[name])
