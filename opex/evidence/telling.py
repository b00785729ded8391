"""The words of a text sorted into the things it is about and what was wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from opex.evidence.english import (
    CROWDS,
    HTTP_CODES,
    NEGATIONS,
    NOT,
    NUMBERED_THINGS,
    OPENERS,
    QUANTIFIERS,
    STOP,
    WEAK,
    WORKS,
    stem,
)

Ints = NDArray[np.intp]

NAME_TIMES = 5
NAME_SHARE = 0.8


@dataclass(frozen=True)
class Tokens:
    """One entry for each thing or trouble told: its text, its place in the lexicon or among the troubles."""

    doc: Ints
    code: Ints
    is_trouble: NDArray[np.bool_]
    aside: NDArray[np.bool_]
    troubles: tuple[str, ...]


def told(
    word: Ints,
    doc: Ints,
    lexicon: Sequence[str],
    saying_nothing: frozenset[str],
    synonyms: Mapping[str, tuple[str, ...]],
) -> Tokens:
    """Sort the words of each text into things and troubles; what only frames the report falls away."""
    isin = partial(_is, word, lexicon=lexicon)
    before = _shifted(word, doc)
    aside = _after_opener(isin(OPENERS), doc)
    code_of_an_id = isin(frozenset("http" + code for code in HTTP_CODES)) & _is(before, NUMBERED_THINGS, lexicon)
    kept = ~(isin(STOP - NOT) | code_of_an_id)
    weak = isin(saying_nothing)
    last_resort = isin(WEAK - QUANTIFIERS) & _is(before, frozenset({"with", "on"}), lexicon)
    crowd = np.zeros(len(word), dtype=bool)
    crowd[1:-1] = isin(QUANTIFIERS)[:-2] & isin(CROWDS)[2:] & (doc[:-2] == doc[2:])
    word, doc = word[kept], doc[kept]
    aside, weak, last_resort = aside[kept], (weak | crowd)[kept], last_resort[kept]
    trouble, used, names = _troubles(word, doc, lexicon, synonyms)
    thing = ~used & ~weak & ~_is(word, NOT, lexicon)
    thing |= last_resort & ~np.isin(doc, doc[thing])
    is_trouble = trouble >= 0
    return Tokens(
        np.concatenate((doc[thing], doc[is_trouble])),
        np.concatenate((word[thing], trouble[is_trouble])),
        np.repeat([False, True], [thing.sum(), is_trouble.sum()]),
        np.concatenate((aside[thing], aside[is_trouble])),
        names,
    )


def _is(word: Ints, wanted: frozenset[str], lexicon: Sequence[str]) -> NDArray[np.bool_]:
    table = np.array([entry in wanted for entry in lexicon] + [False], dtype=bool)
    found: NDArray[np.bool_] = table[word]
    return found


def _shifted(word: Ints, doc: Ints) -> Ints:
    """Give the word before each word in its text, -1 at its start."""
    before = np.full_like(word, -1)
    before[1:] = np.where(doc[1:] == doc[:-1], word[:-1], -1)
    return before


def _after_opener(opener: NDArray[np.bool_], doc: Ints) -> NDArray[np.bool_]:
    opened = np.cumsum(opener)
    first = np.searchsorted(doc, doc)
    found: NDArray[np.bool_] = (opened - opened[first] + opener[first]) > 0 if len(doc) else opener
    return found


def _troubles(
    word: Ints, doc: Ints, lexicon: Sequence[str], synonyms: Mapping[str, tuple[str, ...]]
) -> tuple[Ints, NDArray[np.bool_], tuple[str, ...]]:
    """Find what is wrong: known phrases, and negated verbs. -> trouble at each word or -1, words used up, names."""
    singles, pairs = _phrases(synonyms)
    singles = {f"http{code}": f"HTTP {code}" for code in HTTP_CODES} | singles
    place = {entry: number for number, entry in enumerate(lexicon)}
    negated = _shifted(word, doc)
    follows_not = _is(negated, NOT, lexicon) if len(word) else np.zeros(0, dtype=bool)
    negations = {f"not {lexicon[number]}" for number in set(word[follows_not].tolist())}
    names = tuple(sorted(set(singles.values()) | set(pairs.values()) | negations))
    number_of = {name: number for number, name in enumerate(names)}
    single = np.array([number_of.get(singles.get(entry, ""), -1) for entry in lexicon] + [-1], dtype=np.intp)
    negation = np.array([number_of.get(f"not {entry}", -1) for entry in lexicon] + [-1], dtype=np.intp)
    works = np.array([number for name, number in number_of.items() if name in WORKS], dtype=np.intp)
    found = single[word]
    found[np.isin(found, works) & _in_a_name(word, negated, lexicon)] = -1
    found[follows_not] = negation[word[follows_not]]
    used = found >= 0
    for (left, right), kind in pairs.items():
        if left in place and right in place:
            here = np.flatnonzero((word == place[right]) & (negated == place[left]))
            found[here], found[here - 1] = number_of[kind], -1
            used[here] = used[here - 1] = True
    return found, used, names


def _in_a_name(word: Ints, before: Ints, lexicon: Sequence[str]) -> NDArray[np.bool_]:
    """Whether a word belongs to a name: what follows it hardly ever stands without it (``update center``)."""
    named = np.zeros(len(word), dtype=bool)
    follows = np.flatnonzero((before >= 0) & ~_is(word, WEAK, lexicon))
    pair = before[follows] * len(lexicon) + word[follows]
    pairs, pair_of, times = np.unique(pair, return_inverse=True, return_counts=True)
    of_second = np.bincount(word)[pairs % len(lexicon)] if len(follows) else times
    is_name = (times >= NAME_TIMES) & (times >= NAME_SHARE * of_second)
    named[follows[is_name[pair_of]] - 1] = True
    return named


def _phrases(synonyms: Mapping[str, tuple[str, ...]]) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    """Bring the table of synonyms to stems: words and pairs of words -> kind of trouble."""
    singles: dict[str, str] = {}
    pairs: dict[tuple[str, str], str] = {}
    for kind, phrases in synonyms.items():
        for phrase in (kind, *phrases):
            words = [stem(word) for word in phrase.split() if word in NEGATIONS or stem(word) not in STOP]
            if len(words) == 1:
                singles.setdefault(words[0], kind)
            elif len(words) == 2:
                pairs.setdefault((words[0], words[1]), kind)
    return singles, pairs
