"""Run a command; an error that the user can mend is one line on stderr and exit code 2."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from forecast.errors import QuarterhourError

WRONG, STOPPED, UNREAD = 2, 130, 1


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line `args` (None: that of the process) and leave with its exit code."""
    import typer

    from forecast.cli.app import app

    try:
        code = app(args=None if args is None else list(args), prog_name="quarterhour", standalone_mode=False)
        sys.stdout.flush()  # here, where a reader that left is noticed, and not while Python is shutting down
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(STOPPED)
    except BrokenPipeError:  # the reader of our output left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(UNREAD)
    except (QuarterhourError, OSError) as error:
        sys.exit(_said(str(error)))
    except Exception as error:
        # typer's own errors have no common base across its versions, but all can tell their message
        if not hasattr(error, "format_message"):
            raise
        sys.exit(_said(f"{error.format_message().rstrip('.')}; see quarterhour --help"))
    sys.exit(code if isinstance(code, int) else 0)


def _said(message: str) -> int:
    print(f"quarterhour: {' '.join(message.split())}", file=sys.stderr)
    return WRONG
