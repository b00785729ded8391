"""Times as people write them -> aware UTC. One format is decided for a column, from all its values.

A column of a million times is written in a handful of shapes: ``2024-03-05 14:30`` and ``2024-03-06 09:15`` are both
``0000-00-00 00:00``. Formats are matched with shapes, and the digits are read from the places that the shape names.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from opex.domain.mapping import DATE_FORMATS
from opex.domain.problems import Refused
from opex.sources.records import TEXT
from opex.sources.values import edges_and_bytes

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Times = npt.NDArray[np.datetime64]
Column: TypeAlias = "pa.Array | pa.ChunkedArray"

_CLOCK = (
    r"(?:,?(?:\s+at\s+|\s*@\s*|[ T]+)(?P<H>\d{1,2})[:.h](?P<M>\d{2})(?:[:.](?P<S>\d{2})(?:[.,](?P<f>\d{1,9}))?)?"
    r"(?: ?(?P<p>[AaPp])\.?[Mm]\.?)?)?"
)
_ZONE = r"(?: ?(?P<z>[Zz]|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})(?: ?\([A-Za-z ]+\))?)?"
_YEAR = r"(?P<y>\d{4})"
_SHORT_YEAR = r"(?P<yy>\d{2})"
_WEEKDAY = r"(?:(?:[Mm]on|[Tt]ue|[Ww]ed|[Tt]hu|[Ff]ri|[Ss]at|[Ss]un)[a-z]*,? )?"
_MONTH = (
    r"(?P<b>(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?))"
)
_DAY_AND_MONTH = rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th|\.)?[ /-]{_MONTH}\.?,?[ /-]"
_ISO = (
    rf"{_YEAR}-(?P<m>\d{{2}})-(?P<d>\d{{2}})(?:(?:T|t| +)(?P<H>\d{{1,2}}):(?P<M>\d{{2}})"
    rf"(?::(?P<S>\d{{2}})(?:[.,](?P<f>\d{{1,9}}))?)?(?: ?(?P<p>[AaPp])\.?[Mm]\.?)?{_ZONE})?"
)
_ISO_BASIC = (
    rf"{_YEAR}(?P<m>\d{{2}})(?P<d>\d{{2}})(?:[Tt ]?(?P<H>\d{{2}})(?P<M>\d{{2}})"
    rf"(?:(?P<S>\d{{2}})(?:[.,](?P<f>\d{{1,9}}))?)?{_ZONE})?"
)


@dataclass(frozen=True, kw_only=True)
class TimeFormat:
    """How a column's times are written. ``pattern`` has named groups; ``strptime`` is a stated format."""

    name: str
    pattern: str = ""
    strptime: str = ""


def _numeric(separator: str, order: str) -> TimeFormat:
    first, second, year = order.split("/")
    mark = re.escape(separator)
    written = _YEAR if year == "Y" else _SHORT_YEAR
    pattern = rf"{_WEEKDAY}(?P<{first}>\d{{1,2}}){mark}(?P<{second}>\d{{1,2}}){mark}{written}{_CLOCK}{_ZONE}"
    return TimeFormat(name=order.replace("/", separator), pattern=pattern)


ISO = TimeFormat(name="ISO 8601", pattern=_ISO)
SECONDS = TimeFormat(name="seconds since 1970", pattern=r"(?P<e>\d{10})")
EPOCHS = {
    SECONDS: 1_000_000,
    TimeFormat(name="milliseconds since 1970", pattern=r"(?P<e>\d{13})"): 1_000,
    TimeFormat(name="microseconds since 1970", pattern=r"(?P<e>\d{16})"): 1,
}
WORDED = (
    TimeFormat(name="Y/m/d", pattern=rf"{_YEAR}[/.](?P<m>\d{{1,2}})[/.](?P<d>\d{{1,2}}){_CLOCK}{_ZONE}"),
    TimeFormat(name="5 Mar 2024", pattern=rf"{_WEEKDAY}{_DAY_AND_MONTH}{_YEAR}{_CLOCK}{_ZONE}"),
    TimeFormat(name="5/Mar/24", pattern=rf"{_WEEKDAY}{_DAY_AND_MONTH}{_SHORT_YEAR}{_CLOCK}{_ZONE}"),
    TimeFormat(
        name="Mar 5, 2024",
        pattern=rf"{_WEEKDAY}{_MONTH}\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? {_YEAR}{_CLOCK}{_ZONE}",
    ),
    TimeFormat(
        name="Mon Mar 5 14:30:00 2024",
        pattern=rf"{_WEEKDAY}{_MONTH} +(?P<d>\d{{1,2}}) "
        rf"(?P<H>\d{{1,2}}):(?P<M>\d{{2}})(?::(?P<S>\d{{2}}))?{_ZONE} {_YEAR}",
    ),
)
SIMPLE = (ISO, TimeFormat(name="ISO 8601 basic", pattern=_ISO_BASIC), *EPOCHS, *WORDED)
NUMERIC = {(mark, order): _numeric(mark, order) for mark in "/.-" for order in DATE_FORMATS}
"""Dates of numbers only, by separator and order. Day and month have the same shape."""

_SERIAL = TimeFormat(name="a spreadsheet's serial number", pattern=r"\d{5}(?:[.,]\d+)?")
_WEEK = TimeFormat(name="an ISO week date", pattern=r"\d{4}-?W\d{2}(?:-?\d)?(?:[Tt ].*)?")
_ORDINAL = TimeFormat(name="an ISO ordinal date", pattern=r"\d{4}-\d{3}(?:[Tt ].*)?")
_REFUSED = {
    _SERIAL: "these are a spreadsheet's serial numbers (days since 1900), not dates: format the column as a date and "
    "export it anew, best as 2024-03-31 14:30",
    _WEEK: "ISO week dates are not read: write year, month and day, best as 2024-03-31 14:30",
    _ORDINAL: "ISO ordinal dates (the day of the year) are not read: write year, month and day, best as "
    "2024-03-31 14:30",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LAST_DAY = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_MOST_SHAPES = 1_000
_FAR = 1_900_000_000  # March 2030: seconds beyond it that read as a date and hour are doubtful
_SHAPE_OF = np.arange(256, dtype=np.uint8)
_SHAPE_OF[ord("0") : ord("9") + 1] = ord("0")


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """Times in UTC (not a time where a value was missing or bad) and, for the bad ones, what was expected.

    ``naive`` says that some have no offset, so that they are wall time in the stated zone.
    """

    times: Times
    expected: dict[int, str]
    naive: bool = False


def zone(name: str) -> ZoneInfo:
    """The time zone of that name.

    Raises
    ------
    Refused
        There is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError):
        raise Refused(f'"{name}" is not a time zone; write for example UTC or Europe/Berlin.') from None


def decided(values: Column, *, column: str, stated: str | None, siblings: tuple[Column, ...] = ()) -> TimeFormat:
    """The one format of a column. ``siblings`` are the file's other time columns: they can settle day and month.

    Years of two digits are those of POSIX: 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068. They are read where
    the month is a word, and in dates of numbers only where ``stated`` says so (``d/m/y``).

    Raises
    ------
    Refused
        Day and month cannot be told apart, the column mixes both orders, or holds what is no date (a spreadsheet's
        serial numbers, ISO weeks).
    """
    if stated and stated not in DATE_FORMATS:
        return TimeFormat(name=stated, strptime=stated)
    shaped = _shaped(values)
    short = stated is not None and stated.endswith("y")
    best = _best(shaped)
    if best is SECONDS and _compact(_numbers(shaped, SECONDS)).mean() > 0.5:
        raise Refused(
            f'{column}: "{_first_of(shaped, best)}" could be seconds since 1970 or a date and hour written together: '
            'state date_format, such as "%Y%m%d%H", in the mapping, or write best as 2024-03-31 14:30.'
        )
    if best in SIMPLE:
        return best
    if best is _SERIAL and not _are_serials(shaped):
        return ISO
    if best in _REFUSED:
        raise Refused(f'{column} holds "{_first_of(shaped, best)}": {_REFUSED[best]}.')
    mark, order = next(key for key, form in NUMERIC.items() if form is best)
    if order.endswith("y") and not short:
        raise Refused(_short_years(_first_of(shaped, best), column))
    if stated:
        return NUMERIC[mark, stated[:-1] + order[-1]]
    if mark == "." and not _evidence(shaped, mark)[1]:  # hardly anybody writes the month first with dots
        return NUMERIC[mark, "d/m/Y"]
    return NUMERIC[mark, _order(shaped, mark, column, [_shaped(array) for array in siblings])]


def converted(values: Column, form: TimeFormat, timezone: ZoneInfo) -> Conversion:
    """The column's times in UTC. Times without an offset are wall time in ``timezone``."""
    local, shift, fits = _strptime(values, form.strptime) if form.strptime else _parsed(_shaped(values), form)
    expected = {int(i): f"a date and time (as {form.name})" for i in np.flatnonzero(~fits & _valid(values))}
    times = local - np.where(np.isnat(shift), np.timedelta64(0, "us"), shift)
    naive = fits & np.isnat(shift)
    if timezone.key not in ("UTC", "Etc/UTC", "GMT", "Etc/GMT") and naive.any():
        positions = np.flatnonzero(naive)
        times[positions], doubts = _wall_time(local[positions], timezone)
        expected |= {int(positions[i]): text for i, text in doubts.items()}
    times[~fits] = np.datetime64("NaT")
    return Conversion(times=times, expected=expected, naive=bool(naive.any()))


def without_offset(values: Column, form: TimeFormat) -> Bools:
    """Which values are times that are written without an offset."""
    _, shift, fits = _strptime(values, form.strptime) if form.strptime else _parsed(_shaped(values), form)
    return np.asarray(fits & np.isnat(shift) & _valid(values), dtype=bool)


def _valid(values: Column) -> Bools:
    valid = values.is_valid()
    return np.asarray(valid.to_numpy() if isinstance(valid, pa.ChunkedArray) else valid.to_numpy(zero_copy_only=False))


# --- shapes -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Shaped:
    """A column by its shapes: the different ones, which each value has (-1 where it is missing), and its bytes."""

    shapes: list[bytes]
    code_of: Ints
    counts: Ints
    starts: Ints
    data: npt.NDArray[np.uint8]

    def text(self, position: int) -> str:
        """The value at this position."""
        start = self.starts[position]
        length = len(self.shapes[self.code_of[position]])
        return bytes(self.data[start : start + length]).decode("utf-8", "replace")

    def digits(self, positions: Ints, span: tuple[int, int]) -> Ints:
        """The number that the digits of a span make, for each of the values at these positions."""
        first = self.starts[positions] + span[0]
        number = np.zeros(len(positions), dtype=np.int64)
        for offset in range(span[1] - span[0]):
            number = number * 10 + self.data[first + offset] - ord("0")
        return number


def _shaped(values: Column) -> _Shaped:
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if isinstance(array, pa.ChunkedArray):  # no chunk at all
        array = pa.array([], TEXT)
    edges, data = edges_and_bytes(_with_plain_spaces(array.cast(TEXT)))
    buffers = [None, pa.py_buffer(edges.tobytes()), pa.py_buffer(_SHAPE_OF[data].tobytes())]
    encoded = pc.dictionary_encode(pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(array), buffers))
    codes = np.where(_valid(array), encoded.indices.to_numpy(), -1)
    shapes = encoded.dictionary.to_pylist()
    counts = np.bincount(codes[codes >= 0], minlength=len(shapes))
    return _Shaped(shapes=shapes, code_of=codes, counts=counts, starts=edges[:-1], data=data)


def _with_plain_spaces(array: pa.Array) -> pa.Array:
    """Narrow and unbreakable spaces (newer Java and browsers write them before PM) as plain ones."""
    _, data = edges_and_bytes(array)
    if not len(data) or data.max() < 0x80:
        return array
    return pc.replace_substring_regex(array, "[\u00a0\u202f\u2009]", " ")


@cache
def _compiled(pattern: str) -> re.Pattern[bytes]:
    return re.compile(pattern.encode())


def _best(shaped: _Shaped) -> TimeFormat:
    """The format that most values fit, the first of equal ones (day and month are not told apart yet)."""
    numeric = [NUMERIC[mark, order] for order in ("d/m/Y", "d/m/y") for mark in "/.-"]
    forms = (*SIMPLE, *numeric, *_REFUSED)
    common = np.argsort(-shaped.counts, kind="stable")[:_MOST_SHAPES]
    return max(forms, key=lambda form: _count(shaped, common, form))


def _count(shaped: _Shaped, among: Ints, form: TimeFormat) -> int:
    pattern = _compiled(form.pattern)
    return sum(int(shaped.counts[code]) for code in among if pattern.fullmatch(shaped.shapes[code]))


def _first_of(shaped: _Shaped, form: TimeFormat) -> str:
    """The first value that is written so."""
    pattern = _compiled(form.pattern)
    codes = [code for code, shape in enumerate(shaped.shapes) if pattern.fullmatch(shape)]
    return shaped.text(int(np.flatnonzero(np.isin(shaped.code_of, codes))[0]))


# --- day first or month first -------------------------------------------------------------------------------------


def _order(shaped: _Shaped, separator: str, column: str, siblings: Sequence[_Shaped]) -> str:
    """``d/m/Y`` or ``m/d/Y``: from the values that only one of them fits, else from the sibling columns."""
    for group in ((shaped,), siblings):
        day_first, month_first = np.sum([_evidence(one, separator) for one in group] or [(0, 0)], axis=0)
        few, many = sorted((int(day_first), int(month_first)))
        if few and (few == many or few > max(1, many // 20)):
            raise Refused(
                f"{column}: the dates put the day first in {day_first} rows and the month first in {month_first}; "
                "write them in one way, best as 2024-03-31 14:30."
            )
        if many:
            return "d/m/Y" if day_first > month_first else "m/d/Y"
    sample = _undecided(shaped, separator)
    if sample is None:
        return "d/m/Y"
    raise Refused(_ambiguous(sample, separator, column))


def _ambiguous(sample: tuple[int, int, str], separator: str, column: str) -> str:
    day, month, text = sample
    return (
        f"{column}: day and month cannot be told apart ({text} could "
        f"be {day} {_MONTHS[month - 1].title()} or {_MONTHS[day - 1].title()} {month}): state "
        f'date_format = "d/m/Y" or "m/d/Y" in the mapping.'
    )


def _are_serials(shaped: _Shaped) -> bool:
    """Whether most numbers of five digits are days of 1954 to 2091 (and not, say, seconds)."""
    days = np.concatenate([shaped.digits(positions, (0, 5)) for positions, _ in _groups(shaped, _SERIAL)])
    return bool(((days >= 20_000) & (days < 70_000)).mean() > 0.5)


def _numbers(shaped: _Shaped, form: TimeFormat) -> Ints:
    """The numbers of the values that are written so."""
    return np.concatenate([shaped.digits(positions, match.span("e")) for positions, match in _groups(shaped, form)])


def _compact(seconds: Ints) -> Bools:
    """Which numbers of ten digits read as YYYYMMDDHH of 1900 to 2099, or as YYMMDDhhmm."""
    pairs = [seconds // 10**place % 100 for place in (8, 6, 4, 2, 0)]
    a, b, c, d, e = pairs
    whole = ((a == 19) | (a == 20)) & (c >= 1) & (c <= 12) & (d >= 1) & (d <= 31) & (e < 24)
    short = (b >= 1) & (b <= 12) & (c >= 1) & (c <= 31) & (d < 24) & (e < 60)
    return np.asarray(whole | short, dtype=bool)


def _short_years(sample: str, column: str) -> str:
    return (
        f'{column}: the dates have years of two digits ("{sample}"): state date_format = "d/m/y" or "m/d/y", or one '
        'of strptime such as "%y-%m-%d", in the mapping, or write the years in full.'
    )


def _evidence(shaped: _Shaped, separator: str) -> tuple[int, int]:
    """How many values fit only day first, and how many only month first."""
    _, first, second = _two(shaped, separator)
    return int(((first > 12) & (first < 32) & (second <= 12)).sum()), int(
        ((second > 12) & (second < 32) & (first <= 12)).sum()
    )


def _two(shaped: _Shaped, separator: str) -> tuple[Ints, Ints, Ints]:
    """The first two numbers of the values that are dates of numbers with this separator, and their positions."""
    groups = _groups(shaped, NUMERIC[separator, "d/m/Y"])
    none = np.zeros(0, dtype=np.int64)
    first = [shaped.digits(positions, match.span("d")) for positions, match in groups]
    second = [shaped.digits(positions, match.span("m")) for positions, match in groups]
    places = [positions for positions, _ in groups]
    return np.concatenate([none, *places]), np.concatenate([none, *first]), np.concatenate([none, *second])


def _undecided(shaped: _Shaped, separator: str) -> tuple[int, int, str] | None:
    """The first value whose two readings differ, if there is one."""
    positions, first, second = _two(shaped, separator)
    differing = np.flatnonzero((first != second) & (first <= 12) & (second <= 12) & (first > 0) & (second > 0))
    if not len(differing):
        return None
    one = differing[np.argmin(positions[differing])]
    date = shaped.text(int(positions[one])).split(separator)
    year = date[2][:4]
    return int(first[one]), int(second[one]), separator.join([date[0].split(" ")[-1], date[1], year])


# --- from digits to times -----------------------------------------------------------------------------------------


def _groups(shaped: _Shaped, form: TimeFormat) -> list[tuple[Ints, re.Match[bytes]]]:
    """For each shape that the format fits: the positions of its values, and where its parts stand."""
    pattern = _compiled(form.pattern)
    matches = [pattern.fullmatch(shape) for shape in shaped.shapes]
    few = len(shaped.shapes) < 2**15  # then the sort is by radix
    order = np.argsort(shaped.code_of.astype(np.int16) if few else shaped.code_of, kind="stable")
    ends = np.cumsum(shaped.counts) + int((shaped.code_of < 0).sum())
    return [
        (order[ends[code] - shaped.counts[code] : ends[code]], match)
        for code, match in enumerate(matches)
        if match is not None
    ]


def _parsed(shaped: _Shaped, form: TimeFormat) -> tuple[Times, Any, Bools]:
    """Local times, what their offset adds to UTC (not a time where none is written), and which fit the format."""
    count = len(shaped.code_of)
    times = np.zeros(count, dtype=np.int64)
    shift = np.full(count, np.timedelta64("NaT"), dtype="timedelta64[us]")
    fits = np.zeros(count, dtype=bool)
    for positions, match in _groups(shaped, form):
        parts = _Parts(shaped=shaped, positions=positions, match=match)
        if form in EPOCHS:
            number = parts.number("e")
            times[positions] = number * EPOCHS[form]
            shift[positions] = np.timedelta64(0, "us")
            fits[positions] = ~(_compact(number) & (number >= _FAR)) if form is SECONDS else True
        else:
            days, good_date = _date(parts)
            clock, good_clock = _clock(parts)
            offset, good_offset = _offset(parts)
            times[positions] = days * 86_400_000_000 + clock
            shift[positions] = offset
            fits[positions] = good_date & good_clock & good_offset
    return times.astype("datetime64[us]"), shift, fits


@dataclass(frozen=True, kw_only=True)
class _Parts:
    """The parts of the values of one shape."""

    shaped: _Shaped
    positions: Ints
    match: re.Match[bytes]

    def has(self, name: str) -> bool:
        """Whether this shape has the part."""
        return name in self.match.re.groupindex and self.match[name] is not None

    def word(self, name: str) -> str:
        """A part that is the same in all values of the shape, in lower case."""
        return self.match[name].decode().lower() if self.has(name) else ""

    def number(self, name: str) -> Ints:
        """A part that is a number; 0 where the shape lacks it."""
        if not self.has(name):
            return np.zeros(len(self.positions), dtype=np.int64)
        return self.shaped.digits(self.positions, self.match.span(name))


def _date(parts: _Parts) -> tuple[Ints, Bools]:
    """Days since 1970, and whether the calendar has them."""
    year = parts.number("y")
    if parts.has("yy"):
        short = parts.number("yy")
        year = np.where(short >= 69, 1900, 2000) + short
    month = np.full(len(year), _month_number(parts.word("b"))) if parts.has("b") else parts.number("m")
    day = parts.number("d")
    good = (year >= 1800) & (year < 2200) & (month >= 1) & (month <= 12)
    month, year = np.where(good, month, 1), np.where(good, year, 1970)
    good &= (day >= 1) & (day <= _LAST_DAY[month] + ((month == 2) & _leap(year)))
    firsts = ((year - 1970) * 12 + month - 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return firsts + np.where(good, day, 1) - 1, np.asarray(good, dtype=bool)


def _leap(year: Ints) -> Bools:
    return np.asarray((year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0)), dtype=bool)


def _month_number(name: str) -> int:
    return _MONTHS.index(name[:3]) + 1 if name[:3] in _MONTHS else 0


def _clock(parts: _Parts) -> tuple[Ints, Bools]:
    """Microseconds since midnight, and whether the clock can show it."""
    hour, minute, second = parts.number("H"), parts.number("M"), parts.number("S")
    good = (hour < 24) & (minute < 60) & (second < 60)
    if half := parts.word("p"):
        good &= (hour >= 1) & (hour <= 12)
        hour = hour % 12 + (12 if half == "p" else 0)
    micro = np.zeros(len(hour), dtype=np.int64)
    if parts.has("f"):
        start, end = parts.match.span("f")
        taken = min(end, start + 6)
        micro = parts.shaped.digits(parts.positions, (start, taken)) * 10 ** (6 - (taken - start))
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + micro, np.asarray(good, dtype=bool)


def _offset(parts: _Parts) -> tuple[Any, Bools]:
    """What the offset adds to UTC (not a time where none is written), and whether there is such an offset."""
    count = len(parts.positions)
    zone_word = parts.word("z")
    if zone_word[:1] not in ("+", "-"):
        given = np.timedelta64(0, "us") if zone_word else np.timedelta64("NaT", "us")
        return np.full(count, given, dtype="timedelta64[us]"), np.ones(count, dtype=bool)
    start, end = parts.match.span("z")
    hours = parts.shaped.digits(parts.positions, (start + 1, start + 3))
    none = np.zeros(count, dtype=np.int64)
    minutes = parts.shaped.digits(parts.positions, (end - 2, end)) if end - start > 3 else none
    sign = -1 if zone_word[0] == "-" else 1
    shift = (sign * (hours * 60 + minutes) * 60_000_000).astype("timedelta64[us]")
    return shift, np.asarray((hours < 16) & (minutes < 60), dtype=bool)


def _strptime(values: Column, form: str) -> tuple[Times, Any, Bools]:
    """Times by a format that a person stated."""
    try:
        series: pd.Series = values.to_pandas()
        parsed = pd.to_datetime(series, format=form, errors="coerce", utc="%z" in form)
    except (ValueError, TypeError, re.error) as error:
        raise Refused(f'date_format = "{form}" in the mapping cannot be used: {error}.') from None
    aware = parsed.dt.tz is not None
    naive = parsed.dt.tz_localize(None).dt.as_unit("us")
    times = np.array(naive.to_numpy(), dtype="datetime64[us]")
    shift = np.full(len(times), np.timedelta64(0 if aware else "NaT", "us"), dtype="timedelta64[us]")
    return times, shift, ~np.isnat(times)


def _wall_time(local: Times, timezone: ZoneInfo) -> tuple[Times, dict[int, str]]:
    """Wall time -> UTC; hours that do not exist or happen twice are told, not guessed."""
    index = pd.DatetimeIndex(local)
    utc = index.tz_localize(timezone, ambiguous="NaT", nonexistent="NaT").tz_convert("UTC").tz_localize(None)
    times = np.array(utc.to_numpy(), dtype="datetime64[us]")
    doubtful = np.flatnonzero(np.isnat(times))
    if not len(doubtful):
        return times, {}
    part = index[doubtful]
    first = part.tz_localize(timezone, ambiguous=np.ones(len(part), dtype=bool), nonexistent="NaT")
    doubts = {
        int(position): _doubt(str(part[i])[11:16], bool(pd.isna(first[i])), timezone.key)
        for i, position in enumerate(doubtful)
    }
    return times, doubts


def _doubt(clock: str, nonexistent: bool, zone_name: str) -> str:
    if nonexistent:
        return f"a time that exists: {clock} is skipped on that day in {zone_name}"
    return f"a time with its offset: {clock} happens twice on that day in {zone_name}"
