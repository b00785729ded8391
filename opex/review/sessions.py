"""A session's entries to the session as it stands: its state, what was answered, settled and decided. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median

from opex.domain.decisions import Entry, Withdrawn
from opex.domain.problems import Refused
from opex.domain.reasons import VERDICTS
from opex.domain.sessions import (
    INSIGHT,
    REMOVAL,
    Answered,
    Decided,
    Deciding,
    Dissented,
    Revealed,
    SessionCancelled,
    SessionClosed,
    SessionOpened,
    SessionPlanned,
    Settled,
    Value,
    VotedAgain,
)
from opex.review.journal import standing

__all__ = ["ROUNDS", "STATES", "Given", "Session", "SessionState", "fold", "middle", "next_due"]

SessionState = str
STATES: dict[SessionState, str] = {
    "prepare": "is being prepared",
    "answer": "is open for answers",
    "reveal": "lies open and is being settled",
    "decide": "is at its decisions",
    "closed": "is closed",
    "cancelled": "was cancelled",
}
ROUNDS = 2
_VERDICTS = tuple(reversed(VERDICTS))  # wrong, doubtful, holds: from the least sure


@dataclass(frozen=True, kw_only=True)
class Given:
    """An answer of one person in one round."""

    person: str
    function: str
    value: Value
    words: str
    impacts: str
    at: datetime
    seq: int


@dataclass(frozen=True, kw_only=True)
class Session:
    """A session as somebody may see it.

    ``version`` is the number of its last entry on itself (a page carries the one it showed), ``began`` that of the
    last opening for answers. ``answers`` holds the rounds of each question on each item, each by person; ``settled``,
    ``decided`` and ``dissents`` hold entries. ``at`` says when it came into each state first, ``rankings`` which
    ranking was kept then.
    """

    id: str
    plan: SessionPlanned
    facilitator: str
    state: SessionState
    version: int
    began: int = 0
    again: frozenset[str] = frozenset()
    open_items: frozenset[str] = frozenset()
    answers: Mapping[tuple[str, str], tuple[Mapping[str, Given], ...]] = field(default_factory=dict)
    settled: Mapping[tuple[str, str], Entry] = field(default_factory=dict)
    decided: Mapping[str, Entry] = field(default_factory=dict)
    dissents: tuple[Entry, ...] = ()
    others: tuple[Entry, ...] = ()
    at: Mapping[SessionState, datetime] = field(default_factory=dict)
    rankings: Mapping[SessionState, int] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether nothing more happens in it."""
        return self.state in {"closed", "cancelled"}

    @property
    def revealed(self) -> bool:
        """Whether answers lie open (those of a round that runs aside)."""
        return "reveal" in self.at

    def questions(self, item: str) -> tuple[str, ...]:
        """Every question that anybody is asked of an item: does it hold first, what it removes last."""
        asked = {question for questions in self.plan.asked.values() for question in questions}
        drivers = sorted(asked - {INSIGHT, REMOVAL})
        return tuple(q for q in (INSIGHT, *drivers, REMOVAL) if q in asked)

    def last(self, item: str, question: str) -> dict[str, Given]:
        """The newest answer of each person: of the second round where they gave one, else of the first."""
        newest: dict[str, Given] = {}
        for given in self.answers.get((item, question), ()):
            newest |= given
        return newest

    def mine(self, person: str, item: str, question: str) -> Given | None:
        """This person's answer in the round that runs for the item."""
        rounds = self.answers.get((item, question), ())
        return rounds[-1].get(person) if rounds and len(rounds) == self.round_of(item) else None

    def round_of(self, item: str) -> int:
        """The round that runs, or ran last, for an item."""
        return 2 if item in self.again else 1

    def asked(self, person: str) -> tuple[tuple[str, str], ...]:
        """Every question on every item that is open to this participant now, in the plan's order."""
        questions = self.plan.questions(person)
        ordered = (INSIGHT, *(q for q in questions if q not in {INSIGHT, REMOVAL}), REMOVAL)
        return tuple(
            (item, q) for item in self.plan.items if item in self.open_items for q in ordered if q in questions
        )

    def unsettled(self) -> tuple[tuple[str, str], ...]:
        """What somebody answered and the group has not settled."""
        return tuple(
            (item, question)
            for item in self.plan.items
            for question in self.questions(item)
            if (item, question) not in self.settled
            and any(given.value is not None for given in self.last(item, question).values())
        )

    def must_be(self, *states: SessionState, to: str) -> None:
        """Refuse what does not fit the state, as a sentence."""
        if self.state not in states:
            when = f" since {self.at[self.state]:%-d %B %Y}" if self.state in self.at and self.over else ""
            raise Refused(f"The session “{self.plan.title}” {STATES[self.state]}{when}: {to}.")


@dataclass
class _Folding:
    """What is known after some entries."""

    plan: Entry
    state: SessionState = "prepare"
    version: int = 0
    began: int = 0
    again: set[str] = field(default_factory=set)
    open_items: frozenset[str] = frozenset()
    answers: dict[tuple[str, str], list[dict[str, Given]]] = field(default_factory=dict)
    settled: dict[tuple[str, str], Entry] = field(default_factory=dict)
    decided: dict[str, Entry] = field(default_factory=dict)
    dissents: dict[tuple[str, str], Entry] = field(default_factory=dict)
    others: list[Entry] = field(default_factory=list)
    at: dict[SessionState, datetime] = field(default_factory=dict)
    rankings: dict[SessionState, int] = field(default_factory=dict)

    def goes_to(self, state: SessionState, entry: Entry, ranking: int | None = None) -> None:
        self.state = state
        if state != "answer" or "answer" not in self.at:
            self.at[state] = entry.at
        if ranking is not None:
            self.rankings[state] = ranking

    def take(self, entry: Entry) -> None:
        said = entry.saying
        if isinstance(said, Answered):
            self._answered(entry, said)
        elif isinstance(said, Settled):
            self.settled[entry.opportunity, said.question] = entry
        elif isinstance(said, Decided):
            self.decided[said.item] = entry
        elif isinstance(said, Dissented):
            self.dissents[said.item, entry.person.name] = entry
        elif not self._went_on(entry):
            self.others.append(entry)

    def _went_on(self, entry: Entry) -> bool:
        """Whether the entry is one of the session as a whole."""
        said = entry.saying
        if isinstance(said, SessionPlanned):
            self.plan = entry
        elif isinstance(said, SessionOpened):
            self.goes_to("answer", entry, said.ranking)
            self.began, self.open_items = entry.seq, frozenset(_plan(self.plan).items)
        elif isinstance(said, VotedAgain):
            self.goes_to("answer", entry)
            self.again |= {*said.items}
            self.settled = {key: told for key, told in self.settled.items() if key[0] not in said.items}
            self.began, self.open_items = entry.seq, frozenset(said.items)
        elif isinstance(said, Revealed):
            self.goes_to("reveal", entry, said.ranking)
            self.open_items = frozenset()
        elif isinstance(said, Deciding):
            self.goes_to("decide", entry)
        elif isinstance(said, SessionClosed):
            self.goes_to("closed", entry, said.ranking)
        elif isinstance(said, SessionCancelled):
            self.goes_to("cancelled", entry)
        else:
            return False
        self.version = entry.seq
        return True

    def _answered(self, entry: Entry, said: Answered) -> None:
        rounds = self.answers.setdefault((said.item, said.question), [])
        while len(rounds) < (2 if said.item in self.again else 1):
            rounds.append({})
        name = entry.person.name
        rounds[-1][name] = Given(
            person=name, function=_plan(self.plan).participants.get(name, entry.person.function), value=said.value,
            words=said.words, impacts=said.impacts, at=entry.at, seq=entry.seq,
        )  # fmt: skip


def _plan(entry: Entry) -> SessionPlanned:
    said = entry.saying
    if not isinstance(said, SessionPlanned):
        raise TypeError(f"entry {entry.seq} is no plan")
    return said


def fold(id: str, entries: Sequence[Entry]) -> Session:
    """The session that these entries make, oldest first. Whose answers are among them was decided before.

    A second round opens again what was settled of its items. People speak for the function that the plan invited them
    for. What is said or withdrawn after the end changes nothing of it.

    Raises
    ------
    Refused
        When there is no such session.
    """
    entries = _until_its_end(entries)
    stands = standing(entries)
    first = next((entry for entry in stands if isinstance(entry.saying, SessionPlanned)), None)
    if first is None:
        raise Refused(f'There is no session "{id}": the page Sessions lists them.')
    of = _Folding(plan=first)
    of.at["prepare"] = first.at
    for entry in stands:
        of.take(entry)
    undone = [entry for entry in entries if isinstance(entry.saying, Withdrawn)]
    return Session(
        id=id, plan=_plan(of.plan), facilitator=first.person.name, state=of.state, version=of.version, began=of.began,
        again=frozenset(of.again), open_items=of.open_items,
        answers={key: tuple(rounds) for key, rounds in of.answers.items()}, settled=of.settled, decided=of.decided,
        dissents=tuple(of.dissents.values()), others=tuple(sorted([*of.others, *undone], key=lambda e: e.seq)),
        at=of.at, rankings=of.rankings,
    )  # fmt: skip


def _until_its_end(entries: Sequence[Entry]) -> Sequence[Entry]:
    ends = (n for n, entry in enumerate(entries, start=1) if isinstance(entry.saying, SessionClosed | SessionCancelled))
    return entries[: next(ends, len(entries))]


def middle(question: str, values: Sequence[Value]) -> Value:
    """The median of what people know; of verdicts the less sure of two middle ones; ``None`` where nobody knows.

    Examples
    --------
    >>> middle("insight", ["holds", "wrong", "holds", None]), middle("insight", ["holds", "doubtful"])
    ('holds', 'doubtful')
    >>> middle("reach", [2, 3, 3, 5]), middle("reach", [2, 3]), middle("removal", [0.2, 0.5])
    (3, 2.5, 0.35)
    """
    known = [value for value in values if value is not None]
    if not known:
        return None
    if question == INSIGHT:
        places = sorted(_VERDICTS.index(str(value)) for value in known)
        return _VERDICTS[places[(len(places) - 1) // 2]]
    found = float(median([float(value) for value in known]))
    return int(found) if question != REMOVAL and found == int(found) else round(found, 6)


def next_due(rhythm: str, closed: date) -> date | None:
    """When the next session of that rhythm would be, counted from the day on which one closed; ``None`` for ``once``.

    Examples
    --------
    >>> next_due("monthly", date(2026, 1, 31)), next_due("quarterly", date(2026, 11, 30)), next_due("once", date.max)
    (datetime.date(2026, 2, 28), datetime.date(2027, 2, 28), None)
    """
    months = {"monthly": 1, "quarterly": 3}.get(rhythm)
    if months is None:
        return None
    year, month = divmod(closed.year * 12 + closed.month - 1 + months, 12)
    after = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=closed.day - 1), after - timedelta(days=1))
