"""One HTML page about backtests: everything inside the file, readable on a phone, printable."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.errors import InputTypeError, SettingsError
from forecast.evaluation.result import BacktestResult
from forecast.report.part import part
from forecast.report.texts import texts
from forecast.storage.atomic import write_text
from forecast.timegrid import step_text
from forecast.version import VERSION

PACKAGES = ("numpy", "pandas", "scikit-learn", "lightgbm", "xarray", "pvlib")


def write(
    results: BacktestResult | Mapping[str, BacktestResult],
    path: str | os.PathLike[str],
    *,
    lang: str = "en",
    title: str | None = None,
    notes: Sequence[str] = (),
    reproduce: str | None = None,
    rules: Sequence[str] | None = None,
) -> Path:
    """Write one self-contained HTML page and return its path.

    Args:
        results: a backtest, or several by heading, each a part of the page.
        lang: language of the page, `"en"` or `"zh"`. title: of the page. notes: sentences under it, such as whose data
            these are.
        reproduce: the command that made the results; None writes what the backtest itself knows.
        rules: keys of `forecast.rules.list()` to judge by; None takes those of the sites' clocks (China's, or the
            conventions of other markets), `()` none.

    Raises:
        InputTypeError: not backtests. SettingsError: an unknown language. MissingExtraError: no matplotlib.
    """
    words = texts(lang)
    named = _named(results)
    context = {
        "lang": lang,
        "words": words,
        "title": title or words["title"],
        "notes": list(notes),
        "parts": [part(one, heading, f"p{i}", words, lang, rules) for i, (heading, one) in enumerate(named.items())],
        "reproduce": reproduce or "\n\n".join(_known_call(one) for one in named.values()),
        "versions": _versions(),
        "moment": f"{pd.Timestamp.now('UTC'):%Y-%m-%d %H:%M}",
    }
    write_text(Path(path), _page(context))
    return Path(path)


def _named(results: Any) -> dict[str, BacktestResult]:
    named = dict(results) if isinstance(results, Mapping) else {"": results}
    for one in named.values():
        if not isinstance(one, BacktestResult):
            raise InputTypeError(f"results holds {type(one).__name__}, expected what fc.backtest or fc.score returns")
    if not named:
        raise SettingsError("results is empty; a report needs one backtest at least")
    return named


def _page(context: dict[str, Any]) -> str:
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    here = files("forecast.report")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters["drawn"] = Markup  # pictures are ours and are markup; every other value is escaped
    template = environment.from_string(here.joinpath("page.html.j2").read_text(encoding="utf-8"))
    css = here.joinpath("page.css").read_text(encoding="utf-8")
    page: str = template.render(context | {"css": Markup(css)})
    return page


def _versions() -> list[tuple[str, str]]:
    import platform

    out = [("quarterhour", VERSION), ("Python", platform.python_version())]
    for name in PACKAGES:
        try:
            out.append((name, version(name)))
        except PackageNotFoundError:  # pragma: no cover - a dependency that was taken out by hand
            continue
    return out


def _known_call(result: BacktestResult) -> str:
    """Return the call as far as a backtest's dataset knows it; settings of the models beyond it are the user's."""
    data = result.dataset
    times = pd.DatetimeIndex(data["issue_time"].values, tz="UTC")
    every = step_text(int((times[1] - times[0]).value)) if len(times) > 1 else data.attrs["step"]
    step = pd.Timedelta(data.attrs["step"])
    horizon = step_text(int(data["lead"].values[-1]) * step.value)
    levels = ", ".join(f"{level:g}" for level in data["quantile"].values)
    models = ", ".join(f'"{name}": …' for name in result.models)
    return (
        f"quarterhour {data.attrs.get('version', VERSION)}\n"
        f"fc.backtest({{{models}}}, data, start={str(times[0])!r}, end={str(times[-1])!r}, every={every!r})\n"
        f"with fc.Forecaster(…, horizon={horizon!r}, step={data.attrs['step']!r}, quantiles=({levels}))"
    )
