"""Incidents from OpsCenter's OpsItems."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from opex.domain.source import Source
from opex.sources.aws.calls import Aws, listed
from opex.sources.aws.names import console, quoted, shown
from opex.sources.aws.results import Gap, Progress, Taken, Write
from opex.sources.aws.times import as_text, look, moment, watermark

__all__ = ["ACTIONS", "take"]

ACTIONS = ("ssm:DescribeOpsItems",)

_PART = "opsitems"
_KEPT_FOR_EVER = timedelta(days=36_500)
_CHANGE_REQUEST = "/aws/changerequest"
_INSIGHT = "/aws/insight"
_CLOSED = ("Resolved", "Closed")
_RESOURCES = "/aws/resources"

Row = dict[str, Any]


def take(aws: Aws, source: Source, state: Mapping[str, Any], now: datetime, write: Write, tell: Progress) -> Taken:
    """Write an incident for each OpsItem that was changed since the watermark.

    Notes
    -----
    Change requests and OpsCenter's own insights about duplicates are no incidents; they are counted in a note. A
    resolved item ends at its ActualEndTime, which OpsCenter gives to few, else when it was last changed. The
    watermark moves to now when every page came.
    """
    at = look(_PART, watermark(state, _PART), source.since, now=now, retention=_KEPT_FOR_EVER)
    tell(0.0, "asking for OpsItems")
    before = at.since - timedelta(seconds=1)  # the filter is exclusive, and in whole seconds
    changed = {"Key": "LastModifiedTime", "Values": [f"{before:%Y-%m-%dT%H:%M:%SZ}"], "Operator": "GreaterThan"}
    question = {"OpsItemFilters": [changed], "MaxResults": 50}
    listing = listed(aws, "ssm", "DescribeOpsItems", question, items="OpsItemSummaries")
    gaps = [Gap(part=_PART, since=at.since, until=now, why=listing.why)] if listing.fault else []
    others = {_CHANGE_REQUEST: 0, _INSIGHT: 0}
    undated = []
    for item in {one.get("OpsItemId"): one for one in listing.items}.values():
        if item.get("OpsItemType") in others:
            others[item["OpsItemType"]] += 1
        elif moment(item.get("CreatedTime")) is None or not item.get("OpsItemId"):
            undated.append(item.get("OpsItemId") or "an item without an id")
        else:
            write(_row(item, aws.region))
    if undated:
        why = f"they came without an id or a time of creation ({shown(undated)})"
        gaps.append(Gap(part=_PART, since=at.since, until=now, why=why))
    after = dict(state) if gaps else {_PART: as_text(now)}
    notes = [at.note, *(f"{count} {words} were left out." for words, count in _left_out(others) if count)]
    return Taken(state=after, gaps=gaps, notes=[note for note in notes if note])


def _left_out(others: Mapping[str, int]) -> list[tuple[str, int]]:
    return [("change requests", others[_CHANGE_REQUEST]), ("insights about duplicates", others[_INSIGHT])]


def _row(item: Row, region: str) -> Row:
    made = moment(item.get("CreatedTime"))
    ended = moment(item.get("ActualEndTime")) or moment(item.get("LastModifiedTime"))
    closed = item.get("Status") in _CLOSED
    if made and ended and ended < made:
        ended = made
    return {
        "OpsItemId": item["OpsItemId"],
        "Title": item.get("Title") or item["OpsItemId"],
        "Status": item.get("Status"),
        "StatusGroup": "closed" if closed else "open",
        "Severity": item.get("Severity"),
        "Category": item.get("Category"),
        "Source": item.get("Source"),
        "Priority": item.get("Priority"),
        "CreatedTime": as_text(made) if made else None,
        "ResolvedTime": as_text(ended) if closed and ended else None,
        "System": _system(item.get("OperationalData") or {}),
        "Url": console(region, f"systems-manager/opsitems/{quoted(item['OpsItemId'])}?region={region}"),
    }


def _system(data: Mapping[str, Any]) -> str | None:
    """The name of the first resource that the item is about; an alarm is what noticed, not what it is about."""
    try:
        resources = json.loads((data.get(_RESOURCES) or {}).get("Value") or "[]")
    except (ValueError, AttributeError, RecursionError):
        return None
    arns = [one.get("arn") for one in resources if isinstance(one, dict)] if isinstance(resources, list) else []
    names = (_resource(arn) for arn in arns if isinstance(arn, str) and ":alarm:" not in arn)
    return next((name for name in names if name), None)


def _resource(arn: str) -> str:
    """The name at the end of an ARN: ``arn:partition:service:region:account:kind/name`` or ``...:kind:name``."""
    return arn.split(":", 5)[-1].replace("/", ":").split(":")[-1]
