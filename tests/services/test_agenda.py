"""What is to be talked about first, and how far people agree."""

from dataclasses import replace

from opex.domain.problems import NotEnoughData
from opex.services import agenda, prioritising, reviewing, session_reading, sessions
from opex.services.context import Context
from tests.services.rooms import (
    ANA,
    BO,
    CY,
    FAY,
    answer,
    opened,
    revealed,
    says,
    seen,
)


def test_the_agenda_begins_where_people_differ_about_the_cut_line(sample: Context) -> None:
    items = session_reading.first_items(sample, 6)
    session, _ = opened(sample, count=6, cut=3)
    for item in items:
        answer(sample, session, ANA, item, "strategic_value", 2)
        answer(sample, session, CY, item, "strategic_value", 2)
    divided = items[3]
    answer(sample, session, ANA, divided, "strategic_value", 4)
    answer(sample, session, CY, divided, "strategic_value", 0)
    answer(sample, session, ANA, divided, "removal", 0.9)
    answer(sample, session, CY, divided, "removal", 0.0)
    sessions.reveal(sample, session, says(FAY))
    found = agenda.talks(sample, seen(sample, session))
    first = found[0]
    assert (first.item, first.matters, first.answered) == (divided, True, 2)
    assert first.low <= 3 < first.high
    assert first.by_function["product"][0] <= 3 < first.by_function["engineering"][0]
    assert {talk.item for talk in found} == set(items)
    places = [talk.place for talk in found if not talk.matters]
    assert places == sorted(places)


def test_who_is_asked_other_things_does_not_differ(sample: Context) -> None:
    items = session_reading.first_items(sample, 6)
    session, _ = opened(sample, count=6, cut=3)
    for item in items:
        answer(sample, session, ANA, item, "strategic_value", 4)
        answer(sample, session, CY, item, "strategic_value", 4)
        answer(sample, session, BO, item, "compliance", 1)
    sessions.reveal(sample, session, says(FAY))
    found = agenda.talks(sample, seen(sample, session))
    assert [(talk.matters, talk.apart, talk.low == talk.high) for talk in found] == [(False, (), True)] * 6
    sessions.settle_rest(sample, session, says(FAY))
    ranks = {item.id: item.rank for item in prioritising.priorities(sample).items}  # type: ignore[union-attr]
    assert {talk.item: talk.place for talk in found} == {item: ranks[item] for item in items}


def test_places_are_those_of_the_agreed_order_on_which_the_cut_line_is_drawn(sample: Context) -> None:
    first, second, third = session_reading.first_items(sample, 3)
    reviewing.move(sample, third, says(FAY), to=1, reason="dependency")
    session, _ = opened(sample, items=(first, second, third), cut=2)
    for item in (first, second):
        answer(sample, session, ANA, item, "insight", "holds")
    sessions.reveal(sample, session, says(FAY))
    assert {talk.item: (talk.place, talk.above) for talk in agenda.talks(sample, seen(sample, session))} == {
        first: (2, 1), second: (3, 0), third: (3, 0),
    }  # fmt: skip


def test_an_insight_that_most_hold_for_wrong_is_spoken_of_though_nobody_differs(sample: Context) -> None:
    session, (item, *others) = opened(sample)
    for person in (ANA, BO, CY):
        answer(sample, session, person, item, "insight", "wrong")
        answer(sample, session, person, others[0], "insight", "holds")
    sessions.reveal(sample, session, says(FAY))
    first, *rest = agenda.talks(sample, seen(sample, session))
    assert (first.item, first.matters, first.apart) == (item, True, ())
    assert first.sentence == "Most say that the insight is wrong, and it stands above the cut line, at place 1."
    assert not any(talk.matters for talk in rest)
    sessions.settle(sample, session, says(FAY), item, "insight", "wrong")
    assert not any(talk.matters for talk in agenda.talks(sample, seen(sample, session))), "then it is to be decided"


def test_who_calls_an_insight_wrong_would_not_have_it_above_the_line(sample: Context) -> None:
    session, (item, *_) = opened(sample)
    for person, verdict in ((ANA, "holds"), (CY, "holds"), (BO, "wrong")):
        answer(sample, session, person, item, "insight", verdict)
    sessions.reveal(sample, session, says(FAY))
    first = agenda.talks(sample, seen(sample, session))[0]
    assert (first.item, first.above, first.answered, first.apart) == (item, 2, 3, ("Bo",))


def test_an_item_that_was_moved_by_hand_is_said_to_be(sample: Context) -> None:
    session, (item, *_) = revealed(sample)
    reviewing.move(sample, item, replace(says(FAY), session=session), to=9, reason="dependency")
    found = {talk.item: talk for talk in agenda.talks(sample, seen(sample, session))}
    assert not found[item].matters
    assert found[item].sentence == (
        "It was moved to place 9 by hand (another item needs it first): answers do not change that."
    )
    assert [entry.saying.kind for entry in seen(sample, session).others] == ["moved"]


def test_agreement_is_told_for_each_question_and_function_where_enough_answered(sample: Context) -> None:
    session, items = opened(sample, count=6)
    for place, item in enumerate(items):
        answer(sample, session, ANA, item, "strategic_value", min(place, 4))
        answer(sample, session, CY, item, "strategic_value", min(place, 4))
        answer(sample, session, BO, item, "compliance", 2)
    sessions.reveal(sample, session, says(FAY))
    of = prioritising.board(sample)
    assert not isinstance(of, NotEnoughData)
    told = {one.question: one for one in agenda.agreed(sample, seen(sample, session), of.drivers)}
    value = told["strategic_value"]
    assert not isinstance(value.everybody, NotEnoughData)
    assert (value.everybody.value, value.everybody.measure, value.people) == (1.0, "W", 2)
    assert value.by_function["product"] == NotEnoughData(have=1, need=2, what="people")
    assert told["compliance"].everybody == NotEnoughData(have=1, need=2, what="people")
