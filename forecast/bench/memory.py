"""How much memory the process needed."""

from __future__ import annotations

import sys


def peak_mb() -> float | None:
    """Return the largest memory the process has had so far [MB]; None where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / (2**20 if sys.platform == "darwin" else 2**10)
