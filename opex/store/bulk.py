"""Bulk rows by the fast path of each database: ``executemany`` of sqlite3, ``COPY`` of PostgreSQL."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from opex.store.schema import UtcDateTime

__all__ = ["copied", "delete", "fetch", "insert"]

COPIED = 20_000


def insert(connection: sa.Connection, table: sa.Table, part: pa.Table) -> None:
    """Insert the rows of an Arrow table; its columns are named as the table's, and those without a value left out."""
    filled = [name for name in part.column_names if part[name].null_count < part.num_rows]
    if not part.num_rows or not filled:
        return
    columns = [_plain(part[name]) for name in filled]
    names = ", ".join(f'"{name}"' for name in filled)
    raw = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'  # noqa: S608 - names of our own tables
        values = (column.to_pylist() for column in columns)
        raw.executemany(statement, zip(*values, strict=True))  # type: ignore[union-attr]
        return
    with raw.cursor().copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:  # type: ignore[union-attr]
        for start in range(0, part.num_rows, COPIED):
            copy.write(copied([column.slice(start, COPIED) for column in columns]))


def _plain(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece, instants as microseconds since 1970."""
    whole = column.combine_chunks()
    whole = pa.array([], column.type) if isinstance(whole, pa.ChunkedArray) else whole
    return whole.cast(pa.int64()) if pa.types.is_timestamp(whole.type) else whole


def copied(columns: Sequence[pa.Array]) -> bytes:
    """Rows in PostgreSQL's text format: tabs between columns, ``\\N`` for a missing value, one row a line.

    Examples
    --------
    >>> copied([pa.array(["a\\tb", None], pa.large_string()), pa.array([1, 2])])
    b'a\\\\tb\\t1\\n\\\\N\\t2\\n'
    """
    texts = [pc.fill_null(_escaped(column), "\\N") for column in columns]
    lines = pc.binary_join_element_wise(*texts, pa.scalar("\t", pa.large_string()))
    ended = pc.binary_join_element_wise(lines, pa.scalar("", pa.large_string()), pa.scalar("\n", pa.large_string()))
    _, offsets, data = ended.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[ended.offset : ended.offset + len(ended) + 1]
    return bytes(memoryview(data)[int(ends[0]) : int(ends[-1])])


def _escaped(column: pa.Array) -> pa.Array:
    if not pa.types.is_large_string(column.type):
        return column.cast(pa.large_string())
    if not pc.any(pc.match_substring_regex(column, r"[\\\t\n\r]")).as_py():
        return column
    for sign, written in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        column = pc.replace_substring(column, sign, written)
    return column


def delete(connection: sa.Connection, column: sa.Column[Any], values: Iterable[Any]) -> None:
    """Delete the rows whose column holds one of these values, five hundred at a time."""
    everything = list(values)
    for start in range(0, len(everything), 500):
        connection.execute(sa.delete(column.table).where(column.in_(everything[start : start + 500])))


def fetch(
    connection: sa.Connection, columns: Sequence[sa.Column[Any]], *conditions: Any, first: int | None = None
) -> pd.DataFrame:
    """The columns of a table as a frame; instants aware, text as pandas' ``str``, in the rows' stored order.

    With ``first`` only so many rows, in the order of the first column.
    """
    plain = [sa.type_coerce(c, sa.BigInteger).label(c.name) if _is_time(c) else c for c in columns]
    statement = sa.select(*plain).where(*conditions)
    if first is not None:
        statement = statement.order_by(columns[0]).limit(first)
    rows = connection.execute(statement).fetchall()
    values = list(zip(*rows, strict=True)) if rows else [() for _ in columns]
    return pd.DataFrame({c.name: _series(c, v) for c, v in zip(columns, values, strict=True)})


def _is_time(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, UtcDateTime)


def _series(column: sa.Column[Any], values: Sequence[Any]) -> pd.Series:
    if _is_time(column):
        moments = pa.array(values, type=pa.int64()).cast(pa.timestamp("us", tz="UTC"))
        return pd.Series(moments.to_pandas().astype("datetime64[us, UTC]"))
    if isinstance(column.type, sa.Text):
        return pd.Series(pd.array(values, dtype="str")) if values else pd.Series(dtype="str")
    if isinstance(column.type, sa.Boolean):
        return pd.Series(values, dtype="boolean")
    if isinstance(column.type, sa.Integer):
        return pd.Series(values, dtype="int64" if not column.nullable else "Int64")
    return pd.Series(values, dtype="float64")
