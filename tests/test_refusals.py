"""What the forecaster refuses, with typed errors that say what came and what was expected."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd
import plants
import pytest

from forecast import Forecaster, SiteData
from forecast.errors import (
    InputTypeError,
    NotEnoughDataError,
    NotFittedError,
    SettingsError,
    SiteError,
    StepError,
    TimeError,
)


@cache
def wind() -> SiteData:
    return plants.wind()


@cache
def pv() -> SiteData:
    return plants.pv()


@cache
def fitted() -> Forecaster:
    return plants.forecaster().fit(wind())


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"horizon": "50min"}, StepError, "not a positive whole multiple"),
        ({"horizon": "-1h"}, StepError, "not a positive whole multiple"),
        ({"step": "0min"}, StepError, "not a positive whole multiple"),
        ({"step": "soon"}, StepError, "step='soon' is not a duration"),
        ({"step": "20min", "horizon": "1h"}, StepError, "not a whole multiple of the power's own step 15min"),
        ({"step": "5min"}, StepError, "not a whole multiple of the power's own step 15min"),
        ({"horizon": "10000h"}, StepError, "at most 2000"),
        ({"first_lead": 0}, SettingsError, "first_lead=0; expected a whole number from 1 to 3"),
        ({"first_lead": 4}, SettingsError, "from 1 to 3"),
        ({"first_lead": 1.5}, SettingsError, "from 1 to 3"),
        ({"quantiles": (0.5, 0.1)}, SettingsError, "rising levels"),
        ({"quantiles": (0.0, 0.5)}, SettingsError, "strictly between 0 and 1"),
        ({"quantiles": (0.5, 0.5)}, SettingsError, "rising levels"),
        ({"quantiles": 0.5}, SettingsError, "expected levels"),
        ({"quantiles": "0.5"}, SettingsError, "expected levels"),
        ({"objective": "mode"}, SettingsError, "expected one of mean, median"),
        ({"n_jobs": 0}, SettingsError, "n_jobs=0"),
        ({"random_state": None}, SettingsError, "random_state=None"),
        ({"random_state": 1.5}, SettingsError, "random_state=1.5"),
        ({"model": "oracle"}, SettingsError, "'oracle' is not known"),
        ({"model": object()}, InputTypeError, "no fit and predict"),
        ({"features": lambda view: view.power()}, InputTypeError, "not a list"),
    ],
)
def test_settings_that_do_not_fit_are_typed_errors(changes: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        plants.forecaster(**changes).fit(wind())


def test_what_cannot_be_learned_from_is_a_typed_error() -> None:
    with pytest.raises(InputTypeError, match="data is DataFrame"):
        plants.forecaster().fit(pd.DataFrame())
    with pytest.raises(InputTypeError, match="data is list"):
        plants.forecaster().fit([wind(), "pv"])
    with pytest.raises(NotEnoughDataError, match="empty"):
        plants.forecaster().fit([])
    with pytest.raises(SiteError, match="same name"):
        plants.forecaster().fit([wind(), wind()])
    with pytest.raises(SiteError, match="mixes PV and wind"):
        plants.forecaster().fit([wind(), pv()])
    with pytest.raises(NotEnoughDataError, match="at least 50"):
        plants.forecaster().fit(wind().until(plants.START + pd.Timedelta("12h")))
    with pytest.raises(NotEnoughDataError, match="at lead"):
        plants.forecaster(horizon="48h").fit(wind().until(plants.START + pd.Timedelta("30h")))


def test_a_wrong_site_is_a_typed_error_that_names_both() -> None:
    for data in (plants.wind(site=plants.wind_site("other")), pv()):
        with pytest.raises(SiteError, match=f"site '{data.site.name}'; this forecaster was fitted on wind 'ridge'"):
            fitted().predict(data)
    with pytest.raises(SiteError, match="of pv site"):
        plants.forecaster().fit([wind()]).predict(pv())


def test_a_forecast_before_a_fit_and_of_what_is_no_data_are_typed_errors() -> None:
    for ask in (
        lambda f: f.predict(wind()),
        lambda f: f.history_needed,
        lambda f: f.importance(),
        lambda f: f.explain(wind()),
    ):
        with pytest.raises(NotFittedError, match="fit"):
            ask(plants.forecaster())
    with pytest.raises(InputTypeError, match="data is Series, expected SiteData"):
        fitted().predict(wind().power)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("at", "says"),
    [("2024-03-10", "no time zone"), (pd.NaT, "missing"), ("noonish", "not a moment"), (3.5j, "not a moment")],
)
def test_a_moment_that_is_none_is_a_typed_error(at: Any, says: str) -> None:
    with pytest.raises(TimeError, match=says):
        fitted().predict(wind(), at)
