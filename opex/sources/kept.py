"""Canonical rows on disk on their way to the workspace, and the file of refused records that can be mended."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from opex.domain.problems import Problem
from opex.domain.safe import cell
from opex.frames import FURTHER, JOIN, Table, shaped, storable, storable_schema
from opex.sources.canonical import SYSTEMS, Canonical, systems_in
from opex.sources.delimited import WHY
from opex.sources.records import TEXT, Places, Records, column_of, with_semicolons
from opex.sources.repeats import Repeats, repeats
from opex.sources.spool import Spool
from opex.sources.values import over_unique

MOST_PROBLEMS = 10_000
_FILE, _ROW = "\x00file", "\x00row"


@dataclass(frozen=True)
class StoredRows:
    """The rows of a file, part by part."""

    path: Path
    schema: pa.Schema

    def __iter__(self) -> Iterator[pa.Table]:
        with pa.memory_map(str(self.path)) as source, pa.ipc.open_file(source) as reader:
            for number in range(reader.num_record_batches):
                yield pa.Table.from_batches([reader.get_batch(number)]).select(self.schema.names)


class Keeper:
    """Takes canonical rows in, part by part, and gives them back with repeats taken out."""

    def __init__(self, folder: Path, table: Table) -> None:
        self._folder, self._table = folder, table
        self._schema = storable_schema(table)
        self._files: list[str] = []
        self._keys: list[npt.NDArray[np.uint64]] = []
        self._digests: list[npt.NDArray[np.int64]] = []
        self._named: list[npt.NDArray[np.bool_]] = []
        self._path = folder / "rows.arrow"
        extra = [pa.field(_FILE, pa.int64()), pa.field(_ROW, pa.int64())]
        self._full = pa.schema([*self._schema, *extra])
        self._sink = pa.OSFile(str(self._path), "wb")
        self._writer = pa.ipc.new_file(self._sink, self._full)
        self.planned = 0
        self.systems: Counter[str] = Counter()
        self.count = 0

    def add(self, part: Canonical, split: str | None, *, named: bool = True) -> None:
        """Take good rows in. ``split`` separates the systems in one cell; ``named`` says that a column has the ids."""
        frame = part.frame
        if not len(frame):
            return
        whole = shaped(frame, self._table)
        if SYSTEMS in frame.columns and split is not None:
            whole = whole.assign(**{FURTHER: _further(frame[SYSTEMS], split)})
        table = storable(whole, self._table)
        places = self._numbered(part.places)
        table = table.append_column(_FILE, pa.array(places[0])).append_column(_ROW, pa.array(places[1]))
        self._writer.write_table(table.cast(self._full))
        self._keys.append(pd.util.hash_array(table["id"].to_numpy(), categorize=False))
        self._digests.append(table["digest"].to_numpy())
        self._named.append(np.full(table.num_rows, named))
        self.count += table.num_rows

    def _numbered(self, places: Places) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Places with the file's number in this load."""
        known = {name: number for number, name in enumerate(self._files)}
        for name in places.files:
            if name not in known:
                known[name] = len(self._files)
                self._files.append(name)
        numbers = np.array([known[name] for name in places.files], dtype=np.int64)
        return numbers[places.file_of], places.row_of

    def finished(self, *, newest: bool) -> "Finished":
        """The rows, each id once. Repeats that say something else are problems, or superseded with ``newest``."""
        self._writer.close()
        self._sink.close()
        found = self._repeats(newest)
        problems = [] if newest else list(self._contradictions(found))
        going = np.sort(np.concatenate([found.again, found.other]))
        path = self._without(going) if len(going) else self._path
        rows = StoredRows(path, self._schema)
        self._count_up(rows)
        return Finished(
            rows=rows,
            count=self.count - len(going),
            again=len(found.again),
            superseded=len(found.other) if newest else 0,
            problems=problems,
            refused_at=found.other if not newest else np.array([], dtype=np.int64),
        )

    def _repeats(self, newest: bool) -> Repeats:
        if not self._keys:
            none = np.array([], dtype=np.int64)
            return Repeats(again=none, other=none, stays=none)
        return repeats(np.concatenate(self._keys), np.concatenate(self._digests), newest=newest)

    def at(self, positions: npt.NDArray[np.int64], columns: Sequence[str]) -> pa.Table:
        """Columns of the rows at these positions."""
        with pa.memory_map(str(self._path)) as source, pa.ipc.open_file(source) as reader:
            batches = [reader.get_batch(n).select(list(columns)) for n in range(reader.num_record_batches)]
            return pa.Table.from_batches(batches).take(pa.array(positions)).combine_chunks()

    def _contradictions(self, found: Repeats) -> Iterator[Problem]:
        """Rows that say something else than the row which has their key."""
        shown = "source_id" if "source_id" in self._schema.names else "at"
        named = np.concatenate([*self._named, np.array([], dtype=bool)])
        columns = ["id", shown, _FILE, _ROW, "value" if shown == "at" else "title"]
        for start in range(0, min(len(found.other), MOST_PROBLEMS), 1000):
            here = self.at(found.other[start : start + 1000], columns).to_pylist()
            there = self.at(found.stays[start : start + 1000], columns).to_pylist()
            by_ids = named[found.other[start : start + 1000]]
            for one, other, has_ids in zip(here, there, by_ids, strict=True):
                yield self._contradiction(one, other, shown if has_ids or shown == "at" else "title")

    def _contradiction(self, one: dict[str, Any], other: dict[str, Any], column: str) -> Problem:
        file, row = self._files[one[_FILE]], one[_ROW]
        where = f"row {other[_ROW]}" if other[_ROW] >= 0 else ""
        if other[_FILE] != one[_FILE]:
            where = ", ".join(part for part in (self._files[other[_FILE]], where) if part)
        if column == "at":
            value, expected = one["at"].isoformat(), f"one value for a time; {where} says {other['value']:g}"
        elif column == "title":
            value = one["title"]
            expected = (
                f"a record that can be told from {where}, which has the same title, system and start and says "
                'something else; name the column that has the ids in a mapping: source_id = "the column\'s name"'
            )
        else:
            value, expected = one["source_id"], f"an id given once; {where} has it already"
        return Problem(file=file, row=None if row < 0 else row, column=column, value=value, expected=expected)

    def _without(self, going: npt.NDArray[np.int64]) -> Path:
        path = self._folder / "kept.arrow"
        stays = np.ones(self.count, dtype=bool)
        stays[going] = False
        start = 0
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, self._schema) as writer:
            for part in StoredRows(self._path, self._schema):
                writer.write_table(part.filter(pa.array(stays[start : start + part.num_rows])))
                start += part.num_rows
        return path

    def _count_up(self, rows: StoredRows) -> None:
        for part in rows:
            if "planned" in part.column_names:
                self.planned += int(pc.sum(part["planned"]).as_py() or 0)
            if "system" in part.column_names:
                for name, count in _counts(part["system"]):
                    self.systems[name] += count
            if FURTHER in part.column_names:
                for names, count in _counts(part[FURTHER]):
                    for name in names.split(JOIN):
                        self.systems[name] += count


@dataclass(frozen=True, kw_only=True)
class Finished:
    """The rows of a load, each id once, and what was taken out."""

    rows: StoredRows
    count: int
    again: int
    superseded: int
    problems: list[Problem]
    refused_at: npt.NDArray[np.int64]


def _counts(column: pa.ChunkedArray) -> list[tuple[str, int]]:
    found = pc.value_counts(column.drop_null())
    return [(one["values"], one["counts"]) for one in found.to_pylist()]


def _further(cells: pd.Series, split: str) -> pd.Series:
    """The systems after the first in each cell, joined."""
    several = cells.str.contains(split, regex=False) | cells.str.contains("\n", regex=False)
    more = {text: JOIN.join(systems_in(text, split)[1:]) or None for text in cells[several.fillna(False)].unique()}
    return cells.map(more).astype("str")


@dataclass
class Mendable:
    """Refused records as they stood, with the reasons: a CSV file that can be mended and loaded again."""

    spool: Spool
    reasons: list[Problem] = field(default_factory=list)

    def add(self, records: Records, refused: npt.NDArray[np.int64], problems: Sequence[Problem], stems: bool) -> None:
        """Take the records at these positions in. ``problems`` are those of the chunk."""
        if not len(refused):
            return
        taken = records.taken(refused)
        why: dict[tuple[str, int | None], list[str]] = {}
        for problem in problems:
            said = f'{problem.column}: "{problem.value}" is not {problem.expected}'
            why.setdefault((problem.file, problem.row), []).append(said)
        places = [taken.places.of(position) for position in range(len(refused))]
        columns = {name: with_semicolons(column_of(taken, name)) for name in taken.columns if name and name not in WHY}
        if stems and "file_stem" not in columns:
            columns["file_stem"] = taken.stems
        columns |= _why(places, ["; ".join(why.get(place, ["refused"])) for place in places])
        self._add(columns, len(refused), records)

    def add_spoiled(self, spool: Spool) -> None:
        """Take the rows in that could not be taken apart: their cells in order, those beyond the header named so."""
        names = [name for name in spool.columns if name and name not in WHY]
        width = max((len(cells) for cells in spool.spoiled), default=0)
        names += [f"beyond the header {n}" for n in range(1, width - len(names) + 1)]
        for start in range(0, len(spool.spoiled), 20_000):
            rows = spool.spoiled[start : start + 20_000]
            problems = spool.problems[start : start + 20_000]
            columns = {
                name: pa.array([row[place] if place < len(row) else None for row in rows], TEXT)
                for place, name in enumerate(names)
            }
            why = [f'{p.column}: "{p.value}" is not {p.expected}' for p in problems]
            self._add(columns | _why([(p.file, p.row) for p in problems], why), len(rows), None)

    def _add(self, columns: dict[str, pa.Array], count: int, like: Records | None) -> None:
        none = np.zeros(count, dtype=np.int64)
        comma = like.decimal_comma if like else False
        table = pa.table(columns)
        self.spool.add(
            Records(table=table, places=Places(files=("",), file_of=none, row_of=none), rows=count, decimal_comma=comma)
        )

    def write(self, path: Path) -> Path | None:
        """The file, its cells safe for a spreadsheet; ``None`` when nothing was refused."""
        if not self.spool.count:
            return None
        ordered = [name for name in self.spool.columns if name not in WHY] + list(WHY)
        schema = pa.schema([(name, TEXT) for name in ordered])
        mark = ";" if self.spool.decimal_comma else ","
        options = pyarrow.csv.WriteOptions(delimiter=mark)
        with path.open("wb") as sink:
            sink.write(b"\xef\xbb\xbf")
            with pyarrow.csv.CSVWriter(sink, schema, write_options=options) as writer:
                for records in self.spool.chunks():
                    columns = [over_unique(column_of(records, name), cell) for name in ordered]
                    writer.write_table(pa.table(columns, schema=schema))
        return path


def _why(places: Sequence[tuple[str, int | None]], reasons: Sequence[str]) -> dict[str, pa.Array]:
    file, row, why = WHY
    return {
        file: pa.array([place[0] for place in places], TEXT),
        row: pa.array([None if place[1] is None else str(place[1]) for place in places], TEXT),
        why: pa.array(list(reasons), TEXT),
    }
