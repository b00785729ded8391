"""Where the records of a JSON document are, decoded one by one, and what is wrong with one that is broken."""

import json
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from opex.domain.problems import Refused
from opex.sources.delimited import MOST_COLUMNS
from opex.sources.records import shown
from opex.sources.vocabulary import plain_header, synonyms

# Arrays of objects that accompany records in what Jira, PagerDuty, Opsgenie, Statuspage and ServiceNow export.
SIDE = frozenset(
    {"acknowledgements", "actions", "alerts", "annotations", "assignees", "assignments", "attachments", "changelog",
     "comments", "components", "custom_fields", "customFields", "errors", "fields", "history", "included",
     "incident_updates", "issuelinks", "labels", "links", "log_entries", "messages", "metadata", "notes",
     "participants", "postmortem_updates", "responders", "roles", "subtasks", "tags", "teams", "timeline", "updates",
     "warnings", "watchers", "worklogs"}
)  # fmt: skip
# Names by which an object shows that it is a record itself.
IDS = frozenset({"id", "key", "number", "incident_id", "incident_number", "sys_id", "tinyId", "uuid"})
IDENTITY = IDS | {"name", "title", "summary"}

# What an array of records is called, also beside the name and the date of an export.
EXPORTED = frozenset(
    {"alarms", "cases", "change_requests", "changes", "content", "data", "deployments", "documents", "entries",
     "events", "incidents", "issues", "items", "list", "objects", "outages", "postmortems", "problems", "records",
     "releases", "requests", "response", "result", "results", "rows", "tickets", "values", "workflow_runs"}
)  # fmt: skip
_TITLES = frozenset({"title", "summary", "shortdescription", "subject", "headline", "incidenttitle"})
_SPACE = re.compile(r"[ \t\n\r]*")


class RepeatedNameError(ValueError):
    """An object gives a name twice."""


class Element(NamedTuple):
    """A decoded value, and where it begins and ends in the text."""

    value: Any
    start: int
    end: int


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's names and values, each name once.

    Raises
    ------
    RepeatedNameError
        A name is given twice.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise RepeatedNameError(next(name for name in found if names.count(name) > 1))
    return found


STRICT = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=once)
"""Decodes with numbers and constants as they are written, and each name once."""
_PLAIN = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


@dataclass(kw_only=True)
class _Value:
    """A value of an object before it is decoded: where it begins, its kind, and what an object holds."""

    start: int
    kind: str
    has_objects: bool = False
    is_empty: bool = False
    inside: dict[str, "_Value"] = field(default_factory=dict)


class Document:
    """A JSON document in memory, of which only one record at a time is decoded.

    The text is kept as its UTF-8 bytes, one character for each, so that a single emoji does not make it four times
    as large; JSON's own marks are ASCII, so that it can be walked all the same.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self._name = name
        self._ascii = data.isascii()
        self._text = data.decode("latin-1")

    def records(self) -> Iterator[Element]:
        """The document's records, whatever they are (the caller tells objects from others).

        They are the document's own array; or, if it is an object, its one array that holds objects; or the one such
        array one level deeper, if no name at the top says that the object is a record itself (``id``, ``key``,
        ``number``, ``title`` and the like). Arrays that are known to accompany records (``included``, ``comments``,
        ``components`` and the like) are not meant where another one is there, or where the object has such a name.
        Where the object has a title and a start of its own, only an array is meant that is called as records are
        (``incidents``, ``data`` and the like). Else the object is one record; several arrays with no words beside
        them are refused. An object that holds only empty arrays and has no such name has no record. Objects one after
        the other are a record each.

        Raises
        ------
        Refused
            The document is broken, too deep, holds several arrays that could be meant, or no record at all.
        """
        start = self._space(0)
        first = self._text[start : start + 1]
        if first == "[":
            end = yield from self._elements(start, strict=True)
            self._refuse_more(end)
        elif first == "{":
            yield from self._of_object(start)
        else:
            _, end = self._skipped(start)
            self._refuse_more(end)
            raise Refused(f"{self._name} holds no records; expected an array of objects.")

    def _of_object(self, start: int) -> Iterator[Element]:
        values, end = self._outline(start, 2)
        if self._text[end : end + 1] == "{":
            yield from self._one_after_another(start)
            return
        self._refuse_more(end)
        array = self._array(values)
        if array is not None:
            yield from self._elements(array, strict=True)
        elif not _is_empty_export(values):
            yield self._decoded(start)

    def _one_after_another(self, start: int) -> Iterator[Element]:
        while start < len(self._text):
            if self._text[start] != "{":
                raise self._broken(start, "an object is followed by something else; expected one array of objects")
            element = self._decoded(start)
            yield element
            start = self._space(element.end)

    def _array(self, values: dict[str, _Value]) -> int | None:
        """Where the array of records begins."""
        found = {key: value for key, value in values.items() if value.has_objects}
        is_record = any(key in IDENTITY and value.kind == "scalar" for key, value in values.items())
        if found:
            has_id = any(key in IDS and value.kind == "scalar" for key, value in values.items())
            return self._one_of(found, is_record, whole=_whole(values), has_id=has_id)
        if is_record:
            return None
        deeper = {
            f"{outer}.{key}": value
            for outer, inside in values.items()
            for key, value in inside.inside.items()
            if (value.has_objects or value.is_empty) and key not in SIDE and not _identified(inside.inside)
        }
        filled = {key: value for key, value in deeper.items() if value.has_objects} or deeper
        if len(filled) > 1 and any(value.has_objects for value in filled.values()):
            raise self._several(list(filled))
        return next(iter(filled.values())).start if len(filled) == 1 else None

    def _one_of(self, found: dict[str, _Value], is_record: bool, *, whole: bool, has_id: bool) -> int | None:
        main = {key: value for key, value in found.items() if key not in SIDE}
        if not main and is_record:
            return None
        exported = [key for key in main if key.casefold() in EXPORTED]
        if whole and not exported:
            if len(main) > 1:
                listed = ", ".join(shown(key) for key in list(main)[:20])
                raise Refused(
                    f"{self._name} holds one object that has a title and a start, and several arrays of objects in it "
                    f"({listed}); if the object is the record, write it in an array: [{{...}}], else keep only one "
                    "array in the file."
                )
            return None
        if whole and has_id:
            raise Refused(
                f"{self._name} holds one object that has an id, a title and a start, and the array "
                f'"{shown(exported[0])}" in it; if the object is the record, write it in an array: [{{...}}], '
                "else keep only the array in the file."
            )
        main = main or found
        if len(main) == 1:
            return next(iter(main.values())).start
        raise self._several(list(main))

    def _several(self, names: list[str]) -> Refused:
        listed = ", ".join(shown(name) for name in names[:20])
        return Refused(f"{self._name} holds several arrays of objects ({listed}); keep one of them in the file.")

    def _outline(self, start: int, depth: int) -> tuple[dict[str, _Value], int]:
        """What the object that begins here holds, decoded in passing, and where the next document begins."""
        values: dict[str, _Value] = {}
        place = self._space(start + 1)
        if self._text[place : place + 1] == "}":
            return values, self._space(place + 1)
        while True:
            if self._text[place : place + 1] != '"':
                raise self._broken(place, "expected a name in double quotes")
            key, place = self._skipped(place)
            place = self._space(place)
            if self._text[place : place + 1] != ":":
                raise self._broken(place, "expected a colon after a name")
            if _utf8(key) in values:
                raise self._repeated(_utf8(key), None)
            value, place = self._glanced(self._space(place + 1), depth)
            if len(values) < MOST_COLUMNS:
                values[_utf8(key)] = value
            elif depth > 1:
                raise Refused(f"{self._name} has more than {MOST_COLUMNS:,} names in one object; put them in an array.")
            place = self._space(place)
            mark = self._text[place : place + 1]
            if mark == "}":
                return values, self._space(place + 1)
            if mark != ",":
                raise self._broken(place, "expected a comma or the end of the object")
            place = self._space(place + 1)

    def _glanced(self, start: int, depth: int) -> tuple[_Value, int]:
        """The value that begins here, without keeping it, and where it ends."""
        mark = self._text[start : start + 1]
        if mark == "[":
            return self._glanced_array(start)
        if mark == "{" and depth > 1:
            inside, end = self._outline(start, depth - 1)
            return _Value(start=start, kind="object", inside=inside), end
        _, end = self._skipped(start)
        return _Value(start=start, kind="object" if mark == "{" else "scalar"), end

    def _glanced_array(self, start: int) -> tuple[_Value, int]:
        value = _Value(start=start, kind="array", is_empty=True)
        elements = self._elements(start, strict=False)
        while True:
            try:
                element = next(elements)
            except StopIteration as ended:
                return value, ended.value
            value.is_empty = False
            value.has_objects = value.has_objects or isinstance(element.value, dict)

    def _elements(self, start: int, *, strict: bool) -> Generator[Element, None, int]:
        """The elements of the array that begins here; returns where it ends."""
        place, number = self._space(start + 1), 0
        if self._text[place : place + 1] == "]":
            return place + 1
        while True:
            number += 1
            if strict:
                element = self._decoded(place, number)
            else:
                value, end = self._skipped(place)
                element = Element(value, place, end)
            yield element
            place = self._space(element.end)
            mark = self._text[place : place + 1]
            if mark == "]":
                return place + 1
            if mark != ",":
                raise self._broken(place, "expected a comma or the end of the array")
            place = self._space(place + 1)

    def _decoded(self, start: int, number: int | None = None) -> Element:
        try:
            if self._ascii:
                value, end = STRICT.raw_decode(self._text, start)
            else:
                _, end = _PLAIN.raw_decode(self._text, start)
                value = STRICT.decode(_utf8(self._text[start:end]))
        except RepeatedNameError as error:
            raise self._repeated(str(error), number) from None
        except RecursionError:
            raise self._deep() from None
        except json.JSONDecodeError as error:
            raise self._broken(error.pos, error.msg) from None
        return Element(value, start, end)

    def _skipped(self, start: int) -> tuple[Any, int]:
        try:
            return _PLAIN.raw_decode(self._text, start)
        except RecursionError:
            raise self._deep() from None
        except json.JSONDecodeError as error:
            raise self._broken(error.pos, error.msg) from None

    def source(self, element: Element) -> str:
        """The element as it is written in the document."""
        return _utf8(self._text[element.start : element.end])

    def _space(self, place: int) -> int:
        found = _SPACE.match(self._text, place)
        return found.end() if found else place

    def _refuse_more(self, end: int) -> None:
        place = self._space(end)
        if place < len(self._text):
            raise self._broken(place, "a second document follows the first; keep one, or put all records in one array")

    def _repeated(self, key: str, number: int | None) -> Refused:
        where = "" if number is None else f", record {number:,},"
        return Refused(f'{self._name}{where} names "{shown(key)}" twice in one object; give each value its own name.')

    def _deep(self) -> Refused:
        return Refused(f"{self._name} is nested too deeply; expected an array of flat objects.")

    def _broken(self, place: int, message: str) -> Refused:
        line = self._text.count("\n", 0, place) + 1
        begin = self._text.rfind("\n", 0, place) + 1
        column = len(_utf8(self._text[begin:place])) + 1
        what = what_is_wrong(self._text, place, message)
        return Refused(f"{self._name} is not valid JSON: line {line:,}, column {column:,}: {what}.")


def what_is_wrong(text: str, place: int, message: str) -> str:
    """What is wrong with JSON at this place, and how to mend it.

    Examples
    --------
    >>> what_is_wrong('[1, 2,]', 6, "Expecting value")
    'a comma stands before the closing bracket; take it out'
    """
    window = text[max(0, place - 1000) : place].rstrip()
    if not text[place : place + 1000].strip() or message.startswith("Unterminated string"):
        return "the text breaks off here; it is only half of the document: export it again"
    if text.startswith(("//", "/*", "#"), place):
        return "comments are no part of JSON; take them out"
    after = text[place + 1 : place + 1000].lstrip() if text[place] == "," else text[place]
    if (window.endswith(",") or text[place] == ",") and after[:1] in ("]", "}"):
        return "a comma stands before the closing bracket; take it out"
    if text[place] == "'":
        return "names and texts stand in double quotes, not in single ones"
    if message.startswith("Invalid control character"):
        return "a line break or another control character stands inside a text; write it as \\n"
    return message[:1].lower() + message[1:]


def _identified(values: dict[str, _Value]) -> bool:
    return any(key in IDENTITY and value.kind == "scalar" for key, value in values.items())


def _whole(values: dict[str, _Value]) -> bool:
    """Whether the object says by itself what an incident or a change must: its title and when it began."""
    said = {plain_header(key) for key, value in values.items() if value.kind == "scalar"}
    titled = said & _TITLES or ("name" in said and said & {plain_header(name) for name in IDS})
    return bool(titled and said & _starts())


@cache
def _starts() -> frozenset[str]:
    """The headers that mean a start."""
    return frozenset(plain_header(word) for kind in ("incidents", "changes") for word in synonyms(kind)["started_at"])


def _is_empty_export(values: dict[str, _Value]) -> bool:
    arrays = [value for value in values.values() if value.kind == "array"]
    return bool(arrays) and all(value.is_empty for value in arrays) and not _identified(values)


def _utf8(text: str) -> str:
    """Text of one character for each byte, as the characters that it means."""
    return text if text.isascii() else text.encode("latin-1", "replace").decode("utf-8", "replace")
