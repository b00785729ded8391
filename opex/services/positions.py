"""How far a session is, in numbers that tell nothing else: pages ask for them often, and run again when they moved."""

from opex.domain.problems import Refused
from opex.services.context import Context
from opex.store import sayings
from opex.store.database import DECISIONS, SESSIONS

__all__ = ["NoSuchSession", "position"]

_NONE = "There is no such session in this workspace."


class NoSuchSession(Refused):
    """A session is asked for that this workspace does not have."""


def position(context: Context, session: str, progress: bool = False, *, decisions: bool = True) -> str:
    """The number of the last entry of a session that all may see, and the revision of decisions, as ``said.decisions``.

    Without ``decisions`` that revision is left out: while people answer, what is decided elsewhere is not theirs. With
    ``progress`` the number of the last answer comes last: it tells that somebody answered, not who or what. The journal
    is only asked again after something was written, so that a question costs one look at a few numbers.

    Raises
    ------
    NoSuchSession
        When nothing was ever said of it.
    """
    if "\x00" in session:  # no database keeps it, and PostgreSQL does not look for it either
        raise NoSuchSession(_NONE)
    now = context.database.revisions()
    key = (session, now[SESSIONS], now[DECISIONS])
    last = context.memory.get("position", key, lambda: sayings.position(context.database, session))
    if not (last.said or last.answered):
        raise NoSuchSession(_NONE)
    numbers = (last.said, *((now[DECISIONS],) if decisions else ()), *((last.answered,) if progress else ()))
    return ".".join(map(str, numbers))
