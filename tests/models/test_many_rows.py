"""Many rows through compiled trees: the bits of LightGBM, and LightGBM itself where numba is not to be had."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from forecast.models import many_rows
from forecast.models.forest import Forest, SideBySide, merge

WIDTH = 12


@pytest.fixture
def forgotten() -> Iterator[None]:
    """What is found out about numba holds for one test."""
    many_rows._numba.cache_clear()
    many_rows._compiled.cache_clear()
    yield
    many_rows._numba.cache_clear()
    many_rows._compiled.cache_clear()


@cache
def text(leaves: int, missing_in_training: bool = True) -> str:
    """Three boosters of different length, one of them a stump."""
    import lightgbm

    rng = np.random.default_rng(leaves)
    x = rng.normal(size=(900, 9)).astype(np.float32)
    x[:, 4] = np.round(x[:, 4])
    if missing_in_training:
        x[rng.random(x.shape) < 0.1] = np.nan
    made = []
    for k, rounds in enumerate((6, 2, 11)):
        y = np.nan_to_num(x[:, k]) * np.nan_to_num(x[:, 4]) + rng.normal(size=900) * 0.1
        params = {"num_leaves": leaves, "verbose": -1, "min_data_in_leaf": 3, "extra_trees": k == 2, "num_threads": 1}
        data = lightgbm.Dataset(x, y if k != 1 else np.full(900, 0.7), params=params)
        made.append((rng.permutation(WIDTH)[:9], lightgbm.train(params, data, rounds).model_to_string()))
    return merge(made, WIDTH)


def wild(forest: Forest, count: int = 330) -> np.ndarray:
    """Rows of usual values, missing ones, infinities, what counts as zero, and thresholds themselves."""
    rng = np.random.default_rng(7)
    x = (rng.normal(size=(count, WIDTH)) * 2).astype(np.float32)
    some = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-35, -1e-36, 3e38, *forest.trees.threshold[:40]])
    return np.where(rng.random(x.shape) < 0.4, rng.choice(some, size=x.shape), x).astype(np.float32)


def by_lightgbm(forest: Forest, x: np.ndarray) -> np.ndarray:
    scores: np.ndarray = forest._booster.predict(x, raw_score=True, num_threads=1)
    return scores.reshape(len(x), -1)


@pytest.mark.parametrize("missing_in_training", [True, False])
@pytest.mark.parametrize("leaves", [9, 27, 60])
def test_every_row_has_the_bits_of_lightgbm(leaves: int, missing_in_training: bool) -> None:
    pytest.importorskip("numba")
    forest = Forest(text(leaves, missing_in_training))
    x = wild(forest)
    assert many_rows.pays(0) and forest._laid_out is not None
    wanted = by_lightgbm(forest, x)
    for rows in (slice(0, 4), slice(3, 67), slice(5, 70), slice(0, 330), slice(0, 330, 3)):
        found = forest._laid_out(x[rows])
        assert found is not None and found.tobytes() == wanted[rows].tobytes()
    assert forest(x).tobytes() == wanted.tobytes()
    assert np.concatenate([forest(row[None]) for row in x[:60]]).tobytes() == wanted[:60].tobytes()


def test_forests_side_by_side_have_the_bits_they_have_alone() -> None:
    pytest.importorskip("numba")
    forests = [Forest(text(9)), Forest(text(27))]
    x = wild(forests[0])
    found = SideBySide(forests)(x)
    assert found.tobytes() == np.concatenate([by_lightgbm(forest, x) for forest in forests], axis=1).tobytes()


def test_numba_is_asked_for_once_enough_was_walked_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(many_rows, "_numba", lambda: asked.append(1) or np)
    monkeypatch.setattr(many_rows, "_walked", 0)
    monkeypatch.delitem(sys.modules, "numba", raising=False)
    assert not many_rows.pays(many_rows.PAYS - 1) and not asked
    assert many_rows.pays(1) and asked


@pytest.mark.usefixtures("forgotten")
def test_without_numba_lightgbm_gives_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)  # the import fails
    monkeypatch.setattr(many_rows, "_walked", many_rows.PAYS)
    forest = Forest(text(9))
    x = wild(forest)
    assert not many_rows.pays(1)
    assert forest(x).tobytes() == by_lightgbm(forest, x).tobytes()


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize("works_without_a_folder", [True, False])
def test_a_numba_that_cannot_keep_or_compile_costs_no_forecast(
    monkeypatch: pytest.MonkeyPatch, works_without_a_folder: bool
) -> None:
    numba = pytest.importorskip("numba")
    plain, tried = numba.njit, []

    def njit(*args: object, **how: object) -> object:
        tried.append("cache" in how)
        if "cache" in how or not works_without_a_folder:
            raise RuntimeError("cannot cache function: no locator available")
        return plain(*args, **how)

    monkeypatch.setattr(numba, "njit", njit)
    forest = Forest(text(9))
    x = wild(forest)
    assert forest(x).tobytes() == by_lightgbm(forest, x).tobytes()
    assert tried == [True, False]


def test_few_rows_and_small_batches_import_no_numba(tmp_path: Path) -> None:
    path = tmp_path / "forest.txt"
    path.write_text(text(9), encoding="utf-8")
    code = (
        "import sys, numpy as np, forecast\n"
        "from forecast.models.forest import Forest\n"
        f"forest = Forest(open({str(path)!r}).read())\n"
        f"for count in (1, 3, 50): forest(np.ones((count, {WIDTH}), dtype=np.float32))\n"
        "assert 'numba' not in sys.modules and 'llvmlite' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
