"""The tables that pass between stages: columns, dtypes, units. Every source ends in these.

Times are aware UTC with microseconds; a missing value is missing, not 0. Text is pandas' ``str``.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

Kind = Literal["text", "time", "integer", "number", "flag"]
DTYPES: dict[Kind, str] = {
    "text": "str",
    "time": "datetime64[us, UTC]",
    "integer": "Int64",
    "number": "float64",
    "flag": "boolean",
}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its name, what it holds, and whether a row can be without it."""

    name: str
    kind: Kind
    meaning: str
    required: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """A canonical table. ``key`` names the columns that identify a row."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """The names of the columns, in order."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)


def _c(name: str, kind: Kind, meaning: str, *, required: bool = False) -> Column:
    return Column(name=name, kind=kind, meaning=meaning, required=required)


INCIDENTS = Table(
    name="incidents",
    key=("source", "source_id"),
    columns=(
        _c(
            "source",
            "text",
            "the format's or mapping's name, or --source NAME; never the file's",
            required=True,
        ),
        _c("source_id", "text", "the row's identity within its source", required=True),
        _c("title", "text", "one line that says what happened", required=True),
        _c("description", "text", "everything else that was written about it"),
        _c("system", "text", "the first system named, as the source names it"),
        _c(
            "environment",
            "text",
            "production, test, development ...; unknown where nobody said",
            required=True,
        ),
        _c("category", "text", "the source's own class of incident"),
        _c("severity", "integer", "1 most severe to 5"),
        _c("started_at", "time", "when the trouble began", required=True),
        _c("detected_at", "time", "when somebody or something noticed"),
        _c("acknowledged_at", "time", "when somebody took it on"),
        _c("mitigated_at", "time", "when users were no longer hurt"),
        _c("resolved_at", "time", "when it was over; missing while it is open"),
        _c("status", "text", "open or closed, where the source says so"),
        _c("planned", "flag", "planned work: a maintenance is not an incident", required=True),
        _c("customers_affected", "integer", "customers hurt"),
        _c("team", "text", "the team that handled it"),
        _c("url", "text", "where to read more"),
        _c("tags", "text", "labels, separated by semicolons"),
        _c("reopened_count", "integer", "times it was opened again"),
        _c("caused_by", "text", "ids of changes that caused it, if known, separated by semicolons"),
    ),
)

INCIDENT_SYSTEMS = Table(
    name="incident_systems",
    key=("source", "source_id", "system"),
    columns=(
        _c("source", "text", "the incident's source", required=True),
        _c("source_id", "text", "the incident's id", required=True),
        _c("system", "text", "a further system that it touched, as the source names it", required=True),
    ),
)

CHANGES = Table(
    name="changes",
    key=("source", "source_id"),
    columns=(
        _c("source", "text", "the format's or mapping's name, or --source NAME", required=True),
        _c("source_id", "text", "the row's identity within its source", required=True),
        _c("kind", "text", "deployment, configuration, infrastructure or api_call", required=True),
        _c("title", "text", "one line that says what was changed", required=True),
        _c("system", "text", "the system changed, as the source names it; commits name none"),
        _c(
            "environment",
            "text",
            "production, test, development ...; unknown where nobody said",
            required=True,
        ),
        _c("committed_at", "time", "when it was written"),
        _c("started_at", "time", "when it began to reach users", required=True),
        _c("finished_at", "time", "when it had reached them"),
        _c("outcome", "text", "succeeded, failed, rolled_back or unknown", required=True),
        _c("reverts", "text", "the source_id of the change that it takes back"),
        _c("automated", "flag", "made by a robot"),
        _c("actor", "text", "who, or a hash of who"),
        _c("url", "text", "where to read more"),
        _c(
            "paths",
            "text",
            "the files it touched, separated by semicolons; the catalogue's patterns read them",
        ),
    ),
)

READINGS = Table(
    name="readings",
    key=("source", "metric", "system", "environment", "at"),
    columns=(
        _c("source", "text", "the format's or mapping's name, or --source NAME", required=True),
        _c("metric", "text", "the metric's name", required=True),
        _c("unit", "text", "the metric's unit"),
        _c("better", "text", "high or low: which way is good; missing where nobody said"),
        _c("system", "text", "the system measured"),
        _c(
            "environment",
            "text",
            "production, test, development ...; unknown where nobody said",
            required=True,
        ),
        _c("at", "time", "when it was measured", required=True),
        _c("value", "number", "what was measured", required=True),
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in (INCIDENTS, INCIDENT_SYSTEMS, CHANGES, READINGS)}


def empty(table: Table) -> pd.DataFrame:
    """The table without a row, every column with its dtype."""
    return pd.DataFrame({c.name: pd.Series(dtype=DTYPES[c.kind]) for c in table.columns})


def shaped(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The frame with every column of the table in order and with its dtype; absent columns are missing."""
    columns = {}
    for c in table.columns:
        if c.name in frame.columns:
            columns[c.name] = frame[c.name].astype(pd.api.types.pandas_dtype(DTYPES[c.kind]))
        else:
            columns[c.name] = pd.Series(pd.NA, index=frame.index, dtype=DTYPES[c.kind])
    return pd.DataFrame(columns, index=frame.index)


def checked(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The same frame, once it is shown to be the table: columns, order, dtypes, required values.

    Raises
    ------
    ValueError
        It is a bug when a stage hands on anything else, so the message is for us and not for a person.
    """
    if list(frame.columns) != table.names:
        raise ValueError(f"{table.name}: columns are {list(frame.columns)}, expected {table.names}")
    for c in table.columns:
        if str(frame[c.name].dtype) != DTYPES[c.kind]:
            raise ValueError(f"{table.name}.{c.name} is {frame[c.name].dtype}, expected {DTYPES[c.kind]}")
        if c.required and frame[c.name].isna().any():
            raise ValueError(f"{table.name}.{c.name} is missing in {int(frame[c.name].isna().sum())} rows")
    return frame


# --- rows on their way to the workspace ---------------------------------------------------------------------------

FURTHER = "further"
JOIN = "\x1f"
_ARROW: dict[Kind, pa.DataType] = {
    "text": pa.large_string(),
    "time": pa.timestamp("us", tz="UTC"),
    "integer": pa.int64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
}


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows of one canonical table on their way to the workspace, in Arrow tables of any size, each id given once.

    Beside the table's columns each has ``id``, ``digest`` (equal rows have equal ones) and, for incidents,
    ``further``: the systems after the first, by name, separated by ``JOIN``.
    """

    name: str
    parts: Iterable[pa.Table]

    def __iter__(self) -> Iterator[pa.Table]:
        return iter(self.parts)


def storable_schema(table: Table) -> pa.Schema:
    """The columns of ``Rows`` and their types."""
    named = [(c.name, _ARROW[c.kind]) for c in table.columns]
    further = [(FURTHER, pa.large_string())] if table is INCIDENTS else []
    return pa.schema([("id", pa.large_string()), ("digest", pa.int64()), *named, *further])


def storable(frame: pd.DataFrame, table: Table) -> pa.Table:
    """The rows of a canonical frame as ``Rows`` hold them; incidents may have the column ``further``."""
    plain = checked(frame[table.names], table)
    columns = {"id": ids(plain, table), "digest": None, **{name: plain[name] for name in table.names}}
    if table is INCIDENTS:
        further = frame[FURTHER] if FURTHER in frame.columns else pd.Series(None, index=frame.index, dtype="str")
        columns[FURTHER] = further = _in_order(further)
        plain = plain.assign(systems=further)
    columns["digest"] = digests(plain)
    schema = storable_schema(table)
    return pa.table({field.name: pa.array(columns[field.name], field.type, from_pandas=True) for field in schema})


def _in_order(further: pd.Series) -> pd.Series:
    """The further systems of each incident by name: they have no order, and another one is no change."""
    several = further.str.contains(JOIN, regex=False, na=False)
    in_order = {words: JOIN.join(sorted(words.split(JOIN))) for words in further[several].unique()}
    return further.mask(several, further[several].map(in_order))


def frame_of(part: pa.Table, table: Table) -> pd.DataFrame:
    """A part of ``Rows`` as a frame: the table's columns with their dtypes, and ``further`` where it has it."""
    columns = {c.name: _series(part[c.name], c.kind) for c in table.columns}
    if FURTHER in part.column_names:
        columns[FURTHER] = _series(part[FURTHER], "text")
    return pd.DataFrame(columns)


def _series(column: pa.ChunkedArray, kind: Kind) -> pd.Series:
    if kind == "text":
        return pd.Series(pd.array(column.combine_chunks(), dtype="str"))
    exact = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    series: pd.Series = pa.table({"": column}).to_pandas(types_mapper=exact.get)[""]
    return series.astype(pd.api.types.pandas_dtype(DTYPES[kind]))


def rows_of(tables: Mapping[str, pd.DataFrame]) -> Rows:
    """Canonical frames as rows: ``{"incidents", "incident_systems"}``, ``{"changes"}`` or ``{"readings"}``."""
    name = next(name for name in tables if name != INCIDENT_SYSTEMS.name)
    frame = tables[name].reset_index(drop=True)
    extra = tables.get(INCIDENT_SYSTEMS.name)
    if extra is not None and len(extra):
        once = extra.drop_duplicates()
        joined = once.groupby(["source", "source_id"], sort=False)["system"].agg(JOIN.join).rename(FURTHER)
        frame = frame.join(joined, on=["source", "source_id"]).astype({FURTHER: "str"})
    return Rows(name=name, parts=[storable(frame, TABLES[name])])


def ids(frame: pd.DataFrame, table: Table) -> pd.Series:
    """The identity of each row in one text: ``source:source_id``; a reading's key joined."""
    if table is not READINGS:
        return frame["source"] + ":" + frame["source_id"]
    at = frame["at"].dt.as_unit("us").astype("int64").astype("str")
    parts = [frame["metric"], frame["system"].fillna(""), frame["environment"], at]
    joined: pd.Series = frame["source"].str.cat(parts, sep=JOIN)
    return joined


FEW = 100


def digests(frame: pd.DataFrame) -> pd.Series:
    """A 64-bit fingerprint of each row's values: equal rows have equal ones, changed rows do not.

    It depends on the row alone: a missing cell adds nothing, so that a column which is missing throughout one file
    and filled here and there in the next one leaves the rows without it equal.
    """
    total = np.zeros(len(frame), dtype=np.uint64)
    for position, name in enumerate(frame.columns):
        column = frame[name]
        missing = column.isna()
        if missing.all():
            continue
        mixed = (_hashes(column) ^ np.uint64(0x9E3779B97F4A7C15 + position)) * np.uint64(2 * position + 1)
        total += np.where(missing, np.uint64(0), mixed)
    return pd.Series(total.view(np.int64), index=frame.index)


def _hashes(column: pd.Series) -> npt.NDArray[np.uint64]:
    if isinstance(column.dtype, pd.StringDtype):
        if column.head(FEW).nunique() > FEW / 2:  # mostly different words: each is looked at once, as it stands
            return pd.util.hash_array(column.fillna("").to_numpy(dtype=object), categorize=False)
        codes, words = pd.factorize(column)
        each = pd.util.hash_array(words.to_numpy(dtype=object), categorize=False)
        return np.append(each, np.uint64(0))[codes]
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.as_unit("us").astype("int64")
    elif str(column.dtype) in {"Int64", "boolean"}:
        column = column.astype("Int64").fillna(0).astype("int64")
    return pd.util.hash_array(column.to_numpy(), categorize=False)
