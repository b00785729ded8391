"""What if: the list that a scenario would give equals the list that saving it would give, and nothing is saved."""

from dataclasses import replace

import numpy as np
import pytest

from opex.domain.decisions import Described, Person
from opex.domain.opportunities import Removal
from opex.domain.priorities import Priorities
from opex.domain.problems import NotEnoughData, Refused
from opex.domain.scenarios import Scenario
from opex.services import driving, prioritising, reviewing, what_if
from opex.services.context import Context, Speaker
from opex.services.prioritising import Board, reranked

ANA = Person(name="Ana", function="product")


def board(context: Context) -> Board:
    made = prioritising.board(context)
    assert not isinstance(made, NotEnoughData)
    return made


def places(order: Priorities) -> list[tuple[str, int, float, dict[str, float | None], float]]:
    return [(i.id, i.rank, round(i.score, 12), i.values, i.evidence.hours_likely) for i in order.items]


def test_nothing_moved_is_the_board_itself(sample: Context) -> None:
    of = board(sample)
    assert what_if.applied(of, Scenario()) is of


def test_a_scenario_of_drivers_gives_the_list_that_saving_it_would_give(sample: Context) -> None:
    of = board(sample)
    scenario = Scenario(
        weights={"growth": 0.5, "hours_lost": 0.1}, anchors={"growth": (1.0, 2.0), "hours_lost": (10.0, 90.0)}
    )
    tried = reranked(what_if.applied(of, scenario))
    driving.save(sample, scenario.drivers(of.drivers), person=ANA, note="try", seen=1)
    assert places(tried) == places(reranked(board(sample)))
    assert places(tried) != places(reranked(of))


def test_a_scenario_of_items_gives_the_list_that_saving_it_would_give(sample: Context) -> None:
    of = board(sample)
    first, second = (item.id for item in reranked(of).items[:2])
    removal = Removal(low=0.0, likely=0.05, high=0.1)
    scenario = Scenario(removals={first: removal}, ratings={second: {"compliance": 4}}, efforts={second: 12.0})
    tried = what_if.applied(of, scenario)
    speaker = Speaker(person=ANA, request_id="1")
    reviewing.say(sample, first, Described(low=0.0, likely=0.05, high=0.1), speaker)
    reviewing.say(sample, second, Described(effort_days=12.0), replace(speaker, request_id="2"))
    reviewing.rate(sample, second, replace(speaker, request_id="3"), driver="compliance", level=4)
    saved = board(sample)
    assert places(reranked(tried)) == places(reranked(saved))
    assert np.array_equal(tried.effort_days, saved.effort_days, equal_nan=True)
    assert np.array_equal(tried.ranges, saved.ranges, equal_nan=True)
    carried = {item.id: (item.removes, item.ratings) for item in tried.of.opportunities}
    assert carried[first] == (removal, {})
    assert carried[second][1] == {"compliance": {"what if": 4}}


def test_the_board_it_starts_from_is_left_as_it_was_and_nothing_is_saved(sample: Context) -> None:
    of = board(sample)
    before, revisions = (of.raw.copy(), of.values.copy(), places(reranked(of))), sample.database.revisions()
    some = of.items[0].id
    tried = what_if.applied(
        of, Scenario(removals={some: Removal(low=0, likely=0, high=0)}, anchors={"growth": (1.0, 9.0)})
    )
    assert tried.key != of.key
    assert np.array_equal(before[0], of.raw, equal_nan=True)
    assert np.array_equal(before[1], of.values)
    assert before[2] == places(reranked(of))
    assert sample.database.revisions() == revisions


def test_what_is_there_no_more_is_passed_over_and_named(sample: Context) -> None:
    of = board(sample)
    gone = Scenario(weights={"gone": 0.5}, efforts={"declined-item": 3.0})
    assert what_if.left_out(of, gone) == ["gone", "declined-item"]
    assert places(reranked(what_if.applied(of, gone))) == places(reranked(of))


def test_an_anchor_that_fits_no_scale_is_refused(sample: Context) -> None:
    with pytest.raises(Refused, match="no place for a negative anchor"):
        what_if.applied(board(sample), Scenario(anchors={"hours_lost": (-1.0, 5.0)}))


def test_scenarios_stand_side_by_side_with_the_saved_order(sample: Context) -> None:
    of = board(sample)
    growth, hours = (
        Scenario(name=name, weights={d: float(d == name) for d in of.drivers.weights})
        for name in ("growth", "hours_lost")
    )
    what_if.keep(sample, growth, ANA)
    what_if.keep(sample, hours, ANA)
    chosen = [one.scenario for one in what_if.kept(sample)]
    told = what_if.compared(sample, of, chosen)
    assert told.saved == tuple(range(1, len(of.items) + 1))
    assert set(told.ranks) == {"growth", "hours_lost"}
    under = {item.id: item.rank for item in reranked(of, growth.weights).items}
    assert told.ranks["growth"] == tuple(under[item] for item in told.items)
    assert told.moved["growth"] == sum(a != b for a, b in zip(told.ranks["growth"], told.saved, strict=True)) > 0
    what_if.delete(sample, "growth")
    assert [one.scenario.name for one in what_if.kept(sample)] == ["hours_lost"]


@pytest.mark.parametrize("formula", ["additive", "rice"])
def test_the_leader_at_each_weight_is_the_first_of_the_list_at_that_weight(sample: Context, formula: str) -> None:
    for n, item in enumerate(reranked(board(sample)).items[:6]):
        speaker = Speaker(person=ANA, request_id=f"effort {n}")
        reviewing.say(sample, item.id, Described(effort_days=float(3 + 7 * n)), speaker)
    if formula != "additive":
        driving.lock(sample, formula, person=ANA, note="as agreed", seen=1)
    of = board(sample)
    for driver, found in zip(of.drivers.drivers, what_if.leading(of), strict=True):
        rest = {d.name: d.weight / (1 - driver.weight) for d in of.drivers.drivers if d is not driver}
        for at in (0.0, 0.13, 0.42, 0.77):
            if np.abs(found.breaks - at)[1:-1].min(initial=1) > 0.006:
                weights = {driver.name: at} | {name: (1 - at) * share for name, share in rest.items()}
                first = min(reranked(of, weights).items, key=lambda item: item.computed_rank)
                assert of.items[found.items[found.at(at)]].id == first.id
