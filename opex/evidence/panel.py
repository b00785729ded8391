"""Pain by subject and calendar period: the table that forecasts are made from and held against.

A subject is a system, a category or a theme. It exists from its first incident on: nobody could have listed it before.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from opex.evidence.facts import CAP, Facts

__all__ = ["SEVERITY_WEIGHTS", "Pain", "Panel", "Period", "complete", "pairs_by", "panel"]

Period = Literal["week", "month", "quarter"]
Pain = Literal["count", "hours", "severity"]
Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

SEVERITY_WEIGHTS = {1: 4.0, 2: 2.0, 3: 1.0, 4: 0.5, 5: 0.25}
"""Incidents of severity 3 that one of each severity counts for; of unknown severity: 1."""
_RULES = {"week": "W-SUN", "month": "M", "quarter": "Q"}
_HOUR = 3.6e9  # microseconds
_FAR_PAST, _FAR_FUTURE = np.iinfo(np.int64).min // 2, np.iinfo(np.int64).max // 2


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Pain of n subjects in T complete periods, and what the running one has brought so far.

    Attributes
    ----------
    subjects
        In the order of their first incident, ties by name: those that are known at any time come first.
    edges
        (T + 1,) microseconds: where each complete period begins, and where the running one does.
    pain, count
        (n, T + 1) pain, and incidents begun; the last column is the running period, up to as-of.
    known_from
        (n,) the first period that began after the subject's first incident; T + 1: not even the running one.
    outside
        (T + 1,) pain of incidents that name no subject.
    newcomers
        (T + 1,) pain of subjects that nobody could have listed: in the period of their first incident.
    """

    subjects: tuple[str, ...]
    edges: NDArray[np.int64]
    pain: Floats
    count: Floats
    known_from: Ints
    outside: Floats
    newcomers: Floats

    def __len__(self) -> int:
        return max(len(self.edges) - 1, 0)

    def known(self, period: int) -> int:
        """How many subjects, the first ones, were known when that period began."""
        return int(np.searchsorted(self.known_from, period, side="right"))


def complete(begin: datetime, end: datetime, period: Period) -> NDArray[np.int64]:
    """Where the complete calendar periods (UTC, weeks from Monday) between two instants begin, and the last one ends.

    Returns
    -------
    (T + 1,) microseconds since 1970; one edge, or none, where no period is complete.

    Examples
    --------
    >>> from datetime import UTC
    >>> found = complete(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 31, tzinfo=UTC), "quarter")
    >>> found.astype("datetime64[us]").astype("datetime64[D]").astype(str).tolist()
    ['2026-01-01', '2026-04-01', '2026-07-01']
    """
    moments = pd.DatetimeIndex([begin, end]).tz_convert("UTC").tz_localize(None)
    first, last = moments.to_period(_RULES[period])
    if first.start_time < moments[0]:
        first += 1
    starts = pd.period_range(first, last, freq=_RULES[period]).start_time
    return np.asarray(starts.as_unit("us").astype("int64"))


def pairs_by(facts: Facts, by: Literal["system", "category"]) -> pd.DataFrame:
    """Columns ``incident_id`` and ``subject``: an incident counts for each system that it touched, for one category."""
    if by == "system":
        return facts.incident_systems.rename(columns={"system": "subject"})
    named = facts.incidents[facts.incidents["category"].fillna("") != ""]
    return named[["id", "category"]].set_axis(["incident_id", "subject"], axis=1)


def panel(
    facts: Facts,
    pairs: pd.DataFrame,
    as_of: datetime,
    *,
    period: Period,
    pain: Pain = "count",
    together: bool = False,
    cap: timedelta = CAP,
) -> Panel:
    """Pain of each subject in each complete period before ``as_of``. Planned work is no pain.

    Parameters
    ----------
    facts
        As of that instant. The first period is the first one that begins after the oldest incident, planned or not.
    pairs
        Columns ``incident_id`` and ``subject``.
    pain
        ``count``: incidents that began. ``severity``: those, by `SEVERITY_WEIGHTS`. ``hours``: hours of trouble that
        fell into the period, at most ``cap`` of an incident (so that nothing has to be known of how a ticket ended
        later); incidents whose end nobody wrote down add none.
    together
        Hours in which several incidents of a subject overlap count once (for a system), not each.
    """
    moments = _moments(facts, as_of, cap)
    begin = facts.incidents["started_at"].min() if len(facts.incidents) else pd.Timestamp(as_of)
    edges = complete(begin.to_pydatetime(), as_of, period)
    rows = pairs.merge(moments, left_on="incident_id", right_on="id")
    rows = rows.sort_values(["start", "incident_id", "subject"], kind="stable", ignore_index=True)
    first = rows.groupby("subject", sort=True)["start"].min().sort_values(kind="stable")
    place = first.index.get_indexer(pd.Index(rows["subject"]))
    known_from = np.searchsorted(edges, first.to_numpy(), side="right").astype(np.intp)
    pains = _totals(_gained(rows) if together and pain == "hours" else rows, place, len(first), edges, pain)
    alone = moments[~moments["id"].isin(pairs["incident_id"])]
    known = np.arange(len(edges)) >= known_from[:, None]
    return Panel(
        subjects=tuple(str(name) for name in first.index),
        edges=edges,
        pain=pains,
        count=_totals(rows, place, len(first), edges, "count"),
        known_from=known_from,
        outside=_totals(alone, np.zeros(len(alone), dtype=np.intp), 1, edges, pain)[0],
        newcomers=np.where(known, 0.0, pains).sum(axis=0),
    )


def _moments(facts: Facts, as_of: datetime, cap: timedelta) -> pd.DataFrame:
    """Unplanned incidents: columns id, start, end (microseconds; the start where unknown) and severity's weight."""
    real = facts.incidents[~facts.incidents["planned"].astype(bool)]
    start = real["started_at"].astype("int64").to_numpy()
    end = real["resolved_at"].fillna(pd.Timestamp(as_of)).astype("int64").to_numpy()
    unknown = (real["resolved_at"].isna() & (real["status"] == "closed").fillna(False)).to_numpy(dtype=bool)
    end = np.where(unknown, start, np.clip(end, start, start + cap // timedelta(microseconds=1)))
    weight = real["severity"].map(SEVERITY_WEIGHTS).fillna(1.0).to_numpy(dtype=np.float64)
    return pd.DataFrame({"id": real["id"].to_numpy(), "start": start, "end": end, "weight": weight})


def _gained(rows: pd.DataFrame) -> pd.DataFrame:
    """Let each row begin where the earlier ones of its subject have ended, so that overlaps count once."""
    reached = rows.groupby("subject", sort=False)["end"].cummax()
    before = reached.groupby(rows["subject"], sort=False).shift(fill_value=np.iinfo(np.int64).min)
    return rows.assign(start=np.minimum(np.maximum(rows["start"], before), rows["end"]))


def _totals(rows: pd.DataFrame, place: Ints, subjects: int, edges: NDArray[np.int64], pain: Pain) -> Floats:
    """(subjects, T + 1) what the rows bring to each subject and period."""
    found = np.zeros((subjects, len(edges)))
    start, end = rows["start"].to_numpy(), rows["end"].to_numpy()
    at = np.searchsorted(edges, start, side="right") - 1
    if pain != "hours":
        worth = np.ones(len(rows)) if pain == "count" else rows["weight"].to_numpy()
        np.add.at(found, (place[at >= 0], at[at >= 0]), worth[at >= 0])
        return found
    begins, ends = np.append(_FAR_PAST, edges), np.append(edges, _FAR_FUTURE)
    for step in (0, 1):  # an incident lasts no longer than the shortest period, so it reaches into one more at most
        here = np.minimum(at + step, len(edges) - 1)
        hours = np.maximum(np.minimum(end, ends[here + 1]) - np.maximum(start, begins[here + 1]), 0) / _HOUR
        counted = (here >= 0) & (at + step == here)
        np.add.at(found, (place[counted], here[counted]), hours[counted])
    return found
