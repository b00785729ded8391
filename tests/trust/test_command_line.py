"""A command that cannot do what is asked ends with one sentence; JSON is one document; the counts add up."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from opex.services import prioritising
from tests.conftest import context_at
from tests.trust import builders as b
from tests.trust.conftest import Nursery, Shelf

BAD_TOML = 'name = "x"\n[[drivers'


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A workspace with a few facts and opportunities; commands that are refused leave it as it is."""
    folder = tmp_path_factory.mktemp("cli")
    context = context_at(f"sqlite:///{folder / 'workspace.db'}")
    b.some_facts(context, folder)
    for number in range(3):
        b.propose(context, number)
    prioritising.everything(context)
    context.database.close()
    return f"sqlite:///{folder / 'workspace.db'}"


REFUSED: list[tuple[str, ...]] = [
    ("import", "incidents", "nowhere.csv"),
    ("import", "incidents", "some.csv", "--format", "nonsense"),
    ("import", "incidents", "some.csv", "--mapping", "nowhere.toml"),
    ("import", "incidents", "some.csv", "--mapping", "bad.toml"),
    ("import", "incidents", "some.csv", "--timezone", "Moon/Crater"),
    ("import", "incidents", "some.csv", "--source", "a:b"),
    ("import", "metrics", "some.csv", "--better", "sideways"),
    ("import", "changes", "noise.bin"),
    ("import", "incidents", "some.csv", "nowhere.csv"),
    ("demo",),
    ("find", "--as-of", "yesterday"),
    ("accept", "nothing"),
    ("decline", "nothing", "--reason", "other"),
    ("strike", "nothing", "jira:1", "--reason", "why"),
    ("rank", "--drivers", "nowhere.toml"),
    ("rank", "--drivers", "bad.toml"),
    ("rank", "--drivers", "noise.bin"),
    ("rank", "--as-of", "2026-13-01"),
    ("explain", "nothing"),
    ("explain", "nothing", "--json"),
    ("replay", "--workspace", "nonsense"),
    ("export", "--format", "csv", "--workspace", "mysql://x/y"),
    ("db", "check", "--workspace", "nonsense"),
    ("db", "check", "--workspace", "sqlite:///some.csv"),
    ("db", "upgrade", "--workspace", "sqlite:///some.csv"),
    ("rank", "--workspace", "postgresql://u:hunter2@127.0.0.1:1/x"),
]
MISUSED: list[tuple[str, ...]] = [
    ("nonsense",),
    ("import",),
    ("import", "incidents"),
    ("import", "feelings", "some.csv"),
    ("export",),
    ("export", "--format", "pdf"),
    ("decline", "x"),
    ("strike", "x", "y"),
    ("replay", "--top", "0"),
    ("rank", "--limit", "0"),
    ("rank", "--limit", "many"),
    ("rank", "--unknown"),
    ("demo", "--rows", "many"),
    ("db",),
    ("db", "destroy"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the commands are pointed at."""
    b.written(tmp_path / "some.csv", b.incidents(1, 5))
    (tmp_path / "bad.toml").write_text(BAD_TOML)
    (tmp_path / "noise.bin").write_bytes(bytes(range(1, 256)) * 40)
    return tmp_path


def run(nursery: Nursery, command: Sequence[str], folder: Path, url: str) -> tuple[int, bytes, str]:
    named = () if "--workspace" in command else ("--workspace", url)
    ended = nursery.run(
        *command, *(() if len(command) == 1 and command[0] in ("nonsense", "db") else named), cwd=folder
    )
    return ended.status, ended.out, ended.err


@pytest.mark.parametrize("command", REFUSED, ids=" ".join)
def test_what_cannot_be_done_is_refused_with_one_sentence(
    nursery: Nursery, workspace: str, folder: Path, command: tuple[str, ...]
) -> None:
    status, out, err = run(nursery, command, folder, workspace)
    assert (status, out) == (1, b"")
    assert err.count("\n") == 1
    assert err.rstrip().endswith(".")
    assert "Traceback" not in err
    assert "hunter2" not in err


@pytest.mark.parametrize("command", MISUSED, ids=" ".join)
def test_wrong_usage_ends_with_two(nursery: Nursery, workspace: str, folder: Path, command: tuple[str, ...]) -> None:
    status, out, err = run(nursery, command, folder, workspace)
    assert status == 2
    assert "Usage:" in err or "Usage:" in out.decode()
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["find", "rank", "replay"])
def test_an_empty_workspace_says_what_to_do_first(nursery: Nursery, tmp_path: Path, command: str) -> None:
    ended = nursery.run(command, "--workspace", f"sqlite:///{tmp_path / 'w.db'}")
    assert (ended.status, ended.out) == (1, b"")
    assert "load incidents first" in ended.err


def only_document(out: bytes) -> dict[str, object]:
    """The one JSON document on stdout; anything before or after it fails."""
    document: dict[str, object] = json.loads(out)
    return document


@pytest.mark.parametrize("command", [("formats",), ("find",), ("rank",), ("rank", "--limit", "2"), ("replay",)])
def test_json_is_exactly_one_document(nursery: Nursery, workspace: str, folder: Path, command: tuple[str, ...]) -> None:
    named = () if command == ("formats",) else ("--workspace", workspace)
    ended = nursery.run(*command, "--json", *named)
    assert (ended.status, ended.err) == (0, "")
    assert only_document(ended.out)


def test_the_explanation_of_each_ranked_opportunity_is_one_document(nursery: Nursery, workspace: str) -> None:
    ranked = json.loads(nursery.run("rank", "--json", "--limit", "2", "--workspace", workspace).out)
    for row in ranked["opportunities"]:
        ended = nursery.run("explain", row["id"], "--json", "--workspace", workspace)
        assert (ended.status, ended.err) == (0, "")
        assert only_document(ended.out)["id"] == row["id"]


def test_the_counts_of_an_import_add_up_whatever_happens_to_its_rows(
    shelf: Shelf, nursery: Nursery, tmp_path: Path
) -> None:
    url = shelf.new()
    rows = b.incidents(1, 40)
    bad = b.incidents(41, 45, severity="purple") + b.incidents(46, 48, started_at="not a day")
    first = b.written(tmp_path / "first.csv", [*rows, *rows[:6], *bad])
    second = b.written(tmp_path / "second.csv", [*rows[:10], *b.incidents(11, 15, title="Else"), *b.incidents(90, 92)])
    found = []
    for file, dry in ((first, True), (first, False), (first, False), (second, True), (second, False)):
        extra = ("--dry-run",) if dry else ()
        ended = nursery.run("import", "incidents", file, "--source", "desk", "--json", *extra, "--workspace", url)
        assert (ended.status, ended.err) == (0, "")
        report = json.loads(ended.out)
        counts = [report[name] for name in ("loaded", "unchanged", "replaced", "refused")]
        assert report["read"] == sum(counts)
        assert (len(report["problems"]), report["dry_run"]) == (report["refused"], dry)
        found.append(counts)
    assert found == [[40, 6, 0, 8], [40, 6, 0, 8], [0, 46, 0, 8], [3, 10, 5, 0], [3, 10, 5, 0]]
    shelf.throw_away(url)


def test_an_import_in_words_keeps_problems_off_stdout(nursery: Nursery, tmp_path: Path) -> None:
    file = b.written(tmp_path / "a.csv", b.incidents(1, 3) + b.incidents(4, 4, severity="purple"))
    ended = nursery.run("import", "incidents", file, "--workspace", f"sqlite:///{tmp_path / 'w.db'}")
    assert ended.status == 0
    assert ended.out.decode() == (
        "4 incidents read from 4 rows or files: 3 loaded, 0 unchanged, 0 replaced, 1 refused.\n"
    )
    assert ended.err.startswith('a.csv, row 5, column severity: "purple" is not ')


def test_an_export_goes_to_stdout_as_bytes_and_to_a_file_with_a_word(
    nursery: Nursery, workspace: str, tmp_path: Path
) -> None:
    ended = nursery.run("export", "--format", "xlsx", "--workspace", workspace)
    assert (ended.status, ended.err, ended.out[:4]) == (0, "", b"PK\x03\x04")
    output = tmp_path / "order.csv"
    ended = nursery.run("export", "--format", "csv", "--output", output, "--workspace", workspace)
    assert (ended.status, ended.out, ended.err) == (0, b"", f"{output} is written.\n")
    assert [file.name for file in tmp_path.iterdir()] == ["order.csv"]
