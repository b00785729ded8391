"""The price of an override: the smallest change of weights that would put an item where a person puts it."""

from collections.abc import Mapping

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from opex.domain.drivers import DriverSet
from opex.ranking.above import listed

__all__ = ["MARGIN", "changes", "price", "price_sentence"]

MARGIN = 0.005
"""By how much of the score, half a point of 100, it must stand above: less is hardly a difference."""
_NOTHING = 1e-7
"""What a solver leaves of a zero."""


def price(
    upper: ArrayLike, lower: ArrayLike, weights: ArrayLike, *, margin: float = MARGIN
) -> NDArray[np.float64] | None:
    """The weights nearest to the stated ones under which one item's score exceeds another's by a margin.

    A linear programme: least sum of |w - weights|, where (upper - lower) @ w >= margin, w >= 0 and w adds up to 1. The
    least change of weights that changes an order is a known question of sensitivity (Triantaphyllou and Sanchez 1997
    ask it of one weight at a time; here all may move).

    Parameters
    ----------
    upper, lower
        (m,) what the two items count on each driver, in [0, 1].
    weights
        (m,) not negative, adding up to 1.

    Returns
    -------
    (m,) the weights, within 1e-6 of the optimum; the stated ones where they do already. ``None`` where no weights do:
    then the one item exceeds the other by the margin on no driver at all.

    Examples
    --------
    With gaps of +0.5 and -0.5 the first weight must be at least 0.505:

    >>> price([0.9, 0.1], [0.4, 0.6], [0.3, 0.7]).round(4).tolist()
    [0.505, 0.495]
    >>> price([0.4, 0.1], [0.9, 0.6], [0.3, 0.7]) is None
    True
    """
    stated = np.asarray(weights, dtype=np.float64)
    gaps = np.asarray(upper, dtype=np.float64) - np.asarray(lower, dtype=np.float64)
    if gaps @ stated >= margin:
        return stated
    if gaps.max() < margin:
        return None
    return _nearest(gaps, stated, margin)


def _nearest(gaps: NDArray[np.float64], stated: NDArray[np.float64], margin: float) -> NDArray[np.float64]:
    """Unknowns: the weights w, and for each how far it may go from the stated one, whose sum is least."""
    count = len(stated)
    one, none = np.eye(count), np.zeros(count)
    found = scipy.optimize.linprog(
        np.concatenate([none, np.ones(count)]),
        A_ub=np.block([[-gaps, none], [one, -one], [-one, -one]]),
        b_ub=np.concatenate([[-margin], stated, -stated]),
        A_eq=np.concatenate([np.ones(count), none])[None, :],
        b_eq=[1.0],
        bounds=(0, None),
        method="highs",
    )
    if not found.success:
        raise ValueError(f"a programme that has a solution was not solved: {found.message}")
    nearest = np.where(np.abs(found.x[:count] - stated) < _NOTHING, stated, found.x[:count])
    return np.asarray(nearest / nearest.sum())


def changes(found: NDArray[np.float64] | None, drivers: DriverSet) -> dict[str, float] | None:
    """By driver, what its weight gains or loses in a `price`; those that keep theirs are left out.

    Empty where no weights do, ``None`` where the stated ones do already.
    """
    if found is None:
        return {}
    gained = zip(drivers.weights.items(), found.tolist(), strict=True)
    return {name: to - weight for (name, weight), to in gained if abs(to - weight) > _NOTHING} or None


def price_sentence(moved: Mapping[str, float] | None, drivers: DriverSet, upper: str, lower: str) -> str:
    """The price in words, for the titles of the two items.

    Parameters
    ----------
    moved
        What `changes` gives.
    """
    if moved is None:
        return f"It takes no other weights: by score “{upper}” stands above “{lower}” already."
    if not moved:
        return f"No weights do: on no driver is “{upper}” ahead of “{lower}” by as much as {100 * MARGIN:g} points."
    titles = {driver.name: driver.title for driver in drivers.drivers}
    by_size = sorted(moved.items(), key=lambda one: -abs(one[1]))
    more, less = ([(titles[n], abs(by)) for n, by in by_size if (by > 0) == gains] for gains in (True, False))
    whole = sum(by for _, by in more)
    gain, from_ = (listed(_points(title, by, len(some)) for title, by in some) for some in (more, less))
    takes = f"It would take {100 * whole:.1f} points of weight more on {gain}, taken from {from_}"
    return f"{takes}, to put “{upper}” above “{lower}” by {100 * MARGIN:g} points."


def _points(title: str, by: float, count: int) -> str:
    return title if count == 1 else f"{title} ({100 * by:.1f})"
