"""Recurring themes: incidents that read alike, in disjoint groups; what belongs nowhere stays nowhere.

Two incidents are alike if the same things are in the same trouble. So a text is compared in two halves: the cosine of
its things (weighted by rarity, tf-idf) times the cosine of its troubles. A database that times out is then as far
from the same database out of memory as from a printer that times out.

People word one problem in many ways, though, and then its system, its category and its description still agree. So
where contexts are known, incidents are compared a second time: by all words of title and description, and what is said
in another context counts for less. What hangs together more than chance explains is one theme.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from opex.evidence.texts import GENERIC, SYNONYMS, Readings, blemishes, phrases, read

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

NEARLY_TYPICAL = 0.8
"""Members of at least this share of the best nearness to the centre may speak for a theme; the tidiest title does."""

MOST_READ = 50
"""The shortest titles of so many of them are looked at."""

CHANCE = 1 / 13_600
"""Chance that two texts are alike by accident: in themes of a company of 1,400 incidents, one pair in 13,600."""

ACCIDENTAL = 0.02
"""Accidental themes that are borne with, for each incident."""

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
    contexts: Sequence[str] | None = None,
    min_size: int = 2,
    min_share: float = 0.0002,
    alike: float = 0.55,
    belongs: float = 0.75,
    ignored: Sequence[str] = (),
    synonyms: Mapping[str, tuple[str, ...]] = SYNONYMS,
) -> Themes:
    """Group incidents that read alike into disjoint themes.

    First by the titles alone: texts that tell the same (`opex.evidence.texts.read`) are compared once. Groups form
    around the densest text (Taylor 1995 and Butina 1999, with the density weighted by likeness), groups whose centres
    are alike join, and every text goes to its nearest centre or to none (one step of spherical k-means, Dhillon and
    Modha 2001). The result depends neither on the order of the incidents nor on a seed.

    Then, where contexts are given, groups form by average linkage (Sokal and Michener 1958) over the words of title
    and description, weighted by rarity, within each context and then across. A group is a theme if the mean likeness
    of its pairs, times the root of its size, is at least `BEYOND_CHANCE`: as with any mean, what chance adds shrinks
    with that root. These themes go first; what they leave of the others stays as it is.

    A theme has at least `least_size` incidents, since among many texts a few are alike by chance.

    Parameters
    ----------
    titles
        One for each incident.
    descriptions
        One for each incident, or None. Its beginning is read where the title says nothing (``Disruption``), and where
        contexts are given. Otherwise, where a title tells, it decides alone.
    contexts
        Where each incident belongs, as ``system|category``; empty where not both are known, since a system alone says
        too little: there, only the titles decide.
    min_size
        A theme has at least this many incidents.
    min_share
        And at least this share of all of them.
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
        If there are not as many descriptions or contexts as titles, or a parameter is out of its range.

    Examples
    --------
    >>> found = group(["LDAP server down", "Jira slow", "ldap outage", "Maintenance", "LDAP is offline again"])
    >>> found.labels.tolist(), found.words
    ([0, -1, 0, -1, 0], (('ldap', 'down'),))
    """
    _check(titles, {"descriptions": descriptions, "contexts": contexts}, min_size, alike, belongs)
    reading = partial(read, ignored=ignored, synonyms=synonyms)
    readings = _told(titles, descriptions, reading)
    rows = _vectors(readings)
    texts_of = readings.texts_of.astype(np.float64)
    size = max(min_size, int(np.ceil(min_share * len(titles))), least_size(len(titles)))
    theme_of = _grouped(rows, texts_of, alike, belongs, size)
    labels = _renumbered(readings.reading_of, np.append(theme_of, -1))
    if contexts is not None and any(contexts):
        labels = _with_contexts(titles, descriptions or [""] * len(titles), contexts, labels, reading, size)
    return _themes(titles, readings, rows, _in_order(labels, size))


def least_size(incidents: int) -> int:
    """Incidents a theme needs among so many, so that accidental themes stay few.

    If two texts are alike by accident with chance p, then n texts hold about n^2 p / 2 accidental pairs and
    n^k p^(k-1) / k! accidental groups of k (each of its texts beyond the first met one of the others by chance). The
    least k is taken for which these are at most `ACCIDENTAL` for each incident. For large n, k is e p n.

    Examples
    --------
    >>> [least_size(incidents) for incidents in (0, 38, 300, 1_400, 25_000, 140_000)]
    [2, 2, 2, 3, 7, 27]
    """
    size, accidental = 2, incidents * CHANCE / 2
    while accidental > ACCIDENTAL:
        size += 1
        accidental *= incidents * CHANCE / size
    return size


def _check(
    titles: Sequence[str], beside: Mapping[str, Sequence[str] | None], min_size: int, alike: float, belongs: float
) -> None:
    for name, given in beside.items():
        if given is not None and len(given) != len(titles):
            raise ValueError(
                f"there are {len(titles)} titles and {len(given)} {name}; give one {name[:-1]} for each title"
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
    return _numbered(theme_of, _sizes(theme_of, texts_of) >= min_size)


def _without_loose(rows: Sparse, theme_of: Ints, texts_of: Floats, belongs: float) -> Ints:
    """Dissolve the themes whose texts are, pair by pair, no more alike than so few texts are by chance."""
    if (theme_of < 0).all():
        return theme_of
    size = _sizes(theme_of, texts_of)
    to_centre = _sizes(theme_of, texts_of * _nearness(rows, theme_of, texts_of)) / size
    of_pairs = (size * to_centre**2 - 1) / (size - 1)  # the mean cosine of two different texts of a theme
    return _numbered(theme_of, of_pairs >= belongs**2 + FEW_CLOSER / size - 1e-9)


def _nearness(rows: Sparse, theme_of: Ints, texts_of: Floats) -> Floats:
    """Cosine of each row to the centre of its theme; any number where it has none."""
    centres = _centres(rows, theme_of, texts_of)
    return np.asarray(rows.multiply(centres[np.maximum(theme_of, 0)]).sum(axis=1)).ravel().astype(np.float64)


def _numbered(group_of: Ints, kept: NDArray[np.bool_]) -> Ints:
    return _renumbered(group_of, np.append(np.where(kept, np.cumsum(kept) - 1, -1), -1))


def _renumbered(theme_of: Ints, number: Ints) -> Ints:
    """Replace each theme by its number; the last number stands for -1."""
    fresh: Ints = number[theme_of]
    return fresh


# --- incidents of a context ------------------------------------------------------------------------------------------


def _with_contexts(
    titles: Sequence[str],
    descriptions: Sequence[str],
    contexts: Sequence[str],
    by_title: Ints,
    reading: Callable[[Sequence[str]], Readings],
    size: int,
) -> Ints:
    """Theme of each incident by all it says and where it belongs, or else by its title; -1 for none."""
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
    group_of = _numbered(group_of, _beyond_chance(rows, weight, group_of, size, BEYOND_CHANCE))[unit_of]
    labels = np.where(by_title >= 0, by_title + group_of.max(initial=-1) + 1, -1)
    labels[known[group_of >= 0]] = group_of[group_of >= 0]
    return labels if least_size(len(titles)) == 2 else _without_scattered(labels, known, rows[unit_of], size)


def _without_scattered(labels: Ints, known: Ints, rows: Sparse, size: int) -> Ints:
    """Dissolve themes, unless mostly of unknown contexts, that only repeat a phrase here and there."""
    mine = np.flatnonzero(labels[known] >= 0)
    theme_of = labels[known[mine]]
    kept = np.ones(int(labels.max(initial=-1)) + 1, dtype=bool)
    mostly_known = 2 * np.bincount(theme_of, minlength=len(kept)) > np.bincount(labels[labels >= 0])
    seen, place = np.unique(theme_of, return_inverse=True)
    if len(seen):
        kept[seen] = _beyond_chance(rows[mine], np.ones(len(mine)), place, 2, BEYOND_CHANCE_ALIKE)
    return _numbered(labels, kept | ~mostly_known)


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
    return _Said(readings.reading_of, sparse.csr_array((weight, (reading, word)), shape=shape))


def _evidence(said: _Said, units: Ints, weight: Floats) -> Sparse:
    """One row of length 1 for each unit (title, description, context): all their words, the rare ones first (idf)."""
    contexts = int(units[:, 2].max()) + 1
    systems = said.rows[said.reading_of[-contexts:]][units[:, 2]]
    title, description = (_less_of(said.rows[units[:, part]], systems) for part in (0, 1))
    either = (title + description).tocsr()
    incidents = np.bincount(either.indices, weights=weight[_row_of(either)], minlength=said.rows.shape[1])
    idf = np.log(weight.sum() / np.maximum(incidents, 1)) * np.where(incidents <= 1, ONCE_WEIGHT, 1.0)
    rarity = sparse.diags_array(idf)
    return _unit((_unit(title @ rarity) + DESCRIBED * _unit(description @ rarity)).tocsr())


def _less_of(rows: Sparse, systems: Sparse) -> Sparse:
    """Let the words of the system's own name count for less: the context says them already."""
    return (rows - (1 - SYSTEM_WEIGHT) * rows.multiply(systems > 0)).tocsr()


def _in_context(rows: Sparse, context: Ints, contexts: int) -> Sparse:
    """Rows whose products are the cosine within one context and `ELSEWHERE` times the cosine across."""
    n = len(context)
    entries = np.repeat(np.sqrt([ELSEWHERE, 1 - ELSEWHERE]), n)
    places = np.concatenate((np.zeros(n, dtype=np.intp), context + 1))
    return _products(rows, sparse.csr_array((entries, (np.tile(np.arange(n), 2), places)), shape=(n, contexts + 1)))


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
    sums, sizes = _sums(rows, place, weight)
    largest = np.argsort(-sizes, kind="stable")[:MOST_LINKED]
    joined = leaders.copy()
    joined[largest] = leaders[largest][_linked(_scaled(sums[largest], 1 / sizes[largest]), sizes[largest])]
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
    sums, size = _sums(rows, group_of, weight)
    itself = np.bincount(group_of, weights=weight * _squares(rows))
    of_pairs = (_squares(sums) - itself) / np.maximum(size * (size - 1), 1)
    beyond: NDArray[np.bool_] = (size >= least) & (of_pairs * np.sqrt(size) >= demanded - 1e-6)
    return beyond


def _sums(rows: Sparse, place: Ints, weight: Floats) -> tuple[Sparse, Floats]:
    """Sum of the rows of each group, and how many texts it has."""
    shape = (int(place.max()) + 1, len(place))
    held = sparse.csr_array((weight, (place, np.arange(len(place)))), shape=shape)
    return (held @ rows).tocsr(), np.bincount(place, weights=weight).astype(np.float64)


def _scaled(rows: Sparse, factor: Floats) -> Sparse:
    return (sparse.diags_array(factor) @ rows).tocsr()


def _squares(rows: Sparse) -> Floats:
    return np.asarray(rows.multiply(rows).sum(axis=1)).ravel().astype(np.float64)


def _row_of(rows: Sparse) -> Ints:
    """Row of each entry."""
    return np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))


# --- groups as themes ------------------------------------------------------------------------------------------------


def _in_order(labels: Ints, least: int) -> Ints:
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


def _themes(titles: Sequence[str], readings: Readings, rows: Sparse, labels: Ints) -> Themes:
    if not (labels >= 0).any():
        return Themes(labels, (), np.zeros(0, dtype=np.intp), np.zeros(0))
    sizes = np.bincount(labels[labels >= 0]).astype(np.float64)
    telling = np.flatnonzero((labels >= 0) & (readings.reading_of >= 0))
    shape = (len(sizes), rows.shape[0])
    held = sparse.csr_array((np.ones(len(telling)), (labels[telling], readings.reading_of[telling])), shape=shape)
    centres = _unit((held @ rows).tocsr())
    nearness = np.zeros(len(labels))
    near = rows[readings.reading_of[telling]].multiply(centres[labels[telling]])
    nearness[telling] = np.asarray(near.sum(axis=1)).ravel()
    typical = _typical(titles, labels, nearness, readings.slips)
    cohesion = np.bincount(labels[labels >= 0], weights=nearness[labels >= 0]) / sizes
    words = tuple(_words(readings, _scaled(held, 1 / sizes), [titles[place] for place in typical.tolist()]))
    return Themes(labels, words, typical, np.clip(cohesion, 0, 1))


def _typical(titles: Sequence[str], labels: Ints, nearness: Floats, slips: frozenset[str]) -> Ints:
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


def _words(readings: Readings, held: Sparse, typical_titles: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Say for each theme in a person's words what most of its members tell: up to three things and two troubles."""
    things = _told_in(held, readings.thing_reading, readings.thing_of, readings.thing_weight)
    troubles = _told_in(held, readings.trouble_reading, readings.trouble_of, readings.trouble_weight)
    rarity = _thing_weights(readings)
    spoken = dict(zip(readings.things, readings.spoken, strict=True))
    for theme, title in enumerate(typical_titles):
        shares = things.get(theme, {})
        by_weight = sorted(shares, key=lambda thing: (-shares[thing] * rarity[thing], thing))
        stems = [readings.things[thing] for thing in by_weight][:3]
        kinds = sorted(troubles.get(theme, {}).items(), key=lambda kind: (-kind[1], kind[0]))
        yield (*phrases(title, stems, spoken), *(_as_said(readings.troubles[kind], spoken) for kind, _ in kinds[:2]))


def _told_in(held: Sparse, reading: Ints, code: Ints, weight: Floats) -> dict[int, dict[int, float]]:
    """Theme -> what most of its texts tell -> the share of them that do."""
    said = sparse.csr_array((weight, (reading, code)), shape=(held.shape[1], int(code.max(initial=0)) + 1))
    shares = (held @ said).tocoo()
    told: dict[int, dict[int, float]] = {}
    for entry in np.flatnonzero(shares.data >= SHARE_OF_WORD - 1e-9).tolist():
        told.setdefault(int(shares.row[entry]), {})[int(shares.col[entry])] = float(shares.data[entry])
    return told


def _as_said(kind: str, spoken: Mapping[str, str]) -> str:
    negation, _, verb = kind.partition(" ")
    return f"not {spoken[verb]}" if negation == "not" and verb in spoken else kind
