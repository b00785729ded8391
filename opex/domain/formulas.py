"""Formulas that people know (RICE, WSJF, ICE ...) as data: factors, where each comes from, and how they combine."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from opex.domain.drivers import Driver, DriverSet, Scale
from opex.domain.opportunities import Verdict
from opex.domain.problems import Refused

__all__ = [
    "ADDITIVE", "CONFIDENCE", "FORMULAS", "NOT_VALIDATED", "Factor", "Factored", "Figure", "Formula", "confidence_of",
    "formula_of", "named",
]  # fmt: skip

Source = Literal["score", "drivers", "raw", "effort", "confidence"]
Part = Literal["times", "plus", "over"]

CONFIDENCE = {"holds": 1.0, "doubtful": 0.5, "wrong": 0.2}
"""What a reviewer's verdict on the insight counts as confidence."""
NOT_VALIDATED = 0.8
"""Confidence where nobody has validated: there is evidence, and no colleague has said that it holds."""


def confidence_of(verdicts: Sequence[Verdict]) -> float:
    """The mean of what the reviewers' verdicts count (`CONFIDENCE`); `NOT_VALIDATED` without any."""
    counted = [CONFIDENCE[verdict.verdict] for verdict in verdicts]
    return sum(counted) / len(counted) if counted else NOT_VALIDATED


@dataclass(frozen=True, kw_only=True)
class Factor:
    """One factor of a formula.

    Attributes
    ----------
    part
        Multiplied (``times``), added to the other ``plus`` factors, or divided by (``over``).
    comes_from
        ``score``: the additive score. ``drivers``: the weighted mean of the drivers that it takes. ``raw``: the raw
        value of one driver within its anchors. ``effort``: days of work. ``confidence``: what validations count.
    takes
        Drivers by name, measure or family. A driver goes to the first factor that takes it; a ``drivers`` factor
        that takes nothing by name gets those that are left, a ``raw`` factor the first one that there is.
    cuts, levels
        An ordinal factor: up to and including each cut the level in the same place, above the last cut the last.
    per
        How many of the source's units make one of the factor's (20 days make a person-month).
    columns, scale
        Where its drivers stand in a driver set, and the scale of a raw one: given by `Formula.fitted`.
    """

    name: str
    title: str
    part: Part
    comes_from: Source
    takes: tuple[str, ...] = ()
    cuts: tuple[float, ...] = ()
    levels: tuple[float, ...] = ()
    per: float = 1.0
    unit: str = ""
    columns: tuple[int, ...] = ()
    scale: Scale | None = None

    def __post_init__(self) -> None:
        """Refuse levels that cannot be told apart."""
        if list(self.cuts) != sorted(set(self.cuts)):
            raise Refused(f"Factor {self.name}: the cuts must rise; they are {self.cuts}.")
        if self.levels and len(self.levels) != len(self.cuts) + 1:
            raise Refused(f"Factor {self.name} has {len(self.levels)} levels for {len(self.cuts)} cuts; one more fits.")
        if self.per <= 0 or any(level <= 0 for level in self.levels):
            raise Refused(f"Factor {self.name}: units and levels are more than 0.")


@dataclass(frozen=True, kw_only=True)
class Formula:
    """A formula: the product of its ``times`` factors and of the sum of its ``plus`` factors, over its ``over`` ones.

    A published change makes a new ``version``, so that an order that was locked under the old one stays what it was.
    """

    name: str
    title: str
    version: int
    says: str
    source: str
    factors: tuple[Factor, ...]

    def __post_init__(self) -> None:
        """Refuse a formula without factors, or with two of one name."""
        names = [factor.name for factor in self.factors]
        if not names or len(set(names)) < len(names):
            raise Refused(f"Formula {self.name} needs factors of different names; it has {names}.")

    @property
    def label(self) -> str:
        """The formula as a driver set names it, such as ``rice v1``."""
        return f"{self.name} v{self.version}"

    @property
    def additive(self) -> bool:
        """Whether it is the additive score itself."""
        return self.name == "additive"

    def fitted(self, drivers: Sequence[Driver]) -> "Formula":
        """The same formula with each factor's place among these drivers.

        Raises
        ------
        Refused
            When a factor finds none of the drivers that it takes.
        """
        chosen = {factor.name: _raw_column(factor, drivers) for factor in self.factors if factor.comes_from == "raw"}
        free = [n for n in range(len(drivers)) if [n] not in chosen.values()]
        for factor in self.factors:
            if factor.comes_from == "drivers" and factor.takes:
                chosen[factor.name] = [n for n in free if _takes(factor, drivers[n])]
                free = [n for n in free if n not in chosen[factor.name]]
        return replace(self, factors=tuple(_fitted(self, f, chosen.get(f.name, free), drivers) for f in self.factors))


def _takes(factor: Factor, driver: Driver) -> bool:
    return not {driver.name, driver.measure, driver.family}.isdisjoint(factor.takes)


def _raw_column(factor: Factor, drivers: Sequence[Driver]) -> list[int]:
    named = [n for taken in factor.takes for n, d in enumerate(drivers) if taken in (d.name, d.measure)]
    return named[:1]


def _fitted(formula: Formula, factor: Factor, columns: Sequence[int], drivers: Sequence[Driver]) -> Factor:
    if factor.comes_from not in ("drivers", "raw"):
        return factor
    if not columns:
        wanted = ", ".join(factor.takes) or "what no other factor takes"
        raise Refused(
            f"{formula.title} cannot be used with these drivers: "
            f"its {factor.title} takes {wanted}, and no driver is that."
        )
    if factor.comes_from == "drivers":
        return replace(factor, columns=tuple(columns))
    driver = drivers[columns[0]]
    return replace(factor, columns=tuple(columns), scale=driver.scale, unit=driver.unit)


@dataclass(frozen=True, kw_only=True)
class Factored:
    """What a factor makes of one item: the amount it starts from, and the value that enters the formula."""

    amount: float | None
    value: float | None


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What a formula makes of one item: its figure (``None``: it cannot place the item), and each factor by name."""

    formula: Formula
    value: float | None
    factors: dict[str, Factored]


def _bands(count: int) -> tuple[float, ...]:
    return tuple(n / count for n in range(1, count))


_EFFORT = Factor(name="effort", title="effort", part="over", comes_from="effort", unit="days")
_WSJF: tuple[float, ...] = (1, 2, 3, 5, 8, 13, 20)
_TENTHS: tuple[float, ...] = tuple(range(1, 11))

ADDITIVE = Formula(
    name="additive",
    title="Additive score",
    version=1,
    says="The sum of each driver's weight times the item's place on its scale.",
    source="Keeney and Raiffa 1976",
    factors=(Factor(name="score", title="score", part="times", comes_from="score"),),
)
FORMULAS: tuple[Formula, ...] = (
    ADDITIVE,
    Formula(
        name="value_for_effort",
        title="Value for effort",
        version=1,
        says="The additive score for each day of work.",
        source="Phillips and Bana e Costa 2007",
        factors=(ADDITIVE.factors[0], _EFFORT),
    ),
    Formula(
        name="rice",
        title="RICE",
        version=1,
        says="Reach × impact × confidence / effort.",
        source="Intercom 2016",
        factors=(
            Factor(name="reach", title="reach", part="times", comes_from="raw",
                   takes=("incidents_a_year", "severe_incidents_a_year", "expected_incidents", "systems_touched")),
            Factor(name="impact", title="impact", part="times", comes_from="drivers",
                   cuts=_bands(5), levels=(0.25, 0.5, 1, 2, 3)),
            Factor(name="confidence", title="confidence", part="times", comes_from="confidence",
                   cuts=(0.65, 0.9), levels=(0.5, 0.8, 1)),
            replace(_EFFORT, per=20, unit="person-months"),
        ),
    ),
    Formula(
        name="wsjf",
        title="WSJF",
        version=1,
        says="Cost of delay (business value + time criticality + risk reduction or opportunity) over job size.",
        source="Scaled Agile Framework, Reinertsen 2009",
        factors=(
            Factor(name="business_value", title="user and business value", part="plus", comes_from="drivers",
                   cuts=_bands(7), levels=_WSJF),
            Factor(name="time_criticality", title="time criticality", part="plus", comes_from="drivers",
                   takes=("growth", "worsening_trend_effect", "compliance requirement"), cuts=_bands(7), levels=_WSJF),
            Factor(name="risk_reduction", title="risk reduction or opportunity", part="plus", comes_from="drivers",
                   takes=("desired capability",), cuts=_bands(7), levels=_WSJF),
            Factor(name="job_size", title="job size", part="over", comes_from="effort",
                   cuts=(5, 10, 15, 25, 40, 65), levels=_WSJF),
        ),
    ),
    Formula(
        name="ice",
        title="ICE",
        version=1,
        says="Impact × confidence × ease, each from 1 to 10.",
        source="Ellis and Brown 2017",
        factors=(
            Factor(name="impact", title="impact", part="times", comes_from="score", cuts=_bands(10), levels=_TENTHS),
            Factor(name="confidence", title="confidence", part="times", comes_from="confidence",
                   cuts=_bands(10), levels=_TENTHS),
            Factor(name="ease", title="ease", part="times", comes_from="effort",
                   cuts=(1, 2, 3, 5, 8, 13, 20, 40, 80), levels=_TENTHS[::-1]),
        ),
    ),
)  # fmt: skip
"""The formulas there are, in the order in which they are shown."""


def named(label: str) -> Formula:
    """The formula of that name in its newest version, or in the one that the label states.

    Raises
    ------
    Refused
        Listing the formulas there are.

    Examples
    --------
    >>> named("rice").label, named("wsjf v1").title
    ('rice v1', 'WSJF')
    """
    found = [f for f in FORMULAS if label in (f.name, f.label)]
    if not found:
        raise Refused(f'There is no formula "{label}"; there are {", ".join(f.name for f in FORMULAS)}.')
    return max(found, key=lambda formula: formula.version)


def formula_of(drivers: DriverSet) -> Formula:
    """The formula that a driver set orders by, fitted to its drivers."""
    return named(drivers.formula).fitted(drivers.drivers)
