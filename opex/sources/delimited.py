"""CSV and its kin, read as text by pyarrow: no guessing of types, no word that turns into a missing value."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from opex.domain.problems import Problem, Refused
from opex.domain.safe import plain
from opex.sources.content import utf8
from opex.sources.records import TEXT, Records, from_columns, shown
from opex.sources.values import over_unique

DELIMITERS = ",;\t|"
MOST_COLUMNS = 2_000
HEAD = 1024**2
BLOCK = 8 * 1024**2
MOST_BAD = 500_000
ALIKE = 1_000
WHY = ("refused: file", "refused: row", "refused: why")
_UNCLOSED = 'a quote is opened and not closed before the next row; close it, or write a quote inside a cell as "".'


@dataclass(frozen=True)
class _Blank:
    """A blank line: it is no row, but counts."""

    number: int


_Bad: TypeAlias = "pyarrow.csv.InvalidRow | _Blank"


def read_delimited(path: Path, name: str, *, block: int = BLOCK) -> Iterator[Records]:
    """The records of a delimited file, a chunk for each ``block`` of bytes (at least one, even without a row).

    Raises
    ------
    Refused
        The file is no text, has no header, or a quote swallows rows.
    """
    with utf8(path, name) as text:
        head = text.file.read(HEAD)
        delimiter, header, skip, notes = _header(head.decode("utf-8", "ignore"), name)
        doubtful = _doubtful_quotes(text.file, delimiter)
        text.file.seek(0)
        number, first = skip, True
        for table, bad in _batches(text.file, name, delimiter, len(header), skip, block):
            numbers = np.arange(number + 1, number + 1 + table.num_rows + len(bad))
            number += len(numbers)
            numbers = numbers[~np.isin(numbers, [row.number for row in bad])]
            doubtful |= _refuse_swallowed(table, name, delimiter, numbers)
            broken = [row for row in bad if not isinstance(row, _Blank)]
            yield from_columns(
                _as_written(dict(zip(header, table.columns, strict=True))),
                file=name,
                row_of=numbers,
                problems=[_problem(row, name) for row in broken],
                spoiled=[_cells(row.text, delimiter) for row in broken],
                decimal_comma=delimiter == ";",
                notes=(*text.notes, *notes) if first else (),
            )
            first = False
        if doubtful:
            _refuse_unbalanced(text.file, name, delimiter)


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
    return _header(text, name)[1]


def _header(head: str, name: str) -> tuple[str, list[str], int, list[str]]:
    """The delimiter, the names of the columns, the number of lines up to the header's end, and notes."""
    if not head.strip():
        raise Refused(f"{name} is empty; expected a header and rows.")
    skipped = len(head) - len(head.lstrip("\r\n"))
    blank = len(head[:skipped].splitlines())
    if said := re.match(r"sep=(.)(?:\r\n|\r|\n)", head[skipped:], re.IGNORECASE):  # how Excel is told the delimiter
        skipped, blank = skipped + said.end(), blank + 1
    delimiter = said[1] if said and said[1] in DELIMITERS else _delimiter(head[skipped:])
    reader = csv.reader(io.StringIO(head[skipped:], newline=""), delimiter=delimiter)
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
    names = named_columns(cells, name)
    return delimiter, names, blank + reader.line_num, repeated_headers(names, name)


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
    file: BinaryIO, name: str, delimiter: str, width: int, skip: int, block: int
) -> Iterator[tuple[pa.Table, list[_Bad]]]:
    """Tables of the rows below the header, each with the rows of its stretch that have another number of fields."""
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
                f"{name} has more than {MOST_BAD:,} rows that are blank or have not {width} fields as the header has; "
                "it may be no table, or have another delimiter."
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
            raise Refused(f"{name}, row {row.number}: {_UNCLOSED}") from None


def _doubtful_quotes(file: BinaryIO, delimiter: str) -> bool:
    """Whether a cell may go on behind its closing quote: then a strict reader has to go over the file.

    Runs of quotes tell: between two letters an even number is quotes inside of a cell; at the begin of a cell an odd
    one opens it.
    """
    file.seek(0)
    edge = np.zeros(256, dtype=bool)
    edge[[ord(delimiter), ord("\n"), ord("\r")]] = True
    before = b"\n"
    while part := file.read(BLOCK):
        data = np.frombuffer(before + part + b"\n", dtype=np.uint8)
        quote = data == ord('"')
        starts = np.flatnonzero(quote[1:] & ~quote[:-1]) + 1
        ends = np.flatnonzero(quote[:-1] & ~quote[1:])
        if len(starts) != len(ends):  # a run goes on in the next block
            return True
        odd = (ends - starts) % 2 == 0
        opened = edge[data[starts - 1]]
        if bool((~edge[data[ends + 1]] & (odd != opened)).any()):
            return True
        before = part[-1:]
    return False


def _refuse_swallowed(table: pa.Table, name: str, delimiter: str, numbers: npt.NDArray[np.int64]) -> bool:
    """Whether a cell holds line breaks. A stray quote takes whole rows into a cell: lines written as rows show it."""
    fields, found, written = table.num_columns, False, None
    for place, column in enumerate(table.columns):
        broken = pc.match_substring_regex(column, r"[\r\n]")
        if not pc.any(broken).as_py():
            continue
        found = True
        if fields < 3:  # a line of prose with one comma is no sign: the strict reader decides
            continue
        written = written or _Written.of(table)
        cells, firsts = column.filter(broken).to_pylist(), table.column(0).filter(broken).to_pylist()
        for nth, (cell, own) in enumerate(zip(cells, firsts, strict=True)):
            lines = [line.split(delimiter) for line in re.split(r"\r\n|\r|\n", cell)]
            completed = place + len(lines[0]) == fields
            if any(written.is_row(line, completed) for line in lines[1:] if len(line) == fields) or (
                completed and written.are_halves(lines[0], lines[-1], place, own)
            ):
                raise Refused(f"{name}, row {numbers[int(np.flatnonzero(broken.to_numpy())[nth])]}: {_UNCLOSED}")
    return found


@dataclass(frozen=True, kw_only=True)
class _Written:
    """How the cells of a table's columns are written, by place, where they are written alike.

    ``strict`` are columns of dates, or of codes such as ``INC-12``; ``loose`` are columns of plain numbers.
    """

    strict: dict[int, set[str]]
    loose: dict[int, set[str]]

    @classmethod
    def of(cls, table: pa.Table) -> "_Written":
        """From the first rows, without cells that hold line breaks."""
        strict, loose = {}, {}
        for place, column in enumerate(table.columns):
            cells = column.slice(0, ALIKE).to_pylist()
            ways = Counter(
                _written_as(cell) for cell in cells if cell.strip() and "\n" not in cell and "\r" not in cell
            )
            for found, ruled in ((strict, _is_date_or_code), (loose, _is_number)):
                if sum(count for way, count in ways.items() if ruled(way)) > 0.8 * sum(ways.values()):
                    found[place] = {way for way in ways if ruled(way)}
        return cls(strict=strict, loose=loose)

    def is_row(self, line: list[str], completed: bool) -> bool:
        """Whether a line of as many fields as the table has is a row of it.

        It has a date, or a code, where the other rows have theirs; or a number where they have theirs, with nothing
        that speaks against it, below a line that completes the row above (``completed``).
        """
        ways = [_written_as(cell) for cell in line]
        if any(ways[place] in known for place, known in self.strict.items()):
            return True
        if not completed or self._is_prose(dict(enumerate(line))):
            return False
        return not self.loose or any(ways[place] in known for place, known in self.loose.items())

    def are_halves(self, head: list[str], tail: list[str], place: int, own: str) -> bool:
        """Whether the first and last line of the cell at this place are the end of one row and the begin of the next.

        The last line has as many fields as stand before the cell, and its first field is written as the row's own
        first one is (``INC-12`` as ``INC-11``).
        """
        if len(head) < 2 or len(tail) != place + 1:
            return False
        cells = dict(enumerate(tail[:-1])) | dict(enumerate(head[1:], place + 1))
        return _written_as(tail[0]) == _written_as(own if place else head[0]) and not self._is_prose(cells)

    def _is_prose(self, cells: dict[int, str]) -> bool:
        """Whether a word without any digit stands where the table's rows have a date or a code."""
        return any(cells.get(place, "").strip() and not re.search(r"\d", cells[place]) for place in self.strict)


def _written_as(text: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "0", text.strip()))


def _is_date_or_code(way: str) -> bool:
    return way.count("0") > 1 or ("0" in way and "a" in way and " " not in way)


def _is_number(way: str) -> bool:
    return way == "0"


def _refuse_unbalanced(file: BinaryIO, name: str, delimiter: str) -> None:
    """Where cells hold line breaks, a strict reader goes over the file: each quote closes where a cell ends."""
    file.seek(0)
    text = io.TextIOWrapper(file, "utf-8", newline="")
    rows = csv.reader(text, delimiter=delimiter, strict=True)
    csv.field_size_limit(BLOCK)
    number = 1
    try:
        for _ in rows:
            number += 1
    except csv.Error:
        raise Refused(f"{name}, row {number}: {_UNCLOSED}") from None
    finally:
        text.detach()
