"""What is usual for a figure that comes month by month: the natural process limits of a process behaviour chart."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opex.domain.problems import NotEnoughData

__all__ = ["LEAST", "RUN", "Usual", "said_of", "usual"]

LEAST = 6
"""Earlier values needed before anything is called usual."""
RUN = 8
"""So many values in a row on one side of the centre are a shift."""
XMR = 2.66
"""3 / 1.128: three standard deviations, estimated from the mean moving range of two values."""


@dataclass(frozen=True)
class Usual:
    """The centre of earlier values and the limits within which the next one is no news."""

    low: float
    centre: float
    high: float


def usual(earlier: NDArray[np.float64], least: float = 0.0) -> Usual | NotEnoughData:
    """The natural process limits of an individuals chart (XmR; Shewhart 1931, Wheeler 1993).

    Parameters
    ----------
    earlier
        (n,) values in order of time, the newest last, the one that is judged not among them; missing ones (NaN) are
        left out.
    least
        What the figure cannot fall below: the lower limit ends there.

    Notes
    -----
    The limits are mean +- 2.66 times the mean difference of neighbours. Three standard deviations are wide, so that
    hardly any month is called news by chance, whatever the distribution: 1 to 3 in 100 for counts.

    Examples
    --------
    >>> usual(np.array([10.0, 12.0, 10.0, 12.0, 10.0, 12.0]))
    Usual(low=5.68, centre=11.0, high=16.32)
    >>> usual(np.array([1.0, 2.0]))
    NotEnoughData(have=2, need=6, what='earlier months')
    """
    known = earlier[~np.isnan(earlier)]
    if len(known) < LEAST:
        return NotEnoughData(have=len(known), need=LEAST, what="earlier months")
    centre, wide = float(known.mean()), XMR * float(np.abs(np.diff(known)).mean())
    return Usual(low=max(least, centre - wide), centre=centre, high=centre + wide)


def said_of(value: float, earlier: NDArray[np.float64], of: Usual) -> str:
    """``above``, ``below`` the limits, ``shifted up`` or ``down`` (the last eight on one side), or ``as usual``.

    Examples
    --------
    >>> said_of(17.0, np.array([10.0, 12.0]), Usual(5.68, 11.0, 16.32))
    'above'
    >>> said_of(12.0, np.array([12.0] * 7), Usual(5.68, 11.0, 16.32))
    'shifted up'
    """
    if value > of.high:
        return "above"
    if value < of.low:
        return "below"
    last = np.append(earlier[~np.isnan(earlier)], value)[-RUN:]
    if len(last) == RUN and (last > of.centre).all():
        return "shifted up"
    if len(last) == RUN and (last < of.centre).all():
        return "shifted down"
    return "as usual"
