"""What the cells say of columns that were matched by their headers alone: what fits, goes together, or is asked."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from opex.domain.mapping import Mapping
from opex.domain.problems import Refused
from opex.frames import Column
from opex.sources import times, values
from opex.sources.canonical import time_formats
from opex.sources.columns import REQUIRED, column_cells, mapped, resolved, table_of, used_columns
from opex.sources.records import Records, shown
from opex.sources.spool import Spool
from opex.sources.times import TimeFormat
from opex.sources.vocabulary import plain_header

FIRST = 200
_TIME_OF_DAY = (
    r"^(?:[01]?\d|2[0-3])[:.h]\d{2}(?:[:.]\d{2}(?:[.,]\d{1,9})?)?(?: ?[AaPp]\.?[Mm]\.?)?"
    r"(?: ?(?:[Zz]|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2}))?$"
)
_CLOCK = r"time(?:ofday|utc|gmt|local|hhmm(?:ss)?)?|(?:utc|gmt|local|clock|event|incident)time|clock|hour"
_WITH_TIME = r"\d:\d|\d[Tth]\d|\d ?[AaPp]\.?[Mm]\b|^\d{10,}$|\d{8} \d{4}"
_MIDNIGHT = r"[ T]0?0:00(?::00(?:\.0+)?)?(?: ?(?:[Zz]|UTC|GMT|[+-]\d{2}:?\d{2}))?$"
_NO_TEMPLATE = frozenset("{}:!")
_ZONE_HEADERS = ("tz", "tzname", "tzid", "timezonename", "timezoneid", "utcoffset", "gmtoffset")
_WORDS = ("better", "kind")
_ONE_COLUMN = "write both in one column, best as 2024-03-31 14:30"


@dataclass(frozen=True, kw_only=True)
class Fitting:
    """The mapping fitted to the cells, what was noticed on the way, and why it cannot be used as it stands, if so."""

    mapping: Mapping
    notes: tuple[str, ...] = ()
    refusal: str = ""


def fitted(mapping: Mapping, spool: Spool) -> Fitting:
    """The mapping with every header matched whose cells are of the kind that is expected.

    What ``mapping`` itself names stays as it is. Of the rest: a date and a time of day in two columns are read
    together; an optional column that is matched by a synonym, and of which none of the first cells fits, is passed
    over for the next best header.
    """
    passed: dict[str, str] = {}
    while True:
        headers = [header for header in spool.columns if header not in passed]
        one = _together(mapping, resolved(mapping, headers, strict=False), headers, spool)
        new = _unfit(mapping, one.mapping, spool)
        if not new:
            return replace(one, notes=(*one.notes, *dict.fromkeys(passed.values())))
        passed |= new


def narrow(spool: Spool, mapping: Mapping, canonical_columns: Sequence[str]) -> Records:
    """All records, with only the file's columns that give these canonical ones."""
    given = {name: column for name, column in mapping.columns.items() if name in canonical_columns}
    used = used_columns(replace(mapping, columns=given, planned=(), fold=None, after_start={}), spool.columns)
    return spool.narrow([name for name in spool.columns if name in used])


def formats_of(spool: Spool, mapping: Mapping) -> dict[str, TimeFormat]:
    """The one format of each time column, decided from all its values; from its siblings' too where it cannot alone."""
    found = dict[str, TimeFormat]()
    names = [column.name for column in _times(mapping)]
    for name in names:
        try:
            found |= _decided(spool, mapping, [name])
        except Refused:
            return _decided(spool, mapping, names)
    return found


def _decided(spool: Spool, mapping: Mapping, names: Sequence[str]) -> dict[str, TimeFormat]:
    """The formats of these columns, which are whole in memory meanwhile."""
    alone = replace(mapping, columns={name: mapping.columns[name] for name in names})
    decided = time_formats(narrow(spool, mapping, names), alone)
    pa.default_memory_pool().release_unused()
    return decided


def _times(mapping: Mapping) -> Iterator[Column]:
    return (c for c in table_of(mapping.kind).columns if c.kind == "time" and c.name in mapping.columns)


# --- a date and a time of day in two columns --------------------------------------------------------------------


def _together(stated: Mapping, mapping: Mapping, headers: Sequence[str], spool: Spool) -> Fitting:
    """The mapping with a template such as ``{Date} {Time}`` where a date and a time of day stand in two columns."""
    found, notes = dict(mapping.columns), list[str]()
    settled: dict[str, str] = {}
    for name in (column.name for column in _times(mapping) if column.name not in stated.columns):
        header = found[name]
        if not isinstance(header, str) or "{" in header:
            continue
        taken = used_columns(replace(mapping, columns={**found, name: ""})) | set(stated.constants)
        free = [other for other in headers if other not in taken and other != header]
        try:
            given = settled.get(header) or _date_and_time(
                header, free, spool, name, required=name in REQUIRED[mapping.kind]
            )
        except Refused as refusal:
            return Fitting(mapping=mapping, refusal=str(refusal))
        settled[header] = given
        if given != header:
            found[name] = given
            notes.append(_said(name, given))
    return Fitting(mapping=replace(mapping, columns=found), notes=tuple(notes))


def _said(name: str, given: str) -> str:
    if "{" not in given:
        return f'The time of {name} is in the column "{given}", which has the date too.'
    date, time = given[1:-1].split("} {")
    return f'The columns "{date}" and "{time}" are read together as {name}.'


def _date_and_time(header: str, free: Sequence[str], spool: Spool, name: str, *, required: bool) -> str:
    """The column of a time, or the template that puts its date and its time of day together.

    Raises
    ------
    Refused
        A column that is called the time beside the date cannot be put to it.
    """
    kin = [other for other in free if _stem(other) == _stem(header)]
    dates = [*kin, *(other for other in spool.columns if _plain(other) in ("date", "day") and other not in kin)]
    clocks = [*kin, *(other for other in free if required and _is_clock(other) and other not in kin)]
    if not dates and not clocks:
        return header
    holds = _holds(spool, header)
    if holds == "time of day":
        date = next((other for other in dates if _holds(spool, other) == "date"), None)
        midnight = next((other for other in dates if _holds(spool, other) == "midnight"), None)
        return _pair(date, header, name) if date else _refuse_midnight(midnight, header, name) if midnight else header
    if holds not in ("date", "midnight"):
        return header
    for other in clocks:
        beside = _holds(spool, other)
        if beside == "time of day":
            return _pair(header, other, name) if holds == "date" else _refuse_midnight(header, other, name)
        if beside == "date and time" and "time" in _plain(other) and holds == "date":
            return other
        if beside not in ("", "midnight") and required and _is_time(other) and beside != holds:
            raise Refused(
                f'The column "{header}" has a date, and "{other}" says "{_first(spool, other)}", which is no time of '
                f"day such as 14:30; {_ONE_COLUMN}, or name the column that is meant in a mapping: "
                f'[columns] {name} = "{header}".'
            )
    return header


def _stem(header: str) -> str:
    """What a header says beside date and time.

    Examples
    --------
    >>> _stem("Start Date"), _stem("start_time"), _stem("Date"), _stem("Opened at")
    ('start', 'start', '', 'opened')
    """
    found = re.fullmatch(r"(?:date|time)?(?:of)?(.*?)(?:date|time|at|on)?", _plain(header))
    return found[1] if found else ""


def _is_clock(header: str) -> bool:
    """Whether a column is called the time of day, and nothing else.

    Examples
    --------
    >>> _is_clock("Time (UTC)"), _is_clock("Hour"), _is_clock("Resolution time")
    (True, True, False)
    """
    return re.fullmatch(_CLOCK, _plain(header)) is not None


def _is_time(header: str) -> bool:
    return _is_clock(header) or _plain(header).endswith("time")


def _plain(header: str) -> str:
    return plain_header(header)


def _holds(spool: Spool, header: str) -> str:
    """What most cells of a column are: a time of day, a date, a date and time, or a date with midnight in all."""
    cells = pc.utf8_trim_whitespace(column_cells(spool.narrow([header]), header)).drop_null()
    if not len(cells):
        return ""
    if _most(cells, _TIME_OF_DAY):
        return "time of day"
    if pc.all(pc.match_substring_regex(cells, _MIDNIGHT)).as_py():
        return "midnight"
    if _most(cells, _WITH_TIME):
        return "date and time"
    return "date" if _most(cells, r"\d\d?\D{1,3}(?:\d|[A-Za-z]{3})|[A-Za-z]{3}.*\d{4}|^\d{8}$") else "something else"


def _most(cells: pa.Array, pattern: str) -> bool:
    return bool(2 * pc.sum(pc.match_substring_regex(cells, pattern)).as_py() > len(cells))


def _first(spool: Spool, header: str) -> str:
    cells = column_cells(spool.narrow([header]), header).drop_null()
    return shown(cells[0].as_py())


def _pair(date: str, time: str, name: str) -> str:
    if _NO_TEMPLATE & {*date, *time}:
        raise Refused(
            f'The columns "{date}" and "{time}" cannot be read together, because their names hold a brace, a colon '
            f"or an exclamation mark: give them other names, or {_ONE_COLUMN}."
        )
    return f"{{{date}}} {{{time}}}"


def _refuse_midnight(date: str, time: str, name: str) -> str:
    raise Refused(
        f'The column "{date}" says midnight in every row, and "{time}" has times of day; {_ONE_COLUMN}, or name the '
        f'column that is meant in a mapping: [columns] {name} = "{date}".'
    )


# --- the zone that a column names ----------------------------------------------------------------------------


def with_zone(mapping: Mapping, spool: Spool) -> Fitting:
    """The mapping with the one zone that a column of zones names for all times without an offset.

    A mapping that states another zone than UTC keeps it. Several zones, or a word that is none, are a refusal.
    """
    used = used_columns(mapping, spool.columns)
    headers = [header for header in spool.columns if header not in used and _names_zone(_plain(header))]
    if not headers or mapping.timezone != "UTC":
        return Fitting(mapping=mapping)
    try:
        formats = formats_of(spool, mapping)
    except Refused:  # it is said where the times are read
        return Fitting(mapping=mapping)
    names = [column.name for column in _times(mapping)]
    records = narrow(spool, mapping, names)
    naive = np.zeros(records.table.num_rows, dtype=bool)
    for name in names:
        naive |= times.without_offset(pc.utf8_trim_whitespace(mapped(records, mapping, name).array), formats[name])
    return _in_zone(mapping, headers, _zones(spool, headers, naive))


def _names_zone(plain: str) -> bool:
    return plain.endswith("timezone") or plain in _ZONE_HEADERS


def _zones(spool: Spool, headers: Sequence[str], naive: npt.NDArray[np.bool_]) -> list[str]:
    """What the columns say in the rows with times without an offset, each once, the empty cell as nothing."""
    records = spool.narrow(headers)
    said = [pc.fill_null(pc.utf8_trim_whitespace(column_cells(records, header)), "") for header in headers]
    return sorted({word for cells in said for word in pc.unique(cells.filter(pa.array(naive))).to_pylist()})


def _in_zone(mapping: Mapping, headers: Sequence[str], said: Sequence[str]) -> Fitting:
    if set(said) <= {""}:
        return Fitting(mapping=mapping)
    zones = {_zone(word) for word in said}
    listed = " and ".join(f'"{header}"' for header in headers)
    if len(zones) == 1 and "" not in zones:
        zone = zones.pop()
        note = f"The zone {zone} of times without an offset is the one that the column {listed} names."
        return Fitting(mapping=replace(mapping, timezone=zone), notes=(note,))
    unknown = next((word for word in said if word and not _zone(word)), None)
    shown_ones = ", ".join(shown(word) or "an empty cell" for word in said[:4]) + (", ..." if len(said) > 4 else "")
    what = (
        f'names "{shown(unknown)}", which is no time zone such as America/New_York'
        if unknown
        else f"names several zones for times without an offset ({shown_ones})"
    )
    return Fitting(
        mapping=mapping,
        refusal=f"The column {listed} {what}; write each time with its offset, best as 2024-03-31T14:30+02:00, or "
        "load the rows of each zone by themselves, with --timezone.",
    )


def _zone(word: str) -> str:
    """The zone of the tz database that a word means; empty when it means none."""
    if word.casefold() in ("utc", "gmt", "z"):
        return "UTC"
    shift = re.fullmatch(r"(?:UTC|GMT)?([+-])0?(\d|1[0-4])(?::?00)?", word)
    try:
        sign = {"+": "-", "-": "+"}
        return times.zone(f"Etc/GMT{sign[shift[1]]}{shift[2]}" if shift else word).key
    except Refused:
        return ""


# --- cells that are something else ------------------------------------------------------------------------------


def _unfit(stated: Mapping, mapping: Mapping, spool: Spool) -> dict[str, str]:
    """The headers of optional columns of which no cell among the first fits, each with a note that says so."""
    matched = [
        column
        for column in table_of(mapping.kind).columns
        if column.name in mapping.columns
        and column.name not in {*stated.columns, *REQUIRED[mapping.kind]}
        and (column.kind != "text" or column.name in _WORDS)
    ]
    if not matched:
        return {}
    first = next(spool.chunks()).head(FIRST)
    found: dict[str, str] = {}
    for column in matched:
        given = mapping.columns[column.name]
        if not isinstance(given, str) or plain_header(given) == plain_header(column.name):
            continue
        cells = _cells(first, mapping, column.name)
        valid = np.flatnonzero(cells.is_valid().to_numpy(zero_copy_only=False))
        if len(valid) and not {*map(int, valid)} - {*_unfit_cells(cells, column, mapping, first)}:
            headers = re.findall(r"\{(.*?)\}", given) or [given]
            note = _passed_over(headers, column.name, [cells[int(i)].as_py() for i in valid])
            found |= dict.fromkeys(headers, note)
    return found


def _passed_over(headers: Sequence[str], name: str, said: Sequence[str]) -> str:
    listed = " and ".join(f'"{header}"' for header in headers)
    count = "its only value does not fit" if len(said) == 1 else f"none of its first {len(said)} values fits"
    return f'The column {listed} is not used for {name}: {count} (it says "{shown(said[0])}").'


def _cells(records: Records, mapping: Mapping, name: str) -> pa.Array:
    array = values.without_failed(pc.utf8_trim_whitespace(mapped(records, mapping, name).array))[0]
    return values.translated(array, mapping.values.get(name, {}))


def _unfit_cells(cells: pa.Array, column: Column, mapping: Mapping, records: Records) -> Collection[int]:
    if column.name == "severity":
        return values.severities(cells).expected
    if column.kind == "integer":
        return values.whole_numbers(cells, records.decimal_comma).expected
    if column.kind == "flag":
        return values.flags(cells).expected
    if column.name in _WORDS:
        return [int(i) for i in values.known_words(cells, column.name)[1]]
    if column.kind == "time":
        return _no_times(cells, column.name, mapping)
    return ()


def _no_times(cells: pa.Array, name: str, mapping: Mapping) -> Collection[int]:
    """The cells that are no times; none where their format is yet to be asked for."""
    try:
        form = times.decided(cells, column=name, stated=mapping.date_format)
    except Refused:
        return ()
    return times.converted(cells, form, times.zone("UTC")).expected
