"""Seeded metrics with planted anomalies: daily and weekly seasons, noise that remembers, spikes and short shifts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEP = 300


@dataclass(frozen=True, kw_only=True)
class Signal:
    """A metric every five minutes, and the windows (first, last second) in which something was planted."""

    at: NDArray[np.int64]
    value: NDArray[np.float64]
    planted: tuple[tuple[int, int], ...]


def signal(seed: int, *, days: int = 21, planted: int = 3, tail: float = 4.0, memory: float = 0.6) -> Signal:
    """One metric; ``tail``: degrees of freedom of its noise, ``memory``: its autocorrelation. Planted from day 4 on."""
    rng = np.random.default_rng(seed)
    n = days * 288
    at = STEP * np.arange(n) + 1_600_000_000 // 86_400 * 86_400
    noise = rng.standard_t(tail, n)
    for k in range(1, n):
        noise[k] = memory * noise[k - 1] + noise[k] * np.sqrt(1 - memory**2)
    daily = rng.uniform(0, 4) * np.sin(2 * np.pi * np.arange(n) / 288 + rng.uniform(0, 6))
    weekend = rng.uniform(0, 3) * ((np.arange(n) // 288) % 7 >= 5)
    value, windows = 50 + daily - weekend + noise, []
    for start in np.sort(rng.choice(np.arange(4 * 288, n - 288, 288), planted, replace=False)) + rng.integers(0, 288):
        kind, size = rng.integers(3), rng.uniform(10, 20) * rng.choice([-1, 1])
        length = (1, 12, 72)[kind]
        value[start : start + length] += size if kind == 0 else size / 2
        windows.append((int(at[start]) - 3600, int(at[min(start + length, n - 1)]) + 3600))
    return Signal(at=at, value=value, planted=tuple(windows))
