"""One object of JSON as one row: dotted names, lists joined, and the shapes that trackers nest their values in."""

import json
import re
from typing import Any

from opex.sources.delimited import MOST_COLUMNS
from opex.sources.records import KEPT_SEMICOLON, shown

_DEEPEST = 20
_HALF = re.compile("[\ud800-\udfff]")
_REFERENCE = frozenset({"display_value", "value", "link"})
_Row = dict[str, str | None]


class WrongObjectError(ValueError):
    """An object that makes no row: the column where it fails, what stands there, and what was expected."""

    def __init__(self, column: str, value: str, expected: str) -> None:
        super().__init__(expected)
        self.column, self.value, self.expected = column, value, expected


def flat(record: dict[str, Any], *, checked: bool = True) -> _Row:
    """The object's values as text under dotted names.

    Scalars of a list are joined by semicolons, fields of listed objects by line breaks; a semicolon inside one of
    them is kept as ``KEPT_SEMICOLON``, which is a semicolon again where the value is used. An Atlassian document
    (``{"type": "doc", "content": [...]}``) is its text. A ServiceNow field (``{"display_value": ..., "link": ...}``)
    is its displayed value; its ``link`` and ``value`` keep their dotted names. What is nested more than twenty deep
    stays JSON.

    Parameters
    ----------
    record
        What ``json`` made of the object, with numbers as text.
    checked
        Whether names and values may hold half characters or NUL and are to be looked at.

    Raises
    ------
    WrongObjectError
        Two names become one, there are too many, or a value holds half a character or a NUL.

    Examples
    --------
    >>> flat({"id": "7", "team": {"name": "web"}, "tags": ["a", "b"], "updates": [{"body": "x"}, {"body": "y"}]})
    {'id': '7', 'team.name': 'web', 'tags': 'a;b', 'updates.body': 'x\\ny'}
    >>> flat({"cmdb_ci": {"display_value": "db", "link": "https://x"}})
    {'cmdb_ci': 'db', 'cmdb_ci.link': 'https://x'}
    """
    into: _Row = {}
    _into(into, "", record, 0)
    if len(into) > MOST_COLUMNS:
        raise WrongObjectError("row", f"{len(into):,} names", f"an object with at most {MOST_COLUMNS:,} names")
    if checked:
        for name, value in into.items():
            _refuse_unkept(name, value)
    return into


def _into(into: _Row, prefix: str, nested: dict[str, Any], depth: int) -> None:
    """Put the values of an object under their names, ``prefix`` before each."""
    for key, value in nested.items():
        name = prefix + key
        if value is None or type(value) is str:
            if name in into:
                raise _collision(into, name, value)
            into[name] = value
        elif type(value) is dict and depth < _DEEPEST:
            _object_into(into, name, value, depth + 1)
        elif type(value) is list and value and type(value[0]) is dict and depth < _DEEPEST:
            _list_into(into, name, value, depth + 1)
        else:
            _put(into, name, _scalars(value))


def _object_into(into: _Row, name: str, value: dict[str, Any], depth: int) -> None:
    if value.get("type") == "doc" and isinstance(value.get("content"), list):
        _put(into, name, document_text(value))
    elif "display_value" in value and value.keys() <= _REFERENCE:
        _put(into, name, _scalars(value["display_value"]))
        _into(into, f"{name}.", {key: item for key, item in value.items() if key != "display_value"}, depth)
    else:
        _into(into, f"{name}.", value, depth)


def _list_into(into: _Row, name: str, items: list[Any], depth: int) -> None:
    if not all(type(item) is dict for item in items):
        _put(into, name, _scalars(items))
        return
    columns: dict[str, list[str]] = {}
    for item in items:
        below: _Row = {}
        _into(below, f"{name}.", item, depth)
        for key, text in below.items():
            columns.setdefault(key, []).append(_listed(text or ""))
    for key, texts in columns.items():
        _put(into, key, "\n".join([text for text in texts if text]))


def _put(into: _Row, name: str, value: str | None) -> None:
    if name in into:
        raise _collision(into, name, value)
    into[name] = value


def _collision(into: _Row, name: str, value: str | None) -> WrongObjectError:
    return WrongObjectError(name, value or "", f'the only value of that name ("{shown(into[name])}" is there as well)')


def document_text(document: dict[str, Any]) -> str:
    """An Atlassian document's text in reading order, a line for each paragraph.

    Examples
    --------
    >>> line = {"type": "paragraph", "content": [{"type": "text", "text": "It "}, {"type": "text", "text": "broke."}]}
    >>> document_text({"type": "doc", "content": [line, {"type": "bulletList", "content": [line]}]})
    'It broke.\\nIt broke.'
    """
    lines: list[str] = []
    waiting: list[Any] = [document]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            lines.append("".join(_leaf(leaf) for leaf in node))
            continue
        content = node.get("content")
        inline: list[Any] = []
        blocks: list[Any] = []
        for child in content if isinstance(content, list) else []:
            if isinstance(child, dict) and isinstance(child.get("content"), list):
                blocks += [inline, child] if inline else [child]
                inline = []
            elif isinstance(child, dict):
                inline.append(child)
        waiting.extend(reversed([*blocks, inline] if inline else blocks))
    return "\n".join(line for line in lines if line.strip())


def _leaf(node: dict[str, Any]) -> str:
    """The words of a text, a mention, an emoji, a date or a link."""
    if node.get("type") == "hardBreak":
        return "\n"
    attributes = node.get("attrs")
    places = (node, attributes if isinstance(attributes, dict) else {})
    said = (place[key] for place in places for key in ("text", "url", "timestamp") if isinstance(place.get(key), str))
    return next(said, "")


def _scalars(value: Any) -> str | None:
    """A scalar as text, those of a list joined by semicolons; an object too deep for a row as JSON."""
    if isinstance(value, list):
        return ";".join([_listed(text) for item in value if (text := item if type(item) is str else _scalar(item))])
    return _scalar(value)


def _listed(text: str) -> str:
    """A value of a list, whose own semicolons part nothing."""
    return text.replace(";", KEPT_SEMICOLON) if ";" in text else text


def _scalar(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)


def _refuse_unkept(name: str, value: str | None) -> None:
    for text in (name, value or ""):
        if _HALF.search(text):
            raise WrongObjectError(_ascii(name), _ascii(text), "text without half a character: export it anew as UTF-8")
        if "\x00" in text:
            raise WrongObjectError(_ascii(name), _ascii(text), "text without a NUL character: take it out")


def _ascii(text: str) -> str:
    """A text that every screen and database takes: what cannot be kept as its escape."""
    return "".join(f"\\u{ord(c):04x}" if c == "\x00" or "\ud800" <= c <= "\udfff" else c for c in text)
