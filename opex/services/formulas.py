"""The same items under every formula, side by side."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opex.domain.formulas import FORMULAS, Formula
from opex.domain.opportunities import Opportunity
from opex.domain.problems import Refused
from opex.ranking.formulas import figures
from opex.ranking.ranking import enough_known
from opex.ranking.side_by_side import UnderFormula, dependent, under
from opex.services.prioritising import Board

__all__ = ["SideBySide", "side_by_side"]


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    """Items, in the board's order, under each formula that the drivers can feed; the team's own among them.

    ``reasons`` say for each item why its place depends on the formula; ``unusable`` why a formula cannot be used.
    """

    items: tuple[Opportunity, ...]
    own: UnderFormula
    each: tuple[UnderFormula, ...]
    reasons: tuple[tuple[str, ...], ...]
    unusable: dict[str, str]
    without_effort: int

    @property
    def dependent(self) -> int:
        """How many items have a place that depends on the formula."""
        return sum(bool(reasons) for reasons in self.reasons)


def side_by_side(of: Board, weights: Mapping[str, float] | None = None) -> SideBySide:
    """A board's items under every formula, with its own weights or others. No I/O."""
    drivers = of.drivers if weights is None else of.drivers.reweighted(weights)
    each, unusable = [], {}
    for formula in FORMULAS:
        try:
            each.append(_under(of, formula.fitted(drivers.drivers), np.array(list(drivers.weights.values()))))
        except Refused as refusal:
            unusable[formula.title] = str(refusal)
    own = next(one for one in each if one.formula.label == of.formula.label)
    reasons = dependent(own, [one for one in each if one is not own])
    return SideBySide(
        items=of.items, own=own, each=tuple(each), reasons=tuple(map(tuple, reasons)), unusable=unusable,
        without_effort=int(np.isnan(of.effort_days).sum()),
    )  # fmt: skip


def _under(of: Board, formula: Formula, weights: NDArray[np.float64]) -> UnderFormula:
    made = figures(formula, of.values, weights, of.effort_days, of.confidence)
    return under(formula, made, enough_known(~np.isnan(of.raw), weights).tolist())
