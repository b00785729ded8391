"""Trends: which systems' incidents, hours and metrics stand on another level than they did, and what was near it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from opex.evidence.drifts import log_linear_trend, slow_change
from opex.evidence.facts import Facts
from opex.evidence.findings import benjamini_hochberg
from opex.evidence.nearby import nearby
from opex.evidence.series import Series, incident_series, metric_series
from opex.evidence.shifts import Level, Shift, difference, further_shifts, level_of, rate_ratio, stabilised

__all__ = ["Judged", "Trend", "near", "trends"]

Floats = NDArray[np.float64]
MOST_Q, LEAST_RATIO, LEAST_CHANGE = 0.05, 1.5, 0.10
YEAR_IN_WEEKS = 365.25 / 7
LEAST_DAYS_A_SIDE, BIN_WEEKS = 14, 4
LEAST_DRAWS, MOST_DRAWS = 2000, 20_000


@dataclass(frozen=True, kw_only=True)
class Trend:
    """How a series changed. Times are the beginnings of weeks or days.

    Attributes
    ----------
    form
        ``shift``: from one level to another, at ``at``; ``drift``: little by little (``at`` is the series' begin), or
        in a way that cannot be told from it.
    at, earliest, latest
        The first week or day of the new level, and the 95 % range of it; of several shifts the last one.
    before, after
        The levels: mean episodes or hours a week, median of the daily medians; of a drift those of the first and the
        last third.
    effect, low, high
        For incidents a rate ratio; for hours and metrics the difference in their unit; with a 95 % interval.
    turned
        ``worse``, ``better``, or ``changed`` where nobody said which way is good.
    levels
        Stretches of one level for drawing: (begin, end, level at the begin, level at the end).
    """

    form: Literal["shift", "drift"]
    at: datetime
    earliest: datetime
    latest: datetime
    before: float
    after: float
    effect: float
    low: float
    high: float
    turned: Literal["worse", "better", "changed"]
    levels: tuple[tuple[datetime, datetime, float, float], ...]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A series, and what was found of it: ``trend`` is ``None`` for one that is steady or could not be judged.

    ``p_value`` and ``q_value`` are NaN where the series lacks something.
    """

    series: Series
    p_value: float = float("nan")
    q_value: float = float("nan")
    trend: Trend | None = None


def trends(facts: Facts, as_of: datetime, *, weeks: int = 104, seed: int = 0) -> tuple[Judged, ...]:
    """Judge every series that the facts hold: the found ones first, worse before better, the surest first.

    Benjamini and Hochberg over every series that was tested, incidents, hours and metrics together: q at most 0.05.
    A change must also matter: 1.5 times (or two thirds) as many episodes or hours, a tenth of a metric's level, and
    its interval must leave "no change" out.

    Parameters
    ----------
    weeks
        How far back incidents and hours are looked at. From two years on the yearly season is taken out.
    """
    every = [*incident_series(facts, as_of, weeks), *metric_series(facts, as_of)]
    told = [one for one in every if one.lacks is None]
    draws = int(np.clip(40 * len(told), LEAST_DRAWS, MOST_DRAWS))
    levels = [_level(one, draws, seed) for one in told]
    q_values = benjamini_hochberg(np.array([level.p_value for level in levels]))
    judged = [
        Judged(
            series=one, p_value=level.p_value, q_value=float(q), trend=_trend(one, level, seed) if q <= MOST_Q else None
        )
        for one, level, q in zip(told, levels, q_values, strict=True)
    ]
    rest = [Judged(series=one) for one in every if one.lacks is not None]
    return tuple(sorted([*judged, *rest], key=_place))


_TURNED = {"worse": 0, "changed": 1, "better": 2}


def _place(one: Judged) -> tuple[object, ...]:
    found, series = one.trend, one.series
    certain = 2.0 if np.isnan(one.q_value) else one.q_value
    return (
        3 if found is None else _TURNED[found.turned], certain, series.kind, series.environment, series.system or "",
        series.metric or "",
    )  # fmt: skip


def _scores(series: Series) -> Floats:
    """Counts on a stable scale; ranks where single values may be huge."""
    return stabilised(series.values) if series.kind == "incidents" else np.asarray(scipy.stats.rankdata(series.values))


def _least(series: Series) -> int:
    return LEAST_DAYS_A_SIDE if series.kind == "metric" else 8


def _level(series: Series, draws: int, seed: int) -> Level:
    yearly = series.kind != "metric" and len(series.values) >= 2 * int(YEAR_IN_WEEKS)
    period = YEAR_IN_WEEKS if yearly else None
    return level_of(_scores(series), period=period, least=_least(series), draws=draws, seed=seed)


def _trend(series: Series, level: Level, seed: int) -> Trend | None:
    """The change in words' terms, or ``None`` where it is too small to matter."""
    if level.form == "drift":
        found = _drift(series, level, seed)
    else:
        found = _shifted(series, level, further_shifts(_scores(series), level, least=_least(series), seed=seed), seed)
    return found if _matters(series, found) else None


def _matters(series: Series, found: Trend) -> bool:
    before, after = found.before, found.after
    none = 1.0 if series.kind == "incidents" else 0.0
    if found.low <= none <= found.high:
        return False
    if series.kind == "metric":
        return abs(after - before) >= LEAST_CHANGE * abs(before)
    return max(before, after) >= LEAST_RATIO * min(before, after)


def _of(series: Series, values: Floats) -> float:
    return float(np.median(values) if series.kind == "metric" else values.mean())


def _effect(series: Series, before: Floats, after: Floats, inflation: float, seed: int) -> tuple[float, float, float]:
    if series.kind == "incidents":
        return rate_ratio(before, after, inflation)
    block, of = (7, np.median) if series.kind == "metric" else (4, np.mean)
    return difference(before, after, of, block=block, seed=seed)


def _turned(series: Series, before: float, after: float) -> Literal["worse", "better", "changed"]:
    if series.better is None:
        return "changed"
    return "worse" if (after > before) == (series.better == "low") else "better"


def _shifted(series: Series, level: Level, shifts: Sequence[Shift], seed: int) -> Trend:
    values, n = series.values, len(series.values)
    edges = [0, *(one.at for one in shifts), n]
    parts = [values[low:high] for low, high in pairwise(edges)]
    last = shifts[-1]
    before, after = _of(series, parts[-2]), _of(series, parts[-1])
    effect, low, high = _effect(series, parts[-2], parts[-1], level.inflation, seed)
    levels = [_of(series, part) for part in parts]
    return Trend(
        form="shift", at=_when(series, last.at), earliest=_when(series, last.earliest),
        latest=_when(series, last.latest), before=before, after=after, effect=effect, low=low, high=high,
        turned=_turned(series, before, after),
        levels=tuple(
            (_when(series, edges[k]), _when(series, edges[k + 1]), level, level) for k, level in enumerate(levels)
        ),
    )  # fmt: skip


def _drift(series: Series, level: Level, seed: int) -> Trend:
    values, n = series.values, len(series.values)
    third = n // 3
    before, after = _of(series, values[:third]), _of(series, values[-third:])
    if series.kind == "incidents":
        bins = values[n % BIN_WEEKS :].reshape(-1, BIN_WEEKS).sum(axis=1)
        effect, low, high, _ = log_linear_trend(bins)
    elif series.kind == "metric":
        days = pd.Series(values, index=series.starts)
        start = abs(float(np.median(values[:third]))) or 1.0
        effect, low, high = (part * start for part in slow_change(days, 1)[:3])
    else:
        effect, low, high = _effect(series, values[:third], values[-third:], level.inflation, seed)
    begin, end = _when(series, 0), _when(series, n)
    return Trend(
        form="drift", at=begin, earliest=begin, latest=end, before=before, after=after, effect=effect, low=low,
        high=high, turned=_turned(series, before, after),
        levels=((_when(series, third // 2), _when(series, n - 1 - third // 2), before, after),),
    )  # fmt: skip


def _when(series: Series, place: int) -> datetime:
    """The beginning of that week or day; one past the last is the end of the series."""
    moment = series.starts[place] if place < len(series.starts) else series.starts[-1] + series.step
    return moment.to_pydatetime()


def near(facts: Facts, judged: Judged) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Changes and incidents from 48 hours before the first week (or day) of the new level to its end.

    Of a drift none: it has no date. The tables are those of `nearby`.
    """
    found, series = judged.trend, judged.series
    if found is None or found.form == "drift":
        return facts.changes.drop(columns="actor").head(0), facts.incidents.head(0)
    begin = pd.Timestamp(found.at)
    return nearby(facts, series.system, series.environment, begin, begin + series.step)
