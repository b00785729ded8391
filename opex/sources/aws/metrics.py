"""Readings from CloudWatch's GetMetricData: a stated list of metrics, finished periods only."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from math import isfinite
from typing import Any

from opex.domain.source import Source, StatedMetric
from opex.sources.aws.calls import Aws, Pages, pages
from opex.sources.aws.names import shown
from opex.sources.aws.results import Gap, Progress, Taken, Write
from opex.sources.aws.times import OVERLAP, as_text, look, moment, watermark

__all__ = ["ACTIONS", "part_of", "query", "retention", "take"]

ACTIONS = ("cloudwatch:GetMetricData",)
DELAY = timedelta(minutes=5)
"""A period counts as finished this long after its end."""

_QUERIES = 500
_POINTS = 100_800
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(kw_only=True)
class _Reading:
    """A metric that is being read: ``since`` moves on from ``before`` with every window that came whole."""

    metric: StatedMetric
    part: str
    before: datetime
    since: datetime
    until: datetime
    points: int = 0


def take(aws: Aws, source: Source, state: Mapping[str, Any], now: datetime, write: Write, tell: Progress) -> Taken:
    """Write a reading for each finished period of each metric.

    Notes
    -----
    Metrics with the same period and start are asked for together, at most 500 and 100,800 data points a call, the
    oldest first. A metric's watermark moves over a window only when CloudWatch called it complete; after a window
    that was not, the rest of that metric waits for the next run.
    """
    gaps: list[Gap] = []
    notes: list[str] = []
    readings = [_begin(metric, source, state, now, gaps, notes) for metric in source.metrics]
    windows = list(_windows(readings))
    for number, (batch, since, until) in enumerate(windows):
        tell(number / len(windows), f"reading {len(batch)} metrics from {since:%Y-%m-%d}")
        live = [reading for reading in batch if reading.since == since]
        if live:
            _read(aws, live, since, until, write, gaps, notes)
    silent = [_label(reading.metric) for reading in readings if not reading.points]
    if silent:
        notes.append(f"CloudWatch has no data in this time for {shown(silent)}.")
    known = {reading.part: as_text(reading.since) for reading in readings if reading.since > reading.before}
    return Taken(state={**state, **known}, gaps=gaps, notes=list(dict.fromkeys(notes)))


def part_of(metric: StatedMetric) -> str:
    """The name of a metric's part in the state: what decides its values, so that another question starts anew."""
    dimensions = ",".join(f"{key}={value}" for key, value in sorted(metric.dimensions.items()))
    words = (metric.metric, metric.system or "", metric.namespace, metric.name, dimensions, metric.stat)
    return "|".join((*words, str(metric.period)))


def retention(period: int) -> timedelta:
    """How long CloudWatch keeps points of that period (in seconds).

    Examples
    --------
    >>> [retention(period).days for period in (60, 120, 300, 420, 3600, 86400)], retention(10)
    ([15, 15, 63, 15, 455, 455], datetime.timedelta(seconds=10800))
    """
    kept = {3600: timedelta(days=455), 300: timedelta(days=63), 60: timedelta(days=15)}
    return next((length for base, length in kept.items() if period % base == 0), timedelta(hours=3))


def query(metric: StatedMetric, number: int) -> dict[str, Any]:
    """The question for one metric, whose answer is called ``m`` and the number."""
    dimensions = [{"Name": key, "Value": value} for key, value in metric.dimensions.items()]
    named = {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}
    return {"Id": f"m{number}", "MetricStat": {"Metric": named, "Period": metric.period, "Stat": metric.stat}}


def _begin(
    metric: StatedMetric, source: Source, state: Mapping[str, Any], now: datetime, gaps: list[Gap], notes: list[str]
) -> _Reading:
    """Where the reading of a metric begins and ends, on the borders of its periods."""
    length = timedelta(seconds=metric.period)
    part = part_of(metric)
    kept = watermark(state, part)
    at = look(
        _label(metric),
        kept,
        source.since,
        now=now,
        retention=retention(metric.period),
        overlap=max(length, OVERLAP),
    )
    gaps.extend([at.gap] if at.gap else [])
    notes.extend([at.note] if at.note else [])
    until = _floor(now - DELAY, metric.period)
    since = min(_floor(at.since, metric.period), until)
    return _Reading(metric=metric, part=part, before=kept or since, since=since, until=until)


def _floor(at: datetime, period: int) -> datetime:
    return at - ((at - _EPOCH) % timedelta(seconds=period))


def _label(metric: StatedMetric) -> str:
    return f"metric {metric.metric}" + (f" of {metric.system}" if metric.system else "")


def _windows(readings: Sequence[_Reading]) -> Iterator[tuple[list[_Reading], datetime, datetime]]:
    """Batches of metrics and windows of time, such that no call holds more points than a call may."""
    alike = sorted(readings, key=lambda one: (one.metric.period, one.since))
    for (period, since), group in groupby(alike, key=lambda one: (one.metric.period, one.since)):
        members = list(group)
        for first in range(0, len(members), _QUERIES):
            batch = members[first : first + _QUERIES]
            step = timedelta(seconds=period * (_POINTS // len(batch)))
            start = since
            while start < batch[0].until:
                end = min(start + step, batch[0].until)
                yield batch, start, end
                start = end


def _read(
    aws: Aws, batch: list[_Reading], since: datetime, until: datetime, write: Write, gaps: list[Gap], notes: list[str]
) -> None:
    """One window of a batch: write what came, move on what is complete, name what is not."""
    question = {
        "MetricDataQueries": [query(reading.metric, number) for number, reading in enumerate(batch)],
        "StartTime": since,
        "EndTime": until,
        "ScanBy": "TimestampAscending",
    }
    answers = pages(aws, "cloudwatch", "GetMetricData", question, proof="MetricDataResults")
    results = {f"m{number}": list(_results(answers, f"m{number}")) for number in range(len(batch))}
    notes.extend(_messages(answers))
    for number, reading in enumerate(batch):
        found = results[f"m{number}"]
        whole = _write_points(reading, found, since, until, write)
        why = _incomplete(answers, found, whole)
        if why:
            gaps.append(Gap(part=_label(reading.metric), since=since, until=reading.until, why=why))
        else:
            reading.since = until


def _results(answers: Pages, name: str) -> Iterator[dict[str, Any]]:
    for answer in answers.answers:
        yield from (one for one in answer.get("MetricDataResults", ()) if one.get("Id") == name)


def _incomplete(answers: Pages, found: list[dict[str, Any]], whole: bool) -> str:
    """Why a metric's window did not arrive whole; empty when it did."""
    if answers.fault is not None:
        return answers.fault.sentence
    if not found:
        return "cloudwatch:GetMetricData gave no answer for it; the next run asks again"
    status = found[-1].get("StatusCode")
    said = "; ".join(one.get("Value", "") for one in found[-1].get("Messages") or ())
    if status == "Forbidden":
        return "cloudwatch:GetMetricData may not read it (Forbidden); allow cloudwatch:GetMetricData for its account"
    if status != "Complete":
        return f"cloudwatch:GetMetricData called its data {status}{f' ({said[:200]})' if said else ''}"
    return "" if whole else "cloudwatch:GetMetricData gave times without values; the next run asks again"


def _write_points(
    reading: _Reading, found: Iterable[dict[str, Any]], since: datetime, until: datetime, write: Write
) -> bool:
    """Write the points of finished periods, each once. Returns whether every time had its value."""
    whole = True
    points: dict[datetime | None, float] = {}
    for result in found:
        times, values = result.get("Timestamps") or (), result.get("Values") or ()
        whole = whole and len(times) == len(values)
        points.update(zip(map(moment, times), values, strict=False))
    within = {at: value for at, value in points.items() if at is not None and since <= at < until}
    reading.points += len(within)
    for at, value in within.items():
        write(_row(reading.metric, at, value))
    return whole


def _row(metric: StatedMetric, at: datetime, value: float) -> dict[str, Any]:
    return {
        "Timestamp": as_text(at),
        "Value": value if isfinite(value) else str(value),
        "Metric": metric.metric,
        "Unit": metric.unit,
        "Better": metric.better,
        "System": metric.system,
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Stat": metric.stat,
        "Period": metric.period,
    }


def _messages(answers: Pages) -> Iterator[str]:
    for answer in answers.answers:
        yield from (f"CloudWatch says: {one.get('Value', '')[:200]}" for one in answer.get("Messages") or ())
