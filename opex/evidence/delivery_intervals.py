"""Intervals of the delivery measures: of a share, of a rate per week whose weeks scatter, and of a median."""

from functools import cache

import numpy as np
import scipy
from numpy.typing import NDArray

__all__ = ["LEAST_VALUES", "dispersion", "median_interval", "rate_interval", "wilson_interval"]

Floats = NDArray[np.float64]
LEAST_WEEKS, LEAST_VALUES = 8, 6


def wilson_interval(part: Floats, whole: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
    """The interval of a share of which ``part`` of ``whole`` was seen (Wilson 1927); NaN where ``whole`` is 0.

    Examples
    --------
    >>> low, high = wilson_interval(np.array([0.0, 5.0]), np.array([10.0, 50.0]))
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.0, 0.0435], [0.2775, 0.2136])
    """
    z = float(scipy.stats.norm.ppf((1 + level) / 2))
    n = np.where(whole > 0, whole, np.nan)
    share = part / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    low, high = np.where(share > 0, middle - half, 0.0), np.where(share < 1, middle + half, 1.0)  # no rounding there
    return np.where(np.isnan(share), np.nan, low), np.where(np.isnan(share), np.nan, high)


def rate_interval(count: Floats, weeks: Floats, scatter: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
    """The interval of a rate per week, of which ``count`` came in ``weeks``; NaN where there is no week.

    The exact interval of a Poisson mean (Garwood 1936) of ``count / scatter``, times ``scatter``: with a scatter of 1
    it is Garwood's own, and counts that vary more than a Poisson's are worth as much less (quasi-Poisson).

    Examples
    --------
    >>> low, high = rate_interval(np.array([10.0, 10.0]), np.array([2.0, 2.0]), np.array([1.0, 2.5]))
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([2.4, 1.36], [9.2, 12.8])
    """
    tail = (1 - level) / 2
    worth, unit = count / scatter, scatter / np.where(weeks > 0, weeks, np.nan)
    low = np.where(count > 0, scipy.stats.chi2.ppf(tail, 2 * np.maximum(worth, 1e-9)) / 2, 0.0)
    return low * unit, scipy.stats.chi2.ppf(1 - tail, 2 * worth + 2) / 2 * unit


def dispersion(counts: Floats) -> float:
    """How much more than a Poisson's the counts of following weeks vary; 1 at least, and with less than eight weeks.

    Half the mean square of successive differences (von Neumann 1941), so that a slow trend is no scatter, over the
    mean.

    Examples
    --------
    >>> dispersion(np.array([2.0, 2, 2, 2, 2, 2, 2, 2])), dispersion(np.array([0.0, 8, 0, 8, 0, 8, 0, 8]))
    (1.0, 8.0)
    """
    if len(counts) < LEAST_WEEKS or not counts.any():
        return 1.0
    return float(max(1.0, np.square(np.diff(counts)).mean() / 2 / counts.mean()))


def median_interval(values: Floats, level: float = 0.95) -> tuple[float, float, float]:
    """The median and the two order statistics that hold it with at least that probability, whatever the distribution.

    Parameters
    ----------
    values
        (n,) in any order; infinity stands for "longer than was seen".

    Returns
    -------
    tuple
        Median, low, high. The two bounds are NaN with less than six values, all three without any; a median or bound
        that falls among what was not seen to its end is infinite (the median already if one of its two middle values
        is).

    Notes
    -----
    The ranks are l and n + 1 - l, with l the largest that has P(Binomial(n, 1/2) < l) at most half of what is left of
    the level (Conover 1999, section 3.2).

    Examples
    --------
    >>> median_interval(np.array([3.0, 1, 2, 6, 5, 4]))
    (3.5, 1.0, 6.0)
    >>> median_interval(np.array([1.0, np.inf, 2.0]))
    (2.0, nan, nan)
    """
    n = len(values)
    if not n:
        return (float("nan"),) * 3
    ordered = np.sort(values)
    middle = float((ordered[(n - 1) // 2] + ordered[n // 2]) / 2)
    rank = _rank(n, level)
    if rank < 1:
        return middle, float("nan"), float("nan")
    return middle, float(ordered[rank - 1]), float(ordered[n - rank])


@cache
def _rank(n: int, level: float) -> int:
    return int(scipy.stats.binom.ppf((1 - level) / 2, n, 0.5))
