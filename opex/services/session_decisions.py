"""What a session decides about an item, and what that does to the opportunity: in one step or not at all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_OID, uuid5

from opex.domain.decisions import Accepted, Declined, Described, Entry, Merged, Proposed, Saying, Struck, Withdrawn
from opex.domain.opportunities import Opportunity
from opex.domain.problems import Refused
from opex.domain.sessions import Decided, subject
from opex.domain.tripwires import tripwire
from opex.review.journal import standing
from opex.review.sessions import Session
from opex.services import spoken
from opex.services.context import Context, Speaker
from opex.services.permissions import needs
from opex.services.prioritising import everything, one
from opex.services.session_writing import said_in

__all__ = ["decide", "undo_decision"]

Effects = list[tuple[str, Saying]]


@needs("decide")
def decide(
    context: Context,
    session: str,
    speaker: Speaker,
    decided: Decided,
    *,
    incidents: Sequence[str] = (),
    seen_item: int | None = None,
) -> None:
    """Decide about an item; the opportunity is accepted, declined, merged, split with it, in one step or not at all.

    A later decision on the item takes the place of the earlier one, which is withdrawn with its effects; what was
    split off stays split off.

    Parameters
    ----------
    incidents
        Those that a part takes along when an item is split.
    seen_item
        The version of the opportunity that the page showed: a colleague's newer word on it refuses the decision.

    Raises
    ------
    Refused
        When it is no item of the session, or what is decided cannot be done.
    StaleReview
        When somebody decided on the item or changed it since the page was shown.
    """

    def said(now: Session) -> Effects:
        now.must_be("decide", to="decisions are made when the group goes on to them")
        if decided.item not in now.plan.items:
            raise Refused(f'"{decided.item}" is no item of this session.')
        before = now.decided.get(decided.item)
        split = before is not None and isinstance(before.saying, Decided) and before.saying.outcome == "split"
        undone = [] if before is None or split else _withdrawn([before, *_effects_of(context, before)])
        wanted = _Wanted(context, one(context, decided.item), decided, tuple(incidents), session, bool(undone))
        return [(subject(session, decided.item), decided), *undone, *_EFFECTS[decided.outcome](wanted)]

    seen_of = None if seen_item is None else {decided.item: seen_item}
    said_in(context, session, speaker, said, seen_of=seen_of)


@needs("decide")
def undo_decision(context: Context, session: str, speaker: Speaker, item: str) -> None:
    """Withdraw the decision on an item and what it did to the opportunity; the history keeps both.

    Raises
    ------
    Refused
        When nothing is decided, or somebody has spoken of the part since that was split off.
    """

    def said(now: Session) -> Effects:
        now.must_be("decide", to="decisions are undone before it is closed")
        if (decided := now.decided.get(item)) is None:
            raise Refused("Nothing is decided about this item.")
        effects = _effects_of(context, decided)
        for entry in effects:
            _refuse_spoken_of(context, entry)
        return _withdrawn([decided, *effects])

    said_in(context, session, speaker, said)


def _effects_of(context: Context, decided: Entry) -> list[Entry]:
    """What still stands of all that was written together with a decision."""
    mine = f"{decided.request_id}/"
    return [entry for entry in standing(spoken.entries(context)) if entry.request_id.startswith(mine)]


def _withdrawn(effects: Sequence[Entry]) -> Effects:
    return [(entry.opportunity, Withdrawn(seq=entry.seq)) for entry in effects]


def _refuse_spoken_of(context: Context, effect: Entry) -> None:
    said = spoken.entries(context).said_of.get(effect.opportunity, ())
    if isinstance(effect.saying, Proposed) and len(said) > 1:
        raise Refused(
            f"Somebody has spoken of “{effect.saying.title}” since: merge it back instead of undoing the split."
        )


@dataclass(frozen=True)
class _Wanted:
    """A decision and what it is about; ``again`` where it takes the place of an earlier one of the session."""

    context: Context
    item: Opportunity
    decided: Decided
    incidents: tuple[str, ...]
    session: str
    again: bool


def _accept(of: _Wanted) -> Effects:
    item, decided = of.item, of.decided
    accepted: Effects = [(item.id, Accepted())] if of.again or item.status not in {"accepted", "planned"} else []
    planned = Described(
        owner=decided.owner, action=decided.course.strip() or None, due=decided.due,
        status="planned" if decided.due else "accepted",
    )  # fmt: skip
    return [*accepted, (item.id, planned)]


def _defer(of: _Wanted) -> Effects:
    if not of.item.open and not of.again:
        raise Refused(f"“{of.item.title}” is {of.item.status}: decide to accept it first, then to defer it.")
    return []


def _decline(of: _Wanted) -> Effects:
    decided = of.decided
    wire = tripwire(decided.until or "", seen=len(of.item.evidence), as_of=of.context.now())
    after = wire.after.isoformat() if wire.after else None
    said = Declined(
        reason=decided.reason or "other", words=decided.words, more_incidents=wire.more_incidents, after=after,
        seen=wire.seen,
    )  # fmt: skip
    return [(of.item.id, said)]


def _merge(of: _Wanted) -> Effects:
    if of.decided.into == of.item.id:
        raise Refused("An opportunity cannot be merged into itself.")
    if not (target := one(of.context, of.decided.into or "")).open:
        raise Refused(f'"{target.title}" is {target.status}: merge into one that stands in the ranking.')
    return [(of.item.id, Merged(into=target.id))]


def _split(of: _Wanted) -> Effects:
    item, part, incidents = of.item, of.decided.part or "", of.incidents
    if not item.open:
        raise Refused(f"“{item.title}” is {item.status}: only what stands in the ranking can be split.")
    strange = [incident for incident in incidents if incident not in item.evidence]
    if strange:
        raise Refused(f'Incident "{strange[0]}" is no evidence of “{item.title}”.')
    if not 0 < len(set(incidents)) < len(item.evidence):
        raise Refused(
            f"Choose at least one and not all of its {len(item.evidence)} incidents for the part that is split off."
        )
    made = f"hand-{uuid5(NAMESPACE_OID, f'{of.session}|{item.id}|{part}').hex[:12]}"
    if made in everything(of.context):
        raise Refused(f"“{part}” was split off already: give this part another name.")
    low, likely, high = item.removes.low, item.removes.likely, item.removes.high
    proposed = Proposed(
        title=part, action=of.decided.course.strip() or item.action, low=low, likely=likely, high=high,
        system=item.system, environment=item.environment, incidents=incidents, split_from=item.id,
    )  # fmt: skip
    why = f"split off as “{part}”"
    return [(made, proposed), *((item.id, Struck(incident=incident, reason=why)) for incident in incidents)]


_EFFECTS: Mapping[str, Callable[[_Wanted], Effects]] = {
    "accept": _accept,
    "defer": _defer,
    "decline": _decline,
    "merge": _merge,
    "split": _split,
}
