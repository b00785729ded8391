"""A workspace's database: connections that behave the same on SQLite and PostgreSQL, and its migrations."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event

from opex.domain.problems import Refused
from opex.store.schema import revisions

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 5
FACTS, DECISIONS, SOURCES = "facts", "decisions", "sources"
RANKINGS, SCENARIOS, SESSIONS, PEOPLE = "rankings", "scenarios", "sessions", "people"


class Busy(Refused):
    """Somebody else is writing, and it took too long."""


@dataclass(frozen=True)
class Database:
    """An open workspace. ``reading`` and ``writing`` are its only doors."""

    engine: sa.Engine

    @property
    def url(self) -> str:
        """The URL without its password."""
        return self.engine.url.render_as_string(hide_password=True)

    @property
    def is_sqlite(self) -> bool:
        """Whether the workspace is a SQLite file."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection that sees one consistent moment."""
        with _troubles(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, what: str | None) -> Iterator[sa.Connection]:
        """One transaction that raises the revision of ``what`` (facts, decisions ...; none for the log alone) first.

        So writers of one kind wait for each other on every database, and a cache named after the revision is
        never stale. Rollback is the default.
        """
        options = {"opex_writes": True}
        with _troubles(), self.engine.connect().execution_options(**options) as connection, connection.begin():
            if what is not None:
                raise_revision(connection, what)
            yield connection

    def revisions(self) -> dict[str, int]:
        """The revisions of facts and decisions: they change exactly when something was written."""
        with self.reading() as connection:
            return {str(row.name): int(row.number) for row in connection.execute(sa.select(revisions))}

    def scrub(self) -> bool:
        """Leave nothing of deleted texts in a SQLite file; ``False`` where somebody was using it all the time.

        PostgreSQL overwrites dead rows in its own time (autovacuum).
        """
        if not self.is_sqlite:
            return True
        try:
            with self.engine.connect() as connection:
                _raw(connection).execute("VACUUM")
                busy, *_ = _raw(connection).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except (sa.exc.DBAPIError, sqlite3.Error):
            return False
        return not busy

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def raise_revision(connection: sa.Connection, what: str) -> None:
    """Say that something of that kind is written, and wait until nobody else writes it."""
    connection.execute(sa.update(revisions).where(revisions.c.name == what).values(number=revisions.c.number + 1))


def hold(connection: sa.Connection, what: str) -> None:
    """Wait until nobody else writes something of that kind, without saying that it is written."""
    connection.execute(sa.update(revisions).where(revisions.c.name == what).values(number=revisions.c.number))


@contextmanager
def _troubles() -> Iterator[None]:
    try:
        yield
    except (sa.exc.DBAPIError, sqlite3.Error, psycopg.Error, UnicodeEncodeError) as error:  # bulk rows raise their own
        raise _refusal(error) from error


_DAMAGED = ("not a database", "malformed", "unsupported file format", "could not decode to utf-8")
_NO_ROOM = ("is full", "no space left", "disk full", "disk i/o error", "could not extend file")
_AWAY = (
    "unable to open",
    "readonly",
    "read-only",
    "connection",
    "resolve",
    "terminating",
    "shutting down",
    "starting up",
)


def _refusal(error: Exception) -> Exception:
    """The sentence for what is wrong with the place where the workspace lies; a bug stays what it is."""
    origin = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    text = str(origin)
    lower = text.lower()
    if isinstance(origin, UnicodeEncodeError) or "nul (0x00)" in lower:
        return Refused("A text holds a NUL or half a character, which no database keeps: write it anew.")
    if "database is locked" in lower or "lock timeout" in lower:
        return Busy("Somebody else is writing to this workspace: nothing was saved, try again in a moment.")
    if any(words in lower for words in _DAMAGED):
        return Refused("The workspace's file is damaged or is no SQLite database: restore it from a copy.")
    if any(words in lower for words in _NO_ROOM):
        return Refused(
            "There is no room left for the workspace, or its disk fails: nothing was saved. Make room, try again."
        )
    if any(words in lower for words in _AWAY) or type(origin) in (psycopg.OperationalError, psycopg.ProgrammingError):
        return Refused(f"The workspace cannot be reached ({text.splitlines()[0].rstrip('.')}).")
    return error


def open_database(url: str) -> Database:
    """Open the workspace at that SQLAlchemy URL, creating and migrating it as needed.

    Raises
    ------
    Refused
        When the URL is none, the file is damaged, or the workspace was written by a newer opex.
    """
    engine = _engine(url)
    database = Database(engine)
    try:
        if engine.dialect.name == "sqlite" and engine.url.database:
            Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
        if current_revision(database) != head_revision():
            upgrade(database)
    except OSError as error:
        raise Refused(f"The workspace's folder cannot be made ({error.strerror}).") from error
    except Refused:
        database.close()
        raise
    return database


def _engine(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
            raise Refused(f"A workspace is a SQLite file or a PostgreSQL database, not {parsed.get_backend_name()}.")
        arguments = {"timeout": BUSY_SECONDS} if parsed.get_backend_name() == "sqlite" else {}
        engine = sa.create_engine(
            parsed, connect_args=arguments, pool_pre_ping=parsed.get_backend_name() != "sqlite", hide_parameters=True
        )
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ImportError, ValueError) as error:
        raise Refused("The workspace's address is not a SQLAlchemy URL, such as sqlite:///var/opex.db.") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        _follow_file(engine)
    event.listen(engine, "begin", _begin)
    return engine


def _follow_file(engine: sa.Engine) -> None:
    """A workspace's file that is gone is never made anew, and one that was put in its place is opened anew."""
    path = engine.url.database
    if not path or path == ":memory:" or path.startswith("file:"):
        return
    seen: list[bool] = []

    def there() -> tuple[int, int] | None:
        try:
            found = os.stat(path)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    @event.listens_for(engine, "do_connect")
    def _refuse_gone(*_: Any) -> None:
        if seen and there() is None:
            raise sqlite3.OperationalError("unable to open database file: it is gone")

    @event.listens_for(engine, "connect")
    def _note(_connection: Any, record: Any) -> None:
        seen.append(True)
        record.info["file"] = there()

    @event.listens_for(engine, "checkout")
    def _compare(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info.get("file") is None:
            record.info["file"] = there()  # SQLite makes the file with the first write
        elif there() != record.info["file"]:
            raise sa.exc.DisconnectionError("the workspace's file is another one")


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say so, DDL included
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_SECONDS * 1000}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        writes = connection.get_execution_options().get("opex_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
    elif not connection.get_execution_options().get("opex_writes"):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    else:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS * 1000}ms'")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


@cache
def head_revision() -> str | None:
    """The newest migration that this opex knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def current_revision(database: Database) -> str | None:
    """The migration that the workspace stands at; ``None`` for a new one."""
    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database) -> str | None:
    """Bring the workspace to the newest migration, whole or not at all; several processes may ask at once."""
    options = {"opex_writes": True}
    with _troubles(), database.engine.connect().execution_options(**options) as connection, connection.begin():
        if not database.is_sqlite:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7006)")
        known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
        here = MigrationContext.configure(connection).get_current_revision()
        if here is not None and here not in known:
            raise Refused(f"This workspace was written by a newer opex (migration {here}): upgrade opex first.")
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return head_revision()


# --- copies -----------------------------------------------------------------------------------------------------


def back_up(database: Database, file: Path) -> None:
    """Copy a SQLite workspace, as it is between two commits, into a new file; others go on writing meanwhile.

    Raises
    ------
    Refused
        When it is no SQLite workspace, or the file is there already.
    """
    if not database.is_sqlite:
        raise Refused("This workspace lies in PostgreSQL: back it up with pg_dump --format=custom.")
    if file.exists():
        raise Refused(f"{file} is there already: name another file, so that no copy is written over.")
    half = file.with_name(file.name + ".part")
    try:
        half.unlink(missing_ok=True)
        with _troubles(), database.engine.connect() as connection:
            _raw(connection).execute("VACUUM INTO ?", (str(half),))
        half.replace(file)
    except OSError as error:
        raise Refused(f"{file} cannot be written ({error.strerror}).") from error


def put_back(database: Database, file: Path) -> None:
    """Put a copy's content in the place of a SQLite workspace's, in one step.

    Revisions go on from where they were, so that nothing that a running process holds in memory looks current. The copy
    must be a whole workspace of this opex or an older one; the caller has looked at that.
    """
    if not database.is_sqlite:
        raise Refused("This workspace lies in PostgreSQL: restore it with pg_restore into an empty database.")
    before = database.revisions()
    with _troubles(), database.engine.connect() as connection:
        source = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        try:
            source.backup(_raw(connection), sleep=0.05)
        finally:
            source.close()
    upgrade(database)
    options = {"opex_writes": True}
    with _troubles(), database.engine.connect().execution_options(**options) as connection, connection.begin():
        for name, number in before.items():
            there = sa.update(revisions).where(revisions.c.name == name, revisions.c.name != "audit")
            later = sa.case((revisions.c.number > number, revisions.c.number), else_=number) + 1
            connection.execute(there.values(number=later))


def _raw(connection: sa.Connection) -> sqlite3.Connection:
    raw = connection.connection.driver_connection
    if not isinstance(raw, sqlite3.Connection):
        raise TypeError(f"{raw!r} is no connection of SQLite")
    return raw
