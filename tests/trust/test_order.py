"""Trust row 20 (part): whatever the values, every item has one place, and the same one tomorrow."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opex.domain.drivers import Driver, Scale
from opex.ranking.ranking import Ranking, rank, worths
from opex.ranking.scales import worth
from opex.review.order import agreed_order

odd = st.sampled_from(
    [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, 5e-324, 1.7976931348623157e308, -1.7976931348623157e308]
)
raw_numbers = odd | st.floats(allow_nan=True, allow_infinity=True) | st.integers(-3, 3).map(float)
anchors = st.floats(-1e9, 1e9, allow_subnormal=False) | st.sampled_from([0.0, 1.0, 100.0])


@st.composite
def scales(draw: st.DrawFn) -> Scale:
    curve = draw(st.sampled_from(["linear", "logarithmic", "steps"]))
    zero, one = draw(anchors), draw(anchors)
    if curve == "logarithmic":
        zero, one = abs(zero), abs(one)
    if abs(zero - one) <= 1e-6 * max(abs(zero), abs(one), 1e-3):
        one = zero + max(1.0, abs(zero))
    ends = sorted(((zero, 0.0), (one, 1.0)))
    middle = ((ends[0][0] + ends[1][0]) / 2, draw(st.floats(0, 1)))
    steps = (ends[0], middle, ends[1]) if curve == "steps" else ()
    return Scale(zero_at=zero, one_at=one, curve=curve, steps=steps)  # type: ignore[arg-type]


@st.composite
def boards(draw: st.DrawFn) -> tuple[np.ndarray, list[Driver], list[str]]:
    """Raw values of 0 to 12 items on 1 to 4 drivers, and their ids."""
    n, m = draw(st.integers(0, 12)), draw(st.integers(1, 4))
    raw = np.array(draw(st.lists(raw_numbers, min_size=n * m, max_size=n * m)), dtype=float).reshape(n, m)
    parts = [draw(st.integers(0, 5)) for _ in range(m)]
    weights = [part / sum(parts) if sum(parts) else 1 / m for part in parts]
    drivers = [
        Driver(name=f"d{k}", title="D", family="unacceptable issue", definition="d", measure="growth", unit="u",
               scale=draw(scales()), weight=weight)
        for k, weight in enumerate(weights)
    ]  # fmt: skip
    names = draw(st.lists(st.text("abc-1", min_size=1, max_size=4), min_size=n, max_size=n, unique=True))
    return raw, drivers, names


def ranked(raw: np.ndarray, drivers: list[Driver], names: list[str]) -> Ranking:
    return rank(worths(raw, drivers), ~np.isnan(raw), np.array([d.weight for d in drivers]), names)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(board=boards())
def test_every_item_has_one_place_and_a_score_whatever_the_values(
    board: tuple[np.ndarray, list[Driver], list[str]],
) -> None:
    raw, drivers, names = board
    found = ranked(raw, drivers, names)
    assert sorted(found.ranks) == list(range(1, len(names) + 1))
    assert np.isfinite(found.scores).all()
    assert np.isfinite(found.parts).all()
    assert ((found.scores >= -1e-9) & (found.scores <= 1 + 1e-9)).all()
    np.testing.assert_allclose(found.parts.sum(axis=1), found.scores, atol=1e-12)
    order = np.argsort(found.ranks)
    places = [(not found.enough[n], -round(found.scores[n], 12), names[n]) for n in order]
    assert places == sorted(places)  # enough known first, then the score, then the id


@settings(deadline=None, derandomize=True, max_examples=60)
@given(board=boards(), seed=st.integers(0, 2**32 - 1))
def test_the_order_in_which_items_arrive_does_not_matter(
    board: tuple[np.ndarray, list[Driver], list[str]], seed: int
) -> None:
    raw, drivers, names = board
    shuffle = np.random.default_rng(seed).permutation(len(names))
    first, second = ranked(raw, drivers, names), ranked(raw[shuffle], drivers, [names[n] for n in shuffle])
    assert dict(zip(names, first.ranks.tolist(), strict=True)) == dict(
        zip([names[n] for n in shuffle], second.ranks.tolist(), strict=True)
    )


@settings(deadline=None, derandomize=True, max_examples=60)
@given(board=boards())
def test_an_item_more_moves_no_other_past_its_neighbour(board: tuple[np.ndarray, list[Driver], list[str]]) -> None:
    raw, drivers, names = board
    if not names:
        return
    fewer = ranked(raw[:-1], drivers, names[:-1])
    among = ranked(raw, drivers, names).ranks[:-1]
    np.testing.assert_array_equal(np.argsort(among, kind="stable"), np.argsort(fewer.ranks, kind="stable"))


@settings(deadline=None, derandomize=True, max_examples=100)
@given(scale=scales(), raw=st.lists(raw_numbers, max_size=8))
def test_a_worth_lies_between_0_and_1_and_the_unknown_in_the_middle(scale: Scale, raw: list[float]) -> None:
    placed = worth(raw, scale)
    assert ((placed >= 0) & (placed <= 1)).all()
    assert (placed[np.isnan(np.array(raw, dtype=float))] == 0.5).all()


def test_no_item_gives_an_empty_ranking_and_one_item_stands_first() -> None:
    nothing = rank(np.empty((0, 2)), np.empty((0, 2), dtype=bool), np.array([0.5, 0.5]), [])
    assert (nothing.scores.shape, nothing.parts.shape, nothing.ranks.shape) == ((0,), (0, 2), (0,))
    alone = rank(np.array([[0.5, 1.0]]), np.array([[False, True]]), np.array([0.5, 0.5]), ["a"])
    assert (alone.ranks.tolist(), alone.scores.tolist(), alone.enough.tolist()) == ([1], [0.75], [True])


def test_equal_scores_are_ordered_by_id() -> None:
    ids = ["c", "a", "b"]
    found = rank(np.full((3, 1), 0.3), np.full((3, 1), fill_value=True), np.array([1.0]), ids)
    assert found.ranks.tolist() == [3, 1, 2]


@settings(deadline=None, derandomize=True, max_examples=100)
@given(n=st.integers(0, 8), moves=st.lists(st.tuples(st.integers(0, 9), st.integers(1, 12)), max_size=6))
def test_moves_never_lose_or_double_an_item(n: int, moves: list[tuple[int, int]]) -> None:
    computed = [str(k) for k in range(n)]
    agreed = agreed_order(computed, [(str(item), place) for item, place in moves])
    assert sorted(agreed) == computed
    if moves and str(moves[-1][0]) in computed:
        assert agreed.index(str(moves[-1][0])) == min(moves[-1][1], n) - 1


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinity_counts_as_the_anchor_on_its_side(value: float) -> None:
    rising, falling = Scale(zero_at=0, one_at=10), Scale(zero_at=10, one_at=0)
    assert worth([value], rising).tolist() == [float(value > 0)]
    assert worth([value], falling).tolist() == [float(value < 0)]
