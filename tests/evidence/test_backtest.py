"""Lists held against the period that followed: exact where a hand can compute it."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opex.domain.problems import NotEnoughData
from opex.evidence.backtest import Backtest, Trial, backtest, captured, gain
from opex.evidence.panel import Panel


def panel(rows: list[list[float]], outside: list[float] | None = None) -> Panel:
    """Subjects in the order of their first incident; the running period is empty."""
    pain = np.array([[*row, 0] for row in rows], dtype=np.float64)
    known_from = (pain > 0).argmax(axis=1) + 1
    width = pain.shape[1]
    newcomers = np.where(np.arange(width) < known_from[:, None], pain, 0).sum(axis=0)
    return Panel(
        subjects=tuple(f"s{n}" for n in range(len(rows))), edges=np.arange(width), pain=pain, count=pain,
        known_from=known_from, outside=np.array([*(outside or [0] * (width - 1)), 0], dtype=np.float64),
        newcomers=newcomers,
    )  # fmt: skip


def held(rows: list[list[float]], **more: object) -> Backtest | NotEnoughData:
    one = panel(rows, **more)  # type: ignore[arg-type]
    return backtest([Trial(panel=one, periods=range(4, len(one)))], k=1, unit="complete weeks")


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), min_size=1, max_size=6), st.integers(1, 6))
def test_equal_scores_share_what_every_order_of_them_would_capture(rows: list[tuple[int, int]], k: int) -> None:
    scores, pain = np.array(rows, dtype=np.float64).T
    orders = [order for order in permutations(range(len(rows))) if (np.diff(scores[list(order)]) <= 0).all()]
    each = [pain[list(order[:k])].sum() for order in orders]
    assert captured(scores, pain, k) == pytest.approx(np.mean(each))


def test_each_method_is_held_against_what_followed() -> None:
    # three known subjects; the third is new in the fourth period, a fourth one only in the fifth
    found = held(
        [[9, 9, 0, 0, 1, 0, 8, 0, 2], [1, 0, 0, 5, 4, 0, 0, 0, 0], [0, 0, 0, 1, 0, 0, 0, 2, 4],
         [0, 0, 0, 0, 9, 0, 0, 0, 0]], outside=[0, 0, 0, 0, 3, 0, 0, 0, 0],
    )  # fmt: skip
    assert isinstance(found, Backtest)
    assert found.periods["start"].tolist() == [4, 6, 7, 8]
    assert found.skipped == 1, "period 5 brought nothing"
    assert found.periods["best"].tolist() == [4, 8, 2, 4], "the newcomer's 9 are in nobody's list"
    assert found.periods["last_period"].tolist() == [1, 1 / 4, 0, 1], "after a period without any, all are alike"
    assert found.periods["mean"].tolist() == [1 / 4, 1, 0, 1 / 2]
    assert found.periods["random"].tolist() == pytest.approx([5 / 12, 1 / 4, 1 / 4, 6 / 16])
    assert found.methods["last_period"] == pytest.approx(2.25 / 4)
    assert found.gains["random"].mean == pytest.approx(found.methods["opex"] - found.methods["random"])
    assert (found.newcomers, found.outside) == (9 / 33, 3 / 33)


def test_too_few_periods_are_an_answer() -> None:
    assert held([[1, 1, 1, 1, 1, 1, 1]] * 2) == NotEnoughData(have=7, need=8, what="complete weeks")
    assert held([[1, 1, 1]] * 2) == NotEnoughData(have=3, need=8, what="complete weeks")


def test_the_interval_of_a_gain_holds_the_truth_also_where_periods_resemble_their_neighbours() -> None:
    rng, covered = np.random.default_rng(5), []
    for _ in range(200):
        noise = rng.normal(size=41)
        one = gain(0.05 + 0.2 * (noise[1:] + 0.4 * noise[:-1]))
        covered.append(one.low <= 0.05 <= one.high)
    assert 0.90 <= np.mean(covered) <= 0.98  # 0.84 without the stretch
    assert gain(noise) == gain(noise)
