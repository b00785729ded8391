"""A value with its interval, and the intervals of counts, sums, medians and ratios. Arrays in, arrays out."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

__all__ = ["Estimate", "count", "mean", "median", "odds", "weighted_sum"]

Floats = NDArray[np.float64]
TAIL = 0.025
NONE_SEEN = -math.log(TAIL)
"""The most of a Poisson mean of which none was seen: 3.69."""


@dataclass(frozen=True)
class Estimate:
    """Values with the bounds of their 95 % intervals, all of one shape; NaN where nothing is known.

    A bound alone is NaN where the data cannot give one.
    """

    value: Floats
    low: Floats
    high: Floats

    def times(self, factor: Floats) -> "Estimate":
        """All three, multiplied by what is taken as known."""
        return Estimate(self.value * factor, self.low * factor, self.high * factor)

    def where(self, known: NDArray[np.bool_]) -> "Estimate":
        """The same, with nothing known elsewhere."""
        return Estimate(*(np.where(known, part, np.nan) for part in (self.value, self.low, self.high)))

    def sure(self, known: NDArray[np.bool_]) -> "Estimate":
        """The same, with no interval elsewhere."""
        return Estimate(self.value, np.where(known, self.low, np.nan), np.where(known, self.high, np.nan))


def count(counts: Floats) -> Estimate:
    """Counts with the exact interval of a Poisson mean (Garwood 1936).

    Examples
    --------
    >>> one = count(np.array([0.0, 10.0]))
    >>> one.low.round(2).tolist(), one.high.round(2).tolist()
    ([0.0, 4.8], [3.69, 18.39])
    """
    low = np.where(counts > 0, scipy.stats.chi2.ppf(TAIL, 2 * np.maximum(counts, 1)) / 2, 0.0)
    return Estimate(counts, low, scipy.stats.chi2.ppf(1 - TAIL, 2 * counts + 2) / 2)


def weighted_sum(item: NDArray[np.intp], weight: Floats, items: int, usual: float) -> Estimate:
    """The sum of the weights of each item's events, where the events come as a Poisson process.

    Fay and Feuer's gamma interval (1997) for a weighted sum of Poisson counts; with weights of 1 it is Garwood's. An
    item without any event has a sum of 0, and the most is that of a count of none times ``usual``, the usual weight.

    Examples
    --------
    >>> one = weighted_sum(np.array([0, 0]), np.array([1.0, 1.0]), 2, usual=2.0)
    >>> one.value.tolist(), one.low.round(2).tolist(), one.high.round(2).tolist()
    ([2.0, 0.0], [0.24, 0.0], [7.22, 7.38])
    """
    total = np.bincount(item, weight, minlength=items)
    spread = np.bincount(item, weight**2, minlength=items)
    largest = np.zeros(items)
    np.maximum.at(largest, item, weight)
    some = total > 0
    y, v, w = (np.where(some, part, 1.0) for part in (total, spread, largest))
    low = np.where(some, v / (2 * y) * scipy.stats.chi2.ppf(TAIL, 2 * y**2 / v), 0.0)
    v, y = v + w**2, y + w
    high = np.where(some, v / (2 * y) * scipy.stats.chi2.ppf(1 - TAIL, 2 * y**2 / v), NONE_SEEN * usual)
    return Estimate(np.asarray(total, dtype=np.float64), low, high)


def median(item: NDArray[np.intp], values: Floats, items: int) -> Estimate:
    """The median of each item's values, between two of its order statistics (binomial; Conover 1999).

    With less than six values there is no 95 % interval of that kind: the least and the greatest stand in for it.

    Examples
    --------
    >>> one = median(np.zeros(7, dtype=int), np.array([1.0, 2, 3, 4, 5, 6, 99]), 1)
    >>> one.value.tolist(), one.low.tolist(), one.high.tolist()
    ([4.0], [1.0], [99.0])
    """
    known = ~np.isnan(values)
    item, values = item[known], values[known]
    ordered = np.append(values[np.lexsort((values, item))], np.nan)  # the last one is what an item without any has
    counts = np.bincount(item, minlength=items)
    first = np.cumsum(counts) - counts
    step = np.maximum(scipy.stats.binom.ppf(TAIL, np.maximum(counts, 1), 0.5).astype(np.intp) - 1, 0)

    def at(place: NDArray[np.intp]) -> Floats:
        return np.asarray(ordered[np.where(counts > 0, first + place, len(values))])

    middle = (at((counts - 1) // 2) + at(counts // 2)) / 2
    return Estimate(middle, at(step), at(counts - 1 - step))


def odds(newer: Floats, older: Floats) -> Estimate:
    """How many times more came later: (newer + 1) / (older + 1), with the interval of a uniform prior on the share.

    The share of the later ones is then beta distributed, its odds beta prime (Gelman and others 2013, chapter 2).

    Examples
    --------
    >>> one = odds(np.array([9.0]), np.array([4.0]))
    >>> one.value.tolist(), one.low.round(2).tolist(), one.high.round(2).tolist()
    ([2.0], [0.72], [6.84])
    """
    a, b = newer + 1, older + 1
    return Estimate(a / b, scipy.stats.betaprime.ppf(TAIL, a, b), scipy.stats.betaprime.ppf(1 - TAIL, a, b))


def mean(item: NDArray[np.intp], values: Floats, items: int) -> Estimate:
    """The mean of each item's values with Student's interval; a single value has no interval.

    Examples
    --------
    >>> one = mean(np.array([0, 0, 0, 1]), np.array([1.0, 2.0, 3.0, 5.0]), 2)
    >>> one.value.tolist(), one.low.round(2).tolist(), one.high.round(2).tolist()
    ([2.0, 5.0], [-0.48, nan], [4.48, nan])
    """
    by_item = pd.Series(values).groupby(item)
    of = by_item.agg(["mean", "sem", "count"]).reindex(range(items))
    wide = scipy.stats.t.ppf(1 - TAIL, np.maximum(of["count"].fillna(1) - 1, 1)) * of["sem"].to_numpy(dtype=np.float64)
    middle = of["mean"].to_numpy(dtype=np.float64)
    return Estimate(middle, middle - wide, middle + wide)
