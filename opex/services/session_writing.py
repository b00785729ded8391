"""Write into a session what fits the state it is in."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import uuid4

from opex.domain.decisions import Saying
from opex.review.sessions import Session, fold
from opex.services.context import Context, Speaker
from opex.services.writing import write_all
from opex.store import sayings

__all__ = ["said_in"]

TRIES = 5


def said_in(
    context: Context,
    session: str,
    speaker: Speaker,
    said: Callable[[Session], Sequence[tuple[str, Saying]]],
    *,
    whole: bool = True,
) -> int:
    """Write what fits the session as it stands, while it stands so; looked at anew when it went on meanwhile.

    ``said`` gets the session with the answers that lie open, and nobody's others; without ``whole`` only how far it
    has come. It refuses what does not fit.
    """
    entries = sayings.of_session if whole else sayings.course
    speaker = replace(speaker, session=session, request_id=speaker.request_id or uuid4().hex)
    for tried in range(TRIES):
        now = fold(session, entries(context.database, session))
        wanted = said(now)
        try:
            return write_all(context, wanted, speaker, while_at=(session, now.version))
        except sayings.MovedOn:
            if tried == TRIES - 1:
                raise
    raise AssertionError("not reached")
