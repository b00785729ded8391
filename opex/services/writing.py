"""Write down what somebody says: the one way into the journal."""

from uuid import uuid4

from opex.domain.decisions import Saying
from opex.services.context import Context, Speaker
from opex.store import decisions

__all__ = ["write"]


def write(context: Context, subject: str, saying: Saying, speaker: Speaker) -> int:
    """One entry of the journal, said of that subject; its sequence number. The same request writes once."""
    return decisions.append(
        context.database,
        request_id=speaker.request_id or uuid4().hex,
        at=context.now(),
        person=speaker.person,
        opportunity=subject,
        saying=saying,
        seen=speaker.seen,
    )
