"""What if: a board under a scenario, scenarios side by side, and at which weight the leader changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from opex.domain.decisions import Person
from opex.domain.drivers import Driver, DriverSet
from opex.domain.scenarios import Scenario
from opex.ranking.estimates import Estimate
from opex.ranking.formulas import formula_scores, standing
from opex.ranking.measures import MEASURES, measured
from opex.ranking.ranking import enough_known, worths
from opex.ranking.sensitivity import Leaders, leaders, leaders_at, with_weight
from opex.services.context import Context
from opex.services.permissions import by, needs, permit
from opex.services.prioritising import Board, evidence_of, reranked
from opex.store import scenarios as store
from opex.store.scenarios import KeptScenario

__all__ = ["Compared", "KeptScenario", "applied", "compared", "delete", "keep", "kept", "leading", "left_out", "tried"]

GRID = np.linspace(0, 1, 101)


def applied(of: Board, scenario: Scenario) -> Board:
    """The board as the scenario would have it: other scales, worths, raw values and evidence. No I/O.

    What the scenario does not name stays as it was, and so do the items and their order. Drivers and items that the
    board does not know (any more) are passed over: `left_out` names them.

    Raises
    ------
    Refused
        When an anchor fits no scale.
    """
    if scenario.empty:
        return of
    if of.hidden:
        return applied(of.for_all, scenario).seen_by(of.hidden)
    drivers = scenario.drivers(of.drivers)
    if scenario.of_items:
        of = _with_items(of, drivers, scenario)
    placed = worths(of.raw, drivers.drivers) if scenario.anchors or scenario.of_items else of.values
    key, evidence = (("what if", of.key, one.key) for one in (scenario, replace(scenario, weights={})))
    only_weights = not (scenario.anchors or scenario.of_items)
    return replace(of, key=key, worths_key=of.worths_key if only_weights else evidence, drivers=drivers, values=placed)


def _with_items(of: Board, drivers: DriverSet, scenario: Scenario) -> Board:
    """The board with the items as the scenario has them, and what is measured of them."""
    items = tuple(scenario.item(item) for item in of.items)
    members = replace(of.of, opportunities=items)
    touched = [n for n, driver in enumerate(drivers.drivers) if _touches(driver, scenario)]
    raw, ranges = _with_columns(of, touched, measured([drivers.drivers[n] for n in touched], members))
    return replace(
        of,
        items=items,
        all_items={**of.all_items, **{item.id: item for item in items}},
        raw=raw,
        ranges=ranges,
        of=members,
        evidence=evidence_of(items, members) if scenario.removals else of.evidence,
    )


def _touches(driver: Driver, scenario: Scenario) -> bool:
    """Whether what the scenario says of items changes the driver's raw values."""
    if driver.rated:
        return any(driver.name in levels for levels in scenario.ratings.values())
    return bool(scenario.removals) and MEASURES[driver.measure].pain


def _with_columns(
    of: Board, columns: Sequence[int], again: Estimate
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    raw, ranges = of.raw.copy(), of.ranges.copy()
    raw[:, columns] = again.value
    ranges[:, columns] = np.stack([again.low, again.high], axis=-1)
    return raw, ranges


def tried(context: Context, of: Board, scenario: Scenario) -> Board:
    """The same, kept as long as the board and the scenario stand."""
    if scenario.empty:
        return of
    return context.memory.get("what if", ("what if", of.key, scenario.key), lambda: applied(of, scenario))


def left_out(of: Board, scenario: Scenario) -> list[str]:
    """The drivers and items that a scenario names and this board does not know."""
    drivers = {*scenario.weights, *scenario.anchors, *(d for levels in scenario.ratings.values() for d in levels)}
    items = {*scenario.removals, *scenario.ratings, *scenario.efforts}
    return [*sorted(drivers - set(of.drivers.weights)), *sorted(items - {item.id for item in of.items})]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Scenarios side by side: the rank of each item in each, in the order of the saved list.

    ``ranks`` are by scenario name, aligned with ``items`` (ids); ``saved`` are those of the saved order.
    """

    items: tuple[str, ...]
    titles: tuple[str, ...]
    saved: tuple[int, ...]
    ranks: Mapping[str, tuple[int, ...]]

    @property
    def moved(self) -> dict[str, int]:
        """How many items stand elsewhere in each scenario."""
        return {name: sum(a != b for a, b in zip(ranks, self.saved, strict=True)) for name, ranks in self.ranks.items()}


def compared(context: Context, of: Board, chosen: Sequence[Scenario]) -> Compared:
    """The agreed order under each scenario beside the saved one."""
    saved = reranked(of)
    orders = {scenario.name: reranked(tried(context, of, scenario)) for scenario in chosen}
    places = {name: {item.id: item.rank for item in order.items} for name, order in orders.items()}
    return Compared(
        items=tuple(item.id for item in saved.items),
        titles=tuple(item.opportunity.title for item in saved.items),
        saved=tuple(item.rank for item in saved.items),
        ranks={name: tuple(ranks[item.id] for item in saved.items) for name, ranks in places.items()},
    )


def leading(of: Board) -> list[Leaders]:
    """For each driver at which of its weights the first of the computed order changes; none without items.

    Exact for the additive score and for value for effort, whose figures are straight lines; to half a percent for
    the other formulas, which are tried at each whole percent.
    """
    if not of.items:
        return []
    weights = np.array(list(of.drivers.weights.values()))
    if of.formula.name in ("additive", "value_for_effort"):
        over = None if of.formula.additive else of.effort_days
        known = ~np.isnan(of.raw)
        return [leaders(of.values, known, weights, n, of.alphabet, over) for n in range(len(weights))]
    return [leaders_at(_standings(of, with_weight(weights, n, GRID)), GRID, of.alphabet) for n in range(len(weights))]


def _standings(of: Board, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """(g, n): where the items stand under the team's own formula at each row of weights, the little known below."""
    made = formula_scores(of.formula, of.values, weights, of.effort_days, of.confidence)
    known = ~np.isnan(of.raw)
    enough = np.array([enough_known(known, row) for row in weights])
    stand: NDArray[np.float64] = standing(made, (of.values @ weights.T).T) + enough
    return stand


def kept(context: Context) -> list[KeptScenario]:
    """The named scenarios of the workspace, the newest first."""
    return store.scenarios(context.database)


@needs("say")
def keep(context: Context, scenario: Scenario, person: Person) -> None:
    """Keep a scenario under its name, for everybody to see; the list stays as it is."""
    store.keep(context.database, scenario, by=by(context, person.name))


@needs("say")
def delete(context: Context, name: str, *, person: str = "") -> None:
    """Let go of a named scenario: one's own, or anybody's for those who decide.

    Raises
    ------
    NotAllowed
        When it is a colleague's and one may not decide.
    """
    mine = by(context, person)
    theirs = next((one.person for one in kept(context) if one.scenario.name == name), mine.person)
    if theirs != mine.person:
        permit(context, "decide", "what_if.delete")
    store.delete(context.database, name, by=mine)
