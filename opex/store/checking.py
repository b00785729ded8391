"""Is the workspace what opex expects, and does each row still hold what was loaded?"""

import sqlite3
from collections.abc import Iterator

import pandas as pd
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from opex import frames
from opex.domain.problems import Refused
from opex.frames import FURTHER
from opex.store import bulk
from opex.store.database import Database
from opex.store.schema import FACTS, metadata

__all__ = ["check", "warnings"]

SAFE_SQLITE = (3, 51, 3)
ROWS_AT_ONCE = 50_000


def check(database: Database) -> list[str]:
    """What is wrong with the workspace, in sentences; empty when all is well.

    It compares every table with what this opex expects (drift), asks the database about its own integrity, and
    compares each row of facts with the fingerprint that was taken when it was loaded.
    """
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        findings = [f"The schema differs: {difference}." for difference in compare_metadata(context, metadata)]
        if database.is_sqlite:
            # not quick_check: it does not hold an index against its table, and ids are read from the index
            findings += [str(r[0]) for r in connection.exec_driver_sql("PRAGMA integrity_check") if r[0] != "ok"]
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            findings += [f"A row of {row[0]} refers to nothing in {row[2]}." for row in broken]
        return findings or [sentence for table in FACTS.values() for sentence in _altered(connection, table)]


def warnings(database: Database) -> list[str]:
    """What is not wrong yet, but may become so."""
    if database.is_sqlite and sqlite3.sqlite_version_info < SAFE_SQLITE:
        return [
            f"SQLite {sqlite3.sqlite_version} can, rarely, damage a WAL file that several processes write: "
            "for a team use PostgreSQL, or SQLite 3.51.3 or newer."
        ]
    return []


def _altered(connection: sa.Connection, table: sa.Table) -> Iterator[str]:
    """One sentence for a table with rows whose values are not those that their fingerprints were taken of."""
    known = frames.TABLES[table.name]
    found: list[str] = []
    for rows in _parts(connection, table):
        try:
            stored = frames.storable(rows, known).to_pandas()
        except Refused as refusal:
            yield f"A value in {table.name} is none that opex writes: {refusal}"
            return
        same = (stored["digest"] == rows["digest"]) & (stored["id"] == rows["id"])
        found += rows["id"][~same].tolist()
    if found:
        rows_are = "row does" if len(found) == 1 else "rows do"
        yield (
            f"{len(found):,} {rows_are} not hold what was loaded into {table.name} (the first is {found[0]!r}): "
            "something other than opex changed the database. Restore it from a copy."
        )


def _parts(connection: sa.Connection, table: sa.Table) -> Iterator[pd.DataFrame]:
    """The rows by id, so many at once; each with its fingerprint."""
    named = [*frames.TABLES[table.name].names, *([FURTHER] if FURTHER in table.c else [])]
    columns = [table.c.id, table.c.digest, *(table.c[name] for name in named)]
    last: str | None = None
    while True:
        after = [] if last is None else [table.c.id > last]
        rows = bulk.fetch(connection, columns, *after, first=ROWS_AT_ONCE)
        if rows.empty:
            return
        yield rows
        last = str(rows["id"].iloc[-1])
