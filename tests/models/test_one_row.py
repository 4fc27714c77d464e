"""One row through all trees at once, against LightGBM itself."""

import numpy as np
import pytest

from forecast.models.forest import Forest, merge


def boosters(seed: int, missing_in_training: bool) -> list[tuple[np.ndarray, str]]:
    import lightgbm

    rng = np.random.default_rng(seed)
    x = rng.normal(size=(700, 9)).astype(np.float32)
    x[:, 4] = np.round(x[:, 4])
    if missing_in_training:
        x[rng.random(x.shape) < 0.1] = np.nan
    made = []
    for k, rounds in enumerate((7, 1, 20)):
        columns = rng.permutation(12)[:9]
        y = np.nan_to_num(x[:, k]) * np.nan_to_num(x[:, 4]) + rng.normal(size=700) * 0.1
        params = {"num_leaves": 9, "verbose": -1, "seed": seed, "min_data_in_leaf": 5, "extra_trees": k == 2}
        data = lightgbm.Dataset(x, y if k != 1 else np.full(700, 0.7), params=params)
        made.append((columns, lightgbm.train(params, data, rounds).model_to_string()))
    return made


@pytest.mark.parametrize("missing_in_training", [True, False])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_row_has_the_bits_of_lightgbm(seed: int, missing_in_training: bool) -> None:
    forest = Forest(merge(boosters(seed, missing_in_training), 12))
    rng = np.random.default_rng(seed + 100)
    wide = (rng.normal(size=(400, 12)) * 2).astype(np.float32)
    wide[:, 4] = np.round(wide[:, 4])
    wide[rng.random(wide.shape) < 0.2] = np.nan
    wide[:3] = np.array([[0.0], [np.inf], [-np.inf]])
    batch = forest(wide)
    walked = np.concatenate([forest(wide[i : i + 1]) for i in range(len(wide))])
    assert batch.shape == (400, 3)
    np.testing.assert_array_equal(walked, batch)


def test_thresholds_themselves_go_left() -> None:
    text = merge(boosters(5, False)[:1], 12)
    forest = Forest(text)
    values = [float(v) for line in text.splitlines() if line.startswith("threshold=") for v in line[10:].split()]
    wide = np.repeat(np.array(values[:60], dtype=np.float32)[:, None], 12, axis=1)
    np.testing.assert_array_equal(np.concatenate([forest(row[None]) for row in wide]), forest(wide))
