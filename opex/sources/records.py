"""Raw records: what a reader hands on, every cell as text, with the place where it stood."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from opex.domain.problems import Problem

TEXT = pa.large_string()
SHOWN = 120
KEPT_SEMICOLON = "\ufdd0"
"""Stands for a semicolon inside a value of a list, so that it does not part it (no text holds this noncharacter)."""
STEM = "file_stem"
ENDINGS = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".xlsm", ".md", ".markdown")


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where records stood: ``file_of`` indexes ``files``; ``row_of`` is the row's number, -1 for a whole file."""

    files: tuple[str, ...]
    file_of: npt.NDArray[np.int64]
    row_of: npt.NDArray[np.int64]

    def taken(self, rows: npt.NDArray[np.int64]) -> "Places":
        """The places at these positions, in this order."""
        return Places(files=self.files, file_of=self.file_of[rows], row_of=self.row_of[rows])

    def of(self, position: int) -> tuple[str, int | None]:
        """The file and the row number of a record."""
        row = int(self.row_of[position])
        return self.files[int(self.file_of[position])], None if row < 0 else row

    def problem(self, position: int, column: str, value: str | None, expected: str) -> Problem:
        """What is wrong with a cell of the record at this position."""
        file, row = self.of(position)
        return Problem(file=file, row=row, column=column, value=shown(value), expected=expected)


def joined_places(parts: Sequence[Places]) -> Places:
    """The places of several parts, one after the other."""
    offsets = np.cumsum([0, *[len(part.files) for part in parts]])
    return Places(
        files=tuple(name for part in parts for name in part.files),
        file_of=np.concatenate([part.file_of + offsets[i] for i, part in enumerate(parts)]),
        row_of=np.concatenate([part.row_of for part in parts]),
    )


@dataclass(frozen=True, kw_only=True)
class Records:
    """Rows as text. ``table`` holds only text columns, an empty or blank cell is null.

    ``rows`` counts everything that was there, ``problems`` are the rows that could not be taken apart (each is one
    refused record); ``spoiled`` are the cells of these rows as far as they could be told, so that they can be mended.
    """

    table: pa.Table
    places: Places
    rows: int
    problems: tuple[Problem, ...] = ()
    spoiled: tuple[tuple[str, ...], ...] = ()
    decimal_comma: bool = False
    mixed_decimals: bool = False
    notes: tuple[str, ...] = field(default=())

    @property
    def columns(self) -> list[str]:
        """The names of the file's columns, in its order."""
        return list(self.table.column_names)

    @property
    def stems(self) -> pa.Array:
        """For each record its file's name without folder and ending."""
        names = pa.array([stem(name) for name in self.places.files], TEXT)
        return names.take(pa.array(self.places.file_of))

    def head(self, count: int) -> "Records":
        """The first ``count`` records."""
        return self.taken(np.arange(min(count, self.table.num_rows)))

    def taken(self, rows: npt.NDArray[np.int64]) -> "Records":
        """The records at these positions, in this order."""
        return replace(self, table=self.table.take(pa.array(rows)), places=self.places.taken(rows))


def column_of(records: Records, name: str) -> pa.Array:
    """A column's cells in one piece."""
    column = records.table[name].combine_chunks()
    return column if isinstance(column, pa.Array) else pa.array([], TEXT)


def from_columns(
    columns: Mapping[str, pa.Array], *, file: str, row_of: npt.NDArray[np.int64], problems: Sequence[Problem] = (),
    spoiled: Sequence[tuple[str, ...]] = (), decimal_comma: bool = False, notes: Sequence[str] = (),
) -> Records:  # fmt: skip
    """Records of one file from its text columns; blank cells become null, rows without any cell are left out."""
    table = pa.table({name: without_blanks(array) for name, array in columns.items()})
    filled = _filled(table)
    row_of = np.asarray(row_of, dtype=np.int64)
    if not filled.all():
        table, row_of = table.filter(pa.array(filled)), row_of[filled]
    return Records(
        table=table,
        places=Places(files=(file,), file_of=np.zeros(table.num_rows, dtype=np.int64), row_of=row_of),
        rows=table.num_rows + len(problems),
        problems=tuple(problems),
        spoiled=tuple(spoiled) or tuple((problem.value,) for problem in problems),
        decimal_comma=decimal_comma,
        notes=tuple(notes),
    )


def from_dicts(
    records: Sequence[Mapping[str, str | None]], *, file: str, row_of: Sequence[int], problems: Sequence[Problem] = ()
) -> Records:
    """Records of one file from one dictionary each; the columns are all names met, in order of appearance."""
    names = dict.fromkeys(name for record in records for name in record)
    columns = {name: text_array(record.get(name) for record in records) for name in names}
    if not columns:
        columns = {"": text_array([])}
        row_of = []
    return from_columns(columns, file=file, row_of=np.asarray(row_of, dtype=np.int64), problems=problems)


def joined(parts: Sequence[Records]) -> Records:
    """The records of several files as one; columns that a file lacks are null there."""
    if len(parts) == 1:
        return parts[0]
    return Records(
        table=pa.concat_tables([part.table for part in parts], promote_options="default").combine_chunks(),
        places=joined_places([part.places for part in parts]),
        rows=sum(part.rows for part in parts),
        problems=tuple(problem for part in parts for problem in part.problems),
        spoiled=tuple(cells for part in parts for cells in part.spoiled),
        decimal_comma=any(part.decimal_comma for part in parts),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )


def text_array(values: Iterable[str | None]) -> pa.Array:
    """A text column; half characters (lone surrogates) become the replacement character."""
    listed = list(values)
    try:
        return pa.array(listed, TEXT)
    except (UnicodeEncodeError, pa.ArrowInvalid):
        return pa.array([None if v is None else v.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
                         for v in listed], TEXT)  # fmt: skip


def with_semicolons(array: pa.Array) -> pa.Array:
    """The column with the semicolons of listed values as themselves."""
    if not pc.any(pc.match_substring(array, KEPT_SEMICOLON)).as_py():
        return array
    return pc.replace_substring(array, KEPT_SEMICOLON, ";")


def without_blanks(array: pa.Array) -> pa.Array:
    """The column with null in place of cells that are empty or only space."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # no chunk at all
        array = pa.array([], TEXT)
    blank = pc.match_substring_regex(array, r"^[\s\pZ]*$")
    return pc.if_else(blank, pa.scalar(None, TEXT), array) if pc.any(blank).as_py() else array


def stem(name: str) -> str:
    """A file's name without folder and known endings.

    Examples
    --------
    >>> stem("2024/cpu v1.2.csv.gz")
    'cpu v1.2'
    """
    plain = name.replace("\\", "/").rsplit("/", 1)[-1]
    for ending in (".gz", *ENDINGS):
        if plain.lower().endswith(ending) and len(plain) > len(ending):
            plain = plain[: -len(ending)]
            if ending != ".gz":
                break
    return plain


def shown(value: str | None) -> str:
    """A cell as a problem shows it: cut when long."""
    text = value or ""
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _filled(table: pa.Table) -> npt.NDArray[np.bool_]:
    filled = np.zeros(table.num_rows, dtype=bool)
    for column in table.columns:
        filled |= column.is_valid().to_numpy()
        if filled.all():
            break
    return filled
