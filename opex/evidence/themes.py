"""Recurring themes: incidents that read alike, in disjoint groups; what belongs nowhere stays nowhere.

Two incidents are alike if the same things are in the same trouble. So a text is compared in two halves: the cosine of
its things (weighted by rarity, tf-idf) times the cosine of its troubles. A database that times out is then as far
from the same database out of memory as from a printer that times out.

People word one problem in many ways, though, and then its system, its category and its description still agree. So
where contexts are known, incidents are compared a second time: by all words of title and description, and what is said
in another context counts for less. What hangs together more than chance explains is one theme.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import scipy

from opex.evidence.alike import around_centres
from opex.evidence.contexts import with_contexts
from opex.evidence.naming import in_order, typical_of, words_of_themes
from opex.evidence.rows import Floats, Ints, Sparse, renumbered, scaled, to_centre, unit, vectors
from opex.evidence.spelling import words_of
from opex.evidence.texts import SYNONYMS, Readings, read

__all__ = ["Grouped", "Themes", "described", "group", "grouped", "least_size", "odd_members", "typical_members"]

CHANCE = 1 / 13_600
"""Chance that two texts are alike by accident: in themes of a company of 1,400 incidents, one pair in 13,600."""

MOST_TYPICAL, MOST_ODD = 3, 5

ODD = 0.75
"""A member is odd if it is less than this share as near to the centre as the theme's median member."""

HABIT = 12
"""So many equal titles that say nothing (``Disruption``) and fit no theme are one of their own: one a month."""

ACCIDENTAL = 0.02
"""Accidental themes that are borne with, for each incident."""


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
        (k,) mean cosine of the members to the theme's centre, 0 to 1, by what decided first: the titles.
    nearness
        (n,) cosine of each incident to the centre of its theme by all that was compared (title; description, where
        contexts are known), 0 to 1; 0 where it belongs nowhere. The lowest of a theme are its odd members.
    """

    labels: Ints
    words: tuple[tuple[str, ...], ...]
    typical: Ints
    cohesion: Floats
    nearness: Floats


@dataclass(frozen=True)
class Grouped:
    """Who reads like whom, with what was compared: people's edits need the one, descriptions of themes the other.

    Attributes
    ----------
    labels
        (n,) theme of each incident, numbered as those of `Themes`; -1 belongs nowhere.
    readings, rows
        What the titles say, and a row of length 1 for each reading.
    said, said_of
        Rows of all that incidents of known contexts say, of the members of themes only, and (n,) the row of each
        incident; -1 where there is none.
    """

    labels: Ints
    readings: Readings
    rows: Sparse
    said: Sparse
    said_of: Ints

    def rows_of(self, incidents: Ints) -> Sparse:
        """One row of length 1 for each of these incidents, empty where it says nothing, over all that was compared."""
        both = [_picked(self.rows, self.readings.reading_of[incidents]), _picked(self.said, self.said_of[incidents])]
        return unit(scipy.sparse.hstack(both, format="csr"))


def _picked(rows: Sparse, place: Ints) -> Sparse:
    """These rows in this order; -1 picks an empty one."""
    known = np.flatnonzero(place >= 0)
    shape = (len(place), rows.shape[0])
    return scipy.sparse.csr_array((np.ones(len(known)), (known, place[known])), shape=shape) @ rows


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

    Last, what still belongs nowhere and has one and the same title that says nothing, `HABIT` times or more, is a theme
    under that title: somebody should split it.

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
    how: dict[str, Any] = {"min_size": min_size, "min_share": min_share, "alike": alike, "belongs": belongs}
    found = grouped(titles, descriptions, contexts=contexts, ignored=ignored, synonyms=synonyms, **how)
    return described(titles, found, found.labels)


def grouped(
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
) -> Grouped:
    """Group as `group` does, with the same parameters, and keep what was compared. This is the slow part."""
    _check(titles, {"descriptions": descriptions, "contexts": contexts}, min_size, alike, belongs)
    reading = partial(read, ignored=ignored, synonyms=synonyms)
    readings, silent = _told(titles, descriptions, reading)
    rows = vectors(readings)
    texts_of = readings.texts_of.astype(np.float64)
    least = least_size(len(titles))
    size = max(min_size, int(np.ceil(min_share * len(titles))), least)
    labels = renumbered(readings.reading_of, np.append(around_centres(rows, texts_of, alike, belongs, size), -1))
    said, said_of = scipy.sparse.csr_array((0, 0)), np.full(len(titles), -1, dtype=np.intp)
    if contexts is not None and any(contexts):
        told = descriptions or [""] * len(titles)
        labels, said, said_of = with_contexts(titles, told, contexts, labels, reading, size, few=least == 2)
    labels = in_order(_with_headings(titles, labels, silent, size), size)
    return Grouped(labels, readings, rows, *_of_members(said, said_of, labels))


def _of_members(said: Sparse, said_of: Ints, labels: Ints) -> tuple[Sparse, Ints]:
    """Keep the rows of incidents that are in a theme: the others' are many, and nobody asks for them."""
    needed, place = np.unique(np.where(labels >= 0, said_of, -1), return_inverse=True)
    none = int(needed[0] < 0) if len(needed) else 0
    return said[needed[none:]], place - none


def described(titles: Sequence[str], found: Grouped, labels: Ints) -> Themes:
    """Say of each theme its words, its most typical member, and how near its members are.

    Parameters
    ----------
    titles
        Those that were grouped.
    found
        How they were grouped.
    labels
        (n,) the themes to describe, numbered from 0 without gaps: those of `found`, or as people corrected them.
    """
    n_themes = int(labels.max(initial=-1)) + 1
    if not n_themes:
        return Themes(labels, (), np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros(len(labels)))
    readings, members = found.readings, np.flatnonzero(labels >= 0)
    sizes = np.bincount(labels[members]).astype(np.float64)
    telling = members[readings.reading_of[members] >= 0]
    shape = (n_themes, found.rows.shape[0])
    held = scipy.sparse.csr_array((np.ones(len(telling)), (labels[telling], readings.reading_of[telling])), shape=shape)
    by_title = np.zeros(len(labels))
    by_title[telling] = to_centre(found.rows[readings.reading_of[telling]], labels[telling], np.ones(len(telling)))
    nearness = np.zeros(len(labels))
    nearness[members] = to_centre(found.rows_of(members), labels[members], np.ones(len(members)))
    typical = typical_of(titles, labels, by_title, readings.slips)
    cohesion = np.bincount(labels[members], weights=by_title[members]) / sizes
    words = tuple(words_of_themes(readings, scaled(held, 1 / sizes), [titles[place] for place in typical.tolist()]))
    return Themes(labels, words, typical, np.clip(cohesion, 0, 1), np.clip(nearness, 0, 1))


def typical_members(themes: Themes, titles: Sequence[str], theme: int) -> list[int]:
    """The three members that speak for a theme: its typical one, then the nearest to its centre that read otherwise.

    Fewer where its members have fewer titles. Ties: the first.
    """
    members = np.flatnonzero(themes.labels == theme)
    by_nearness = members[np.argsort(-np.round(themes.nearness[members], 9), kind="stable")]
    chosen: dict[str, int] = {}
    for row in (int(themes.typical[theme]), *by_nearness.tolist()):
        chosen.setdefault(titles[row], row)
        if len(chosen) == MOST_TYPICAL:
            break
    return list(chosen.values())


def odd_members(themes: Themes, titles: Sequence[str], theme: int) -> list[int]:
    """The members that read least like the others, the oddest first: a person checks whether they belong.

    Those are odd whose nearness to the centre is below `ODD` of the theme's median, at most five, one of each title; a
    title of a typical member is not odd. A theme whose members are alike has none. Ties: the first.
    """
    members = np.flatnonzero(themes.labels == theme)
    near = np.round(themes.nearness[members], 9)
    odd = members[near < ODD * np.median(near)]
    seen = {titles[row] for row in typical_members(themes, titles, theme)}
    chosen: list[int] = []
    for row in odd[np.argsort(themes.nearness[odd], kind="stable")].tolist():
        if titles[row] not in seen and len(chosen) < MOST_ODD:
            seen.add(titles[row])
            chosen.append(row)
    return chosen


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
) -> tuple[Readings, Ints]:
    """Read the titles; where one says nothing, the title and its description. Also, which say nothing."""
    readings = reading(titles)
    silent = np.flatnonzero(readings.reading_of < 0)
    if descriptions is None or not len(silent):
        return readings, silent
    told = list(titles)
    for row in silent.tolist():
        told[row] = f"{titles[row]} {descriptions[row]}"
    return reading(told), silent


def _with_headings(titles: Sequence[str], labels: Ints, silent: Ints, least: int) -> Ints:
    """Make themes of what is left under one heading that says nothing: a habit of reporting, from `HABIT` times on."""
    under: dict[str, list[int]] = {}
    for row in silent[labels[silent] < 0].tolist():
        heading = " ".join(word for chunk in titles[row].lower().split() for word in words_of(chunk))
        under.setdefault(heading, []).append(row)
    grown = labels.copy()
    for heading, rows in under.items():
        if heading and len(rows) >= max(HABIT, least):
            grown[rows] = grown.max() + 1
    return grown
