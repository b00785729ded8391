"""How sure an order is: the share of plausible weightings that put each item at each rank. A bare numeric kernel.

Stochastic multicriteria acceptability analysis (Lahdelma, Hokkanen and Salminen 1998; SMAA-2, Lahdelma and Salminen
2001; Tervonen and Lahdelma 2007): weights are drawn at random, items are ranked under each draw, and what is counted is
how often each item stands at each rank. A share of weightings, and no frequency of anything in the world.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["RankAcceptability", "Tally", "rank_acceptability", "weightings"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
BLOCK = 250_000
"""Scores at work at a time (2 MB): they stay in the nearest memory while they are made, packed and sorted."""
COUNTED = 2_000_000
"""Places counted at a time (4 MB), whatever the number of draws."""


@dataclass(frozen=True)
class RankAcceptability:
    """What the draws said of n items on m drivers.

    Attributes
    ----------
    shares
        (n, n) share of the draws in which item i stands at rank r (0 is the first). Each row and each column adds up
        to 1. Where only the first ranks were asked for, (n, first): then only the columns add up to 1.
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
        """Between which ranks each item stands; only where all ranks were asked for.

        (n,) the best and the worst rank, from 1, between which each item stands in at least ``level`` of the draws.

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
    first: int | None = None,
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

    first
        Count only so many ranks from the first on, in about half of the time; ``None``: all.

    Returns
    -------
    RankAcceptability
        Items of the same score share their ranks alike in each draw: two that are first together have half of rank 1
        and half of rank 2 each. Empty arrays for no items.

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
    distinct = np.unique(alike, return_index=True)[1]
    values, spread = values[distinct], None if spread is None or sure.all() else spread[distinct]
    tally = Tally(alike, drivers, first, apart=bool(sure.all()) and fixed is None)
    rng = np.random.default_rng(seed)
    for weight in weightings(weights, concentration, drivers, draws, max(1, BLOCK // max(items, 1)), rng):
        tally.add(weight @ values.T if sure.all() else _scores(values, spread, weight, rng), weight)
    return tally.result()


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
        weights.shape != values.shape[1:] or not (weights >= 0).all() or abs(weights.sum() - 1) > 1e-9
    ):
        raise ValueError(f"weights are {weights}; they are one for each driver, not negative, and add up to 1")
    if spread is not None and spread.shape != values.shape:
        raise ValueError(f"spread has the shape {spread.shape}; it must be that of the values, {values.shape}")
    if spread is not None and not (np.isfinite(spread) & (spread >= 0)).all():
        raise ValueError("a spread is a standard deviation: a finite number of 0 or more")


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


def weightings(
    weights: Floats | None, concentration: float | None, drivers: int, draws: int, block: int, rng: np.random.Generator
) -> Iterator[Floats]:
    """(b, m) weights drawn as `rank_acceptability` says, at most ``block`` at a time, ``draws`` in all."""
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


class Tally:
    """Counts at which rank each item stands, draw by draw. Items that score alike share their ranks alike.

    Parameters
    ----------
    alike
        (n,) a number for each item, from 0 without gaps; items with the same number always score alike. There is one
        column of scores for each number.
    drivers
        How many weights a draw has.
    first
        Count only so many ranks from the first on; ``None``: all.
    apart
        Columns never score alike (different values under weights that are drawn): spares looking for such.
    """

    def __init__(self, alike: Ints, drivers: int, first: int | None = None, *, apart: bool = False) -> None:
        self._alike = alike
        self._sizes = np.bincount(alike)
        self._never_level = apart and not (self._sizes > 1).any()
        groups = len(self._sizes)
        self._ranks = min(len(alike), first or len(alike))
        self._depth = min(groups, self._ranks)  # so many groups hold at least so many items
        self._bits = max(int(groups - 1).bit_length(), 1)
        self._counts = np.zeros((self._depth, groups), dtype=np.int64)
        self._shared: Floats | None = None
        self._weights, self._times = np.zeros((groups, drivers)), np.zeros(groups)
        self._draws = 0
        kept = max(1, COUNTED // max(self._depth, 1))
        self._kept = np.empty((kept, self._depth), dtype=np.uint16 if groups < 1 << 16 else np.uint32)
        self._filled = 0
        self._apart = np.empty((0, 0), dtype=np.int64)

    def add(self, scores: Floats, weights: Floats) -> None:
        """Count (b, groups) scores, 0 or more, under (b, m) weights. The scores are used up: they hold nothing after.

        The group's number stands in the lowest bits of its score, so that one plain sort orders both. Scores that
        differ by less than 2^(bits - 52) count as alike: draws in which there are such are counted more slowly.
        """
        if not len(self._sizes):
            return
        self._draws += len(scores)
        scores += 1.0
        packed = scores.view(np.int64)  # of positive numbers the bits ascend as they do
        packed &= ~((1 << self._bits) - 1)
        packed |= np.arange(len(self._sizes))
        ordered, beyond = self._ordered(packed)
        level = self._level(ordered, beyond)
        if level.any():
            packed[level] = np.sort(packed[level], axis=1)
            self._share(packed[level][:, ::-1], weights[level])
            ordered, weights = ordered[~level], weights[~level]
        ordered &= (1 << self._bits) - 1
        np.add.at(self._weights, ordered[:, -1], weights)
        self._times += np.bincount(ordered[:, -1], minlength=len(self._times))
        for start in range(0, len(ordered), len(self._kept)):
            self._keep(ordered[start : start + len(self._kept)])

    def _ordered(self, packed: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
        """The last ones of each row, in rising order, as many as are counted; and the last of those left out.

        If none is left out: the rows themselves, and ``None``.
        """
        left_out = len(self._sizes) - self._depth
        if not left_out:
            packed.sort(axis=1)
            return packed, None
        parted = np.partition(packed, left_out, axis=1)
        return np.sort(parted[:, left_out:], axis=1), parted[:, :left_out].max(axis=1)

    def _level(self, ordered: NDArray[np.int64], beyond: NDArray[np.int64] | None) -> NDArray[np.bool_]:
        """(b,) whether any of the counted ones scores like another one. Groups of several items always do."""
        if self._never_level or (self._sizes > 1).any():
            return np.full(len(ordered), not self._never_level)
        one = 1 << self._bits  # those that differ by less are alike in all but the number
        level = np.zeros(len(ordered), dtype=bool)
        if ordered.shape[1] > 1:
            if len(self._apart) < len(ordered):
                self._apart = np.empty((len(ordered), ordered.shape[1] - 1), dtype=np.int64)
            apart = np.bitwise_xor(ordered[:, 1:], ordered[:, :-1], out=self._apart[: len(ordered)])
            level = apart.min(axis=1) < one
        return np.asarray(level if beyond is None else level | (beyond ^ ordered[:, 0] < one))

    def _share(self, packed: NDArray[np.int64], weights: Floats) -> None:
        """Count draws, the first rank first, in which some share their ranks: so much at each rank of their run."""
        groups = packed & ((1 << self._bits) - 1)
        apart = packed[:, 1:] >> self._bits != packed[:, :-1] >> self._bits
        edge = np.ones((len(packed), 1), dtype=bool)
        ends = np.cumsum(self._sizes[groups], axis=1)
        begins = ends - self._sizes[groups]
        start = np.maximum.accumulate(np.where(np.hstack([edge, apart]), begins, 0), axis=1)
        last = np.where(np.hstack([apart, edge]), ends, len(self._alike))
        end = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
        share = 1 / (end - start)
        if self._shared is None:
            self._shared = np.zeros((len(self._alike) + 1, len(self._sizes)))
        for rank, sign in ((start, 1.0), (end, -1.0)):
            place = (rank * len(self._sizes) + groups).ravel()
            counted = np.bincount(place, weights=sign * share.ravel(), minlength=self._shared.size)
            self._shared += counted.reshape(self._shared.shape)
        draw, column = np.nonzero(start == 0)
        leads, by = groups[draw, column], share[draw, column]
        np.add.at(self._weights, leads, weights[draw] * by[:, None])
        self._times += np.bincount(leads, weights=by, minlength=len(self._times))

    def _keep(self, groups: NDArray[np.int64]) -> None:
        if self._filled + len(groups) > len(self._kept):
            self._count()
        self._kept[self._filled : self._filled + len(groups)] = groups
        self._filled += len(groups)

    def _count(self) -> None:
        by_rank = np.ascontiguousarray(self._kept[: self._filled].T)[::-1]  # the first rank first
        self._filled = 0
        for rank, those in enumerate(by_rank):  # counted rank by rank: a short count stays in the nearest memory
            self._counts[rank] += np.bincount(those, minlength=len(self._sizes))

    def result(self) -> RankAcceptability:
        """What was counted so far."""
        self._count()
        draws = max(self._draws, 1)
        shares = np.zeros((len(self._sizes), self._ranks))
        np.divide(self._counts.T, draws, out=shares[:, : self._depth])
        if self._shared is not None:
            shares += np.cumsum(self._shared, axis=0)[: self._ranks].T / draws
        with np.errstate(invalid="ignore", divide="ignore"):
            central = np.where(self._times[:, None] > 1e-9, self._weights / self._times[:, None], np.nan)
        return RankAcceptability(
            shares=shares[self._alike],
            central_weights=central[self._alike],
            draws=self._draws,
        )
