"""Cells of a column -> typed values, and for the cells that cannot be used what was expected."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from opex.sources.records import TEXT
from opex.sources.vocabulary import words

_NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
_WHOLE = r"^\+?\d{1,18}(?:\.0+)?$"


@dataclass(frozen=True, kw_only=True)
class Typed:
    """A column's values, and for bad cells (by position) what was expected in their place."""

    values: pd.Series
    expected: dict[int, str]


def text_series(array: pa.Array) -> pd.Series:
    """A text column as pandas' ``str``."""
    return pd.Series(pd.array(array, dtype="str"))


def translated(array: pa.Array, table: Mapping[str, str]) -> pa.Array:
    """The column with the values of a value table in place of its words; other words stay. Case does not matter."""
    if not table:
        return array
    folded = {key.strip().casefold(): value for key, value in table.items()}
    return over_unique(array, lambda word: folded.get(word.strip().casefold(), word))


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
    plain = word.strip().casefold()
    return plain[0] if re.fullmatch(r"[1-5](\.0+)?", plain) else meanings.get(plain)


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


def numbers(array: pa.Array, decimal_comma: bool) -> Typed:
    """Finite numbers."""
    plain = _with_point(array, decimal_comma)
    fits = pc.fill_null(pc.match_substring_regex(plain, _NUMBER), False)
    known = pc.if_else(fits, pc.replace_substring_regex(plain, r"^\+", ""), pa.scalar(None, TEXT))
    found = np.asarray(known.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    bad = np.flatnonzero(array.is_valid().to_numpy(zero_copy_only=False) & ~np.isfinite(found))
    return Typed(values=pd.Series(found), expected=dict.fromkeys(map(int, bad), "a finite number"))


def _with_point(array: pa.Array, decimal_comma: bool) -> pa.Array:
    """In a file with semicolons a comma is the decimal mark; points before it group thousands."""
    array = pc.utf8_trim_whitespace(array)
    if not decimal_comma or not pc.any(pc.match_substring(array, ",")).as_py():
        return array
    grouped = pc.fill_null(pc.match_substring_regex(array, r"^[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?$"), False)
    without = pc.if_else(grouped, pc.replace_substring(array, ".", ""), array)
    return pc.replace_substring(without, ",", ".")


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


def environments(array: pa.Array) -> pa.Array:
    """Common words for an environment in one spelling, others in lower case."""
    meanings = words("environment")
    return over_unique(array, lambda word: meanings.get(word.strip().casefold(), word.strip().lower()))


def known_words(array: pa.Array, table: str) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    """The canonical words, and the positions of cells whose word is not known."""
    known = by_words(array, table)
    unknown = array.is_valid().to_numpy(zero_copy_only=False) & ~known.is_valid().to_numpy(zero_copy_only=False)
    return known, np.flatnonzero(unknown)
