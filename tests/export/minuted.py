"""Minutes for tests: a small built example, and one in which every text that anybody wrote is the same."""

from datetime import UTC, datetime

from opex.domain.minutes import (
    Agreed,
    Attendant,
    Decision,
    IncidentLine,
    ItemMinutes,
    Minutes,
    MoveMinutes,
    Place,
    PromiseMinutes,
    QuestionMinutes,
    Remark,
    Round,
    Spread,
    StrikeMinutes,
)
from opex.domain.noted import Anchor


def insight() -> QuestionMinutes:
    """Whether the insight holds, asked of three people."""
    first = Round(
        number=1, median="holds", low="holds", high="wrong",
        spreads=(
            Spread(function="", counts=(("holds", 2), ("wrong", 1), (None, 1))),
            Spread(function="engineering", counts=(("holds", 2), ("wrong", 0), (None, 0))),
            Spread(function="business", counts=(("holds", 0), ("wrong", 1), (None, 1))),
        ),
    )  # fmt: skip
    return QuestionMinutes(
        question="insight", title="Does the insight hold?", rounds=(first,), settled="holds", how="median"
    )


def removal() -> QuestionMinutes:
    """How much the action removes, asked twice."""
    first = Round(number=1, median=0.45, low=0.1, high=0.8, spreads=(Spread(function="", counts=((0.1, 1), (0.8, 1))),))
    again = Round(number=2, median=0.4, low=0.4, high=0.4, spreads=(Spread(function="", counts=((0.4, 2),)),))
    return QuestionMinutes(
        question="removal", title="How much does the action remove?", rounds=(first, again), settled=0.4,
        how="discussed", words="The flag does not help with schema changes",
    )  # fmt: skip


def deploys() -> ItemMinutes:
    """Accepted, against one voice."""
    return ItemMinutes(
        id="area-checkout-deploy",
        title="Put checkout deploys behind a flag",
        action="Put every checkout deployment behind a flag.",
        why="14 of 31 incidents follow a deploy within 2 h.",
        system="checkout",
        place_before=4,
        place_after=1,
        computed_after=2,
        effort_days=20,
        hours_low=80,
        hours_high=160,
        incidents=(
            IncidentLine(id="jira:OPS-7", title="Checkout times out", hours=2.5),
            IncidentLine(id="jira:OPS-3", title="Orders are lost"),
        ),
        evidence=31,
        questions=(insight(), removal()),
        remarks=(Remark(person="Ana Ng", function="engineering", text="Seen twice in May", impacts="night shifts"),),
        strikes=(StrikeMinutes(incident="jira:OPS-9", title="Office printer", person="Bo", reason="not ours"),),
        moves=(
            MoveMinutes(
                to=1, person="Cy", reason="weights", words="It wakes people up",
                price="its price in points of weight: hours_lost +4.0, growth -4.0",
            ),
        ),
        decision=Decision(
            outcome="accept", person="Cy", owner="Ana Ng", course="Behind flags by default", due="2026-09-30",
            impacts="one release later", words="It is the cheapest of the three",
        ),
        dissent=(Remark(person="Bo", function="business", text="The night batch hurts customers more"),),
    )  # fmt: skip


def kafka() -> ItemMinutes:
    """Declined, with what brings it back."""
    return ItemMinutes(
        id="theme-kafka-lag", title="Kafka consumer lag", place_before=1, place_after=None, evidence=22,
        questions=(QuestionMinutes(question="reach", title="Reach"),),
        decision=Decision(outcome="decline", person="Cy", reason="not_ours", until="three more incidents"),
    )  # fmt: skip


def undecided() -> ItemMinutes:
    """Nothing was said of it."""
    return ItemMinutes(id="hand-rollback", title="-1 click rollback", place_before=3, place_after=3)


def small_minutes(**changes: object) -> Minutes:
    """A closed session of three items, four people and one promise."""
    known: dict[str, object] = {
        "session": "s-1a2b3c",
        "title": "July review",
        "state": "closed",
        "facilitator": "Cy",
        "cut": 3,
        "workspace": "Shop operations",
        "drivers": "default version 7",
        "note": "The first three, before the summer freeze.",
        "due": "2026-07-03",
        "opened_at": datetime(2026, 7, 1, 9, tzinfo=UTC),
        "revealed_at": datetime(2026, 7, 3, 13, tzinfo=UTC),
        "closed_at": datetime(2026, 7, 3, 14, 30, tzinfo=UTC),
        "participants": (
            Attendant(name="Ana Ng", function="engineering", answered=6, asked=6),
            Attendant(name="Bo", function="business", answered=2, asked=3),
            Attendant(name="Di", function="business", answered=0, asked=3),
        ),
        "agreement": (
            Agreed(question="How much does the action remove?", function="", people=3, value=0.52, low=0.11, high=0.83),
            Agreed(question="How much does the action remove?", function="business", people=2),
        ),
        "items": (deploys(), kafka(), undecided()),
        "before": (
            Place(place=1, title="Kafka consumer lag"),
            Place(place=2, title="Search index"),
            Place(place=3, title="-1 click rollback"),
            Place(place=4, title="Put checkout deploys behind a flag"),
        ),
        "after": (
            Place(place=1, title="Put checkout deploys behind a flag", was=4),
            Place(place=2, title="Search index", was=2),
            Place(place=3, title="-1 click rollback", was=3),
        ),
        "promises": (
            PromiseMinutes(
                title="Alerts for lag", outcome="accept", owner="Di", course="One alert a topic", due="2026-06-01",
                became="done", session="s-0",
            ),
        ),
        "restricted": 1,
        "audit": Anchor(seq=412, hash="9f" * 32),
    }  # fmt: skip
    return Minutes(**{**known, **changes})  # type: ignore[arg-type]


def all_texts_are(text: str) -> Minutes:
    """Minutes in which everything that people or systems wrote is this text."""
    remark = Remark(person=text, function="business", text=text, impacts=text)
    decision = {
        "person": text, "owner": text, "course": text, "due": text, "impacts": text, "words": text, "until": text,
        "into": text, "part": text, "reason": text,
    }  # fmt: skip
    items = tuple(
        ItemMinutes(
            id=text, title=text, action=text, why=text, system=text, place_before=2, place_after=1, evidence=2,
            incidents=(IncidentLine(id=text, title=text),),
            questions=(QuestionMinutes(question="insight", title=text, rounds=insight().rounds, settled="holds",
                                       how="discussed", words=text),),
            remarks=(remark,), strikes=(StrikeMinutes(incident=text, title=text, person=text, reason=text),),
            moves=(MoveMinutes(to=1, person=text, reason=text, words=text, price=text),),
            decision=Decision(outcome=outcome, **decision), dissent=(remark,),
        )
        for outcome in ("accept", "defer", "decline", "merge", "split")
    )  # fmt: skip
    return small_minutes(
        session=text, title=text, state=text, facilitator=text, workspace=text, drivers=text, note=text, due=text,
        participants=(Attendant(name=text, function="business", answered=1, asked=1),), items=items,
        agreement=(Agreed(question=text, function="", people=1, lacks=text),),
        before=(Place(place=1, title=text),), after=(Place(place=1, title=text, was=2),),
        promises=(PromiseMinutes(title=text, outcome="accept", owner=text, course=text, due=text, became=text),),
    )  # fmt: skip
