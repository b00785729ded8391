"""What a formula makes of an item, in sentences that a person can check with a pocket calculator."""

from opex.domain.formulas import Factor, Factored, Figure
from opex.domain.priorities import Priority

__all__ = ["amount_said", "figure_sentences", "value_said"]


def figure_sentences(item: Priority) -> list[str]:
    """How the team's own formula places the item: one sentence for the figure, one a factor; none for the score."""
    figure = item.figure
    if figure is None:
        return []
    formula = figure.formula
    own = f"{formula.title} is the team's own formula ({formula.label})"
    if figure.value is None:
        return [
            f"{own}. It cannot place this item, because {_missing(figure)}: it stands below all that it places, in the "
            f"order of the scores, at place {item.computed_rank}."
        ]
    worked = _worked(figure)
    return [
        f"{own}: {worked} = {_number(figure.value)}; that is place {item.computed_rank}.",
        *(_factor_sentence(factor, figure.factors[factor.name]) for factor in formula.factors),
    ]


def _missing(figure: Figure) -> str:
    lacks = [f.title for f in figure.formula.factors if figure.factors[f.name].value is None]
    return f"its {' and '.join(lacks)} is unknown (nobody estimated the days of work)"


def _worked(figure: Figure) -> str:
    by_part = {part: _of_part(figure, part) for part in ("times", "plus", "over")}
    added = " + ".join(by_part["plus"])
    factors = [*by_part["times"], *([f"({added})" if by_part["over"] or by_part["times"] else added] if added else [])]
    return " / ".join([" × ".join(factors), *by_part["over"]])


def _of_part(figure: Figure, part: str) -> list[str]:
    return [
        f"{factor.title} {value_said(factor, figure.factors[factor.name])}"
        for factor in figure.formula.factors
        if factor.part == part
    ]


def _factor_sentence(factor: Factor, told: Factored) -> str:
    start = f"{factor.title.capitalize()}: {amount_said(factor, told)}"
    if not factor.levels:
        return f"{start} (1 of {factor.unit} is {factor.per:g} days)." if factor.per != 1 else f"{start}."
    levels = ", ".join(f"{level:g}" for level in factor.levels)
    return f"{start}; of the levels {levels} that is {value_said(factor, told)}."


def amount_said(factor: Factor, told: Factored) -> str:
    """What the factor starts from, in its own words."""
    if told.amount is None:
        return "unknown"
    words = {
        "score": f"the additive score of {100 * told.amount:.1f} of 100 points",
        "drivers": f"{100 * told.amount:.1f} of 100 points on its drivers",
        "raw": f"{_number(told.amount)} {factor.unit}",
        "effort": f"{_number(told.amount)} days of work",
        "confidence": f"{told.amount:.0%}, what validations count",
    }
    return words[factor.comes_from]


def value_said(factor: Factor, told: Factored) -> str:
    """The value that enters the formula."""
    if told.value is None:
        return "unknown"
    if factor.comes_from == "confidence" and told.value <= 1:
        return f"{told.value:.0%}"
    return _number(told.value) + (f" {factor.unit}" if factor.unit else "")


def _number(number: float) -> str:
    """Three figures, whole numbers in full."""
    return f"{number:,.0f}" if number == round(number) or abs(number) >= 1000 else f"{number:.3g}"
