"""Anomalies: moments at which a metric is far from what its own past lets expect. Causal: nothing looks ahead.

The expected value comes from the same time of other weeks or days, or from the last hours, whichever has been nearest
so far. What counts as far is told by the tail of the past deviations, so that about a stated number of false alarms a
week remains, whatever the distribution: spiky metrics get a wide limit, calm ones a narrow one.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from opex.domain.problems import NotEnoughData

__all__ = ["BUDGET", "Alarm", "Scored", "alarms", "joined", "regular", "scored"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

BUDGET, BUDGET_READINGS = 0.5, 200
"""False alarms a week that a metric may bring, and at most one in so many readings."""
LEAST_READINGS, LEAST_DAYS, MOST_READINGS = 150, 2.0, 200_000
HOUR, DAY, WEEK = 3600, 86_400, 604_800
MEMORY_DAYS, TAIL_SHARE, LEAST_IN_TAIL = 28.0, 0.02, 12
FEWEST_RECENT, FEWEST_USUAL, FEWEST_REMEMBERED = 6, 48, 1000
QUIET_HOURS = 3.0
"""Moments no further apart than this are one alarm."""
MOST_SHAPE, USUAL_SHAPE, FEW_SHAPE, FEW_PEAKS = 0.5, 0.15, 10, 20
"""Shapes of tails, and how much few peaks are mistrusted; chosen on seeded metrics so that the budget about holds."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A metric on its regular grid. All arrays are (n,).

    Attributes
    ----------
    at
        Seconds since 1970, ascending, one step apart.
    value, expected, scale
        Readings (NaN in gaps), what was expected, and the usual size of a deviation; both from the past alone.
    point, window
        How far one reading, and the mean of the last hour (of two readings at least), are from what was expected, in
        limits: above 1 is an alarm. NaN in the first days and in gaps.
    step
        Seconds.
    """

    at: Ints
    value: Floats
    expected: Floats
    scale: Floats
    point: Floats
    window: Floats
    step: int


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Moments that stand out together: the first and the last one, and the reading that is furthest from expected.

    ``times_limit`` is the most that any of them, or the mean of the hour before it, is beyond its limit.
    """

    begin: int
    end: int
    at: int
    value: float
    expected: float
    times_limit: float


def regular(at: Ints, value: Floats) -> tuple[Ints, Floats, int]:
    """Readings on a grid of their median step: the median of those at one place, NaN in gaps.

    Parameters
    ----------
    at, value
        (n,) seconds since 1970 in any order, with duplicates and gaps; what is not finite is left out.

    Examples
    --------
    >>> at, value, step = regular(np.array([0, 60, 60, 120, 240]), np.array([1.0, 2.0, 4.0, 5.0, 6.0]))
    >>> at.tolist(), value.tolist(), step
    ([0, 60, 120, 180, 240], [1.0, 3.0, 5.0, nan, 6.0], 60)
    """
    finite = np.isfinite(value)
    readings = pd.Series(value[finite]).groupby(at[finite]).median()
    if len(readings) < 2:
        return np.asarray(readings.index, dtype=np.int64), np.asarray(readings, dtype=np.float64), 1
    moments = readings.index.to_numpy(dtype=np.int64)
    step = max(1, int(np.median(np.diff(moments))), -(-int(moments[-1] - moments[0]) // MOST_READINGS))
    place = np.round((moments - moments[0]) / step).astype(np.int64)
    joined = pd.Series(readings.to_numpy()).groupby(place).median()
    grid = np.full(int(place[-1]) + 1, np.nan)
    grid[joined.index.to_numpy()] = joined.to_numpy()
    return np.asarray(moments[0] + step * np.arange(len(grid)), dtype=np.int64), grid, step


def scored(at: Ints, value: Floats, *, budget: float = BUDGET) -> Scored | NotEnoughData:
    """Judge every reading of a metric by what came before it.

    Parameters
    ----------
    at, value
        (n,) seconds since 1970 and readings, in any order.
    budget
        False alarms a week, at most one in 200 readings: half for single readings, half for the mean of an hour.

    Returns
    -------
    Scored or NotEnoughData
        At least 150 readings over more than two days are needed. A metric that never moved has no alarm; the first
        reading that leaves a flat past is one.

    Notes
    -----
    Expected is one of: the median of the last three hours, of the readings within half an hour of that time of day on
    up to seven days before, and of that time of week in up to four weeks before; that with the least mean deviation
    over the past week. A deviation is divided by its usual size, the larger of 1.4826 MAD and the 90 % quantile / 1.645
    of the past week. The limit of a day is told from the deviations of the 28 days before, alarms cut to their limit: a
    generalised Pareto distribution over the largest 2 % (peaks over threshold, Davison and Smith 1990; probability
    weighted moments, Hosking and Wallis 1987; shape 0 to 0.5, drawn to 0.15 as by ten peaks), each run of neighbours
    counted once, at the level that the budget allows; for n peaks the budget is 1 + 20 / n times smaller, since a limit
    told from few is uncertain, and that costs false alarms.
    """
    grid_at, grid, step = regular(at, value)
    have = int(np.isfinite(grid).sum())
    if have < LEAST_READINGS:
        return NotEnoughData(have=have, need=LEAST_READINGS, what="readings")
    days = len(grid) * step / DAY
    if days <= LEAST_DAYS:
        return NotEnoughData(have=int(days), need=int(LEAST_DAYS) + 1, what="days")
    budget = min(budget, WEEK / step / BUDGET_READINGS)
    expected = _expected(grid, step)
    apart = grid - expected
    scale = _scale(apart, step)
    with np.errstate(divide="ignore", invalid="ignore"):
        single = np.where(apart == 0, 0.0, np.abs(apart) / scale)
        hour = max(2, round(HOUR / step))
        means = pd.Series(apart).rolling(hour, min_periods=hour // 2 + 1).mean().to_numpy()
        together = np.where(means == 0, 0.0, np.abs(means) / scale)
    return Scored(
        at=grid_at, value=grid, expected=expected, scale=scale, step=step,
        point=_in_limits(single, step, budget / 2), window=_in_limits(together, step, budget / 2),
    )  # fmt: skip


def _past(values: Floats, seconds: float, step: int, fewest: int) -> "pd.api.typing.Rolling[pd.Series]":
    """The readings before each one, within so many seconds, from half a day (or half of that) on; not its own.

    Of a metric that is measured seldom at least the last ``fewest``.
    """
    width = max(fewest, round(seconds / step))
    least = max(2, fewest // 4, round(min(seconds, DAY) / 2 / step))
    return pd.Series(values).shift(1).rolling(width, min_periods=min(width, least))


def _expected(grid: Floats, step: int) -> Floats:
    """The nearest of three forecasts, each from the past alone."""
    forecasts = np.vstack([
        _past(grid, 3 * HOUR, step, FEWEST_RECENT).median().to_numpy(),
        _same_time(grid, step, DAY, most=7, least=3),
        _same_time(grid, step, WEEK, most=4, least=3),
    ])  # fmt: skip
    missed = np.abs(grid - forecasts)
    typical = np.vstack([_past(one, WEEK, step, FEWEST_USUAL).mean().to_numpy() for one in missed])
    typical[np.isnan(typical) | np.isnan(forecasts)] = np.inf
    chosen = typical.argmin(axis=0)
    picked = forecasts[chosen, np.arange(len(grid))]
    return np.asarray(np.where(np.isnan(picked), forecasts[0], picked))


def _same_time(grid: Floats, step: int, period: int, *, most: int, least: int) -> Floats:
    """The median of the readings within half an hour of that time, one to ``most`` periods ago; NaN below ``least``."""
    n, around = len(grid), max(1, round(HOUR / 2 / step))
    back = round(period / step)
    if back <= around or n <= least * back:
        return np.full(n, np.nan)
    smooth = pd.Series(grid).rolling(2 * around + 1, center=True, min_periods=1).median().to_numpy()
    earlier = np.full((most, n), np.nan)
    for k in range(1, most + 1):
        if k * back < n:
            earlier[k - 1, k * back :] = smooth[: n - k * back]
    return np.asarray(pd.DataFrame(earlier).median().where(np.isfinite(earlier).sum(axis=0) >= least).to_numpy())


def _scale(apart: Floats, step: int) -> Floats:
    """The usual size of a deviation in the past week; the smallest one ever seen where most were none."""
    size = np.abs(apart)
    past = _past(size, WEEK, step, FEWEST_USUAL)
    usual = np.fmax(1.4826 * past.median().to_numpy(), past.quantile(0.9).to_numpy() / 1.645)
    least = pd.Series(np.where(size > 0, size, np.nan)).shift(1).cummin().ffill().to_numpy()
    return np.asarray(np.where(usual == 0, np.nan_to_num(least, nan=0.0), usual))


def _in_limits(score: Floats, step: int, budget: float) -> Floats:
    """Scores divided by the limit of their day, told from the days before; an alarm counts there as the limit."""
    n, day, memory = len(score), max(1, round(DAY / step)), max(FEWEST_REMEMBERED, round(MEMORY_DAYS * DAY / step))
    told, kept = np.full(n, np.nan), score.copy()
    for begin in range(round(LEAST_DAYS * DAY / step), n, day):
        limit = _limit(kept[max(0, begin - memory) : begin], step, budget)
        today = slice(begin, min(n, begin + day))
        told[today] = score[today] / limit
        kept[today] = np.minimum(score[today], limit)
    return told


def _limit(past: Floats, step: int, budget: float) -> float:
    """The score that chance passes ``budget`` times a week, by the tail of the past scores; infinite without any."""
    seen = past[np.isfinite(past)]
    if len(seen) < LEAST_READINGS // 2:
        return np.inf
    largest = float(seen.max())
    if largest <= 0:
        return 1e-9  # all alike: whatever leaves it stands out
    threshold = float(np.quantile(seen, 1 - max(TAIL_SHARE, LEAST_IN_TAIL / len(seen))))
    above = np.flatnonzero(np.isfinite(past) & (past > threshold))
    if len(above) < 3:
        return 1.5 * largest
    runs = np.flatnonzero(np.diff(above, prepend=-(10**9)) * step > QUIET_HOURS * HOUR)
    peaks = np.maximum.reduceat(past[above], runs) - threshold
    weeks = len(seen) * step / WEEK
    return threshold + _pareto_level(peaks, len(peaks) / weeks / budget)


def _pareto_level(peaks: Floats, times: float) -> float:
    """The excess that one in ``times`` peaks passes, by a generalised Pareto distribution; wider for few peaks."""
    ordered = np.sort(peaks)
    n = len(ordered)
    mean = float(ordered.mean())
    weighted = float((ordered * (n - np.arange(n) - 0.65)).mean() / n)
    spread = mean - 2 * weighted
    own = 2 - mean / spread if spread > 0 else USUAL_SHAPE
    shape = float(np.clip((n * own + FEW_SHAPE * USUAL_SHAPE) / (n + FEW_SHAPE), 0.0, MOST_SHAPE))
    far = max(times * (1 + FEW_PEAKS / n), 1.0)
    return mean * (1 - shape) * (float(np.log(far)) if shape < 1e-6 else (far**shape - 1) / shape)


def joined(at: Ints, beyond: Flags) -> list[NDArray[np.intp]]:
    """The positions of the moments that stand out, those no more than three hours apart together.

    Examples
    --------
    >>> [group.tolist() for group in joined(3600 * np.array([0, 1, 4, 9]), np.array([True, False, True, True]))]
    [[0], [2], [3]]
    """
    places = np.flatnonzero(beyond)
    apart = np.flatnonzero(np.diff(at[places]) > QUIET_HOURS * HOUR) + 1
    return np.split(places, apart) if len(places) else []


def alarms(found: Scored) -> list[Alarm]:
    """Moments beyond the limit, joined where no more than three hours apart, in the order of time.

    Examples
    --------
    >>> at = 300 * np.arange(2000)
    >>> value = 50 + np.sin(at / 9000.0) + np.random.default_rng(1).normal(size=2000)
    >>> value[1500] = 90
    >>> [(one.begin, round(one.value)) for one in alarms(scored(at, value))]
    [(450000, 90)]
    """
    height = np.fmax(np.nan_to_num(found.point, nan=0.0), np.nan_to_num(found.window, nan=0.0))
    told = []
    for group in joined(found.at, height > 1):
        apart = np.nan_to_num(np.abs(found.value[group] - found.expected[group]))
        furthest = group[int(np.argmax(apart))]
        told.append(
            Alarm(
                begin=int(found.at[group[0]]),
                end=int(found.at[group[-1]]),
                at=int(found.at[furthest]),
                value=float(found.value[furthest]),
                expected=float(found.expected[furthest]),
                times_limit=float(height[group].max()),
            )
        )
    return told
