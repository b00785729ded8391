"""Cells of a column -> typed values, and for the cells that cannot be used what was expected."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from opex.domain.mapping import UNITS
from opex.sources.records import KEPT_SEMICOLON, TEXT
from opex.sources.vocabulary import words

_NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
_DOUBTFUL = r"^[+-]?[1-9]\d{0,2}[.,]\d{3}$"
_POINTED = (
    r"^[+-]?(?:\d+|\d{1,3}(?:,\d{3})+|\d{1,3}(?:[ ']\d{3})+)?\.\d*(?:[eE][+-]?\d+)?$|^[+-]?\d{1,3}(?:,\d{3}){2,}$"
)
_COMMAED = r"^[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+|\d{1,3}(?:[ ']\d{3})+)?,\d*$|^[+-]?\d{1,3}(?:\.\d{3}){2,}$"
_LONGEST = 36_525 * UNITS["d"]
_UNIT_WORDS = {"ms": "milliseconds", "s": "seconds", "min": "minutes", "h": "hours", "d": "days"}
_CODED = (
    r"(?P<code>(?:p|s|sev|severity|prio|priority)[ -]?)?(?P<level>[0-5])"
    r"(?:(?:\s*[-–—:/]\s*|\s+)(?P<word>[^\W\d_].*)|\s*\((?P<in>.*)\))?"
)
OVER = ("done", "completed", "complete", "closed", "finished")
"""Words of a state that is over, well or badly."""
_WHOLE = r"^\+?\d{1,18}(?:\.0+)?$"


@dataclass(frozen=True, kw_only=True)
class Typed:
    """A column's values, and for bad cells (by position) what was expected in their place."""

    values: pd.Series
    expected: dict[int, str]


def text_series(array: pa.Array) -> pd.Series:
    """A text column as pandas' ``str``."""
    return pd.Series(pd.array(array, dtype="str"))


def translated(array: pa.Array, table: Mapping[str, str], split: str | None = None) -> pa.Array:
    """The column with the values of a value table in place of its words; other words stay.

    Case and outer space do not matter; an empty value makes the cell missing. With ``split`` the words are also the
    parts of a cell.
    """
    if not table:
        return array
    folded = {key.strip().casefold(): value for key, value in table.items()}

    def said(cell: str) -> str | None:
        whole = folded.get(_word(cell))
        if whole is None and split is not None and split in cell:
            parts = (folded.get(_word(part), part.strip()) for part in cell.split(split))
            whole = split.join(part for part in parts if part)
        return (cell if whole is None else whole) or None

    return over_unique(array, said)


def _word(cell: str) -> str:
    return cell.replace(KEPT_SEMICOLON, ";").strip().casefold()


def without_failed(array: pa.Array) -> tuple[pa.Array, dict[int, str]]:
    """The column without the cells whose formula failed, and what those say (a reader marks them by a NUL)."""
    _, data = edges_and_bytes(array)
    if not len(data) or data.min() > 0:
        return array, {}
    failed = pc.match_substring(array, "\x00")
    positions = np.flatnonzero(pc.fill_null(failed, False).to_numpy(zero_copy_only=False))
    said = {int(i): (array[int(i)].as_py() or "").replace("\x00", "") for i in positions}
    return pc.if_else(failed, pa.scalar(None, TEXT), array), said


def edges_and_bytes(array: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Where each value of a text column begins (and the last one ends) in the bytes of its own values.

    Examples
    --------
    >>> edges, data = edges_and_bytes(pa.array(["x", "ab", None, "c"], TEXT)[1:])
    >>> edges.tolist(), data.tobytes()
    ([0, 2, 2, 3], b'abc')
    """
    _, offsets, buffer = array.buffers()
    if buffer is None or not len(array):
        return np.zeros(len(array) + 1, dtype=np.int64), np.zeros(0, dtype=np.uint8)
    edges = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    return edges - edges[0], np.frombuffer(buffer, dtype=np.uint8)[edges[0] : edges[-1]]


def over_unique(array: pa.Array, change: Callable[[str], str | None]) -> pa.Array:
    """The column with ``change`` applied to each different word once; ``None`` makes a cell missing."""
    encoded = pc.dictionary_encode(array)
    changed = pa.array([change(word) for word in encoded.dictionary.to_pylist()], TEXT)
    return changed.take(encoded.indices)


def by_words(array: pa.Array, table: str) -> pa.Array:
    """The canonical values of the known words; a word that is not known gives null."""
    meanings = words(table)
    return over_unique(array, lambda word: meanings.get(word.strip().casefold()))


def severities(array: pa.Array) -> Typed:
    """Severities 1 to 5, from numbers or known words."""
    meanings = words("severity")
    known = over_unique(array, lambda word: _severity(word, meanings))
    expected = "a severity from 1 to 5, or a word such as " + ", ".join(
        f"{word} ({meanings[word]})" for word in ("critical", "high", "medium", "low", "notice")
    )
    return _integers(array, known, expected + "; a mapping can translate others under [values.severity]")


def _severity(word: str, meanings: Mapping[str, str]) -> str | None:
    """The severity of a number, a word, or a code such as ``P2`` with its word, where the two go together."""
    plain = word.strip().casefold()
    if re.fullmatch(r"[1-5](\.0+)?", plain):
        return plain[0]
    if plain in meanings:
        return meanings[plain]
    coded = re.fullmatch(_CODED, plain)
    if coded is None:
        return None
    level, named = max(coded["level"], "1"), meanings.get(coded["word"] or coded["in"] or "")
    if not coded["code"]:
        return level if named == level else None
    return level if named is None or abs(int(named) - int(level)) <= 1 else None


def whole_numbers(array: pa.Array, decimal_comma: bool) -> Typed:
    """Counts: whole numbers, 0 or more."""
    plain = _with_point(array, decimal_comma)
    fits = pc.match_substring_regex(plain, _WHOLE)
    known = pc.if_else(
        pc.fill_null(fits, False), pc.replace_substring_regex(plain, r"\.0+$", ""), pa.scalar(None, TEXT)
    )
    return _integers(array, known, "a whole number, 0 or more")


def _integers(array: pa.Array, known: pa.Array, expected: str) -> Typed:
    bad = np.flatnonzero(
        (array.is_valid().to_numpy(zero_copy_only=False)) & ~known.is_valid().to_numpy(zero_copy_only=False)
    )
    values = pd.Series(known.cast(pa.int64()).to_pandas(integer_object_nulls=True), dtype="Int64")
    return Typed(values=values, expected=dict.fromkeys(map(int, bad), expected))


@dataclass(frozen=True, kw_only=True)
class Decimals:
    """How a column writes its numbers: with a decimal comma or a point, or with both (``mixed``)."""

    comma: bool
    mixed: bool = False


def decimals(array: pa.Array, hint: bool) -> Decimals:
    """How the whole column writes its numbers. ``hint`` says what holds where the values do not tell.

    ``1,234`` and ``1.234`` can be read both ways; ``0.5`` and ``1,234.5`` have a point, ``0,5`` and ``1.234,5`` a
    comma.
    """
    array = pc.utf8_trim_whitespace(array)
    sure = array.filter(pc.fill_null(pc.invert(pc.match_substring_regex(array, _DOUBTFUL)), False))
    points = pc.sum(pc.match_substring_regex(sure, _POINTED)).as_py() or 0
    commas = pc.sum(pc.match_substring_regex(sure, _COMMAED)).as_py() or 0
    return Decimals(comma=hint if points == commas else commas > points, mixed=bool(points and commas))


def numbers(array: pa.Array, decimals: Decimals) -> Typed:
    """Finite numbers, written in the column's way; what could be meant in two ways is bad in a mixed column."""
    plain = _with_point(array, decimals.comma)
    fits = pc.fill_null(pc.match_substring_regex(plain, _NUMBER), False)
    known = pc.if_else(fits, pc.replace_substring_regex(plain, r"^\+", ""), pa.scalar(None, TEXT))
    found = np.asarray(known.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    bad = np.flatnonzero(array.is_valid().to_numpy(zero_copy_only=False) & ~np.isfinite(found))
    expected = dict.fromkeys(map(int, bad), "a finite number")
    if decimals.mixed:
        doubtful = pc.fill_null(pc.match_substring_regex(pc.utf8_trim_whitespace(array), _DOUBTFUL), False)
        said = "a number that can be read in one way only (the column has decimal points and decimal commas)"
        expected |= dict.fromkeys(map(int, np.flatnonzero(doubtful.to_numpy(zero_copy_only=False))), said)
    return Typed(values=pd.Series(found), expected=expected)


def durations(array: pa.Array, unit: str, decimals: Decimals) -> Typed:
    """Durations of 0 to 100 years, in microseconds. ``unit`` is one of ``UNITS``."""
    found = numbers(array, decimals).values.to_numpy()
    micro = found * UNITS[unit]
    with np.errstate(invalid="ignore"):
        fits = (micro >= 0) & (micro <= _LONGEST)
    bad = np.flatnonzero(array.is_valid().to_numpy(zero_copy_only=False) & ~fits)
    whole = np.where(fits, np.round(micro), 0).astype("timedelta64[us]")
    whole[~fits] = np.timedelta64("NaT")
    expected = f"a duration in {_UNIT_WORDS[unit]}, 0 or more (and at most 100 years)"
    return Typed(values=pd.Series(whole), expected=dict.fromkeys(map(int, bad), expected))


def _with_point(array: pa.Array, decimal_comma: bool) -> pa.Array:
    """Numbers with a decimal point and without marks between thousands."""
    array = pc.utf8_trim_whitespace(array)
    mark, group = (",", ".") if decimal_comma else (".", ",")
    if not pc.any(pc.match_substring_regex(array, r"[,' \x{a0}\x{202f}]")).as_py() and not decimal_comma:
        return array
    grouped = pc.fill_null(pc.match_substring_regex(array, _grouped(mark, group)), False)
    without = pc.if_else(grouped, pc.replace_substring_regex(array, rf"[{group}' \x{{a0}}\x{{202f}}]", ""), array)
    return pc.replace_substring(without, ",", ".") if decimal_comma else without


def _grouped(mark: str, group: str) -> str:
    """Thousands with one kind of mark between them."""
    groups = "|".join(rf"(?:{sign}\d{{3}})+" for sign in (f"[{group}]", "'", r"[ \x{a0}\x{202f}]"))
    return rf"^[+-]?\d{{1,3}}(?:{groups})(?:[{mark}]\d+)?$"


def flags(array: pa.Array) -> Typed:
    """Yes and no."""
    known = by_words(array, "flag")
    valid = known.is_valid().to_numpy(zero_copy_only=False)
    bad = np.flatnonzero(array.is_valid().to_numpy(zero_copy_only=False) & ~valid)
    values = pd.array(pc.equal(known, "true").to_pandas(), dtype="boolean")
    return Typed(values=pd.Series(values), expected=dict.fromkeys(map(int, bad), "yes or no"))


def statuses(array: pa.Array) -> pa.Array:
    """Open or closed; of several states (``a;b``) the last one counts, an unknown word gives none."""
    meanings = words("status")
    return over_unique(array, lambda word: meanings.get(word.replace("\n", ";").split(";")[-1].strip().casefold()))


def outcomes(array: pa.Array, *, from_state: bool) -> pa.Array:
    """How changes went; an unknown word gives none. That a state says it is over does not say how it went.

    Examples
    --------
    >>> over = pa.array(["completed", "failed"], TEXT)
    >>> outcomes(over, from_state=False).to_pylist(), outcomes(over, from_state=True).to_pylist()
    (['succeeded', 'failed'], [None, 'failed'])
    """
    meanings = {word: meaning for word, meaning in words("outcome").items() if not (from_state and word in OVER)}
    return over_unique(array, lambda word: meanings.get(word.strip().casefold()))


def environments(array: pa.Array) -> pa.Array:
    """Common words for an environment in one spelling, others in lower case."""
    meanings = words("environment")
    return over_unique(array, lambda word: meanings.get(word.strip().casefold(), word.strip().lower()))


def known_words(array: pa.Array, table: str) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    """The canonical words, and the positions of cells whose word is not known."""
    known = by_words(array, table)
    unknown = array.is_valid().to_numpy(zero_copy_only=False) & ~known.is_valid().to_numpy(zero_copy_only=False)
    return known, np.flatnonzero(unknown)
