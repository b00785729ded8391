"""Incidents from CloudWatch alarms: a span from a change to ALARM to the next OK."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from opex.domain.source import Source
from opex.sources.aws.calls import Aws, listed, pages
from opex.sources.aws.faults import Fault
from opex.sources.aws.names import asked_for, console, quoted, shown
from opex.sources.aws.results import Gap, Progress, Taken, Write
from opex.sources.aws.times import OVERLAP, Look, as_text, look, moment, watermark

__all__ = ["ACTIONS", "SYSTEM_DIMENSIONS", "take"]

ACTIONS = ("cloudwatch:DescribeAlarmHistory", "cloudwatch:DescribeAlarms")
RETENTION = timedelta(days=30)
TYPES = ["MetricAlarm", "CompositeAlarm", "LogAlarm"]
SYSTEM_DIMENSIONS = (
    "ServiceName",
    "FunctionName",
    "DBInstanceIdentifier",
    "DBClusterIdentifier",
    "ClusterName",
    "LoadBalancer",
    "QueueName",
    "ApiName",
    "TableName",
    "AutoScalingGroupName",
    "InstanceId",
)
"""The first of these dimensions that an alarm's metric has names the incident's system."""

_PART = "alarm history"
_DESCRIPTIONS = "alarm descriptions"
_OF_AUTO_SCALING = "TargetTracking-"
_CHUNK = 100
_GROUPS = ("MetricAlarms", "CompositeAlarms", "LogAlarms")
_KEPT_UNDESCRIBED = 1_000
_SUMMARY = re.compile(r"\bfrom (OK|ALARM|INSUFFICIENT_DATA) to (OK|ALARM|INSUFFICIENT_DATA)\b")
_STATES = ("OK", "ALARM", "INSUFFICIENT_DATA")

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Change:
    """One change of an alarm's state."""

    alarm: str
    type: str
    at: datetime
    old: str | None
    state: str
    reason: str | None


@dataclass(kw_only=True)
class _Spans:
    """What changes fold to: closed spans, those still open by alarm, and ends without a start."""

    open: dict[str, Row]
    closed: list[Row] = field(default_factory=list)
    headless: int = 0


def take(aws: Aws, source: Source, state: Mapping[str, Any], now: datetime, write: Write, tell: Progress) -> Taken:
    """Write an incident for each span, and give the state from which the next run goes on.

    Notes
    -----
    A span begins with a change to ALARM and ends with the next OK; INSUFFICIENT_DATA in between does not end it. The
    state holds the time up to which history was read (less an overlap) and the spans that were open then, so that the
    next run replays from there and an end that comes later replaces the row. When history is cut off the state stays
    as it was. Rows whose alarm could not be described wait in the state, and are written again once it can be.
    """
    kept = watermark(state, "history")
    at = look(_PART, kept, source.since, now=now, retention=RETENTION, overlap=timedelta(0))
    tell(0.0, "asking for the history of alarms")
    listing = listed(aws, "cloudwatch", "DescribeAlarmHistory", _question(at, now), items="AlarmHistoryItems")
    changes, unreadable = _changes(listing.items, source.names, at.since)
    gaps = [gap for gap in (at.gap, _cut(listing.fault, at, now), _unread(unreadable, at, now)) if gap is not None]
    spans = _folded(changes, _kept_open(state))
    newest = {row["IncidentId"]: row for row in (*_undescribed(state), *spans.closed, *spans.open.values())}
    rows = list(newest.values())
    tell(0.6, "asking what the alarms watch")
    missing = _described(aws, rows, gaps)
    for row in rows:
        write(row)
    after = dict(state) if listing.fault or unreadable else _next(changes, state, at.since, now)
    after["undescribed"] = [row for row in rows if row["AlarmName"] in missing][-_KEPT_UNDESCRIBED:]
    notes = [at.note, *_notes(listing.items, source.names, spans.headless)]
    return Taken(state=after, gaps=gaps, notes=[note for note in notes if note])


def _question(at: Look, now: datetime) -> dict[str, Any]:
    return {
        "AlarmTypes": TYPES,
        "HistoryItemType": "StateUpdate",
        "ScanBy": "TimestampAscending",
        "StartDate": at.since,
        "EndDate": now,
        "MaxRecords": 100,
    }


def _cut(fault: Fault | None, at: Look, now: datetime) -> Gap | None:
    return None if fault is None else Gap(part=_PART, since=at.since, until=now, why=fault.sentence)


def _unread(names: Sequence[str], at: Look, now: datetime) -> Gap | None:
    if not names:
        return None
    why = f"{len(names)} changes of state cannot be understood ({shown(sorted(set(names)))})"
    return Gap(part=_PART, since=at.since, until=now, why=why)


def _changes(items: Iterable[Row], patterns: Sequence[str], since: datetime) -> tuple[list[_Change], list[str]]:
    """The changes of the alarms that are asked for from ``since`` on, by time; and the names of unreadable ones."""
    changes, unreadable = [], []
    for item in items:
        name = item.get("AlarmName") or ""
        if not _wanted(name, patterns):
            continue
        change = _change(item)
        if change is None:
            unreadable.append(name or "an alarm without a name")
        elif change.at >= since:
            changes.append(change)
    return sorted(changes, key=lambda change: change.at), unreadable


def _wanted(name: str, patterns: Sequence[str]) -> bool:
    """Alarms that auto scaling makes for itself are no incidents, unless ``names`` asks for them."""
    return asked_for(name, patterns) and (bool(patterns) or not name.startswith(_OF_AUTO_SCALING))


def _change(item: Row) -> _Change | None:
    """The change that an item tells of; ``None`` if it cannot be understood.

    The states come from the summary, which is never cut short, else from the data, which can be (4,095 characters).
    """
    old, new = _told(item, "oldState"), _told(item, "newState")
    found = _SUMMARY.search(item.get("HistorySummary") or "")
    before, after = (found[1], found[2]) if found else (old.get("stateValue"), new.get("stateValue"))
    name, at, reason = item.get("AlarmName"), moment(item.get("Timestamp")), new.get("stateReason")
    if not name or at is None or after not in _STATES:
        return None
    return _Change(
        alarm=name,
        type=item.get("AlarmType") or "MetricAlarm",
        at=at,
        old=before,
        state=after,
        reason=reason if isinstance(reason, str) else None,
    )


def _told(item: Row, side: str) -> Row:
    """One side of the change as the item's data has it; nothing when the data cannot be read."""
    try:
        told = json.loads(item.get("HistoryData") or "{}").get(side)
    except (ValueError, AttributeError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _folded(changes: Iterable[_Change], already_open: dict[str, Row]) -> _Spans:
    """The spans that the changes make, on top of those open before them."""
    spans = _Spans(open=dict(already_open))
    for change in changes:
        if change.state == "ALARM":
            spans.open.setdefault(change.alarm, _row(change))
        elif change.state == "OK" and change.alarm in spans.open:
            row = spans.open.pop(change.alarm)
            spans.closed.append({**row, "StateValue": "OK", "EndedAt": as_text(change.at)})
        elif change.state == "OK" and change.old == "ALARM":
            spans.headless += 1
    return spans


def _row(change: _Change) -> Row:
    return {
        "IncidentId": f"{change.alarm}@{as_text(change.at)}",
        "AlarmName": change.alarm,
        "AlarmType": change.type,
        "AlarmDescription": None,
        "AlarmArn": None,
        "Namespace": None,
        "MetricName": None,
        "Dimensions": None,
        "System": None,
        "StateReason": change.reason,
        "StateValue": "ALARM",
        "StartedAt": as_text(change.at),
        "EndedAt": None,
        "Url": None,
    }


def _kept_open(state: Mapping[str, Any]) -> dict[str, Row]:
    kept = state.get("open")
    return {str(name): dict(row) for name, row in kept.items()} if isinstance(kept, dict) else {}


def _undescribed(state: Mapping[str, Any]) -> list[Row]:
    kept = state.get("undescribed")
    return [dict(row) for row in kept] if isinstance(kept, list) else []


def _next(changes: Sequence[_Change], state: Mapping[str, Any], since: datetime, now: datetime) -> dict[str, Any]:
    """Where the next run replays from: a little before now, with the spans that were open at that time."""
    until = max(since, now - OVERLAP)
    before = _folded((change for change in changes if change.at < until), _kept_open(state))
    return {"history": as_text(until), "open": before.open}


def _described(aws: Aws, rows: Sequence[Row], gaps: list[Gap]) -> set[str]:
    """Fill in what the rows' alarms watch. Returns the names that could not be asked for; they are a gap."""
    names = sorted({row["AlarmName"] for row in rows})
    found: dict[str, Row] = {}
    missing: set[str] = set()
    for first in range(0, len(names), _CHUNK):
        chunk = names[first : first + _CHUNK]
        question = {"AlarmNames": chunk, "AlarmTypes": TYPES, "MaxRecords": 100}
        answers = pages(aws, "cloudwatch", "DescribeAlarms", question, proof="MetricAlarms")
        for answer in answers.answers:
            found.update({alarm["AlarmName"]: alarm for group in _GROUPS for alarm in answer.get(group, ())})
        if answers.fault is not None:
            lost = [name for name in chunk if name not in found]
            missing.update(lost)
            gaps.append(Gap(part=f"{_DESCRIPTIONS} of {shown(lost)}", why=answers.fault.sentence))
    for row in rows:
        row.update(_description(found.get(row["AlarmName"], {}), row["AlarmName"], aws.region))
    return missing


def _description(alarm: Row, name: str, region: str) -> Row:
    """What an alarm says of itself, as columns. A deleted alarm says nothing."""
    metric = _metric(alarm)
    dimensions = {one.get("Name"): one.get("Value") for one in metric.get("Dimensions") or ()}
    return {
        "AlarmDescription": alarm.get("AlarmDescription"),
        "AlarmArn": alarm.get("AlarmArn"),
        "Namespace": metric.get("Namespace"),
        "MetricName": metric.get("MetricName"),
        "Dimensions": "; ".join(f"{key}={value}" for key, value in dimensions.items()) or None,
        "System": next((dimensions[key] for key in SYSTEM_DIMENSIONS if dimensions.get(key)), None),
        "Url": console(region, f"cloudwatch/home?region={region}#alarmsV2:alarm/{quoted(name)}"),
    }


def _metric(alarm: Row) -> Row:
    """The metric that an alarm watches; of an expression, the first that it is made of."""
    parts = (one.get("MetricStat", {}).get("Metric", {}) for one in alarm.get("Metrics") or ())
    return alarm if alarm.get("MetricName") else next((part for part in parts if part.get("MetricName")), {})


def _notes(items: Iterable[Row], patterns: Sequence[str], headless: int) -> list[str]:
    own = {item.get("AlarmName") or "" for item in items if (item.get("AlarmName") or "").startswith(_OF_AUTO_SCALING)}
    notes = []
    if own and not patterns:
        notes.append(f"{len(own)} alarms that auto scaling made for itself were left out; state names to have them.")
    if headless:
        notes.append(f"{headless} ends were left out, because their alarm began before the history that was read.")
    return notes
