"""A review session: what is asked of whom, what each said blind, what the group settled and decided. Never edited.

The states are prepare, answer, reveal, decide, closed (or cancelled); `opex.review.sessions` folds a session's entries.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from opex.domain.opportunities import Removal
from opex.domain.people import FUNCTIONS, Act
from opex.domain.problems import Refused
from opex.domain.reasons import DECLINE_REASONS, VERDICTS
from opex.domain.saying import Saying

INSIGHT, REMOVAL = "insight", "removal"
Value = str | int | float | None
"""A verdict, a level of a rubric, a share that an action removes; ``None`` for "don't know"."""
RHYTHMS = {"once": "once", "monthly": "every month", "quarterly": "every quarter"}
OUTCOMES = {
    "accept": "accepted",
    "defer": "deferred",
    "decline": "declined",
    "merge": "merged",
    "split": "split",
}
MOST_ITEMS = 200
MOST_WORDS = 4000


def subject(session: str, *of: str) -> str:
    """What the journal calls a thing within a session: an item, a question on an item.

    Examples
    --------
    >>> subject("s-1"), subject("s-1", "theme-a", "insight")
    ('s-1', 's-1:theme-a:insight')
    """
    return ":".join((session, *of))


def _day(text: str, what: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise Refused(f'{what} is a day such as 2026-12-24; this is "{text}".') from None


def _words(text: str) -> None:
    if len(text) > MOST_WORDS:
        raise Refused(f"Words have at most {MOST_WORDS:,} characters; these have {len(text):,}.")


@dataclass(frozen=True, kw_only=True)
class SessionPlanned(Saying):
    """What a session is about; said whole at each change of the plan.

    ``asked`` says for each function which questions it gets: ``insight``, ``removal``, or a rated driver's name.
    ``cut`` is the place above which an item is within reach (the cut line), ``participants`` are names and functions.
    """

    kind: ClassVar[str] = "session_planned"
    needs: ClassVar[Act] = "decide"
    of_session: ClassVar[bool] = True
    title: str
    items: tuple[str, ...]
    cut: int
    asked: dict[str, list[str]]
    participants: dict[str, str]
    due: str | None = None
    rhythm: str = "once"
    follows: str | None = None
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse a plan that asks nobody, nothing, or about nothing."""
        if not self.title.strip() or len(self.title) > 200:
            raise Refused("Give the session a title of 1 to 200 characters.")
        if not self.items:
            raise Refused("Choose at least one opportunity: a session about nothing has nothing to settle.")
        if len(self.items) > MOST_ITEMS:
            raise Refused(f"A session has at most {MOST_ITEMS} opportunities; these are {len(self.items)}.")
        if self.cut < 1:
            raise Refused(f"The cut line lies below place 1 or a later one; this is {self.cut}.")
        if self.rhythm not in RHYTHMS:
            raise Refused(f'A rhythm is one of {", ".join(RHYTHMS)}; this is "{self.rhythm}".')
        if self.due is not None:
            _day(self.due, "The day until which people answer")
        _words(self.note)
        self._refuse_unasked()

    def _refuse_unasked(self) -> None:
        if not self.participants:
            raise Refused("Invite at least one person: a session needs somebody to ask.")
        for function in {*self.asked, *self.participants.values()}:
            if function not in FUNCTIONS:
                raise Refused(f'A function is one of {", ".join(FUNCTIONS)}; this is "{function}".')
        silent = sorted({function for function in self.participants.values() if not self.asked.get(function)})
        if silent:
            raise Refused(f"Somebody of {', '.join(silent)} is invited and asked nothing: choose what to ask them.")

    def questions(self, person: str) -> tuple[str, ...]:
        """What this participant is asked of each item; nothing of somebody who takes no part."""
        return tuple(self.asked.get(self.participants.get(person, ""), ()))

    @property
    def told(self) -> str:
        """The plan in a line."""
        items = "1 opportunity" if len(self.items) == 1 else f"{len(self.items)} opportunities"
        people = "1 person" if len(self.participants) == 1 else f"{len(self.participants)} people"
        return f"{self.title}: {items}, {people}, cut at {self.cut}"


@dataclass(frozen=True, kw_only=True)
class SessionOpened(Saying):
    """People answer now, blind. ``ranking`` is the number of the ranking that was kept then."""

    kind: ClassVar[str] = "session_opened"
    needs: ClassVar[Act] = "decide"
    of_session: ClassVar[bool] = True
    ranking: int | None = None


@dataclass(frozen=True, kw_only=True)
class Answered(Saying):
    """One person's answer to one question on one item: nobody else sees it before the reveal.

    ``seal`` is a random word, so that the digest in the audit log tells nobody what was answered.
    """

    kind: ClassVar[str] = "answered"
    of_session: ClassVar[bool] = True
    own: ClassVar[bool] = True
    sealed: ClassVar[bool] = True
    item: str
    question: str
    value: Value = None
    words: str = ""
    impacts: str = ""
    seal: str = ""

    def __post_init__(self) -> None:
        """Refuse a value that the question does not have, and too many words."""
        _words(self.words)
        _words(self.impacts)
        refuse_value(self.question, self.value)

    @property
    def told(self) -> str:
        """The answer in words."""
        said = "don't know" if self.value is None else worded(self.question, self.value)
        return said + (f" “{self.words}”" if self.words else "")


def refuse_value(question: str, value: Value) -> None:
    """Refuse a value that a question of that kind does not have; "don't know" always is one."""
    if value is None:
        return
    if question == INSIGHT:
        if value not in VERDICTS:
            raise Refused(f'A verdict is one of {", ".join(VERDICTS)}; this is "{value}".')
    elif question == REMOVAL:
        if isinstance(value, str) or not 0 <= value <= 1:
            raise Refused(f"The action removes a share from 0 to 1; this is {value}.")
    elif isinstance(value, str):
        raise Refused(f'A rating is a level of the rubric; this is "{value}".')


def worded(question: str, value: Value) -> str:
    """A value in words.

    Examples
    --------
    >>> worded("insight", "holds"), worded("removal", 0.4), worded("reach", 3), worded("reach", None)
    ('the insight holds', 'removes 40 %', 'level 3', "don't know")
    """
    if value is None:
        return "don't know"
    if question == INSIGHT:
        return VERDICTS.get(str(value), str(value))
    return f"removes {100 * float(value):.0f} %" if question == REMOVAL else f"level {value}"


@dataclass(frozen=True, kw_only=True)
class Revealed(Saying):
    """The answers that were given until now lie open."""

    kind: ClassVar[str] = "revealed"
    needs: ClassVar[Act] = "decide"
    of_session: ClassVar[bool] = True
    ranking: int | None = None


@dataclass(frozen=True, kw_only=True)
class VotedAgain(Saying):
    """These items are answered once more, blind; what was said first is kept."""

    kind: ClassVar[str] = "voted_again"
    needs: ClassVar[Act] = "decide"
    of_session: ClassVar[bool] = True
    items: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a second round on nothing."""
        if not self.items:
            raise Refused("Choose at least one item for the second round.")


@dataclass(frozen=True, kw_only=True)
class Settled(Saying):
    """The group's own answer to a question on an item; it moves the ranking. Said of the opportunity.

    ``given`` are the answers of the last round by person, ``functions`` for which each spoke; ``how`` is ``median``
    where their median counts, else ``discussed``, with words.
    """

    kind: ClassVar[str] = "settled"
    needs: ClassVar[Act] = "decide"
    question: str
    value: Value
    given: dict[str, Value] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    how: str = "median"
    words: str = ""

    def __post_init__(self) -> None:
        """Refuse a settlement without a value, or one against the median without words."""
        refuse_value(self.question, self.value)
        _words(self.words)
        if self.value is None:
            raise Refused("A question is settled with a value: where nobody knows, leave it open.")
        if self.how not in {"median", "discussed"}:
            raise Refused(f'A question is settled at the median or discussed; this is "{self.how}".')
        if self.how == "discussed" and not self.words.strip():
            raise Refused("Say what the group settled on, and why, when it is not the median.")

    @property
    def removes(self) -> Removal | None:
        """What the action removes, from the lowest to the highest that anybody said; ``None`` for other questions."""
        if self.question != REMOVAL or not isinstance(self.value, int | float):
            return None
        given = [float(v) for v in self.given.values() if isinstance(v, int | float)]
        likely = float(self.value)
        return Removal(low=min([likely, *given]), likely=likely, high=max([likely, *given]))

    @property
    def agreed(self) -> str:
        """On what it was settled, and how."""
        said = f": {self.words}" if self.words else ""
        return f"{worded(self.question, self.value)} ({self.how} of {len(self.given)}){said}"

    @property
    def told(self) -> str:
        """What was settled, and how."""
        return f"{self.question}: {self.agreed}"


@dataclass(frozen=True, kw_only=True)
class Deciding(Saying):
    """The group goes on from what it thinks to what it does."""

    kind: ClassVar[str] = "deciding"
    needs: ClassVar[Act] = "decide"
    of_session: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class Decided(Saying):
    """What the group decided about an item: the promise that the next session asks after."""

    kind: ClassVar[str] = "decided"
    needs: ClassVar[Act] = "decide"
    of_session: ClassVar[bool] = True
    item: str
    outcome: str
    owner: str = ""
    course: str = ""
    due: str | None = None
    impacts: str = ""
    words: str = ""
    reason: str | None = None
    until: str | None = None
    into: str | None = None
    part: str | None = None

    def __post_init__(self) -> None:
        """Refuse a decision that nobody could keep."""
        if self.outcome not in OUTCOMES:
            raise Refused(f'A decision is one of {", ".join(OUTCOMES)}; this is "{self.outcome}".')
        for text in (self.owner, self.course, self.impacts, self.words):
            _words(text)
        if self.due is not None:
            _day(self.due, "The day on which it is due")
        if self.outcome == "accept" and not self.owner.strip():
            raise Refused("Say who owns it: what nobody owns is not done.")
        if self.outcome == "decline" and not self.reason:
            raise Refused("Choose why it is declined: whoever raised it will ask.")
        if self.outcome == "decline" and self.reason not in DECLINE_REASONS:
            raise Refused(f"A reason to decline is one of {', '.join(DECLINE_REASONS)}.")
        if self.outcome == "decline" and not (self.until or "").strip():
            raise Refused('Say what would bring it back, such as "three more incidents" or "after June".')
        if self.outcome == "merge" and not self.into:
            raise Refused("Say into which other opportunity it is merged.")
        if self.outcome == "split" and not (self.part or "").strip():
            raise Refused("Say what the part that is split off is called.")

    @property
    def told(self) -> str:
        """The decision in a line."""
        parts = [OUTCOMES[self.outcome]]
        parts += [f"by {self.owner}"] if self.owner else []
        parts += [f"until {self.due}"] if self.due else []
        parts += [f"({DECLINE_REASONS[self.reason]}; back: {self.until})"] if self.reason else []
        return " ".join(parts) + (f": {self.course or self.words}" if self.course or self.words else "")


@dataclass(frozen=True, kw_only=True)
class Dissented(Saying):
    """A person does not agree with what the group decided about an item; the minutes say so."""

    kind: ClassVar[str] = "dissented"
    of_session: ClassVar[bool] = True
    own: ClassVar[bool] = True
    item: str
    words: str

    def __post_init__(self) -> None:
        """Refuse a dissent without a reason."""
        _words(self.words)
        if not self.words.strip():
            raise Refused("Say why you see it differently: the minutes keep your words.")

    @property
    def told(self) -> str:
        """The words."""
        return self.words


@dataclass(frozen=True, kw_only=True)
class SessionClosed(Saying):
    """The session is over, and the minutes stand."""

    kind: ClassVar[str] = "session_closed"
    needs: ClassVar[Act] = "decide"
    of_session: ClassVar[bool] = True
    ranking: int | None = None


@dataclass(frozen=True, kw_only=True)
class SessionCancelled(Saying):
    """The session does not take place; what was said in it is kept."""

    kind: ClassVar[str] = "session_cancelled"
    needs: ClassVar[Act] = "decide"
    of_session: ClassVar[bool] = True
    words: str = ""


SESSION_SAYINGS: tuple[type[Saying], ...] = (
    SessionPlanned, SessionOpened, Answered, Revealed, VotedAgain, Deciding, Decided, Dissented, SessionClosed,
    SessionCancelled,
)  # fmt: skip
