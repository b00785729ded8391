"""Trust rows 1, 3 and 16: many write at once, wait for each other, and nobody's word is lost."""

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from opex.domain.decisions import Commented
from opex.services import auditing, prioritising, reviewing
from opex.services.context import Context, Speaker
from opex.store import database as store
from opex.store import sayings
from opex.store.checking import check
from opex.store.database import Busy
from tests.conftest import context_at
from tests.trust import builders as b
from tests.trust.conftest import FULL, Nursery, Shelf, sized

Figure = Callable[[str], None]
TOLD = ("described: effort_days ", "moved: to place ")
BUSY = "Somebody else is writing to this workspace: nothing was saved, try again in a moment."


# --- row 1: eight reviewers at once -----------------------------------------------------------------------------


def test_no_edit_of_eight_reviewers_is_lost(shelf: Shelf, nursery: Nursery, tmp_path: Path, figure: Figure) -> None:
    url, writers, edits = shelf.new(), 8, sized(15, 500)
    context = context_at(url)
    b.some_facts(context, tmp_path)
    proposed = [b.propose(context, number) for number in range(20)]
    assert set(proposed) <= set(prioritising.everything(context))

    notes, began = [tmp_path / f"{n}.json" for n in range(writers)], time.monotonic()
    pids = [nursery.start(url, f"Reviewer {n}", edits, notes[n], call="edit") for n in range(writers)]
    ended = [nursery.end(pid) for pid in pids]
    took = time.monotonic() - began

    assert [(end.status, end.err) for end in ended] == [(0, "")] * writers
    rows = [row for file in notes for row in json.loads(file.read_text())]
    entries = {e.request_id: e for e in sayings.entries(context.database) if e.person.name.startswith("Reviewer")}
    accepted = {row["request"]: row["seq"] for row in rows if row["seq"]}
    refused = [row for row in rows if not row["seq"]]
    assert accepted == {request: entry.seq for request, entry in entries.items()}
    assert written_over(context, {row["request"]: row["seen"] for row in rows if row["seq"]}) == []
    assert [row["told"] for row in refused if not told_whom(row["told"])] == []
    assert len(rows) == writers * edits
    assert check(context.database) == []
    audited = {e.what["journal"] for e in auditing.newest(context, 10_000) if e.person.startswith("Reviewer")}
    assert audited == set(accepted.values())
    assert auditing.verify(context).findings == ()
    context.database.close()
    shelf.throw_away(url)
    figure(
        f"{context.database.engine.dialect.name}: {writers} x {edits} edits and moves, {len(accepted):,} saved, "
        f"{len(refused):,} refused with a name, 0 lost, {len(audited):,} audit rows, the chain whole; {took:.0f} s"
    )


def written_over(context: Context, seen: dict[str, int]) -> list[str]:
    """The saves whose writer had not seen the entry before theirs: each would be a lost update."""
    last: dict[str, int] = defaultdict(int)
    lost = []
    for entry in sayings.entries(context.database):
        if entry.request_id in seen and seen[entry.request_id] != last[entry.opportunity]:
            lost.append(entry.request_id)
        last[entry.opportunity] = entry.seq
    return lost


def told_whom(sentence: str) -> bool:
    return sentence == BUSY or ("Reviewer " in sentence and sentence.partition(" was faster (")[2].startswith(TOLD))


# --- row 16: one request id -------------------------------------------------------------------------------------


def test_one_request_id_writes_once_however_often_it_arrives(
    both_contexts: Context, tmp_path: Path, figure: Figure
) -> None:
    repetitions, threads = sized(20, 500), 8
    b.some_facts(both_contexts, tmp_path)
    of = b.propose(both_contexts, 1)
    doubles = 0
    with ThreadPoolExecutor(threads) as pool:
        for number in range(repetitions):
            speaker = Speaker(person=b.ANA, request_id=f"request {number}", seen=None)
            saying = Commented(text=f"comment {number}")
            asked = [pool.submit(reviewing.say, both_contexts, of, saying, speaker) for _ in range(threads)]
            doubles += len({each.result() for each in asked}) - 1
    entries = [e for e in reviewing.journal(both_contexts, of) if isinstance(e.saying, Commented)]
    assert doubles == 0
    assert [entry.request_id for entry in entries] == [f"request {number}" for number in range(repetitions)]
    assert len(prioritising.one(both_contexts, of).comments) == repetitions
    figure(f"{both_contexts.database.engine.dialect.name}: {repetitions} requests x {threads}, {doubles} doubles")


def test_a_proposal_that_arrives_twice_is_one_opportunity(both_contexts: Context, tmp_path: Path) -> None:
    b.some_facts(both_contexts, tmp_path)
    first = b.propose(both_contexts, 7)
    assert b.propose(both_contexts, 7) == first != b.propose(both_contexts, 8)
    assert [o.id for o in prioritising.everything(both_contexts).values() if o.by_hand][:1] == [first]
    assert sum(o.by_hand for o in prioritising.everything(both_contexts).values()) == 2


# --- row 3: locked ----------------------------------------------------------------------------------------------


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Another program holds the workspace."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        sqlite = engine.dialect.name == "sqlite"
        connection.exec_driver_sql("BEGIN IMMEDIATE" if sqlite else "BEGIN")
        if not sqlite:
            connection.exec_driver_sql("UPDATE revisions SET number = number")
        yield
        connection.exec_driver_sql("ROLLBACK")
    engine.dispose()


def test_a_workspace_that_is_locked_for_three_seconds_waits_and_saves(
    both_contexts: Context, url: str, tmp_path: Path, figure: Figure
) -> None:
    b.some_facts(both_contexts, tmp_path)
    of = b.propose(both_contexts, 1)
    saved: list[int] = []
    held, waited = sized(1, 3), threading.Thread(target=lambda: saved.append(comment(both_contexts, of)))
    began = time.monotonic()
    with locked(url):
        waited.start()
        time.sleep(held)
        assert saved == []
    waited.join()
    took = time.monotonic() - began
    assert saved == [2]
    assert [entry.saying for entry in reviewing.journal(both_contexts, of)][1:] == [Commented(text="hm")]
    figure(f"{both_contexts.database.engine.dialect.name}: locked for {held} s, saved after {took:.1f} s")


def comment(context: Context, of: str) -> int:
    return reviewing.say(context, of, Commented(text="hm"), Speaker(person=b.ANA, request_id="patient"))


def test_a_workspace_that_stays_locked_says_so_and_saves_nothing(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, figure: Figure
) -> None:
    if not FULL:
        monkeypatch.setattr(store, "BUSY_SECONDS", 1)
    context = context_at(url)
    b.some_facts(context, tmp_path)
    of = b.propose(context, 1)
    assert prioritising.one(context, of).comments == ()  # the candidates of a new load are found and kept once
    before = context.database.revisions()
    refusals = []
    with locked(url):
        for attempt in (
            lambda: comment(context, of),
            lambda: b.load(context, b.written(tmp_path / "more.csv", b.incidents(50, 60))),
        ):
            began = time.monotonic()
            with pytest.raises(Busy) as refusal:
                attempt()
            refusals.append((str(refusal.value), time.monotonic() - began < store.BUSY_SECONDS + sized(2, 4)))
        assert prioritising.one(context, of).comments == ()  # and reading goes on meanwhile
    assert refusals == [(BUSY, True)] * 2
    assert context.database.revisions() == before
    assert comment(context, of) == 2
    context.database.close()
    figure(f"{context.database.engine.dialect.name}: locked for good, 2 of 2 told after {store.BUSY_SECONDS} s")
