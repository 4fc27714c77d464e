from __future__ import annotations

import numpy as np
import pandas as pd
import results

from forecast.report.days import usual_day


def test_the_usual_day_has_the_median_error_of_all_whole_days() -> None:
    result = results.backtest(days=8)
    found = usual_day(result, "gbm")
    table = result.frame()
    table = table[table["model"] == "gbm"].assign(
        day=lambda t: t["issue_time"].dt.tz_convert("Asia/Kolkata").dt.date,
        error=lambda t: (t["power"] - t["actual"]).abs(),
    )
    by_issue = table.groupby(["day", "issue_time"])["error"].mean()
    whole = by_issue.groupby("day").filter(lambda day: len(day) == 48)
    days = whole.groupby("day").mean().sort_values()
    assert found[0].tz_convert("Asia/Kolkata").date() == days.index[len(days) // 2]


def test_its_forecasts_are_one_horizon_apart_so_that_fans_do_not_cover_each_other() -> None:
    found = usual_day(results.backtest(days=4), "gbm")
    assert len(found) == 12
    assert set(np.diff(pd.DatetimeIndex(found))) == {np.timedelta64(2, "h")}
