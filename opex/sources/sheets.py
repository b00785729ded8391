"""The sheets of a workbook: their rows one after the other, and the cells that are merged."""

import re
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from opex.domain.problems import Refused
from opex.sources.cells import ERROR, Styles, WrongCellError, shown_text, string_text
from opex.sources.packages import Listener, Package, Relation, package
from opex.sources.records import shown

MOST_SHEETS = 1_000
MOST_ROWS = 1_048_576
MOST_PLACES = 16_384
MOST_MERGES = 100_000
LONGEST_CELL = 1_000_000
_TEXT_FLOOR = 96 * 1024**2
_TYPES = frozenset({"n", "s", "str", "inlineStr", "b", "e", "d"})
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})", re.ASCII)
_MERGE = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^<>]*?ref\s*=\s*[\"']([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})[\"']"
)


class Wrong(NamedTuple):
    """A cell that cannot be kept: its place (from 0), what it holds, and what was expected."""

    place: int
    value: str
    expected: str


class Row(NamedTuple):
    """A row's number and its filled cells by place (from 0); ``wrong`` is the first that cannot be kept."""

    number: int
    cells: dict[int, str]
    wrong: Wrong | None


class Merge(NamedTuple):
    """Cells that show one value: rows from ``first`` to ``last``, places from ``left`` (0) to ``right``."""

    first: int
    last: int
    left: int
    right: int

    @property
    def words(self) -> str:
        """The range as a spreadsheet program names it."""
        return f"{letters(self.left)}{self.first}:{letters(self.right)}{self.last}"


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A sheet by its title, its part of the package, and what kind of sheet it is."""

    title: str
    part: str
    kind: str


@dataclass(kw_only=True)
class Workbook:
    """An open workbook: its sheets, and what their cells refer to."""

    package: Package
    sheets: list[Sheet]
    from_1904: bool
    styles: Styles = field(default_factory=Styles)
    strings: "Strings"

    def rows(self, sheet: Sheet) -> Iterator[Row]:
        """The sheet's rows that hold anything, from top to bottom.

        Raises
        ------
        Refused
            The sheet is damaged.
        """
        heard = _Rows(self, sheet)
        for _ in self.package.heard(sheet.part, heard):
            if heard.rows:
                yield from heard.rows
                heard.rows.clear()

    def merges(self, sheet: Sheet) -> list[Merge]:
        """The sheet's merged cells, which stand behind its rows, by a scan of its bytes."""
        found: list[Merge] = []
        tail = b""
        for chunk in self.package.chunks(sheet.part):
            data = tail + chunk
            cut = 0
            if b"mergeCell" in data:
                for match in _MERGE.finditer(data):
                    left, first, right, last = (part.decode() for part in match.groups())
                    found.append(Merge(int(first), int(last), place_of(left), place_of(right)))
                    cut = match.end()
            if len(found) > MOST_MERGES:
                raise Refused(
                    f"{self.package.name}, sheet {sheet.title}: more than {MOST_MERGES:,} cells are merged; "
                    "unmerge them, or save the sheet as CSV."
                )
            tail = data[max(cut, len(data) - 200) :]
        return sorted(found)


class Strings(Listener):
    """The listener to the workbook's shared texts; they lie in one piece of memory, as long as it is in bounds."""

    def __init__(self, name: str, size: int) -> None:
        self.starts = {
            "si": self._begin, "t": self._text_begins, "rPh": self._phonetic_begins,
        }  # fmt: skip
        self.ends = {"si": self._end, "t": self._text_ends, "rPh": self._phonetic_ends}
        self._name = name
        self._most = _TEXT_FLOOR + 2 * size
        self._letters = bytearray()
        self._ends = array("Q", [0])
        self._collecting = self._phonetic = False

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, number: int) -> str:
        return self._letters[self._ends[number] : self._ends[number + 1]].decode()

    def text(self, data: str) -> None:
        """A piece of a text."""
        if self._collecting:
            self._letters += data.encode()

    def _begin(self, attributes: dict[str, str]) -> None:
        self._phonetic = False

    def _end(self) -> None:
        self._ends.append(len(self._letters))
        if len(self._letters) + 8 * len(self._ends) > self._most:
            raise Refused(f"{self._name} holds more than {self._most // 1024**2:,} MB of text; save the table as CSV.")

    def _text_begins(self, attributes: dict[str, str]) -> None:
        self._collecting = not self._phonetic

    def _text_ends(self) -> None:
        self._collecting = False

    def _phonetic_begins(self, attributes: dict[str, str]) -> None:
        self._phonetic = True

    def _phonetic_ends(self) -> None:
        self._phonetic = False


class _Book(Listener):
    """The listener to the workbook's own part: titles of sheets, and the calendar."""

    def __init__(self) -> None:
        self.titles: list[tuple[str, str]] = []
        self.from_1904 = False
        self.starts = {"sheet": self._sheet, "workbookPr": self._properties}

    def _sheet(self, attributes: dict[str, str]) -> None:
        ids = [value for key, value in attributes.items() if key.endswith(":id")]
        self.titles.append((attributes.get("name", ""), ids[0] if ids else ""))

    def _properties(self, attributes: dict[str, str]) -> None:
        self.from_1904 = attributes.get("date1904", "0").lower() in ("1", "true", "on")


class _Rows(Listener):
    """The listener to a sheet: the rows met since it was last emptied."""

    def __init__(self, book: Workbook, sheet: Sheet) -> None:
        self.rows: list[Row] = []
        self.starts = {
            "sheetData": self._data_begins, "row": self._row_begins, "c": self._cell_begins, "f": self._formula,
            "v": self._value_begins, "t": self._text_begins, "rPh": self._phonetic_begins,
        }  # fmt: skip
        self.ends = {
            "sheetData": self._data_ends, "row": self._row_ends, "c": self._cell_ends, "v": self._text_ends,
            "t": self._text_ends, "rPh": self._phonetic_ends,
        }  # fmt: skip
        self._book, self._sheet = book, sheet
        self._places: dict[str, int] = {}
        self._inside = self._in_cell = self._collecting = self._phonetic = False
        self._row, self._digits, self._place = 0, "0", -1
        self._cells: dict[int, str] = {}
        self._wrong: Wrong | None = None
        self._type, self._style = "n", ""
        self._formula_found = self._value_found = False
        self._pieces: list[str] = []

    def text(self, data: str) -> None:
        """A piece of a cell's value."""
        if self._collecting:
            self._pieces.append(data)
            if len(self._pieces) > 1 and sum(map(len, self._pieces)) > LONGEST_CELL:
                raise self._damaged(f"holds more than {LONGEST_CELL:,} characters")

    def _data_begins(self, attributes: dict[str, str]) -> None:
        self._inside = True

    def _data_ends(self) -> None:
        self._inside = False

    def _row_begins(self, attributes: dict[str, str]) -> None:
        if not self._inside:
            return
        said = attributes.get("r", "")
        number = int(said) if said.isdecimal() and len(said) < 8 else 0 if said else self._row + 1
        if not self._row < number <= MOST_ROWS:
            raise self._book.package.damaged(
                f"on sheet {self._sheet.title} the row {shown(said)} stands below row {self._row}"
            )
        self._row, self._digits, self._place = number, str(number), -1
        self._cells, self._wrong = {}, None

    def _row_ends(self) -> None:
        if self._inside and (self._cells or self._wrong):
            self.rows.append(Row(self._row, self._cells, self._wrong))

    def _cell_begins(self, attributes: dict[str, str]) -> None:
        if not self._inside:
            return
        self._in_cell, self._formula_found, self._value_found = True, False, False
        self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._pieces = []
        reference = attributes.get("r")
        place = self._place + 1 if reference is None else self._placed(reference)
        if not self._place < place < MOST_PLACES:
            raise self._damaged(f"stands before {shown(str(reference))} or twice")
        self._place = place

    def _placed(self, reference: str) -> int:
        column = reference[: -len(self._digits)]
        place = self._places.get(column)
        if place is not None and reference.endswith(self._digits):
            return place
        match = _REFERENCE.fullmatch(reference)
        if match is None or match[2] != self._digits:
            raise self._damaged(f"is followed by one that calls itself {shown(reference)}")
        self._places[match[1]] = place = place_of(match[1])
        return place

    def _formula(self, attributes: dict[str, str]) -> None:
        self._formula_found = self._in_cell

    def _value_begins(self, attributes: dict[str, str]) -> None:
        self._collecting = self._value_found = self._in_cell

    def _text_begins(self, attributes: dict[str, str]) -> None:
        self._collecting = self._in_cell and not self._phonetic

    def _text_ends(self) -> None:
        self._collecting = False

    def _phonetic_begins(self, attributes: dict[str, str]) -> None:
        self._phonetic = True

    def _phonetic_ends(self) -> None:
        self._phonetic = False

    def _cell_ends(self) -> None:
        if not self._in_cell:
            return
        self._in_cell = False
        raw = "".join(self._pieces)
        if not raw:
            self._without_value()
            return
        if self._type == "s":
            raw = self._shared(raw)
        try:
            value = self._value(raw)
        except WrongCellError as error:
            self._wrong = self._wrong or Wrong(self._place, shown(raw), str(error))
            return
        if value and not value.isspace():
            self._cells[self._place] = value

    def _without_value(self) -> None:
        """A formula without a stored value is a failed cell; one whose value is an empty text says so by its type."""
        if self._formula_found and not (self._type == "str" and self._value_found):
            self._cells[self._place] = f"{ERROR}a formula that was never computed"

    def _value(self, raw: str) -> str:
        kind = self._type
        if kind == "n":
            return shown_text(raw, self._book.styles.kind(self._style), self._book.from_1904)
        if kind == "b":
            return "true" if raw.strip().lower() in ("1", "true") else "false"
        if kind == "e":
            return ERROR + raw
        if kind not in _TYPES:
            raise self._damaged(f"is of the unknown type {shown(kind)}")
        return string_text(raw)

    def _shared(self, raw: str) -> str:
        strings = self._book.strings
        if not raw.isdecimal() or len(raw) > 10 or int(raw) >= len(strings):
            raise self._damaged(f"refers to the text {shown(raw)} of {len(strings):,}")
        return strings[int(raw)]

    def _damaged(self, what: str) -> Refused:
        cell = f"{letters(max(self._place, 0))}{self._row}"
        return self._book.package.damaged(f"on sheet {self._sheet.title} the cell {cell} {what}")


@contextmanager
def workbook(path: Path, name: str) -> Iterator[Workbook]:
    """The workbook at the path, its texts and styles read, its sheets still closed.

    Raises
    ------
    Refused
        It is no workbook, has no sheet, or is damaged.
    """
    with package(path, name) as opened:
        part = _part_of("officeDocument", opened.relations("")) or "xl/workbook.xml"
        book, near = _Book(), opened.relations(part)
        opened.told(part, book)
        if not book.titles:
            raise Refused(f"{name} is a workbook without sheets; save it anew as .xlsx.")
        if len(book.titles) > MOST_SHEETS:
            raise Refused(
                f"{name} has {len(book.titles):,} sheets; at most {MOST_SHEETS:,} are read: keep those needed."
            )
        sheets = [
            Sheet(title=title, part=near[number].part, kind=near[number].kind)
            for title, number in book.titles
            if number in near
        ]
        if len(sheets) < len(book.titles):
            raise opened.damaged("one of its sheets is missing")
        found = Workbook(package=opened, sheets=sheets, from_1904=book.from_1904, strings=Strings(name, opened.size))
        if styles := _part_of("styles", near):
            opened.told(styles, found.styles)
        if strings := _part_of("sharedStrings", near):
            opened.told(strings, found.strings)
        yield found


def letters(place: int) -> str:
    """A column's letters from its place.

    Examples
    --------
    >>> letters(0), letters(27), letters(16_383)
    ('A', 'AB', 'XFD')
    """
    found = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        found = chr(65 + rest) + found
    return found


def place_of(column: str) -> int:
    """A column's place, from 0, from its letters.

    Examples
    --------
    >>> place_of("A"), place_of("AB"), place_of("XFD")
    (0, 27, 16383)
    """
    place = 0
    for letter in column:
        place = place * 26 + ord(letter) - 64
    return place - 1


def _part_of(kind: str, relations: dict[str, Relation]) -> str | None:
    return next((relation.part for relation in relations.values() if relation.kind == kind), None)
