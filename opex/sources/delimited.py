"""CSV and its kin, read as text by pyarrow: no guessing of types, no word that turns into a missing value."""

import csv
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from opex.domain.problems import Problem, Refused
from opex.sources.content import opened, text_of
from opex.sources.records import TEXT, Records, from_columns, shown

DELIMITERS = ",;\t|"
MOST_COLUMNS = 2_000
HEAD = 1024**2
_UNCLOSED = 'a quote is opened and not closed before the next row; close it, or write a quote inside a cell as "".'


def read_delimited(path: Path, name: str) -> Records:
    """The records of a delimited file.

    Raises
    ------
    Refused
        The file is no text, has no header, repeats a header, or a quote swallows rows.
    """
    text, notes = text_of(opened(path, name), name)
    delimiter, header, skip = header_of(text, name)
    bad: list[Problem] = []
    table = _parsed(text, name, delimiter, header, skip, bad)
    numbers = np.arange(skip + 1, skip + 1 + table.num_rows + len(bad))
    numbers = numbers[~np.isin(numbers, [problem.row or 0 for problem in bad])]
    _refuse_swallowed(table, name, delimiter, numbers)
    bad = [problem for problem in bad if problem.value]
    columns = dict(zip(header, table.columns, strict=True))
    return from_columns(columns, file=name, row_of=numbers, problems=bad, decimal_comma=delimiter == ";", notes=notes)


def header_of(text: str, name: str) -> tuple[str, list[str], int]:
    """The delimiter, the names of the columns and the number of lines up to the header's end."""
    head = text[:HEAD]
    if not head.strip():
        raise Refused(f"{name} is empty; expected a header and rows.")
    skipped = len(head) - len(head.lstrip("\r\n"))
    blank = head[:skipped].replace("\r\n", "\n").count("\n")
    if said := re.match(r"sep=(.)\r?\n", head[skipped:], re.IGNORECASE):  # how Excel is told the delimiter
        skipped, blank = skipped + said.end(), blank + 1
    delimiter = said[1] if said and said[1] in DELIMITERS else _delimiter(head[skipped:])
    reader = csv.reader(head[skipped:].splitlines(keepends=True), delimiter=delimiter)
    try:
        cells = next(reader)
    except csv.Error as error:
        raise Refused(f"{name}: the header cannot be read ({error}); expected the names of the columns.") from None
    return delimiter, _named(cells, name), blank + reader.line_num


def _delimiter(head: str) -> str:
    """The one of ``, ; tab |`` that stands most often in the header, outside quotes."""
    line = head.splitlines()[0]
    bare = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=bare.count)


def _named(cells: list[str], name: str) -> list[str]:
    if len(cells) > MOST_COLUMNS:
        raise Refused(
            f"{name} has more than {MOST_COLUMNS:,} columns, which is the most that is read; keep the ones needed."
        )
    return named_columns(cells, name)


def named_columns(cells: list[str], name: str) -> list[str]:
    """The header's names, stripped; a nameless column is called by its place, a repeated name is refused."""
    names = [cell.strip().lstrip("\ufeff") or f"column {i}" for i, cell in enumerate(cells, 1)]
    repeated = sorted({n for n in names if names.count(n) > 1}) if len(set(names)) < len(names) else []
    if repeated:
        raise Refused(
            f"{name} has the column {', '.join(map(shown, repeated))} more than once; give each column its own name."
        )
    return names


def _parsed(text: str, name: str, delimiter: str, header: list[str], skip: int, bad: list[Problem]) -> pa.Table:
    """The rows below the header. Rows with another number of fields go into ``bad``, blank ones without a value."""

    def keep_problem(row: pyarrow.csv.InvalidRow) -> str:
        if row.text.count('"') % 2:
            unclosed.append(row.number)
        value = shown(row.text) if row.text.strip() else ""
        expected = f"{row.expected_columns} fields as in the header (it has {row.actual_columns})"
        bad.append(Problem(file=name, row=row.number, column="row", value=value, expected=expected))
        return "skip"

    unclosed: list[int] = []
    data = text.encode("utf-8", "replace")
    places = [str(i) for i in range(len(header))]
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(data),
            read_options=pyarrow.csv.ReadOptions(
                use_threads=False, column_names=places, skip_rows=skip, block_size=min(len(data) + 16, 2**31 - 1)
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=keep_problem
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(places, TEXT), strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error) or "contains no" in str(error) or "too few rows" in str(error).lower():
            return pa.table({place: pa.array([], TEXT) for place in places})
        raise Refused(f"{name} cannot be read as a table: {str(error).splitlines()[0]}") from None
    if unclosed:
        raise Refused(f"{name}, row {unclosed[0]}: {_UNCLOSED}")
    return table.combine_chunks()


def _refuse_swallowed(table: pa.Table, name: str, delimiter: str, numbers: npt.NDArray[np.int64]) -> None:
    """A stray quote takes whole rows into one cell: a cell that holds lines shaped like rows shows it."""
    fields = table.num_columns
    if fields < 3:
        return
    mark = "\\" + delimiter if delimiter == "|" else delimiter
    row_shaped = rf"\n(?:[^{mark}\n]*{mark}){{{fields - 1}}}[^{mark}\n]*(?:\n|$)"
    for column in table.columns:
        broken = pc.match_substring(column, "\n")
        if not pc.any(broken).as_py():
            continue
        cells = column.filter(broken)
        suspect = pc.match_substring_regex(cells, row_shaped)
        if pc.any(suspect).as_py():
            position = int(np.flatnonzero(broken.to_numpy())[np.flatnonzero(suspect.to_numpy())[0]])
            raise Refused(f"{name}, row {numbers[position]}: {_UNCLOSED}")
