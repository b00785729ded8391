"""What choices imply: stated against revealed weights, by function, with what they foretell. Offered, never applied.

Only duels teach. A move in the order has a reason that is often none of value (a date, a dependency, a promise), and so
has a decline (not ours, no data, cannot act): these are not training data.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opex.domain.decisions import FUNCTIONS
from opex.domain.drivers import DriverSet
from opex.domain.problems import NotEnoughData
from opex.ranking.preferences import bradley_terry
from opex.ranking.revealed import LEAST, Accuracy, Revealed, accuracy, held_out_margins, revealed
from opex.services import driving
from opex.services.context import Context
from opex.services.duels import Answered, answers, comparable, differences, outcomes
from opex.services.prioritising import board, saved_order
from opex.services.seeing import unseen

__all__ = [
    "Agreement", "Choices", "Foretold", "Implied", "Strength", "Weight", "choices", "document", "foretold_sentence",
    "sentence",
]  # fmt: skip

TIE = 0.5
"""The weak prior of strengths: each item also tied once with an average one."""


@dataclass(frozen=True, kw_only=True)
class Weight:
    """A driver's weight as stated and as choices imply it; ``told`` is false where no duel differed on it."""

    name: str
    title: str
    stated: float
    revealed: float
    low: float
    high: float
    told: bool


@dataclass(frozen=True, kw_only=True)
class Foretold:
    """How often weights from the others foretold the choice of the one that was left out (a person or a session).

    ``random_...`` are the same on the duels that were asked at random, which favour nobody; ``None`` without any.
    """

    left_out: str
    revealed: Accuracy
    stated: Accuracy
    random_revealed: Accuracy | None
    random_stated: Accuracy | None


@dataclass(frozen=True, kw_only=True)
class Implied:
    """What the duels of one function (or of all) imply; no weights while there are too few of them."""

    function: str
    duels: int
    people: int
    weights: tuple[Weight, ...] = ()
    sharpness: float | None = None
    foretold: tuple[Foretold, ...] = ()

    @property
    def missing(self) -> int:
        """How many duels are missing before anything is said."""
        return max(0, LEAST - self.duels)


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Pairs that two people answered both: how many such comparisons, and the share in which they chose the same."""

    comparisons: int
    share: float


@dataclass(frozen=True, kw_only=True)
class Strength:
    """An item by the duels alone: won, lost (a tie is half of each), and its log-strength by Bradley and Terry."""

    id: str
    title: str
    won: float
    lost: float
    strength: float
    rank: int | None


@dataclass(frozen=True, kw_only=True)
class Choices:
    """All of it. ``groups`` begins with all, then the functions that answered; ``other_scales`` is what is left out."""

    drivers: DriverSet
    groups: tuple[Implied, ...]
    agreement: Agreement | None
    strengths: tuple[Strength, ...]
    other_scales: int
    cannot_say: int

    def draft(self, function: str) -> DriverSet | None:
        """The drivers in force under the weights that this function's duels imply; ``None`` while these are silent."""
        of = next((group for group in self.groups if group.function == function), None)
        if of is None or not of.weights:
            return None
        return self.drivers.reweighted({weight.name: weight.revealed for weight in of.weights})


def choices(context: Context) -> Choices:
    """What everybody's choices imply under the drivers in force."""
    decided, facts = (context.database.revisions()[name] for name in ("decisions", "facts"))
    key = decided, facts, unseen(context)
    return context.memory.get("choices", key, lambda: _choices(context))


def _choices(context: Context) -> Choices:
    drivers = driving.drivers(context)
    told = comparable(context, drivers)
    every = answers(context)
    unsaid = sum(one.said.outcome is None for one in every)
    groups = {"all": list(told)} | {name: [one for one in told if one.person.function == name] for name in FUNCTIONS}
    return Choices(
        drivers=drivers,
        groups=tuple(_implied(name, of, drivers) for name, of in groups.items() if of or name == "all"),
        agreement=_agreement(told),
        strengths=_strengths(context, told) if len(told) >= LEAST else (),
        other_scales=len(every) - len(told) - unsaid,
        cannot_say=unsaid,
    )


def _implied(function: str, of: Sequence[Answered], drivers: DriverSet) -> Implied:
    people = len({one.person.name for one in of})
    x, y, stated = differences(of, drivers), outcomes(of), np.array(list(drivers.weights.values()))
    found = revealed(x, y, stated)
    if isinstance(found, NotEnoughData):
        return Implied(function=function, duels=len(of), people=people)
    by = {"person": [one.person.name for one in of], "session": [one.sitting for one in of]}
    at_random = np.array([one.said.picked == "random" for one in of])
    foretold = (_foretold(name, x, y, stated, groups, at_random) for name, groups in by.items())
    return Implied(
        function=function, duels=len(of), people=people, weights=_weights(found, drivers), sharpness=found.sharpness,
        foretold=tuple(one for one in foretold if one is not None),
    )  # fmt: skip


def _weights(found: Revealed, drivers: DriverSet) -> tuple[Weight, ...]:
    rows = zip(*(part.tolist() for part in (found.weights, found.low, found.high, found.told)), strict=True)
    return tuple(
        Weight(name=d.name, title=d.title, stated=d.weight, revealed=weight, low=low, high=high, told=told)
        for d, (weight, low, high, told) in zip(drivers.drivers, rows, strict=True)
    )


def _foretold(
    left_out: str,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    stated: NDArray[np.float64],
    groups: Sequence[str],
    at_random: NDArray[np.bool_],
) -> Foretold | None:
    margins = held_out_margins(x, y, stated, groups)
    if isinstance(margins, NotEnoughData):
        return None
    of_all, of_stated = accuracy(margins, y), accuracy(x @ stated, y)
    if of_all is None or of_stated is None:
        return None
    return Foretold(
        left_out=left_out, revealed=of_all, stated=of_stated,
        random_revealed=accuracy(margins[at_random], y[at_random]),
        random_stated=accuracy((x @ stated)[at_random], y[at_random]),
    )  # fmt: skip


def _agreement(of: Sequence[Answered]) -> Agreement | None:
    chosen: dict[str, list[str]] = defaultdict(list)
    for one in of:
        winner = {1.0: one.said.first, 0.0: one.said.second}.get(one.said.outcome or 0.0, "")
        chosen[one.pair].append(winner)
    same = [a == b for said in chosen.values() for n, a in enumerate(said) for b in said[n + 1 :]]
    return Agreement(comparisons=len(same), share=sum(same) / len(same)) if same else None


def _strengths(context: Context, of: Sequence[Answered]) -> tuple[Strength, ...]:
    """Every item that was in a duel, the strongest first (ties: by id)."""
    items = sorted({item for one in of for item in (one.said.first, one.said.second)})
    place = {item: n for n, item in enumerate(items)}
    wins = np.zeros((len(items), len(items)))
    for one in of:
        first, second, share = place[one.said.first], place[one.said.second], one.said.outcome or 0.0
        wins[first, second] += share
        wins[second, first] += 1 - share
    strengths = bradley_terry(wins, prior=TIE)
    titles, ranks = _places(context)
    hidden = unseen(context)
    rows = [
        Strength(
            id=item, title=titles.get(item, item), won=float(wins[n].sum()), lost=float(wins[:, n].sum()),
            strength=float(strengths[n]), rank=ranks.get(item),
        )
        for n, item in enumerate(items)
        if item not in hidden
    ]  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (-row.strength, row.id)))


def _places(context: Context) -> tuple[dict[str, str], dict[str, int]]:
    of = board(context)
    if isinstance(of, NotEnoughData):
        return {}, {}
    titles = {name: item.title for name, item in of.all_items.items()}
    return titles, {item.id: item.rank for item in saved_order(context, of).items}


def document(of: Choices) -> dict[str, Any]:
    """The same as plain data, for JSON."""
    return {
        "driver_set": {"name": of.drivers.name, "version": of.drivers.version},
        "least": LEAST,
        "functions": [_plain(group) for group in of.groups],
        "agreement": None if of.agreement is None else dict(of.agreement.__dict__),
        "strengths": [dict(one.__dict__) for one in of.strengths],
        "other_scales": of.other_scales,
        "cannot_say": of.cannot_say,
    }


def _plain(group: Implied) -> dict[str, Any]:
    return {
        "function": group.function, "duels": group.duels, "people": group.people, "missing": group.missing,
        "sharpness": group.sharpness,
        "weights": {
            weight.name: {
                "stated": weight.stated, "revealed": weight.revealed, "low": weight.low, "high": weight.high,
                "told": weight.told,
            }
            for weight in group.weights
        },
        "held_out": {
            one.left_out: {
                "duels": one.revealed.duels, "revealed": one.revealed.share, "stated": one.stated.share,
                "random_duels": one.random_revealed.duels if one.random_revealed else 0,
                "random_revealed": one.random_revealed.share if one.random_revealed else None,
                "random_stated": one.random_stated.share if one.random_stated else None,
            }
            for one in group.foretold
        },
    }  # fmt: skip


def sentence(group: Implied) -> str:
    """What this group's duels say, or how many are missing."""
    who = "Everybody" if group.function == "all" else group.function.capitalize()
    said = f"{who}: {_several(group.duels, 'duel')} of {_several(group.people, 'person')}"
    if group.missing:
        return f"{said}; {group.missing} more are needed before they say anything of the weights."
    clear = [weight for weight in group.weights if not weight.low <= weight.stated <= weight.high]
    if not clear:
        return f"{said} fit the stated weights: each of these lies within its interval."
    parts = [
        f"{weight.title} {'more' if weight.revealed > weight.stated else 'less'} than stated "
        f"({weight.revealed:.0%} in place of {weight.stated:.0%})"
        for weight in clear
    ]
    return f"{said} weigh {' and '.join(part for part in (', '.join(parts[:-1]), parts[-1]) if part)}."


def foretold_sentence(one: Foretold) -> str:
    """How well the weights foretell who was left out, beside the stated ones."""
    others = {"person": "people", "session": "sessions"}[one.left_out]
    said = f"Foretold by the weights of the other {others}: {_right(one.revealed, one.stated)}"
    if one.random_revealed is None or one.random_stated is None:
        return f"{said}."
    return f"{said}; of those asked at random {_right(one.random_revealed, one.random_stated)}."


def _right(revealed: Accuracy, stated: Accuracy) -> str:
    return f"{revealed.share:.0%} of {_several(revealed.duels, 'choice')} (by the stated weights {stated.share:.0%})"


def _several(count: int, word: str) -> str:
    return f"{count} {word if count == 1 else {'person': 'people'}.get(word, word + 's')}"
