"""A person is forgotten: another name takes the place of theirs in every table, and the history stays.

The audit log says so in an entry of its own: which entries, rows of the journal and versions of the drivers have other
texts since then, and the digests of these. The digests in the chain stay; their salts go, so that nobody can find the
name again by trying names.
"""

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa

from opex.domain.decisions import saying_from
from opex.domain.drivers import DriverSet
from opex.domain.forgetting import FORGOTTEN_NAME, Replaced
from opex.domain.kept import MOST_NOTE
from opex.domain.noted import BEGINS, FORGOTTEN, DriversRow, JournalRow, Noted, beginning
from opex.domain.people import may
from opex.domain.problems import Refused
from opex.domain.scenarios import LONGEST_NAME
from opex.store import audit, people, rankings, schema
from opex.store.audit import By
from opex.store.database import DECISIONS, FACTS, PEOPLE, RANKINGS, SCENARIOS, SESSIONS, Database, hold, raise_revision

__all__ = ["Gone", "forget", "still_named"]

NOBODY = ("opex", "operator", "nobody known")
KEPT_AS_WRITTEN = ("mapping kept", "source configured")
"""What these entries hold is configuration, which a person's name in it may be a part of."""


@dataclass(frozen=True, kw_only=True)
class Gone:
    """What took a person's place, and in how many rows of which table."""

    name: str
    rows: dict[str, int]


def forget(database: Database, name: str, *, by: By) -> Gone:
    """Put "Forgotten person N" in the place of that name everywhere, in one transaction.

    Raises
    ------
    Refused
        When nobody of that name is here, or when nobody would be left who may administer.
    """
    with database.writing(DECISIONS) as connection:
        hold(connection, FACTS)
        for other in (PEOPLE, RANKINGS, SCENARIOS, SESSIONS):
            raise_revision(connection, other)
        audit.wait(connection)
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
        them = _who(connection, name)
        before = _from_before(connection)
        rows = {"people": _people(connection, them)}
        changed = _journal(connection, them), _drivers(connection, them)
        rows |= {"journal": len(changed[0]), "drivers": len(changed[1])}
        rows |= {table: work(connection, them) for table, work in _OTHERS.items()}
        if rows["systems"]:
            raise_revision(connection, FACTS)
        entries = _log(connection, them)
        told: dict[str, Any] = {"entries": entries, "journal": changed[0], "drivers": changed[1]}
        told["before"] = _before(connection, before)
        audit.note(connection, replace(by, person=them.person(by.person)), FORGOTTEN, f"person:{them.new}", **told)
    database.scrub()
    return Gone(name=them.new, rows={**rows, "audit": len(entries)})


def _who(connection: sa.Connection, name: str) -> Replaced:
    if name in NOBODY or not name.strip():
        raise Refused(f'"{name}" is no person.')
    if FORGOTTEN_NAME.fullmatch(name):
        raise Refused(f"{name} is forgotten already.")
    table = schema.people
    row = connection.execute(sa.select(table).where(table.c.name == name)).mappings().first()
    spoke = (schema.journal, schema.loads, schema.driver_sets, schema.scenarios, schema.rankings, schema.audit)
    if row is None and not any(_names(connection, of, name) for of in spoke):
        raise Refused(f'There is nobody called "{name}" here: a name is written as `opex people` shows it.')
    known = connection.execute(sa.select(table.c.name)).scalars()
    taken = [int(found[1]) for one in known if (found := FORGOTTEN_NAME.fullmatch(one))]
    logins = {str(row["login"])} if row else set()
    mine = sa.select(schema.audit.c.what).where(schema.audit.c.subject == f"person:{name}")
    for what in connection.execute(mine).scalars():
        told = [what.get(side) for side in ("before", "after")]
        logins |= {str(one.get("login", "")) for one in told if isinstance(one, dict)}
    return Replaced(name=name, new=f"Forgotten person {max(taken, default=0) + 1}", logins=tuple(sorted(logins - {""})))


def _names(connection: sa.Connection, table: sa.Table, name: str) -> bool:
    return connection.execute(sa.select(sa.literal(1)).where(table.c.person == name).limit(1)).first() is not None


def _people(connection: sa.Connection, them: Replaced) -> int:
    table = schema.people
    row = connection.execute(sa.select(table).where(table.c.name == them.name)).mappings().first()
    gone = {"name": them.new, "role": "", "login": "", "identity": None}
    if row is None:
        spoke = sa.select(schema.journal.c.function).where(schema.journal.c.person == them.name)
        function = connection.execute(spoke.order_by(schema.journal.c.seq.desc()).limit(1)).scalar()
        connection.execute(sa.insert(table).values(**gone, function=function or "operations"))
        return 0
    connection.execute(sa.update(table).where(table.c.name == them.name).values(**gone))
    if may(row["role"], "administer"):
        people.refuse_headless(connection)
    return 1


def _from_before(connection: sa.Connection) -> dict[str, Any]:
    """Until where rows are from before the log."""
    begun = sa.select(schema.audit.c.what).where(schema.audit.c.act == BEGINS).order_by(schema.audit.c.seq).limit(1)
    return dict(connection.execute(begun).scalar() or {})


def _before(connection: sa.Connection, told: dict[str, Any]) -> dict[str, Any] | None:
    if not told:
        return None
    journal = [row for row in audit.journal_rows(connection) if row.seq <= told["journal"]]
    return beginning(journal, [row for row in audit.drivers_rows(connection) if row.version <= told["drivers"]])


def _journal(connection: sa.Connection, them: Replaced) -> dict[str, str]:
    changed = {}
    for row in audit.journal_rows(connection):
        new = replace(row, person=them.person(row.person), body=_body(row, them))
        if new != row:
            there = sa.update(schema.journal).where(schema.journal.c.seq == row.seq)
            connection.execute(there.values(person=new.person, body=new.body))
            changed[str(row.seq)] = new.digest
    return changed


def _body(row: JournalRow, them: Replaced) -> dict[str, Any]:
    """What was said with the other name; where that grows too long for its kind, no text grows."""
    said: dict[str, Any] = them.body(row.body)
    try:
        saying_from(row.kind, said)
    except Refused:
        said = them.body(row.body, room=False)
    return said


def _drivers(connection: sa.Connection, them: Replaced) -> dict[str, str]:
    changed = {}
    for row in audit.drivers_rows(connection):
        new = DriversRow(
            version=row.version, toml=_toml(row.toml, them), person=them.person(row.person), note=them.text(row.note)
        )
        if new != row:
            there = sa.update(schema.driver_sets).where(schema.driver_sets.c.version == row.version)
            connection.execute(there.values(toml=new.toml, person=new.person, note=new.note))
            changed[str(row.version)] = new.digest
    return changed


def _toml(text: str, them: Replaced) -> str:
    """Drivers with the other name in their texts; they stay as they are where the name is a part of their making."""
    new = them.text(text)
    if new == text:
        return text
    try:
        was, now = DriverSet.from_toml(text), DriverSet.from_toml(new)
    except Refused:
        return text
    same = [(d.name, d.measure) for d in was.drivers] == [(d.name, d.measure) for d in now.drivers]
    return new if same and was.formula == now.formula else text


def _loads(connection: sa.Connection, them: Replaced) -> int:
    table, count = schema.loads, 0
    columns = (table.c.person, table.c.taken_back_by, table.c.files, table.c.report)
    for row in connection.execute(sa.select(table.c.id, *columns)).mappings().all():
        old = {column.name: row[column.name] for column in columns}
        new = {"person": them.person(row["person"]), "taken_back_by": row["taken_back_by"]}
        if row["taken_back_by"] is not None:
            new["taken_back_by"] = them.person(row["taken_back_by"])
        new |= {"files": them.body(row["files"]), "report": them.body(row["report"])}
        if new != old:
            connection.execute(sa.update(table).where(table.c.id == row["id"]).values(**new))
            count += 1
    return count


def _scenarios(connection: sa.Connection, them: Replaced) -> int:
    table, count = schema.scenarios, 0
    taken = {*connection.execute(sa.select(table.c.name)).scalars()}
    for row in connection.execute(sa.select(table)).mappings().all():
        name = them.text(row["name"])[:LONGEST_NAME]
        if name != row["name"] and name in taken:
            name = next(f"Scenario {n}" for n in range(1, 10_000) if f"Scenario {n}" not in taken)
        new = {"name": name, "person": them.person(row["person"]), "body": {**row["body"], "name": name}}
        if (name, new["person"]) != (row["name"], row["person"]):
            taken |= {name}
            connection.execute(sa.update(table).where(table.c.name == row["name"]).values(**new))
            count += 1
    return count


def _systems(connection: sa.Connection, them: Replaced) -> int:
    """Who owns a system; its name and patterns are how changes are found, and stay."""
    table, count = schema.systems, 0
    for row in connection.execute(sa.select(table)).mappings().all():
        owner = str(row["body"].get("owner", ""))
        if them.text(owner) != owner:
            body = {**row["body"], "owner": them.text(owner)}
            connection.execute(sa.update(table).where(table.c.name == row["name"]).values(body=body))
            count += 1
    return count


def _rankings(connection: sa.Connection, them: Replaced) -> int:
    """Kept rankings: names alone change, no number does; the key follows the content, so that each is known again."""
    table, count = schema.rankings, 0
    numbers = connection.execute(sa.select(table.c.id)).scalars().all()
    for number in numbers:
        row = connection.execute(sa.select(table).where(table.c.id == number)).mappings().one()
        content = json.loads(zlib.decompress(row["content"]))
        renamed = {**content, "items": [them.body(item) for item in content["items"]]}
        new = {
            "person": them.person(row["person"]),
            "note": them.text(row["note"])[:MOST_NOTE],
            "occasion": them.text(row["occasion"]),
            "drivers": _toml(row["drivers"], them),
        }
        if renamed == content and all(row[name] == value for name, value in new.items()):
            continue
        packed = rankings.text(renamed)
        key = rankings.key_of(row["as_of"], new["drivers"], packed, zlib.decompress(row["evidence"]))
        if connection.execute(sa.select(table.c.id).where(table.c.key == key, table.c.id != number)).first():
            key = blake2b(f"{key}|{number}".encode(), digest_size=16).hexdigest()  # both are kept
        whole = {**new, "content": zlib.compress(packed), "key": key}
        connection.execute(sa.update(table).where(table.c.id == number).values(**whole))
        count += 1
    return count


def _candidates(connection: sa.Connection, them: Replaced) -> int:
    table, count = schema.candidates, 0
    for row in connection.execute(sa.select(table.c.id, table.c.body)).mappings().all():
        if (body := them.body(row["body"])) != row["body"]:
            connection.execute(sa.update(table).where(table.c.id == row["id"]).values(body=body))
            count += 1
    return count


_OTHERS: dict[str, Callable[[sa.Connection, Replaced], int]] = {
    "loads": _loads, "scenarios": _scenarios, "systems": _systems, "rankings": _rankings, "candidates": _candidates,
}  # fmt: skip


def _log(connection: sa.Connection, them: Replaced) -> dict[str, str]:
    """The log's entries: the texts of those that name the person are other ones, their salts are gone."""
    table, changed = schema.audit, {}
    for row in connection.execute(sa.select(table).order_by(table.c.seq)).mappings().all():
        entry = Noted(**row)
        new = replace(entry, person=them.person(entry.person), subject=_subject(entry, them), what=_what(entry, them))
        if new == entry:
            continue
        new = replace(new, salt=None)
        texts = {"person": new.person, "subject": new.subject, "what": new.what, "salt": None}
        connection.execute(sa.update(table).where(table.c.seq == entry.seq).values(**texts))
        changed[str(entry.seq)] = new.texts
    return changed


def _subject(entry: Noted, them: Replaced) -> str:
    if entry.subject == f"person:{them.name}":
        return f"person:{them.new}"
    return them.text(entry.subject) if entry.subject.startswith("scenario:") else entry.subject


def _what(entry: Noted, them: Replaced) -> dict[str, Any]:
    if entry.act in KEPT_AS_WRITTEN or entry.act in (BEGINS, FORGOTTEN):
        return entry.what
    if entry.act == "drivers saved":
        toml = {side: _toml(text, them) for side in ("before", "after") if (text := entry.what.get(side)) is not None}
        return {**entry.what, **toml, "note": them.text(entry.what.get("note", ""))}
    said: dict[str, Any] = them.body(entry.what)
    return said


def still_named(database: Database, name: str) -> dict[str, int]:
    """How many loaded incidents and changes hold that text: facts come from elsewhere and are mended there."""
    of = {
        "incidents": (schema.incidents, ("title", "description")),
        "changes": (schema.changes, ("title", "actor")),
    }
    with database.reading() as connection:
        return {
            kind: int(connection.execute(_naming(table, columns, name)).scalar_one())
            for kind, (table, columns) in of.items()
        }


def _naming(table: sa.Table, columns: tuple[str, ...], name: str) -> sa.Select[int]:
    holds = [table.c[column].contains(name, autoescape=True) for column in columns]
    return sa.select(sa.func.count()).select_from(table).where(sa.or_(*holds))
