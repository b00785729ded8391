"""Ranking 10,000 opportunities on 10 drivers anew, as each move of a weight does, beside the bare NumPy expression.

Ours is `opex.ranking.ranking.rank` on a prepared board: scores, each driver's contribution to each score, whether
enough is known, and ranks in a total order (ties by id). The floor is `np.argsort(values @ weights)`; the second line
compares with `values @ weights` alone, which orders nothing. Each call gets other weights, as a slider gives them.
"""

from itertools import cycle

import numpy as np

from benchmarks.measuring import Measured, side_by_side
from opex.ranking.ranking import alphabetical, rank

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
    ]
