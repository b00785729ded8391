"""Reading files into canonical tables, and proposing how files would be read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from opex.domain.mapping import Mapping
from opex.domain.problems import Refused
from opex.frames import INCIDENT_SYSTEMS, checked, empty, shaped
from opex.sources.canonical import (
    SYSTEMS,
    Canonical,
    canonical,
    refuse_option,
    systems_in,
    time_formats,
    without_missing,
)
from opex.sources.choosing import Chosen, chosen, fits, missing_words
from opex.sources.columns import (
    COLUMNS,
    headers_shown,
    matched_words,
    missing_columns,
    proposed_split,
    resolved,
    table_of,
    used_columns,
)
from opex.sources.folding import folded
from opex.sources.formats import plain_mapping, presets
from opex.sources.reading import Options, Progress, Proposal, Reading
from opex.sources.records import STEM, Records, joined, joined_places
from opex.sources.repeats import unique
from opex.sources.sniffing import DOCUMENTS, TABLES, Found, looked_at, records_of

SAMPLE = 200


def read(
    paths: Sequence[Path],
    *,
    kind: str,
    format: str | None = None,
    mapping: Mapping | None = None,
    source: str | None = None,
    system: str | None = None,
    environment: str | None = None,
    timezone: str | None = None,
    metric: str | None = None,
    unit: str | None = None,
    better: str | None = None,
    progress: Progress | None = None,
) -> Reading:
    """Read files and folders of one format into canonical tables.

    Parameters
    ----------
    paths
        Files, or folders that are walked. All must be of one format.
    kind
        ``incidents``, ``changes`` or ``metrics``.
    format, mapping
        What the files are; without them it is decided from their content.
    source
        The name under which the rows are kept; else the mapping's or the format's name.
    system, environment, metric, unit, better
        Values for cells that the files leave empty.
    timezone
        The zone of times without an offset; else the mapping's.
    progress
        Called with a share from 0 to 1 and words.

    Returns
    -------
    Reading
        Tables that pass ``frames.checked``, and every record that is not in them with its reason.

    Raises
    ------
    Refused
        Nothing can be read as asked; the message is one sentence for the person.
    """
    options = Options(
        source=source,
        system=system,
        environment=environment,
        timezone=timezone,
        metric=metric,
        unit=unit,
        better=better,
    )
    refuse_option(better)
    files = chosen(paths, kind=kind, format=format, mapping=mapping)
    return _read(files, options, progress or _silent)


def propose(
    paths: Sequence[Path],
    *,
    kind: str,
    format: str | None = None,
    mapping: Mapping | None = None,
    source: str | None = None,
    system: str | None = None,
    environment: str | None = None,
    timezone: str | None = None,
    metric: str | None = None,
    unit: str | None = None,
    better: str | None = None,
    progress: Progress | None = None,
) -> Proposal:
    """How the files would be understood: a full mapping to edit, and a sample of the first records.

    Parameters and refusals are those of ``read``; but a table whose required columns are not found, or whose dates
    are ambiguous, gives a proposal without a sample that says what is missing.
    """
    options = Options(
        source=source,
        system=system,
        environment=environment,
        timezone=timezone,
        metric=metric,
        unit=unit,
        better=better,
    )
    refuse_option(better)
    tell = progress or _silent
    lone = _lone_table(paths, kind, format)
    files = lone if lone is not None and mapping is None else chosen(paths, kind=kind, format=format, mapping=mapping)
    groups = _groups(replace(files, files=files.files[:SAMPLE]), options, tell)
    group = groups[0]
    headers = group.records.columns
    sample, refusal = _sample(files, groups[:1], options)
    return Proposal(
        kind=kind,
        format=COLUMNS if files.format in TABLES else files.format,
        mapping=group.mapping,
        file_columns=headers,
        unmatched=[header for header in headers if header not in used_columns(group.mapping)],
        missing=missing_columns(group.mapping),
        sample=sample,
        refusal=refusal,
        skipped=files.skipped,
    )


@dataclass(frozen=True, kw_only=True)
class _Group:
    """Records that share their headers, and the mapping fitted to them."""

    records: Records
    mapping: Mapping


def _silent(share: float, words: str) -> None:
    """Nobody watches."""


def _lone_table(paths: Sequence[Path], kind: str, format: str | None) -> Chosen | None:
    """A single table that cannot be read yet, because its headers say too little: it is proposed all the same."""
    if len(paths) != 1 or not paths[0].is_file() or format not in (None, COLUMNS, *TABLES):
        return None
    found = looked_at(paths[0], paths[0].name)
    plain = plain_mapping(kind, found.reader)
    if found.reader not in TABLES or not fits(found, plain, strict=False) or _preset_knows(found, kind, format):
        return None
    return Chosen(format=found.reader, mapping=plain, strict=False, files=[found])


def _preset_knows(found: Found, kind: str, format: str | None) -> bool:
    if format is not None:
        return False
    return any(not fits(found, preset, strict=False) for preset in presets().values() if preset.kind == kind)


def _sample(files: Chosen, groups: list[_Group], options: Options) -> tuple[Reading | None, str]:
    """The reading of the first records, or why there is none. Times are decided from all values."""
    group = groups[0]
    missing = missing_columns(group.mapping)
    if missing:
        return None, missing_words(files.files[0], missing)
    try:
        formats = time_formats(group.records, group.mapping)
        part = canonical(
            group.records.head(SAMPLE), group.mapping, options, source=_source(files, options), formats=formats
        )
    except Refused as refusal:
        return None, str(refusal)
    part = replace(part, problems=part.problems[:SAMPLE])
    return _reading(files, options, [group], [part]), ""


def _read(files: Chosen, options: Options, tell: Progress) -> Reading:
    groups = _groups(files, options, tell)
    parts = []
    for number, group in enumerate(groups):
        tell(0.5 + 0.4 * number / len(groups), f"understanding {group.records.table.num_rows:,} records")
        missing = missing_columns(group.mapping)
        if missing and group.records.table.num_rows:
            raise Refused(f"No column for {' and '.join(missing)}; there is {headers_shown(group.records.columns)}.")
        formats = time_formats(group.records, group.mapping)
        parts.append(canonical(group.records, group.mapping, options, source=_source(files, options), formats=formats))
    reading = _reading(files, options, groups, parts)
    tell(1.0, f"{len(reading.main):,} records understood")
    return reading


def _source(files: Chosen, options: Options) -> str:
    return options.source or (files.mapping.name if files.strict else files.format)


def _groups(files: Chosen, options: Options, tell: Progress, limit: int | None = None) -> list[_Group]:
    """The records of all files, together where a preset reads them, else by equal headers."""
    by_headers: dict[tuple[object, ...], list[Records]] = {}
    for number, found in enumerate(files.files):
        tell(0.5 * number / len(files.files), f"reading {found.name}")
        records = records_of(found, files.mapping.reader, limit)
        alike = (records.decimal_comma, *(records.columns if files.mapping.match_others or files.strict else ()))
        by_headers.setdefault(alike, []).append(records)
    return [_fitted(files, joined(parts), options) for parts in by_headers.values()]


def _fitted(files: Chosen, records: Records, options: Options) -> _Group:
    """The mapping fitted to the headers, missing words taken out, updates folded."""
    mapping = _named_metric(files.mapping, options)
    records = without_missing(records, mapping.missing)
    if mapping.fold:
        records = folded(records, mapping.fold, options.timezone or mapping.timezone)
    generic = mapping.match_others
    mapping = resolved(mapping, records.columns, strict=files.strict and mapping.reader not in DOCUMENTS)
    if generic and mapping.split is None and mapping.kind == "incidents":
        mapping = replace(mapping, split=proposed_split(mapping, records))
    return _Group(records=records, mapping=mapping)


def _named_metric(mapping: Mapping, options: Options) -> Mapping:
    """A stated metric stands before the file's name."""
    if options.metric and mapping.columns.get("metric") == f"{{{STEM}}}":
        return replace(mapping, columns={c: given for c, given in mapping.columns.items() if c != "metric"})
    return mapping


def _reading(files: Chosen, options: Options, groups: list[_Group], parts: list[Canonical]) -> Reading:
    """The parts as one load: repeats found across all files, systems in their own table."""
    kind = files.mapping.kind
    table = table_of(kind)
    frame = pd.concat([part.frame for part in parts], ignore_index=True) if len(parts) > 1 else parts[0].frame
    places = joined_places([part.places for part in parts])
    once = unique(frame, table.key, places, "at" if kind == "metrics" else "source_id")
    if len(once.kept) < len(frame):
        frame = frame.iloc[once.kept].reset_index(drop=True)
    mapping = groups[0].mapping
    return Reading(
        kind=kind,
        format=files.format,
        source=_source(files, options),
        rows=sum(group.records.rows for group in groups),
        tables=_tables(frame, kind, mapping.split),
        problems=[*(problem for part in parts for problem in part.problems), *once.problems],
        refused=sum(part.refused for part in parts) + len(once.problems),
        duplicates=once.duplicates,
        skipped=files.skipped,
        matched=matched_words(mapping),
        timezone=options.timezone or mapping.timezone,
        planned_rule=mapping.planned_rule,
        notes=_notes(files.mapping, groups),
    )


def _notes(mapping: Mapping, groups: list[_Group]) -> list[str]:
    notes = [note for group in groups for note in group.records.notes]
    return list(dict.fromkeys([*([mapping.note] if mapping.note else []), *notes]))


def _tables(frame: pd.DataFrame, kind: str, split: str | None) -> dict[str, pd.DataFrame]:
    table = table_of(kind)
    tables = {table.name: checked(shaped(frame, table), table)}
    if kind == "incidents":
        tables[INCIDENT_SYSTEMS.name] = checked(_further_systems(frame, split), INCIDENT_SYSTEMS)
    return tables


def _further_systems(frame: pd.DataFrame, split: str | None) -> pd.DataFrame:
    """The systems of an incident after its first, one row each."""
    if SYSTEMS not in frame.columns or split is None:
        return empty(INCIDENT_SYSTEMS)
    several = frame.loc[
        frame[SYSTEMS].str.contains(split, regex=False) | frame[SYSTEMS].str.contains("\n", regex=False)
    ]
    more = {cell: systems_in(cell, split)[1:] for cell in several[SYSTEMS].unique()}
    rows = (
        several[["source", "source_id"]]
        .assign(system=several[SYSTEMS].map(more))
        .explode("system")
        .dropna(subset="system")
    )
    return shaped(rows.reset_index(drop=True), INCIDENT_SYSTEMS)
