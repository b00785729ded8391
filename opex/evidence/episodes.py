"""Episodes of trouble: an incident and its aftershocks are one, and what is changed meanwhile is its fix."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["GAP_HOURS", "LONGEST_HOURS", "Episodes", "episodes", "inside"]

GAP_HOURS = 12.0
"""So long a system must be quiet before its next incident counts as a new outcome; fixes may land in that time."""
LONGEST_HOURS = 24.0
"""A ticket that stays open keeps its episode open at most so long."""

Hours = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Episodes:
    """Episodes of one system, in the order of time.

    Attributes
    ----------
    first
        (k,) the position, among the incidents given, of each episode's first incident.
    begin, end
        (k,) hours; an episode ends when the gap after its last trouble is over. No two overlap.
    """

    first: NDArray[np.intp]
    begin: Hours
    end: Hours


def episodes(
    starts: Hours, ends: Hours, *, gap_hours: float = GAP_HOURS, longest_hours: float = LONGEST_HOURS
) -> Episodes:
    """Join incidents that begin before the system was quiet for ``gap_hours``.

    Parameters
    ----------
    starts, ends
        (n,) hours since any origin, in any order; an end that is missing (NaN) or before its start counts as the
        start. An incident keeps its episode open until its end, but at most ``longest_hours``.

    Returns
    -------
    Episodes
        Of no incident, none. Of incidents that begin at the same time the one given first is the first.

    Examples
    --------
    >>> found = episodes(np.array([0.0, 5.0, 40.0]), np.array([1.0, np.nan, 41.0]))
    >>> found.first.tolist(), found.begin.tolist(), found.end.tolist()
    ([0, 2], [0.0, 40.0], [17.0, 53.0])
    """
    order = np.argsort(starts, kind="stable")
    begin = starts[order]
    open_until = np.clip(np.nan_to_num(ends[order], nan=-np.inf), begin, begin + longest_hours) + gap_hours
    quiet_from = np.maximum.accumulate(open_until) if len(order) else open_until
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = begin[1:] >= quiet_from[:-1]
    firsts = np.flatnonzero(fresh)
    lasts = np.append(firsts[1:], len(order))[: len(firsts)] - 1
    return Episodes(first=order[firsts], begin=begin[firsts], end=quiet_from[lasts])


def inside(moments: Hours, spans: Episodes) -> NDArray[np.bool_]:
    """Which moments lie in an episode: after its first incident began and before its end.

    Examples
    --------
    >>> inside(np.array([0.0, 0.5, 17.0]), episodes(np.array([0.0]), np.array([5.0]))).tolist()
    [False, True, False]
    """
    if not len(spans.begin):
        return np.zeros(moments.shape, dtype=bool)
    before = np.searchsorted(spans.begin, moments, side="left") - 1
    return (before >= 0) & (moments < spans.end[np.maximum(before, 0)])
