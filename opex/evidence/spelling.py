"""The words of a text without what changes from one incident to the next, and typing errors mended."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from opex.evidence.english import HTTP_CODES, stem

_EDGES = " \t\"'`´’‘“”()[]{}<>.,;:!?*_~|/\\-–—=+#&@$%^…"
_DOMAIN = re.compile(r"^[a-z][a-z-]*(?:\.[a-z][a-z-]*)*\.[a-z]{2,4}$")
_URL = re.compile(r"^[a-z]+://([^/:?#]*)")
_PARTS = re.compile(r"[^\W_]+(?:[.:][^\W_]+)*")
_VOLATILE = re.compile(
    r"^(?:[\d.:]+(?:[a-z]{1,3})?"  # numbers, times, dates in parts, versions, 15ms, 3rd
    r"|v\d[\w.]*"  # v2, v1.2.3
    r"|(?=[a-f]*\d)[0-9a-f]{7,}"  # hashes
    r"|0x[0-9a-f]+"
    r"|[a-z]{1,3}\d{3,}|(?:srv|host|vm|pid|id|nr|no)\d+"  # srv320, ip1012, vm2
    r"|\d+\.\w[\w.:]*|[a-z]*\d[\w]{14,})$"
)
_GLUED = re.compile(r"^(?:\d{3,}([a-z]{4,})|([a-z]{4,})\d{3,})$")  # a blank lost beside a number
_NUMBERED = re.compile(r"^([a-z]{2,}?)(\d+)$")


def words_of(chunk: str) -> tuple[str, ...]:
    """Give the words of one blank-free chunk, without what changes from one incident to the next."""
    if chunk.isascii() and chunk.isalpha():
        return (chunk,)
    chunk = chunk.strip(_EDGES).replace("’", "'").removesuffix("'s").replace("'", "")
    if address := _URL.match(chunk):
        chunk = address[1]
    if _DOMAIN.match(chunk):
        return (chunk,)
    return tuple(word for part in _PARTS.findall(chunk) for word in _kept(part))


def _kept(part: str) -> Iterable[str]:
    if part in HTTP_CODES:
        return ("http" + part,)
    if _VOLATILE.match(part) or len(part) == 1:
        return ()
    if glued := _GLUED.match(part):
        return (glued[1] or glued[2],)
    if ("." in part or ":" in part) and not _DOMAIN.match(part):
        return [word for piece in re.split(r"[.:]", part) for word in _kept(piece)]
    return (part,)


def repairs(counts: Counter[str]) -> dict[str, tuple[str, ...]]:
    """Say what each word is read as: itself, the word it misspells, two words run together, or nothing."""
    repaired: dict[str, tuple[str, ...]] = {word: (word,) for word in counts}
    families: Counter[str] = Counter(match[1] for word in counts if (match := _NUMBERED.match(word)))
    for word in counts:
        if (match := _NUMBERED.match(word)) and word[:4] != "http" and families[match[1]] >= 3:
            repaired[word] = (match[1],) if match[1] in counts else ()
    return repaired | _respelled(counts)


RARE_BY = 10
"""A word is a slip for another only if the other is at least this many times as frequent."""

SHORT_RARE_BY = 50
"""The same for words of two or three letters, of which so many are words of their own."""


def _respelled(counts: Counter[str]) -> dict[str, tuple[str, ...]]:
    frequent = {word: count for word, count in counts.items() if count >= RARE_BY and word.isalpha()}
    if not frequent:
        return {}
    most = max(frequent.values())
    slips = _by_deletion(frequent)
    rare = [word for word, count in counts.items() if len(word) > 1 and count * RARE_BY <= most and word.isalpha()]
    fixed = {word: _respelling(word, counts[word], frequent, slips) for word in rare}
    return {word: parts for word, parts in fixed.items() if parts}


def _by_deletion(frequent: Mapping[str, int]) -> dict[str, str]:
    """Index each frequent word under itself less one letter; of two claims the more frequent wins."""
    slips: dict[str, str] = {}
    for word in sorted(frequent, key=lambda word: (-frequent[word], word)):
        if len(word) >= 3:
            for shorter in _deletions(word):
                slips.setdefault(shorter, word)
    return slips


def _deletions(word: str) -> list[str]:
    return [word[:place] + word[place + 1 :] for place in range(len(word))]


def _respelling(word: str, count: int, frequent: Mapping[str, int], slips: Mapping[str, str]) -> tuple[str, ...]:
    """Find the frequent word, or two, within one slip (a letter lost, added, changed, swapped, or a blank lost)."""
    needed = count * (RARE_BY if len(word) > 3 else SHORT_RARE_BY)
    keys = (word, *_deletions(word)) if len(word) > 3 else (word,)
    found = {slips.get(key, "") for key in keys} | ({*keys} if len(word) > 4 else set())
    near = [other for other in found if frequent.get(other, 0) >= needed and _one_slip(word, other)]
    if near:
        return (min(near, key=lambda other: (-frequent[other], other)),)
    for place in range(2, len(word) - 1):
        left, right = word[:place], word[place:]
        if min(frequent.get(left, 0), frequent.get(right, 0)) >= max(needed, 2 * RARE_BY):
            return left, right
    return ()


def _one_slip(word: str, other: str) -> bool:
    """Whether two words are one letter lost, added or changed, or two neighbours swapped, apart."""
    if word == other or stem(word) == stem(other):
        return False
    if len(word) > len(other):
        word, other = other, word
    start = next((place for place, letter in enumerate(word) if letter != other[place]), len(word))
    if len(word) < len(other):
        return word[start:] == other[start + 1 :]
    swapped = word[start : start + 2] == other[start : start + 2][::-1] and word[start + 2 :] == other[start + 2 :]
    return word[start + 1 :] == other[start + 1 :] or swapped
