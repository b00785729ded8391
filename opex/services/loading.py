"""Load: what a file holds, how it is understood, and one transaction that takes it in."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from opex.domain.mapping import Mapping
from opex.domain.problems import Problem, Refused, called
from opex.domain.systems import Catalogue
from opex.evidence.catalogue import propose as propose_systems
from opex.services import kept_rankings
from opex.services.context import Context, Progress, give_back
from opex.services.permissions import by, needs
from opex.sources import Proposal, Reading, guard
from opex.sources.sample import generate, write
from opex.sources.temporary import temporary_folder
from opex.store import decisions, facts
from opex.store.facts import Beside, LoadRecord
from opex.store.watermarks import Watermark

__all__ = [
    "KINDS", "Asked", "Report", "history", "keep_mapping", "load", "load_sample", "mappings", "propose",
    "refused_rows", "take_back",
]  # fmt: skip

KINDS = ("incidents", "changes", "metrics")
MOST_PROBLEMS_KEPT = 1000
MOST_NOTES_KEPT = 100
MOST_BYTES_KEPT = 64 * 1024**2


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
    sheet: str | None = None
    encoding: str | None = None
    newest: bool = False

    def options(self) -> dict[str, Any]:
        """As keyword arguments of the sources."""
        return dict(self.__dict__)


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a load did. ``read = loaded + unchanged + replaced + refused``, always.

    ``problems`` are the first ones; ``mapping`` is the TOML that reads the refused rows again once they are mended.
    """

    id: str
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
    notes: tuple[str, ...]
    matched: dict[str, str]
    timezone: str
    planned: int
    planned_rule: str
    mapping: str
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
        what = "readings" if self.kind == "metrics" else self.kind
        return (
            f"{self.read:,} {what} read from {self.rows:,} rows or files: {self.loaded:,} {done}, "
            f"{self.unchanged:,} unchanged, {self.replaced:,} replaced, {self.refused:,} refused."
        )


def propose(paths: Sequence[Path], asked: Asked) -> Proposal:
    """What we understand of these files, before anything is loaded: format, mapping, preview, problems."""
    return guard.propose(paths, **asked.options())


@needs("decide")
def load(
    context: Context,
    paths: Sequence[Path],
    asked: Asked,
    *,
    person: str = "",
    dry_run: bool = False,
    progress: Progress | None = None,
    names: Sequence[str] | None = None,
    watermark: Callable[[Reading], Watermark] | None = None,
    problems: Path | None = None,
) -> Report:
    """Read the files and take them in, whole or not at all. Loading twice changes nothing.

    Parameters
    ----------
    names
        How the history calls the files, where that is not their own names.
    watermark
        How far their source is read once this reading is in: kept in the same transaction.
    problems
        Where to write the refused rows as a CSV that can be mended, also when nothing is loaded.

    Raises
    ------
    Refused
        When nothing in them can be read, with one sentence that says where, what and how to mend it.
    """
    shown = tuple(called(name) for name in (names if names is not None else [path.name for path in paths]))
    with temporary_folder() as folder:
        reading = guard.read(Path(folder), paths, **asked.options(), progress=progress)
        if ":" in reading.source:
            raise Refused(f'A source\'s name has no colon; this is "{reading.source}".')
        if problems is not None and reading.mendable is not None:
            _copy(reading.mendable, problems)
        if not reading.count and not reading.duplicates:
            _refuse_empty(reading, shown)
        loader = by(context, person)
        record = _record(context, reading, shown, loader.person if person else "")
        beside = Beside(
            catalogue=_cataloguing(reading),
            watermark=watermark(reading) if watermark else None,
            refused=_refused(reading) if not dry_run else None,
        )
        if not dry_run:
            kept_rankings.keep_before(context, occasion=f"before a load of {reading.source}", person=person)
        counts, _ = facts.load(context.database, reading.kept, record, beside=beside, dry_run=dry_run, role=loader.role)
        give_back()
        return _report(reading, counts, record.id, dry_run)


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise Refused(f"The refused rows cannot be written to {target} ({error.strerror}).") from error


def _refused(reading: Reading) -> bytes | None:
    if reading.mendable is None or reading.mendable.stat().st_size > MOST_BYTES_KEPT:
        return None
    return reading.mendable.read_bytes()


def _record(context: Context, reading: Reading, files: tuple[str, ...], person: str) -> LoadRecord:
    report = {
        "rows": reading.rows,
        "read": reading.read,
        "refused": reading.refused,
        "unchanged": reading.duplicates,
        "replaced": reading.superseded,
        "notes": reading.notes[:MOST_NOTES_KEPT],
        "skipped": [why for _, why in reading.skipped[:MOST_NOTES_KEPT]],
        "problems": [problem.sentence for problem in reading.problems[:MOST_PROBLEMS_KEPT]],
    }
    return LoadRecord(
        id=uuid4().hex,
        at=context.now(),
        person=person,
        kind=reading.kind,
        source=reading.source,
        format=reading.format,
        files=files,
        report=report,
        mapping=reading.mapping.to_toml(),
    )


def _refuse_empty(reading: Reading, files: Sequence[str]) -> None:
    first = f" The first problem: {reading.problems[0].sentence}" if reading.problems else ""
    if reading.rows == 0 or reading.problems:
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        what = f"none of {reading.rows:,} rows or files is right" if reading.rows else "there are no rows"
        raise Refused(f"{files[0]}{more}: nothing can be loaded as {reading.kind}, {what}.{first}")


def _report(reading: Reading, counts: facts.Counts, id: str, dry_run: bool) -> Report:
    return Report(
        id=id,
        rows=reading.rows,
        read=reading.read,
        loaded=counts.loaded,
        unchanged=counts.unchanged + reading.duplicates,
        replaced=counts.replaced + reading.superseded,
        refused=reading.refused,
        kind=reading.kind,
        format=reading.format,
        source=reading.source,
        problems=tuple(reading.problems),
        skipped=tuple(reading.skipped),
        notes=tuple(reading.notes),
        matched=dict(reading.matched),
        timezone=reading.timezone,
        planned=reading.planned,
        planned_rule=reading.planned_rule,
        mapping=reading.mapping.to_toml(),
        dry_run=dry_run,
    )


def _cataloguing(reading: Reading) -> Callable[[Catalogue], Catalogue]:
    """The catalogue with the systems that this load names for the first time."""
    return lambda existing: propose_systems(reading.systems, existing)


def history(context: Context, limit: int = 50) -> list[LoadRecord]:
    """The loads so far, newest first."""
    return facts.history(context.database, limit)


def refused_rows(context: Context, load: str) -> bytes | None:
    """The rows that a load refused, as a CSV that can be mended and loaded again with the load's mapping."""
    return facts.refused_csv(context.database, load)


@needs("decide")
def take_back(context: Context, load: str, *, person: str = "", with_later: bool = False) -> list[LoadRecord]:
    """Take a load back whole; with those of the same source that stand on it, if ``with_later`` says so.

    Raises
    ------
    Refused
        There is no such load, later ones stand on it, or it was taken back already.
    """
    kept_rankings.keep_before(context, occasion="before a load was taken back", person=person)
    taker = by(context, person)
    return facts.take_back(
        context.database, load, person=taker.person if person else "", at=taker.at, with_later=with_later,
        role=taker.role,
    )  # fmt: skip


def mappings(context: Context, kind: str) -> dict[str, Mapping]:
    """The mappings that people kept for that kind, by name."""
    return {name: Mapping.from_toml(toml) for name, toml in decisions.mappings(context.database, kind).items()}


@needs("decide")
def keep_mapping(
    context: Context, mapping: Mapping, paths: Sequence[Path], asked: Asked, *, person: str = ""
) -> Report:
    """Try a mapping on the files, whole, and keep it by its name; what loading with it would do.

    Raises
    ------
    Refused
        Nothing can be read with it: it is not kept.
    """
    tried = load(context, paths, replace(asked, mapping=mapping, format=None), dry_run=True)
    decisions.save_mapping(context.database, mapping.name, mapping.kind, mapping.to_toml(), by=by(context, person))
    return tried


@needs("decide")
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
    with temporary_folder() as folder:
        write(generate(7 if seed is None else seed, rows), Path(folder))
        return _load_sample_files(context, Path(folder), progress)


def _load_sample_files(context: Context, folder: Path, progress: Progress | None) -> list[Report]:
    reports = []
    files = {"incidents": "incidents.csv", "changes": "changes.csv", "metrics": "readings.csv"}
    catalogue = Catalogue.from_toml((folder / "systems.toml").read_text(encoding="utf-8"))
    decisions.save_catalogue(context.database, catalogue, by=by(context, "sample"))
    for position, (kind, file) in enumerate(files.items()):
        if progress is not None:
            progress(position / len(files), kind)
        reports.append(load(context, [folder / file], Asked(kind=kind, source="sample"), person="sample"))
    return reports
