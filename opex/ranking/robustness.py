"""How sure an order is: the share of plausible weightings that put each item at each rank. A bare numeric kernel.

Stochastic multicriteria acceptability analysis (Lahdelma, Hokkanen and Salminen 1998; SMAA-2, Lahdelma and Salminen
2001; Tervonen and Lahdelma 2007): weights are drawn at random, items are ranked under each draw, and what is counted is
how often each item stands at each rank. A share of weightings, and no frequency of anything in the world.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["RankAcceptability", "rank_acceptability"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
BLOCK = 2_000_000
"""Scores held at a time (16 MB), whatever the number of draws."""


@dataclass(frozen=True)
class RankAcceptability:
    """What the draws said of n items on m drivers.

    Attributes
    ----------
    shares
        (n, n) share of the draws in which item i stands at rank r (0 is the first). Each row and each column adds up
        to 1.
    central_weights
        (n, m) mean of the weights under which item i is first ("what one must believe"); NaN for an item that never is.
    draws
        How many draws were made.
    """

    shares: Floats
    central_weights: Floats
    draws: int

    def top(self, k: int) -> Floats:
        """(n,) share of the draws in which each item is among the first ``k``."""
        return np.asarray(self.shares[:, :k].sum(axis=1))

    def range(self, level: float = 0.9) -> tuple[Ints, Ints]:
        """(n,) the best and the worst rank, from 1, between which each item stands in at least ``level`` of the draws.

        As much of the rest lies above as below: the ranks at which the cumulated shares pass (1 - level) / 2 and
        (1 + level) / 2.
        """
        reached = self.shares.cumsum(axis=1)
        tails = ((1 - level) / 2 + 1e-12, (1 + level) / 2 - 1e-12)
        best, worst = (np.minimum((reached < tail).sum(axis=1) + 1, reached.shape[1]) for tail in tails)
        return best, worst


def rank_acceptability(
    values: Floats,
    weights: Floats | None = None,
    *,
    draws: int = 10_000,
    seed: int = 0,
    concentration: float | None = None,
    spread: Floats | None = None,
) -> RankAcceptability:
    """Rank items by ``values @ weights`` under many weights, and count where each stands.

    Parameters
    ----------
    values
        (n, m) in [0, 1]. NaN is unknown: drawn uniformly over the whole scale.
    weights
        (m,) not negative, adding up to 1; ``None``: uniform over all weightings.
    draws
        At least 1.
    seed
        Of all that is random: the same seed gives the same result, to the bit.
    concentration
        How firmly the weights are held: they are drawn from a Dirichlet distribution with parameters ``concentration *
        weights``, whose mean is ``weights``. ``None``: exactly these weights. Without ``weights`` there is none.
    spread
        (n, m) standard deviations of the values, drawn as normal and cut to [0, 1]; ``None``: values are certain.

    Returns
    -------
    RankAcceptability
        Items of the same score share their ranks alike: two that are first together have half of rank 1 and half of
        rank 2 each. Empty arrays for no items.

    Raises
    ------
    ValueError
        Shapes do not fit, a value lies outside of [0, 1], weights are negative or do not add up to 1, there is a
        concentration without weights, or less than one draw.

    Examples
    --------
    >>> found = rank_acceptability(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]), np.array([0.8, 0.2]))
    >>> found.shares.tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.0, 0.5, 0.5]]
    """
    _check(values, weights, draws, concentration, spread)
    items, drivers = values.shape
    fixed = weights if concentration is None else None
    sure = _sure(values, spread)
    if fixed is not None and sure.all():
        draws = 1  # nothing is random
    alike = _groups(values, weights, fixed, sure)
    first_of = np.unique(alike, return_index=True)[1]
    values, spread = values[first_of], None if spread is None or sure.all() else spread[first_of]
    groups, sizes = len(first_of), np.bincount(alike, minlength=len(first_of))
    starts = np.zeros((groups, items + 1))
    first_weights, first_times = np.zeros((groups, drivers)), np.zeros(groups)
    rng = np.random.default_rng(seed)
    for weight in _weights(weights, concentration, drivers, draws, max(1, BLOCK // max(groups, 1)), rng):
        if not groups:
            break
        scores = weight @ values.T if sure.all() else _scores(values, spread, weight, rng)
        leads = _count(scores, sizes, starts)
        np.add.at(first_weights, leads, weight)
        first_times += np.bincount(leads, minlength=groups)
    shares = _shared(starts[:, :items], sizes)[alike] / draws
    with np.errstate(invalid="ignore", divide="ignore"):
        central = (first_weights / first_times[:, None])[alike]
    return RankAcceptability(shares=shares, central_weights=central, draws=draws)


def _check(
    values: Floats, weights: Floats | None, draws: int, concentration: float | None, spread: Floats | None
) -> None:
    if values.ndim != 2:
        raise ValueError(f"values have {values.ndim} dimensions; they are items by drivers")
    if ((values < 0) | (values > 1)).any():
        raise ValueError("a value lies outside of 0 to 1; place it on its scale first")
    if draws < 1:
        raise ValueError(f"draws is {draws}; it must be at least 1")
    if weights is None and concentration is not None:
        raise ValueError("a concentration says how firmly weights are held; give the weights")
    if concentration is not None and concentration <= 0:
        raise ValueError(f"concentration is {concentration}; it must be above 0")
    if weights is not None and (
        weights.shape != values.shape[1:] or (weights < 0).any() or abs(weights.sum() - 1) > 1e-9
    ):
        raise ValueError(f"weights are {weights}; they are one for each driver, not negative, and add up to 1")
    if spread is not None and spread.shape != values.shape:
        raise ValueError(f"spread has the shape {spread.shape}; it must be that of the values, {values.shape}")


def _sure(values: Floats, spread: Floats | None) -> NDArray[np.bool_]:
    """(n,) whether all values of an item are certain."""
    known = ~np.isnan(values).any(axis=1)
    return np.asarray(known if spread is None else known & (spread == 0).all(axis=1))


def _groups(values: Floats, weights: Floats | None, fixed: Floats | None, sure: NDArray[np.bool_]) -> Ints:
    """A number for each item, from 0; items that are certain to score alike have the same: no index breaks a tie.

    Under fixed weights these are equal scores (to twelve digits), else equal values on every driver that has a weight.
    """
    keys = values if weights is None else values[:, weights > 0]
    if fixed is not None:
        keys = np.round(values @ fixed, 12)[:, None]
    groups = np.arange(len(values))
    if sure.any():
        _, first, place = np.unique(keys[sure], axis=0, return_index=True, return_inverse=True)
        groups[sure] = np.flatnonzero(sure)[first][place.ravel()]
    return np.unique(groups, return_inverse=True)[1].ravel().astype(np.intp)


def _weights(
    weights: Floats | None, concentration: float | None, drivers: int, draws: int, block: int, rng: np.random.Generator
) -> Iterator[Floats]:
    """(b, m) weights, so many at a time."""
    for start in range(0, draws, block):
        count = min(block, draws - start)
        if weights is not None and concentration is None:
            yield np.tile(weights, (count, 1))
            continue
        shape = np.ones(drivers) if weights is None else weights * (concentration or 0.0)
        drawn = rng.standard_gamma(shape, size=(count, drivers))  # a Dirichlet, also where a weight is 0
        total = drawn.sum(axis=1, keepdims=True)
        yield np.divide(drawn, total, out=np.tile(shape / max(shape.sum(), 1e-300), (count, 1)), where=total > 0)


def _scores(values: Floats, spread: Floats | None, weight: Floats, rng: np.random.Generator) -> Floats:
    """(b, n) scores of values that are drawn for each draw, driver by driver."""
    scores = np.zeros((len(weight), len(values)))
    for driver in range(values.shape[1]):
        known = values[:, driver]
        drawn = np.broadcast_to(known, scores.shape)
        if spread is not None and (spread[:, driver] > 0).any():
            drawn = np.clip(known + spread[:, driver] * rng.standard_normal(scores.shape), 0, 1)
        if np.isnan(known).any():
            drawn = np.where(np.isnan(known), rng.random(scores.shape), drawn)
        scores += weight[:, driver, None] * drawn
    return scores


def _count(scores: Floats, sizes: Ints, starts: Floats) -> Ints:
    """Count at which rank each group begins under each draw; the group that is first in each.

    The group's number stands in the lowest bits of its score, so that one plain sort orders both: scores that differ by
    less than 2^(bits - 52) are told apart by the number only.
    """
    groups = scores.shape[1]
    bits = max(int(groups - 1).bit_length(), 1)
    packed = (np.maximum(scores, 0.0) + 1.0).view(np.int64)  # of positive numbers the bits ascend as they do
    packed &= ~((1 << bits) - 1)
    packed |= np.arange(groups)
    packed.sort(axis=1)
    packed &= (1 << bits) - 1
    by_rank = np.ascontiguousarray(packed.T)[::-1]  # the first rank first
    if (sizes == 1).all():
        for rank, those in enumerate(by_rank):  # counted rank by rank: a short count stays in the nearest memory
            starts[:, rank] += np.bincount(those, minlength=groups)
    else:
        begins = np.cumsum(sizes[by_rank], axis=0) - sizes[by_rank]
        place = by_rank * starts.shape[1] + begins
        starts += np.bincount(place.ravel(), minlength=starts.size).reshape(starts.shape)
    return np.asarray(by_rank[0])


def _shared(starts: Floats, sizes: Ints) -> Floats:
    """(groups, n) how often one item of each group stands at each rank: a group shares the ranks from its begin on."""
    shared = starts.copy()
    for group in np.flatnonzero(sizes > 1):
        size = int(sizes[group])
        shared[group] = np.convolve(starts[group], np.ones(size) / size)[: starts.shape[1]]
    return shared
