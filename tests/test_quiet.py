"""The library neither talks nor calls: no network, nothing on the terminal, logging only for those who ask."""

from __future__ import annotations

import ast
import logging
import os
import subprocess
import sys
from pathlib import Path

import forecast as fc

ROOT = Path(__file__).resolve().parents[1]
WORK = """
import sys
tried = []
calls = ("connect", "getaddrinfo", "gethostbyname", "gethostbyaddr", "getnameinfo", "sendto", "sendmsg")
def deny(event, arguments):
    if event in [f"socket.{call}" for call in calls]:
        tried.append((event, arguments))
        raise OSError(f"no network here: {event} {arguments}")
sys.addaudithook(deny)

import socket
try:
    socket.create_connection(("127.0.0.1", 9), timeout=1)
except OSError:
    assert tried.pop()[0] in ("socket.getaddrinfo", "socket.connect"), "the guard does not guard"
assert not tried

import pandas as pd, plants, forecast as fc
data = plants.wind(days=12)
forecaster = plants.forecaster("ridge").fit(data.until(plants.START + pd.Timedelta("8D")))
forecaster.save(sys.argv[1] + "/model.qh")
forecaster = fc.load(sys.argv[1] + "/model.qh")
frame = forecaster.predict(data, plants.START + pd.Timedelta("9D"))
fc.check(data)
result = fc.backtest({"ours": forecaster}, data, plants.START + pd.Timedelta("9D"), plants.START + pd.Timedelta("10D"),
                     every="1h", refit="never", progress=False)
result.scores()
result.report(sys.argv[1] + "/report.html")
fc.monitor.append(fc.monitor.served(frame, data, forecaster), sys.argv[1] + "/served.jsonl")
assert not tried, tried
"""


def test_fit_predict_backtest_and_report_need_no_network_and_say_nothing(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}", "MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", WORK, str(tmp_path)],
        env=env, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert (done.stdout, done.stderr) == ("", "")
    assert (tmp_path / "report.html").stat().st_size > 10_000


def test_the_librarys_logger_is_quiet_until_somebody_listens() -> None:
    assert fc.monitor
    handlers = logging.getLogger("forecast").handlers
    assert any(isinstance(handler, logging.NullHandler) for handler in handlers)
    assert logging.getLogger("forecast").level == logging.NOTSET


def test_nothing_but_the_command_line_prints() -> None:
    folders = (ROOT / "forecast", ROOT / "features", ROOT / "models")
    spoken = ("cli", "demo.py", "__main__.py")
    found = []
    for path in {file.resolve() for folder in folders for file in folder.rglob("*.py")}:
        if any(part in spoken for part in path.relative_to(ROOT).parts):
            continue
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        found += [
            f"{path}:{call.lineno}" for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"
        ]
    assert found == []
