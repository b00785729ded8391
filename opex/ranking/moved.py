"""Why an item moved between two kept rankings: its change of score, split exactly among five causes.

The split is the Shapley value (Shapley 1953): the mean, over all orders in which the causes could have come about, of
what each adds when it comes. So no cause is favoured for being named first, and the parts add up to the change.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import comb
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from opex.domain.kept import KeptItem, KeptRanking
from opex.domain.opportunities import Candidate, Opportunity, Reason
from opex.ranking.measures import measured, membership_of
from opex.ranking.ranking import worths
from opex.ranking.weighted import score

__all__ = ["CAUSES", "Change", "Comparison", "Passing", "compared", "shapley"]

CAUSES = ("data", "drivers", "ratings", "removals", "adjustments")
"""The incidents and what is known of systems; drivers with their weights and scales; ratings, validations and strikes;
removals and efforts; moves. Bit n of a subset's number stands for cause n."""

Floats = NDArray[np.float64]


def shapley(values: ArrayLike) -> Floats:
    """Split the worth of all players together among them, from the worth of every subset.

    Parameters
    ----------
    values
        (2**k, ...): ``values[s]`` is the worth of the subset whose players are the bits of s; ``values[0]`` is that of
        nobody. Further axes are split each for themselves.

    Returns
    -------
    (k, ...) what each player brings. They add up to ``values[-1] - values[0]``; players who bring the same to every
    subset get the same; who changes nothing gets exactly 0.

    Examples
    --------
    The glove game: player 0 has a left glove, 1 and 2 a right one each; a pair is worth 1.

    >>> shapley([0, 0, 0, 1, 0, 1, 0, 1]).round(4).tolist()
    [0.6667, 0.1667, 0.1667]
    """
    worth = np.asarray(values, dtype=np.float64)
    players = len(worth).bit_length() - 1
    if len(worth) != 1 << players:
        raise ValueError(f"{len(worth)} values are no worth for every subset: it takes a power of two")
    subsets = np.arange(len(worth))
    shares = np.array([1 / (players * comb(players - 1, size)) for size in range(players)])
    parts = []
    for player in range(players):
        without = subsets[subsets >> player & 1 == 0]
        brings = worth[without | 1 << player] - worth[without]
        parts.append(np.tensordot(shares[np.bitwise_count(without)], brings, axes=1))
    return np.array(parts).reshape(players, *worth.shape[1:])


@dataclass(frozen=True, kw_only=True)
class Change:
    """An item of both rankings: its places, its scores, and the part of each cause, which add up to the change."""

    id: str
    title: str
    rank_from: int
    rank_to: int
    score_from: float
    score_to: float
    parts: dict[str, float]

    @property
    def change(self) -> float:
        """The change of score."""
        return self.score_to - self.score_from

    @property
    def up(self) -> int:
        """By how many places it rose; negative where it fell. Ranks are told beside the score and not split."""
        return self.rank_from - self.rank_to


@dataclass(frozen=True, kw_only=True)
class Passing:
    """An item that stands in one of the two rankings only, and why."""

    id: str
    title: str
    rank: int
    score: float
    why: str


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two rankings: items of both by their later rank, and those that came or went."""

    before: KeptRanking
    after: KeptRanking
    items: tuple[Change, ...]
    came: tuple[Passing, ...]
    went: tuple[Passing, ...]


def compared(before: KeptRanking, after: KeptRanking) -> Comparison:
    """What moved from one ranking to another, and why.

    Scores are computed anew for each of the 32 subsets of causes: what a subset holds is taken from the later ranking,
    the rest from the earlier one. Adjustments change no score, so their part is exactly 0. A figure of systems that
    only one of them kept (its drivers alone asked for it) stands on both sides.
    """
    earlier, later = {item.id: item for item in before.items}, {item.id: item for item in after.items}
    both = tuple(item for item in later if item in earlier)
    worth = _every_mix(before, after, both)
    told = zip(both, worth[0].tolist(), worth[-1].tolist(), shapley(worth).T.tolist(), strict=True)
    items = [_change(earlier[of], later[of], scores, parts) for of, *scores, parts in told]
    return Comparison(
        before=before,
        after=after,
        items=tuple(items),
        came=tuple(_came(item, before) for item in after.items if item.id not in earlier),
        went=tuple(_went(item, after) for item in before.items if item.id not in later),
    )


def _change(earlier: KeptItem, later: KeptItem, scores: list[float], parts: list[float]) -> Change:
    return Change(
        id=later.id, title=later.title, rank_from=earlier.rank, rank_to=later.rank,
        score_from=scores[0], score_to=scores[1], parts=dict(zip(CAUSES, parts, strict=True)),
    )  # fmt: skip


def _every_mix(before: KeptRanking, after: KeptRanking, ids: tuple[str, ...]) -> Floats:
    """(32, n) the scores of every subset of causes; a cause that is alike on both sides is computed once."""
    sides = before, after
    differ = sum(1 << cause for cause, part in enumerate(_PARTS) if part(before) != part(after))

    @cache
    def evidence(data: int, ratings: int) -> pd.DataFrame:
        return _evidence(sides[data], sides[ratings], ids)

    mixes = {}
    for subset in {subset & differ for subset in range(1 << len(CAUSES))}:
        side = [subset >> cause & 1 for cause in range(len(_PARTS))]
        mixes[subset] = _scores(_Mix(*(sides[one] for one in side)), evidence(side[0], side[2]), ids)
    return np.array([mixes[subset & differ] for subset in range(1 << len(CAUSES))])


class _Mix(NamedTuple):
    """The ranking from which each cause is taken."""

    data: KeptRanking
    drivers: KeptRanking
    ratings: KeptRanking
    removals: KeptRanking


_PARTS: tuple[Callable[[KeptRanking], object], ...] = (
    lambda of: (of.as_of, of.evidence, of.figures, [(i.id, i.system, i.environment, i.effects) for i in of.items]),
    lambda of: of.drivers,
    lambda of: {i.id: (i.ratings, i.strikes) for i in of.items},
    lambda of: {i.id: i.removes for i in of.items},
)
"""By cause, what of a ranking the scores take from it; adjustments change none."""


def _scores(mix: _Mix, evidence: pd.DataFrame, ids: tuple[str, ...]) -> Floats:
    """The scores of these items, which all four rankings hold, on this evidence."""
    facts, said, promised = (_by_id(one) for one in (mix.data, mix.ratings, mix.removals))
    items = [_opportunity(facts[of], said[of], promised[of]) for of in ids]
    known = mix.drivers.figures | mix.data.figures
    figures = {name: pd.DataFrame(rows, columns=_FIGURE) for name, rows in known.items()}
    chosen = mix.drivers.drivers
    raw = measured(chosen.drivers, membership_of(evidence, items, mix.data.as_of, figures)).value
    return score(worths(raw, chosen.drivers), list(chosen.weights.values()))


_FIGURE = ["system", "environment", "value", "low", "high"]
_ROW = ["item", "id", "started_at", "hours", "severity", "systems"]


def _by_id(ranking: KeptRanking) -> dict[str, KeptItem]:
    return {item.id: item for item in ranking.items}


def _opportunity(facts: KeptItem, said: KeptItem, promised: KeptItem) -> Opportunity:
    return Opportunity(
        id=facts.id, title=facts.title, action="", removes=promised.removes, system=facts.system,
        environment=facts.environment, ratings=said.ratings, candidate=_candidate(facts),
    )  # fmt: skip


def _candidate(item: KeptItem) -> Candidate:
    """As much of the candidate as measures ask for: what its finders said."""
    reasons = tuple(
        Reason(finder=e.finder, why="", falsifier="", effect=e.value, low=e.low, high=e.high, unit="", incidents=0)
        for e in item.effects
    )
    return Candidate(
        id=item.id, key="", title=item.title, action="", removes=item.removes, system=item.system,
        environment=item.environment, category=None, incidents=(), changes=(), reasons=reasons,
    )  # fmt: skip


def _evidence(data: KeptRanking, ratings: KeptRanking, ids: tuple[str, ...]) -> pd.DataFrame:
    """The rows of one ranking without the incidents that people had struck in another one."""
    place = {of: n for n, of in enumerate(ids)}
    struck = {(place[item.id], incident) for item in ratings.items if item.id in place for incident in item.strikes}
    held = [place.get(item.id) for item in data.items]
    rows = [
        (position, *row[1:])
        for row in data.evidence
        if (position := held[row.item]) is not None and (position, row.id) not in struck
    ]
    return pd.DataFrame(rows, columns=_ROW).astype(
        {"item": "intp", "id": "str", "started_at": "datetime64[us, UTC]", "hours": "float64", "severity": "Int64"}
    )


def _came(item: KeptItem, before: KeptRanking) -> Passing:
    earlier = before.out.get(item.id)
    why = "proposed by hand" if item.by_hand else "new evidence: a finder proposes it"
    return _passing(item, f"it was {earlier} and came back" if earlier else why)


def _went(item: KeptItem, after: KeptRanking) -> Passing:
    return _passing(item, after.out.get(item.id, "no finder proposes it any more"))


def _passing(item: KeptItem, why: str) -> Passing:
    return Passing(id=item.id, title=item.title, rank=item.rank, score=item.score, why=why)
