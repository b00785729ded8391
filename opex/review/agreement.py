"""How far people agree: Kendall's W on an order, Krippendorff's alpha where ratings are missing. Bare kernels."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

__all__ = ["Agreement", "agreement", "kendalls_w", "krippendorffs_alpha"]


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
    ranks = scipy.stats.rankdata(table, axis=1)
    ties = sum(int((counts**3 - counts).sum()) for counts in (np.unique(row, return_counts=True)[1] for row in ranks))
    most = raters**2 * items * (items**2 - 1) - raters * ties
    apart = 12 * (ranks.sum(axis=0) ** 2).sum() - 3 * raters**2 * items * (items + 1) ** 2
    return float(apart / most) if most > 0 else float("nan")


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Agreement beyond chance with its 95 % interval: 1 for one mind, 0 for chance; NaN where nothing can be said.

    ``measure`` says which figure it is: ``W``, or ``alpha`` where a rating is missing.
    """

    measure: Literal["W", "alpha"]
    value: float
    low: float
    high: float


def agreement(ratings: ArrayLike, *, draws: int = 1000, seed: int = 0) -> Agreement:
    """How far raters agree on the order of the items, beyond chance.

    Complete ratings: (m W - 1) / (m - 1) of m raters, which is their mean rank correlation (Kendall and Gibbons 1990).
    Where a rating is missing (NaN): Krippendorff's ordinal alpha. The interval is that of a bootstrap over items, by
    percentiles; draws of which nothing can be said (all items the same one) are left out. With 12 items and 5 raters
    without a common mind it holds 0 in 90 % of the worlds (promised 95 %).

    Examples
    --------
    >>> agreement([[1, 2, 3], [1, 2, 3]]).value
    1.0
    >>> agreement([[1, 2, 3], [3, 2, 1]]).value
    -1.0
    """
    table = np.asarray(ratings, dtype=np.float64)
    value = _beyond_chance(table)
    measure: Literal["W", "alpha"] = "alpha" if np.isnan(table).any() else "W"
    if np.isnan(value):
        return Agreement(measure=measure, value=value, low=value, high=value)
    rng = np.random.default_rng(seed)
    items = table.shape[1]
    drawn = np.array([_beyond_chance(table[:, rng.integers(0, items, items)]) for _ in range(draws)])
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return Agreement(measure=measure, value=value, low=float(low), high=float(high))


def _beyond_chance(table: NDArray[np.float64]) -> float:
    if np.isnan(table).any():
        return krippendorffs_alpha(table)
    raters = len(table)
    return (raters * kendalls_w(table) - 1) / (raters - 1) if raters > 1 else float("nan")


def krippendorffs_alpha(ratings: ArrayLike) -> float:
    """Krippendorff's alpha for ordinal ratings, some of which may be missing.

    alpha = 1 - D_observed / D_expected over pairs of ratings of one item. Two levels c < k differ by
    (n_c / 2 + n_(c+1) + ... + n_(k-1) + n_k / 2)^2, where n_g is how often level g was given in items that two or more
    raters rated: only the order of the levels counts.

    Parameters
    ----------
    ratings
        (raters, items), on any ordinal scale; NaN where a rater gave none.

    Returns
    -------
    At most 1; 0 by chance, below 0 where people differ more than by chance. NaN where nothing can be said: no
    item with two ratings, or one level only.

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's alpha-reliability; Hayes and Krippendorff (2007).

    Examples
    --------
    >>> krippendorffs_alpha([[1, 2, 3, np.nan], [1, 2, 3, 3]])
    1.0
    """
    table = np.asarray(ratings, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"ratings have {table.ndim} dimensions; they are raters by items")
    levels = np.unique(table[~np.isnan(table)])
    given = (table[:, :, None] == levels).sum(axis=0).astype(np.float64)  # items by levels: how often each was given
    given = given[given.sum(axis=1) > 1]
    total = given.sum(axis=0)
    if not len(given) or np.count_nonzero(total) < 2:
        return float("nan")
    pairs = given[:, :, None] * given[:, None, :] / (given.sum(axis=1) - 1)[:, None, None]
    within = given / (given.sum(axis=1) - 1)[:, None]  # a rating is no pair with itself
    observed = pairs.sum(axis=0) - np.diag(within.sum(axis=0))
    expected = (np.outer(total, total) - np.diag(total)) / (total.sum() - 1)
    middle = total.cumsum() - total / 2
    apart = (middle[:, None] - middle[None, :]) ** 2
    return float(1 - (observed * apart).sum() / (expected * apart).sum())
