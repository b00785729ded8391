"""The formats that are known by name: presets (one TOML file each) and tables understood by their headers."""

from functools import cache
from pathlib import Path

from opex.domain.mapping import Mapping
from opex.domain.problems import Refused
from opex.sources.columns import COLUMNS
from opex.sources.reading import Format
from opex.sources.sniffing import TABLES

_FOLDER = Path(__file__).parent / "presets"
_TITLES = {
    "csv": "Any table as CSV, TSV or with semicolons, also gzipped",
    "xlsx": "Any table on a sheet of an Excel workbook (--sheet says which, if several hold one)",
    "json": "Any array of objects in JSON",
    "jsonl": "Any objects, one a line, in JSON Lines",
    "parquet": "Any table in Parquet",
    COLUMNS: "Any table in one of these forms",
}
_BY_HEADERS = (
    "headers that name the columns needed (title and a start; for metrics a time and a value), by name or synonym"
)
PLANNED_BY_COLUMN = "a column that says planned or maintenance; without one nothing is planned"


@cache
def presets() -> dict[str, Mapping]:
    """The presets by name."""
    files = sorted(_FOLDER.glob("*.toml"))
    found = [Mapping.from_toml(file.read_text(encoding="utf-8")) for file in files]
    return {mapping.name: mapping for mapping in found}


def formats() -> list[Format]:
    """The formats that are read, presets first, and how each is recognised."""
    named = [
        Format(
            name=preset.name,
            kind=preset.kind,
            title=preset.title,
            recognised_by=preset.recognise.sentence if preset.recognise else "its name only",
            timezone=preset.timezone,
            planned_rule=preset.planned_rule,
        )
        for preset in presets().values()
    ]
    plain = [
        Format(
            name=name,
            kind="any",
            title=title,
            recognised_by=_BY_HEADERS,
            timezone="UTC",
            planned_rule=PLANNED_BY_COLUMN,
        )
        for name, title in _TITLES.items()
    ]
    return named + plain


def preset_of(name: str, kind: str) -> Mapping | None:
    """The preset of that name, or ``None`` for a table that is understood by its headers.

    Raises
    ------
    Refused
        No format has that name, or it holds another kind of rows.
    """
    if name in TABLES or name == COLUMNS:
        return None
    if name not in presets():
        raise Refused(f'There is no format "{name}"; known are {", ".join(known.name for known in formats())}.')
    preset = presets()[name]
    if preset.kind != kind:
        raise Refused(f'The format {name} holds {preset.kind}, not {kind}; say "import {preset.kind}".')
    return preset


def plain_mapping(kind: str, name: str) -> Mapping:
    """The mapping that states nothing: every column is matched by its header."""
    return Mapping(name=name, kind=kind, planned_rule=PLANNED_BY_COLUMN if kind == "incidents" else "")
