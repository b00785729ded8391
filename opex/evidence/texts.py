"""What an incident's words say once ids, hosts, dates, typing errors and boilerplate are out of the way."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]

LONGEST_TEXT = 400
"""Characters of a text that are read. A title is shorter; prose says what it is about at its beginning."""

# The tables below are plain English and are brought to stems when the module loads. They hold what the operations
# trade calls the same thing, nothing that belongs to one organisation. The first phrase is the one shown to people.
SYNONYMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "out of memory": ("oom", "oom killed", "memory leak", "memory", "memory usage", "heap", "heap space", "swap"),
        "disk full": (
            "disk space", "no space", "no disk", "out of disk", "space left", "left on device",
            "filesystem", "filesystem full", "volume full", "storage full", "disk usage", "quota exceeded", "inodes",
        ),
        "high cpu": ("cpu", "processor", "cpu usage", "cpu load", "high load", "load average", "processor load"),
        "timeout": ("timeouts", "time out", "timed out", "timing out", "deadline exceeded"),
        "not responding": ("no response", "unresponsive", "hang", "hung", "frozen", "freeze", "stuck", "deadlock"),
        "down": (
            "outage", "unavailable", "offline", "unreachable", "inaccessible", "disruption", "disrupted",
            "interruption", "unavailability", "unhealthy", "notready", "not ready", "not available", "not reachable",
            "not accessible", "not working",
        ),
        "slow": (
            "slowness", "latency", "sluggish", "degraded", "degradation", "degraded performance",
            "performance degradation", "response time", "high response",
        ),
        "access denied": (
            "denied", "forbidden", "unauthorized", "permission denied", "authorization failure", "not authorized",
            "http401", "http403",
        ),
        "server errors": ("internal server", "server error", "http500", "http5xx"),
        "certificate expired": (
            "expired", "expiry", "expiration", "cert expired", "cert expiry", "expired cert", "expired certificate",
            "certificate expiry", "ssl expired", "tls expired", "tls handshake", "ssl handshake",
        ),
        "crash": ("crashed", "crashing", "crashloop", "segfault", "core dump", "panic"),
        "delays": ("delayed", "lag", "lagging", "backlog", "behind"),
        "missing": ("lost", "loss", "not found", "disappeared"),
        "failing": ("fail", "failed", "failure", "broken", "error", "errors"),
        "connection refused": ("refused",),
        "maintenance": (),
        "upgrade": ("update", "updating", "bump", "patch", "upgrading"),
        "migration": ("migrate", "migrating", "move", "relocation"),
        "restart": ("reboot",),
        "deployment": ("deploy", "rollout"),
    }
)  # fmt: skip
"""What is wrong or what was done -> other ways to say it, of one or two words that matter."""

GENERIC = ("down", "failing")
"""Kinds of trouble that say least: they count for less beside a kind that says more."""

WORKS = ("maintenance", "upgrade", "migration", "restart", "deployment")
"""Kinds that are work rather than harm: their words stand in names as well (``update center``)."""

BOILERPLATE = """
    incident issue problem trouble alert alarm ticket case event notification warning report investigate
    monitor monitoring check please urgent critical major minor service system production prod staging
    test region customer user client escalation several multiple some all many various node retroactive
    experience impact affect see intermittent intermittently sporadic partial partially currently again
    morning today yesterday seen suspected reported high rate percent usage spike number amount limited
    window schedule planned cause operation postmortem new continue performance availability mitigation
    mitigate recover recovery resolve resolved identified apologize information provide progress soon
    team work ongoing keep toward additional appear possible two total out up return receive west east
    north south central europe eu
"""
"""Words of the report, not of the matter. They count only where nothing else is left after ``with`` or ``on``."""

STOPWORDS = """
    a an the and or of to in is are was were be been being has have had do does did it its this that these those there
    we our us you your they their as at by from into which who what how very can may might could would should will
    than then so such own other any each per via one two able more most less only also just about between
    through get gets got go going i he she them if but both during after before since while when until due because
    following on with for against http https www utc gmt cet est am pm pdt pst
"""
NEGATIONS = frozenset({"not", "no", "cannot", "cant", "never", "without", "unable", "doesnt", "isnt", "wont"})
CIRCUMSTANCE = frozenset(
    {"after", "during", "since", "while", "when", "until", "due", "because", "following", "before"}
)
"""Words that open the circumstance, which is not the matter itself: ``after reboot``."""

CIRCUMSTANCE_WEIGHT = 0.4
HTTP_CODES = frozenset(
    {"400", "401", "403", "404", "408", "409", "429", "4xx", "500", "501", "502", "503", "504", "5xx"}
)

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
_PAUSE = re.compile(r"[,;:!?()\[\]{}]+|\s[-–—+/|]\s|[.](?=\s)")
_NUMBERED = re.compile(r"^([a-z]{2,}?)(\d+)$")


def stem(word: str) -> str:
    """Bring the common endings of English to one form; a light relative of Porter's step 1.

    Parameters
    ----------
    word
        One lower-case word. Words shorter than four letters and host names come back as they are.

    Examples
    --------
    >>> [stem(word) for word in ("migrations", "migrated", "migrating", "shipped", "services", "ci.jenkins.io")]
    ['migrat', 'migrat', 'migrat', 'ship', 'servic', 'ci.jenkins.io']
    """
    if len(word) < 4 or "." in word or not word.isascii():
        return word
    word = _without_plural(word)
    for ending in ("ations", "ation", "ating", "ated", "ates", "ate"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: len(word) - len(ending)] + "at"
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return _undoubled(word[: -len(ending)])
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


def _without_plural(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is", "as", "os")):
        return word[:-1]
    return word


def _undoubled(word: str) -> str:
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        return word[:-1]
    return word[:-1] if word.endswith("e") else word


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
    chunk_words = [_words(chunk) for chunk in chunks]
    counts = _word_counts(chunk_words, np.bincount(flat_chunks, minlength=len(chunks)))
    repaired = _repairs(counts)
    stems = {word: tuple(stem(part) for part in parts) for word, parts in repaired.items()}
    lexicon = sorted({part for parts in stems.values() for part in parts})
    index = {word: place for place, word in enumerate(lexicon)}
    word, doc = _expanded(
        [[index[part] for raw in words for part in stems[raw]] for words in chunk_words], flat_chunks, lengths
    )
    tokens = _told(word, doc, lexicon, _WEAK | _stems(entry.lower() for entry in ignored), synonyms)
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


def _words(chunk: str) -> tuple[str, ...]:
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


def _word_counts(chunk_words: Sequence[tuple[str, ...]], chunk_counts: Ints) -> Counter[str]:
    counts: Counter[str] = Counter()
    for words, count in zip(chunk_words, chunk_counts.tolist(), strict=True):
        for word in words:
            counts[word] += count
    return counts


def _repairs(counts: Counter[str]) -> dict[str, tuple[str, ...]]:
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


def _expanded(chunk_words: list[list[int]], flat_chunks: Ints, lengths: Ints) -> tuple[Ints, Ints]:
    """Replace chunk numbers by the numbers of their words: words in turn and the text of each."""
    sizes = np.array([len(words) for words in chunk_words], dtype=np.intp)
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1])) if len(sizes) else sizes
    pool = np.array([word for words in chunk_words for word in words], dtype=np.intp)
    taken = sizes[flat_chunks]
    offsets = np.arange(taken.sum()) - np.repeat(np.cumsum(taken) - taken, taken)
    doc = np.repeat(np.repeat(np.arange(len(lengths)), lengths), taken)
    return pool[np.repeat(starts[flat_chunks], taken) + offsets], doc


def _stems(words: Iterable[str]) -> frozenset[str]:
    return frozenset(stem(word) for word in words)


_STOP = _stems(STOPWORDS.split())
_WEAK = _stems(BOILERPLATE.split()) - _STOP
_QUANTIFIERS = _stems(("some", "multiple", "several", "all", "many", "various"))
_CROWDS = _stems(("service", "system", "user", "customer"))
_NOT = _stems(NEGATIONS)
_OPENERS = _stems(CIRCUMSTANCE)
_NUMBERED_THINGS = _stems(("alert", "alarm", "ticket", "incident", "case", "number", "event"))


@dataclass(frozen=True)
class _Tokens:
    """One entry for each thing or trouble told: its text, its place in the lexicon or among the troubles."""

    doc: Ints
    code: Ints
    is_trouble: NDArray[np.bool_]
    aside: NDArray[np.bool_]
    troubles: tuple[str, ...]


def _told(
    word: Ints,
    doc: Ints,
    lexicon: Sequence[str],
    saying_nothing: frozenset[str],
    synonyms: Mapping[str, tuple[str, ...]],
) -> _Tokens:
    """Sort the words of each text into things and troubles; what only frames the report falls away."""
    isin = partial(_is, word, lexicon=lexicon)
    before = _shifted(word, doc)
    aside = _after_opener(isin(_OPENERS), doc)
    code_of_an_id = isin(frozenset("http" + code for code in HTTP_CODES)) & _is(before, _NUMBERED_THINGS, lexicon)
    kept = ~(isin(_STOP - _NOT) | code_of_an_id)
    weak = isin(saying_nothing)
    last_resort = isin(_WEAK - _QUANTIFIERS) & _is(before, frozenset({"with", "on"}), lexicon)
    crowd = np.zeros(len(word), dtype=bool)
    crowd[1:-1] = isin(_QUANTIFIERS)[:-2] & isin(_CROWDS)[2:] & (doc[:-2] == doc[2:])
    word, doc = word[kept], doc[kept]
    aside, weak, last_resort = aside[kept], (weak | crowd)[kept], last_resort[kept]
    trouble, used, names = _troubles(word, doc, lexicon, synonyms)
    thing = ~used & ~weak & ~_is(word, _NOT, lexicon)
    thing |= last_resort & ~np.isin(doc, doc[thing])
    is_trouble = trouble >= 0
    return _Tokens(
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
    follows_not = _is(negated, _NOT, lexicon) if len(word) else np.zeros(0, dtype=bool)
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
    follows = np.flatnonzero((before >= 0) & ~_is(word, _WEAK, lexicon))
    pair = before[follows] * len(lexicon) + word[follows]
    pairs, pair_of, times = np.unique(pair, return_inverse=True, return_counts=True)
    of_second = np.bincount(word)[pairs % len(lexicon)] if len(follows) else times
    is_name = (times >= NAME_TIMES) & (times >= NAME_SHARE * of_second)
    named[follows[is_name[pair_of]] - 1] = True
    return named


NAME_TIMES = 5
NAME_SHARE = 0.8


def _phrases(synonyms: Mapping[str, tuple[str, ...]]) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    """Bring the table of synonyms to stems: words and pairs of words -> kind of trouble."""
    singles: dict[str, str] = {}
    pairs: dict[tuple[str, str], str] = {}
    for kind, phrases in synonyms.items():
        for phrase in (kind, *phrases):
            words = [stem(word) for word in phrase.split() if word in NEGATIONS or stem(word) not in _STOP]
            if len(words) == 1:
                singles.setdefault(words[0], kind)
            elif len(words) == 2:
                pairs.setdefault((words[0], words[1]), kind)
    return singles, pairs


def _distinct(
    tokens: _Tokens, n_texts: int, lexicon: Sequence[str], spoken: tuple[str, ...], slips: frozenset[str]
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
        for word in [*(word for chunk in part.split() for word in _words(chunk)), ""]:
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
    return untidy + sum(word in slips for chunk in chunks for word in _words(chunk))
