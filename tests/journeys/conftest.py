"""A real browser on a real server: Debian's Chromium through Playwright, the app as `opex serve` starts it."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect
from playwright.sync_api import TimeoutError as Timeout

from tests.conftest import ROOT


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on a folder of its own; the address it answers at."""
    home, port = tmp_path_factory.mktemp("home"), free_port()
    environment = {key: value for key, value in os.environ.items() if key not in {"OPEX_WORKSPACE", "OPEX_SAMPLE"}}
    command = [sys.executable, "-m", "opex.cli", "serve", "--port", str(port)]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=home, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            _wait_until_up(port, process, home / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, 15)
            process.wait(20)
    told = (home / "log").read_text(encoding="utf-8", errors="replace")
    assert "Traceback" not in told, told[-3000:]


def _wait_until_up(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(600):  # a busy machine takes its time; a dead process is seen at once
        assert process.poll() is None, log.read_text(encoding="utf-8")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
                assert answer.read() == b"ok"
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the app did not answer: {log.read_text(encoding='utf-8')}")


# Streamlit says by an attribute whether a script runs (its sign of work comes a while later), and dims what is old.
AT_REST = """() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-testid=stStatusWidget], [data-stale=true]')
    && document.getAnimations().every(a => a.playState !== 'running' || a.effect.getTiming().iterations === Infinity)"""

# What the server says arrives one message after the other, each so many milliseconds after the one before.
SLOW_WIRE = """() => {
    const Real = window.WebSocket
    window.slowly = 0
    window.WebSocket = class extends Real {
        addEventListener(type, hear, ...rest) {
            let last = 0
            const late = event => {
                last = Math.max(performance.now(), last) + window.slowly
                setTimeout(() => hear(event), last - performance.now())
            }
            super.addEventListener(type, type === "message" ? late : hear, ...rest)
        }
    }
}"""


@dataclass
class Visitor:
    """A person at a browser: what they look at, and what their browser asked for."""

    page: Page
    address: str
    outside: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)
        self.page.wait_for_selector("h1", timeout=60_000)
        self.settle()

    def settle(self) -> None:
        """Wait until the app has nothing left to do, and nothing on the page is old or in the middle of a fade."""
        self.page.wait_for_timeout(350)
        for _ in range(3):
            try:
                self.page.wait_for_function(AT_REST, timeout=60_000)
            except Timeout:
                pytest.fail("the page is still at work after a minute")
            self.page.wait_for_timeout(250)

    def titles(self) -> list[str]:
        """The titles of the ranked list, in order."""
        self.page.wait_for_selector(".row .title", timeout=60_000)
        return self.page.locator(".row .title").all_inner_texts()

    def say_who(self, name: str) -> None:
        box = self.page.get_by_test_id("stSidebar").get_by_role("combobox", name="You are")
        box.fill(name)
        self.page.get_by_role("option", name=name).first.wait_for()
        box.press("Enter")
        self.settle()

    def choose(self, box: Locator, option: str) -> None:
        """Choose by typing, once the page has answered to the field that was left for it."""
        box.click()
        self.settle()
        box.press_sequentially(option)
        self.page.get_by_role("option", name=option).first.wait_for()
        box.press("Enter")
        expect(box).to_have_value(re.compile(option))

    @contextmanager
    def slowly(self, milliseconds: int) -> Iterator[None]:
        """Each message of the server so much later than the one before; for pages that began with ``SLOW_WIRE``."""
        self.page.evaluate(f"window.slowly = {milliseconds}")
        yield
        self.settle()
        self.page.evaluate("window.slowly = 0")

    def note(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:", self.address.replace("http", "ws"))):
            self.outside.append(request.url)


@pytest.fixture
def visitor(browser: Browser, server: str) -> Iterator[Visitor]:
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, accept_downloads=True)
    someone = Visitor(page=context.new_page(), address=server)
    someone.page.on("request", someone.note)
    yield someone
    assert someone.outside == [], "the browser asked for something outside of this machine"
    context.close()


@dataclass(frozen=True)
class Room:
    """A server of the components of a room, and its workspace."""

    address: str
    url: str


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """The launcher under ``apps`` on a workspace of its own."""
    home, port = tmp_path_factory.mktemp("room"), free_port()
    (home / ".streamlit").symlink_to(ROOT / ".streamlit")
    url = f"sqlite:///{home / 'room.db'}"
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "tests" / "journeys" / "apps" / "app.py")]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OPEX_WORKSPACE": url}
    with (home / "log").open("wb") as log:
        command += ["--server.port", str(port)]
        process = subprocess.Popen(command, cwd=home, env=environment, stdout=log, stderr=log)
        try:
            _wait_until_up(port, process, home / "log")
            yield Room(f"http://127.0.0.1:{port}", url)
        finally:
            process.terminate()
            process.wait(20)
    told = (home / "log").read_text(encoding="utf-8", errors="replace")
    assert "Traceback" not in told, told[-3000:]


SAMPLE = ROOT / "data" / "sample"
