"""Which duel is asked next."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opex.ranking.duels import AT_RANDOM, Pick, information, lots, next_pair
from opex.ranking.revealed import fitted

STATED = np.array([0.5, 0.3, 0.2])
NOTHING = fitted(np.zeros((0, 3)), np.zeros(0), STATED)
VALUES = np.random.default_rng(0).random((12, 3))
DRAWN = lots([f"item {n}" for n in range(12)])


def ask(seed: int = 0, answered: tuple[tuple[int, int], ...] = ()) -> Pick | None:
    return next_pair(VALUES, NOTHING, DRAWN, answered, seed)


def test_most_duels_are_those_whose_answer_tells_most() -> None:
    first, second = np.triu_indices(12, 1)
    most = float(information(VALUES[first] - VALUES[second], NOTHING).max())
    picks = [ask(seed) for seed in range(200)]
    informing = [pick for pick in picks if pick is not None and pick.picked == "information"]
    assert {round(float(information(VALUES[[p.first]] - VALUES[[p.second]], NOTHING)[0]), 12) for p in informing} == {
        round(most, 12)
    }


def test_one_in_five_is_asked_at_random_and_says_so() -> None:
    share = np.mean([pick.picked == "random" for seed in range(2000) if (pick := ask(seed)) is not None])
    assert share == pytest.approx(AT_RANDOM, abs=0.03)


def test_who_stands_left_is_a_toss() -> None:
    left = [pick.first < pick.second for seed in range(2000) if (pick := ask(seed)) is not None]
    assert np.mean(left) == pytest.approx(0.5, abs=0.04)


def test_the_same_seed_asks_the_same() -> None:
    assert [ask(seed) for seed in range(20)] == [ask(seed) for seed in range(20)]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.sets(st.tuples(st.integers(0, 11), st.integers(0, 11)).filter(lambda p: p[0] != p[1])), st.integers(0, 999))
def test_what_was_answered_is_never_asked_again(answered: set[tuple[int, int]], seed: int) -> None:
    pick = ask(seed, tuple(answered))
    if pick is not None:
        assert not {(pick.first, pick.second), (pick.second, pick.first)} & answered


def test_every_pair_comes_once_and_then_there_is_none() -> None:
    answered: list[tuple[int, int]] = []
    while (pick := next_pair(VALUES[:6], NOTHING, DRAWN[:6], answered, len(answered))) is not None:
        answered.append((pick.first, pick.second))
    assert len({frozenset(pair) for pair in answered}) == len(answered) == 15


def test_the_random_ones_come_in_the_same_order_to_everybody() -> None:
    seeds = [seed for seed in range(60) if (p := ask(seed)) is not None and p.picked == "random"]
    asked = {frozenset((p.first, p.second)) for seed in seeds if (p := ask(seed)) is not None}
    assert len(asked) == 1, "whoever has answered nothing is asked the same first one"


def test_items_that_cannot_be_told_apart_are_no_duel() -> None:
    same = np.array([[0.2, 0.4, 0.1], [0.2, 0.4, 0.1]])
    assert next_pair(same, NOTHING, DRAWN[:2], [], 0) is None
    unknown = np.array([[0.2, np.nan, 0.1], [0.2, 0.4, np.nan]])
    assert next_pair(unknown, NOTHING, DRAWN[:2], [], 0) is None
    assert next_pair(VALUES[:1], NOTHING, DRAWN[:1], [], 0) is None
    assert next_pair(VALUES[:0], NOTHING, DRAWN[:0], [], 0) is None


def test_what_everybody_knows_tells_less_than_a_close_call_of_different_items() -> None:
    known = fitted(np.tile([[0.2, -0.2, 0.0]], (40, 1)), np.tile([1.0, 0.0], 20), STATED)
    close, clear, alike = information(np.array([[0.8, -0.8, 0.0], [0.8, 0.8, 0.0], [0.0, 0.0, 0.0]]), known)
    assert close > clear > alike == 0
