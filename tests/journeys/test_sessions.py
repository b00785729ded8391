"""A review session in four real browsers at once, signed in, on PostgreSQL: led, answered blind, revealed, decided.

A facilitator at a desk, an engineer at a desk, a security reviewer on a phone, and a viewer who may only look.
"""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from opex.domain.decisions import Described
from opex.domain.people import Member, Person
from opex.domain.sessions import Decided, SessionPlanned
from opex.services import prioritising, reviewing, session_decisions, session_reading, sessions
from opex.services.context import Context, Speaker
from opex.services.loading import load_sample
from opex.store import people
from opex.store.audit import By
from tests.conftest import context_at, fresh_postgres
from tests.journeys.test_pages import serious_faults
from tests.services.sample import without
from tests.trust.team import Someone, Team, team

pytestmark = [pytest.mark.browser, pytest.mark.postgres, pytest.mark.xdist_group("browser")]

CY = Person(name="Cy", function="engineering")
FAY = Person(name="Fay", function="leadership")
HOSTILE = '<img src=x onerror=alert(1)> ![pixel](https://evil.example/p.png) =cmd|"/c calc"!A1 \u202egnp'
CANARY = "nobody may read this before the reveal"
ROLES = {
    "Fay": ("leadership", "administrator"),
    "Bo": ("security", "reviewer"),
    "Cy": ("engineering", "reviewer"),
    "Dee": ("business", "reviewer"),
    "Vic": ("product", "viewer"),
}


Room = tuple[Team, Context, str]


@pytest.fixture(scope="module")
def room(
    browser: Browser, postgres: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Team, Context, str]]:
    """A team's server with the sample on PostgreSQL, four people with roles, and a session that is prepared."""
    url = fresh_postgres(postgres)
    context = context_at(url)
    load_sample(context)
    by = By(at=context.now(), person="operator")
    for name, (function, role) in ROLES.items():
        login = f"{name.lower()}@shop.example"
        people.give(context.database, Member(name=name, function=function, role=role, login=login), by=by)
    plan = SessionPlanned(
        title="March", items=session_reading.first_items(context, 4), cut=2,
        asked={"security": ["insight", "compliance"], "engineering": ["insight", "strategic_value", "removal"]},
        participants={"Bo": "security", "Cy": "engineering"}, due="2026-12-24",
    )  # fmt: skip
    session = sessions.plan(context, plan, Speaker(person=FAY))
    home = tmp_path_factory.mktemp("team")
    with team(browser, home, url, administrators="fay@shop.example") as served:
        for name in ROLES:
            login = f"{name.lower()}@shop.example"
            served.known(name.lower(), name=name, email=login, email_verified=True)
        yield served, context, session
    context.database.close()


def comes(served: Team, name: str, session: str, **look: object) -> Someone:
    one = served.someone(**look)
    one.go("/")
    one.sign_in(name.lower())
    one.go(f"/sessions?session={session}")
    return one


def within(page: Page, act: Callable[[], object], text: str) -> float:
    """Seconds until this page shows the text, once somebody did something elsewhere."""
    began = time.monotonic()
    act()
    page.get_by_text(text).first.wait_for(timeout=30_000)
    return time.monotonic() - began


def faults(one: Someone) -> list[tuple[str, str]]:
    """What a screen reader would stumble over in what we draw; Streamlit's own messages go away by themselves."""
    expect(one.page.get_by_test_id("stToast")).to_have_count(0, timeout=20_000)
    return serious_faults(one)


def test_a_team_settles_and_decides_in_four_browsers(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    served, context, session = room
    first = session_reading.look(context, session).plan.items[0]
    fay, cy = (comes(served, name, session) for name in ("Fay", "Cy"))
    bo = comes(served, "Bo", session, viewport={"width": 390, "height": 844}, color_scheme="dark")
    vic = comes(served, "Vic", session)
    asked_outside: list[str] = []
    for one in (fay, cy, bo, vic):
        one.page.on("request", lambda r: asked_outside.append(r.url) if "evil.example" in r.url else None)

    # it is opened, and the others see it by themselves
    cy.page.get_by_text("It is being prepared: once it is opened").wait_for()
    opened = within(cy.page, lambda: fay.page.get_by_role("button", name="Open it").click(), "Does this insight hold?")
    cy.settle()
    bo.page.get_by_text("Does this insight hold?").wait_for(timeout=30_000)
    bo.settle()

    # each answers alone; what is typed is saved as it is given, and there after a reload
    answered = within(fay.page, lambda: bo.page.get_by_role("radio", name="doubtful").click(), "Bo (security) 1 of 8")
    bo.settle()
    bo.page.get_by_role("radio", name="doubtful").click()  # once more: it stays chosen, whatever is typed then
    bo.page.get_by_placeholder("Why? (optional)").first.fill(f"{CANARY} {HOSTILE}")
    bo.page.get_by_placeholder("Why? (optional)").first.press("Enter")
    bo.settle()
    bo.page.reload()
    bo.settle()
    assert bo.page.get_by_placeholder("Why? (optional)").first.input_value() == f"{CANARY} {HOSTILE}"
    assert bo.page.get_by_role("radio", name="doubtful").get_attribute("aria-checked") == "true"
    bo.page.get_by_role("radiogroup", name="Compliance").locator("label").nth(4).click()
    bo.settle()
    cy.page.get_by_placeholder("Why? (optional)").nth(1).fill("It opens a market")
    cy.page.get_by_placeholder("Why? (optional)").nth(1).press("Enter")
    cy.page.get_by_text("Choose an answer: your words are saved with it.").wait_for(timeout=30_000)
    cy.settle()
    cy.page.get_by_role("radiogroup", name="What it makes possible").get_by_role("radio").first.focus()
    cy.page.keyboard.press("Space")  # this one has no mouse
    cy.settle()
    given = session_reading.look(context, session, "Cy").mine("Cy", first, "strategic_value")
    assert given is not None
    assert (given.value, given.words) == (0, "It opens a market")
    assert session_reading.progress(context, session_reading.look(context, session))[1].answered == 1
    cy.page.get_by_role("button", name="Next").focus()
    cy.page.keyboard.press("j")
    cy.page.get_by_text("2 of 4", exact=True).wait_for(timeout=30_000)
    cy.settle()
    assert faults(cy) == []
    assert faults(bo) == []

    # who comes late is invited while the others answer
    fay.page.get_by_role("button", name="Invite more").click()
    fay.page.get_by_role("combobox", name="Invite").fill("Dee")
    fay.page.keyboard.press("Enter")
    fay.page.keyboard.press("Escape")
    fay.page.get_by_text("Choose for which function Dee should answer").wait_for(timeout=30_000)
    fay.page.get_by_role("combobox", name="They answer for").click()
    fay.page.get_by_role("option", name="security").click()
    fay.settle()
    fay.page.get_by_role("textbox", name="What people should know").fill("Until noon")
    fay.page.get_by_role("button", name="Save the change").click()
    fay.page.get_by_text("Dee (security) 0 of 8").wait_for(timeout=30_000)
    fay.settle()
    plan = session_reading.look(context, session).plan
    assert (plan.participants, plan.note, plan.due) == (
        {"Bo": "security", "Cy": "engineering", "Dee": "security"}, "Until noon", "2026-12-24",
    )  # fmt: skip

    # before the reveal nobody else was sent a word of it, the facilitator and the viewer neither
    assert [one for one in (fay, cy, vic) if CANARY.encode() in one.everything] == []
    vic.page.get_by_text("You take no part in this session").wait_for()
    assert vic.page.get_by_role("button", name="Reveal", exact=True).count() == 0

    # not everybody is ready: that is said before it is too late
    fay.page.get_by_role("button", name="Reveal", exact=True).click()
    fay.page.get_by_text("Not answered everything yet: Bo, Cy, Dee.").wait_for(timeout=30_000)
    reveal = fay.page.get_by_role("button", name="Reveal now")
    revealed = within(bo.page, reveal.click, "As each function sees it")
    fay.settle()
    fay.page.get_by_text(CANARY).first.wait_for()
    assert faults(fay) == []
    assert bo.page.get_by_role("button", name="Settle at the median").count() == 0, "a reviewer settles nothing"
    without(context, "compliance", FAY)  # by a colleague, in the middle of it

    # settle, decide, close
    fay.page.get_by_role("button", name="Settle at the median").first.click()
    fay.page.get_by_text("✓ Settled").first.wait_for(timeout=30_000)
    fay.settle()
    fay.page.get_by_text("“compliance” is no driver any more").wait_for()
    fay.page.get_by_role("button", name="Go on to decisions").click()
    fay.page.get_by_text("What is done about it?").wait_for(timeout=30_000)
    fay.settle()
    assert faults(fay) == []
    # the second is moved before the first by keyboard alone, with a reason
    second = fay.page.locator(".order .row").nth(1)
    moved = second.get_attribute("data-id")
    second.locator(".what").focus()
    fay.page.keyboard.press("Alt+ArrowUp")
    fay.page.get_by_role("dialog").get_by_role("combobox", name="Reason").focus()
    fay.page.keyboard.type("a date stands behind it")
    fay.page.keyboard.press("ArrowDown")
    fay.page.keyboard.press("Enter")
    fay.page.get_by_role("dialog").get_by_role("button", name="Move it").focus()
    fay.page.keyboard.press("Enter")
    expect(fay.page.locator(".order .row").first).to_have_attribute("data-id", str(moved), timeout=30_000)
    fay.settle()
    (move,) = [entry for entry in session_reading.look(context, session).others if entry.saying.kind == "moved"]
    fay.page.locator(f'.order .row[data-id="{first}"] .title').click()
    fay.settle()
    assert (move.person.name, move.opportunity, move.saying.told) == (
        "Fay", moved, "to place 1 (a date stands behind it)",
    )  # fmt: skip
    fay.page.get_by_role("radio", name="Accept").click()
    fay.settle()
    # what a colleague says of it meanwhile refuses the decision once
    reviewing.say(context, first, Described(effort_days=3), Speaker(person=CY))
    fay.page.get_by_role("button", name="Decide", exact=True).click()
    fay.page.get_by_text("Cy was faster").wait_for(timeout=30_000)
    fay.settle()
    fay.page.get_by_role("button", name="Decide", exact=True).click()
    fay.page.get_by_text("1 of 4 items decided").wait_for(timeout=30_000)
    fay.settle()
    bo.page.get_by_text("accepted by Fay").first.wait_for(timeout=30_000)
    # what is declined and struck is found again, and undone
    other = session_reading.look(context, session).plan.items[2]
    title, struck = (one := prioritising.one(context, other)).title, one.evidence[0]
    reviewing.strike(context, other, struck, Speaker(person=CY, session=session), reason="a drill")
    declined = Decided(item=other, outcome="decline", reason="accepted_risk", until="after June")
    session_decisions.decide(context, session, Speaker(person=FAY), declined)
    fay.page.get_by_role("button", name=title).filter(has_text="back: after June").click(timeout=30_000)
    fay.settle()
    fay.page.get_by_text("Challenge the evidence").click()
    fay.page.get_by_role("button", name="Take back").click()
    fay.page.get_by_text("Cy struck").wait_for(state="detached", timeout=30_000)
    fay.settle()
    fay.page.get_by_role("button", name="Undo the decision").click()
    fay.page.get_by_text("1 of 4 items decided").wait_for(timeout=30_000)
    fay.settle()
    fay.page.get_by_role("button", name="History").click()
    fay.page.get_by_role("button", name=f"took back: decided {title}").wait_for(timeout=30_000)
    fay.page.keyboard.press("Escape")
    assert (prioritising.one(context, other).status, prioritising.one(context, other).strikes) == ("unreviewed", ())
    fay.page.get_by_role("button", name="Close the session").click()
    fay.page.get_by_text("3 items without a decision.").wait_for(timeout=30_000)
    fay.page.get_by_role("button", name="Close the session now").click()
    fay.page.get_by_text("3 of 4 items without a decision").wait_for(timeout=30_000)
    fay.settle()
    assert faults(fay) == []
    with fay.page.expect_download() as download:
        fay.page.get_by_role("button", name="As Markdown").click()
    minutes = Path(download.value.path()).read_text(encoding="utf-8")
    assert "March" in minutes
    assert "accepted" in minutes.casefold()

    assert asked_outside == []
    now = session_reading.look(context, session)
    assert (now.state, len(now.decided), len(now.settled)) == ("closed", 1, 1)
    with capsys.disabled():
        sys.stdout.write(
            f"\n[trust] four browsers: that it opened is seen after {opened:.1f} s, an answer {answered:.1f} s, "
            f"the reveal {revealed:.1f} s\n"
        )
    for one in (fay, cy, bo, vic):
        one.close()
