"""``opex ...``: the same services for a terminal, scripts and schedulers.

Results go to stdout, everything else to stderr; exit 0 done, 1 refused with one clear sentence, 2 wrong usage.
"""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from opex import sources, workspace
from opex.domain.decisions import Person
from opex.domain.drivers import DriverSet
from opex.domain.mapping import Mapping
from opex.domain.opportunities import Candidate
from opex.domain.priorities import Priorities, Priority
from opex.domain.problems import NotEnoughData, Refused
from opex.domain.source import Source
from opex.export import FORMATS, rank_document
from opex.services import exporting, finding, knowing, loading, prioritising, reviewing, syncing
from opex.services.context import Context
from opex.sources.records import called
from opex.store import database
from opex.store.facts import LoadRecord

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="From incidents to priorities."
)
db = typer.Typer(no_args_is_help=True, help="The workspace's database.")
app.add_typer(db, name="db")
sources_app = typer.Typer(no_args_is_help=True, help="Where rows come from by themselves.")
app.add_typer(sources_app, name="sources")
aws_app = typer.Typer(no_args_is_help=True, help="What AWS allows.")
app.add_typer(aws_app, name="aws")

Workspace = Annotated[str | None, typer.Option(help="A SQLAlchemy URL; default OPEX_WORKSPACE, else var/opex.db.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="An instant, such as 2026-06-30; default: the newest fact.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def main() -> None:
    """Run a command; a refusal is one sentence and exit 1."""
    try:
        app()
    except Refused as refusal:
        _refuse(called(str(refusal)))
    except UnicodeEncodeError:
        _refuse("An argument holds bytes that are no UTF-8: write it anew.")
    except BrokenPipeError:
        sys.stderr.close()


def _refuse(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise SystemExit(1)


_chosen: dict[str, str | None] = {"workspace": None}


@app.callback()
def _workspace(workspace: Workspace = None) -> None:
    _chosen["workspace"] = workspace


def _context(workspace_url: str | None = None) -> Context:
    return workspace.open_workspace(workspace_url or _chosen["workspace"])


def _print(document: Any) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f'--as-of "{text}" is not a date and time, such as 2026-06-30 or 2026-06-30T12:00Z.') from None
    if not 1970 <= moment.year < 2200:
        raise Refused(f'--as-of "{text}" lies outside of the years 1970 to 2199.')
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _progress() -> Callable[[float, str], None] | None:
    if not sys.stderr.isatty():
        return None

    def show(share: float, what: str) -> None:
        filled = round(30 * share)
        print(
            f"\r{'█' * filled}{'░' * (30 - filled)} {share:4.0%} {what[:40]:<40}", end="", file=sys.stderr, flush=True
        )
        if share >= 1:
            print(file=sys.stderr)

    return show


@app.command()
def serve(
    port: int = 8501,
    sample: Annotated[
        bool, typer.Option("--sample", help="Show the sample data until there is data of one's own.")
    ] = False,
    workspace: Workspace = None,
) -> None:
    """Open the app on this machine (loopback only)."""
    if sample:
        os.environ["OPEX_SAMPLE"] = "1"
    if url := workspace or _chosen["workspace"]:
        os.environ["OPEX_WORKSPACE"] = url
    arguments = ["run", str(_app_file()), "--server.port", str(port), "--server.address", "127.0.0.1"]
    command = [sys.executable, "-m", "streamlit", *arguments]
    os.execve(sys.executable, command, {**MEMORY, **os.environ})  # noqa: S606 - the server takes this process's place


# A server of many threads: glibc would keep what they freed in up to sixteen heaps, more with each hour.
MEMORY = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_TRIM_THRESHOLD_": str(1024**2),
    "MALLOC_MMAP_THRESHOLD_": str(1024**2),
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}


def _app_file() -> Path:
    return workspace.ROOT / "app.py"


@app.command()
def demo(
    rows: Annotated[int | None, typer.Option(help="About so many incidents, made anew.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another made-up world.")] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Load the sample data into an empty workspace."""
    reports = loading.load_sample(_context(workspace), rows=rows, seed=seed, progress=_progress())
    if as_json:
        _print({"loads": [report.document() for report in reports]})
    else:
        for report in reports:
            _say(report.sentence)


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
    )  # fmt: skip
    addresses = [path for path in paths if "://" in path]
    if not addresses:
        report = loading.load(
            _context(workspace), [Path(path) for path in paths], asked, person=_who(), dry_run=dry_run,
            problems=problems, progress=_progress(),
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
        _context(workspace), of, asked=asked, mark=f"{paths[0]}|{kind}|{source or ''}", again=again, dry_run=dry_run,
        person=_who(), problems=problems, progress=_progress(),
    )  # fmt: skip
    _tell_synced(synced, as_json)


def _who() -> str:
    return os.environ.get("OPEX_PERSON") or os.environ.get("USER") or "command line"


def _tell_report(report: loading.Report, as_json: bool) -> None:
    if as_json:
        _print(report.document())
        return
    _say(report.sentence + (f" {report.planned:,} of them are planned work." if report.planned else ""))
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
        _print(synced.document() | document)
    elif synced.report:
        _tell_report(synced.report, as_json)
    else:
        _say(f"Nothing new in {synced.kind}.")
    if synced.gaps:
        raise Refused("Only a part arrived; the next run fetches the rest. " + " ".join(synced.gaps))


@app.command()
def loads(workspace: Workspace = None, as_json: Json = False) -> None:
    """The loads so far, newest first."""
    records = loading.history(_context(workspace))
    if as_json:
        _print({"loads": [_load(record) for record in records]})
        return
    for record in records:
        counts = ", ".join(f"{record.report.get(name, 0):,} {name}" for name in _COUNTS)
        back = " [taken back]" if record.taken_back_at else ""
        _say(f"{record.id}  {record.at:%Y-%m-%d %H:%M}  {record.kind} from {record.source}: {counts}{back}")


_COUNTS = ("read", "loaded", "unchanged", "replaced", "refused")


def _load(record: LoadRecord) -> dict[str, Any]:
    plain = {name: getattr(record, name) for name in ("id", "person", "kind", "source", "format")}
    back = _iso(record.taken_back_at) if record.taken_back_at else None
    return {**plain, "at": _iso(record.at), "files": list(record.files), "taken_back_at": back, **record.report}


@app.command("take-back")
def take_back(
    id: Annotated[str, typer.Argument(help="A load, as `opex loads` names it.")],
    with_later: Annotated[
        bool, typer.Option("--with-later", help="Also the later loads of the same source that stand on it.")
    ] = False,
    workspace: Workspace = None,
) -> None:
    """Take a load back whole: what it brought goes, what it replaced stands as before."""
    for record in loading.take_back(_context(workspace), id, person=_who(), with_later=with_later):
        _say(f"{record.id} is taken back: {record.kind} from {record.source} of {record.at:%Y-%m-%d %H:%M}.")


@app.command("refused-rows")
def refused_rows(
    id: Annotated[str, typer.Argument(help="A load, as `opex loads` names it.")],
    output: Annotated[Path | None, typer.Option(help="A CSV file; default: stdout.")] = None,
    workspace: Workspace = None,
) -> None:
    """The rows that a load refused, with the reasons, as a CSV to mend and load again."""
    content = loading.refused_rows(_context(workspace), id)
    if content is None:
        raise Refused("This load refused no row, or there is no such load.")
    _write(content, output)


@app.command("mapping-of")
def mapping_of(
    id: Annotated[str, typer.Argument(help="A load, as `opex loads` names it.")],
    output: Annotated[Path | None, typer.Option(help="A TOML file; default: stdout.")] = None,
    workspace: Workspace = None,
) -> None:
    """The mapping with which a load was read, as TOML: it reads the mended file of refused rows again."""
    records = {record.id: record for record in loading.history(_context(workspace), limit=1_000_000)}
    record = records.get(id)
    if record is None or record.mapping is None:
        raise Refused(f'There is no load "{id}" with a mapping.')
    _write(record.mapping.encode(), output)


@sources_app.command("add")
def sources_add(
    file: Annotated[Path, typer.Argument(help="A source in TOML; docs/aws/README.md has examples.")],
    workspace: Workspace = None,
) -> None:
    """Configure a source for `opex sync`; one of the same name is replaced."""
    source = syncing.configure(_context(workspace), _text_of(file, "source"))
    _say(f"{source.name} is configured: {source.kind} from {source.origin}.")


@sources_app.command("list")
def sources_list(workspace: Workspace = None, as_json: Json = False) -> None:
    """The configured sources, and when each was last fresh."""
    known = syncing.freshness(_context(workspace))
    rows = [
        {
            "name": one.source.name, "from": one.source.origin, "kind": one.source.kind, "status": one.status,
            "fresh_at": _iso(one.fresh_at) if one.fresh_at else None,
            "tried_at": _iso(one.tried_at) if one.tried_at else None,
            "gaps": list(one.gaps), "refusal": one.refusal,
        }
        for one in known
    ]  # fmt: skip
    if as_json:
        _print({"sources": rows})
        return
    for row in rows:
        _say(f"{row['name']}  {row['kind']} from {row['from']}: {row['status']}, fresh {row['fresh_at'] or 'never'}")


@sources_app.command("remove")
def sources_remove(name: str, workspace: Workspace = None) -> None:
    """Forget a configured source; what was loaded from it stays."""
    syncing.remove(_context(workspace), name)
    _say(f"{name} is removed; its rows stay.")


@app.command()
def sync(
    names: Annotated[list[str] | None, typer.Argument(help="Only these sources; default: all.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Fetch everything once more; nothing is doubled.")] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Fetch and load what is new of all configured sources (for cron or EventBridge); exit 0 when all are complete."""
    done = []
    for synced in syncing.sync(_context(workspace), names or [], again=again, person=_who(), progress=_progress()):
        done.append(synced)
        if not as_json:
            _say(synced.sentence)
    if as_json:
        complete = all(one.status == "complete" for one in done)
        _print({"complete": complete, "sources": [one.document() for one in done]})
    if wanting := [one.name for one in done if one.status != "complete"]:
        raise Refused(f"{len(wanting)} of {len(done)} sources are not complete: {', '.join(wanting)}.")


@aws_app.command("check")
def aws_check(
    names: Annotated[list[str] | None, typer.Argument(help="Only these sources; default: all.")] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Which permissions the configured sources lack; none is exit 0."""
    found = syncing.permissions(_context(workspace), names or [])
    if as_json:
        _print({"permissions": [dict(one.__dict__) for one in found]})
    else:
        words = {True: "allowed", False: "DENIED", None: "unknown"}
        for one in found:
            _say(f"{one.source}  {one.action}  {words[one.allowed]}{f': {one.why}' if one.why else ''}")
    if denied := sorted({one.action for one in found if one.allowed is False}):
        raise Refused(f"Denied: {', '.join(denied)}. docs/aws/policy.json holds what opex needs.")


def _text_of(path: Path, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"The {what} {path.name} cannot be read: {error}.") from error


def _write(content: bytes, output: Path | None) -> None:
    """To stdout, or to a file that is there whole or not at all."""
    if output is None:
        sys.stdout.buffer.write(content)
        return
    half = output.with_name(output.name + ".part")
    try:
        half.write_bytes(content)
        half.replace(output)
    except OSError as error:
        raise Refused(f"{output} cannot be written ({error.strerror}).") from error
    print(f"{output} is written.", file=sys.stderr)


def _mapping(path: Path | None) -> Mapping | None:
    return None if path is None else Mapping.from_toml(_text_of(path, "mapping"))


@app.command()
def formats(as_json: Json = False) -> None:
    """The formats it reads, and how each is recognised."""
    known = sources.formats()
    if as_json:
        _print({"formats": [dict(f.__dict__) for f in known]})
        return
    for f in known:
        _say(f"{f.name:<14} {f.kind:<10} {f.title}. Recognised by {f.recognised_by}. Time zone: {f.timezone}.")


@app.command()
def find(as_of: AsOf = None, workspace: Workspace = None, as_json: Json = False) -> None:
    """Candidates with their evidence."""
    context, moment = _context(workspace), _moment(as_of)
    now = knowing.known(context, moment)
    if isinstance(now, NotEnoughData):
        raise Refused("There is nothing to find in yet: load incidents first (opex import incidents FILE).")
    found = finding.candidates(context, moment, _progress())
    statuses = {of: item.status for of, item in prioritising.everything(context).items()}
    if as_json:
        rows = [_candidate(candidate, statuses.get(candidate.id, "unreviewed")) for candidate in found]
        _print({"as_of": _iso(now.as_of), "candidates": rows})
        return
    for candidate in found:
        _say(f"{candidate.id}  {candidate.title}  [{', '.join(candidate.finders)}]\n    {candidate.lead.why}")


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _candidate(candidate: Candidate, status: str) -> dict[str, Any]:
    lead = candidate.lead
    reasons = [dict(reason.__dict__) for reason in candidate.reasons]
    return {
        "id": candidate.id, "finders": list(candidate.finders), "title": candidate.title, "system": candidate.system,
        "environment": candidate.environment, "category": candidate.category, "metric": candidate.metric,
        "incidents": list(candidate.incidents), "changes": list(candidate.changes), "effect": lead.effect,
        "low": lead.low, "high": lead.high, "unit": lead.unit, "why": lead.why, "falsifier": lead.falsifier,
        "status": status, "action": candidate.action, "removes": dict(candidate.removes.__dict__), "reasons": reasons,
    }  # fmt: skip


def _speaker() -> reviewing.Speaker:
    return reviewing.Speaker(person=Person(name=_who(), function=os.environ.get("OPEX_FUNCTION", "operations")))


@app.command()
def accept(id: str, workspace: Workspace = None) -> None:
    """Accept a candidate as an opportunity."""
    reviewing.accept(_context(workspace), id, _speaker())
    _say(f"{id} is accepted.")


@app.command()
def decline(
    id: str,
    reason: Annotated[str, typer.Option(help="A reason code.")],
    until: Annotated[str, typer.Option(help='A tripwire: "three more incidents", "after June".')] = "",
    words: str = "",
    workspace: Workspace = None,
) -> None:
    """Decline a candidate; a tripwire brings it back."""
    reviewing.decline(_context(workspace), id, _speaker(), reason=reason, words=words, until=until)
    _say(f"{id} is declined ({reason}){f' until {until}' if until else ''}.")


@app.command()
def strike(
    id: str,
    incident: str,
    reason: Annotated[str, typer.Option(help="Why it is no evidence.")],
    workspace: Workspace = None,
) -> None:
    """Strike an incident from the evidence of an opportunity."""
    reviewing.strike(_context(workspace), id, incident, _speaker(), reason=reason)
    _say(f"{incident} is no evidence of {id} any more.")


def _order(context: Context, drivers: Path | None = None, as_of: str | None = None, top: int = 5) -> Priorities:
    chosen = _drivers(drivers)
    order = prioritising.priorities(context, drivers=chosen, as_of=_moment(as_of), top=top, progress=_progress())
    if isinstance(order, NotEnoughData):
        raise Refused("There is nothing to rank yet: load incidents first (opex import incidents FILE).")
    return order


def _drivers(path: Path | None) -> DriverSet | None:
    return None if path is None else DriverSet.from_toml(_text_of(path, "driver set"))


@app.command()
def rank(
    drivers: Annotated[Path | None, typer.Option(help="A driver set in TOML, in place of the one in force.")] = None,
    as_of: AsOf = None,
    draws: Annotated[int, typer.Option(help="Reserved for the doubt of a ranking; none are drawn yet.")] = 0,
    seed: Annotated[int, typer.Option(help="Reserved, as --draws.")] = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many.")] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Opportunities in their agreed order."""
    order = _order(_context(workspace), drivers, as_of)
    if as_json:
        document = rank_document(order) | {"seed": seed}
        document["opportunities"] = document["opportunities"][:limit]
        _print(document)
        return
    for item in order.items[:limit]:
        _say(
            f"{item.rank:>4}  {100 * item.score:5.1f}  {item.opportunity.title}  [{item.id}, {item.opportunity.status}]"
        )


@app.command()
def explain(id: str, as_of: AsOf = None, workspace: Workspace = None, as_json: Json = False) -> None:
    """How one opportunity came to its place."""
    item, order = prioritising.explain(_context(workspace), id, _moment(as_of))
    if as_json:
        row = next(row for row in rank_document(order)["opportunities"] if row["id"] == id)
        _print(row | {"as_of": _iso(order.as_of), "explanation": _explanation(item, order)})
        return
    _say("\n".join(_explanation(item, order)))


def _explanation(item: Priority, order: Priorities) -> list[str]:
    from opex.ranking.explain import sentences

    return sentences(item, order.drivers)


@app.command()
def replay(
    top: Annotated[int, typer.Option(min=1)] = 5,
    as_of: AsOf = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Had the first ones been fixed a year ago."""
    told = _order(_context(workspace), as_of=as_of, top=top).replay
    if told is None:
        raise Refused("There is nothing to replay yet.")
    if as_json:
        plain = {k: _iso(v) if isinstance(v, datetime) else v for k, v in told.__dict__.items()}
        _print(plain | {"sentence": told.sentence})
        return
    _say(told.sentence)


@app.command()
def export(
    format: Annotated[str, typer.Option(help="csv, xlsx, markdown or json")],
    output: Annotated[Path | None, typer.Option(help="A file; default: stdout.")] = None,
    workspace: Workspace = None,
) -> None:
    """The agreed order as a file."""
    if format not in FORMATS:
        raise typer.BadParameter(f"{format} is not one of {', '.join(FORMATS)}.", param_hint="--format")
    context = _context(workspace)
    _, content = exporting.export(context, _order(context), format)
    _write(content, output)


@db.command("upgrade")
def db_upgrade(workspace: Workspace = None) -> None:
    """Bring the workspace to the newest migration."""
    _say(f"The workspace stands at migration {database.current_revision(_context(workspace).database)}.")


@db.command("check")
def db_check(workspace: Workspace = None) -> None:
    """Show drift and damage; none is exit 0."""
    context = _context(workspace)
    for warning in database.warnings(context.database):
        print(warning, file=sys.stderr)
    if findings := database.check(context.database):
        raise Refused("\n".join(findings))
    _say(f"No drift: {context.database.url} is what opex expects.")


if __name__ == "__main__":
    main()
