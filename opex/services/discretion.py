"""Restrict an opportunity or an incident to some roles; what that hides, and where, is in `opex.services.seeing`."""

from collections.abc import Sequence

from opex.domain.decisions import Restricted
from opex.domain.people import ROLES
from opex.domain.problems import NotEnoughData, Refused
from opex.services.context import Context, Speaker
from opex.services.knowing import known
from opex.services.permissions import needs, role
from opex.services.prioritising import everything
from opex.services.seeing import inside, restrictions, unseen
from opex.services.writing import write

__all__ = ["restrict", "seen_by"]


@needs("decide")
def restrict(context: Context, subject: str, roles: Sequence[str], speaker: Speaker, words: str = "") -> int:
    """Show an opportunity, or an incident by its id, to these roles only; to everybody again where none is named.

    Returns the entry's number; withdrawing that lifts it too.

    Raises
    ------
    Refused
        When there is no such thing (for who asks), a role is none, nobody could lift it, or one would not see it
        oneself any more.
    """
    _refuse_unknown(context, subject)
    saying = Restricted(roles=tuple(dict.fromkeys(roles)), words=words)
    if saying.roles and not context.asker.local and role(context) not in saying.roles:
        raise Refused(f"You would not see it yourself any more: name your own role ({role(context)}) too.")
    return write(context, subject, saying, speaker)


def seen_by(context: Context, subject: str) -> tuple[str, ...]:
    """The roles that see it, in the order of what they may do; all of them where it is not restricted."""
    named = restrictions(context).get(subject, frozenset(ROLES))
    return tuple(role for role in ROLES if role in named)


def _refuse_unknown(context: Context, subject: str) -> None:
    if subject not in unseen(context) and (subject in everything(context) or _is_incident(context, subject)):
        return
    raise Refused(f'There is no opportunity and no incident "{subject}".')


def _is_incident(context: Context, subject: str) -> bool:
    now = known(inside(context))
    return not isinstance(now, NotEnoughData) and bool((now.facts.incidents["id"] == subject).any())
