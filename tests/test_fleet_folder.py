"""Fleets fitted and backtested site by site: what is finished stays, what fails is told, and workers may die."""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import fleets
import joblib
import numpy as np
import pandas as pd
import pytest

import forecast as fc
from forecast.errors import InputTypeError, NotEnoughDataError, ReadingError, SettingsError
from forecast.evaluation.siteresult import read_site, write_site
from forecast.fleet.folder import file_of

SETTINGS: dict[str, Any] = {"horizon": "3h", "step": "1h", "quantiles": (0.1, 0.5, 0.9)}


def reference(**changes: Any) -> fc.Forecaster:
    return fc.Forecaster(**(SETTINGS | {"model": "reference"} | changes))


def run(sources: Any, folder: Path, **options: Any) -> Any:
    settings = {"every": "1h", "refit": None} | options
    return fc.backtest_fleet({"reference": reference()}, sources, fleets.SPLIT, fleets.END, folder=folder, **settings)


def test_a_model_a_site_is_the_one_fitted_alone_and_the_bad_site_is_told(tmp_path: Path) -> None:
    sources = fleets.written(tmp_path, 3)
    before = reference()
    fleet = fc.fit_fleet(sources, before)
    assert list(fleet) == ["site0", "site1", "site2"] and list(fleet.failed) == ["rub/bish"]
    assert "ArrowInvalid" in fleet.failed["rub/bish"] and not hasattr(before, "model_")
    data = {name: sources[name]() for name in fleet}
    frame = fc.predict_fleet(fleet, data)
    for name, site in data.items():
        alone = reference().fit(site).predict(site)
        np.testing.assert_array_equal(frame.loc[name, "q90"], alone["q90"])
    with pytest.raises(NotEnoughDataError, match="data is empty"):
        fc.fit_fleet({}, before)
    with pytest.raises(InputTypeError, match="expected a Forecaster"):
        fc.fit_fleet(sources, "ridge")  # type: ignore[arg-type]


def test_what_is_fitted_stays_and_other_settings_are_noticed(tmp_path: Path) -> None:
    sources, folder = fleets.written(tmp_path, 3), tmp_path / "models"
    some = {name: sources[name] for name in ("site0", "rub/bish")}
    assert list(fc.fit_fleet(some, reference(), folder=folder)) == ["site0"]
    first = (folder / "site0.qh").stat().st_mtime_ns
    fleet = fc.fit_fleet(sources, reference(), folder=folder, n_jobs=2)
    assert (folder / "site0.qh").stat().st_mtime_ns == first
    assert set(fleet) == {"site0", "site1", "site2"} and set(fleet.failed) == {"rub/bish"}
    site = sources["site2"]()
    pd.testing.assert_frame_equal(fleet["site2"].predict(site), reference().fit(site).predict(site))
    with pytest.raises(SettingsError, match="other settings.*horizon='3h'"):
        fc.fit_fleet(sources, reference(horizon="4h"), folder=folder)


def test_a_sites_backtest_is_the_one_made_alone(tmp_path: Path) -> None:
    sources = fleets.written(tmp_path, 2)
    result = run(sources, tmp_path / "out", refit="12h")
    assert list(result) == ["site0", "site1"] and list(result.failed) == ["rub/bish"]
    alone = fc.backtest({"reference": reference()}, sources["site1"](), fleets.SPLIT, fleets.END, every="1h",
                        refit="12h", progress=False)  # fmt: skip
    assert result["site1"].dataset.identical(alone.dataset)
    pd.testing.assert_frame_equal(result.scores().loc["site1"], alone.scores(by=[]))
    with pytest.raises(SettingsError, match="refit: 12h there, None now"):
        run(sources, tmp_path / "out")


def test_one_shared_model_is_read_from_the_folder(tmp_path: Path) -> None:
    sources = fleets.written(tmp_path, 2)
    shared = reference().fit([sources[name]().until(fleets.SPLIT) for name in ("site0", "site1")])
    result = fc.backtest_fleet({"shared": shared}, sources, fleets.SPLIT, fleets.END, folder=tmp_path / "out",
                               every="1h", refit="never")  # fmt: skip
    alone = fc.backtest({"shared": shared}, sources["site0"](), fleets.SPLIT, fleets.END, every="1h", refit="never",
                        progress=False)  # fmt: skip
    assert result["site0"].dataset.identical(alone.dataset)


def test_a_restart_repeats_no_finished_site(tmp_path: Path) -> None:
    sources, read = fleets.written(tmp_path, 4), []

    def counted(name: str) -> Any:
        def source() -> fc.SiteData:
            read.append(name)
            if len(read) == 3:
                raise KeyboardInterrupt
            return sources[name]()

        return source

    data = {name: counted(name) for name in ("site0", "site1", "site2", "site3")}
    with pytest.raises(KeyboardInterrupt):
        run(data, tmp_path / "out")
    result = run(data, tmp_path / "out")
    assert read == ["site0", "site1", "site2", "site2", "site3"] and list(result) == list(data)
    assert not list((tmp_path / "out").glob("*.part"))


def test_a_result_that_is_written_in_many_pieces_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = fleets.written(tmp_path, 1)["site0"]()
    models = {"one": reference(), "other": reference(objective="median")}
    result = fc.backtest(models, site, fleets.SPLIT, fleets.END, every="1h", progress=False)
    monkeypatch.setattr("forecast.evaluation.siteresult.ROWS_AT_ONCE", 7)
    write_site(result, tmp_path / "pieces.parquet")
    assert read_site(tmp_path / "pieces.parquet").dataset.identical(result.dataset)


def test_names_become_files_that_are_there_once(tmp_path: Path) -> None:
    names = ["a/b", "a%2Fb", "..", ".", "a.b", "n" * 300, "n" * 301, "Łódź"]
    files = [file_of(tmp_path, name, ".qh") for name in names]
    assert len(set(files)) == len(names)
    for path in files:
        assert path.parent == tmp_path and not path.name.startswith(".")
        path.touch()


def test_a_file_that_is_something_else_is_a_typed_error(tmp_path: Path) -> None:
    sources = fleets.written(tmp_path, 1)
    with pytest.raises(ReadingError, match="not a site's backtest"):
        read_site(tmp_path / "site0.parquet")
    with pytest.raises(ReadingError, match="not a Parquet file"):
        read_site(tmp_path / "rubbish.parquet")
    pv = fc.SiteData(fc.PVSite("roof", 1000.0, timezone="Asia/Shanghai"), sources["site0"]().power)
    result = fc.backtest({"a": reference(model="persistence"), "b": reference()}, pv, fleets.SPLIT, fleets.END,
                         every="5h", refit=None, progress=False)  # fmt: skip
    write_site(result, tmp_path / "roof.parquet")
    assert read_site(tmp_path / "roof.parquet").dataset.identical(result.dataset)


def test_a_dask_cluster_that_loses_a_worker_gives_the_same_numbers(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="needs dask[distributed]: quarterhour[dask]")
    sources = fleets.written(tmp_path, 6)
    single = run(sources, tmp_path / "single")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # dask's own: ports that are taken, sockets that a killed worker left
        with (
            distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
            distributed.Client(cluster) as client,
        ):
            victim = next(iter(client.run(os.getpid).values()))
            out = tmp_path / "out"
            killer = threading.Thread(target=_kill_when_some_are_done, args=(victim, out))
            killer.start()
            with joblib.parallel_config(backend="dask"):
                result = run(sources, out)
            killer.join()
            with pytest.raises(ProcessLookupError):
                os.kill(victim, 0)
    assert list(result) == list(single) and set(result.failed) == {"rub/bish"}
    for name in single:
        assert result[name].dataset.identical(single[name].dataset)


def _kill_when_some_are_done(victim: int, folder: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and not list(folder.glob("*.parquet")):
        time.sleep(0.01)
    os.kill(victim, signal.SIGKILL)
