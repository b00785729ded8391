"""How far each source was read, and what came of the last time."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from opex.store import audit
from opex.store.audit import By
from opex.store.database import SOURCES, Database
from opex.store.schema import sources, watermarks


@dataclass(frozen=True, kw_only=True)
class Watermark:
    """How far a source was read. ``fresh_at`` is when it was last complete, ``outcome`` what the last try gave."""

    source: str
    state: dict[str, Any]
    tried_at: datetime
    fresh_at: datetime | None
    outcome: dict[str, Any] = field(default_factory=dict)


def read(connection: sa.Connection, source: str) -> Watermark | None:
    """The source's watermark, within a transaction that is open already."""
    row = connection.execute(sa.select(watermarks).where(watermarks.c.source == source)).mappings().first()
    return None if row is None else Watermark(**row)


def write(connection: sa.Connection, watermark: Watermark) -> None:
    """Keep it in the place of the earlier one; a try that was not complete leaves the time of the last complete one."""
    earlier = read(connection, watermark.source)
    fresh = watermark.fresh_at or (earlier.fresh_at if earlier else None)
    connection.execute(sa.delete(watermarks).where(watermarks.c.source == watermark.source))
    connection.execute(sa.insert(watermarks).values(**{**watermark.__dict__, "fresh_at": fresh}))


def restore(connection: sa.Connection, source: str, state: dict[str, Any] | None) -> None:
    """Set the state back to what it was before a load; ``None`` was none."""
    connection.execute(sa.update(watermarks).where(watermarks.c.source == source).values(state=state or {}))


def watermark(database: Database, source: str) -> Watermark | None:
    """The source's watermark."""
    with database.reading() as connection:
        return read(connection, source)


def everything(database: Database) -> dict[str, Watermark]:
    """All watermarks, by source."""
    with database.reading() as connection:
        rows = connection.execute(sa.select(watermarks)).mappings().all()
    return {row["source"]: Watermark(**row) for row in rows}


def note(database: Database, watermark: Watermark) -> None:
    """Keep a watermark when nothing was loaded with it."""
    with database.writing(SOURCES) as connection:
        write(connection, watermark)


def save_source(database: Database, name: str, toml: str, *, by: By) -> None:
    """Configure a source; the newer one of a name wins."""
    with database.writing(SOURCES) as connection:
        before = connection.execute(sa.select(sources.c.toml).where(sources.c.name == name)).scalar()
        connection.execute(sa.delete(sources).where(sources.c.name == name))
        connection.execute(sa.insert(sources).values(name=name, toml=toml))
        audit.note(connection, by, "source configured", f"source:{name}", before=before, after=toml)


def remove_source(database: Database, name: str, *, by: By) -> bool:
    """Forget a configured source and its watermark (its rows stay); whether there was one."""
    with database.writing(SOURCES) as connection:
        connection.execute(sa.delete(watermarks).where(watermarks.c.source == name))
        there = bool(connection.execute(sa.delete(sources).where(sources.c.name == name)).rowcount)
        if there:
            audit.note(connection, by, "source removed", f"source:{name}")
        return there


def configured(database: Database) -> dict[str, str]:
    """The configured sources: name to TOML text."""
    with database.reading() as connection:
        rows = connection.execute(sa.select(sources).order_by(sources.c.name)).all()
    return {row.name: row.toml for row in rows}
