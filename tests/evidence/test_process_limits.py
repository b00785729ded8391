"""What is usual: news is rare where nothing happens, and seen where something does."""

import numpy as np
import pytest

from opex.domain.problems import NotEnoughData
from opex.evidence.process_limits import Usual, said_of, usual


def share_of_news(months: np.ndarray) -> float:
    """How often the last of 13 months is outside of what the twelve before make usual."""
    found = 0
    for row in months:
        told = usual(row[:-1])
        assert isinstance(told, Usual)
        found += said_of(row[-1], row[:-1], told) in ("above", "below")
    return found / len(months)


@pytest.mark.parametrize("mean", [3, 20, 80])
def test_a_month_like_the_others_is_hardly_ever_news(mean: int) -> None:
    quiet = np.random.default_rng(1).poisson(mean, (2000, 13)).astype(float)
    assert share_of_news(quiet) <= 0.04


def test_a_month_with_twice_as_many_incidents_is_news() -> None:
    months = np.random.default_rng(2).poisson([20] * 12 + [45], (500, 13)).astype(float)
    assert share_of_news(months) >= 0.9


def test_the_example_of_an_individuals_chart_comes_out() -> None:
    """Mean 11, moving ranges of 2: 11 +- 2.66 x 2; missing months are left out, the limit ends at the least value."""
    assert usual(np.array([10.0, 12, np.nan, 10, 12, 10, 12])) == Usual(low=5.68, centre=11.0, high=16.32)
    assert usual(np.array([0.0, 2, 0, 2, 0, 2])) == Usual(low=0.0, centre=1.0, high=6.32)


def test_eight_months_on_one_side_are_a_shift() -> None:
    of = Usual(low=0, centre=10, high=20)
    assert said_of(11, np.array([11.0] * 7), of) == "shifted up"
    assert said_of(9, np.array([9.0] * 7), of) == "shifted down"
    assert said_of(11, np.array([11.0] * 6), of) == "as usual"
    assert said_of(11, np.array([9.0] + [11.0] * 6), of) == "as usual"


def test_too_few_months_are_said_so() -> None:
    assert usual(np.array([1.0, np.nan, 2, 3, 4, 5])) == NotEnoughData(have=5, need=6, what="earlier months")
