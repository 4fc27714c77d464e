"""How accurate we are beside skforecast, mlforecast, darts and openstef: writes docs/peers.md.

`make peers` first; then

python benchmarks/peers_accuracy.py --data ../shared/data --keep FOLDER           # hours on one core; can be resumed
python benchmarks/peers_accuracy.py --data ../shared/data --keep FOLDER --quick   # four records

Same inputs, same rows: leads 1, 4 and 16 of the stored rows of twelve records. Whatever has finished lies in FOLDER and
is not made again: after a change of code or settings take a new one. The page is written anew after each record, from
all that lies there.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import records  # noqa: E402
from accuracy_tasks import page, runs  # noqa: E402
from ultra_short import QUICK  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Make what is missing, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--keep", type=Path, default=ROOT / "build" / "peers", help="folder of finished forecasts")
    parser.add_argument("--only", nargs="*", choices=records.RECORDS, help="records; all twelve otherwise")
    parser.add_argument("--quick", action="store_true", help="four records")
    parser.add_argument("--libraries", nargs="*", choices=runs.LIBRARIES, default=runs.LIBRARIES)
    parser.add_argument("--peers", type=Path, default=ROOT / ".peers", help="folder of the libraries' environments")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "peers.md", help="default: docs/peers.md")
    options = parser.parse_args()
    options.keep.mkdir(parents=True, exist_ok=True)
    rest = sorted(set(records.RECORDS) - set(QUICK), key=lambda name: len(records.load_rows(name, options.data)))
    for name in options.only or (QUICK if options.quick else (*QUICK, *rest)):
        for library in options.libraries:
            print(f"{name}: {library} …", file=sys.stderr, flush=True)
            runs.finished(name, library, options.data, options.keep, options.peers)
        options.out.write_text(page.text(options.data, options.keep))
    print(page.text(options.data, options.keep))


if __name__ == "__main__":
    main()
