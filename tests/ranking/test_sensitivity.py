"""At which weight the leader changes: worked by hand, against brute force, and true of every list."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from opex.ranking.ranking import alphabetical, rank
from opex.ranking.sensitivity import Leaders, leaders, leaders_at, stability_sentence, with_weight

THIRDS = np.array([0.5, 0.3, 0.2])
LEVELS = st.sampled_from([0.0, 0.1, 0.25, 0.3, 0.5, 0.7, 0.75, 0.9, 1.0])


def found(values: np.ndarray, weights: np.ndarray, driver: int, known: np.ndarray | None = None) -> Leaders:
    everything = np.ones(values.shape, dtype=bool) if known is None else known
    return leaders(values, everything, weights, driver, alphabetical([f"id-{n}" for n in range(len(values))]))


def test_two_items_cross_where_their_scores_are_equal() -> None:
    """t = 0.4 t + (1 - t) at t = 1 / 1.6."""
    made = found(np.array([[1.0, 0.0], [0.4, 1.0]]), np.array([0.5, 0.5]), 0)
    assert made.items.tolist() == [1, 0]
    assert made.breaks == pytest.approx([0, 0.625, 1])
    assert (made.around(0.5), made.around(0.7)) == ((0.0, 0.625), (0.625, 1.0))


def test_a_middling_item_leads_only_between_two_specialists() -> None:
    """Lines 1 - t, t and 0.7: the envelope breaks at 0.3 and 0.7."""
    made = found(np.array([[0.0, 1.0], [0.7, 0.7], [1.0, 0.0]]), np.array([0.5, 0.5]), 0)
    assert made.items.tolist() == [0, 1, 2]
    assert made.breaks == pytest.approx([0, 0.3, 0.7, 1])


def test_the_others_keep_their_proportions() -> None:
    """At weight t of the first: item 0 has t, item 1 has (1 - t) 0.6, which cross at 0.6 / 1.6."""
    made = found(np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), THIRDS, 0)
    assert made.breaks == pytest.approx([0, 0.375, 1])
    equal = with_weight(np.array([1.0, 0.0, 0.0]), 0, 0.5)
    assert equal.tolist() == [0.5, 0.25, 0.25]


def test_days_of_work_bend_no_line() -> None:
    """(1 - t) / 2 and t / 1 cross at a third; the item without an estimate never leads."""
    values = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    known, names = np.ones((3, 2), dtype=bool), alphabetical(["a", "b", "c"])
    made = leaders(values, known, np.array([0.5, 0.5]), 0, names, np.array([2.0, 1.0, np.nan]))
    assert made.items.tolist() == [0, 1]
    assert made.breaks == pytest.approx([0, 1 / 3, 1])


def test_items_that_nobody_estimated_are_led_by_score() -> None:
    made = leaders(
        np.array([[0.2, 0.2], [0.9, 0.9], [0.1, 0.1]]), np.ones((3, 2), dtype=bool), np.array([0.5, 0.5]), 0,
        alphabetical(["a", "b", "c"]), np.full(3, np.nan),
    )  # fmt: skip
    assert made.items.tolist() == [1]


def test_an_item_leads_only_while_half_of_the_weight_is_known_of_it() -> None:
    """The first item is best everywhere, and known on the first driver alone."""
    values, known = np.array([[1.0, 1.0], [0.5, 0.5]]), np.array([[True, False], [True, True]])
    made = found(values, np.array([0.3, 0.7]), 0, known)
    assert made.items.tolist() == [1, 0]
    assert made.breaks == pytest.approx([0, 0.5, 1])


def test_one_item_or_one_driver_never_changes() -> None:
    assert found(np.array([[0.2, 0.4]]), np.array([0.5, 0.5]), 1).items.tolist() == [0]
    assert found(np.array([[0.2], [0.4]]), np.array([1.0]), 0).items.tolist() == [1]


def test_items_that_are_alike_are_led_by_the_first_by_name() -> None:
    assert found(np.full((3, 2), 0.5), np.array([0.5, 0.5]), 0).items.tolist() == [0]


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    n, m = draw(st.integers(1, 7)), draw(st.integers(2, 4))
    weights = draw(arrays.arrays(float, m, elements=st.floats(0.05, 1)))
    return (
        draw(arrays.arrays(float, (n, m), elements=LEVELS)),
        draw(arrays.arrays(bool, (n, m), elements=st.sampled_from([True, True, False]))),
        weights / weights.sum(),
        draw(st.integers(0, m - 1)),
    )


@settings(deadline=None, derandomize=True, max_examples=200)
@given(cases())
def test_the_envelope_agrees_with_ranking_at_every_weight_of_a_fine_grid(case: Any) -> None:
    values, known, weights, driver = case
    names = alphabetical([f"id-{n}" for n in range(len(values))])
    made = leaders(values, known, weights, driver, names)
    assert (made.breaks[0], made.breaks[-1]) == (0, 1)
    assert (np.diff(made.breaks) > 0).all()
    assert (np.diff(made.items) != 0).all()
    for at in np.linspace(0.003, 0.997, 200):
        if np.abs(made.breaks - at).min() > 1e-6:
            first = int(np.argmin(rank(values, known, with_weight(weights, driver, at), names).ranks))
            assert made.items[made.at(at)] == first


@settings(deadline=None, derandomize=True, max_examples=60)
@given(cases())
def test_trying_finds_the_same_leaders_to_within_half_a_step(case: Any) -> None:
    values, _, weights, driver = case
    exact, grid = found(values, weights, driver), np.linspace(0, 1, 1001)
    tried = leaders_at(
        with_weight(weights, driver, grid) @ values.T, grid, alphabetical([f"id-{n}" for n in range(len(values))])
    )
    for at in np.linspace(0.0153, 0.9853, 50):
        if np.abs(exact.breaks - at).min() > 0.002:
            assert tried.items[tried.at(at)] == exact.items[exact.at(at)]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(cases())
def test_an_item_that_another_beats_everywhere_changes_nothing(case: Any) -> None:
    values, known, weights, driver = case
    worse = np.vstack([values, values.min(axis=0) / 2])
    more = np.vstack([known, np.zeros_like(known[:1])])
    before, after = found(values, weights, driver, known), found(worse, weights, driver, more)
    assert after.items.tolist() == before.items.tolist()
    assert after.breaks == pytest.approx(before.breaks)


@pytest.mark.parametrize(
    ("breaks", "items", "today", "sentence"),
    [
        ([0, 1], [1], 0.2, "“Y” stays first whatever Hours lost weighs (20 % now)."),
        ([0, 0.3, 1], [0, 1], 0.2, "“X” stays first while Hours lost weighs 0 to 30 % (20 % now); above, “Y” leads."),
        ([0, 0.3, 1], [0, 1], 0.3, "“Y” stays first while Hours lost weighs 30 to 100 % (30 % now); below, “X” leads."),
        (
            [0, 0.07, 1], [0, 1], 0.073,
            "“Y” stays first while Hours lost weighs 7.0 to 100.0 % (7.3 % now); below, “X” leads.",
        ),
        (
            [0, 0.191, 0.204, 1], [0, 1, 0], 0.2,
            "“Y” stays first while Hours lost weighs 19.1 to 20.4 % (20.0 % now); below, “X” leads, above, “X”.",
        ),
    ],
)  # fmt: skip
def test_a_sentence_says_how_far_the_first_place_holds(
    breaks: list[float], items: list[int], today: float, sentence: str
) -> None:
    made = Leaders(breaks=np.array(breaks), items=np.array(items))
    assert stability_sentence(made, ["X", "Y"], "Hours lost", today) == sentence
