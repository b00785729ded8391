"""Asked, answered, taken back; and what the answers imply: by function, with what they foretell, never applied."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from opex.domain.decisions import Moved, Person
from opex.domain.drivers import DriverSet
from opex.domain.duels import Answer
from opex.domain.problems import NotEnoughData, Refused
from opex.ranking.revealed import LEAST
from opex.services import anchoring, choices, driving, duels, prioritising, reviewing
from opex.services.context import Context, Speaker
from opex.services.duels import Duel
from tests.conftest import context_at
from tests.services.sample import sample_in

ANA = Person(name="Ana", function="operations")
BO = Person(name="Bo", function="business")
SEVERE = {"severe_incidents": 0.7, "hours_lost": 0.3}


def asked(context: Context, person: Person) -> Duel:
    duel = duels.next_duel(context, person)
    assert isinstance(duel, Duel)
    return duel


def answer(context: Context, person: Person, given: Answer, request: str = "") -> Duel:
    duel = asked(context, person)
    duels.answer(context, duel, given, Speaker(person=person, request_id=request))
    return duel


def answer_by(context: Context, person: Person, weights: Mapping[str, float], count: int) -> None:
    """So many answers of a person who always goes by these weights."""
    for _ in range(count):
        duel = asked(context, person)
        a, b = duel.first_worths, duel.second_worths
        margin = sum(weight * (a.get(name, 0.5) - b.get(name, 0.5)) for name, weight in weights.items())
        given: Answer = "equal" if abs(margin) < 1e-9 else "first" if margin > 0 else "second"
        duels.answer(context, duel, given, Speaker(person=person))


# --- asking and answering --------------------------------------------------------------------------------------------


def test_an_answer_keeps_what_both_were_worth_when_it_was_given(sample: Context) -> None:
    duel = answer(sample, ANA, "first")
    [kept] = duels.answers(sample)
    assert (kept.person, kept.pair, kept.said.answer, kept.said.drivers) == (ANA, duel.id, "first", 1)
    assert (kept.said.first, kept.said.second) == (duel.first.opportunity.id, duel.second.opportunity.id)
    of = prioritising.board(sample)
    assert not isinstance(of, NotEnoughData)
    n = [item.id for item in of.items].index(kept.said.first)
    known = ~np.isnan(of.raw[n])
    assert list(kept.said.first_worths.values()) == of.values[n][known].tolist()
    assert len(kept.said.first_worths) == known.sum() < len(of.drivers.drivers), "nobody has rated anything yet"


def test_nothing_that_is_shown_of_a_duel_is_a_score_or_a_rank(sample: Context) -> None:
    duel = asked(sample, ANA)
    assert [title for title, _ in duel.first.told] == [driver.title for driver in driving.drivers(sample).drivers]
    assert dict(duel.first.told)["Compliance"] == "nobody has rated it"
    assert dict(duel.first.told)["How often it happens"].endswith("incidents a year")


def test_after_a_reload_the_same_question_waits_and_after_an_undo_it_comes_again(sample: Context) -> None:
    first = asked(sample, ANA)
    assert asked(sample, ANA) == first
    answer(sample, ANA, "second")
    second = asked(sample, ANA)
    assert second.id != first.id
    assert second.answered == 1
    duels.undo(sample, Speaker(person=ANA))
    assert duels.answers(sample) == ()
    assert asked(sample, ANA) == first
    with pytest.raises(Refused, match="no answer that could be taken back"):
        duels.undo(sample, Speaker(person=ANA))


def test_a_double_click_writes_once_and_another_answer_to_the_same_pair_is_refused(sample: Context) -> None:
    duel = asked(sample, ANA)
    once = duels.answer(sample, duel, "first", Speaker(person=ANA, request_id="r1"))
    assert duels.answer(sample, duel, "first", Speaker(person=ANA, request_id="r1")) == once
    with pytest.raises(Refused, match="answered this pair already"):
        duels.answer(sample, duel, "second", Speaker(person=ANA, request_id="r2"))
    duels.answer(sample, duel, "second", Speaker(person=BO, request_id="r3"))
    assert [(one.person.name, one.said.answer) for one in duels.answers(sample)] == [("Ana", "first"), ("Bo", "second")]


def test_an_undo_takes_back_only_ones_own_last_answer(sample: Context) -> None:
    answer(sample, ANA, "first")
    answer(sample, BO, "second")
    duels.undo(sample, Speaker(person=ANA))
    assert [one.person for one in duels.answers(sample)] == [BO]


def test_no_pair_is_asked_twice_of_the_same_person(sample: Context) -> None:
    pairs = [answer(sample, ANA, "cannot_say").id for _ in range(25)]
    assert len(set(pairs)) == 25


def test_an_empty_workspace_has_no_question(context: Context) -> None:
    assert isinstance(duels.next_duel(context, ANA), NotEnoughData)
    [everybody] = choices.choices(context).groups
    assert (everybody.function, everybody.duels, everybody.weights) == ("all", 0, ())


# --- what they imply -------------------------------------------------------------------------------------------------


def test_too_few_duels_are_silent_and_say_how_many_are_missing(sample: Context) -> None:
    answer_by(sample, ANA, SEVERE, 10)
    found = choices.choices(sample)
    assert [(group.function, group.weights, group.missing) for group in found.groups] == [
        ("all", (), LEAST - 10), ("operations", (), LEAST - 10),
    ]  # fmt: skip
    assert choices.sentence(found.groups[0]) == (
        "Everybody: 10 duels of 1 person; 20 more are needed before they say anything of the weights."
    )
    assert found.draft("all") is None
    assert found.strengths == ()


@cache
def _answered() -> Path:
    """A sample workspace in which Ana answered 35 duels and Bo 31, both by severe incidents before all."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    context = sample_in(folder)
    answer_by(context, ANA, SEVERE, 35)
    answer_by(context, BO, SEVERE, 31)
    context.database.close()
    return folder / "sample.db"


@pytest.fixture
def chosen(tmp_path: Path) -> Iterator[Context]:
    """A copy of that workspace."""
    shutil.copy(_answered(), tmp_path / "chosen.db")
    context = context_at(f"sqlite:///{tmp_path / 'chosen.db'}")
    yield context
    context.database.close()


def test_choices_speak_for_what_people_go_by_in_each_function(chosen: Context) -> None:
    before = driving.drivers(chosen)
    found = choices.choices(chosen)
    assert [(group.function, group.people) for group in found.groups] == [
        ("all", 2),
        ("business", 1),
        ("operations", 1),
    ]
    for group in found.groups:
        assert sum(weight.revealed for weight in group.weights) == pytest.approx(1)
        severe = next(weight for weight in group.weights if weight.name == "severe_incidents")
        assert severe.stated == 0.15 < severe.low < severe.revealed < severe.high
        rated = [weight.told for weight in group.weights if weight.name in ("strategic_value", "compliance")]
        assert rated == [False, False], "nobody rated anything, so no duel tells of it"
    assert "Severe incidents more than stated" in choices.sentence(found.groups[0])
    assert driving.drivers(chosen) == before, "nothing is applied by itself"


def test_they_foretell_a_person_who_was_left_out_better_than_the_stated_weights(chosen: Context) -> None:
    everybody = choices.choices(chosen).groups[0]
    assert [one.left_out for one in everybody.foretold] == ["person", "session"]
    for one in everybody.foretold:
        assert one.revealed.duels == one.stated.duels <= 66
        assert one.revealed.share > one.stated.share
        assert one.random_revealed is not None
        assert 0 < one.random_revealed.duels < one.revealed.duels


def test_people_who_go_by_the_same_agree_on_the_pairs_that_both_answered(chosen: Context) -> None:
    found = choices.choices(chosen)
    assert found.agreement is not None
    assert found.agreement.share == 1
    assert found.agreement.comparisons > 10


def test_strengths_stand_beside_the_weights(chosen: Context) -> None:
    strengths = choices.choices(chosen).strengths
    assert sum(one.won for one in strengths) == sum(one.lost for one in strengths) == 66
    assert sum(one.strength for one in strengths) == pytest.approx(0, abs=1e-9)
    assert [one.strength for one in strengths] == sorted((one.strength for one in strengths), reverse=True)
    assert all(one.title and one.rank for one in strengths)


def test_a_draft_is_saved_by_a_person_as_a_new_version(chosen: Context) -> None:
    draft = choices.choices(chosen).draft("all")
    assert draft is not None
    saved = driving.save(chosen, draft, person=ANA, note="as we choose", seen=1)
    assert saved.version == 2
    now = choices.choices(chosen)
    assert now.other_scales == 0, "other weights alone leave old answers what they are"
    assert now.groups[0].duels == 66


def test_answers_under_other_scales_are_left_out_and_counted(chosen: Context) -> None:
    stated = driving.drivers(chosen)
    first, *others = stated.drivers
    wider = DriverSet(
        name=stated.name, version=1, drivers=(replace(first, scale=replace(first.scale, one_at=900.0)), *others)
    )
    driving.save(chosen, wider, person=ANA, note="wider", seen=1)
    found = choices.choices(chosen)
    assert (found.other_scales, found.groups[0].duels) == (66, 0)


def test_who_cannot_say_teaches_nothing(sample: Context) -> None:
    for _ in range(LEAST):
        answer(sample, ANA, "cannot_say")
    found = choices.choices(sample)
    assert (found.cannot_say, found.groups[0].duels, found.groups[0].weights) == (LEAST, 0, ())


def test_moves_and_declines_teach_nothing(chosen: Context) -> None:
    before = choices.document(choices.choices(chosen))["functions"]
    last = reviewing.inbox(chosen)[-1].id
    reviewing.say(chosen, last, Moved(to=1, reason="weights"), Speaker(person=ANA))
    reviewing.decline(chosen, last, Speaker(person=BO), reason="too_small")
    assert choices.document(choices.choices(chosen))["functions"] == before


# --- anchors ---------------------------------------------------------------------------------------------------------


def test_idle_drivers_and_items_beyond_an_anchor_are_named(sample: Context) -> None:
    of = prioritising.board(sample)
    assert not isinstance(of, NotEnoughData)
    told = anchoring.warnings(of)
    assert told["compliance"] == "Compliance is idle: nobody has rated an item on it, so its 10% order nothing today."
    raw = of.raw[:, list(of.drivers.weights).index("growth")]
    above, below, known = int((raw > 4).sum()), int((raw < 1).sum()), int((~np.isnan(raw)).sum())
    assert above > 0
    assert below > 0
    assert told["growth"] == (
        f"Growing: {above} of {known} items lie above 4 times and {below} of {known} items lie below 1 times; "
        "beyond an anchor they count alike."
    )


def test_a_rating_makes_a_driver_order_again(sample: Context) -> None:
    reviewing.rate(sample, reviewing.inbox(sample)[0].id, Speaker(person=ANA), driver="compliance", level=4)
    of = prioritising.board(sample)
    assert not isinstance(of, NotEnoughData)
    assert "compliance" not in anchoring.warnings(of)
