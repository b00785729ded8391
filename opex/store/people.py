"""Who belongs to a workspace, in which role, and which groups give one."""

from typing import Any

import sqlalchemy as sa

from opex.domain.people import GroupRole, Member, Person, highest, may
from opex.domain.problems import Refused
from opex.store import audit
from opex.store.audit import By
from opex.store.database import PEOPLE, Database
from opex.store.schema import group_roles
from opex.store.schema import people as table

__all__ = [
    "deny", "forget_group", "give", "give_group", "groups", "known_as", "members", "refuse_headless", "remember",
    "role_of", "sign_in", "standing",
]  # fmt: skip


def members(database: Database) -> list[Member]:
    """Everybody who has a name here, by name."""
    with database.reading() as connection:
        return [_member(row) for row in connection.execute(sa.select(table).order_by(table.c.name)).mappings()]


def _member(row: Any) -> Member:
    return Member(**{**row, "identity": row["identity"] or ""})


def groups(database: Database) -> list[GroupRole]:
    """What groups give, by group."""
    with database.reading() as connection:
        rows = connection.execute(sa.select(group_roles).order_by(group_roles.c.group)).mappings()
        return [GroupRole(**row) for row in rows]


def known_as(database: Database, identity: str) -> Member | None:
    """The member who signs in as that."""
    with database.reading() as connection:
        row = connection.execute(sa.select(table).where(table.c.identity == identity)).mappings().first()
    return None if row is None else _member(row)


def role_of(database: Database, identity: str, of_groups: frozenset[str]) -> str:
    """The highest of one's own role and those of one's groups, as they stand now; an outsider's when there is none."""
    return standing(database, identity, of_groups)[1]


def standing(database: Database, identity: str, of_groups: frozenset[str]) -> tuple[Member | None, str]:
    """The member who signs in as that and their role, at one moment."""
    own = sa.select(table).where(table.c.identity == identity)
    given = sa.select(group_roles.c.role).where(group_roles.c.group.in_(sorted(of_groups)))
    with database.reading() as connection:
        row = connection.execute(own).mappings().first()
        roles = {str(role) for role in connection.execute(given).scalars()} if of_groups else set()
    member = None if row is None else _member(row)
    return member, highest(roles | ({member.role} if member else set()))


def remember(database: Database, person: Person, *, by: By) -> None:
    """Give a person a name here, or another function."""
    with database.writing(PEOPLE) as connection:
        before = connection.execute(sa.select(table.c.function).where(table.c.name == person.name)).scalar()
        if before is None:
            connection.execute(sa.insert(table).values(name=person.name, function=person.function))
        else:
            there = sa.update(table).where(table.c.name == person.name)
            connection.execute(there.values(function=person.function))
        audit.note(connection, by, "person remembered", f"person:{person.name}", before=before, after=person.function)


def sign_in(database: Database, *, identity: str, name: str, login: str, function: str, by: By) -> Member:
    """The member who signs in as that; whoever an administrator named by that login, else somebody new without a role.

    Whoever was known by nothing but a login is called by the provider's name from now on.

    A name is one person's: a second one of that name is called by the login too. So is a login: where the provider
    gives it to another subject, that one comes in without it, and inherits nothing.
    """
    with database.writing(PEOPLE) as connection:
        row = connection.execute(sa.select(table).where(table.c.identity == identity)).mappings().first()
        if row is None and login:
            awaited = sa.select(table).where(table.c.login == login, table.c.identity.is_(None))
            row = connection.execute(awaited).mappings().first()
        if row is None:
            theirs = connection.execute(sa.select(table.c.name).where(table.c.login == login)).first() is None
            member = Member(
                name=_free(connection, name, login, identity), function=function, login=login if theirs else ""
            )
            member = Member(**{**member.__dict__, "identity": identity})
            connection.execute(sa.insert(table).values(**member.__dict__))
        else:
            known = _member(row).name
            called = _free(connection, name, login, identity) if known == login != name else known
            member = Member(**{**_member(row).__dict__, "identity": identity, "name": called})
            connection.execute(sa.update(table).where(table.c.name == known).values(identity=identity, name=called))
        if row is None or row["identity"] is None:
            told = {"name": member.name, "login": member.login, "role": member.role}
            audit.note(connection, By(at=by.at, person=member.name, role=member.role), "signed in first",
                       f"person:{member.name}", before=None if row is None else row["name"], after=told)  # fmt: skip
    return member


def _free(connection: sa.Connection, name: str, login: str, identity: str) -> str:
    """A name that nobody has: the provider's, then with the login, then with a mark of the identity."""
    for one in (name[:80], f"{name[:40]} ({login[:36]})", f"{name[:60]} ({audit.digest_of(identity, '', '', {})[:8]})"):
        taken = connection.execute(sa.select(table.c.name).where(table.c.name == one)).first()
        if taken is None and one.strip():
            return one
    raise Refused("Somebody else has this name here already: an administrator must give you another one.")


def give(database: Database, member: Member, *, by: By) -> None:
    """Give somebody a role and a function, known by name; who is not known yet is awaited by the login.

    Raises
    ------
    Refused
        When nobody would be left who may administer.
    """
    with database.writing(PEOPLE) as connection:
        row = connection.execute(sa.select(table).where(table.c.name == member.name)).mappings().first()
        _refuse_taken(connection, member)
        told = {"role": member.role, "function": member.function, "login": member.login}
        if row is None:
            connection.execute(sa.insert(table).values(name=member.name, identity=None, **told))
        else:
            connection.execute(sa.update(table).where(table.c.name == member.name).values(**told))
        before = None if row is None else {name: row[name] for name in told}
        if before and may(before["role"], "administer"):
            refuse_headless(connection)
        audit.note(connection, by, "role given", f"person:{member.name}", before=before, after=told)


def _refuse_taken(connection: sa.Connection, member: Member) -> None:
    if not member.login:
        return
    taken = sa.select(table.c.name).where(table.c.login == member.login, table.c.name != member.name)
    if (other := connection.execute(taken).scalar()) is not None:
        raise Refused(f"{other} signs in as {member.login} already: one login is one person.")


def refuse_headless(connection: sa.Connection) -> None:
    """Somebody must be left who may administer, by a role of their own: a provider's groups change elsewhere."""
    held = sa.select(sa.func.count()).where(table.c.role == "administrator")
    if not connection.execute(held).scalar():
        raise Refused("This is the last administrator: give another person that role first.")


def give_group(database: Database, given: GroupRole, *, by: By) -> None:
    """Give everybody in a group of the provider's claims a role."""
    with database.writing(PEOPLE) as connection:
        before = connection.execute(sa.select(group_roles.c.role).where(group_roles.c.group == given.group)).scalar()
        connection.execute(sa.delete(group_roles).where(group_roles.c.group == given.group))
        connection.execute(sa.insert(group_roles).values(**given.__dict__))
        audit.note(connection, by, "group's role given", f"group:{given.group}", before=before, after=given.role)


def forget_group(database: Database, group: str, *, by: By) -> None:
    """Take from a group what it gave."""
    with database.writing(PEOPLE) as connection:
        before = connection.execute(sa.select(group_roles.c.role).where(group_roles.c.group == group)).scalar()
        connection.execute(sa.delete(group_roles).where(group_roles.c.group == group))
        audit.note(connection, by, "group's role taken", f"group:{group}", before=before, after=None)


def deny(database: Database, service: str, *, by: By) -> None:
    """Write down that somebody asked for what they may not do."""
    audit.tell(database, by, "denied", service)
