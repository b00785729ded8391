"""Which permissions a source lacks: the smallest call for each IAM action."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import boto3

from opex.domain.source import Source, s3_address
from opex.sources.aws.calls import Aws
from opex.sources.aws.faults import CallFailed, fault_of
from opex.sources.aws.metrics import query
from opex.sources.aws.results import Permission
from opex.sources.aws.session import opened, role_credentials

__all__ = ["check"]

_NOTHING_THERE = "nothing is there to try it on"
_MADE_UP = "d-OPEXCHECK"

Trial = Callable[[Aws, Source, datetime], dict[str, Any] | None]


def check(source: Source, *, now: datetime, session: boto3.Session | None = None) -> list[Permission]:
    """Whether each IAM action that the source needs is allowed, tried with the smallest call.

    Parameters
    ----------
    now
        The present, aware.
    session
        Where the credentials come from; else AWS's own chain.

    Returns
    -------
    list of Permission
        One for each action (first ``sts:AssumeRole`` when the source states a role). ``allowed`` is ``None`` where
        the call failed for another reason, or there was nothing to try it on.

    Raises
    ------
    Refused
        No call can be made at all: no region, or a profile that does not exist.
    """
    found: list[Permission] = []
    if source.role_arn is not None:
        base = session or opened(replace(source, role_arn=None, external_id=None))
        found.append(_role(base, source))
        if not found[0].allowed:
            why = "the role could not be assumed"
            return found + [Permission(source=source.name, action=a, allowed=None, why=why) for a, _ in _of(source)]
    with Aws(session=opened(source, session), source=source) as aws:
        return found + [_tried(aws, source, now, action, trial) for action, trial in _of(source)]


def _role(base: boto3.Session, source: Source) -> Permission:
    try:
        role_credentials(base, source)
    except Exception as error:  # as in Aws.call
        why = fault_of(error, "sts", "AssumeRole")
        return Permission(
            source=source.name,
            action="sts:AssumeRole",
            allowed=False if why.kind == "denied" else None,
            why=why.sentence,
        )
    return Permission(source=source.name, action="sts:AssumeRole", allowed=True, why="")


def _tried(aws: Aws, source: Source, now: datetime, action: str, trial: Trial) -> Permission:
    try:
        answer = trial(aws, source, now)
    except CallFailed as failed:
        kind, why = failed.fault.kind, failed.fault.sentence
        if kind == "denied":
            return Permission(source=source.name, action=action, allowed=False, why=why)
        if kind in ("absent", "archived") and failed.fault.code not in ("NoSuchBucket", "404"):
            return Permission(
                source=source.name, action=action, allowed=True, why=""
            )  # asked about nothing, and told so
        return Permission(source=source.name, action=action, allowed=None, why=why)
    allowed = None if answer is None else True
    return Permission(source=source.name, action=action, allowed=allowed, why="" if answer else _NOTHING_THERE)


def _list_bucket(aws: Aws, source: Source, now: datetime) -> dict[str, Any]:
    bucket, prefix = s3_address(source.address or "")
    return aws.call("s3", "ListObjectsV2", Bucket=bucket, Prefix=prefix, MaxKeys=1)


def _get_object(aws: Aws, source: Source, now: datetime) -> dict[str, Any] | None:
    bucket, prefix = s3_address(source.address or "")
    listing = aws.call("s3", "ListObjectsV2", Bucket=bucket, Prefix=prefix, MaxKeys=20)
    keys = [one["Key"] for one in listing.get("Contents", ()) if one.get("Size")]
    if not keys:
        return None
    answer = aws.call("s3", "GetObject", Bucket=bucket, Key=keys[0], Range="bytes=0-0")
    answer["Body"].close()
    return answer


def _alarm_history(aws: Aws, source: Source, now: datetime) -> dict[str, Any]:
    return aws.call("cloudwatch", "DescribeAlarmHistory", MaxRecords=1)


def _alarms(aws: Aws, source: Source, now: datetime) -> dict[str, Any]:
    return aws.call("cloudwatch", "DescribeAlarms", MaxRecords=1)


def _metric_data(aws: Aws, source: Source, now: datetime) -> dict[str, Any]:
    queries = [query(metric, number) for number, metric in enumerate(source.metrics[:1])]
    since = now - timedelta(hours=1)
    return aws.call("cloudwatch", "GetMetricData", MetricDataQueries=queries, StartTime=since, EndTime=now)


def _pipelines(aws: Aws, source: Source, now: datetime) -> dict[str, Any]:
    return aws.call("codepipeline", "ListPipelines", maxResults=1)


def _executions(aws: Aws, source: Source, now: datetime) -> dict[str, Any] | None:
    names = [one["name"] for one in aws.call("codepipeline", "ListPipelines", maxResults=1).get("pipelines", ())]
    if not names:
        return None
    return aws.call("codepipeline", "ListPipelineExecutions", pipelineName=names[0], maxResults=1)


def _deployments(aws: Aws, source: Source, now: datetime) -> dict[str, Any]:
    return aws.call("codedeploy", "ListDeployments", createTimeRange={"start": now - timedelta(days=1), "end": now})


def _batch(aws: Aws, source: Source, now: datetime) -> dict[str, Any]:
    return aws.call("codedeploy", "BatchGetDeployments", deploymentIds=[_MADE_UP])


def _opsitems(aws: Aws, source: Source, now: datetime) -> dict[str, Any]:
    opened = [{"Key": "Status", "Values": ["Open"], "Operator": "Equal"}]
    return aws.call("ssm", "DescribeOpsItems", OpsItemFilters=opened, MaxResults=1)


_TRIALS: dict[str, tuple[tuple[str, Trial], ...]] = {
    "s3": (("s3:ListBucket", _list_bucket), ("s3:GetObject", _get_object)),
    "aws-alarms": (("cloudwatch:DescribeAlarmHistory", _alarm_history), ("cloudwatch:DescribeAlarms", _alarms)),
    "aws-metrics": (("cloudwatch:GetMetricData", _metric_data),),
    "aws-pipelines": (("codepipeline:ListPipelines", _pipelines), ("codepipeline:ListPipelineExecutions", _executions)),
    "aws-deployments": (("codedeploy:ListDeployments", _deployments), ("codedeploy:BatchGetDeployments", _batch)),
    "aws-opsitems": (("ssm:DescribeOpsItems", _opsitems),),
}


def _of(source: Source) -> tuple[tuple[str, Trial], ...]:
    return _TRIALS[source.origin]
