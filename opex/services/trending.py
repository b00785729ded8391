"""Trends: what stands on another level than it did, as of an instant, and what was near it."""

from datetime import datetime

import pandas as pd

from opex.domain.problems import NotEnoughData
from opex.evidence.trends import Judged, near, trends
from opex.services.context import Context
from opex.services.knowing import known

__all__ = ["WEEKS", "near_it", "points", "table", "trending"]

WEEKS = 104


def trending(
    context: Context, *, weeks: int = WEEKS, as_of: datetime | None = None
) -> tuple[Judged, ...] | NotEnoughData:
    """Every series of incidents, hours and metrics, judged; computed once for each state of the facts."""
    now = known(context, as_of)
    if isinstance(now, NotEnoughData):
        return now
    key = (now.revision, now.as_of, weeks)
    return context.memory.get("trending", key, lambda: trends(now.facts, now.as_of, weeks=weeks))


def near_it(context: Context, judged: Judged, *, as_of: datetime | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Changes and incidents about the date of a shift; incidents with ``hours`` lost."""
    now = known(context, as_of)
    if isinstance(now, NotEnoughData):
        return pd.DataFrame(), pd.DataFrame()
    changes, incidents = near(now.facts, judged)
    hours = pd.Series(now.hours.to_numpy(), index=now.facts.incidents["id"])
    return changes, incidents.assign(hours=incidents["id"].map(hours))


def points(judged: Judged) -> pd.DataFrame:
    """The series as it is drawn: columns at, end and value."""
    series = judged.series
    return pd.DataFrame({"at": series.starts, "end": series.starts + series.step, "value": series.values})


def table(judged: tuple[Judged, ...]) -> pd.DataFrame:
    """A row for each series. Columns system, metric, environment, mean, q, lacks (a sentence, or missing)."""
    rows = [
        (one.series.system, one.series.metric, one.series.environment,
         float(one.series.values.mean()) if len(one.series.values) else float("nan"), one.q_value,
         one.series.lacks.sentence if one.series.lacks else None)
        for one in judged
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["system", "metric", "environment", "mean", "q", "lacks"])
