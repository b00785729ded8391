"""Drivers: which are in force, saving a new version, TOML in and out."""

from dataclasses import replace

from opex.domain.decisions import Person
from opex.domain.drivers import DriverSet
from opex.domain.formulas import named
from opex.domain.problems import Refused
from opex.services import kept_rankings
from opex.services.context import Context
from opex.services.in_force import drivers, usable
from opex.services.permissions import by, needs
from opex.store import decisions

__all__ = ["drivers", "history", "lock", "save", "usable"]


def history(context: Context) -> list[decisions.SavedDrivers]:
    """All saved versions, newest first; the first save also keeps the set that it started from."""
    return decisions.drivers(context.database)


@needs("decide")
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


@needs("decide")
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
    kept_rankings.keep_before(context, occasion=f"before drivers version {seen + 1}", person=person.name)
    saver = by(context, person.name)
    if not decisions.drivers(context.database) and seen == context.defaults.version:
        first = context.defaults
        decisions.save_drivers(
            context.database, first, by=replace(saver, person="opex"), note="comes with opex", seen=0
        )
    return decisions.save_drivers(context.database, wanted, by=saver, note=note, seen=seen)
