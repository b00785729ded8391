"""Trust row 4: killed at any moment, a workspace is as before or as after, and running again completes it."""

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from opex.services import auditing
from opex.services.context import Context
from opex.store import audit, decisions, facts, sayings
from opex.store.checking import check
from opex.store.database import Database, current_revision, head_revision
from opex.store.schema import metadata
from tests.conftest import context_at
from tests.store import builders as store_builders
from tests.trust import builders as b
from tests.trust.conftest import Ended, Nursery, Shelf, sized

Figure = Callable[[str], None]
KILLS = int(os.environ.get("OPEX_TRUST_KILLS", "0")) or sized(6, 100)
OLD, NEW = 1_000, sized(3_000, 20_000)


def killed_at(nursery: Nursery, moment: float, *arguments: object) -> Ended:
    """Start the command and kill it after so many seconds, if it has not ended by then."""
    pid = nursery.start(*arguments)
    time.sleep(moment)
    os.kill(pid, signal.SIGKILL)  # an ended child waits for us, so the id is still its own
    return nursery.end(pid)


class Aim:
    """Random moments that close in on the commit: later after a kill that came too early, earlier after a late one."""

    def __init__(self, nursery: Nursery, *arguments: object) -> None:
        began = time.monotonic()
        ended = nursery.run(*arguments)
        assert (ended.status, ended.err.count("Traceback")) == (0, 0), ended.err
        self._middle, self._chance = 0.6 * (time.monotonic() - began), random.Random(4)
        self.found: Counter[str] = Counter()

    def moment(self) -> float:
        """Seconds after the start."""
        return self._middle * self._chance.uniform(0.5, 1.5)

    def hit(self, state: str) -> None:
        """What the kill left: ``before`` or ``after``."""
        self.found[state] += 1
        self._middle *= 0.8 if state == "after" else 1.25


def told(shelf: Shelf, what: str, found: Counter[str]) -> str:
    kind = "sqlite" if shelf.server is None else "postgresql"
    return f"{kind}: {what} killed {KILLS} times, {found['before']} as before, {found['after']} as after, 0 between"


# --- load -------------------------------------------------------------------------------------------------------


def facts_of(context: Context) -> dict[str, Any]:
    """What a load changes, in numbers."""
    rows = facts.read(context.database, "incidents", without=["description"])
    further = facts.read_incident_systems(context.database)
    return {
        "incidents": len(rows),
        "severe": int((rows["severity"] == 1).sum()),
        "further": len(further),
        "loads": len(facts.history(context.database)),
    }


def test_a_load_that_is_killed_is_there_whole_or_not_at_all(
    shelf: Shelf, nursery: Nursery, tmp_path: Path, figure: Figure
) -> None:
    earlier = b.incidents(1, OLD // 2) + b.incidents(OLD // 2 + 1, OLD, severity=1)
    prepared = shelf.new()
    context = context_at(prepared)
    b.load(context, b.written(tmp_path / "earlier.csv", earlier))
    before = facts_of(context)
    context.database.close()
    file = b.written(tmp_path / "now.csv", b.incidents(1, NEW))
    command = ("import", "incidents", file, "--source", "desk", "--json", "--workspace")
    after = {"incidents": NEW, "severe": NEW // 5, "further": NEW, "loads": 2}

    first = shelf.copy(prepared)
    aim = Aim(nursery, *command, first)
    shelf.throw_away(first)
    for _ in range(KILLS):
        url = shelf.copy(prepared)
        killed_at(nursery, aim.moment(), *command, url)
        context = context_at(url)
        assert check(context.database) == []
        state = facts_of(context)
        assert state in (before, after)
        aim.hit("before" if state == before else "after")

        again = nursery.run(*command, url)
        assert (again.status, again.err) == (0, "")
        report = json.loads(again.out)
        counts = report["loaded"], report["unchanged"], report["replaced"], report["refused"]
        changed = sum(n % 5 + 1 != 1 for n in range(OLD // 2 + 1, OLD + 1))
        whole = (NEW - OLD, OLD - changed, changed, 0) if state == before else (0, NEW, 0, 0)
        assert (report["read"], counts) == (NEW, whole)
        assert {**facts_of(context), "loads": 2} == after
        assert {system.name for system in decisions.catalogue(context.database).systems} == SYSTEMS
        context.database.close()
        shelf.throw_away(url)
    figure(told(shelf, f"load of {NEW:,} rows", aim.found))


SYSTEMS = {*(f"api-{n}" for n in range(7)), *(f"web-{n}" for n in range(5))}


# --- ratings ----------------------------------------------------------------------------------------------------


def test_ratings_that_are_killed_in_the_middle_are_there_as_they_were_told_and_the_chain_is_whole(
    shelf: Shelf, nursery: Nursery, tmp_path: Path, figure: Figure
) -> None:
    context, chance = context_at(shelf.new()), random.Random(4)
    url = context.database.engine.url.render_as_string(hide_password=False)
    told = saved = again = 0
    for kill in range(KILLS):
        who, notes = f"Reviewer {kill}", tmp_path / f"{kill}.txt"
        notes.touch()
        pid = nursery.start(url, who, 100_000, notes, call="rate")
        while not notes.stat().st_size:
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.3))
        os.kill(pid, signal.SIGKILL)
        assert nursery.end(pid).status == -signal.SIGKILL
        lines = [tuple(map(int, line.split())) for line in notes.read_text().splitlines()]
        mine = [entry for entry in sayings.of_session(context.database, "s", who) if entry.person.name == who]
        assert [entry.request_id for entry in mine] == [f"{who}-{number}" for number in range(len(mine))]
        assert [(number, entry.seq) for number, entry in enumerate(mine)][: len(lines)] == lines
        assert len(mine) - len(lines) in (0, 1)  # saved, and killed before it could be told
        assert auditing.verify(context).findings == ()
        ended = nursery.run(url, who, len(mine) + 1, notes, call="rate")
        assert (ended.status, ended.err) == (0, "")
        told, saved, again = told + len(lines), saved + len(mine), again + len(mine) + 1
    answers = [entry for entry in audit.entries(context.database) if entry.act == "answered"]
    assert len(answers) == again == saved + KILLS
    assert check(context.database) == []
    context.database.close()
    shelf.throw_away(url)
    kind = "sqlite" if shelf.server is None else "postgresql"
    figure(
        f"{kind}: killed {KILLS} times while rating, {saved:,} saved, {told:,} of them told to the person, 0 of those "
        f"lost, 0 half-done, the chain whole each time; the last one sent again {KILLS} times, 0 doubles"
    )


# --- export -----------------------------------------------------------------------------------------------------


def test_an_export_that_is_killed_leaves_the_old_file_or_the_new_one(
    shelf: Shelf, nursery: Nursery, tmp_path: Path, figure: Figure
) -> None:
    prepared = shelf.new()
    context = context_at(prepared)
    b.some_facts(context, tmp_path)
    for number in range(sized(50, 300)):
        b.propose(context, number)
    context.database.close()
    output, old = tmp_path / "order.json", b'{"the": "old one"}'
    command = ("export", "--format", "json", "--output", output, "--workspace")

    first = shelf.copy(prepared)
    aim = Aim(nursery, *command, first)
    shelf.throw_away(first)
    whole = opportunities(output)
    assert len(whole) >= sized(50, 300)
    for _ in range(KILLS):
        url = shelf.copy(prepared)
        output.write_bytes(old)
        killed_at(nursery, aim.moment(), *command, url)
        if output.read_bytes() == old:
            aim.hit("before")
        else:
            assert opportunities(output) == whole
            aim.hit("after")
        context = context_at(url)
        assert check(context.database) == []
        context.database.close()
        again = nursery.run(*command, url)
        assert (again.status, again.err) == (0, f"{output} is written.\n")
        assert opportunities(output) == whole
        shelf.throw_away(url)
    figure(told(shelf, "export", aim.found))


def opportunities(output: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(output.read_bytes())["opportunities"]
    return found


# --- migration --------------------------------------------------------------------------------------------------


def test_a_first_opening_that_is_killed_leaves_nothing_or_a_whole_workspace(
    shelf: Shelf, nursery: Nursery, figure: Figure
) -> None:
    command = ("db", "upgrade", "--workspace")
    first = shelf.new()
    aim = Aim(nursery, *command, first)
    shelf.throw_away(first)
    for _ in range(KILLS):
        url = shelf.new()
        killed_at(nursery, aim.moment(), *command, url)
        aim.hit(left_by_a_first_opening(url))
        again = nursery.run(*command, url)
        assert (again.status, again.err) == (0, "")
        assert left_by_a_first_opening(url) == "after"
        context = context_at(url)
        assert check(context.database) == []
        assert context.database.revisions() == store_builders.revisions()
        context.database.close()
        shelf.throw_away(url)
    figure(told(shelf, "first opening", aim.found))


def left_by_a_first_opening(url: str) -> str:
    """Whether nothing is there, or everything; anything else fails. It looks without migrating."""
    made = sa.make_url(url)
    if made.get_backend_name() == "sqlite" and not Path(str(made.database)).exists():
        return "before"
    engine = sa.create_engine(url)
    tables = set(sa.inspect(engine).get_table_names())
    revision = current_revision(Database(engine)) if tables else None
    engine.dispose()
    if not tables:
        return "before"
    assert tables == {*metadata.tables, "alembic_version"}
    assert revision == head_revision()
    return "after"


def test_the_kill_is_real(nursery: Nursery, tmp_path: Path) -> None:
    ended = killed_at(nursery, 0.0, "demo", "--workspace", f"sqlite:///{tmp_path / 'w.db'}")
    assert ended.status == -signal.SIGKILL
