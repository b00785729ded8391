"""The answer: opportunities in their agreed order, each with what its place is made of."""

from dataclasses import dataclass, field
from datetime import datetime

from opex.domain.drivers import DriverSet
from opex.domain.formulas import Figure
from opex.domain.opportunities import Opportunity


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What stands behind an opportunity in the year before as-of, strikes left out.

    ``hours_lost`` counts each incident once; ``hours_low`` to ``hours_high`` is what the action would bring back
    in a year (hours lost times the removal's low and high). ``lasting_hours_unknown`` counts the incidents that
    are over without anybody knowing when.
    """

    incidents: int
    incidents_all_time: int
    changes: int
    hours_lost: float
    hours_low: float
    hours_likely: float
    hours_high: float
    lasting_hours_unknown: int = 0
    shared_with_higher: int = 0


@dataclass(frozen=True, kw_only=True)
class Move:
    """An adjustment that holds: the place somebody gave it, why, and the journal's entry to withdraw."""

    to: int
    reason: str
    words: str
    person: str
    seq: int


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """How sure a computed place is, of plausible weightings and of what the evidence leaves open.

    In nine of ten draws the item stands from ``rank_low`` to ``rank_high``; ``p_top`` is the share of the draws in
    which it is among the first 1, 3 or 10; ``group`` are the items, itself among them, that cannot be told apart: each
    is ordered with the group's first the same way in fewer than nine of ten draws.
    """

    rank_low: int
    rank_high: int
    p_top: dict[int, float]
    group: tuple[str, ...]

    @property
    def tied(self) -> int:
        """With how many others it is tied."""
        return len(self.group) - 1

    @property
    def sentence(self) -> str:
        """The doubt in words."""
        places = f"{self.rank_low} to {self.rank_high}" if self.rank_low < self.rank_high else f"{self.rank_low}"
        top = ", ".join(
            f"{'first' if k == 1 else f'among the first {k}'} in {share_told(share)}" for k, share in self.p_top.items()
        )
        tied = f" It is tied with {self.tied} other{'s' if self.tied > 1 else ''}." if self.tied else ""
        return f"In nine of ten draws it stands at place {places}; of all draws it is {top}.{tied}"


def share_told(share: float) -> str:
    """A share in percent; never 0 or 100 % where it is not."""
    if 0 < share < 0.005:
        return "under 1 %"
    return "over 99 %" if 0.995 <= share < 1 else f"{100 * share:.0f} %"


@dataclass(frozen=True, kw_only=True)
class Draws:
    """How doubt was drawn: how often, from which seed, how firmly the weights were held.

    ``replicates`` of the evidence were drawn; each serves as many draws as any other.
    """

    draws: int
    seed: int
    concentration: float
    replicates: int


@dataclass(frozen=True, kw_only=True)
class Priority:
    """One opportunity in its place.

    ``computed_rank`` comes from the score alone, ``rank`` from the computed order and the adjustments. Contributions
    add up to the score; ``values`` are raw, in each driver's unit, ``None`` where nothing is known (the driver
    then counts at the middle of its scale); ``ranges`` are their 95 % intervals, ``None`` where there is none.
    ``enough_rated`` is false below half of the weight: such an item
    stands below all others. ``figure`` is what the team's own formula makes of it, ``None`` where that is the score.
    """

    opportunity: Opportunity
    rank: int
    computed_rank: int
    score: float
    contributions: dict[str, float]
    values: dict[str, float | None]
    evidence: Evidence
    why: str
    enough_rated: bool = True
    move: Move | None = None
    ranges: dict[str, tuple[float, float] | None] = field(default_factory=dict)
    coverage_incidents: int = 0
    coverage_hours: float = 0.0
    doubt: Doubt | None = None
    figure: Figure | None = None

    @property
    def id(self) -> str:
        """The opportunity's id."""
        return self.opportunity.id

    @property
    def rated(self) -> int:
        """How many drivers have a value."""
        return sum(value is not None for value in self.values.values())

    @property
    def value_for_effort(self) -> float | None:
        """Hours brought back in a year for a day of work (likely), or ``None`` where the effort is unknown."""
        days = self.opportunity.effort_days
        return None if days is None else self.evidence.hours_likely / days


@dataclass(frozen=True, kw_only=True)
class Replay:
    """Had the first ones been fixed a year before: what they cover, each incident once, and what that removes."""

    top: int
    since: datetime
    until: datetime
    incidents_total: int
    hours_total: float
    incidents_covered: int
    hours_covered: float
    incidents_low: float
    incidents_likely: float
    incidents_high: float
    hours_low: float
    hours_likely: float
    hours_high: float

    @property
    def sentence(self) -> str:
        """The replay in words.

        It says what the list covers with the knowledge of today; it is no forecast.
        """
        return (
            f"The first {self.top} cover {self.incidents_covered} of {self.incidents_total} incidents and "
            f"{self.hours_covered:,.0f} of {self.hours_total:,.0f} hours lost in the year before; "
            f"their actions would have removed {self.incidents_low:,.0f} to {self.incidents_high:,.0f} incidents and "
            f"{self.hours_low:,.0f} to {self.hours_high:,.0f} hours."
        )


@dataclass(frozen=True, kw_only=True)
class Priorities:
    """The agreed order as of an instant under one driver set, with the filters that it was seen through.

    ``drawn`` says how the items' doubt was drawn, ``None`` where it was not.
    ``restricted`` counts the items that are not shown to who asked: they are left out, and ranks pass over them.
    ``ranking`` is the number under which the whole order is kept, if it is. ``tried`` says what a person has changed to
    try it, and not saved; empty: nothing.
    """

    as_of: datetime
    drivers: DriverSet
    items: tuple[Priority, ...]
    replay: Replay | None = None
    workspace: str = ""
    filters: str = ""
    total: int = 0
    drawn: Draws | None = None
    ranking: int | None = None
    tried: str = ""
    restricted: int = 0

    @property
    def left_out(self) -> str:
        """That items are not shown, in a sentence; empty where all are."""
        if not self.restricted:
            return ""
        return f"{self.restricted} restricted item{' is' if self.restricted == 1 else 's are'} not shown."
