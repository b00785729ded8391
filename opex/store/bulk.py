"""Bulk rows by the fast path of each database: ``executemany`` of sqlite3, ``COPY`` of PostgreSQL."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from opex.store.schema import UtcDateTime

__all__ = ["delete", "digests", "fetch", "insert", "update"]


def column_values(column: pd.Series) -> list[Any]:
    """A column as plain Python values, missing as ``None``, instants as microseconds since 1970."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.as_unit("us").astype("int64").astype("Int64").where(column.notna())
    values: list[Any] = pa.array(column, from_pandas=True).to_pylist()
    return values


def digests(frame: pd.DataFrame) -> pd.Series:
    """A 64-bit fingerprint of each row's values: equal rows have equal ones, changed rows do not.

    It depends on the row alone: a missing cell adds nothing, so that a column which is missing throughout one file
    and filled here and there in the next one leaves the rows without it equal.
    """
    total = np.zeros(len(frame), dtype=np.uint64)
    for position, name in enumerate(frame.columns):
        column = frame[name]
        if column.isna().all():
            continue
        mixed = (_hashes(column) ^ np.uint64(0x9E3779B97F4A7C15 + position)) * np.uint64(2 * position + 1)
        total += np.where(column.isna(), np.uint64(0), mixed)
    return pd.Series(total.view(np.int64), index=frame.index)


def _hashes(column: pd.Series) -> npt.NDArray[np.uint64]:
    if isinstance(column.dtype, pd.StringDtype):
        codes, words = pd.factorize(column)
        each = pd.util.hash_array(words.to_numpy(dtype=object), categorize=False)
        return np.append(each, np.uint64(0))[codes]
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.as_unit("us").astype("int64")
    elif str(column.dtype) in {"Int64", "boolean"}:
        column = column.astype("Int64").fillna(0).astype("int64")
    return pd.util.hash_array(column.to_numpy(), categorize=False)


def insert(connection: sa.Connection, table: sa.Table, frame: pd.DataFrame) -> None:
    """Insert the frame's rows; its columns are named as the table's, and those without any value are left out."""
    if frame.empty:
        return
    filled = [name for name in frame.columns if frame[name].notna().any()]
    columns = [column_values(frame[name]) for name in filled]
    names = ", ".join(f'"{name}"' for name in filled)
    raw = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'  # noqa: S608 - names of our own tables
        raw.executemany(statement, zip(*columns, strict=True))  # type: ignore[union-attr]
        return
    with raw.cursor().copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:  # type: ignore[union-attr]
        for row in zip(*columns, strict=True):
            copy.write_row(row)


def update(connection: sa.Connection, table: sa.Table, frame: pd.DataFrame) -> None:
    """Give the rows with these ids the frame's values."""
    if frame.empty:
        return
    values = [name for name in frame.columns if name != "id"]
    statement = sa.update(table).where(table.c.id == sa.bindparam("row_id"))
    statement = statement.values({name: sa.cast(sa.bindparam(f"new_{name}"), _plain(table, name)) for name in values})
    columns = {f"new_{name}": column_values(frame[name]) for name in values} | {"row_id": column_values(frame["id"])}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    connection.execute(statement, rows)


def _plain(table: sa.Table, name: str) -> Any:
    kind = table.c[name].type
    return sa.BigInteger() if isinstance(kind, UtcDateTime) else kind


def delete(connection: sa.Connection, column: sa.Column[Any], values: Iterable[Any]) -> None:
    """Delete the rows whose column holds one of these values, five hundred at a time."""
    everything = list(values)
    for start in range(0, len(everything), 500):
        connection.execute(sa.delete(column.table).where(column.in_(everything[start : start + 500])))


def fetch(connection: sa.Connection, columns: Sequence[sa.Column[Any]], *conditions: Any) -> pd.DataFrame:
    """The columns of a table as a frame; instants aware, text as pandas' ``str``, in the rows' stored order."""
    plain = [sa.type_coerce(c, sa.BigInteger).label(c.name) if _is_time(c) else c for c in columns]
    statement = sa.select(*plain).where(*conditions)
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
