"""A forecast as a fan of quantile bands over what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from forecast.errors import ColumnError, InputTypeError
from forecast.evaluation.levels import central_pairs, quantile_columns
from forecast.evaluation.result import BacktestResult
from forecast.plot.canvas import date_axis, dates, drawing_on, finish, literal
from forecast.plot.issued import issued, measured
from forecast.plot.palette import FORECAST, REFERENCE, TRUTH, band_colour
from forecast.timegrid import index_ns

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def forecast_fan(
    forecast: pd.DataFrame | BacktestResult,
    actual: pd.Series | None = None,
    ax: Axes | None = None,
    *,
    issue_time: Any = None,
    model: str | None = None,
    site: str | None = None,
) -> Axes:
    """Draw quantile bands and the point forecast [kW] by valid time, over the measured power; return the axes.

    Args:
        forecast: what `Forecaster.predict` returns, or a backtest.
        actual: measured power [kW], tz-aware; a backtest brings its own. Drawn from one horizon before the
            first issue time to the end of the last forecast.
        issue_time: of a backtest: one moment or several, each a fan (None: the last).
        model, site: of a backtest (None: the first that is not the reference; the first).

    Raises:
        InputTypeError, ColumnError: neither of the two. SettingsError: a model, site or issue time that the
        backtest does not have. MissingExtraError: no matplotlib.
    """
    if isinstance(forecast, BacktestResult):
        fans = issued(forecast, issue_time, model, site)
        actual = measured(forecast, site) if actual is None else actual
    else:
        fans = [_checked(forecast)]
    ax = drawing_on(ax)
    for number, fan in enumerate(fans):
        _draw(ax, fan, named=number == 0)
    if actual is not None:
        seen = _around(actual, fans)
        ax.plot(dates(_index(seen)), seen.to_numpy(), color=TRUTH, linewidth=1.4, label="measured")
    date_axis(ax, _index(fans[0]).tz)
    ax.set_ylabel("power [kW]")
    ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
    ax.set_title(literal(_title(fans)), fontsize="medium")
    finish(ax, legend_below=True)
    return ax


def _checked(forecast: Any) -> pd.DataFrame:
    if not isinstance(forecast, pd.DataFrame):
        raise InputTypeError(f"forecast is {type(forecast).__name__}, expected predict's DataFrame or a backtest")
    if "power" not in forecast:
        raise ColumnError(f"forecast lacks the column 'power'; columns are {', '.join(map(str, forecast.columns))}")
    index_ns(forecast.index, "forecast")
    return forecast


def _index(table: pd.DataFrame | pd.Series) -> pd.DatetimeIndex:
    assert isinstance(table.index, pd.DatetimeIndex)
    return table.index


def _draw(ax: Axes, fan: pd.DataFrame, *, named: bool) -> None:
    x = dates(_index(fan))
    columns = quantile_columns(list(fan.columns))
    names = list(columns)
    pairs = central_pairs(list(columns.values()))
    for place, (share, (low, high)) in enumerate(reversed(pairs.items())):
        ax.fill_between(
            x,
            fan[names[low]].to_numpy(),
            fan[names[high]].to_numpy(),
            color=band_colour(place, len(pairs)),
            linewidth=0,
            label=f"{share} % interval" if named else None,
        )
    ax.plot(
        x, fan["power"].to_numpy(), color=FORECAST, linewidth=1.4, marker=".", markersize=4,
        label="forecast" if named else None,
    )  # fmt: skip
    issue = _issue_time(fan)
    if issue is not None:
        mark = dates(pd.DatetimeIndex([issue]))[0]
        ax.axvline(mark, color=REFERENCE, linewidth=0.8, linestyle=":", label="issued" if named else None)


def _issue_time(fan: pd.DataFrame) -> pd.Timestamp | None:
    stated = fan.attrs.get("issue_time")
    if stated is None:
        return None
    moment: pd.Timestamp = pd.Timestamp(stated)
    return moment


def _around(actual: pd.Series, fans: Sequence[pd.DataFrame]) -> pd.Series:
    times = index_ns(actual.index, "actual")
    first, last = index_ns(fans[0].index), index_ns(fans[-1].index)
    horizon = max(int(first[-1] - first[0]), int(first[-1] - first[0]) // max(len(first) - 1, 1) * 8)
    inside = (times >= first[0] - horizon) & (times <= last[-1])
    seen: pd.Series = actual[inside]
    return seen


def _title(fans: Sequence[pd.DataFrame]) -> str:
    parts = [str(fans[0].attrs[key]) for key in ("site", "model") if key in fans[0].attrs]
    issue = _issue_time(fans[0])
    if issue is not None:
        parts.append(f"issued {issue:%Y-%m-%d %H:%M}" if len(fans) == 1 else f"{issue:%Y-%m-%d}")
    return ", ".join(parts)
