"""Weights by swings, asked across the anchors; and a weight that keeps its trade-offs when an anchor moves."""

from collections.abc import Mapping

import numpy as np

from opex.domain.drivers import Scale
from opex.domain.problems import Refused

__all__ = ["rescaled", "swing_ratio", "swing_weights"]


def swing_weights(points: Mapping[str, float]) -> dict[str, float]:
    """Weights from points: each driver's swing from its 0 anchor to its 1 anchor, the first one counting 100.

    The anchors are asked about and never today's range: a driver on which today's items hardly differ keeps what its
    whole swing is worth. Source: swing weighting (von Winterfeldt and Edwards 1986; Edwards and Barron 1994).

    Parameters
    ----------
    points
        By driver, 0 to 100; the swing that one would make first has 100.

    Raises
    ------
    Refused
        No driver has 100, or a number lies outside of 0 to 100.

    Examples
    --------
    >>> swing_weights({"hours": 100, "growth": 60, "compliance": 40})
    {'hours': 0.5, 'growth': 0.3, 'compliance': 0.2}
    """
    if any(not 0 <= given <= 100 for given in points.values()):
        raise Refused("The points of a swing lie between 0 and 100.")
    if 100 not in points.values():
        raise Refused("The swing that you would make first counts 100: give one driver 100.")
    total = sum(points.values())
    return {name: given / total for name, given in points.items()}


def swing_ratio(before: Scale, after: Scale) -> float | None:
    """How many times as large the swing between the anchors has become, on the curve; ``None`` where no number says.

    With the weight multiplied by it, a step of the raw value between both pairs of anchors is worth as many points as
    before: exactly so on a linear scale, and on a logarithmic one as long as both scales have an anchor at 0 or neither
    has (the curve is log(1 + x) or log(x)). On a scale in steps the steps say what is worth what, and not the anchors:
    1 while they stay. Another curve, other steps, or anchors that changed places are another driver: ``None``.

    Examples
    --------
    >>> swing_ratio(Scale(zero_at=0, one_at=100), Scale(zero_at=0, one_at=180))
    1.8
    >>> log = {"curve": "logarithmic"}
    >>> round(swing_ratio(Scale(zero_at=1, one_at=10, **log), Scale(zero_at=1, one_at=100, **log)), 9)
    2.0
    >>> swing_ratio(Scale(zero_at=0, one_at=10, **log), Scale(zero_at=1, one_at=10, **log)) is None
    True
    """
    turned = (before.one_at > before.zero_at) != (after.one_at > after.zero_at)
    if before.curve != after.curve or before.steps != after.steps or turned:
        return None
    if before.curve == "steps":
        return 1.0
    if before.curve == "logarithmic" and _from_nothing(before) != _from_nothing(after):
        return None
    return _swing(after) / _swing(before)


def _from_nothing(scale: Scale) -> bool:
    return min(scale.zero_at, scale.one_at) == 0


def _swing(scale: Scale) -> float:
    if scale.curve == "linear":
        return abs(scale.one_at - scale.zero_at)
    curve = np.log1p if _from_nothing(scale) else np.log
    return float(abs(curve(scale.one_at) - curve(scale.zero_at)))


def rescaled(weight: float, ratio: float) -> float:
    """The weight, of all that add up to 1, that keeps its trade-offs when its swing grows so many times.

    The others give way in proportion among themselves.

    Examples
    --------
    >>> round(rescaled(0.20, 1.8), 3)
    0.31
    """
    grown = weight * ratio
    return grown / (grown + 1 - weight)
