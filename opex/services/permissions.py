"""Who may do what: each changing service asks here itself. Pages hide what one may not do; this is what protects it.

The role is read from the workspace at each call, so that one that was taken ends at once, in the middle of a session.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from opex.domain.people import ACTS, OUTSIDER, Act, Member, NotAllowed, may
from opex.services.context import Context
from opex.store import people
from opex.store.audit import By

__all__ = ["SERVICES", "Asking", "asking", "by", "needs", "permit", "role"]

P = ParamSpec("P")
T = TypeVar("T")
SERVICES: dict[str, Act] = {}
"""Every service that changes something, by ``module.function``, and what one must be allowed to do to call it."""


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Who is asking, as the workspace knows them at this moment: nobody for an operator or a stranger."""

    member: Member | None
    role: str


def asking(context: Context) -> Asking:
    """Who is asking and in which role, read at one moment. The operator of a local workspace is its administrator."""
    asker = context.asker
    if asker.local:
        return Asking(member=None, role=OUTSIDER if context.team else "administrator")
    member, held = people.standing(context.database, asker.identity, asker.groups)
    ended = asker.expires is not None and context.now() >= asker.expires
    return Asking(member=member, role=OUTSIDER if ended else held)


def role(context: Context) -> str:
    """The role of who is asking, as it stands now."""
    return asking(context).role


def by(context: Context, person: str = "", who: Asking | None = None) -> By:
    """Who does it, for the audit log: whoever signed in; in a local workspace the name that was said.

    In a team a name that somebody gives says nothing: who is not known there is nobody.
    """
    who = who or asking(context)
    said = (person or "operator") if context.asker.local and not context.team else ""
    return By(at=context.now(), person=who.member.name if who.member else said, role=who.role)


def permit(context: Context, act: Act, asked: str, who: Asking | None = None) -> None:
    """Let it pass, or write the denial down. ``who`` is who is asking, where that was read for this call already.

    Raises
    ------
    NotAllowed
        Saying what the role lets one do, or that the sign-in has ended.
    """
    who = who or asking(context)
    held = who.role
    if may(held, act):
        return
    denied = by(context, who=who)
    people.deny(context.database, asked, by=replace(denied, person=denied.person or "nobody known"))
    asker = context.asker
    if context.team and (asker.local or (asker.expires is not None and context.now() >= asker.expires)):
        raise NotAllowed("Your sign-in has ended: sign in again. Nothing was saved.")
    if not held:
        raise NotAllowed("You have no role in this workspace: ask an administrator for one. Nothing was saved.")
    raise NotAllowed(f"As {held} you may not {ACTS[act]}. Nothing was saved.")


def needs(act: Act) -> Callable[[Callable[Concatenate[Context, P], T]], Callable[Concatenate[Context, P], T]]:
    """Mark a service as one that changes something, and let only those call it who may."""

    def marked(service: Callable[Concatenate[Context, P], T]) -> Callable[Concatenate[Context, P], T]:
        name = f"{service.__module__.rpartition('.')[2]}.{service.__name__}"
        SERVICES[name] = act

        @wraps(service)
        def asked(context: Context, /, *args: P.args, **kwargs: P.kwargs) -> T:
            permit(context, act, name)
            return service(context, *args, **kwargs)

        return asked

    return marked
