"""Least privilege: the policy allows exactly what the code calls, and `check` says what is missing."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from opex.domain.problems import Refused
from opex.domain.source import ORIGINS, Source
from opex.sources.aws import ACTIONS, Permission, calls, check, fetch, session
from opex.sources.aws.faults import iam_action
from tests.sources.aws.wire import Wire
from tests.sources.aws.worlds import END, WORLDS

IN_EARNEST = session.config  # before the tests' own replaces it
POLICY = Path(__file__).resolve().parents[3] / "docs" / "aws" / "policy.json"
ROLE = "arn:aws:iam::123456789012:role/opex"


def policy_actions() -> list[str]:
    statements = json.loads(POLICY.read_text(encoding="utf-8"))["Statement"]
    return [one for statement in statements for one in listed(statement["Action"])]


def listed(action: str | list[str]) -> list[str]:
    return [action] if isinstance(action, str) else action


def test_the_policy_allows_exactly_what_the_code_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called: dict[str, set[str]] = {origin: set() for origin in ORIGINS}
    call = calls.Aws.call

    def recorded(self: calls.Aws, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        called[self.source.origin].add(iam_action(service, operation))
        return call(self, service, operation, **parameters)

    monkeypatch.setattr(calls.Aws, "call", recorded)
    on_the_wire: list[str] = []
    for origin, world in WORLDS.items():
        wire = Wire(world.answers(END))
        fetch(world.source, {}, tmp_path / origin, now=END, session=wire.session())
        on_the_wire += wire.operations
        assert called[origin] == set(ACTIONS[origin]), "a fetch needs what ACTIONS says, and no more"
        check(world.source, now=END, session=Wire(world.answers(END)).session())
        assert called[origin] == set(ACTIONS[origin]), "a check asks for nothing that a fetch does not need"
    assert sorted(policy_actions()) == sorted(set().union(*called.values()))
    assert {one.split(":")[1].replace("ListBucket", "ListObjectsV2") for one in policy_actions()} == set(on_the_wire)


def test_the_policy_allows_nothing_that_writes_and_no_bucket_but_yours() -> None:
    assert all(one.split(":")[1].startswith(("Get", "List", "Describe", "BatchGet")) for one in policy_actions())
    assert not any("*" in one for one in policy_actions())
    buckets = [one["Resource"] for one in json.loads(POLICY.read_text())["Statement"] if "s3:" in str(one["Action"])]
    assert buckets == ["arn:aws:s3:::YOUR-BUCKET", "arn:aws:s3:::YOUR-BUCKET/YOUR/PREFIX/*"]


@pytest.mark.parametrize("origin", WORLDS)
def test_all_permissions_are_found_where_all_are_given(origin: str) -> None:
    world = WORLDS[origin]
    found = check(world.source, now=END, session=Wire(world.answers(END)).session())
    assert found == [
        Permission(source=world.source.name, action=action, allowed=True, why="") for action in ACTIONS[origin]
    ]


@pytest.mark.parametrize("origin", WORLDS)
def test_a_denied_permission_is_named(origin: str) -> None:
    world = WORLDS[origin]
    source = world.source
    found = check(source, now=END, session=Wire(world.answers(END), fault="denied", at=0).session())
    action, *rest = ACTIONS[origin]
    assert [one.allowed for one in found] == [False, *(True for _ in rest)]
    assert found[0].action == action
    assert f"allow {action} (docs/aws/policy.json)" in found[0].why


def test_what_cannot_be_tried_is_neither_allowed_nor_denied() -> None:
    answers = {**WORLDS["aws-pipelines"].answers(END), "ListPipelines": lambda asked: {"pipelines": []}}
    found = check(WORLDS["aws-pipelines"].source, now=END, session=Wire(answers).session())
    assert [(one.allowed, one.why) for one in found] == [(True, ""), (None, "nothing is there to try it on")]


def test_a_pipeline_that_is_gone_shows_that_the_call_was_let_through(moto: boto3.Session) -> None:
    source = Source(name="d", origin="aws-deployments")
    found = check(source, now=END, session=moto)
    assert [(one.action, one.allowed) for one in found] == [
        ("codedeploy:ListDeployments", True),
        ("codedeploy:BatchGetDeployments", True),
    ]


def test_a_role_is_tried_first_over_http(moto: boto3.Session) -> None:
    source = Source(name="d", origin="aws-deployments", role_arn=ROLE, external_id="opex-7f3a")
    found = check(source, now=END, session=moto)
    assert [(one.action, one.allowed) for one in found] == [
        ("sts:AssumeRole", True),
        ("codedeploy:ListDeployments", True),
        ("codedeploy:BatchGetDeployments", True),
    ]


def test_without_the_role_nothing_else_is_tried() -> None:
    wire = Wire({"AssumeRole": lambda asked: {}}, fault="denied", at=0)
    found = check(Source(name="d", origin="aws-opsitems", role_arn=ROLE), now=END, session=wire.session())
    assert [(one.action, one.allowed) for one in found] == [("sts:AssumeRole", False), ("ssm:DescribeOpsItems", None)]
    assert found[1].why == "the role could not be assumed"
    assert wire.operations == ["AssumeRole"]


def test_a_role_that_may_not_be_assumed_is_a_gap_of_a_fetch(tmp_path: Path) -> None:
    wire = Wire({"AssumeRole": lambda asked: {}}, fault="denied", at=0)
    source = Source(name="d", origin="aws-opsitems", role_arn=ROLE)
    result = fetch(source, {}, tmp_path / "1", now=END, session=wire.session())
    assert [gap.why for gap in result.gaps] == [
        "sts:AssumeRole was denied; allow sts:AssumeRole (docs/aws/README.md: the role's trust policy)"
    ]
    assert (result.files, result.state) == ((), {})


def test_no_region_anywhere_is_refused_with_the_remedy(tmp_path: Path) -> None:
    source = Source(name="items", origin="aws-opsitems")
    with pytest.raises(Refused, match=r"^The source items has no region; write region = "):
        fetch(source, {}, tmp_path / "1", now=END)
    with pytest.raises(Refused, match=r"^The source items has no region; write region = "):
        check(source, now=END)


def test_a_profile_that_does_not_exist_is_refused_by_name(tmp_path: Path) -> None:
    source = Source(name="items", origin="aws-opsitems", region="eu-west-1", profile="nobody")
    with pytest.raises(Refused, match=r"^The source items names the profile nobody, which AWS's settings do not have"):
        fetch(source, {}, tmp_path / "1", now=END)


def test_no_credentials_at_all_is_a_gap_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    result = fetch(Source(name="i", origin="aws-opsitems", region="eu-west-1"), {}, tmp_path / "1", now=END)
    (gap,) = result.gaps
    assert gap.why.startswith("ssm:DescribeOpsItems found no valid credentials; set up a profile or a role")


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    with pytest.raises(Refused, match=r"is not empty; a fetch needs one of its own"):
        fetch(Source(name="i", origin="aws-opsitems", region="eu-west-1"), {}, tmp_path, now=END)


def test_a_throttled_call_is_asked_again_before_it_counts_as_failed(tmp_path: Path) -> None:
    world = WORLDS["aws-opsitems"]
    wire = Wire(world.answers(END), fault="throttled beyond retries", at=0)
    result = fetch(world.source, {}, tmp_path / "1", now=END, session=wire.session())
    assert (wire.attempts, result.calls) == (2, 1)


def test_in_earnest_there_are_six_attempts_and_bounded_waits() -> None:
    stated = IN_EARNEST()
    assert stated.retries == {"mode": "adaptive", "total_max_attempts": 6}
    assert (stated.connect_timeout, stated.read_timeout) == (10, 60)


def test_after_expired_credentials_nothing_more_is_asked(tmp_path: Path) -> None:
    world = WORLDS["aws-pipelines"]
    wire = Wire(world.answers(END), fault="credentials expired", at=2)
    result = fetch(world.source, {}, tmp_path / "1", now=END, session=wire.session())
    assert len(wire.operations) == result.calls == 3
    assert [gap.part for gap in result.gaps] == ["pipeline shop", "pipeline pay", "pipeline infra"]


def test_progress_is_told_in_shares_that_do_not_exceed_one(tmp_path: Path) -> None:
    told: list[float] = []
    for origin, world in WORLDS.items():
        fetch(
            world.source,
            {},
            tmp_path / origin,
            now=END,
            session=Wire(world.answers(END)).session(),
            progress=lambda share, words: told.append(share),
        )
    assert told.count(1.0) == len(WORLDS)
    assert all(0 <= share <= 1 for share in told)
