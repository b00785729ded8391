"""XLSX workbooks by openpyxl, as text: dates as ISO 8601, whole numbers without a point."""

import datetime as dt
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl

from opex.domain.problems import Problem, Refused
from opex.sources.delimited import MOST_COLUMNS, named_columns
from opex.sources.records import Records, from_columns, shown, text_array

MOST_BYTES = 1024**3
MOST_BLANK_ROWS = 10_000
_NO_VALUE = re.compile(rb"</(?:x:)?f>(?:<(?:x:)?v\s*/>|<(?:x:)?v></(?:x:)?v>)?</(?:x:)?c>")


def read_workbook(path: Path, name: str, limit: int | None = None) -> Records:
    """The records of the workbook's one sheet of data.

    Raises
    ------
    Refused
        It is no workbook, several sheets could be meant, or its formulas hold no values.
    """
    _refuse_bomb(path, name)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:
        raise Refused(
            f"{name} cannot be opened as a workbook ({type(error).__name__}); save it again as .xlsx or CSV."
        ) from None
    try:
        sheet = _data_sheet(book, name)
        return _records(sheet, name, limit)
    except Refused:
        raise
    except Exception as error:
        raise Refused(
            f"{name} is a damaged workbook ({type(error).__name__}: {shown(str(error))}); save it again."
        ) from None
    finally:
        book.close()


def workbook_columns(path: Path, name: str) -> list[str]:
    """The header of the workbook's sheet of data."""
    return read_workbook(path, name, limit=1).columns


def _refuse_bomb(path: Path, name: str) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            size = sum(part.file_size for part in parts)
            packed = sum(part.compress_size for part in parts) + 1
            if size > MOST_BYTES or (size > 100 * 1024**2 and size > 200 * packed):
                raise Refused(
                    f"{name} unpacks to {size:,} bytes; at most {MOST_BYTES:,} are read: save the table as CSV."
                )
            for part in parts:
                if part.filename.startswith("xl/worksheets/") and _has_formula_without_value(archive, part):
                    raise Refused(
                        f"{name} holds formulas without values; open it in a spreadsheet program and save it."
                    )
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError):
        raise Refused(f"{name} is a damaged workbook; save it again as .xlsx.") from None


def _has_formula_without_value(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    tail = b""
    with archive.open(part) as stream:
        while chunk := stream.read(4 * 1024**2):
            if _NO_VALUE.search(tail + chunk):
                return True
            tail = chunk[-100:]
    return False


def _data_sheet(book: Any, name: str) -> Any:
    """The sheet with a header of two or more columns and rows below it, if only one is so."""
    filled = {sheet.title: rows for sheet in book.worksheets if (rows := _first_rows(sheet))}
    if not filled:
        raise Refused(f"{name} holds no data; expected a header and rows on one sheet.")
    tables = [title for title, rows in filled.items() if len(rows) > 1 and len(_filled(rows[0])) > 1]
    candidates = tables or list(filled)
    if len(candidates) > 1:
        raise Refused(f"{name} has data on several sheets ({', '.join(candidates)}); keep one of them in the file.")
    return book[candidates[0]]


def _first_rows(sheet: Any) -> list[tuple[Any, ...]]:
    """The first two rows that hold anything."""
    if not hasattr(sheet, "iter_rows"):
        return []
    found: list[tuple[Any, ...]] = []
    for _, row in _rows(sheet):
        found.append(row)
        if len(found) == 2:
            break
    return found


def _filled(row: tuple[Any, ...]) -> list[Any]:
    return [cell for cell in row if cell is not None and str(cell).strip()]


def _rows(sheet: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Row numbers and cells of the rows that hold anything; a long blank stretch ends the sheet."""
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()
    blank = 0
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        blank = 0 if _filled(row) else blank + 1
        if blank > MOST_BLANK_ROWS:
            return
        if not blank:
            yield number, row


def _records(sheet: Any, name: str, limit: int | None) -> Records:
    rows = _rows(sheet)
    _, header = next(rows)
    cells = [_text(cell) or "" for cell in header]
    while cells and not cells[-1].strip():
        cells.pop()
    if len(cells) > MOST_COLUMNS:
        raise Refused(f"{name} has {len(cells):,} columns; at most {MOST_COLUMNS:,} are read.")
    columns = named_columns(cells, name)
    numbers: list[int] = []
    values: list[list[str | None]] = []
    problems: list[Problem] = []
    for number, row in rows:
        if limit is not None and len(numbers) >= limit:
            break
        if extra := _filled(row[len(columns) :]):
            problems.append(Problem(file=name, row=number, column="row", value=shown(str(extra[0])),
                                    expected=f"{len(columns)} fields as in the header"))  # fmt: skip
            continue
        numbers.append(number)
        padded = (*row, *[None] * (len(columns) - len(row)))
        values.append([_text(cell) for cell in padded[: len(columns)]])
    arrays = {column: text_array(row[i] for row in values) for i, column in enumerate(columns)}
    return from_columns(arrays, file=name, row_of=np.array(numbers, dtype=np.int64), problems=problems)


def _text(cell: object) -> str | None:
    """A cell as text that reads back exactly."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    return str(cell)
