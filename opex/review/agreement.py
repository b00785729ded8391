"""How far people agree on an order: Kendall's coefficient of concordance. A bare numeric kernel."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata

__all__ = ["kendalls_w"]


def kendalls_w(ratings: ArrayLike) -> float:
    """Kendall's W, corrected for ties: 1 where all raters order the items alike.

    Each rater's ratings become ranks (ties share the mean of theirs). With m raters, n items, R the sum of each item's
    ranks and T the sum of t^3 - t over every group of t tied ratings of every rater,
    W = (12 sum(R^2) - 3 m^2 n (n + 1)^2) / (m^2 n (n^2 - 1) - m T). Chance alone gives 1/m on average, so that
    (m W - 1) / (m - 1) is 0 by chance.

    Parameters
    ----------
    ratings
        (raters, items), on any scale; complete.

    Returns
    -------
    From 0 to 1; NaN where nothing can be said: fewer than two raters or items, or every rater ties all items.

    Raises
    ------
    ValueError
        The ratings are no table, or one is missing or infinite.

    References
    ----------
    Kendall and Gibbons (1990), Rank Correlation Methods, chapter 6; Siegel and Castellan (1988), section 9.7.

    Examples
    --------
    >>> kendalls_w([[1, 2, 3], [10, 20, 30]])
    1.0
    >>> kendalls_w([[1, 2, 3], [3, 2, 1]])
    0.0
    """
    table = np.asarray(ratings, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"ratings have {table.ndim} dimensions; they are raters by items")
    if not np.isfinite(table).all():
        raise ValueError("a rating is missing or infinite; leave the item or the rater out")
    raters, items = table.shape
    if raters < 2 or items < 2:
        return float("nan")
    ranks = rankdata(table, axis=1)
    ties = sum(int((counts**3 - counts).sum()) for counts in (np.unique(row, return_counts=True)[1] for row in ranks))
    most = raters**2 * items * (items**2 - 1) - raters * ties
    apart = 12 * (ranks.sum(axis=0) ** 2).sum() - 3 * raters**2 * items * (items + 1) ** 2
    return float(apart / most) if most > 0 else float("nan")
