"""Trust row 13: what people and files say is shown as typed on every page and in every state of a session.

A real server, a real browser. No script runs, no element comes into being, nothing outside of the machine is asked.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from opex.domain.decisions import Commented, Described, Validated
from opex.domain.opportunities import Removal
from opex.domain.people import Person
from opex.domain.sessions import Decided, SessionPlanned
from opex.services import prioritising, reviewing, session_reading, sessions
from opex.services.context import Context, Speaker
from opex.services.session_decisions import decide
from tests.conftest import ROOT, context_at
from tests.journeys.conftest import Visitor, _wait_until_up, free_port
from tests.trust import builders as b

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

Figure = Callable[[str], None]
HOSTILE = (
    "<img src=x onerror=ran()><b data-evil>![p](//evil.example/p.png) [l](https://evil.example/l) **s** $x^2$ "
    ":red[c] :smile: `k` =1+1|\u202egnp"
)
SCRIPT = f"<script>ran()</script>[j](javascript:ran()) # h {HOSTILE}"
LONG = (SCRIPT + " ") * (100_000 // (len(SCRIPT) + 1))
NAME = "<b data-evil>![p](//evil.example/n.png) **n** $x$ :red[n]"
SYSTEM = "<b data-evil>![p](//evil.example/s.png) **s** $x$"
WATCH = """window.ranHere = 0; window.ran = () => { window.ranHere += 1 };
for (const name of ['alert', 'confirm', 'prompt']) window[name] = window.ran;"""
# What would come into being if a text were taken as Markdown, HTML or mathematics; anywhere on the page.
INJECTED = """() => {
    const all = selector => [...document.querySelectorAll(selector)]
    const place = e => e.closest('[data-testid]:not([data-testid=stMarkdownContainer])')?.outerHTML ?? e.outerHTML
    const made = all('[data-evil], [src*="evil.example"], [href*="evil.example"], [href^="javascript"], .katex, ' +
        '[onerror]')
    const bold = all('strong').filter(e => /^[sn]$/.test(e.textContent))
    const scripts = all('script').filter(e => e.textContent.includes('ran()'))
    return [...made, ...bold, ...scripts].map(e => e.tagName + ' in ' + place(e).slice(0, 300))
}"""
SHOWN = """() => document.body.innerText.replaceAll('\\u2060', '').replace(/\\s+/g, ' ')"""

PAGES = (
    "priorities", "evidence", "inbox", "operations", "drivers", "questions", "load", "systems", "team",
    "priorities?view=Doubt", "priorities?view=Moves", "priorities?view=Formulas",
    "evidence?evidence_view=Changes+and+incidents", "evidence?evidence_view=Compare", "evidence?evidence_view=Trends",
    "questions?questions_view=Swing+weights", "questions?questions_view=What+choices+imply",
    "operations?operations_view=Delivery", "operations?operations_view=What+to+expect",
)  # fmt: skip

ANA = Person(name=NAME, function="product")
BO = Person(name="Bo", function="engineering")


class Room:
    """A workspace full of hostile texts, behind a server, with a session in each state."""

    def __init__(self, address: str, states: dict[str, str], until: int) -> None:
        self.address, self.states, self.until = address, states, until


def facts(context: Context, folder: Path) -> None:
    rows = b.incidents(1, 120, title=HOSTILE, description=LONG)
    rows = [row | ({"services": SYSTEM} if n % 3 else {}) for n, row in enumerate(rows)]
    rows[0] = rows[0] | {"title": LONG}
    b.load(context, b.written(folder / "incidents.csv", rows))
    changes = [
        {"id": f"C{n}", "title": HOSTILE, "system": SYSTEM, "started_at": f"2026-0{n % 6 + 1}-{n % 28 + 1:02}T09:00Z"}
        for n in range(40)
    ]
    b.load(context, b.written(folder / "changes.csv", changes), "changes")


def said(context: Context) -> None:
    """Hostile words of every kind about the first items of the ranking, and improvements by hand."""
    me = Speaker(person=ANA)
    for number in range(3):
        removal = Removal(low=0.1, likely=0.2, high=0.3)
        made = reviewing.propose(context, me, title=f"{number} {HOSTILE}", action=SCRIPT, removes=removal,
                                 system=SYSTEM)  # fmt: skip
        reviewing.move(context, made, me, to=number + 1, reason="other", words=HOSTILE)
        reviewing.say(context, made, Commented(text=SCRIPT), me)
        reviewing.say(context, made, Validated(verdict="holds", why=HOSTILE, impacts=HOSTILE), me)
        reviewing.say(context, made, Described(owner=NAME[:80]), me)
    found = [item for item in prioritising.everything(context).values() if item.candidate is not None]
    for item in found[:2]:
        reviewing.say(context, item.id, Described(title=HOSTILE, action=SCRIPT), me)
        reviewing.strike(context, item.id, item.evidence[0], me, reason=HOSTILE)


def to_state(context: Context, state: str) -> str:
    lead = Speaker(person=ANA)
    asked = ["insight", "strategic_value", "removal"]
    found = next(i.id for i in prioritising.everything(context).values() if i.candidate and len(i.evidence) > 3)
    first, second = session_reading.first_items(context, 2)
    items = (first, found, second)
    plan = SessionPlanned(
        title=f"{state} {HOSTILE}", items=items, cut=2, asked={"product": asked, "engineering": asked},
        participants={NAME: "product", "Bo": "engineering"}, note=SCRIPT, due="2026-12-24",
    )  # fmt: skip
    session = sessions.plan(context, plan, lead)
    if state == "prepare":
        return session
    sessions.open_session(context, session, lead)
    for item in items[1:]:
        for person, level, verdict in ((ANA, 4, "holds"), (BO, 0, "wrong")):
            who = Speaker(person=person)
            sessions.answer(context, session, who, item, "insight", verdict, words=HOSTILE, impacts=SCRIPT)
            sessions.answer(context, session, who, item, "strategic_value", level, words=SCRIPT)
            sessions.answer(context, session, who, item, "removal", level / 4, words=HOSTILE)
    if state == "answer":
        return session
    sessions.reveal(context, session, lead)
    sessions.settle(context, session, lead, items[1], "strategic_value", 3, words=HOSTILE)
    if state == "reveal":
        return session
    sessions.begin_deciding(context, session, lead)
    decided = Decided(item=items[0], outcome="accept", owner=NAME, course=SCRIPT, words=HOSTILE, impacts=HOSTILE)
    decide(context, session, lead, decided)
    sessions.dissent(context, session, Speaker(person=BO), items[0], SCRIPT)
    if state == "cancelled":
        sessions.cancel(context, session, lead, words=HOSTILE)
    if state == "closed":
        sessions.close(context, session, lead)
    return session


@pytest.fixture(scope="module")
def hostile_room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    home, port = tmp_path_factory.mktemp("hostile"), free_port()
    url = f"sqlite:///{home / 'hostile.db'}"
    context = context_at(url)
    facts(context, home)
    said(context)
    states = {s: to_state(context, s) for s in ("closed", "cancelled", "prepare", "answer", "reveal", "decide")}
    until = session_reading.history(context, states["closed"])[-3].seq
    context.database.close()
    environment = os.environ | {"OPEX_WORKSPACE": url}
    command = [sys.executable, "-m", "opex.cli", "serve", "--port", str(port)]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=home, env=environment | {"PYTHONPATH": str(ROOT)}, stdout=log,
                                   stderr=log, start_new_session=True)  # fmt: skip
        try:
            _wait_until_up(port, process, home / "log")
            yield Room(f"http://127.0.0.1:{port}", states, until)
        finally:
            os.killpg(process.pid, 15)
            process.wait(20)
    assert "Traceback" not in (home / "log").read_text(encoding="utf-8", errors="replace")


class Looking:
    """Somebody who opens everything there is to open, and what came into being on the way."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page = visitor, visitor.page
        self.injected: list[tuple[str, str]] = []
        self.dialogs: list[str] = []
        self.looks, self.typed = 0, 0
        self.page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))

    def look(self, where: str) -> None:
        """What is on the page now is text, and nothing else."""
        self.looks += 1
        self.injected += [(where, found) for found in self.page.evaluate(INJECTED)]
        assert self.page.evaluate("window.ranHere") == 0, where
        assert self.page.get_by_text("Something went wrong").count() == 0, where
        self.typed += HOSTILE[:60] in self.page.evaluate(SHOWN)

    def go(self, where: str) -> None:
        self.visitor.go("/" + where)
        self.look(where)

    def unfold(self, where: str) -> None:
        """Every fold that is closed."""
        folds = self.page.locator("[data-testid=stExpander] details:not([open]) > summary")
        for number in reversed(range(min(folds.count(), 6))):
            folds.nth(number).click()
        self.visitor.settle()
        self.look(f"{where}, unfolded")

    def drop(self, where: str, name: str) -> None:
        """The options of a list."""
        self.page.get_by_role("combobox", name=name).first.click()
        self.page.wait_for_timeout(400)
        self.look(f"{where}, {name}")
        self.page.keyboard.press("Escape")

    def press(self, where: str, name: str, role: str = "button") -> None:
        self.page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]
        self.visitor.settle()
        self.look(f"{where}, {name}")


@pytest.fixture
def looking(browser: Browser, hostile_room: Room) -> Iterator[Looking]:
    context = browser.new_context(viewport={"width": 1280, "height": 1400}, reduced_motion="reduce")
    context.add_init_script(WATCH)
    visitor = Visitor(page=context.new_page(), address=hostile_room.address)
    visitor.page.on("request", visitor.note)
    yield Looking(visitor)
    context.close()


def test_a_text_that_is_taken_as_markup_would_be_seen(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<p data-evil><strong>s</strong><img src='//evil.example/p.png'></p><a href='javascript:x'>l</a>")
    assert [found.split(" ")[0] for found in page.evaluate(INJECTED)] == ["P", "IMG", "A", "STRONG"]
    page.close()


def test_no_text_becomes_anything_but_text_on_any_page(looking: Looking, figure: Figure) -> None:
    began = time.monotonic()
    for page in PAGES:
        looking.go(page.removeprefix("priorities") if page.startswith("priorities") else page)
    looking.go("")
    looking.page.locator(".row .title").first.click()
    looking.page.get_by_role("dialog").wait_for()
    looking.visitor.settle()
    looking.look("drawer")
    looking.unfold("drawer")
    told(looking, "pages", began, figure)


def test_no_text_becomes_anything_but_text_in_any_state_of_a_session(
    looking: Looking, hostile_room: Room, figure: Figure
) -> None:
    began = time.monotonic()
    states = hostile_room.states
    looking.go("sessions")
    looking.go(f"sessions?session={states['prepare']}")
    looking.visitor.say_who(NAME)
    looking.look("named")
    looking.drop("prepare", "Opportunities")
    looking.drop("prepare", "Participants")
    looking.drop("prepare", "or all of")
    looking.press("prepare", "History")
    looking.go(f"sessions?session={states['answer']}")
    looking.visitor.say_who(NAME)
    looking.look("answer, named")
    looking.press("answer", "Next")
    looking.unfold("answer")
    looking.go(f"sessions?session={states['reveal']}")
    looking.page.get_by_test_id("stRadio").locator("label").nth(1).click()
    looking.visitor.settle()
    looking.look("reveal, another item")
    looking.unfold("reveal")
    looking.go(f"sessions?session={states['decide']}")
    looking.visitor.say_who(NAME)
    looking.unfold("decide")
    looking.press("decide", "Merge", "radio")
    looking.drop("decide", "The same improvement as")
    looking.press("decide", "Split", "radio")
    looking.drop("decide", "Which incidents go with it?")
    looking.go(f"sessions?session={states['closed']}")
    looking.unfold("closed")
    for audience in ("Everyone", "Leadership", "Engineering"):
        looking.press("closed", audience, "radio")
    looking.go(f"sessions?session={states['closed']}&until={hostile_room.until}")
    looking.unfold("earlier")
    looking.go(f"sessions?session={states['cancelled']}")
    looking.unfold("cancelled")
    told(looking, "states of sessions", began, figure)


def told(looking: Looking, what: str, began: float, figure: Figure) -> None:
    assert looking.injected == []
    assert looking.dialogs == []
    assert looking.visitor.outside == []
    figure(
        f"hostile texts on {what}: looked {looking.looks} times, 0 scripts, 0 elements, 0 outside requests; as typed "
        f"in the text of {looking.typed} of them ({time.monotonic() - began:.0f} s)"
    )
