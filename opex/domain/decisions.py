"""What people say of an opportunity, as an append-only journal. Nothing is edited: it is said anew or withdrawn."""

import hashlib
import re
from calendar import monthrange
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from opex.domain.duels import Dueled
from opex.domain.opportunities import STATUSES, Removal
from opex.domain.problems import Refused
from opex.domain.saying import Saying as Saying

FUNCTIONS = ("business", "product", "engineering", "operations", "security", "leadership")
DECLINE_REASONS = {
    "duplicate": "the same as another opportunity",
    "not_ours": "another team's to solve",
    "already_planned": "already planned elsewhere",
    "accepted_risk": "known, and we live with it",
    "too_small": "not worth the work",
    "cannot_act": "nothing that we can do",
    "data_wrong": "the data behind it is wrong",
    "other": "another reason",
}
MOVE_REASONS = {
    "weights": "the weights do not say what matters here",
    "evidence": "the evidence misses something",
    "dependency": "another item needs it first",
    "commitment": "promised to somebody",
    "urgency": "a date stands behind it",
    "effort": "the cost changes its place",
    "other": "another reason",
}
VERDICTS = {"holds": "the insight holds", "doubtful": "doubtful", "wrong": "the insight is wrong"}
LINK_VERDICTS = {"holds": "the incident came of this change", "rejected": "the incident did not come of this change"}


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who speaks: a name, and the function for which they speak."""

    name: str
    function: str

    def __post_init__(self) -> None:
        """Refuse a person without a name or of an unknown function."""
        if not self.name.strip() or len(self.name) > 80:
            raise Refused("Say who you are: a name of 1 to 80 characters.")
        if any(letter == "\x00" or "\ud800" <= letter <= "\udfff" for letter in self.name):
            raise Refused("A name holds a NUL or half a character, which no database keeps.")
        if self.function not in FUNCTIONS:
            raise Refused(f'A function is one of {", ".join(FUNCTIONS)}; this is "{self.function}".')


@dataclass(frozen=True, kw_only=True)
class Tripwire:
    """What would bring a declined opportunity back: so many more incidents, or a day.

    ``seen`` is the number of incidents behind it when the tripwire was stated.
    """

    more_incidents: int | None = None
    after: date | None = None
    seen: int = 0

    def fires(self, *, incidents: int, as_of: datetime) -> bool:
        """Whether it is time to look again."""
        if self.more_incidents is not None and incidents >= self.seen + self.more_incidents:
            return True
        return self.after is not None and as_of.astimezone(UTC).date() > self.after

    @property
    def sentence(self) -> str:
        """The tripwire in words, empty when there is none."""
        if self.more_incidents is not None:
            return f"{self.more_incidents} more incidents than the {self.seen} of that day"
        return f"after {self.after:%-d %B %Y}" if self.after else ""


_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)


def tripwire(text: str, *, seen: int, as_of: datetime) -> Tripwire:
    """Read a tripwire as a person states it: ``three more incidents``, ``after June``, ``after 2027-01-31``.

    A month without a year is the next one that ends after ``as_of``.

    Raises
    ------
    Refused
        When it is none of these.

    Examples
    --------
    >>> tripwire("three more incidents", seen=4, as_of=datetime(2026, 3, 1, tzinfo=UTC)).sentence
    '3 more incidents than the 4 of that day'
    >>> tripwire("after June", seen=4, as_of=datetime(2026, 7, 2, tzinfo=UTC)).after
    datetime.date(2027, 6, 30)
    """
    words = text.strip().casefold()
    if found := re.fullmatch(r"(\w+) more incidents?", words):
        digits = found[1] if found[1].isdecimal() and len(found[1]) < 7 else "0"
        count = _NUMBERS.index(found[1]) if found[1] in _NUMBERS else int(digits)
        if count > 0:
            return Tripwire(more_incidents=count, seen=seen)
    if found := re.fullmatch(r"after (\d{4}-\d{2}-\d{2})", words):
        with suppress(ValueError):
            return Tripwire(after=date.fromisoformat(found[1]), seen=seen)
    if (found := re.fullmatch(r"after ([a-z]+)(?: (\d{4}))?", words)) and found[1] in _MONTHS:
        with suppress(ValueError):  # a year that no calendar has
            return Tripwire(after=_month_end(_MONTHS.index(found[1]) + 1, found[2], as_of), seen=seen)
    raise Refused(
        f'The tripwire "{text}" is not understood; say "three more incidents", "after June" or "after 2027-01-31".'
    )


def _month_end(month: int, year: str | None, as_of: datetime) -> date:
    years = [int(year)] if year else [as_of.year, as_of.year + 1]
    ends = [date(y, month, monthrange(y, month)[1]) for y in years]
    return next((end for end in ends if end >= as_of.date()), ends[-1])


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


@dataclass(frozen=True, kw_only=True)
class Declined(Saying):
    """Not now; with a reason code and, often, the tripwire that brings it back."""

    kind: ClassVar[str] = "declined"
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


@dataclass(frozen=True, kw_only=True)
class Merged(Saying):
    """The same improvement as another one, which takes over its evidence."""

    kind: ClassVar[str] = "merged"
    into: str


@dataclass(frozen=True, kw_only=True)
class Proposed(Saying):
    """An opportunity by hand."""

    kind: ClassVar[str] = "proposed"
    title: str
    action: str
    low: float
    likely: float
    high: float
    system: str | None = None
    environment: str | None = None

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
class ThemeRenamed(Saying):
    """A name for a theme; empty: the finder's own name again."""

    kind: ClassVar[str] = "theme_renamed"
    name: str

    def __post_init__(self) -> None:
        """Refuse a name that fits no line."""
        if len(self.name) > 90:
            raise Refused(f"A theme's name has at most 90 characters; this one has {len(self.name)}.")


@dataclass(frozen=True, kw_only=True)
class ThemesMerged(Saying):
    """This theme and another one are one, under this one's identity.

    The anchors are incidents that each had then: by them both are known again, however incidents are grouped later.
    """

    kind: ClassVar[str] = "themes_merged"
    other: str
    anchors: tuple[str, ...]
    other_anchors: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a merge of nothing."""
        if not self.anchors or not self.other_anchors:
            raise Refused("A merge of themes names incidents of both.")

    @property
    def told(self) -> str:
        """Which other theme."""
        return f"with {self.other} ({len(self.other_anchors)} incidents then)"


@dataclass(frozen=True, kw_only=True)
class ThemeSplit(Saying):
    """Some incidents of this theme are another theme; ``stays`` are those that were left to it then."""

    kind: ClassVar[str] = "theme_split"
    incidents: tuple[str, ...]
    stays: tuple[str, ...]
    name: str = ""

    def __post_init__(self) -> None:
        """Refuse parts that cannot recur."""
        if len(self.incidents) < 2:
            raise Refused("One incident is no theme: select at least two to split off, or strike the one.")
        if len(self.stays) < 2:
            raise Refused("At least two incidents must stay in the theme.")
        if len(self.name) > 90:
            raise Refused(f"A theme's name has at most 90 characters; this one has {len(self.name)}.")

    @property
    def told(self) -> str:
        """How many incidents, and their name."""
        return f"{len(self.incidents)} incidents split off" + (f" as “{self.name}”" if self.name else "")


@dataclass(frozen=True, kw_only=True)
class Withdrawn(Saying):
    """An earlier entry, by its sequence number, is taken back."""

    kind: ClassVar[str] = "withdrawn"
    seq: int


KINDS: dict[str, type[Saying]] = {
    c.kind: c
    for c in (
        Accepted, Declined, Merged, Proposed, Described, Validated, Commented, Rated, Struck, Moved, Judged,
        ThemeRenamed, ThemesMerged, ThemeSplit, Dueled, Withdrawn,
    )
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One row of the journal: who said what of which opportunity, and when."""

    seq: int
    request_id: str
    at: datetime
    person: Person
    opportunity: str
    saying: Saying


def saying_from(kind: str, body: dict[str, Any]) -> Saying:
    """The saying that a row of the journal holds; fields that a later version added are passed over."""
    known = {field.name for field in fields(KINDS[kind])}
    plain = {k: tuple(v) if isinstance(v, list) else v for k, v in body.items() if k in known}
    return KINDS[kind](**plain)
