"""Seeded weekly counts: Poisson at every week, with a memory, a yearly season, a trend, and a planted shift."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
WEEKS = 104


def weekly(
    rng: np.random.Generator,
    rate: float,
    *,
    n: int = WEEKS,
    memory: float = 0.0,
    season: float = 0.0,
    growth: float = 1.0,
    ratio: float = 1.0,
    at: int = 0,
) -> Floats:
    """So many a week; ``growth`` from the first to the last, ``ratio`` times as many from week ``at`` on.

    ``memory`` is the autocorrelation: each event of a week comes again in the next one with that chance, and fewer new
    ones come (integer autoregression, Al-Osh and Alzaid 1987).
    """
    week = np.arange(n)
    level = rate * np.exp(np.linspace(-0.5, 0.5, n) * np.log(growth)) * np.where(week >= at, ratio, 1.0)
    level = level * (1 + season * np.sin(2 * np.pi * week / 52.18 + rng.uniform(0, 2 * np.pi)))
    counts = np.empty(n)
    counts[0] = rng.poisson(level[0])
    for k in range(1, n):
        again = memory * min(1.0, level[k] / level[k - 1])
        counts[k] = rng.binomial(int(counts[k - 1]), again) + rng.poisson(level[k] - again * level[k - 1])
    return counts
