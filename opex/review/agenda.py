"""What to talk about first: the items where the difference between people would change what is above the cut line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Stake", "Talk", "agenda"]


@dataclass(frozen=True, kw_only=True)
class Stake:
    """Where an item would stand: ``place`` at the group's medians, ``places`` by person if all saw it as they do.

    ``fixed`` says why its place does not follow from anybody's answers; empty where it does. ``wrong``: the group's
    median is that the insight is wrong, which moves no score: it asks for a decision.
    """

    item: str
    place: int
    places: Mapping[str, int]
    functions: Mapping[str, str]
    fixed: str = ""
    wrong: bool = False


@dataclass(frozen=True, kw_only=True)
class Talk:
    """An item of the agenda.

    It ``matters`` where people differ about its side of the cut line, or where most say that the insight of an item
    above the line is ``wrong``.

    ``above`` counts those who would have it above the cut line; ``by_function`` gives each function's middle place and
    how many of it would have it above. ``apart`` are the people on the other side of the line than most, the
    furthest from it first: they are asked first.
    """

    item: str
    place: int
    matters: bool
    above: int
    answered: int
    low: int
    high: int
    by_function: Mapping[str, tuple[int, int, int]]
    apart: tuple[str, ...]
    fixed: str
    wrong: bool = False

    @property
    def sentence(self) -> str:
        """Why it is, or is not, on the agenda."""
        if not self.answered:
            return "Nobody could say anything of it."
        if self.wrong and self.matters:
            return f"Most say that the insight is wrong, and it stands above the cut line, at place {self.place}."
        if self.fixed:
            return self.fixed
        if not self.matters:
            side = "above" if self.above else "below"
            who = f"All {self.answered}" if self.answered > 1 else "The one who answered"
            return f"{who} would have it {side} the cut line, at place {_range(self.low, self.high)}."
        return (
            f"{self.above} of {self.answered} would have it above the cut line, the others below: "
            f"place {_range(self.low, self.high)}."
        )


def _range(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low} to {high}"


def agenda(stakes: Sequence[Stake], cut: int) -> list[Talk]:
    """The items in the order in which to talk about them.

    First those above the cut line whose insight most hold for wrong; then those whose side of the line people differ
    on, the most evenly divided first (then those that stand closest to the line, then the widest apart); after them
    the others in their places. Ties keep the given order.

    Parameters
    ----------
    cut
        The last place above the line.

    Examples
    --------
    >>> both = {"Ana": "product", "Bo": "security"}
    >>> a = Stake(item="a", place=1, places={"Ana": 1, "Bo": 2}, functions=both)
    >>> b = Stake(item="b", place=3, places={"Ana": 2, "Bo": 9}, functions=both)
    >>> [(talk.item, talk.matters, talk.apart) for talk in agenda([a, b], cut=2)]
    [('b', True, ('Ana',)), ('a', False, ())]
    """
    return sorted((_talk(stake, cut) for stake in stakes), key=lambda talk: _turn(talk, cut))


def _turn(talk: Talk, cut: int) -> tuple[bool, float, float, int]:
    if not talk.matters:
        return True, 0.0, float(talk.place), 0
    divided = 1.0 if talk.wrong else min(talk.above, talk.answered - talk.above) / talk.answered
    return False, -divided, abs(talk.place - cut - 0.5), talk.low - talk.high


def _talk(stake: Stake, cut: int) -> Talk:
    places = stake.places
    above = [person for person, place in places.items() if place <= cut]
    below = [person for person in places if person not in above]
    wrong = stake.wrong and stake.place <= cut
    matters = wrong or (bool(above and below) and not stake.fixed)
    return Talk(
        item=stake.item,
        place=stake.place,
        matters=matters,
        above=len(above),
        answered=len(places),
        low=min(places.values(), default=stake.place),
        high=max(places.values(), default=stake.place),
        by_function={name: _of_function(stake, name, cut) for name in sorted({stake.functions[p] for p in places})},
        apart=_apart(stake, above, below, cut) if matters else (),
        fixed=stake.fixed,
        wrong=wrong,
    )


def _of_function(stake: Stake, function: str, cut: int) -> tuple[int, int, int]:
    """The middle place that a function's people give it, how many of them have it above, and how many there are."""
    theirs = sorted(place for person, place in stake.places.items() if stake.functions[person] == function)
    return theirs[(len(theirs) - 1) // 2], sum(place <= cut for place in theirs), len(theirs)


def _apart(stake: Stake, above: Sequence[str], below: Sequence[str], cut: int) -> tuple[str, ...]:
    """Those on the side of the fewer (of the median's other side where both are as many), the furthest first."""
    other_side = below if stake.place <= cut else above
    fewer = other_side if len(above) == len(below) else min(above, below, key=len)
    return tuple(sorted(fewer, key=lambda person: (-abs(stake.places[person] - cut - 0.5), person)))
