"""Parquet: every column brought to text, exactly as CSV would have said it."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from opex.domain.problems import Refused
from opex.sources.content import LIMIT
from opex.sources.delimited import MOST_COLUMNS, named_columns
from opex.sources.records import TEXT, Records, from_columns


def read_parquet(path: Path, name: str, limit: int | None = None) -> Records:
    """The records of a Parquet file; row numbers count as in a table with a header, the first is 2.

    Raises
    ------
    Refused
        The file is damaged, too large, or a column cannot be shown as text.
    """
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            _refuse_large(file, name)
            table = file.read() if limit is None else next(file.iter_batches(limit), None)
            table = file.schema_arrow.empty_table() if table is None else table
    except (pa.ArrowException, OSError, ValueError, MemoryError, StopIteration) as error:
        raise Refused(f"{name} is a damaged Parquet file ({type(error).__name__}); write it again.") from None
    table = table if isinstance(table, pa.Table) else pa.Table.from_batches([table])
    while any(pa.types.is_struct(column.type) for column in table.schema):
        table = table.flatten()
    names = named_columns(table.column_names, name)
    columns = {
        column: _text(array.combine_chunks(), column, name) for column, array in zip(names, table.columns, strict=True)
    }
    return from_columns(columns, file=name, row_of=np.arange(2, table.num_rows + 2))


def parquet_columns(path: Path, name: str) -> list[str]:
    """The names of the file's columns."""
    return read_parquet(path, name, limit=1).columns


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
        return array.cast(TEXT)
    except (pa.ArrowException, UnicodeDecodeError):
        raise Refused(f'{name}: the column "{column}" ({kind}) cannot be shown as text; write it as text.') from None
