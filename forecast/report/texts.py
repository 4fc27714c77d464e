"""All words of the page by language; a new language is one more dict with the same keys (Chinese: `chinese.py`)."""

from __future__ import annotations

from forecast.errors import SettingsError
from forecast.report import chinese

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
    "verdict_worse": ("No model beats {reference}: the best, {model}, has {loss} more error (RMSE) over all leads."),
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
    "skill_by_lead": (
        "Above the dashed line a model is better than {reference}; the pale ranges are 95 % intervals (days "
        "drawn again)."
    ),
    "reliability": ("On the diagonal, quantiles mean what they say; within the grey range a deviation can be chance."),
    "section_skill": "Skill by lead",
    "section_reliability": "Reliability and sharpness",
    "sharpness": (
        "Mean width of the intervals: 90 % drawn whole, 50 % dotted. Of equally reliable forecasts the narrower "
        "is better."
    ),
    "pit": (
        "How often the measured value fell between {model}'s quantiles: 1 everywhere is best; high ends tell of "
        "intervals "
        "that are too narrow, a high middle of too wide ones."
    ),
    "section_hours": "Errors by hour and month",
    "hour_by_month": (
        "When in the day and the year {model} errs most (mean absolute error, % of capacity, the site's clock)."
    ),
    "section_worst": "The worst days",
    "worst": "Worst day number {place} of {model}: the forecast fan over what was measured.",
    "section_ramps": "Ramps",
    "ramps": (
        "Ramps of more than 20 % of capacity within an hour: the upper right corner is best, grey lines are "
        "equal critical "
        "success index (CSI)."
    ),
    "ramps_note": (
        "A ramp is a change by more than 20 % of capacity within an hour; it is hit when one in the same direction is "
        "forecast at most 30 minutes earlier or later. {n} ramps were measured."
    ),
    "hits": "hits",
    "misses": "misses",
    "false_alarms": "false alarms",
    "pod": "hit rate [%]",
    "far": "false alarm ratio [%]",
    "csi": "CSI [%]",
    "section_rules": "Rules",
    "rules_note": (
        "What grid rules make of {model} ({reference} beside it), rules of version {version}. Unverified: the "
        "formula is "
        "from public code or recalled, not checked against the official document. Curtailed, out-of-service, "
        "missing and "
        "exempt points do not count; how many, stands beside."
    ),
    "rules_none": "No rule applies to these sites and leads.",
    "rule": "rule",
    "part": "part",
    "status": "status",
    "verified": "verified",
    "unverified": "unverified",
    "score": "score [%]",
    "threshold": "threshold [%]",
    "penalty": "penalty",
    "penalty_reference": "penalty of {reference}",
    "reporting": "reported [%]",
    "not_counted": "not counted",
    "mostly": "mostly from",
    "mostly_value": "{hour} h, {cause}",
    "forecast too high": "forecast too high",
    "forecast too low": "forecast too low",
    "not reported": "not reported",
    "points": "points",
    "10^4 yuan": "10⁴ yuan",
    "MWh": "MWh",
    "excluded": "Data quality and rows left out",
    "asked": "rows asked for (issue time × lead × site)",
    "no_actual": "no measured value to compare with: missing, flagged, curtailed, or under 80 % of its step",
    "no_forecast": "a model gave no forecast",
    "counted": "scored",
    "degraded": "scored although {model} lacked inputs that it was trained with",
    "month": "month",
    "asked_short": "asked for",
    "reason missing": "missing",
    "reason frozen": "frozen",
    "reason out of range": "out of range",
    "reason outage": "outage",
    "reason curtailed": "curtailed",
    "reason no forecast": "no forecast",
    "reason below floor": "below floor",
    "versions": "Versions",
    "reproduce": "How to reproduce it",
    "made": "made {moment} UTC",
    "offline": "This page is one file, complete without a network.",
}
LANGUAGES = {"en": EN, "zh": chinese.ZH}
#: names of rules and of their parts, where a language has its own
RULE_NAMES: dict[str, dict[str, str]] = {"en": {}, "zh": chinese.RULES}
PART_NAMES: dict[str, dict[str, str]] = {"en": {}, "zh": chinese.PARTS}


def texts(lang: str) -> dict[str, str]:
    """Return the words of a language; `SettingsError` lists those there are."""
    if lang not in LANGUAGES:
        raise SettingsError(f"lang={lang!r} is not offered; languages are {', '.join(LANGUAGES)}")
    return LANGUAGES[lang]
