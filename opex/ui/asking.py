"""What we understand of the files that were brought: asked for once, kept for the reruns of this session."""

import re
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import replace
from itertools import zip_longest

import streamlit as st

from opex.domain.mapping import Mapping
from opex.domain.problems import Refused
from opex.services import loading
from opex.services.loading import KINDS, Asked
from opex.sources import Proposal
from opex.ui.uploads import Brought

__all__ = ["asked_for", "cells", "date_readings", "guessed_kind", "identity", "in_the_way", "plain_words", "proposed"]

KEPT = 12
SMALL = 5 * 1024**2
MOST_COLUMNS = 120
FILLERS = ("system", "environment", "metric", "unit", "better")
_CELL = re.compile("\u241f(\\d+)\u241e([^\u241f]*)")
_AMBIGUOUS = re.compile(r"\((.+?) could be (\d+ \w+) or (\w+) (\d+)\)")
_TWO_DIGITS = re.compile(r'years of two digits \("(.+?)"\)')
_FOR_A_TERMINAL = re.compile(
    r"\s*Name it in a mapping \(--mapping\):.*$|; name one with --sheet|: state date_format = .*? in the mapping"
    r"|; choose one with --format NAME, or name a narrower path|: state it with --timezone"
    r"|[:;,]? ?(?:or |if letters are wrong, )?state the encoding with --encoding, or in a mapping with .*? another one"
)


def identity(asked: Asked) -> Hashable:
    """What tells two requests apart."""
    mapping = asked.mapping.to_toml() if asked.mapping else None
    return tuple(sorted((key, str(value)) for key, value in {**asked.options(), "mapping": mapping}.items()))


def proposed(files: Brought, asked: Asked) -> Proposal:
    """How these files are understood. Reading takes its time, so an answer is kept for every rerun that follows.

    Raises
    ------
    Refused
        They cannot be read that way at all.
    """
    kept: OrderedDict[Hashable, Proposal | str] = st.session_state.setdefault("proposals", OrderedDict())
    key = (files.ident, identity(asked))
    if key not in kept:
        try:
            with st.spinner("Reading …", show_time=files.size > SMALL):
                kept[key] = loading.propose(files.paths, asked)
        except Refused as refusal:
            kept[key] = str(refusal)
        while len(kept) > KEPT:
            kept.popitem(last=False)
    kept.move_to_end(key)
    found = kept[key]
    if isinstance(found, str):
        raise Refused(found)
    return found


def guessed_kind(files: Brought) -> str:
    """What the first file holds, by what it shows: a known format before headers that fit, incidents before others."""
    if files.size > SMALL:
        return KINDS[0]
    files = files.only(0)
    scores = {kind: _fit(files, kind) for kind in KINDS}
    return max(KINDS, key=lambda kind: scores[kind])


def _fit(files: Brought, kind: str) -> int:
    try:
        found = proposed(files, Asked(kind=kind))
    except Refused:
        return 0
    if found.missing or found.sheets:
        return 1
    return 2 if found.format == "columns" else 3


def in_the_way(files: Brought, asked: Asked) -> list[str]:
    """Of several files, those that cannot be read by themselves although others can: a person may leave them out."""
    if not 1 < len(files.paths) <= 20:
        return []
    bad = []
    for number, name in enumerate(files.names):
        try:
            found = proposed(files.only(number), asked)
        except Refused:
            bad.append(name)
        else:
            bad += [name] if found.missing else []
    return bad if len(bad) < len(files.paths) else []


def cells(files: Brought, asked: Asked, columns: Sequence[str]) -> dict[str, list[str]]:
    """The different words of each column of the file in its first records, as they stand there, in their order.

    The reader knows only canonical columns. So it is asked, in its guarded child, for one text that holds them all.
    """
    shown = [column for column in columns[:MOST_COLUMNS] if not set(column) & set("{}[]:!")]
    whole = "{file_stem}" + "".join(f"\u241f{number}\u241e{{{column}}}" for number, column in enumerate(shown))
    given: dict[str, str | list[str]] = {"source_id": whole, "title": whole}
    others = [column for column in columns[:MOST_COLUMNS] if column not in shown]
    spare = ("category", "team", "url", "description")
    given |= {name: column for name, column in zip(spare, others, strict=False) if column}
    mapping = Mapping(
        name="look", kind="incidents", columns=given, constants={"started_at": "2000-01-01T00:00:00Z"},
        missing=asked.mapping.missing if asked.mapping else (), match_others=False,
    )  # fmt: skip
    try:
        sample = proposed(files, Asked(kind="incidents", mapping=mapping, sheet=asked.sheet)).sample
    except Refused:
        return {}
    if sample is None:
        return {}
    found: dict[str, dict[str, None]] = {column: {} for column in columns}
    for text in sample.main["title"].dropna():
        for number, cell in _CELL.findall(text):
            found[shown[int(number)]][cell.strip()] = None
    for name, column in zip_longest(spare[: len(others)], others[: len(spare)]):
        found[column] = dict.fromkeys(sample.main[name].dropna())
    return {column: [cell for cell in words if cell] for column, words in found.items()}


def date_readings(refusal: str) -> tuple[str, dict[str, str]] | None:
    """For dates that can be read in two ways: one of them, and what each date format makes of it.

    Examples
    --------
    >>> date_readings('"Created": day and month cannot be told apart (03/04/2024 could be 3 Apr or Mar 4)')
    ('03/04/2024', {'d/m/Y': '3 Apr', 'm/d/Y': '4 Mar'})
    >>> date_readings('a.csv has the years of two digits ("03/04/24")')
    ('03/04/24', {'d/m/y': 'the day first', 'm/d/y': 'the month first'})
    >>> date_readings("There is no file.") is None
    True
    """
    if found := _AMBIGUOUS.search(refusal):
        text, first, month, day = found.groups()
        return text, {"d/m/Y": first, "m/d/Y": f"{day} {month}"}
    if found := _TWO_DIGITS.search(refusal):
        return found[1], {"d/m/y": "the day first", "m/d/y": "the month first"}
    return None


def plain_words(refusal: str) -> str:
    """A refusal without what it advises for a terminal: the page asks that itself.

    Examples
    --------
    >>> plain_words("a.xlsx has tables on several sheets (one, two); name one with --sheet.")
    'a.xlsx has tables on several sheets (one, two).'
    """
    return _FOR_A_TERMINAL.sub("", refusal)


def asked_for(asked: Asked, first: Mapping, wanted: Mapping) -> Asked:
    """The request that loads as ``wanted`` says, where ``first`` is what the files show by themselves.

    What only fills gaps (a name, a zone, an environment) is said beside the format, which then still chooses its
    columns in each file by itself; anything else needs the mapping.
    """
    if wanted == first:
        return asked
    said = {name: wanted.constants[name] for name in FILLERS if name in wanted.constants}
    plain = replace(wanted, name=first.name, timezone=first.timezone, constants=first.constants)
    others = {name for name in {*wanted.constants, *first.constants} if name not in FILLERS}
    fills = all(wanted.constants.get(name) == first.constants.get(name) for name in others)
    if asked.mapping is None and plain == first and fills and set(first.constants) <= set(wanted.constants):
        source = wanted.name if wanted.name != first.name else None
        zone = wanted.timezone if wanted.timezone != first.timezone else None
        return Asked(**{**asked.options(), **said, "source": source, "timezone": zone})
    return replace(asked, mapping=wanted, source=None)
