"""Readings as sparse rows: the cosine of two says how alike they are; and the arithmetic of such rows."""

from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from opex.evidence.texts import GENERIC, Readings

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]
Sparse = Any  # scipy ships no types


KINSHIP = 0.5
"""Cosine of two kinds of trouble that only say that something went wrong (down, failing, or no kind at all)."""

GENERIC_WEIGHT = 0.5
"""Weight of such a kind beside one that says more."""

RAREST = 3.0
"""Most a thing weighs for its rarity, as if one text in 19 said it: who asked matters less than what was asked."""

ONCE_WEIGHT = 0.5
"""Weight of a thing that one text alone mentions: it parts that text from the others, and can join none."""

SPARED = 0.7
"""Weight a thing loses if texts always say the same without it (``github actions``, ``actions``)."""


def vectors(readings: Readings) -> Sparse:
    """One row of length 1 for each reading; the cosine of two is that of their things times that of their troubles."""
    weight = thing_weights(readings)[readings.thing_of] * readings.thing_weight
    shape = (len(readings.texts_of), len(readings.things))
    things = scipy.sparse.csr_array((weight, (readings.thing_reading, readings.thing_of)), shape=shape)
    return unit(products(unit(things), _trouble_rows(readings)))


def thing_weights(readings: Readings) -> Floats:
    """Weigh each thing: rare ones more (idf), those mentioned once or that texts do without less."""
    n = len(readings.things)
    texts = np.bincount(readings.thing_of, weights=readings.texts_of[readings.thing_reading], minlength=n)
    idf = np.minimum(np.log1p(readings.texts_of.sum() / np.maximum(texts, 1)), RAREST)
    weights: Floats = idf * np.where(texts <= 1, ONCE_WEIGHT, 1.0) * (1 - SPARED * _dispensable(readings))
    return weights


def _dispensable(readings: Readings) -> Floats:
    """In which share of its texts each thing could be left out, and what remains is what another text says."""
    n, m = len(readings.things), len(readings.texts_of)
    codes = _codes(n + len(readings.troubles))
    whole = np.zeros(m, dtype=np.uint64)  # a reading's code is the sum of its words' codes, modulo 2^64
    np.add.at(whole, readings.thing_reading, codes[readings.thing_of])
    np.add.at(whole, readings.trouble_reading, codes[n + readings.trouble_of])
    without = whole[readings.thing_reading] - codes[readings.thing_of]
    texts = readings.texts_of[readings.thing_reading].astype(np.float64)
    told = np.bincount(readings.thing_of, weights=texts, minlength=n)
    spared = np.bincount(readings.thing_of, weights=texts * np.isin(without, whole), minlength=n)
    return spared / np.maximum(told, 1)


def _codes(n: int) -> NDArray[np.uint64]:
    """Well-mixed numbers whose sums tell sets apart (the finaliser of splitmix64, Steele, Lea and Flood 2014)."""
    code = np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    code = (code ^ (code >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    code = (code ^ (code >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = code ^ (code >> np.uint64(31))
    return mixed


def _trouble_rows(readings: Readings) -> Sparse:
    """One row of length 1 for each reading over the kinds of trouble, "no kind", and what the generic kinds share."""
    m, no_kind = len(readings.texts_of), len(readings.troubles)
    generic = np.array([name in GENERIC for name in readings.troubles] + [True])
    quiet = np.setdiff1d(np.arange(m), readings.trouble_reading)
    row = np.concatenate((readings.trouble_reading, quiet))
    kind = np.concatenate((readings.trouble_of, np.full(len(quiet), no_kind)))
    weight = np.concatenate((readings.trouble_weight, np.ones(len(quiet)))) * np.where(generic[kind], GENERIC_WEIGHT, 1)
    own = weight * np.where(generic[kind], np.sqrt(1 - KINSHIP), 1)
    shared = weight * np.where(generic[kind], np.sqrt(KINSHIP), 0)
    column = np.concatenate((kind, np.full(len(kind), no_kind + 1)))
    entries = (np.concatenate((own, shared)), (np.concatenate((row, row)), column))
    rows = scipy.sparse.csr_array(entries, shape=(m, no_kind + 2))
    rows.sum_duplicates()
    rows.eliminate_zeros()
    return unit(rows)


def products(left: Sparse, right: Sparse) -> Sparse:
    """Multiply every entry of a row with every entry of the same row beside it (the row-wise Kronecker product)."""
    row = np.repeat(np.arange(left.shape[0]), np.diff(left.indptr))
    times = np.diff(right.indptr)[row]
    first = np.repeat(np.arange(left.nnz), times)
    step = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    second = np.repeat(right.indptr[:-1][row], times) + step
    key = left.indices[first].astype(np.int64) * right.shape[1] + right.indices[second]
    seen, column = np.unique(key, return_inverse=True)
    shape = (left.shape[0], len(seen))
    return scipy.sparse.csr_array((left.data[first] * right.data[second], (row[first], column)), shape=shape)


def unit(rows: Sparse) -> Sparse:
    """Bring every row to length 1; an empty one stays empty."""
    length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return (scipy.sparse.diags_array(1 / np.where(length > 0, length, 1)) @ rows).tocsr()


def sums(rows: Sparse, place: Ints, weight: Floats) -> tuple[Sparse, Floats]:
    """Sum of the rows of each group, and how many texts it has."""
    shape = (int(place.max()) + 1, len(place))
    held = scipy.sparse.csr_array((weight, (place, np.arange(len(place)))), shape=shape)
    return (held @ rows).tocsr(), np.bincount(place, weights=weight).astype(np.float64)


def to_centre(rows: Sparse, theme_of: Ints, weight: Floats) -> Floats:
    """Cosine of each row of length 1 to the centre of its theme; 0 where it has none (-1).

    A centre is the weighted sum of the rows of a theme, brought to length 1. Only the words of a row are looked up in
    its centre: a theme of many wordings has a wide one, and a copy of it for each row would not fit into memory.
    """
    held = np.flatnonzero(theme_of >= 0)
    shape = (int(theme_of.max(initial=-1)) + 1, len(theme_of))
    centres = unit((scipy.sparse.csr_array((weight[held], (theme_of[held], held)), shape=shape) @ rows).tocsr())
    centres.sort_indices()
    wide = rows.shape[1]
    of = row_of(rows)
    entry = np.flatnonzero(theme_of[of] >= 0)
    key = theme_of[of[entry]].astype(np.int64) * wide + rows.indices[entry]
    place = np.searchsorted(row_of(centres).astype(np.int64) * wide + centres.indices, key)
    product = rows.data[entry] * centres.data[place]
    return np.bincount(of[entry], weights=product, minlength=rows.shape[0]).astype(np.float64)


def scaled(rows: Sparse, factor: Floats) -> Sparse:
    """Multiply each row by its factor."""
    return (scipy.sparse.diags_array(factor) @ rows).tocsr()


def squares(rows: Sparse) -> Floats:
    """Squared length of each row."""
    return np.asarray(rows.multiply(rows).sum(axis=1)).ravel().astype(np.float64)


def row_of(rows: Sparse) -> Ints:
    """Row of each entry."""
    return np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))


def numbered(group_of: Ints, kept: NDArray[np.bool_]) -> Ints:
    """Dissolve the groups that are not kept and number the others afresh, in their order."""
    return renumbered(group_of, np.append(np.where(kept, np.cumsum(kept) - 1, -1), -1))


def renumbered(theme_of: Ints, number: Ints) -> Ints:
    """Replace each theme by its number; the last number stands for -1."""
    fresh: Ints = number[theme_of]
    return fresh
