"""Strengths from who was chosen over whom: against published estimates, and where there are none to be had."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from opex.ranking.preferences import bradley_terry

# Citations between journals of statistics: the row was cited by the column, who is said to lose to it. Stigler (1994),
# "Citation patterns in the journals of statistics and probability", Statistical Science 9, as in Agresti, Categorical
# Data Analysis (2nd edition, 2002), page 448, and in the R package BradleyTerry2 as `citations`.
JOURNALS = ("Biometrika", "Comm Statist", "JASA", "JRSS-B")
CITATIONS = np.array(
    [
        [714, 730, 498, 221],
        [33, 425, 68, 17],
        [320, 813, 1072, 142],
        [284, 276, 325, 188],
    ]
)
PUBLISHED = {"Biometrika": 0.0, "Comm Statist": -2.9491, "JASA": -0.4796, "JRSS-B": 0.2690}


def test_the_journals_have_their_published_abilities() -> None:
    found = bradley_terry(CITATIONS)
    beside_biometrika = dict(zip(JOURNALS, (found - found[0]).round(4).tolist(), strict=True))
    assert beside_biometrika == PUBLISHED
    assert found.sum() == pytest.approx(0, abs=1e-12)


def test_who_was_chosen_over_themselves_says_nothing() -> None:
    without = CITATIONS.copy()
    np.fill_diagonal(without, 0)
    assert bradley_terry(without).tolist() == bradley_terry(CITATIONS).tolist()


def by_hunters_mm(wins: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same by the slow and sure way: each strength in turn is wins / sum of meetings over both strengths."""
    met, won = wins + wins.T, wins.sum(axis=1)
    strength = np.ones(len(wins))
    for _ in range(20_000):
        strength = won / (met / (strength[:, None] + strength[None, :])).sum(axis=1)
        strength /= np.exp(np.log(strength).mean())
    return np.asarray(np.log(strength))


counts = arrays(np.float64, (5, 5), elements=st.integers(1, 9).map(float))


@settings(deadline=None, derandomize=True, max_examples=20)
@given(counts)
def test_newton_finds_what_hunters_mm_algorithm_finds(wins: NDArray[np.float64]) -> None:
    np.fill_diagonal(wins, 0)
    np.testing.assert_allclose(bradley_terry(wins), by_hunters_mm(wins), atol=1e-7)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(counts, st.permutations(range(5)), st.floats(0.01, 100))
def test_neither_the_order_nor_the_number_of_repetitions_matters(
    wins: NDArray[np.float64], order: list[int], times: float
) -> None:
    found = bradley_terry(wins)
    np.testing.assert_allclose(bradley_terry(wins[np.ix_(order, order)]), found[order], atol=1e-8)
    np.testing.assert_allclose(bradley_terry(wins * times), found, atol=1e-8)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(arrays(np.float64, (6, 6), elements=st.sampled_from([0.0, 0.0, 0.5, 1.0, 40.0])))
def test_with_a_prior_there_always_is_an_answer(wins: NDArray[np.float64]) -> None:
    found = bradley_terry(wins, prior=0.5)
    assert np.isfinite(found).all()
    assert found.sum() == pytest.approx(0, abs=1e-9)


def test_the_expected_wins_are_those_that_were_won() -> None:
    found = bradley_terry(CITATIONS)
    chance = 1 / (1 + np.exp(found[None, :] - found[:, None]))
    apart = CITATIONS - np.diag(np.diag(CITATIONS))
    np.testing.assert_allclose(((apart + apart.T) * chance).sum(axis=1), apart.sum(axis=1), rtol=1e-9)


def test_a_strength_far_above_the_others_is_found() -> None:
    assert bradley_terry([[0, 1e6], [1, 0]]).round(6).tolist() == [6.907755, -6.907755]


def test_no_items_and_one_item() -> None:
    assert bradley_terry([]).tolist() == []
    assert bradley_terry(np.zeros((0, 0)), prior=1).tolist() == []
    assert bradley_terry([[7]]).tolist() == [0.0]


@pytest.mark.parametrize(
    ("wins", "why"),
    [
        ([[0, 1, 0], [1, 0, 0], [0, 0, 0]], r"items \[2\] were never compared"),
        ([[0, 0], [0, 0]], r"items \[0, 1\] were never compared"),
        (np.kron(np.eye(2), [[0, 1], [1, 0]]), r"items \[0, 1\] were never compared with the others"),
        ([[0, 2, 3], [0, 0, 1], [0, 1, 0]], r"items \[0\] won every comparison with the others"),
        ([[0, 1, 2], [1, 0, 2], [0, 0, 0]], r"items \[0, 1\] won every comparison with the others"),
    ],
)
def test_where_no_finite_strengths_exist_the_cause_is_named(wins: list[list[int]], why: str) -> None:
    with pytest.raises(ValueError, match=f"no finite strengths: {why}"):
        bradley_terry(wins)


@pytest.mark.parametrize(
    ("wins", "why"),
    [
        ([[0, 1, 2], [1, 0, 2]], r"shape \(2, 3\)"),
        ([[0, -1], [1, 0]], "0 or more"),
        ([[0, float("nan")], [1, 0]], "0 or more"),
    ],
)
def test_what_is_no_table_of_wins_is_refused(wins: list[list[float]], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        bradley_terry(wins)


def test_a_negative_prior_is_refused() -> None:
    with pytest.raises(ValueError, match="prior is -1"):
        bradley_terry([[0, 1], [1, 0]], prior=-1)
