"""Raw records and a mapping -> canonical rows, and a reason for each record that cannot be one."""

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from opex.domain.mapping import Mapping, PlannedRule, codec_of
from opex.domain.problems import Problem, Refused, called
from opex.frames import Table
from opex.sources import times, values
from opex.sources.columns import JOINED, REQUIRED, all_cells, column_cells, is_state, mapped, table_of
from opex.sources.reading import Options
from opex.sources.records import KEPT_SEMICOLON, TEXT, Places, Records, with_semicolons
from opex.sources.times import TimeFormat

SYSTEMS = "all systems"
LONGEST = {"source": 100, "source_id": 500, "system": 150, "environment": 150, "metric": 150}
"""Characters; together they stay below what an index of PostgreSQL holds (2,704 bytes)."""
_EXPECTED = {
    "title": "a title",
    "started_at": "a date and time",
    "at": "a date and time",
    "value": "a finite number",
    "source_id": "an id (the column has one for other rows)",
    "metric": "the name of a metric",
}
_ENDS = {
    "incidents": ("detected_at", "acknowledged_at", "mitigated_at", "resolved_at"),
    "changes": ("finished_at",),
    "metrics": (),
}
_IDENTITY = {
    "incidents": ("title", "system", "environment", "started_at"),
    "changes": ("title", "system", "started_at"),
}
_BREAKS = {"title": " ", "category": ", ", "team": ", ", **dict.fromkeys(JOINED[1:], ";")}
"""What stands in a cell for its line breaks, where a text is one line."""
_FAILED = "a value (the formula of this cell failed)"
_WORDS = {"better": "high or low", "kind": "deployment, configuration, infrastructure or api_call"}


@dataclass(frozen=True, kw_only=True)
class Canonical:
    """Good rows of one table (with ``SYSTEMS``, every system of an incident in one cell), and what was refused.

    ``naive`` says that there are times without an offset, which are read in the stated zone.
    """

    frame: pd.DataFrame
    places: Places
    problems: list[Problem]
    refused: int
    naive: bool = False


@dataclass(frozen=True, kw_only=True)
class _Draft:
    """Columns under way, and for bad cells (position and column) their value and what was expected."""

    raw: dict[str, pa.Array] = field(default_factory=dict)
    columns: dict[str, pd.Series] = field(default_factory=dict)
    bad: dict[tuple[int, str], tuple[str, str]] = field(default_factory=dict)

    def keep(self, column: str, typed: values.Typed) -> None:
        """Take a typed column and note its bad cells."""
        self.columns[column] = typed.values
        self.mark(column, with_way_out(column, typed.expected))

    def mark(self, column: str, expected: AnyMapping[int, str], cells: pa.Array | None = None) -> None:
        """Note bad cells of a column, which are its own or ``cells``; what was noted first stays."""
        for position, text in expected.items():
            array = self.raw[column] if cells is None else cells
            self.bad.setdefault((position, column), (array[position].as_py() or "", text))

    def without_failed(self, column: str, array: pa.Array) -> pa.Array:
        """The cells without those whose formula failed, which are noted."""
        good, failed = values.without_failed(array)
        for position, said in failed.items():
            self.bad.setdefault((position, column), (said, _FAILED))
        return good


def with_way_out(column: str, expected: AnyMapping[int, str]) -> dict[int, str]:
    """What was expected of an optional column, and how to load the rows without it.

    Examples
    --------
    >>> with_way_out("customers_affected", {0: "a whole number, 0 or more"})
    {0: 'a whole number, 0 or more; a mapping can leave the column out: customers_affected = ""'}
    """
    if column == "value":
        return dict(expected)
    ways = {
        text: f'{text}{", or" if "; a mapping can" in text else "; a mapping can"} leave the column out: {column} = ""'
        for text in set(expected.values())
    }
    return {position: ways[text] for position, text in expected.items()}


def canonical(
    records: Records, mapping: Mapping, options: Options, *, source: str, formats: AnyMapping[str, TimeFormat]
) -> Canonical:
    """The canonical rows of the records. ``formats`` says how the time columns are written (``time_formats``).

    The records may be a part of a file: nothing is decided from them but their own rows.
    """
    table = table_of(mapping.kind)
    draft = _Draft()
    _put_raw(draft, records, mapping, options, table)
    believed = _believed(draft, mapping)
    naive = _put_times(draft, mapping.kind, formats, times.zone(options.timezone or mapping.timezone))
    _put_after_start(draft, records, mapping, believed)
    _put_typed(draft, records, mapping, table)
    _require(draft, records, mapping)
    _bound(draft)
    _check_order(draft, mapping.kind)
    return replace(_sifted(draft, records, table, source), naive=naive)


def time_formats(records: Records, mapping: Mapping) -> dict[str, TimeFormat]:
    """The one format of each time column, decided from all its values.

    Raises
    ------
    Refused
        Day and month of a column cannot be told apart.
    """
    names = [c.name for c in table_of(mapping.kind).columns if c.kind == "time" and c.name in mapping.columns]
    raw = {name: _plain(records, mapping, name) for name in names}
    return {
        name: times.decided(
            raw[name],
            column=f'{_files_shown(records)}, column "{_file_column(mapping, name)}"',
            stated=mapping.date_format,
            siblings=tuple(raw[other] for other in names if other != name),
        )
        for name in names
    }


def _files_shown(records: Records) -> str:
    files = records.places.files
    return files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more files"


def _file_column(mapping: Mapping, name: str) -> str:
    given = mapping.columns[name]
    return given if isinstance(given, str) else given[0]


def _plain(records: Records, mapping: Mapping, name: str) -> pa.Array:
    """A mapped column's cells, trimmed, without those whose formula failed."""
    return values.without_failed(pc.utf8_trim_whitespace(mapped(records, mapping, name).array))[0]


def without_missing(records: Records, missing: tuple[str, ...]) -> Records:
    """The records with null in place of the words that mean missing (such as ``?``)."""
    if not missing:
        return records
    words = pa.array(missing, TEXT)
    columns = []
    for column in records.table.columns:
        array = column.combine_chunks() if records.table.num_rows else pa.array([], TEXT)
        void = pc.is_in(pc.utf8_trim_whitespace(array), value_set=words)
        columns.append(pc.if_else(void, pa.scalar(None, TEXT), array))
    return replace(records, table=pa.table(columns, names=records.table.column_names))


def _put_raw(draft: _Draft, records: Records, mapping: Mapping, options: Options, table: Table) -> None:
    """For each canonical column that anything gives: its cells as text, options and constants in the gaps."""
    count = records.table.num_rows
    for name in table.names:
        filler = getattr(options, name, None) if name != "source" else None
        filler = filler or mapping.constants.get(name)
        if name in mapping.columns:
            array = _given(draft, records, mapping, name)
            draft.raw[name] = pc.fill_null(array, filler) if filler else array
        elif filler:
            draft.raw[name] = pa.array(np.full(count, filler, dtype=object), TEXT)


def _given(draft: _Draft, records: Records, mapping: Mapping, name: str) -> pa.Array:
    """The cells that the mapping gives for a column: trimmed, translated, without what cannot be used."""
    found = mapped(records, mapping, name)
    draft.mark(name, found.conflicts, found.array)
    array = draft.without_failed(name, found.array)
    array = array if name == "description" else pc.utf8_trim_whitespace(array)
    return values.translated(array, mapping.values.get(name, {}), mapping.split if name == "system" else None)


def _believed(draft: _Draft, mapping: Mapping) -> pa.Array | None:
    """Which rows are closed, so that the times of ``closed_only`` are believed; the others lose them."""
    if not mapping.closed_only or "status" not in draft.raw:
        return None
    closed = pc.fill_null(pc.equal(values.statuses(draft.raw["status"]), "closed"), False)
    for name in mapping.closed_only:
        if name in draft.raw:
            draft.raw[name] = pc.if_else(closed, draft.raw[name], pa.scalar(None, TEXT))
    return closed


def _put_times(draft: _Draft, kind: str, formats: AnyMapping[str, TimeFormat], zone: ZoneInfo) -> bool:
    """Every time that a column or a constant gives (a constant alone is written as ISO 8601); are some naive?"""
    naive = False
    for name in (c.name for c in table_of(kind).columns if c.kind == "time" and c.name in draft.raw):
        found = times.converted(draft.raw[name], formats.get(name, times.ISO), zone)
        draft.columns[name] = pd.Series(found.times).dt.tz_localize("UTC")
        required = name in REQUIRED[kind]
        draft.mark(name, found.expected if required else with_way_out(name, found.expected))
        naive |= found.naive
    return naive


def _put_after_start(draft: _Draft, records: Records, mapping: Mapping, believed: pa.Array | None) -> None:
    """Times that are given as a duration from the start, where no column gives them."""
    start = draft.columns.get("started_at")
    for name, (header, unit) in mapping.durations.items():
        if start is None or header not in records.table.column_names:
            continue
        array = pc.utf8_trim_whitespace(column_cells(records, header))
        if name in draft.raw:
            array = pc.if_else(draft.raw[name].is_null(), array, pa.scalar(None, TEXT))
        if believed is not None and name in mapping.closed_only:
            array = pc.if_else(believed, array, pa.scalar(None, TEXT))
        array = draft.without_failed(name, array)
        lasted = values.durations(array, unit, _decimals(records))
        draft.mark(name, lasted.expected, array)
        then = start + lasted.values
        draft.columns[name] = draft.columns[name].fillna(then) if name in draft.columns else then


def _decimals(records: Records) -> values.Decimals:
    return values.Decimals(comma=records.decimal_comma, mixed=records.mixed_decimals)


def with_decimals(records: Records, found: values.Decimals | None) -> Records:
    """The records with how their numbers are written, where that was decided from the whole column."""
    return records if found is None else replace(records, decimal_comma=found.comma, mixed_decimals=found.mixed)


def decimals(records: Records, mapping: Mapping) -> values.Decimals | None:
    """How the records' one column of numbers writes them, decided from all its values; ``None`` without one."""
    names = [c.name for c in table_of(mapping.kind).columns if c.kind == "number" and c.name in mapping.columns]
    return values.decimals(_plain(records, mapping, names[0]), records.decimal_comma) if names else None


def _put_typed(draft: _Draft, records: Records, mapping: Mapping, table: Table) -> None:
    """Every column that is not a time."""
    for column in table.columns:
        array = draft.raw.get(column.name)
        if array is None or column.name in draft.columns:
            continue
        if column.name == "severity":
            draft.keep(column.name, values.severities(array))
        elif column.kind == "integer":
            draft.keep(column.name, values.whole_numbers(array, records.decimal_comma))
        elif column.kind == "number":
            draft.keep(column.name, values.numbers(array, _decimals(records)))
        elif column.kind == "flag":
            draft.keep(column.name, values.flags(array))
        else:
            draft.columns[column.name] = values.text_series(_text(draft, column.name, array, mapping))
    _put_defaults(draft, records, mapping)


def _text(draft: _Draft, name: str, array: pa.Array, mapping: Mapping) -> pa.Array:
    """A text column by its own rule."""
    if name == "status":
        return values.statuses(array)
    if name == "environment":
        return values.environments(array)
    if name == "outcome":
        return values.outcomes(array, from_state=is_state(mapping.columns.get(name, "")))
    if name in _WORDS:
        known, unknown = values.known_words(array, name)
        draft.mark(name, dict.fromkeys(map(int, unknown), _WORDS[name]))
        return known
    if name in _BREAKS:
        return pc.replace_substring_regex(array, r"\s*[\r\n]+\s*", _BREAKS[name])
    if name == "system" and mapping.split:
        draft.columns[SYSTEMS] = values.text_series(array)
        return _first_system(array, mapping.split)
    return with_semicolons(array) if name == "system" else array


def _first_system(array: pa.Array, split: str) -> pa.Array:
    """The first name of the cell; a line break separates too."""
    first = values.over_unique(array, lambda cell: next(iter(systems_in(cell, split)), None))
    return first


def systems_in(cell: str, split: str) -> list[str]:
    """The names in a cell, each once, in order.

    Examples
    --------
    >>> systems_in("api; web;api", ";")
    ['api', 'web']
    """
    parts = (part.replace(KEPT_SEMICOLON, ";").strip() for part in cell.replace("\n", split).split(split))
    return list(dict.fromkeys(part for part in parts if part))


def _put_defaults(draft: _Draft, records: Records, mapping: Mapping) -> None:
    """What holds where a source says nothing."""
    count = records.table.num_rows
    defaults = {"environment": "unknown", "kind": "deployment", "outcome": "unknown"}
    for name, default in defaults.items():
        if name in table_of(mapping.kind).names:
            series = draft.columns.get(name, pd.Series([None] * count, dtype="str"))
            draft.columns[name] = series.fillna(default)
    if mapping.kind == "incidents":
        stated = draft.columns.get("planned", pd.Series(pd.NA, index=range(count), dtype="boolean"))
        ruled = pd.Series(_planned(records, draft, mapping.planned), dtype="boolean")
        draft.columns["planned"] = stated.fillna(False) | ruled


def _planned(records: Records, draft: _Draft, rules: Sequence[PlannedRule]) -> npt.NDArray[np.bool_]:
    """Whether any rule calls the record planned work; a rule reads the file's column, else the canonical one."""
    found = np.zeros(records.table.num_rows, dtype=bool)
    for rule in rules:
        if rule.column in records.table.column_names:
            array = draft.without_failed(rule.column, all_cells(records, rule.column))
        elif rule.column in draft.raw:
            array = draft.raw[rule.column]
        else:
            continue
        lower = pc.utf8_lower(pc.utf8_trim_whitespace(pc.fill_null(array, "")))
        found |= np.asarray(pc.is_in(lower, value_set=pa.array([v.casefold() for v in rule.values], TEXT)))
        for word in rule.words:
            found |= np.asarray(pc.match_substring(lower, word.casefold()))
    return found


def _require(draft: _Draft, records: Records, mapping: Mapping) -> None:
    """A required cell that is empty is a problem; a table without ids gets them from what a record says."""
    for name, expected in _EXPECTED.items():
        if name in draft.raw and draft.raw[name].null_count:
            empty = np.flatnonzero(~draft.raw[name].is_valid().to_numpy(zero_copy_only=False))
            draft.mark(name, dict.fromkeys(map(int, empty), expected))
    if mapping.kind in _IDENTITY and "source_id" not in draft.raw:
        draft.columns["source_id"] = _hashed_ids(draft, _IDENTITY[mapping.kind], records.table.num_rows)


def _bound(draft: _Draft) -> None:
    """What rows are found by fits an index of any database: a longer cell is a text in the wrong column."""
    for name in LONGEST.keys() & draft.columns.keys():
        too_long = np.flatnonzero(draft.columns[name].str.len().gt(LONGEST[name]).fillna(False).to_numpy(dtype=bool))
        for position in map(int, too_long):
            said = str(draft.columns[name].iloc[position])
            draft.bad.setdefault((position, name), (said, f"a name of at most {LONGEST[name]} characters"))


def _hashed_ids(draft: _Draft, names: Sequence[str], count: int) -> pd.Series:
    """A stable id from what identifies a record: 16 hexadecimal digits of BLAKE2b."""
    parts = [draft.columns.get(name, pd.Series([""] * count)).astype("str").fillna("").tolist() for name in names]
    lines = map("\x1f".join, zip(*parts, strict=True))
    return pd.Series([blake2b(line.encode(), digest_size=8).hexdigest() for line in lines], dtype="str")


def _check_order(draft: _Draft, kind: str) -> None:
    """Nothing ends before it begins."""
    start = draft.columns.get("started_at")
    for name in _ENDS[kind]:
        end = draft.columns.get(name)
        if start is None or end is None:
            continue
        early = np.flatnonzero((end < start).to_numpy())
        draft.mark(name, {int(i): f"a time at or after started_at {start.iloc[i].isoformat()}" for i in early})


def _sifted(draft: _Draft, records: Records, table: Table, source: str) -> Canonical:
    """Good rows and problems apart. Problems come in the order of the rows."""
    count = records.table.num_rows
    good = np.ones(count, dtype=bool)
    good[[position for position, _ in draft.bad]] = False
    problems = [
        records.places.problem(position, column, value, expected)
        for (position, column), (value, expected) in sorted(draft.bad.items(), key=lambda one: one[0][0])
    ]
    frame = pd.DataFrame(
        {name: draft.columns[name] for name in (*table.names, SYSTEMS) if name in draft.columns}, index=range(count)
    )
    frame["source"] = pd.Series([source] * count, dtype="str")
    kept = np.flatnonzero(good)
    if len(kept) < count:
        frame = frame.iloc[kept].reset_index(drop=True)
    return Canonical(
        frame=frame,
        places=records.places.taken(kept),
        problems=[*records.problems, *problems],
        refused=len(records.problems) + count - len(kept),
    )


def refuse_options(options: Options) -> None:
    """Refuse a direction that is neither high nor low, and texts that no database keeps."""
    if options.better is not None and options.better not in ("high", "low"):
        raise Refused(f'--better is "{options.better}"; it must be high or low.')
    if options.encoding is not None:
        codec_of(options.encoding)
    for name, text in options.__dict__.items():
        if isinstance(text, str) and len(text) > LONGEST.get(name, len(text)):
            raise Refused(f"--{name} has {len(text):,} characters; it may have {LONGEST[name]}.")
        if isinstance(text, str) and ("\x00" in text or called(text) != text):
            raise Refused(f"--{name} holds a NUL or half a character, which no database keeps: write it anew.")
