"""The peak memory of a process is its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHILD = "from forecast.bench.memory import peak_mb; print(peak_mb())"
PARENT = f"""
import subprocess, sys
held = bytearray(b"x" * 300_000_000)
print(subprocess.run([sys.executable, "-c", {CHILD!r}], capture_output=True, text=True, check=True).stdout)
{CHILD}
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system tells the peak by getrusage alone")
def test_a_process_does_not_begin_at_what_its_parent_had() -> None:
    said = subprocess.run([sys.executable, "-c", PARENT], capture_output=True, text=True, check=True).stdout
    child, parent = map(float, said.split())
    assert 5 < child < parent - 250
