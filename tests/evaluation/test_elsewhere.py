from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast.errors import (
    ColumnError,
    InputTypeError,
    NotEnoughDataError,
    ReadingError,
    SettingsError,
    StepError,
    TimeError,
)
from forecast.evaluation import BacktestResult, score
from forecast.evaluation import metrics as m
from forecast.site import PVSite, WindSite

SITE = WindSite("ridge", 100.0)


def measured(freq: str = "15min", days: int = 4, tz: str = "UTC") -> pd.Series:
    times = pd.date_range("2024-02-27", periods=days * (pd.Timedelta("1D") // pd.Timedelta(freq)), freq=freq)
    rng = np.random.default_rng(2)
    power = 45 + 30 * np.sin(np.arange(len(times)) / 17) + rng.normal(0, 4, len(times))
    return pd.Series(power, index=times.tz_localize("UTC").tz_convert(tz))


def forecasts(every: str = "1h", step: str = "15min", leads: int = 4, tz: str = "UTC") -> pd.DataFrame:
    issue = pd.date_range("2024-02-28", "2024-02-29", freq=every, tz="UTC").tz_convert(tz)
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"issue_time": np.repeat(issue, leads), "lead": np.tile(np.arange(1, leads + 1), len(issue))})
    frame["valid_time"] = frame["issue_time"] + frame["lead"] * pd.Timedelta(step)
    frame["power"] = rng.uniform(20, 70, len(frame))
    frame["q10"], frame["q90"] = frame["power"] - 9, frame["power"] + 9
    return frame


def test_forecasts_are_scored_beside_the_power_of_their_valid_time() -> None:
    power, table = measured(), forecasts()
    result = score(table, power, SITE, name="theirs")
    assert isinstance(result, BacktestResult)
    assert result.models == ["theirs", "persistence"]
    found = result.scores("lead")
    for lead, group in table.groupby("lead"):
        obs = power.reindex(group["valid_time"]).to_numpy()
        row = found.loc[("theirs", lead)]
        assert (row["n"], row["excluded"]) == (25, 0)
        assert row["rmse"] == pytest.approx(m.rmse(obs, group["power"].to_numpy()))
        quantiles = group[["q10", "q90"]].to_numpy()
        assert row["pinball"] == pytest.approx(m.pinball(obs, quantiles, levels=[0.1, 0.9]))
        assert row["coverage_80"] == pytest.approx(m.coverage(obs, quantiles[:, 0], quantiles[:, 1]))
        last = power.reindex(group["issue_time"]).to_numpy()
        assert found.loc[("persistence", lead), "rmse"] == pytest.approx(m.rmse(obs, last))
        expected = m.skill(obs, group["power"].to_numpy(), reference=last)
        assert row["skill"] == pytest.approx(expected)


@pytest.mark.parametrize("columns", [["issue_time", "lead"], ["issue_time", "valid_time"]])
@pytest.mark.parametrize("indexed", [False, True])
def test_lead_or_valid_time_as_columns_or_index_give_the_same(columns: list[str], indexed: bool) -> None:
    table = forecasts()
    some = table[[*columns, "power", "q10", "q90"]]
    if indexed:
        some = some.set_index(columns)
    found = score(some, measured(), SITE)
    assert found.dataset.identical(score(table, measured(), SITE).dataset)


def test_the_order_of_rows_other_columns_and_zones_change_nothing_and_inputs_stay() -> None:
    power, table = measured(), forecasts()
    expected = score(table, power, SITE)
    other = forecasts(tz="Asia/Shanghai").sample(frac=1, random_state=1).assign(note="hello")
    before = other.copy(deep=True)
    found = score(other, power, SITE)
    pd.testing.assert_frame_equal(other, before)
    assert found.dataset.identical(expected.dataset)


def test_hours_are_those_of_the_site_else_of_the_power() -> None:
    zones = [
        score(forecasts(), measured(tz=tz), WindSite("ridge", 100.0, timezone=zone)).dataset["timezone"].item()
        for tz, zone in (("UTC", None), ("Asia/Kolkata", None), ("UTC", "Europe/Paris"))
    ]
    assert zones == ["UTC", "Asia/Kolkata", "Europe/Paris"]
    fixed = measured().tz_convert("+08:00")
    hours = score(forecasts(), fixed, SITE).scores("hour").loc["persistence"]
    assert len(hours) == 24


def test_delayed_power_makes_persistence_older() -> None:
    power, table = measured(), forecasts()
    result = score(table, power, SITE, delay="40min")
    last = power.reindex(table["issue_time"] - pd.Timedelta("45min")).to_numpy()
    persistence = result.frame().query("model == 'persistence'")
    np.testing.assert_allclose(persistence["power"], last)


def test_nothing_after_the_issue_time_moves_persistence() -> None:
    power, table = measured(), forecasts()
    changed = power.copy()
    changed[changed.index > table["issue_time"].iloc[40]] = 1.0
    both = [score(table, p, SITE).dataset["power"].sel(model="persistence")[0, :11] for p in (power, changed)]
    assert both[0].identical(both[1])


def test_finer_power_is_averaged_over_the_step() -> None:
    power = measured("5min")
    power.iloc[::7] = np.nan  # a block of three keeps two: not enough
    table = forecasts(every="20min")
    result = score(table, power, SITE)
    assert result.dataset.attrs["step"] == "15min"
    frame = result.frame().query("model == 'forecast'")
    for row in frame.sample(30, random_state=0).itertuples():
        inside = power[(power.index > row.valid_time - pd.Timedelta("15min")) & (power.index <= row.valid_time)]
        expected = inside.mean() if inside.notna().all() else np.nan
        np.testing.assert_allclose(row.actual, expected)
        assert row.valid == np.isfinite(expected)
    assert 0 < frame["valid"].sum() < len(frame)


def test_flagged_power_is_not_scored() -> None:
    power, table = measured(), forecasts()
    power[table["valid_time"].iloc[5]] = 900.0
    result = score(table, power, SITE)
    assert result.scores([])["excluded"].tolist() == [1, 1]


def test_labels_at_the_start_are_shifted_once() -> None:
    power, table = measured(), forecasts()
    early = power.set_axis(power.index - pd.Timedelta("15min"))
    shifted = table.assign(valid_time=table["valid_time"] - pd.Timedelta("15min"))
    expected = score(table, power, SITE).dataset
    assert score(shifted, early, SITE, label="start").dataset.identical(expected)
    with pytest.raises(
        TimeError, match="25 forecasts are for a time that is not after their issue time.*label='start'"
    ):
        score(shifted, early, SITE)
    with pytest.raises(SettingsError, match="label is 'middle'"):
        score(table, power, SITE, label="middle")


def test_an_issue_time_between_steps_counts_as_the_step_before() -> None:
    power, table = measured(), forecasts()
    late = table.assign(issue_time=table["issue_time"] + pd.Timedelta("7min"))
    result = score(late, power, SITE)
    frame = result.frame().query("model == 'forecast'")
    assert frame["issue_time"].tolist() == table["issue_time"].tolist()
    assert frame["lead"].tolist() == table["lead"].tolist()
    assert frame["power"].tolist() == table["power"].tolist()


def test_an_off_step_issue_time_gives_persistence_what_was_known_at_it() -> None:
    power, table = measured("5min"), forecasts()
    late = table.assign(issue_time=table["issue_time"] + pd.Timedelta("11min"))
    persistence = score(late, power, SITE).frame().query("model == 'persistence'")
    known = power.rolling(3).mean().reindex(table["issue_time"] + pd.Timedelta("10min")).to_numpy()
    np.testing.assert_allclose(persistence["power"], known)


def test_several_models_are_scored_on_the_same_rows_against_theirs() -> None:
    table = forecasts()
    both = pd.concat([table.assign(model="ours"), table.assign(model="reference", power=40.0).iloc[6:]])
    result = score(both, measured(), SITE)
    assert result.models == ["ours", "reference"]
    found = result.scores([])
    assert found["n"].tolist() == [94, 94]
    assert found.loc["reference", "skill"] == 0
    named = score(both.replace({"model": {"reference": "persistence"}}), measured(), SITE)
    assert named.scores([]).loc["persistence", "skill"] == 0


def test_a_backtest_frame_goes_in_again_and_comes_out_the_same() -> None:
    first = score(forecasts(), measured(), SITE)
    again = score(first.frame(), measured(), SITE)
    pd.testing.assert_frame_equal(again.scores("lead"), first.scores("lead"))


def test_a_pv_site_has_its_daylight() -> None:
    site = PVSite("roof", 100.0, latitude=13.7, longitude=100.5)
    result = score(forecasts(), measured(), site)
    by_light = result.scores("daylight").loc["forecast"]
    assert (by_light["n"] > 0).all()
    assert result.scores([], where="daylight").loc["forecast", "n"] == by_light.loc[True, "n"]


def test_the_step_can_be_stated_and_must_fit() -> None:
    table = forecasts(step="1h", leads=1)[["issue_time", "valid_time", "power"]]
    assert score(table, measured(), SITE).dataset["lead"].values.tolist() == [4]
    stated = score(table, measured(), SITE, step="1h")
    assert (stated.dataset.attrs["step"], stated.dataset["lead"].values.tolist()) == ("1h", [1])
    with pytest.raises(StepError, match="20min is not a whole multiple"):
        score(table, measured(), SITE, step="20min")


def table_with(**changes: object) -> pd.DataFrame:
    return forecasts().assign(**changes)


@pytest.mark.parametrize(
    ("table", "error", "text"),
    [
        ([1, 2], InputTypeError, "forecasts is list"),
        (forecasts().drop(columns="power"), ColumnError, "lack the column 'power'; columns are issue_time"),
        (forecasts().drop(columns=["lead", "valid_time"]), ColumnError, "'valid_time' or 'lead'"),
        (forecasts().iloc[:0], NotEnoughDataError, "no rows"),
        (table_with(power="12"), InputTypeError, "column 'power' holds"),
        (table_with(issue_time=forecasts()["issue_time"].dt.tz_localize(None)), TimeError, "no time zone"),
        (table_with(issue_time="2024-02-28T00:00Z"), InputTypeError, "utc=True"),
        (pd.concat([forecasts(), forecasts().iloc[3:5]]), TimeError, "2 forecasts are there twice, first row 100"),
        (table_with(site="valley"), SettingsError, "other sites than 'ridge': valley"),
        (forecasts().drop(columns="valid_time").assign(lead=1.5), InputTypeError, "whole numbers"),
        (forecasts().drop(columns="valid_time").assign(lead=lambda t: t["lead"] - 1), TimeError, "not after"),
        (forecasts().rename(columns={"q10": "q1"}), ColumnError, "'q1' is unclear"),
    ],
)
def test_what_cannot_be_scored_is_refused_with_the_fix(table: object, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        score(table, measured(), SITE)  # type: ignore[arg-type]


# -------------------------------------------------------------------- from a file, and as of when


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris"])
def test_a_file_is_scored_like_its_table(ending: str, zone: str, tmp_path: Path) -> None:
    table, path = forecasts(tz=zone), tmp_path / f"theirs.{ending}"
    if ending == "parquet":
        table.to_parquet(path)
    else:
        table.to_csv(path, index=False)
    expected = score(table, measured(), SITE).dataset
    assert_close = {"rtol": 1e-12}
    for given in (path, str(path)):
        np.testing.assert_allclose(score(given, measured(), SITE).dataset["power"], expected["power"], **assert_close)


def test_files_that_cannot_be_read_say_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such file"):
        score(tmp_path / "none.csv", measured(), SITE)
    naive = forecasts().assign(issue_time=forecasts()["issue_time"].dt.tz_localize(None))
    naive.to_csv(tmp_path / "naive.csv", index=False)
    with pytest.raises(TimeError, match=r"column 'issue_time', row 0: '2024-02-28.*' has no offset; write"):
        score(tmp_path / "naive.csv", measured(), SITE)
    (tmp_path / "odd.csv").write_text("issue_time,lead,power\nnoon Z,1,3\n")
    with pytest.raises(TimeError, match="write times as 2024-06-01T12:00Z"):
        score(tmp_path / "odd.csv", measured(), SITE)
    (tmp_path / "odd.parquet").write_text("not one")
    with pytest.raises(ReadingError, match="cannot be read as a table of forecasts"):
        score(tmp_path / "odd.parquet", measured(), SITE)


def test_inputs_known_only_after_the_issue_time_are_refused() -> None:
    table = forecasts()
    on_time = table.assign(known_at=table["issue_time"] - pd.Timedelta("5min"))
    assert score(on_time, measured(), SITE).dataset.identical(score(table, measured(), SITE).dataset)
    late = on_time.copy()
    late.loc[7:8, "known_at"] += pd.Timedelta("40min")
    with pytest.raises(TimeError, match="2 forecasts were known only after their issue time, first row 7: issued 2024"):
        score(late, measured(), SITE)


def test_forecasts_that_are_the_truth_to_the_digit_warn() -> None:
    table, power = forecasts(), measured()
    with pytest.warns(UserWarning, match="model 'theirs': 100 of 100 forecasts are the measured power to the digit"):
        result = score(table.assign(power=power.reindex(table["valid_time"]).to_numpy()), power, SITE, name="theirs")
    assert result.scores([]).loc["theirs", "rmse"] < 1e-4
    noisy = table.assign(power=power.reindex(table["valid_time"]).to_numpy() + 0.01)
    score(noisy, power, SITE)


def test_limits_and_outages_are_not_scored_and_told() -> None:
    table, power = forecasts(), measured()
    limited = pd.Series(power.index.hour == 3, index=power.index)
    out = pd.Series(np.where(power.index.hour == 5, 0.0, 100.0), index=power.index)
    result = score(table, power, SITE, curtailed=limited, available_kw=out)
    row = result.excluded().iloc[0]
    hours = table["valid_time"].dt.hour
    assert (row["curtailed"], row["outage"]) == ((hours == 3).sum(), (hours == 5).sum())
    assert row["n"] == 100 - row["curtailed"] - row["outage"]


def test_a_comparison_of_forecasts_made_elsewhere_has_a_verdict() -> None:
    table, power = forecasts(), measured()
    truth = power.reindex(table["valid_time"]).to_numpy()
    rng = np.random.default_rng(0)
    both = pd.concat(
        [table.assign(model=name, power=truth + size * rng.standard_normal(len(table))) for name, size in
         (("fine", 3.0), ("rough", 30.0))]
    )  # fmt: skip
    result = score(both, power, SITE)
    found = result.compare("fine", "rough", metric="mae").iloc[0]
    assert (found["n"], found["days"]) == (100, 2)
    assert found["difference"] < 0
