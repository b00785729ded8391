"""`opex db check`: each row of facts still holds what was loaded, and a change from outside is found."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from opex.frames import rows_of
from opex.store import checking, facts
from opex.store.database import Database, upgrade
from opex.store.schema import FACTS
from tests.store import builders as b
from tests.store.test_database import run

LATER = b.START + timedelta(hours=1)


def lived(database: Database) -> None:
    """Rows with every kind of value; some replaced, some replaced and taken back."""
    facts.load(
        database,
        b.incidents(
            {"source_id": "1", "title": "Café ☕ \U0001f600", "severity": 2, "customers_affected": 7, "planned": True},
            {"source_id": "2", "resolved_at": LATER, "description": "long\nand  wide", "system": "api"},
            further={"1": ["web", "db"]},
        ),
        b.record("1"),
    )
    facts.load(database, b.incidents({"source_id": "2", "team": "B"}, further={"2": ["x"]}), b.record("2"))
    facts.load(database, b.incidents({"source_id": "1"}, {"source_id": "3"}), b.record("3", at=LATER))
    facts.take_back(database, "3", person="Ana", at=LATER)
    changes = b.frame("changes", [{"source_id": "a", "automated": True, "system": "api"}, {"source_id": "b"}])
    facts.load(database, rows_of({"changes": changes}), b.record("4", kind="changes", source="git"))
    readings = b.frame("readings", [{"at": LATER, "value": value, "system": str(value)} for value in (0.1, 0.0, -0.0)])
    facts.load(database, rows_of({"readings": readings}), b.record("5", kind="readings", source="prom"))


def test_whatever_loads_did_each_row_holds_what_was_loaded(database: Database) -> None:
    lived(database)
    assert facts.counts(database) == {"incidents": 2, "changes": 2, "readings": 3}
    assert checking.check(database) == []


def test_rows_that_a_migration_moved_hold_what_was_loaded(database: Database) -> None:
    lived(database)
    run(str(database.url), "0001")
    upgrade(database)
    assert checking.check(database) == []


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("incidents", "title", "Another one"), ("incidents", "further", "web"), ("incidents", "severity", 3),
        ("changes", "outcome", "failed"), ("readings", "value", 0.2), ("readings", "at", LATER + timedelta(seconds=1)),
        ("incidents", "team", "Nobody"), ("changes", "automated", False),
    ],
)  # fmt: skip
def test_a_value_that_was_changed_from_outside_is_found(
    database: Database, table: str, column: str, value: object
) -> None:
    lived(database)
    facts_table = FACTS[table]
    first = sa.select(sa.func.min(facts_table.c.id)).scalar_subquery()
    with database.writing("facts") as connection:
        connection.execute(sa.update(facts_table).where(facts_table.c.id == first).values({column: value}))
        [one] = connection.execute(sa.select(first)).scalars()
    [told] = checking.check(database)
    assert told == (
        f"1 row does not hold what was loaded into {table} (the first is {one!r}): something other than opex changed "
        "the database. Restore it from a copy."
    )


def test_rows_are_compared_part_by_part(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "ROWS_AT_ONCE", 2)
    facts.load(database, b.incidents(*({"source_id": str(n)} for n in range(7))), b.record())
    with database.writing("facts") as connection:
        incidents = FACTS["incidents"]
        connection.execute(sa.update(incidents).where(incidents.c.source_id.in_(["0", "6"])).values(title="Other"))
    [told] = checking.check(database)
    assert told.startswith("2 rows do not hold what was loaded into incidents (the first is 'jira:0')")
