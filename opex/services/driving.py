"""Drivers: which are in force, saving a new version, TOML in and out."""

from opex.domain.decisions import Person
from opex.domain.drivers import DriverSet
from opex.domain.problems import Refused
from opex.ranking.measures import MEASURES
from opex.services.context import Context
from opex.store import decisions

__all__ = ["drivers", "history", "save", "usable"]


def drivers(context: Context) -> DriverSet:
    """The driver set in force: the last one saved, else the one that comes with opex."""
    return next((saved.drivers for saved in decisions.drivers(context.database)), context.defaults)


def history(context: Context) -> list[decisions.SavedDrivers]:
    """All saved versions, newest first; the first save also keeps the set that it started from."""
    return decisions.drivers(context.database)


def usable(candidate: DriverSet) -> DriverSet:
    """The same set, once every driver's measure is known.

    Raises
    ------
    Refused
        Naming the driver, its measure and the measures there are.
    """
    for driver in candidate.drivers:
        if not driver.rated and driver.measure not in MEASURES:
            known = ", ".join((*MEASURES, "rated"))
            raise Refused(f'Driver {driver.name} has the measure "{driver.measure}"; there are {known}.')
    return candidate


def save(context: Context, wanted: DriverSet, *, person: Person, note: str, seen: int) -> DriverSet:
    """Put a driver set in force as the next version; refused when a colleague saved one since version ``seen``."""
    usable(wanted)
    at = context.now()
    if not decisions.drivers(context.database) and seen == context.defaults.version:
        first = context.defaults
        decisions.save_drivers(context.database, first, at=at, person="opex", note="comes with opex", seen=0)
    return decisions.save_drivers(context.database, wanted, at=at, person=person.name, note=note, seen=seen)
