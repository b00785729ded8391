"""Which duel to ask next: most often the one whose answer tells most, one in five at random. Pure and seeded."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from opex.ranking.revealed import Fitted

__all__ = ["AT_RANDOM", "MOST_ITEMS", "Pick", "information", "lots", "next_pair"]

Floats = NDArray[np.float64]
AT_RANDOM = 0.2
"""The share asked at random: on these alone accuracy is told without favour."""
MOST_ITEMS = 300
"""Duels are between so many items at most (44,850 pairs)."""


@dataclass(frozen=True, kw_only=True)
class Pick:
    """Two items by their position, in the order in which they are shown, and why these."""

    first: int
    second: int
    picked: Literal["information", "random"]


def information(differences: Floats, known: Fitted) -> Floats:
    """(n,) how much the answer to each duel would tell of the weights, in nats.

    The gain of D-optimal design for a logistic model: log(1 + p (1 - p) x' C x), where x is the difference of worth, C
    what is not known of the utilities, and p the chance that the first is chosen (Chaloner and Verdinelli 1995). It is
    0 where both are alike, and small where everybody knows the answer.
    """
    seen = scipy.special.expit(differences @ known.utilities)
    unknown = ((differences @ known.covariance) * differences).sum(axis=1)
    return np.asarray(np.log1p(seen * (1 - seen) * unknown.clip(0)))


def lots(ids: Sequence[str]) -> NDArray[np.uint64]:
    """(n,) a number drawn for each id, the same one always and everywhere.

    By these the pairs at random come in the same order to everybody, so that several people answer the same ones and
    their agreement can be told.
    """
    drawn = [int.from_bytes(hashlib.blake2b(one.encode(), digest_size=8).digest(), "big") for one in ids]
    return np.array(drawn, dtype=np.uint64)


def next_pair(
    values: Floats, known: Fitted, drawn: NDArray[np.uint64], answered: Collection[tuple[int, int]], seed: int
) -> Pick | None:
    """The next duel, or ``None`` when every pair that can tell anything has been answered.

    Parameters
    ----------
    values
        (n, m) worth of the items on the drivers; NaN where nothing is known.
    known
        What earlier duels say, of nobody: the prior.
    drawn
        (n,) `lots` of the items.
    answered
        Pairs of positions that this person has answered, in whichever order: they are never asked again.
    seed
        Of the choice between the two ways, and of who stands first. The same seed asks the same duel.

    Notes
    -----
    Two items that are alike on every driver of which both are known are no duel. Of several pairs that tell as much,
    the one that comes first by position is asked.
    """
    first, second = np.triu_indices(len(values), 1)
    apart = np.nan_to_num(values[first] - values[second])
    open_ = (apart != 0).any(axis=1)
    if answered:
        done = np.sort(np.array(list(answered)), axis=1) @ np.array([len(values), 1])
        open_ &= ~np.isin(first * len(values) + second, done)
    if not open_.any():
        return None
    first, second, apart = first[open_], second[open_], apart[open_]
    rng = np.random.default_rng(seed)
    at_random = rng.random() < AT_RANDOM
    if at_random:
        best = int(np.argmin(_mixed(drawn[first] ^ drawn[second])))
    else:
        best = int(np.argmax(information(apart, known)))
    pair = (int(first[best]), int(second[best]))
    left, right = pair if rng.random() < 0.5 else pair[::-1]
    return Pick(first=left, second=right, picked="random" if at_random else "information")


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Numbers well shaken: the finaliser of SplitMix64 (Steele, Lea and Flood 2014)."""
    shaken = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    shaken = (shaken ^ (shaken >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return shaken ^ (shaken >> np.uint64(31))
