"""What a person types while the page is drawn again stays, however slowly the server answers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page

from opex.domain.people import Person
from opex.domain.sessions import INSIGHT, SessionPlanned
from opex.services import reviewing, session_reading, sessions
from opex.services.context import Context, Speaker
from tests.conftest import context_at
from tests.journeys.conftest import SLOW_WIRE, Visitor, _wait_until_up, free_port
from tests.services.sample import copy_to

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

ANA = Person(name="Ana Ng", function="product")
SLOW = 15  # ms a message; a page has a hundred


def revealed(of: Context) -> str:
    """A session of two opportunities in which two people see the first one differently; each was moved by hand."""
    people = {"Ana Ng": "product", "Bo": "engineering"}
    items = session_reading.first_items(of, 2)
    for place, item in enumerate(items, start=1):
        reviewing.move(of, item, Speaker(person=ANA), to=place, reason="commitment", words="")
    asked = {function: [INSIGHT, "removal"] for function in people.values()}
    plan = SessionPlanned(title="March", items=items, cut=1, asked=asked, participants=people)
    session = sessions.plan(of, plan, Speaker(person=ANA))
    sessions.open_session(of, session, Speaker(person=ANA))
    for name, verdict in (("Ana Ng", "holds"), ("Bo", "wrong")):
        who = Speaker(person=Person(name=name, function=people[name]))
        for item in items:
            sessions.answer(of, session, who, item, INSIGHT, verdict)
            sessions.answer(of, session, who, item, "removal", 0.5)
    sessions.reveal(of, session, Speaker(person=ANA))
    return session


def test_what_is_typed_while_a_page_is_drawn_again_stays(browser: Browser, tmp_path: Path) -> None:
    url, port = copy_to(tmp_path), free_port()
    of = context_at(url)
    session = revealed(of)
    command = [sys.executable, "-m", "opex.cli", "serve", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        environment = os.environ | {"OPEX_WORKSPACE": url}
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
    try:
        _wait_until_up(port, process, tmp_path / "log")
        context = browser.new_context(viewport={"width": 1280, "height": 1000})
        context.add_init_script(f"({SLOW_WIRE})()")
        visitor = Visitor(page=context.new_page(), address=f"http://127.0.0.1:{port}")
        visitor.go("/")
        visitor.say_who("Ana Ng")
        _in_the_drawer(visitor)
        visitor.go(f"/sessions?session={session}")
        visitor.say_who("Ana Ng")
        _while_it_settles(visitor)
        sessions.begin_deciding(of, session, Speaker(person=ANA))
        _while_a_move_is_taken_back(visitor)
        context.close()
    finally:
        process.terminate()
        process.wait(20)
        of.database.close()
    told = (tmp_path / "log").read_text(encoding="utf-8", errors="replace")
    assert "Traceback" not in told, told[-3000:]


def _in_the_drawer(visitor: Visitor) -> None:
    """An incident is struck: the place and the words typed at once below stay, though every place may have changed."""
    visitor.page.locator(".row").nth(4).press("Enter")
    drawer = visitor.page.get_by_role("dialog")
    drawer.get_by_text("How the score comes about").wait_for(timeout=60_000)
    visitor.settle()
    drawer.get_by_test_id("stDataFrame").first.click(position={"x": 18, "y": 55})
    drawer.get_by_label("Why 1 incident is no evidence").fill("a drill")
    visitor.settle()
    drawer.get_by_test_id("stDataFrame").first.click(position={"x": 18, "y": 90})
    reason = drawer.get_by_label("Why 2 incidents is no evidence")
    reason.wait_for()
    assert reason.input_value() == "a drill", "another incident is selected; the reason is as it was typed"
    visitor.settle()
    with visitor.slowly(SLOW):
        drawer.get_by_role("button", name="Strike 2 incidents").click()
        drawer.get_by_text("Struck:").wait_for(timeout=60_000)
        drawer.get_by_label("To place").fill("2")
        drawer.get_by_label("In words").press_sequentially("a customer waits for it", delay=40)
    assert drawer.get_by_label("To place").input_value() == "2"
    assert drawer.get_by_label("In words").input_value() == "a customer waits for it"
    visitor.choose(drawer.get_by_role("combobox", name="Reason"), "promised")
    drawer.get_by_role("button", name="Move", exact=True).click()
    drawer.get_by_text("Ana Ng put it at place 2").wait_for(timeout=60_000)
    visitor.settle()
    assert drawer.get_by_label("To place").input_value() == "", "what was saved is not asked again"
    visitor.page.keyboard.press("Escape")


def _typed(page: Page, label: str, words: str) -> str:
    page.get_by_label(label).last.press_sequentially(words, delay=40)
    return words


def _chosen(agenda: Locator) -> tuple[str, str]:
    """The title of the item that is chosen on the agenda, and what is told of it."""
    chosen = agenda.locator("label").filter(has=agenda.page.get_by_role("radio", checked=True))
    title, told = chosen.inner_text().split(" · ")
    return title, told


def _while_it_settles(visitor: Visitor) -> None:
    """One question is settled: the way in which another one is to be settled stays open, with its words."""
    page = visitor.page
    page.get_by_text("As each function sees it").wait_for(timeout=60_000)
    agenda = page.get_by_role("radiogroup", name="Agenda")
    title, told = _chosen(agenda)
    assert told == "1 of 2 above the line"
    with visitor.slowly(SLOW):
        page.get_by_role("button", name="Settle at the median").first.click()
        page.get_by_role("button", name="Settle otherwise").last.click()
        words = _typed(page, "Why?", "the supplier says so")
        page.get_by_text("✓ Settled").first.wait_for(timeout=60_000)
    assert page.get_by_label("Why?").input_value() == words
    assert _chosen(agenda) == (title, "place 1"), "other words for the same item, which stays chosen"
    page.keyboard.press("Escape")


def _while_a_move_is_taken_back(visitor: Visitor) -> None:
    """A move is taken back: what goes above the decision takes nothing from the words that are typed in it."""
    page = visitor.page
    page.get_by_role("button", name="Take the move back").wait_for(timeout=60_000)
    visitor.settle()
    page.get_by_role("radio", name="Accept").click()
    visitor.settle()
    with visitor.slowly(SLOW):
        page.get_by_role("button", name="Take the move back").click()
        words = _typed(page, "Why, in words", "it pays for itself within a year")
        page.get_by_role("button", name="Take the move back").wait_for(state="detached", timeout=60_000)
    assert page.get_by_label("Why, in words").input_value() == words
    visitor.settle()
    page.locator(".order .row .title").nth(1).click()  # a look at another one
    page.get_by_label("Why, in words").wait_for(state="detached", timeout=60_000)
    visitor.settle()
    page.locator(".order .row .title").nth(0).click()
    page.get_by_label("Why, in words").wait_for(timeout=60_000)
    assert page.get_by_label("Why, in words").input_value() == words
    assert page.get_by_role("radio", name="Accept").is_checked()
