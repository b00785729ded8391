"""JSON and JSON Lines as records in chunks: an array of objects wherever it is nested, or one object a line."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from opex.domain.problems import Problem, Refused
from opex.sources.content import utf8
from opex.sources.delimited import MOST_COLUMNS
from opex.sources.flattening import WrongObjectError, flat
from opex.sources.objects import STRICT, Document, RepeatedNameError, what_is_wrong
from opex.sources.records import Records, from_dicts, shown

LONGEST_LINE = 64 * 1024**2
MOST_IN_VAIN = 10_000
LONGEST_SPOILED = 30_000
MOST_CELLS = 2_000_000
MOST_LETTERS = 32 * 1024**2
_UNKEPT = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)")
_OBJECT = "one JSON object with each name once"


def read_json(path: Path, name: str, *, chunk: int = 20_000, encoding: str | None = None) -> Iterator[Records]:
    """The records of a JSON document in chunks; the row number counts the records.

    Which array holds the records is told by ``objects.Document.records``, how an object becomes a row by
    ``flattening.flat``. Numbers, ``NaN`` and ``Infinity`` stay as they are written. Elements that are no objects,
    and objects that make no row, are problems. Chunks may have different columns.

    Raises
    ------
    Refused
        The document is broken, no one array of objects is found in it, an object gives a name twice, or its objects
        have more than 2,000 names.
    """
    with utf8(path, name, encoding) as text:
        document, notes = Document(text.file.read(), name), text.notes
    gathered = _Gathered(name, chunk, notes, "record")
    for number, element in enumerate(document.records(), 1):
        source = document.source(element)
        if isinstance(element.value, dict):
            gathered.take(number, element.value, source)
        else:
            gathered.refuse(number, "row", source, "a JSON object")
        if gathered.full:
            yield gathered.chunk()
    yield from gathered.rest()


def read_json_lines(path: Path, name: str, *, chunk: int = 20_000, encoding: str | None = None) -> Iterator[Records]:
    """The records of a file with one JSON object a line, in chunks; the row number is the line's.

    A line that is no object, or makes no row, is a problem and leaves the others alone. Otherwise as ``read_json``.

    Raises
    ------
    Refused
        The file is no text, a line has more than 64 MB, or its objects have more than 2,000 names.
    """
    with utf8(path, name, encoding) as text:
        gathered = _Gathered(name, chunk, text.notes, "line")
        read: Callable[[], bytes] = lambda: text.file.readline(LONGEST_LINE + 1)  # noqa: E731
        for number, line in enumerate(iter(read, b""), 1):
            if len(line) > LONGEST_LINE:
                raise Refused(
                    f"{name}, line {number:,}, has more than {LONGEST_LINE // 1024**2} MB; "
                    "expected one JSON object a line, or a document with an array of them."
                )
            _take_line(gathered, number, line.decode("utf-8"))
            if gathered.full:
                yield gathered.chunk()
        yield from gathered.rest()


def _take_line(gathered: "_Gathered", number: int, line: str) -> None:
    line = line.strip()
    if not line:
        return
    try:
        record = STRICT.decode(line)
    except RepeatedNameError as error:
        gathered.refuse(number, "row", line, f'{_OBJECT} ("{shown(str(error))}" is there twice)')
    except RecursionError:
        gathered.refuse(number, "row", line, "an object that is nested less deeply")
    except json.JSONDecodeError as error:
        why = what_is_wrong(line, error.pos, error.msg)
        gathered.refuse(number, "row", line, f"{_OBJECT} (column {error.colno:,}: {why})")
    else:
        if isinstance(record, dict):
            gathered.take(number, record, line)
        else:
            gathered.refuse(number, "row", line, _OBJECT)


class _Gathered:
    """Rows until there are enough for a chunk, by their number, their cells or their letters."""

    def __init__(self, name: str, most: int, notes: tuple[str, ...], unit: str) -> None:
        self._name, self._most, self._notes, self._unit = name, max(1, most), notes, unit
        self._met: set[str] = set()
        self._refused = 0
        self._yielded = False
        self._empty()

    @property
    def full(self) -> bool:
        """Whether it is time for a chunk."""
        count = len(self._numbers) + len(self._problems)
        return count >= self._most or count * len(self._names) >= MOST_CELLS or self._letters >= MOST_LETTERS

    def take(self, number: int, record: dict[str, Any], source: str) -> None:
        """Take a record that was written so, or note why it makes no row."""
        try:
            row = flat(record, checked=_UNKEPT.search(source) is not None)
        except WrongObjectError as wrong:
            self.refuse(number, wrong.column, source, wrong.expected, wrong.value)
            return
        except RecursionError:
            self.refuse(number, "row", source, "an object that is nested less deeply")
            return
        if not row.keys() <= self._names:
            self._new_names(number, row)
        self._rows.append(row)
        self._numbers.append(number)
        self._letters += len(source)

    def refuse(self, number: int, column: str, source: str, expected: str, value: str | None = None) -> None:
        """Note a record that makes no row: as it was written, and the value at fault if it is not all of it."""
        value = shown(source if value is None else value)
        self._problems.append(
            Problem(file=self._name, row=number, column=shown(column), value=value, expected=expected)
        )
        self._spoiled.append((source[:LONGEST_SPOILED],))
        self._letters += min(len(source), LONGEST_SPOILED)
        self._refused += 1
        if self._refused == MOST_IN_VAIN and not self._met:
            raise Refused(
                f"{self._name} holds no records: none of its first {MOST_IN_VAIN:,} {self._unit}s can be used "
                f"(the last is not {expected}); expected JSON objects."
            )

    def chunk(self) -> Records:
        """The records since the last chunk; the first has the notes."""
        records = from_dicts(self._rows, file=self._name, row_of=self._numbers, problems=self._problems)
        records = replace(records, notes=self._notes, spoiled=tuple(self._spoiled))
        self._notes, self._yielded = (), True
        self._empty()
        return records

    def rest(self) -> Iterator[Records]:
        """The last chunk, if there is anything or none was yielded."""
        if self._numbers or self._problems or not self._yielded:
            yield self.chunk()

    def _new_names(self, number: int, row: dict[str, str | None]) -> None:
        self._names |= row.keys()
        self._met |= row.keys()
        if len(self._met) > MOST_COLUMNS:
            raise Refused(
                f"{self._name}, {self._unit} {number:,}: its objects have more than {MOST_COLUMNS:,} different names "
                "up to here; keep the ones needed, and put what differs from object to object into values."
            )

    def _empty(self) -> None:
        self._rows: list[dict[str, str | None]] = []
        self._numbers: list[int] = []
        self._problems: list[Problem] = []
        self._spoiled: list[tuple[str]] = []
        self._names: set[str] = set()
        self._letters = 0
