"""What comes after a session: the next one, with what was promised and what changed meanwhile."""

from dataclasses import replace
from datetime import timedelta

import pytest

from opex.domain.problems import Refused
from opex.domain.sessions import Decided
from opex.services import session_reading, sessions
from opex.services.context import Context
from opex.services.session_decisions import decide
from tests.conftest import NOW
from tests.services.rooms import (
    ANA,
    ASKED,
    BO,
    FAY,
    answer,
    at_decisions,
    opened,
    planned,
    says,
    seen,
)
from tests.services.sample import without


def test_the_next_session_begins_with_what_was_promised(sample: Context) -> None:
    session, (first, second, *_) = at_decisions(sample)
    decide(sample, session, says(FAY), Decided(item=first, outcome="accept", owner="Cy", due="2026-06-30"))
    decide(sample, session, says(FAY), Decided(item=second, outcome="defer"))
    sessions.close(sample, session, says(FAY))
    later = replace(sample, now=lambda: NOW + timedelta(days=30))
    following = sessions.plan(later, planned(later), says(FAY))
    told = session_reading.promises(later, seen(later, following))
    assert [(p.item, p.decided.outcome, p.status, p.overdue) for p in told] == [
        (first, "accept", "planned", True),
        (second, "defer", "unreviewed", False),
    ]


def test_a_rhythm_proposes_the_next_session_by_itself(sample: Context) -> None:
    assert session_reading.proposed_next(sample) is None
    session, _ = opened(sample, rhythm="monthly")
    answer(sample, session, ANA, seen(sample, session).plan.items[0], "insight", "holds")
    sessions.reveal(sample, session, says(FAY))
    assert session_reading.proposed_next(sample) is None
    sessions.close(sample, session, says(FAY))
    plan = session_reading.proposed_next(sample)
    assert plan is not None
    assert (plan.due, plan.follows, plan.participants) == ("2026-08-01", session, planned(sample).participants)
    sessions.plan(sample, plan, says(FAY))
    assert session_reading.proposed_next(sample) is None


def test_a_session_in_between_does_not_end_a_rhythm(sample: Context) -> None:
    session, _ = opened(sample, rhythm="monthly")
    answer(sample, session, ANA, seen(sample, session).plan.items[0], "insight", "holds")
    sessions.reveal(sample, session, says(FAY))
    sessions.close(sample, session, says(FAY))
    later = replace(sample, now=lambda: NOW + timedelta(days=3))
    other, _ = opened(later)
    plan = session_reading.proposed_next(later)
    assert plan is not None, "a session that runs is another one"
    assert (plan.follows, plan.due) == (session, "2026-08-01")
    sessions.cancel(later, other, says(FAY), words="Nobody came")
    following = sessions.plan(later, plan, says(FAY))
    assert session_reading.proposed_next(later) is None
    sessions.cancel(later, following, says(FAY), words="Not this month")
    assert session_reading.proposed_next(later) == plan


def test_what_is_no_question_any_more_is_not_proposed_again(sample: Context) -> None:
    session, _ = opened(sample, rhythm="quarterly")
    answer(sample, session, ANA, seen(sample, session).plan.items[0], "insight", "holds")
    sessions.reveal(sample, session, says(FAY))
    sessions.close(sample, session, says(FAY))
    without(sample, "compliance", FAY)
    plan = session_reading.proposed_next(sample)
    assert plan is not None
    assert plan.asked == {**ASKED, "security": ["insight"]}
    assert sessions.plan(sample, plan, says(FAY)) != session


def test_a_driver_that_left_the_set_is_neither_asked_nor_settled_any_more(sample: Context) -> None:
    session, items = opened(sample)
    for item in items:
        answer(sample, session, BO, item, "compliance", 2)
    answer(sample, session, BO, items[0], "insight", "holds")
    without(sample, "compliance", FAY)
    now = seen(sample, session, "Bo")
    assert session_reading.asked(sample, now, "Bo") == tuple((item, "insight") for item in items)
    told = {one.person: (one.answered, one.asked) for one in session_reading.progress(sample, now)}
    assert told == {"Ana": (0, 12), "Bo": (1, 4), "Cy": (0, 12)}
    sessions.reveal(sample, session, says(FAY))
    now = seen(sample, session)
    assert len(now.unsettled()) == 5
    assert session_reading.unsettled(sample, now) == ((items[0], "insight"),)
    with pytest.raises(Refused, match="“compliance” is no driver any more: it cannot be settled"):
        sessions.settle(sample, session, says(FAY), items[0], "compliance")
    assert sessions.settle_rest(sample, session, says(FAY)) == 1
    assert [*seen(sample, session).settled] == [(items[0], "insight")]


def test_a_session_that_was_planned_early_opens_with_what_was_promised_meanwhile(sample: Context) -> None:
    early = sessions.plan(sample, planned(sample), says(FAY))
    session, (item, *_) = at_decisions(sample)
    decide(sample, session, says(FAY), Decided(item=item, outcome="accept", owner="Cy"))
    sessions.close(sample, session, says(FAY))
    assert [one.item for one in session_reading.promises(sample, seen(sample, early))] == [item]
    later = replace(sample, now=lambda: NOW + timedelta(days=1))
    sessions.open_session(later, early, says(FAY))
    assert [one.item for one in session_reading.promises(later, seen(later, early))] == [item]
