"""Loading 140,000 incidents from CSV into a fresh workspace, beside the least that could be done with that file.

Ours is what `opex import` does after it has opened the workspace: recognise the file, check every cell, insert, name
the systems. The floor parses the file as text with pyarrow and inserts the cells as they are with one `executemany`
into a table with a key, in a file, WAL, one transaction.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import pyarrow as pa
import pyarrow.csv as pa_csv

from benchmarks.made_up import incidents_csv
from benchmarks.measuring import Measured, side_by_side
from opex.services.context import Context
from opex.services.loading import Asked, load
from opex.workspace import open_workspace

ROWS = 140_000
LIMIT = 4.0


@contextmanager
def workspace(folder: Path, name: str) -> Iterator[Context]:
    """A fresh workspace in a file, gone afterwards."""
    context = open_workspace(f"sqlite:///{folder / name}.db")
    try:
        yield context
    finally:
        context.database.close()
        for file in folder.glob(f"{name}.db*"):
            file.unlink()


def ours(csv: Path, context: Context) -> None:
    report = load(context, [csv], Asked(kind="incidents", source="tickets"))
    assert report.loaded + report.unchanged == ROWS, report.sentence


def floor(csv: Path, database: Path) -> None:
    headers = csv.open(encoding="utf-8").readline().strip().replace('"', "").split(",")
    text = pa_csv.ConvertOptions(column_types=dict.fromkeys(headers, pa.string()))
    table = pa_csv.read_csv(csv, convert_options=text)
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"CREATE TABLE incidents (id TEXT PRIMARY KEY, {', '.join(headers[1:])})")
    marks = ", ".join("?" * len(headers))
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    connection.executemany(f"INSERT INTO incidents VALUES ({marks})", rows)
    connection.execute("COMMIT")
    connection.close()


def measure(times: int = 5) -> list[Measured]:
    with TemporaryDirectory() as made:
        folder = Path(made)
        csv = incidents_csv(folder / "incidents.csv", ROWS)
        spent: list[float] = []

        def load_ours() -> None:  # opening and migrating the workspace is not part of a load
            with workspace(folder, "ours") as context:
                started = perf_counter()
                ours(csv, context)
                spent.append(perf_counter() - started)

        def load_floor() -> None:
            floor(csv, folder / "floor.db")
            for file in folder.glob("floor.db*"):
                file.unlink()

        _, bare = side_by_side(times, load_ours, load_floor)
        first = sorted(spent[1:])[len(spent[1:]) // 2]
        with workspace(folder, "again") as context:
            ours(csv, context)
            again, bare_again = side_by_side(3, lambda: ours(csv, context), load_floor)
    return [
        Measured(what=f"load {ROWS:,} incidents", ours=first, floor=bare, limit=LIMIT,
                 note="floor: pyarrow CSV as text, sqlite3 executemany"),
        Measured(what="load them again, unchanged", ours=again, floor=bare_again, note="same floor: a first load"),
    ]  # fmt: skip
