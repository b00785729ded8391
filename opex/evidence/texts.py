"""What an incident's words say once ids, hosts, dates, typing errors and boilerplate are out of the way."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opex.evidence.english import CIRCUMSTANCE_WEIGHT, GENERIC, SYNONYMS, WEAK, stem, stems_of
from opex.evidence.spelling import repairs, words_of
from opex.evidence.telling import Tokens, told

__all__ = ["GENERIC", "LONGEST_TEXT", "SYNONYMS", "Readings", "blemishes", "phrases", "read", "stem"]

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]

LONGEST_TEXT = 400
"""Characters of a text that are read. A title is shorter; prose says what it is about at its beginning."""

_PAUSE = re.compile(r"[,;:!?()\[\]{}]+|\s[-–—+/|]\s|[.](?=\s)")


@dataclass(frozen=True, kw_only=True)
class Readings:
    """What the texts say, each distinct reading once; the order of the readings does not depend on the texts' order.

    Attributes
    ----------
    reading_of
        (n,) index of the reading of each text; -1 where the text says nothing.
    texts_of
        (m,) how many texts share each reading; the largest first.
    things, thing_of, thing_reading, thing_weight
        Names of the things (stems, sorted), and one entry for each thing of each reading: its index, its reading and
        its weight in (0, 1].
    troubles, trouble_of, trouble_reading, trouble_weight
        The same for what was wrong or done. A reading can have none.
    spoken
        For each thing the word people used most for it.
    slips
        Words read as others: typing errors, and numbers glued to words.
    """

    reading_of: Ints
    texts_of: Ints
    things: tuple[str, ...]
    thing_of: Ints
    thing_reading: Ints
    thing_weight: Floats
    troubles: tuple[str, ...]
    trouble_of: Ints
    trouble_reading: Ints
    trouble_weight: Floats
    spoken: tuple[str, ...]
    slips: frozenset[str]


def read(
    texts: Sequence[str], *, ignored: Iterable[str] = (), synonyms: Mapping[str, tuple[str, ...]] = SYNONYMS
) -> Readings:
    """Read each text down to the things it is about and what was wrong with them.

    Ids, numbers, hosts with numbers, dates, times, versions and hashes are dropped, host names without a number are
    kept whole (``ci.jenkins.io`` is a service), rare misspellings become the frequent word one slip away (after Wolf
    Garbe's symmetric deletes), and a negated verb is a trouble of its own (``not shipped``).

    Parameters
    ----------
    texts
        Any strings; only the first `LONGEST_TEXT` characters of each are read.
    ignored
        Further words that say nothing here, such as the organisation's own name.
    synonyms
        Kind of trouble -> other phrases for it, of one or two words. Pass ``{}`` to take words as they are.

    Examples
    --------
    >>> told = read(["srv320: file share hangs", "File share is not responding (ticket 64265)", "Incident 12"])
    >>> told.reading_of.tolist(), [told.spoken[thing] for thing in told.thing_of.tolist()]
    ([0, 0, -1], ['file', 'share'])
    >>> [told.troubles[kind] for kind in told.trouble_of.tolist()]
    ['not responding']
    """
    lengths, flat_chunks, chunks = _chunked(texts)
    chunk_words = [words_of(chunk) for chunk in chunks]
    counts = _word_counts(chunk_words, np.bincount(flat_chunks, minlength=len(chunks)))
    repaired = repairs(counts)
    stemmed = {word: tuple(stem(part) for part in parts) for word, parts in repaired.items()}
    lexicon = sorted({part for parts in stemmed.values() for part in parts})
    index = {word: place for place, word in enumerate(lexicon)}
    word, doc = _expanded(
        [[index[part] for raw in words for part in stemmed[raw]] for words in chunk_words], flat_chunks, lengths
    )
    tokens = told(word, doc, lexicon, WEAK | stems_of(entry.lower() for entry in ignored), synonyms)
    slips = frozenset(word for word, parts in repaired.items() if parts != (word,))
    return _distinct(tokens, len(texts), lexicon, _spoken(counts, repaired, lexicon, index), slips)


def _chunked(texts: Sequence[str]) -> tuple[Ints, Ints, list[str]]:
    """Split at blanks: chunks in each text, the number of each chunk in turn, and the distinct chunks."""
    places: dict[str, int] = {}
    lengths = np.zeros(len(texts), dtype=np.intp)
    flat: list[int] = []
    for row, text in enumerate(texts):
        chunks = text[:LONGEST_TEXT].lower().split()
        lengths[row] = len(chunks)
        flat += [places.setdefault(chunk, len(places)) for chunk in chunks]
    return lengths, np.array(flat, dtype=np.intp), list(places)


def _word_counts(chunk_words: Sequence[tuple[str, ...]], chunk_counts: Ints) -> Counter[str]:
    counts: Counter[str] = Counter()
    for words, count in zip(chunk_words, chunk_counts.tolist(), strict=True):
        for word in words:
            counts[word] += count
    return counts


def _expanded(chunk_words: list[list[int]], flat_chunks: Ints, lengths: Ints) -> tuple[Ints, Ints]:
    """Replace chunk numbers by the numbers of their words: words in turn and the text of each."""
    sizes = np.array([len(words) for words in chunk_words], dtype=np.intp)
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1])) if len(sizes) else sizes
    pool = np.array([word for words in chunk_words for word in words], dtype=np.intp)
    taken = sizes[flat_chunks]
    offsets = np.arange(taken.sum()) - np.repeat(np.cumsum(taken) - taken, taken)
    doc = np.repeat(np.repeat(np.arange(len(lengths)), lengths), taken)
    return pool[np.repeat(starts[flat_chunks], taken) + offsets], doc


def _distinct(
    tokens: Tokens, n_texts: int, lexicon: Sequence[str], spoken: tuple[str, ...], slips: frozenset[str]
) -> Readings:
    """Fold texts that tell the same into one reading; readings sort by their texts, most first, then by content."""
    span = 4 * max(len(lexicon), len(tokens.troubles), 1)
    entry = tokens.code * 4 + tokens.is_trouble * 2 + tokens.aside
    order = np.unique(tokens.doc * span + entry)
    doc, entry = order // span, order % span
    has_thing = np.zeros(n_texts, dtype=bool)
    has_thing[doc[(entry // 2) % 2 == 0]] = True
    bounds = np.searchsorted(doc, np.arange(n_texts + 1)).tolist()
    raw = entry.tobytes()
    size = entry.itemsize
    keys = [
        raw[start * size : end * size] if speaks else b""
        for start, end, speaks in zip(bounds[:-1], bounds[1:], has_thing.tolist(), strict=True)
    ]
    return _readings(keys, lexicon, tokens.troubles, spoken, slips)


def _readings(
    keys: Sequence[bytes],
    lexicon: Sequence[str],
    troubles: tuple[str, ...],
    spoken: tuple[str, ...],
    slips: frozenset[str],
) -> Readings:
    counted = Counter(keys)
    counted.pop(b"", None)
    content = {key: np.frombuffer(key, dtype=np.intp) for key in counted}
    ordered = sorted(counted, key=lambda key: (-counted[key], content[key].tolist()))
    place = {key: number for number, key in enumerate(ordered)} | {b"": -1}
    sizes = [len(content[key]) for key in ordered]
    reading = np.repeat(np.arange(len(ordered)), sizes)
    entry = np.concatenate([content[key] for key in ordered]) if ordered else np.zeros(0, dtype=np.intp)
    code, is_trouble = entry // 4, (entry // 2) % 2 == 1
    weight = np.where(entry % 2 == 1, CIRCUMSTANCE_WEIGHT, 1.0)
    return Readings(
        reading_of=np.array([place[key] for key in keys], dtype=np.intp),
        texts_of=np.array([counted[key] for key in ordered], dtype=np.intp),
        things=tuple(lexicon),
        thing_of=code[~is_trouble],
        thing_reading=reading[~is_trouble],
        thing_weight=weight[~is_trouble],
        troubles=troubles,
        trouble_of=code[is_trouble],
        trouble_reading=reading[is_trouble],
        trouble_weight=weight[is_trouble],
        spoken=spoken,
        slips=slips,
    )


def _spoken(
    counts: Counter[str], repaired: Mapping[str, tuple[str, ...]], lexicon: Sequence[str], index: Mapping[str, int]
) -> tuple[str, ...]:
    """Find the word people used most for each stem; of equals the shorter, then the first in the alphabet."""
    best: list[tuple[int, int, str]] = [(0, 0, entry) for entry in lexicon]
    for word, count in counts.items():
        if repaired[word] == (word,):
            place = index[stem(word)]
            best[place] = min(best[place], (-count, len(word), word))
    return tuple(word for _, _, word in best)


def phrases(text: str, stems: Sequence[str], spoken: Mapping[str, str]) -> tuple[str, ...]:
    """Put stems back into a person's words: as they stand together in a text, or as most people say them.

    Parameters
    ----------
    text
        A text that says them, such as the most typical of a theme.
    stems
        The words to find, the most important first; the phrases keep that order.
    spoken
        Stem -> the word people use most for it, for what the text does not say.

    Examples
    --------
    >>> phrases("Slow DNS resolvers (Oslo)", ["oslo", "resolver", "dns", "zon"], {"zon": "zones"})
    ('oslo', 'dns resolvers', 'zones')
    """
    found: dict[str, str] = {}
    for part in _PAUSE.split(text[:LONGEST_TEXT].lower()):
        run: list[str] = []
        for word in [*(word for chunk in part.split() for word in words_of(chunk)), ""]:
            if word and stem(word) in stems and stem(word) not in found and word not in run:
                run.append(word)
            else:
                found |= {stem(said): " ".join(run) for said in run}
                run = []
    return tuple(dict.fromkeys(found.get(entry, spoken.get(entry, entry)) for entry in stems))


def blemishes(text: str, slips: frozenset[str]) -> int:
    """Count what makes a title a poor label: typing errors, ids, numbers and times, and words in brackets.

    Parameters
    ----------
    text
        A title.
    slips
        Words known to be typing errors, as `Readings.slips` gives them.

    Examples
    --------
    >>> [blemishes(title, frozenset({"dsk"})) for title in ("Disk full", "INC5416972: dsk full", "[P1] Disk full")]
    [0, 2, 1]
    """
    chunks = text.lower().split()
    untidy = sum(any(letter.isdigit() for letter in chunk) or chunk[0] in "[(" for chunk in chunks)
    return untidy + sum(word in slips for chunk in chunks for word in words_of(chunk))
