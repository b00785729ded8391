"""Why one item is above another, and what weights it would take to turn it round."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from opex.domain.drivers import DriverSet
from opex.domain.formulas import Figure, named
from opex.domain.priorities import Evidence, Move, Priority
from opex.ranking.above import above, reasons
from opex.ranking.price import changes, price, price_sentence
from tests.ranking.builders import driver, opportunity

GRID = 40
DRIVERS = DriverSet(
    name="ours",
    version=3,
    drivers=(
        driver("hours_lost_a_year", 0.6, title="Hours lost"),
        driver("incidents_a_year", 0.3, title="How often"),
        driver("rated", 0.1, name="law", title="Compliance", unit="level", rubric=((0, "No."), (4, "Yes."))),
    ),
)


def item(id: str, rank: int, parts: tuple[float, float, float], **more: Any) -> Priority:
    """An item with these contributions and, as raw values, the shares of 100 that they come from."""
    names = tuple(DRIVERS.weights)
    raw = {n: 100 * part / DRIVERS.weights[n] for n, part in zip(names, parts, strict=True)}
    nothing = Evidence(
        incidents=0, incidents_all_time=0, changes=0, hours_lost=0, hours_low=0, hours_likely=0, hours_high=0
    )
    known: dict[str, Any] = {
        "computed_rank": rank, "score": sum(parts), "contributions": dict(zip(names, parts, strict=True)),
        "values": raw, "evidence": nothing, "why": "",
    }  # fmt: skip
    return Priority(opportunity=opportunity(id), rank=rank, **known | more)


# --- A above B -------------------------------------------------------------------------------------------------------


def test_one_stands_above_another_by_its_drivers_the_largest_difference_first() -> None:
    found = above(item("b", 2, (0.12, 0.15, 0.05)), item("a", 1, (0.3, 0.03, 0.05)))
    assert (found.upper.id, found.lower.id, found.by) == ("a", "b", "score")
    assert reasons(found, DRIVERS) == [
        "“A” stands above “B” by 6.0 points: 38.0 against 32.0 of 100 under ours v3.",
        "Hours lost: +18.0 points (50 hours a year against 20 hours a year; weight 60).",
        "How often: -12.0 points (10 incidents a year against 50 incidents a year; weight 30).",
        "They count alike on Compliance.",
    ]


def test_the_teams_own_formula_is_said_where_it_decides() -> None:
    ice = named("ice")
    upper, lower = (Figure(formula=ice, value=value, factors={}) for value in (120.0, None))
    found = above(item("a", 1, (0.1, 0.1, 0.0), figure=upper), item("b", 2, (0.3, 0.1, 0.0), figure=lower))
    assert found.by == "formula"
    assert reasons(found, DRIVERS)[0] == (
        "“A” stands above “B” by ICE, the team's own formula: 120 against nothing (it cannot be placed). "
        "By score: 20.0 against 40.0 of 100 under ours v3."
    )


def test_an_adjustment_is_said_with_who_made_it_and_why() -> None:
    move = Move(to=1, reason="commitment", words="the board was told", person="Ana", seq=4)
    lower = item("b", 2, (0.3, 0.1, 0.05), computed_rank=1)
    found = above(item("a", 1, (0.1, 0.1, 0.05), computed_rank=2, move=move), lower)
    assert found.by == "adjustment"
    assert found.difference == pytest.approx(-0.2)
    assert reasons(found, DRIVERS)[0] == (
        "“A” stands above “B” because Ana moved “A” to place 1 (promised to somebody: “the board was told”). "
        "Computed, it is the other way round (25.0 against 45.0 of 100 under ours v3)."
    )


def test_an_item_of_which_too_little_is_known_stands_below_whatever_it_scores() -> None:
    values = {"hours_lost_a_year": None, "incidents_a_year": 80.0, "law": None}
    found = above(item("a", 1, (0.1, 0.1, 0.05)), item("b", 2, (0.3, 0.24, 0.05), enough_rated=False, values=values))
    assert found.by == "known"
    assert reasons(found, DRIVERS)[:2] == [
        "“A” stands above “B” though it scores no more (25.0 against 59.0 of 100 under ours v3): less than half of the "
        "weight has a value for “B”, and such items stand below all that have more.",
        "Hours lost: -20.0 points (16.7 hours a year against nothing known, so the middle; weight 60).",
    ]


def test_two_that_score_alike_are_ordered_by_the_alphabet_and_that_says_nothing() -> None:
    found = above(item("a", 1, (0.3, 0.1, 0.05)), item("b", 2, (0.3, 0.1, 0.05)))
    assert found.by == "alphabet"
    assert reasons(found, DRIVERS) == [
        "“A” and “B” score alike (45.0 against 45.0 of 100 under ours v3): only the alphabet of their ids puts the one "
        "first. It says nothing about which is better.",
        "They count alike on Hours lost, How often and Compliance.",
    ]


def test_the_sentences_follow_the_live_weights() -> None:
    before = above(item("a", 1, (0.3, 0.03, 0.05)), item("b", 2, (0.12, 0.15, 0.05)))
    heavier = DRIVERS.reweighted({"hours_lost_a_year": 0.2, "incidents_a_year": 0.7})
    assert "weight 60" in reasons(before, DRIVERS)[1]
    assert "weight 20" in reasons(before, heavier)[1]


def test_an_item_is_not_above_itself() -> None:
    one = item("a", 1, (0.3, 0.03, 0.05))
    with pytest.raises(ValueError, match="a and a hold the same place"):
        above(one, one)


shares = st.floats(0, 1, allow_nan=False)


@settings(deadline=None, derandomize=True)
@given(st.tuples(shares, shares, shares), st.tuples(shares, shares, shares))
def test_differences_by_driver_add_up_to_the_difference_of_the_scores(
    one: tuple[float, float, float], other: tuple[float, float, float]
) -> None:
    found = above(item("a", 1, one), item("b", 2, other))
    assert sum(found.parts.values()) == pytest.approx(found.difference, abs=1e-12)


# --- the price -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("upper", "lower", "stated", "nearest"),
    [
        ([1, 0], [0, 1], [0.2, 0.8], [0.5025, 0.4975]),  # w - (1 - w) >= 0.005
        ([0.8, 0.2], [0.2, 0.6], [0.1, 0.9], [0.405, 0.595]),  # 0.6 w - 0.4 (1 - w) >= 0.005
        ([1, 0], [0, 1], [0.9, 0.1], [0.9, 0.1]),  # above already
        ([1, 1], [1, 0.995], [0.0, 1.0], [0.0, 1.0]),  # above by exactly the margin
    ],
)
def test_two_drivers_have_a_price_in_closed_form(
    upper: list[float], lower: list[float], stated: list[float], nearest: list[float]
) -> None:
    found = price(upper, lower, stated)
    assert found is not None
    assert_allclose(found, nearest, atol=1e-9)


@pytest.mark.parametrize("upper", [[0.2, 0.3], [0.5, 0.604]])
def test_no_weights_put_an_item_above_one_that_it_leads_by_the_margin_on_no_driver(upper: list[float]) -> None:
    assert price(upper, [0.5, 0.6], [0.5, 0.5]) is None


def simplex(drivers: int) -> NDArray[np.float64]:
    """Every weighting in steps of 1 / GRID."""
    points = np.array(list(np.ndindex(*(GRID + 1,) * (drivers - 1))))
    points = points[points.sum(axis=1) <= GRID]
    return np.column_stack([points, GRID - points.sum(axis=1)]) / GRID


@st.composite
def cases(draw: st.DrawFn) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    count = draw(st.integers(2, 3))
    worth = st.lists(st.floats(0, 1, allow_nan=False), min_size=count, max_size=count)
    upper, lower, stated = (np.array(draw(worth)) for _ in range(3))
    return upper, lower, (stated + 0.01) / (stated + 0.01).sum()


@settings(deadline=None, derandomize=True, max_examples=200)
@given(cases(), st.sampled_from([0.005, 0.05]))
def test_the_price_holds_against_every_weighting_of_a_fine_grid(
    case: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]], margin: float
) -> None:
    upper, lower, stated = case
    gaps = upper - lower
    found = price(upper, lower, stated, margin=margin)
    assert (found is None) == (gaps.max() < margin and gaps @ stated < margin)  # no corner of the simplex reaches it
    if found is None:
        return
    assert found.sum() == pytest.approx(1)
    assert found.min() >= 0
    assert gaps @ found >= margin - 1e-6
    grid = simplex(len(stated))
    enough = grid[grid @ gaps >= margin]
    cost = np.abs(found - stated).sum()
    assert not len(enough) or cost <= np.abs(enough - stated).sum(axis=1).min() + 1e-6


@settings(deadline=None, derandomize=True, max_examples=200)
@given(cases())
def test_the_cheapest_change_takes_from_the_worst_drivers_and_gives_to_the_best(
    case: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
) -> None:
    """The programme against its solution by hand: all that is gained goes to the largest gap, taken from the least."""
    upper, lower, stated = case
    gaps, by_hand = upper - lower, stated.copy()
    best = int(gaps.argmax())
    for worst in np.argsort(gaps, kind="stable"):
        short = 0.005 - gaps @ by_hand
        if short > 0 and gaps[best] - gaps[worst] > 1e-9:
            taken = min(by_hand[worst], short / (gaps[best] - gaps[worst]))
            by_hand[worst] -= taken
            by_hand[best] += taken
    found = price(upper, lower, stated)
    if found is not None:
        assert np.abs(found - stated).sum() == pytest.approx(np.abs(by_hand - stated).sum(), abs=1e-5)


def test_a_price_is_told_by_driver() -> None:
    stated = list(DRIVERS.weights.values())
    dear = changes(price([0.2, 0.1, 1.0], [0.9, 0.4, 0.0], stated), DRIVERS)
    assert dear is not None
    assert {name: round(by, 4) for name, by in dear.items()} == {"hours_lost_a_year": -0.2441, "law": 0.2441}
    assert price_sentence(dear, DRIVERS, "A", "B") == (
        "It would take 24.4 points of weight more on Compliance, taken from Hours lost, "
        "to put “A” above “B” by 0.5 points."
    )
    both = {"hours_lost_a_year": -0.5, "incidents_a_year": -0.125, "law": 0.625}
    assert price_sentence(both, DRIVERS, "A", "B") == (
        "It would take 62.5 points of weight more on Compliance, taken from Hours lost (50.0) and How often (12.5), "
        "to put “A” above “B” by 0.5 points."
    )


def test_a_price_that_nobody_can_pay_is_told_and_one_that_nobody_need_pay() -> None:
    stated = list(DRIVERS.weights.values())
    assert changes(price([0.1, 0.1, 0.1], [0.9, 0.4, 0.2], stated), DRIVERS) == {}
    assert price_sentence({}, DRIVERS, "A", "B") == (
        "No weights do: on no driver is “A” ahead of “B” by as much as 0.5 points."
    )
    assert changes(price([0.9, 0.4, 0.2], [0.1, 0.1, 0.1], stated), DRIVERS) is None
    assert price_sentence(None, DRIVERS, "A", "B") == (
        "It takes no other weights: by score “A” stands above “B” already."
    )
