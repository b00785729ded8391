"""What moved between two rankings, in one sentence."""

from opex.ranking.above import listed
from opex.ranking.moved import CAUSES, Change, Comparison

__all__ = ["CAME_OF", "largest", "moved_sentence", "usual_cause"]

CAME_OF = {
    "data": "new data: incidents came, others are older than a year",
    "drivers": "the drivers and their weights",
    "ratings": "ratings and struck incidents",
    "removals": "what the actions are said to remove",
}
_WORDS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def moved_sentence(of: Comparison, first: int = 10) -> str:
    """How many of the first ones stand elsewhere than before, and what most of the change of scores came of."""
    top = [one for one in of.items if one.rank_to <= first]
    moved = sum(one.up != 0 for one in top)
    if not top:
        return f"The two rankings have none of the first {_small(first)} in common.{_beside(of)}"
    here = f"{_small(moved).capitalize()} of the first {_small(len(top))} moved"
    cause = usual_cause(of)
    why = "no score changed"
    if of.before.drivers.formula != of.after.drivers.formula:
        here += f"; the team's own formula was {of.before.drivers.formula} and is {of.after.drivers.formula}"
    if cause:
        why = f"most of the change of scores came of {CAME_OF[cause]}"
    return f"{here}; {why}.{_beside(of)}"


def usual_cause(of: Comparison) -> str | None:
    """The cause of most of the change of scores: the largest sum of its parts, whatever their sign; ties: the first.

    ``None`` where no score changed. Adjustments change none: how many people made is told beside it.
    """
    amounts = {cause: sum(abs(one.parts[cause]) for one in of.items) for cause in CAUSES}
    most = max(CAUSES, key=lambda cause: amounts[cause])
    return most if amounts[most] > 1e-9 else None


def _beside(of: Comparison) -> str:
    """What moves places without a change of score: moves that people made or withdrew, and items that came or went."""
    adjusted = {item for item, _ in set(of.before.moves) ^ set(of.after.moves)}
    counted = (("moved by people", len(adjusted)), ("came", len(of.came)), ("went", len(of.went)))
    told = [f"{count} {word}" for word, count in counted if count]
    return f" {listed(told).capitalize()}." if told else ""


def _small(count: int) -> str:
    return _WORDS[count] if count < len(_WORDS) else str(count)


def largest(items: tuple[Change, ...], count: int) -> list[Change]:
    """Those that moved by most places, the most first; ties: the higher place."""
    return sorted((one for one in items if one.up), key=lambda one: (-abs(one.up), one.rank_to))[:count]
