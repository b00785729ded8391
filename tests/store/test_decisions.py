"""What people decide is appended, versioned, and never written over by somebody who had not seen it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from opex.domain.decisions import (
    KINDS,
    Accepted,
    Commented,
    Declined,
    Described,
    Entry,
    Judged,
    Merged,
    Moved,
    Person,
    Proposed,
    Rated,
    Restricted,
    Saying,
    Struck,
    ThemeRenamed,
    ThemesMerged,
    ThemeSplit,
    Validated,
    Withdrawn,
)
from opex.domain.drivers import DriverSet
from opex.domain.duels import Dueled
from opex.domain.opportunities import Candidate, Reason, Removal
from opex.domain.systems import Catalogue, System
from opex.store import decisions, facts, people, sayings
from opex.store.audit import By
from opex.store.database import Database
from opex.store.decisions import Remembered
from opex.store.sayings import StaleReview
from tests.domain.sessions import OF_A_SESSION
from tests.export.builders import driver_set
from tests.store import builders as b

AT = datetime(2026, 7, 1, 9, 30, 0, 123_456, tzinfo=UTC)
BY = By(at=AT, person="Ana")
ANA, BO = Person(name="Ana", function="product"), Person(name="Bo", function="security")
SAYINGS: list[Saying] = [
    Accepted(),
    Declined(reason="other", words="später 🙂", more_incidents=3, seen=4),
    Declined(reason="other", after="2027-01-31"),
    Merged(into="x"),
    Proposed(title="T", action="A", low=0.1, likely=0.2, high=0.30000000000000004),
    Proposed(title="T", action="A", low=0, likely=0, high=1, system="api", environment="test"),
    Described(effort_days=2.5, owner=""),
    Described(title="N", action="B", low=0.0, likely=0.5, high=1.0, status="planned"),
    Validated(verdict="holds", why="seen it", impacts="SLA"),
    Commented(text="line\nbreak"),
    Rated(driver="audit", level=-4),
    Struck(incident="jira:1", reason="a test"),
    Moved(to=1, reason="urgency", words="Friday"),
    Judged(incident="jira:1", change="git:a", verdict="rejected", reason="another region"),
    ThemeRenamed(name="Mail relay"),
    ThemesMerged(other="theme-2", anchors=("jira:1", "jira:2"), other_anchors=("jira:3",)),
    ThemeSplit(incidents=("jira:1", "jira:2"), stays=("jira:3", "jira:4"), name="Spam"),
    Dueled(
        first="a", second="b", answer="equal", picked="information", first_worths={"hours": 0.30000000000000004},
        second_worths={}, drivers=7,
    ),
    Withdrawn(seq=2**62),
    Restricted(roles=("facilitator",)),
]  # fmt: skip


def append(database: Database, of: str = "x", saying: Saying | None = None, **changes: object) -> int:
    known: dict[str, object] = {"request_id": "r1", "by": BY, "person": ANA}
    said = [(of, saying or Commented(text="hm"))]
    return sayings.append(database, said, **{**known, **changes})  # type: ignore[arg-type]


# --- the journal ------------------------------------------------------------------------------------------------


def test_everything_that_can_be_said_comes_back_as_it_was_said(database: Database) -> None:
    assert {type(saying) for saying in (*SAYINGS, *OF_A_SESSION)} == set(KINDS.values())
    for number, saying in enumerate(SAYINGS, start=1):
        assert append(database, f"o{number}", saying, request_id=f"r{number}") == number
    assert sayings.entries(database) == [
        Entry(seq=n, request_id=f"r{n}", at=AT, person=ANA, opportunity=f"o{n}", saying=saying)
        for n, saying in enumerate(SAYINGS, start=1)
    ]


def test_what_is_said_in_a_session_is_read_with_it_and_moves_no_ranking(database: Database) -> None:
    for number, saying in enumerate(OF_A_SESSION, start=1):
        assert append(database, f"o{number}", saying, request_id=f"r{number}", session="s") == number
    said = [
        Entry(seq=n, request_id=f"r{n}", at=AT, person=ANA, opportunity=f"o{n}", saying=saying, session="s")
        for n, saying in enumerate(OF_A_SESSION, start=1)
    ]
    assert sayings.of_session(database, "s", "Ana") == said
    assert sayings.entries(database) == [entry for entry in said if not entry.saying.of_session]


def test_an_empty_journal_is_an_empty_list(database: Database) -> None:
    assert sayings.entries(database) == []


def test_a_request_that_arrives_again_writes_nothing_and_gets_the_first_number(database: Database) -> None:
    first = append(database, request_id="once")
    append(database, request_id="other")
    again = append(database, "y", Commented(text="other words"), request_id="once", person=BO, seen=0)
    assert again == first
    assert [(e.seq, e.request_id, e.opportunity) for e in sayings.entries(database)] == [
        (1, "once", "x"),
        (2, "other", "x"),
    ]


def test_a_late_reviewer_cannot_overwrite_a_colleague_and_is_told_who_said_what(database: Database) -> None:
    append(database, saying=Rated(driver="audit", level=4), request_id="a")
    with pytest.raises(StaleReview) as refusal:
        append(database, saying=Rated(driver="audit", level=1), request_id="b", person=BO, seen=0)
    assert str(refusal.value) == (
        "Ana was faster (rated: driver audit, level 4). Nothing of yours was saved yet: look at it, then save again."
    )
    assert [entry.person for entry in sayings.entries(database)] == [ANA]
    assert append(database, saying=Rated(driver="audit", level=1), request_id="b", person=BO, seen=1) == 2


def test_what_is_said_of_another_opportunity_makes_nobody_late(database: Database) -> None:
    append(database, "x", request_id="a")
    append(database, "y", request_id="b")
    assert append(database, "x", request_id="c", seen=1) == 3


def test_a_remark_needs_no_comparison(database: Database) -> None:
    append(database, request_id="a")
    assert append(database, request_id="b", seen=None) == 2


def test_an_acceptance_without_words_is_named_by_its_kind(database: Database) -> None:
    append(database, saying=Accepted(), request_id="a")
    with pytest.raises(StaleReview, match=r"Ana was faster \(accepted\)\."):
        append(database, request_id="b", seen=0)


def test_decisions_raise_their_own_revision(database: Database) -> None:
    append(database)
    assert database.revisions() == b.revisions(decisions=1, audit=1)


def test_a_refused_entry_raises_no_revision(database: Database) -> None:
    append(database, request_id="a")
    before = database.revisions()
    with pytest.raises(StaleReview):
        append(database, request_id="b", seen=0)
    assert database.revisions() == before


# --- driver sets ------------------------------------------------------------------------------------------------


def test_each_save_of_the_drivers_is_a_new_version_and_the_old_ones_stay(database: Database) -> None:
    wanted = driver_set()
    first = decisions.save_drivers(database, wanted, by=By(at=AT, person="Ana"), note="first", seen=0)
    second = decisions.save_drivers(
        database, first.reweighted({"hours_lost": 0.9}), by=By(at=AT, person="Bo"), note="", seen=1
    )
    assert (first, second.version) == (DriverSet(name="default", version=1, drivers=wanted.drivers), 2)
    kept = decisions.drivers(database)
    assert [(saved.drivers, saved.at, saved.person, saved.note) for saved in kept] == [
        (second, AT, "Bo", ""),
        (first, AT, "Ana", "first"),
    ]


def test_a_driver_set_saved_over_an_unseen_version_is_refused(database: Database) -> None:
    decisions.save_drivers(database, driver_set(), by=By(at=AT, person="Ana"), note="", seen=0)
    with pytest.raises(StaleReview) as refusal:
        decisions.save_drivers(database, driver_set(), by=By(at=AT, person="Bo"), note="", seen=0)
    assert str(refusal.value) == "A colleague saved version 1 meanwhile: look at it, then save again."
    assert [saved.person for saved in decisions.drivers(database)] == ["Ana"]


# --- catalogue, mappings, people --------------------------------------------------------------------------------


def test_the_catalogue_comes_back_and_the_new_one_takes_the_place_of_the_old(database: Database) -> None:
    assert decisions.catalogue(database) == Catalogue()
    api = System(name="api", aliases=("API v2", "ÄPI"), patterns=(r"\bapi\b",), owner="Ana", criticality=1)
    decisions.save_catalogue(database, Catalogue(systems=(System(name="Web", proposed=True), api)), by=BY)
    assert set(decisions.catalogue(database).systems) == {api, System(name="Web", proposed=True)}
    decisions.save_catalogue(database, Catalogue(systems=(api,)), by=BY)
    assert decisions.catalogue(database) == Catalogue(systems=(api,))
    decisions.save_catalogue(database, Catalogue(), by=BY)
    assert decisions.catalogue(database) == Catalogue()


def test_mappings_are_kept_by_name_for_their_kind_and_the_newer_one_wins(database: Database) -> None:
    decisions.save_mapping(database, "desk", "incidents", "a = 1", by=BY)
    decisions.save_mapping(database, "deploys", "changes", "b = 2", by=BY)
    decisions.save_mapping(database, "desk", "incidents", "a = 3\n", by=BY)
    assert decisions.mappings(database, "incidents") == {"desk": "a = 3\n"}
    assert decisions.mappings(database, "changes") == {"deploys": "b = 2"}
    assert decisions.mappings(database, "metrics") == {}


def test_people_are_remembered_by_name_with_their_newest_function(database: Database) -> None:
    for person in (BO, ANA, replace(BO, function="business")):
        people.remember(database, person, by=BY)
    assert [member.person for member in people.members(database)] == [ANA, replace(BO, function="business")]


# --- what finders found -----------------------------------------------------------------------------------------


def candidate(of: str, *incidents: str, **changes: object) -> Candidate:
    reason = Reason(
        finder="theme",
        why="14 of 31",
        falsifier="none",
        effect=0.1 + 0.2,
        low=-1e300,
        high=1e300,
        unit="×",
        incidents=2,
    )
    known: dict[str, object] = {
        "id": of, "key": "k|ü", "title": "T", "action": "A", "removes": Removal(low=0, likely=0.5, high=1),
        "system": None, "environment": "production", "category": None, "changes": ("git:1", "git:2"),
        "reasons": (reason, replace(reason, finder="area")), "metric": None,
    }  # fmt: skip
    return Candidate(**{**known, "incidents": incidents, **changes})  # type: ignore[arg-type]


def test_candidates_come_back_in_the_finders_order_and_are_remembered_when_not_found_again(database: Database) -> None:
    facts.load(database, b.incidents(*({"source_id": str(n)} for n in range(1, 5))), b.record())
    old, kept = candidate("a", "jira:1", "jira:2"), candidate("z", "jira:3")
    assert (decisions.found_under(database), decisions.candidates(database)) == (None, [])
    decisions.save_candidates(database, "key 1", [kept, old])
    assert decisions.found_under(database) == "key 1"
    assert decisions.candidates(database) == [
        Remembered(candidate=kept, found=True),
        Remembered(candidate=old, found=True),
    ]
    grown, new = replace(kept, incidents=("jira:3", "jira:4"), title="Grown"), candidate("m", metric="latency")
    decisions.save_candidates(database, "key 2", [new, grown])
    assert decisions.found_under(database) == "key 2"
    assert decisions.candidates(database) == [
        Remembered(candidate=new, found=True),
        Remembered(candidate=grown, found=True),
        Remembered(candidate=old, found=False),
    ]
    decisions.save_candidates(database, "key 3", [])
    assert [r.found for r in decisions.candidates(database)] == [False, False, False]


def test_a_candidate_keeps_its_incidents_when_one_of_them_is_replaced_by_a_load(database: Database) -> None:
    facts.load(database, b.incidents({"source_id": "1"}), b.record("1"))
    decisions.save_candidates(database, "key", [candidate("a", "jira:1")])
    facts.load(database, b.incidents({"source_id": "1", "team": "B"}, further={"1": ["api"]}), b.record("2"))
    assert [r.candidate.incidents for r in decisions.candidates(database)] == [("jira:1",)]
