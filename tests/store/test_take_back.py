"""A load is taken back whole: the workspace's rows are those from before it, value for value."""

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from opex import frames
from opex.domain.problems import Refused
from opex.domain.systems import Catalogue, System
from opex.store import decisions, facts, watermarks
from opex.store.audit import By
from opex.store.database import Database
from opex.store.facts import Beside
from opex.store.watermarks import Watermark
from tests.store import builders as b

LATER = b.START + timedelta(hours=1)


def load(database: Database, of: str, *rows: dict[str, Any], further: dict[str, list[str]] | None = None) -> None:
    facts.load(database, b.incidents(*rows, further=further), b.record(of, at=b.START + timedelta(minutes=int(of))))


def state(database: Database) -> tuple[pd.DataFrame, set[tuple[str, str]]]:
    pairs = set(facts.read_incident_systems(database).itertuples(index=False, name=None))
    return facts.read(database, "incidents"), pairs


def assert_same(
    one: tuple[pd.DataFrame, set[tuple[str, str]]], other: tuple[pd.DataFrame, set[tuple[str, str]]]
) -> None:
    pd.testing.assert_frame_equal(one[0], other[0])
    assert one[1] == other[1]


def test_what_a_load_brought_goes_and_what_it_replaced_stands_as_before(database: Database) -> None:
    load(database, "1", {"source_id": "1", "team": "A"}, {"source_id": "2"}, further={"1": ["api", "web"]})
    before = state(database)
    load(database, "2", {"source_id": "1", "team": "B"}, {"source_id": "2"}, {"source_id": "3"}, further={"1": ["db"]})
    gone = facts.take_back(database, "2", person="Ana", at=LATER)
    assert [record.id for record in gone] == ["2"]
    assert_same(state(database), before)
    told = {record.id: (record.taken_back_at, record.taken_back_by) for record in facts.history(database)}
    assert told == {"1": (None, None), "2": (LATER, "Ana")}


def test_a_load_on_which_others_stand_goes_only_together_with_them(database: Database) -> None:
    load(database, "1", {"source_id": "1", "team": "A"})
    before = state(database)
    load(database, "2", {"source_id": "1", "team": "B"}, {"source_id": "2"})
    load(database, "3", {"source_id": "1", "team": "C"}, {"source_id": "2", "team": "C"}, {"source_id": "3"})
    load(database, "4", {"source_id": "3"})  # changes nothing, so nothing stands on it
    held = state(database)
    with pytest.raises(Refused, match=r"^1 later load of jira stands on this one \(a\.csv of 2026-03-01 12:03 UTC\)"):
        facts.take_back(database, "2", person="Ana", at=LATER)
    assert_same(state(database), held)
    gone = facts.take_back(database, "2", person="Ana", at=LATER, with_later=True)
    assert [record.id for record in gone] == ["3", "2"]
    assert_same(state(database), before)


def test_loads_of_other_sources_and_kinds_are_left_alone(database: Database) -> None:
    load(database, "1", {"source_id": "1"})
    other = b.incidents({"source": "desk", "source_id": "1"})
    facts.load(database, other, b.record("2", source="desk"))
    changes = frames.rows_of({"changes": b.frame("changes", [{"source": "jira", "source_id": "c"}])})
    facts.load(database, changes, b.record("3", kind="changes"))
    facts.take_back(database, "1", person="Ana", at=LATER)
    assert facts.read(database, "incidents")["id"].tolist() == ["desk:1"]
    assert facts.read(database, "changes")["id"].tolist() == ["jira:c"]


def test_readings_are_taken_back_too(database: Database) -> None:
    def readings(*rows: dict[str, Any]) -> frames.Rows:
        return frames.rows_of({"readings": b.frame("readings", rows)})

    facts.load(database, readings({}), b.record("1", kind="metrics", source="prom"))
    facts.load(database, readings({"value": 2.5}, {"metric": "x"}), b.record("2", kind="metrics", source="prom"))
    facts.take_back(database, "2", person="Ana", at=LATER)
    assert facts.read(database, "readings")["value"].tolist() == [1.5]


def test_a_load_is_taken_back_once_and_can_be_loaded_again(database: Database) -> None:
    load(database, "1", {"source_id": "1"})
    facts.take_back(database, "1", person="Ana", at=LATER)
    with pytest.raises(Refused, match=r"^This load was taken back already, by Ana\.$"):
        facts.take_back(database, "1", person="Ben", at=LATER)
    with pytest.raises(Refused, match=r'^There is no load "7"\.$'):
        facts.take_back(database, "7", person="Ben", at=LATER)
    load(database, "2", {"source_id": "1"})
    assert facts.counts(database)["incidents"] == 1
    assert facts.take_back(database, "2", person="Ben", at=LATER)[0].report["loaded"] == 1


def test_systems_that_only_this_load_named_go_with_it_unless_they_are_used_or_a_person_looked_at_them(
    database: Database,
) -> None:
    def naming(*names: str) -> Beside:
        made = tuple(System(name=name, proposed=True) for name in names)
        return Beside(catalogue=lambda known: Catalogue(systems=(*known.systems, *made)))

    facts.load(database, b.incidents({"source_id": "1"}), b.record("1"), beside=naming("api"))
    facts.load(database, b.incidents({"source_id": "2"}), b.record("2"), beside=naming("web", "db", "Mail", "queue"))
    facts.load(
        database, b.incidents({"source": "desk", "source_id": "1", "system": "mail"}, further={"1": []}),
        b.record("3", source="desk"),
    )  # fmt: skip
    changes = frames.rows_of({"changes": b.frame("changes", [{"source_id": "c", "system": "queue"}])})
    facts.load(database, changes, b.record("4", kind="changes", source="git"))
    looked_at = [
        System(name=s.name, owner="Ana", proposed=s.name != "db") for s in decisions.catalogue(database).systems
    ]
    decisions.save_catalogue(database, Catalogue(systems=tuple(looked_at)), by=By(at=b.START, person="Ana"))
    facts.take_back(database, "2", person="Ana", at=LATER)
    assert [system.name for system in decisions.catalogue(database).systems] == ["Mail", "api", "db", "queue"]


def test_how_far_its_source_was_read_goes_back_too(database: Database) -> None:
    def read_to(day: int) -> Beside:
        return Beside(watermark=Watermark(source="alarms", state={"day": day}, tried_at=b.START, fresh_at=b.START))

    facts.load(database, b.incidents({"source_id": "1"}), b.record("1"), beside=read_to(1))
    facts.load(database, b.incidents({"source_id": "2"}), b.record("2"), beside=read_to(2))
    facts.take_back(database, "2", person="Ana", at=LATER)
    mark = watermarks.watermark(database, "alarms")
    assert mark is not None
    assert mark.state == {"day": 1}


def test_a_load_without_news_does_not_bring_back_how_far_an_earlier_one_had_read(database: Database) -> None:
    def read_to(day: int) -> Beside:
        return Beside(watermark=Watermark(source="alarms", state={"day": day}, tried_at=b.START, fresh_at=b.START))

    facts.load(database, b.incidents({"source_id": "1"}), b.record("1"), beside=read_to(1))
    facts.load(database, b.incidents({"source_id": "1"}), b.record("2"), beside=read_to(2))
    for of in ("1", "2"):
        facts.take_back(database, of, person="Ana", at=LATER)
        mark = watermarks.watermark(database, "alarms")
        assert mark is not None
        assert mark.state == {}


def test_the_refused_rows_of_a_load_are_kept_with_it(database: Database) -> None:
    facts.load(database, b.incidents({"source_id": "1"}), b.record("1"), beside=Beside(refused="id;ü\n".encode()))
    facts.load(database, b.incidents({"source_id": "2"}), b.record("2"))
    assert facts.refused_csv(database, "1") == "id;ü\n".encode()
    assert facts.refused_csv(database, "2") is None


def test_a_try_that_was_not_complete_keeps_the_time_of_the_last_complete_one(database: Database) -> None:
    watermarks.note(database, Watermark(source="a", state={"n": 1}, tried_at=b.START, fresh_at=b.START))
    watermarks.note(
        database, Watermark(source="a", state={"n": 2}, tried_at=LATER, fresh_at=None, outcome={"gaps": ["x"]})
    )
    assert watermarks.everything(database) == {
        "a": Watermark(source="a", state={"n": 2}, tried_at=LATER, fresh_at=b.START, outcome={"gaps": ["x"]})
    }


def test_random_loads_taken_back_in_turn_give_each_state_again(database: Database) -> None:
    import random

    chance, states = random.Random(9), [state(database)]
    for number in range(1, 7):
        ids = chance.sample(range(12), 6)
        rows = [
            {"source_id": str(i), "team": chance.choice("ABC"), "severity": chance.choice([None, 1, 2])} for i in ids
        ]
        load(database, str(number), *rows, further={str(i): [chance.choice(["api", "web"])] for i in ids[:3]})
        states.append(state(database))
    for number in range(6, 0, -1):
        assert_same(state(database), states[number])
        facts.take_back(database, str(number), person="Ana", at=LATER, with_later=True)
    assert_same(state(database), states[0])
