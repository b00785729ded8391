"""A review session from its plan to its end, on the sample data: who may say what when, and what stays of it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from opex.domain.problems import Refused
from opex.domain.sessions import Answered, Decided, Value
from opex.services import forgetting, people, prioritising, reviewing, session_reading, sessions
from opex.services.context import Context, Speaker
from opex.services.session_decisions import decide
from opex.store import audit, sayings
from opex.store.sayings import StaleReview
from tests.conftest import context_at
from tests.services.rooms import (
    ANA,
    ASKED,
    BO,
    CY,
    FAY,
    answer,
    at_decisions,
    opened,
    planned,
    revealed,
    says,
    seen,
    values_of,
)


def test_nobody_sees_anothers_answer_before_the_reveal_and_everybody_after_it(sample: Context) -> None:
    session, (item, *_) = opened(sample)
    answer(sample, session, ANA, item, "strategic_value", 4)
    answer(sample, session, CY, item, "strategic_value", 1)

    def levels(person: str) -> dict[str, Value]:
        return {p: g.value for p, g in seen(sample, session, person).last(item, "strategic_value").items()}

    assert (levels("Ana"), levels("Cy"), levels("Bo"), levels("Fay")) == ({"Ana": 4}, {"Cy": 1}, {}, {})
    logged = [entry.what for entry in audit.entries(sample.database) if entry.act == "answered"]
    assert [sorted(what["after"]) for what in logged] == [["sealed"], ["sealed"]]
    assert [what["before"] for what in logged] == [None, None]
    assert values_of(sample, item)["strategic_value"] is None, "a blind answer moves nothing"

    sessions.reveal(sample, session, says(FAY))
    assert levels("Bo") == levels("Ana") == {"Ana": 4, "Cy": 1}


def test_progress_says_how_many_and_never_what(sample: Context) -> None:
    session, (item, other, *_) = opened(sample)
    answer(sample, session, ANA, item, "strategic_value", 4)
    answer(sample, session, ANA, item, "strategic_value", 3)
    answer(sample, session, ANA, other, "insight", None)
    told = session_reading.progress(sample, seen(sample, session))
    assert [(p.person, p.function, p.answered, p.asked, p.done) for p in told] == [
        ("Ana", "product", 2, 12, False),
        ("Bo", "security", 0, 8, False),
        ("Cy", "engineering", 0, 12, False),
    ]


def test_the_newer_answer_counts_and_two_windows_do_not_overwrite_each_other(sample: Context) -> None:
    session, (item, *_) = opened(sample)
    first = sessions.answer(sample, session, says(ANA), item, "insight", "holds", words="seen it")
    sessions.answer(sample, session, replace(says(ANA), seen=first), item, "insight", "doubtful")
    with pytest.raises(StaleReview, match=r"Ana was faster \(answered: doubtful\)"):
        sessions.answer(sample, session, replace(says(ANA), seen=first), item, "insight", "wrong")
    sessions.answer(sample, session, replace(says(BO), seen=0), item, "insight", "wrong")
    mine = seen(sample, session, "Ana").mine("Ana", item, "insight")
    assert mine is not None
    assert mine.value == "doubtful"


def test_each_state_says_what_it_does_not_allow(sample: Context) -> None:
    plan = planned(sample)
    session = sessions.plan(sample, plan, says(FAY))
    item = plan.items[0]
    lead: dict[str, Callable[[], object]] = {
        "open": lambda: sessions.open_session(sample, session, says(FAY)),
        "answer": lambda: answer(sample, session, ANA, item, "insight", "holds"),
        "reveal": lambda: sessions.reveal(sample, session, says(FAY)),
        "again": lambda: sessions.vote_again(sample, session, says(FAY), [item]),
        "settle": lambda: sessions.settle(sample, session, says(FAY), item, "insight"),
        "deciding": lambda: sessions.begin_deciding(sample, session, says(FAY)),
        "decide": lambda: decide(sample, session, says(FAY), Decided(item=item, outcome="defer")),
        "close": lambda: sessions.close(sample, session, says(FAY)),
        "plan": lambda: sessions.plan(sample, replace(plan, note="x"), says(FAY), session=session),
    }

    def refused() -> dict[str, str]:
        told = {}
        for name, act in lead.items():
            if name in allowed:
                continue
            with pytest.raises(Refused) as refusal:
                act()
            told[name] = str(refusal.value)
        return told

    allowed = {"open", "plan"}
    assert refused() == {
        "answer": "The session “March” is being prepared: nothing more can be answered.",
        "reveal": "The session “March” is being prepared: there is nothing to reveal.",
        "again": "The session “March” is being prepared: a second round comes after the reveal.",
        "settle": "The session “March” is being prepared: answers are settled once they lie open.",
        "deciding": "The session “March” is being prepared: decisions come after the reveal.",
        "decide": "The session “March” is being prepared: decisions are made when the group goes on to them.",
        "close": "The session “March” is being prepared: it is closed after the reveal (cancel it to end it before).",
    }
    lead["open"]()
    with pytest.raises(Refused, match="Nobody has answered yet: there is nothing to reveal"):
        lead["reveal"]()
    lead["answer"]()
    allowed = {"answer", "reveal", "plan"}
    assert set(refused()) == {"open", "again", "settle", "deciding", "decide", "close"}
    lead["reveal"]()
    allowed = {"again", "settle", "deciding", "close"}
    assert set(refused()) == {"open", "answer", "reveal", "decide", "plan"}
    lead["deciding"]()
    allowed = {"settle", "decide", "close"}
    assert set(refused()) == {"open", "answer", "reveal", "again", "deciding", "plan"}
    lead["close"]()
    allowed = set()
    assert refused()["answer"] == "The session “March” is closed since 1 July 2026: nothing more can be answered."


def test_who_is_not_asked_cannot_answer(sample: Context) -> None:
    session, (item, *_) = opened(sample)
    for person, question, value, why in (
        (FAY, "insight", "holds", "Fay takes no part in this session: its facilitator can invite you."),
        (BO, "removal", 0.5, "You are not asked this: it is for others than security."),
        (ANA, "insight", "maybe", 'A verdict is one of holds, doubtful, wrong; this is "maybe".'),
        (ANA, "removal", 1.5, "The action removes a share from 0 to 1; this is 1.5."),
        (ANA, "strategic_value", 9, "What it makes possible is rated 0 to 4; this is 9."),
    ):
        with pytest.raises(Refused) as refusal:
            answer(sample, session, person, item, question, value)
        assert str(refusal.value) == why
    with pytest.raises(Refused, match="This item is not asked about"):
        answer(sample, session, ANA, "elsewhere", "insight", "holds")
    assert session_reading.progress(sample, seen(sample, session))[0].answered == 0


def test_a_plan_about_nothing_or_nobody_is_refused(sample: Context) -> None:
    for changes, why in (
        ({"items": ()}, "Choose at least one opportunity"),
        ({"items": ("nothing",)}, '"nothing" does not stand in the ranking'),
        ({"participants": {}}, "Invite at least one person"),
        ({"participants": {"Ana": "operations"}}, "Somebody of operations is invited and asked nothing"),
        ({"asked": {**ASKED, "product": ["hours_lost"]}}, '"hours_lost" is no question'),
        ({"cut": 0}, "The cut line lies below place 1"),
        ({"due": "soon"}, 'The day until which people answer is a day such as 2026-12-24; this is "soon"'),
    ):
        with pytest.raises(Refused, match=why):
            sessions.plan(sample, planned(sample, **changes), says(FAY))
    assert session_reading.sessions(sample) == []


def test_an_open_session_takes_more_people_and_no_other_questions(sample: Context) -> None:
    session, (item, *_) = opened(sample)
    answer(sample, session, ANA, item, "insight", "holds")
    plan = planned(sample)
    with pytest.raises(Refused, match="the items, the questions and the cut line stand"):
        sessions.plan(sample, replace(plan, cut=3), says(FAY), session=session)
    with pytest.raises(Refused, match="Ana has answered already and stays a participant for product"):
        sessions.plan(sample, replace(plan, participants={"Bo": "security"}), says(FAY), session=session)
    more = {**plan.participants, "Dee": "engineering"}
    sessions.plan(sample, replace(plan, participants=more, due="2026-08-01"), says(FAY), session=session)
    now = seen(sample, session)
    assert (now.state, now.plan.participants, now.plan.due) == ("answer", more, "2026-08-01")


def test_people_speak_for_the_function_that_they_were_invited_for(sample: Context) -> None:
    session, (item, *_) = opened(sample)
    answer(sample, session, replace(ANA, function="security"), item, "strategic_value", 4)
    sessions.reveal(sample, session, says(FAY))
    assert seen(sample, session).last(item, "strategic_value")["Ana"].function == "product"


@pytest.mark.parametrize("step", [sessions.reveal, sessions.close, sessions.settle_rest, sessions.begin_deciding])
def test_a_step_that_is_sent_again_after_its_answer_was_lost_is_taken_as_done(
    sample: Context, step: Callable[[Context, str, Speaker], int | None]
) -> None:
    if step is sessions.reveal:
        session, (item, *_) = opened(sample)
        answer(sample, session, ANA, item, "insight", "holds")
    else:
        session, _ = revealed(sample)
    once = Speaker(person=FAY, request_id="the same")
    first = step(sample, session, once)
    entries = sayings.of_session(sample.database, session)
    assert step(sample, session, once) == first
    assert sayings.of_session(sample.database, session) == entries
    if step is not sessions.settle_rest:
        with pytest.raises(Refused, match="The session “March”"):
            step(sample, session, replace(once, request_id="another"))


def test_what_left_the_ranking_is_taken_out_before_a_session_opens_and_stops_no_open_one(sample: Context) -> None:
    plan = planned(sample)
    session = sessions.plan(sample, plan, says(FAY))
    item, title = plan.items[0], prioritising.one(sample, plan.items[0]).title
    reviewing.decline(sample, item, says(FAY), reason="not_ours")
    with pytest.raises(Refused, match="is declined by now: take it out of the plan") as refused:
        sessions.open_session(sample, session, says(FAY))
    assert title in str(refused.value)
    assert seen(sample, session).state == "prepare"
    sessions.plan(sample, replace(plan, items=plan.items[1:]), says(FAY), session=session)
    sessions.open_session(sample, session, says(FAY))
    reviewing.decline(sample, plan.items[1], says(FAY), reason="not_ours")
    more = {**plan.participants, "Dee": "engineering"}
    sessions.plan(sample, replace(plan, items=plan.items[1:], participants=more), says(FAY), session=session)
    assert seen(sample, session).plan.participants == more


def test_who_may_not_answer_or_was_forgotten_is_not_invited_by_default(sample: Context) -> None:
    for person in (ANA, BO):
        reviewing.remember(sample, person)
    assert session_reading.everybody(sample) == {"Ana": "product", "Bo": "security"}
    forgetting.forget(sample, "Bo", says(FAY))
    assert session_reading.everybody(sample) == {"Ana": "product"}
    people.give(sample, "Cy", "reviewer", function="engineering", login="cy@shop.example")
    people.give(sample, "Vi", "viewer", function="business", login="vi@shop.example")
    assert session_reading.everybody(replace(sample, team=True)) == {"Ana": "product", "Cy": "engineering"}


def test_a_name_that_was_forgotten_is_gone_from_what_was_looked_at_before(sample: Context) -> None:
    session, (item, *_) = revealed(sample)
    assert [*seen(sample, session).last(item, "strategic_value")] == ["Ana", "Cy"]
    other = context_at(str(sample.database.engine.url))
    forgetting.forget(other, "Ana", says(FAY))
    other.database.close()
    now = seen(sample, session)
    assert [*now.last(item, "strategic_value")] == ["Forgotten person 1", "Cy"]
    assert "Ana" not in now.plan.participants


def test_every_earlier_state_can_be_looked_at_and_rankings_are_kept(sample: Context) -> None:
    session, (item, *_) = at_decisions(sample)
    decide(sample, session, says(FAY), Decided(item=item, outcome="defer"))
    sessions.close(sample, session, says(FAY))
    states = []
    for entry in session_reading.history(sample, session):
        then = session_reading.look(sample, session, "Fay", until=entry.seq)
        states.append((entry.saying.kind, then.state, len(then.answers), len(then.decided)))
    assert states == [
        ("session_planned", "prepare", 0, 0),
        ("session_opened", "answer", 0, 0),
        ("revealed", "reveal", 8, 0),
        ("deciding", "decide", 8, 0),
        ("decided", "decide", 8, 1),
        ("session_closed", "closed", 8, 1),
    ]
    assert set(seen(sample, session).rankings) == {"answer", "reveal", "closed"}


def test_a_cancelled_session_keeps_what_was_said(sample: Context) -> None:
    session, (item, *_) = opened(sample)
    answer(sample, session, ANA, item, "insight", "holds")
    with pytest.raises(Refused, match="Say why it does not take place"):
        sessions.cancel(sample, session, says(FAY), words=" ")
    sessions.cancel(sample, session, says(FAY), words="nobody came")
    assert seen(sample, session).state == "cancelled"
    kept = [e for e in sayings.of_session(sample.database, session, "Ana") if isinstance(e.saying, Answered)]
    assert len(kept) == 1
