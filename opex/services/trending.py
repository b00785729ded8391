"""Trends and anomalies: what stands on another level than it did, what stood out, and what was near it."""

from datetime import datetime

import numpy as np
import pandas as pd

from opex.domain.problems import NotEnoughData
from opex.evidence.anomalies import Alarm
from opex.evidence.nearby import nearby
from opex.evidence.trends import Judged, near, trends
from opex.evidence.watched import Watched, watched
from opex.services.context import Context
from opex.services.knowing import Known, known

__all__ = ["WEEKS", "around", "moments", "near_it", "near_moment", "points", "table", "trending", "watching"]

WEEKS = 104
AROUND_STEPS, MOST_DRAWN, MOST_BARS, BIN = 300, 1500, 130, 4


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
    return changes, _with_hours(incidents, now)


def near_moment(context: Context, one: Watched, alarm: Alarm) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Changes and incidents from 48 hours before an alarm to its end; incidents with ``hours`` lost."""
    now = known(context)
    if isinstance(now, NotEnoughData):
        return pd.DataFrame(), pd.DataFrame()
    begin, end = _moment(alarm.begin), _moment(alarm.end + 1)
    changes, incidents = nearby(now.facts, one.system, one.environment, begin, end)
    return changes, _with_hours(incidents, now)


def _with_hours(incidents: pd.DataFrame, now: Known) -> pd.DataFrame:
    hours = pd.Series(now.hours.to_numpy(), index=now.facts.incidents["id"])
    return incidents.assign(hours=incidents["id"].map(hours))


def _moment(seconds: int) -> pd.Timestamp:
    return pd.Timestamp(seconds, unit="s", tz="UTC")


def points(judged: Judged) -> pd.DataFrame:
    """The series as it is drawn: columns at, end and value; of very many weeks the means of four."""
    series = judged.series
    every = BIN if series.kind != "metric" and len(series.values) > MOST_BARS else 1
    first = len(series.values) % every
    starts = series.starts[first::every]
    values = series.values[first:].reshape(-1, every).mean(axis=1)
    return pd.DataFrame({"at": starts, "end": starts + every * series.step, "value": values})


def table(judged: tuple[Judged, ...]) -> pd.DataFrame:
    """A row for each series. Columns system, metric, environment, mean, q, lacks (a sentence, or missing)."""
    rows = [
        (one.series.system, one.series.metric, one.series.environment,
         float(one.series.values.mean()) if len(one.series.values) else float("nan"), one.q_value,
         one.series.lacks.sentence if one.series.lacks else None)
        for one in judged
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["system", "metric", "environment", "mean", "q", "lacks"])


def watching(context: Context, *, as_of: datetime | None = None) -> tuple[Watched, ...] | NotEnoughData:
    """Each metric at the resolution it was measured in, with the moments that stood out in the past 180 days."""
    now = known(context, as_of)
    if isinstance(now, NotEnoughData):
        return now
    return context.memory.get("watching", (now.revision, now.as_of), lambda: tuple(watched(now.facts, now.as_of)))


def moments(every: tuple[Watched, ...]) -> pd.DataFrame:
    """A row for each alarm, the furthest beyond its limit first.

    Columns metric, system, environment, unit, begin, minutes, value, expected, times; ``of`` and ``which`` are the
    places of the metric and of its alarm.
    """
    rows = [
        (one.metric, one.system, one.environment, one.unit, _moment(alarm.begin), (alarm.end - alarm.begin) / 60,
         alarm.value, alarm.expected, alarm.times_limit, of, which)
        for of, one in enumerate(every) for which, alarm in enumerate(one.alarms)
    ]  # fmt: skip
    columns = [
        "metric",
        "system",
        "environment",
        "unit",
        "begin",
        "minutes",
        "value",
        "expected",
        "times",
        "of",
        "which",
    ]
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values(["times", "metric", "begin"], ascending=[False, True, True], ignore_index=True)


def around(one: Watched, alarm: Alarm) -> pd.DataFrame:
    """The metric about an alarm as it is drawn: columns at, value, expected and stood_out."""
    told = one.scored
    if isinstance(told, NotEnoughData):
        return pd.DataFrame(columns=["at", "value", "expected", "stood_out"])
    within = slice(
        *np.searchsorted(told.at, [alarm.begin - AROUND_STEPS * told.step, alarm.end + AROUND_STEPS * told.step])
    )
    at = told.at[within]
    table = pd.DataFrame({
        "at": pd.to_datetime(at, unit="s", utc=True), "value": told.value[within], "expected": told.expected[within],
        "stood_out": (told.point[within] > 1) | (told.window[within] > 1),
    })  # fmt: skip
    return table.dropna(subset=["value"]).head(MOST_DRAWN)
