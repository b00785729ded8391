"""XLSX workbooks as text: which sheet is meant, where its header stands, and its records in chunks."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from opex.domain.problems import Problem, Refused
from opex.sources.cells import ERROR
from opex.sources.delimited import MOST_COLUMNS, named_columns
from opex.sources.records import Records, from_columns, shown, text_array
from opex.sources.sheets import Merge, Row, Sheet, Workbook, letters, workbook

MOST_BLANK_ROWS = 10_000
HEADER_WITHIN = 10
MOST_CELLS = 2_000_000
MOST_LETTERS = 32 * 1024**2
_SHOWN_MERGES = 5
_SHOWN_SHEETS = 20
_KINDS = {"chartsheet": "a chart", "dialogsheet": "a dialog", "macrosheet": "macros", "xlMacrosheet": "macros"}


def read_workbook(path: Path, name: str, *, sheet: str | None = None, chunk: int = 20_000) -> Iterator[Records]:
    """The records of one sheet, in chunks that stay small in memory; row numbers are the sheet's.

    The sheet is the one asked for (whatever the case of its letters), else the only one that holds a table: a header
    of two or more columns with a row below it. The header is the first of the sheet's first ten filled rows that has
    two or more filled cells; title lines above it, and sheets that are passed over, are named in the notes of the
    first chunk.

    A value that is merged down counts for each of its rows that holds anything else; merged across, it stays in its
    first column. A formula reads as its stored value. An error value (``#REF!``) reads as ``"\\x00#REF!"``, which no
    other cell can hold, so that only who uses it need refuse it. Dates, moments and durations are ISO 8601 with a
    space as divider, whole numbers have no point, numbers read back exactly, texts keep their zeros.

    Parameters
    ----------
    path, name
        The file, and how reports call it.
    sheet
        The title of the sheet that is meant.
    chunk
        The most records of a chunk; it has fewer where rows are wide.

    Yields
    ------
    Records
        At least one, also when the sheet has a header only.

    Raises
    ------
    Refused
        It is no workbook, several sheets could be meant or none, it is damaged, or its formulas hold no values.
    """
    with workbook(path, name) as book:
        meant, notes = _chosen(book, sheet)
        yield from _Table(book, meant, _head(book, meant), notes).chunks(chunk)


def workbook_sheets(path: Path, name: str) -> list[str]:
    """The titles of the sheets that hold a table, hidden ones too, in their order.

    Raises
    ------
    Refused
        It is no workbook, or is damaged.
    """
    with workbook(path, name) as book:
        return [sheet.title for sheet in book.sheets if _head(book, sheet).is_table]


@dataclass(frozen=True, kw_only=True)
class _Head:
    """What stands at the top of a sheet: rows above the header, the header (if there is one), and rows below it."""

    above: tuple[Row, ...] = ()
    header: Row | None = None
    has_rows: bool = False

    @property
    def is_table(self) -> bool:
        return self.header is not None and self.has_rows

    @property
    def is_empty(self) -> bool:
        return self.header is None and not self.above


def _head(book: Workbook, sheet: Sheet) -> _Head:
    above: list[Row] = []
    if sheet.kind != "worksheet":
        return _Head()
    rows = book.rows(sheet)
    for row in rows:
        if len(row.cells) + (row.wrong is not None) > 1:
            return _Head(above=tuple(above), header=row, has_rows=next(rows, None) is not None)
        above.append(row)
        if len(above) == HEADER_WITHIN:
            break
    return _Head(above=tuple(above))


def _chosen(book: Workbook, asked: str | None) -> tuple[Sheet, list[str]]:
    """The sheet that is meant, and notes on those that are passed over."""
    name = book.package.name
    if asked is not None:
        meant = _asked(book, asked)
        return meant, _passed([sheet for sheet in book.sheets if sheet is not meant], "it was not asked for")
    heads = {sheet.part: _head(book, sheet) for sheet in book.sheets}
    tables = [sheet for sheet in book.sheets if heads[sheet.part].is_table]
    tables = tables or [sheet for sheet in book.sheets if heads[sheet.part].header is not None]
    if not tables:
        raise Refused(
            f"{name} holds no table on any sheet; expected a header of two or more columns and rows below it."
        )
    if len(tables) > 1:
        raise Refused(f"{name} has tables on several sheets ({_titles(tables)}); name one with --sheet.")
    rest = [sheet for sheet in book.sheets if sheet is not tables[0]]
    filled = [sheet for sheet in rest if sheet.kind != "worksheet" or not heads[sheet.part].is_empty]
    return tables[0], _passed(filled, "it holds no table")


def _asked(book: Workbook, asked: str) -> Sheet:
    name, wanted = book.package.name, asked.strip().casefold()
    found = [sheet for sheet in book.sheets if sheet.title.strip().casefold() == wanted]
    if not found:
        raise Refused(f"{name} has no sheet {shown(asked)}; it has {_titles(book.sheets)}.")
    meant = found[0]
    if meant.kind != "worksheet":
        raise Refused(f"{name}, sheet {meant.title}: it is {_KINDS.get(meant.kind, meant.kind)}, not a table.")
    if _head(book, meant).header is None:
        raise Refused(
            f"{name}, sheet {meant.title}: it holds no table; "
            f"none of its first {HEADER_WITHIN} rows has two filled cells."
        )
    return meant


def _titles(sheets: list[Sheet]) -> str:
    more = len(sheets) - _SHOWN_SHEETS
    return ", ".join(shown(sheet.title) for sheet in sheets[:_SHOWN_SHEETS]) + (f" and {more:,} more" * (more > 0))


def _passed(sheets: list[Sheet], why: str) -> list[str]:
    notes = []
    for sheet in sheets[:_SHOWN_SHEETS]:
        reason = why if sheet.kind == "worksheet" else f"it is {_KINDS.get(sheet.kind, sheet.kind)}"
        notes.append(f"sheet {shown(sheet.title)} is not read: {reason}")
    if len(sheets) > _SHOWN_SHEETS:
        notes.append(f"{len(sheets) - _SHOWN_SHEETS:,} more sheets are not read")
    return notes


class _Table:
    """A sheet's records, gathered row by row and handed on in chunks."""

    def __init__(self, book: Workbook, sheet: Sheet, head: _Head, notes: list[str]) -> None:
        assert head.header is not None  # noqa: S101 - _chosen answers for it
        self._book, self._sheet = book, sheet
        self._name = book.package.name
        self._top = head.header.number
        self._columns = self._named(head.header)
        merges = book.merges(sheet)
        self._down = _Down([merge for merge in merges if merge.first > self._top])
        self._notes = [*notes, *_title_lines(head.above), *_merge_notes(merges, self._top)]
        self._empty()

    def chunks(self, most: int) -> Iterator[Records]:
        """The sheet's records; the first chunk has the notes."""
        most = max(1, min(most, MOST_CELLS // len(self._columns)))
        last, yielded = self._top, False
        for row in self._book.rows(self._sheet):
            if row.number <= self._top:
                continue
            self._refuse_gap(last, row)
            last = row.number
            self._take(row)
            if len(self._numbers) + len(self._problems) >= most or self._letters > MOST_LETTERS:
                yield self._chunk()
                yielded = True
        if not yielded or self._numbers or self._problems:
            yield self._chunk()

    def _named(self, header: Row) -> list[str]:
        if header.wrong is not None:
            where = f"{letters(header.wrong.place)}{header.number}"
            raise Refused(
                f"{self._name}, sheet {self._sheet.title}, cell {where}: the header is not {header.wrong.expected}."
            )
        width = max(header.cells) + 1
        if width > MOST_COLUMNS:
            raise Refused(
                f"{self._name}, sheet {self._sheet.title} has {width:,} columns; at most {MOST_COLUMNS:,} are read: "
                "keep the ones needed."
            )
        cells = [header.cells.get(place, "").replace(ERROR, "") for place in range(width)]
        return named_columns(cells, self._name)

    def _refuse_gap(self, last: int, row: Row) -> None:
        if row.number - last - 1 > MOST_BLANK_ROWS:
            raise Refused(
                f"{self._name}, sheet {self._sheet.title}: row {row.number:,} stands below {row.number - last - 1:,} "
                f"empty rows (the one before it is row {last:,}); take out the empty rows, or what stands below them."
            )

    def _empty(self) -> None:
        self._rows: list[list[str | None]] = []
        self._numbers: list[int] = []
        self._problems: list[Problem] = []
        self._spoiled: list[tuple[str, ...]] = []
        self._letters = 0

    def _take(self, row: Row) -> None:
        cells = self._down.filled(row)
        width = len(self._columns)
        if row.wrong is not None:
            place = row.wrong.place
            column = self._columns[place] if place < width else letters(place)
            self._problem(row, column, row.wrong.value, row.wrong.expected)
        elif (furthest := next(reversed(row.cells))) >= width:
            value = row.cells[furthest].replace(ERROR, "")
            expected = f"{width} fields as in the header (the value stands in column {letters(furthest)})"
            self._problem(row, "row", value, expected)
        else:
            self._rows.append([cells.get(place) for place in range(width)])
            self._numbers.append(row.number)
            self._letters += sum(map(len, cells.values()))

    def _problem(self, row: Row, column: str, value: str, expected: str) -> None:
        self._problems.append(
            Problem(file=self._name, row=row.number, column=column, value=shown(value), expected=expected)
        )
        width = len(self._columns)
        cells = [row.cells.get(place, "") for place in range(width)]
        beyond = [cell for place, cell in row.cells.items() if place >= width]
        self._spoiled.append(tuple(cell.replace(ERROR, "") for cell in (*cells, *beyond)))
        self._letters += sum(map(len, row.cells.values()))

    def _chunk(self) -> Records:
        arrays = {column: text_array(row[place] for row in self._rows) for place, column in enumerate(self._columns)}
        numbers = np.array(self._numbers, dtype=np.int64)
        records = from_columns(
            arrays, file=self._name, row_of=numbers, problems=self._problems, spoiled=self._spoiled, notes=self._notes
        )
        self._notes = []
        self._empty()
        return records


class _Down:
    """Values that are merged down, for each row that holds anything of its own."""

    def __init__(self, merges: list[Merge]) -> None:
        self._waiting = [merge for merge in reversed(merges) if merge.last > merge.first]
        self._active: dict[int, tuple[int, str]] = {}

    def filled(self, row: Row) -> dict[int, str]:
        """The row's cells and those that are merged into it."""
        if not self._waiting and not self._active:
            return row.cells
        cells = dict(row.cells)
        for place, (last, value) in list(self._active.items()):
            if row.number > last:
                del self._active[place]
            else:
                cells.setdefault(place, value)
        while self._waiting and self._waiting[-1].first <= row.number:
            merge = self._waiting.pop()
            if merge.first == row.number and merge.left in row.cells:
                self._active[merge.left] = (merge.last, row.cells[merge.left])
        return cells


def _title_lines(above: tuple[Row, ...]) -> list[str]:
    if not above:
        return []
    lines = [f"row {row.number}{_first_cell(row)}" for row in above]
    return [f"above the header and not read: {', '.join(lines)}"]


def _first_cell(row: Row) -> str:
    value = next(iter(row.cells.values()), "")
    return f' "{shown(value.replace(ERROR, ""))}"' if value else ""


def _merge_notes(merges: list[Merge], top: int) -> list[str]:
    """What is done with merged cells, at most five shown of each sort."""
    header = [merge for merge in merges if merge.first <= top < merge.last]
    down = [merge for merge in merges if merge.first > top and merge.last > merge.first]
    across = [merge for merge in merges if merge.last >= top and merge.right > merge.left]
    sorts = (
        (header, f"cells merged from the header downwards count for the header in row {top} only"),
        (down, "cells merged over several rows count for each of them"),
        (across, "cells merged over several columns count for the first of them"),
    )
    return [f"{words}: {_some(found)}" for found, words in sorts if found]


def _some(merges: list[Merge]) -> str:
    names = [merge.words for merge in merges[:_SHOWN_MERGES]]
    more = len(merges) - _SHOWN_MERGES
    return ", ".join(names) + (f" and {more:,} more" if more > 0 else "")
