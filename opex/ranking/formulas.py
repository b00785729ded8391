"""The figures of a formula: arrays in, arrays out, over any leading axes (draws of weights, resampled evidence)."""

from math import isnan

import numpy as np
from numpy.typing import ArrayLike, NDArray

from opex.domain.formulas import Factor, Factored, Figure, Formula
from opex.ranking.ranking import Alphabet, Ranking, rank
from opex.ranking.scales import raw_at
from opex.ranking.weighted import score

__all__ = ["figures", "formula_amounts", "formula_factors", "formula_scores", "ranked_by", "standing"]

Floats = NDArray[np.float64]


def formula_scores(
    formula: Formula, worths: ArrayLike, weights: ArrayLike, effort_days: ArrayLike, confidence: ArrayLike
) -> Floats:
    """What a formula makes of each item, (..., n).

    Parameters
    ----------
    formula
        Fitted to the driver set (`Formula.fitted`); the additive one and those of the score alone need no fitting.
    worths
        (..., n, m) in [0, 1], the drivers in the set's order.
    weights
        (..., m), not negative, adding up to 1. Leading axes broadcast against those of ``worths``.
    effort_days
        (n,), more than 0; NaN where nobody estimated it. Then every formula that asks for the effort gives NaN:
        it cannot place the item. Nothing is guessed.
    confidence
        (n,) in [0, 1], see `opex.domain.formulas.confidence_of`.

    Returns
    -------
    Figures of 0 or more in the formula's own unit, NaN where it cannot place the item. Each depends on its own item
    alone: adding or permuting items moves none. The additive formula gives plain ``worths @ weights``.

    Examples
    --------
    >>> from opex.domain.formulas import named
    >>> each = ([[1.0, 0.0], [0.5, 0.5]], [0.75, 0.25], [5.0, np.nan], [1.0, 1.0])
    >>> formula_scores(named("value_for_effort"), *each).tolist()
    [0.15, nan]
    """
    return _combined(
        formula, formula_factors(formula, formula_amounts(formula, worths, weights, effort_days, confidence))
    )


def formula_amounts(
    formula: Formula, worths: ArrayLike, weights: ArrayLike, effort_days: ArrayLike, confidence: ArrayLike
) -> Floats:
    """What each factor starts from, (..., n, k): a mean or raw value of drivers, days of work, or confidence."""
    placed, weighted = (np.asarray(one, dtype=np.float64) for one in (worths, weights))
    days, sure = (np.asarray(one, dtype=np.float64) for one in (effort_days, confidence))
    days = np.where(days > 0, days, np.nan)
    columns = [_amount(factor, placed, weighted, days, sure) for factor in formula.factors]
    return np.stack(np.broadcast_arrays(*columns), axis=-1)


def _amount(factor: Factor, worths: Floats, weights: Floats, days: Floats, confidence: Floats) -> Floats:
    if factor.comes_from == "effort":
        return days
    if factor.comes_from == "confidence":
        return confidence
    if factor.comes_from == "score":
        return _weighted(worths, weights)
    if not factor.columns:
        raise ValueError(f"the factor {factor.name} is not fitted to a driver set")
    own = worths[..., list(factor.columns)]
    if factor.scale is not None:
        return raw_at(own[..., 0], factor.scale)
    return _weighted(own, _shares(weights[..., list(factor.columns)]))


def _weighted(worths: Floats, weights: Floats) -> Floats:
    summed: Floats = (worths @ weights[..., None])[..., 0]
    return summed


def _shares(weights: Floats) -> Floats:
    """Weights among the drivers of one factor; equal ones where all are 0."""
    total = weights.sum(axis=-1, keepdims=True)
    return np.where(total > 0, weights / np.where(total > 0, total, 1.0), 1 / weights.shape[-1])


def formula_factors(formula: Formula, amounts: Floats) -> Floats:
    """The values that enter the formula, (..., n, k): amounts on their levels, or in the factor's unit."""
    columns = [_value(factor, amounts[..., k]) for k, factor in enumerate(formula.factors)]
    return np.stack(columns, axis=-1)


def _value(factor: Factor, amount: Floats) -> Floats:
    if not factor.levels:
        return amount / factor.per
    reached = np.searchsorted(np.round(factor.cuts, 12), np.round(amount, 12), side="left")
    levels: Floats = np.array(factor.levels, dtype=np.float64)[reached]
    return np.where(np.isnan(amount), np.nan, levels)


def _combined(formula: Formula, values: Floats) -> Floats:
    parts = np.array([factor.part for factor in formula.factors])
    figure = values[..., parts == "times"].prod(axis=-1) / values[..., parts == "over"].prod(axis=-1)
    if (parts == "plus").any():
        figure = figure * values[..., parts == "plus"].sum(axis=-1)
    result: Floats = figure
    return result


def standing(figures: Floats, scores: Floats) -> Floats:
    """Where items stand under a formula, in [0, 1], the higher the better: by figure, then the others by score.

    Items that the formula cannot place (NaN) stand below all that it places, in the order of their additive score.
    The value of an item depends on that item alone; any shape.

    Examples
    --------
    >>> standing(np.array([0.0, 3.0, np.nan]), np.array([0.2, 0.1, 1.0])).round(3).tolist()
    [0.5, 0.79, 0.25]
    """
    placed = ~np.isnan(figures)
    known = np.log1p(np.where(placed, figures, 0.0))  # so that large figures stay apart as well as small ones
    return np.where(placed, 0.5 + 0.5 * known / (1 + known), 0.25 * scores)


def ranked_by(
    formula: Formula,
    values: Floats,
    known: NDArray[np.bool_],
    weights: Floats,
    effort_days: Floats,
    confidence: Floats,
    names: Alphabet,
) -> Ranking:
    """The computed order under a formula; scores and parts stay the additive ones, under whatever formula."""
    if formula.additive:
        return rank(values, known, weights, names)
    made = formula_scores(formula, values, weights, effort_days, confidence)
    return rank(values, known, weights, names, standing(made, score(values, weights)))


def figures(formula: Formula, values: Floats, weights: Floats, effort_days: Floats, confidence: Floats) -> list[Figure]:
    """What a formula makes of each of (n, m) items, with its factors."""
    amounts = formula_amounts(formula, values, weights, effort_days, confidence)
    entered = formula_factors(formula, amounts)
    rows = zip(_combined(formula, entered).tolist(), amounts.tolist(), entered.tolist(), strict=True)
    return [Figure(formula=formula, value=_told(made), factors=_factored(formula, *told)) for made, *told in rows]


def _factored(formula: Formula, amounts: list[float], values: list[float]) -> dict[str, Factored]:
    told = zip(formula.factors, amounts, values, strict=True)
    return {factor.name: Factored(amount=_told(amount), value=_told(value)) for factor, amount, value in told}


def _told(number: float) -> float | None:
    return None if isnan(number) else number
