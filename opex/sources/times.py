"""Times as people write them -> aware UTC. One format is decided for a column, from all its values."""

import re
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from opex.domain.problems import Refused

Bools = npt.NDArray[np.bool_]
Times = npt.NDArray[np.datetime64]

_CLOCK = (
    r"(?:,?(?:\s+at\s+|\s*@\s*|[ T]+)(?P<H>\d{1,2})[:.h](?P<M>\d{2})(?:[:.](?P<S>\d{2})(?:[.,](?P<f>\d{1,9}))?)?"
    r"(?: ?(?P<p>[AaPp])\.?[Mm]\.?)?)?"
)
_ZONE = r"(?: ?(?P<z>Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})(?: ?\([A-Za-z ]+\))?)?"
_YEAR = r"(?P<y>(?:1[89]|2[01])\d{2})"
_WEEKDAY = r"(?:(?:[Mm]on|[Tt]ue|[Ww]ed|[Tt]hu|[Ff]ri|[Ss]at|[Ss]un)[a-z]*,? )?"
_ISO = (
    r"^(?:1[89]|2[01])\d{2}-\d{2}-\d{2}(?:(?:T|t| +)\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?"
    r"(?: ?(?:Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?)?$"
)


def _numeric(separator: str, first: str, second: str) -> str:
    return rf"^{_WEEKDAY}(?P<{first}>\d{{1,2}}){separator}(?P<{second}>\d{{1,2}}){separator}{_YEAR}{_CLOCK}{_ZONE}$"


@dataclass(frozen=True, kw_only=True)
class TimeFormat:
    """How a column's times are written. ``pattern`` has named groups; ``strptime`` is a stated format."""

    name: str
    pattern: str = ""
    strptime: str = ""


ISO = TimeFormat(name="ISO 8601", pattern=_ISO)
SECONDS = TimeFormat(name="seconds since 1970", pattern=r"^\d{10}$")
MILLISECONDS = TimeFormat(name="milliseconds since 1970", pattern=r"^\d{13}$")
NUMERIC = {
    (separator, order): TimeFormat(
        name=order.replace("/", separator),
        pattern=_numeric(re.escape(separator), *(("d", "m") if order == "d/m/Y" else ("m", "d"))),
    )
    for separator in "/.-"
    for order in ("d/m/Y", "m/d/Y")
}
WORDED = (
    TimeFormat(name="Y/m/d", pattern=rf"^{_YEAR}[/.](?P<m>\d{{1,2}})[/.](?P<d>\d{{1,2}}){_CLOCK}{_ZONE}$"),
    TimeFormat(
        name="5 Mar 2024",
        pattern=rf"^{_WEEKDAY}(?P<d>\d{{1,2}})(?:st|nd|rd|th|\.)?[ -](?P<b>[A-Za-z]{{3,9}})\.?,?[ -]{_YEAR}"
        rf"{_CLOCK}{_ZONE}$",
    ),
    TimeFormat(
        name="Mar 5, 2024",
        pattern=rf"^{_WEEKDAY}(?P<b>[A-Za-z]{{3,9}})\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? {_YEAR}{_CLOCK}{_ZONE}$",
    ),
    TimeFormat(
        name="Mon Mar 5 14:30:00 2024",
        pattern=rf"^{_WEEKDAY}(?P<b>[A-Za-z]{{3,9}}) +(?P<d>\d{{1,2}}) "
        rf"(?P<H>\d{{1,2}}):(?P<M>\d{{2}})(?::(?P<S>\d{{2}}))?{_ZONE} {_YEAR}$",
    ),
)
_GLANCE = 200
SIMPLE = (ISO, SECONDS, MILLISECONDS, *WORDED)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LAST_DAY = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """Times in UTC (not a time where a value was missing or bad) and, for the bad ones, what was expected."""

    times: Times
    expected: dict[int, str]


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


def decided(values: pa.Array, *, column: str, stated: str | None, siblings: tuple[pa.Array, ...] = ()) -> TimeFormat:
    """The one format of a column. ``siblings`` are the file's other time columns: they can settle day and month.

    Raises
    ------
    Refused
        Day and month cannot be told apart, or the column mixes both orders.
    """
    if stated and stated not in ("d/m/Y", "m/d/Y"):
        return TimeFormat(name=stated, strptime=stated)
    best = _best(values)
    if best in SIMPLE:
        return best
    separator = next(mark for mark in "/.-" if NUMERIC[mark, "d/m/Y"] is best)
    if separator == ".":  # nobody writes the month first with dots
        return NUMERIC[separator, stated or "d/m/Y"]
    return NUMERIC[separator, stated or _order(values, separator, column, siblings)]


def _best(values: pa.Array) -> TimeFormat:
    """The format that most values fit, the first of equal ones (day and month are not told apart yet)."""
    forms = (*SIMPLE, *(NUMERIC[separator, "d/m/Y"] for separator in "/.-"))
    first = max(forms, key=lambda form: _count(values[:_GLANCE], form.pattern))
    if _count(values, first.pattern) == len(values) - values.null_count:
        return first
    return max(forms, key=lambda form: _count(values, form.pattern))


def converted(values: pa.Array, form: TimeFormat, timezone: ZoneInfo) -> Conversion:
    """The column's times in UTC. Times without an offset are wall time in ``timezone``."""
    parts = _strptime(values, form.strptime) if form.strptime else _parsed(values, form)
    local, shift, fits = parts
    expected = {int(i): f"a date and time (as {form.name})" for i in np.flatnonzero(~fits & _valid(values))}
    times = local - np.where(np.isnat(shift), np.timedelta64(0, "us"), shift)
    naive = fits & np.isnat(shift)
    if timezone.key not in ("UTC", "Etc/UTC", "GMT", "Etc/GMT") and naive.any():
        positions = np.flatnonzero(naive)
        times[positions], doubts = _wall_time(local[positions], timezone)
        expected |= {int(positions[i]): text for i, text in doubts.items()}
    times[~fits] = np.datetime64("NaT")
    return Conversion(times=times, expected=expected)


def _count(values: pa.Array, pattern: str) -> int:
    return int(pc.sum(pc.match_substring_regex(values, pattern)).as_py() or 0)


def _valid(values: pa.Array) -> Bools:
    return np.asarray(values.is_valid().to_numpy(zero_copy_only=False), dtype=bool)


def _order(values: pa.Array, separator: str, column: str, siblings: tuple[pa.Array, ...]) -> str:
    """``d/m/Y`` or ``m/d/Y``: from the values that only one of them fits, else from the sibling columns."""
    for group in ((values,), siblings):
        day_first, month_first = np.sum([_evidence(array, separator) for array in group] or [(0, 0)], axis=0)
        few, many = sorted((int(day_first), int(month_first)))
        if few and (few == many or few > max(1, many // 20)):
            raise Refused(
                f"{column}: the dates put the day first in {day_first} rows and the month first in {month_first}; "
                "write them in one way, best as 2024-03-31 14:30."
            )
        if many:
            return "d/m/Y" if day_first > month_first else "m/d/Y"
    sample = _undecided(values, separator)
    if sample is None:
        return "d/m/Y"
    raise Refused(_ambiguous(sample, separator, column))


def _ambiguous(sample: tuple[str, str, str], separator: str, column: str) -> str:
    first, second, year = sample
    day, month = int(first), int(second)
    return (
        f"{column}: day and month cannot be told apart ({first}{separator}{second}{separator}{year} could "
        f"be {day} {_MONTHS[month - 1].title()} or {_MONTHS[day - 1].title()} {month}): state "
        f'date_format = "d/m/Y" or "m/d/Y" in the mapping.'
    )


def _evidence(values: pa.Array, separator: str) -> tuple[int, int]:
    """How many values fit only day first, and how many only month first."""
    first, second = _two(values, separator)
    return int(((first > 12) & (first < 32) & (second <= 12)).sum()), int(
        ((second > 12) & (second < 32) & (first <= 12)).sum()
    )


def _two(values: pa.Array, separator: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    found = pc.extract_regex(values.drop_null(), NUMERIC[separator, "d/m/Y"].pattern).drop_null()
    return _integers(pc.struct_field(found, "d")), _integers(pc.struct_field(found, "m"))


def _undecided(values: pa.Array, separator: str) -> tuple[str, str, str] | None:
    """A value whose two readings differ, if there is one."""
    found = pc.extract_regex(values.drop_null(), NUMERIC[separator, "d/m/Y"].pattern).drop_null()
    first, second = _two(values, separator)
    differing = np.flatnonzero((first != second) & (first <= 12) & (second <= 12) & (first > 0) & (second > 0))
    if not len(differing):
        return None
    one = found[int(differing[0])].as_py()
    return one["d"], one["m"], one["y"]


def _integers(strings: pa.Array) -> npt.NDArray[np.int64]:
    """Digits as integers; -1 where there are none."""
    empty = pc.equal(strings, "")
    filled = pc.if_else(pc.fill_null(empty, True), "-1", strings)
    return np.asarray(filled.cast(pa.int64()).to_numpy(zero_copy_only=False), dtype=np.int64)


def _parsed(values: pa.Array, form: TimeFormat) -> tuple[Times, Any, Bools]:
    if form is ISO:
        return _iso(values)
    if form in (SECONDS, MILLISECONDS):
        return _epoch(values, form)
    return _by_parts(values, form)


def _iso(values: pa.Array) -> tuple[Times, Any, Bools]:
    """ISO 8601 by pandas' own parser; offsets are applied, so aware values come back with shift 0."""
    values = _with_plain_iso(values)
    fits = np.asarray(pc.fill_null(pc.match_substring_regex(values, _ISO), False).to_numpy(zero_copy_only=False))
    known = values if fits.all() else pc.if_else(pa.array(fits), values, pa.scalar(None, values.type))
    aware = np.asarray(
        pc.fill_null(pc.match_substring_regex(known, r"(?:Z|:\d{2}(?:\.\d+)?[+-]\d{2}(?::?\d{2})?)$"), False)
        .to_numpy(zero_copy_only=False)
    )  # fmt: skip
    parsed = pd.to_datetime(known.to_pandas(), format="ISO8601", utc=True, errors="coerce").dt.as_unit("us")
    times = np.array(parsed.dt.tz_localize(None).to_numpy(), dtype="datetime64[us]")
    shift = np.full(len(times), np.timedelta64("NaT"), dtype="timedelta64[us]")
    shift[aware] = np.timedelta64(0, "us")
    return times, shift, fits & ~np.isnat(times)


def _with_plain_iso(values: pa.Array) -> pa.Array:
    """Rare spellings (lower case, spaces, comma, UTC) brought to the one that the parser knows."""
    if not pc.any(pc.match_substring_regex(values, r"[tzUG,]|  | [-+Z]")).as_py():
        return values
    for odd, pattern, plain in (
        ("t", r"^(\d{4}-\d{2}-\d{2})t", r"\1T"),
        (",", r":(\d{2}),(\d)", r":\1.\2"),
        ("U", r" ?UTC$", "Z"),
        ("G", r" ?GMT$", "Z"),
        ("z", "z$", "Z"),
        (" Z", " Z$", "Z"),
        (" +", r" \+(\d{2})", r"+\1"),
        (" -", r" -(\d{2})", r"-\1"),
        ("  ", " +", " "),
    ):
        if pc.any(pc.match_substring(values, odd)).as_py():
            values = pc.replace_substring_regex(values, pattern, plain)
    return values


def _epoch(values: pa.Array, form: TimeFormat) -> tuple[Times, Any, Bools]:
    fits = np.asarray(
        pc.fill_null(pc.match_substring_regex(values, form.pattern), False).to_numpy(zero_copy_only=False)
    )
    numbers = _integers(pc.if_else(pa.array(fits), values, "0"))
    scale = 1_000_000 if form is SECONDS else 1_000
    return (numbers * scale).astype("datetime64[us]"), np.zeros(len(numbers), dtype="timedelta64[us]"), fits


def _by_parts(values: pa.Array, form: TimeFormat) -> tuple[Times, Any, Bools]:
    """Times from the pattern's groups, each checked against the calendar and the clock."""
    found = pc.extract_regex(values, form.pattern)
    fits = np.asarray(found.is_valid().to_numpy(zero_copy_only=False), dtype=bool)
    names = {f.name for f in found.type}
    parts = {name: pc.struct_field(found, name) for name in names}
    year, day = _integers(parts["y"]), _integers(parts["d"])
    month = _month_number(parts["b"]) if "b" in names else _integers(parts["m"])
    fits &= (month >= 1) & (month <= 12) & (day >= 1)
    month = np.where(fits, month, 1)
    fits &= day <= _LAST_DAY[month] + ((month == 2) & _leap(year))
    dates = ((np.where(fits, year, 1970) - 1970) * 12 + month - 1).astype("datetime64[M]").astype("datetime64[D]")
    seconds, good_clock = _clock(parts)
    fits &= good_clock
    local = (dates + np.where(fits, day - 1, 0)).astype("datetime64[us]") + np.where(fits, seconds, 0).astype(
        "timedelta64[us]"
    )
    return local, _offsets(parts["z"]), fits


def _leap(year: npt.NDArray[np.int64]) -> Bools:
    return np.asarray((year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0)), dtype=bool)


def _month_number(names: pa.Array) -> npt.NDArray[np.int64]:
    short = pc.utf8_slice_codeunits(pc.utf8_lower(names), 0, 3)
    found = pc.index_in(short, value_set=pa.array(_MONTHS, short.type))
    return np.asarray(pc.fill_null(found, -1).to_numpy(zero_copy_only=False), dtype=np.int64) + 1


def _clock(parts: dict[str, pa.Array]) -> tuple[npt.NDArray[np.int64], Bools]:
    """Microseconds since midnight, and whether the clock can show it."""
    hour, minute = np.maximum(_integers(parts["H"]), 0), np.maximum(_integers(parts["M"]), 0)
    second = np.maximum(_integers(parts["S"]), 0)
    good = (hour < 24) & (minute < 60) & (second < 60)
    if "p" in parts:
        half = np.asarray(pc.fill_null(pc.utf8_lower(parts["p"]), "").to_numpy(zero_copy_only=False))
        twelve = half != ""
        good &= ~twelve | ((hour >= 1) & (hour <= 12))
        hour = np.where(twelve, hour % 12 + 12 * (half == "p"), hour)
    micro = np.zeros(len(hour), dtype=np.int64)
    if "f" in parts and pc.any(pc.not_equal(parts["f"], "")).as_py():
        digits = pc.utf8_slice_codeunits(pc.utf8_rpad(parts["f"], 9, "0"), 0, 6)
        micro = _integers(digits)
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + micro, good


def _offsets(zones: pa.Array) -> Any:
    """What an offset adds to UTC; not a time where none is written."""
    plain = pc.replace_substring_regex(pc.fill_null(zones, ""), r"^(?:Z|z|UTC|GMT)$", "+0000")
    plain = pc.replace_substring_regex(
        pc.replace_substring(plain, ":", ""), r"^([+-]\d{2})$", r"\g<1>00".replace("g<1>", "1")
    )
    unique = pc.dictionary_encode(plain)
    table = [_offset(text) for text in unique.dictionary.to_pylist()]
    return np.array(table, dtype="timedelta64[us]")[unique.indices.to_numpy(zero_copy_only=False)]


def _offset(text: str) -> np.timedelta64:
    if not text:
        return np.timedelta64("NaT", "us")
    minutes = int(text[1:3]) * 60 + int(text[3:5])
    return np.timedelta64(minutes * 60_000_000 * (-1 if text[0] == "-" else 1), "us")


def _strptime(values: pa.Array, form: str) -> tuple[Times, Any, Bools]:
    """Times by a format that a person stated."""
    try:
        parsed = pd.to_datetime(values.to_pandas(), format=form, errors="coerce", utc="%z" in form)
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
