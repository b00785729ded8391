"""Looking at review sessions: as somebody may see them, how far people are, what was promised, what comes next."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from opex.domain.decisions import Entry
from opex.domain.drivers import DriverSet
from opex.domain.forgetting import FORGOTTEN_NAME
from opex.domain.opportunities import Opportunity
from opex.domain.people import may
from opex.domain.problems import NotEnoughData
from opex.domain.sessions import INSIGHT, REMOVAL, Answered, Decided, SessionPlanned
from opex.review.sessions import Session, fold, next_due
from opex.services import driving
from opex.services.context import Context
from opex.services.knowing import Known, known
from opex.services.permissions import by
from opex.services.prioritising import Board, board, everything, saved_order
from opex.services.seeing import hidden_from, inside, seen_entries, unseen
from opex.store import people, sayings

__all__ = [
    "Progress", "Promise", "asked", "everybody", "first_items", "history", "look", "progress", "promises",
    "proposed_next", "questions", "sessions", "unsettled",
]  # fmt: skip


def sessions(context: Context) -> list[Session]:
    """Every session as a whole (its plan and state, no answers), the newest first."""
    found = [fold(session, entries) for session, entries in sayings.sessions(context.database).items()]
    return sorted(found, key=lambda one: one.at["prepare"], reverse=True)


def look(context: Context, session: str, person: str = "", *, until: int | None = None) -> Session:
    """The session as this person may see it: others' answers only once they were revealed.

    What was said of items that are not shown to them is left out. Whoever signed in is themselves, whatever name a page
    gives. ``until`` shows it as it was after that entry.

    Raises
    ------
    Refused
        When there is no such session.
    """
    me = by(context, person).person
    if until is not None:
        return _looked(context, session, me, until)
    at = sayings.position(context.database, session)
    people = context.database.revisions()["people"]  # a forgotten name is gone from what was read before
    key = (session, at.said, at.answered, me, unseen(context), people)
    return context.memory.get("session", key, lambda: _looked(context, session, me))


def _looked(context: Context, session: str, me: str, until: int | None = None) -> Session:
    """Nobody is asked about what is not shown to them."""
    entries = sayings.of_session(context.database, session, me, until=until)
    found = fold(session, seen_entries(context, entries))
    return replace(found, open_items=found.open_items - unseen(context))


def history(context: Context, session: str) -> list[Entry]:
    """What happened in a session without anybody's answers, oldest first: each may be looked at by its number."""
    entries = seen_entries(context, sayings.of_session(context.database, session, ""))
    return [entry for entry in entries if not isinstance(entry.saying, Answered)]


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How many of their questions a participant has answered in the round that runs; never what."""

    person: str
    function: str
    answered: int
    asked: int

    @property
    def done(self) -> bool:
        """Whether nothing is left to answer."""
        return self.answered >= self.asked


def asked(context: Context, session: Session, person: str) -> tuple[tuple[str, str], ...]:
    """Every question on every item that is open to this participant now; of drivers that left the set none."""
    asks = questions(context)
    return tuple(one for one in session.asked(person) if one[1] in asks)


def unsettled(context: Context, session: Session) -> tuple[tuple[str, str], ...]:
    """What somebody answered and the group can settle and has not; nothing of what left the ranking or the drivers."""
    asks, items = questions(context), everything(context)
    stand = {item for item in session.plan.items if item in items and items[item].open}
    return tuple(one for one in session.unsettled() if one[0] in stand and one[1] in asks)


def progress(context: Context, session: Session) -> list[Progress]:
    """How far each participant is, in the order of the names; of what their role sees, for that they are asked."""
    asks = questions(context)
    gone = {question for item in session.open_items for question in session.questions(item)} - {*asks}
    counts = sayings.progress(context.database, session.id, session.began, but=gone)
    whole = look(inside(context), session.id)
    roles = {member.name: member.role for member in people.members(context.database)} if context.team else {}
    told = []
    for name, function in sorted(session.plan.participants.items()):
        hidden = hidden_from(context, roles[name]) if roles.get(name) else frozenset()
        count = sum(item not in hidden and question in asks for item, question in whole.asked(name))
        told.append(Progress(person=name, function=function, answered=min(counts.get(name, 0), count), asked=count))
    return told


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What a session decided about an item, and what came of it until now."""

    item: str
    title: str
    decided: Decided
    at: datetime
    status: str
    overdue: bool
    incidents_since: int


def promises(context: Context, session: Session, then: Board | None = None) -> list[Promise]:
    """What the last session that closed before this one decided, and what came of it until now (or until a board)."""
    closed = [one for one in sessions(context) if one.state == "closed" and one.id != session.id]
    begun = session.at.get("answer", context.now())
    before = max((one for one in closed if one.at["closed"] <= begun), key=lambda one: one.at["closed"], default=None)
    if session.plan.follows is not None:
        before = next((one for one in closed if one.id == session.plan.follows), before)
    if before is None:
        return []
    full = look(context, before.id)
    now = known(context, then.as_of if then else None)
    today = (session.at["closed"] if then else context.now()).date()
    items = then.all_items if then else everything(context)
    return [
        _promise(entry, items.get(item), now, today)
        for item, entry in full.decided.items()
        if isinstance(entry.saying, Decided)
    ]


def _promise(entry: Entry, item: Opportunity | None, now: Known | NotEnoughData, today: date) -> Promise:
    said = entry.saying
    if not isinstance(said, Decided):
        raise TypeError(f"entry {entry.seq} decides nothing")
    since = 0
    if item is not None and isinstance(now, Known):
        table = now.facts.incidents
        mine = table[table["id"].isin(set(item.evidence))]
        since = int((mine["started_at"] > entry.at).sum())
    status = item.status if item is not None else "gone"
    due = date.fromisoformat(said.due) if said.due else None
    return Promise(
        item=said.item,
        title=item.title if item is not None else said.item,
        decided=said,
        at=entry.at,
        status=status,
        overdue=due is not None and due < today and status not in {"done", "declined", "merged"},
        incidents_since=since,
    )


def proposed_next(context: Context) -> SessionPlanned | None:
    """The plan that follows the newest closed session with a rhythm, unless one follows it: about today's first items.

    What is no question any more is not asked again.
    """
    every = sessions(context)
    followed = {one.plan.follows for one in every if one.state != "cancelled"}
    rhythmic = [one for one in every if one.state == "closed" and next_due(one.plan.rhythm, one.at["closed"].date())]
    last = max(rhythmic, key=lambda one: one.at["closed"], default=None)
    if last is None or last.id in followed or not (items := first_items(context, len(last.plan.items))):
        return None
    due, asks = next_due(last.plan.rhythm, last.at["closed"].date()), questions(context)
    asked = {function: [q for q in asked if q in asks] for function, asked in last.plan.asked.items()}
    people = {name: function for name, function in last.plan.participants.items() if asked.get(function)}
    if due is None or not people:
        return None
    return replace(last.plan, items=items, asked=asked, participants=people, due=due.isoformat(), follows=last.id)


def first_items(context: Context, count: int) -> tuple[str, ...]:
    """The first items of the agreed order."""
    of = board(context)
    return () if isinstance(of, NotEnoughData) else tuple(item.id for item in saved_order(context, of).items[:count])


def questions(context: Context, drivers: DriverSet | None = None) -> dict[str, str]:
    """What a session can ask: does the insight hold, each rated driver (of the set in force), how much is removed."""
    of = drivers or driving.drivers(context)
    rated = {d.name: d.title for d in of.drivers if d.rated and d.name not in {INSIGHT, REMOVAL}}
    return {INSIGHT: "Does the insight hold?", **rated, REMOVAL: "How much would the action remove?"}


def everybody(context: Context) -> dict[str, str]:
    """Everybody who could be invited: name and function.

    Whoever is awaited by a login alone has no name yet: they are invited once they have signed in. Whose role may not
    answer is left out; whose role comes from a group is not known here before they sign in.
    """
    return {
        member.name: member.function
        for member in people.members(context.database)
        if member.name != member.login
        and not FORGOTTEN_NAME.fullmatch(member.name)
        and (not context.team or not member.role or may(member.role, "say"))
    }
