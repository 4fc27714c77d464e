"""What Prometheus reads: every sample beneath its HELP and TYPE, labels escaped, numbers as the status has them."""

from __future__ import annotations

import re

import pytest
from watched import Live, watch

from forecast.monitor.prometheus import exposition

LINE = re.compile(r'^(?P<name>[a-z_]+)\{(?P<labels>(?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)+)\} (?P<value>-?[0-9.e+-]+)$')


def test_every_line_is_a_comment_or_a_sample_of_the_metric_above() -> None:
    status = Live(3).feed(watch(), 2).status()
    status["sites"] = {'north "A"\\1\nridge': status["sites"]["field"]}
    text = exposition(status)
    assert text.endswith("\n")
    metric, seen = "", set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            metric = line.split()[2]
            assert metric not in seen
            seen.add(metric)
        elif line.startswith("# TYPE "):
            assert line.split()[2] == metric and line.split()[3] in ("counter", "gauge")
        else:
            match = LINE.match(line)
            assert match and match["name"] == metric, line
            assert r'site="north \"A\"\\1\nridge"' in line
    assert "quarterhour_alarm_active" in seen


def test_numbers_are_those_of_the_status() -> None:
    found = Live(3).feed(watch(), 2)
    status, text = found.status()["sites"]["field"], found.prometheus()
    match = re.search(r'^quarterhour_score_kilowatts\{.*window="7D",leads="all",score="mae"\} (\S+)$', text, re.M)
    assert match and float(match[1]) == status["scores"]["7D"]["all"]["mae"]
    match = re.search(r'^quarterhour_promised_coverage_ratio\{.*"7D",leads="all",interval="90"\} (\S+)$', text, re.M)
    assert match and float(match[1]) == status["scores"]["7D"]["all"]["promised_coverage_90"]
    assert 'quarterhour_forecasts_total{site="field",model="gbm"} 96' in text
    assert status["scores"]["1D"]["all"]["n"] >= 0 and "nan" not in text.lower().replace("finance", "")


@pytest.mark.parametrize("days", [0])
def test_a_watch_that_saw_nothing_has_metrics_too(days: int) -> None:
    text = watch().prometheus()
    assert f'quarterhour_forecasts_total{{site="field",model="gbm"}} {days}' in text
    assert "newest_outcome" not in text
