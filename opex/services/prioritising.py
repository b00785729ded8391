"""Rank: opportunities on drivers, in their agreed order, each with what its place is made of."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from math import isnan
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from opex.domain.decisions import Entry, Moved
from opex.domain.drivers import DriverSet
from opex.domain.formulas import Figure, Formula, confidence_of, formula_of
from opex.domain.opportunities import Candidate, Opportunity
from opex.domain.priorities import Evidence, Move, Priorities, Priority, Replay
from opex.domain.problems import NotEnoughData, Refused
from opex.domain.reasons import PINNED
from opex.evidence.facts import YEAR
from opex.ranking.formulas import figures, ranked_by
from opex.ranking.measures import Membership, measured, membership
from opex.ranking.ranking import Alphabet, Ranking, alphabetical, worths
from opex.ranking.replay import covered, replay
from opex.review.journal import Journal
from opex.review.order import agreed_order
from opex.review.state import Fold, moves, opportunities
from opex.services import in_force, spoken
from opex.services.context import Context, Progress
from opex.services.figures import figures as figures_of_systems
from opex.services.finding import found_in
from opex.services.knowing import Known, known
from opex.services.seeing import inside, seen_item, unseen

__all__ = [
    "Board", "board", "everything", "evidence_of", "explain", "move_of", "one", "priorities", "replay_of", "reranked",
    "saved_order", "seen_order",
]  # fmt: skip


@dataclass(frozen=True)
class Board:
    """Everything that a ranking needs but the weights, so that a moved weight costs one matrix product.

    ``key`` names all that the board depends on: what is derived from it can be kept under it; ``worths_key`` the same,
    weights aside.
    ``values`` is (n, m) on the scales, ``raw`` in the measures' units, both in the order of ``items`` (those that
    stand in the ranking), ``ranges`` (n, m, 2) the interval of each raw value; ``all_items`` also holds declined,
    merged and done ones, by id.
    ``hidden`` are the ids of what is not shown to who asked: such an item stands in its place, masked, and ``for_all``
    is the board that everybody's ranks come from (itself where nothing is hidden): for computing, never to show.
    """

    key: Hashable
    worths_key: Hashable
    as_of: datetime
    drivers: DriverSet
    items: tuple[Opportunity, ...]
    all_items: Mapping[str, Opportunity]
    raw: NDArray[np.float64]
    ranges: NDArray[np.float64]
    values: NDArray[np.float64]
    alphabet: Alphabet
    evidence: tuple[Evidence, ...]
    of: Membership
    moves: tuple[Entry, ...]
    incidents_this_year: int
    hours_this_year: float
    newest_incident: datetime | None
    hidden: frozenset[str] = frozenset()
    _whole: Callable[[], "Board"] | None = field(default=None, repr=False, compare=False)

    @property
    def for_all(self) -> "Board":
        """The board with nothing masked."""
        return self if self._whole is None else self._whole()

    def seen_by(self, hidden: frozenset[str], key: Hashable = None) -> "Board":
        """The same board as somebody sees it to whom these ids are not shown."""
        if not hidden:
            return self
        return replace(
            self,
            key=("seen", self.key if key is None else key, hidden),
            items=tuple(seen_item(item, hidden) for item in self.items),
            all_items={of: seen_item(item, hidden) for of, item in self.all_items.items()},
            of=replace(self.of, opportunities=tuple(seen_item(item, hidden) for item in self.of.opportunities)),
            moves=tuple(entry for entry in self.moves if entry.opportunity not in hidden),
            hidden=hidden,
            _whole=lambda: self,
        )

    def agreed(self, computed: Sequence[str]) -> list[str]:
        """A computed order of ids as people agreed on it: with everybody's moves."""
        made = [(entry.opportunity, move_of(entry)) for entry in self.for_all.moves]
        pinned = {item for item, move in made if move.reason == PINNED}
        return agreed_order(computed, [(item, move.to) for item, move in made], pinned)

    @cached_property
    def formula(self) -> Formula:
        """The team's own formula, fitted to the drivers."""
        return formula_of(self.drivers)

    @cached_property
    def effort_days(self) -> NDArray[np.float64]:
        """(n,) days of work, NaN where nobody estimated them."""
        return np.array([item.effort_days or np.nan for item in self.for_all.items], dtype=np.float64)

    @cached_property
    def confidence(self) -> NDArray[np.float64]:
        """(n,) what the validations count, 0 to 1."""
        return np.array([confidence_of(item.verdicts) for item in self.for_all.items], dtype=np.float64)


def board(
    context: Context,
    *,
    drivers: DriverSet | None = None,
    as_of: datetime | None = None,
    said_until: int | None = None,
    progress: Progress | None = None,
) -> Board | NotEnoughData:
    """The board as of an instant (the newest fact), under the driver set in force or another one, for who asks.

    ``said_until`` is the number of the last entry of the journal that counts.
    """
    if hidden := unseen(context):
        whole = board(inside(context), drivers=drivers, as_of=as_of, said_until=said_until, progress=progress)
        if isinstance(whole, NotEnoughData):
            return whole
        return context.memory.get("seen board", (whole.key, hidden), lambda: whole.seen_by(hidden))
    now = known(context, as_of)
    if isinstance(now, NotEnoughData):
        return now
    found = found_in(context, now, past=as_of is not None, progress=progress)
    chosen = in_force.usable(drivers or in_force.drivers(context))
    key = (now.revision, now.revisions["decisions"], now.as_of, chosen, said_until)

    def made() -> Board:
        return _board(context, now, _spoken_of(context, now, found, said_until), chosen, key)

    return context.memory.get("board", key, made)


Spoken = tuple[dict[str, Opportunity], tuple[Entry, ...]]
"""All opportunities by id as people left them, and the moves that hold."""


def _board(context: Context, now: Known, spoken_of: Spoken, chosen: DriverSet, key: Hashable) -> Board:
    everyone, moved = spoken_of
    items = tuple(opportunity for opportunity in everyone.values() if opportunity.open)
    known_of_systems = figures_of_systems(context, {driver.measure for driver in chosen.drivers}, now.as_of)
    of = membership(items, now.facts.incidents, now.systems_of, now.hours, now.as_of, known_of_systems)
    raw = measured(chosen.drivers, of)
    real = ~now.facts.incidents["planned"].astype(bool) & (now.facts.incidents["started_at"] > now.as_of - YEAR)
    return Board(
        key=key,
        worths_key=key,
        as_of=now.as_of,
        drivers=chosen,
        items=items,
        all_items=everyone,
        raw=raw.value,
        ranges=np.stack([raw.low, raw.high], axis=-1),
        values=worths(raw.value, chosen.drivers),
        alphabet=alphabetical([item.id for item in items]),
        evidence=evidence_of(items, of),
        of=of,
        moves=moved,
        incidents_this_year=int(real.sum()),
        hours_this_year=float(now.hours[real].sum()),
        newest_incident=_newest(now),
    )


def _spoken_of(context: Context, now: Known, found: Sequence[Candidate], until: int | None = None) -> Spoken:
    """As they are now, or as they were after that entry of the journal."""

    def folded() -> Spoken:
        entries = spoken.entries(context, now.revisions)
        if until is not None:
            then = Journal(entry for entry in entries if entry.seq <= until)
            return opportunities(found, then, now.as_of), tuple(moves(then))
        fold = context.memory.get("fold", "", Fold)
        return fold.opportunities(found, entries, now.as_of), tuple(moves(entries))

    return context.memory.get("spoken of", (now.revision, now.revisions["decisions"], now.as_of, until), folded)


def _newest(now: Known) -> datetime | None:
    started = now.facts.incidents["started_at"]
    return started.max().to_pydatetime() if len(started) else None


def evidence_of(items: Sequence[Opportunity], of: Membership) -> tuple[Evidence, ...]:
    """What stands behind each opportunity, in their order."""
    position = of.rows["item"].to_numpy(dtype=np.intp)
    hours = np.bincount(position, weights=of.rows["hours"].fillna(0.0), minlength=of.count)
    unknown = np.bincount(position, weights=of.rows["hours"].isna(), minlength=of.count)
    counts = np.bincount(position, minlength=of.count)
    return tuple(
        Evidence(
            incidents=int(counts[n]),
            incidents_all_time=len(o.evidence),
            changes=len(o.candidate.changes) if o.candidate else 0,
            hours_lost=float(hours[n]),
            hours_low=float(hours[n] * o.removes.low),
            hours_likely=float(hours[n] * o.removes.likely),
            hours_high=float(hours[n] * o.removes.high),
            lasting_hours_unknown=int(unknown[n]),
        )
        for n, o in enumerate(items)
    )


def reranked(of: Board, weights: Mapping[str, float] | None = None) -> Priorities:
    """The agreed order of a board, under its own weights or others: no I/O, fit for every move of a slider.

    What is not shown to who asked is left out and counted; ranks are everybody's.
    """
    return seen_order(of, _reranked(of.for_all, weights))


def seen_order(of: Board, everybodys: Priorities) -> Priorities:
    """The order of `Board.for_all` as who asked for the board sees it."""
    if not of.hidden:
        return everybodys
    items = tuple(
        replace(item, opportunity=seen_item(item.opportunity, of.hidden))
        for item in everybodys.items
        if item.id not in of.hidden
    )
    return replace(everybodys, items=items, total=len(items), restricted=len(everybodys.items) - len(items))


def _reranked(of: Board, weights: Mapping[str, float] | None = None) -> Priorities:
    drivers = of.drivers if weights is None else of.drivers.reweighted(weights)
    counts = np.array(list(drivers.weights.values()))
    ranking = ranked_by(of.formula, of.values, ~np.isnan(of.raw), counts, of.effort_days, of.confidence, of.alphabet)
    made = _figures(of, counts)
    computed = [of.items[n].id for n in np.argsort(ranking.ranks, kind="stable")]
    placed = {entry.opportunity: move_of(entry) for entry in of.moves}
    agreed = of.agreed(computed)
    position = {item.id: n for n, item in enumerate(of.items)}
    order = [position[item] for item in agreed]
    told = zip(*(column.tolist() for column in _columns(of, ranking, covered(of.of.rows, order))), strict=True)
    plain = [_Plain(*row) for row in told]  # plain numbers once: picking them out of arrays one by one costs more
    items = tuple(
        _priority(of, drivers, plain[n], n, place, placed.get(of.items[n].id), made[n])
        for place, n in enumerate(order, start=1)
    )
    return Priorities(as_of=of.as_of, drivers=drivers, items=items, total=len(items))


def saved_order(context: Context, of: Board) -> Priorities:
    """The agreed order under the board's own weights, kept as long as the board stands."""
    return context.memory.get("saved order", of.key, lambda: reranked(of))


def move_of(entry: Entry) -> Move:
    """The adjustment that an entry of the journal made."""
    said = entry.saying
    if not isinstance(said, Moved):
        raise TypeError(f"entry {entry.seq} is no move")
    return Move(to=said.to, reason=said.reason, words=said.words, person=entry.person.name, seq=entry.seq)


class _Plain(NamedTuple):
    """What arrays say of one item, as plain numbers."""

    rank: int
    score: float
    parts: list[float]
    enough: bool
    raw: list[float]
    ranges: list[list[float]]
    new: int
    coverage_incidents: int
    coverage_hours: float


def _columns(of: Board, ranking: Ranking, fresh: pd.DataFrame) -> list[Any]:
    covers = [fresh[name] for name in ("incidents", "cumulative_incidents", "cumulative_hours")]
    return [ranking.ranks, ranking.scores, ranking.parts, ranking.enough, of.raw, of.ranges, *covers]


def _figures(of: Board, weights: NDArray[np.float64]) -> Sequence[Figure | None]:
    """What the team's own formula makes of each item; nothing where that is the score itself."""
    if of.formula.additive:
        return [None] * len(of.items)
    return figures(of.formula, of.values, weights, of.effort_days, of.confidence)


def _priority(
    of: Board, drivers: DriverSet, plain: _Plain, n: int, place: int, move: Move | None, figure: Figure | None
) -> Priority:
    item, evidence = of.items[n], of.evidence[n]
    names = drivers.weights
    shared = evidence.incidents - plain.new
    return Priority(
        opportunity=item,
        rank=place,
        computed_rank=plain.rank,
        score=plain.score,
        contributions=dict(zip(names, plain.parts, strict=True)),
        values={name: None if isnan(value) else value for name, value in zip(names, plain.raw, strict=True)},
        ranges={
            name: None if isnan(low + high) else (low, high)
            for name, (low, high) in zip(names, plain.ranges, strict=True)
        },
        evidence=Evidence(**{**evidence.__dict__, "shared_with_higher": shared}),
        why=_why(item),
        enough_rated=plain.enough,
        move=move,
        coverage_incidents=plain.coverage_incidents,
        coverage_hours=plain.coverage_hours,
        figure=figure,
    )


def _why(item: Opportunity) -> str:
    if item.candidate is None:
        return "Proposed by hand; no incidents stand behind it yet."
    struck = len(item.strikes)
    return item.candidate.lead.why + (f" {struck} of them struck since." if struck else "")


def priorities(
    context: Context,
    *,
    drivers: DriverSet | None = None,
    as_of: datetime | None = None,
    top: int = 5,
    progress: Progress | None = None,
) -> Priorities | NotEnoughData:
    """The agreed order with the replay of its first ``top``."""
    of = board(context, drivers=drivers, as_of=as_of, progress=progress)
    if isinstance(of, NotEnoughData):
        return of
    order = reranked(of)
    return replace(order, replay=replay_of(of, order, top), workspace=context.name)


def replay_of(of: Board, order: Priorities, top: int = 5) -> Replay:
    """Had the first ``top`` of this order been fixed a year before as-of. Hindsight, and no forecast.

    The first ones are everybody's, also where some are not shown to who asks.
    """
    if of.hidden:
        return replay_of(of.for_all, _reranked(of.for_all, order.drivers.weights), top)
    first = [item.opportunity for item in order.items[:top]]
    position = {item.id: n for n, item in enumerate(of.items)}
    return replay(
        of.of.rows,
        [(position[o.id], o.removes) for o in first],
        since=of.as_of - YEAR,
        until=of.as_of,
        incidents_total=of.incidents_this_year,
        hours_total=of.hours_this_year,
    )


def everything(context: Context) -> dict[str, Opportunity]:
    """All opportunities by id, those out of the ranking too; nothing of them is measured for it.

    Those that are not shown to who asks are masked.
    """
    if hidden := unseen(context):
        return {of: seen_item(item, hidden) for of, item in everything(inside(context)).items()}
    now = known(context)
    if isinstance(now, NotEnoughData):
        return {}
    return dict(_spoken_of(context, now, found_in(context, now))[0])


def one(context: Context, opportunity: str, there: Mapping[str, Opportunity] | None = None) -> Opportunity:
    """The opportunity of that id, of those that are there and shown to who asks, or a refusal."""
    found = (everything(context) if there is None else there).get(opportunity)
    if found is None or opportunity in unseen(context):
        raise Refused(f'There is no opportunity "{opportunity}": `opex rank` lists the ids.')
    return found


def explain(context: Context, opportunity: str, as_of: datetime | None = None) -> tuple[Priority, Priorities]:
    """One opportunity in its place, and the order it stands in."""
    order = priorities(context, as_of=as_of)
    if isinstance(order, NotEnoughData):
        raise Refused("There is nothing to explain yet: load incidents first.")
    for item in order.items:
        if item.id == opportunity:
            return item, order
    raise Refused(f'"{opportunity}" does not stand in the ranking: `opex rank` lists the ids that do.')
