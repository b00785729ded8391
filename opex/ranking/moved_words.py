"""What moved between two rankings, in one sentence."""

from opex.ranking.moved import CAUSES, Change, Comparison

__all__ = ["CAME_OF", "largest", "moved_sentence", "usual_cause"]

CAME_OF = {
    "data": "new data: incidents came, others are older than a year",
    "drivers": "the drivers and their weights",
    "ratings": "ratings and struck incidents",
    "removals": "what the actions are said to remove",
    "adjustments": "moves that people made",
}
_WORDS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def moved_sentence(of: Comparison, first: int = 10) -> str:
    """How many of the first ones stand elsewhere than before, and what most of it came of.

    Items that came or went are counted beside them: they push the others and have no change of their own.
    """
    top = [one for one in of.items if one.rank_to <= first]
    moved = [one for one in top if one.up]
    if not top:
        return f"The two rankings have none of the first {_small(first)} in common.{_passed(of)}"
    if not moved:
        return f"None of the first {_small(len(top))} moved.{_passed(of)}"
    cause = usual_cause(of)
    why = f"; most of it came of {CAME_OF[cause]}" if cause else "; their scores are the same, others came between"
    return f"{_small(len(moved)).capitalize()} of the first {_small(len(top))} moved{why}.{_passed(of)}"


def usual_cause(of: Comparison) -> str | None:
    """The cause of most of the change: the largest sum of its parts, whatever their sign; ties: the first named.

    Where no score changed it is the adjustments if any of them did, else none.
    """
    if not of.items:
        return None
    amounts = {cause: sum(abs(one.parts[cause]) for one in of.items) for cause in CAUSES}
    if max(amounts.values()) > 1e-9:
        return max(CAUSES, key=lambda cause: amounts[cause])
    return "adjustments" if of.before.moves != of.after.moves else None


def _passed(of: Comparison) -> str:
    told = [f"{len(some)} {word}" for some, word in ((of.came, "came"), (of.went, "went")) if some]
    return f" {' and '.join(told).capitalize()}." if told else ""


def _small(count: int) -> str:
    return _WORDS[count] if count < len(_WORDS) else str(count)


def largest(items: tuple[Change, ...], count: int) -> list[Change]:
    """Those that moved by most places, the most first; ties: the higher place."""
    return sorted((one for one in items if one.up), key=lambda one: (-abs(one.up), one.rank_to))[:count]
