"""Quotes of a delimited file: where one may be open that nobody closed, and rows that it takes into a cell."""

import csv
import io
import mmap
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from opex.domain.problems import Refused

BLOCK, SMALL = 8 * 1024**2, 256 * 1024
ALIKE, OVERLAP = 1_000, 4_096
UNCLOSED = 'a quote is opened and not closed before the next row; close it, or write a quote inside a cell as "".'


@dataclass(frozen=True)
class Quotes:
    """What the quotes of a delimited file ask for before it can be read.

    ``by_spaces``: one stands beside a space, so that spaces may surround a quoted cell. ``doubtful``: a cell may go on
    behind its closing quote, so that a strict reader has to go over the file.
    """

    by_spaces: bool
    doubtful: bool

    @classmethod
    def of(cls, file: BinaryIO, delimiter: str) -> "Quotes":
        """Look the whole file over, a small block at a time."""
        file.seek(0)
        before, by_spaces, doubtful = b"\n", False, False
        while part := file.read(SMALL):
            while part.endswith(b'"') and len(part) < SMALL + OVERLAP and (more := file.read(1)):
                part += more  # a run of quotes is not cut in two
            data = np.frombuffer(before + part + b"\n", dtype=np.uint8)
            quote, edge, space = data == ord('"'), _edges(data, delimiter), data == ord(" ")
            by_spaces |= bool((quote[1:-1] & (space[:-2] | space[2:])).any())
            plain = edge[:-2] ^ edge[2:]  # an edge on one side, a letter on the other: it opens or closes a cell
            if before == b'"':
                doubtful = True
            elif bool((quote[1:-1] & ~plain).any()):
                doubtful |= _goes_on(quote, edge)
            before = part[-1:]
        return cls(by_spaces=by_spaces, doubtful=doubtful)


def _edges(data: npt.NDArray[np.uint8], delimiter: str) -> npt.NDArray[np.bool_]:
    return np.asarray((data == ord(delimiter)) | (data == ord("\n")) | (data == ord("\r")))


def _goes_on(quote: npt.NDArray[np.bool_], edge: npt.NDArray[np.bool_]) -> bool:
    """Runs of quotes tell: between two letters an even number is quotes inside of a cell, at the begin of one an odd
    number opens it.
    """
    starts = np.flatnonzero(quote[1:] & ~quote[:-1]) + 1
    ends = np.flatnonzero(quote[:-1] & ~quote[1:])
    odd = (ends - starts) % 2 == 0
    return bool((~edge[ends + 1] & (odd != edge[starts - 1])).any())


@contextmanager
def without_spaces_around_quotes(file: BinaryIO, delimiter: str) -> Iterator[BinaryIO]:
    """The text with each quoted cell bare of the spaces around it: ``1, "Disk full" , x`` as ``1,"Disk full", x``.

    The file itself where no cell has any. Only a cell that is quoted from its begin to its end is touched, so that
    lines, records and all other cells stay as they are.
    """
    edge = re.escape(delimiter).encode()
    found = _has_spaces_around_quotes(file, edge)
    file.seek(0)
    if not found:
        yield file
        return
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        quoted = rb'(?:\A|(?<=[%b\r\n])) *+("(?:[^"]++|"")*+") *+(?=[%b\r\n]|\Z)' % (edge, edge)
        with TemporaryFile() as target:
            done = 0
            for cell in re.finditer(quoted, data):
                if cell.span() != cell.span(1):
                    target.write(data[done : cell.start()])
                    target.write(cell[1])
                    done = cell.end()
            if done:
                for begin in range(done, len(data), BLOCK):
                    target.write(data[begin : begin + BLOCK])
            target.seek(0)
            yield target if done else file


def _has_spaces_around_quotes(file: BinaryIO, edge: bytes) -> bool:
    """Whether spaces stand between an edge of a cell and a quote, looked for block by block."""
    file.seek(0)
    around = re.compile(rb'[%b\r\n] +"|" +[%b\r\n]' % (edge, edge))
    before = b"\n"
    while part := file.read(BLOCK):
        data = before + part
        if around.search(data):
            return True
        before = data[-OVERLAP:]
    return before.rstrip(b" ").endswith(b'"') and before.endswith(b" ")


def refuse_swallowed(table: pa.Table, name: str, delimiter: str, numbers: npt.NDArray[np.int64]) -> bool:
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
                raise Refused(f"{name}, row {numbers[int(np.flatnonzero(broken.to_numpy())[nth])]}: {UNCLOSED}")
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
        strict: dict[int, set[str]] = {}
        loose: dict[int, set[str]] = {}
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


def refuse_unbalanced(file: BinaryIO, name: str, delimiter: str) -> None:
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
        raise Refused(f"{name}, row {number}: {UNCLOSED}") from None
    finally:
        text.detach()
