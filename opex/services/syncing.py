"""Configured sources: fetch what is new, load it, and say what is missing."""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

from opex.domain.mapping import Mapping
from opex.domain.problems import Refused
from opex.domain.source import Source
from opex.services import loading
from opex.services.context import Context, Progress
from opex.services.loading import Asked, Report
from opex.services.permissions import by, needs
from opex.sources import Reading, guard
from opex.sources.aws import Fetched, Gap, Permission, check, fetch
from opex.sources.temporary import temporary_folder
from opex.store import watermarks
from opex.store.watermarks import Watermark

__all__ = [
    "Freshness",
    "Synced",
    "configure",
    "configured",
    "fetched_from",
    "freshness",
    "permissions",
    "remove",
    "sync",
]

COUNTS = ("rows", "read", "loaded", "unchanged", "replaced", "refused")


@dataclass(frozen=True, kw_only=True)
class Synced:
    """What came of one source: ``status`` is ``complete``, ``partial`` (with the gaps named) or ``failed``."""

    name: str
    origin: str
    kind: str
    status: str
    report: Report | None = None
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refusal: str = ""
    fresh_at: datetime | None = None

    def document(self) -> dict[str, Any]:
        """As ``opex sync --json`` prints it; a run without news counts 0 everywhere."""
        counts = {name: getattr(self.report, name) if self.report else 0 for name in COUNTS}
        return {
            "name": self.name, "from": self.origin, "kind": self.kind, "status": self.status, **counts,
            "gaps": list(self.gaps), "notes": list(self.notes), "refusal": self.refusal,
            "fresh_at": self.fresh_at.isoformat().replace("+00:00", "Z") if self.fresh_at else None,
        }  # fmt: skip

    @property
    def sentence(self) -> str:
        """In words."""
        if self.status == "failed":
            return f"{self.name} failed: {self.refusal}"
        news = self.report.sentence if self.report else f"nothing new in {self.kind}."
        return f"{self.name} is {self.status}: {news}" + "".join(f" {gap}" for gap in self.gaps)


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """When a configured source was last complete, and what came of the last try; a new one was never tried."""

    source: Source
    fresh_at: datetime | None
    tried_at: datetime | None
    status: str
    gaps: tuple[str, ...]
    refusal: str


@needs("administer")
def configure(context: Context, toml: str, *, person: str = "") -> Source:
    """Keep a source by its name; the newer one of a name wins.

    Where it asks for something else than the earlier one, the next run fetches everything anew; nothing is doubled.

    Raises
    ------
    Refused
        The TOML states no source, or a mapping that is not kept here.
    """
    source = Source.from_toml(toml)
    _mapping_of(context, source)
    watermarks.save_source(context.database, source.name, source.to_toml(), by=by(context, person))
    return source


def configured(context: Context) -> dict[str, Source]:
    """The configured sources by name."""
    return {name: Source.from_toml(toml) for name, toml in watermarks.configured(context.database).items()}


@needs("administer")
def remove(context: Context, name: str, *, person: str = "") -> None:
    """Forget a configured source; what was loaded from it stays.

    Raises
    ------
    Refused
        There is no such source.
    """
    if not watermarks.remove_source(context.database, name, by=by(context, person)):
        raise Refused(f'There is no source "{name}".')


def freshness(context: Context) -> list[Freshness]:
    """Each configured source, and when it was last complete."""
    marks = watermarks.everything(context.database)
    return [_freshness(source, marks.get(name)) for name, source in configured(context).items()]


def _freshness(source: Source, mark: Watermark | None) -> Freshness:
    outcome = mark.outcome if mark else {}
    return Freshness(
        source=source,
        fresh_at=mark.fresh_at if mark else None,
        tried_at=mark.tried_at if mark else None,
        status=outcome.get("status", "new"),
        gaps=tuple(outcome.get("gaps", ())),
        refusal=outcome.get("refusal", ""),
    )


def permissions(context: Context, names: Sequence[str] = ()) -> list[Permission]:
    """Which IAM actions the sources need, and which of them are denied."""
    return [one for source in _chosen(context, names) for one in check(source, now=context.now())]


@needs("decide")
def sync(
    context: Context,
    names: Sequence[str] = (),
    *,
    again: bool = False,
    person: str = "",
    progress: Progress | None = None,
) -> Iterator[Synced]:
    """Fetch and load what is new of the configured sources, one after the other; one that fails stops no other.

    Parameters
    ----------
    names
        Only these; else all.
    again
        Forget how far they were read: everything is fetched once more, and nothing is doubled.

    Raises
    ------
    Refused
        A name is of no source, or none is configured.
    """
    for source in _chosen(context, names):
        yield fetched_from(context, source, again=again, person=person, progress=progress)


def _chosen(context: Context, names: Sequence[str]) -> list[Source]:
    known = configured(context)
    for name in names:
        if name not in known:
            raise Refused(f'There is no source "{name}"; configured are {", ".join(known) or "none"}.')
    if not known:
        raise Refused("No source is configured yet: opex sources add FILE.toml (docs/aws/README.md has examples).")
    return [known[name] for name in names or known]


@needs("decide")
def fetched_from(
    context: Context,
    source: Source,
    *,
    asked: Asked | None = None,
    mark: str | None = None,
    again: bool = False,
    dry_run: bool = False,
    person: str = "",
    problems: Path | None = None,
    progress: Progress | None = None,
) -> Synced:
    """Fetch what is new of a source and load it in one transaction with how far it was read.

    ``asked`` and ``mark`` are for a source that is not configured (``opex import ... s3://``): what is asked of the
    load, and the name of its watermark.
    """
    mark = mark or source.name
    earlier = watermarks.watermark(context.database, mark)
    now = context.now()
    failed = Synced(name=source.name, origin=source.origin, kind=source.kind, status="failed",
                    fresh_at=earlier.fresh_at if earlier else None)  # fmt: skip
    question = ""
    with temporary_folder() as temporary:
        folder = Path(temporary) / "fetched"
        try:
            asked = asked or _asked(context, source)
            question = _question(source, asked)
            state = {} if again or earlier is None or _asks_else(earlier, question) else earlier.state
            fetched = fetch(source, state, folder, now=now, progress=_half(progress, 0.0))
            asked = replace(asked, format=asked.format or fetched.format)
            unread: dict[str, str] = {}

            def reached(reading: Reading | None) -> Watermark:
                if reading is not None:
                    unread.update(_passed_over(fetched, reading))
                return _watermark(mark, fetched, _done(failed, fetched, unread, now), unread, question, now)

            if not fetched.files:
                if not dry_run:
                    watermarks.note(context.database, reached(None))
                return _done(failed, fetched, unread, now)
            names = list(fetched.objects.values()) or [path.name for path in fetched.files]
            load = partial(
                loading.load, context, [folder] if fetched.objects else fetched.files, asked, person=person,
                names=names[:100], watermark=reached, dry_run=dry_run, problems=problems,
                progress=_half(progress, 0.5),
            )  # fmt: skip
            try:
                report = load()
            except Refused:
                unread.update(_unreadable(fetched, asked))
                if not unread:
                    raise
                report = load()
            done = _done(failed, fetched, unread, now)
            return replace(done, report=report, notes=(*done.notes, *report.notes))
        except Refused as refusal:
            done = replace(failed, refusal=str(refusal))
    if not dry_run:
        state = earlier.state if earlier and not _asks_else(earlier, question) else {}
        kept = Watermark(source=mark, state=state, tried_at=now, fresh_at=None, outcome=_outcome(done, question))
        watermarks.note(context.database, kept)
    return done


def _question(source: Source, asked: Asked) -> str:
    """What is asked of a source, in short: another mapping, another region or other names ask for something else."""
    return blake2b(f"{source.to_toml()}\n{asked!r}".encode(), digest_size=8).hexdigest()


def _asks_else(earlier: Watermark, question: str) -> bool:
    """Whether a watermark is of another question: then everything is fetched anew, and nothing is doubled."""
    return bool(earlier.outcome.get("question", question) != question)


def _unreadable(fetched: Fetched, asked: Asked) -> dict[str, str]:
    """The objects that keep others from being read, taken off the disk; by name, with the reason. None when all do."""
    filled = [path for path in fetched.objects if path.stat().st_size]
    found = {path: why for path in filled if (why := _refusal(path, asked)) is not None}
    if len(found) == len(filled):
        return {}
    for path in found:
        path.unlink()
    return {fetched.objects[path]: why for path, why in found.items()}


def _refusal(path: Path, asked: Asked) -> str | None:
    """Why a file cannot be read, or nothing."""
    with temporary_folder() as folder:
        try:
            guard.read(Path(folder), [path], **asked.options())
        except Refused as refusal:
            return str(refusal)
    return None


def _passed_over(fetched: Fetched, reading: Reading) -> dict[str, str]:
    """The objects that were passed over, with the reason; an empty one holds nothing that could be missing."""
    objects = {path.parent.name: name for path, name in fetched.objects.items()}
    told = [(objects.get(file.split("/")[0]), why) for file, why in reading.skipped]
    return {name: why for name, why in told if name is not None and not why.endswith("is empty.")}


def _done(failed: Synced, fetched: Fetched, unread: AnyMapping[str, str], now: datetime) -> Synced:
    gaps = [*fetched.gaps, *(Gap(part=name, why=f"it cannot be read: {why}") for name, why in unread.items())]
    return replace(
        failed,
        status="partial" if gaps else "complete",
        gaps=tuple(gap.sentence for gap in gaps),
        notes=fetched.notes,
        fresh_at=failed.fresh_at if gaps else now,
    )


def _watermark(
    mark: str, fetched: Fetched, done: Synced, unread: AnyMapping[str, str], question: str, now: datetime
) -> Watermark:
    """How far the source is read; what could not be read comes again with the next run."""
    state = {name: value for name, value in fetched.state.items() if name not in unread}
    fresh = now if done.status == "complete" else None
    return Watermark(source=mark, state=state, tried_at=now, fresh_at=fresh, outcome=_outcome(done, question))


def _outcome(done: Synced, question: str) -> dict[str, Any]:
    told = {"status": done.status, "gaps": list(done.gaps), "notes": list(done.notes), "refusal": done.refusal}
    return told | ({"question": question} if question else {})


def _asked(context: Context, source: Source) -> Asked:
    return Asked(
        kind=source.kind,
        format=source.format,
        mapping=_mapping_of(context, source),
        source=source.name,
        system=source.system,
        environment=source.environment,
        timezone=source.timezone,
        newest=True,
    )


def _mapping_of(context: Context, source: Source) -> Mapping | None:
    if source.mapping is None:
        return None
    kept = loading.mappings(context, source.kind)
    if source.mapping not in kept:
        raise Refused(
            f'The source {source.name} uses the mapping "{source.mapping}", which is not kept for {source.kind} here; '
            f"kept are {', '.join(kept) or 'none'}."
        )
    return kept[source.mapping]


def _half(progress: Progress | None, begin: float) -> Progress | None:
    if progress is None:
        return None
    return lambda share, words: progress(begin + 0.5 * share, words)
