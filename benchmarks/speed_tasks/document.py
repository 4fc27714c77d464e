"""docs/speed.md: a section a measure; a run of some measures replaces those sections only."""

from __future__ import annotations

import datetime
import os
import platform
from pathlib import Path
from statistics import median

from speed_tasks.measures import MEASURES, Measure
from speed_tasks.race import Result

HEAD = """# Speed, beside the libraries people use today

Made by `make peers` and `python benchmarks/speed.py`; `--only predict` measures one table again. CPU time
of the process, medians, one thread; every library in an environment of its own, asked in turn in the same
run. Ratios travel, absolute times do not: read the ratio, CPU time over that of the best peer (variants, named
after a comma, are shown and not raced against). "Must" and "aim" are such ratios, set before any of this was
written; the last column says whether they are met. The peak is that of the process during the timed calls: its
libraries, model and inputs included, what preparing them took left out."""


def best_peer(results: list[Result]) -> Result | None:
    """Return the fastest peer that did the whole task."""
    peers = [r for r in results if r.cpu and not r.error and r.entry.library != "ours" and not r.entry.variant]
    return min(peers, key=lambda r: r.seconds, default=None)


def section(measure: Measure, results: list[Result], source: str) -> str:
    """Return the section of one measure: what was done, the table, when and on what."""
    best = best_peer(results)
    rows = [
        f"| | CPU, {measure.unit} | wall, {measure.unit} | calls | peak MB | ratio to the best peer | must; aim |",
        "|---|---|---|---|---|---|---|",
        *(_row(measure, result, best) for result in results),
    ]
    versions = sorted({f"{r.entry.library} ({_named(r.versions)})" for r in results if r.versions})
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {source}"
    when = f"{datetime.date.today()}, {machine}: {'; '.join(versions)}."
    return "\n\n".join([f"## {measure.title}", measure.text, "\n".join(rows), when])


def _named(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _row(measure: Measure, result: Result, best: Result | None) -> str:
    if result.error:
        return f"| {result.entry.title} | {result.error.splitlines()[0].replace('|', '/')[:100]} | | | | | |"
    cpu, wall = (f"{measure.scale * median(times):.3g}" for times in (result.cpu, result.wall))
    ratio = f"{result.seconds / best.seconds:.2f}" if best else ""
    cells = (result.entry.title, cpu, wall, len(result.cpu), f"{result.peak_mb:.0f}", ratio, _goals(result, best))
    return f"| {' | '.join(map(str, cells))} |"


def _goals(result: Result, best: Result | None) -> str:
    """Return whether the entry's goals are met: CPU time and, where set, memory over that of the best peer."""
    if best is None:
        return ""
    ratios = (("", result.entry.cpu_goals, result.seconds / best.seconds),)
    ratios += (("memory ", result.entry.memory_goals, result.peak_mb / best.peak_mb),)
    return "; ".join(
        f"{what}≤ {goal:.2f} {'met' if ratio <= goal else 'not met'}" for what, goals, ratio in ratios for goal in goals
    )


def write(path: Path, new: dict[str, str]) -> None:
    """Write the sections into the document; those not measured now, and any written by hand, stay."""
    old = path.read_text(encoding="utf-8").split("\n## ")[1:] if path.exists() else []
    sections = {part.splitlines()[0]: f"## {part.rstrip()}" for part in old}
    sections |= new
    ours = [measure.title for measure in MEASURES]
    order = [title for title in ours if title in sections] + [title for title in sections if title not in ours]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n\n".join([HEAD, *(sections[title] for title in order)]) + "\n", encoding="utf-8")
