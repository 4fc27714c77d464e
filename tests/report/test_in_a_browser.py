"""The page in a real browser: it opens from disk, shows itself at any width, and asks for nothing."""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
import results

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SECONDS = 120
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine; .ci/run installs it")


def browse(address: str, folder: Path, width: int, *more: str) -> bytes:
    """Return what chromium prints; its profile is a folder of its own."""
    assert CHROMIUM is not None
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking",
        f"--user-data-dir={folder / 'profile'}", f"--window-size={width},2000", *more, address,
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, check=True, timeout=SECONDS).stdout


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    results.backtest(days=8, leads=8).report(path, lang="zh", rules=["NW-2023", "SD"])
    return path


@pytest.mark.parametrize("width", [390, 1200])
def test_it_opens_from_disk_and_has_a_picture_of_itself(page: Path, width: int) -> None:
    picture = page.parent / f"{width}.png"
    browse(page.as_uri(), page.parent, width, f"--screenshot={picture}")
    assert picture.stat().st_size > 30_000


class Server(http.server.ThreadingHTTPServer):
    """Serves a folder and writes down what is asked for; a page may load nothing, and what it tries is reported."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{name}"


class Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; report-uri /tried")
        super().end_headers()

    def do_POST(self) -> None:  # noqa: N802  the name is http.server's
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(204)
        self.end_headers()

    def log_request(self, *_: object) -> None:
        assert isinstance(self.server, Server)
        self.server.asked.append(self.path)


def requests(page: Path) -> tuple[set[str], str]:
    """Return what is asked for when the page is opened, but for the tab's icon, and the page as it became."""
    with Server(page.parent) as server:
        text = browse(server.address(page.name), page.parent, 800, "--virtual-time-budget=4000", "--dump-dom").decode()
        server.shutdown()
        return set(server.asked) - {"/favicon.ico"}, text


def test_it_requests_nothing_but_itself(page: Path) -> None:
    asked, text = requests(page)
    assert "考核规则" in text
    assert asked == {"/report.html"}


def test_a_page_that_does_is_found_out(page: Path) -> None:
    talks = page.with_name("talks.html")
    picture = '<img src="http://localhost:9/x.png"></body>'
    talks.write_text(page.read_text(encoding="utf-8").replace("</body>", picture), encoding="utf-8")
    assert requests(talks)[0] == {"/talks.html", "/tried"}


def test_nothing_is_wider_than_a_phone(page: Path) -> None:
    probe = page.with_name("probe.html")
    script = "<script>document.title = document.documentElement.scrollWidth + ' of ' + window.innerWidth</script>"
    probe.write_text(page.read_text(encoding="utf-8").replace("</body>", f"{script}</body>"), encoding="utf-8")
    title = browse(probe.as_uri(), page.parent, 500, "--dump-dom").decode().split("<title>")[1].split("</title>")[0]
    wide, inside = (int(number) for number in title.split(" of "))
    assert wide <= inside
