"""Duels: ask a person which of two real items should come first, and write the answer down at once."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from opex.domain.decisions import Person, Withdrawn
from opex.domain.drivers import Driver, DriverSet, Scale
from opex.domain.duels import Answer, Dueled, Picked, pair_id
from opex.domain.opportunities import Opportunity
from opex.domain.priorities import Evidence
from opex.domain.problems import NotEnoughData, Refused
from opex.ranking.duels import MOST_ITEMS, lots, next_pair
from opex.ranking.revealed import fitted
from opex.review.journal import standing
from opex.services import driving, spoken
from opex.services.context import Context, Speaker
from opex.services.permissions import needs
from opex.services.prioritising import Board, board, saved_order
from opex.services.writing import write

__all__ = [
    "Answered",
    "Duel",
    "Item",
    "answer",
    "answers",
    "comparable",
    "differences",
    "next_duel",
    "outcomes",
    "undo",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Item:
    """One side of a duel, by what it is: its words, its evidence, and each driver's raw value in words. No score."""

    opportunity: Opportunity
    evidence: Evidence
    told: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Duel:
    """A question to a person: which of these two first? ``answered`` counts what this person answered before."""

    first: Item
    second: Item
    picked: Picked
    first_worths: dict[str, float]
    second_worths: dict[str, float]
    drivers: int
    answered: int

    @property
    def id(self) -> str:
        """The pair, in whichever order."""
        return pair_id(self.first.opportunity.id, self.second.opportunity.id)


@dataclass(frozen=True, kw_only=True)
class Answered:
    """An answer that stands."""

    person: Person
    at: datetime
    seq: int
    pair: str
    said: Dueled

    @property
    def sitting(self) -> str:
        """The session in which it was given; without one, this person's day."""
        return self.said.session or f"{self.person.name} on {self.at:%Y-%m-%d}"


def answers(context: Context) -> tuple[Answered, ...]:
    """Every answer that stands, oldest first; of one person's several answers on a pair the last."""
    decided = context.database.revisions()["decisions"]
    return context.memory.get("duels", decided, lambda: _standing(context))


def _standing(context: Context) -> tuple[Answered, ...]:
    last: dict[tuple[str, str], Answered] = {}
    for entry in standing(spoken.entries(context), Dueled):
        if isinstance(entry.saying, Dueled):
            key = (entry.person.name, entry.opportunity)
            last.pop(key, None)
            last[key] = Answered(
                person=entry.person, at=entry.at, seq=entry.seq, pair=entry.opportunity, said=entry.saying
            )
    return tuple(last.values())


def comparable(context: Context, drivers: DriverSet) -> tuple[Answered, ...]:
    """The answers that were given under scales like those of ``drivers``, and that are one.

    A driver that counts otherwise now than it did then (another measure, other anchors, another curve), or that did not
    stand then, makes an old answer say something else. What was only weighted or named otherwise changes nothing.
    """
    scales, now = _scales(context), _meaning(drivers)
    return tuple(
        one for one in answers(context) if one.said.outcome is not None and scales.get(one.said.drivers) == now
    )


def _scales(context: Context) -> dict[int, dict[str, tuple[str, Scale]]]:
    every = [context.defaults, *(saved.drivers for saved in driving.history(context))]
    return {one.version: _meaning(one) for one in every}


def _meaning(drivers: DriverSet) -> dict[str, tuple[str, Scale]]:
    return {driver.name: (driver.measure, driver.scale) for driver in drivers.drivers}


def differences(of: Sequence[Answered], drivers: DriverSet) -> Floats:
    """(n, m) worth of the first less that of the second on each driver, as they were when it was answered.

    0 where one of both was not known: such an answer says nothing of that driver's weight.
    """
    nothing = float("nan")
    both = ((one.said.first_worths, one.said.second_worths) for one in of)
    rows = [[a.get(name, nothing) - b.get(name, nothing) for name in drivers.weights] for a, b in both]
    return np.nan_to_num(np.array(rows, dtype=np.float64).reshape(-1, len(drivers.drivers)))


def outcomes(of: Sequence[Answered]) -> Floats:
    """(n,) 1 where the first was chosen, 0 the second, a half where they were called alike."""
    return np.array([one.said.outcome for one in of], dtype=np.float64)


def next_duel(context: Context, person: Person) -> Duel | NotEnoughData | None:
    """The next question to this person; ``None`` when every pair that can tell anything was answered.

    Items are the first `MOST_ITEMS` of the agreed order, and the answers of everybody say what is not known yet.
    """
    of = board(context)
    if isinstance(of, NotEnoughData):
        return of
    if len(of.items) < 2:
        return NotEnoughData(have=len(of.items), need=2, what="opportunities")
    place = {item.id: n for n, item in enumerate(of.items)}
    at = np.array([place[item.id] for item in saved_order(context, of).items[:MOST_ITEMS]])
    ids = [of.items[n].id for n in at]
    mine = [one for one in answers(context) if one.person.name == person.name]
    told = comparable(context, of.drivers)
    known = fitted(differences(told, of.drivers), outcomes(told), np.array(list(of.drivers.weights.values())))
    values = np.where(np.isnan(of.raw), np.nan, of.values)
    pick = next_pair(values[at], known, lots(ids), _pairs(mine, ids), _seed(person, len(mine)))
    if pick is None:
        return None
    first, second = int(at[pick.first]), int(at[pick.second])
    return Duel(
        first=_item(of, first), second=_item(of, second), picked=pick.picked, first_worths=_worths(of, first),
        second_worths=_worths(of, second), drivers=of.drivers.version, answered=len(mine),
    )  # fmt: skip


def _pairs(mine: Sequence[Answered], ids: Sequence[str]) -> list[tuple[int, int]]:
    place = {one: n for n, one in enumerate(ids)}
    both = ((one.said.first, one.said.second) for one in mine)
    return [(place[first], place[second]) for first, second in both if first in place and second in place]


def _seed(person: Person, answered: int) -> int:
    """The same person at the same number of answers is asked the same again, after a reload or an undo."""
    drawn = hashlib.blake2b(f"{person.name}|{answered}".encode(), digest_size=8)
    return int.from_bytes(drawn.digest(), "big")


def _worths(of: Board, n: int) -> dict[str, float]:
    """What is known of it; the middle of a scale, at which the unknown counts, is nobody's judgement."""
    every = zip(of.drivers.weights, of.values[n].tolist(), of.raw[n].tolist(), strict=True)
    return {name: worth for name, worth, raw in every if not np.isnan(raw)}


def _item(of: Board, n: int) -> Item:
    told = tuple((driver.title, _raw(driver, float(of.raw[n, k]))) for k, driver in enumerate(of.drivers.drivers))
    return Item(opportunity=of.items[n], evidence=of.evidence[n], told=told)


def _raw(driver: Driver, raw: float) -> str:
    if np.isnan(raw):
        return "nobody has rated it" if driver.rated else "not known"
    if driver.rated:
        return dict(driver.rubric).get(round(raw), f"level {raw:g}")
    return f"{raw:,.0f} {driver.unit}" if abs(raw) >= 100 else f"{raw:.2g} {driver.unit}"


@needs("say")
def answer(context: Context, duel: Duel, given: Answer, speaker: Speaker, *, session: str | None = None) -> int:
    """Write the answer down and return the entry's number. It is kept with what both items were worth when asked.

    Raises
    ------
    Refused
        This person has answered this pair before, in another request.
    """
    said = Dueled(
        first=duel.first.opportunity.id, second=duel.second.opportunity.id, answer=given, picked=duel.picked,
        first_worths=duel.first_worths, second_worths=duel.second_worths, drivers=duel.drivers, session=session,
    )  # fmt: skip
    entries = standing(spoken.entries(context), Dueled)
    before = [e for e in entries if e.opportunity == duel.id and e.person.name == speaker.person.name]
    if any(entry.request_id != speaker.request_id for entry in before):
        raise Refused("You have answered this pair already: undo that answer to give another one.")
    return write(context, duel.id, said, speaker)


@needs("say")
def undo(context: Context, speaker: Speaker) -> int:
    """Take back this person's last answer that stands.

    Raises
    ------
    Refused
        There is none.
    """
    mine = [one for one in answers(context) if one.person.name == speaker.person.name]
    if not mine:
        raise Refused("You have given no answer that could be taken back.")
    last = max(mine, key=lambda one: one.seq)
    return write(context, last.pair, Withdrawn(seq=last.seq), speaker)
