"""What moto's server does faithfully, over HTTP: metrics, pipelines, deployments, and roles."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.codedeploy.models import codedeploy_backends
from moto.codepipeline.models import codepipeline_backends
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.sts.responses import TokenResponse

from opex.domain.source import Source, StatedMetric
from opex.sources import Reading, read
from opex.sources.aws import Fetched, calls, fetch, session

NOW = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - moto stamps what is made in it with the present
HOUR = timedelta(hours=1)
IN_EARNEST = session.config  # before the tests' own replaces it
Client = Callable[[str], Any]


def loaded(fetched: Fetched) -> Reading:
    """What the ordinary import makes of it, decided from content alone."""
    assert fetched.gaps == ()
    reading = read(fetched.files, kind=fetched.kind, source="x")
    assert (reading.format, reading.problems) == (fetched.format, [])
    return reading


def test_readings_of_finished_periods_come_once_and_the_next_run_goes_on(
    client: Client, moto: boto3.Session, tmp_path: Path
) -> None:
    metric = StatedMetric(
        metric="queue depth",
        namespace="Shop",
        name="Depth",
        stat="Sum",
        period=3600,
        dimensions={"Queue": "orders"},
        unit="messages",
        better="low",
        system="orders",
    )
    source = Source(name="m", origin="aws-metrics", since=NOW - timedelta(days=1), metrics=(metric,))
    hour = datetime.fromtimestamp(NOW.timestamp() // 3600 * 3600, UTC)
    cloudwatch = client("cloudwatch")
    for back, value in ((5, 10), (4, 20), (3, 30)):
        cloudwatch.put_metric_data(
            Namespace="Shop",
            MetricData=[
                {
                    "MetricName": "Depth",
                    "Dimensions": [{"Name": "Queue", "Value": "orders"}],
                    "Timestamp": hour - back * HOUR + timedelta(minutes=minute),
                    "Value": value,
                }
                for minute in (5, 35)
            ],
        )
    first = fetch(source, {}, tmp_path / "1", now=hour - 3 * HOUR + timedelta(minutes=30), session=moto)
    second = fetch(source, first.state, tmp_path / "2", now=hour, session=moto)
    columns = ["metric", "unit", "better", "system", "at", "value"]
    said = ("queue depth", "messages", "low", "orders")
    assert [tuple(row) for row in loaded(first).main[columns].to_numpy()] == [
        (*said, hour - 5 * HOUR, 20.0),
        (*said, hour - 4 * HOUR, 40.0),
    ]
    assert [tuple(row) for row in loaded(second).main[columns].to_numpy()] == [
        (*said, hour - 4 * HOUR, 40.0),
        (*said, hour - 3 * HOUR, 60.0),
    ]


def test_a_metric_without_data_is_noted(moto: boto3.Session, tmp_path: Path) -> None:
    metric = StatedMetric(metric="typo", namespace="Shop", name="Dpeth", stat="Sum", period=3600)
    source = Source(name="m", origin="aws-metrics", since=NOW - HOUR * 5, metrics=(metric,))
    result = fetch(source, {}, tmp_path / "1", now=NOW, session=moto)
    assert (result.files, result.gaps) == ((), ())
    assert result.notes == ("CloudWatch has no data in this time for metric typo.",)


def test_executions_of_a_pipeline_become_changes(client: Client, moto: boto3.Session, tmp_path: Path) -> None:
    role = "arn:aws:iam::123456789012:role/pipe"
    client("iam").create_role(RoleName="pipe", AssumeRolePolicyDocument=trust("codepipeline.amazonaws.com"))
    pipelines = client("codepipeline")
    action = {"actionTypeId": {"category": "Source", "owner": "AWS", "provider": "S3", "version": "1"}, "name": "s"}
    stages = [{"name": "Source", "actions": [action]}, {"name": "Ship", "actions": [{**action, "name": "d"}]}]
    store = {"type": "S3", "location": "artifacts"}
    for name in ("shop", "pay"):
        pipelines.create_pipeline(pipeline={"name": name, "roleArn": role, "artifactStore": store, "stages": stages})
    ids = [pipelines.start_pipeline_execution(name=name)["pipelineExecutionId"] for name in ("shop", "shop", "pay")]
    for name in ("shop", "pay"):
        for one in codepipeline_backends[ACCOUNT]["eu-west-1"].pipelines[name].executions.values():
            one.status = "Succeeded"
    source = Source(name="p", origin="aws-pipelines", names=("sh*",))
    reading = loaded(fetch(source, {}, tmp_path / "1", now=later(), session=moto))
    rows = reading.main[["source_id", "system", "kind", "outcome"]].to_numpy().tolist()
    assert sorted(rows) == sorted([one, "shop", "deployment", "succeeded"] for one in ids[:2])


def test_deployments_become_changes(client: Client, moto: boto3.Session, tmp_path: Path) -> None:
    codedeploy = client("codedeploy")
    for name in ("shop", "pay"):
        codedeploy.create_application(applicationName=name, computePlatform="Server")
        codedeploy.create_deployment_group(
            applicationName=name, deploymentGroupName="production", serviceRoleArn="arn:aws:iam::1:role/deploy"
        )
    revision = {"revisionType": "GitHub", "gitHubLocation": {"repository": "us/shop", "commitId": "c0ffee"}}
    ids = [
        codedeploy.create_deployment(applicationName=name, deploymentGroupName="production", revision=revision)[
            "deploymentId"
        ]
        for name in ("shop", "pay", "shop")
    ]
    for one in codedeploy_backends[ACCOUNT]["eu-west-1"].deployments.values():
        one.status = "Succeeded"
    source = Source(name="d", origin="aws-deployments", names=("shop",))
    reading = loaded(fetch(source, {}, tmp_path / "1", now=later(), session=moto))
    rows = reading.main[["source_id", "title", "system", "outcome"]].to_numpy().tolist()
    assert sorted(rows) == sorted([one, "shop us/shop@c0ffee", "shop", "succeeded"] for one in (ids[0], ids[2]))


def later() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=5)  # noqa: TID251


def trust(service: str) -> str:
    return f'{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": {{"Service": "{service}"}}}}]}}'


def test_a_role_is_assumed_with_its_external_id_and_its_credentials_sign_the_calls(
    client: Client, moto: boto3.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="our-exports", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="our-exports", Key="a.csv", Body="a")
    asked = recorded_roles(monkeypatch)
    source = Source(
        name="exports",
        origin="s3",
        kind="incidents",
        address="s3://our-exports",
        role_arn="arn:aws:iam::123456789012:role/opex",
        external_id="opex-7f3a",
    )
    result = fetch(source, {}, tmp_path / "1", now=NOW, session=moto)
    assert [path.read_text() for path in result.files] == ["a"]
    assert asked == [("arn:aws:iam::123456789012:role/opex", "opex-7f3a")]


def test_the_settings_that_are_used_in_earnest_work_over_http(
    client: Client, moto: boto3.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "config", IN_EARNEST)
    s3 = client("s3")
    s3.create_bucket(Bucket="our-exports", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="our-exports", Key="a.csv", Body="a", ChecksumAlgorithm="SHA256")
    source = Source(name="exports", origin="s3", kind="incidents", address="s3://our-exports")
    result = fetch(source, {}, tmp_path / "1", now=NOW, session=moto)
    assert ([path.read_text() for path in result.files], result.gaps) == (["a"], ())


def recorded_roles(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What moto's STS is asked for."""
    asked: list[tuple[str, str]] = []
    answer = TokenResponse.assume_role

    def recorded(self: TokenResponse) -> Any:
        asked.append((self._get_param("RoleArn"), self._get_param("ExternalId")))
        return answer(self)

    monkeypatch.setattr(TokenResponse, "assume_role", recorded)
    return asked
