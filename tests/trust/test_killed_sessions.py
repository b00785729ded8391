"""Trust row 4: a session whose steps are killed is as before or as after, what was acknowledged is there, and again.

A process kills itself (SIGKILL) before each statement and each commit of a step in turn, and is killed from outside at
random moments. What is compared is every row of every table.
"""

import os
import random
import re
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from opex.domain.problems import Refused
from opex.services import auditing, prioritising
from opex.store import sayings
from opex.store.checking import check
from tests.conftest import context_at
from tests.trust import builders as b
from tests.trust import leading
from tests.trust.conftest import Nursery, Shelf, sized
from tests.trust.test_killed_loads import Rows, everything_in, settled

Figure = Callable[[str], None]
KILLS = int(os.environ.get("OPEX_TRUST_KILLS", "0")) or sized(3, 100)
ITEMS = 3
BEFORE: dict[str, tuple[str, ...]] = {  # the steps that come before the one that is killed
    "reveal": (),
    "settle_rest": ("reveal",),
    "accept": ("reveal", "settle_rest", "begin"),
    "close": ("reveal", "settle_rest", "begin", "accept"),
}


@pytest.fixture(scope="module")
def opened(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A workspace with a session that is open, which nobody has answered in yet; its URL."""
    url = shelf.new()
    context = context_at(url)
    b.some_facts(context, tmp_path_factory.mktemp("facts"))
    leading.prepared(context, ITEMS)
    prioritising.board(context)
    context.database.close()
    return url


@pytest.fixture
def notes(tmp_path: Path) -> Iterator[Path]:
    file = tmp_path / "notes.txt"
    file.touch()
    yield file
    shutil.rmtree(tmp_path, ignore_errors=True)


def killed(nursery: Nursery, moment: int | float, call: str, notes: Path, *arguments: object) -> None:
    """Run it until it dies before statement ``moment``; a float is seconds after it began, and it dies from outside."""
    notes.write_text("")
    if isinstance(moment, int):
        assert nursery.run(*arguments, moment, notes, call=call).status == -signal.SIGKILL
        return
    pid = nursery.start(*arguments, 0, notes, call=call)
    while not notes.stat().st_size:  # the first answer, or that the step begins
        time.sleep(0.0005)
    time.sleep(moment)
    os.kill(pid, signal.SIGKILL)
    nursery.end(pid)


def moments(whole: int, seconds: float) -> Iterator[int | float]:
    """Where each kill comes, in turn: at statements spread over the whole step, and at random in its time."""
    chance = random.Random(4)
    for number in range(KILLS):
        if number % 2:
            yield chance.uniform(0, 1.3 * seconds)
        else:
            yield 1 + number * (whole - 1) // max(KILLS - 2 + KILLS % 2, 1)


CHANCE = re.compile(r"'(salt|digest|previous|hash)': '[0-9a-f]*'")


def kept_in(url: str) -> Rows:
    """Every row of every table, but for the random salts of the audit log and what is computed from them."""
    return {table: sorted(CHANCE.sub("", row) for row in rows) for table, rows in everything_in(url).items()}


def without_kept(rows: Rows) -> Rows:
    """All but the kept rankings and their count: a ranking is kept before the step that names it, and again the same.

    Whoever is killed between the two leaves a ranking kept that no step names yet.
    """
    kept = {"rankings": [], "revisions": [row for row in rows["revisions"] if "rankings" not in row]}
    return rows | kept


@pytest.mark.parametrize("step", BEFORE)
def test_a_step_of_a_session_that_is_killed_is_done_whole_or_not_at_all(
    shelf: Shelf, nursery: Nursery, opened: str, notes: Path, figure: Figure, step: str
) -> None:
    prepared = shelf.copy(opened)
    context = context_at(prepared)
    for number in range(len(leading.answers(context))):
        leading.give(context, leading.ANA, number)
        leading.give(context, leading.BO, number)
    for earlier in BEFORE[step]:
        leading.STEPS[earlier](context)
    prioritising.board(context)
    context.database.close()
    before = kept_in(prepared)

    whole = shelf.copy(prepared)
    ended = nursery.run(whole, step, 0, notes, call="lead")
    assert (ended.status, ended.err) == (0, "")
    _, count, seconds = notes.read_text().split()
    after = kept_in(whole)
    shelf.throw_away(whole)
    assert without_kept(after) != without_kept(before)

    found: Counter[str] = Counter()
    for moment in moments(int(count), float(seconds)):
        url = shelf.copy(prepared)
        killed(nursery, moment, "lead", notes, url, step)
        settled(url)
        left = kept_in(url)
        if left == after:
            state = "after"
        elif left == before:
            state = "before"
        else:
            assert without_kept(left) == without_kept(before)
            assert {*left["rankings"]} - {*before["rankings"]} == {*after["rankings"]} - {*before["rankings"]}
            state = "before, its ranking kept"
        if notes.read_text().startswith("told"):
            assert state == "after"
        found[state] += 1
        context = context_at(url)
        assert check(context.database) == []
        assert auditing.verify(context).findings == ()
        with suppress(Refused):  # "it is closed already", where it was done before the kill
            leading.STEPS[step](context)
        context.database.close()
        again = kept_in(url)
        if state == "after":  # a request that comes again writes nothing, and only counts
            again |= {"revisions": after["revisions"]}
        assert again == after
        shelf.throw_away(url)
    shelf.throw_away(prepared)
    assert found["after"]
    assert found["before"]
    figure(
        f"{kind(shelf)}: {step} of a session killed {KILLS} times at {count} points of its work in turn and at random: "
        f"{found['before']} as before, {found['before, its ranking kept']} as before with the ranking kept that "
        f"the step names, {found['after']} as after, 0 between; the chain whole each time; again: as after each time"
    )


def kind(shelf: Shelf) -> str:
    return "sqlite" if shelf.server is None else "postgresql"


def test_answers_that_are_killed_in_the_middle_are_there_as_they_were_acknowledged(
    shelf: Shelf, nursery: Nursery, opened: str, notes: Path, figure: Figure
) -> None:
    whole = shelf.copy(opened)
    ended = nursery.run(whole, 0, notes, call="answer")
    assert (ended.status, ended.err) == (0, "")
    everything = [line.split() for line in notes.read_text().splitlines()]
    statements, seconds, count = int(everything[-1][1]), float(everything[-1][2]), len(everything)
    assert count == ITEMS * len(leading.QUESTIONS)
    shelf.throw_away(whole)

    found: Counter[str] = Counter()
    acknowledged = 0
    for moment in moments(statements, seconds):
        url = shelf.copy(opened)
        killed(nursery, moment, "answer", notes, url)
        settled(url)
        context = context_at(url)
        told = [int(line.split()[0]) for line in notes.read_text().splitlines()]
        session = leading.only(context)
        given = [e for e in sayings.of_session(context.database, session, "Ana") if e.saying.kind == "answered"]
        assert [entry.request_id for entry in given] == [f"Ana-{number}" for number in range(len(given))]
        assert told == [*range(len(told))]
        assert len(given) - len(told) in (0, 1)  # saved, and killed before it could be told
        found["after" if len(given) > len(told) else "before"] += 1
        acknowledged += len(told)
        assert check(context.database) == []
        assert auditing.verify(context).findings == ()
        context.database.close()

        again = nursery.run(url, 0, notes, call="answer")  # all of them once more, with the same requests
        assert (again.status, again.err) == (0, "")
        context = context_at(url)
        every = [e for e in sayings.of_session(context.database, session, "Ana") if e.saying.kind == "answered"]
        assert [entry.request_id for entry in every] == [f"Ana-{number}" for number in range(count)]
        assert every[: len(given)] == given
        assert auditing.verify(context).findings == ()
        context.database.close()
        shelf.throw_away(url)
    assert found["before"]
    assert found["after"]
    figure(
        f"{kind(shelf)}: killed {KILLS} times while answering, {acknowledged} answers acknowledged, 0 of those lost; "
        f"the one under way not there {found['before']} times, there {found['after']} times, 0 half-done; the chain "
        f"whole each time; all sent again, 0 doubles"
    )
