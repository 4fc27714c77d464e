"""Results of the benchmark as files: JSON to compare with, JUnit for the CI's page."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from forecast.bench.measuring import FORMAT
from forecast.errors import ReadingError

if TYPE_CHECKING:
    from forecast.bench.gate import Line


def write(path: str | os.PathLike[str], found: dict[str, Any]) -> None:
    """Write a result as JSON, lists of numbers on one line each."""
    Path(path).write_text(_json(found) + "\n", encoding="utf-8")


def _json(value: Any, indent: int = 0) -> str:
    if isinstance(value, dict) and value:
        space = " " * (indent + 1)
        rows = (f"{space}{json.dumps(key)}: {_json(inner, indent + 1)}" for key, inner in value.items())
        return "{\n" + ",\n".join(rows) + "\n" + " " * indent + "}"
    return json.dumps(value)


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a stored result; `ReadingError` for a file that is something else or newer."""
    name = os.fspath(path)
    if not os.path.exists(name):
        raise FileNotFoundError(f"{name}: there is no such file; --update-baseline writes it")
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
        number = int(found["format"])
    except (ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise ReadingError(f"{name}: not a result of quarterhour bench ({type(error).__name__}: {error})") from error
    if number > FORMAT:
        raise ReadingError(f"{name}: format {number}, this version reads up to {FORMAT}; update quarterhour")
    stored: dict[str, Any] = found
    return stored


def junit(path: str | os.PathLike[str], found: dict[str, Any], lines: Sequence[Line]) -> None:
    """Write a result as JUnit XML: one case a line, a failure where it is worse; without a baseline, one case."""
    seconds = f"{found['work']['seconds']:.3f}"
    failed = sum(line.worse for line in lines)
    suite = ElementTree.Element(
        "testsuite", name=f"quarterhour bench {found['suite']}", tests=str(max(len(lines), 1)),
        failures=str(failed), errors="0", skipped="0", time=seconds, timestamp=found["made"],
    )  # fmt: skip
    if not lines:
        ElementTree.SubElement(suite, "testcase", classname=found["suite"], name="ran", time=seconds)
    for line in lines:
        case = ElementTree.SubElement(suite, "testcase", classname=found["suite"], name=line.what, time="0")
        if line.worse:
            ElementTree.SubElement(case, "failure", message=line.text, type="worse").text = line.text
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)
