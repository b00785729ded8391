"""Settling what people said, and asking once more: what it moves, and what it keeps."""

import pytest

from opex.domain.problems import Refused
from opex.domain.sessions import Settled
from opex.services import prioritising, session_reading, sessions
from opex.services.context import Context
from opex.store import sayings
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
    values_of,
)


def test_settling_moves_the_ranking_and_keeps_what_each_said(sample: Context) -> None:
    session, (first, second, *rest) = revealed(sample)
    sessions.settle(sample, session, says(FAY), first, "strategic_value")
    assert values_of(sample, first)["strategic_value"] == 2.5
    item = prioritising.one(sample, first)
    assert item.ratings["strategic_value"] == {"Ana": 4, "Cy": 1}
    with pytest.raises(Refused, match="Say what the group settled on, and why"):
        sessions.settle(sample, session, says(FAY), second, "strategic_value", 3)
    sessions.settle(sample, session, says(FAY), second, "strategic_value", 3, words="Cy had not seen the plan")
    assert prioritising.one(sample, second).ratings["strategic_value"] == {"the group": 3}
    assert sessions.settle_rest(sample, session, says(FAY)) == 6  # two of value, four of compliance
    assert values_of(sample, rest[0])["compliance"] == 2
    with pytest.raises(Refused, match="Everything that was answered is settled already"):
        sessions.settle_rest(sample, session, says(FAY))
    settled = seen(sample, session).settled[second, "strategic_value"].saying
    assert isinstance(settled, Settled)
    assert (settled.value, settled.given, settled.how) == (3, {"Ana": 4, "Cy": 1}, "discussed")


def test_a_settled_removal_takes_the_finders_assumption_away(sample: Context) -> None:
    session, (item, *_) = opened(sample)
    answer(sample, session, ANA, item, "removal", 0.2)
    answer(sample, session, CY, item, "removal", 0.6)
    sessions.reveal(sample, session, says(FAY))
    sessions.settle(sample, session, says(FAY), item, "removal")
    found = prioritising.one(sample, item)
    assert (found.removes.low, found.removes.likely, found.removes.high) == (0.2, 0.4, 0.6)
    assert not found.removes_assumed


def test_a_settled_verdict_counts_each_persons_word(sample: Context) -> None:
    session, (item, *_) = opened(sample)
    for person, verdict in ((ANA, "holds"), (BO, "wrong"), (CY, None)):
        answer(sample, session, person, item, "insight", verdict)
    sessions.reveal(sample, session, says(FAY))
    sessions.settle(sample, session, says(FAY), item, "insight")
    said = prioritising.one(sample, item).verdicts
    assert [(v.person, v.function, v.verdict) for v in said] == [
        ("Ana", "product", "holds"),
        ("Bo", "security", "wrong"),
    ]


def test_a_second_round_is_blind_again_and_keeps_the_first(sample: Context) -> None:
    session, (first, second, *_) = revealed(sample)
    sessions.vote_again(sample, session, says(FAY), [first])
    answer(sample, session, ANA, first, "strategic_value", 2)
    with pytest.raises(Refused, match="not asked about in the round that runs"):
        answer(sample, session, ANA, second, "strategic_value", 2)
    blind = seen(sample, session, "Cy").answers[first, "strategic_value"]
    assert [{p: g.value for p, g in given.items()} for given in blind] == [{"Ana": 4, "Cy": 1}]
    told = session_reading.progress(sample, seen(sample, session))
    assert [(p.person, p.answered, p.asked) for p in told] == [("Ana", 1, 3), ("Bo", 0, 2), ("Cy", 0, 3)]

    sessions.reveal(sample, session, says(FAY))
    now = seen(sample, session)
    rounds = [{p: g.value for p, g in given.items()} for given in now.answers[first, "strategic_value"]]
    assert rounds == [{"Ana": 4, "Cy": 1}, {"Ana": 2}]
    assert {p: g.value for p, g in now.last(first, "strategic_value").items()} == {"Ana": 2, "Cy": 1}
    with pytest.raises(Refused, match="An item has one second round"):
        sessions.vote_again(sample, session, says(FAY), [first])


def test_a_second_round_opens_again_what_was_settled(sample: Context) -> None:
    session, (item, *_) = revealed(sample)
    sessions.settle_rest(sample, session, says(FAY))
    assert values_of(sample, item)["strategic_value"] == 2.5
    sessions.vote_again(sample, session, says(FAY), [item])
    answer(sample, session, ANA, item, "strategic_value", 1)
    sessions.reveal(sample, session, says(FAY))
    assert seen(sample, session).unsettled() == ((item, "compliance"), (item, "strategic_value"))
    assert sessions.settle_rest(sample, session, says(FAY)) == 2
    assert values_of(sample, item)["strategic_value"] == 1


def test_a_second_round_in_which_nobody_answers_leaves_the_first_answers(sample: Context) -> None:
    session, (item, *_) = revealed(sample)
    sessions.vote_again(sample, session, says(FAY), [item])
    sessions.reveal(sample, session, says(FAY))
    assert (seen(sample, session).state, seen(sample, session).last(item, "strategic_value")["Ana"].value) == (
        "reveal",
        4,
    )


def test_what_a_colleague_settles_in_the_middle_of_settling_the_rest_stands(
    sample: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, (item, *_) = revealed(sample)
    append, done = sayings.append, []

    def slow(*args: object, **kwargs: object) -> int:
        if not done:
            done.append(True)
            sessions.settle(sample, session, says(ANA), item, "strategic_value", 3, words="We talked")
        return append(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(sayings, "append", slow)
    sessions.settle_rest(sample, session, says(FAY))
    settled = seen(sample, session).settled
    assert len(settled) == 8
    assert (settled[item, "strategic_value"].person, values_of(sample, item)["strategic_value"]) == (ANA, 3)
