"""The minutes of a review session: everything that they say, as plain data. Made from what happened, never typed."""

from dataclasses import dataclass
from datetime import datetime

from opex.domain.noted import Anchor
from opex.domain.people import FUNCTIONS
from opex.domain.sessions import OUTCOMES, Value

EVERYBODY = ""
"""In place of a function: all who answered."""


@dataclass(frozen=True, kw_only=True)
class Attendant:
    """Who was asked, for which function, and how many of their questions they answered; never what they said."""

    name: str
    function: str
    answered: int
    asked: int

    def __post_init__(self) -> None:
        """Refuse more answers than questions."""
        if not 0 <= self.answered <= self.asked:
            raise ValueError(f"{self.name} answered {self.answered} of {self.asked} questions")


@dataclass(frozen=True, kw_only=True)
class Agreed:
    """How far people agreed on a question beyond chance, with its 95 % interval; ``lacks`` says why it is not told."""

    question: str
    function: str
    people: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    lacks: str = ""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How often each value was given, by one function or by everybody; the values in their order."""

    function: str
    counts: tuple[tuple[Value, int], ...]

    def __post_init__(self) -> None:
        """Refuse a function that nobody has."""
        if self.function not in (EVERYBODY, *FUNCTIONS):
            raise ValueError(f"{self.function!r} is no function")

    @property
    def answers(self) -> int:
        """How many answered, "don't know" among them."""
        return sum(count for _, count in self.counts)


@dataclass(frozen=True, kw_only=True)
class Round:
    """One round of answers to one question: everybody's spread first, then that of each function."""

    number: int
    spreads: tuple[Spread, ...]
    median: Value = None
    low: Value = None
    high: Value = None


@dataclass(frozen=True, kw_only=True)
class QuestionMinutes:
    """One question on one item: its rounds, the last one last, and what the group settled on, if it did."""

    question: str
    title: str
    rounds: tuple[Round, ...] = ()
    settled: Value = None
    how: str = ""
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Remark:
    """What somebody said in their own words, and what else they see at stake."""

    person: str
    function: str
    text: str
    impacts: str = ""


@dataclass(frozen=True, kw_only=True)
class StrikeMinutes:
    """An incident that was struck from the evidence."""

    incident: str
    title: str
    person: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class MoveMinutes:
    """A place that somebody gave an item: why, and the price in words where the reason was about weights."""

    to: int
    person: str
    reason: str
    words: str = ""
    price: str = ""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What the group decided about an item, and who wrote it down."""

    outcome: str
    person: str
    owner: str = ""
    course: str = ""
    due: str = ""
    impacts: str = ""
    words: str = ""
    reason: str = ""
    until: str = ""
    into: str = ""
    part: str = ""

    def __post_init__(self) -> None:
        """Refuse an outcome that sessions do not have."""
        if self.outcome not in OUTCOMES:
            raise ValueError(f"{self.outcome!r} is no outcome of a decision")


@dataclass(frozen=True, kw_only=True)
class IncidentLine:
    """An incident behind an item: its id and title, and the hours lost where they are known."""

    id: str
    title: str
    hours: float | None = None


@dataclass(frozen=True, kw_only=True)
class ItemMinutes:
    """One opportunity of the session: where it stood before and after, what was asked, said and decided.

    Places are ``None`` where it did not stand in the ranking. ``hours_low`` to ``hours_high`` is what the action would
    bring back in a year; ``None`` where no incident stands behind it. ``incidents`` are the first few of ``evidence``.
    """

    id: str
    title: str
    action: str = ""
    why: str = ""
    system: str = ""
    place_before: int | None = None
    place_after: int | None = None
    computed_after: int | None = None
    effort_days: float | None = None
    hours_low: float | None = None
    hours_high: float | None = None
    incidents: tuple[IncidentLine, ...] = ()
    evidence: int = 0
    questions: tuple[QuestionMinutes, ...] = ()
    remarks: tuple[Remark, ...] = ()
    strikes: tuple[StrikeMinutes, ...] = ()
    moves: tuple[MoveMinutes, ...] = ()
    decision: Decision | None = None
    dissent: tuple[Remark, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place in the order and who held it; ``was`` is their place before, ``None`` where they had none."""

    place: int
    title: str
    was: int | None = None


@dataclass(frozen=True, kw_only=True)
class PromiseMinutes:
    """What an earlier session promised, and what came of it."""

    title: str
    outcome: str
    owner: str = ""
    course: str = ""
    due: str = ""
    became: str = ""
    session: str = ""


@dataclass(frozen=True, kw_only=True)
class Minutes:
    """The minutes of one session.

    ``before`` and ``after`` are the agreed order as kept at the opening and at the close (as it stands, before the
    close): down to the cut line, and the session's items wherever they stand. ``restricted`` counts the items that the
    reader may not see; they are left out. ``audit`` is the number and the hash of the audit log's newest entry: with it
    kept outside, a log whose end was cut off or rewritten is found out.

    Before the reveal nobody may know what anybody answered: minutes that would tell cannot be made.
    """

    session: str
    title: str
    state: str
    facilitator: str
    cut: int
    workspace: str = ""
    drivers: str = ""
    note: str = ""
    due: str = ""
    opened_at: datetime | None = None
    revealed_at: datetime | None = None
    closed_at: datetime | None = None
    participants: tuple[Attendant, ...] = ()
    agreement: tuple[Agreed, ...] = ()
    items: tuple[ItemMinutes, ...] = ()
    before: tuple[Place, ...] = ()
    after: tuple[Place, ...] = ()
    promises: tuple[PromiseMinutes, ...] = ()
    restricted: int = 0
    audit: Anchor | None = None

    def __post_init__(self) -> None:
        """Refuse minutes that tell before the reveal what people answered."""
        told = any(question.rounds for item in self.items for question in item.questions)
        if self.revealed_at is None and (told or self.agreement):
            raise ValueError(f"the answers of session {self.session} were not revealed, and these minutes tell them")

    @property
    def decided(self) -> tuple[ItemMinutes, ...]:
        """The items about which something was decided, in the session's order."""
        return tuple(item for item in self.items if item.decision is not None)
