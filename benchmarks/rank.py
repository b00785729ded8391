"""Ranking 10,000 opportunities on 10 drivers anew, as each move of a weight does, beside the bare NumPy expression.

Ours is `opex.ranking.ranking.rank` on a prepared board: scores, each driver's contribution to each score, whether
enough is known, and ranks in a total order (ties by id). The floor is `np.argsort(values @ weights)`; the second line
compares with `values @ weights` alone, which orders nothing. Each call gets other weights, as a slider gives them.
"""

from collections.abc import Iterator
from itertools import cycle

import numpy as np

from benchmarks.measuring import Measured, side_by_side
from opex.ranking.ranking import alphabetical, rank
from opex.ranking.robustness import rank_acceptability

ITEMS, DRIVERS, CALLS = 10_000, 10, 50
LIMIT = 2.0


def measure(times: int = 15) -> list[Measured]:
    random = np.random.default_rng(1)
    values = np.asfortranarray(random.random((ITEMS, DRIVERS)))
    known = np.asfortranarray(random.random((ITEMS, DRIVERS)) > 0.1)
    values[~known] = 0.5
    alphabet = alphabetical([f"op-{number:08x}" for number in random.integers(0, 2**32, ITEMS)])
    weights = cycle(random.dirichlet(np.ones(DRIVERS), 997))

    def ours() -> None:
        for _ in range(CALLS):
            rank(values, known, next(weights), alphabet)

    def ordered() -> None:
        for _ in range(CALLS):
            np.argsort(values @ next(weights))

    def summed() -> None:
        for _ in range(CALLS):
            values @ next(weights)

    mine, order, sums = (total / CALLS for total in side_by_side(times, ours, ordered, summed))
    what = f"rank {ITEMS:,} x {DRIVERS}"
    return [
        Measured(what=what, ours=mine, floor=order, limit=LIMIT, note="floor: np.argsort(values @ weights)"),
        Measured(what=what, ours=mine, floor=sums, note="floor: values @ weights alone, nothing ordered"),
        *acceptability(),
    ]


def acceptability(items: int = 1000, drivers: int = 10, draws: int = 10_000) -> list[Measured]:
    """Shares of ranks, all and of the first ten, beside the same by argsort and bincount block by block."""
    random = np.random.default_rng(1)
    values, weights = random.random((items, drivers)), np.full(drivers, 1 / drivers)

    def ours() -> None:
        rank_acceptability(values, weights, concentration=20, draws=draws)

    def first_ten() -> None:
        rank_acceptability(values, weights, concentration=20, draws=draws, first=10)

    def drawn() -> Iterator[np.ndarray]:
        for _ in range(5):
            yield random.dirichlet(weights * 20, draws // 5) @ values.T

    def argsorted() -> None:
        shares = np.zeros(items * items)
        for scores in drawn():
            order = np.argsort(-scores, axis=1)
            shares += np.bincount((order * items + np.arange(items)).ravel(), minlength=items * items)

    mine, ten, other = side_by_side(7, ours, first_ten, argsorted)
    what = f"ranks of {items:,} under {draws:,} weightings"
    return [
        Measured(what=what, ours=mine, floor=other, limit=0.7, note="floor: argsort and bincount, block by block"),
        Measured(what=f"{what}, the first ten", ours=ten, floor=other, note="floor: argsort and bincount of all"),
    ]
