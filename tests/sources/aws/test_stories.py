"""What each origin makes of what AWS says: the rules that the presets state, and where they end."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
import pytest
from botocore.stub import ANY, Stubber

from opex.domain.source import Source
from opex.sources import Reading, read
from opex.sources.aws import Fetched, fetch
from opex.sources.aws.alarms import TYPES
from tests.sources.aws.wire import Answer, Wire, at
from tests.sources.aws.worlds import (
    END,
    MIDDLE,
    STORY,
    WORLDS,
    alarm_answers,
    execution_id,
    opsitem,
    source,
    state_update,
)


def run(origin: str, now: datetime, state: Mapping[str, Any], folder: Path) -> Fetched:
    world = WORLDS[origin]
    return fetch(world.source, state, folder, now=now, session=Wire(world.answers(now)).session())


def loaded(fetched: Fetched) -> Reading:
    reading = read(fetched.files, kind=fetched.kind, source="x")
    assert (reading.format, reading.problems) == (fetched.format, [])
    return reading


def rows(reading: Reading, *columns: str) -> list[tuple[Any, ...]]:
    frame = reading.main[list(columns)].astype(object)
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in frame.itertuples(index=False)]


class OneClient(boto3.Session):
    """A session whose only client is stubbed."""

    def __init__(self, client: Any) -> None:
        super().__init__(region_name="eu-west-1")
        self._only = client

    def client(self, *_: Any, **__: Any) -> Any:
        return self._only


# --- alarms ---------------------------------------------------------------------------------------------------------


def test_an_alarm_is_an_incident_until_the_next_ok(tmp_path: Path) -> None:
    reading = loaded(run("aws-alarms", END, {}, tmp_path / "1"))
    columns = ("source_id", "title", "system", "category", "started_at", "resolved_at", "status")
    checkout, orders = ("checkout-5xx", "checkout", "AWS/ECS"), ("orders-db-cpu", "orders", "AWS/RDS")
    assert sorted(rows(reading, *columns), key=str) == [
        ("checkout-5xx@2026-05-01T08:00:00Z", *checkout, at("05-01 08:00"), at("05-01 09:00"), "closed"),
        ("checkout-5xx@2026-05-02T14:00:00Z", *checkout, at("05-02 14:00"), at("05-02 14:20"), "closed"),
        ("orders-db-cpu@2026-05-01T10:00:00Z", *orders, at("05-01 10:00"), at("05-02 13:00"), "closed"),
        ("orders-db-cpu@2026-05-03T11:00:00Z", *orders, at("05-03 11:00"), None, "open"),
    ]


def test_an_end_that_comes_later_replaces_the_open_row(tmp_path: Path) -> None:
    first = run("aws-alarms", MIDDLE, {}, tmp_path / "1")
    second = run("aws-alarms", END, first.state, tmp_path / "2")
    name = "orders-db-cpu@2026-05-01T10:00:00Z"
    before = dict(rows(loaded(first), "source_id", "resolved_at"))
    after = dict(rows(loaded(second), "source_id", "resolved_at"))
    assert (before[name], after[name]) == (None, at("05-02 13:00"))
    assert "checkout-5xx@2026-05-01T08:00:00Z" not in after


def test_alarms_of_auto_scaling_are_left_out_unless_they_are_asked_for(tmp_path: Path) -> None:
    result = run("aws-alarms", END, {}, tmp_path / "1")
    assert result.notes == ("1 alarms that auto scaling made for itself were left out; state names to have them.",)
    asked = source('name = "alarms"\nfrom = "aws-alarms"\nnames = ["TargetTracking-*"]')
    named = fetch(asked, {}, tmp_path / "2", now=END, session=Wire(alarm_answers(END)).session())
    assert rows(loaded(named), "title", "status") == [("TargetTracking-service/orders", "open")]


def test_an_end_whose_start_lies_before_the_history_is_counted(tmp_path: Path) -> None:
    story = [("05-01 07:00", "old", "ALARM", "OK"), ("05-01 07:30", "new", "INSUFFICIENT_DATA", "OK")]
    result = fetch(
        WORLDS["aws-alarms"].source, {}, tmp_path / "1", now=END, session=Wire(alarm_answers(END, story)).session()
    )
    assert (result.files, result.gaps) == ((), ())
    assert result.notes == ("1 ends were left out, because their alarm began before the history that was read.",)


def test_history_that_cloudwatch_no_longer_keeps_is_a_gap_once(tmp_path: Path) -> None:
    before = {"history": "2026-03-01T00:00:00Z", "open": {}}
    first = run("aws-alarms", END, before, tmp_path / "1")
    assert [gap.sentence for gap in first.gaps] == [
        "alarm history from 2026-03-01 00:00 UTC until 2026-04-03 12:00 UTC is missing: AWS keeps it for 30 days only."
    ]
    assert run("aws-alarms", END, first.state, tmp_path / "2").gaps == ()


def test_a_change_that_cannot_be_understood_is_a_gap_and_is_read_again(tmp_path: Path) -> None:
    answers = dict(alarm_answers(END))
    odd = {**state_update(*STORY[0]), "HistorySummary": "?", "HistoryData": '{"newState": {"stateV'}
    answers["DescribeAlarmHistory"] = lambda asked: {"AlarmHistoryItems": [odd]}
    result = fetch(WORLDS["aws-alarms"].source, {}, tmp_path / "1", now=END, session=Wire(answers).session())
    assert [gap.why for gap in result.gaps] == ["1 changes of state cannot be understood (checkout-5xx)"]
    assert "history" not in result.state


def test_long_history_data_that_aws_cut_short_is_read_from_its_summary(tmp_path: Path) -> None:
    answers = dict(alarm_answers(END))
    cut = {**state_update(*STORY[0]), "HistoryData": '{"version": "1.0", "oldState": {"stateValue": "OK", "stateRea'}
    answers["DescribeAlarmHistory"] = lambda asked: {"AlarmHistoryItems": [cut]}
    result = fetch(WORLDS["aws-alarms"].source, {}, tmp_path / "1", now=END, session=Wire(answers).session())
    assert rows(loaded(result), "source_id", "status") == [("checkout-5xx@2026-05-01T08:00:00Z", "open")]


def test_denied_descriptions_leave_incidents_without_a_system_until_they_are_allowed(tmp_path: Path) -> None:
    world = WORLDS["aws-alarms"]
    denied = Wire(world.answers(END), fault="denied", at=4)
    first = fetch(world.source, {}, tmp_path / "1", now=END, session=denied.session())
    assert denied.operations[4] == "DescribeAlarms"
    assert [gap.sentence for gap in first.gaps] == [
        "alarm descriptions of checkout-5xx, orders-db-cpu is missing: "
        "cloudwatch:DescribeAlarms was denied; allow cloudwatch:DescribeAlarms (docs/aws/policy.json)."
    ]
    assert {row[0] for row in rows(loaded(first), "system")} == {None}
    second = run("aws-alarms", END, first.state, tmp_path / "2")
    assert {row[0] for row in rows(loaded(second), "system")} == {"checkout", "orders"}
    assert second.state["undescribed"] == []


def test_the_questions_about_alarms_are_those_that_botocore_accepts(tmp_path: Path) -> None:
    client: Any = boto3.client("cloudwatch", region_name="eu-west-1")
    story = [state_update(*one) for one in STORY[:2]]
    with Stubber(client) as stub:
        window = {"AlarmTypes": TYPES, "StartDate": at("05-01 00:00"), "EndDate": END, "MaxRecords": 100}
        asked = {**window, "HistoryItemType": "StateUpdate", "ScanBy": "TimestampAscending"}
        stub.add_response("describe_alarm_history", {"AlarmHistoryItems": story[:1], "NextToken": "more"}, asked)
        stub.add_response("describe_alarm_history", {"AlarmHistoryItems": story[1:]}, {**asked, "NextToken": "more"})
        described = {"AlarmNames": ["checkout-5xx"], "AlarmTypes": TYPES, "MaxRecords": 100}
        stub.add_response("describe_alarms", {"MetricAlarms": [], "CompositeAlarms": []}, described)
        result = fetch(WORLDS["aws-alarms"].source, {}, tmp_path / "1", now=END, session=OneClient(client))
        stub.assert_no_pending_responses()
    assert (result.calls, result.gaps) == (3, ())
    assert result.state["history"] == "2026-05-03T11:45:00Z"


# --- OpsItems -------------------------------------------------------------------------------------------------------


def test_opsitems_are_incidents_and_change_requests_are_not(tmp_path: Path) -> None:
    result = run("aws-opsitems", END, {}, tmp_path / "1")
    columns = ("source_id", "system", "severity", "started_at", "resolved_at", "status")
    assert sorted(rows(loaded(result), *columns), key=str) == [
        ("oi-000000000001", "orders", 1, at("05-01 08:00"), at("05-01 09:00"), "closed"),
        ("oi-000000000002", "orders", 2, at("05-01 10:00"), at("05-02 15:00"), "closed"),
        ("oi-000000000004", "orders", 4, at("05-02 16:00"), at("05-02 17:00"), "closed"),
        ("oi-000000000005", "orders", 3, at("05-03 11:00"), None, "open"),
        ("oi-000000000006", "orders", 3, at("05-01 09:30"), at("05-01 09:40"), "closed"),
    ]
    assert result.notes == ("1 change requests were left out.",)


def test_the_question_about_opsitems_is_one_that_botocore_accepts(tmp_path: Path) -> None:
    client: Any = boto3.client("ssm", region_name="eu-west-1")
    item = opsitem("oi-000000000001", "05-01 08:00", "05-01 09:00", "/aws/issue", "1", now=END)
    changed = {"Key": "LastModifiedTime", "Values": ["2026-05-02T11:44:59Z"], "Operator": "GreaterThan"}
    with Stubber(client) as stub:
        asked = {"OpsItemFilters": [changed], "MaxResults": 50}
        stub.add_response("describe_ops_items", {"OpsItemSummaries": [], "NextToken": "more"}, asked)
        stub.add_response("describe_ops_items", {"OpsItemSummaries": [item]}, {**asked, "NextToken": "more"})
        state = {"opsitems": "2026-05-02T12:00:00Z"}
        result = fetch(WORLDS["aws-opsitems"].source, state, tmp_path / "1", now=END, session=OneClient(client))
        stub.assert_no_pending_responses()
    assert [json.loads(line)["OpsItemId"] for line in result.files[0].read_text().splitlines()] == ["oi-000000000001"]


def test_credentials_that_expire_between_two_pages_leave_the_first_page_and_a_gap(tmp_path: Path) -> None:
    client: Any = boto3.client("ssm", region_name="eu-west-1")
    item = opsitem("oi-000000000001", "05-01 08:00", "05-01 09:00", "/aws/issue", "1", now=END)
    with Stubber(client) as stub:
        stub.add_response("describe_ops_items", {"OpsItemSummaries": [item], "NextToken": "more"}, ANY_QUESTION)
        stub.add_client_error("describe_ops_items", "ExpiredTokenException", http_status_code=400)
        result = fetch(WORLDS["aws-opsitems"].source, {}, tmp_path / "1", now=END, session=OneClient(client))
    assert len(result.files) == 1
    assert [gap.sentence for gap in result.gaps] == [
        "opsitems from 2026-05-01 00:00 UTC until 2026-05-03 12:00 UTC is missing: ssm:DescribeOpsItems found the "
        "credentials expired; renew them (aws sso login, or the role's session) and run again."
    ]
    assert result.state == {}


ANY_QUESTION = {"OpsItemFilters": ANY, "MaxResults": ANY}

# --- pipelines ------------------------------------------------------------------------------------------------------


def test_executions_are_changes_with_their_rollbacks(tmp_path: Path) -> None:
    result = run("aws-pipelines", END, {}, tmp_path / "1")
    reading = loaded(result)
    names = {
        execution_id(pipeline, number): f"{pipeline} {number}"
        for pipeline in ("shop", "pay", "infra")
        for number in range(7)
    }
    told = {names[name]: rest for name, *rest in rows(reading, "source_id", "title", "outcome", "reverts", "automated")}
    back = execution_id("shop", 0)
    assert told == {
        "shop 0": ["Change 0", "succeeded", None, None],
        "shop 1": ["Change 1", "failed", None, None],
        "shop 3": ["Change 3", "succeeded", None, None],
        "shop 4": ["Change 4", "rolled_back", None, None],
        "shop 5": [f"shop: rollback to {back}", "succeeded", execution_id("shop", 4), True],
        "pay 0": ["Change 0", "succeeded", None, None],
        "pay 1": ["Change 1", "unknown", None, None],
        "infra 0": ["Change 0", "succeeded", None, None],
    }
    assert result.notes == (
        "1 executions still run; they come when they have ended.",
        "1 superseded or cancelled executions were left out.",
    )


def test_a_watermark_never_passes_an_execution_that_still_runs(tmp_path: Path) -> None:
    first = run("aws-pipelines", MIDDLE, {}, tmp_path / "1")
    assert first.state == {
        "shop": "2026-05-02T11:00:00Z",
        "pay": "2026-05-02T12:00:00Z",
        "infra": "2026-05-02T12:00:00Z",
    }
    second = run("aws-pipelines", END, first.state, tmp_path / "2")
    assert execution_id("shop", 3) in {name for (name,) in rows(loaded(second), "source_id")}


def test_a_commit_message_within_json_is_the_title(tmp_path: Path) -> None:
    answers = dict(WORLDS["aws-pipelines"].answers(END))
    summary = json.dumps({"ProviderType": "GitHub", "CommitMessage": "Fix the till\n\nlong story"})
    inner = answers["ListPipelineExecutions"]

    def executions(asked: dict[str, Any]) -> dict[str, Any]:
        answer = inner(asked)
        for one in answer["pipelineExecutionSummaries"]:
            one["sourceRevisions"][0]["revisionSummary"] = summary
        return answer

    only = source('name = "p"\nfrom = "aws-pipelines"\nnames = ["infra"]')
    answers["ListPipelineExecutions"] = executions
    result = fetch(only, {}, tmp_path / "1", now=END, session=Wire(answers).session())
    assert rows(loaded(result), "title") == [("Fix the till",)]


# --- deployments ----------------------------------------------------------------------------------------------------


def test_a_deployment_that_was_read_before_is_read_again_when_it_is_rolled_back(tmp_path: Path) -> None:
    first = run("aws-deployments", MIDDLE, {}, tmp_path / "1")
    second = run("aws-deployments", END, first.state, tmp_path / "2")
    before = dict(rows(loaded(first), "source_id", "outcome"))
    after = {name: rest for name, *rest in rows(loaded(second), "source_id", "outcome", "reverts", "automated")}
    assert before["d-100"] == "failed"
    assert after == {
        "d-100": ["rolled_back", None, False],
        "d-101": ["succeeded", None, False],
        "d-102": ["succeeded", "d-100", True],
    }
    assert (first.state, second.state) == (
        {"deployments": "2026-05-02T11:30:00Z"},
        {"deployments": "2026-05-03T11:55:00Z"},
    )


def test_a_deployment_that_began_after_its_end_by_codedeploys_clocks_is_still_read(tmp_path: Path) -> None:
    odd = {
        "deploymentId": "d-1",
        "applicationName": "shop",
        "status": "Stopped",
        "errorInformation": {"code": "ALARM_ACTIVE", "message": "the alarm"},
        "createTime": at("05-01 10:00"),
        "startTime": at("05-01 10:05"),
        "completeTime": at("05-01 10:04"),
    }
    answers: dict[str, Answer] = {
        "ListDeployments": lambda asked: {"deployments": ["d-1"]},
        "BatchGetDeployments": lambda asked: {"deploymentsInfo": [odd]},
    }
    result = fetch(WORLDS["aws-deployments"].source, {}, tmp_path / "1", now=END, session=Wire(answers).session())
    assert rows(loaded(result), "started_at", "finished_at", "outcome", "automated") == [
        (at("05-01 10:04"), at("05-01 10:04"), "failed", None)
    ]


# --- metrics --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("PartialData", "cloudwatch:GetMetricData called its data PartialData"),
        ("InternalError", "cloudwatch:GetMetricData called its data InternalError"),
        (
            "Forbidden",
            "cloudwatch:GetMetricData may not read it (Forbidden); allow cloudwatch:GetMetricData for its account",
        ),
    ],
)
def test_a_metric_that_did_not_come_whole_is_a_gap_and_the_others_go_on(status: str, why: str, tmp_path: Path) -> None:
    def data(asked: dict[str, Any]) -> dict[str, Any]:
        results = [
            {
                "Id": query["Id"],
                "Timestamps": [asked["StartTime"]],
                "Values": [1.0],
                "StatusCode": status if query["MetricStat"]["Metric"]["MetricName"] == "Errors" else "Complete",
            }
            for query in asked["MetricDataQueries"]
        ]
        return {"MetricDataResults": results}

    world = WORLDS["aws-metrics"]
    result = fetch(world.source, {}, tmp_path / "1", now=END, session=Wire({"GetMetricData": data}).session())
    assert [(gap.part, gap.since, gap.until, gap.why) for gap in result.gaps] == [
        ("metric errors of pay", at("05-01 00:00"), at("05-03 06:00"), why)
    ]
    assert sorted(part.split("|")[0] for part in result.state) == ["cost", "latency"]
    assert len(rows(loaded(result), "value")) == 3


def test_a_metric_that_the_answer_leaves_out_is_a_gap(tmp_path: Path) -> None:
    answers: dict[str, Answer] = {"GetMetricData": lambda asked: {"MetricDataResults": []}}
    result = fetch(WORLDS["aws-metrics"].source, {}, tmp_path / "1", now=END, session=Wire(answers).session())
    assert sorted(gap.part for gap in result.gaps) == ["metric cost", "metric errors of pay", "metric latency"]
    assert result.state == {}


def test_no_call_asks_for_more_metrics_or_points_than_a_call_may_hold(tmp_path: Path) -> None:
    tables = "".join(
        f'[[metrics]]\nmetric = "m{number}"\nnamespace = "Shop"\nname = "M{number}"\nstat = "Sum"\nperiod = 60\n'
        for number in range(501)
    )
    asked_for: list[tuple[int, float]] = []

    def data(asked: dict[str, Any]) -> dict[str, Any]:
        queries = asked["MetricDataQueries"]
        periods = (asked["EndTime"] - asked["StartTime"]) / timedelta(seconds=60)
        asked_for.append((len(queries), periods))
        return {"MetricDataResults": [{"Id": one["Id"], "StatusCode": "Complete"} for one in queries]}

    many = source(f'name = "m"\nfrom = "aws-metrics"\n{tables}')
    now = at("05-01 10:00")
    result = fetch(many, {}, tmp_path / "1", now=now, session=Wire({"GetMetricData": data}).session())
    assert result.gaps == ()
    assert all(count <= 500 and count * periods <= 100_800 for count, periods in asked_for)
    assert sum(count * periods for count, periods in asked_for) == 501 * (10 * 60 - 5)
    assert set(result.state.values()) == {"2026-05-01T09:55:00Z"}


def test_points_that_cloudwatch_keeps_no_longer_are_a_gap_when_they_were_asked_for(tmp_path: Path) -> None:
    tables = '[[metrics]]\nmetric = "m"\nnamespace = "Shop"\nname = "M"\nstat = "Sum"\nperiod = 60\n'
    stated = Source.from_toml(f'name = "m"\nfrom = "aws-metrics"\nregion = "eu-west-1"\nsince = 2026-04-01\n{tables}')
    unstated = Source.from_toml(f'name = "m"\nfrom = "aws-metrics"\nregion = "eu-west-1"\n{tables}')
    answers: dict[str, Answer] = {
        "GetMetricData": lambda asked: {"MetricDataResults": [{"Id": "m0", "StatusCode": "Complete"}]}
    }
    first = fetch(stated, {}, tmp_path / "1", now=END, session=Wire(answers).session())
    other = fetch(unstated, {}, tmp_path / "2", now=END, session=Wire(answers).session())
    assert [gap.sentence for gap in first.gaps] == [
        "metric m from 2026-04-01 00:00 UTC until 2026-04-18 12:00 UTC is missing: AWS keeps it for 15 days only."
    ]
    assert other.gaps == ()
    assert other.notes[0] == "What was never read before is read from 2026-04-18 on."


def test_times_are_utc_whatever_botocore_gives(tmp_path: Path) -> None:
    result = run("aws-opsitems", END.astimezone(UTC), {}, tmp_path / "1")
    lines = [json.loads(line) for line in result.files[0].read_text().splitlines()]
    assert all(line["CreatedTime"].endswith("Z") for line in lines)
