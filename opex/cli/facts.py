"""``opex import``, ``loads``, ``sync`` and their kin: facts come in, by file or by themselves, and go again."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from opex import sources
from opex.cli.options import Json, Workspace
from opex.cli.terminal import iso, open_context, progress, say, show_json, text_of, who, write
from opex.domain.mapping import Mapping
from opex.domain.problems import Refused
from opex.domain.source import Source
from opex.services import loading, syncing
from opex.store.facts import LoadRecord

__all__ = ["app"]

app = typer.Typer()
sources_app = typer.Typer(no_args_is_help=True, help="Where rows come from by themselves.")
aws_app = typer.Typer(no_args_is_help=True, help="What AWS allows.")
app.add_typer(sources_app, name="sources")
app.add_typer(aws_app, name="aws")


@app.command()
def demo(
    rows: Annotated[int | None, typer.Option(help="About so many incidents, made anew.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another made-up world.")] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Load the sample data into an empty workspace."""
    reports = loading.load_sample(open_context(workspace), rows=rows, seed=seed, progress=progress())
    if as_json:
        show_json({"loads": [report.document() for report in reports]})
    else:
        for report in reports:
            say(report.sentence)


@app.command("import")
def import_(
    kind: Annotated[str, typer.Argument(help="incidents, changes or metrics")],
    paths: Annotated[list[str], typer.Argument(help="Files, folders, zip archives, or one s3://bucket/prefix.")],
    format: Annotated[str | None, typer.Option(help="One of `opex formats`.")] = None,
    mapping: Annotated[Path | None, typer.Option(help="A mapping in TOML.")] = None,
    source: Annotated[str | None, typer.Option(help="The name that these rows go by.")] = None,
    system: Annotated[str | None, typer.Option(help="The system, where the file names none.")] = None,
    environment: Annotated[str | None, typer.Option(help="The environment, where the file names none.")] = None,
    timezone: Annotated[str | None, typer.Option(help="The zone of times without one, such as Europe/Berlin.")] = None,
    metric: str | None = None,
    unit: str | None = None,
    better: Annotated[str | None, typer.Option(help="high or low: which way is good.")] = None,
    sheet: Annotated[str | None, typer.Option(help="The sheet of a workbook that holds several tables.")] = None,
    encoding: Annotated[
        str | None, typer.Option(help="How texts that are not UTF-8 are written, such as windows-1251.")
    ] = None,
    problems: Annotated[
        Path | None, typer.Option(help="Write the refused rows to this CSV file, to be mended and loaded again.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="S3: the region, where the AWS settings name none.")] = None,
    role_arn: Annotated[str | None, typer.Option(help="S3: a role to assume.")] = None,
    external_id: Annotated[str | None, typer.Option(help="S3: the role's external id.")] = None,
    again: Annotated[bool, typer.Option("--again", help="S3: read every object, not only new ones.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and count, change nothing.")] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Load incidents, changes or metrics. Loading twice changes nothing."""
    if kind not in loading.KINDS:
        raise typer.BadParameter(f"{kind} is not one of {', '.join(loading.KINDS)}.", param_hint="KIND")
    asked = loading.Asked(
        kind=kind, format=format, mapping=_mapping(mapping), source=source, system=system, environment=environment,
        timezone=timezone, metric=metric, unit=unit, better=better, sheet=sheet,
        encoding=encoding,
    )  # fmt: skip
    addresses = [path for path in paths if "://" in path]
    if not addresses:
        report = loading.load(
            open_context(workspace), [Path(path) for path in paths], asked, person=who(), dry_run=dry_run,
            problems=problems, progress=progress(),
        )  # fmt: skip
        _tell_report(report, as_json)
        return
    if len(paths) > 1:
        raise Refused("Name one s3:// address at a time, and no files beside it.")
    of = Source(
        name=source or "s3", origin="s3", kind=kind, address=paths[0], region=region, role_arn=role_arn,
        external_id=external_id,
    )  # fmt: skip
    asked = replace(asked, source=source, newest=True)
    synced = syncing.fetched_from(
        open_context(workspace), of, asked=asked, mark=f"{paths[0]}|{kind}|{source or ''}", again=again,
        dry_run=dry_run, person=who(), problems=problems, progress=progress(),
    )  # fmt: skip
    _tell_synced(synced, as_json)


def _tell_report(report: loading.Report, as_json: bool) -> None:
    if as_json:
        show_json(report.document())
        return
    say(report.sentence + (f" {report.planned:,} of them are planned work." if report.planned else ""))
    for problem in report.problems[:20]:
        print(problem.sentence, file=sys.stderr)
    if report.refused and len(report.problems) > 20:
        print(f"... and {len(report.problems) - 20:,} more; --problems FILE.csv writes all rows.", file=sys.stderr)
    for _, why in report.skipped[:20]:
        print(f"Passed over: {why}", file=sys.stderr)
    for note in report.notes[:20]:
        print(f"Note: {note}", file=sys.stderr)


def _tell_synced(synced: syncing.Synced, as_json: bool) -> None:
    """What came from S3: as the report of a load, with the gaps; a failure is a refusal, a partial one exit 1."""
    if synced.status == "failed":
        raise Refused(synced.refusal)
    if as_json:
        document = synced.report.document() if synced.report else {"problems": []}
        show_json(synced.document() | document)
    elif synced.report:
        _tell_report(synced.report, as_json)
    else:
        say(f"Nothing new in {synced.kind}.")
    if synced.gaps:
        raise Refused("Only a part arrived; the next run fetches the rest. " + " ".join(synced.gaps))


@app.command()
def loads(workspace: Workspace = None, as_json: Json = False) -> None:
    """The loads so far, newest first."""
    records = loading.history(open_context(workspace))
    if as_json:
        show_json({"loads": [_load(record) for record in records]})
        return
    for record in records:
        counts = ", ".join(f"{record.report.get(name, 0):,} {name}" for name in _COUNTS)
        back = " [taken back]" if record.taken_back_at else ""
        say(f"{record.id}  {record.at:%Y-%m-%d %H:%M}  {record.kind} from {record.source}: {counts}{back}")


_COUNTS = ("read", "loaded", "unchanged", "replaced", "refused")


def _load(record: LoadRecord) -> dict[str, Any]:
    plain = {name: getattr(record, name) for name in ("id", "person", "kind", "source", "format")}
    back = iso(record.taken_back_at) if record.taken_back_at else None
    return {**plain, "at": iso(record.at), "files": list(record.files), "taken_back_at": back, **record.report}


@app.command("take-back")
def take_back(
    id: Annotated[str, typer.Argument(help="A load, as `opex loads` names it.")],
    with_later: Annotated[
        bool, typer.Option("--with-later", help="Also the later loads of the same source that stand on it.")
    ] = False,
    workspace: Workspace = None,
) -> None:
    """Take a load back whole: what it brought goes, what it replaced stands as before."""
    for record in loading.take_back(open_context(workspace), id, person=who(), with_later=with_later):
        say(f"{record.id} is taken back: {record.kind} from {record.source} of {record.at:%Y-%m-%d %H:%M}.")


@app.command("refused-rows")
def refused_rows(
    id: Annotated[str, typer.Argument(help="A load, as `opex loads` names it.")],
    output: Annotated[Path | None, typer.Option(help="A CSV file; default: stdout.")] = None,
    workspace: Workspace = None,
) -> None:
    """The rows that a load refused, with the reasons, as a CSV to mend and load again."""
    content = loading.refused_rows(open_context(workspace), id)
    if content is None:
        raise Refused("This load refused no row, or there is no such load.")
    write(content, output)


@app.command("mapping-of")
def mapping_of(
    id: Annotated[str, typer.Argument(help="A load, as `opex loads` names it.")],
    output: Annotated[Path | None, typer.Option(help="A TOML file; default: stdout.")] = None,
    workspace: Workspace = None,
) -> None:
    """The mapping with which a load was read, as TOML: it reads the mended file of refused rows again."""
    records = {record.id: record for record in loading.history(open_context(workspace), limit=1_000_000)}
    record = records.get(id)
    if record is None or record.mapping is None:
        raise Refused(f'There is no load "{id}" with a mapping.')
    write(record.mapping.encode(), output)


@sources_app.command("add")
def sources_add(
    file: Annotated[Path, typer.Argument(help="A source in TOML; docs/aws/README.md has examples.")],
    workspace: Workspace = None,
) -> None:
    """Configure a source for `opex sync`; one of the same name is replaced."""
    source = syncing.configure(open_context(workspace), text_of(file, "source"), person=who())
    say(f"{source.name} is configured: {source.kind} from {source.origin}.")


@sources_app.command("list")
def sources_list(workspace: Workspace = None, as_json: Json = False) -> None:
    """The configured sources, and when each was last fresh."""
    known = syncing.freshness(open_context(workspace))
    rows = [
        {
            "name": one.source.name, "from": one.source.origin, "kind": one.source.kind, "status": one.status,
            "fresh_at": iso(one.fresh_at) if one.fresh_at else None,
            "tried_at": iso(one.tried_at) if one.tried_at else None,
            "gaps": list(one.gaps), "refusal": one.refusal,
        }
        for one in known
    ]  # fmt: skip
    if as_json:
        show_json({"sources": rows})
        return
    for row in rows:
        say(f"{row['name']}  {row['kind']} from {row['from']}: {row['status']}, fresh {row['fresh_at'] or 'never'}")


@sources_app.command("remove")
def sources_remove(name: str, workspace: Workspace = None) -> None:
    """Forget a configured source; what was loaded from it stays."""
    syncing.remove(open_context(workspace), name, person=who())
    say(f"{name} is removed; its rows stay.")


@app.command()
def sync(
    names: Annotated[list[str] | None, typer.Argument(help="Only these sources; default: all.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Fetch everything once more; nothing is doubled.")] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Fetch and load what is new of all configured sources (for cron or EventBridge); exit 0 when all are complete."""
    done = []
    for synced in syncing.sync(open_context(workspace), names or [], again=again, person=who(), progress=progress()):
        done.append(synced)
        if not as_json:
            say(synced.sentence)
    if as_json:
        complete = all(one.status == "complete" for one in done)
        show_json({"complete": complete, "sources": [one.document() for one in done]})
    if wanting := [one.name for one in done if one.status != "complete"]:
        raise Refused(f"{len(wanting)} of {len(done)} sources are not complete: {', '.join(wanting)}.")


@aws_app.command("check")
def aws_check(
    names: Annotated[list[str] | None, typer.Argument(help="Only these sources; default: all.")] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Which permissions the configured sources lack; none is exit 0."""
    found = syncing.permissions(open_context(workspace), names or [])
    if as_json:
        show_json({"permissions": [dict(one.__dict__) for one in found]})
    else:
        words = {True: "allowed", False: "DENIED", None: "unknown"}
        for one in found:
            say(f"{one.source}  {one.action}  {words[one.allowed]}{f': {one.why}' if one.why else ''}")
    if denied := sorted({one.action for one in found if one.allowed is False}):
        raise Refused(f"Denied: {', '.join(denied)}. docs/aws/policy.json holds what opex needs.")


def _mapping(path: Path | None) -> Mapping | None:
    return None if path is None else Mapping.from_toml(text_of(path, "mapping"))


@app.command()
def formats(as_json: Json = False) -> None:
    """The formats it reads, and how each is recognised."""
    known = sources.formats()
    if as_json:
        show_json({"formats": [dict(f.__dict__) for f in known]})
        return
    for f in known:
        say(f"{f.name:<14} {f.kind:<10} {f.title}. Recognised by {f.recognised_by}. Time zone: {f.timezone}.")
