"""The ranking in one sentence, made from the data: what a person reads who reads nothing else."""

from collections import Counter
from collections.abc import Sequence

from opex.domain.priorities import Priorities, Priority

__all__ = ["headline"]

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
CLEAR = 0.03


def headline(order: Priorities, first: int = 5) -> str:
    """What the first ones are about, what they stand behind, and whether the first place is clear.

    Where doubt was drawn, the first place is clear when nothing is tied with it; else when its score is at least three
    points above the second's.
    """
    if not order.items:
        return "Nothing stands in the ranking."
    parts = [_subject(order.items[:first]), _coverage(order), _lead(order.items)]
    return " ".join(part for part in parts if part)


def _word(count: int) -> str:
    return _WORDS[count] if count < len(_WORDS) else str(count)


def _subject(top: Sequence[Priority]) -> str:
    systems = Counter(item.opportunity.system for item in top if item.opportunity.system)
    if systems and len(top) > 2:
        system, count = systems.most_common(1)[0]
        if count >= 2:
            return f"{_word(count).capitalize()} of the first {_word(len(top))} are about {system}."
    return f"First comes “{top[0].opportunity.title}”."


def _coverage(order: Priorities) -> str:
    if order.replay is None or not order.replay.incidents_total:
        return ""
    covered, total = order.replay.incidents_covered, order.replay.incidents_total
    return f"The first {_word(order.replay.top)} stand behind {covered:,} of {total:,} incidents of the year."


def _lead(items: Sequence[Priority]) -> str:
    if len(items) < 2:
        return ""
    if items[0].computed_rank != 1 or items[1].computed_rank != 2:
        return "People moved the first places; the computed order stands beside it."
    first, second = items[0], items[1]
    if first.doubt is not None and second.doubt is not None:
        return _formula(first) + _tied(len(first.doubt.group), len(second.doubt.group))
    if first.figure is not None:
        return _formula(first).rstrip()
    gap = first.score - second.score
    if gap >= CLEAR:
        return f"Rank 1 leads by {100 * gap:.0f} points."
    return f"Ranks 1 and 2 are {100 * gap:.1f} points apart: hardly a difference."


def _formula(first: Priority) -> str:
    return f"They are ordered by {first.figure.formula.title}, the team's own formula. " if first.figure else ""


def _tied(first: int, second: int) -> str:
    """Which of the first places are tied: the sizes of the first two groups."""
    if first > 1:
        return f"Ranks 1 {'and' if first == 2 else 'to'} {first} are tied."
    if second > 1:
        return f"Rank 1 is clear; 2 {'and' if second == 2 else 'to'} {1 + second} are tied."
    return "Ranks 1 and 2 are clear."
