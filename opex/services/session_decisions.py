"""What a session decides about an item, and what that does to the opportunity: in one step or not at all."""

from collections.abc import Callable, Mapping, Sequence
from uuid import NAMESPACE_OID, uuid5

from opex.domain.decisions import Accepted, Declined, Described, Merged, Proposed, Saying, Struck
from opex.domain.opportunities import Opportunity
from opex.domain.problems import Refused
from opex.domain.sessions import Decided, subject
from opex.domain.tripwires import tripwire
from opex.review.sessions import Session
from opex.services.context import Context, Speaker
from opex.services.permissions import needs
from opex.services.prioritising import one
from opex.services.session_writing import said_in

__all__ = ["decide"]


@needs("decide")
def decide(
    context: Context, session: str, speaker: Speaker, decided: Decided, *, incidents: Sequence[str] = ()
) -> None:
    """Decide about an item; the opportunity is accepted, declined, merged, split with it, in one step or not at all.

    ``incidents`` are those that a part takes along when an item is split. A later decision on the item replaces it.

    Raises
    ------
    Refused
        When it is no item of the session, or what is decided cannot be done.
    """

    def said(now: Session) -> list[tuple[str, Saying]]:
        now.must_be("decide", to="decisions are made when the group goes on to them")
        if decided.item not in now.plan.items:
            raise Refused(f'"{decided.item}" is no item of this session.')
        item = one(context, decided.item)
        effects = _EFFECTS[decided.outcome](context, item, decided, tuple(incidents), session)
        return [(subject(session, decided.item), decided), *effects]

    said_in(context, session, speaker, said)


Effects = list[tuple[str, Saying]]


def _accept(_context: Context, item: Opportunity, decided: Decided, _incidents: Sequence[str], _of: str) -> Effects:
    accepted: Effects = [] if item.status in {"accepted", "planned"} else [(item.id, Accepted())]
    course = decided.course.strip() or None
    planned = Described(
        owner=decided.owner, action=course, due=decided.due, status="planned" if decided.due else "accepted"
    )
    return [*accepted, (item.id, planned)]


def _defer(_context: Context, item: Opportunity, _decided: Decided, _incidents: Sequence[str], _of: str) -> Effects:
    if not item.open:
        raise Refused(f"“{item.title}” is {item.status}: decide to accept it first, then to defer it.")
    return []


def _decline(context: Context, item: Opportunity, decided: Decided, _incidents: Sequence[str], _of: str) -> Effects:
    wire = tripwire(decided.until or "", seen=len(item.evidence), as_of=context.now())
    after = wire.after.isoformat() if wire.after else None
    said = Declined(
        reason=decided.reason or "other", words=decided.words, more_incidents=wire.more_incidents, after=after,
        seen=wire.seen,
    )  # fmt: skip
    return [(item.id, said)]


def _merge(context: Context, item: Opportunity, decided: Decided, _incidents: Sequence[str], _of: str) -> Effects:
    if decided.into == item.id:
        raise Refused("An opportunity cannot be merged into itself.")
    if not (target := one(context, decided.into or "")).open:
        raise Refused(f'"{target.title}" is {target.status}: merge into one that stands in the ranking.')
    return [(item.id, Merged(into=target.id))]


def _split(_context: Context, item: Opportunity, decided: Decided, incidents: Sequence[str], of: str) -> Effects:
    strange = [incident for incident in incidents if incident not in item.evidence]
    if strange:
        raise Refused(f'Incident "{strange[0]}" is no evidence of “{item.title}”.')
    if not 0 < len(set(incidents)) < len(item.evidence):
        raise Refused(
            f"Choose at least one and not all of its {len(item.evidence)} incidents for the part that is split off."
        )
    made = f"hand-{uuid5(NAMESPACE_OID, f'{of}|{item.id}|{decided.part}').hex[:12]}"
    low, likely, high = item.removes.low, item.removes.likely, item.removes.high
    part = Proposed(
        title=decided.part or "", action=decided.course.strip() or item.action, low=low, likely=likely, high=high,
        system=item.system, environment=item.environment, incidents=tuple(incidents), split_from=item.id,
    )  # fmt: skip
    why = f"split off as “{decided.part}”"
    return [(made, part), *((item.id, Struck(incident=incident, reason=why)) for incident in incidents)]


_EFFECTS: Mapping[str, Callable[[Context, Opportunity, Decided, Sequence[str], str], Effects]] = {
    "accept": _accept,
    "defer": _defer,
    "decline": _decline,
    "merge": _merge,
    "split": _split,
}
