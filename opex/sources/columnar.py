"""Parquet: every column brought to text, exactly as CSV would have said it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from opex.domain.problems import Refused
from opex.sources.content import CHUNK, LIMIT
from opex.sources.delimited import MOST_COLUMNS, named_columns, repeated_headers
from opex.sources.records import TEXT, Records, from_columns, shown

MOST_NESTED = 20


def read_parquet(path: Path, name: str, *, chunk: int = 20_000) -> Iterator[Records]:
    """The records of a Parquet file, so many at a time (one chunk without records when there are none).

    Row numbers count as in a table with a header, the first is 2.

    Raises
    ------
    Refused
        The file is damaged, too large, or a column cannot be shown as text.
    """
    row = 2
    try:
        with pyarrow.parquet.ParquetFile(
            path, memory_map=True, pre_buffer=False, buffer_size=CHUNK, page_checksum_verification=True
        ) as file:
            _refuse_large(file, name)
            empty = pa.Table.from_batches([], file.schema_arrow)
            notes = [*repeated_headers(_names(_plain(_flat(empty)), name), name), *_left_out(_flat(empty), name)]
            for batch in file.iter_batches(chunk, use_threads=False):
                yield _records(pa.Table.from_batches([batch]), name, row, notes if row == 2 else [])
                row += batch.num_rows
            if row == 2:
                yield _records(pa.Table.from_batches([], file.schema_arrow), name, row, notes)
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        if isinstance(error, MemoryError):
            raise
        raise Refused(f"{name} is a damaged Parquet file; write it again.") from None


def _records(table: pa.Table, name: str, row: int, notes: list[str]) -> Records:
    table = _plain(_flat(table))
    arrays = [
        _text(_whole(column), title, name) for title, column in zip(table.column_names, table.columns, strict=True)
    ]
    columns = dict(zip(_names(table, name), arrays, strict=True))
    return from_columns(columns, file=name, row_of=np.arange(row, row + table.num_rows), notes=notes)


def _names(table: pa.Table, name: str) -> list[str]:
    return named_columns(table.column_names, name)


def _flat(table: pa.Table) -> pa.Table:
    """Structs become one column for each of their fields, with dotted names."""
    for _ in range(MOST_NESTED):
        if not any(pa.types.is_struct(column.type) for column in table.schema):
            return table
        table = table.flatten()
    raise Refused(f"its columns are nested more than {MOST_NESTED} deep; write them flat.")


def _is_text(kind: pa.DataType) -> bool:
    """Whether a cell of this type can be shown as one text: not a map, nor a list of lists or of structs."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return not pa.types.is_nested(kind.value_type)
    return not pa.types.is_nested(kind)


def _plain(table: pa.Table) -> pa.Table:
    return table.select([number for number, column in enumerate(table.schema) if _is_text(column.type)])


def _left_out(table: pa.Table, name: str) -> list[str]:
    return [
        f'{name}: the column "{shown(column.name)}" ({shown(str(column.type))}) is no text and is not read.'
        for column in table.schema
        if not _is_text(column.type)
    ]


def _whole(column: pa.ChunkedArray) -> pa.Array:
    combined = column.combine_chunks()
    return pa.array([], column.type) if isinstance(combined, pa.ChunkedArray) else combined


def _refuse_large(file: pyarrow.parquet.ParquetFile, name: str) -> None:
    metadata = file.metadata
    size = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    if size > LIMIT or metadata.num_rows > 50_000_000 or metadata.num_columns > MOST_COLUMNS:
        raise Refused(
            f"{name} holds {metadata.num_rows:,} rows, {metadata.num_columns:,} columns and {size:,} bytes; "
            f"at most 50,000,000 rows, {MOST_COLUMNS:,} columns and {LIMIT:,} bytes are read: split it."
        )


def _text(array: pa.Array, column: str, name: str) -> pa.Array:
    kind = array.type
    try:
        if pa.types.is_dictionary(kind):
            return _text(array.dictionary_decode(), column, name)
        if pa.types.is_list(kind) or pa.types.is_large_list(kind):
            return pc.binary_join(array.cast(pa.list_(pa.string())), ";").cast(TEXT)
        if pa.types.is_floating(kind):
            return pc.replace_substring_regex(array.cast(TEXT), r"\.0$", "")
        text = array.cast(TEXT)
        text.validate(full=True)
        return text
    except (pa.ArrowException, UnicodeDecodeError):
        raise Refused(f'{name}: the column "{column}" ({kind}) cannot be shown as text; write it as text.') from None
