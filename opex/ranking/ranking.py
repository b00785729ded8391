"""Opportunities on drivers to a ranking: scores, contributions, and an order that is total and stable."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opex.domain.drivers import Driver
from opex.ranking.scales import worth
from opex.ranking.weighted import contributions, score

__all__ = ["ENOUGH", "Ranking", "rank", "worths"]

ENOUGH = 0.5


@dataclass(frozen=True)
class Ranking:
    """The result, with all that its places are made of. Arrays are in the items' given order.

    Attributes
    ----------
    scores : (n,) in [0, 1]
    parts : (n, m), the contributions; rows add up to the scores
    ranks : (n,) 1..n
    enough : (n,) whether drivers with at least half of the weight have a value; the others stand below them
    """

    scores: NDArray[np.float64]
    parts: NDArray[np.float64]
    ranks: NDArray[np.intp]
    enough: NDArray[np.bool_]


def worths(raw: NDArray[np.float64], drivers: Sequence[Driver]) -> NDArray[np.float64]:
    """Raw values (n, m) onto the drivers' scales, stored column by column; unknown is the middle."""
    placed = np.empty(raw.shape, order="F")
    for column, driver in enumerate(drivers):
        placed[:, column] = worth(raw[:, column], driver.scale)
    return placed


def rank(
    values: NDArray[np.float64], known: NDArray[np.bool_], weights: NDArray[np.float64], names: Sequence[str]
) -> Ranking:
    """Order items by their score, the highest first.

    Parameters
    ----------
    values
        (n, m) in [0, 1].
    known
        (n, m), whether the value is known (or stands at the middle for want of one).
    weights
        (m,), adding up to 1.
    names
        (n,) ids: items that score alike (to twelve digits) are ordered by id, so that the order is total and the
        same tomorrow. It says nothing about which of them is better.

    Returns
    -------
    A `Ranking`; one of empty arrays for no items.
    """
    scores = score(values, weights)
    enough = known @ weights >= ENOUGH - 1e-12
    order = np.lexsort((np.asarray(names, dtype=str), -scores.round(12), ~enough))
    ranks = np.empty(len(order), dtype=np.intp)
    ranks[order] = np.arange(1, len(order) + 1)
    return Ranking(scores=scores, parts=contributions(values, weights), ranks=ranks, enough=enough)
