"""How sure a ranking is: its places under plausible weightings, with the evidence drawn anew each time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from opex.domain.formulas import confidence_of
from opex.domain.priorities import Doubt, Draws, Priorities, Priority
from opex.ranking.doubt import DRAWS, FIRM, LEVEL, LOOSE, Drawn, Rescore, drawn, tied_groups, weight_range
from opex.ranking.formulas import formula_scores, standing
from opex.ranking.resampling import TIMES, Replicates, replicates
from opex.services.context import Context
from opex.services.prioritising import Board, reranked, saved_order

__all__ = [
    "DRAWS", "FIRM", "LOOSE", "MANY", "MOST", "TOPS", "Believed", "believed", "ranks_of", "saved_with_doubt",
    "weight_range", "with_doubt",
]  # fmt: skip

TOPS = (1, 3, 10)
MANY = 10_000
"""Draws of a document; a page that redraws at every move of a weight takes fewer (`DRAWS`)."""
MOST = 3_000
"""So many items are drawn against each other: the table of items by rank grows with their square."""


def with_doubt(
    context: Context,
    of: Board,
    order: Priorities,
    *,
    draws: int = DRAWS,
    seed: int = 0,
    concentration: float = FIRM,
) -> Priorities:
    """The order with the doubt of each of its items, under the order's own weights.

    The evidence is resampled once for a board and kept, so that a moved weight costs the draws alone. With more than
    3,000 items those with the highest computed ranks are drawn, and the others have no doubt.
    """
    if of.hidden:
        whole = with_doubt(
            context, of.for_all, reranked(of.for_all, order.drivers.weights),
            draws=draws, seed=seed, concentration=concentration,
        )  # fmt: skip
        return _as_seen(order, whole)
    if not order.items:
        return order
    found = _drawn(context, of, order, draws, seed, concentration)
    doubts = _doubts(found)
    items = tuple(replace(item, doubt=doubts.get(item.id)) for item in order.items)
    return replace(
        order,
        items=items,
        drawn=Draws(draws=draws, seed=seed, concentration=concentration, replicates=found.replicates),
    )


def _as_seen(order: Priorities, whole: Priorities) -> Priorities:
    """The doubt that everybody's order has, for the items of this one."""
    doubts = {item.id: item.doubt for item in whole.items}
    items = tuple(replace(item, doubt=doubts.get(item.id)) for item in order.items)
    return replace(order, items=items, drawn=whole.drawn)


def saved_with_doubt(context: Context, of: Board) -> Priorities:
    """The agreed order under the board's own weights with its doubt, kept as long as the board stands."""
    if of.hidden:
        return _as_seen(saved_order(context, of), saved_with_doubt(context, of.for_all))
    return context.memory.get("saved doubt", of.key, lambda: with_doubt(context, of, saved_order(context, of)))


@dataclass(frozen=True)
class _Found:
    """What the draws gave; ids, rows of shares and ``alike`` are in the computed order."""

    ids: tuple[str, ...]
    drawn: Drawn
    alike: NDArray[np.intp]
    replicates: int


def _drawn(
    context: Context, of: Board, order: Priorities, draws: int, seed: int, concentration: float | None
) -> _Found:
    """Draw the items of an order; without a concentration under all weightings alike."""
    computed = sorted(order.items, key=lambda item: item.computed_rank)[:MOST]
    position = {item.id: n for n, item in enumerate(of.items)}
    times = TIMES if draws <= DRAWS else min(draws, MANY // 2)
    evidence = context.memory.get(
        "replicates",
        (of.worths_key, seed, times),
        lambda: replicates(of.drivers.drivers, of.of, seed=seed, times=times),
    )
    some = _only(evidence, np.array([position[item.id] for item in computed], dtype=np.intp))
    weights = None if concentration is None else np.array(list(order.drivers.weights.values()))
    found = drawn(
        some, weights, draws=draws, seed=seed, concentration=concentration, rescore=_formula(of, computed, some.alike)
    )
    return _Found(
        ids=tuple(item.id for item in computed), drawn=found, alike=some.alike, replicates=len(evidence.worths)
    )


def _formula(of: Board, computed: Sequence[Priority], alike: NDArray[np.intp]) -> Rescore | None:
    """How the team's own formula orders the drawn items, whose numbers ``alike`` gives; ``None``: by their score."""
    if of.formula.additive:
        return None
    distinct = [computed[n].opportunity for n in np.unique(alike, return_index=True)[1]]
    days = np.array([item.effort_days or np.nan for item in distinct], dtype=np.float64)
    sure = np.array([confidence_of(item.verdicts) for item in distinct], dtype=np.float64)

    def rescore(worths: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float64]:
        items = worths.transpose(0, 2, 1)[:, None]
        figures = formula_scores(of.formula, items, weights, days, sure)
        return standing(figures, np.matmul(weights, worths))

    return rescore


def _only(of: Replicates, items: NDArray[np.intp]) -> Replicates:
    if len(items) == len(of.alike):
        return replace(of, alike=of.alike[items])
    distinct, alike = np.unique(of.alike[items], return_inverse=True)
    return Replicates(worths=of.worths[:, :, distinct], known=of.known[distinct], alike=alike.astype(np.intp))


def _doubts(of: _Found) -> dict[str, Doubt]:
    low, high = (bound.tolist() for bound in of.drawn.ranks.range(LEVEL))
    tops = {k: of.drawn.ranks.top(k).tolist() for k in TOPS}
    doubts = {}
    for group in tied_groups(of.drawn, of.alike, range(len(of.ids))):
        tied = tuple(of.ids[row] for row in group)
        for row in group:
            top = {k: share[row] for k, share in tops.items()}
            doubts[of.ids[row]] = Doubt(rank_low=low[row], rank_high=high[row], p_top=top, group=tied)
    return doubts


def ranks_of(context: Context, of: Board, order: Priorities, first: int = 30) -> NDArray[np.float64]:
    """(k, k) the share of the draws in which the i-th of the computed order stands at rank r; the first 30 at most."""
    if not of.hidden:
        return _drawn(context, of, order, DRAWS, 0, FIRM).drawn.ranks.shares[:first, :first]
    whole = reranked(of.for_all, order.drivers.weights)
    shares = ranks_of(context, of.for_all, whole, len(whole.items))
    computed = sorted(whole.items, key=lambda item: item.computed_rank)[: len(shares)]
    shown = [n for n, item in enumerate(computed) if item.id not in of.hidden][:first]
    return shares[np.ix_(shown, range(len(shown)))]


@dataclass(frozen=True, kw_only=True)
class Believed:
    """What one must believe for an item to come first.

    ``share`` of all weightings, each as likely as any other, put it first; ``weights`` are their mean, ``None`` where
    there are none. ``firm`` and ``loose`` are its doubt with the stated weights held firmly and loosely.
    """

    share: float
    weights: Mapping[str, float] | None
    firm: Doubt | None
    loose: Doubt | None


def believed(context: Context, of: Board, order: Priorities, item: str) -> Believed:
    """The detail of one item's doubt, as its drawer shows it."""
    if of.hidden:
        return believed(context, of.for_all, reranked(of.for_all, order.drivers.weights), item)
    share, weights = context.memory.get("central", (of.key, order.drivers), lambda: _central(context, of, order))
    key = (of.key, order.drivers)
    firm, loose = (
        context.memory.get("doubts", (*key, firmness), partial(_doubts_at, context, of, order, firmness))
        for firmness in (FIRM, LOOSE)
    )
    return Believed(share=share.get(item, 0.0), weights=weights.get(item), firm=firm.get(item), loose=loose.get(item))


def _doubts_at(context: Context, of: Board, order: Priorities, firmness: float) -> dict[str, Doubt]:
    return _doubts(_drawn(context, of, order, DRAWS, 0, firmness))


def _central(context: Context, of: Board, order: Priorities) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """By item: the share of uniform weightings that put it first, and their mean where there are any."""
    found = _drawn(context, of, order, DRAWS, 0, None)
    ranks = found.drawn.ranks
    share = dict(zip(found.ids, ranks.shares[:, 0].tolist(), strict=True))
    central = dict(zip(found.ids, ranks.central_weights.tolist(), strict=True))
    named = {name: dict(zip(order.drivers.weights, means, strict=True)) for name, means in central.items()}
    return share, {name: means for name, means in named.items() if share[name] > 0}
