"""Why it moved: Shapley values against published games, and a change of score split among the causes planted in it."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from opex.domain.drivers import Driver, DriverSet
from opex.domain.kept import Effect, EvidenceRow, Figure, KeptItem, KeptRanking
from opex.domain.opportunities import Removal
from opex.ranking.moved import CAUSES, Comparison, compared, shapley
from tests.ranking.builders import AS_OF, driver

RUBRIC = ((0, "No."), (100, "Yes."))
worths = arrays(np.float64, (32, 3), elements=st.floats(-1, 1, allow_nan=False))


def by_all_orders(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The definition: what each player adds when it comes, the mean over all orders."""
    players = len(values).bit_length() - 1
    parts = np.zeros((players, *values.shape[1:]))
    orders = list(permutations(range(players)))
    for order in orders:
        here = 0
        for player in order:
            parts[player] += values[here | 1 << player] - values[here]
            here |= 1 << player
    return parts / len(orders)


# --- the split -------------------------------------------------------------------------------------------------------


def test_the_airport_game_shares_the_cost_of_a_runway() -> None:
    """Littlechild and Owen (1973): each pays its part of every stretch that it needs; here four airlines."""
    costs = np.array([8.0, 11, 13, 18])
    needs = [max((costs[n] for n in range(4) if s >> n & 1), default=0.0) for s in range(16)]
    assert_allclose(shapley(needs), [2, 3, 4, 9], atol=1e-12)


def test_the_security_council_shares_its_power() -> None:
    """Shapley and Shubik's index (1954) of the council of 15: nine must agree, all five permanent ones among them."""
    subsets = np.arange(1 << 15)
    wins = (subsets & 31 == 31) & (np.bitwise_count(subsets) >= 9)
    assert_allclose(shapley(wins), [0.1963] * 5 + [0.0019] * 10, atol=5e-5)


def test_one_player_takes_all_and_none_takes_nothing() -> None:
    assert shapley([2.0, 5.0]).tolist() == [3.0]
    assert shapley(np.zeros((1, 4))).shape == (0, 4)


def test_values_that_are_not_one_for_each_subset_are_a_bug() -> None:
    with pytest.raises(ValueError, match="3 values are no worth for every subset"):
        shapley([0, 1, 2])


@settings(deadline=None, derandomize=True, max_examples=50)
@given(worths)
def test_the_split_is_the_mean_over_all_120_orders_and_adds_up(values: NDArray[np.float64]) -> None:
    parts = shapley(values)
    assert_allclose(parts, by_all_orders(values), atol=1e-12)
    assert_allclose(parts.sum(axis=0), values[-1] - values[0], atol=1e-12)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(worths)
def test_who_changes_nothing_gets_exactly_nothing(values: NDArray[np.float64]) -> None:
    subsets = np.arange(32)
    assert (shapley(values[subsets & ~4])[2] == 0).all()


@settings(deadline=None, derandomize=True, max_examples=50)
@given(worths)
def test_two_who_bring_the_same_get_the_same(values: NDArray[np.float64]) -> None:
    subsets = np.arange(32)
    swapped = subsets & ~3 | (subsets & 1) << 1 | (subsets & 2) >> 1
    parts = shapley((values + values[swapped]) / 2)
    assert_allclose(parts[0], parts[1], atol=1e-12)


# --- two rankings ----------------------------------------------------------------------------------------------------


def only(*drivers: Driver) -> DriverSet:
    return DriverSet(name="ours", version=1, drivers=drivers)


def item(id: str, rank: int = 1, removes: float = 1.0, **more: Any) -> KeptItem:
    known: dict[str, Any] = {"title": id.title(), "status": "unreviewed", "computed_rank": rank, "score": 0.0}
    return KeptItem(id=id, rank=rank, removes=Removal(low=0, likely=removes, high=1), **known | more)


def incidents(item: int, count: int, hours: float = 1.0) -> tuple[EvidenceRow, ...]:
    started = AS_OF - timedelta(days=10)
    return tuple(EvidenceRow(item, f"i{item}-{n}", started, hours, 3, 1.0) for n in range(count))


def ranking(
    *items: KeptItem, evidence: tuple[EvidenceRow, ...] = (), drivers: DriverSet | None = None, **more: Any
) -> KeptRanking:
    chosen = drivers or only(driver("incidents_a_year"))
    return KeptRanking(at=AS_OF, as_of=AS_OF, drivers=chosen, items=items, evidence=evidence, **more)


def parts_of(found: Comparison, of: str = "a") -> dict[str, float]:
    """The parts that are not 0, in points."""
    [change] = [change for change in found.items if change.id == of]
    assert sum(change.parts.values()) == pytest.approx(change.change, abs=1e-12)
    assert tuple(change.parts) == CAUSES
    return {cause: round(100 * part, 9) for cause, part in change.parts.items() if part}


def test_nothing_moves_between_a_ranking_and_itself() -> None:
    same = ranking(item("a"), evidence=incidents(0, 4))
    found = compared(same, same)
    assert (parts_of(found), found.came, found.went) == ({}, (), ())
    assert (found.items[0].score_from, found.items[0].score_to, found.items[0].up) == (0.04, 0.04, 0)


def test_new_incidents_are_data() -> None:
    found = compared(ranking(item("a"), evidence=incidents(0, 4)), ranking(item("a"), evidence=incidents(0, 7)))
    assert parts_of(found) == {"data": 3.0}


def test_incidents_that_leave_the_year_are_data_too() -> None:
    before = ranking(item("a"), evidence=incidents(0, 4))
    found = compared(before, replace(before, as_of=AS_OF + timedelta(days=360)))
    assert parts_of(found) == {"data": -4.0}


def test_a_strike_and_a_rating_are_ratings() -> None:
    both = only(driver("incidents_a_year", 0.5), driver("rated", 0.5, name="law", rubric=RUBRIC))
    before = ranking(item("a", ratings={"law": {"Ana": 0}}), evidence=incidents(0, 4), drivers=both)
    after = replace(before, items=(item("a", ratings={"law": {"Ana": 100}}, strikes=("i0-0", "i0-3")),))
    assert parts_of(compared(before, after)) == {"ratings": 49.0}


def test_a_weight_and_an_anchor_are_drivers() -> None:
    before = ranking(item("a"), evidence=incidents(0, 4, hours=5.0), drivers=only(
        driver("incidents_a_year", 0.5), driver("hours_lost_a_year", 0.5)))  # fmt: skip
    after = replace(before, drivers=only(driver("incidents_a_year", 0.25), driver("hours_lost_a_year", 0.75)))
    assert parts_of(compared(before, after)) == {"drivers": 4.0}


def test_a_driver_may_come_and_another_go() -> None:
    before = ranking(item("a"), evidence=incidents(0, 4, hours=5.0))
    after = replace(before, drivers=only(driver("hours_lost_a_year")))
    assert parts_of(compared(before, after)) == {"drivers": 16.0}
    assert parts_of(compared(after, before)) == {"drivers": -16.0}


def test_a_figure_that_only_one_of_two_driver_sets_asks_for_moves_nothing_as_data() -> None:
    told = {"lead_time_hours": (Figure("checkout", None, 30.0, None, None),)}
    before = ranking(item("a", system="checkout"), evidence=incidents(0, 4))
    after = replace(before, drivers=only(driver("lead_time_hours")), figures=told)
    assert parts_of(compared(before, after)) == {"drivers": 26.0}
    slower = replace(after, figures={"lead_time_hours": (Figure("checkout", None, 50.0, None, None),)})
    assert parts_of(compared(after, slower)) == {"data": 20.0}


def test_what_a_finder_says_of_an_item_is_data() -> None:
    chosen = only(driver("slow_recovery_effect"))
    before = ranking(item("a", effects=(Effect("slow_recovery", 3.0, 2.0, 5.0),)), drivers=chosen)
    after = ranking(item("a", effects=(Effect("slow_recovery", 8.0, 2.0, 9.0),)), drivers=chosen)
    assert parts_of(compared(before, after)) == {"data": 5.0}


def test_an_effort_moves_no_score_and_a_removal_does() -> None:
    before = ranking(item("a", removes=0.5), evidence=incidents(0, 4))
    after = replace(before, items=(item("a", removes=0.75, effort_days=9.0),))
    assert parts_of(compared(before, after)) == {"removals": 1.0}


def test_what_two_causes_did_together_is_shared_between_them() -> None:
    """Incidents 10 to 20 and removal 0.5 to 1: alone 5 and 5 points, together 15; each has 7.5."""
    before = ranking(item("a", removes=0.5), evidence=incidents(0, 10))
    after = ranking(item("a", removes=1.0), evidence=incidents(0, 20))
    assert parts_of(compared(before, after)) == {"data": 7.5, "removals": 7.5}


def test_an_adjustment_moves_places_and_no_score() -> None:
    before = ranking(item("a", 1), item("b", 2), evidence=incidents(0, 4))
    after = replace(before, items=(item("b", 1), item("a", 2)), evidence=incidents(1, 4), moves=(("b", 1),))
    found = compared(before, after)
    assert [(one.id, one.up, one.change, one.parts["adjustments"]) for one in found.items] == [
        ("b", 1, 0.0, 0.0),
        ("a", -1, 0.0, 0.0),
    ]


def test_items_that_came_or_went_are_told_apart_with_why() -> None:
    before = ranking(
        item("a", 1), item("gone", 2), item("done", 3), item("joined", 4), evidence=incidents(0, 4),
        out={"back": "declined"},
    )  # fmt: skip
    after = ranking(
        item("new", 1), item("a", 2), item("back", 3), item("hand", 4, by_hand=True), evidence=incidents(1, 4),
        out={"done": "done", "joined": "merged into another (a)"},
    )  # fmt: skip
    found = compared(before, after)
    assert [(one.id, one.up) for one in found.items] == [("a", -1)]
    assert {one.id: one.why for one in found.came} == {
        "new": "new evidence: a finder proposes it",
        "back": "it was declined and came back",
        "hand": "proposed by hand",
    }
    assert {one.id: one.why for one in found.went} == {
        "gone": "no finder proposes it any more",
        "done": "done",
        "joined": "merged into another (a)",
    }


def test_rankings_without_a_common_item_compare() -> None:
    found = compared(ranking(item("a")), ranking(item("b")))
    assert (found.items, [one.id for one in found.came], [one.id for one in found.went]) == ((), ["b"], ["a"])
    assert compared(ranking(), ranking()).items == ()


levels = st.integers(0, 100)


@st.composite
def worlds(draw: st.DrawFn) -> KeptRanking:
    """Two items with anything in them."""
    weight = draw(st.floats(0, 1))
    drivers = only(driver("incidents_a_year", weight), driver("rated", 1 - weight, name="law", rubric=RUBRIC))
    counts = draw(st.tuples(st.integers(0, 20), st.integers(0, 20)))
    struck = draw(st.sets(st.sampled_from([f"i0-{n}" for n in range(20)])))
    items = (
        item("a", 1, draw(st.floats(0, 1)), ratings={"law": {"Ana": draw(levels)}}, strikes=tuple(struck)),
        item("b", 2, draw(st.floats(0, 1)), ratings=draw(st.sampled_from([{}, {"law": {"Bo": 40}}]))),
    )
    return ranking(*items, evidence=incidents(0, counts[0]) + incidents(1, counts[1]), drivers=drivers)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(worlds(), worlds())
def test_parts_always_add_up_and_the_way_back_is_the_way_there_with_its_sign_turned(
    before: KeptRanking, after: KeptRanking
) -> None:
    there, back = compared(before, after), compared(after, before)
    for one, other in zip(there.items, back.items, strict=True):
        assert sum(one.parts.values()) == pytest.approx(one.change, abs=1e-12)
        assert one.parts == pytest.approx({cause: -part for cause, part in other.parts.items()}, abs=1e-12)
        assert one.parts["adjustments"] == 0
