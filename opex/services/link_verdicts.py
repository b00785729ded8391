"""What people say of the link of an incident and a change. It moves credit, and never a ratio or a p-value."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from opex.domain.decisions import Entry, Judged, Person, Withdrawn, link_id
from opex.domain.problems import NotEnoughData, Refused
from opex.review.journal import standing
from opex.services import spoken
from opex.services.context import Context, Speaker
from opex.services.knowing import known
from opex.services.permissions import needs, permit
from opex.services.seeing import NOT_SHOWN, unseen
from opex.services.writing import write

__all__ = ["LinkVerdict", "judge", "said", "version", "withdraw"]

Pair = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class LinkVerdict:
    """The last word on a link that stands: ``holds`` or ``rejected``, who said so, and why."""

    verdict: str
    reason: str
    person: Person
    seq: int


def said(context: Context) -> dict[Pair, LinkVerdict]:
    """The word that stands on each link, by incident and change; of several the last.

    Where the incident is not shown to who asks, neither is the reason.
    """
    decided = context.database.revisions()["decisions"]
    every = context.memory.get("link_verdicts", decided, lambda: _standing(spoken.entries(context)))
    hidden = unseen(context)
    return (
        {pair: replace(word, reason=NOT_SHOWN) if pair[0] in hidden else word for pair, word in every.items()}
        if hidden
        else every
    )


def _standing(entries: Sequence[Entry]) -> dict[Pair, LinkVerdict]:
    return {
        (entry.saying.incident, entry.saying.change): LinkVerdict(
            verdict=entry.saying.verdict, reason=entry.saying.reason, person=entry.person, seq=entry.seq
        )
        for entry in standing(entries, Judged)
        if isinstance(entry.saying, Judged)
    }


def version(context: Context, incident: str, change: str) -> int:
    """The number of the last thing said of this link, withdrawn or not; 0 for none. A page carries what it showed."""
    of = link_id(incident, change)
    return spoken.entries(context).versions.get(of, 0)


@needs("say")
def judge(context: Context, incident: str, change: str, speaker: Speaker, *, holds: bool, reason: str) -> int:
    """Confirm or reject a link; returns the entry's number.

    Raises
    ------
    Refused
        No such incident or change is known, the incident is planned work, or no reason is given.
    """
    _refuse_unknown(context, incident, change)
    verdict = "holds" if holds else "rejected"
    saying = Judged(incident=incident, change=change, verdict=verdict, reason=reason)
    return write(context, link_id(incident, change), saying, speaker)


@needs("say")
def withdraw(context: Context, incident: str, change: str, speaker: Speaker) -> int:
    """Take back the last word that stands on a link; what stood before it stands again.

    Raises
    ------
    Refused
        Nobody said anything of it that stands.
    NotAllowed
        It is a colleague's word, and one may not decide.
    """
    stands = said(context).get((incident, change))
    if stands is None:
        raise Refused(f'Nobody judged the link of "{incident}" and "{change}": there is nothing to withdraw.')
    if stands.person.name != speaker.person.name:
        permit(context, "decide", "link_verdicts.withdraw")
    return write(context, link_id(incident, change), Withdrawn(seq=stands.seq), speaker)


def _refuse_unknown(context: Context, incident: str, change: str) -> None:
    now = known(context)
    if isinstance(now, NotEnoughData):
        raise Refused("There is nothing to judge yet: load incidents and changes first.")
    row = now.facts.incidents[now.facts.incidents["id"] == incident]
    if row.empty:
        raise Refused(f'There is no incident "{incident}".')
    if bool(row["planned"].iloc[0]):
        raise Refused(f'"{incident}" is planned work, and so no incident that a change could have brought.')
    if not (now.facts.changes["id"] == change).any():
        raise Refused(f'There is no change "{change}".')
