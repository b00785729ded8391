"""A workspace's database: the same on SQLite and PostgreSQL, migrated from the first day."""

import gc
import sqlite3
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from opex.domain.problems import Refused
from opex.store import facts
from opex.store.checking import check
from opex.store.database import (
    MIGRATIONS,
    Database,
    current_revision,
    head_revision,
    open_database,
    upgrade,
)
from tests.store import builders as b


@contextmanager
def own_connection(url: str) -> Iterator[sa.Connection]:
    """A connection that opex knows nothing of."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def tables_of(url: str) -> set[str]:
    with own_connection(url) as connection:
        return set(sa.inspect(connection).get_table_names())


def run(url: str, step: str) -> None:
    """A migration step of Alembic, run as opex runs it."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with own_connection(url) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, step)


# --- migrations -------------------------------------------------------------------------------------------------


def test_a_new_workspace_stands_at_the_newest_migration_and_shows_no_drift(database: Database) -> None:
    assert current_revision(database) == head_revision()
    assert check(database) == []
    assert database.revisions() == b.revisions()


def test_opening_a_workspace_again_changes_nothing(database: Database, url: str) -> None:
    facts.load(database, b.incidents({"source_id": "1"}), b.record())
    upgrade(database)
    again = open_database(url)
    assert again.revisions() == b.revisions(facts=1, audit=1)
    assert facts.counts(again) == {"incidents": 1, "changes": 0, "readings": 0}
    again.close()


def test_a_workspace_can_be_taken_back_to_nothing_and_built_again(url: str) -> None:
    open_database(url).close()
    run(url, "base")
    assert tables_of(url) == {"alembic_version"}
    again = open_database(url)
    assert (current_revision(again), check(again)) == (head_revision(), [])
    facts.load(again, b.incidents({"source_id": "1"}), b.record())
    again.close()


def test_a_workspace_of_a_newer_opex_is_refused_and_left_alone(url: str) -> None:
    open_database(url).close()
    with own_connection(url) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    before = tables_of(url)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the refused engine's connection is left to the collector
        with pytest.raises(Refused) as refusal:
            open_database(url)
        refusal.value.__traceback__ = None
        gc.collect()
    assert str(refusal.value) == ("This workspace was written by a newer opex (migration 9999): upgrade opex first.")
    assert tables_of(url) == before


def test_eight_that_open_a_new_workspace_at_once_all_get_it(url: str) -> None:
    start, opened, troubles = threading.Barrier(8), [], []

    def open_it() -> None:
        start.wait()
        try:
            opened.append(open_database(url))
        except Exception as error:
            troubles.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [check(database) for database in opened]
    for database in opened:
        database.close()
    assert (troubles, found) == ([], [[]] * 8)


# --- drift and damage -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("ALTER TABLE journal ADD COLUMN mood TEXT", ["journal", "mood"]),
        ("ALTER TABLE people DROP COLUMN function", ["people", "function"]),
        ("DROP TABLE mappings", ["mappings"]),
        ("CREATE TABLE notes (id INTEGER)", ["notes"]),
        ("DROP INDEX ix_journal_opportunity", ["ix_journal_opportunity"]),
    ],
)
def test_a_schema_that_somebody_changed_by_hand_is_named(
    database: Database, url: str, change: str, named: list[str]
) -> None:
    with own_connection(url) as connection:
        connection.execute(sa.text(change))
    findings = check(database)
    assert len(findings) == 1
    assert findings[0].startswith("The schema differs: ")
    assert [word for word in named if word not in findings[0]] == []


def test_a_row_that_refers_to_nothing_is_named(tmp_path: Path) -> None:
    file = tmp_path / "workspace.db"
    database = open_database(f"sqlite:///{file}")
    with sqlite3.connect(file) as connection:  # without PRAGMA foreign_keys, as another program would
        connection.execute("INSERT INTO refused_rows VALUES ('gone', 'csv')")
    connection.close()
    assert check(database) == ["A row of refused_rows refers to nothing in loads."]
    database.close()


def workspace_file(folder: Path) -> Path:
    """A workspace of some size, closed, with nothing left in its write-ahead log."""
    file = folder / "workspace.db"
    database = open_database(f"sqlite:///{file}")
    rows = [{"source_id": str(n), "description": f"said {n} " * 40} for n in range(2_000)]
    facts.load(database, b.incidents(*rows), b.record())
    database.close()
    assert not file.with_name("workspace.db-wal").exists()
    return file


@pytest.mark.parametrize("content", [b"id,title\n1,a\n" * 50, b"\x00" * 4096, b"PK\x03\x04" + bytes(range(256)) * 16])
def test_a_file_that_is_no_database_is_refused_and_not_replaced(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "workspace.db"
    file.write_bytes(content)
    with pytest.raises(Refused) as refusal:
        open_database(f"sqlite:///{file}")
    assert str(refusal.value) == ("The workspace's file is damaged or is no SQLite database: restore it from a copy.")
    assert file.read_bytes() == content


def test_a_database_whose_first_pages_are_overwritten_is_refused_and_not_replaced(tmp_path: Path) -> None:
    file = workspace_file(tmp_path)
    damaged = bytearray(file.read_bytes())
    damaged[100:20_000] = b"\xa5" * 19_900
    file.write_bytes(damaged)
    with pytest.raises(Refused, match="damaged or is no SQLite database"):
        open_database(f"sqlite:///{file}")
    assert file.read_bytes() == bytes(damaged)


def test_damage_in_the_middle_is_told_when_the_rows_are_read_and_found_by_check(tmp_path: Path) -> None:
    file = workspace_file(tmp_path)
    damaged = bytearray(file.read_bytes())
    third = len(damaged) // 3 // 4096 * 4096
    damaged[third : 2 * third] = b"\xa5" * third
    file.write_bytes(damaged)
    database = open_database(f"sqlite:///{file}")
    with pytest.raises(Refused, match="damaged or is no SQLite database"):
        facts.read(database, "incidents")
    try:
        found = check(database)
    except Refused as refusal:
        found = [str(refusal)]
    assert found
    database.close()


# --- addresses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("nonsense", "The workspace's address is not a SQLAlchemy URL, such as sqlite:///var/opex.db."),
        ("", "The workspace's address is not a SQLAlchemy URL, such as sqlite:///var/opex.db."),
        ("mysql://a:b@localhost/x", "A workspace is a SQLite file or a PostgreSQL database, not mysql."),
        ("file:///etc/passwd", "A workspace is a SQLite file or a PostgreSQL database, not file."),
        ("sqlite:////", "The workspace cannot be reached (unable to open database file)."),
    ],
)
def test_an_address_that_is_no_workspace_is_refused(address: str, sentence: str) -> None:
    with pytest.raises(Refused) as refusal:
        open_database(address)
    assert str(refusal.value) == sentence


def test_a_server_that_is_away_is_told_without_the_password() -> None:
    with pytest.raises(Refused) as refusal:
        open_database("postgresql://opex:hunter2@127.0.0.1:1/opex")
    assert str(refusal.value).startswith("The workspace cannot be reached (connection failed")
    assert "hunter2" not in str(refusal.value)


def test_the_address_is_shown_without_its_password() -> None:
    shown = Database(sa.create_engine("postgresql+psycopg://opex:hunter2@127.0.0.1:1/opex")).url
    assert shown == "postgresql+psycopg://opex:***@127.0.0.1:1/opex"


def test_a_folder_that_does_not_exist_yet_is_made(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'a' / 'b' / 'workspace.db'}")
    assert check(database) == []
    database.close()
