"""Records on disk: written chunk by chunk, read back from a memory map, so that memory does not grow with the rows."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from opex.domain.problems import Problem
from opex.sources.records import TEXT, Places, Records, joined

ENOUGH_ROWS = 20_000
ENOUGH_BYTES = 16 * 1024**2
_FILE, _ROW = "\x00file", "\x00row"


class Spool:
    """The records of a load that share a mapping. Chunks may have different columns; each is read back with all.

    ``rows``, ``problems``, ``spoiled``, ``notes`` and ``decimal_comma`` are those of all chunks.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._waiting: list[Records] = []
        self._parts: list[tuple[pa.MemoryMappedFile, pa.RecordBatchFileReader]] = []
        self._files: dict[str, int] = {}
        self._columns: dict[str, None] = {}
        self.rows = 0
        self.count = 0
        self.problems: list[Problem] = []
        self.spoiled: list[tuple[str, ...]] = []
        self.notes: dict[str, None] = {}
        self.decimal_comma = False

    @property
    def columns(self) -> list[str]:
        """The names of all columns, in order of appearance."""
        return list(self._columns)

    def add(self, records: Records) -> None:
        """Take records in; small chunks wait for each other."""
        self.rows += records.rows
        self.count += records.table.num_rows
        self.problems += records.problems
        self.spoiled += records.spoiled
        self.notes.update(dict.fromkeys(records.notes))
        self.decimal_comma |= records.decimal_comma
        self._columns.update(dict.fromkeys(records.columns))
        self._waiting.append(records)
        waiting = self._waiting
        if (
            sum(one.table.num_rows for one in waiting) >= ENOUGH_ROWS
            or sum(one.table.nbytes for one in waiting) >= ENOUGH_BYTES
            or len(waiting) >= ENOUGH_ROWS
        ):
            self._write()

    def chunks(self, only: Sequence[str] | None = None) -> Iterator[Records]:
        """The records again, with every column (or ``only`` these), at least one chunk."""
        self._write()
        names = [name for name in self._columns if only is None or name in only]
        files = tuple(self._files)
        for _, reader in self._parts:
            for number in range(reader.num_record_batches):
                yield self._records(reader.get_batch(number), names, files)
        if not self._parts:
            table = pa.table({name: pa.array([], TEXT) for name in names})
            none = np.array([], dtype=np.int64)
            yield self._shown(table, Places(files=files or ("",), file_of=none, row_of=none))

    def narrow(self, only: Sequence[str]) -> Records:
        """All records with only these columns: what must be decided from whole columns is decided from these."""
        return joined(list(self.chunks(only)))

    def close(self) -> None:
        """Let go of the files."""
        for source, _ in self._parts:
            source.close()
        self._parts = []

    def _records(self, batch: pa.RecordBatch, names: Sequence[str], files: tuple[str, ...]) -> Records:
        there = set(batch.schema.names)
        arrays = [batch.column(name) if name in there else pa.nulls(batch.num_rows, TEXT) for name in names]
        table = pa.table(arrays, names=list(names)) if names else pa.table({"": pa.nulls(batch.num_rows, TEXT)})
        places = Places(
            files=files,
            file_of=batch.column(_FILE).to_numpy(),
            row_of=batch.column(_ROW).to_numpy(),
        )
        return self._shown(table, places)

    def _shown(self, table: pa.Table, places: Places) -> Records:
        return Records(table=table, places=places, rows=table.num_rows, decimal_comma=self.decimal_comma)

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        if not any(one.table.num_rows for one in waiting):
            for one in waiting:
                self._files.update({file: len(self._files) for file in one.places.files if file not in self._files})
            return
        together = joined(waiting)
        for file in together.places.files:
            self._files.setdefault(file, len(self._files))
        number_of = np.array([self._files[file] for file in together.places.files], dtype=np.int64)
        table = together.table.append_column(_FILE, pa.array(number_of[together.places.file_of]))
        table = table.append_column(_ROW, pa.array(together.places.row_of)).combine_chunks()
        path = self._folder / f"{len(self._parts):06d}.arrow"
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=5 * ENOUGH_ROWS)
        source = pa.memory_map(str(path))
        self._parts.append((source, pa.ipc.open_file(source)))
