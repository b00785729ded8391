"""Incidents of one context that say the same in other words: average linkage over all that they say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import scipy
from numpy.typing import NDArray

from opex.evidence.rows import (
    ONCE_WEIGHT,
    Floats,
    Ints,
    Sparse,
    numbered,
    products,
    row_of,
    scaled,
    squares,
    sums,
    unit,
)
from opex.evidence.texts import Readings

DESCRIBED = 0.8
"""Weight of a description beside its title, where contexts are known."""

ELSEWHERE = 0.6
"""Weight of a likeness between incidents of different contexts."""

HANGS_TOGETHER = 0.12
"""Groups join if their incidents' likeness, averaged over all pairs across, is at least this."""

BEYOND_CHANCE = 0.9
"""Mean likeness of the pairs of a group, times the root of its size, from which it is a theme."""

BEYOND_CHANCE_ALIKE = 0.65
"""The same for those whose titles are alike, once there are so many incidents that some are by accident."""

SYSTEM_WEIGHT = 0.3
"""Weight of the words of a system's own name, among the incidents of that system."""

MOST_LINKED = 3_000
"""Groups linked at a time, the largest first: bounds time and memory on any input."""


def with_contexts(
    titles: Sequence[str],
    descriptions: Sequence[str],
    contexts: Sequence[str],
    by_title: Ints,
    reading: Callable[[Sequence[str]], Readings],
    size: int,
    few: bool,
) -> tuple[Ints, Sparse, Ints]:
    """Theme of each incident by all it says and where it belongs, or else by its title; -1 for none.

    With it come the rows of all that incidents say, and the row of each incident, -1 where its context is unknown.
    Among `few` incidents no phrase is repeated by accident, so that themes by title need not hang together.
    """
    places = [row for row, context in enumerate(contexts) if context]
    names, context = np.unique([contexts[row] for row in places], return_inverse=True)
    systems = [name.partition("|")[0] for name in names.tolist()]
    said = _said(reading([*(titles[row] for row in places), *(descriptions[row] for row in places), *systems]))
    n, known = len(places), np.array(places, dtype=np.intp)
    told = np.stack((said.reading_of[:n], said.reading_of[n : 2 * n], context), axis=1)
    units, unit_of, count = np.unique(told, axis=0, return_inverse=True, return_counts=True)
    unit_of, weight = unit_of.ravel(), count.astype(np.float64)
    rows = _in_context(_evidence(said, units, weight), units[:, 2], len(names))
    group_of = _linked_by_context(rows, weight, units[:, 2])
    group_of = numbered(group_of, _beyond_chance(rows, weight, group_of, size, BEYOND_CHANCE))[unit_of]
    labels = np.where(by_title >= 0, by_title + group_of.max(initial=-1) + 1, -1)
    labels[known[group_of >= 0]] = group_of[group_of >= 0]
    said_of = np.full(len(titles), -1, dtype=np.intp)
    said_of[known] = unit_of
    return (labels if few else _without_scattered(labels, rows, said_of)), rows, said_of


def _without_scattered(labels: Ints, rows: Sparse, said_of: Ints) -> Ints:
    """Dissolve themes, unless mostly of unknown contexts, that only repeat a phrase here and there."""
    mine = np.flatnonzero((labels >= 0) & (said_of >= 0))
    theme_of = labels[mine]
    kept = np.ones(int(labels.max(initial=-1)) + 1, dtype=bool)
    mostly_known = 2 * np.bincount(theme_of, minlength=len(kept)) > np.bincount(labels[labels >= 0])
    seen, place = np.unique(theme_of, return_inverse=True)
    if len(seen):
        kept[seen] = _beyond_chance(rows[said_of[mine]], np.ones(len(mine)), place, 2, BEYOND_CHANCE_ALIKE)
    return numbered(labels, kept | ~mostly_known)


@dataclass(frozen=True)
class _Said:
    """Rows of words, things and troubles side by side; the last row says nothing. `reading_of`: row of each text."""

    reading_of: Ints
    rows: Sparse


def _said(readings: Readings) -> _Said:
    things, troubles = len(readings.things), len(readings.troubles)
    weight = np.concatenate((readings.thing_weight, readings.trouble_weight))
    reading = np.concatenate((readings.thing_reading, readings.trouble_reading))
    word = np.concatenate((readings.thing_of, things + readings.trouble_of))
    shape = (len(readings.texts_of) + 1, things + troubles)
    return _Said(readings.reading_of, scipy.sparse.csr_array((weight, (reading, word)), shape=shape))


def _evidence(said: _Said, units: Ints, weight: Floats) -> Sparse:
    """One row of length 1 for each unit (title, description, context): all their words, the rare ones first (idf)."""
    contexts = int(units[:, 2].max()) + 1
    systems = said.rows[said.reading_of[-contexts:]][units[:, 2]]
    title, description = (_less_of(said.rows[units[:, part]], systems) for part in (0, 1))
    either = (title + description).tocsr()
    incidents = np.bincount(either.indices, weights=weight[row_of(either)], minlength=said.rows.shape[1])
    idf = np.log(weight.sum() / np.maximum(incidents, 1)) * np.where(incidents <= 1, ONCE_WEIGHT, 1.0)
    rarity = scipy.sparse.diags_array(idf)
    return unit((unit(title @ rarity) + DESCRIBED * unit(description @ rarity)).tocsr())


def _less_of(rows: Sparse, systems: Sparse) -> Sparse:
    """Let the words of the system's own name count for less: the context says them already."""
    return (rows - (1 - SYSTEM_WEIGHT) * rows.multiply(systems > 0)).tocsr()


def _in_context(rows: Sparse, context: Ints, contexts: int) -> Sparse:
    """Rows whose products are the cosine within one context and `ELSEWHERE` times the cosine across."""
    n = len(context)
    entries = np.repeat(np.sqrt([ELSEWHERE, 1 - ELSEWHERE]), n)
    places = np.concatenate((np.zeros(n, dtype=np.intp), context + 1))
    return products(
        rows, scipy.sparse.csr_array((entries, (np.tile(np.arange(n), 2), places)), shape=(n, contexts + 1))
    )


def _linked_by_context(rows: Sparse, weight: Floats, context: Ints) -> Ints:
    """Group of each row, from 0: linked within each context, then the largest groups across all."""
    group_of = np.arange(rows.shape[0])
    order = np.lexsort((-weight, context))
    for _, members in groupby(order.tolist(), key=lambda row: int(context[row])):
        mine = np.array(list(members), dtype=np.intp)
        for start in range(0, len(mine), MOST_LINKED):
            block = mine[start : start + MOST_LINKED]
            group_of[block] = block[_linked(rows[block], weight[block])]
    leaders, place = np.unique(group_of, return_inverse=True)
    total, sizes = sums(rows, place, weight)
    largest = np.argsort(-sizes, kind="stable")[:MOST_LINKED]
    joined = leaders.copy()
    joined[largest] = leaders[largest][_linked(scaled(total[largest], 1 / sizes[largest]), sizes[largest])]
    return np.unique(joined[place], return_inverse=True)[1].astype(np.intp)


def _linked(rows: Sparse, weight: Floats) -> Ints:
    """Join by average linkage until no two groups are likely enough; the first row of its group, for each row.

    Follows chains of nearest neighbours (Benzecri 1982; Murtagh 1983): a chain's last two are joined when each is the
    nearest of the other, and its last is done when nothing is near enough.
    """
    near = (rows @ rows.T).toarray().astype(np.float32)
    np.fill_diagonal(near, -1)
    size = weight.astype(np.float64)
    group_of, left = np.arange(len(size)), np.ones(len(size), dtype=bool)
    chain: list[int] = []
    for start in range(len(size)):
        chain = [start] if left[start] else []
        while chain:
            last, before = chain[-1], chain[-2] if len(chain) > 1 else -1
            nearest = int(near[last].argmax())
            if before >= 0 and near[last, before] >= near[last, nearest]:
                nearest = before
            if near[last, nearest] < HANGS_TOGETHER:
                _leave(near, left, chain.pop())
            elif nearest != before:
                chain.append(nearest)
            else:
                _join(near, size, *sorted((last, before)))
                group_of[group_of == max(last, before)] = min(last, before)
                left[max(last, before)] = False
                chain = chain[:-2] or ([start] if left[start] else [])
    return group_of


def _leave(near: NDArray[np.float32], left: NDArray[np.bool_], place: int) -> None:
    near[place], near[:, place], left[place] = -1, -1, False


def _join(near: NDArray[np.float32], size: Floats, kept: int, gone: int) -> None:
    """Make one row of two: what it is to others is the mean of what its members are."""
    size[kept] += size[gone]
    share = size[gone] / size[kept]
    mean = np.where(near[kept] < 0, -1, (1 - share) * near[kept] + share * near[gone])
    mean[[kept, gone]] = -1
    near[kept], near[:, kept] = mean, mean
    near[gone], near[:, gone] = -1, -1


def _beyond_chance(rows: Sparse, weight: Floats, group_of: Ints, least: int, demanded: float) -> NDArray[np.bool_]:
    """Which groups, numbered from 0, are large enough and hang together more than chance explains."""
    total, size = sums(rows, group_of, weight)
    itself = np.bincount(group_of, weights=weight * squares(rows))
    of_pairs = (squares(total) - itself) / np.maximum(size * (size - 1), 1)
    beyond: NDArray[np.bool_] = (size >= least) & (of_pairs * np.sqrt(size) >= demanded - 1e-6)
    return beyond
