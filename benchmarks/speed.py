"""How fast we are beside skforecast, darts, mlforecast and openstef: writes docs/speed.md.

`make peers` first; then `python benchmarks/speed.py` (hours on one core), or `--only predict
import`. With `--data FOLDER` (the shared data) the plant is a measured turbine, without it one that is made
up. `--profile` writes only where our own time goes. To see whether everything runs: `--once --out FILE`, with
QUARTERHOUR_SPEED_DAYS=60 in the environment for a shorter year.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from speed_tasks import document
from speed_tasks.dominating import DOMINATING, dominating
from speed_tasks.measures import MEASURES, PEERS
from speed_tasks.plant import made_up, measured
from speed_tasks.race import ROOT, race


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [measure.name for measure in MEASURES]
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="measure these tables only")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=PEERS, help="race against these only")
    parser.add_argument("--once", action="store_true", help="one call each, no warm-up")
    parser.add_argument("--profile", action="store_true", help="only where our predict, backtest and fit spend theirs")
    parser.add_argument("--data", type=Path, help="folder of the shared data: a measured turbine")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "speed.md", help="default: docs/speed.md")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    columns, source = (measured(options.data), "turbine R80711") if options.data else (made_up(), "made-up plant")
    with tempfile.TemporaryDirectory() as folder:
        plant = Path(folder) / "plant.npz"
        np.savez(plant, **columns)
        if options.profile:
            text = dominating(plant, source)
            document.write(options.out, {DOMINATING: text})
            print(text)
            return
        for measure in MEASURES:
            if measure.name not in options.only:
                continue
            if options.once:
                measure = replace(measure, rounds=1, calls=1, warm_up=0)
            print(f"{measure.title} …", file=sys.stderr)
            text = document.section(measure, race(measure, plant, {"ours", *options.peers}), source)
            document.write(options.out, {measure.title: text})
            print(text, end="\n\n", flush=True)


if __name__ == "__main__":
    main()
