"""Load: what a file holds, how it is understood, and one transaction that takes it in."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import pandas as pd

from opex import sources
from opex.domain.mapping import Mapping
from opex.domain.problems import Problem, Refused
from opex.domain.systems import Catalogue
from opex.evidence.catalogue import propose as propose_systems
from opex.services.context import Context, Progress
from opex.sources.sample import generate, write
from opex.store import decisions, facts
from opex.store.facts import LoadRecord

__all__ = ["KINDS", "Asked", "Report", "history", "keep_mapping", "load", "load_sample", "mappings", "propose"]

KINDS = ("incidents", "changes", "metrics")
MOST_PROBLEMS_KEPT = 1000


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a person asks for with a load; ``None`` leaves it to the file."""

    kind: str
    format: str | None = None
    mapping: Mapping | None = None
    source: str | None = None
    system: str | None = None
    environment: str | None = None
    timezone: str | None = None
    metric: str | None = None
    unit: str | None = None
    better: str | None = None

    def options(self) -> dict[str, Any]:
        """As keyword arguments of the sources."""
        return dict(self.__dict__)


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a load did. ``read = loaded + unchanged + replaced + refused``, always."""

    rows: int
    read: int
    loaded: int
    unchanged: int
    replaced: int
    refused: int
    kind: str
    format: str
    source: str
    problems: tuple[Problem, ...]
    skipped: tuple[tuple[str, str], ...]
    matched: dict[str, str]
    timezone: str
    planned: int
    planned_rule: str
    dry_run: bool = False

    def document(self) -> dict[str, Any]:
        """The report as ``opex import --json`` prints it."""
        plain = {key: value for key, value in self.__dict__.items() if key not in {"problems", "skipped"}}
        problems = [{**problem.__dict__, "sentence": problem.sentence} for problem in self.problems]
        skipped = [{"file": file, "why": why} for file, why in self.skipped]
        return {**plain, "problems": problems, "skipped": skipped}

    @property
    def sentence(self) -> str:
        """The report in words."""
        done = "would be loaded" if self.dry_run else "loaded"
        return (
            f"{self.read:,} {self.kind} read from {self.rows:,} rows or files: {self.loaded:,} {done}, "
            f"{self.unchanged:,} unchanged, {self.replaced:,} replaced, {self.refused:,} refused."
        )


def propose(paths: Sequence[Path], asked: Asked) -> sources.Proposal:
    """What we understand of these files, before anything is loaded: format, mapping, preview, problems."""
    return sources.propose(paths, **asked.options())


def load(
    context: Context,
    paths: Sequence[Path],
    asked: Asked,
    *,
    person: str = "",
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Read the files and take them in, whole or not at all. Loading twice changes nothing.

    Raises
    ------
    Refused
        When nothing in them can be read, with one sentence that says where, what and how to mend it.
    """
    reading = sources.read(paths, **asked.options(), progress=progress)
    if ":" in reading.source:
        raise Refused(f'A source\'s name has no colon; this is "{reading.source}".')
    main = next(table for name, table in reading.tables.items() if name != "incident_systems")
    if main.empty:
        _refuse_empty(reading)
    record = LoadRecord(
        id=uuid4().hex,
        at=context.now(),
        person=person,
        kind=reading.kind,
        source=reading.source,
        format=reading.format,
        files=tuple(path.name for path in paths),
        report={"rows": reading.rows, "read": reading.read, "refused": reading.refused, "unchanged": reading.duplicates}
        | {"problems": [problem.sentence for problem in reading.problems[:MOST_PROBLEMS_KEPT]]},
    )
    named = _catalogue(context, main, reading.tables.get("incident_systems"))
    counts, _ = facts.load(context.database, reading.tables, record, catalogue=named, dry_run=dry_run)
    return _report(reading, counts, main, dry_run)


def _refuse_empty(reading: sources.Reading) -> None:
    first = f" The first problem: {reading.problems[0].sentence}" if reading.problems else ""
    if reading.rows == 0 or reading.problems:
        raise Refused(f"Nothing in it can be loaded as {reading.kind} ({reading.rows} rows or files).{first}")


def _report(reading: sources.Reading, counts: facts.Counts, main: pd.DataFrame, dry_run: bool) -> Report:
    return Report(
        rows=reading.rows,
        read=reading.read,
        loaded=counts.loaded,
        unchanged=counts.unchanged + reading.duplicates,
        replaced=counts.replaced,
        refused=reading.refused,
        kind=reading.kind,
        format=reading.format,
        source=reading.source,
        problems=tuple(reading.problems),
        skipped=tuple(reading.skipped),
        matched=dict(reading.matched),
        timezone=reading.timezone,
        planned=int(main["planned"].sum()) if "planned" in main else 0,
        planned_rule=reading.planned_rule,
        dry_run=dry_run,
    )


def _catalogue(context: Context, main: pd.DataFrame, further: pd.DataFrame | None) -> Catalogue | None:
    """The catalogue with the systems that this load names for the first time; ``None`` when there are none."""
    existing = decisions.catalogue(context.database)
    named = main["system"].dropna().tolist() + ([] if further is None else further["system"].tolist())
    proposed = propose_systems(named, existing)
    return None if proposed == existing else proposed


def history(context: Context) -> list[LoadRecord]:
    """The loads so far, newest first."""
    return facts.history(context.database)


def mappings(context: Context, kind: str) -> dict[str, Mapping]:
    """The mappings that people kept for that kind, by name."""
    return {name: Mapping.from_toml(toml) for name, toml in decisions.mappings(context.database, kind).items()}


def keep_mapping(context: Context, mapping: Mapping) -> None:
    """Keep a mapping by its name."""
    decisions.save_mapping(context.database, mapping.name, mapping.kind, mapping.to_toml())


def load_sample(
    context: Context, *, rows: int | None = None, seed: int | None = None, progress: Progress | None = None
) -> list[Report]:
    """The sample data into an empty workspace: the files that come with opex, or made anew for ``rows`` or ``seed``.

    Raises
    ------
    Refused
        When the workspace holds anything: a person's own data never mixes with the sample.
    """
    earlier = facts.history(context.database)
    if any(load.source != "sample" for load in earlier) or {load.kind for load in earlier} == set(KINDS):
        raise Refused("This workspace is not empty: the sample data goes into a workspace of its own.")
    if rows is None and seed is None:
        return _load_sample_files(context, context.sample, progress)
    with TemporaryDirectory() as folder:
        write(generate(7 if seed is None else seed, rows), Path(folder))
        return _load_sample_files(context, Path(folder), progress)


def _load_sample_files(context: Context, folder: Path, progress: Progress | None) -> list[Report]:
    reports = []
    files = {"incidents": "incidents.csv", "changes": "changes.csv", "metrics": "readings.csv"}
    catalogue = Catalogue.from_toml((folder / "systems.toml").read_text(encoding="utf-8"))
    decisions.save_catalogue(context.database, catalogue)
    for position, (kind, file) in enumerate(files.items()):
        if progress is not None:
            progress(position / len(files), kind)
        reports.append(load(context, [folder / file], Asked(kind=kind, source="sample"), person="sample"))
    return reports
