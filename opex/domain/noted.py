"""An entry of the audit log, and what makes a chain of entries: each holds the hash of the one before."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from opex.domain.problems import Refused

NOTHING = "0" * 64
"""The hash before the first entry."""
BEGINS, FORGOTTEN = "log begins", "forgotten"
"""The acts of two entries that say something of rows as a whole: from before the log, and of a forgotten person."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def digest(of: object) -> str:
    """The SHA-256 of plain data, as hexadecimal digits; equal for equal data, whatever the order of its keys.

    Examples
    --------
    >>> digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1}) != digest({"a": 1})
    True
    """
    text = json.dumps(of, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of(salt: str, person: str, subject: str, what: dict[str, Any]) -> str:
    """What stands for an entry's texts in the chain."""
    return digest([salt, person, subject, what])


def sealed(body: dict[str, Any]) -> dict[str, str]:
    """In place of words that nobody may read yet: their digest."""
    return {"sealed": digest(body)}


def micros(at: datetime) -> int:
    """An instant as whole microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


@dataclass(frozen=True, kw_only=True)
class Noted:
    """An entry of the log. ``what`` is plain data: ``before`` and ``after``, where something was there before.

    ``salt`` is ``None`` once a person in it was forgotten: its texts are other ones then, its ``digest`` is not.
    """

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
        return self.hash_as(self.seq)

    def hash_as(self, seq: int) -> str:
        """The hash that these fields make under another number."""
        return digest([seq, micros(self.at), self.role, self.act, self.digest, self.previous])

    @property
    def texts(self) -> str:
        """The digest that its texts make as they stand."""
        return digest_of(self.salt or "", self.person, self.subject, self.what)

    def document(self) -> dict[str, Any]:
        """As plain data, with the instant as text."""
        return {**self.__dict__, "at": self.at.astimezone(UTC).isoformat().replace("+00:00", "Z")}


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """The number and the hash of an entry, kept outside of the workspace."""

    seq: int
    hash: str

    def __str__(self) -> str:
        """As it is written down."""
        return f"{self.seq}:{self.hash}"

    @classmethod
    def of(cls, text: str) -> "Anchor":
        """Read what was written down.

        Raises
        ------
        Refused
            When it is no number and hash.
        """
        found = re.fullmatch(r"\s*(\d{1,18}):([0-9a-f]{64})\s*", text)
        if found is None:
            raise Refused(f'An anchor is NUMBER:HASH, as `opex audit head` prints it; this is "{text[:100]}".')
        return cls(seq=int(found[1]), hash=found[2])


@dataclass(frozen=True, kw_only=True)
class JournalRow:
    """A row of the journal as it stands, to be held against its entry in the log."""

    seq: int
    request_id: str
    at: datetime
    person: str
    function: str
    subject: str
    kind: str
    session: str | None
    body: dict[str, Any]

    @property
    def digest(self) -> str:
        """Of all that it says."""
        told = {**self.__dict__, "at": micros(self.at)}
        return digest(told)


@dataclass(frozen=True, kw_only=True)
class DriversRow:
    """A version of the driver set as it stands, to be held against its entry in the log."""

    version: int
    toml: str
    person: str
    note: str

    @property
    def digest(self) -> str:
        """Of all that it says."""
        return digest(dict(self.__dict__))


def from_before(rows: Sequence[JournalRow] | Sequence[DriversRow]) -> str:
    """One digest of all rows that were there before the log began."""
    return digest([row.digest for row in rows])


def beginning(journal: Sequence[JournalRow], drivers: Sequence[DriversRow]) -> dict[str, Any]:
    """What the entry "log begins" says of the rows that were there before it."""
    return {
        "journal": max((row.seq for row in journal), default=0),
        "journal_digest": from_before(journal),
        "drivers": max((row.version for row in drivers), default=0),
        "drivers_digest": from_before(drivers),
    }


@dataclass(frozen=True, kw_only=True)
class Whole:
    """Everything that the log is held against, read at one moment.

    ``counted`` is how many entries were ever written, ``roles`` the people's own roles and ``group_roles`` those that
    groups give, by name.
    """

    entries: tuple[Noted, ...]
    counted: int
    journal: tuple[JournalRow, ...] = ()
    drivers: tuple[DriversRow, ...] = ()
    roles: dict[str, str]
    group_roles: dict[str, str]
