"""Rows that are alike, in disjoint groups around the densest, each row with its nearest centre or with none."""

import numpy as np
import scipy

from opex.evidence.rows import Floats, Ints, Sparse, numbered, to_centre, unit

MOST_COMPARED = 5_000
"""Readings compared pair by pair at a time, the most repeated first: bounds time and memory on any input."""

BLOCK = 1_000
"""Rows of a comparison held at a time: bounds its memory, changes no result."""


PULL = 6
"""Power of the cosine in a row's density, so that a text between two themes does not become the middle of both."""

FEW_CLOSER = 0.2
"""By how much more, divided by their number, a theme's texts must be alike: a few are soon alike by chance."""


def around_centres(rows: Sparse, texts_of: Floats, alike: float, belongs: float, min_size: int) -> Ints:
    """Theme of each row, -1 where it belongs nowhere; groups of fewer than `min_size` texts dissolve."""
    theme_of = np.full(rows.shape[0], -1, dtype=np.intp)
    untried = np.arange(rows.shape[0])
    while len(untried):
        batch, untried = untried[:MOST_COMPARED], untried[MOST_COMPARED:]
        pairs = near(rows[batch], rows[batch], alike)
        for _ in range(2):  # the second time for what the first one's themes turned away
            theme_of = _with_new(theme_of, batch, pairs, texts_of)
            theme_of = _settled(rows, _without_small(theme_of, texts_of, min_size), texts_of, belongs, min_size)
        untried = untried[theme_of[untried] < 0]
    return _without_loose(rows, theme_of, texts_of, belongs)


def near(rows: Sparse, others: Sparse, alike: float) -> Sparse:
    """Pairs with a cosine of at least `alike`, a block of rows at a time."""
    across = others.T.tocsr()
    blocks = []
    for start in range(0, rows.shape[0], BLOCK):
        block = rows[start : start + BLOCK] @ across
        close = np.flatnonzero(block.data >= alike - 1e-9)
        row = np.searchsorted(block.indptr, close, side="right") - 1
        blocks.append(scipy.sparse.csr_array((block.data[close], (row, block.indices[close])), shape=block.shape))
    return scipy.sparse.vstack(blocks, format="csr")


def _with_new(theme_of: Ints, batch: Ints, pairs: Sparse, texts_of: Floats) -> Ints:
    """Form groups among those rows of a batch that belong nowhere yet."""
    free = np.flatnonzero(theme_of[batch] < 0)
    among = pairs[free][:, free]
    among.data = np.minimum(among.data, 1) ** PULL
    grown = theme_of.copy()
    grown[batch[free]] = _around_the_densest(among, among @ texts_of[batch[free]]) + theme_of.max(initial=-1) + 1
    return grown


def _around_the_densest(pairs: Sparse, density: Floats) -> Ints:
    """Let the densest row take all rows near it, then the densest of the rest, and so on; ties: the first."""
    group_of = np.full(pairs.shape[0], -1, dtype=np.intp)
    number = 0
    for leader in np.argsort(-np.round(density, 9), kind="stable").tolist():
        if group_of[leader] < 0:
            members = pairs.indices[pairs.indptr[leader] : pairs.indptr[leader + 1]]
            group_of[members[group_of[members] < 0]] = number
            group_of[leader] = number
            number += 1
    return group_of


def _settled(rows: Sparse, theme_of: Ints, texts_of: Floats, belongs: float, min_size: int) -> Ints:
    """Join themes whose centres are alike, then give every row to its nearest centre or to none."""
    if (theme_of < 0).all():
        return theme_of
    centres = _centres(rows, theme_of, texts_of)
    joined = _around_the_densest(near(centres, centres, belongs), _sizes(theme_of, texts_of))
    centres = _centres(rows, np.where(theme_of >= 0, joined[theme_of], -1), texts_of)
    return _without_small(_to_the_nearest(rows, centres, belongs), texts_of, min_size)


def _centres(rows: Sparse, theme_of: Ints, texts_of: Floats) -> Sparse:
    held = np.flatnonzero(theme_of >= 0)
    shape = (int(theme_of.max()) + 1, len(theme_of))
    return unit((scipy.sparse.csr_array((texts_of[held], (theme_of[held], held)), shape=shape) @ rows).tocsr())


def _to_the_nearest(rows: Sparse, centres: Sparse, belongs: float) -> Ints:
    """Give each row the centre nearest to it, or -1 where none is near enough; ties: the lower number."""
    close = near(rows, centres, belongs)
    row = np.repeat(np.arange(rows.shape[0]), np.diff(close.indptr))
    order = np.lexsort((close.indices, -np.round(close.data, 9), row))
    first = np.unique(row[order], return_index=True)
    theme_of = np.full(rows.shape[0], -1, dtype=np.intp)
    theme_of[first[0]] = close.indices[order][first[1]]
    return theme_of


def _sizes(theme_of: Ints, texts_of: Floats) -> Floats:
    held = theme_of >= 0
    return np.bincount(theme_of[held], weights=texts_of[held]).astype(np.float64)


def _without_small(theme_of: Ints, texts_of: Floats, min_size: int) -> Ints:
    """Dissolve the small themes and number the others afresh, in their order."""
    return numbered(theme_of, _sizes(theme_of, texts_of) >= min_size)


def _without_loose(rows: Sparse, theme_of: Ints, texts_of: Floats, belongs: float) -> Ints:
    """Dissolve the themes whose texts are, pair by pair, no more alike than so few texts are by chance."""
    if (theme_of < 0).all():
        return theme_of
    size = _sizes(theme_of, texts_of)
    near = _sizes(theme_of, texts_of * to_centre(rows, theme_of, texts_of)) / size
    of_pairs = (size * near**2 - 1) / (size - 1)  # the mean cosine of two different texts of a theme
    return numbered(theme_of, of_pairs >= belongs**2 + FEW_CLOSER / size - 1e-9)
