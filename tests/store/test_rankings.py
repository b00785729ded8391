"""Rankings that are kept: once each, whole, and without touching what facts and decisions are known by."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from opex.domain.drivers import Driver, DriverSet, Scale
from opex.domain.kept import Effect, EvidenceRow, Figure, Kept, KeptItem, KeptRanking
from opex.domain.opportunities import Removal
from opex.domain.problems import Refused
from opex.store import rankings
from opex.store.database import Database
from tests.store.builders import revisions

AT = datetime(2026, 7, 1, 9, tzinfo=UTC)
DRIVERS = DriverSet(
    name="ours",
    version=3,
    drivers=(
        Driver(
            name="hours", title="Hours", family="unacceptable issue", definition="Hours lost.", unit="hours a year",
            measure="hours_lost_a_year", scale=Scale(zero_at=0, one_at=1 / 3), weight=1.0,
        ),
    ),
)  # fmt: skip
ITEM = KeptItem(
    id="theme-1", title="Lag “at night”", status="accepted", rank=1, computed_rank=2, score=1 / 3, system="kafka",
    removes=Removal(low=0.1, likely=0.2, high=0.3), environment="production", effort_days=2.5, by_hand=True,
    ratings={"law": {"Ana": 3}}, verdicts={"Ana": "holds"}, strikes=("jira:2",),
    effects=(Effect("theme", 2.0, 0.5, float("inf")),),
)  # fmt: skip
RANKING = KeptRanking(
    at=AT, as_of=AT - timedelta(days=1), drivers=DRIVERS, person="Ana", occasion="opex rank", items=(ITEM,),
    moves=(("theme-1", 1),), out={"area-2": "declined"},
    evidence=(
        EvidenceRow(0, "jira:1", AT - timedelta(days=3, microseconds=1), 1 / 7, 2, 1.0),
        EvidenceRow(0, "jira:2", AT - timedelta(days=800), None, None, 2.0),
    ),
    figures={"lead_time_hours": (Figure("kafka", None, 0.1, None, 0.3),)},
)  # fmt: skip


def test_a_ranking_comes_back_as_it_was_kept_to_the_bit(database: Database) -> None:
    number = rankings.keep(database, RANKING)
    assert number == 1
    assert rankings.ranking(database, number) == replace(RANKING, id=1)
    assert rankings.ranks(database, number) == {"theme-1": 1}


def test_the_same_ranking_is_kept_once_whoever_asks_and_when(database: Database) -> None:
    first = rankings.keep(database, RANKING)
    revisions = database.revisions()
    again = replace(RANKING, at=AT + timedelta(days=1), person="Bo", occasion="export as CSV")
    assert rankings.keep(database, again) == first
    assert database.revisions() == revisions
    assert [(one.person, one.occasion) for one in rankings.kept(database)] == [("Ana", "opex rank")]


def test_a_note_is_added_to_a_ranking_that_was_kept_without_one(database: Database) -> None:
    first = rankings.keep(database, RANKING)
    assert rankings.keep(database, replace(RANKING, note="before the review")) == first
    assert [one.note for one in rankings.kept(database)] == ["before the review"]


def test_rankings_are_listed_newest_first(database: Database) -> None:
    rankings.keep(database, RANKING)
    rankings.keep(database, replace(RANKING, at=AT + timedelta(hours=1), moves=(), person="Bo", occasion="by hand"))
    newest = Kept(
        id=2, at=AT + timedelta(hours=1), as_of=RANKING.as_of, drivers=DRIVERS, person="Bo", occasion="by hand"
    )
    assert rankings.kept(database)[0] == newest
    assert rankings.kept(database, 1) == [newest]
    assert [one.id for one in rankings.kept(database)] == [2, 1]


@pytest.mark.parametrize(
    "other",
    [
        replace(RANKING, as_of=AT),
        replace(RANKING, drivers=replace(DRIVERS, version=4)),
        replace(RANKING, items=(replace(ITEM, effort_days=3.0),)),
        replace(RANKING, evidence=RANKING.evidence[:1]),
        replace(RANKING, figures={}),
        replace(RANKING, out={}),
    ],
)
def test_whatever_differs_makes_another_ranking(database: Database, other: KeptRanking) -> None:
    assert [rankings.keep(database, one) for one in (RANKING, other)] == [1, 2]


def test_keeping_one_makes_no_cache_of_facts_or_decisions_stale(database: Database) -> None:
    rankings.keep(database, RANKING)
    assert database.revisions() == revisions(rankings=1)


def test_a_ranking_that_nobody_kept_is_refused(database: Database) -> None:
    with pytest.raises(Refused, match=r"There is no kept ranking 7: `opex rankings` lists them\."):
        rankings.ranking(database, 7)
    assert rankings.kept(database) == []


def test_a_note_fits_a_line() -> None:
    with pytest.raises(Refused, match="A note has at most 200 characters; this one has 201"):
        replace(RANKING, note="n" * 201)
