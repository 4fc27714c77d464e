"""`quarterhour bench`: the benchmark suite, and the gate that a change must pass."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecast.cli.options import Jobs, has_folder
from forecast.errors import SettingsError

if TYPE_CHECKING:
    from forecast.bench import Line, Workload

WORSE = 1


def bench(
    suite: Annotated[str, typer.Option("--suite", help="quick: what ships inside; full: every record of --sites.")] = (
        "quick"
    ),
    gate: Annotated[Path | None, typer.Option("--gate", help="A baseline; exit code 1 if worse than it.")] = None,
    update_baseline: Annotated[
        bool, typer.Option("--update-baseline", help="Write this run as the baseline of --gate.")
    ] = False,
    json: Annotated[Path | None, typer.Option("--json", help="Write scores, daily losses and hashes.")] = None,
    junit: Annotated[Path | None, typer.Option("--junit", help="Write the outcome as JUnit XML.")] = None,
    sites: Annotated[Path, typer.Option("--sites", help="The site file of --suite full.")] = Path(
        "benchmarks/sites.toml"
    ),
    data: Annotated[Path | None, typer.Option("--data", help="Folder where the site file's paths start.")] = None,
    model: Annotated[str, typer.Option("--model", help="Which model, such as lightgbm, blend or ridge.")] = "lightgbm",
    jobs: Jobs = 1,
) -> None:
    """Measure accuracy, time and memory; with --gate, tell what changed and whether it is worse."""
    from forecast.bench import judged, read, run, write
    from forecast.bench.stored import junit as write_junit

    if update_baseline and gate is None:
        raise SettingsError("--update-baseline needs --gate FILE, the baseline to write")
    for path, option in ((gate, "--gate"), (json, "--json"), (junit, "--junit")):
        has_folder(path, option)
    baseline = None if gate is None or update_baseline else read(gate)
    found = run(suite, _workloads(suite, sites, data, model), jobs=jobs, said=lambda text: print(text, flush=True))
    lines = [] if baseline is None else judged(baseline, found)
    if json is not None:
        write(json, found)
    if junit is not None:
        write_junit(junit, found, lines)
    if update_baseline and gate is not None:
        write(gate, found)
        print(f"{gate}: written")
    _print_work(found)
    if baseline is not None and _print_changes(baseline, found, lines):
        raise typer.Exit(WORSE)


def _workloads(suite: str, sites: Path, data: Path | None, model: str) -> list[Workload]:
    from forecast.bench import full, quick

    if suite == "quick":
        return quick(model)
    if suite != "full":
        raise SettingsError(f"--suite {suite}: expected quick or full")
    return full(sites, data, model)


def _print_work(found: dict[str, Any]) -> None:
    work, hashes = found["work"], found["hashes"]
    times = f"{work['time']:.2f} times" if work["time"] else "not compared (--jobs above 1), "
    print(
        f"{work['seconds']:.1f} s of CPU time, {times} the reference work; peak {work['peak_mb'] or 0:.0f} MB. "
        f"code {hashes['code']}, settings {hashes['settings']}"
    )


def _print_changes(baseline: dict[str, Any], found: dict[str, Any], lines: Sequence[Line]) -> int:
    """Print what changed as one table; return how many lines are worse."""
    from rich.console import Console
    from rich.table import Table

    same = "same code" if baseline["hashes"]["code"] == found["hashes"]["code"] else "other code"
    table = Table(title=f"against the baseline of {baseline['made'][:10]} ({same})", title_justify="left")
    for column in ("what", "baseline", "now", "change %", "90 % interval", "verdict"):
        table.add_column(column, justify="left" if column in ("what", "verdict") else "right")
    for line in lines:
        known = line.low == line.low
        range_ = f"{100 * line.low:+.2f} … {100 * line.high:+.2f}" if known else ""
        verdict = "WORSE" if line.worse else "better" if line.better else "same"
        style = "red" if line.worse else None
        cells = (line.what, f"{line.before:.5g}", f"{line.now:.5g}", f"{100 * line.change:+.2f}", range_, verdict)
        table.add_row(*cells, style=style)
    console = Console() if Console().is_terminal else Console(width=120)
    console.print(table)
    worse = sum(line.worse for line in lines)
    print(f"worse: {worse}" if worse else "not worse")
    return worse
