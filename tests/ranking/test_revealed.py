"""Weights from choices: planted ones are found again, silence stays at the stated ones, the doubt is told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import beta

from opex.domain.problems import NotEnoughData
from opex.ranking import revealed as module
from opex.ranking.revealed import LEAST, Accuracy, Revealed, accuracy, fitted, held_out_margins, revealed
from tests.ranking.choosers import NOISE, covered, learnt, world

WORLDS = range(50)
STATED = np.array([0.5, 0.3, 0.2])


@pytest.mark.parametrize("noise", NOISE)
def test_two_hundred_duels_come_near_the_truth_and_leave_wrong_weights_behind(noise: str) -> None:
    each = [learnt(world(seed, NOISE[noise]), 200) for seed in WORLDS]
    stated, found, truth = (float(np.mean([getattr(e, w) for e in each])) for w in ("stated", "revealed", "truth"))
    assert found > stated + 0.02
    assert found > truth - 0.03


def test_the_same_holds_for_duels_as_the_page_asks_them() -> None:
    each = [learnt(world(seed, NOISE["usual"]), 200, as_asked=True) for seed in range(10)]
    stated, found, truth = (float(np.mean([getattr(e, w) for e in each])) for w in ("stated", "revealed", "truth"))
    assert found > stated + 0.05
    assert found > truth - 0.03


def test_with_ten_duels_it_stays_at_the_stated_weights() -> None:
    for seed in WORLDS:
        of = world(seed, NOISE["usual"])
        differences, outcomes = of.duels_at_random(10, np.random.default_rng(seed))
        assert revealed(differences, outcomes, of.stated) == NotEnoughData(have=10, need=LEAST, what="duels")


@pytest.mark.parametrize("noise", NOISE)
def test_few_duels_never_make_right_weights_much_worse(noise: str) -> None:
    each = [learnt(world(seed, NOISE[noise], stated="near"), LEAST) for seed in WORLDS]
    assert np.mean([one.revealed - one.stated for one in each]) > -0.005


@given(st.integers(2, 9).flatmap(lambda m: arrays(np.float64, m, elements=st.floats(0, 1))))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_silence_is_the_stated_weights(raw: NDArray[np.float64]) -> None:
    stated = (raw + 1e-6) / (raw + 1e-6).sum()
    found = fitted(np.zeros((0, len(stated))), np.zeros(0), stated)
    np.testing.assert_allclose(found.weights, stated, atol=1e-6)
    assert found.sharpness == pytest.approx(module.SHARP)


@pytest.mark.parametrize(("stated", "least"), [("near", 0.91), ("wrong", 0.80)])
def test_intervals_hold_about_as_often_as_they_say(stated: str, least: float) -> None:
    # where stated weights have nothing to do with the truth the prior draws too far: docs/metrics.md says how far
    each = [(world(seed, NOISE["usual"], stated=stated), as_asked) for seed in range(25) for as_asked in (False, True)]
    assert np.mean([covered(one, 60, as_asked=as_asked)[0] for one, as_asked in each]) >= least


def of_any(least: int, most: int) -> st.SearchStrategy[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    return st.integers(least, most).flatmap(
        lambda n: st.tuples(
            arrays(np.float64, (n, 3), elements=st.floats(-1, 1)),
            arrays(np.float64, n, elements=st.sampled_from([0.0, 0.5, 1.0])),
        )
    )


@settings(deadline=None, derandomize=True, max_examples=10)
@given(of_any(30, 50))
def test_the_answer_is_a_weighting_with_its_intervals_around_it(
    of: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    found = revealed(*of, STATED)
    assert isinstance(found, Revealed)
    assert found.weights.sum() == pytest.approx(1)
    assert (found.low >= 0).all()
    assert ((found.low <= found.weights) & (found.weights <= found.high)).all()
    assert (found.high <= 1).all()


@settings(deadline=None, derandomize=True, max_examples=40)
@given(of_any(1, 40))
def test_who_stands_left_does_not_matter(of: tuple[NDArray[np.float64], NDArray[np.float64]]) -> None:
    differences, outcomes = of
    turned = fitted(-differences, 1 - outcomes, STATED)
    np.testing.assert_allclose(turned.weights, fitted(differences, outcomes, STATED).weights, atol=1e-5)


@pytest.mark.parametrize("noise", ["noisy", "sharp"])
def test_there_is_one_best_answer_wherever_the_search_begins(noise: str) -> None:
    of = world(3, NOISE[noise])
    differences, outcomes = of.duels_at_random(60, np.random.default_rng(3))
    prior = np.maximum(of.stated, module.NONE_STATED)
    prior /= prior.sum()
    rng = np.random.default_rng(0)
    costs = [
        minimize(module._cost, rng.uniform(-2, 4, 7), args=(differences, outcomes, prior), jac=True).fun
        for _ in range(20)
    ]
    assert np.ptp(costs) < 1e-4


def test_the_slope_is_that_of_the_cost() -> None:
    of = world(1, 10.0)
    differences, outcomes = of.duels_at_random(25, np.random.default_rng(1))
    at = np.log(of.stated) + 2.0
    cost, slope = module._cost(at, differences, outcomes, of.stated)
    step = 1e-6
    for n in range(len(at)):
        there = module._cost(at + step * np.eye(len(at))[n], differences, outcomes, of.stated)[0]
        assert (there - cost) / step == pytest.approx(slope[n], abs=1e-3)


def test_a_driver_without_weight_can_be_spoken_for() -> None:
    differences = np.tile([[1.0, -0.5]], (60, 1))
    found = fitted(differences, np.ones(60), np.array([0.0, 1.0]))
    assert found.weights[0] > 0.25


def test_a_driver_on_which_no_duel_differs_is_untold() -> None:
    differences = np.tile([[0.5, -0.5, 0.0]], (60, 1))
    found = revealed(differences, np.tile([1.0, 1.0, 0.0], 20), STATED)
    assert isinstance(found, Revealed)
    assert found.told.tolist() == [True, True, False]
    assert found.high[2] - found.low[2] > 0.3


@pytest.mark.parametrize(
    ("differences", "outcomes", "stated", "why"),
    [
        (np.zeros((2, 3)), np.zeros(3), STATED, "shape"),
        (np.full((1, 3), 2.0), np.zeros(1), STATED, "between -1 and 1"),
        (np.full((1, 3), np.nan), np.zeros(1), STATED, "between -1 and 1"),
        (np.zeros((1, 3)), np.array([2.0]), STATED, "an outcome is"),
        (np.zeros((1, 3)), np.zeros(1), np.array([0.5, 0.5, 0.5]), "add up to 1"),
    ],
)
def test_what_cannot_be_fitted_is_refused(
    differences: NDArray[np.float64], outcomes: NDArray[np.float64], stated: NDArray[np.float64], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        fitted(differences, outcomes, stated)


def test_accuracy_counts_winners_only() -> None:
    assert accuracy(np.array([1.0, 1.0, 0.0]), np.array([1.0, 0.0, 1.0])) == Accuracy(duels=3, share=0.5)
    assert accuracy(np.ones(2), np.full(2, 0.5)) is None


def test_whoever_is_foretold_has_no_part_in_the_weights() -> None:
    # given one person who says the opposite of two others
    differences = np.tile([[0.4, -0.4, 0.0]], (90, 1))
    outcomes = np.repeat([1.0, 1.0, 0.0], 30)
    people = np.repeat(["Ana", "Bo", "Cy"], 30).tolist()

    # then each margin is that of the weights of the two others
    margins = held_out_margins(differences, outcomes, STATED, people)
    assert not isinstance(margins, NotEnoughData)
    for n, name in enumerate(("Ana", "Bo", "Cy")):
        others = np.array(people) != name
        alone = fitted(differences[others], outcomes[others], STATED)
        assert margins[30 * n] == pytest.approx(differences[0] @ alone.weights)
    assert held_out_margins(differences, outcomes, STATED, ["Ana"] * 90) == NotEnoughData(
        have=1, need=2, what="groups of duels"
    )


def test_enough_duels_are_an_answer_and_the_same_one_each_time() -> None:
    of = world(0, 10.0)
    duels = of.duels_at_random(LEAST, np.random.default_rng(0))
    once, again = revealed(*duels, of.stated), revealed(*duels, of.stated)
    assert isinstance(once, Revealed)
    assert isinstance(again, Revealed)
    assert (once.low.tolist(), once.high.tolist()) == (again.low.tolist(), again.high.tolist())


def test_without_news_the_intervals_are_those_of_the_prior() -> None:
    found = revealed(np.zeros((LEAST, 3)), np.ones(LEAST), STATED)
    assert isinstance(found, Revealed)
    low, high = beta.ppf([[0.025], [0.975]], module.PRIOR * STATED, module.PRIOR * (1 - STATED))
    np.testing.assert_allclose(found.low, low, atol=0.03)
    np.testing.assert_allclose(found.high, high, atol=0.03)
