"""Changes from CodePipeline: the executions of each pipeline."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from opex.domain.source import Source
from opex.sources.aws.calls import Aws, Listing, listed
from opex.sources.aws.names import asked_for, console, quoted
from opex.sources.aws.results import Gap, Progress, Taken, Write
from opex.sources.aws.times import Look, as_text, look, moment, watermark

__all__ = ["ACTIONS", "take"]

ACTIONS = ("codepipeline:ListPipelines", "codepipeline:ListPipelineExecutions")
RETENTION = timedelta(days=365)
TOKEN = ("nextToken", "nextToken")

_RUNNING = ("InProgress", "Stopping")
_NEVER_RAN = ("Superseded", "Cancelled")
_OUTCOMES = {"Succeeded": "succeeded", "Failed": "failed"}
_BY_HAND = ("StartPipelineExecution", "ManualRollback")

Row = dict[str, Any]


def take(aws: Aws, source: Source, state: Mapping[str, Any], now: datetime, write: Write, tell: Progress) -> Taken:
    """Write a change for each execution that has ended.

    Notes
    -----
    Executions come newest first, so each pipeline is read until its watermark is passed (and, for a rollback, until
    the execution it goes back to). A pipeline's watermark moves to now when all of that came, but never past the
    start of an execution that still runs: that one is written when it has ended. Superseded and cancelled executions
    reached nothing and are counted in a note only.
    """
    tell(0.0, "asking for the pipelines")
    listing = listed(aws, "codepipeline", "ListPipelines", {}, items="pipelines", token=TOKEN)
    names = _names(listing, state, source.names)
    gaps = [Gap(part="the list of pipelines", until=now, why=listing.why)] if listing.fault else []
    after = dict(state) if listing.fault else {name: state[name] for name in names if name in state}
    counts = {"running": 0, "never ran": 0}
    notes: list[str] = []
    for number, name in enumerate(names):
        tell(number / len(names), f"reading the executions of {name}")
        at = look(f"pipeline {name}", watermark(state, name), source.since, now=now, retention=RETENTION)
        executions = _executions(aws, name, at)
        gaps += [gap for gap in (at.gap, *_lost(name, executions, at, now)) if gap is not None]
        notes += [at.note] if at.note else []
        _write_rows(executions.items, name, at.since, aws.region, write, counts)
        if executions.fault is None and all(_start(one) for one in executions.items):
            after[name] = as_text(_reached(executions.items, at.since, now))
    return Taken(state=after, gaps=gaps, notes=[*dict.fromkeys(notes), *_notes(counts)])


def _names(listing: Listing, state: Mapping[str, Any], patterns: Sequence[str]) -> list[str]:
    """The pipelines to read: those listed, and when the list is not whole also those known from before."""
    known = [str(name) for name in state] if listing.fault else []
    found = [one["name"] for one in listing.items if one.get("name")]
    return [name for name in dict.fromkeys([*found, *known]) if asked_for(name, patterns)]


def _executions(aws: Aws, name: str, at: Look) -> Listing:
    """The executions of a pipeline since the watermark, newest first, with what rollbacks point at."""
    arrived: list[Row] = []

    def enough(answer: Row) -> bool:
        arrived.extend(answer.get("pipelineExecutionSummaries", ()))
        starts = [start for start in map(_start, arrived[-1:]) if start is not None]
        return bool(starts) and starts[0] < at.since and _targets(arrived) <= {_id(one) for one in arrived}

    found = listed(
        aws,
        "codepipeline",
        "ListPipelineExecutions",
        {"pipelineName": name, "maxResults": 100},
        items="pipelineExecutionSummaries",
        token=TOKEN,
        enough=enough,
    )
    return Listing(items=tuple({_id(one): one for one in found.items}.values()), fault=found.fault)


def _id(execution: Row) -> str:
    return execution.get("pipelineExecutionId") or ""


def _start(execution: Row) -> datetime | None:
    return moment(execution.get("startTime"))


def _target(execution: Row) -> str | None:
    """The execution that a rollback goes back to."""
    target: str | None = (execution.get("rollbackMetadata") or {}).get("rollbackTargetPipelineExecutionId")
    return target if execution.get("executionType") == "ROLLBACK" else None


def _targets(executions: Iterable[Row]) -> set[str]:
    return {target for target in map(_target, executions) if target}


def _lost(name: str, executions: Listing, at: Look, now: datetime) -> list[Gap]:
    """What did not come: everything older than the oldest that came, and executions without a start.

    A rollback whose target did not come lies in the gap too, for what it took back is not known.
    """
    part = f"pipeline {name}"
    starts = [start for start in map(_start, executions.items) if start is not None]
    gaps = []
    if executions.fault is not None:
        arrived = {_id(one) for one in executions.items}
        loose = [_start(one) for one in executions.items if (_target(one) or "") not in {"", *arrived}]
        until = max((start for start in loose if start is not None), default=min(starts, default=now))
        gaps.append(Gap(part=part, since=at.since, until=until, why=executions.fault.sentence))
    if len(starts) < len(executions.items):
        why = f"{len(executions.items) - len(starts)} executions came without a start"
        gaps.append(Gap(part=part, since=at.since, until=now, why=why))
    return gaps


def _reached(executions: Iterable[Row], since: datetime, now: datetime) -> datetime:
    """How far everything has arrived: now, or the first start of what still runs."""
    running = [_start(one) for one in executions if one.get("status") in _RUNNING]
    return min((start for start in running if start is not None and start >= since), default=now)


def _write_rows(
    executions: Sequence[Row], name: str, since: datetime, region: str, write: Write, counts: dict[str, int]
) -> None:
    """The ended executions since then, and older ones that a rollback among them took back."""
    dated = [one for one in executions if _start(one) is not None]
    reverts = _reverts(dated)
    undone = {reverts[_id(one)] for one in dated if _id(one) in reverts and one.get("status") == "Succeeded"}
    for execution in dated:
        start = _start(execution)
        if start is None or (start < since and _id(execution) not in undone):
            continue
        status = execution.get("status")
        counts["running"] += status in _RUNNING
        counts["never ran"] += status in _NEVER_RAN
        if status not in _RUNNING and status not in _NEVER_RAN:
            write(_row(execution, name, start, region, reverts, undone))


def _reverts(executions: Iterable[Row]) -> dict[str, str]:
    """For each rollback the execution that it took back.

    CodePipeline names the execution that a rollback goes back to. Taken back is the newest one that began after that
    and before the rollback, ran to an end, and was not taken back already.
    """
    ordered = sorted(executions, key=lambda one: (_start(one), _id(one)))
    place = {_id(one): number for number, one in enumerate(ordered)}
    reverts: dict[str, str] = {}
    for number, one in enumerate(ordered):
        target = _target(one)
        if target in place:
            between = (_id(other) for other in reversed(ordered[place[target] + 1 : number]) if _could_be_undone(other))
            found = next((other for other in between if other not in reverts.values()), None)
            reverts.update({_id(one): found} if found else {})
    return reverts


def _could_be_undone(execution: Row) -> bool:
    return execution.get("executionType") != "ROLLBACK" and execution.get("status") not in _NEVER_RAN


def _row(execution: Row, name: str, start: datetime, region: str, reverts: Mapping[str, str], undone: set[str]) -> Row:
    status, trigger = execution.get("status"), execution.get("trigger") or {}
    kind, mode = trigger.get("triggerType"), execution.get("executionType") or "STANDARD"
    revision: Row = next(iter(execution.get("sourceRevisions") or ()), {})
    outcome = "rolled_back" if _id(execution) in undone else _OUTCOMES.get(status or "", "unknown")
    ended = max(moment(execution.get("lastUpdateTime")) or start, start)
    return {
        "pipelineExecutionId": _id(execution),
        "pipelineName": name,
        "status": status,
        "outcome": outcome,
        "title": _title(execution, name, revision),
        "startTime": as_text(start),
        "lastUpdateTime": as_text(ended),
        "executionType": mode,
        "triggerType": kind,
        "automated": {"AutomatedRollback": "yes", "ManualRollback": "no"}.get(kind or ""),
        "actor": trigger.get("triggerDetail") if kind in _BY_HAND else None,
        "reverts": reverts.get(_id(execution)),
        "revisionId": revision.get("revisionId"),
        "revisionUrl": revision.get("revisionUrl"),
        "url": console(
            region,
            f"codesuite/codepipeline/pipelines/{quoted(name)}/executions/{_id(execution)}/timeline?region={region}",
        ),
    }


def _title(execution: Row, name: str, revision: Row) -> str:
    """The first line of the revision's summary, or of the commit message within it."""
    target = _target(execution)
    if target:
        return f"{name}: rollback to {target}"
    lines = _message(revision.get("revisionSummary") or "").strip().splitlines()
    return lines[0] if lines else f"{name} {revision.get('revisionId') or _id(execution)}"


def _message(summary: str) -> str:
    """The text of a summary; connections to GitHub and its kin wrap the commit message in JSON."""
    try:
        wrapped = json.loads(summary)
    except (ValueError, RecursionError):
        return summary
    message = wrapped.get("CommitMessage") if isinstance(wrapped, dict) else None
    return message if isinstance(message, str) else summary


def _notes(counts: Mapping[str, int]) -> list[str]:
    notes = []
    if counts["running"]:
        notes.append(f"{counts['running']} executions still run; they come when they have ended.")
    if counts["never ran"]:
        notes.append(f"{counts['never ran']} superseded or cancelled executions were left out.")
    return notes
