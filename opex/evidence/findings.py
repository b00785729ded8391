"""What a finder says: the incidents behind it, an effect with its interval, and how it could be wrong."""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from opex.domain.opportunities import Theme

__all__ = ["Finding", "benjamini_hochberg", "poisson_interval"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding, before findings are put together into candidates.

    ``key`` names it for good where its subject has a name (a system, a metric); a theme's key is its first
    incident. ``label`` is what it is about, in words that a person uses. ``changes`` are those behind it, the most
    telling first; empty where the finder looks at none.
    """

    finder: str
    key: str
    label: str
    incidents: tuple[str, ...]
    effect: float
    low: float
    high: float
    unit: str
    why: str
    falsifier: str
    system: str | None = None
    environment: str | None = None
    category: str | None = None
    metric: str | None = None
    changes: tuple[str, ...] = ()
    theme: Theme | None = None


def poisson_interval(count: float, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of a Poisson mean of which ``count`` was seen (Garwood 1936).

    Examples
    --------
    >>> [round(bound, 2) for bound in poisson_interval(10)]
    [4.8, 18.39]
    """
    tail = (1 - level) / 2
    low = 0.0 if count == 0 else float(scipy.stats.chi2.ppf(tail, 2 * count) / 2)
    return low, float(scipy.stats.chi2.ppf(1 - tail, 2 * count + 2) / 2)


def benjamini_hochberg(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The q-values of p-values, in their order (Benjamini and Hochberg 1995); an empty array gives an empty one.

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03, 0.5])).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]
    """
    if p_values.size == 0:
        return p_values
    return np.asarray(scipy.stats.false_discovery_control(p_values, method="bh"), dtype=np.float64)
