"""At which weight of a driver the leader changes: exactly, as the upper envelope of straight lines.

As one driver's weight goes from 0 to 1 while the others keep their proportions, every score is a straight line: the
leader is the upper envelope of those lines, and its breakpoints are where it changes. Published as weight stability
intervals (Mareschal 1988) and as the most critical criterion (Triantaphyllou and Sanchez 1997).
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from opex.ranking.ranking import ENOUGH, Alphabet

__all__ = ["Leaders", "leaders", "leaders_at", "stability_sentence", "with_weight"]

Floats = NDArray[np.float64]
_SAME = 1e-12


@dataclass(frozen=True)
class Leaders:
    """Who leads while one driver weighs so much.

    Attributes
    ----------
    breaks : (k + 1,) rising from 0 to 1, the weights at which the leader changes between the two ends
    items : (k,) the positions of the leaders; neighbours differ
    """

    breaks: Floats
    items: NDArray[np.intp]

    def at(self, weight: float) -> int:
        """The stretch in which this weight lies; at a breakpoint the one that begins there."""
        return int(np.clip(np.searchsorted(self.breaks, weight + _SAME, side="right") - 1, 0, len(self.items) - 1))

    def around(self, weight: float) -> tuple[float, float]:
        """The stability interval: from where to where the leader at this weight stays first."""
        stretch = self.at(weight)
        return float(self.breaks[stretch]), float(self.breaks[stretch + 1])


def with_weight(weights: Floats, driver: int, to: Floats | float) -> Floats:
    """The weights with one driver's set (to each of some values: one row each), the others in proportion.

    Where the others weigh nothing they share what is left equally.

    Examples
    --------
    >>> with_weight(np.array([0.5, 0.3, 0.2]), 0, np.array([0.0, 0.75])).round(3).tolist()
    [[0.0, 0.6, 0.4], [0.75, 0.15, 0.1]]
    """
    others = np.where(np.arange(len(weights)) == driver, 0.0, weights)
    if others.sum() <= 0:
        others = np.where(np.arange(len(weights)) == driver, 0.0, 1.0)
    share = others / max(float(others.sum()), _SAME)
    own = np.eye(len(weights))[driver]
    given = np.asarray(to, dtype=np.float64)[..., None]
    mixed: Floats = given * own + (1 - given) * share
    return mixed


def leaders(
    values: Floats,
    known: NDArray[np.bool_],
    weights: Floats,
    driver: int,
    names: Alphabet,
    over: Floats | None = None,
) -> Leaders:
    """The leader of the computed order at every weight of one driver.

    Parameters
    ----------
    values, known
        (n, m), at least one item. Items with less than half of the weight known lead only where all are such.
    weights
        (m,), not negative, adding up to 1.
    driver
        Its position.
    names
        The items' alphabet: of items that score alike to twelve digits along a whole stretch the first leads, as in
        `rank`.
    over
        (n,) what each score is divided by (days of work); where NaN, the item stands below all that have it.

    Returns
    -------
    Exact breakpoints: sorted crossings, no grid.
    """
    ends = with_weight(weights, driver, np.array([0.0, 1.0]))
    lines = np.round(values @ ends.T, 12)  # (n, 2): the score at weight 0 and at weight 1
    if over is not None:
        unknown = np.isnan(over)[:, None]  # below all others, in the order of their scores
        lines = np.where(unknown, lines - 2, lines / np.where(unknown, 1.0, over[:, None]))
    sure = known @ ends.T - ENOUGH
    edges = _where_enough_changes(sure)
    walked = [_walk(lines, _allowed(sure, lo, hi), names.place, lo, hi) for lo, hi in pairwise(edges)]
    return _joined([step for part in walked for step in part])


def _where_enough_changes(sure: Floats) -> list[float]:
    """The weights at which some item begins or ceases to be rated enough, with both ends."""
    start, slope = sure[:, 0], sure[:, 1] - sure[:, 0]
    turns = np.divide(-start, slope, out=np.full(len(start), -1.0), where=np.abs(slope) > _SAME)
    inside = turns[(turns > _SAME) & (turns < 1 - _SAME)]
    return [0.0, *np.unique(inside.round(12)).tolist(), 1.0]


def _allowed(sure: Floats, low: float, high: float) -> NDArray[np.intp]:
    middle = (low + high) / 2
    enough = sure[:, 0] * (1 - middle) + sure[:, 1] * middle >= -_SAME
    return np.flatnonzero(enough) if enough.any() else np.arange(len(sure))


def _walk(
    lines: Floats, allowed: NDArray[np.intp], place: NDArray[np.intp], low: float, high: float
) -> list[tuple[float, int]]:
    """The envelope over [low, high] from left to right: where each leader begins, and who it is."""
    start, slope = lines[allowed, 0], lines[allowed, 1] - lines[allowed, 0]
    at = (start + low * slope).round(12)
    now = _first(allowed, place, at, slope)
    steps = [(low, now)]
    while True:
        mine = int(np.flatnonzero(allowed == now)[0])
        steeper = slope > slope[mine] + _SAME
        meets = np.divide(start[mine] - start, slope - slope[mine], out=np.full(len(start), np.inf), where=steeper)
        meets = np.where(meets > steps[-1][0] + _SAME, meets, np.inf)
        nearest = float(meets.min())
        if nearest >= high - _SAME:
            return steps
        now = _first(allowed, place, np.where(meets <= nearest + _SAME, 1.0, 0.0), slope)
        steps.append((nearest, now))


def _first(allowed: NDArray[np.intp], place: NDArray[np.intp], by: Floats, slope: Floats) -> int:
    """The greatest; of equals the one that rises fastest; of those the first by name."""
    return int(allowed[np.lexsort((place[allowed], -slope.round(12), -by))[0]])


def _joined(steps: list[tuple[float, int]]) -> Leaders:
    kept = [step for n, step in enumerate(steps) if n == 0 or step[1] != steps[n - 1][1]]
    breaks = np.array([begin for begin, _ in kept] + [1.0])
    return Leaders(breaks=breaks, items=np.array([item for _, item in kept], dtype=np.intp))


def leaders_at(standings: Floats, grid: Floats, names: Alphabet) -> Leaders:
    """The same by trying: for formulas whose figures are no straight lines.

    Parameters
    ----------
    standings
        (g, n), what orders the items at each weight of the ``grid``, which rises from 0 to 1. A change of leader is
        put in the middle between two neighbours.
    """
    tried = np.round(standings, 12)
    best = np.array([names.by_name[np.argmax(row[names.by_name])] for row in tried], dtype=np.intp)
    turns = np.flatnonzero(np.diff(best)) + 1
    middles = (grid[turns] + grid[turns - 1]) / 2
    return Leaders(breaks=np.array([0.0, *middles, 1.0]), items=best[[0, *turns]])


def stability_sentence(of: Leaders, titles: list[str], driver: str, today: float) -> str:
    """While which weights of a driver the first stays first, who leads below and above, and what it weighs today.

    Examples
    --------
    >>> found = Leaders(breaks=np.array([0.0, 0.12, 0.41, 1.0]), items=np.array([2, 0, 1]))
    >>> stability_sentence(found, ["X", "Y", "Z"], "Hours lost", 0.25)
    '“X” stays first while Hours lost weighs 12 to 41 % (25 % now); below, “Z” leads, above, “Y”.'
    """
    stretch = of.at(today)
    low, high = of.around(today)
    first = f"“{titles[of.items[stretch]]}”"
    if len(of.items) == 1:
        return f"{first} stays first whatever {driver} weighs ({100 * today:.0f} % now)."
    below = f"below, “{titles[of.items[stretch - 1]]}” leads" if stretch else ""
    above = f"above, “{titles[of.items[stretch + 1]]}”" if stretch + 1 < len(of.items) else ""
    above = above if below or not above else f"{above} leads"
    beside = ", ".join(part for part in (below, above) if part)
    digits = 1 if _close(low, high, today) else 0
    while_ = f"{driver} weighs {100 * low:.{digits}f} to {100 * high:.{digits}f} % ({100 * today:.{digits}f} % now)"
    return f"{first} stays first while {while_}; {beside}."


def _close(low: float, high: float, today: float) -> bool:
    """Whether whole percents would hide the change: a short stretch, or one that ends near today's weight."""
    return high - low < 0.02 or 0 < today - low < 0.01 or (high < 1 and high - today < 0.01)
