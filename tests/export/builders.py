"""Priorities for tests: a small built example, and one in which every text is hostile."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from opex.domain.drivers import Driver, DriverSet, Scale
from opex.domain.opportunities import Candidate, Opportunity, Reason, Removal
from opex.domain.priorities import Doubt, Draws, Evidence, Move, Priorities, Priority, Replay

AS_OF = datetime(2026, 6, 30, tzinfo=UTC)
MADE_AT = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
GOLDEN = Path(__file__).parent.parent / "golden"

HOURS = Driver(
    name="hours_lost",
    title="Hours lost",
    family="unacceptable issue",
    definition="Hours that incidents cost in a year, as far as the action removes them.",
    measure="hours_lost",
    unit="hours a year",
    scale=Scale(zero_at=0, one_at=200),
    weight=0.5,
)
GROWTH = Driver(
    name="growth",
    title="Growth",
    family="desired capability",
    definition="How fast the trouble grows.",
    measure="growth",
    unit="% a quarter",
    scale=Scale(zero_at=0, one_at=40, curve="steps", steps=((0, 0), (10, 0.5), (20, 0.75), (40, 1))),
    weight=0.3,
)
AUDIT = Driver(
    name="audit",
    title="Audit findings",
    family="compliance requirement",
    definition="What an auditor would say of it.",
    measure="rated",
    unit="level",
    scale=Scale(zero_at=0, one_at=4),
    weight=0.2,
    rubric=((0, "nothing"), (2, "a remark"), (4, "a finding")),
)


def driver_set() -> DriverSet:
    """Three drivers: one measured, one in steps, one rated by people."""
    return DriverSet(name="default", version=7, drivers=(HOURS, GROWTH, AUDIT))


def opportunity(title: str, **changes: object) -> Opportunity:
    """An accepted opportunity of checkout in production."""
    known: dict[str, object] = {
        "id": "area-checkout-deploy",
        "title": title,
        "action": "Put every checkout deployment behind a flag.",
        "removes": Removal(low=0.3, likely=0.45, high=0.6),
        "status": "accepted",
        "system": "checkout",
        "environment": "production",
    }
    return Opportunity(**{**known, **changes})  # type: ignore[arg-type]


def evidence(**changes: object) -> Evidence:
    """The evidence of 31 incidents."""
    known: dict[str, object] = {
        "incidents": 31, "incidents_all_time": 54, "changes": 14, "hours_lost": 266.5,
        "hours_low": 79.95, "hours_likely": 119.925, "hours_high": 159.9,
    }  # fmt: skip
    return Evidence(**{**known, **changes})  # type: ignore[arg-type]


def candidate(**changes: object) -> Candidate:
    """What two finders proposed."""
    said = {"why": "14 of 31", "falsifier": "none", "effect": 2.4, "low": 1.6, "high": 3.7, "unit": "times"}
    reasons = tuple(Reason(finder=name, incidents=31, **said) for name in ("area", "theme"))  # type: ignore[arg-type]
    known: dict[str, object] = {
        "id": "area-checkout-deploy", "key": "checkout|deploy", "title": "Checkout", "action": "Flag",
        "removes": Removal(low=0.3, likely=0.45, high=0.6), "system": "checkout", "environment": "production",
        "category": "deploy", "incidents": ("jira:1",), "changes": (), "reasons": reasons,
    }  # fmt: skip
    return Candidate(**{**known, **changes})  # type: ignore[arg-type]


def flagged() -> Priority:
    """First by score, every driver rated, with effort and owner."""
    return Priority(
        opportunity=opportunity(
            "Put checkout deploys behind a flag",
            effort_days=20,
            owner="Ana Ng",
            candidate=candidate(),
            removes_assumed=False,
        ),
        rank=2,
        computed_rank=1,
        score=0.675,
        contributions={"hours_lost": 0.3, "growth": 0.225, "audit": 0.15},
        values={"hours_lost": 119.925, "growth": 20.0, "audit": 3.0},
        ranges={"hours_lost": (80.5, 171.25), "growth": (5.0, 44.0), "audit": None},
        evidence=evidence(),
        why="14 of 31 incidents follow a deploy within 2 h (chance would give 4).",
        doubt=Doubt(
            rank_low=1, rank_high=4, p_top={1: 0.55, 3: 0.9, 10: 1.0}, group=("theme-kafka", "area-checkout-deploy")
        ),
    )


def moved() -> Priority:
    """Second by score, moved to the first place."""
    return Priority(
        opportunity=opportunity(
            "Kafka consumer lag | nights",
            id="theme-kafka-lag",
            action="Scale consumers\nbefore the night batch",
            effort_days=5,
            system="kafka",
        ),
        rank=1,
        computed_rank=2,
        score=0.5,
        contributions={"hours_lost": 0.1, "growth": 0.3, "audit": 0.1},
        values={"hours_lost": 40.0, "growth": 55.0, "audit": None},
        evidence=evidence(incidents=22, hours_lost=80, hours_low=20, hours_likely=40, hours_high=60, changes=0),
        why="22 incidents in 9 weeks, growing.",
        move=Move(to=1, reason="commitment", words="Promised to *payments* for July", person="Bo", seq=41),
    )


def unrated() -> Priority:
    """By hand, nearly nothing known: below all others."""
    return Priority(
        opportunity=opportunity(
            "-1 click rollback",
            id="hand-rollback",
            action="Roll back with one command",
            status="unreviewed",
            system=None,
            environment=None,
            by_hand=True,
        ),
        rank=3,
        computed_rank=3,
        score=0.5,
        contributions={"hours_lost": 0.25, "growth": 0.15, "audit": 0.1},
        values={"hours_lost": None, "growth": None, "audit": 2.0},
        evidence=evidence(
            incidents=0, incidents_all_time=0, changes=0, hours_lost=0, hours_low=0, hours_likely=0, hours_high=0
        ),
        why="Proposed by hand.",
        enough_rated=False,
    )


def replay() -> Replay:
    """The first two, fixed a year before."""
    return Replay(
        top=2, since=datetime(2025, 6, 30, tzinfo=UTC), until=AS_OF, incidents_total=214, hours_total=1480.4,
        incidents_covered=53, hours_covered=346.5, incidents_low=15.9, incidents_likely=23.8, incidents_high=31.8,
        hours_low=99.9, hours_likely=159.9, hours_high=219.9,
    )  # fmt: skip


def small_example() -> Priorities:
    """Three priorities of 46: one moved, one with too little rated."""
    return Priorities(
        as_of=AS_OF,
        drivers=driver_set(),
        items=(moved(), flagged(), unrated()),
        replay=replay(),
        workspace="Shop operations",
        filters="system is checkout, kafka or none; status is not done",
        total=46,
        drawn=Draws(draws=10_000, seed=7, concentration=60.0, replicates=5_000),
    )


def nothing_shown() -> Priorities:
    """Filters that nothing passes."""
    return replace(small_example(), items=())


def all_texts_are(text: str) -> Priorities:
    """One priority in which everything that people or systems write is this text."""
    drivers = (replace(HOURS, title=text, unit=text, definition=text + " ."), GROWTH, AUDIT)
    item = flagged()
    item = replace(
        item,
        opportunity=replace(
            item.opportunity, title=text, action=text, owner=text, system=text, environment=text, id=text
        ),
        why=text,
        move=Move(to=2, reason=text, words=text, person=text, seq=1),
    )
    return Priorities(
        as_of=AS_OF,
        drivers=DriverSet(name=text, version=7, drivers=drivers),
        items=(item,),
        workspace=text,
        filters=text,
        total=1,
    )


def incidents_of(text: str = "Checkout times out") -> pd.DataFrame:
    """Two incidents, one of which lacks what may be missing."""
    return pd.DataFrame(
        {
            "source": ["jira", "jira"],
            "source_id": ["007", text],
            "title": [text, "Search is slow"],
            "system": [text, None],
            "environment": ["production", "unknown"],
            "started_at": pd.to_datetime(["2026-03-01T12:30:00Z", None]),
            "hours_lost": [2.5, float("nan")],
        }
    )


def assert_golden(name: str, actual: bytes) -> None:
    """Compare with ``tests/golden/NAME``; with OPEX_RENEW_GOLDEN=1 write it anew, for a person to look at."""
    path = GOLDEN / name
    if os.environ.get("OPEX_RENEW_GOLDEN"):
        path.write_bytes(actual)
    assert actual.decode() == path.read_bytes().decode()
