"""How sure an order is: held against closed forms and against plain counting."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from opex.ranking.robustness import RankAcceptability, Tally, rank_acceptability


def counted(values: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Shares of ranks by plain counting: items of equal score share their ranks."""
    n = len(values)
    shares = np.zeros((n, n))
    for weights in draws:
        scores = np.round(values @ weights, 12)
        for item, own in enumerate(scores):
            above, level = (scores > own).sum(), (scores == own).sum()
            shares[item, above : above + level] += 1 / level
    return shares / len(draws)


def test_two_items_on_two_drivers_have_a_closed_form() -> None:
    """The first wins when w > 0.4 w + (1 - w), so for w above 1 / 1.6; of a uniform w that is 0.375."""
    found = rank_acceptability(np.array([[1.0, 0.0], [0.4, 1.0]]), draws=40_000, seed=3)
    assert found.shares == pytest.approx(np.array([[0.375, 0.625], [0.625, 0.375]]), abs=0.01)
    assert found.central_weights[:, 0] == pytest.approx([(1 + 0.625) / 2, 0.625 / 2], abs=0.01)


def test_three_drivers_with_one_champion_each_share_the_first_place() -> None:
    found = rank_acceptability(np.eye(3), draws=30_000)
    assert found.shares == pytest.approx(np.full((3, 3), 1 / 3), abs=0.01)


def test_three_alternatives_on_a_triangle_of_weights_have_known_areas() -> None:
    """The third, 0.4 on each driver, is first where w1 < 0.4 and w2 < 0.4: 1 - 2 (0.6)^2 + 0.2^2 of the triangle."""
    values = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.4, 0.4, 0.4]])
    found = rank_acceptability(values, draws=60_000, seed=8)
    assert found.top(1) == pytest.approx([0.34, 0.34, 0.32], abs=0.008)


def test_weights_are_drawn_around_the_stated_ones_as_firmly_as_is_said() -> None:
    """Two drivers: the weight of the first is beta(c w, c (1 - w)) distributed; here P(beta(6, 4) > 1/2) = 0.7461."""
    found = rank_acceptability(np.eye(2), np.array([0.6, 0.4]), concentration=10, draws=40_000, seed=1)
    assert found.top(1) == pytest.approx([0.7461, 0.2539], abs=0.008)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(arrays(float, st.tuples(st.integers(1, 7), st.integers(1, 4)), elements=st.sampled_from([0.0, 0.25, 0.5, 1.0])))
def test_shares_are_what_plain_counting_gives(values: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    drawn = rng.standard_gamma(1.0, size=(50, values.shape[1]))
    expected = counted(values, drawn / drawn.sum(axis=1, keepdims=True))
    found = rank_acceptability(values, draws=50, seed=0)
    np.testing.assert_allclose(found.shares, expected, atol=1e-12)
    np.testing.assert_allclose(found.shares.sum(axis=0), 1)
    np.testing.assert_allclose(found.shares.sum(axis=1), 1)


def test_items_that_score_alike_share_their_ranks_whatever_their_place_in_the_list() -> None:
    values = np.array([[0.5, 0.5], [1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    half = np.array([0.5, 0.5])
    assert rank_acceptability(values, half).shares.tolist() == np.full((4, 4), 0.25).tolist()
    unknown = np.vstack([values, [[np.nan, 0.2]]])
    found = rank_acceptability(unknown, half, draws=400, seed=2)
    assert found.shares[0].tolist() == found.shares[2].tolist() == found.shares[1].tolist()


def test_items_that_come_to_score_alike_in_a_draw_share_its_ranks() -> None:
    """Cut at an end of the scale, or unknown where nothing weighs: no number of an item breaks the tie."""
    cut = np.array([[1.0], [1.0], [0.0], [0.0]])
    found = rank_acceptability(cut, np.array([1.0]), spread=np.full((4, 1), 1e-9) * [[1], [1], [0], [0]], draws=500)
    half, none = [0.5, 0.5], [0.0, 0.0]
    assert found.shares[2:].tolist() == [[*none, *half]] * 2
    np.testing.assert_allclose(found.shares[:2].sum(axis=0), [1, 1, 0, 0])
    level = rank_acceptability(np.array([[1.0], [1.0]]), np.array([1.0]), spread=np.full((2, 1), 0.5), draws=4_000)
    assert level.shares[0] == pytest.approx([0.5, 0.5], abs=0.03)
    unweighed = np.array([[0.5, np.nan], [0.5, np.nan], [0.5, 0.3]])
    third = np.full((3, 3), 1 / 3)
    np.testing.assert_allclose(rank_acceptability(unweighed, np.array([1.0, 0.0]), draws=300).shares, third)
    np.testing.assert_allclose(
        rank_acceptability(unweighed, np.array([1.0, 0.0]), draws=300, first=1).shares, third[:, :1]
    )


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.integers(1, 7), st.integers(1, 9), st.integers(0, 10**6))
def test_coarse_scores_share_their_ranks_as_plain_counting_has_it(items: int, first: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    alike = np.unique(random.integers(0, items, items), return_inverse=True)[1].astype(np.intp)
    coarse = random.integers(0, 4, (20, alike.max() + 1)) / 4
    expected = np.mean([counted(scores[alike][:, None], np.ones((1, 1))) for scores in coarse], axis=0)
    for depth in (None, first):
        tally = Tally(alike, 1, depth)
        tally.add(coarse.copy(), np.ones((20, 1)))
        np.testing.assert_allclose(tally.result().shares, expected[:, : depth or items], atol=1e-12)


def test_an_unknown_value_may_be_anything_on_its_scale() -> None:
    found = rank_acceptability(np.array([[np.nan], [0.25]]), np.array([1.0]), draws=20_000)
    assert found.top(1) == pytest.approx([0.75, 0.25], abs=0.01)


def test_values_with_a_spread_change_places() -> None:
    """Normal differences: P(0.5 + 0.1 z > 0.6) = P(z > 1) = 0.1587."""
    values, spread = np.array([[0.5], [0.6]]), np.array([[0.1], [0.0]])
    found = rank_acceptability(values, np.array([1.0]), spread=spread, draws=40_000)
    assert found.top(1) == pytest.approx([0.1587, 0.8413], abs=0.008)


def test_the_range_holds_the_stated_share_of_the_draws() -> None:
    shares = np.array([[0.02, 0.08, 0.6, 0.3], [0.98, 0.02, 0.0, 0.0]])
    best, worst = RankAcceptability(shares=shares, central_weights=np.empty((2, 0)), draws=100).range(0.9)
    assert (best.tolist(), worst.tolist()) == ([2, 1], [4, 1])


def test_the_first_ranks_alone_are_the_same_as_among_all() -> None:
    values = np.random.default_rng(4).random((40, 3))
    values[7] = values[21]  # two that share their ranks
    everything = rank_acceptability(values, draws=3_000, seed=6)
    some = rank_acceptability(values, draws=3_000, seed=6, first=5)
    np.testing.assert_allclose(some.shares, everything.shares[:, :5], atol=1e-12)
    np.testing.assert_array_equal(some.central_weights, everything.central_weights)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.integers(2, 8), st.integers(1, 4), st.integers(0, 10**6))
def test_a_dominated_item_never_stands_above_its_dominator(items: int, drivers: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.random((items, drivers))
    values[0] = values[1] * 0.9  # below the second on every driver
    cumulated = rank_acceptability(values, draws=200, seed=seed).shares.cumsum(axis=1)
    assert (cumulated[0] <= cumulated[1] + 1e-12).all()


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.integers(2, 8), st.integers(1, 4), st.integers(0, 10**6))
def test_the_order_of_the_list_and_a_copy_of_an_item_favour_nobody(items: int, drivers: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.random((items, drivers))
    order = random.permutation(items)
    found = rank_acceptability(values, draws=300, seed=seed).shares
    np.testing.assert_allclose(rank_acceptability(values[order], draws=300, seed=seed).shares, found[order], atol=1e-12)
    twice = rank_acceptability(np.vstack([values, values[:1]]), draws=300, seed=seed).shares
    np.testing.assert_allclose(twice[0], twice[-1], atol=1e-12)


def test_an_item_that_is_never_first_has_no_weights_to_believe_in() -> None:
    found = rank_acceptability(np.array([[1.0, 1.0], [0.5, 0.2]]), draws=100)
    assert np.isnan(found.central_weights[1]).all()
    assert found.central_weights[0].sum() == pytest.approx(1)


def test_the_same_seed_gives_the_same_result_and_blocks_change_nothing() -> None:
    values = np.random.default_rng(5).random((50, 4))
    one, again = (rank_acceptability(values, draws=2_000, seed=9).shares for _ in range(2))
    assert (one == again).all()


def test_no_items_and_one_item() -> None:
    assert rank_acceptability(np.empty((0, 3))).shares.shape == (0, 0)
    assert rank_acceptability(np.array([[0.3, 0.4]])).shares.tolist() == [[1.0]]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"values": np.array([0.5])}, "items by drivers"),
        ({"values": np.array([[1.5]])}, "outside of 0 to 1"),
        ({"values": np.eye(2), "draws": 0}, "at least 1"),
        ({"values": np.eye(2), "concentration": 5.0}, "give the weights"),
        ({"values": np.eye(2), "weights": np.array([0.5, 0.4])}, "add up to 1"),
        ({"values": np.eye(2), "weights": np.array([0.5, 0.5]), "concentration": 0.0}, "above 0"),
        ({"values": np.eye(2), "spread": np.zeros((1, 2))}, "must be that of the values"),
    ],
)
def test_what_makes_no_sense_is_refused(how: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        rank_acceptability(**how)  # type: ignore[arg-type]
