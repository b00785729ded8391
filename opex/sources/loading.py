"""Reading files into canonical rows, and proposing how files would be read."""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from opex.domain.mapping import Mapping
from opex.domain.problems import Problem, Refused
from opex.frames import Rows
from opex.sources.ahead import ahead
from opex.sources.canonical import (
    Canonical,
    canonical,
    decimals,
    refuse_options,
    with_decimals,
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
from opex.sources.delimited import WHY
from opex.sources.fitting import Fitting, fitted, formats_of, narrow, with_zone
from opex.sources.folding import folded
from opex.sources.formats import plain_mapping, presets
from opex.sources.kept import MOST_PROBLEMS, Keeper, Mendable
from opex.sources.reading import Options, Progress, Proposal, Reading
from opex.sources.records import STEM, Places, Records
from opex.sources.sniffing import DOCUMENTS, TABLES, Found, looked_at, records_of
from opex.sources.spool import Spool
from opex.sources.temporary import temporary_folder
from opex.sources.times import TimeFormat

SAMPLE = 200
FILLERS = ("system", "environment", "metric", "unit", "better")


def read(paths: Sequence[Path], **asked: Any) -> Reading:
    """Read files into memory, in this process: see ``read_into``. For files that one trusts, such as tests' own."""
    with temporary_folder() as folder:
        reading = read_into(Path(folder), paths, **asked)
        _ = reading.tables  # the files go with the folder
        return reading


def read_into(
    folder: Path,
    paths: Sequence[Path],
    *,
    kind: str,
    format: str | None = None,
    mapping: Mapping | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Reading:
    """Read files and folders of one format into canonical rows that lie in ``folder``.

    Memory does not grow with the rows (a preset that folds updates into records is the exception): records go to
    disk chunk by chunk, formats of times are decided from whole columns, and rows are understood chunk by chunk.

    Parameters
    ----------
    folder
        An empty folder for what is made on the way; the rows of the reading lie there.
    paths
        Files, folders that are walked, or zip archives of files. All must be of one format.
    kind
        ``incidents``, ``changes`` or ``metrics``.
    format, mapping
        What the files are; without them it is decided from their content.
    progress
        Called with a share from 0 to 1 and words.
    **options
        The fields of ``Options``.

    Returns
    -------
    Reading
        Rows ready for the workspace, and every record that is not among them with its reason.

    Raises
    ------
    Refused
        Nothing can be read as asked; the message is one sentence for the person.
    """
    said = Options(**options)
    refuse_options(said)
    work = _made(folder / "work")
    files = chosen(
        paths,
        kind=kind,
        format=format,
        mapping=mapping,
        sheet=said.sheet,
        encoding=said.encoding,
        work=work,
    )
    tell = progress or _silent
    groups = _groups(files, said, tell, work)
    try:
        return _read(folder, files, said, groups, tell)
    finally:
        for group in groups:
            group.spool.close()


def propose(
    paths: Sequence[Path],
    *,
    kind: str,
    format: str | None = None,
    mapping: Mapping | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Proposal:
    """How the files would be understood: a full mapping to edit, and a sample of the first records.

    Parameters and refusals are those of ``read_into``; but a table whose required columns are not found, or whose
    dates are ambiguous, or a workbook of several sheets, gives a proposal without a sample that says what is missing.
    """
    if folder is None:
        with temporary_folder() as own:
            proposal = propose(
                paths, kind=kind, format=format, mapping=mapping, folder=Path(own), progress=progress, **options
            )
            if proposal.sample is not None:
                _ = proposal.sample.tables
            return proposal
    said = Options(**options)
    refuse_options(said)
    work = _made(folder / "work")
    lone = _lone_table(
        paths, kind, format, said.sheet or (mapping.sheet if mapping else None),
        said.encoding or (mapping.encoding if mapping else None),
    )  # fmt: skip
    if isinstance(lone, Proposal):
        return lone
    files = (
        lone
        if lone is not None and mapping is None
        else chosen(
            paths, kind=kind, format=format, mapping=mapping, sheet=said.sheet, encoding=said.encoding, work=work
        )
    )
    groups = _groups(replace(files, files=files.files[:SAMPLE]), said, progress or _silent, work)
    try:
        return _proposal(folder, files, said, groups)
    finally:
        for group in groups:
            group.spool.close()


@dataclass(frozen=True, kw_only=True)
class _Group:
    """Records that share their headers, the mapping fitted to them, and why it cannot be used, if so."""

    spool: Spool
    mapping: Mapping
    refusal: str = ""


def _silent(share: float, words: str) -> None:
    """Nobody watches."""


def _made(folder: Path) -> Path:
    """A folder in one that exists: whoever outlives a killed load must not make its folder anew."""
    folder.mkdir(exist_ok=True)
    return folder


# --- proposing --------------------------------------------------------------------------------------------------


def _lone_table(
    paths: Sequence[Path], kind: str, format: str | None, sheet: str | None, encoding: str | None
) -> Chosen | Proposal | None:
    """A single table that cannot be read yet, because its headers say too little: it is proposed all the same."""
    if len(paths) != 1 or not paths[0].is_file() or format not in (None, COLUMNS, *TABLES):
        return None
    found = looked_at(paths[0], paths[0].name, sheet, encoding)
    plain = plain_mapping(kind, found.reader)
    if found.sheets and found.reader == "none":
        return Proposal(
            kind=kind, format=COLUMNS, mapping=plain_mapping(kind, "xlsx"), file_columns=[], unmatched=[], missing=[],
            sample=None, refusal=found.why, sheets=list(found.sheets),
        )  # fmt: skip
    if found.reader not in TABLES or not fits(found, plain, strict=False) or _preset_knows(found, kind, format):
        return None
    return Chosen(format=found.reader, mapping=plain, strict=False, files=[found])


def _preset_knows(found: Found, kind: str, format: str | None) -> bool:
    if format is not None:
        return False
    return any(not fits(found, preset, strict=False) for preset in presets().values() if preset.kind == kind)


def _proposal(folder: Path, files: Chosen, options: Options, groups: list[_Group]) -> Proposal:
    group = groups[0]
    headers = [header for header in group.spool.columns if header not in WHY]
    sample, refusal = _sample(folder, files, group, options)
    used = used_columns(group.mapping, headers)
    return Proposal(
        kind=files.mapping.kind,
        format=COLUMNS if files.format in TABLES else files.format,
        mapping=group.mapping,
        file_columns=headers,
        unmatched=[header for header in headers if header not in used],
        missing=missing_columns(group.mapping),
        sample=sample,
        refusal=refusal,
        skipped=files.skipped,
        sheets=list(files.files[0].sheets),
        notes=_notes(files.mapping, groups),
    )


def _sample(folder: Path, files: Chosen, group: _Group, options: Options) -> tuple[Reading | None, str]:
    """The reading of the first records, or why there is none. Times are decided from all values."""
    missing = missing_columns(group.mapping)
    if missing:
        return None, missing_words(files.files[0], missing)
    if group.refusal:
        return None, group.refusal
    first = next(group.spool.chunks()).head(SAMPLE)
    part = _Group(spool=Spool(folder / "sample"), mapping=group.mapping)
    part.spool.add(replace(first, problems=tuple(group.spool.problems[:SAMPLE]),
                           spoiled=tuple(group.spool.spoiled[:SAMPLE])))  # fmt: skip
    try:
        formats = formats_of(group.spool, group.mapping)
        return _read(folder, files, options, [part], _silent, formats), ""
    except Refused as refusal:
        return None, str(refusal)
    finally:
        part.spool.close()


# --- reading ----------------------------------------------------------------------------------------------------


def _read(
    folder: Path,
    files: Chosen,
    options: Options,
    groups: list[_Group],
    tell: Progress,
    formats: AnyMapping[str, TimeFormat] | None = None,
) -> Reading:
    kind = files.mapping.kind
    keeper = Keeper(folder, table_of(kind))
    mendable = Mendable(Spool(folder / "refused"))
    problems: list[Problem] = []
    refused, done = 0, 0
    whole = sum(group.spool.count for group in groups) or 1
    used: AnyMapping[str, TimeFormat] = {}
    naive: set[str] = set()
    for group in groups:
        _refuse_unfit(group)
        used = formats or formats_of(group.spool, group.mapping)
        problems += group.spool.problems
        refused += len(group.spool.problems)
        mendable.add_spoiled(group.spool)
        for records, part in ahead(_understood(group, options, files, used)):
            keeper.add(
                part, group.mapping.split, named="source_id" in {*group.mapping.columns, *group.mapping.constants}
            )
            naive |= {options.timezone or group.mapping.timezone} if part.naive else set()
            problems += part.problems[: max(0, MOST_PROBLEMS - len(problems))]
            refused += part.refused
            mendable.add(records, _refused(records, part), part.problems, _needs_stem(group.mapping))
            done += records.table.num_rows
            tell(0.5 + 0.45 * done / whole, f"understanding {done:,} of {whole:,} records")
    finished = keeper.finished(newest=options.newest)
    if finished.problems:
        for group in groups:
            _mend_contradictions(group, mendable, finished.problems)
    tell(1.0, f"{finished.count:,} records understood")
    mapping = groups[0].mapping
    return Reading(
        kind=kind,
        format=files.format,
        source=_source(files, options),
        rows=sum(group.spool.rows for group in groups),
        kept=Rows(name=table_of(kind).name, parts=finished.rows),
        count=finished.count,
        problems=[*problems, *finished.problems],
        refused=refused + len(finished.refused_at),
        duplicates=finished.again,
        superseded=finished.superseded,
        planned=keeper.planned,
        systems=dict(keeper.systems),
        skipped=files.skipped,
        matched=matched_words(mapping),
        mapping=_again(mapping, options, files, used),
        mendable=mendable.write(folder / "refused.csv"),
        notes=[
            *_notes(files.mapping, groups),
            *(f"Times without a zone are read as {zone}." for zone in sorted(naive)),
        ],
    )


def _refuse_unfit(group: _Group) -> None:
    missing = missing_columns(group.mapping)
    if missing and group.spool.count:
        raise Refused(f"No column for {' and '.join(missing)}; there is {headers_shown(group.spool.columns)}.")
    if group.refusal:
        raise Refused(group.refusal)


def _understood(
    group: _Group, options: Options, files: Chosen, formats: AnyMapping[str, TimeFormat]
) -> Iterator[tuple[Records, Canonical]]:
    source = _source(files, options)
    written = decimals(narrow(group.spool, group.mapping, ["value"]), group.mapping)
    for records in group.spool.chunks():
        records = with_decimals(records, written)
        yield records, canonical(records, group.mapping, options, source=source, formats=formats)


def _refused(records: Records, part: Canonical) -> npt.NDArray[np.int64]:
    """The positions of the records that are not among the good rows."""
    if len(part.frame) == records.table.num_rows:
        return np.array([], dtype=np.int64)
    return np.flatnonzero(~np.isin(_keys(records.places), _keys(part.places)))


def _keys(places: Places) -> npt.NDArray[np.int64]:
    return np.asarray(places.file_of * 2**40 + places.row_of, dtype=np.int64)


def _mend_contradictions(group: _Group, mendable: Mendable, problems: Sequence[Problem]) -> None:
    wanted = {(problem.file, problem.row) for problem in problems}
    for records in group.spool.chunks():
        places = [records.places.of(position) for position in range(records.table.num_rows)]
        here = [position for position, place in enumerate(places) if place in wanted]
        mendable.add(records, np.array(here, dtype=np.int64), problems, _needs_stem(group.mapping))


def _needs_stem(mapping: Mapping) -> bool:
    return any(STEM in str(given) for given in mapping.columns.values())


def _again(mapping: Mapping, options: Options, files: Chosen, formats: AnyMapping[str, TimeFormat]) -> Mapping:
    """The mapping that reads the mended file of refused records as this load read the file."""
    said = {
        name: value for name in FILLERS if (value := getattr(options, name)) and name in table_of(mapping.kind).names
    }
    written = (re.sub("[.-]", "/", form.name) for form in formats.values())
    order = next((name for name in written if name in ("d/m/Y", "m/d/Y")), None)
    return replace(
        mapping,
        name=_source(files, options),
        reader="table",
        constants={**mapping.constants, **said},
        timezone=options.timezone or mapping.timezone,
        date_format=mapping.date_format or order,
        sheet=None,
        encoding=None,  # opex writes that file, as UTF-8
        recognise=None,
    )


def _source(files: Chosen, options: Options) -> str:
    return options.source or (files.mapping.name if files.strict else files.format)


def _groups(files: Chosen, options: Options, tell: Progress, work: Path) -> list[_Group]:
    """The records of all files, together where a preset reads them, else by equal headers."""
    spools: dict[tuple[object, ...], Spool] = {}
    for number, found in enumerate(files.files):
        tell(0.5 * number / len(files.files), f"reading {found.name}")
        rows = 0
        for records in ahead(records_of(found, files.mapping.reader)):
            alike = (records.decimal_comma, *(records.columns if files.mapping.match_others or files.strict else ()))
            spool = spools.get(alike) or spools.setdefault(alike, Spool(work / f"group-{len(spools)}"))
            spool.add(records)
            rows += records.rows
            tell(0.5 * (number + 0.5) / len(files.files), f"reading {found.name}: {rows:,} rows")
    return [_fitted(files, spool, options, work) for spool in spools.values()]


def _fitted(files: Chosen, spool: Spool, options: Options, work: Path) -> _Group:
    """The mapping fitted to the headers, missing words taken out, updates folded."""
    mapping = _named_metric(files.mapping, options)
    if mapping.missing or mapping.fold:
        spool = _changed(spool, mapping, options, work)
    generic = mapping.match_others
    found = Fitting(mapping=resolved(mapping, spool.columns, strict=files.strict and mapping.reader not in DOCUMENTS))
    if generic:
        found = _fitted_to_cells(mapping, spool, options)
    spool.notes |= dict.fromkeys(found.notes)
    mapping = _named_metric(found.mapping, options)
    if generic and mapping.split is None and mapping.kind == "incidents" and "system" in mapping.columns:
        mapping = replace(mapping, split=proposed_split(mapping, narrow(spool, mapping, ["system"])))
    refusal = f"{files.files[0].name}: {found.refusal}" if found.refusal else ""
    return _Group(spool=spool, mapping=mapping, refusal=refusal)


def _fitted_to_cells(mapping: Mapping, spool: Spool, options: Options) -> Fitting:
    """The mapping fitted to the cells; the zone that a column names counts where nobody states one."""
    found = fitted(mapping, spool)
    if found.refusal or options.timezone or missing_columns(found.mapping):
        return found
    zoned = with_zone(found.mapping, spool)
    return replace(zoned, notes=(*found.notes, *zoned.notes))


def _changed(spool: Spool, mapping: Mapping, options: Options, work: Path) -> Spool:
    """The records without the words that mean missing, and with their updates folded into one (all in memory)."""
    other = Spool(work / f"changed-{len(list(work.iterdir()))}")
    parts: Iterator[Records] = (without_missing(records, mapping.missing) for records in spool.chunks())
    if mapping.fold:
        whole = Spool(work / f"whole-{len(list(work.iterdir()))}")
        for part in parts:
            whole.add(part)
        parts = iter([folded(whole.narrow(whole.columns), mapping.fold, options.timezone or mapping.timezone)])
    for part in parts:
        other.add(part)
    other.rows, other.problems, other.spoiled = spool.rows, spool.problems, spool.spoiled
    other.notes = {**spool.notes, **other.notes}
    spool.close()
    return other


def _named_metric(mapping: Mapping, options: Options) -> Mapping:
    """A stated metric stands before the file's name."""
    if options.metric and mapping.columns.get("metric") == f"{{{STEM}}}":
        return replace(mapping, columns={c: given for c, given in mapping.columns.items() if c != "metric"})
    return mapping


def _zones_said(naive: set[str]) -> list[str]:
    """In which zones times without an offset were read."""
    return [f"Times without a zone are read as {zone}." for zone in sorted(naive)]


def _notes(mapping: Mapping, groups: list[_Group]) -> list[str]:
    notes = [note for group in groups for note in group.spool.notes]
    return list(dict.fromkeys([*([mapping.note] if mapping.note else []), *notes]))
