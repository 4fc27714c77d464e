"""The benchmark suite and its gate: did last night's change make forecasts worse, slower or larger?

`run` measures a suite, `judged` compares it with a stored one; the command is `quarterhour bench`.
"""

from forecast.bench.gate import Line, judged
from forecast.bench.measuring import run
from forecast.bench.stored import read, write
from forecast.bench.suites import Workload, full, quick

__all__ = ["Line", "Workload", "full", "judged", "quick", "read", "run", "write"]
