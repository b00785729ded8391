"""``opex find``, ``rank``, ``export`` and what people decide: from facts to an agreed order."""

import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from opex.cli.options import AsOf, Json, Workspace
from opex.cli.terminal import iso, moment_of, open_context, progress, say, show_json, text_of, who, write
from opex.domain.decisions import Person
from opex.domain.drivers import DriverSet
from opex.domain.kept import TRIAL
from opex.domain.opportunities import Candidate
from opex.domain.priorities import Priorities
from opex.domain.problems import NotEnoughData, Refused
from opex.export import FORMATS, rank_document
from opex.services import doubt, exporting, finding, kept_rankings, knowing, link_verdicts, prioritising, reviewing
from opex.services.context import Context, Speaker

__all__ = ["app"]

app = typer.Typer()


@app.command()
def find(as_of: AsOf = None, workspace: Workspace = None, as_json: Json = False) -> None:
    """Candidates with their evidence."""
    context, moment = open_context(workspace), moment_of(as_of)
    now = knowing.known(context, moment)
    if isinstance(now, NotEnoughData):
        raise Refused("There is nothing to find in yet: load incidents first (opex import incidents FILE).")
    found = finding.candidates(context, moment, progress())
    statuses = {of: item.status for of, item in prioritising.everything(context).items()}
    if as_json:
        rows = [_candidate(candidate, statuses.get(candidate.id, "unreviewed")) for candidate in found]
        show_json({"as_of": iso(now.as_of), "candidates": rows})
        return
    for candidate in found:
        say(f"{candidate.id}  {candidate.title}  [{', '.join(candidate.finders)}]\n    {candidate.lead.why}")


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


def _speaker() -> Speaker:
    return Speaker(person=Person(name=who(), function=os.environ.get("OPEX_FUNCTION", "operations")))


@app.command()
def accept(id: str, workspace: Workspace = None) -> None:
    """Accept a candidate as an opportunity."""
    reviewing.accept(open_context(workspace), id, _speaker())
    say(f"{id} is accepted.")


@app.command()
def decline(
    id: str,
    reason: Annotated[str, typer.Option(help="A reason code.")],
    until: Annotated[str, typer.Option(help='A tripwire: "three more incidents", "after June".')] = "",
    words: str = "",
    workspace: Workspace = None,
) -> None:
    """Decline a candidate; a tripwire brings it back."""
    reviewing.decline(open_context(workspace), id, _speaker(), reason=reason, words=words, until=until)
    say(f"{id} is declined ({reason}){f' until {until}' if until else ''}.")


@app.command()
def strike(
    id: str,
    incident: str,
    reason: Annotated[str, typer.Option(help="Why it is no evidence.")],
    workspace: Workspace = None,
) -> None:
    """Strike an incident from the evidence of an opportunity."""
    reviewing.strike(open_context(workspace), id, incident, _speaker(), reason=reason)
    say(f"{incident} is no evidence of {id} any more.")


@app.command("link-verdict")
def link_verdict(
    incident: str,
    change: str,
    holds: Annotated[
        bool | None, typer.Option("--holds/--rejected", help="It came of this change, or did not.")
    ] = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take the last verdict back.")] = False,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    workspace: Workspace = None,
) -> None:
    """Say whether an incident came of a change: this moves credit, and never a ratio or a p-value."""
    if withdraw == (holds is not None):
        raise typer.BadParameter("say one of --holds, --rejected and --withdraw")
    context, speaker = open_context(workspace), _speaker()
    if holds is None:
        link_verdicts.withdraw(context, incident, change, speaker)
        say(f"The last verdict on {incident} and {change} is withdrawn.")
        return
    link_verdicts.judge(context, incident, change, speaker, holds=holds, reason=reason)
    say(f"{incident} came of {change}." if holds else f"{incident} did not come of {change}.")


def _order(context: Context, drivers: Path | None = None, as_of: str | None = None, top: int = 5) -> Priorities:
    chosen = _drivers(drivers)
    order = prioritising.priorities(context, drivers=chosen, as_of=moment_of(as_of), top=top, progress=progress())
    if isinstance(order, NotEnoughData):
        raise Refused("There is nothing to rank yet: load incidents first (opex import incidents FILE).")
    return order


def _doubted(
    context: Context, order: Priorities, drivers: Path | None, as_of: str | None, *, draws: int, seed: int
) -> Priorities:
    """The order with the doubt of its items; the board it was made of is at hand."""
    board = prioritising.board(context, drivers=_drivers(drivers), as_of=moment_of(as_of))
    if isinstance(board, NotEnoughData) or not draws:
        return order
    return doubt.with_doubt(context, board, order, draws=draws, seed=seed)


def _drivers(path: Path | None) -> DriverSet | None:
    return None if path is None else DriverSet.from_toml(text_of(path, "driver set"))


@app.command()
def rank(
    drivers: Annotated[Path | None, typer.Option(help="A driver set in TOML, in place of the one in force.")] = None,
    as_of: AsOf = None,
    draws: Annotated[
        int, typer.Option(min=0, max=1_000_000, help="Plausible weightings and evidence; 0: none.")
    ] = doubt.MANY,
    seed: Annotated[int, typer.Option(min=0, help="Of the draws: the same seed, the same result.")] = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many.")] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Opportunities in their agreed order."""
    context = open_context(workspace)
    order = _doubted(context, _order(context, drivers, as_of), drivers, as_of, draws=draws, seed=seed)
    kept = kept_rankings.keep_if_can(
        context, occasion=TRIAL if drivers or as_of else "opex rank", person=who(), drivers=order.drivers,
        as_of=moment_of(as_of),
    )  # fmt: skip
    order = replace(order, ranking=kept)
    if as_json:
        document = rank_document(order)
        document["opportunities"] = document["opportunities"][:limit]
        show_json(document)
        return
    for item in order.items[:limit]:
        own = item.opportunity
        between = f"{item.doubt.rank_low}-{item.doubt.rank_high}" if item.doubt else ""
        say(f"{item.rank:>4}  {between:>9}  {100 * item.score:5.1f}  {own.title}  [{item.id}, {own.status}]")


@app.command()
def replay(
    top: Annotated[int, typer.Option(min=1)] = 5,
    as_of: AsOf = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Had the first ones been fixed a year ago."""
    told = _order(open_context(workspace), as_of=as_of, top=top).replay
    if told is None:
        raise Refused("There is nothing to replay yet.")
    if as_json:
        plain = {k: iso(v) if isinstance(v, datetime) else v for k, v in told.__dict__.items()}
        show_json(plain | {"sentence": told.sentence})
        return
    say(told.sentence)


@app.command()
def export(
    format: Annotated[str, typer.Option(help="csv, xlsx, markdown or json")],
    output: Annotated[Path | None, typer.Option(help="A file; default: stdout.")] = None,
    workspace: Workspace = None,
) -> None:
    """The agreed order as a file."""
    if format not in FORMATS:
        raise typer.BadParameter(f"{format} is not one of {', '.join(FORMATS)}.", param_hint="--format")
    context = open_context(workspace)
    order = _doubted(context, _order(context), None, None, draws=doubt.MANY, seed=0)
    _, content = exporting.export(context, order, format, person=who())
    write(content, output)
