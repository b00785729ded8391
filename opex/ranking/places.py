"""Where one item would stand if it were valued otherwise, all others staying as they are."""

import numpy as np
from numpy.typing import NDArray

from opex.domain.formulas import Formula
from opex.ranking.formulas import formula_scores, standing
from opex.ranking.ranking import enough_known
from opex.ranking.weighted import score

__all__ = ["order_keys", "place_among"]

Floats = NDArray[np.float64]


def order_keys(
    formula: Formula, values: Floats, known: NDArray[np.bool_], weights: Floats, effort_days: Floats, confidence: Floats
) -> Floats:
    """(n,) what orders items, the higher the better: the score or the formula's standing, known enough before not.

    Parameters are those of `opex.ranking.formulas.ranked_by`; each key depends on its own item alone.
    """
    scores = score(values, weights)
    if not formula.additive:
        scores = standing(formula_scores(formula, values, weights, effort_days, confidence), scores)
    return np.where(enough_known(known, weights), 1.0 + scores, scores)


def place_among(others: Floats, keys: Floats) -> NDArray[np.intp]:
    """(p,) the place, from 1, of an item with each of these keys among the others; it stands before those alike.

    Keys that differ by less than 1e-12 are alike.

    Examples
    --------
    >>> place_among(np.array([0.9, 0.5, 0.5]), np.array([1.0, 0.5, 0.1])).tolist()
    [1, 2, 4]
    """
    ascending = np.sort(others)
    better: NDArray[np.intp] = len(ascending) - np.searchsorted(ascending, keys + 1e-12, side="right")
    return better + 1
