"""A whole review session by a person who has no mouse: every step is reached with Tab, and done with keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from opex.review.sessions import Session
from opex.services import session_reading
from opex.services.context import Context
from opex.services.loading import load_sample
from tests.conftest import context_at
from tests.journeys.conftest import Visitor, free_port
from tests.journeys.keyboard import Keyboard
from tests.trust.team import opex_serve, running, variables

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

DUE = "2030-12-31"


@dataclass(frozen=True)
class Desk:
    """A served workspace with the sample, and what was said in it."""

    keys: Keyboard
    context: Context

    def session(self) -> Session:
        """The only session, as Ana may see it."""
        (one,) = session_reading.sessions(self.context)
        return session_reading.look(self.context, one.id, "Ana")


@pytest.fixture
def desk(browser: Browser, tmp_path: Path) -> Iterator[Desk]:
    """The sample in a workspace of its own, behind a server of its own."""
    url, port = f"sqlite:///{tmp_path / 'workspace.db'}", free_port()
    context = context_at(url)
    load_sample(context)
    address = f"http://127.0.0.1:{port}"
    env = variables(tmp_path, OPEX_WORKSPACE=url)
    with running(opex_serve(port), tmp_path, env, f"{address}/healthz", "app") as log:
        window = browser.new_context(viewport={"width": 1280, "height": 1000}, reduced_motion="reduce")
        visitor = Visitor(page=window.new_page(), address=address)
        yield Desk(Keyboard.of(visitor), context)
        window.close()
    context.database.close()
    assert "Traceback" not in log.read_text(errors="replace")


@pytest.mark.timeout(900)  # some 150 keys, and the page is waited for after each that does something
def test_a_whole_session_is_held_with_the_keyboard_alone(desk: Desk) -> None:
    keys = desk.keys
    keys.visitor.go("/sessions")
    keys.reach("combobox", "You are", most=16)
    keys.type("Ana", "Enter")

    first, second, third = plan(desk)
    answer(desk, first, second)
    settle(desk, first)
    move(desk, second, third)
    decide(desk, first, second, third)

    keys.reach("button", "^Close the session$", most=20, back=True)
    keys.press("Enter")
    assert keys.held().name.startswith("It is closed"), "the focus is where the news are"
    keys.reach("radio", "^Minutes$")
    keys.reach("DisclosureTriangle", "^Read it here$")
    keys.press("Enter")
    minutes = keys.page.get_by_test_id("stExpander").filter(has_text="Read it here").inner_text()
    for said in (
        "March review", "Put it behind a flag", "Bo", "three more incidents", "The contract ends in May", "Ask legal",
    ):  # fmt: skip
        assert said in minutes, said
    now = desk.session()
    assert now.state == "closed"
    assert [(one.person.name, one.saying.kind, one.opportunity) for one in now.others] == [
        ("Ana", "moved", third), ("Ana", "accepted", first), ("Ana", "described", first), ("Ana", "declined", third),
    ]  # fmt: skip
    assert now.others[0].saying.told == "to place 2 (a date stands behind it): The contract ends in May"
    values = {pair: getattr(one.saying, "value", None) for pair, one in now.settled.items()}
    assert values == {(first, "insight"): "doubtful", (first, "strategic_value"): 2}


def plan(desk: Desk) -> tuple[str, ...]:
    """Plan it for the first three and open it; their ids."""
    keys = desk.keys
    keys.reach("button", "^Prepare a session$")
    keys.press("Enter")
    keys.reach("spinbutton", "^The first$")
    keys.type("3", "Enter")
    keys.reach("button", "^Take these$")
    keys.press("Enter")
    keys.reach("textbox", "^Title$")
    keys.type("March review", "Enter")
    assert keys.held().name == "Title", "a rerun leaves the focus where one types"
    keys.reach("spinbutton", "^Cut line below place$")
    keys.type("2", "Enter")
    keys.reach("button", "^Open it: people answer now$", most=20, back=True)
    keys.press("Enter")
    now = desk.session()
    assert (now.state, now.plan.title, len(now.plan.items), now.plan.cut) == ("answer", "March review", 3, 2)
    assert keys.held().name.startswith("It is open for answers"), "what changed has the focus"
    return now.plan.items


def answer(desk: Desk, first: str, second: str) -> None:
    """Answer everything of the first item, with a word, and once with "don't know"; go on to the next one."""
    keys = desk.keys
    keys.reach("radio", "^the insight holds$")
    keys.press("ArrowRight", "Space")
    assert (keys.held().name, keys.held().state["checked"]) == ("doubtful", "true")
    keys.reach("textbox", "^Why", most=1)
    keys.type("Seen in May only", "Enter")
    keys.reach("textbox", "^Further impacts", most=1)
    keys.type("Support is called", "Enter")
    keys.reach("radio", "^0 · ", most=1)
    keys.press("Space")
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    keys.reach("textbox", "^Why", most=1)
    keys.reach("radio", "^0 · Nothing asks for it", most=1)
    keys.press("Space")
    keys.press("ArrowUp")
    assert keys.held().name == "I don't know", "from the first one up to the last one"
    keys.reach("textbox", "^Why", most=1)
    keys.type("Ask legal", "Enter")

    keys.reach("button", "^Next", most=1)
    keys.press("Enter")
    assert keys.held().name == "2 of 3", "the next item begins at its top"
    keys.reach("radio", "^the insight holds$", most=2)
    keys.press("k")
    assert keys.held().name == "1 of 3"
    keys.reach("textbox", "^Why")
    keys.page.keyboard.press("End")
    keys.page.keyboard.type(" jk")
    keys.press("Control+ArrowLeft", "Control+ArrowRight")  # a word back and on, as in any text
    keys.page.keyboard.press("Shift+Tab")
    keys.visitor.settle()

    now = desk.session()
    given = {
        question: (one.value, one.words, one.impacts)
        for question in ("insight", "strategic_value", "compliance")
        if (one := now.mine("Ana", first, question)) is not None
    }
    assert given == {
        "insight": ("doubtful", "Seen in May only jk", "Support is called"),
        "strategic_value": (2, "", ""),
        "compliance": (None, "Ask legal", ""),
    }
    assert now.mine("Ana", second, "insight") is None


def settle(desk: Desk, first: str) -> None:
    """Reveal, settle one at its median, then all others at once, and go on."""
    keys = desk.keys
    keys.reach("button", "^Reveal$", most=20, back=True)
    keys.press("Enter")
    keys.reach("button", "^Reveal now$", most=4)  # not everything is answered: it is asked once
    keys.press("Enter")
    assert keys.held().name.startswith("It lies open")
    keys.reach("button", "^Settle at the median: doubtful$", most=15)
    keys.press("Enter")
    assert keys.held().name.startswith("✓ Settled: "), "the button is gone; what came of it has the focus"
    assert sorted(desk.session().settled) == [(first, "insight")]
    keys.reach("button", "^Settle anew$", most=1)
    keys.reach("button", "^Settle the others at the median .1.$", most=12, back=True)
    keys.press("Enter")
    assert sorted(desk.session().settled) == [(first, "insight"), (first, "strategic_value")]
    keys.reach("button", "^Go on to decisions$", back=True)
    keys.press("Enter")
    assert keys.held().name.startswith("It is at its decisions")


def move(desk: Desk, second: str, third: str) -> None:
    """Move the third before the second, and say why; once it is changed one's mind before."""
    keys = desk.keys
    rows = keys.page.locator(".order .row")
    keys.reach("button", "^Place 1: ")
    keys.press("ArrowDown", "ArrowDown")
    assert keys.held().name.startswith("Place 3: ")
    keys.press("Alt+ArrowUp")
    expect(keys.page.get_by_role("dialog", name="Why there?")).to_be_visible(timeout=30_000)
    keys.press("Escape")
    assert keys.held().name.startswith("Place 3: "), "the row has the focus back"

    keys.press("Alt+ArrowUp")
    expect(keys.page.get_by_role("dialog", name="Why there?")).to_be_visible(timeout=30_000)
    keys.visitor.settle()
    keys.reach("combobox", "^Reason$", most=3)
    keys.type("a date", "Enter")
    keys.reach("textbox", "^In words$", most=2)
    keys.type("The contract ends in May")
    keys.reach("button", "^Move it$", most=1)
    keys.press("Enter")
    expect(rows.nth(1)).to_have_attribute("data-id", third, timeout=30_000)
    keys.visitor.settle()
    assert keys.held().name.startswith("Place 2: ")
    assert rows.nth(2).get_attribute("data-id") == second


def decide(desk: Desk, first: str, second: str, third: str) -> None:
    """Accept the first with an owner, an action and a day; defer the second; decline the third with a tripwire."""
    keys = desk.keys
    keys.press("ArrowUp", "Enter")  # the first row is chosen
    keys.reach("radio", "^Accept$", most=5)
    keys.press("Space")
    keys.reach("textbox", "^Course of action$", most=1)
    keys.type("Put it behind a flag")
    keys.reach("textbox", "^Owner$", most=1)
    keys.type("Bo")
    keys.reach("spinbutton", "^year, Due$", most=1)
    keys.page.keyboard.type(DUE.replace("-", ""))
    decided(desk, 1)

    keys.reach("button", "^Place 1: ", back=True)
    keys.press("End", "Home", "ArrowDown", "ArrowDown", "Enter")
    keys.reach("radio", "^Accept$", most=5)
    keys.press("ArrowRight", "Space")
    keys.reach("spinbutton", "^year, Look at it again on$", most=1)
    keys.page.keyboard.type(DUE.replace("-", ""))
    decided(desk, 2)

    keys.reach("button", "^Place 3: ", back=True)
    keys.press("ArrowUp", "Enter")
    keys.reach("radio", "^Accept$", most=5)
    keys.press("ArrowRight", "ArrowRight", "Space")
    keys.reach("combobox", "^Reason$", most=1)
    keys.type("known", "Enter")
    keys.reach("textbox", "^What brings it back?", most=2)
    keys.type("three more incidents")
    decided(desk, 3)

    said = {item: entry.saying.told for item, entry in desk.session().decided.items()}
    assert said == {
        first: f"accepted by Bo until {DUE}: Put it behind a flag",
        second: f"deferred until {DUE}",
        third: "declined (known, and we live with it; back: three more incidents)",
    }


def decided(desk: Desk, count: int) -> None:
    """Press Decide, and wait until that many stand."""
    desk.keys.reach("button", "^Decide$", most=7)
    desk.keys.press("Enter")
    expect(desk.keys.page.get_by_text(f"{count} of 3 items decided.")).to_be_visible(timeout=30_000)
    desk.keys.visitor.settle()
    assert desk.keys.held().name == f"{count} of 3 items, decided", "the form is gone; one is told where one is"
