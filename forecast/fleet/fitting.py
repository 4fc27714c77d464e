"""A model a site for many sites, on any backend of joblib, site by site into a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed

from forecast.bundle import load
from forecast.errors import InputTypeError, NotEnoughDataError
from forecast.fleet.folder import Source, claimed, file_of, read_source, reason_of
from forecast.forecaster import Forecaster
from forecast.params import copy_unfitted

ENDING = ".qh"


class Fleet(Mapping[str, Forecaster]):
    """Fitted forecasters by site, as a mapping; those in a folder are read when first asked for.

    Attributes:
        failed: why a site has none, by name.
    """

    def __init__(self, made: Mapping[str, Forecaster | Path], failed: Mapping[str, str]) -> None:
        self._made, self.failed = dict(made), dict(failed)

    def __getitem__(self, name: str) -> Forecaster:
        found = self._made[name]
        if isinstance(found, Path):
            found = self._made[name] = load(found)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)

    def __repr__(self) -> str:
        return f"Fleet({len(self)} fitted, {len(self.failed)} failed)"


def fit_fleet(
    data: Mapping[str, Source], forecaster: Forecaster, *, folder: Any = None, n_jobs: int | None = None
) -> Fleet:
    """Fit a copy of the forecaster on each site; a site that fails is in `.failed` with its reason.

    Args:
        data: name → SiteData, the path of a site file, or a function without arguments that reads the site. Of the
            latter two, each worker reads its own site, and holds one site at a time.
        folder: where each forecaster goes as a bundle of its own; sites that have one are not fitted again. The
            settings stand beside them, the data do not: for other data take another folder.
        n_jobs: sites at a time; None: as `joblib.parallel_config` says, else one. Any backend of joblib, such as
            `with joblib.parallel_config(backend="dask")`; workers elsewhere must see the folder.

    Raises:
        InputTypeError, NotEnoughDataError: no mapping, no forecaster, no site. SettingsError: the folder holds
        forecasters of other settings.
    """
    checked_fleet(data)
    if not isinstance(forecaster, Forecaster):
        raise InputTypeError(f"forecaster is {type(forecaster).__name__}, expected a Forecaster")
    forecaster = copy_unfitted(forecaster)
    made: dict[str, Forecaster | Path] = {}
    paths: dict[str, Path] = {}
    if folder is not None:
        where = claimed(folder, {"what": "fit_fleet", "forecaster": repr(forecaster)})
        paths = {name: file_of(where, name, ENDING) for name in data}
        made = {name: path for name, path in paths.items() if path.exists()}
    jobs = (
        delayed(_fit_one)(name, source, forecaster, paths.get(name))
        for name, source in data.items()
        if name not in made
    )
    failed: dict[str, str] = {}
    for name, found, reason in Parallel(n_jobs=n_jobs, return_as="generator_unordered")(jobs):
        if found is None:
            failed[name] = reason
        else:
            made[name] = found
    order = [name for name in data if name in made]
    return Fleet({name: made[name] for name in order}, {name: failed[name] for name in data if name in failed})


def checked_fleet(data: Any) -> None:
    """Raise a typed error unless the data are a mapping of at least one site."""
    if not isinstance(data, Mapping):
        raise InputTypeError(f"data is {type(data).__name__}, expected {{name: SiteData or how to read it}}")
    if not data:
        raise NotEnoughDataError("data is empty; pass {name: SiteData}, at least one")


def _fit_one(
    name: str, source: Source, forecaster: Forecaster, path: Path | None
) -> tuple[str, Forecaster | Path | None, str]:
    if path is not None and path.exists():  # by a worker that was lost before it could tell
        return name, path, ""
    try:
        fitted = copy_unfitted(forecaster).fit(read_source(source))
        if path is None:
            return name, fitted, ""
        fitted.save(path)
        return name, path, ""
    except Exception as error:  # whatever it is, the other sites must have their model
        return name, None, reason_of(error)
