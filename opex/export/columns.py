"""The columns of the list, in order, units in their headers: one definition for CSV and XLSX."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal

from opex.domain.drivers import Driver, DriverSet
from opex.domain.formulas import Factor, Formula, named
from opex.domain.priorities import Doubt, Move, Priority
from opex.export.words import finite, move_reason, points, value_for_effort

Kind = Literal["rank", "text", "words", "whole", "number"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its header with the unit, what it holds, and the value of a priority.

    ``kind`` is ``rank`` or ``whole`` (whole numbers), ``number`` (one decimal is enough to read), ``text`` (short)
    or ``words`` (long). A missing value is ``None``, never 0 and never NaN.
    """

    header: str
    kind: Kind
    value: Callable[[Priority], str | float | None]


def columns(drivers: DriverSet) -> tuple[Column, ...]:
    """All columns for priorities under this driver set: two for each driver, in its order, and its formula."""
    values = tuple(_raw(driver) for driver in drivers.drivers)
    contributions = tuple(_contribution(driver) for driver in drivers.drivers)
    last = _attribute("id", "text", "id")
    formula = named(drivers.formula)
    own = () if formula.additive else _of_formula(formula)
    return (*_what(), *_benefit(), *_place(len(drivers.drivers)), *_moved(), *values, *contributions, *own, last)


def _attribute(header: str, kind: Kind, path: str) -> Column:
    read = attrgetter(path)

    def value(priority: Priority) -> str | float | None:
        found: Any = read(priority)
        return found or "" if kind in {"text", "words"} else finite(found)

    return Column(header=header, kind=kind, value=value)


def _what() -> tuple[Column, ...]:
    return (
        _attribute("rank", "rank", "rank"),
        _attribute("computed rank", "whole", "computed_rank"),
        _attribute("opportunity", "words", "opportunity.title"),
        _attribute("why", "words", "why"),
        _attribute("action", "words", "opportunity.action"),
    )


def _doubt() -> tuple[Column, ...]:
    """Empty where nothing was drawn."""
    return (
        Column(header="rank, best of 90 % of draws", kind="whole", value=_of_doubt(attrgetter("rank_low"))),
        Column(header="rank, worst of 90 % of draws", kind="whole", value=_of_doubt(attrgetter("rank_high"))),
        Column(header="among the first 3 (% of draws)", kind="number", value=_of_doubt(lambda d: 100 * d.p_top[3])),
    )


def _of_doubt(read: Callable[[Doubt], float]) -> Callable[[Priority], float | None]:
    return lambda priority: finite(read(priority.doubt)) if priority.doubt else None


def _benefit() -> tuple[Column, ...]:
    ends = ("low", "likely", "high")
    benefit = (_attribute(f"benefit {end} (hours a year)", "number", f"evidence.hours_{end}") for end in ends)
    return (
        *benefit,
        *(_removal(end) for end in ends),
        _attribute("effort (days)", "number", "opportunity.effort_days"),
        Column(header="value for effort (hours a year per day)", kind="number", value=value_for_effort),
    )


def _removal(end: str) -> Column:
    share = attrgetter(f"opportunity.removes.{end}")
    return Column(header=f"removes {end} (%)", kind="number", value=lambda p: finite(share(p) * 100))


def _place(drivers: int) -> tuple[Column, ...]:
    return (
        _attribute("owner", "text", "opportunity.owner"),
        _attribute("status", "text", "opportunity.status"),
        _attribute("system", "text", "opportunity.system"),
        _attribute("environment", "text", "opportunity.environment"),
        _attribute("incidents (12 months)", "whole", "evidence.incidents"),
        _attribute("hours lost (12 months)", "number", "evidence.hours_lost"),
        Column(header="score (0-100)", kind="number", value=lambda p: points(p.score)),
        Column(header="drivers rated", kind="text", value=lambda p: f"{p.rated} of {drivers}"),
        *_doubt(),
    )


def _moved() -> tuple[Column, ...]:
    return (
        Column(header="moved: reason", kind="text", value=_of_move(move_reason)),
        Column(header="moved: in words", kind="words", value=_of_move(attrgetter("words"))),
        Column(header="moved: by", kind="text", value=_of_move(attrgetter("person"))),
    )


def _of_move(read: Callable[[Move], str]) -> Callable[[Priority], str]:
    return lambda priority: read(priority.move) if priority.move else ""


def _raw(driver: Driver) -> Column:
    unit = f" ({driver.unit})" if driver.unit else ""
    return Column(header=f"{driver.title}{unit}", kind="number", value=lambda p: finite(p.values.get(driver.name)))


def _contribution(driver: Driver) -> Column:
    return Column(
        header=f"{driver.title}: contribution (points)",
        kind="number",
        value=lambda p: points(p.contributions.get(driver.name)),
    )


def _of_formula(formula: Formula) -> tuple[Column, ...]:
    """The figure of the team's own formula and the value of each of its factors."""
    made = Column(
        header=f"{formula.title} ({formula.label})",
        kind="number",
        value=lambda p: finite(p.figure.value) if p.figure else None,
    )
    return (made, *(_factor(formula, factor) for factor in formula.factors))


def _factor(formula: Formula, factor: Factor) -> Column:
    return Column(
        header=f"{formula.title}: {factor.title}",
        kind="number",
        value=lambda p: finite(p.figure.factors[factor.name].value) if p.figure else None,
    )
