"""A ranking as it was kept, with all that its scores are made of: they can be computed again for any mix of causes."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from opex.domain.drivers import DriverSet
from opex.domain.opportunities import Removal
from opex.domain.problems import Refused

MOST_NOTE = 200
TRIAL = "opex rank, a trial"
"""The occasion of a ranking under other drivers or as of another instant than those in force."""


class EvidenceRow(NamedTuple):
    """One incident behind one item, before anybody struck it; ``item`` is the item's position in the ranking."""

    item: int
    id: str
    started_at: datetime
    hours: float | None
    severity: int | None
    systems: float


class Figure(NamedTuple):
    """What was known of a system as a whole, with its interval; no environment: it holds for all of them."""

    system: str
    environment: str | None
    value: float
    low: float | None
    high: float | None


class Effect(NamedTuple):
    """What a finder said of an item: the effect in its unit, and its interval."""

    finder: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class KeptItem:
    """One item in its place: what it was, and what people had said of it.

    ``ratings`` are levels by driver and person, ``verdicts`` by person, ``strikes`` the incidents struck from it.
    """

    id: str
    title: str
    status: str
    rank: int
    computed_rank: int
    score: float
    removes: Removal
    system: str | None = None
    environment: str | None = None
    effort_days: float | None = None
    by_hand: bool = False
    ratings: dict[str, dict[str, int]] = field(default_factory=dict)
    verdicts: dict[str, str] = field(default_factory=dict)
    strikes: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Kept:
    """When a ranking was kept, by whom and at what occasion. ``id`` is ``None`` for one that is not kept (yet)."""

    at: datetime
    as_of: datetime
    drivers: DriverSet
    id: int | None = None
    person: str = ""
    occasion: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse a note that fits no line."""
        if len(self.note) > MOST_NOTE:
            raise Refused(f"A note has at most {MOST_NOTE} characters; this one has {len(self.note)}.")


@dataclass(frozen=True, kw_only=True)
class KeptRanking(Kept):
    """A ranking with everything in it.

    Attributes
    ----------
    items
        Those that stood in the ranking, by rank.
    moves
        The adjustments that held, oldest first: an item's id and the place it was given.
    evidence
        The incidents behind each item, of all years, those struck among them.
    figures
        By measure, what was known of systems: of the measures that the drivers used.
    out
        The opportunities that stood outside: id to declined, merged or done.
    """

    items: tuple[KeptItem, ...]
    moves: tuple[tuple[str, int], ...] = ()
    evidence: tuple[EvidenceRow, ...] = ()
    figures: dict[str, tuple[Figure, ...]] = field(default_factory=dict)
    out: dict[str, str] = field(default_factory=dict)
