"""What a load brings back: the rows, and everything that was not loaded, with its reason."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from opex.domain.mapping import Mapping
from opex.domain.problems import Problem
from opex.frames import (
    FURTHER,
    INCIDENT_SYSTEMS,
    INCIDENTS,
    JOIN,
    TABLES,
    Rows,
    checked,
    frame_of,
    shaped,
    storable_schema,
)

Progress = Callable[[float, str], None]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a person says about the files beside the mapping. ``system`` ... ``better`` fill cells that are missing.

    ``newest`` says that the files come in order of time, so that a record in a later file replaces the one before.
    """

    source: str | None = None
    system: str | None = None
    environment: str | None = None
    timezone: str | None = None
    metric: str | None = None
    unit: str | None = None
    better: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    newest: bool = False


@dataclass(frozen=True, kw_only=True)
class Format:
    """A format that is read, and how it is recognised."""

    name: str
    kind: str
    title: str
    recognised_by: str
    timezone: str
    planned_rule: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The outcome of reading files.

    ``rows`` counts raw rows or files, ``kept`` are the canonical rows, ready for the workspace. Every record is among
    the kept ones, the ``refused`` (once, even with several problems), the ``duplicates`` (exact repeats within the
    load) or the ``superseded`` (an earlier version of a kept one). ``problems`` are the first ones; ``mendable`` is a
    CSV file of all refused records with the reasons. ``skipped`` are files of a folder that were passed over, with
    the reason; ``matched`` is canonical column -> file column; ``mapping`` reads the mended file again;
    ``systems`` counts the names of systems in the kept rows.
    """

    kind: str
    format: str
    source: str
    rows: int
    kept: Rows
    count: int
    problems: list[Problem] = field(default_factory=list)
    refused: int = 0
    duplicates: int = 0
    superseded: int = 0
    planned: int = 0
    systems: dict[str, int] = field(default_factory=dict)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    matched: dict[str, str] = field(default_factory=dict)
    mapping: Mapping
    mendable: Path | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def timezone(self) -> str:
        """The zone of times without an offset."""
        return self.mapping.timezone

    @property
    def planned_rule(self) -> str:
        """What counts as planned work, in words."""
        return self.mapping.planned_rule

    @property
    def read(self) -> int:
        """The records that the rows make."""
        return self.count + self.refused + self.duplicates + self.superseded

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The canonical frames, whole: for loads that fit into memory."""
        table = TABLES[self.kept.name]
        parts = [frame_of(part, table) for part in self.kept] or [frame_of(storable_schema(table).empty_table(), table)]
        frame = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
        tables = {table.name: checked(shaped(frame, table), table)}
        if table is INCIDENTS:
            tables[INCIDENT_SYSTEMS.name] = checked(_further(frame), INCIDENT_SYSTEMS)
        return tables

    @property
    def main(self) -> pd.DataFrame:
        """The table of the records themselves, whole."""
        return self.tables[self.kept.name]


def _further(frame: pd.DataFrame) -> pd.DataFrame:
    """The systems of an incident after its first, one row each."""
    several = frame.loc[frame[FURTHER].notna(), ["source", "source_id", FURTHER]]
    rows = several.assign(system=several[FURTHER].str.split(JOIN)).explode("system")
    return shaped(rows.reset_index(drop=True), INCIDENT_SYSTEMS)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """How files are understood before they are loaded, as a full mapping to edit.

    ``format`` is the preset's name, or ``columns`` when headers were matched by name. ``missing`` are required
    canonical columns that nothing gives; ``sample`` is the reading of the first records, or ``None`` with the
    ``refusal`` that keeps it from being made. ``sheets`` are those of a workbook that holds several tables.
    """

    kind: str
    format: str
    mapping: Mapping
    file_columns: list[str]
    unmatched: list[str]
    missing: list[str]
    sample: Reading | None
    refusal: str = ""
    skipped: list[tuple[str, str]] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
