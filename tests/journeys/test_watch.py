"""The watch in a real browser, on the real route: the page runs again when the session moved, and disturbs nobody."""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Request, expect

from opex.domain.decisions import Person
from opex.domain.sessions import Answered, SessionPlanned, subject
from opex.services.context import Context
from opex.store import sayings
from opex.store.audit import By
from tests.conftest import NOW, context_at
from tests.journeys.conftest import Room, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
ANA = Person(name="Ana", function="product")
PLAN = SessionPlanned(
    title="March", items=("theme-1",), cut=1, asked={"product": ["insight"]}, participants={"Ana": "product"}
)
ANSWER = Answered(item="theme-1", question="insight", value="holds", seal="a1")


class Session:
    """A session of its own for each test, in which people answer."""

    def __init__(self, of: Context) -> None:
        self.of, self.id = of, uuid4().hex
        self.say(self.id, PLAN)

    def say(self, about: str, saying: SessionPlanned | Answered) -> str:
        by = By(at=NOW, person="Ana")
        seq = sayings.append(
            self.of.database, [(about, saying)], request_id=uuid4().hex, by=by, person=ANA, session=self.id
        )
        return str(seq)

    def answer(self) -> str:
        """Somebody answers; the third number of the position after it."""
        return self.say(subject(self.id, "theme-1", "insight"), ANSWER)


class Watcher(Visitor):
    """A browser on the page that watches, and how often it asked."""

    asked = 0

    def count(self, request: Request) -> None:
        self.asked += "/api/v1/sessions/" in request.url

    def shows(self, text: str, within: float = 10_000) -> None:
        expect(self.page.get_by_text(text)).to_be_visible(timeout=within)

    def asks_within(self, milliseconds: int) -> int:
        before = self.asked
        self.page.wait_for_timeout(milliseconds)
        return self.asked - before


@pytest.fixture
def session(room: Room) -> Iterator[Session]:
    of = context_at(room.url)
    yield Session(of)
    of.database.close()


@pytest.fixture
def watcher(browser: Browser, room: Room, session: Session) -> Iterator[Callable[[str], Watcher]]:
    context = browser.new_context(viewport={"width": 800, "height": 700})

    def come(asked: str = "") -> Watcher:
        someone = Watcher(page=context.new_page(), address=room.address)
        someone.page.on("request", someone.count)
        someone.go(f"/watch?session={session.id}&{asked}")
        return someone

    yield come
    context.close()


def get(address: str) -> tuple[int, dict[str, str], str | None]:
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:  # noqa: S310 - our own server
            return answer.status, json.load(answer), answer.headers["Cache-Control"]
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused), refused.headers["Cache-Control"]


def test_the_route_gives_numbers_only_and_no_unknown_session(room: Room, session: Session) -> None:
    start = f"{room.address}/api/v1/sessions/{session.id}/position"
    answered = session.answer()
    said = str(int(answered) - 1)
    assert get(start) == (200, {"position": f"{said}.0"}, "no-store")
    assert get(f"{start}?progress=1&workspace=nowhere") == (200, {"position": f"{said}.0.{answered}"}, "no-store")
    unknown = (404, {"detail": "There is no such session in this workspace."}, "no-store")
    assert get(f"{room.address}/api/v1/sessions/{uuid4().hex}/position") == unknown
    assert get(f"{room.address}/api/v1/sessions/%27--%25/position") == unknown


def test_the_page_runs_again_within_two_seconds_and_once(watcher: Callable[[str], Watcher], session: Session) -> None:
    page = watcher("seconds=1.5")
    page.shows("run 1, told 0")
    assert page.page.locator(".lost").is_hidden()
    answered = session.answer()
    page.shows(f".{answered}, run 2, told 1", within=2000 + 1000 * bool(os.environ.get("CI")))
    page.page.wait_for_timeout(3200)
    page.shows("run 2, told 1")


def test_it_waits_while_somebody_types_and_goes_on_when_the_field_is_left(
    watcher: Callable[[str], Watcher], session: Session
) -> None:
    page = watcher()
    field = page.page.get_by_label("Words")
    field.click()
    page.page.keyboard.type("half a sent")
    answered = session.answer()
    page.page.wait_for_timeout(2500)
    page.shows("run 1, told 0")
    assert field.input_value() == "half a sent"
    page.page.keyboard.type("ence")
    page.page.mouse.click(790, 600)
    page.shows(f".{answered}, run 2, told 0")  # saying the words brought the news along: no second run
    assert field.input_value() == "half a sentence"
    later = session.answer()
    page.shows(f".{later}, run 3, told 1")


def test_a_field_that_nobody_types_in_is_idle_after_twenty_seconds(
    watcher: Callable[[str], Watcher], session: Session
) -> None:
    page = watcher()
    page.page.clock.install()
    page.go(f"/watch?session={session.id}")
    page.page.get_by_label("Words").focus()
    session.answer()
    page.page.clock.run_for(18_000)
    page.page.wait_for_timeout(300)
    page.shows("told 0")
    page.page.clock.run_for(3_000)
    page.page.clock.resume()
    page.shows("told 1")


def test_a_chosen_radio_button_keeps_nobody_waiting(watcher: Callable[[str], Watcher], session: Session) -> None:
    page = watcher()
    page.page.get_by_text("b", exact=True).click()
    page.shows("run 2, told 0")
    session.answer()
    page.shows("run 3, told 1", within=5000)


def test_a_run_that_is_under_way_is_not_cut_short(watcher: Callable[[str], Watcher], session: Session) -> None:
    page = watcher("slow=1&seconds=0.2")
    page.shows("run 1, told 0")
    page.page.get_by_role("button", name="Again").click()
    page.page.wait_for_timeout(700)
    session.answer()
    page.shows("told 1", within=8000)
    page.shows("run 3")  # the click had its run, and the answer its own


def test_after_twenty_runs_there_is_still_one_question_in_each_period(
    watcher: Callable[[str], Watcher], session: Session
) -> None:
    page = watcher("seconds=0.5")
    for n in range(2, 22):
        if n % 2:
            session.answer()  # new data for the component
        page.page.get_by_role("button", name="Again").click()
        page.page.get_by_text(f"run {n}, ").wait_for(timeout=10_000)
    page.settle()
    assert 4 <= page.asks_within(3000) <= 7
    page.page.evaluate("history.pushState({}, '', '/'); dispatchEvent(new PopStateEvent('popstate'))")
    page.page.get_by_text("The agreed order").wait_for()
    page.settle()
    assert page.asks_within(2000) == 0  # nothing goes on asking behind another page


def test_a_tab_that_is_not_seen_asks_nothing(watcher: Callable[[str], Watcher], session: Session) -> None:
    page = watcher("seconds=0.3")
    assert page.asks_within(1500) >= 3
    hide = """hidden => {
        Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))
    }"""
    page.page.evaluate(hide, True)
    page.page.wait_for_timeout(500)
    session.answer()
    assert page.asks_within(1500) == 0
    page.page.evaluate(hide, False)
    page.shows("told 1")


def test_a_lost_connection_is_told_after_three_failures_asked_less_often_and_goes_on(
    watcher: Callable[[str], Watcher], session: Session
) -> None:
    page = watcher("seconds=0.2")
    page.page.route("**/api/v1/**", lambda route: route.abort())
    page.shows("connection lost, trying again")
    lost = page.asks_within(2500)
    assert lost <= 2
    page.page.unroute("**/api/v1/**")
    expect(page.page.get_by_text("connection lost, trying again")).to_be_hidden(timeout=10_000)
    session.answer()
    page.shows("told 1")
