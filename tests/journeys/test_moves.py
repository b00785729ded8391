"""What moved and why, in a real browser: keep a ranking, move an item at its price, see what moved."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from opex.services import kept_rankings
from tests.conftest import context_at
from tests.journeys.conftest import Visitor, _wait_until_up, free_port
from tests.services.sample import copy_to

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_move_shows_its_price_and_view_moves_shows_what_came_of_it(browser: Browser, tmp_path: Path) -> None:
    url, port = copy_to(tmp_path), free_port()
    command = [sys.executable, "-m", "opex.cli", "serve", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        environment = os.environ | {"OPEX_WORKSPACE": url}
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
    try:
        _wait_until_up(port, process, tmp_path / "log")
        context = browser.new_context(viewport={"width": 1280, "height": 2400})
        visitor = Visitor(page=context.new_page(), address=f"http://127.0.0.1:{port}")
        page = visitor.page
        visitor.go("/")
        visitor.say_who("Ana Ng")
        before = visitor.titles()

        # nothing was kept by looking; the view says what to do, and does it
        page.get_by_text("Moves", exact=True).click()
        page.get_by_text("No ranking was kept yet, so there is nothing to compare with").wait_for(timeout=60_000)
        of = context_at(url)
        assert kept_rankings.kept(of) == []
        page.get_by_label("Note").fill("before the review")
        page.get_by_role("button", name="Keep this ranking").click()
        page.get_by_text("None of the first ten moved; no score changed.").wait_for(timeout=60_000)
        visitor.settle()

        # why it is not higher, and the price of a move before it is saved
        page.get_by_text("List", exact=True).click()
        visitor.settle()
        page.locator(".row").nth(6).press("Enter")
        drawer = page.get_by_role("dialog")
        drawer.get_by_text("Why is it not higher?").click()
        drawer.get_by_text(f"“{before[5]}” stands above “{before[6]}” by").wait_for(timeout=60_000)
        drawer.get_by_label("To place").fill("2")
        drawer.get_by_label("To place").press("Enter")
        visitor.settle()
        drawer.get_by_role("button", name="Move", exact=True).scroll_into_view_if_needed()  # room for the choices
        visitor.settle()
        drawer.get_by_role("combobox", name="Reason").click()
        page.get_by_role("option", name="the weights do not say").click()
        drawer.get_by_text(f"to put “{before[6]}” above “{before[1]}” by 0.5 points").wait_for(timeout=60_000)
        visitor.settle()
        drawer.get_by_role("button", name="Move", exact=True).click()
        drawer.get_by_text("Ana Ng put it at place 2").wait_for(timeout=60_000)
        drawer.get_by_text("History (1)").click()
        drawer.get_by_text("its price in points of weight:").wait_for(timeout=60_000)
        page.keyboard.press("Escape")
        visitor.settle()
        page.get_by_text("Since the ranking kept on").wait_for(timeout=60_000)
        page.get_by_text("Moves", exact=True).click()
        page.get_by_text("Six of the first ten moved; no score changed. 1 moved by people.").wait_for(timeout=60_000)
        [kept] = kept_rankings.kept(of)
        assert (kept.person, kept.note) == ("Ana Ng", "before the review")
        of.database.close()
        context.close()
    finally:
        process.terminate()
        process.wait(20)
    told = (tmp_path / "log").read_text(encoding="utf-8", errors="replace")
    assert "Traceback" not in told, told[-3000:]
