"""People and roles: who signs in, who may do what, and what was done by whom."""

from dataclasses import replace

from opex.domain.people import FUNCTIONS, OUTSIDER, ROLES, GroupRole, Member, Person, may
from opex.domain.problems import Refused
from opex.services.context import Context
from opex.services.permissions import by, needs
from opex.store import people as store

__all__ = [
    "administrators", "appoint", "forget_group", "give", "give_group", "groups", "me", "members", "sign_in",
]  # fmt: skip

DEFAULT_FUNCTION = "product"
LONGEST = 80


def members(context: Context) -> list[Member]:
    """Everybody who has a name here, by name."""
    return store.members(context.database)


def groups(context: Context) -> list[GroupRole]:
    """What groups of the provider's claims give, by group."""
    return store.groups(context.database)


def administrators(context: Context) -> list[str]:
    """The names of those who may administer by a role of their own."""
    return [member.name for member in members(context) if may(member.role, "administer")]


def me(context: Context) -> Member | None:
    """Who is asking; nobody in a local workspace, where a name is said with each save."""
    return None if context.asker.local else store.known_as(context.database, context.asker.identity)


def sign_in(context: Context, *, name: str, login: str) -> Member:
    """Whoever the provider vouches for comes in: as the member they are, else as a new one, who has no role yet.

    The function of a new one is what their groups say, else product; an administrator changes it.

    Raises
    ------
    Refused
        When nobody signed in.
    """
    asker = context.asker
    if asker.local:
        raise Refused("Nobody signed in.")
    known = store.known_as(context.database, asker.identity)
    if known is not None:
        return known
    said = (given.function for given in groups(context) if given.group in asker.groups and given.function)
    return store.sign_in(
        context.database, identity=asker.identity, name=_written(name) or _written(login) or "Somebody",
        login=_written(login).lower(), function=next(said, DEFAULT_FUNCTION), by=by(context),
    )  # fmt: skip


def _written(text: str) -> str:
    """A provider's word as a name may hold it."""
    kept = "".join(letter for letter in text if letter != "\x00" and not "\ud800" <= letter <= "\udfff")
    return " ".join(kept.split())[:LONGEST]


@needs("administer")
def give(
    context: Context, name: str, role: str, *, function: str = "", login: str = "", person: str = "",
    seen: Member | None = None,
) -> Member:  # fmt: skip
    """Give somebody a role, by name; whoever did not sign in yet is awaited under their login.

    Function and login stay as they are where they are not given. An empty role takes it. ``seen`` is that person as
    they were shown: nothing is said of one whom a colleague changed meanwhile.

    Raises
    ------
    Refused
        There is no such role or function, the person is not as they were seen, or nobody would be left who may
        administer.
    """
    _refuse_role(role)
    login = _written(login).lower()
    name = _written(name) or login
    known = next((one for one in members(context) if one.name == name), None)
    if seen is not None and known != seen:
        now = f"now {known.role or 'without a role'}, for {known.function}" if known else "gone"
        raise Refused(f"{seen.name} was changed meanwhile: {now}. Look at it, and save again.")
    known = known or Member(name=name, function=DEFAULT_FUNCTION)
    wanted = replace(known, role=role, function=function or known.function, login=login or known.login)
    _ = Person(name=wanted.name, function=wanted.function)  # it refuses what is no name and no function
    store.give(context.database, wanted, by=by(context, person))
    return wanted


def _refuse_role(role: str) -> None:
    if role != OUTSIDER and role not in ROLES:
        raise Refused(f'A role is one of {", ".join(ROLES)}; this is "{role}".')


@needs("administer")
def give_group(context: Context, group: str, role: str, *, function: str = "", person: str = "") -> GroupRole:
    """Give everybody whose sign-in claims that group a role; a function is what new ones of them speak for.

    Raises
    ------
    Refused
        The group has no name, or there is no such role or function.
    """
    _refuse_role(role)
    if not (group := _written(group)):
        raise Refused("Say which group: what the provider calls it in its claim.")
    if role == OUTSIDER:
        raise Refused("Say which role the group gives, or remove the group.")
    if function and function not in FUNCTIONS:
        raise Refused(f'A function is one of {", ".join(FUNCTIONS)}; this is "{function}".')
    given = GroupRole(group=group, role=role, function=function)
    store.give_group(context.database, given, by=by(context, person))
    return given


@needs("administer")
def forget_group(context: Context, group: str, *, person: str = "") -> None:
    """Take from a group what it gave."""
    store.forget_group(context.database, group, by=by(context, person))


@needs("administer")
def appoint(context: Context, logins: tuple[str, ...]) -> list[str]:
    """Make these logins administrators, as the operator of the server says; the names of those who were none yet."""
    made = []
    for login in logins:
        known = next((one for one in members(context) if one.login == login), None)
        if known is None or not may(known.role, "administer"):
            made.append(give(context, known.name if known else login, "administrator", login=login).name)
    return made
