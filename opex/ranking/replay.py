"""Coverage and replay: what the first items of an order cover, each incident counted once."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd

from opex.domain.opportunities import Removal
from opex.domain.priorities import Replay

__all__ = ["covered", "replay"]


def covered(rows: pd.DataFrame, order: Sequence[int]) -> pd.DataFrame:
    """What each item adds to what the items above it cover already.

    Parameters
    ----------
    rows
        Columns item, id, hours: one row for an item and an incident of its evidence in the past year.
    order
        The items' positions, the first first.

    Returns
    -------
    A frame indexed by item position: ``incidents`` and ``hours`` that no higher item has, and their running sums
    ``cumulative_incidents`` and ``cumulative_hours`` along the order.
    """
    count = len(order)
    places = np.empty(count, dtype=np.intp)
    places[list(order)] = np.arange(count)
    place = places[rows["item"].to_numpy(dtype=np.intp)]
    downwards = np.argsort(place, kind="stable")
    _, first = np.unique(pd.factorize(rows["id"])[0][downwards], return_index=True)
    new = downwards[first]
    incidents = np.bincount(place[new], minlength=count)
    hours = np.bincount(place[new], weights=rows["hours"].fillna(0.0).to_numpy()[new], minlength=count)
    table = pd.DataFrame({"incidents": incidents, "hours": hours})
    table[["cumulative_incidents", "cumulative_hours"]] = table.cumsum()
    return table.set_axis(list(order), axis=0).sort_index()


def replay(
    rows: pd.DataFrame,
    first: Sequence[tuple[int, Removal]],
    *,
    since: datetime,
    until: datetime,
    incidents_total: int,
    hours_total: float,
) -> Replay:
    """Had these been fixed a year before: what they cover and what their actions would have removed.

    An incident that several of them cover counts once, for the highest. It uses the order of today, so it says what
    the list covers and not what somebody could have foreseen.
    """
    place = {item: n for n, (item, _) in enumerate(first)}
    mine = rows[rows["item"].isin(list(place))]
    mine = mine.assign(place=mine["item"].map(place)).sort_values("place", kind="stable").drop_duplicates("id")
    shares = np.array([[r.low, r.likely, r.high] for _, r in first], dtype=np.float64).reshape(-1, 3)
    share = shares[mine["place"].to_numpy(dtype=np.intp)]
    hours = mine["hours"].fillna(0.0).to_numpy()[:, None] * share
    removed, back = share.sum(axis=0), hours.sum(axis=0)
    return Replay(
        top=len(first),
        since=since,
        until=until,
        incidents_total=incidents_total,
        hours_total=hours_total,
        incidents_covered=len(mine),
        hours_covered=float(mine["hours"].sum()),
        incidents_low=float(removed[0]),
        incidents_likely=float(removed[1]),
        incidents_high=float(removed[2]),
        hours_low=float(back[0]),
        hours_likely=float(back[1]),
        hours_high=float(back[2]),
    )
