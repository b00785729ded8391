"""CSV and its kin, read as text by pyarrow: no guessing of types, no word that turns into a missing value."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from opex.domain.problems import Problem, Refused
from opex.domain.safe import plain
from opex.sources.content import utf8
from opex.sources.quotes import (
    BLOCK,
    UNCLOSED,
    Quotes,
    refuse_swallowed,
    refuse_unbalanced,
    without_spaces_around_quotes,
)
from opex.sources.records import TEXT, Records, from_columns, shown
from opex.sources.values import over_unique

DELIMITERS = ",;\t|"
MOST_COLUMNS = 2_000
HEAD = 1024**2
MOST_BAD = 500_000
TITLES_WITHIN = 64 * 1024
MOST_TITLES = 20
WHY = ("refused: file", "refused: row", "refused: why")


@dataclass(frozen=True)
class _Blank:
    """A blank line: it is no row, but counts."""

    number: int


_Bad: TypeAlias = "pyarrow.csv.InvalidRow | _Blank"


def read_delimited(path: Path, name: str, *, block: int = BLOCK, encoding: str | None = None) -> Iterator[Records]:
    """The records of a delimited file, a chunk for each ``block`` of bytes (at least one, even without a row).

    Raises
    ------
    Refused
        The file is no text, has no header, or a quote swallows rows.
    """
    with utf8(path, name, encoding) as text:
        top = _header(text.file.read(HEAD).decode("utf-8", "ignore"), name)
        quotes = Quotes.of(text.file, top.delimiter)
        if not quotes.by_spaces:
            yield from _records(text.file, name, top, text.notes, block, doubtful=quotes.doubtful)
            return
        with without_spaces_around_quotes(text.file, top.delimiter) as file:
            doubtful = Quotes.of(file, top.delimiter).doubtful
            yield from _records(file, name, top, text.notes, block, doubtful=doubtful)


def _records(
    file: BinaryIO, name: str, top: "_Top", notes: Sequence[str], block: int, *, doubtful: bool
) -> Iterator[Records]:
    notes = [*notes, *top.notes]
    wider = _each_row_ends_in_a_delimiter(file, name, top, block)
    if wider:
        notes.append(f"{name}: each row ends in one more delimiter than the header, with nothing behind it.")
    number, first = top.lines, True
    for table, bad in _batches(file, name, top, block, wider=wider):
        numbers = np.arange(number + 1, number + 1 + table.num_rows + len(bad))
        number += len(numbers)
        numbers = numbers[~np.isin(numbers, [row.number for row in bad])]
        doubtful |= refuse_swallowed(table, name, top.delimiter, numbers)
        broken = [row for row in bad if not isinstance(row, _Blank)]
        yield from_columns(
            _as_written(dict(zip(top.header, table.columns[: len(top.header)], strict=True))),
            file=name,
            row_of=numbers,
            problems=[_problem(row, name) for row in broken],
            spoiled=[_cells(row.text, top.delimiter) for row in broken],
            decimal_comma=top.delimiter == ";",
            notes=notes if first else (),
        )
        first = False
    if doubtful:
        refuse_unbalanced(file, name, top.delimiter)


def _each_row_ends_in_a_delimiter(file: BinaryIO, name: str, top: "_Top", block: int) -> bool:
    """Whether all rows have one field more than the header, and it is empty in each: some programs end rows so."""
    if not top.below or len(top.below) != len(top.header) + 1 or top.below[-1]:
        return False
    empty = True
    for table, bad in _batches(file, name, top, block, wider=True):
        filled = pc.any(pc.not_equal(pc.utf8_trim_whitespace(table.columns[-1]), "")).as_py()
        empty = empty and not filled and all(isinstance(row, _Blank) for row in bad)
    return empty


def _as_written(columns: dict[str, pa.ChunkedArray]) -> dict[str, pa.Array]:
    """The cells without marks; those of a file of refused records, which opex wrote, without their guard too."""
    if set(WHY) <= set(columns):
        return {name: over_unique(column.combine_chunks(), plain) for name, column in columns.items()}
    return {name: _without_marks(column) for name, column in columns.items()}


def _without_marks(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cells without the byte order mark that stands where one file was put behind another."""
    if not pc.any(pc.starts_with(column, "\ufeff")).as_py():
        return column
    return pc.replace_substring_regex(column, "^\ufeff+", "")


def _problem(row: pyarrow.csv.InvalidRow, name: str) -> Problem:
    expected = f"{row.expected_columns} fields as in the header (it has {row.actual_columns})"
    return Problem(file=name, row=row.number, column="row", value=shown(row.text), expected=expected)


def _cells(line: str, delimiter: str) -> tuple[str, ...]:
    try:
        return tuple(cell for row in csv.reader([line], delimiter=delimiter) for cell in row)
    except csv.Error:
        return (line,)


def header_of(text: str, name: str) -> list[str]:
    """The names of the columns."""
    return _header(text, name).header


@dataclass(frozen=True, kw_only=True)
class _Top:
    """The top of a file: its delimiter, the columns' names, how many lines go to the header's end, the row below."""

    delimiter: str
    header: list[str]
    lines: int
    below: list[str]
    notes: list[str]


def _header(head: str, name: str) -> _Top:
    if not head.strip():
        raise Refused(f"{name} is empty; expected a header and rows.")
    skipped = len(head) - len(head.lstrip("\r\n"))
    blank = len(head[:skipped].splitlines())
    if said := re.match(r"sep=(.)(?:\r\n|\r|\n)", head[skipped:], re.IGNORECASE):  # how Excel is told the delimiter
        skipped, blank = skipped + said.end(), blank + 1
    titles, notes = "" if said else _title_lines(head[skipped:]), []
    if titles:
        lines = [text for line in titles.splitlines() if (text := line.strip(f"{DELIMITERS} "))]
        notes.append(f"{name}: above the header and not read: {shown(' / '.join(lines))}.")
        skipped, blank = skipped + len(titles), blank + len(re.findall(r"\r\n|\r|\n", titles))
    delimiter = said[1] if said and said[1] in DELIMITERS else _delimiter(head[skipped:])
    reader = csv.reader(io.StringIO(head[skipped:], newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        cells = next(reader, [])
    except csv.Error as error:
        raise Refused(f"{name}: the header cannot be read ({error}); expected the names of the columns.") from None
    if not any(cell.strip() for cell in cells):
        raise Refused(f"{name} has no header; expected the names of the columns in its first row.")
    if len(cells) > MOST_COLUMNS:
        raise Refused(
            f"{name} has more than {MOST_COLUMNS:,} columns, which is the most that is read; keep the ones needed."
        )
    names, lines_read = named_columns(cells, name), blank + reader.line_num
    return _Top(
        delimiter=delimiter,
        header=names,
        lines=lines_read,
        below=_next_row(reader),
        notes=[*notes, *repeated_headers(names, name)],
    )


def _next_row(reader: Iterator[list[str]]) -> list[str]:
    try:
        return next((cells for cells in reader if cells), [])
    except csv.Error:
        return []


def _title_lines(head: str) -> str:
    """The lines above the header, each with one filled cell or none: above a line in which all cells are filled.

    Nothing where the first line has several filled cells, or no such line follows, or the row below it is of another
    width: then the first line is the header.
    """
    above = 0
    for line in islice(io.StringIO(head[:TITLES_WITHIN], newline=""), MOST_TITLES):
        if not line.endswith(("\r", "\n")):
            break
        delimiter = _delimiter(line)
        rows = csv.reader(io.StringIO(head[above:], newline=""), delimiter=delimiter, skipinitialspace=True)
        cells = _next_row(rows)
        if sum(map(_filled, line.split(delimiter))) > 1:
            whole = len(cells) > 1 and all(map(_filled, cells)) and len(cells) == len(_next_row(rows))
            return head[:above] if whole else ""
        if '"' in line:
            return ""
        above += len(line)
    return ""


def _filled(cell: str) -> bool:
    return bool(cell.strip())


def _delimiter(head: str) -> str:
    """The one of ``, ; tab |`` that stands most often in the header, outside quotes."""
    line = head.splitlines()[0]
    bare = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=bare.count)


def named_columns(cells: list[str], name: str) -> list[str]:
    """The header's names, stripped; a nameless column is called by its place, a repeated name gets its number.

    Examples
    --------
    >>> named_columns(["id", "Labels", "", "Labels"], "jira.csv")
    ['id', 'Labels', 'column 3', 'Labels (2)']
    """
    plain = [cell.strip().lstrip("\ufeff").strip() or f"column {place}" for place, cell in enumerate(cells, 1)]
    taken, met, names = set(plain), Counter[str](), []
    for one in plain:
        met[one] += 1
        if met[one] == 1:
            names.append(one)
            continue
        while (numbered := f"{one} ({met[one]})") in taken:
            met[one] += 1
        taken.add(numbered)
        names.append(numbered)
    return names


def repeated_headers(names: list[str], name: str) -> list[str]:
    """What to say about headers that stand several times: how each of them is called."""
    numbered = re.compile(r"(.*) \(\d+\)")
    groups: dict[str, list[str]] = {}
    for one in names:
        if (found := numbered.fullmatch(one)) and found[1] in names:
            groups.setdefault(found[1], [found[1]]).append(one)
    return [
        f"{name} has the column {shown(one)} {len(group)} times: they are called {', '.join(map(shown, group))}."
        for one, group in groups.items()
    ]


def _batches(
    file: BinaryIO, name: str, top: _Top, block: int, *, wider: bool = False
) -> Iterator[tuple[pa.Table, list[_Bad]]]:
    """Tables of the rows below the header, each with the rows of its stretch that have another number of fields.

    ``wider`` asks for one field more than the header has.
    """
    file.seek(0)
    delimiter, skip, width = top.delimiter, top.lines, len(top.header) + wider
    bad: list[_Bad] = []

    def keep(row: pyarrow.csv.InvalidRow) -> str:
        bad.append(row if row.text.strip() else _Blank(row.number))
        return "skip" if len(bad) < MOST_BAD else "error"

    places = [str(place) for place in range(width)]
    read = pyarrow.csv.ReadOptions(use_threads=False, column_names=places, skip_rows=skip, block_size=block)
    parse = pyarrow.csv.ParseOptions(
        delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=keep
    )
    convert = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(places, TEXT), strings_can_be_null=False, check_utf8=False
    )
    rows, told, any_batch = skip, 0, False
    try:
        with pyarrow.csv.open_csv(file, read_options=read, parse_options=parse, convert_options=convert) as reader:
            for batch in reader:
                # the reader is a block ahead: rows that lie beyond this batch belong to the next one
                upto = told
                while upto < len(bad) and bad[upto].number <= rows + batch.num_rows + upto - told + 1:
                    upto += 1
                rows += batch.num_rows + upto - told
                any_batch = True
                _refuse_unclosed(bad[told:upto], name, delimiter)
                yield pa.Table.from_batches([batch]), bad[told:upto]
                told = upto
    except pa.ArrowInvalid as error:
        _refuse_unclosed(bad[told:], name, delimiter)
        if "straddling object" in str(error):
            raise Refused(
                f"{name}: after row {rows:,} a row is longer than {block // 1024**2} MB; "
                'a quote may be opened there and not closed: close it, or write a quote inside a cell as "".'
            ) from None
        if len(bad) >= MOST_BAD:
            raise Refused(
                f"{name} has more than {MOST_BAD:,} rows that are blank or have not {len(top.header)} fields "
                "as the header has; it may be no table, or have another delimiter."
            ) from None
        if not re.search(r"Empty CSV|contains no|too few rows|skip initial", str(error), re.IGNORECASE):
            raise Refused(f"{name} cannot be read as a table: {str(error).splitlines()[0]}.") from None
    _refuse_unclosed(bad[told:], name, delimiter)
    if bad[told:] or not any_batch:
        yield pa.table({place: pa.array([], TEXT) for place in places}), bad[told:]


def _refuse_unclosed(bad: Sequence[_Bad], name: str, delimiter: str) -> None:
    for row in bad:
        if isinstance(row, _Blank) or '"' not in row.text:
            continue
        try:
            list(csv.reader([row.text], delimiter=delimiter, strict=True))
        except csv.Error:
            raise Refused(f"{name}, row {row.number}: {UNCLOSED}") from None
