"""Drivers: which are in force, saving a new version, TOML in and out."""

from dataclasses import replace

from opex.domain.decisions import Person
from opex.domain.drivers import DriverSet
from opex.domain.formulas import formula_of, named
from opex.domain.problems import Refused
from opex.ranking.measures import MEASURES
from opex.services.context import Context
from opex.store import decisions

__all__ = ["drivers", "history", "lock", "save", "usable"]


def drivers(context: Context) -> DriverSet:
    """The driver set in force: the last one saved, else the one that comes with opex."""
    return next((saved.drivers for saved in decisions.drivers(context.database)), context.defaults)


def history(context: Context) -> list[decisions.SavedDrivers]:
    """All saved versions, newest first; the first save also keeps the set that it started from."""
    return decisions.drivers(context.database)


def usable(candidate: DriverSet) -> DriverSet:
    """The same set, once every driver's measure is known and its formula finds the drivers that it needs.

    Raises
    ------
    Refused
        Naming the driver, its measure and the measures there are; or the formula and what it lacks.
    """
    for driver in candidate.drivers:
        if not driver.rated and driver.measure not in MEASURES:
            known = ", ".join((*MEASURES, "rated"))
            raise Refused(f'Driver {driver.name} has the measure "{driver.measure}"; there are {known}.')
    formula_of(candidate)
    return candidate


def save(context: Context, wanted: DriverSet, *, person: Person, note: str, seen: int) -> DriverSet:
    """Put a driver set in force as the next version; refused when a colleague saved one since version ``seen``.

    Raises
    ------
    Refused
        When it would change the team's own formula in passing: that is what `lock` is for.
    """
    locked = drivers(context)
    if wanted.formula != locked.formula:
        raise Refused(
            f'The team\'s own formula is "{locked.formula}" since it was locked, and this set says "{wanted.formula}": '
            "lock another one first (page Priorities, view Formulas), with the reason."
        )
    return _save(context, wanted, person=person, note=note, seen=seen)


def lock(context: Context, formula: str, *, person: Person, note: str, seen: int) -> DriverSet:
    """Make a formula the team's own, in the version that is newest now: a new version of the driver set says so.

    Raises
    ------
    Refused
        Without a reason, when it is the team's own already, or when it lacks a driver.
    """
    locked = drivers(context)
    wanted = "additive" if named(formula).additive else named(formula).label
    if not note.strip():
        raise Refused("Say why this formula: the reason stands beside your name in the versions of the drivers.")
    if wanted == locked.formula:
        raise Refused(f"{named(formula).title} is the team's own formula already.")
    return _save(context, replace(locked, formula=wanted), person=person, note=note, seen=seen)


def _save(context: Context, wanted: DriverSet, *, person: Person, note: str, seen: int) -> DriverSet:
    usable(wanted)
    at = context.now()
    if not decisions.drivers(context.database) and seen == context.defaults.version:
        first = context.defaults
        decisions.save_drivers(context.database, first, at=at, person="opex", note="comes with opex", seen=0)
    return decisions.save_drivers(context.database, wanted, at=at, person=person.name, note=note, seen=seen)
