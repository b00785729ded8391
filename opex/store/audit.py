"""The audit log: who did what, when, from what to what. Append-only, each entry holding the hash of the one before.

An entry is written in the transaction of what it tells. A person who is forgotten is replaced in the texts of earlier
entries: then the salt of such an entry is gone, its digest stays, and the entry ``forgotten`` says what took its place.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from opex.store.database import Database, raise_revision
from opex.store.schema import UtcDateTime, audit, revisions

__all__ = ["NOTHING", "By", "Noted", "digest_of", "entries", "head", "note", "sealed", "wait"]

NOTHING = "0" * 64
"""The hash before the first entry."""
AUDIT = "audit"


@dataclass(frozen=True, kw_only=True)
class By:
    """Who does it, in which role, and when."""

    at: datetime
    person: str
    role: str = ""


@dataclass(frozen=True, kw_only=True)
class Noted:
    """An entry of the log. ``what`` is plain data: ``before`` and ``after``, where something was there before."""

    seq: int
    at: datetime
    person: str
    role: str
    act: str
    subject: str
    what: dict[str, Any]
    salt: str | None
    digest: str
    previous: str
    hash: str

    @property
    def expected(self) -> str:
        """The hash that these fields make."""
        moment = UtcDateTime().process_bind_param(self.at, None)
        return _hash([self.seq, moment, self.role, self.act, self.digest, self.previous])


def _hash(of: object) -> str:
    text = json.dumps(of, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of(salt: str, person: str, subject: str, what: dict[str, Any]) -> str:
    """What stands for an entry's texts in the chain."""
    return _hash([salt, person, subject, what])


def sealed(body: dict[str, Any]) -> dict[str, str]:
    """In place of words that nobody may read yet: their digest."""
    return {"sealed": _hash(body)}


def wait(connection: sa.Connection) -> None:
    """Wait until nobody else writes into the log: what is read after this stands until the transaction ends."""
    connection.execute(sa.update(revisions).where(revisions.c.name == AUDIT).values(number=revisions.c.number))


def note(connection: sa.Connection, by: By, act: str, subject: str, **what: Any) -> None:
    """Write one entry, in the transaction of what it tells."""
    raise_revision(connection, AUDIT)
    seq = int(connection.execute(sa.select(revisions.c.number).where(revisions.c.name == AUDIT)).scalar_one())
    last = sa.select(audit.c.hash).where(audit.c.seq == seq - 1)
    previous = connection.execute(last).scalar() or NOTHING
    said = json.loads(json.dumps(what, default=str))
    salt = uuid4().hex
    entry = Noted(
        seq=seq, at=by.at, person=by.person, role=by.role, act=act, subject=subject, what=said, salt=salt,
        digest=digest_of(salt, by.person, subject, said), previous=previous, hash="",
    )  # fmt: skip
    connection.execute(sa.insert(audit).values(**{**entry.__dict__, "hash": entry.expected}))


def entries(database: Database, *, since: int = 0, limit: int | None = None, newest: bool = False) -> list[Noted]:
    """The entries after number ``since``, oldest first; with ``newest`` the newest first."""
    order = audit.c.seq.desc() if newest else audit.c.seq
    with database.reading() as connection:
        rows: Sequence[Any] = connection.execute(
            sa.select(audit).where(audit.c.seq > since).order_by(order).limit(limit)
        ).mappings().all()  # fmt: skip
    return [Noted(**row) for row in rows]


def head(database: Database) -> tuple[int, str]:
    """The number and the hash of the newest entry; kept elsewhere, they show whether the log's end was cut off."""
    with database.reading() as connection:
        row = connection.execute(sa.select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)).first()
    return (int(row.seq), str(row.hash)) if row else (0, NOTHING)
