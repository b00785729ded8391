"""Rates of counts and their ratios, with intervals that know that trouble comes in clusters. The numeric core.

Counts of incidents scatter more than chance alone would have it: a bad month holds many. How much more is measured in
the counts themselves (Pearson's dispersion over stretches of time), and every exact interval is taken on counts that
are divided by it. With a dispersion of 1 these are Garwood's (1936) and Clopper and Pearson's (1934) intervals.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from opex.evidence.findings import poisson_interval

__all__ = ["Rate", "Ratio", "apart", "cuts", "dispersion", "rate", "rate_ratio", "scatter", "share", "times_longer"]

LEVEL = 0.95
LEAST_CUTS, CUT_WEEKS = 12, (1, 4)
Floats = NDArray[np.floating[Any]]
Counts = NDArray[np.integer[Any]]


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A rate with its interval, in the unit that was asked for."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """How many times as high one is as the other. ``p_value`` is two-sided, for a ratio of 1."""

    ratio: float
    low: float
    high: float
    p_value: float


def cuts(begin: float, end: float, weeks: int = 4) -> NDArray[np.float64]:
    """The ends of equal stretches of the time between, in hours: each so many weeks or less, twelve at least.

    None is shorter than a week, so a short time has fewer.

    Examples
    --------
    >>> len(cuts(0.0, 168.0 * 104)) - 1, len(cuts(0.0, 168.0 * 30)) - 1, len(cuts(0.0, 168.0 * 7)) - 1
    (26, 12, 7)
    """
    whole = (end - begin) / 168
    count = max(1, min(int(whole), max(LEAST_CUTS, int(np.ceil(whole / weeks)))))
    return np.linspace(begin, end, count + 1)


def dispersion(mine: Floats, theirs: Floats, begin: float, end: float) -> float:
    """The dispersion of what falls to one of two sides (see `apart`), the larger of that by week and by four weeks.

    By week short clusters are measured well, and by four weeks long ones are seen at all.

    Parameters
    ----------
    mine, theirs
        Hours of what happened, in any order.
    """
    edges = [cuts(begin, end, weeks) for weeks in CUT_WEEKS]
    return max(apart(np.histogram(mine, each)[0], np.histogram(theirs, each)[0]) for each in edges)


def scatter(counts: Counts) -> float:
    """The dispersion of counts in equal stretches of time: 1 is a Poisson process, and less counts as 1.

    Pearson's statistic over its degrees of freedom, times (t / z)^2 for how little is known of it (quasi-likelihood,
    Wedderburn 1974; McCullagh and Nelder 1989). Without two stretches, or without any count, 1.

    Examples
    --------
    >>> scatter(np.array([2, 1, 2, 1, 2])), round(scatter(np.array([9, 0, 0, 9, 0, 0])), 1)
    (1.0, 12.4)
    """
    mean = counts.mean() if counts.size else 0.0
    if counts.size < 2 or mean == 0:
        return 1.0
    return _inflated(float(((counts - mean) ** 2 / mean).sum()), counts.size - 1)


def apart(mine: Counts, theirs: Counts) -> float:
    """The dispersion of what falls to one of two sides, in each stretch of time; at least 1.

    A season, a growth and a quiet summer that both share cancel out: what counts is only how the shares differ from
    stretch to stretch (Pearson's statistic of mine among both). Stretches without any count say nothing.
    """
    both = mine + theirs
    told = both > 0
    if told.sum() < 2 or not mine.sum() or not theirs.sum():
        return 1.0
    share = mine.sum() / both.sum()
    expected = both[told] * share
    return _inflated(float(((mine[told] - expected) ** 2 / (expected * (1 - share))).sum()), int(told.sum()) - 1)


def _inflated(pearson: float, freedom: int) -> float:
    tail = (1 + LEVEL) / 2
    return max(1.0, pearson / freedom * float(scipy.stats.t.ppf(tail, freedom) / scipy.stats.norm.ppf(tail)) ** 2)


def rate(count: int, exposure: float, scale: float = 1.0) -> Rate:
    """So many of a unit of exposure, with Garwood's interval (1936) on the count over its dispersion.

    Examples
    --------
    >>> found = rate(10, 5.0)
    >>> round(found.value, 2), round(found.low, 2), round(found.high, 2)
    (2.0, 0.96, 3.68)
    """
    low, high = poisson_interval(count / scale, LEVEL)
    return Rate(value=count / exposure, low=low * scale / exposure, high=high * scale / exposure)


def rate_ratio(mine: int, theirs: int, my_exposure: float, their_exposure: float, scale: float = 1.0) -> Ratio:
    """The ratio of two rates, by what falls to me of all that was counted.

    Given the sum, my count is binomial with odds of ratio x my exposure / their exposure; Clopper and Pearson's
    interval (1934) of it, on counts over ``scale``, their dispersion, is turned into one of the ratio.

    Parameters
    ----------
    mine, theirs
        Counts; ``theirs`` is not 0.
    my_exposure, their_exposure
        Positive, in the same unit.

    Examples
    --------
    >>> found = rate_ratio(20, 10, 1.0, 1.0)
    >>> found.ratio, round(found.low, 2), round(found.high, 2), round(found.p_value, 3)
    (2.0, 0.89, 4.78, 0.099)
    """
    tail, relative = (1 - LEVEL) / 2, their_exposure / my_exposure
    a, b = mine / scale, theirs / scale
    low = float(scipy.stats.beta.ppf(tail, a, b + 1)) if mine else 0.0
    high = float(scipy.stats.beta.ppf(1 - tail, a + 1, b))
    fair = my_exposure / (my_exposure + their_exposure)
    as_many = float(scipy.stats.beta.cdf(fair, a, b + 1)) if mine else 1.0
    as_few = float(scipy.stats.beta.sf(fair, a + 1, b))
    return Ratio(
        ratio=mine / theirs * relative,
        low=low / (1 - low) * relative,
        high=high / (1 - high) * relative,
        p_value=min(1.0, 2 * min(as_many, as_few)),
    )


def times_longer(mine: Floats, theirs: Floats) -> Ratio:
    """The ratio of geometric means of two samples of positive numbers, with Welch's interval (1947) on the logarithms.

    Both have at least two values. Where neither has any spread the interval is the ratio itself and p is 1.

    Examples
    --------
    >>> found = times_longer(np.array([2.0, 4.0, 8.0]), np.array([1.0, 2.0, 4.0]))
    >>> round(found.ratio, 2), round(found.low, 2), round(found.high, 2)
    (2.0, 0.42, 9.63)
    """
    parts = [(np.log(each).mean(), np.log(each).var(ddof=1) / len(each), len(each) - 1) for each in (mine, theirs)]
    (middle, spread, freedom), (other, other_spread, other_freedom) = parts
    ratio, error = float(np.exp(middle - other)), spread + other_spread
    if error < 1e-12:
        return Ratio(ratio=ratio, low=ratio, high=ratio, p_value=1.0)
    of = error**2 / (spread**2 / freedom + other_spread**2 / other_freedom)
    slack = float(np.exp(scipy.stats.t.ppf((1 + LEVEL) / 2, of) * np.sqrt(error)))
    p_value = 2 * float(scipy.stats.t.sf(abs(middle - other) / np.sqrt(error), of))
    return Ratio(ratio=ratio, low=ratio / slack, high=ratio * slack, p_value=p_value)


def share(count: int, of: int) -> Rate:
    """A share with Clopper and Pearson's interval (1934); ``of`` is not 0.

    Examples
    --------
    >>> found = share(3, 10)
    >>> found.value, round(found.low, 3), round(found.high, 3)
    (0.3, 0.067, 0.652)
    """
    tail = (1 - LEVEL) / 2
    low = float(scipy.stats.beta.ppf(tail, count, of - count + 1)) if count else 0.0
    high = float(scipy.stats.beta.ppf(1 - tail, count + 1, of - count)) if count < of else 1.0
    return Rate(value=count / of, low=low, high=high)
