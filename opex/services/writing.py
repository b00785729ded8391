"""Write down what somebody says: the one way into the journal. Each saying knows what one must be allowed to do."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import uuid4

from opex.domain.decisions import Saying
from opex.domain.people import NotAllowed
from opex.services.context import Context, Speaker
from opex.services.permissions import Asking, asking, by, permit
from opex.store import sayings
from opex.store.sayings import StaleReview

__all__ = ["StaleReview", "write", "write_all"]


def write(context: Context, subject: str, saying: Saying, speaker: Speaker) -> int:
    """One entry of the journal, said of that subject; its sequence number. The same request writes once."""
    return write_all(context, [(subject, saying)], speaker)


def write_all(
    context: Context,
    said: Sequence[tuple[str, Saying]],
    speaker: Speaker,
    *,
    seen_of: Mapping[str, int] | None = None,
    while_at: sayings.At | None = None,
) -> int:
    """Several entries, all or none; the number of the first one.

    Raises
    ------
    NotAllowed
        When the role does not let one say it, or when somebody speaks in another's name.
    """
    who = asking(context)
    for _, saying in said:
        permit(context, saying.act, f"say {saying.kind}", who)
    return sayings.append(
        context.database,
        said,
        request_id=speaker.request_id or uuid4().hex,
        by=by(context, speaker.person.name, who),
        person=_themselves(context, speaker, who).person,
        session=speaker.session,
        seen=speaker.seen,
        seen_of=seen_of,
        while_at=while_at,
    )


def _themselves(context: Context, speaker: Speaker, who: Asking) -> Speaker:
    """Whoever signed in speaks in their own name and for their own function, whatever a page says."""
    if context.asker.local:
        return speaker
    if who.member is None or who.member.name != speaker.person.name:
        raise NotAllowed("One speaks in one's own name only. Nothing was saved.")
    return replace(speaker, person=who.member.person)
