"""A live forecaster that was saved goes on where it stopped; a damaged file is a typed error."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import cases
import numpy as np
import pandas as pd
import plants
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from told import bits, same

import forecast as fc
from forecast.errors import BundleError, InputTypeError, SiteError

CASES = ("wind, every input", "pv", "minutes")


@pytest.mark.parametrize("case", CASES)
def test_a_restart_changes_no_bit_of_what_follows(case: str, tmp_path: Path) -> None:
    data, forecaster, at = cases.case(case), cases.fitted(case, "ridge"), cases.split(case)
    live = forecaster.live(data.until(at))
    live.predict(at)
    live.save(tmp_path / "a.live")
    other = fc.restore_live(tmp_path / "a.live", forecaster)
    assert bits(other.predict()) == bits(live.predict())
    assert data.power is not None
    later = data.power[(data.power.index > at)].iloc[:40]
    for one in (live, other):
        one.update(power=later.iloc[::2])
        one.update(power=later)
    assert bits(other.predict()) == bits(live.predict())
    other.save(tmp_path / "a.live")  # may overwrite
    again = fc.restore_live(tmp_path / "a.live", forecaster)
    assert bits(again.predict()) == bits(live.predict())
    assert again.counts == {}
    assert list(tmp_path.iterdir()) == [tmp_path / "a.live"]


def test_weather_runs_plans_and_zones_survive(tmp_path: Path) -> None:
    data, forecaster = cases.case(CASES[0]), cases.fitted(CASES[0], "ridge")
    live = forecaster.live(data, at=cases.split(CASES[0]))
    live.save(tmp_path / "a.live")
    restored = fc.restore_live(tmp_path / "a.live", forecaster)
    for at in cases.issue_times(CASES[0], 5):
        assert same(restored, forecaster, data, at)
    run = plants.weather_runs(26, seed=33).isel(init_time=[95])
    for one in (live, restored):
        one.update(nwp={"runs": run})
    assert bits(restored.predict()) == bits(live.predict())


@pytest.mark.parametrize("zone", ["Europe/Paris", "UTC", "+05:30"])
def test_forecasts_after_a_restart_are_in_the_same_zone(zone: str, tmp_path: Path) -> None:
    data = plants.wind(days=11, nwp=False)
    assert data.power is not None
    moved = plants.rebuilt(data, power=data.power.tz_convert(zone))
    forecaster = plants.forecaster("reference").fit(moved)
    live = forecaster.live(moved)
    live.save(tmp_path / "a.live")
    restored = fc.restore_live(tmp_path / "a.live", forecaster)
    assert bits(restored.predict()) == bits(live.predict())


def test_the_wrong_forecaster_or_file_is_a_typed_error(tmp_path: Path) -> None:
    forecaster = cases.fitted("minutes", "ridge")
    path = tmp_path / "a.live"
    with pytest.raises(BundleError, match="is not a file"):
        fc.restore_live(path, forecaster)
    forecaster.save(path)
    with pytest.raises(BundleError, match="not a saved live forecaster"):
        fc.restore_live(path, forecaster)
    forecaster.live(cases.case("minutes")).save(path)
    with pytest.raises(SiteError, match="this forecaster was fitted on"):
        fc.restore_live(path, cases.fitted("pv", "ridge"))
    with pytest.raises(InputTypeError, match="expected a fitted Forecaster"):
        fc.restore_live(path, "forecaster")  # type: ignore[arg-type]
    with zipfile.ZipFile(path) as archive:
        manifest, blob = json.loads(archive.read("manifest.json")), archive.read("arrays.npz")
    for change, text in (({"format": 99}, "newer quarterhour"), ({"sha256": "0"}, "damaged"), ({"state": 3}, "saved")):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("manifest.json", json.dumps(manifest | change))
            archive.writestr("arrays.npz", blob)
        with pytest.raises(BundleError, match=text):
            fc.restore_live(path, forecaster)


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_file_is_restored_whole_or_refused(data: st.DataObject) -> None:
    path, forecaster, good, forecast = _saved()
    broken = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(broken[: data.draw(st.one_of(st.just(len(good)), st.integers(0, len(good))))])
    try:
        live = fc.restore_live(path, forecaster)
    except BundleError:
        return
    assert bits(live.predict()) == forecast


_made: list = []


def _saved() -> tuple:
    if not _made:
        import tempfile

        folder = Path(tempfile.mkdtemp())
        data = plants.wind(days=11, nwp=False)
        forecaster = plants.forecaster("reference").fit(data)
        live = forecaster.live(data)
        live.save(folder / "good.live")
        _made.append((folder / "bad.live", forecaster, (folder / "good.live").read_bytes(), bits(live.predict())))
    return _made[0]


def test_nothing_is_left_behind_where_saving_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live = cases.fitted("minutes", "ridge").live(cases.case("minutes"))
    live.save(tmp_path / "a.live")
    before = (tmp_path / "a.live").read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        live.save(tmp_path / "a.live")
    assert [path.name for path in tmp_path.iterdir()] == ["a.live"]
    assert (tmp_path / "a.live").read_bytes() == before


def test_arrays_hold_numbers_only(tmp_path: Path) -> None:
    cases.fitted(CASES[0], "ridge").live(cases.case(CASES[0])).save(tmp_path / "a.live")
    with zipfile.ZipFile(tmp_path / "a.live") as archive:
        archive.extract("arrays.npz", tmp_path)
    arrays = np.load(tmp_path / "arrays.npz", allow_pickle=False)
    assert {arrays[name].dtype.kind for name in arrays.files} <= set("iufb")
    assert pd.Index(arrays.files).is_unique
