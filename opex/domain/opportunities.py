"""Candidates that finders propose, and opportunities: improvements with an action, not problems."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal

from opex.domain.problems import Refused

Status = Literal["unreviewed", "accepted", "declined", "merged", "planned", "done"]
STATUSES: tuple[Status, ...] = ("unreviewed", "accepted", "declined", "merged", "planned", "done")
EFFORT_SIZES: dict[str, float] = {"S": 5, "M": 20, "L": 60, "XL": 120}


@dataclass(frozen=True, kw_only=True)
class Removal:
    """The share of its pain that an action removes: low, likely and high, each 0 to 1."""

    low: float
    likely: float
    high: float

    def __post_init__(self) -> None:
        """Refuse shares that are none, or that stand in the wrong order."""
        if not 0 <= self.low <= self.likely <= self.high <= 1:
            raise Refused(
                f"A removal is low <= likely <= high, each 0 to 1; this is {self.low}, {self.likely}, {self.high}."
            )


@dataclass(frozen=True, kw_only=True)
class Reason:
    """What one finder says for a candidate: the effect in its unit with an interval, and a sentence."""

    finder: str
    why: str
    falsifier: str
    effect: float
    low: float
    high: float
    unit: str
    incidents: int


@dataclass(frozen=True, kw_only=True)
class Theme:
    """What is told of a recurring theme beside its incidents.

    ``typical`` are its most typical incidents, the best first; ``odd`` those that read least like the others, the
    oddest first; ``known_by`` the incidents by which a later find knows it again, where people corrected the theme
    (empty: all of them); ``story`` what befell it as data grew, the oldest first.
    """

    words: tuple[str, ...] = ()
    typical: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()
    known_by: tuple[str, ...] = ()
    story: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What finders propose: an identity that lasts, a name, the evidence and the reasons (the lead's first)."""

    id: str
    key: str
    title: str
    action: str
    removes: Removal
    system: str | None
    environment: str | None
    category: str | None
    incidents: tuple[str, ...]
    changes: tuple[str, ...]
    reasons: tuple[Reason, ...]
    metric: str | None = None
    theme: Theme | None = None

    @property
    def lead(self) -> Reason:
        """The reason that the candidate is named after."""
        return self.reasons[0]

    @property
    def finders(self) -> tuple[str, ...]:
        """The finders that speak for it, the lead first."""
        return tuple(dict.fromkeys(reason.finder for reason in self.reasons))


@dataclass(frozen=True, kw_only=True)
class Strike:
    """An incident that is no evidence for an opportunity, who said so and why."""

    incident: str
    reason: str
    person: str
    seq: int


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One reviewer's word on an insight: holds, doubtful or wrong."""

    person: str
    function: str
    verdict: str
    why: str
    impacts: str
    at: datetime
    seq: int


@dataclass(frozen=True, kw_only=True)
class Comment:
    """What somebody said about an opportunity."""

    person: str
    text: str
    at: datetime
    seq: int


@dataclass(frozen=True, kw_only=True)
class Opportunity:
    """An improvement: an action that removes a share of a pain; with what people decided and said.

    ``removes_assumed`` is true while the removal is the finder's stated default and nobody's judgement.
    ``seen_by`` are the roles that see it, all where it is empty.
    ``version`` is the sequence number of the last thing said about it: a page carries the one it showed.
    """

    id: str
    title: str
    action: str
    removes: Removal
    removes_assumed: bool = True
    status: Status = "unreviewed"
    system: str | None = None
    environment: str | None = None
    category: str | None = None
    effort_days: float | None = None
    owner: str = ""
    by_hand: bool = False
    candidate: Candidate | None = None
    merged_into: str | None = None
    merged_from: tuple[str, ...] = ()
    declined_for: str = ""
    tripwire: str = ""
    returned: str = ""
    incidents: tuple[str, ...] = ()
    strikes: tuple[Strike, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    comments: tuple[Comment, ...] = ()
    ratings: dict[str, dict[str, int]] = field(default_factory=dict)
    due: str = ""
    seen_by: tuple[str, ...] = ()
    version: int = 0

    @cached_property
    def evidence(self) -> tuple[str, ...]:
        """The ids of the incidents behind it that nobody struck."""
        struck = {strike.incident for strike in self.strikes}
        return tuple(incident for incident in self.incidents if incident not in struck)

    @property
    def open(self) -> bool:
        """Whether it stands in the ranking."""
        return self.status in {"unreviewed", "accepted", "planned"}
