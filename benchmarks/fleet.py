"""Many sites, one machine or many: writes docs/fleet.md and docs/scale.md.

`python benchmarks/fleet.py --data FOLDER` (the shared data; about half an hour of one core), or `--only
cluster sites months step costs`. Parts that `--work FOLDER` holds already are not measured again.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from fleet_tasks import cluster, costs, document, growth, sites

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("cluster", "costs", "sites", "months", "step")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of the shared data")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="measure these parts only")
    parser.add_argument("--work", type=Path, help="folder for what is made; a temporary one by default")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--case", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def measured(part: str, data: Path, work: Path) -> Any:
    """Return what a part measured, now or before."""
    kept = work / f"{part}.json"
    if not kept.exists():
        print(f"{part} …", file=sys.stderr, flush=True)
        days = sites.shares(data)
        part_of = {"cluster": cluster.measure, "costs": costs.measure}
        found = part_of[part](days, work) if part in part_of else growth.measure(days, work, part)
        kept.write_text(json.dumps(found), encoding="utf-8")
    return json.loads(kept.read_text(encoding="utf-8"))


def main() -> None:
    options = arguments()
    if options.child:
        cluster.child(options.child)
        return
    if options.case:
        growth.run(options.case[0], Path(options.case[1]))
        return
    if options.data is None:
        raise SystemExit("--data FOLDER is needed: the shared data")
    with tempfile.TemporaryDirectory() as folder:
        work = options.work or Path(folder)
        work.mkdir(parents=True, exist_ok=True)
        found: dict[str, Any] = {}
        for part in options.only:
            found[part] = measured(part, options.data, work)
            document.write(found, ROOT / "docs")


if __name__ == "__main__":
    main()
