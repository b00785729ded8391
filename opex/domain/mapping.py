"""How a file's columns become the canonical ones. A mapping and a preset are the same TOML document."""

import codecs
import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from opex.domain.problems import Refused

KINDS = ("incidents", "changes", "metrics")
UNITS = {"ms": 1_000, "s": 1_000_000, "min": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
"""The units of a duration, in microseconds."""
ENCODINGS = (
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32",
    *(f"windows-{number}" for number in range(1250, 1259)), "windows-874",
    *(f"iso-8859-{number}" for number in range(1, 17) if number != 12),
    "koi8-r", "koi8-u", "cp437", "cp850", "cp852", "cp855", "cp857", "cp862", "cp864", "cp866", "mac-roman",
    "mac-cyrillic", "shift_jis", "cp932", "euc-jp", "gb2312", "gbk", "gb18030", "big5", "cp950", "euc-kr", "cp949",
)  # fmt: skip
"""How a file's text may be written."""
DATE_FORMATS = ("d/m/Y", "m/d/Y", "d/m/y", "m/d/y")
"""Names of orders of day, month and year; ``y`` is a year of two digits. The separator is found by itself."""

_ENCODING = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,30}")


@dataclass(frozen=True, kw_only=True)
class PlannedRule:
    """Rows whose ``column`` is one of ``values``, or says one of ``words``, are planned work (case does not matter)."""

    column: str
    values: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Fold:
    """Several rows are the updates of one record: the last update speaks for the record.

    ``by`` names the record, ``order`` the columns that order its updates, ``updated`` the time of an update and
    ``state`` its state (of several columns the first that is not missing). ``ends`` are columns that are believed
    only when the last state is one of ``closed`` (exports write the end on every row, also on those written before
    it). The first update whose state is neither in ``new`` nor in ``unknown`` is when somebody took the record on.
    """

    by: str
    order: tuple[str, ...]
    updated: str
    state: tuple[str, ...]
    new: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recognise:
    """How a file shows that it is of this format.

    ``columns`` must all be there (``"a|b"`` means one of them), ``only`` says that there is no other column, and
    ``markers`` are lines that the text must hold.
    """

    columns: tuple[str, ...] = ()
    only: bool = False
    markers: tuple[str, ...] = ()
    sentence: str = ""


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """How the columns of a file become the canonical ones.

    ``columns`` gives for a canonical column the file's column, a template such as ``"{category}, {subcategory}"``
    (parts that are missing are left out), a list of them (the first that is not missing), or ``""`` to leave the
    column out. ``{file_stem}`` is the file's name without its ending. With ``match_others`` the canonical columns
    that are not mentioned are matched to the file's other columns by name. ``date_format`` is ``d/m/Y``, ``m/d/Y``
    (``d/m/y``, ``m/d/y`` for years of two digits) or a format of ``strptime``; empty means decided from the values.

    ``sheet`` names the sheet of a workbook, ``encoding`` (one of ``ENCODINGS``) says how text is written that is not
    UTF-8. ``closed_only`` are canonical times that are believed only where the
    status is closed (where nothing gives a status they are believed). ``after_start`` gives a canonical time as the
    duration from ``started_at``: a column of the file and its unit, one of ms, s, min, h, d; a time that ``columns``
    gives stands before it.

    Examples
    --------
    >>> mapping = Mapping.from_toml('name = "desk"\\nkind = "incidents"\\n[columns]\\nstarted_at = "Opened (local)"')
    >>> mapping.columns
    {'started_at': 'Opened (local)'}
    >>> Mapping.from_toml(mapping.to_toml()) == mapping
    True
    >>> lasting = Mapping(name="desk", kind="incidents", after_start={"resolved_at": "Time to repair min"})
    >>> lasting.durations
    {'resolved_at': ('Time to repair', 'min')}
    """

    name: str
    kind: str
    title: str = ""
    reader: str = "table"
    columns: dict[str, str | list[str]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    timezone: str = "UTC"
    date_format: str | None = None
    missing: tuple[str, ...] = ()
    split: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    closed_only: tuple[str, ...] = ()
    after_start: dict[str, str] = field(default_factory=dict)
    planned: tuple[PlannedRule, ...] = ()
    planned_rule: str = ""
    fold: Fold | None = None
    recognise: Recognise | None = None
    match_others: bool = True
    note: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise Refused("A mapping needs a name: it is the source of what is loaded with it.")
        if "\x00" in self.name or self.name.encode("utf-8", "replace").decode() != self.name:
            raise Refused("A mapping's name holds a NUL or half a character, which no database keeps: write it anew.")
        if self.kind not in KINDS:
            raise Refused(f'The mapping {self.name} says kind = "{self.kind}"; it must be one of {", ".join(KINDS)}.')
        if self.date_format and self.date_format not in DATE_FORMATS and "%" not in self.date_format:
            raise Refused(
                f'The mapping {self.name} says date_format = "{self.date_format}"; write {", ".join(DATE_FORMATS)}, '
                'or the fields of strptime such as "%d.%m.%Y %H:%M".'
            )
        if self.encoding is not None:
            codec_of(self.encoding)
        for time, given in self.after_start.items():
            _refuse_no_duration(self.name, time, given)

    @property
    def durations(self) -> dict[str, tuple[str, str]]:
        """For each canonical time of ``after_start`` the file's column and the unit."""
        return {time: _column_and_unit(given) for time, given in self.after_start.items()}

    @classmethod
    def from_toml(cls, text: str) -> "Mapping":
        """The mapping that the TOML document states.

        Raises
        ------
        Refused
            The text is no TOML, a field is unknown or of the wrong type, or a required one is missing.
        """
        try:
            document = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise Refused(f"The mapping is not valid TOML: {error}.") from None
        return _mapping(document)

    def to_toml(self) -> str:
        """The mapping as TOML text that ``from_toml`` reads back to an equal mapping."""
        lines = [f"{key} = {_toml(value)}" for key, value in _plain(self).items()]
        for key in ("columns", "constants", "after_start"):
            lines += _section(key, getattr(self, key))
        for column, table in self.values.items():
            lines += _section(f"values.{_key(column)}", table)
        for rule in self.planned:
            lines += ["", "[[planned]]", *_pairs(_plain(rule))]
        for key, part in (("fold", self.fold), ("recognise", self.recognise)):
            if part is not None:
                lines += ["", f"[{key}]", *_pairs(_plain(part))]
        return "\n".join(lines) + "\n"


def codec_of(encoding: str) -> str:
    """Python's name of one of ``ENCODINGS``, however it is spelled.

    Raises
    ------
    Refused
        It is none of them.

    Examples
    --------
    >>> codec_of("Windows-1251"), codec_of("CP1251"), codec_of("Shift-JIS")
    ('cp1251', 'cp1251', 'shift_jis')
    """
    known = {codecs.lookup("cp874" if name == "windows-874" else name).name for name in ENCODINGS}
    spelled = "cp874" if encoding.strip().lower() == "windows-874" else encoding.strip()
    try:
        codec = codecs.lookup(spelled).name if _ENCODING.fullmatch(spelled) else ""
    except LookupError:
        codec = ""
    if codec not in known:
        raise Refused(f'There is no encoding "{encoding}"; known are {", ".join(ENCODINGS)}.')
    return codec


def _column_and_unit(given: str) -> tuple[str, str]:
    column, _, unit = given.strip().rpartition(" ")
    return column.strip(), unit


def _refuse_no_duration(name: str, time: str, given: str) -> None:
    column, unit = _column_and_unit(given)
    if not column or unit not in UNITS:
        raise Refused(
            f'The mapping {name} takes {time} after the start from "{given}"; write the column and its unit, one of '
            f'{", ".join(UNITS)}, such as {time} = "duration min".'
        )


def _mapping(document: dict[str, Any]) -> Mapping:
    for required in ("name", "kind"):
        if required not in document:
            raise Refused(f'The mapping lacks "{required}"; write for example {required} = "{_SAMPLE[required]}".')
    return Mapping(**_checked_fields(Mapping, document, "The mapping", _MAPPING_READERS))


_SAMPLE = {"name": "our_desk", "kind": "incidents"}


def _checked_fields(
    kind: type, document: object, where: str, readers: dict[str, Callable[[object, str], object]]
) -> dict[str, Any]:
    """The fields of a part of the document, each read by its reader; an unknown one is refused."""
    if not isinstance(document, dict):
        raise Refused(f"{where} must be a table of names and values.")
    names = [f.name for f in fields(kind)]
    for key in document:
        if key not in names:
            raise Refused(f'{where} has the unknown field "{key}"; known are {", ".join(names)}.')
    return {key: readers.get(key, _text)(value, f"{where}: {key}") for key, value in document.items()}


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise Refused(f'{where} must be a text in quotes, not "{value}".')
    return value


def _optional_text(value: object, where: str) -> str | None:
    return _text(value, where) or None


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise Refused(f'{where} must be true or false, not "{value}".')
    return value


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Refused(f'{where} must be a list of texts such as ["a", "b"], not "{value}".')
    return tuple(_text(item, where) for item in value)


def _choice(value: object, where: str) -> tuple[str, ...]:
    """One text, or a list of them of which the first that is there counts."""
    return (value,) if isinstance(value, str) else _texts(value, where)


def _table(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused(f'{where} must be a table of names and values, not "{value}".')
    return value


def _columns(value: object, where: str) -> dict[str, str | list[str]]:
    return {
        key: list(_texts(item, f"{where}.{key}")) if isinstance(item, list) else _text(item, f"{where}.{key}")
        for key, item in _table(value, where).items()
    }


def _words(value: object, where: str) -> dict[str, str]:
    return {key: _text(item, f"{where}.{key}") for key, item in _table(value, where).items()}


def _value_tables(value: object, where: str) -> dict[str, dict[str, str]]:
    return {key: _words(item, f"{where}.{key}") for key, item in _table(value, where).items()}


def _planned(value: object, where: str) -> tuple[PlannedRule, ...]:
    if not isinstance(value, list):
        raise Refused(f"{where} must be written as [[planned]] tables.")
    return tuple(_part(PlannedRule, ("column",), rule, where) for rule in value)


def _part(kind: type, required: tuple[str, ...], value: object, where: str) -> Any:
    readers: dict[str, Callable[[object, str], object]] = {
        "values": _texts, "words": _texts, "order": _texts, "new": _texts, "closed": _texts, "unknown": _texts,
        "ends": _texts, "state": _choice, "columns": _texts, "markers": _texts, "only": _flag,
    }  # fmt: skip
    found = _checked_fields(kind, value, where, readers)
    for name in required:
        if name not in found:
            raise Refused(f'{where} lacks "{name}".')
    return kind(**found)


_MAPPING_READERS: dict[str, Callable[[object, str], object]] = {
    "columns": _columns,
    "constants": _words,
    "values": _value_tables,
    "missing": _texts,
    "sheet": _optional_text,
    "encoding": _optional_text,
    "closed_only": _texts,
    "after_start": _words,
    "date_format": _optional_text,
    "split": _optional_text,
    "match_others": _flag,
    "planned": _planned,
    "fold": lambda value, where: _part(Fold, ("by", "order", "updated", "state"), value, where),
    "recognise": lambda value, where: _part(Recognise, (), value, where),
}


def _plain(thing: Any) -> dict[str, Any]:
    """The fields that are texts, flags or lists and differ from their defaults (a field without one always)."""
    return {
        f.name: getattr(thing, f.name)
        for f in fields(thing)
        if isinstance(getattr(thing, f.name), str | bool | tuple)
        and (getattr(thing, f.name) != f.default or f.name in ("reader", "timezone"))
        and f.name != "planned"
    }


def _section(name: str, table: dict[str, Any]) -> list[str]:
    return ["", f"[{name}]", *_pairs(table)] if table else []


def _pairs(table: dict[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_toml(value)}" for key, value in table.items()]


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if bare else _quoted(key)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return _quoted(str(value))


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's, but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
