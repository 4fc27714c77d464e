from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from forecast.errors import InputTypeError, SettingsError, ShapeError
from forecast.evaluation import BacktestResult, summing
from forecast.evaluation import metrics as m

LEVELS = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
POINT = ["n", "excluded", "mae", "rmse", "mbe", "nmae", "nrmse", "skill"]
INTERVALS = [f"{what}_{share}" for share in (50, 80, 90) for what in ("coverage", "width")]
COLUMNS = [*POINT, "pinball", "crps", *INTERVALS]
Make = Callable[..., BacktestResult]


def slow_scores(result: BacktestResult, by: list[str], keep: pd.Series | None = None) -> pd.DataFrame:
    """The same table from the long frame, group by group with the plain metrics."""
    frame = result.frame()
    data = result.dataset
    frame["capacity"] = frame["site"].map(dict(zip(result.sites, data["capacity_kw"].values, strict=True)))
    local = []
    for site, zone in zip(result.sites, data["timezone"].values, strict=True):
        times = frame.loc[frame["site"] == site, "valid_time"].dt.tz_convert(str(zone))
        local.append(pd.DataFrame({"hour": times.dt.hour, "month": times.dt.month}))
    frame = frame.join(pd.concat(local))
    seasons = {12: "DJF", 1: "DJF", 2: "DJF", 3: "MAM", 4: "MAM", 5: "MAM"}
    frame["season"] = frame["month"].map(seasons)
    frame["daylight"] = np.tile(data["daylight"].transpose("site", "issue_time", "lead").values.ravel(), 3)
    row = ["site", "issue_time", "lead"]
    whole = frame["power"].notna().groupby([frame[key] for key in row]).transform("all")
    frame["counted"] = frame["valid"] & frame["actual"].notna() & whole
    if keep is not None:
        frame = frame[keep.to_numpy()]
    out = []
    for model in result.models:
        mine = frame[frame["model"] == model]
        groups = mine.groupby(by) if by else [((), mine)]
        for key, group in groups:
            out.append({**dict(zip(["model", *by], (model, *key), strict=True)), **slow_row(group)})
    table = pd.DataFrame(out).set_index(["model", *by] if by else "model")
    reference = table.xs("reference")["rmse"] if by else table["rmse"]["reference"]
    for model in result.models:
        table.loc[[model], "skill"] = 1 - table.loc[[model], "rmse"] / np.asarray(reference)
    return table[COLUMNS]


def slow_row(group: pd.DataFrame) -> dict[str, float]:
    used = group[group["counted"]]
    y, p, c = used["actual"], used["power"], used["capacity"]
    q = used[["q05", "q10", "q25", "q50", "q75", "q90", "q95"]].to_numpy()
    row = {
        "n": len(used),
        "excluded": len(group) - len(used),
        "mae": m.mae(y, p),
        "rmse": m.rmse(y, p),
        "mbe": m.mbe(y, p),
        "nmae": m.nmae(y, p, capacity=c),
        "nrmse": m.nrmse(y, p, capacity=c),
        "pinball": m.pinball(y.to_numpy(), q, levels=LEVELS),
        "crps": m.crps_quantiles(y.to_numpy(), q, levels=LEVELS),
    }
    for share, low, high in (("50", 2, 4), ("80", 1, 5), ("90", 0, 6)):
        row[f"coverage_{share}"] = m.coverage(np.maximum(y.to_numpy(), 0), q[:, low], q[:, high])
        row[f"width_{share}"] = m.width(q[:, low], q[:, high])
    return row


@pytest.mark.parametrize(
    "by",
    [[], ["lead"], ["site"], ["hour"], ["month"], ["season"], ["daylight"], ["site", "lead"], ["hour", "site"]],
    ids=" ".join,
)
@pytest.mark.parametrize("block", [7, 100_000])
def test_scores_equal_those_of_each_group_by_itself(
    result: BacktestResult, by: list[str], block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summing, "BLOCK_ROWS", block)
    found = result.scores(by)
    pd.testing.assert_frame_equal(found, slow_scores(result, by), check_index_type=False, check_dtype=False)
    assert isinstance(found.index, pd.MultiIndex) == bool(by)


def test_rows_are_looked_up_by_their_first_names_without_a_warning(result: BacktestResult) -> None:
    table = result.scores(["site", "season", "lead"])
    some = table.loc[("reference", "field", "MAM")]
    assert some.index.tolist() == [1, 2, 4]


def test_a_text_is_a_list_of_one_and_model_may_be_named(result: BacktestResult) -> None:
    expected = result.scores(["lead"])
    pd.testing.assert_frame_equal(result.scores(), expected)
    pd.testing.assert_frame_equal(result.scores("lead"), expected)
    pd.testing.assert_frame_equal(result.scores(["model", "lead"]), expected)
    assert expected.index.names == ["model", "lead"]
    assert result.scores([]).index.tolist() == result.models


def test_all_models_have_the_same_rows_and_every_row_is_counted_or_excluded(result: BacktestResult) -> None:
    table = result.scores(["site", "lead"])
    for name in ("n", "excluded"):
        by_model = table[name].groupby(["site", "lead"]).nunique()
        assert by_model.eq(1).all()
    assert (table.loc["gbm", "n"] + table.loc["gbm", "excluded"]).eq(60).all()
    assert table["excluded"].gt(0).all()


def test_where_by_name_mask_and_function_select_the_same_rows(result: BacktestResult) -> None:
    light = result.dataset["daylight"]
    named = result.scores("lead", where="daylight")
    pd.testing.assert_frame_equal(named, result.scores("lead", where=light))
    pd.testing.assert_frame_equal(named, result.scores("lead", where=lambda data: data["daylight"]))
    keep = pd.Series(np.tile(light.values.ravel(), 3))
    pd.testing.assert_frame_equal(named, slow_scores(result, ["lead"], keep), check_dtype=False)
    night, both = result.scores("lead", where="night"), result.scores("lead")
    assert (night["n"] + named["n"]).equals(both["n"])
    assert (night["excluded"] + named["excluded"]).equals(both["excluded"])


def test_a_mask_over_fewer_dims_counts_for_all_others(result: BacktestResult) -> None:
    lead = result.dataset["lead"]
    found = result.scores([], where=lead > 1)
    expected = result.scores("lead")["n"].drop(1, level="lead").groupby("model").sum()
    assert found["n"].to_dict() == expected.to_dict()
    at_pv = result.scores("site", where=lambda data: data["kind"] == "pv")
    assert at_pv.index.get_level_values("site").unique().tolist() == ["field"]


def test_groups_that_where_leaves_empty_do_not_appear(result: BacktestResult) -> None:
    nothing = result.scores("lead", where=lambda data: data["lead"] > 99)
    assert nothing.empty
    assert list(nothing.columns) == COLUMNS


def test_a_group_without_a_counted_row_is_there_with_missing_scores(result: BacktestResult) -> None:
    data = result.dataset.copy(deep=True)
    data["valid"][:, :, 1] = False
    table = BacktestResult(data).scores("lead")
    row = table.loc[("gbm", 2)]
    assert (row["n"], row["excluded"]) == (0, 120)
    assert row.drop(["n", "excluded"]).isna().all()
    assert np.isfinite(table.loc[("gbm", 1), "skill"])


def test_a_model_without_quantiles_has_point_scores_only(result: BacktestResult) -> None:
    row = result.scores([]).loc["plain"]
    assert np.isfinite(row[POINT].to_numpy(dtype=float)).all()
    assert row[COLUMNS[8:]].isna().all()


def test_skill_is_against_the_reference_of_the_same_group(result: BacktestResult) -> None:
    table = result.scores("site")
    for site in result.sites:
        rmse = table["rmse"].xs(site, level="site")
        assert table["skill"].xs(site, level="site").to_numpy() == pytest.approx(1 - rmse / rmse["reference"])
    other = result.scores([], reference="plain")
    assert other.loc["plain", "skill"] == 0
    assert result.scores([], reference=None)["skill"].isna().all()


def test_the_dataset_may_name_another_reference(result: BacktestResult) -> None:
    data = result.dataset.isel(model=[0, 2])
    with pytest.raises(SettingsError, match="reference='reference' is not among the models: gbm, plain"):
        BacktestResult(data).scores()
    named = BacktestResult(data.assign_attrs(reference="plain"))
    assert named.scores([]).loc["plain", "skill"] == 0


def test_own_use_at_night_counts_as_covered_by_a_forecast_of_zero(result: BacktestResult) -> None:
    data = result.dataset.copy(deep=True)
    data["actual"][:] = -2.0
    data["quantiles"][:] = 0.0
    row = BacktestResult(data).scores([]).loc["gbm"]
    assert row["coverage_90"] == 1
    assert row["pinball"] > 0


def test_other_levels_give_other_intervals(make: Make) -> None:
    table = make(levels=[0.005, 0.025, 0.3, 0.5, 0.975, 0.995]).scores([])
    assert list(table.columns[8:]) == ["pinball", "crps", "coverage_95", "width_95", "coverage_99", "width_99"]
    lone = make(levels=[0.5]).scores([])
    assert list(lone.columns[8:]) == ["pinball", "crps"]
    assert list(make(levels=[]).scores([]).columns) == POINT


def test_a_perfect_forecast_scores_zero_and_has_full_coverage(result: BacktestResult) -> None:
    data = result.dataset.copy(deep=True)
    actual = np.abs(data["actual"])
    data["actual"] = actual
    data["power"][0] = actual
    data["quantiles"][0] = actual
    row = BacktestResult(data).scores([]).loc["gbm"]
    assert row[["mae", "rmse", "mbe", "nmae", "nrmse", "pinball", "crps", "width_90"]].eq(0).all()
    assert row[["skill", "coverage_50", "coverage_90"]].eq(1).all()


def test_normalised_scores_do_not_depend_on_the_unit(result: BacktestResult) -> None:
    data = result.dataset.copy(deep=True)
    for name in ("power", "quantiles", "actual", "capacity_kw"):
        data[name] = data[name] * 1000
    plain, scaled = result.scores(), BacktestResult(data).scores()
    same = ["n", "excluded", "nmae", "nrmse", "skill", "coverage_50", "coverage_90"]
    pd.testing.assert_frame_equal(plain[same], scaled[same])
    unit = ["mae", "rmse", "mbe", "pinball", "crps", "width_80"]
    pd.testing.assert_frame_equal(1000 * plain[unit], scaled[unit])


def test_the_order_of_issue_times_sites_and_dims_changes_nothing(result: BacktestResult) -> None:
    order = np.random.default_rng(1).permutation(60)
    other = result.dataset.isel(issue_time=order, site=[1, 0]).transpose("quantile", "lead", ...)
    by = ["lead", "hour"]
    pd.testing.assert_frame_equal(BacktestResult(other).scores(by), result.scores(by))


def test_single_precision_is_summed_in_double(make: Make) -> None:
    single, double = make(dtype="float32").scores(), make().scores()
    pd.testing.assert_frame_equal(single, double, rtol=1e-5)


def test_the_dataset_is_left_as_it_was(result: BacktestResult) -> None:
    before = result.dataset.copy(deep=True)
    result.scores(["hour", "daylight"], where="daylight")
    assert result.dataset.identical(before)


def test_lazy_arrays_are_scored_in_blocks(result: BacktestResult) -> None:
    pytest.importorskip("dask")
    lazy = BacktestResult(result.dataset.chunk({"issue_time": 13}))
    pd.testing.assert_frame_equal(lazy.scores(["lead", "site"]), result.scores(["lead", "site"]))


def test_hours_are_local_also_where_the_clock_is_moved(result: BacktestResult) -> None:
    hours = result.scores(["site", "hour"]).loc["gbm"].loc["field"]
    counts = hours["n"] + hours["excluded"]
    frame = result.frame()
    local = frame[(frame["model"] == "gbm") & (frame["site"] == "field")]["valid_time"]
    expected = local.dt.tz_convert("Europe/Paris").dt.hour.value_counts().sort_index()
    assert counts.to_dict() == expected.to_dict()
    assert list(hours.index) == sorted(hours.index)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"by": "weather"}, SettingsError, "by='weather' is not offered; scores can be grouped by lead, level, site"),
        ({"by": ["lead", "lead"]}, SettingsError, "names something twice"),
        ({"where": "dawn"}, SettingsError, "where='dawn' is not offered; use 'daylight', 'night'"),
        ({"where": [True]}, InputTypeError, "where gives list; expected a boolean DataArray"),
        ({"where": lambda data: data["actual"]}, InputTypeError, "where gives a DataArray of float64"),
        ({"where": lambda data: data["power"] > 1}, ShapeError, "where has the dimension 'model'"),
        ({"where": lambda data: data["daylight"].isel(lead=[0])}, ShapeError, "other sites, issue times or leads"),
        ({"reference": "naive"}, SettingsError, "reference='naive' is not among the models"),
    ],
)
def test_what_is_not_offered_is_refused_with_what_is(
    result: BacktestResult, options: dict[str, object], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        result.scores(**options)


def test_without_a_daylight_variable_the_fix_is_named(result: BacktestResult) -> None:
    dark = BacktestResult(result.dataset.drop_vars("daylight"))
    for options in ({"where": "night"}, {"by": "daylight"}):
        with pytest.raises(SettingsError, match="needs the variable 'daylight'"):
            dark.scores(**options)


def test_columns_come_in_the_promised_order(result: BacktestResult) -> None:
    assert list(result.scores().columns) == COLUMNS
    shares = [int(name[9:]) for name in COLUMNS if name.startswith("coverage")]
    assert all(a < b for a, b in pairwise(shares))
