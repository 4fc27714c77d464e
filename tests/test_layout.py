"""The layout: features/ and models/ in the repository, forecast.features and forecast.models for users."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {"forecast": "forecast", "forecast.features": "features", "forecast.models": "models"}
BUILD = """
import sys, tarfile, setuptools.build_meta as backend
if sys.argv[1] == "sdist":
    with tarfile.open("dist/" + backend.build_sdist("dist")) as archive:
        archive.extractall("unpacked", filter="data")
else:
    backend.build_wheel("dist")
"""
IMPORT_ALL = """
import importlib, json, pkgutil, sys, forecast
names = ["forecast", *(info.name for info in pkgutil.walk_packages(forecast.__path__, "forecast."))]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
files = {n: m.__file__ for n, m in list(sys.modules.items()) if getattr(m, "__file__", None)}
print(json.dumps({n: f for n, f in files.items() if n.split(".")[0] in ("forecast", "features", "models")}))
"""


def packages_in_folders() -> list[str]:
    found = []
    for package, folder in FOLDERS.items():
        for here, _, files in os.walk(ROOT / folder):
            if "__init__.py" in files:
                parts = Path(here).relative_to(ROOT / folder).parts
                found.append(".".join((package, *parts)))
    return sorted(found)


def modules_and_data() -> set[str]:
    """Every file under the three folders, by its path in the wheel."""
    found = set()
    for package, folder in FOLDERS.items():
        for here, inner, files in os.walk(ROOT / folder):
            inner[:] = [name for name in inner if name != "__pycache__"]
            there = Path(package.replace(".", "/"), Path(here).relative_to(ROOT / folder))
            found |= {(there / name).as_posix() for name in files if not name.endswith(".pyc")}
    return found


def run_python(code: str, *args: str, cwd: Path, path: Path | None = None) -> str:
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    # no bytecode: a test must not leave files beside the modules it imports
    env |= {"PYTHONDONTWRITEBYTECODE": "1", **({"PYTHONPATH": str(path)} if path else {})}
    done = subprocess.run(
        [sys.executable, "-c", code, *args], cwd=cwd, env=env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def imported(cwd: Path, path: Path | None = None) -> dict[str, str]:
    files: dict[str, str] = json.loads(run_python(IMPORT_ALL, cwd=cwd, path=path))
    return files


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is built: a build inside the repository could pick up what an older one left there."""
    copy = tmp_path_factory.mktemp("tree") / "source"
    copy.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "MANIFEST.in"):
        shutil.copy(ROOT / name, copy)
    for folder in FOLDERS.values():
        skip = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, copy / folder, symlinks=True, ignore=skip)
    return copy


@pytest.fixture(scope="module")
def wheel(tree: Path) -> Path:
    """The wheel, built from the unpacked source distribution, so that both are seen to be complete."""
    run_python(BUILD, "sdist", cwd=tree)
    (unpacked,) = (tree / "unpacked").iterdir()
    run_python(BUILD, "wheel", cwd=unpacked)
    (built,) = (unpacked / "dist").glob("quarterhour-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the unpacked wheel and nothing else."""
    target = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def test_packages_in_pyproject_are_the_folders_with_an_init() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    assert sorted(listed) == packages_in_folders()


def test_every_folder_that_holds_a_module_has_an_init() -> None:
    folders = {
        Path(name).parent.as_posix().replace("/", ".") for name in modules_and_data() if name.endswith(".py")
    }
    assert sorted(folders) == packages_in_folders()


def test_wheel_holds_one_import_package_and_every_file_of_it(installed: Path) -> None:
    top = {entry.name for entry in installed.iterdir() if not entry.name.endswith(".dist-info")}
    assert top == {"forecast"}
    files = {
        path.relative_to(installed).as_posix() for path in installed.glob("forecast/**/*") if path.is_file()
    }
    assert files == modules_and_data()


def test_wheel_built_from_the_tree_equals_the_one_from_the_source_distribution(
    tree: Path, wheel: Path
) -> None:
    run_python(BUILD, "wheel", cwd=tree)
    (direct,) = (tree / "dist").glob("quarterhour-*.whl")
    with zipfile.ZipFile(direct) as one, zipfile.ZipFile(wheel) as other:
        assert sorted(one.namelist()) == sorted(other.namelist())


def test_installed_wheel_works_from_another_folder(installed: Path, tmp_path: Path) -> None:
    files = imported(cwd=tmp_path, path=installed)
    assert {name.split(".")[0] for name in files} == {"forecast"}
    assert all(Path(file).is_relative_to(installed) for file in files.values()), files
    assert {"forecast.features", "forecast.models", "forecast.datasets"} <= set(files)
    code = "import forecast.datasets as d; print(len(d.load(d.list()[0]).power) > 1000)"
    assert run_python(code, cwd=tmp_path, path=installed).strip() == "True"


def test_installed_wheel_has_the_command(installed: Path) -> None:
    (entry,) = installed.glob("quarterhour-*.dist-info/entry_points.txt")
    assert "quarterhour = forecast.cli:main" in entry.read_text()


def test_no_module_is_loaded_under_two_names_from_the_repository() -> None:
    files = imported(cwd=ROOT)
    assert {name.split(".")[0] for name in files} == {"forecast"}
    assert len({os.path.realpath(file) for file in files.values()}) == len(files)


def test_what_only_forecasts_does_not_wait_for_what_learns() -> None:
    code = "import sys, forecast as fc; fc.Forecaster, fc.SiteData, fc.load; print(*sys.modules)"
    loaded = set(run_python(code, cwd=ROOT).split())
    assert "forecast.forecaster" in loaded
    assert not loaded & {"lightgbm", "sklearn", "scipy.ndimage", "pvlib", "forecast.learning", "forecast.audit"}


def test_no_test_or_doctest_loaded_features_or_models_by_their_bare_names() -> None:
    ours = {
        name: os.path.realpath(module.__file__)
        for name, module in list(sys.modules.items())
        if name.split(".")[0] in ("forecast", "features", "models") and getattr(module, "__file__", None)
    }
    assert not [name for name in ours if not name.startswith("forecast")]
    assert len(set(ours.values())) == len(ours)


@pytest.mark.parametrize("how", ["wheel", "as it is here"])
def test_a_users_own_features_and_models_disturb_nothing(how: str, installed: Path, tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text("mine = 'models'\n")
    (tmp_path / "features").mkdir()
    (tmp_path / "features" / "__init__.py").write_text("mine = 'features'\n")
    (tmp_path / "script.py").write_text(
        "import features, models\n"
        "import forecast.features, forecast.models\n"
        "assert (features.mine, models.mine) == ('features', 'models')\n"
        "assert not hasattr(forecast.features, 'mine') and not hasattr(forecast.models, 'mine')\n"
        "print('undisturbed')\n"
    )
    code = "import runpy, sys; sys.path[0] = '.'; runpy.run_path('script.py', run_name='__main__')"
    path = installed if how == "wheel" else ROOT
    assert run_python(code, cwd=tmp_path, path=path).strip() == "undisturbed"
    assert {name.split(".")[0] for name in imported(cwd=tmp_path, path=path)} == {"forecast"}
