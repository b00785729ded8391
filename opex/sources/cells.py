"""A workbook's cells as text that reads back exactly: numbers, dates, times, durations and escaped characters."""

import datetime as dt
import re

from opex.sources.packages import Listener

ERROR = "\x00"
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_HALF = re.compile("[\ud800-\udfff]")
_DURATION = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_NO_CODE = re.compile(r'"[^"]*"?|\\.|\[[^\]]*\]|[_*].')
_FIRST_OF_1900 = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a workbook's times have no zone
_FIRST_OF_1904 = dt.datetime(1904, 1, 1)  # noqa: DTZ001
_LEAP_DAY_THAT_NEVER_WAS = 60
_MILLISECONDS = 86_400_000
_BUILT_IN = (
    dict.fromkeys([14, 15, 16, 17], "date")
    | dict.fromkeys([18, 19, 20, 21, 45, 47], "moment")
    | {22: "moment", 46: "duration"}
    | dict.fromkeys([*range(27, 32), 36, *range(50, 55), 57, 58], "date")  # in East Asian editions
    | dict.fromkeys([32, 33, 34, 35, 55, 56], "moment")
)
_ZEROS = re.compile(r"0{2,30}")


class WrongCellError(ValueError):
    """A cell holds what cannot be kept; the words say what was expected."""


class Styles(Listener):
    """The listener to a workbook's styles: which of them show a number as a date, a moment or a duration."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.starts = {"numFmt": self._format, "cellXfs": self._begin, "xf": self._style}
        self.ends = {"cellXfs": self._end}
        self._formats: dict[str, str] = {}
        self._inside = False

    def kind(self, style: str | None) -> str:
        """As `kind_of` says it; nothing for a plain number."""
        if style is None or not style.isdecimal() or len(style) > 6 or int(style) >= len(self.kinds):
            return ""
        return self.kinds[int(style)]

    def _format(self, attributes: dict[str, str]) -> None:
        self._formats[attributes.get("numFmtId", "")] = kind_of(attributes.get("formatCode", ""))

    def _begin(self, attributes: dict[str, str]) -> None:
        self._inside = True

    def _end(self) -> None:
        self._inside = False

    def _style(self, attributes: dict[str, str]) -> None:
        if self._inside:
            number = attributes.get("numFmtId", "0")
            built_in = _BUILT_IN.get(int(number), "") if number.isdecimal() and len(number) < 4 else ""
            self.kinds.append(self._formats.get(number, built_in))


def kind_of(code: str) -> str:
    """What a number format makes of a number: ``date``, ``moment``, ``duration``, so many zeros, or nothing.

    Examples
    --------
    >>> [kind_of(code) for code in ("yyyy-mm-dd", "d.m.yy hh:mm", "[h]:mm:ss", "00000", '0.0" days"', "[Red]#,##0")]
    ['date', 'moment', 'duration', '00000', '', '']
    """
    code = code.split(";")[0]
    if _ZEROS.fullmatch(code):
        return code
    if _DURATION.search(code):
        return "duration"
    letters = _NO_CODE.sub("", code).lower().replace("general", "")
    if any(letter in letters for letter in "hs"):
        return "moment"
    return "date" if any(letter in letters for letter in "dmy") else ""


def number_text(raw: str) -> str:
    """A number as it reads back: whole ones without a point, however many digits they have.

    Raises
    ------
    WrongCellError
        It is no number.

    Examples
    --------
    >>> [number_text(raw) for raw in ("1.1000000000000001", "2.0", "1E+15", "12345678901234567890")]
    ['1.1', '2', '1000000000000000', '12345678901234567890']
    """
    if raw.isdecimal() and raw.isascii() and (raw[0] != "0" or raw == "0"):
        return raw
    if len(raw) > 400 or not _NUMBER.fullmatch(raw):
        raise WrongCellError("a number, as the cell's type says")
    if raw.lstrip("+-").isdecimal():
        return str(int(raw))
    value = float(raw)
    if value in (float("inf"), float("-inf")):
        raise WrongCellError("a finite number")
    return str(int(value)) if value.is_integer() and abs(value) < 1e22 else repr(value)


def shown_text(raw: str, kind: str, from_1904: bool) -> str:
    """A number as its format shows it: a time, or an id with its leading zeros.

    Examples
    --------
    >>> shown_text("123", "00000", False), shown_text("-1.5", "00000", False), shown_text("45351", "date", False)
    ('00123', '-1.5', '2024-02-29')
    """
    if not _ZEROS.fullmatch(kind):
        return time_text(raw, kind, from_1904) if kind else number_text(raw)
    number = number_text(raw)
    return number.zfill(len(kind)) if number.isdecimal() else number


def time_text(raw: str, kind: str, from_1904: bool) -> str:
    """The date, moment, time of day or duration that a number stands for, in ISO 8601 but for a space as divider.

    A number below one is a time of day. A duration is hours, minutes and seconds. A number that no calendar has
    becomes an error value, as the spreadsheet program shows it.

    Raises
    ------
    WrongCellError
        It is no number.

    Examples
    --------
    >>> [time_text(raw, "moment", False) for raw in ("45351.545138888891", "0.5")], time_text("45351", "date", False)
    (['2024-02-29 13:05:00', '12:00:00'], '2024-02-29')
    >>> time_text("1.0854166666666667", "duration", False), time_text("0", "date", True)
    ('26:03:00', '1904-01-01')
    """
    serial = float(number_text(raw))
    if kind == "duration":
        return _duration(serial)
    days, part = divmod(serial, 1)
    clock = dt.timedelta(milliseconds=round(part * _MILLISECONDS))
    if days == 0 and kind == "moment" and clock.days == 0:
        return (_FIRST_OF_1904 + clock).time().isoformat()
    if days < 0:
        return f"{ERROR}######## ({raw})"
    if not from_1904 and days < _LEAP_DAY_THAT_NEVER_WAS:
        days += 1
    try:
        moment = (_FIRST_OF_1904 if from_1904 else _FIRST_OF_1900) + dt.timedelta(days=days) + clock
    except OverflowError:
        return f"{ERROR}######## ({raw})"
    if kind == "date" and moment.time() == dt.time():
        return moment.date().isoformat()
    return moment.isoformat(sep=" ")


def string_text(raw: str) -> str:
    """A string with its escaped characters (``_x000D_``) as themselves.

    Raises
    ------
    WrongCellError
        It holds a NUL or half a character.

    Examples
    --------
    >>> string_text("a_x000D_b"), string_text("_x005F_x000D_")
    ('a\\rb', '_x000D_')
    """
    if "_x" not in raw:
        return raw
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), raw)
    if "\x00" in text:
        raise WrongCellError("text without a NUL character")
    if _HALF.search(text):
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise WrongCellError("text without half a character") from None
    return text


def _duration(days: float) -> str:
    seconds = round(days * 86_400, 3)
    minutes, rest = divmod(abs(seconds), 60)
    hours, minutes = divmod(int(minutes), 60)
    whole = f"{int(rest):02}" if rest == int(rest) else f"{rest:06.3f}"
    return f"{'-' if seconds < 0 else ''}{hours}:{minutes:02}:{whole}"
