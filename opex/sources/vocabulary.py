"""The words by which files without a preset are understood (``vocabulary.toml``), ready to look up."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "vocabulary.toml"


@cache
def _document() -> dict[str, dict[str, Any]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def synonyms(kind: str) -> dict[str, list[str]]:
    """For each canonical column of a kind (incidents, changes, metrics) the headers that mean it, the best first."""
    return {column: list(words) for column, words in _document()[kind].items()}


def words(table: str) -> dict[str, str]:
    """Word in lower case -> canonical value, such as ``{"prod": "production"}`` for ``environment``."""
    return {word: meaning for meaning, listed in _document()[table].items() for word in listed}


def plain_header(header: str) -> str:
    """A header without case, spaces and punctuation.

    Examples
    --------
    >>> plain_header("Opened (At)")
    'openedat'
    """
    return re.sub(r"[\W_]+", "", header).casefold()


def matched(headers: list[str], kind: str, *, taken: dict[str, str] | None = None) -> dict[str, str]:
    """Canonical column -> header, by name and synonyms. Each header is used once, the best synonym first.

    ``taken`` are canonical columns and headers that are already settled; they are left alone.
    """
    free: dict[str, str] = {}
    for header in headers:
        free.setdefault(plain_header(header), header)
    settled = taken or {}
    free = {plain: header for plain, header in free.items() if header not in settled.values()}
    offers = sorted(
        (rank, order, column, plain_header(word))
        for order, (column, listed) in enumerate(synonyms(kind).items())
        if column not in settled
        for rank, word in enumerate(listed)
    )
    found: dict[str, str] = {}
    for _, _, column, plain in offers:
        if column not in found and plain in free:
            found[column] = free.pop(plain)
    return found
