"""Whatever stands in a file: mutants, kills, threads and processes; writes docs/hardening.md.

`python benchmarks/hardening.py`: ten thousand mutated bundles and input files, `kill -9` at 200 moments of `save`, 16
threads and 4 processes on one bundle, and where atheris is installed (`pip install atheris`) half a million mutants
that look for new paths. `--mutants 500 --kills 20 --guided 10000` for less. Exit code 1 where anything is wrong.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from hardening_tasks import samples, together
from hardening_tasks.killing import kills
from hardening_tasks.trying import INVALID, MARK, TYPED, UNTYPED, VALID

import forecast as fc

ROOT = Path(__file__).resolve().parents[1]
CRASH, HANG = "crash", "hang"
OUTCOMES = (TYPED, VALID, INVALID, UNTYPED, CRASH, HANG)
WRONG = (INVALID, UNTYPED, CRASH, HANG)
AT_ONCE = 100  # mutants a process


def tried(form: str, folder: Path, first: int, stop: int, limit: float) -> list[tuple[int, str, str, str]]:
    """Return (seed, mutation, outcome, error) of mutants; after a crash or a hang a new process goes on behind it."""
    done: list[tuple[int, str, str, str]] = []
    while first < stop:
        last = min(first + AT_ONCE, stop)
        command = [sys.executable, "-m", "hardening_tasks.trying", form, str(folder), str(first), str(last)]
        new = list(_outcomes(command, limit))
        for one in new:
            if one[2] in WRONG:
                print(form, *one, file=sys.stderr, flush=True)
        done += new
        first = max(new[-1][0], first) + 1 if new else last
    return done


def _env() -> dict[str, str]:
    more = os.environ.get("PYTHONPATH", "")
    path = os.pathsep.join([str(ROOT), str(ROOT / "benchmarks"), *([more] if more else [])])
    return os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}


def _outcomes(command: list[str], limit: float) -> Iterator[tuple[int, str, str, str]]:
    """Yield (seed, mutation, outcome, error) of a process; the last one may be that it crashed or hung."""
    lines: queue.Queue[str | None] = queue.Queue()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=_env()) as process:
        assert process.stdout is not None
        threading.Thread(target=_read, args=(process.stdout, lines), daemon=True).start()
        under_way: tuple[int, str] | None = (-1, "before the first")
        end = CRASH
        while True:
            try:
                line = lines.get(timeout=limit)
            except queue.Empty:
                process.kill()
                end = HANG
                break
            if line is None:
                break
            seed, name, what, error = json.loads(line)
            under_way = (seed, name) if what == "begun" else None
            if under_way is None:
                yield seed, name, what, error
    if under_way:
        yield *under_way, end, ""
    elif process.returncode:
        raise RuntimeError(f"making a mutant failed: {' '.join(command)}")


def _read(stream: IO[str], lines: queue.Queue[str | None]) -> None:
    for line in stream:
        if MARK in line:  # not at its beginning where what C wrote before it has no end of line
            lines.put(line.split(MARK, 1)[1])
    lines.put(None)


def table(found: dict[str, list[tuple[int, str, str, str]]]) -> list[str]:
    lines = ["| of | mutation | " + " | ".join(OUTCOMES) + " |", "|---|---|" + "---|" * len(OUTCOMES)]
    total: Counter[str] = Counter()
    for form, done in found.items():
        for name in sorted({mutation for _, mutation, _, _ in done}):
            counts = Counter(what for _, mutation, what, _ in done if mutation == name)
            total += counts
            lines.append(f"| {form} | {name} | " + " | ".join(str(counts[o]) for o in OUTCOMES) + " |")
    return [*lines, f"| **all** | {sum(total.values())} | " + " | ".join(f"**{total[o]}**" for o in OUTCOMES) + " |"]


def guided(runs: int) -> tuple[str, bool]:
    """Return a line on the mutants that atheris made, and whether our readers stood them all."""
    if importlib.util.find_spec("atheris") is None:
        return "atheris is not installed here: not run.", True
    command = [sys.executable, "-m", "hardening_tasks.covered", f"-runs={runs}", "-timeout=60"]
    ended = subprocess.run(command, capture_output=True, text=True, env=_env())
    done = re.findall(r"Done (\d+) runs in (\d+) second", ended.stderr)
    if ended.returncode or not done:
        print(ended.stderr[-4000:], file=sys.stderr, flush=True)
        return f"FAILED with exit code {ended.returncode}; the input it failed on is in the working folder.", False
    count, seconds = done[-1]
    return f"{int(count):,} mutants in {seconds} s; each was read or refused by a typed error: no crash, no hang.", True


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=10_000, help="of bundles and input files together")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--guided", type=int, default=500_000, help="mutants by atheris, of our own readers")
    parser.add_argument("--limit", type=float, default=120, help="seconds after which a mutant counts as a hang")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "hardening.md")
    return parser.parse_args()


def agreements(folder: Path) -> tuple[list[str], bool]:
    """Return lines on threads and processes, and whether all agree."""
    path = folder / "one.qh"
    path.write_bytes((folder / "wind blend.sample").read_bytes())
    alone = together.bits(fc.load(path), samples.data("wind"))
    ways = {
        "16 threads, one forecaster": together.by_threads(path, "wind", 16),
        "4 new processes": together.by_processes(path, "wind", 4),
        "4 processes forked after a forecast": together.by_forks(path, "wind", 4),
    }
    lines = [f"- {name}: {'the same bits' if bits == {alone} else 'DIFFERENT bits'}" for name, bits in ways.items()]
    return lines, all(bits == {alone} for bits in ways.values())


def killed(folder: Path, count: int) -> dict[str, int]:
    one, two = folder / "a.qh", folder / "b.qh"
    one.write_bytes((folder / "wind blend.sample").read_bytes())
    two.write_bytes((folder / "pv pooled.sample").read_bytes())
    place = folder / "kills"
    place.mkdir()
    return kills(one, two, place / "model.qh", count)


def main() -> None:
    options, begun = arguments(), time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for bundle in samples.BUNDLES:
            (folder / f"{bundle}.sample").write_bytes(samples.bundle(bundle, folder))
        for form in samples.FILES:
            (folder / f"{form}.sample").write_bytes(samples.file(form))
        same, agree = agreements(folder)
        found_kills = killed(folder, options.kills)
        searched, stood = guided(options.guided)
        forms = (*samples.BUNDLES, *samples.FILES)
        each = -(-options.mutants // len(forms))
        found = {}
        for form in forms:
            found[form] = tried(form, folder, options.first, options.first + each, options.limit)
            wrong = [one for one in found[form] if one[2] in WRONG]
            print(form, Counter(one[2] for one in found[form]), wrong[:20], file=sys.stderr, flush=True)
    text = page(found, found_kills, same, searched, options, time.perf_counter() - begun)
    options.out.write_text(text, encoding="utf-8")
    bad = any(one[2] in WRONG for done in found.values() for one in done)
    sys.exit(int(bad or not agree or not stood or found_kills["broken"] > 0))


def page(
    found: dict[str, list[tuple[int, str, str, str]]],
    found_kills: dict[str, int],
    same: list[str],
    searched: str,
    options: argparse.Namespace,
    seconds: float,
) -> str:
    head = (ROOT / "benchmarks" / "hardening_tasks" / "page.md").read_text(encoding="utf-8")
    wrong = [(form, *one) for form, done in found.items() for one in done if one[2] in WRONG]
    listed = [f"- {form}, seed {seed}, {name}: {what} {error[:160]}" for form, seed, name, what, error in wrong[:50]]
    return head.format(
        table="\n".join(table(found)),
        wrong="\n".join(["Wrong:", *listed]) if listed else "None of the last four.",
        kills=f"{options.kills} kills, of which {found_kills['killed while saving']} hit a save that was under way; "
        f"broken files: {found_kills['broken']}; most files left beside at a time: {found_kills['left beside']}.",
        same="\n".join(same),
        guided=searched,
        first=options.first,
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        minutes=f"{seconds / 60:.0f}",
        version=fc.__version__,
    )


if __name__ == "__main__":
    main()
