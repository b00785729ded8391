"""`opex choices`: what a script reads of stated and revealed weights."""

import json
import sys
from pathlib import Path

import pytest

from opex import cli
from tests.conftest import context_at
from tests.services.sample import copy_to
from tests.services.test_choices import ANA, SEVERE, answer_by


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    monkeypatch.setattr(sys, "argv", ["opex", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 0
    told = capsys.readouterr()
    assert told.err == ""
    return told.out


def test_it_is_silent_first_and_then_tells_each_weight_with_its_interval(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    url = copy_to(tmp_path)
    monkeypatch.setenv("OPEX_WORKSPACE", url)
    assert run(monkeypatch, capsys, "choices") == (
        "Everybody: 0 duels of 0 people; 30 more are needed before they say anything of the weights.\n"
    )
    of = context_at(url)
    answer_by(of, ANA, SEVERE, 30)
    of.database.close()
    document = json.loads(run(monkeypatch, capsys, "choices", "--json"))
    assert document["driver_set"] == {"name": "default", "version": 1}
    assert [(one["function"], one["duels"], one["missing"]) for one in document["functions"]] == [
        ("all", 30, 0), ("operations", 30, 0),
    ]  # fmt: skip
    severe = document["functions"][0]["weights"]["severe_incidents"]
    assert severe["stated"] == 0.15 < severe["revealed"] < severe["high"] < 1
    assert document["functions"][0]["held_out"] == {}, "one person in one sitting can foretell nobody else"
    lines = run(monkeypatch, capsys, "choices").splitlines()
    assert lines[1].startswith("    Hours lost: stated 25%, revealed ")
