"""Drivers: which are in force, saving a new version, TOML in and out."""

from opex.domain.decisions import Person
from opex.domain.drivers import DriverSet
from opex.services import kept_rankings
from opex.services.context import Context
from opex.services.in_force import drivers, usable
from opex.store import decisions

__all__ = ["drivers", "history", "save", "usable"]


def history(context: Context) -> list[decisions.SavedDrivers]:
    """All saved versions, newest first; the first save also keeps the set that it started from."""
    return decisions.drivers(context.database)


def save(context: Context, wanted: DriverSet, *, person: Person, note: str, seen: int) -> DriverSet:
    """Put a driver set in force as the next version; refused when a colleague saved one since version ``seen``."""
    usable(wanted)
    kept_rankings.keep_before(context, occasion=f"before drivers version {seen + 1}", person=person.name)
    at = context.now()
    if not decisions.drivers(context.database) and seen == context.defaults.version:
        first = context.defaults
        decisions.save_drivers(context.database, first, at=at, person="opex", note="comes with opex", seen=0)
    return decisions.save_drivers(context.database, wanted, at=at, person=person.name, note=note, seen=seen)
