"""Trust row 4: loads, taking back, migrations with data and syncs that are killed leave all or nothing.

What is compared is every row of every table, so a watermark that moved without its rows, a kept row without its load
or a catalogue without its systems would all be seen.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
import sqlalchemy as sa
import urllib3
from alembic import command as alembic
from alembic.config import Config
from moto.server import ThreadedMotoServer

from opex.services import syncing
from opex.store.checking import check
from opex.store.database import MIGRATIONS
from tests.conftest import context_at, skip
from tests.trust import builders as b
from tests.trust.conftest import Ended, Nursery, Shelf, sized
from tests.trust.test_killed import Aim

Figure = Callable[[str], None]
KILLS = int(os.environ.get("OPEX_TRUST_KILLS", "0")) or sized(4, 100)
OLD, NEW = 600, sized(2_000, 10_000)
GONE_WITHIN = 10
Rows = dict[str, list[str]]


class Settings:
    """The processes of a nursery, each started with these variables."""

    def __init__(self, nursery: Nursery, **variables: str) -> None:
        self.nursery, self.variables = nursery, variables

    def run(self, *arguments: object) -> Ended:
        return self.nursery.run(*arguments, **self.variables)

    def killed_at(self, moment: float, *arguments: object) -> Ended:
        """Start the command and kill it after so many seconds, if it has not ended by then."""
        pid = self.nursery.start(*arguments, **self.variables)
        time.sleep(moment)
        os.kill(pid, signal.SIGKILL)
        return self.nursery.end(pid)


ITS_OWN = {"id": "its own", "load_id": "its own", "at": "then", "tried_at": "then", "fresh_at": "then"}
ITS_OWN |= dict.fromkeys(("salt", "digest", "previous", "hash"), "by chance")
TABLES_WITH_THEIR_OWN = ("audit", "loads", "refused_rows", "watermarks")


def everything_in(url: str) -> Rows:
    """Every row of every table; ids and times that differ from run to run are left out."""
    engine = sa.create_engine(url)
    tables = sa.MetaData()
    tables.reflect(engine)
    found = {}
    with engine.connect() as connection:
        for name, table in sorted(tables.tables.items()):
            rows = [dict(row) for row in connection.execute(sa.select(table)).mappings()]
            if name in TABLES_WITH_THEIR_OWN:
                rows = [{key: plain(key, value) for key, value in row.items()} for row in rows]
            found[name] = sorted(map(repr, rows))
    engine.dispose()
    return found


def plain(key: str, value: Any) -> Any:
    if value is None:
        return None
    if key == "subject" and str(value).startswith("load:"):
        return "load: its own"
    return ITS_OWN.get(key, "then" if key == "taken_back_at" else value)


def killed_again_and_again(
    shelf: Shelf, prepared: str, settings: Settings, words: tuple[object, ...], *, second: Callable[[Ended, str], None]
) -> Mapping[str, int]:
    """Kill ``words`` on copies of the workspace: each is as before or as after one whole run, then completes.

    ``second`` judges the run that follows a kill, which is told whether the workspace was as ``before`` or ``after``.
    """
    before = everything_in(prepared)
    whole = shelf.copy(prepared)
    assert settings.run(*words, whole).status == 0
    after = everything_in(whole)
    assert after != before
    second(settings.run(*words, whole), "after")
    assert again_in(whole, after) == after
    shelf.throw_away(whole)

    first = shelf.copy(prepared)
    aim = Aim(settings, *words, first)  # type: ignore[arg-type]
    shelf.throw_away(first)
    for _ in range(KILLS):
        url = shelf.copy(prepared)
        settings.killed_at(aim.moment(), *words, url)
        settled(url)
        left = everything_in(url)
        assert left in (before, after)
        state = "before" if left == before else "after"
        aim.hit(state)
        second(settings.run(*words, url), state)
        context = context_at(url)
        assert check(context.database) == []
        context.database.close()
        assert (again_in(url, after) if state == "after" else everything_in(url)) == after
        shelf.throw_away(url)
    return aim.found


def again_in(url: str, after: Rows) -> Rows:
    """Every row after a second run of what is there already, which may add to the history and the log and no more."""
    found = everything_in(url)
    for name in ("audit", "loads", "refused_rows"):
        assert set(after[name]) <= set(found[name])
    return found | {name: after[name] for name in ("audit", "loads", "refused_rows", "revisions")}


def settled(url: str) -> None:
    """Wait until PostgreSQL has noticed that its client is gone: what it had begun to commit, it still commits."""
    engine = sa.create_engine(url)
    if engine.dialect.name == "postgresql":
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        with engine.connect() as connection:
            until = time.monotonic() + GONE_WITHIN
            while connection.exec_driver_sql(others).scalar_one() and time.monotonic() < until:
                connection.rollback()  # the view shows one moment for a whole transaction
                time.sleep(0.02)
            assert connection.exec_driver_sql(others).scalar_one() == 0
    engine.dispose()


def told(shelf: Shelf, what: str, found: Mapping[str, int]) -> str:
    kind = "sqlite" if shelf.server is None else "postgresql"
    return f"{kind}: {what} killed {KILLS} times, {found['before']} as before, {found['after']} as after, 0 between"


# --- a load that replaces rows ----------------------------------------------------------------------------------


def two_files(folder: Path) -> tuple[Path, Path]:
    """Incidents, and the same source's next file: half of them corrected, more of them, and a few that are refused."""
    earlier = b.written(folder / "earlier.csv", b.incidents(1, OLD))
    corrected = b.incidents(OLD // 2, OLD, title="Corrected")
    bad = b.incidents(NEW + 1, NEW + 5, started_at="one day")
    return earlier, b.written(folder / "later.csv", corrected + b.incidents(OLD + 1, NEW) + bad)


def test_a_load_that_replaces_rows_and_is_killed_is_there_whole_or_not_at_all(
    shelf: Shelf, nursery: Nursery, tmp_path: Path, figure: Figure
) -> None:
    earlier, later = two_files(tmp_path)
    prepared = shelf.new()
    context = context_at(prepared)
    b.load(context, earlier)
    context.database.close()

    def completes(ended: Ended, state: str) -> None:
        replaced = OLD - OLD // 2 + 1
        counts = (NEW - OLD, 0, replaced) if state == "before" else (0, NEW - OLD + replaced, 0)
        sentence = "{:,} loaded, {:,} unchanged, {:,} replaced, 5 refused.".format(*counts)
        assert (ended.status, sentence in ended.out.decode()) == (0, True)

    words = ("import", "incidents", later, "--source", "desk", "--workspace")
    found = killed_again_and_again(shelf, prepared, Settings(nursery), words, second=completes)
    figure(told(shelf, f"load of {NEW - OLD // 2:,} rows over {OLD:,}", found))


# --- taking back ------------------------------------------------------------------------------------------------


def test_taking_back_that_is_killed_is_done_whole_or_not_at_all(
    shelf: Shelf, nursery: Nursery, tmp_path: Path, figure: Figure
) -> None:
    earlier, later = two_files(tmp_path)
    prepared = shelf.new()
    context = context_at(prepared)
    b.load(context, earlier)
    rows_before = everything_in(prepared)["incidents"]
    of = b.load(context, later).id
    context.database.close()

    def completes(ended: Ended, state: str) -> None:
        if state == "before":
            assert (ended.status, ended.err) == (0, "")
        else:
            assert (ended.status, "was taken back already" in ended.err) == (1, True)

    words = ("take-back", of, "--workspace")
    whole = shelf.copy(prepared)
    assert nursery.run(*words, whole).status == 0
    assert everything_in(whole)["incidents"] == rows_before
    shelf.throw_away(whole)
    found = killed_again_and_again(shelf, prepared, Settings(nursery), words, second=completes)
    figure(told(shelf, f"taking back {NEW - OLD // 2:,} rows", found))


# --- a migration of a workspace with data -----------------------------------------------------------------------


def downgraded(url: str, to: str) -> None:
    """The workspace as an older opex left it."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        alembic.downgrade(config, to)
    engine.dispose()


def test_a_migration_with_data_that_is_killed_is_done_whole_or_not_at_all(
    shelf: Shelf, nursery: Nursery, tmp_path: Path, figure: Figure
) -> None:
    prepared = shelf.new()
    context = context_at(prepared)
    b.load(context, b.written(tmp_path / "many.csv", b.incidents(1, NEW)))
    b.propose(context, 1)
    context.database.close()
    rows = everything_in(prepared)["incidents"]
    downgraded(prepared, "0001")
    old = everything_in(prepared)
    assert (old["alembic_version"], len(old["incident_systems"])) == (["{'version_num': '0001'}"], NEW)

    def completes(ended: Ended, state: str) -> None:
        assert (ended.status, ended.err) == (0, "")

    words = ("db", "upgrade", "--workspace")
    whole = shelf.copy(prepared)
    assert nursery.run(*words, whole).status == 0
    assert everything_in(whole)["incidents"] == [row.replace("'load': 1", "'load': None") for row in rows]
    shelf.throw_away(whole)
    found = killed_again_and_again(shelf, prepared, Settings(nursery), words, second=completes)
    figure(told(shelf, f"migration from 0001 with {NEW:,} incidents", found))


# --- a sync from S3 ---------------------------------------------------------------------------------------------

OF_AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nowhere",
    "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The variables under which AWS is moto's server on this machine."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    urllib3.request("POST", f"http://{host}:{port}/moto-api/reset").close()  # its world is one for the whole process
    variables = {**OF_AWS, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    yield variables
    server.stop()


def test_a_sync_that_is_killed_moves_rows_and_watermark_together_or_neither(
    shelf: Shelf, nursery: Nursery, tmp_path: Path, aws: dict[str, str], figure: Figure
) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="desk-exports", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    earlier, later = two_files(tmp_path)
    s3.upload_file(str(earlier), "desk-exports", "2026/01.csv")
    prepared = shelf.new()
    context = context_at(prepared)
    source = (
        'name = "desk"\nfrom = "s3"\nkind = "incidents"\naddress = "s3://desk-exports/2026/"\nregion = "eu-west-1"\n'
    )
    syncing.configure(context, source)
    assert [one.status for one in syncing.sync(context)] == ["complete"]
    context.database.close()
    s3.upload_file(str(later), "desk-exports", "2026/02.csv")
    third = b.written(tmp_path / "third.csv", b.incidents(NEW + 100, NEW + 120))
    s3.upload_file(str(third), "desk-exports", "2026/03.csv")
    s3.close()

    def completes(ended: Ended, state: str) -> None:
        words = "loaded, 0 unchanged" if state == "before" else "nothing new in incidents."
        assert (ended.status, ended.err, words in ended.out.decode()) == (0, "", True)

    words = ("sync", "--workspace")
    found = killed_again_and_again(shelf, prepared, Settings(nursery, **aws), words, second=completes)
    figure(told(shelf, "sync of 2 new objects", found))


# --- what a kill leaves on the machine --------------------------------------------------------------------------


def descendants(of: int) -> set[int]:
    """The process ids below that process, by Linux's own account."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                told_of = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            except (OSError, IndexError):
                continue
            parents[int(folder.name)] = int(told_of[1])
    found: set[int] = set()
    below = {of}
    while below:
        below = {pid for pid, parent in parents.items() if parent in below} - found
        found |= below
    return found


def alive(pids: set[int]) -> set[int]:
    """Those that still run: one that ended and is not waited for does not."""
    running = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if state not in "ZX":
            running.add(pid)
    return running


def test_a_killed_load_leaves_no_process_behind_and_a_temporary_folder_that_the_next_one_removes(
    nursery: Nursery, tmp_path: Path, figure: Figure
) -> None:
    if not Path("/proc/self/stat").exists():
        skip("only Linux tells which process is whose child")
    file = b.written(tmp_path / "many.csv", b.incidents(1, 60_000))
    slowest, seen = 0.0, 0
    folder = tmp_path / "temporary"
    folder.mkdir()
    left_by_killed: set[str] = set()
    for number in range(sized(4, 25)):
        url = f"sqlite:///{tmp_path / f'{number}.db'}"
        pid = nursery.start("import", "incidents", file, "--workspace", url, TMPDIR=str(folder))
        until = time.monotonic() + 20
        while not descendants(pid) and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(0.5 * (number % 8))
        below = descendants(pid)
        os.kill(pid, signal.SIGKILL)
        ended = nursery.end(pid)
        began = time.monotonic()
        while alive(below) and time.monotonic() - began < GONE_WITHIN:
            time.sleep(0.05)
        slowest = max(slowest, time.monotonic() - began)
        assert alive(below) == set()
        seen += len(below)
        left = sorted(path.name for path in folder.iterdir() if (path / "lock").exists())  # else it was just begun
        assert len(left) <= 1
        assert [name for name in left if not name.startswith("opex-")] == []
        modes = {path.name: oct(path.stat().st_mode & 0o777) for path in folder.iterdir()}
        assert modes == dict.fromkeys(modes, "0o700")
        left_by_killed |= set(left)
        assert (ended.status, ended.err) in ((-signal.SIGKILL, ""), (0, ""))
    assert seen > 0
    assert len(left_by_killed) > 1
    small = b.written(tmp_path / "few.csv", b.incidents(1, 3))
    last = nursery.run(
        "import", "incidents", small, "--workspace", f"sqlite:///{tmp_path / 'last.db'}", TMPDIR=str(folder)
    )
    assert last.status == 0
    assert left_by_killed & {path.name for path in folder.iterdir()} == set()
    figure(
        f"loads killed while reading: their {seen} processes gone after at most {slowest:.1f} s; "
        f"{len(left_by_killed)} folders opex-... were left, readable by their owner only, and gone after the next load"
    )
