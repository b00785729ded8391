"""What is looked at for trends: weekly episodes and hours of each system, daily medians of each metric."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from opex.domain.problems import NotEnoughData
from opex.evidence.drifts import without_weekdays
from opex.evidence.episodes import Episodes, episodes
from opex.evidence.facts import Facts, hours_lost

__all__ = ["Kind", "Series", "incident_series", "metric_series"]

Kind = Literal["incidents", "hours", "metric"]
Floats = NDArray[np.float64]
WEEK, DAY = pd.Timedelta(days=7), pd.Timedelta(days=1)
LEAST_WEEKS, LEAST_EPISODES, LEAST_DAYS = 26, 12, 60
METRIC_DAYS = 180


@dataclass(frozen=True, kw_only=True)
class Series:
    """One figure over time.

    Attributes
    ----------
    system
        ``None``: every system of the environment together (incidents, hours), or a metric that names no system.
    starts
        (n,) the beginnings of whole weeks (Monday, UTC) or days, ascending; days without a reading are absent.
    values
        (n,) episodes, hours in trouble (overlapping incidents once), or the day's median without its weekday.
    lacks
        What is missing for it to be judged, or ``None``.
    """

    kind: Kind
    system: str | None
    environment: str
    starts: pd.DatetimeIndex
    values: Floats
    unit: str
    metric: str | None = None
    better: str | None = None
    lacks: NotEnoughData | None = None

    @property
    def step(self) -> pd.Timedelta:
        """A week or a day."""
        return DAY if self.kind == "metric" else WEEK


def incident_series(facts: Facts, as_of: datetime, weeks: int = 104) -> Iterator[Series]:
    """Weekly episodes and hours of each system and environment, and of all systems of an environment that has several.

    The last whole weeks before ``as_of``, at most ``weeks``, from the first whole week after the environment's first
    incident: before that nobody logged. Planned work is left out. An incident of several systems counts for each.
    """
    incidents = facts.incidents[~facts.incidents["planned"].astype(bool)].copy()
    incidents["from"] = _hours(incidents["started_at"])
    incidents["to"] = incidents["from"] + hours_lost(incidents, as_of).to_numpy()
    pairs = facts.incident_systems.merge(incidents.drop(columns="system"), left_on="incident_id", right_on="id")
    end = _monday(pd.Timestamp(as_of))
    for environment, here in incidents.groupby("environment", sort=True):
        starts = pd.date_range(end=end - WEEK, periods=weeks, freq=WEEK)
        starts = starts[starts >= _monday(here["started_at"].min()) + WEEK]
        mine = pairs[pairs["environment"] == environment]
        named = [(str(system), rows) for system, rows in mine.groupby("system", sort=True)]
        for system, rows in [*([(None, here)] if len(named) != 1 else []), *named]:
            yield from _of_system(system, str(environment), rows, starts)


def _monday(moment: pd.Timestamp) -> pd.Timestamp:
    """The beginning of its week."""
    return moment.floor("D") - moment.weekday() * DAY


def _of_system(system: str | None, environment: str, rows: pd.DataFrame, starts: pd.DatetimeIndex) -> Iterator[Series]:
    edges = _hours(pd.Series(starts.append(starts[-1:] + WEEK)))
    begun, over = rows["from"].to_numpy(), rows["to"].to_numpy()
    spans = episodes(begun, over)
    counts = np.histogram(spans.begin, edges)[0].astype(float) if len(edges) > 1 else np.empty(0)
    hours = _covered(episodes(begun, over, gap_hours=0.0, longest_hours=168.0), edges)
    weeks = NotEnoughData(have=len(starts), need=LEAST_WEEKS, what="whole weeks")
    several = NotEnoughData(have=int(counts.sum()), need=LEAST_EPISODES, what="episodes")
    troubled = NotEnoughData(have=int((hours > 0).sum()), need=LEAST_EPISODES, what="weeks with trouble")
    known: tuple[tuple[Kind, str, Floats, NotEnoughData], ...] = (
        ("incidents", "episodes a week", counts, several),
        ("hours", "hours a week", hours, troubled),
    )
    for kind, unit, values, enough in known:
        lacks = next((one for one in (weeks, enough) if one.have < one.need), None)
        yield Series(
            kind=kind, system=system, environment=environment, starts=starts, values=values, unit=unit, better="low",
            lacks=lacks,
        )  # fmt: skip


def _hours(moments: pd.Series) -> Floats:
    return np.asarray((moments - pd.Timestamp(0, tz="UTC")).dt.total_seconds().to_numpy(dtype=np.float64) / 3600)


def _covered(spans: Episodes, edges: Floats) -> Floats:
    """Hours of each stretch between two edges that lie in a span."""
    if len(edges) < 2:
        return np.empty(0)
    before = np.clip(edges[:, None] - spans.begin, 0.0, spans.end - spans.begin).sum(axis=1)
    return np.asarray(np.diff(before))


def metric_series(facts: Facts, as_of: datetime, days: int = METRIC_DAYS) -> Iterator[Series]:
    """Daily medians of each metric, system and environment over the last whole days, the weekday taken out."""
    end = pd.Timestamp(as_of).floor("D")
    readings = facts.readings[(facts.readings["at"] >= end - days * DAY) & (facts.readings["at"] < end)]
    names = ["metric", "system", "environment", "unit", "better"]
    readings = readings.assign(**{name: readings[name].fillna("") for name in ("system", "unit", "better")})
    readings = readings[np.isfinite(readings["value"])]
    for subject, rows in readings.groupby(names, sort=True):
        metric, system, environment, unit, better = (str(part) for part in subject)
        daily = without_weekdays(rows.groupby(rows["at"].dt.floor("D"))["value"].median())
        enough = NotEnoughData(have=len(daily), need=LEAST_DAYS, what="days with readings")
        yield Series(
            kind="metric", system=system or None, environment=environment, metric=metric, unit=unit,
            better=better or None, starts=pd.DatetimeIndex(daily.index), values=daily.to_numpy(dtype=np.float64),
            lacks=enough if enough.have < enough.need else None,
        )  # fmt: skip
