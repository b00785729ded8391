"""What a load brings back: the tables, and everything that was not loaded, with its reason."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from opex.domain.mapping import Mapping
from opex.domain.problems import Problem

Progress = Callable[[float, str], None]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a person says about the files beside the mapping. ``system`` ... ``better`` fill cells that are missing."""

    source: str | None = None
    system: str | None = None
    environment: str | None = None
    timezone: str | None = None
    metric: str | None = None
    unit: str | None = None
    better: str | None = None


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

    ``rows`` counts raw rows or files, ``tables`` holds the canonical tables (``incidents`` and
    ``incident_systems``, or ``changes``, or ``readings``). Every record is in the first table, among the ``refused``
    (once, even with several problems) or among the ``duplicates`` (exact repeats within the load). ``skipped`` are
    files of a folder that were passed over, with the reason; ``matched`` is canonical column -> file column.
    """

    kind: str
    format: str
    source: str
    rows: int
    tables: dict[str, pd.DataFrame]
    problems: list[Problem] = field(default_factory=list)
    refused: int = 0
    duplicates: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    matched: dict[str, str] = field(default_factory=dict)
    timezone: str = "UTC"
    planned_rule: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def main(self) -> pd.DataFrame:
        """The table of the records themselves."""
        return self.tables["readings" if self.kind == "metrics" else self.kind]

    @property
    def read(self) -> int:
        """The records that the rows make: loaded, refused and repeated ones."""
        return len(self.main) + self.refused + self.duplicates


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """How files are understood before they are loaded, as a full mapping to edit.

    ``format`` is the preset's name, or ``columns`` when headers were matched by name. ``missing`` are required
    canonical columns that nothing gives; ``sample`` is the reading of the first records, or ``None`` with the
    ``refusal`` that keeps it from being made.
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
