"""Six small worlds, one for each origin: what AWS would answer at a time, and the source that asks.

Each world is a story of a few days in May 2026. ``answers(now)`` are AWS's answers at that time, so that a first run in
the middle of the story and a second one at its end see different things.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from opex.domain.source import Source
from tests.sources.aws.wire import Answer, at, body_of, marked, paged

MIDDLE = at("05-02 12:00")
END = at("05-03 12:00")
SINCE = 'since = "2026-05-01T00:00:00Z"\nregion = "eu-west-1"\n'


@dataclass(frozen=True, kw_only=True)
class World:
    """A source, AWS's answers at a time, and which of its columns tells two records apart."""

    source: Source
    answers: Callable[[datetime], Mapping[str, Answer]]
    key: Callable[[dict[str, Any]], str]
    operations: tuple[str, ...]


# --- alarms ---------------------------------------------------------------------------------------------------------

STORY = [
    ("05-01 08:00", "checkout-5xx", "OK", "ALARM"),
    ("05-01 08:30", "checkout-5xx", "ALARM", "INSUFFICIENT_DATA"),
    ("05-01 08:40", "checkout-5xx", "INSUFFICIENT_DATA", "ALARM"),
    ("05-01 09:00", "checkout-5xx", "ALARM", "OK"),
    ("05-01 10:00", "orders-db-cpu", "OK", "ALARM"),
    ("05-01 10:10", "TargetTracking-service/orders", "OK", "ALARM"),
    ("05-02 13:00", "orders-db-cpu", "ALARM", "OK"),
    ("05-02 14:00", "checkout-5xx", "OK", "ALARM"),
    ("05-02 14:20", "checkout-5xx", "ALARM", "OK"),
    ("05-03 11:00", "orders-db-cpu", "OK", "ALARM"),
]
ALARMS = [
    {
        "AlarmName": "checkout-5xx",
        "AlarmArn": "arn:aws:cloudwatch:eu-west-1:1:alarm:checkout-5xx",
        "AlarmDescription": "Checkout answers with errors",
        "Namespace": "AWS/ECS",
        "MetricName": "5xx",
        "Dimensions": [{"Name": "ClusterName", "Value": "prod"}, {"Name": "ServiceName", "Value": "checkout"}],
    },
    {
        "AlarmName": "orders-db-cpu",
        "Namespace": "AWS/RDS",
        "MetricName": "CPUUtilization",
        "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "orders"}],
    },
]


def state_update(when: str, name: str, old: str, new: str) -> dict[str, Any]:
    data = {"version": "1.0", "oldState": {"stateValue": old}, "newState": {"stateValue": new, "stateReason": "why"}}
    return {
        "AlarmName": name,
        "AlarmType": "MetricAlarm",
        "Timestamp": at(when),
        "HistoryItemType": "StateUpdate",
        "HistorySummary": f"Alarm updated from {old} to {new}",
        "HistoryData": json.dumps(data),
    }


def alarm_answers(now: datetime, story: list[tuple[str, str, str, str]] = STORY) -> Mapping[str, Answer]:
    def history(asked: dict[str, Any]) -> dict[str, Any]:
        since, until = asked.get("StartDate", at("01-01 00:00")), min(now, asked.get("EndDate", now))
        items = [state_update(*one) for one in story if since <= at(one[0]) <= until]
        page, mark = paged(items, 3, asked.get("NextToken"))
        return marked({"AlarmHistoryItems": page}, "NextToken", mark)

    def described(asked: dict[str, Any]) -> dict[str, Any]:
        asked_for = [one for one in ALARMS if one["AlarmName"] in asked.get("AlarmNames", [one["AlarmName"]])]
        page, mark = paged(asked_for, 1, asked.get("NextToken"))
        return marked({"MetricAlarms": page, "CompositeAlarms": []}, "NextToken", mark)

    return {"DescribeAlarmHistory": history, "DescribeAlarms": described}


# --- metrics --------------------------------------------------------------------------------------------------------

METRICS = """
[[metrics]]
metric = "errors"
namespace = "AWS/Lambda"
name = "Errors"
stat = "Sum"
period = 21600
system = "pay"
better = "low"
[metrics.dimensions]
FunctionName = "pay"

[[metrics]]
metric = "latency"
namespace = "AWS/Lambda"
name = "Duration"
stat = "p99"
period = 21600
unit = "ms"

[[metrics]]
metric = "cost"
namespace = "Shop"
name = "Cost"
stat = "Sum"
period = 86400
"""


def metric_answers(now: datetime) -> Mapping[str, Answer]:
    def data(asked: dict[str, Any]) -> dict[str, Any]:
        points = [
            (query["Id"], stamp, float(len(query["MetricStat"]["Metric"]["MetricName"]) + stamp.hour))
            for query in asked["MetricDataQueries"]
            for stamp in stamps(asked["StartTime"], min(now, asked["EndTime"]), query["MetricStat"]["Period"])
        ]
        page, mark = paged(points, 7, asked.get("NextToken"))
        left = {name for name, _, _ in points[int(asked.get("NextToken") or 0) + 7 :]}
        results = [
            {
                "Id": query["Id"],
                "Label": "x",
                "Timestamps": [stamp for name, stamp, _ in page if name == query["Id"]],
                "Values": [value for name, _, value in page if name == query["Id"]],
                "StatusCode": "PartialData" if query["Id"] in left else "Complete",
            }
            for query in asked["MetricDataQueries"]
        ]
        return marked({"MetricDataResults": results}, "NextToken", mark)

    return {"GetMetricData": data}


def stamps(since: datetime, until: datetime, period: int) -> list[datetime]:
    first = since + timedelta(seconds=-since.timestamp() % period)
    count = max(0, -int(-(until - first).total_seconds() // period))
    return [first + timedelta(seconds=period * number) for number in range(count)]


# --- pipelines ------------------------------------------------------------------------------------------------------

EXECUTIONS = {
    "shop": [
        ("05-01 08:00", "05-01 08:20", "Succeeded", None),
        ("05-01 12:00", "05-01 12:20", "Failed", None),
        ("05-01 13:00", "05-01 13:20", "Superseded", None),
        ("05-02 11:00", "05-02 14:00", "Succeeded", None),
        ("05-02 15:00", "05-02 15:20", "Succeeded", None),
        ("05-02 16:00", "05-02 16:10", "Succeeded", 0),
        ("05-03 11:50", "05-03 12:50", "Succeeded", None),
    ],
    "pay": [("05-01 09:00", "05-01 09:10", "Succeeded", None), ("05-02 17:00", "05-02 17:10", "Stopped", None)],
    "infra": [("05-01 10:00", "05-01 10:10", "Succeeded", None)],
}


def execution_id(pipeline: str, number: int) -> str:
    digest = hashlib.sha256(f"{pipeline}{number}".encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))


def execution(pipeline: str, number: int, now: datetime) -> dict[str, Any]:
    start, end, status, target = EXECUTIONS[pipeline][number]
    running = at(end) > now
    made: dict[str, Any] = {
        "pipelineExecutionId": execution_id(pipeline, number),
        "status": "InProgress" if running else status,
        "startTime": at(start),
        "lastUpdateTime": min(at(end), now),
        "executionType": "STANDARD",
        "trigger": {"triggerType": "WebhookV2", "triggerDetail": "hook"},
        "sourceRevisions": [
            {"actionName": "Source", "revisionId": f"c0ffee{number}", "revisionSummary": f"Change {number}\n"}
        ],
    }
    if target is not None:
        made["executionType"] = "ROLLBACK"
        made["rollbackMetadata"] = {"rollbackTargetPipelineExecutionId": execution_id(pipeline, target)}
        made["trigger"] = {"triggerType": "AutomatedRollback", "triggerDetail": "alarm"}
    return made


def pipeline_answers(now: datetime) -> Mapping[str, Answer]:
    def pipelines(asked: dict[str, Any]) -> dict[str, Any]:
        page, mark = paged([{"name": name} for name in EXECUTIONS], 2, asked.get("nextToken"))
        return marked({"pipelines": page}, "nextToken", mark)

    def executions(asked: dict[str, Any]) -> dict[str, Any]:
        name = asked["pipelineName"]
        begun = [number for number, one in enumerate(EXECUTIONS[name]) if at(one[0]) <= now]
        items = [execution(name, number, now) for number in reversed(begun)]
        page, mark = paged(items, 2, asked.get("nextToken"))
        return marked({"pipelineExecutionSummaries": page}, "nextToken", mark)

    return {"ListPipelines": pipelines, "ListPipelineExecutions": executions}


# --- deployments ----------------------------------------------------------------------------------------------------


def deployments(now: datetime) -> dict[str, dict[str, Any]]:
    """Thirty small ones, one that runs for long, and one that a later one rolls back."""
    told = {f"d-{n:03}": ("05-01 06:00", n * 60, 5, "Succeeded", "shop") for n in range(30)}
    told["d-100"] = ("05-02 10:00", 0, 30, "Failed", "shop")
    told["d-101"] = ("05-02 11:30", 0, 90, "Succeeded", "pay")
    told["d-102"] = ("05-02 13:30", 0, 10, "Succeeded", "shop")
    told["d-103"] = ("05-03 11:55", 0, 60, "Succeeded", "shop")
    found = {}
    for name, (first, later, minutes, status, application) in told.items():
        made = at(first) + timedelta(minutes=later)
        end = made + timedelta(minutes=minutes)
        if made > now:
            continue
        found[name] = {
            "deploymentId": name,
            "applicationName": application,
            "deploymentGroupName": "production",
            "status": status if end <= now else "InProgress",
            "createTime": made,
            "startTime": made + timedelta(minutes=1),
            "creator": "user",
            **({"completeTime": end} if end <= now else {}),
        }
    if "d-102" in found:
        found["d-102"] |= {"creator": "codeDeployRollback", "rollbackInfo": {"rollbackTriggeringDeploymentId": "d-100"}}
        found["d-100"] |= {"rollbackInfo": {"rollbackDeploymentId": "d-102"}}
    return found


def deployment_answers(now: datetime) -> Mapping[str, Answer]:
    def listed(asked: dict[str, Any]) -> dict[str, Any]:
        window = asked["createTimeRange"]
        names = [
            name for name, one in deployments(now).items() if window["start"] <= one["createTime"] <= window["end"]
        ]
        page, mark = paged(names, 20, asked.get("nextToken"))
        return marked({"deployments": page}, "nextToken", mark)

    def batch(asked: dict[str, Any]) -> dict[str, Any]:
        known = deployments(now)
        return {"deploymentsInfo": [known[name] for name in asked["deploymentIds"] if name in known]}

    return {"ListDeployments": listed, "BatchGetDeployments": batch}


# --- OpsItems -------------------------------------------------------------------------------------------------------

ITEMS = [
    ("oi-000000000001", "05-01 08:00", "05-01 09:00", "/aws/issue", "1"),
    ("oi-000000000002", "05-01 10:00", "05-02 15:00", "/aws/issue", "2"),
    ("oi-000000000003", "05-01 11:00", "05-01 12:00", "/aws/changerequest", "3"),
    ("oi-000000000004", "05-02 16:00", "05-02 17:00", "/aws/issue", "4"),
    ("oi-000000000005", "05-03 11:00", "05-09 17:00", "/aws/issue", "3"),
    ("oi-000000000006", "05-01 09:30", "05-01 09:40", "/aws/issue", "3"),
]


def opsitem_answers(now: datetime) -> Mapping[str, Answer]:
    def items(asked: dict[str, Any]) -> dict[str, Any]:
        (only,) = asked["OpsItemFilters"]
        by_time = only["Key"] == "LastModifiedTime"
        since = datetime.fromisoformat(only["Values"][0]) if by_time else at("01-01 00:00")
        found = [opsitem(*one, now=now) for one in ITEMS if at(one[1]) <= now]
        page, mark = paged([one for one in found if one["LastModifiedTime"] > since], 2, asked.get("NextToken"))
        return marked({"OpsItemSummaries": page}, "NextToken", mark)

    return {"DescribeOpsItems": items}


def opsitem(name: str, made: str, resolved: str, kind: str, severity: str, *, now: datetime) -> dict[str, Any]:
    done = at(resolved) <= now
    arn = "arn:aws:rds:eu-west-1:123456789012:db:orders"
    return {
        "OpsItemId": name,
        "Title": f"Trouble {name}",
        "Status": "Resolved" if done else "Open",
        "Severity": severity,
        "OpsItemType": kind,
        "Source": "RDS",
        "Category": "Availability",
        "CreatedTime": at(made),
        "LastModifiedTime": at(resolved) if done else at(made),
        "OperationalData": {"/aws/resources": {"Type": "SearchableString", "Value": json.dumps([{"arn": arn}])}},
    }


# --- S3 -------------------------------------------------------------------------------------------------------------

OBJECTS = [
    ("exports/", "05-01 00:00", b""),
    ("exports/a.csv", "05-01 01:00", b"a first"),
    ("exports/b.csv", "05-01 02:00", b"b only"),
    ("exports/c.csv", "05-02 20:00", b"c new"),
    ("exports/d/a.csv", "05-01 03:00", b"another a"),
    ("exports/a.csv", "05-02 21:00", b"a changed"),
]


def etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


def objects(now: datetime) -> dict[str, tuple[datetime, bytes]]:
    return {key: (at(when), content) for key, when, content in OBJECTS if at(when) <= now}


def s3_answers(now: datetime) -> Mapping[str, Answer]:
    def listed(asked: dict[str, Any]) -> dict[str, Any]:
        items = [
            {"Key": key, "LastModified": when, "ETag": etag(content), "Size": len(content), "StorageClass": "STANDARD"}
            for key, (when, content) in sorted(objects(now).items())
        ]
        page, mark = paged(items, 2, asked.get("ContinuationToken"))
        answer = {"KeyCount": len(page), "IsTruncated": mark is not None, "Contents": page}
        return marked(answer, "NextContinuationToken", mark)

    def got(asked: dict[str, Any]) -> dict[str, Any]:
        content = objects(now)[asked["Key"]][1]
        assert asked.get("IfMatch", etag(content)) == etag(content)
        return {"Body": body_of(content), "ETag": etag(content), "ContentLength": len(content)}

    return {"ListObjectsV2": listed, "GetObject": got}


def source(text: str) -> Source:
    return Source.from_toml(SINCE + text)


WORLDS = {
    "aws-alarms": World(
        source=source('name = "alarms"\nfrom = "aws-alarms"'),
        answers=alarm_answers,
        key=lambda row: row["IncidentId"],
        operations=("DescribeAlarmHistory", "DescribeAlarms"),
    ),
    "aws-metrics": World(
        source=source(f'name = "metrics"\nfrom = "aws-metrics"\n{METRICS}'),
        answers=metric_answers,
        key=lambda row: f"{row['Metric']} {row['Timestamp']}",
        operations=("GetMetricData",),
    ),
    "aws-pipelines": World(
        source=source('name = "pipelines"\nfrom = "aws-pipelines"'),
        answers=pipeline_answers,
        key=lambda row: row["pipelineExecutionId"],
        operations=("ListPipelines", "ListPipelineExecutions"),
    ),
    "aws-deployments": World(
        source=source('name = "deployments"\nfrom = "aws-deployments"'),
        answers=deployment_answers,
        key=lambda row: row["deploymentId"],
        operations=("ListDeployments", "BatchGetDeployments"),
    ),
    "aws-opsitems": World(
        source=source('name = "opsitems"\nfrom = "aws-opsitems"'),
        answers=opsitem_answers,
        key=lambda row: row["OpsItemId"],
        operations=("DescribeOpsItems",),
    ),
    "s3": World(
        source=source('name = "bucket"\nfrom = "s3"\nkind = "incidents"\naddress = "s3://our-bucket/exports/"'),
        answers=s3_answers,
        key=lambda row: row["Key"],
        operations=("ListObjectsV2", "GetObject"),
    ),
}
