"""The audit log: who did what, when, from what to what. Append-only, each entry holding the hash of the one before.

An entry is written in the transaction of what it tells. A person who is forgotten is replaced in the texts of earlier
entries: then the salt of such an entry is gone, its digest stays, and the entry ``forgotten`` says what took its place.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from opex.domain.noted import (
    NOTHING,
    Anchor,
    DriversRow,
    JournalRow,
    Noted,
    Whole,
    digest_of,
    sealed,
)
from opex.store import schema
from opex.store.database import Database, hold
from opex.store.schema import audit, revisions

__all__ = ["NOTHING", "By", "Noted", "digest_of", "entries", "head", "note", "sealed", "tell", "wait", "whole"]

AUDIT = "audit"


@dataclass(frozen=True, kw_only=True)
class By:
    """Who does it, in which role, and when."""

    at: datetime
    person: str
    role: str = ""


def wait(connection: sa.Connection) -> None:
    """Wait until nobody else writes into the log: what is read after this stands until the transaction ends."""
    hold(connection, AUDIT)


def note(connection: sa.Connection, by: By, act: str, subject: str, **what: Any) -> None:
    """Write one entry, in the transaction of what it tells."""
    raised = sa.update(revisions).where(revisions.c.name == AUDIT).values(number=revisions.c.number + 1)
    seq = int(connection.execute(raised.returning(revisions.c.number)).scalar_one())
    last = sa.select(audit.c.hash).where(audit.c.seq == seq - 1)
    previous = connection.execute(last).scalar() or NOTHING
    said = json.loads(json.dumps(what, default=str))
    salt = uuid4().hex
    entry = Noted(
        seq=seq, at=by.at, person=by.person, role=by.role, act=act, subject=subject, what=said, salt=salt,
        digest=digest_of(salt, by.person, subject, said), previous=previous, hash="",
    )  # fmt: skip
    connection.execute(sa.insert(audit).values(**{**entry.__dict__, "hash": entry.expected}))


def tell(database: Database, by: By, act: str, subject: str, **what: Any) -> None:
    """Write one entry that nothing else is written with."""
    with database.writing(None) as connection:
        note(connection, by, act, subject, **what)


def entries(database: Database, *, since: int = 0, limit: int | None = None, newest: bool = False) -> list[Noted]:
    """The entries after number ``since``, oldest first; with ``newest`` the newest first."""
    order = audit.c.seq.desc() if newest else audit.c.seq
    with database.reading() as connection:
        rows: Sequence[Any] = connection.execute(
            sa.select(audit).where(audit.c.seq > since).order_by(order).limit(limit)
        ).mappings().all()  # fmt: skip
    return [Noted(**row) for row in rows]


def head(database: Database) -> Anchor:
    """The number and the hash of the newest entry; kept elsewhere, they show whether the log's end was cut off."""
    with database.reading() as connection:
        row = connection.execute(sa.select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)).first()
    return Anchor(seq=int(row.seq), hash=str(row.hash)) if row else Anchor(seq=0, hash=NOTHING)


def whole(database: Database) -> Whole:
    """The log with all that it is held against, at one moment; others go on writing meanwhile."""
    with database.reading() as connection:
        people = connection.execute(sa.select(schema.people.c.name, schema.people.c.role))
        groups = connection.execute(sa.select(schema.group_roles.c.group, schema.group_roles.c.role))
        counted = sa.select(revisions.c.number).where(revisions.c.name == AUDIT)
        return Whole(
            entries=tuple(
                Noted(**row) for row in connection.execute(sa.select(audit).order_by(audit.c.seq)).mappings()
            ),
            counted=int(connection.execute(counted).scalar() or 0),
            journal=tuple(journal_rows(connection)),
            drivers=tuple(drivers_rows(connection)),
            roles={str(row.name): str(row.role) for row in people},
            group_roles={str(row.group): str(row.role) for row in groups},
        )


def journal_rows(connection: sa.Connection) -> list[JournalRow]:
    """The journal as the log is held against it, within a transaction that is open already."""
    wanted = sa.select(schema.journal).order_by(schema.journal.c.seq)
    rows = [dict(row) for row in connection.execute(wanted).mappings()]
    return [JournalRow(subject=row.pop("opportunity"), **row) for row in rows]


def drivers_rows(connection: sa.Connection) -> list[DriversRow]:
    """The versions of the driver set, likewise."""
    of = schema.driver_sets.c
    wanted = sa.select(of.version, of.toml, of.person, of.note).order_by(of.version)
    return [DriversRow(**row) for row in connection.execute(wanted).mappings()]
