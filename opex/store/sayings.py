"""The journal: what people said of opportunities and in sessions. Append-only; each entry is in the audit log too."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from opex.domain.decisions import OF_SESSIONS, Entry, Person, Saying, saying_from
from opex.domain.problems import Refused
from opex.store import audit
from opex.store.audit import By
from opex.store.database import DECISIONS, SESSIONS, Database, raise_revision
from opex.store.schema import journal

__all__ = [
    "At", "MovedOn", "StaleReview", "append", "course", "entries", "of_session", "position", "progress", "sessions",
    "written",
]  # fmt: skip


class StaleReview(Refused):
    """A colleague has said something since the page was shown."""


class MovedOn(Refused):
    """A session is not in the state any more in which this was allowed."""


Said = tuple[str, Saying]
"""Of what it is said, and what."""


@dataclass(frozen=True, kw_only=True)
class At:
    """How far a session has come: the number of its last entry on itself; with ``said`` of all but its answers."""

    session: str
    version: int
    said: int | None = None

    def holds(self, connection: sa.Connection) -> bool:
        """Whether it has come no further."""
        if _newest(connection, self.session) != self.version:
            return False
        last = sa.select(sa.func.max(journal.c.seq)).where(
            journal.c.session == self.session, journal.c.kind != "answered"
        )
        return self.said is None or connection.execute(last).scalar() == self.said


def append(
    database: Database,
    said: Sequence[Said],
    *,
    request_id: str,
    by: By,
    person: Person,
    session: str | None = None,
    seen: int | None = None,
    seen_of: Mapping[str, int] | None = None,
    while_at: At | None = None,
) -> int:
    """Write entries of the journal, all or none, and return the first one's sequence number.

    A request id that was written before changes nothing and returns the earlier number, so that a double click, a
    rerun or a reconnect writes once.

    Parameters
    ----------
    seen
        The number of the last entry that the person saw of the first one's subject; ``None`` compares nothing.
    seen_of
        The same of other subjects of which it speaks; what the person said of them meanwhile is no surprise.
    while_at
        How far a session has come: the entries are written only while that is so.

    Raises
    ------
    StaleReview
        When ``seen`` is not the last one.
    MovedOn
        When the session went on meanwhile.
    """
    with _writing(database, said) as connection:
        again = sa.select(journal.c.seq).where(journal.c.request_id == request_id)
        if (earlier := connection.execute(again).scalar()) is not None:
            return int(earlier)
        if while_at is not None and not while_at.holds(connection):
            raise MovedOn("The session has gone on since this was shown: nothing was saved yet, look and save again.")
        _refuse_stale(connection, *said[0], person, seen)
        for subject, number in (seen_of or {}).items():
            _refuse_stale(connection, subject, said[0][1], person, number, but=person.name)
        first = int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(journal.c.seq), 0))).scalar_one()) + 1
        for n, (subject, saying) in enumerate(said):
            row = {"seq": first + n, "request_id": f"{request_id}/{n}" if n else request_id, "at": by.at}
            row |= {"person": person.name, "function": person.function, "opportunity": subject, "session": session}
            _write(connection, by, row, saying)
    return first


@contextmanager
def _writing(database: Database, said: Sequence[Said]) -> Iterator[sa.Connection]:
    """One transaction that raises the revisions of what these sayings touch, then waits for the audit log."""
    touched = {SESSIONS if saying.of_session else DECISIONS for _, saying in said}
    first, *others = sorted(touched)
    with database.writing(first) as connection:
        for other in others:
            raise_revision(connection, other)
        audit.wait(connection)
        yield connection


def _write(connection: sa.Connection, by: By, row: dict[str, Any], saying: Saying) -> None:
    body = saying.body()
    before = None if saying.sealed else _last_body(connection, row["opportunity"], saying, row["person"])
    connection.execute(sa.insert(journal).values(**row, kind=saying.kind, body=body))
    after = audit.sealed(body) if saying.sealed else body
    told = {"journal": row["seq"], "session": row["session"], "function": row["function"]}
    told |= {"before": before, "after": after}
    audit.note(connection, by, saying.kind, row["opportunity"], **told)


def _last_body(connection: sa.Connection, subject: str, saying: Saying, person: str) -> dict[str, Any] | None:
    same = sa.select(journal.c.body).where(journal.c.opportunity == subject, journal.c.kind == saying.kind)
    if saying.own:
        same = same.where(journal.c.person == person)
    found: dict[str, Any] | None = connection.execute(same.order_by(journal.c.seq.desc()).limit(1)).scalar()
    return found


def _newest(connection: sa.Connection, subject: str) -> int:
    last = sa.select(sa.func.max(journal.c.seq)).where(journal.c.opportunity == subject)
    return int(connection.execute(last).scalar() or 0)


def _refuse_stale(
    connection: sa.Connection, subject: str, saying: Saying, person: Person, seen: int | None, *, but: str = ""
) -> None:
    if seen is None:
        return
    newest = sa.select(journal).where(journal.c.opportunity == subject, journal.c.person != but)
    if saying.own:
        newest = newest.where(journal.c.person == person.name)
    last = connection.execute(newest.order_by(journal.c.seq.desc()).limit(1)).mappings().first()
    if last is not None and last["seq"] > seen:
        what = str(last["kind"]).removeprefix("session_").replace("_", " ")
        told = saying_from(last["kind"], last["body"]).told
        raise StaleReview(
            f"{last['person']} was faster ({what}{f': {told}' if told else ''}). Nothing of yours was saved yet: "
            "look at it, then save again."
        )


def _entry(row: Any) -> Entry:
    return Entry(
        seq=row.seq, request_id=row.request_id, at=row.at, person=Person(name=row.person, function=row.function),
        opportunity=row.opportunity, saying=saying_from(row.kind, row.body), session=row.session,
    )  # fmt: skip


def written(database: Database, request_id: str) -> list[int]:
    """The numbers of the entries that this request wrote: none where it never came."""
    mine = sa.or_(
        journal.c.request_id == request_id, journal.c.request_id.startswith(f"{request_id}/", autoescape=True)
    )
    with database.reading() as connection:
        return [
            int(seq)
            for seq in connection.execute(sa.select(journal.c.seq).where(mine).order_by(journal.c.seq)).scalars()
        ]


def entries(database: Database, *, since: int = 0) -> list[Entry]:
    """Every entry after number ``since`` that is said of opportunities, links, themes and duels, oldest first."""
    wanted = sa.select(journal).where(journal.c.seq > since, journal.c.kind.not_in(OF_SESSIONS)).order_by(journal.c.seq)
    with database.reading() as connection:
        return [_entry(row) for row in connection.execute(wanted).all()]


def of_session(database: Database, session: str, person: str = "", *, until: int | None = None) -> list[Entry]:
    """What was said in a session as this person may see it, oldest first: others' answers once they were revealed.

    ``until`` shows the session as it was after that entry, but never more of others' answers than lie open by then.
    """
    own = sa.select(sa.func.coalesce(sa.func.max(journal.c.seq), 0))
    shown = own.where(journal.c.session == session, journal.c.kind == "revealed")
    if until is not None:
        shown = shown.where(journal.c.seq <= until)
    open_to_all = journal.c.seq < shown.scalar_subquery()
    mine = sa.or_(journal.c.kind != "answered", journal.c.person == person, open_to_all)
    wanted = sa.select(journal).where(journal.c.session == session, mine).order_by(journal.c.seq)
    if until is not None:
        wanted = wanted.where(journal.c.seq <= until)
    with database.reading() as connection:
        return [_entry(row) for row in connection.execute(wanted).all()]


def course(database: Database, session: str) -> list[Entry]:
    """What was said of a session as a whole, oldest first: how far it has come, without any answer."""
    wanted = sa.select(journal).where(journal.c.opportunity == session).order_by(journal.c.seq)
    with database.reading() as connection:
        return [_entry(row) for row in connection.execute(wanted).all()]


def sessions(database: Database) -> dict[str, list[Entry]]:
    """What was said of each session as a whole (planned, opened, revealed ...), oldest first."""
    kinds = [kind for kind in OF_SESSIONS if kind not in {"answered", "decided", "dissented"}]
    wanted = sa.select(journal).where(journal.c.kind.in_(kinds)).order_by(journal.c.seq)
    found: dict[str, list[Entry]] = {}
    with database.reading() as connection:
        for row in connection.execute(wanted).all():
            found.setdefault(row.opportunity, []).append(_entry(row))
    return found


@dataclass(frozen=True, kw_only=True)
class Position:
    """How far a session is: the last entry that all see, and the last answer."""

    said: int
    answered: int


def position(database: Database, session: str) -> Position:
    """The cheapest question about a session: has anything happened in it?"""
    last = sa.select(journal.c.kind, sa.func.max(journal.c.seq)).where(journal.c.session == session)
    with database.reading() as connection:
        found = {str(kind): int(seq) for kind, seq in connection.execute(last.group_by(journal.c.kind))}
    answered = found.pop("answered", 0)
    return Position(said=max(found.values(), default=0), answered=answered)


def progress(database: Database, session: str, since: int, *, but: Collection[str] = ()) -> Mapping[str, int]:
    """How many questions each person has answered after entry ``since``, ``but`` for some; never what."""
    count = sa.func.count(sa.distinct(journal.c.opportunity))
    left_out = [~journal.c.opportunity.endswith(f":{question}", autoescape=True) for question in sorted(but)]
    wanted = sa.select(journal.c.person, count).where(
        journal.c.session == session, journal.c.kind == "answered", journal.c.seq > since, *left_out
    )
    with database.reading() as connection:
        return {str(row[0]): int(row[1]) for row in connection.execute(wanted.group_by(journal.c.person))}
