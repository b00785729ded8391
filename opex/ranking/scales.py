"""Raw values onto anchored scales: fixed levels count as 0 and 1, so that adding an item moves no other."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from opex.domain.drivers import Scale

__all__ = ["MIDDLE", "raw_at", "worth"]

MIDDLE = 0.5


def worth(raw: ArrayLike, scale: Scale) -> NDArray[np.float64]:
    """The worth in [0, 1] of raw values; what lies beyond an anchor counts as the anchor, unknown as the middle.

    The logarithmic curve is ``log(1 + x)`` where an anchor is 0 and ``log(x)`` elsewhere.

    Parameters
    ----------
    raw
        Any shape; NaN where nothing is known. Infinity counts as the anchor on its side.

    Examples
    --------
    >>> worth([0, 25, 50, 80, np.nan], Scale(zero_at=0, one_at=50)).tolist()
    [0.0, 0.5, 1.0, 1.0, 0.5]
    >>> worth([1, 10, 100], Scale(zero_at=1, one_at=100, curve="logarithmic")).tolist()
    [0.0, 0.5, 1.0]
    >>> worth([0, 2, 9], Scale(zero_at=0, one_at=9, curve="steps", steps=((1, 0.2), (5, 1.0)))).tolist()
    [0.0, 0.2, 1.0]
    """
    values = np.asarray(raw, dtype=np.float64)
    known = ~np.isnan(values)
    bounded = np.where(known, values, scale.zero_at)
    if scale.curve == "steps":
        levels = np.array([scale.before_the_first_step, *(level for _, level in scale.steps)])
        placed = levels[np.searchsorted([at for at, _ in scale.steps], bounded, side="right")]
    else:
        low, high = sorted((scale.zero_at, scale.one_at))
        curved = _curve(np.clip(bounded, low, high), scale)
        zero, one = _curve(np.array([scale.zero_at, scale.one_at]), scale)
        placed = np.clip((curved - zero) / (one - zero), 0.0, 1.0)
    return np.where(known, placed, MIDDLE)


def _curve(values: NDArray[np.float64], scale: Scale) -> NDArray[np.float64]:
    if scale.curve == "linear":
        return values
    return np.log1p(values) if min(scale.zero_at, scale.one_at) == 0 else np.log(values)


def raw_at(placed: ArrayLike, scale: Scale) -> NDArray[np.float64]:
    """The raw value within the anchors that has this worth: `worth` read backwards.

    On a scale in steps, which has no inverse, the worth's share of the way between the anchors.

    Examples
    --------
    >>> raw_at([0.0, 0.5, 1.0], Scale(zero_at=1, one_at=100, curve="logarithmic")).round(9).tolist()
    [1.0, 10.0, 100.0]
    """
    share = np.asarray(placed, dtype=np.float64)
    if scale.curve != "logarithmic":
        return scale.zero_at + share * (scale.one_at - scale.zero_at)
    zero, one = _curve(np.array([scale.zero_at, scale.one_at]), scale)
    curved = zero + share * (one - zero)
    raw: NDArray[np.float64] = np.expm1(curved) if min(scale.zero_at, scale.one_at) == 0 else np.exp(curved)
    return raw
