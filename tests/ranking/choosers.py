"""Seeded worlds of people who choose by weights that we planted, with noise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from opex.ranking.duels import lots, next_pair
from opex.ranking.revealed import PRIOR, Revealed, accuracy, fitted, revealed

Floats = NDArray[np.float64]
NOISE = {"coin-like": 3.0, "noisy": 5.0, "usual": 10.0, "firm": 20.0, "sharp": 40.0}
"""The log odds of a choice for a whole point of score: at 10 a difference of 10 points of 100 is seen in 73 of 100."""
REFIT = 20


@dataclass(frozen=True)
class World:
    """60 items on seven drivers, the weights by which people choose, and weights that somebody stated."""

    seed: int
    sharpness: float
    values: Floats
    truth: Floats
    stated: Floats

    def answers(self, differences: Floats, rng: np.random.Generator) -> Floats:
        """1 where the first is chosen."""
        return (rng.random(len(differences)) < expit(self.sharpness * differences @ self.truth)).astype(float)

    def duels_at_random(self, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """So many fresh ones between any two different items."""
        first = rng.integers(0, len(self.values), count)
        second = (first + rng.integers(1, len(self.values), count)) % len(self.values)
        differences = self.values[first] - self.values[second]
        return differences, self.answers(differences, rng)

    def duels_as_asked(self, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """So many as the page asks one person, who knows the answers so far after every `REFIT` of them."""
        drawn = lots([f"item {n}" for n in range(len(self.values))])
        asked: list[tuple[int, int]] = []
        differences, outcomes = np.zeros((0, self.values.shape[1])), np.zeros(0)
        for n in range(count):
            if n % REFIT == 0:
                known = fitted(differences, outcomes, self.stated)
            pick = next_pair(self.values, known, drawn, asked, seed=1000 * self.seed + n)
            assert pick is not None
            asked.append((pick.first, pick.second))
            one = (self.values[pick.first] - self.values[pick.second])[None, :]
            differences = np.vstack([differences, one])
            outcomes = np.append(outcomes, self.answers(one, rng))
        return differences, outcomes


def world(seed: int, sharpness: float, *, stated: str = "wrong", drivers: int = 7) -> World:
    """``stated`` is ``wrong`` (drawn apart from the truth), or ``near`` (as far from it as the prior thinks)."""
    rng = np.random.default_rng(seed)
    values = rng.beta(0.8, 1.2, size=(60, drivers))
    truth, apart = rng.dirichlet(np.full(drivers, 1.5), size=2)
    said = apart if stated == "wrong" else rng.dirichlet(PRIOR * truth + 1e-3)
    return World(seed, sharpness, values, truth, said)


@dataclass(frozen=True)
class Learnt:
    """What was learnt in one world: accuracy on 2,000 fresh duels, and how far the weights moved."""

    stated: float
    revealed: float
    truth: float
    moved: float


def learnt(of: World, duels: int, *, as_asked: bool = False) -> Learnt:
    """Accuracy of the stated, the learnt and the planted weights after so many duels."""
    found = fitted(*_answered(of, duels, as_asked), of.stated).weights
    fresh, chosen = of.duels_at_random(2_000, np.random.default_rng(20_000 + of.seed))
    shares = []
    for weights in (of.stated, found, of.truth):
        told = accuracy(fresh @ weights, chosen)
        assert told is not None
        shares.append(told.share)
    return Learnt(*shares, float(np.abs(found - of.stated).max()))


def covered(of: World, duels: int, *, as_asked: bool = False) -> tuple[float, float]:
    """The share of planted weights within their intervals, and how wide these are."""
    found = revealed(*_answered(of, duels, as_asked), of.stated)
    assert isinstance(found, Revealed)
    inside = (of.truth >= found.low) & (of.truth <= found.high)
    return float(inside.mean()), float((found.high - found.low).mean())


def _answered(of: World, duels: int, as_asked: bool) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(10_000 + of.seed)
    return (of.duels_as_asked if as_asked else of.duels_at_random)(duels, rng)
