"""From a key pressed on a weight's slider to the picture, in a real Chromium, beside the slider of an empty page.

Ours is the real app on the page Priorities with 500 opportunities and 100,000 incidents behind them: until the list
in the DOM (order and doubt) has changed and a frame was drawn. The floor is a page of two lines that shows its slider's
value; beside it stands our own page moved by a slider outside of its fragments, which reruns it whole. All are served
with the project's settings, their browser pages are open at once, and keys are pressed in turns. Streamlit waits a
moment after a key before it sends anything; `sent to picture` leaves that out.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.measuring import Measured
from benchmarks.prepared import prepare

ROOT = Path(__file__).parents[1]
LIMIT = 2.0
EMPTY = "import streamlit as st\nst.html(f\"<p class=list>{st.slider('Weight, %', 0, 100, 50)}</p>\")\n"
WHOLE = f"""import runpy
import streamlit as st
from opex.services import prioritising
from opex.ui.session import context
from opex.ui.weights import rebalanced
drivers = prioritising.board(context()).drivers
first, *_ = stated = {{name: 100 * weight for name, weight in drivers.weights.items()}}
percent = st.slider("Weight, %", 0, 100, round(stated[first]))
st.session_state[f"weight_{{drivers.version}}_exact"] = rebalanced(stated, first, percent, stated)
st.session_state["weighing"] = True
runpy.run_path({str(ROOT / "pages" / "priorities.py")!r})
"""
KEYS = ("PageUp", "PageDown", "PageUp", "PageUp", "PageDown", "PageDown")
CHROMIUM = "/usr/bin/chromium"
QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update"]  # fmt: skip
WATCH = """
const send = WebSocket.prototype.send
WebSocket.prototype.send = function (data) { window.sent ??= performance.now(); return send.call(this, data) }
const lists = root => [...root.querySelectorAll("*")].flatMap(e =>
  [...(e.matches(".list") ? [e] : []), ...(e.shadowRoot ? lists(e.shadowRoot) : [])])
const shown = () => lists(document).map(e => e.innerHTML).join()
window.told = () => new Promise((done, missed) => {
  const before = shown()
  let pressed
  const look = () => {
    if (pressed && shown() !== before)
      return requestAnimationFrame(() => setTimeout(() => {
        const now = performance.now()
        done([now - pressed, now - window.sent])
      }))
    if (pressed && performance.now() - pressed > 20000) return missed(new Error("the list did not change"))
    setTimeout(look, 2)
  }
  window.addEventListener("keydown", () => { pressed = performance.now(); window.sent = undefined; look() },
                          { capture: true, once: true })
})
"""


@contextmanager
def served(script: Path, **environment: str) -> Iterator[str]:
    """The script under `streamlit run`, until it answers; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    try:
        _wait(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def _wait(address: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(address, timeout=2).close()  # noqa: S310 - our own server
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(address)


def _opened(browser: Browser, address: str) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.add_init_script(WATCH)
    page.goto(address)
    page.locator(".list").first.wait_for(timeout=120_000)
    return page


def _pressed(page: Page, key: str) -> tuple[float, float]:
    """Seconds from the key to the picture, and from the message to the picture."""
    page.evaluate("() => { window.answer = window.told() }")
    page.get_by_role("slider").first.press(key)
    whole, sent = page.evaluate("() => window.answer")
    page.wait_for_timeout(150)
    return whole / 1000, sent / 1000


def _in_turns(times: int, *pages: Page) -> list[tuple[float, float]]:
    """The medians of both times for each page; the first round of keys does not count."""
    rounds = [[_pressed(page, KEYS[n % len(KEYS)]) for page in pages] for n in range(len(KEYS) + times)][len(KEYS) :]
    return [(median(w for w, _ in column), median(s for _, s in column)) for column in zip(*rounds, strict=True)]


def measure(times: int = 15) -> list[Measured]:
    with TemporaryDirectory() as made:
        url = f"sqlite:///{made}/click.db"
        prepare(url)
        empty = Path(made) / "empty.py"
        empty.write_text(EMPTY, encoding="utf-8")
        whole = Path(made) / "whole.py"
        whole.write_text(WHOLE, encoding="utf-8")
        with (
            served(ROOT / "app.py", OPEX_WORKSPACE=url) as ours,
            served(empty) as floor,
            served(whole, OPEX_WORKSPACE=url) as rerun,
            sync_playwright() as playwright,
            playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET) as browser,
        ):
            app, bare, uncut = (_opened(browser, address) for address in (ours, floor, rerun))
            app.get_by_text("Weights", exact=True).click()
            app.get_by_role("slider").first.wait_for()
            return _measured(times, app, bare, uncut)


def _measured(times: int, app: Page, bare: Page, uncut: Page) -> list[Measured]:
    (mine, mine_sent), (base, base_sent), (rerun, rerun_sent) = _in_turns(times, app, bare, uncut)
    app.get_by_role("button", name="Show all").click()
    app.get_by_text("Theme").nth(400).wait_for()
    (everything, _), (base_again, _) = _in_turns(times, app, bare)
    return [
        Measured(what="moved weight to picture", ours=mine, floor=base, limit=LIMIT, note="floor: an empty page"),
        Measured(what="the same, sent to picture", ours=mine_sent, floor=base_sent, note="without Streamlit's wait"),
        Measured(what="the same beside a rerun page", ours=mine, floor=rerun, note="floor: our page rerun whole"),
        Measured(what="the same, sent to picture", ours=mine_sent, floor=rerun_sent, note="floor: our page whole"),
        Measured(what="moved weight, 500 rows shown", ours=everything, floor=base_again, note="floor: an empty page"),
    ]
