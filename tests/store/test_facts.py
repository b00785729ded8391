"""Facts go in by one transaction and come back as they went in, on SQLite and on PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from opex import frames
from opex.domain.problems import Refused
from opex.store import facts
from opex.store.database import Database
from opex.store.facts import Counts
from opex.store.schema import UtcDateTime
from tests.store import builders as b

LONG = "ÄÖ🙂 " * 100_000
UGLY = "tab\tline\nreturn\rback\\slash 'quote' \"double\" \\N \\. NULL NA ' '' ; -- \u202e\u200b 漢字 🙂"
EARLY, LATE = datetime(1, 1, 1, tzinfo=UTC), datetime(2200, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
MOST = 2**63 - 1


def loaded(database: Database, rows: frames.Rows, of: str = "1") -> Counts:
    source = next(iter(rows))["source"][0].as_py()
    counts, _ = facts.load(database, rows, b.record(of, source=source))
    return counts


def rows_of(name: str, rows: list[dict[str, Any]]) -> frames.Rows:
    return frames.rows_of({name: b.frame(name, rows)})


def further(database: Database) -> set[tuple[str, str]]:
    return set(facts.read_incident_systems(database).itertuples(index=False, name=None))


# --- what comes back --------------------------------------------------------------------------------------------

ODD_INCIDENTS: list[dict[str, Any]] = [
    {"source_id": "1", "title": UGLY, "description": LONG, "system": "", "category": " ", "team": "NA", "tags": "a;b"},
    {"source_id": "2"},
    {"source_id": "3", "severity": 1, "started_at": EARLY, "resolved_at": LATE, "detected_at": b.START,
     "planned": True, "customers_affected": MOST, "reopened_count": -MOST - 1},
    {"source_id": "007", "customers_affected": 2**53 + 1, "reopened_count": 0, "url": "https://x/?a='b'"},
]  # fmt: skip
ODD_CHANGES: list[dict[str, Any]] = [
    {"source_id": "a"},
    {"source_id": "b", "automated": True, "paths": UGLY, "committed_at": EARLY, "finished_at": LATE},
    {"source_id": "c", "automated": False, "actor": "", "reverts": "a"},
]
ODD_READINGS: list[dict[str, Any]] = [
    {"system": "api", "value": -0.1},
    {"system": None, "value": 1.7976931348623157e308, "unit": "ms", "better": "low"},
    {"system": UGLY, "at": EARLY, "value": 5e-324},
    {"metric": UGLY, "at": LATE, "value": 0.1 + 0.2},
]


@pytest.mark.parametrize(
    ("name", "rows", "order"),
    [
        ("incidents", ODD_INCIDENTS, ["started_at", "source_id"]),
        ("changes", ODD_CHANGES, ["started_at", "source_id"]),
        ("readings", ODD_READINGS, ["at", "metric", "system"]),
    ],
)
def test_a_table_comes_back_with_every_value_and_dtype_that_went_in(
    database: Database, name: str, rows: list[dict[str, Any]], order: list[str]
) -> None:
    given = b.frame(name, rows)
    assert loaded(database, frames.rows_of({name: given})) == Counts(loaded=len(rows), unchanged=0, replaced=0)
    kept = facts.read(database, name).drop(columns="id")
    frames.checked(kept, frames.TABLES[name])
    pd.testing.assert_frame_equal(
        kept.sort_values(order, ignore_index=True), given.sort_values(order, ignore_index=True)
    )
    assert loaded(database, frames.rows_of({name: given}), "2") == Counts(loaded=0, unchanged=len(rows), replaced=0)


@pytest.mark.parametrize("name", ["incidents", "changes", "readings"])
def test_an_empty_workspace_gives_empty_tables_with_their_dtypes(database: Database, name: str) -> None:
    kept = facts.read(database, name)
    assert kept["id"].dtype == "str"
    pd.testing.assert_frame_equal(kept.drop(columns="id"), frames.empty(frames.TABLES[name]))


def test_rows_are_read_oldest_first_and_by_id_where_they_began_at_once(database: Database) -> None:
    rows = [{"source_id": "b"}, {"source_id": "a"}, {"source_id": "z", "started_at": EARLY}]
    loaded(database, b.incidents(*rows))
    assert facts.read(database, "incidents")["id"].tolist() == ["jira:z", "jira:a", "jira:b"]


def test_columns_that_nobody_wants_are_left_out(database: Database) -> None:
    loaded(database, b.incidents({"source_id": "1", "description": "long"}))
    assert "description" not in facts.read(database, "incidents", without=["description"])
    assert facts.descriptions(database, ["jira:1", "jira:2"]) == {"jira:1": "long"}


def test_descriptions_of_more_incidents_than_a_statement_takes_are_found(database: Database) -> None:
    rows = [{"source_id": str(n), "description": f"said {n}"} for n in range(1_201)]
    loaded(database, b.incidents(*rows))
    ids = [f"jira:{n}" for n in range(1_201)]
    assert facts.descriptions(database, ids) == {f"jira:{n}": f"said {n}" for n in range(1_201)}


# --- new, unchanged, replaced -----------------------------------------------------------------------------------


def test_a_load_counts_new_unchanged_and_replaced_rows_and_keeps_the_newest(database: Database) -> None:
    first = [{"source_id": "1"}, {"source_id": "2", "severity": 3}, {"source_id": "3", "team": "A"}]
    assert loaded(database, b.incidents(*first)) == Counts(loaded=3, unchanged=0, replaced=0)
    second = [{"source_id": "1"}, {"source_id": "2", "severity": 1}, {"source_id": "3"}, {"source_id": "4"}]
    assert loaded(database, b.incidents(*second), "2") == Counts(loaded=1, unchanged=1, replaced=2)
    kept = facts.read(database, "incidents").drop(columns="id")
    pd.testing.assert_frame_equal(kept, b.frame("incidents", second))
    assert facts.counts(database) == {"incidents": 4, "changes": 0, "readings": 0}


def test_a_row_is_unchanged_whatever_else_stands_in_its_file(database: Database) -> None:
    loaded(database, b.incidents({"source_id": "1"}))
    filled = {c.name: "x" for c in frames.INCIDENTS.columns if c.kind == "text" and not c.required}
    fuller = {**filled, "severity": 2, "customers_affected": 9, "reopened_count": 1, "resolved_at": LATE}
    beside = b.incidents({"source_id": "1"}, {"source_id": "2", **fuller}, further={"2": ["api", "web"]})
    assert loaded(database, beside, "2") == Counts(loaded=1, unchanged=1, replaced=0)


def test_two_sources_may_use_the_same_ids(database: Database) -> None:
    loaded(database, b.incidents({"source_id": "1", "title": "ours"}))
    other = b.incidents({"source": "statuspage", "source_id": "1", "title": "theirs"})
    assert loaded(database, other, "2") == Counts(loaded=1, unchanged=0, replaced=0)
    kept = facts.read(database, "incidents")
    assert dict(zip(kept["id"], kept["title"], strict=True)) == {"jira:1": "ours", "statuspage:1": "theirs"}


def test_further_systems_follow_their_incident_when_it_is_replaced(database: Database) -> None:
    rows = [{"source_id": "1"}, {"source_id": "2"}]
    loaded(database, b.incidents(*rows, further={"1": ["api", "web"], "2": ["db"]}))
    assert further(database) == {("jira:1", "api"), ("jira:1", "web"), ("jira:2", "db")}
    again = b.incidents(*rows, further={"1": ["web", "queue"], "2": ["db"]})
    assert loaded(database, again, "2") == Counts(loaded=0, unchanged=1, replaced=1)
    assert further(database) == {("jira:1", "web"), ("jira:1", "queue"), ("jira:2", "db")}
    assert loaded(database, b.incidents(*rows), "3") == Counts(loaded=0, unchanged=0, replaced=2)
    assert further(database) == set()


def test_a_further_system_named_twice_is_kept_once(database: Database) -> None:
    loaded(database, b.incidents({"source_id": "1"}, further={"1": ["api", "api"]}))
    assert further(database) == {("jira:1", "api")}


def test_readings_are_one_for_metric_system_environment_and_time(database: Database) -> None:
    later = b.START + timedelta(microseconds=1)
    rows = [{}, {"metric": "errors"}, {"system": "api"}, {"environment": "test"}, {"at": later}]
    assert loaded(database, rows_of("readings", rows)).loaded == 5
    assert loaded(database, rows_of("readings", [{"source": "other"}]), "2").loaded == 1
    assert loaded(database, rows_of("readings", [{"value": 2.5}]), "3") == Counts(loaded=0, unchanged=0, replaced=1)
    kept = facts.read(database, "readings")
    assert sorted(kept["value"]) == [1.5] * 5 + [2.5]


def test_many_rows_are_replaced_at_once(database: Database) -> None:
    rows = [{"source_id": str(n)} for n in range(1_201)]
    loaded(database, b.incidents(*rows, further={str(n): ["api"] for n in range(1_201)}))
    changed = [{**row, "customers_affected": n} for n, row in enumerate(rows)]
    counts = loaded(database, b.incidents(*changed, further={str(n): ["web"] for n in range(1_201)}), "2")
    assert counts == Counts(loaded=0, unchanged=0, replaced=1_201)
    kept = facts.read(database, "incidents")
    assert sorted(kept["customers_affected"]) == list(range(1_201))
    assert {system for _, system in further(database)} == {"web"}


def test_a_dry_run_counts_and_writes_nothing(database: Database) -> None:
    loaded(database, b.incidents({"source_id": "1"}, {"source_id": "2"}))
    before = database.revisions(), facts.read(database, "incidents"), facts.history(database)
    tables = b.incidents({"source_id": "1"}, {"source_id": "2", "team": "B"}, {"source_id": "3"})
    counts, _ = facts.load(database, tables, b.record("2"), dry_run=True)
    assert counts == Counts(loaded=1, unchanged=1, replaced=1)
    after = database.revisions(), facts.read(database, "incidents"), facts.history(database)
    assert (after[0], after[2]) == (before[0], before[2])
    pd.testing.assert_frame_equal(after[1], before[1])


def test_a_load_that_fails_half_way_leaves_nothing(database: Database) -> None:
    loaded(database, b.incidents({"source_id": "1"}))
    before = database.revisions()
    with pytest.raises((sa.exc.IntegrityError, Refused)):  # the history has this id already: its last statement fails
        loaded(database, b.incidents({"source_id": "1", "team": "B"}, {"source_id": "2"}), "1")
    assert facts.counts(database)["incidents"] == 1
    assert facts.read(database, "incidents")["team"].isna().all()
    assert database.revisions() == before


def test_the_history_tells_each_load_newest_first_with_its_counts(database: Database) -> None:
    report = {"rows": 3, "read": 3, "refused": 1, "unchanged": 1, "problems": ["row 2: “x” is not a date"]}
    earlier = b.record("1", report=report, files=("a.csv", "ü.csv"), person=UGLY)
    facts.load(database, b.incidents({"source_id": "1"}), earlier)
    later = b.record("2", at=b.START + timedelta(seconds=1))
    facts.load(database, b.incidents({"source_id": "1"}), later)
    assert facts.history(database) == [
        replace(later, report={"rows": 1, "loaded": 0, "replaced": 0, "unchanged": 1}, number=2, before={}),
        replace(earlier, report={**report, "loaded": 1, "replaced": 0}, number=1, before={}),
    ]
    assert [load.id for load in facts.history(database, limit=1)] == ["2"]


def test_each_load_raises_the_revision_of_facts_and_of_nothing_else(database: Database) -> None:
    loaded(database, b.incidents({"source_id": "1"}))
    assert database.revisions() == b.revisions(facts=1, audit=1)


# --- fingerprints -----------------------------------------------------------------------------------------------

CHANGED: dict[frames.Kind, tuple[Any, ...]] = {
    "text": (None, "", " ", "a", "A", "á", "a ", "1", "None", "nan"),
    "time": (None, b.START, b.START + timedelta(microseconds=1), EARLY, LATE, datetime(1970, 1, 1, tzinfo=UTC)),
    "integer": (None, 0, 1, -1, 2**53, 2**53 + 1, MOST, -MOST, -MOST - 1),
    "number": (0.0, 1.0, -1.0, 1.0 + 2**-52, 5e-324, 1.7976931348623157e308),
    "flag": (None, True, False),
}
COLUMNS = [(t.name, c) for t in frames.TABLES.values() if t.name != "incident_systems" for c in t.columns]


@pytest.mark.parametrize(("name", "column"), COLUMNS, ids=lambda of: getattr(of, "name", of))
def test_a_changed_cell_in_any_column_changes_the_fingerprint(name: str, column: frames.Column) -> None:
    values = [value for value in CHANGED[column.kind] if not (column.required and value is None)]
    rows = [{"source_id": "1", column.name: value} for value in values]
    together = frames.digests(b.frame(name, rows)).tolist()
    alone = [frames.digests(b.frame(name, [row])).item() for row in rows]
    assert together == alone
    assert len(set(together)) == len(values)


def test_a_value_that_moves_to_another_column_or_row_changes_the_fingerprint() -> None:
    rows = [{"source_id": "1", "team": "x"}, {"source_id": "1", "category": "x"}, {"source_id": "1", "tags": "x"}]
    assert frames.digests(b.frame("incidents", rows)).nunique() == 3
    swapped = [{"source_id": "1", "team": "x", "tags": "y"}, {"source_id": "1", "team": "y", "tags": "x"}]
    assert frames.digests(b.frame("incidents", swapped)).nunique() == 2


def test_two_hundred_thousand_different_rows_have_as_many_fingerprints() -> None:
    count = 200_000
    frame = b.frame("incidents", [{"source_id": "0"}]).loc[[0] * count].reset_index(drop=True)
    numbers = pd.Series(range(count))
    frame = frame.assign(source_id=numbers.astype("str"), customers_affected=(numbers // 7).astype("Int64"))
    assert frames.digests(frame).nunique() == count


# --- time -------------------------------------------------------------------------------------------------------


def test_an_instant_without_a_zone_is_a_bug_and_never_stored(database: Database) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - what is tested
    with pytest.raises(ValueError, match="has no time zone"):
        UtcDateTime().process_bind_param(naive, None)
    with pytest.raises((ValueError, sa.exc.StatementError), match="has no time zone"):
        facts.load(database, b.incidents({"source_id": "1"}), b.record(at=naive))
    assert facts.counts(database)["incidents"] == 0


@pytest.mark.parametrize("moment", [EARLY, b.START, LATE, datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)])
def test_an_instant_comes_back_to_the_microsecond(moment: datetime) -> None:
    kept = UtcDateTime()
    assert kept.process_result_value(kept.process_bind_param(moment, None), None) == moment
    assert kept.process_bind_param(None, None) is None


def test_the_longest_names_that_a_load_lets_in_are_kept_by_every_database(database: Database) -> None:
    import random

    def long(count: int) -> str:
        return "".join(chr(random.Random(count + n).randrange(0x1F600, 0x1F640)) for n in range(count))

    source, ident, name = (long(count) for count in (100, 500, 150))
    rows = b.incidents({"source": source, "source_id": ident, "system": name, "environment": name})
    facts.load(database, rows, b.record("1", source=source))
    reading = {"source": source, "metric": name, "system": name, "environment": name}
    facts.load(
        database, frames.rows_of({"readings": b.frame("readings", [reading])}),
        b.record("2", kind="metrics", source=source),
    )  # fmt: skip
    assert facts.read(database, "incidents")["source_id"].tolist() == [ident]
    assert facts.read(database, "readings")["metric"].tolist() == [name]
