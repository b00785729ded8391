"""The driver set in force, and whether a set can be used at all."""

from opex.domain.drivers import DriverSet
from opex.domain.formulas import formula_of
from opex.domain.problems import Refused
from opex.ranking.measures import MEASURES
from opex.services.context import Context
from opex.store import decisions

__all__ = ["drivers", "usable"]


def drivers(context: Context) -> DriverSet:
    """The driver set in force: the last one saved, else the one that comes with opex."""
    return next((saved.drivers for saved in decisions.drivers(context.database)), context.defaults)


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
