"""How many of a class should one side have, system by system, if the class made up the same share on both sides?

Within each system the number on one side is hypergeometric given all totals (Fisher 1935), noncentral at odds other
than 1; over systems the numbers add up. So a class of one system is held against that system's own trouble only.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

__all__ = ["Strata"]

LOWEST, HIGHEST, STEPS = -12.0, 12.0, 50
Counts = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Strata:
    """Totals of each system, all of shape (s,): of the class on both sides, of everything here, and of it there."""

    of_class: Counts
    here: Counts
    there: Counts

    @property
    def expected(self) -> float:
        """How many of the class lie there at equal odds.

        Examples
        --------
        >>> Strata(np.array([10, 4]), np.array([30, 8]), np.array([10, 0])).expected
        2.5
        """
        everything = self.here + self.there
        told = everything > 0
        return float((self.of_class[told] * self.there[told] / everything[told]).sum())

    def as_few(self, seen: int, odds: float = 1.0) -> float:
        """The chance of so few of the class there, or fewer, when its odds there are ``odds`` times those here.

        Examples
        --------
        >>> strata = Strata(np.array([10]), np.array([30]), np.array([10]))
        >>> round(strata.as_few(0), 4), round(strata.as_few(0, 0.5), 4), strata.as_few(10)
        (0.0354, 0.1452, 1.0)
        """
        total = np.ones(1)
        for k, here, there in zip(self.of_class, self.here, self.there, strict=True):
            if k and there:
                total = np.convolve(total, _noncentral(int(k), int(here), int(there), odds))[: seen + 1]
        return float(min(1.0, total[: seen + 1].sum()))

    def at_most(self, seen: int, level: float = 0.95) -> float:
        """Upper end of the one-sided interval of the odds there over those here, of which ``seen`` came.

        Infinite where nothing there could tell.

        Examples
        --------
        >>> round(Strata(np.array([10]), np.array([30]), np.array([10])).at_most(0), 2)
        0.87
        """
        low, high = LOWEST, HIGHEST
        if self.as_few(seen, float(np.exp(high))) > 1 - level:
            return float("inf")
        for _ in range(STEPS):
            middle = (low + high) / 2
            above = self.as_few(seen, float(np.exp(middle))) > 1 - level
            low, high = (middle, high) if above else (low, middle)
        return float(np.exp((low + high) / 2))


def _noncentral(k: int, here: int, there: int, odds: float) -> NDArray[np.float64]:
    """Chances of 0, 1 ... of k lying there (Fisher's noncentral hypergeometric distribution)."""
    i = np.arange(min(k, there) + 1)
    possible = k - i <= here
    j = np.where(possible, k - i, 0)
    ways = (
        -scipy.special.gammaln(i + 1)
        - scipy.special.gammaln(there - i + 1)
        - scipy.special.gammaln(j + 1)
        - scipy.special.gammaln(here - j + 1)
        + i * np.log(odds)
    )
    weight = np.exp(np.where(possible, ways - ways[possible].max(), -np.inf))
    return np.asarray(weight / weight.sum())
