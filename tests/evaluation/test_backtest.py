"""The rolling-origin backtest: who is fitted on what and when, and what comes out."""

from __future__ import annotations

from functools import cache
from typing import Any

import cases
import numpy as np
import pandas as pd
import plants
import pytest

import forecast as fc
from forecast import Forecaster, SiteData
from forecast.design import Design
from forecast.errors import InputTypeError, NotEnoughDataError, NotFittedError, SettingsError, StepError
from forecast.evaluation import BacktestResult
from forecast.models import Reference

START = plants.START + pd.Timedelta("18D")


@cache
def wind() -> SiteData:
    return plants.wind()


def run(models: Any = None, data: Any = None, **changes: Any) -> BacktestResult:
    settings = {"start": START, "end": START + pd.Timedelta("10h"), "every": "1h", "progress": False} | changes
    return fc.backtest(models or {"one": plants.forecaster("persistence")}, data or wind(), **settings)


class Witness(Reference):
    """A reference that notes what each fit saw: number of rows, first and last issue time."""

    fits: list[tuple[int, pd.Timestamp, pd.Timestamp]] = []

    def fit(self, design: Design, *, random_state: int = 0, n_jobs: int = 1) -> Any:
        ends = [pd.Timestamp(int(moment), tz="UTC") for moment in (design.issue_ns.min(), design.issue_ns.max())]
        Witness.fits.append((len(design), *ends))
        return super().fit(design)


def fits_of(**changes: Any) -> list[tuple[int, pd.Timestamp, pd.Timestamp]]:
    Witness.fits.clear()
    run({"one": plants.forecaster(Witness())}, **changes)
    return list(Witness.fits)


def test_issue_times_run_from_start_to_end_both_included() -> None:
    issues = pd.DatetimeIndex(run().dataset["issue_time"].values, tz="UTC")
    assert list(issues) == list(pd.date_range(START, periods=11, freq="1h"))
    off = run(start=START + pd.Timedelta("7min"), end=START + pd.Timedelta("100min"))
    assert list(pd.DatetimeIndex(off.dataset["issue_time"].values, tz="UTC")) == [START, START + pd.Timedelta("1h")]


def test_issue_times_keep_the_place_of_the_powers_labels() -> None:
    assert wind().power is not None
    data = SiteData(wind().site, wind().power.set_axis(wind().power.index + pd.Timedelta("7min")))  # type: ignore[union-attr]
    result = run(data=data)
    assert pd.Timestamp(result.dataset["issue_time"].values[0], tz="UTC") == START - pd.Timedelta("8min")
    assert np.isfinite(result.dataset["actual"]).mean() > 0.9


def test_the_dataset_has_the_contracts_dims_variables_and_zones() -> None:
    data = run().dataset
    assert data["power"].dims == ("model", "site", "issue_time", "lead")
    assert data["quantiles"].dims == ("model", "site", "issue_time", "lead", "quantile")
    assert data["actual"].dims == data["valid"].dims == ("site", "issue_time", "lead")
    assert data["lead"].values.tolist() == [1, 2, 3] and data["quantile"].values.tolist() == [
        0.05,
        0.25,
        0.5,
        0.75,
        0.95,
    ]
    assert data["issue_time"].dtype == np.dtype("datetime64[ns]")
    assert list(data["model"].values) == ["one", "reference"]


@pytest.mark.parametrize("step", ["15min", "30min"])
def test_what_happened_is_the_mean_of_the_interval_where_it_was_measured(step: str) -> None:
    result = run({"one": plants.forecaster("persistence", step=step, horizon="90min")}, end=START + pd.Timedelta("3D"))
    values, ratio = wind().clean, pd.Timedelta(step) // pd.Timedelta("15min")
    regular = values.tz_convert("UTC").asfreq("15min").rolling(ratio, min_periods=ratio).mean()  # 80 % of 1 or 2 is all
    issues = pd.DatetimeIndex(result.dataset["issue_time"].values, tz="UTC")
    for k, lead in enumerate(result.dataset["lead"].values):
        wanted = regular.reindex(issues + int(lead) * pd.Timedelta(step)).to_numpy()
        got = result.dataset["actual"].values[0, :, k]
        np.testing.assert_allclose(got, wanted, rtol=1e-5)
        np.testing.assert_array_equal(result.dataset["valid"].values[0, :, k], np.isfinite(wanted))
    assert not result.dataset["valid"].values.all()


def test_what_was_limited_from_outside_is_not_scored() -> None:
    assert wind().power is not None
    index = wind().power.index  # type: ignore[union-attr]
    curtailed = pd.Series((index > START) & (index <= START + pd.Timedelta("4h")), index=index)
    result = run(data=plants.rebuilt(wind(), curtailed=curtailed))
    valid = result.dataset["valid"].values[0]
    assert not valid[:3].any() and valid[5:].any()


# -------------------------------------------------------------------- when models are fitted


def test_without_refit_there_is_one_fit_on_what_was_known_at_the_start() -> None:
    fits = fits_of(refit=None)
    assert len(fits) == 1 and fits[0][2] == START - pd.Timedelta("15min")


def test_refits_come_at_their_own_cadence_on_all_that_was_known_then() -> None:
    fits = fits_of(refit="4h")
    assert [last for _, _, last in fits] == [START + pd.Timedelta(hours=h) - pd.Timedelta("15min") for h in (0, 4, 8)]
    assert len({first for _, first, _ in fits}) == 1


def test_a_delay_keeps_out_of_a_fit_what_was_not_yet_known() -> None:
    fits = fits_of(refit=None, data=plants.rebuilt(wind(), delay={"power": "2h"}))
    assert fits[0][2] == START - pd.Timedelta("2h 15min")


def test_a_window_is_the_last_part_of_what_was_known() -> None:
    fits = fits_of(refit="8h", window="5D")
    for (_, first, _), hours in zip(fits, (0, 8), strict=True):
        assert first == START + pd.Timedelta(hours=hours) - pd.Timedelta("5D") + pd.Timedelta("15min")


def test_never_takes_the_fitted_forecaster_as_it_is() -> None:
    forecaster = plants.forecaster("climatology").fit(wind().until(plants.START + pd.Timedelta("9D")))
    Witness.fits.clear()
    result = run({"one": forecaster}, refit="never")
    for i in (0, 6):
        at = START + pd.Timedelta(hours=i)
        got = result.dataset["power"].sel(model="one").values[0, i]
        np.testing.assert_array_equal(got, forecaster.predict(wind(), at)["power"])
    with pytest.raises(NotFittedError, match="not fitted"):
        run(refit="never")


def test_the_reference_is_always_run_along_unless_it_is_there() -> None:
    alone = run({"reference": plants.forecaster("reference")})
    assert list(alone.dataset["model"].values) == ["reference"]
    both = run({"one": plants.forecaster("ridge", objective="median")})
    np.testing.assert_array_equal(
        both.dataset["power"].sel(model="reference"), alone.dataset["power"].sel(model="reference")
    )
    assert both.scores().loc["reference", "skill"].abs().max() == 0


# -------------------------------------------------------------------- sites and jobs


def test_a_list_of_sites_gives_one_model_for_all_and_a_row_for_each() -> None:
    sites = [plants.wind(days=20, seed=s, site=plants.wind_site(f"farm {s}")) for s in (3, 4)]
    result = run({"one": plants.forecaster("ridge")}, sites, refit=None, end=START + pd.Timedelta("3h"))
    assert list(result.dataset["site"].values) == ["farm 3", "farm 4"]
    forecaster = plants.forecaster("ridge").fit([site.until(START) for site in sites])
    for s, site in enumerate(sites):
        got = result.dataset["power"].sel(model="one").values[s, 2]
        np.testing.assert_array_equal(got, forecaster.predict(site, START + pd.Timedelta("2h"))["power"])
    assert set(result.scores(by="site").index) == {(m, f"farm {s}") for m in ("one", "reference") for s in (3, 4)}


def test_two_jobs_give_the_same_bits_as_one() -> None:
    models = {"one": plants.forecaster("ridge"), "two": plants.forecaster(cases.small_default())}
    one, two = (run(models, refit="6h", n_jobs=jobs) for jobs in (1, 2))
    assert one.dataset.identical(two.dataset)


def test_what_was_passed_in_stays_as_it_was() -> None:
    forecaster = plants.forecaster("ridge")
    models = {"one": forecaster}
    before = dict(vars(forecaster))
    run(models)
    assert vars(forecaster) == before and models == {"one": forecaster}
    fitted = plants.forecaster("ridge").fit(wind())
    frame = fitted.predict(wind(), START)
    run({"one": fitted}, refit="4h")
    pd.testing.assert_frame_equal(fitted.predict(wind(), START), frame)


def test_progress_is_silent_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    run(progress=True)
    assert capsys.readouterr() == ("", "")


def test_minutes_of_power_can_be_issued_between_the_steps() -> None:
    data = cases.case("minutes")
    at = cases.split("minutes")
    fitted = cases.fitted("minutes", "persistence")
    result = run({"one": fitted}, data, start=at, end=at + pd.Timedelta("20min"), every="7min", refit="never")
    issues = pd.DatetimeIndex(result.dataset["issue_time"].values, tz="UTC")
    assert list(issues) == [at + pd.Timedelta(minutes=m) for m in (0, 7, 14)]
    for i, issue in enumerate(issues):
        np.testing.assert_array_equal(
            result.dataset["power"].sel(model="one").values[0, i], fitted.predict(data, issue)["power"]
        )


# -------------------------------------------------------------------- what it refuses


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"every": "20min"}, StepError, "every='20min' is not a whole multiple of the power's step 15min"),
        ({"every": "0min"}, StepError, "every='0min'"),
        ({"end": START - pd.Timedelta("1D")}, SettingsError, "lies before start"),
        ({"refit": "0D"}, SettingsError, "refit='0D' is not longer than nothing"),
        ({"refit": "daily"}, StepError, "refit='daily' is not a duration"),
        ({"window": "-3D"}, SettingsError, "window='-3D'"),
        ({"window": "ten days"}, StepError, "window='ten days' is not a duration"),
        ({"models": [plants.forecaster()]}, InputTypeError, "models is list; expected a dict"),
        ({"models": {"one": "ridge"}}, InputTypeError, "model 'one' is str, expected a Forecaster"),
        ({"models": {"a": plants.forecaster(), "b": Forecaster()}}, SettingsError, "agree in horizon"),
        ({"data": []}, NotEnoughDataError, "list of sites is empty"),
        ({"start": plants.START + pd.Timedelta("3h")}, NotEnoughDataError, "at least 50"),
    ],
)
def test_what_does_not_fit_is_a_typed_error(changes: dict[str, Any], error: type[Exception], says: str) -> None:
    settings = {"models": {"one": plants.forecaster("persistence")}, "data": wind(), "start": START,
                "end": START + pd.Timedelta("2h"), "every": "1h", "progress": False} | changes  # fmt: skip
    with pytest.raises(error, match=says):
        fc.backtest(**settings)
