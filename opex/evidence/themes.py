"""Recurring themes: incidents that read alike, in disjoint groups; what belongs nowhere stays nowhere.

Two incidents are alike if the same things are in the same trouble. So a text is compared in two halves: the cosine of
its things (weighted by rarity, tf-idf) times the cosine of its troubles. A database that times out is then as far
from the same database out of memory as from a printer that times out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from opex.evidence.texts import GENERIC, SYNONYMS, Readings, phrases, read

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]
Sparse = Any  # scipy ships no types

MOST_COMPARED = 5_000
"""Readings compared pair by pair at a time, the most repeated first: bounds time and memory on any input."""

BLOCK = 1_000
"""Rows of a comparison held at a time: bounds its memory, changes no result."""

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

PULL = 6
"""Power of the cosine in a row's density, so that a text between two themes does not become the middle of both."""

FEW_CLOSER = 0.2
"""By how much more, divided by their number, a theme's texts must be alike: a few are soon alike by chance."""

SHARE_OF_WORD = 0.5
"""Share of a theme's texts that must say a word for it to describe the theme."""


@dataclass(frozen=True)
class Themes:
    """Disjoint groups of incidents that read alike.

    Attributes
    ----------
    labels
        (n,) theme of each incident; -1 belongs nowhere. Themes are numbered by size, the largest first; ties by the
        position of their first member.
    words
        For each theme up to five words or phrases a person would use: the things, the most characteristic first, then
        the trouble. One, where its members say no more.
    typical
        (k,) index of the most typical member: the one nearest to the theme's centre; of equals the first.
    cohesion
        (k,) mean cosine of the members to the theme's centre, 0 to 1.
    """

    labels: Ints
    words: tuple[tuple[str, ...], ...]
    typical: Ints
    cohesion: Floats


def group(
    titles: Sequence[str],
    descriptions: Sequence[str] | None = None,
    *,
    min_size: int = 2,
    min_share: float = 0.0002,
    alike: float = 0.55,
    belongs: float = 0.75,
    ignored: Sequence[str] = (),
    synonyms: Mapping[str, tuple[str, ...]] = SYNONYMS,
) -> Themes:
    """Group incidents that read alike into disjoint themes.

    Texts that tell the same (`opex.evidence.texts.read`) are compared once. Groups form around the densest text
    (Taylor 1995 and Butina 1999, with the density weighted by likeness), groups whose centres are alike join, and
    every text goes to its nearest centre or to none (one step of spherical k-means, Dhillon and Modha 2001). The
    result depends neither on the order of the incidents nor on a seed.

    Parameters
    ----------
    titles
        One for each incident.
    descriptions
        One for each incident, or None. Its beginning is read where the title says nothing (``Disruption``): where a
        title tells, it decides alone.
    min_size
        A theme has at least this many incidents.
    min_share
        And at least this share of all of them: among many texts, a few are alike by chance.
    alike
        Texts of at least this cosine can start a theme together, 0 to 1.
    belongs
        A theme keeps the texts of at least this cosine to its centre, 0 to 1: the cut against noise. Themes whose
        centres are this near are one, and a theme of few must be closer still.
    ignored
        Further words that say nothing here, such as the organisation's own name.
    synonyms
        Kind of trouble -> other phrases for it. Pass ``{}`` to group by the words alone.

    Returns
    -------
    Themes
        No themes and only -1 where nothing recurs, or for no texts.

    Raises
    ------
    ValueError
        If there are not as many descriptions as titles, or a parameter is out of its range.

    Examples
    --------
    >>> found = group(["LDAP server down", "Jira slow", "ldap outage", "Maintenance", "LDAP is offline again"])
    >>> found.labels.tolist(), found.words
    ([0, -1, 0, -1, 0], (('ldap', 'down'),))
    """
    _check(titles, descriptions, min_size, alike, belongs)
    readings = _told(titles, descriptions, partial(read, ignored=ignored, synonyms=synonyms))
    rows = _vectors(readings)
    texts_of = readings.texts_of.astype(np.float64)
    size = max(min_size, int(np.ceil(min_share * len(titles))))
    return _themes(titles, readings, rows, _grouped(rows, texts_of, alike, belongs, size))


def _check(
    titles: Sequence[str], descriptions: Sequence[str] | None, min_size: int, alike: float, belongs: float
) -> None:
    if descriptions is not None and len(descriptions) != len(titles):
        raise ValueError(
            f"there are {len(titles)} titles and {len(descriptions)} descriptions; give one description for each title"
        )
    if min_size < 2:
        raise ValueError(f"min_size is {min_size}; a theme recurs, so it must be at least 2")
    for name, value in (("alike", alike), ("belongs", belongs)):
        if not 0 < value <= 1:
            raise ValueError(f"{name} is {value}; it must be above 0 and at most 1")


def _told(
    titles: Sequence[str], descriptions: Sequence[str] | None, reading: Callable[[Sequence[str]], Readings]
) -> Readings:
    """Read the titles; where one says nothing, the title and its description."""
    readings = reading(titles)
    if descriptions is None or (readings.reading_of >= 0).all():
        return readings
    told = zip(titles, descriptions, (readings.reading_of >= 0).tolist(), strict=True)
    return reading([title if says else f"{title} {description}" for title, description, says in told])


# --- readings as rows ------------------------------------------------------------------------------------------------


def _vectors(readings: Readings) -> Sparse:
    """One row of length 1 for each reading; the cosine of two is that of their things times that of their troubles."""
    weight = _thing_weights(readings)[readings.thing_of] * readings.thing_weight
    shape = (len(readings.texts_of), len(readings.things))
    things = sparse.csr_array((weight, (readings.thing_reading, readings.thing_of)), shape=shape)
    return _unit(_products(_unit(things), _trouble_rows(readings)))


def _thing_weights(readings: Readings) -> Floats:
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
    rows = sparse.csr_array(entries, shape=(m, no_kind + 2))
    rows.sum_duplicates()
    rows.eliminate_zeros()
    return _unit(rows)


def _products(left: Sparse, right: Sparse) -> Sparse:
    """Multiply every entry of a row with every entry of the same row beside it (the row-wise Kronecker product)."""
    row = np.repeat(np.arange(left.shape[0]), np.diff(left.indptr))
    times = np.diff(right.indptr)[row]
    first = np.repeat(np.arange(left.nnz), times)
    step = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    second = np.repeat(right.indptr[:-1][row], times) + step
    key = left.indices[first].astype(np.int64) * right.shape[1] + right.indices[second]
    seen, column = np.unique(key, return_inverse=True)
    shape = (left.shape[0], len(seen))
    return sparse.csr_array((left.data[first] * right.data[second], (row[first], column)), shape=shape)


def _unit(rows: Sparse) -> Sparse:
    length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return (sparse.diags_array(1 / np.where(length > 0, length, 1)) @ rows).tocsr()


# --- rows into groups ------------------------------------------------------------------------------------------------


def _grouped(rows: Sparse, texts_of: Floats, alike: float, belongs: float, min_size: int) -> Ints:
    """Theme of each row, -1 where it belongs nowhere; groups of fewer than `min_size` texts dissolve."""
    theme_of = np.full(rows.shape[0], -1, dtype=np.intp)
    untried = np.arange(rows.shape[0])
    while len(untried):
        batch, untried = untried[:MOST_COMPARED], untried[MOST_COMPARED:]
        near = _near(rows[batch], rows[batch], alike)
        for _ in range(2):  # the second time for what the first one's themes turned away
            theme_of = _with_new(theme_of, batch, near, texts_of)
            theme_of = _settled(rows, _without_small(theme_of, texts_of, min_size), texts_of, belongs, min_size)
        untried = untried[theme_of[untried] < 0]
    return _without_loose(rows, theme_of, texts_of, belongs)


def _near(rows: Sparse, others: Sparse, alike: float) -> Sparse:
    """Pairs with a cosine of at least `alike`, a block of rows at a time."""
    across = others.T.tocsr()
    blocks = []
    for start in range(0, rows.shape[0], BLOCK):
        block = rows[start : start + BLOCK] @ across
        close = np.flatnonzero(block.data >= alike - 1e-9)
        row = np.searchsorted(block.indptr, close, side="right") - 1
        blocks.append(sparse.csr_array((block.data[close], (row, block.indices[close])), shape=block.shape))
    return sparse.vstack(blocks, format="csr")


def _with_new(theme_of: Ints, batch: Ints, near: Sparse, texts_of: Floats) -> Ints:
    """Form groups among those rows of a batch that belong nowhere yet."""
    free = np.flatnonzero(theme_of[batch] < 0)
    among = near[free][:, free]
    among.data = np.minimum(among.data, 1) ** PULL
    grown = theme_of.copy()
    grown[batch[free]] = _around_the_densest(among, among @ texts_of[batch[free]]) + theme_of.max(initial=-1) + 1
    return grown


def _around_the_densest(near: Sparse, density: Floats) -> Ints:
    """Let the densest row take all rows near it, then the densest of the rest, and so on; ties: the first."""
    group_of = np.full(near.shape[0], -1, dtype=np.intp)
    number = 0
    for leader in np.argsort(-np.round(density, 9), kind="stable").tolist():
        if group_of[leader] < 0:
            members = near.indices[near.indptr[leader] : near.indptr[leader + 1]]
            group_of[members[group_of[members] < 0]] = number
            group_of[leader] = number
            number += 1
    return group_of


def _settled(rows: Sparse, theme_of: Ints, texts_of: Floats, belongs: float, min_size: int) -> Ints:
    """Join themes whose centres are alike, then give every row to its nearest centre or to none."""
    if (theme_of < 0).all():
        return theme_of
    centres = _centres(rows, theme_of, texts_of)
    joined = _around_the_densest(_near(centres, centres, belongs), _sizes(theme_of, texts_of))
    centres = _centres(rows, np.where(theme_of >= 0, joined[theme_of], -1), texts_of)
    return _without_small(_to_the_nearest(rows, centres, belongs), texts_of, min_size)


def _centres(rows: Sparse, theme_of: Ints, texts_of: Floats) -> Sparse:
    held = np.flatnonzero(theme_of >= 0)
    shape = (int(theme_of.max()) + 1, len(theme_of))
    return _unit((sparse.csr_array((texts_of[held], (theme_of[held], held)), shape=shape) @ rows).tocsr())


def _to_the_nearest(rows: Sparse, centres: Sparse, belongs: float) -> Ints:
    """Give each row the centre nearest to it, or -1 where none is near enough; ties: the lower number."""
    close = _near(rows, centres, belongs)
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
    kept = _sizes(theme_of, texts_of) >= min_size
    number = np.append(np.where(kept, np.cumsum(kept) - 1, -1), -1)
    return _renumbered(theme_of, number)


def _without_loose(rows: Sparse, theme_of: Ints, texts_of: Floats, belongs: float) -> Ints:
    """Dissolve the themes whose texts are, pair by pair, no more alike than so few texts are by chance."""
    if (theme_of < 0).all():
        return theme_of
    size = _sizes(theme_of, texts_of)
    to_centre = _sizes(theme_of, texts_of * _nearness(rows, theme_of, texts_of)) / size
    of_pairs = (size * to_centre**2 - 1) / (size - 1)  # the mean cosine of two different texts of a theme
    kept = of_pairs >= belongs**2 + FEW_CLOSER / size - 1e-9
    return _renumbered(theme_of, np.append(np.where(kept, np.cumsum(kept) - 1, -1), -1))


def _nearness(rows: Sparse, theme_of: Ints, texts_of: Floats) -> Floats:
    """Cosine of each row to the centre of its theme; any number where it has none."""
    centres = _centres(rows, theme_of, texts_of)
    return np.asarray(rows.multiply(centres[np.maximum(theme_of, 0)]).sum(axis=1)).ravel().astype(np.float64)


def _renumbered(theme_of: Ints, number: Ints) -> Ints:
    """Replace each theme by its number; the last number stands for -1."""
    fresh: Ints = number[theme_of]
    return fresh


# --- groups as themes ------------------------------------------------------------------------------------------------


def _themes(titles: Sequence[str], readings: Readings, rows: Sparse, theme_of: Ints) -> Themes:
    n = len(titles)
    if not (theme_of >= 0).any():
        return Themes(np.full(n, -1, dtype=np.intp), (), np.zeros(0, dtype=np.intp), np.zeros(0))
    theme_of = _in_order(theme_of, readings)
    texts_of = readings.texts_of.astype(np.float64)
    nearness = _nearness(rows, theme_of, texts_of)
    labels = _renumbered(readings.reading_of, np.append(theme_of, -1))
    cohesion = _sizes(theme_of, texts_of * nearness) / _sizes(theme_of, texts_of)
    typical = _typical(labels, np.append(nearness, 0)[readings.reading_of])
    words = tuple(_words(readings, theme_of, [titles[place] for place in typical.tolist()]))
    return Themes(labels, words, typical, np.clip(cohesion, 0, 1))


def _in_order(theme_of: Ints, readings: Readings) -> Ints:
    """Number the themes by size, the largest first; ties by the position of the first member."""
    label = _renumbered(readings.reading_of, np.append(theme_of, -1))
    member = np.flatnonzero(label >= 0)
    _, first, size = np.unique(label[member], return_index=True, return_counts=True)
    rank = np.empty(len(size) + 1, dtype=np.intp)
    rank[np.lexsort((first, -size))] = np.arange(len(size))
    rank[-1] = -1
    return _renumbered(theme_of, rank)


def _typical(labels: Ints, nearness: Floats) -> Ints:
    order = np.lexsort((-np.round(nearness, 9), labels))
    order = order[labels[order] >= 0]
    typical: Ints = order[np.unique(labels[order], return_index=True)[1]]
    return typical


def _words(readings: Readings, theme_of: Ints, typical_titles: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Say for each theme in a person's words what most of its members tell: up to three things and two troubles."""
    texts_of = readings.texts_of.astype(np.float64)
    sizes = _sizes(theme_of, texts_of)
    thing_texts = texts_of[readings.thing_reading] * readings.thing_weight
    trouble_texts = texts_of[readings.trouble_reading] * readings.trouble_weight
    things = _told_in(theme_of[readings.thing_reading], readings.thing_of, thing_texts, sizes)
    troubles = _told_in(theme_of[readings.trouble_reading], readings.trouble_of, trouble_texts, sizes)
    rarity = _thing_weights(readings)
    spoken = dict(zip(readings.things, readings.spoken, strict=True))
    for theme, title in enumerate(typical_titles):
        shares = things.get(theme, {})
        by_weight = sorted(shares, key=lambda thing: (-shares[thing] * rarity[thing], thing))
        stems = [readings.things[thing] for thing in by_weight][:3]
        kinds = sorted(troubles.get(theme, {}).items(), key=lambda kind: (-kind[1], kind[0]))
        yield (*phrases(title, stems, spoken), *(_as_said(readings.troubles[kind], spoken) for kind, _ in kinds[:2]))


def _told_in(theme: Ints, code: Ints, texts: Floats, sizes: Floats) -> dict[int, dict[int, float]]:
    """Theme -> what most of its texts tell -> the share of them that do."""
    held = theme >= 0
    width = int(code.max(initial=0)) + 1
    key, place = np.unique(theme[held] * width + code[held], return_inverse=True)
    share = np.bincount(place, weights=texts[held], minlength=len(key)) / sizes[key // width]
    told: dict[int, dict[int, float]] = {}
    for entry in np.flatnonzero(share >= SHARE_OF_WORD).tolist():
        number, word = divmod(int(key[entry]), width)
        told.setdefault(number, {})[word] = float(share[entry])
    return told


def _as_said(kind: str, spoken: Mapping[str, str]) -> str:
    negation, _, verb = kind.partition(" ")
    return f"not {spoken[verb]}" if negation == "not" and verb in spoken else kind
