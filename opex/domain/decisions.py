"""What people say of an opportunity, as an append-only journal. Nothing is edited: it is said anew or withdrawn."""

import hashlib
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, ClassVar

from opex.domain.duels import Dueled
from opex.domain.opportunities import STATUSES, Removal
from opex.domain.people import FUNCTIONS as FUNCTIONS
from opex.domain.people import ROLES, Act
from opex.domain.people import Person as Person
from opex.domain.problems import Refused
from opex.domain.reasons import DECLINE_REASONS as DECLINE_REASONS
from opex.domain.reasons import LINK_VERDICTS as LINK_VERDICTS
from opex.domain.reasons import MOVE_REASONS as MOVE_REASONS
from opex.domain.reasons import VERDICTS as VERDICTS
from opex.domain.saying import Saying as Saying
from opex.domain.sessions import SESSION_SAYINGS, Settled
from opex.domain.theme_edits import ThemeRenamed as ThemeRenamed
from opex.domain.theme_edits import ThemesMerged as ThemesMerged
from opex.domain.theme_edits import ThemeSplit as ThemeSplit
from opex.domain.tripwires import Tripwire as Tripwire
from opex.domain.tripwires import tripwire as tripwire


def _one_of(word: str, known: Any, what: str) -> None:
    if word not in known:
        raise Refused(f'{what} is one of {", ".join(known)}; this is "{word}".')


def _said(text: str, what: str) -> None:
    if not text.strip():
        raise Refused(f"{what} cannot be empty: say why, so that a colleague understands it next year.")


@dataclass(frozen=True, kw_only=True)
class Accepted(Saying):
    """The candidate is worth ranking for good."""

    kind: ClassVar[str] = "accepted"
    needs: ClassVar[Act] = "decide"


@dataclass(frozen=True, kw_only=True)
class Declined(Saying):
    """Not now; with a reason code and, often, the tripwire that brings it back."""

    kind: ClassVar[str] = "declined"
    needs: ClassVar[Act] = "decide"
    reason: str
    words: str = ""
    more_incidents: int | None = None
    after: str | None = None
    seen: int = 0

    def __post_init__(self) -> None:
        """Refuse a reason that is not on the list."""
        _one_of(self.reason, DECLINE_REASONS, "A reason to decline")

    @property
    def tripwire(self) -> Tripwire:
        """The tripwire stated with it."""
        after = date.fromisoformat(self.after) if self.after else None
        return Tripwire(more_incidents=self.more_incidents, after=after, seen=self.seen)

    @property
    def told(self) -> str:
        """Why, and what brings it back."""
        back = f"; back: {self.tripwire.sentence}" if self.tripwire.sentence else ""
        return f"({DECLINE_REASONS[self.reason]}{back})" + (f": {self.words}" if self.words else "")


@dataclass(frozen=True, kw_only=True)
class Merged(Saying):
    """The same improvement as another one, which takes over its evidence."""

    kind: ClassVar[str] = "merged"
    needs: ClassVar[Act] = "decide"
    into: str


@dataclass(frozen=True, kw_only=True)
class Proposed(Saying):
    """An opportunity by hand; ``incidents`` are those it took along when it was split from another one."""

    kind: ClassVar[str] = "proposed"
    title: str
    action: str
    low: float
    likely: float
    high: float
    system: str | None = None
    environment: str | None = None
    incidents: tuple[str, ...] = ()
    split_from: str | None = None

    def __post_init__(self) -> None:
        """Refuse a proposal without a title or an action."""
        _said(self.title, "The title")
        _said(self.action, "The action")


@dataclass(frozen=True, kw_only=True)
class Described(Saying):
    """What to do and what it would bring: only the fields that are said change."""

    kind: ClassVar[str] = "described"
    title: str | None = None
    action: str | None = None
    low: float | None = None
    likely: float | None = None
    high: float | None = None
    effort_days: float | None = None
    owner: str | None = None
    status: str | None = None
    due: str | None = None

    def __post_init__(self) -> None:
        """Refuse an unknown status or an effort that is no positive number of days."""
        if self.status is not None:
            _one_of(self.status, STATUSES, "A status")
        if self.effort_days is not None and not 0 < self.effort_days < 100_000:
            raise Refused(f"The effort is {self.effort_days} days; it must be more than 0.")
        shares = (self.low, self.likely, self.high)
        if any(share is not None for share in shares) and None in shares:
            raise Refused("A removal is said whole: low, likely and high.")
        _ = self.removes

    @property
    def act(self) -> Act:
        """A status is a decision; the rest describes."""
        return "decide" if self.status is not None else "say"

    @property
    def removes(self) -> Removal | None:
        """The removal as said, or ``None`` when nothing was said of it."""
        if self.low is None or self.likely is None or self.high is None:
            return None
        return Removal(low=self.low, likely=self.likely, high=self.high)


@dataclass(frozen=True, kw_only=True)
class Validated(Saying):
    """Does this insight hold? Further impacts are named beside it."""

    kind: ClassVar[str] = "validated"
    verdict: str
    why: str = ""
    impacts: str = ""

    def __post_init__(self) -> None:
        """Refuse a verdict that is not on the list."""
        _one_of(self.verdict, VERDICTS, "A verdict")


@dataclass(frozen=True, kw_only=True)
class Commented(Saying):
    """A comment."""

    kind: ClassVar[str] = "commented"
    text: str

    def __post_init__(self) -> None:
        """Refuse an empty comment."""
        _said(self.text, "A comment")


@dataclass(frozen=True, kw_only=True)
class Rated(Saying):
    """A level of a rated driver's rubric."""

    kind: ClassVar[str] = "rated"
    driver: str
    level: int


@dataclass(frozen=True, kw_only=True)
class Struck(Saying):
    """An incident that is no evidence for this opportunity."""

    kind: ClassVar[str] = "struck"
    incident: str
    reason: str

    def __post_init__(self) -> None:
        """Refuse a strike without a reason."""
        _said(self.reason, "The reason of a strike")

    @property
    def told(self) -> str:
        """Which incident, and why."""
        return f"{self.incident}: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Moved(Saying):
    """A place in the agreed order, with a reason code and words.

    ``price`` is kept where the reason is about weights: what each driver's weight would have to gain or lose, as
    shares, for the score to say the same; empty where no weights do.
    """

    kind: ClassVar[str] = "moved"
    to: int
    reason: str
    words: str = ""
    price: dict[str, float] | None = None

    def __post_init__(self) -> None:
        """Refuse a place before the first, or an unknown reason."""
        _one_of(self.reason, MOVE_REASONS, "A reason to move")
        if self.to < 1:
            raise Refused(f"The first place is 1; this is {self.to}.")
        if not abs(sum((self.price or {}).values())) < 1e-6:
            raise Refused(f"A price gives to some weights what it takes from others; this one is {self.price}.")

    @property
    def told(self) -> str:
        """To which place, why, and at which price in points of weight."""
        said = f": {self.words}" if self.words else ""
        return f"to place {self.to} ({MOVE_REASONS[self.reason]}){said}{self._price_told}"

    @property
    def _price_told(self) -> str:
        if self.price is None:
            return ""
        points = [f"{name} {100 * by:+.1f}" for name, by in self.price.items()]
        return f"; its price in points of weight: {', '.join(points)}" if points else "; no weights would put it there"


@dataclass(frozen=True, kw_only=True)
class Judged(Saying):
    """Whether an incident came of a change. It is said of their link (``link_id``) and of no opportunity."""

    kind: ClassVar[str] = "judged"
    incident: str
    change: str
    verdict: str
    reason: str

    def __post_init__(self) -> None:
        """Refuse a verdict that is not on the list, or one without a reason."""
        _one_of(self.verdict, LINK_VERDICTS, "A verdict on a link")
        _said(self.reason, "The reason of a verdict")


def link_id(incident: str, change: str) -> str:
    """What the journal calls the link of an incident and a change.

    Examples
    --------
    >>> link_id("jira:7", "git:a") == link_id("jira:7", "git:a") != link_id("jira:7g", "it:a")
    True
    """
    both = f"{len(incident)}|{incident}|{change}"
    return f"link-{hashlib.blake2b(both.encode(), digest_size=8).hexdigest()}"


@dataclass(frozen=True, kw_only=True)
class Restricted(Saying):
    """Only these roles see it: an opportunity, or an incident by its id. No roles: everybody again."""

    kind: ClassVar[str] = "restricted"
    needs: ClassVar[Act] = "decide"
    roles: tuple[str, ...]
    words: str = ""

    def __post_init__(self) -> None:
        """Refuse an unknown role, and a restriction that nobody could lift."""
        for role in self.roles:
            _one_of(role, ROLES, "A role")
        if self.roles and not {"facilitator", "administrator"} & {*self.roles}:
            raise Refused("A facilitator or an administrator must be among those who see it: somebody must lift it.")

    @property
    def told(self) -> str:
        """Who sees it, and why."""
        said = f" ({self.words})" if self.words else ""
        return (f"seen by {', '.join(self.roles)} only" if self.roles else "seen by everybody") + said


@dataclass(frozen=True, kw_only=True)
class Withdrawn(Saying):
    """An earlier entry, by its sequence number, is taken back."""

    kind: ClassVar[str] = "withdrawn"
    seq: int


_EVERY: tuple[type[Saying], ...] = (
    Accepted, Declined, Merged, Proposed, Described, Validated, Commented, Rated, Struck, Moved, Judged,
    ThemeRenamed, ThemesMerged, ThemeSplit, Dueled, Withdrawn, Restricted, Settled, *SESSION_SAYINGS,
)  # fmt: skip
KINDS = {kind.kind: kind for kind in _EVERY}
OF_SESSIONS = tuple(kind.kind for kind in _EVERY if kind.of_session)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One row of the journal: who said what of which opportunity, and when."""

    seq: int
    request_id: str
    at: datetime
    person: Person
    opportunity: str
    saying: Saying
    session: str | None = None


def saying_from(kind: str, body: dict[str, Any]) -> Saying:
    """The saying that a row of the journal holds; fields that a later version added are passed over."""
    known = {field.name for field in fields(KINDS[kind])}
    plain = {k: tuple(v) if isinstance(v, list) else v for k, v in body.items() if k in known}
    return KINDS[kind](**plain)
