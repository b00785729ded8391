"""Trust row 2: two tabs, a stale form. The second save is refused with the first one's value, and its text is kept."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from opex.domain.decisions import Person
from opex.domain.sessions import Decided
from opex.services import session_reading, sessions
from opex.services.context import Context, Speaker
from opex.services.session_decisions import decide
from opex.store.sayings import StaleReview
from tests.conftest import ROOT, context_at
from tests.journeys.conftest import Visitor, _wait_until_up, free_port
from tests.trust import builders as b
from tests.trust import leading
from tests.trust.conftest import sized

Figure = Callable[[str], None]
TIMES = sized(50, 500)


# --- through the services ---------------------------------------------------------------------------------------


def test_of_two_stale_saves_each_time_one_is_told_and_none_is_lost(
    both_contexts: Context, tmp_path: Path, figure: Figure
) -> None:
    of = both_contexts
    b.some_facts(of, tmp_path)
    session = leading.prepared(of, 1)
    (item,) = session_reading.look(of, session).plan.items
    seen = refused = 0
    for number in range(TIMES):
        first, second = (Speaker(person=leading.ANA, request_id=f"{tab}-{number}", seen=seen) for tab in "ab")
        saved = sessions.answer(of, session, first, item, "strategic_value", number % 5, words=f"first {number}")
        with pytest.raises(StaleReview) as told:
            sessions.answer(of, session, second, item, "strategic_value", 0, words=f"second {number}")
        assert str(told.value) == (
            f"Ana was faster (answered: level {number % 5} “first {number}”). Nothing of yours was saved yet: "
            "look at it, then save again."
        )
        refused += 1
        mine = session_reading.look(of, session, "Ana").mine("Ana", item, "strategic_value")
        assert mine is not None
        assert (mine.seq, mine.words) == (saved, f"first {number}")
        again = Speaker(person=leading.ANA, request_id=f"b-{number}", seen=saved)
        seen = sessions.answer(of, session, again, item, "strategic_value", 0, words=f"second {number}")
    given = session_reading.look(of, session, "Ana").last(item, "strategic_value")["Ana"]
    assert (given.words, given.seq) == (f"second {TIMES - 1}", seen)
    kind = of.database.engine.dialect.name
    figure(f"{kind}: {TIMES} stale answers, {refused} refused with the first one's value, {TIMES} saved anew, 0 lost")


def test_the_second_of_two_facilitators_is_told_what_the_first_decided(both_contexts: Context, tmp_path: Path) -> None:
    of, gus = both_contexts, Person(name="Gus", function="operations")
    session, item = at_decisions(of, tmp_path)
    decide(of, session, Speaker(person=leading.FAY, seen=0), Decided(item=item, outcome="defer", words="after March"))
    with pytest.raises(StaleReview, match=r"Fay was faster \(decided: deferred: after March\)"):
        decide(of, session, Speaker(person=gus, seen=0), Decided(item=item, outcome="accept", owner="Gus"))
    now = session_reading.look(of, session)
    assert [(e.person.name, e.saying.told) for e in now.decided.values()] == [("Fay", "deferred: after March")]
    decide(of, session, Speaker(person=gus, seen=now.decided[item].seq), Decided(item=item, outcome="accept",
                                                                                owner="Gus"))  # fmt: skip
    assert session_reading.look(of, session).decided[item].person.name == "Gus"


def at_decisions(of: Context, folder: Path) -> tuple[str, str]:
    b.some_facts(of, folder)
    session = leading.prepared(of, 2)
    leading.give(of, leading.ANA, 1)
    for step in (leading.reveal, leading.begin):
        step(of)
    return session, session_reading.look(of, session).plan.items[0]


# --- in the browser ---------------------------------------------------------------------------------------------


@contextmanager
def served(url: str, home: Path) -> Iterator[str]:
    """The app in local mode on that workspace; its address."""
    port = free_port()
    command = [sys.executable, "-m", "opex.cli", "serve", "--port", str(port)]
    environment = os.environ | {"OPEX_WORKSPACE": url, "PYTHONPATH": str(ROOT)}
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=home, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            _wait_until_up(port, process, home / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, 15)
            process.wait(20)
    assert "Traceback" not in (home / "log").read_text(encoding="utf-8", errors="replace")


@contextmanager
def tab(browser: Browser, address: str, session: str, name: str) -> Iterator[Visitor]:
    context = browser.new_context(viewport={"width": 1280, "height": 1300}, reduced_motion="reduce")
    visitor = Visitor(page=context.new_page(), address=address)
    visitor.go(f"/sessions?session={session}")
    visitor.say_who(name)
    yield visitor
    context.close()


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_two_tabs_of_a_reviewer_do_not_overwrite_each_other(browser: Browser, tmp_path: Path, figure: Figure) -> None:
    url = f"sqlite:///{tmp_path / 'tabs.db'}"
    context = context_at(url)
    b.some_facts(context, tmp_path)
    session = leading.prepared(context, 1)
    (item,) = session_reading.look(context, session).plan.items

    def kept() -> tuple[object, str]:
        given = session_reading.look(context, session, "Ana").mine("Ana", item, "insight")
        assert given is not None
        return given.value, given.words

    with (
        served(url, tmp_path) as address,
        tab(browser, address, session, "Ana") as first,
        tab(browser, address, session, "Ana") as second,
    ):
        words = [one.page.get_by_placeholder("Why? (optional)").first for one in (first, second)]
        first.page.get_by_role("radio", name="holds").click()
        first.settle()
        words[0].fill("the first one's words")
        words[0].press("Enter")
        first.settle()
        assert kept() == ("holds", "the first one's words")

        words[1].fill("the second one's words")
        words[1].press("Enter")
        second.page.get_by_text("Ana was faster").wait_for(timeout=30_000)
        second.settle()
        told = second.page.get_by_test_id("stAlert").inner_text()
        assert "the insight holds “the first one's words”" in told
        assert "Nothing of yours was saved yet" in told
        assert words[1].input_value() == "the second one's words"
        assert kept() == ("holds", "the first one's words")

        second.page.get_by_role("radio", name="wrong").click()
        second.settle()
        assert kept() == ("holds", "the first one's words")
        second.page.get_by_role("button", name="Save mine now").click()
        second.page.get_by_text("✓ saved").first.wait_for(timeout=30_000)
        second.settle()
        assert kept() == ("wrong", "the second one's words")
        assert second.page.get_by_text("Ana was faster").count() == 0
        assert words[1].input_value() == "the second one's words"
    context.database.close()
    figure("two tabs on the answer page: the second is told the first one's value, keeps its text, and saves it")


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_two_facilitators_deciding_the_same_item_are_told_who_was_faster(
    browser: Browser, tmp_path: Path, figure: Figure
) -> None:
    url = f"sqlite:///{tmp_path / 'tabs.db'}"
    context = context_at(url)
    session, item = at_decisions(context, tmp_path)
    with (
        served(url, tmp_path) as address,
        tab(browser, address, session, "Fay") as fay,
        tab(browser, address, session, "Gus") as gus,
    ):
        for one in (fay, gus):
            one.page.get_by_role("radio", name="Defer").click()
            one.settle()
        gus.page.get_by_label("Why, in words").fill("Gus would wait")
        decide(context, session, Speaker(person=leading.FAY, seen=0), Decided(item=item, outcome="accept", owner="Fay"))
        gus.page.get_by_role("button", name="Decide", exact=True).click()
        gus.page.get_by_text("Fay was faster").wait_for(timeout=30_000)
        gus.settle()
        now = session_reading.look(context, session)
        assert [(e.person.name, e.saying.told) for e in now.decided.values()] == [("Fay", "accepted by Fay")]
        assert gus.page.get_by_label("Why, in words").input_value() == "Gus would wait"
        gus.page.get_by_role("button", name="Decide", exact=True).click()
        gus.page.get_by_text("deferred: Gus would wait").first.wait_for(timeout=30_000)
        now = session_reading.look(context, session)
        assert [(e.person.name, e.saying.told) for e in now.decided.values()] == [("Gus", "deferred: Gus would wait")]
    context.database.close()
    figure("two facilitators decide the same item: the second is told who was faster and what, its text is kept")
