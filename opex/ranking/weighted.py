"""The additive score: plain values times weights."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["contributions", "score"]


def score(values: ArrayLike, weights: ArrayLike) -> NDArray[np.float64]:
    """The weighted sum of each row.

    Parameters
    ----------
    values
        (n, m), each in [0, 1]: n items on m drivers.
    weights
        (m,), not negative, adding up to 1.

    Returns
    -------
    (n,) scores in [0, 1]; an empty array for no items.

    Examples
    --------
    >>> score([[1.0, 0.0], [0.5, 0.5]], [0.75, 0.25]).tolist()
    [0.75, 0.5]
    """
    return np.asarray(values, dtype=np.float64) @ np.asarray(weights, dtype=np.float64)


def contributions(values: ArrayLike, weights: ArrayLike) -> NDArray[np.float64]:
    """What each driver adds to each score, (n, m): rows add up to `score`.

    Examples
    --------
    >>> contributions([[1.0, 0.5]], [0.75, 0.25]).tolist()
    [[0.75, 0.125]]
    """
    return np.asarray(values, dtype=np.float64) * np.asarray(weights, dtype=np.float64)
