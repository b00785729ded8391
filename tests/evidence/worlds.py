"""Seeded worlds with a planted truth: thirty systems over a year, six of which break after their own changes.

Working hours, weekends, a growth that changes and incidents share, quiet weeks, aftershocks of incidents, and fixes
that are deployed after them: everything that makes harmless systems look guilty.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HOURS = 52 * 168
Floats = NDArray[np.float64]
SYSTEMS, PLANTED = 30, (4.0, 4.0, 4.0, 2.0, 2.0, 2.0)


@dataclass(frozen=True, kw_only=True)
class System:
    """One system. ``extra`` is how many incidents its changes brought by the planted ratio; times are in hours."""

    ratio: float
    window: float
    changes: Floats
    starts: Floats
    ends: Floats
    extra: int


def world(seed: int) -> list[System]:
    """The thirty systems of one world; the planted ones come first."""
    rng = np.random.default_rng(seed)
    hour = np.arange(HOURS)
    of_day, weekday = hour % 24, hour // 24 % 7
    busy = np.where((of_day >= 8) & (of_day < 18), 1.0, 0.12) * np.where(weekday < 5, 1.0, 0.15)
    trend = np.linspace(0.6, 1.6, HOURS) * (1 + 0.3 * np.sin(hour / HOURS * 2 * np.pi * rng.uniform(1, 3)))
    ratios = (*PLANTED, *[1.0] * (SYSTEMS - len(PLANTED)))
    return [_system(rng, ratio, busy * trend / (busy * trend).mean(), busy, trend) for ratio in ratios]


def _system(rng: np.random.Generator, ratio: float, working: Floats, busy: Floats, trend: Floats) -> System:
    window = float(rng.choice([4.0, 8.0, 24.0]))
    quiet = np.repeat(rng.gamma(2.0, 0.5, HOURS // 168), 168)  # some weeks see many changes, some none
    planned = _moments(rng, rng.uniform(1.0, 6.0) / 168 * working * quiet)
    night = 0.4 + 0.6 * busy  # incidents follow the load, less than changes do
    base = rng.uniform(30, 120) / HOURS * night / night.mean() * trend / trend.mean()
    own = _moments(rng, base)
    brought = _moments(rng, base * (ratio - 1) * _after(planned, window))
    first = np.sort(np.concatenate([own, brought]))
    starts = np.sort(np.concatenate([first, *_aftershocks(rng, first)]))
    starts = starts[starts < HOURS]
    ends = starts + rng.exponential(1.5, len(starts))
    fixed = np.repeat(starts, rng.binomial(2, 0.4, len(starts)))
    fixes = fixed + rng.exponential(3.0, len(fixed))
    changes = np.sort(np.concatenate([planned, fixes[fixes < HOURS]]))
    return System(ratio=ratio, window=window, changes=changes, starts=starts, ends=ends, extra=len(brought))


def _moments(rng: np.random.Generator, rate: Floats) -> Floats:
    """Moments of a Poisson process with this rate in each hour."""
    counts = rng.poisson(rate)
    return np.sort(np.repeat(np.arange(len(rate)), counts) + rng.random(counts.sum()))


def _after(changes: Floats, window: float) -> Floats:
    """The share of each hour that lies within the window after a change."""
    fine = np.arange(HOURS * 4) / 4 + 0.125
    age = fine - np.append(changes, -np.inf)[np.searchsorted(changes, fine, side="right") - 1]
    return np.asarray((age < window).reshape(HOURS, 4).mean(axis=1))


def _aftershocks(rng: np.random.Generator, first: Floats) -> list[Floats]:
    """Incidents that come of incidents, and of those again."""
    waves = [first]
    for _ in range(4):
        parents = np.repeat(waves[-1], rng.poisson(0.5, len(waves[-1])))
        waves.append(parents + rng.exponential(3.0, len(parents)))
    return waves[1:]
