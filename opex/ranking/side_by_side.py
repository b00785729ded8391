"""The same items under several formulas: ranks, ties, and the items whose place depends on the formula, with why."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, log
from statistics import median

from opex.domain.formulas import Factor, Figure, Formula

__all__ = ["Placed", "UnderFormula", "dependent", "under"]

Key = tuple[bool, float]
LEAST_MOVE, SHARE_OF_LIST, SHARE_TIED = 3, 0.1, 0.2


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Where an item stands under a formula: the best and worst place among those that its figure ties with."""

    best: int
    worst: int

    @property
    def said(self) -> str:
        """One number, or the range of a tie."""
        return str(self.best) if self.best == self.worst else f"{self.best}-{self.worst}"

    @property
    def alike(self) -> int:
        """How many items share the figure."""
        return self.worst - self.best + 1


@dataclass(frozen=True, kw_only=True)
class UnderFormula:
    """All items under one formula, in the items' order; ``keys`` (what orders them) and ``places`` are ``None`` where
    it cannot place the item."""

    formula: Formula
    figures: tuple[Figure, ...]
    keys: tuple[Key | None, ...]
    places: tuple[Placed | None, ...]

    @property
    def placed(self) -> int:
        """How many items it can place."""
        return sum(place is not None for place in self.places)

    @property
    def distinct(self) -> int:
        """How many places it can tell apart."""
        return len({place for place in self.places if place is not None})


def under(formula: Formula, figures: Sequence[Figure], enough: Sequence[bool]) -> UnderFormula:
    """The places of the items under a formula: items of enough known weight first, then by figure, ties together.

    Figures that agree to twelve digits tie.

    Examples
    --------
    >>> from opex.domain.formulas import named
    >>> made = [Figure(formula=named("ice"), value=value, factors={}) for value in (10.0, 30.0, 10.0, None)]
    >>> [place and place.said for place in under(named("ice"), made, [True] * 4).places]
    ['2-3', '1', '2-3', None]
    """
    keys = tuple(
        None if figure.value is None else (bool(known), float(f"{figure.value:.12g}"))
        for figure, known in zip(figures, enough, strict=True)
    )
    return UnderFormula(formula=formula, figures=tuple(figures), keys=keys, places=tuple(_places(keys)))


def _places(keys: Sequence[Key | None]) -> list[Placed | None]:
    ordered = sorted(key for key in keys if key is not None)
    total = len(ordered)
    return [
        None
        if key is None
        else Placed(best=total - bisect_right(ordered, key) + 1, worst=total - bisect_left(ordered, key))
        for key in keys
    ]


def dependent(own: UnderFormula, others: Sequence[UnderFormula]) -> list[list[str]]:
    """For each item why its place depends on the formula, in sentences; none where it does not.

    It does when, among the items that both can place, another formula puts it at least three places and a tenth of
    them away from where the team's own has it, ties of both taken in its favour; and when an ordinal formula cannot
    tell it from a fifth of the items. The reason of a move is the factor that sets it apart most from the items
    that it passes, or that pass it; formulas that move it for the same reason share a sentence.
    """
    moves: list[list[_Moved]] = [[] for _ in own.places]
    for other in others:
        for n, move in _moves(own, other):
            moves[n].append(move)
    told = [[*_sentences(moved)] for moved in moves]
    for other in others:
        for n, sentence in _tied(other):
            told[n].append(sentence)
    return told


@dataclass(frozen=True)
class _Moved:
    """An item lifted (or, below 0, lowered) so many places by a formula, and by which of its factors most."""

    places: int
    formula: Formula
    factor: Factor
    mine: float
    theirs: float

    @property
    def reason(self) -> tuple[str, bool]:
        return self.factor.comes_from, self.places > 0


def _sentences(moved: Sequence[_Moved]) -> Iterator[str]:
    ordered = sorted(moved, key=lambda move: -abs(move.places))
    for reason in dict.fromkeys(move.reason for move in ordered):
        first, *rest = [move for move in ordered if move.reason == reason]
        went = f"lifts it {first.places} places" if first.places > 0 else f"puts it {-first.places} places lower"
        also = "".join(f", {move.formula.title} {abs(move.places)}" for move in rest)
        yield f"{_apart(first)}: {first.formula.title} {went}{also}."


def _apart(move: _Moved) -> str:
    factor = move.factor
    word = "high" if move.mine > move.theirs else "low"
    title = factor.comes_from if factor.comes_from in ("effort", "confidence", "score") else factor.title
    who = "those that it passes have" if move.places > 0 else "those that pass it have"
    return f"Its {title} is {word} ({_short(factor, move.mine)}; {who} {_short(factor, move.theirs)})"


def _short(factor: Factor, amount: float) -> str:
    if factor.comes_from == "confidence":
        return f"{amount:.0%}"
    if factor.comes_from in ("score", "drivers"):
        return f"{100 * amount:.0f} points"
    return f"{amount:.3g} {'days' if factor.comes_from == 'effort' else factor.unit}"


def _tied(other: UnderFormula) -> Iterator[tuple[int, str]]:
    if not any(factor.levels for factor in other.formula.factors):
        return
    for n, place in enumerate(other.places):
        if place is not None and place.alike >= max(LEAST_MOVE, SHARE_TIED * other.placed):
            yield (
                n,
                (
                    f"{other.formula.title} has only {other.distinct} distinct values for {other.placed} items; "
                    f"{place.alike} share this one."
                ),
            )


def _moves(own: UnderFormula, other: UnderFormula) -> Iterator[tuple[int, _Moved]]:
    both = [n for n, keys in enumerate(zip(own.keys, other.keys, strict=True)) if None not in keys]
    here, there = (dict(zip(both, _among(one, both), strict=True)) for one in (own, other))
    least = max(LEAST_MOVE, ceil(SHARE_OF_LIST * len(both)))
    for n in both:
        lifted, sunk = here[n].best - there[n].worst, there[n].best - here[n].worst
        if max(lifted, sunk) >= least:
            up = lifted > 0
            passed = [k for k in both if (_passes(n, k, here, there) if up else _passes(k, n, here, there))]
            yield n, _moved(other, n, passed, lifted if up else -sunk)


def _among(one: UnderFormula, items: Sequence[int]) -> list[Placed]:
    return [place for place in _places([one.keys[n] for n in items]) if place is not None]


def _passes(n: int, k: int, here: dict[int, Placed], there: dict[int, Placed]) -> bool:
    """Whether ``n`` stands behind ``k`` here, and before it there."""
    return here[n].best > here[k].best and there[n].best < there[k].best


def _moved(other: UnderFormula, n: int, passed: Sequence[int], places: int) -> _Moved:
    """The factor that sets the item apart most from those with whom it changes places."""
    figure = other.figures[n]
    usual = {f.name: median(_value(other.figures[k], f) for k in passed) for f in other.formula.factors}
    pulls = {f.name: _pull(figure, f, usual) * (1 if places > 0 else -1) for f in other.formula.factors}
    factor = max(other.formula.factors, key=lambda f: pulls[f.name])
    theirs = median(other.figures[k].factors[factor.name].amount or 0.0 for k in passed)
    return _Moved(places, other.formula, factor, figure.factors[factor.name].amount or 0.0, theirs)


def _value(figure: Figure, factor: Factor) -> float:
    return figure.factors[factor.name].value or 0.0


def _pull(figure: Figure, factor: Factor, usual: dict[str, float]) -> float:
    """By how much, on a logarithmic scale, the factor sets the figure above that of the usual values."""
    mine, theirs = _value(figure, factor), usual[factor.name]
    if factor.part == "plus":
        whole = sum(usual[f.name] for f in figure.formula.factors if f.part == "plus")
        return log(max(1 + (mine - theirs) / whole, 1e-9))
    pull = log(max(mine, 1e-9)) - log(max(theirs, 1e-9))
    return -pull if factor.part == "over" else pull
