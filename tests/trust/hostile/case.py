"""What a hostile file is: its path, what may be loaded from it, and how a family makes one."""

import csv
import datetime as dt
import io
import random
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

UTC = dt.UTC
Expect = Literal["refused", "rows", "either"]
KEYS = {"incidents": ("source_id",), "changes": ("source_id",), "metrics": ("metric", "at")}
HEADER = ["id", "title", "service", "environment", "severity", "started_at", "resolved_at"]
TITLES = ("Checkout is slow", "Login fails", "Disk full", "Certificate ran out", "Queue stands still", "Prices wrong")
SYSTEMS = ("api", "web", "billing", "search", "mail")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A canonical row that may be loaded, and the number by which a report calls it.

    ``cells`` holds only what is certain; a column that it does not name is not judged.
    """

    number: int | None
    cells: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A file (or folder, or whatever a person types as one) and the truth about it.

    ``refused``: nothing may be loaded. ``rows``: the rows of ``truth`` exactly, and a problem for each of ``bad_rows``.
    ``either``: a refusal is as good as the rows. ``canary`` is a file that nobody may make.
    """

    path: Path
    family: str
    number: int
    folder: Path
    kind: str = "incidents"
    options: Mapping[str, str] = field(default_factory=dict)
    expect: Expect = "rows"
    truth: tuple[Row, ...] = ()
    bad_rows: frozenset[int] = frozenset()
    said: str = ""
    canary: Path | None = None

    @property
    def argument(self) -> str:
        """What the person types."""
        return self.said or str(self.path)

    @property
    def label(self) -> str:
        """How a report calls the case; ``corpus.one`` makes it again from the family and the number."""
        return f"{self.family} #{self.number}"

    def throw_away(self) -> None:
        """The file is not needed any more."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(kw_only=True)
class Table:
    """An honest table: its header, its cells as a person wrote them, and the canonical rows that they mean."""

    kind: str
    header: list[str]
    lines: list[list[str]]
    rows: list[Row]

    def csv(self, delimiter: str = ",", newline: str = "\n", quoting: Literal[0, 1] = csv.QUOTE_MINIMAL) -> str:
        """The table as delimited text."""
        target = io.StringIO()
        writer = csv.writer(target, delimiter=delimiter, lineterminator=newline, quoting=quoting)
        writer.writerow(self.header)
        writer.writerows(self.lines)
        return target.getvalue()

    def dicts(self) -> list[dict[str, Any]]:
        """The rows by header."""
        return [dict(zip(self.header, line, strict=True)) for line in self.lines]

    def put(self, index: int, column: str, raw: str, **cells: Any) -> int:
        """Another cell in a row, and what it means; the row's number."""
        self.lines[index][self.header.index(column)] = raw
        self.rows[index] = replace(self.rows[index], cells={**self.rows[index].cells, **cells})
        return index + 2

    def spoil(self, index: int, column: str, raw: str) -> int:
        """A cell that cannot be used; the row's number."""
        self.lines[index][self.header.index(column)] = raw
        return index + 2

    def add(self, column: str, raw: Sequence[str], **cells: Sequence[Any]) -> None:
        """A further column, and what it means."""
        self.header.append(column)
        for index, text in enumerate(raw):
            self.lines[index].append(text)
            more = {name: values[index] for name, values in cells.items()}
            self.rows[index] = replace(self.rows[index], cells={**self.rows[index].cells, **more})

    def without(self, *numbers: int) -> list[Row]:
        """The truth but for these rows."""
        return [row for row in self.rows if row.number not in numbers]

    def forget(self, *columns: str) -> list[Row]:
        """The truth without columns that are not certain."""
        return [replace(r, cells={k: v for k, v in r.cells.items() if k not in columns}) for r in self.rows]

    def renumbered(self, first: int) -> list[Row]:
        """The truth with other row numbers, such as 1 for the first object of an array."""
        return [replace(row, number=first + index) for index, row in enumerate(self.rows)]


def z(moment: dt.datetime) -> str:
    """A moment as most programs write it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def incidents(draw: random.Random, count: int) -> Table:
    """Incidents without anything odd."""
    table = Table(kind="incidents", header=list(HEADER), lines=[], rows=[])
    for index in range(count):
        started = dt.datetime(2024, 1, 1, tzinfo=UTC) + dt.timedelta(seconds=draw.randrange(40_000_000))
        cells = {
            "source_id": f"INC-{index + 1:05}",
            "title": f"{draw.choice(TITLES)} ({index + 1})",
            "system": draw.choice(SYSTEMS),
            "environment": draw.choice(("production", "test", "staging")),
            "severity": draw.randint(1, 5),
            "started_at": started,
            "resolved_at": started + dt.timedelta(seconds=draw.randrange(60, 400_000)),
        }
        table.lines.append([z(cell) if isinstance(cell, dt.datetime) else str(cell) for cell in cells.values()])
        table.rows.append(Row(number=index + 2, cells=cells))
    return table


def readings(draw: random.Random, count: int) -> Table:
    """Readings of one metric without anything odd."""
    table = Table(kind="metrics", header=["metric", "at", "value"], lines=[], rows=[])
    for index in range(count):
        at = dt.datetime(2024, 1, 1, tzinfo=UTC) + dt.timedelta(minutes=index)
        value = draw.randrange(100_000) / 8
        table.lines.append(["latency", z(at), repr(value)])
        table.rows.append(Row(number=index + 2, cells={"metric": "latency", "at": at, "value": value}))
    return table


def changes(draw: random.Random, count: int) -> Table:
    """Changes without anything odd."""
    table = Table(kind="changes", header=["id", "title", "service", "started_at"], lines=[], rows=[])
    for index in range(count):
        at = dt.datetime(2024, 1, 1, tzinfo=UTC) + dt.timedelta(seconds=draw.randrange(40_000_000))
        cells = {"source_id": f"C{index}", "title": f"Release {index}", "system": "api", "started_at": at}
        table.lines.append([f"C{index}", f"Release {index}", "api", z(at)])
        table.rows.append(Row(number=index + 2, cells=cells))
    return table


@dataclass(frozen=True, kw_only=True)
class Maker:
    """What a family needs to make its next file: chance, a folder of its own, and the number of the file."""

    family: str
    number: int
    draw: random.Random
    folder: Path

    def pick(self, *choices: Any) -> Any:
        """The choices in turn, so that a family shows each of its sides before it repeats one."""
        return choices[self.number % len(choices)]

    def table(self, fewest: int = 3, most: int = 40) -> Table:
        """Honest incidents."""
        return incidents(self.draw, self.draw.randint(fewest, most))

    def file(self, data: bytes | str, ending: str = ".csv", name: str = "") -> Path:
        """The bytes as a file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / (name or f"hostile{self.number}{ending}")
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    def refused(self, path: Path, **more: Any) -> Case:
        """Nothing of it may be loaded."""
        return self._case(path, expect="refused", **more)

    def rows(self, path: Path, truth: Iterable[Row], bad: Iterable[int] = (), **more: Any) -> Case:
        """These rows exactly; each bad one is named."""
        return self._case(path, expect="rows", truth=tuple(truth), bad_rows=frozenset(bad), **more)

    def either(self, path: Path, truth: Iterable[Row] = (), bad: Iterable[int] = (), **more: Any) -> Case:
        """A refusal, or these rows exactly."""
        return self._case(path, expect="either", truth=tuple(truth), bad_rows=frozenset(bad), **more)

    def _case(self, path: Path, **more: Any) -> Case:
        return Case(path=path, family=self.family, number=self.number, folder=self.folder, **more)


@dataclass(frozen=True, kw_only=True)
class Family:
    """Files with one trick. ``most`` bounds how many are worth their price; ``often`` is for tricks with many sides."""

    name: str
    make: Callable[[Maker], Case]
    most: int
    often: int


FAMILIES: dict[str, Family] = {}


def family(
    name: str, most: int = 1_000, often: int = 1
) -> Callable[[Callable[[Maker], Case]], Callable[[Maker], Case]]:
    """Enter a function that makes files into the corpus."""

    def enter(make: Callable[[Maker], Case]) -> Callable[[Maker], Case]:
        FAMILIES[name] = Family(name=name, make=make, most=most, often=often)
        return make

    return enter
