"""`opex dora`, as scripts use it: one JSON document, and a line for each group."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from opex import cli
from tests.services.sample import copy_to

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def opex(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run a command in this process on a copy of the sample workspace: exit code, stdout, stderr."""
    monkeypatch.setenv("OPEX_WORKSPACE", copy_to(tmp_path))

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["opex", "dora", *arguments])
        capsys.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, *capsys.readouterr()

    return run


def document(run: Run, *arguments: str) -> Any:
    code, out, err = run(*arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_each_environment_is_told_with_counts_intervals_and_the_rules(opex: Run) -> None:
    told = document(opex, "--by", "environment")
    assert (told["by"], told["period"], told["who"], told["kinds"]) == (["environment"], None, "all", ["deployment"])
    measures = ["deployments_per_week", "lead_time_hours", "change_failure_rate", "recovery_time_hours"]
    assert list(told["rules"]) == measures
    assert [row["environment"] for row in told["rows"]] == ["production", "staging", "test"]
    first = told["rows"][0]
    counts = {"deployments": 2389, "succeeded": 2271, "failed": 70, "rolled_back": 48, "unknown": 0, "reverted": 48,
              "caused_incident": 0, "reverts": 48}  # fmt: skip
    assert {name: first[name] for name in counts} == counts
    for name in measures:
        assert first[name]["low"] < first[name]["value"] < first[name]["high"]
        assert first[name]["lacks"] == ""
    rate = first["change_failure_rate"]
    assert (rate["failures"], rate["of"], rate["value"]) == (118, 2389, 118 / 2389)
    assert first["deployments_per_week"]["weeks"] == 103


def test_months_add_up_and_what_cannot_be_told_is_null_with_its_reason(opex: Run) -> None:
    told = document(opex, "--period", "month", "--who", "robots")
    whole = document(opex, "--by", "all", "--who", "robots")["rows"]
    assert sum(row["deployments"] for row in told["rows"]) == whole[0]["deployments"]
    assert {row["complete"] for row in told["rows"] if row["period"] == "2024-07"} == {False}
    quiet = next(row for row in told["rows"] if row["complete"] and not row["deployments"])
    assert quiet["change_failure_rate"] == {
        "value": None, "low": None, "high": None, "lacks": "no deployment", "failures": 0, "of": 0, "unknown": 0,
        "at_least": None, "at_most": None,
    }  # fmt: skip
    assert quiet["deployments_per_week"]["value"] == 0.0 < quiet["deployments_per_week"]["high"]
    assert document(opex, "--as-of", "2025-01-01")["as_of"] == "2025-01-01T00:00:00Z"


def test_a_person_reads_a_line_for_each_group_and_then_the_rules(opex: Run) -> None:
    code, out, err = opex("--by", "environment,team", "--environment", "production")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[1] == (
        "production, Checkout: deployments 1.8 a week (1.6 to 2.2; 190 in 103 weeks); lead time 10.7 h (8.8 to 13.3; "
        "the median of 193); failure rate 13.1% (9.1% to 18.5%; 26 of 198); recovery 4.6 h (3.4 to 5.8; the median "
        "of 26)."
    )
    assert lines[-2].startswith("change_failure_rate: Deployments that failed, ")


@pytest.mark.parametrize(("arguments", "sentence"), [
    (["--by", "actor"], '--by "actor" cannot be told: name some of system, environment, team, or all.\n'),
    (["--kinds", "dreams"], '--kinds "dreams" cannot be told: name some of deployment, configuration, infrastructure, '
                            "api_call, or all.\n"),
])  # fmt: skip
def test_what_cannot_be_told_apart_is_refused(opex: Run, arguments: list[str], sentence: str) -> None:
    assert opex(*arguments) == (1, "", sentence)


def test_wrong_usage_is_exit_2_and_nothing_to_measure_is_said(opex: Run, tmp_path: Path) -> None:
    assert opex("--period", "year")[0] == 2
    nothing = opex("--workspace", f"sqlite:///{tmp_path / 'empty.db'}")
    assert nothing == (1, "", "There is nothing to measure yet: load changes first (opex import changes FILE).\n")
