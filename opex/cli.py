"""``opex ...``: the same services for a terminal, scripts and schedulers.

Results go to stdout, everything else to stderr; exit 0 done, 1 refused with one clear sentence, 2 wrong usage.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
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
from opex.export import FORMATS, rank_document
from opex.services import exporting, finding, knowing, loading, prioritising, reviewing
from opex.services.context import Context
from opex.store import database

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="From incidents to priorities."
)
db = typer.Typer(no_args_is_help=True, help="The workspace's database.")
app.add_typer(db, name="db")

Workspace = Annotated[str | None, typer.Option(help="A SQLAlchemy URL; default OPEX_WORKSPACE, else var/opex.db.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="An instant, such as 2026-06-30; default: the newest fact.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def main() -> None:
    """Run a command; a refusal is one sentence and exit 1."""
    try:
        app()
    except Refused as refusal:
        _refuse(str(refusal))
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
    raise SystemExit(subprocess.run(command, check=False).returncode)  # noqa: S603 - our own interpreter and file


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
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.")],
    format: Annotated[str | None, typer.Option(help="One of `opex formats`.")] = None,
    mapping: Annotated[Path | None, typer.Option(help="A mapping in TOML.")] = None,
    source: Annotated[str | None, typer.Option(help="The name that these rows go by.")] = None,
    system: Annotated[str | None, typer.Option(help="The system, where the file names none.")] = None,
    environment: Annotated[str | None, typer.Option(help="The environment, where the file names none.")] = None,
    timezone: Annotated[str | None, typer.Option(help="The zone of times without one, such as Europe/Berlin.")] = None,
    metric: str | None = None,
    unit: str | None = None,
    better: Annotated[str | None, typer.Option(help="high or low: which way is good.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and count, change nothing.")] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Load incidents, changes or metrics. Loading twice changes nothing."""
    if kind not in loading.KINDS:
        raise typer.BadParameter(f"{kind} is not one of {', '.join(loading.KINDS)}.", param_hint="KIND")
    asked = loading.Asked(
        kind=kind, format=format, mapping=_mapping(mapping), source=source, system=system, environment=environment,
        timezone=timezone, metric=metric, unit=unit, better=better,
    )  # fmt: skip
    report = loading.load(_context(workspace), paths, asked, dry_run=dry_run, progress=_progress())
    if as_json:
        _print(report.document())
        return
    _say(report.sentence + (f" {report.planned:,} of them are planned work." if report.planned else ""))
    for problem in report.problems[:20]:
        print(problem.sentence, file=sys.stderr)
    if len(report.problems) > 20:
        print(f"... and {len(report.problems) - 20:,} more; --json lists them all.", file=sys.stderr)
    for _, why in report.skipped[:20]:
        print(f"Passed over: {why}", file=sys.stderr)


def _mapping(path: Path | None) -> Mapping | None:
    if path is None:
        return None
    try:
        return Mapping.from_toml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"The mapping {path.name} cannot be read: {error}.") from error


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
    name = os.environ.get("OPEX_PERSON") or os.environ.get("USER") or "command line"
    return reviewing.Speaker(person=Person(name=name, function=os.environ.get("OPEX_FUNCTION", "operations")))


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
    if path is None:
        return None
    try:
        return DriverSet.from_toml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"The driver set {path.name} cannot be read: {error}.") from error


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
