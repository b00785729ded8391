"""Validate and adjust: everything that a person says of an opportunity, written down at once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import NAMESPACE_OID, uuid4, uuid5

from opex.domain.decisions import (
    Accepted,
    Declined,
    Entry,
    Merged,
    Moved,
    Person,
    Proposed,
    Rated,
    Saying,
    Struck,
    Withdrawn,
    tripwire,
)
from opex.domain.opportunities import Opportunity, Removal
from opex.domain.problems import NotEnoughData, Refused
from opex.services import driving, explaining, session_reading, spoken
from opex.services.context import Context, Speaker
from opex.services.knowing import known
from opex.services.permissions import by, needs, permit
from opex.services.prioritising import board, everything, one, saved_order
from opex.services.seeing import inside, seen_entries, unseen
from opex.services.writing import write
from opex.store import people as known_people

__all__ = [
    "accept",
    "decline",
    "journal",
    "merge",
    "move",
    "people",
    "propose",
    "rate",
    "say",
    "strike",
    "undo",
]


@needs("say")
def say(context: Context, opportunity: str, saying: Saying, speaker: Speaker) -> int:
    """Write it down and return the entry's sequence number. The opportunity must exist."""
    one(context, opportunity)
    return write(context, opportunity, saying, speaker)


@needs("decide")
def accept(context: Context, opportunity: str, speaker: Speaker) -> int:
    """The candidate is worth ranking for good."""
    return say(context, opportunity, Accepted(), speaker)


@needs("decide")
def decline(
    context: Context, opportunity: str, speaker: Speaker, *, reason: str, words: str = "", until: str = ""
) -> int:
    """Decline with a reason code; ``until`` states the tripwire that brings it back, in words."""
    item, as_of = one(context, opportunity), _as_of(context)
    stated = {}
    if until.strip():
        wire = tripwire(until, seen=len(item.evidence), as_of=as_of)
        stated = {"more_incidents": wire.more_incidents, "after": wire.after.isoformat() if wire.after else None}
    saying = Declined(reason=reason, words=words, seen=len(item.evidence), **stated)  # type: ignore[arg-type]
    return say(context, opportunity, saying, speaker)


def _as_of(context: Context) -> datetime:
    now = known(context)
    return context.now() if isinstance(now, NotEnoughData) else now.as_of


@needs("decide")
def merge(context: Context, opportunity: str, into: str, speaker: Speaker) -> int:
    """The same improvement as ``into``, which takes over its evidence."""
    if opportunity == into:
        raise Refused("An opportunity cannot be merged into itself.")
    if not (target := one(context, into)).open:
        raise Refused(f'"{target.title}" is {target.status}: merge into one that stands in the ranking.')
    return say(context, opportunity, Merged(into=into), speaker)


@needs("say")
def propose(
    context: Context, speaker: Speaker, *, title: str, action: str, removes: Removal, system: str | None = None
) -> str:
    """An opportunity by hand; returns its id."""
    request = speaker.request_id or uuid4().hex
    made = f"hand-{uuid5(NAMESPACE_OID, request).hex[:12]}"
    saying = Proposed(
        title=title, action=action, low=removes.low, likely=removes.likely, high=removes.high, system=system
    )
    write(context, made, saying, Speaker(person=speaker.person, request_id=request))
    return made


@needs("say")
def strike(context: Context, opportunity: str, incident: str, speaker: Speaker, *, reason: str) -> int:
    """This incident is no evidence for it; everybody sees the re-rank."""
    item = one(context, opportunity)
    if incident not in item.incidents:
        raise Refused(f'Incident "{incident}" is no evidence of "{item.title}".')
    return say(context, opportunity, Struck(incident=incident, reason=reason), speaker)


@needs("say")
def rate(context: Context, opportunity: str, speaker: Speaker, *, driver: str, level: int) -> int:
    """Give a rated driver a level of its rubric."""
    asked = driving.drivers(context).driver(driver)
    if not asked.rated:
        raise Refused(f"{asked.title} is measured, not rated by people.")
    levels = dict(asked.rubric)
    if level not in levels:
        raise Refused(f"{asked.title} is rated {min(levels, default=0)} to {max(levels, default=0)}; this is {level}.")
    return say(context, opportunity, Rated(driver=driver, level=level), speaker)


@needs("say")
def move(context: Context, opportunity: str, speaker: Speaker, *, to: int, reason: str, words: str = "") -> int:
    """Give it a place in the agreed order, with a reason; the computed order stays in view.

    A reason that is about weights keeps the price with it: which weights would have put it there.
    """
    there = everything(context)
    item, ranked = one(context, opportunity, there), sum(other.open for other in there.values())
    if not item.open:
        raise Refused(f'"{item.title}" is {item.status} and has no place in the ranking.')
    if to > ranked:
        raise Refused(f"There are {ranked} places; this is {to}.")
    asked = explaining.price_of_move(context, opportunity, to) if reason == "weights" else None
    moved = Moved(to=to, reason=reason, words=words, price=asked.moved if asked else None)
    return write(context, opportunity, moved, speaker)


@needs("say")
def undo(context: Context, entry: Entry, speaker: Speaker) -> int:
    """Withdraw an entry; it stays in the journal. A colleague's, and a decision, only by those who decide.

    What was said in a session is withdrawn in that session, as long as it runs; of the ranking at any time.

    Raises
    ------
    NotAllowed
        When it is a colleague's entry, or one that the role does not let one say.
    Refused
        When it came of a decision in a session that still runs: that decision is undone there, as a whole.
    """
    _refuse_part_of_a_decision(context, entry)
    permit(context, "decide" if entry.person.name != speaker.person.name else entry.saying.act, "reviewing.undo")
    return write(context, entry.opportunity, Withdrawn(seq=entry.seq), replace(speaker, session=entry.session))


def _refuse_part_of_a_decision(context: Context, entry: Entry) -> None:
    if entry.session is None:
        return
    now = session_reading.look(inside(context), entry.session)
    if not now.over and any(entry.request_id.startswith(f"{whole.request_id}/") for whole in now.decided.values()):
        raise Refused("It came of a decision in a session that still runs: undo that decision there, or decide anew.")


def journal(context: Context, opportunity: str | None = None) -> list[Entry]:
    """What was said, oldest first; of one opportunity or of all, and nothing of what is not shown to who asks."""
    entries = seen_entries(context, spoken.entries(context))
    return [entry for entry in entries if opportunity in (None, entry.opportunity)]


def people(context: Context) -> Sequence[Person]:
    """Everybody who has a name in this workspace."""
    return [member.person for member in known_people.members(context.database)]


@needs("say")
def remember(context: Context, person: Person) -> None:
    """Give a person a name here."""
    if not context.asker.local:
        permit(context, "administer", "reviewing.remember")
    known_people.remember(context.database, person, by=by(context, person.name))


def inbox(context: Context) -> list[Opportunity]:
    """The unreviewed opportunities in their agreed order, those that came back first."""
    of = board(context)
    if isinstance(of, NotEnoughData):
        return []
    ranked = [item.opportunity for item in saved_order(context, of).items if item.opportunity.status == "unreviewed"]
    return sorted(ranked, key=lambda item: not item.returned)


def mergeable(context: Context, opportunity: str) -> list[Opportunity]:
    """The opportunities that stand in the ranking and could take over this one's evidence, by title."""
    hidden = unseen(context) | {opportunity}
    others = [item for item in everything(context).values() if item.open and item.id not in hidden]
    return sorted(others, key=lambda item: (item.title.casefold(), item.id))
