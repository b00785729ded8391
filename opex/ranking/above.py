"""Why one item stands above another: driver by driver, exactly adding up to the difference of their scores."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from opex.domain.decisions import MOVE_REASONS
from opex.domain.drivers import Driver, DriverSet
from opex.domain.priorities import Move, Priority

__all__ = ["Above", "above", "listed", "reasons"]

By = Literal["score", "adjustment", "known", "formula", "alphabet"]
ALIKE = 1e-12
"""Scores that differ by less are ordered by id (`opex.ranking.ranking.rank`)."""
SHOWN = 0.0005
"""Half of the last digit shown, as a share: below it two items count as alike on a driver."""


@dataclass(frozen=True, kw_only=True)
class Above:
    """Two items of one order, the upper one first.

    Attributes
    ----------
    by
        What decides between them: ``score``; ``adjustment`` when a person's move turned the computed order of the two;
        ``known`` when the lower one scores as much or more, but less than half of its weight has a value; ``formula``
        when the team's own formula tells them apart; ``alphabet`` when they count alike and only the order of the ids
        decides.
    parts
        By driver, in the set's order: the upper one's contribution less the lower one's, as shares (0.01 is a point).
        They add up to ``difference``, which is negative where something else than the score decides.
    """

    upper: Priority
    lower: Priority
    by: By
    parts: dict[str, float]

    @property
    def difference(self) -> float:
        """The upper one's score less the lower one's."""
        return self.upper.score - self.lower.score


def above(one: Priority, other: Priority) -> Above:
    """Compare two items of one order, in whichever order they are given.

    Raises
    ------
    ValueError
        For an item and itself: a bug of the caller.
    """
    if one.rank == other.rank:
        raise ValueError(f"{one.id} and {other.id} hold the same place: they are no two items of one order")
    upper, lower = sorted((one, other), key=lambda item: item.rank)
    parts = {name: part - lower.contributions[name] for name, part in upper.contributions.items()}
    return Above(upper=upper, lower=lower, by=_by(upper, lower), parts=parts)


def _by(upper: Priority, lower: Priority) -> By:
    if upper.computed_rank > lower.computed_rank:
        return "adjustment"
    if upper.enough_rated == lower.enough_rated and upper.figure is not None:
        if _figure(upper) != _figure(lower):
            return "formula"
        if _figure(upper) is not None:
            return "alphabet"  # what the formula cannot place is ordered by score
    if upper.score - lower.score > ALIKE:
        return "score"
    return "known" if upper.enough_rated != lower.enough_rated else "alphabet"


def _figure(item: Priority) -> float | None:
    return item.figure.value if item.figure else None


def reasons(of: Above, drivers: DriverSet) -> list[str]:
    """In sentences: what decides, then driver by driver, the largest difference first, then those on which they agree.

    The first one reads like: “A” stands above “B” by 12.3 points: 61.2 against 48.9 of 100 under default v1.
    """
    told = sorted(drivers.drivers, key=lambda driver: (-abs(of.parts[driver.name]), driver.name))
    apart = [driver for driver in told if abs(of.parts[driver.name]) >= SHOWN]
    alike = [driver.title for driver in drivers.drivers if driver not in apart]
    lines = [_first(of, drivers), *(_driver(of, driver) for driver in apart)]
    return [*lines, f"They count alike on {listed(alike)}."] if alike else lines


def _first(of: Above, drivers: DriverSet) -> str:
    upper, lower = (f"“{item.opportunity.title}”" for item in (of.upper, of.lower))
    scores = f"{100 * of.upper.score:.1f} against {100 * of.lower.score:.1f} of 100 under {drivers.label}"
    if of.by == "score":
        return f"{upper} stands above {lower} by {100 * of.difference:.1f} points: {scores}."
    if of.by == "adjustment":
        return f"{upper} stands above {lower} because {_moved(of)}. Computed, it is the other way round ({scores})."
    if of.by == "formula" and of.upper.figure:
        title = of.upper.figure.formula.title
        made = " against ".join("nothing (it cannot be placed)" if f is None else f"{f:,.4g}" for f in _figures(of))
        return f"{upper} stands above {lower} by {title}, the team's own formula: {made}. By score: {scores}."
    if of.by == "known":
        return (
            f"{upper} stands above {lower} though it scores no more ({scores}): less than half of the weight has a "
            f"value for {lower}, and such items stand below all that have more."
        )
    alike = "score alike" if of.upper.figure is None else f"count alike by {of.upper.figure.formula.title}"
    return (
        f"{upper} and {lower} {alike} ({scores}): only the alphabet of their ids puts the one first. "
        "It says nothing about which is better."
    )


def _figures(of: Above) -> tuple[float | None, float | None]:
    return _figure(of.upper), _figure(of.lower)


def _moved(of: Above) -> str:
    told = [_move(item.opportunity.title, item.move) for item in (of.upper, of.lower) if item.move is not None]
    return " and ".join(told) or "somebody moved it"


def _move(title: str, move: Move) -> str:
    said = f": “{move.words}”" if move.words else ""
    return f"{move.person} moved “{title}” to place {move.to} ({MOVE_REASONS[move.reason]}{said})"


def _driver(of: Above, driver: Driver) -> str:
    points = 100 * of.parts[driver.name]
    values = " against ".join(_value(item, driver) for item in (of.upper, of.lower))
    return f"{driver.title}: {points:+.1f} points ({values}; weight {100 * driver.weight:.0f})."


def _value(item: Priority, driver: Driver) -> str:
    raw = item.values[driver.name]
    if raw is None:
        return "nothing known, so the middle"
    return f"level {raw:g}" if driver.rated else f"{raw:,.3g} {driver.unit}"


def listed(titles: Iterable[str]) -> str:
    """Words in a row, the last one after "and"; there is at least one.

    Examples
    --------
    >>> listed(["A"]), listed(["A", "B", "C"])
    ('A', 'A, B and C')
    """
    *first, last = titles
    return f"{', '.join(first)} and {last}" if first else last
