"""What all tests share: where the raw records lie, and random examples that are the same every time."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from forecast import Forecaster

ROOT = Path(__file__).resolve().parent.parent

# a red test must be red again: no random seeds, no clock, no memory of earlier runs
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of raw records: QUARTERHOUR_DATA, else ../shared/data beside the repository; else skip."""
    folder = Path(os.environ.get("QUARTERHOUR_DATA") or ROOT.parent / "shared" / "data")
    if not (folder / "manifest.json").is_file():
        pytest.skip(f"no raw records in {folder}; set QUARTERHOUR_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> tuple[Forecaster, Path]:
    """A small fitted forecaster and where it was saved."""
    from bundled import saved

    return saved(tmp_path_factory.mktemp("bundle"))
