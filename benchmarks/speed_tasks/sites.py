"""Many plants out of one: each reads the plant's rows some days further on, so that no two have the same."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from speed_tasks.plant import FEW_ROWS, ISSUE_TIMES, LEADS, ROWS, TRAIN_ROWS, Plant, plant

FEATURE_SITES = 20
FLEET_ROWS = 12 * 96  # what a caller hands over of each site: the last twelve days
SHARED_SITES = 2  # what the shared model is fitted on: it has the size of any other
SHARED_ROWS = FEW_ROWS // 2
OWN_SITES = 200
APART = 11 * 96 + 7  # rows


def names(number: int) -> list[str]:
    """Return the names of the first so many sites."""
    return [f"site {i:04d}" for i in range(number)]


def rows_of(site: int, first: int, last: int) -> Plant:
    """Return a site's rows: the plant's, `site` × `APART` rows on and round, under the labels asked for."""
    place = (np.arange(first, last) + site * APART) % ROWS
    index = plant().power.index[first:last]
    weather = plant().weather
    power = pd.Series(plant().power.to_numpy()[place], index=index, name="power")
    return Plant(power, pd.DataFrame(weather.to_numpy()[place], index=index, columns=weather.columns))


def first_sites(number: int, rows: int) -> dict[str, Plant]:
    """Return the first rows of the first so many sites."""
    return {name: rows_of(i, 0, rows) for i, name in enumerate(names(number))}


def fleets(number: int) -> Iterator[dict[str, Plant]]:
    """Yield every site's last rows and those of the leads, issue time after issue time."""
    while True:
        for row in range(TRAIN_ROWS, TRAIN_ROWS + ISSUE_TIMES):
            yield {name: rows_of(i, row - FLEET_ROWS, row + LEADS) for i, name in enumerate(names(number))}
