"""Groups as themes: their order, their most typical members, and the words a person would use for them."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import scipy

from opex.evidence.rows import Floats, Ints, Sparse, thing_weights
from opex.evidence.texts import Readings, blemishes, phrases

SHARE_OF_WORD = 0.5
"""Share of a theme's texts that must say a word for it to describe the theme."""

NEARLY_TYPICAL = 0.8
"""Members of at least this share of the best nearness to the centre may speak for a theme; the tidiest title does."""

MOST_READ = 50
"""The shortest titles of so many of them are looked at."""


def in_order(labels: Ints, least: int) -> Ints:
    """Dissolve what is too small; number by size, the largest first, ties by the position of the first member."""
    member = np.flatnonzero(labels >= 0)
    _, first, group_of, size = np.unique(labels[member], return_index=True, return_inverse=True, return_counts=True)
    rank = np.full(len(size), -1, dtype=np.intp)
    order = np.lexsort((first, -size))
    order = order[size[order] >= least]
    rank[order] = np.arange(len(order))
    ordered = np.full(len(labels), -1, dtype=np.intp)
    ordered[member] = rank[group_of]
    return ordered


def typical_of(titles: Sequence[str], labels: Ints, nearness: Floats, slips: frozenset[str]) -> Ints:
    """Of the members nearest to each centre the one with the tidiest, then shortest title; ties: nearest, first."""
    nearness = np.round(nearness, 9)
    best = np.zeros(int(labels.max()) + 1)
    np.maximum.at(best, labels[labels >= 0], nearness[labels >= 0])
    able = np.flatnonzero((labels >= 0) & (nearness >= NEARLY_TYPICAL * best[labels]))
    length = np.array([len(title) for title in titles])
    able = able[np.lexsort((-nearness[able], length[able], labels[able]))]
    able = able[np.arange(len(able)) - np.searchsorted(labels[able], labels[able]) < MOST_READ]
    untidy = np.array([blemishes(titles[row], slips) for row in able.tolist()])
    order = able[np.lexsort((untidy, labels[able]))]
    typical: Ints = order[np.unique(labels[order], return_index=True)[1]]
    return typical


def words_of_themes(readings: Readings, held: Sparse, typical_titles: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Say for each theme in a person's words what most of its members tell: up to three things and two troubles."""
    things = _told_in(held, readings.thing_reading, readings.thing_of, readings.thing_weight)
    troubles = _told_in(held, readings.trouble_reading, readings.trouble_of, readings.trouble_weight)
    rarity = thing_weights(readings)
    spoken = dict(zip(readings.things, readings.spoken, strict=True))
    for theme, title in enumerate(typical_titles):
        shares = things.get(theme, {})
        by_weight = sorted(shares, key=lambda thing: (-shares[thing] * rarity[thing], thing))
        stems = [readings.things[thing] for thing in by_weight][:3]
        kinds = sorted(troubles.get(theme, {}).items(), key=lambda kind: (-kind[1], kind[0]))
        things_said = phrases(title, stems, spoken) or (title.strip().lower(),)
        yield (*things_said, *(_as_said(readings.troubles[kind], spoken) for kind, _ in kinds[:2]))


def _told_in(held: Sparse, reading: Ints, code: Ints, weight: Floats) -> dict[int, dict[int, float]]:
    """Theme -> what most of its texts tell -> the share of them that do."""
    said = scipy.sparse.csr_array((weight, (reading, code)), shape=(held.shape[1], int(code.max(initial=0)) + 1))
    shares = (held @ said).tocoo()
    told: dict[int, dict[int, float]] = {}
    for entry in np.flatnonzero(shares.data >= SHARE_OF_WORD - 1e-9).tolist():
        told.setdefault(int(shares.row[entry]), {})[int(shares.col[entry])] = float(shares.data[entry])
    return told


def _as_said(kind: str, spoken: Mapping[str, str]) -> str:
    negation, _, verb = kind.partition(" ")
    return f"not {spoken[verb]}" if negation == "not" and verb in spoken else kind
