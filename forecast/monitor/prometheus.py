"""A status in the text format that Prometheus reads (exposition format 0.0.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

PREFIX = "quarterhour"
Sample = tuple[dict[str, str], float]
#: metric → kind and help, in the order they are written
METRICS = {
    "forecasts_total": ("counter", "Forecasts recorded."),
    "forecasts_replaced_total": ("counter", "Forecasts whose issue time was there already."),
    "forecast_level_total": ("counter", "Forecasts by their highest level; 0 = every input was there."),
    "forecast_reason_total": ("counter", "Forecasts by what they had to do without."),
    "power_values_total": ("counter", "Measured values by what they were when they came."),
    "power_last_day": ("gauge", "Measured values of the last 24 hours: expected, used, and why others are not."),
    "newest_issue_timestamp_seconds": ("gauge", "Newest issue time."),
    "newest_outcome_timestamp_seconds": ("gauge", "Newest label of measured power."),
    "scored_rows": ("gauge", "Forecast rows scored in the window."),
    "score_kilowatts": ("gauge", "Rolling score of live forecasts."),
    "promised_score_kilowatts": ("gauge", "What the backtest promised in the same conditions."),
    "coverage_ratio": ("gauge", "Share of outcomes within the central interval."),
    "promised_coverage_ratio": ("gauge", "Share that the backtest had there."),
    "alarm_active": ("gauge", "1 while the alarm is raised."),
    "alarms_raised": ("gauge", "How often the alarm was raised."),
    "alarm_sum": ("gauge", "Cumulative sum of the chart."),
    "alarm_threshold": ("gauge", "Sum at which the alarm is raised."),
}


def exposition(status: dict[str, Any]) -> str:
    """Return what `Watch.status` returned as Prometheus text, each metric with HELP and TYPE."""
    samples: dict[str, list[Sample]] = {name: [] for name in METRICS}
    for site, facts in status["sites"].items():
        labels = {"site": site, "model": status["model"]}
        for name, more, value in _samples(facts):
            samples[name].append((labels | more, value))
    lines = []
    for name, (kind, text) in METRICS.items():
        if samples[name]:
            lines += [f"# HELP {PREFIX}_{name} {text}", f"# TYPE {PREFIX}_{name} {kind}"]
            lines += [f"{PREFIX}_{name}{{{_labels(labels)}}} {_number(value)}" for labels, value in samples[name]]
    return "\n".join([*lines, ""])


def escaped(text: str) -> str:
    r"""Return a label's value with backslash, quote and line feed escaped.

    >>> print(escaped('a "b"\n'))
    a \"b\"\n
    """
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _samples(facts: dict[str, Any]) -> Iterator[tuple[str, dict[str, str], float]]:
    counters = facts["counters"]
    yield "forecasts_total", {}, counters["forecasts"]
    yield "forecasts_replaced_total", {}, counters["replaced"]
    for name, label, counts in (
        ("forecast_level_total", "level", counters["levels"]),
        ("forecast_reason_total", "reason", counters["reasons"]),
        ("power_values_total", "kind", counters["power"]),
        ("power_last_day", "kind", facts["last_day"]),
    ):
        for value, number in counts.items():
            yield name, {label: value}, number
    for name in ("newest_issue", "newest_outcome"):
        moment = facts[name + ("_time" if name == "newest_issue" else "")]
        if moment is not None:
            yield f"{name}_timestamp_seconds", {}, pd.Timestamp(moment).timestamp()
    for window, by_leads in facts["scores"].items():
        for leads, scores in by_leads.items():
            yield from _scores({"window": window, "leads": leads}, scores)
    for alarm, chart in facts["alarms"].items():
        yield "alarm_active", {"alarm": alarm}, float(chart["active"])
        yield "alarms_raised", {"alarm": alarm}, chart["raised"]
        yield "alarm_sum", {"alarm": alarm}, chart["sum"]
        yield "alarm_threshold", {"alarm": alarm}, chart["threshold"]


def _scores(labels: dict[str, str], scores: dict[str, Any]) -> Iterator[tuple[str, dict[str, str], float]]:
    for name, value in scores.items():
        if name == "n":
            yield "scored_rows", labels, value
        elif value is not None:
            promised, score = ("promised_", name[9:]) if name.startswith("promised_") else ("", name)
            if score.startswith("coverage_"):
                yield f"{promised}coverage_ratio", labels | {"interval": score[9:]}, value
            else:
                yield f"{promised}score_kilowatts", labels | {"score": score}, value


def _labels(labels: dict[str, str]) -> str:
    return ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items())


def _number(value: float) -> str:
    return repr(int(value)) if float(value).is_integer() else repr(float(value))
