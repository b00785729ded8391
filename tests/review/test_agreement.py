"""Kendall's W against published values, the correlation that it stands for, and the cases at its edges."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import friedmanchisquare, spearmanr

from opex.review.agreement import agreement, kendalls_w, krippendorffs_alpha

ANXIETY = [
    [3, 3, 3, 4, 5, 5, 2, 3, 5, 2, 2, 6, 1, 5, 2, 2, 1, 2, 4, 3],
    [3, 6, 4, 6, 2, 4, 2, 4, 3, 3, 2, 3, 3, 3, 2, 2, 1, 3, 3, 4],
    [2, 1, 4, 4, 3, 2, 1, 6, 1, 1, 1, 2, 3, 3, 1, 1, 3, 3, 2, 2],
]
"""Three raters of the anxiety of twenty people: example data of the R package irr."""


def test_the_published_example_with_many_ties() -> None:
    """Its manual: kendall(anxiety, TRUE) gives Wt = 0.54 and a chi-squared of 30.8 with 19 degrees of freedom."""
    assert round(kendalls_w(ANXIETY), 2) == 0.54
    assert round(3 * 19 * kendalls_w(ANXIETY), 1) == 30.8


@settings(deadline=None, derandomize=True, max_examples=50)
@given(arrays(float, st.tuples(st.integers(3, 6), st.integers(3, 8)), elements=st.integers(0, 4).map(float)))
def test_it_is_friedmans_statistic_on_another_scale(ratings: np.ndarray) -> None:
    """scipy's Friedman test corrects for ties in the same way: chi-squared = m (n - 1) W."""
    found = kendalls_w(ratings)
    if np.ptp(ratings, axis=1).max() == 0:
        assert math.isnan(found)
        return
    raters, items = ratings.shape
    assert raters * (items - 1) * found == pytest.approx(friedmanchisquare(*ratings.T).statistic, abs=1e-9)


def test_without_ties_it_is_the_mean_rank_correlation_of_pairs() -> None:
    """Mean Spearman correlation r of all pairs of m raters: W = (1 + (m - 1) r) / m."""
    ratings = np.random.default_rng(3).permuted(np.tile(np.arange(9.0), (4, 1)), axis=1)
    r = np.mean([spearmanr(a, b).statistic for a, b in combinations(ratings, 2)])
    assert kendalls_w(ratings) == pytest.approx((1 + 3 * r) / 4)


def test_where_nothing_can_be_said_it_says_nothing() -> None:
    for nothing in (np.empty((0, 3)), [[1, 2, 3]], [[1], [2]], [[2, 2], [5, 5]]):
        assert math.isnan(kendalls_w(nothing))


@pytest.mark.parametrize(("ratings", "words"), [([1, 2], "raters by items"), ([[1, np.nan], [1, 2]], "missing")])
def test_what_is_no_complete_table_is_refused(ratings: list[object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        kendalls_w(ratings)  # type: ignore[arg-type]


NONE = float("nan")
RELIABILITY = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3],
    [NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE],
]
"""Four observers of twelve units: example C of Krippendorff (2011)."""


def test_alpha_of_the_published_example_with_missing_ratings() -> None:
    """The paper gives 0.815 for ordinal data; the last unit has one rating only and says nothing."""
    assert round(krippendorffs_alpha(RELIABILITY), 3) == 0.815
    assert krippendorffs_alpha([row[:-1] for row in RELIABILITY]) == krippendorffs_alpha(RELIABILITY)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(arrays(float, st.tuples(st.integers(2, 5), st.integers(2, 8)), elements=st.integers(0, 4).map(float)))
def test_alpha_counts_the_order_of_levels_and_nobodys_place(ratings: np.ndarray) -> None:
    found = krippendorffs_alpha(ratings)
    np.testing.assert_allclose(krippendorffs_alpha(np.exp(ratings)), found, equal_nan=True)
    np.testing.assert_allclose(krippendorffs_alpha(ratings[::-1, ::-1]), found, equal_nan=True)


def test_it_says_which_figure_it_is() -> None:
    ratings = np.array([[1.0, 2, 3, 4], [1, 2, 4, 3]])
    assert agreement(ratings, draws=50).measure == "W"
    ratings[0, 0] = np.nan
    assert agreement(ratings, draws=50).measure == "alpha"


def test_chance_alone_is_no_agreement_and_the_interval_says_so() -> None:
    """200 worlds of five raters without a common mind: 0 on average, and in the interval in 90 % (promised 95 %)."""
    random = np.random.default_rng(0)
    found = [agreement(random.permuted(np.tile(np.arange(12.0), (5, 1)), axis=1), draws=200) for _ in range(200)]
    assert np.mean([one.value for one in found]) == pytest.approx(0, abs=0.02)
    assert np.mean([one.low <= 0 <= one.high for one in found]) >= 0.85


def test_agreement_of_one_mind_of_nobody_and_with_a_gap() -> None:
    same = agreement([[1, 2, 3, 4, 5]] * 3)
    assert (same.value, same.low, same.high) == (1.0, 1.0, 1.0)
    assert math.isnan(agreement([[1, 2, 3]]).value)
    assert agreement(RELIABILITY).value == krippendorffs_alpha(RELIABILITY)


def test_alpha_of_nothing() -> None:
    for nothing in (np.empty((0, 3)), [[1.0, NONE], [NONE, 2.0]], [[2.0, 2.0], [2.0, 2.0]]):
        assert math.isnan(krippendorffs_alpha(nothing))
    with pytest.raises(ValueError, match="raters by items"):
        krippendorffs_alpha([1.0])
