from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
import results

import forecast as fc
from forecast.errors import MissingExtraError
from forecast.plot.palette import MARKERS, MODELS, REFERENCE, TRUTH, band_colour


@pytest.mark.parametrize("picture", [getattr(fc.plot, name) for name in fc.plot.__all__])
def test_without_matplotlib_the_error_names_the_extra(
    picture: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'quarterhour\[plot\]'"):
        picture(results.backtest())


def test_reaching_the_pictures_does_not_import_matplotlib() -> None:
    code = "import sys, forecast as fc; fc.plot.forecast_fan, fc.report.write; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_no_two_things_in_a_picture_share_a_colour() -> None:
    colours = [*MODELS, TRUTH, REFERENCE]
    assert len(set(colours)) == len(colours)
    assert len(set(MARKERS)) == len(MODELS)
    bands = [band_colour(place, 4) for place in range(4)]
    assert bands == sorted(bands, reverse=True)  # ever less red: ever stronger
