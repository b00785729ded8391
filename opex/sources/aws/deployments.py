"""Changes from CodeDeploy: deployments and their rollbacks."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from opex.domain.source import Source
from opex.sources.aws.calls import Aws, listed
from opex.sources.aws.faults import CallFailed, fault
from opex.sources.aws.names import asked_for, console, quoted, shown
from opex.sources.aws.results import Gap, Progress, Taken, Write
from opex.sources.aws.times import Look, as_text, look, moment, watermark

__all__ = ["ACTIONS", "take"]

ACTIONS = ("codedeploy:ListDeployments", "codedeploy:BatchGetDeployments")
TOKEN = ("nextToken", "nextToken")

_PART = "deployments"
_KEPT_FOR_EVER = timedelta(days=36_500)
_BATCH = 25
_RUNNING = ("Created", "Queued", "InProgress", "Baking", "Ready")
_OUTCOMES = {"Succeeded": "succeeded", "Failed": "failed"}

Row = dict[str, Any]


def take(aws: Aws, source: Source, state: Mapping[str, Any], now: datetime, write: Write, tell: Progress) -> Taken:
    """Write a change for each deployment that has ended.

    Notes
    -----
    A deployment that rolls another back takes it back: it ``reverts`` it, and the other's outcome is ``rolled_back``
    (the other is fetched again when it was read before). The watermark moves to now when all came, but never past
    the creation of a deployment that still runs: that one is written when it has ended.
    """
    at = look(_PART, watermark(state, _PART), source.since, now=now, retention=_KEPT_FOR_EVER)
    tell(0.0, "asking for the deployments")
    question = {"createTimeRange": {"start": at.since, "end": now}}
    listing = listed(aws, "codedeploy", "ListDeployments", question, items="deployments", token=TOKEN)
    gaps = [Gap(part=_PART, since=at.since, until=now, why=listing.why)] if listing.fault else []
    asked = list(dict.fromkeys(listing.items))
    found = _described(aws, asked, at, now, gaps, tell)
    before = [name for name in _rolled_back(found.values()) if name not in found and name not in asked]
    found |= _described(aws, before, at, now, gaps, tell, perhaps_gone=True)
    undated = [name for name, one in found.items() if moment(one.get("createTime")) is None]
    if undated:
        why = f"they came without a time of creation ({shown(undated)})"
        gaps.append(Gap(part=_PART, since=at.since, until=now, why=why))
    wanted = [one for one in found.values() if asked_for(one.get("applicationName") or "", source.names)]
    running = [one for one in wanted if one.get("status") in _RUNNING]
    for one in wanted:
        if one.get("status") not in _RUNNING and moment(one.get("createTime")) is not None:
            write(_row(one, found, aws.region))
    whole = {_PART: as_text(_reached(running, now))}
    notes = [at.note, f"{len(running)} deployments still run; they come when they have ended." if running else ""]
    return Taken(state=dict(state) if gaps else whole, gaps=gaps, notes=[note for note in notes if note])


def _described(
    aws: Aws,
    names: Sequence[str],
    at: Look,
    now: datetime,
    gaps: list[Gap],
    tell: Progress,
    *,
    perhaps_gone: bool = False,
) -> dict[str, Row]:
    """The deployments of those ids, 25 a call; those that did not come are a gap.

    Old ones that were only named by a rollback are ``perhaps_gone``: an answer without them is an answer.
    """
    found: dict[str, Row] = {}
    for first in range(0, len(names), _BATCH):
        tell(first / len(names), f"reading {len(names):,} deployments")
        batch = names[first : first + _BATCH]
        try:
            answer = aws.call("codedeploy", "BatchGetDeployments", deploymentIds=batch)
            if "deploymentsInfo" not in answer:
                raise aws.failed(fault("garbled", "codedeploy", "BatchGetDeployments"))
        except CallFailed as failed:
            answer, why = {}, failed.fault.sentence
        else:
            why = "" if perhaps_gone else "codedeploy:BatchGetDeployments left them out; the next run asks again"
        found |= {one["deploymentId"]: one for one in answer.get("deploymentsInfo", ()) if one.get("deploymentId")}
        lost = [name for name in batch if name not in found]
        if lost and why:
            since = None if perhaps_gone else at.since
            gaps.append(Gap(part=f"{_PART} {shown(lost)}", since=since, until=now, why=why))
    return found


def _rolled_back(deployments: Iterable[Row]) -> list[str]:
    """The deployments that these roll back."""
    names = (_reverts(one) for one in deployments)
    return list(dict.fromkeys(name for name in names if name))


def _reverts(deployment: Row) -> str | None:
    """The deployment that this one rolls back."""
    info = deployment.get("rollbackInfo") or {}
    name: str | None = info.get("rollbackTriggeringDeploymentId")
    return name if name != deployment.get("deploymentId") else None


def _reached(running: Iterable[Row], now: datetime) -> datetime:
    made = [moment(one.get("createTime")) for one in running]
    return min((at for at in made if at is not None), default=now)


def _outcome(deployment: Row, found: Mapping[str, Row]) -> str:
    """How a deployment went; a rollback that did not succeed took nothing back."""
    status, error = deployment.get("status") or "", (deployment.get("errorInformation") or {}).get("code")
    rollback = (deployment.get("rollbackInfo") or {}).get("rollbackDeploymentId")
    by = [one for one in found.values() if _reverts(one) == deployment.get("deploymentId")]
    if any(one.get("status") == "Succeeded" for one in by) or (rollback and rollback not in found and not by):
        return "rolled_back"
    if status == "Stopped" and error not in (None, "MANUAL_STOP"):
        return "failed"
    return _OUTCOMES.get(status, "unknown")


def _row(deployment: Row, found: Mapping[str, Row], region: str) -> Row:
    name = deployment.get("deploymentId") or ""
    made = moment(deployment.get("createTime"))
    ended = moment(deployment.get("completeTime"))
    began = moment(deployment.get("startTime")) or made
    if began and ended and began > ended:  # CodeDeploy's servers do not all have the same time
        began = ended
    creator, error = deployment.get("creator"), deployment.get("errorInformation") or {}
    return {
        "deploymentId": name,
        "applicationName": deployment.get("applicationName"),
        "deploymentGroupName": deployment.get("deploymentGroupName"),
        "status": deployment.get("status"),
        "outcome": _outcome(deployment, found),
        "title": _title(deployment),
        "createTime": as_text(made) if made else None,
        "startTime": as_text(began) if began else None,
        "completeTime": as_text(ended) if ended else None,
        "creator": creator,
        "automated": None if creator is None else ("no" if creator == "user" else "yes"),
        "reverts": _reverts(deployment),
        "revision": _revision(deployment),
        "errorCode": error.get("code"),
        "url": console(region, f"codesuite/codedeploy/deployments/{quoted(name)}?region={region}"),
    }


def _title(deployment: Row) -> str:
    """Its description, else what it brought where."""
    reverted = _reverts(deployment)
    if reverted:
        return f"{deployment.get('applicationName')}: rollback of {reverted}"
    said = (deployment.get("description") or "").strip().splitlines()
    brought = " ".join(part for part in (deployment.get("applicationName"), _revision(deployment)) if part)
    return said[0] if said else brought or str(deployment.get("deploymentId"))


def _revision(deployment: Row) -> str | None:
    """What was deployed: the commit, the object in S3, or a digest."""
    revision = deployment.get("revision") or {}
    github, s3 = revision.get("gitHubLocation") or {}, revision.get("s3Location") or {}
    text = revision.get("appSpecContent") or revision.get("string") or {}
    if github.get("commitId"):
        return f"{github.get('repository')}@{github['commitId']}"
    if s3.get("key"):
        return f"s3://{s3.get('bucket')}/{s3['key']}"
    digest: str | None = text.get("sha256")
    return digest
