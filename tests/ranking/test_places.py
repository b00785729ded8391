"""Where one item would stand, valued otherwise: the same place as ranking the whole board anew."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opex.domain.formulas import Formula, named
from opex.ranking.formulas import ranked_by
from opex.ranking.places import order_keys, place_among
from opex.ranking.ranking import alphabetical

FORMULAS = [named("additive"), named("value_for_effort")]


def board(seed: int, items: int) -> dict[str, np.ndarray]:
    drawn = np.random.default_rng(seed)
    weights = drawn.dirichlet(np.ones(4))
    return {
        "values": drawn.random((items, 4)), "known": drawn.random((items, 4)) < 0.7, "weights": weights,
        "effort_days": drawn.uniform(1, 30, items), "confidence": drawn.random(items),
    }  # fmt: skip


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda one: one.name)
@given(seed=st.integers(0, 10_000), items=st.integers(2, 30))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_the_place_of_another_version_is_that_of_a_whole_new_ranking(formula: Formula, seed: int, items: int) -> None:
    of = board(seed, items)
    drawn = np.random.default_rng(seed + 1)
    moved, row = int(drawn.integers(items)), drawn.random((1, 4))
    known = np.ones((1, 4), dtype=bool)
    keys = order_keys(formula, **of)
    days, sure = of["effort_days"][[moved]], of["confidence"][[moved]]
    key = order_keys(formula, row, known, of["weights"], days, sure)
    (found,) = place_among(np.delete(keys, moved), key)

    of["values"][moved], of["known"][moved] = row, known
    names = alphabetical([f"{n:03d}" for n in range(items)])
    ranking = ranked_by(
        formula, of["values"], of["known"], of["weights"], of["effort_days"], of["confidence"], names
    )  # fmt: skip
    assert found == ranking.ranks[moved]


def test_among_nobody_one_is_first() -> None:
    assert place_among(np.array([]), np.array([0.3])).tolist() == [1]
