"""Write into a session what fits the state it is in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from uuid import uuid4

from opex.domain.decisions import Saying
from opex.domain.problems import Refused
from opex.domain.sessions import Answered
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
    alone: bool = False,
    seen_of: Mapping[str, int] | None = None,
) -> int:
    """Write what fits the session as it stands, while it stands so; looked at anew when it went on meanwhile.

    ``said`` gets the session with the answers that lie open, and nobody's others; without ``whole`` only how far it
    has come. It refuses what does not fit; a request that was written before is not asked again. With ``alone`` nothing
    but answers may have been said in the session meanwhile; ``seen_of`` is what a page had seen of other subjects.
    """
    entries = sayings.of_session if whole else sayings.course
    speaker = replace(speaker, session=session, request_id=speaker.request_id or uuid4().hex)
    for tried in range(TRIES):
        read = entries(context.database, session)
        now = fold(session, read)
        try:
            wanted = said(now)
        except Refused:
            if earlier := sayings.written(context.database, speaker.request_id):
                return earlier[0]
            raise
        newest = max((entry.seq for entry in read if not isinstance(entry.saying, Answered)), default=0)
        at = sayings.At(session=session, version=now.version, said=newest if alone else None)
        try:
            return write_all(context, wanted, speaker, seen_of=seen_of, while_at=at)
        except sayings.MovedOn:
            if tried == TRIES - 1:
                raise
    raise AssertionError("not reached")
