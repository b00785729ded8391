"""The command line, as scripts and other programs use it: exit codes, streams, and the shapes of its JSON."""

import json
import math
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_group

from opex import cli
from tests.conftest import ROOT
from tests.services.sample import copy_to

Run = Callable[..., tuple[int, str, str]]
SAMPLE = ROOT / "data" / "sample"
FINDERS = {"theme", "area", "slow_recovery", "worsening_trend", "risky_changes", "environment_gap"}


@pytest.fixture
def opex(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run a command in this process on a workspace of its own: exit code, stdout, stderr."""
    monkeypatch.setenv("OPEX_WORKSPACE", f"sqlite:///{tmp_path / 'own.db'}")
    monkeypatch.setenv("OPEX_PERSON", "Ana")
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["opex", *map(str, arguments)])
        capsys.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def sample(opex: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """The same on a copy of the sample workspace."""
    monkeypatch.setenv("OPEX_WORKSPACE", copy_to(tmp_path))
    return opex


def document(run: Run, *arguments: object) -> Any:
    code, out, err = run(*arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def ranked(run: Run) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = document(run, "rank")["opportunities"]
    return rows


# --- exit codes and streams ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["find"], "There is nothing to find in yet: load incidents first (opex import incidents FILE).\n"),
        (["rank"], "There is nothing to rank yet: load incidents first (opex import incidents FILE).\n"),
        (["replay"], "There is nothing to rank yet: load incidents first (opex import incidents FILE).\n"),
        (["explain", "x"], "There is nothing to explain yet: load incidents first.\n"),
        (["accept", "x"], 'There is no opportunity "x": `opex rank` lists the ids.\n'),
        (["rank", "--as-of", "soon"], '--as-of "soon" is not a date and time, such as 2026-06-30 or '
                                      "2026-06-30T12:00Z.\n"),
        (["--workspace", "oracle://x", "find"], None),
    ],
)  # fmt: skip
def test_a_refusal_is_one_sentence_on_stderr_and_exit_1(opex: Run, arguments: list[str], sentence: str | None) -> None:
    code, out, err = opex(*arguments)
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert sentence in (None, err)


@pytest.mark.parametrize(
    "arguments",
    [["dance"], ["rank", "--limit", "0"], ["replay", "--top", "0"], ["import", "dreams", "x.csv"], ["import"],
     ["export", "--format", "pdf"], ["export"], ["decline", "x"], ["strike", "x", "y"], ["rank", "--limit", "many"]],
)  # fmt: skip
def test_wrong_usage_is_exit_2(opex: Run, arguments: list[str]) -> None:
    code, out, err = opex(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("Usage: ")


def test_the_real_program_says_the_same(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'new' / 'own.db'}"
    command = [sys.executable, "-m", "opex.cli", "--workspace", address, "rank"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert (tmp_path / "new" / "own.db").exists()  # a workspace that did not exist is created


def test_help_starts_without_the_libraries_that_commands_need() -> None:
    told = "import sys; from opex.cli import app; app(['--help'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=ROOT)
    *listed, loaded = done.stdout.splitlines()
    modules = set(loaded.split())
    assert "Opportunities in their agreed order." in "\n".join(listed)
    assert "opex.cli" in modules
    assert modules & {"alembic", "boto3", "numpy", "pandas", "pyarrow", "scipy", "sklearn", "sqlalchemy"} == set()


def test_a_command_that_computes_nothing_starts_without_scipys_parts_and_scikit_learn() -> None:
    parts = sorted({f"opex.cli.{module}" for module, _ in cli.COMMANDS.values()})
    told = f"import sys, {', '.join(parts)}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=ROOT)
    assert set(done.stdout.split()) & {"altair", "scipy.optimize", "scipy.signal", "scipy.stats", "sklearn"} == set()


def test_help_says_of_each_command_what_the_command_says_of_itself() -> None:
    registered = {
        name: (module, command.help)
        for module in {module for module, _ in cli.COMMANDS.values()}
        for name, command in get_group(import_module(f"opex.cli.{module}").app).commands.items()
    }
    assert registered == cli.COMMANDS


# --- load ------------------------------------------------------------------------------------------------------------


def test_import_counts_add_up_and_refused_rows_alone_are_no_failure(opex: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "id,title,environment,started_at\n1,Disk full,production,2026-06-01T10:00:00Z\n2,Bad,production,32/13\n",
        encoding="utf-8",
    )
    told = document(opex, "import", "incidents", tmp_path / "a.csv")
    assert {k: told[k] for k in ("rows", "read", "loaded", "unchanged", "replaced", "refused")} == {
        "rows": 2, "read": 2, "loaded": 1, "unchanged": 0, "replaced": 0, "refused": 1
    }  # fmt: skip
    [problem] = told["problems"]
    assert {k: problem[k] for k in ("row", "column", "value")} == {"row": 3, "column": "started_at", "value": "32/13"}
    assert problem["expected"]
    again = document(opex, "import", "incidents", tmp_path / "a.csv")
    assert (again["loaded"], again["unchanged"], again["refused"]) == (0, 1, 1)


def test_import_reads_text_in_the_encoding_that_a_person_states(opex: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("id,title,started_at\n1,Сбой,2026-06-01T10:00:00Z\n".encode("cp1251"))
    code, out, err = opex("import", "incidents", tmp_path / "a.csv")
    assert (code, out) == (1, "")
    assert "state the encoding with --encoding" in err
    told = document(opex, "import", "incidents", tmp_path / "a.csv", "--encoding", "windows-1251")
    assert (told["loaded"], told["problems"], told["notes"]) == (1, [], [])
    (tmp_path / "b.csv").write_bytes("id,title,started_at\n2,Störung,2026-06-01T10:00:00Z\n".encode("cp1252"))
    code, _, err = opex("import", "incidents", tmp_path / "b.csv")
    assert code == 0
    assert "Note: b.csv is not UTF-8 and is read as Windows-1252; if letters are wrong, state the encoding" in err


def test_a_dry_run_writes_nothing(opex: Run) -> None:
    told = document(opex, "import", "incidents", SAMPLE / "incidents.csv", "--dry-run")
    assert (told["loaded"], told["dry_run"]) == (1457, True)
    assert opex("rank")[0] == 1


def test_what_cannot_be_read_is_exit_1(opex: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    for arguments in (
        [tmp_path / "empty.csv"],
        [tmp_path / "missing.csv"],
        ["--mapping", tmp_path / "no.toml", tmp_path],
    ):
        code, out, err = opex("import", "incidents", *arguments)
        assert (code, out) == (1, "")
        assert err.strip()


def test_metrics_are_loaded_with_what_the_file_does_not_say(opex: Run, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(
        "timestamp,value\n2026-06-01T00:00:00Z,3\n2026-06-02T00:00:00Z,4\n", encoding="utf-8"
    )
    told = document(
        opex, "import", "metrics", tmp_path / "m.csv", "--metric", "latency", "--unit", "ms", "--better", "low",
        "--system", "checkout", "--environment", "production",
    )  # fmt: skip
    assert (told["read"], told["loaded"], told["refused"]) == (2, 2, 0)


def test_demo_fills_an_empty_workspace_and_refuses_another(sample: Run) -> None:
    code, out, err = sample("demo")
    assert (code, out) == (1, "")
    assert "not empty" in err


def test_formats_are_listed_with_how_each_is_recognised(opex: Run) -> None:
    told = document(opex, "formats")["formats"]
    assert {"name", "kind", "title", "recognised_by", "timezone"} <= set(told[0])
    assert {"servicenow", "cstate", "statuspage"} <= {f["name"] for f in told}
    assert opex("formats")[1].count("\n") == len(told)


# --- find, rank, explain, replay -------------------------------------------------------------------------------------


def test_find_lists_candidates_with_their_evidence(sample: Run) -> None:
    told = document(sample, "find")
    assert told["as_of"].endswith("Z")
    fields = {"id", "finders", "title", "system", "environment", "incidents", "changes", "effect", "low", "high", "why",
              "falsifier", "status"}  # fmt: skip
    for row in told["candidates"]:
        assert fields <= set(row)
        assert set(row["finders"]) <= FINDERS
        assert all(i.startswith("sample:INC-") for i in row["incidents"])
        assert all(c.startswith("sample:CHG-") for c in row["changes"])
        assert row["low"] <= row["effect"] <= row["high"]
        assert row["status"] == "unreviewed"
    assert document(sample, "find") == told
    assert document(sample, "find", "--as-of", "2025-01-01")["as_of"] == "2025-01-01T00:00:00Z"


def test_rank_lists_opportunities_whose_contributions_add_up(sample: Run) -> None:
    told = document(sample, "rank", "--seed", "7")
    assert {"as_of", "driver_set", "draws", "seed", "opportunities"} <= set(told)
    assert (told["driver_set"], told["draws"], told["seed"]) == ({"name": "default", "version": 1}, 10_000, 7)
    fields = {"id", "rank", "title", "status", "system", "environment", "action", "removes", "effort", "score",
              "contributions", "values", "evidence", "rank_low", "rank_high", "p_top", "tied_with"}  # fmt: skip
    ids = {row["id"] for row in told["opportunities"]}
    for n, row in enumerate(told["opportunities"], start=1):
        assert fields <= set(row)
        assert row["rank"] == n
        assert set(row["removes"]) >= {"low", "likely", "high"}
        assert set(row["evidence"]) >= {"incidents", "changes", "hours_lost"}
        assert math.isclose(sum(row["contributions"].values()), row["score"], abs_tol=1e-9)
        assert 1 <= row["rank_low"] <= row["rank_high"] <= len(ids)
        assert 0 <= row["p_top"]["1"] <= row["p_top"]["3"] <= row["p_top"]["10"] <= 1
        assert set(row["tied_with"]) <= ids - {row["id"]}
    for k in (1, 3, 10):  # the first k places are always taken by k items
        assert math.isclose(sum(row["p_top"][str(k)] for row in told["opportunities"]), k, abs_tol=1e-9)
    assert document(sample, "rank", "--seed", "7") == told
    undrawn = document(sample, "rank", "--draws", "0", "--limit", "1")
    assert (undrawn["draws"], undrawn["opportunities"][0]["p_top"]) == (0, None)
    assert [r["id"] for r in document(sample, "rank", "--limit", "3")["opportunities"]] == [
        r["id"] for r in told["opportunities"][:3]
    ]
    assert sample("rank", "--limit", "3")[1].count("\n") == 3


def test_rank_takes_drivers_of_a_file(sample: Run, tmp_path: Path) -> None:
    text = (ROOT / "data" / "drivers.toml").read_text(encoding="utf-8").replace('name = "default"', 'name = "mine"')
    (tmp_path / "d.toml").write_text(text, encoding="utf-8")
    assert document(sample, "rank", "--drivers", tmp_path / "d.toml")["driver_set"]["name"] == "mine"
    assert sample("rank", "--drivers", tmp_path / "none.toml")[0] == 1


def test_explain_and_replay_speak_in_sentences(sample: Run) -> None:
    first = ranked(sample)[0]
    told = document(sample, "explain", first["id"])
    assert told["explanation"][0].endswith("have a value.")
    assert {k: told[k] for k in ("id", "score", "rank")} == {k: first[k] for k in ("id", "score", "rank")}
    assert sample("explain", first["id"])[1].splitlines() == told["explanation"]
    replayed = document(sample, "replay", "--top", "3")
    assert (replayed["top"], replayed["sentence"].startswith("The first 3 cover ")) == (3, True)
    assert replayed["incidents_covered"] <= replayed["incidents_total"]


# --- review ----------------------------------------------------------------------------------------------------------


def test_accept_decline_and_strike_are_seen_in_the_rank(sample: Run) -> None:
    one, two, three = ranked(sample)[:3]
    incident = next(c for c in document(sample, "find")["candidates"] if c["id"] == three["id"])["incidents"][-1]
    assert sample("accept", one["id"])[0] == 0
    assert sample("decline", two["id"], "--reason", "too_small", "--until", "after 2099-01-01")[0] == 0
    assert sample("strike", three["id"], incident, "--reason", "a drill")[0] == 0
    after = {row["id"]: row for row in ranked(sample)}
    assert after[one["id"]]["status"] == "accepted"
    assert two["id"] not in after
    statuses = {c["id"]: c["status"] for c in document(sample, "find")["candidates"]}
    assert statuses[two["id"]] == "declined"
    assert sample("decline", one["id"], "--reason", "boring")[0] == 1
    assert sample("decline", one["id"], "--reason", "other", "--until", "someday")[0] == 1
    assert sample("strike", three["id"], "nothing", "--reason", "x")[0] == 1


# --- export and database ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["csv", "xlsx", "markdown", "json"])
def test_export_writes_a_file(sample: Run, tmp_path: Path, format: str) -> None:
    code, out, err = sample("export", "--format", format, "--output", tmp_path / "list")
    assert (code, out, err) == (0, "", f"{tmp_path / 'list'} is written.\n")
    assert (tmp_path / "list").stat().st_size > 1000
    assert not list(tmp_path.glob("*.part"))


def test_export_without_a_file_goes_to_stdout(sample: Run) -> None:
    code, out, _ = sample("export", "--format", "json")
    assert code == 0
    assert [r["id"] for r in json.loads(out)["opportunities"]] == [r["id"] for r in ranked(sample)]


def test_a_file_that_cannot_be_written_is_refused(sample: Run, tmp_path: Path) -> None:
    assert sample("export", "--format", "csv", "--output", tmp_path / "no" / "list.csv")[0] == 1


def test_an_instant_before_all_data_is_answered(sample: Run) -> None:
    assert sample("rank", "--as-of", "0001-01-01")[0] in (0, 1)


def test_the_database_is_what_opex_expects(sample: Run) -> None:
    assert sample("db", "upgrade")[1].startswith("The workspace stands at migration ")
    code, out, _ = sample("db", "check")
    assert (code, out.startswith("No drift: ")) == (0, True)


# --- evidence --------------------------------------------------------------------------------------------------------


def test_changes_to_incidents_tells_each_system_beside_chance(sample: Run) -> None:
    incident, change = "sample:INC-00446", "sample:CHG-01548"
    code, out, err = sample("link-verdict", incident, change, "--rejected", "--reason", "it was another shop")
    assert (code, out, err) == (0, f"{incident} did not come of {change}.\n", "")
    found = document(sample, "changes-to-incidents", "--window", "1d")
    assert found["window_hours"] == 24.0
    first = found["systems"][0]
    assert set(first) >= {
        "system", "environment", "incidents", "episodes", "changes", "fixes_left_out", "rate_ratio", "rate_ratio_low",
        "rate_ratio_high", "excess_incidents", "p_value", "q_value",
    }  # fmt: skip
    told = [one for one in found["systems"] if one["q_value"] is not None]
    assert [one["system"] for one in told if one["q_value"] <= 0.05] == ["checkout"], "planted in the sample data"
    assert 1 < first["rate_ratio_low"] < first["rate_ratio"] < first["rate_ratio_high"]
    shape = ("incident", "change", "lead_minutes", "credit", "system", "environment", "verdict")
    assert {tuple(link) for link in found["links"]} == {shape}
    [said] = [link for link in found["links"] if link["verdict"]]
    assert (said["incident"], said["change"], said["credit"], said["verdict"]) == (incident, change, 0.0, "rejected")
    assert all(0 <= link["credit"] <= 1 and 0 <= link["lead_minutes"] < 24 * 60 for link in found["links"])
    code, out, err = sample("changes-to-incidents")
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == len(found["systems"])
    assert out.startswith(f"checkout, production: {first['seen']} of ")


def test_a_window_that_is_none_is_refused(sample: Run) -> None:
    for window in ("soon", "8d", "0h", "-1h", "24"):
        code, out, err = sample("changes-to-incidents", "--window", window)
        assert (code, out) == (1, "")
        assert err == f'"{window}" is no window: write it as 90m, 24h or 7d, at most seven days.\n'


def test_backtest_tells_what_is_expected_and_how_well_such_lists_held(sample: Run) -> None:
    told = document(sample, "backtest", "--period", "month", "--k", "3")
    assert {k: told[k] for k in ("by", "period", "pain", "k")} == {
        "by": "system", "period": "month", "pain": "count", "k": 3
    }  # fmt: skip
    assert told["periods_tested"] == len(told["periods"]) == 18
    assert set(told["methods"]) == {"opex", "last_period", "mean", "random"}
    assert set(told["gains"]) == {"last_period", "mean", "random"}
    assert all(one["low"] <= one["mean"] <= one["high"] for one in told["gains"].values())
    assert told["next"]["begin"] == "2026-06-01T00:00:00Z"
    assert set(told["next"]["expected"][0]) >= {"subject", "expected", "low", "high"}
    code, out, err = sample("backtest", "--period", "month", "--k", "3")
    assert (code, err) == (0, "")
    assert out.startswith("In 18 past months the first 3 held ")
    assert sample("backtest", "--k", "50")[::2] == (
        1, "There is nothing to hold a list against: too little data: 15 systems, 51 needed.\n"
    )  # fmt: skip
    assert sample("backtest", "--k", "0")[0] == sample("backtest", "--by", "person")[0] == 2


def test_a_verdict_on_a_link_is_said_once_with_a_reason_and_withdrawn(sample: Run) -> None:
    link = ("link-verdict", "sample:INC-00446", "sample:CHG-01548")
    assert sample(*link, "--holds")[0] == 1
    assert sample(*link)[0] == 2
    assert sample(*link, "--holds", "--withdraw")[0] == 2
    assert sample(*link, "--withdraw")[0] == 1
    assert sample(*link, "--holds", "--reason", "rolled back")[1] == "sample:INC-00446 came of sample:CHG-01548.\n"
    assert sample(*link, "--withdraw")[0] == 0
    code, _, err = sample("link-verdict", "sample:INC-00446", "nothing", "--rejected", "--reason", "x")
    assert (code, err) == (1, 'There is no change "nothing".\n')


def test_formulas_stand_side_by_side_and_one_is_locked_with_a_reason(sample: Run) -> None:
    told = document(sample, "formulas")
    assert [one["name"] for one in told["formulas"]] == ["additive", "value_for_effort", "rice", "wsjf", "ice"]
    assert [one["own"] for one in told["formulas"]] == [True, False, False, False, False]
    first = told["opportunities"][0]
    assert (first["id"], first["under"]["additive"]["rank_best"]) == (ranked(sample)[0]["id"], 1)
    assert first["under"]["rice"] == {
        "rank_best": None, "rank_worst": None, "figure": None,
        "factors": first["under"]["rice"]["factors"] | {"effort": None},
    }  # fmt: skip
    code, _, err = sample("formulas", "--lock", "rice")
    assert (code, err.startswith("Say why this formula")) == (1, True)
    assert sample("formulas", "--lock", "rice", "--reason", "as the product teams do")[0] == 0
    made = document(sample, "rank")
    assert (made["driver_set"], made["formula"]) == ({"name": "default", "version": 2}, "rice v1")
    code, out, _ = sample("formulas")
    assert (code, "*rice" in out.splitlines()[0]) == (0, True)
