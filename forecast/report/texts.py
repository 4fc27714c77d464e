"""All words of the page by language; a new language is one more dict with the same keys."""

from __future__ import annotations

from forecast.errors import SettingsError

EN = {
    "title": "How good is the forecast?",
    "what": "What was forecast",
    "site": "site",
    "pv": "PV plant",
    "wind": "wind farm",
    "steps": "forecast",
    "steps_value": "{first} to {last} ahead in steps of {step}, as mean power of each step",
    "issues": "issue times",
    "issues_value": "{n}, from {start} to {end}, every {every}",
    "issues_single": "1, at {start}",
    "models": "models",
    "reference": "reference",
    "scored": "scored",
    "scored_all": "all hours",
    "scored_sunlit": "PV only while the sun is up",
    "verdict_better": (
        "{model} forecasts with {gain} less error (RMSE) than {reference} over all leads, {first_gain} at "
        "{first} and {last_gain} at {last}."
    ),
    "verdict_worse": (
        "No model beats {reference}: the best, {model}, has {loss} more error (RMSE) over all leads."
    ),
    "verdict_alone": "{model} errs by {nmae} of capacity on average; there is no reference to compare it with.",
    "verdict_none": "Nothing can be said: no row has a forecast of every model and a measured value.",
    "verdict_interval": "Its {level} % interval held the measured value in {coverage} of {n} cases on {days} days.",
    "overall": "All leads together",
    "by_lead": "{model} by lead",
    "lead": "lead",
    "model": "model",
    "n": "n",
    "nmae": "MAE [%]",
    "nrmse": "RMSE [%]",
    "reference_nrmse": "RMSE of {reference} [%]",
    "skill": "skill [%]",
    "coverage": "within {level} % interval [%]",
    "width": "width of {level} % interval [%]",
    "pinball": "pinball loss [kW]",
    "crps": "CRPS [kW]",
    "skill_note": (
        "Errors and widths are shares of capacity. Skill is 1 − RMSE / RMSE of {reference}, on the same rows. "
        "{reference_note}Where an interval says 90 %, 90 % is the best value, not 100 %."
    ),
    "reference_note": (
        "The reference mixes the last measured value with the mean (for PV both on the clear-sky index), in "
        "the proportion that was best in training. "
    ),
    "fan": (
        "A usual day of {model}: the one whose mean error is the median of all days. Forecasts are drawn one "
        "horizon apart, bands by their share of probability."
    ),
    "skill_by_lead": "Above the dashed line a model is better than {reference}.",
    "reliability": (
        "On the diagonal, quantiles mean what they say; within the grey range a deviation can be chance."
    ),
    "excluded": "Rows left out",
    "asked": "rows asked for (issue time × lead × site)",
    "no_actual": "no measured value to compare with: missing, flagged, curtailed, or under 80 % of its step",
    "no_forecast": "a model gave no forecast",
    "counted": "scored",
    "degraded": "scored although {model} lacked inputs that it was trained with",
    "versions": "Versions",
    "reproduce": "How to reproduce it",
    "made": "made {moment} UTC",
    "offline": "This page is one file, complete without a network.",
}
LANGUAGES = {"en": EN}


def texts(lang: str) -> dict[str, str]:
    """Return the words of a language; `SettingsError` lists those there are."""
    if lang not in LANGUAGES:
        raise SettingsError(f"lang={lang!r} is not offered; languages are {', '.join(LANGUAGES)}")
    return LANGUAGES[lang]
