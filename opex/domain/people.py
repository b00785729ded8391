"""People: who speaks, for which function, in which role, and what each role may do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from opex.domain.problems import Refused

FUNCTIONS = ("business", "product", "engineering", "operations", "security", "leadership")
Act = Literal["see", "say", "decide", "administer"]
ACTS: dict[Act, str] = {
    "see": "see rankings, evidence and lessons, and export what one sees",
    "say": "validate, strike, rate, adjust, comment, propose",
    "decide": "accept and decline, put drivers in force, lead sessions, load data",
    "administer": "change sources, people and roles, and verify the audit log",
}
ROLES: dict[str, frozenset[Act]] = {
    "viewer": frozenset({"see"}),
    "reviewer": frozenset({"see", "say"}),
    "facilitator": frozenset({"see", "say", "decide"}),
    "administrator": frozenset({"see", "say", "decide", "administer"}),
}
OUTSIDER = ""
"""The role of somebody who was given none, or from whom it was taken: they see and do nothing."""


class NotAllowed(Refused):
    """A person asked for something that their role does not let them do."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who speaks: a name, and the function for which they speak."""

    name: str
    function: str

    def __post_init__(self) -> None:
        """Refuse a person without a name or of an unknown function."""
        if not self.name.strip() or len(self.name) > 80:
            raise Refused("Say who you are: a name of 1 to 80 characters.")
        if any(letter == "\x00" or "\ud800" <= letter <= "\udfff" for letter in self.name):
            raise Refused("A name holds a NUL or half a character, which no database keeps.")
        if self.function not in FUNCTIONS:
            raise Refused(f'A function is one of {", ".join(FUNCTIONS)}; this is "{self.function}".')


@dataclass(frozen=True, kw_only=True)
class Member:
    """Somebody whom this workspace knows: by name, and once they signed in by what their provider calls them.

    ``login`` is what an administrator knows them by (an e-mail address, in small letters), ``identity`` the provider's
    issuer and subject. ``role`` is their own one; groups of theirs may give them a higher one.
    """

    name: str
    function: str
    role: str = OUTSIDER
    login: str = ""
    identity: str = ""

    @property
    def person(self) -> Person:
        """The same as a speaker."""
        return Person(name=self.name, function=self.function)


@dataclass(frozen=True, kw_only=True)
class GroupRole:
    """What a group of the provider's claims gives to everybody in it."""

    group: str
    role: str
    function: str = ""


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Who is asking a service. ``identity`` is empty for the operator of a local workspace, who may do everything.

    ``groups`` are those that the provider claimed at sign-in, ``expires`` is when its word ends.
    """

    identity: str = ""
    groups: frozenset[str] = frozenset()
    expires: datetime | None = None

    @property
    def local(self) -> bool:
        """Whether nobody signed in: one machine, one person, or a command in a terminal."""
        return not self.identity


OPERATOR = Asker()


def highest(roles: "frozenset[str] | set[str]") -> str:
    """The role that lets one do most; an outsider's when there is none.

    Examples
    --------
    >>> highest({"viewer", "facilitator"}), highest(set())
    ('facilitator', '')
    """
    return next((role for role in reversed(ROLES) if role in roles), OUTSIDER)


def may(role: str, act: Act) -> bool:
    """Whether that role lets one do that.

    Examples
    --------
    >>> may("reviewer", "say"), may("reviewer", "decide"), may("", "see")
    (True, False, False)
    """
    return act in ROLES.get(role, frozenset())
