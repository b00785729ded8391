"""How sure a place is: ranks under many plausible weightings of opportunities as the evidence leaves them open."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from opex.ranking.ranking import ENOUGH
from opex.ranking.resampling import Replicates
from opex.ranking.robustness import BLOCK, RankAcceptability, Tally, weightings

__all__ = ["DRAWS", "FIRM", "LEVEL", "LOOSE", "SAME_WAY", "Drawn", "Rescore", "drawn", "tied_groups", "weight_range"]

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.intp]
Rescore = Callable[[Singles, Singles], Floats]
DRAWS = 2_000
FIRM, LOOSE = 60.0, 15.0
"""Concentrations: how firmly the stated weights are held. `weight_range` says in percents what each means."""
LEVEL = 0.9
SAME_WAY = 0.9
_COMPARED = 4_000_000


@dataclass(frozen=True)
class Drawn:
    """What the draws gave: the counted ranks, and the scores (g, d) of some draws to compare two items by."""

    ranks: RankAcceptability
    scores: Singles


def drawn(
    of: Replicates,
    weights: Floats | None,
    *,
    draws: int = DRAWS,
    seed: int = 0,
    concentration: float | None = FIRM,
    first: int | None = None,
    rescore: Rescore | None = None,
) -> Drawn:
    """Rank the replicates under weights drawn around the stated ones.

    Each replicate gets as many draws as any other, each with weights of its own. As in the ranking, an item of which
    drivers with less than half of the (drawn) weight are known stands below all others.

    Parameters
    ----------
    weights
        (m,) adding up to 1; ``None``: uniform over all weightings.
    concentration
        See `rank_acceptability`; not used without ``weights``.
    first
        Count only so many ranks; ``None``: all.
    rescore
        What orders in place of the weighted sum, from worths (r, m, g) and weights (r, k, m) to (r, k, g) in [0, 1].
        A formula of few distinct values ties many items: a random trifle in each draw parts them fairly.
    """
    rng = np.random.default_rng(seed)
    _, drivers, groups = of.worths.shape
    tally = Tally(of.alike, drivers, first)
    kept = np.empty((groups, min(draws, max(100, _COMPARED // max(groups, 1)))), dtype=np.float32)
    known, done = of.known.T.astype(np.float64), 0
    for worths, weight in _draws(of.worths, weights, concentration, draws, rng):
        flat = weight.reshape(-1, drivers)[: draws - done].astype(np.float64)
        made = np.matmul(weight, worths) if rescore is None else _parted(rescore(worths, weight), rng)
        scores = made.reshape(-1, groups)[: draws - done]
        scores += 1.0 if of.known.all() else flat @ known >= ENOUGH - 1e-6
        kept[:, done : done + len(scores)] = scores[: max(kept.shape[1] - done, 0)].T
        done += len(scores)
        tally.add(scores.astype(np.float64), flat)
    return Drawn(ranks=tally.result(), scores=kept)


def _parted(scores: Floats, rng: np.random.Generator) -> Floats:
    return np.asarray(scores + 1e-7 * rng.random(scores.shape))


def _draws(
    worths: NDArray[np.float32],
    weights: Floats | None,
    concentration: float | None,
    draws: int,
    rng: np.random.Generator,
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Some replicates (r, m, g) at a time, and as many weights (r, k, m) for each as make up all the draws."""
    times, drivers, groups = worths.shape
    each = -(-draws // times)
    size = max(1, BLOCK // max(groups * each, 1))
    firmness = concentration if weights is not None else None
    for start in range(0, -(-draws // each), size):
        some = worths[start : start + size]
        count = len(some) * each
        drawn_weights = np.concatenate([*weightings(weights, firmness, drivers, count, count, rng)])
        yield some, drawn_weights.reshape(len(some), each, drivers).astype(np.float32)


def tied_groups(found: Drawn, alike: Ints, order: Sequence[int]) -> list[list[int]]:
    """Items in the computed order, in groups: each is ordered with its group's first the same way too seldom.

    Down the order, an item belongs to the group of the one above while fewer than 90 % of the draws put the group's
    first above it (equal scores count half); the first that is clearly below opens the next group.

    Parameters
    ----------
    order
        (n,) positions of the items, the first first.

    Returns
    -------
    The same positions, in groups of one or more.
    """
    groups: list[list[int]] = []
    rest = list(order)
    while rest:
        size = _tied_with_the_first(found, alike, rest)
        groups.append(rest[:size])
        rest = rest[size:]
    return groups


def _tied_with_the_first(found: Drawn, alike: Ints, items: Sequence[int], window: int = 16) -> int:
    """How many items, from the first on, belong to its group; looked at in windows, since groups are mostly short."""
    clear = np.flatnonzero(_shares_below(found, alike, items[:window]) >= SAME_WAY)
    if len(clear):
        return int(clear[0]) + 1
    return len(items) if window >= len(items) else _tied_with_the_first(found, alike, items, 4 * window)


def _shares_below(found: Drawn, alike: Ints, items: Sequence[int]) -> Floats:
    """The share of the draws in which the first of the items stands above each of the others."""
    first, *others = alike[np.asarray(items, dtype=np.intp)]
    own, theirs = found.scores[first], found.scores[others]
    above, level = np.count_nonzero(own > theirs, axis=1), np.count_nonzero(own == theirs, axis=1)
    return np.asarray((above + level / 2) / len(own))


def weight_range(weight: float, concentration: float, level: float = LEVEL) -> tuple[float, float]:
    """Between which weights a stated one is drawn in so many draws: of a Dirichlet each weight is beta distributed.

    Examples
    --------
    >>> tuple(round(bound, 2) for bound in weight_range(0.25, FIRM))
    (0.16, 0.35)
    >>> tuple(round(bound, 2) for bound in weight_range(0.25, LOOSE))
    (0.09, 0.45)
    """
    if weight in (0.0, 1.0):
        return weight, weight
    a, b = concentration * weight, concentration * (1 - weight)
    low, high = scipy.stats.beta.ppf([(1 - level) / 2, (1 + level) / 2], a, b)
    return float(low), float(high)
