"""What the company measures: one value a day for each metric, with noise, weeks, gaps and a few slow trends."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from opex.frames import READINGS
from opex.sources.sample.columns import READING_COLUMNS, canonical
from opex.sources.sample.times import END, START
from opex.sources.sample.world import stream, world

_PERSISTENCE = 0.4  # a day's noise that the next day keeps
_MISSED_DAYS = 0.025
_WEEK = np.array([0.25, 0.45, 0.5, 0.4, 0.3, -0.9, -1.0])


def all_readings(seed: int) -> pd.DataFrame:
    """Every metric, day by day."""
    frame = pd.concat([_series(seed, metric) for metric in world()["metrics"]])
    return canonical(frame.reset_index(drop=True), READINGS)


def _series(seed: int, metric: dict[str, Any]) -> pd.DataFrame:
    rng = stream(seed, f"{metric['metric']} of {metric['system']} in {metric['environment']}")
    days = np.arange(START, END, np.timedelta64(1, "D"))
    if "since" in metric:
        days = days[days >= np.datetime64(metric["since"], "s")]
    level = metric["level"] * _ramp(len(days), metric) * _week(days, metric.get("week", 0.0))
    values = level * np.exp(_noise(rng, len(days), metric["noise"]))
    if metric["unit"] == "%":
        values = np.minimum(values, 100.0)
    kept = rng.random(len(days)) >= _MISSED_DAYS
    named = {name: metric[name] or None for name in ("metric", "unit", "better", "system", "environment")}
    at = pd.DatetimeIndex(days[kept]).as_unit("us").tz_localize("UTC")
    return pd.DataFrame({**named, "at": at, "value": _rounded(values[kept])}, columns=READING_COLUMNS)


def _ramp(count: int, metric: dict[str, Any]) -> NDArray[np.float64]:
    """1, and then a straight line to ``trend`` on the last day."""
    days = min(metric.get("ramp_days", count), count)
    ramp = np.concatenate([np.zeros(count - days), np.linspace(0, 1, days)])
    factors: NDArray[np.float64] = 1 + (metric.get("trend", 1.0) - 1) * ramp
    return factors


def _week(days: NDArray[np.datetime64], share: float) -> NDArray[np.float64]:
    factors: NDArray[np.float64] = 1 + share * _WEEK[(days.astype("datetime64[D]").astype(int) + 3) % 7]
    return factors


def _noise(rng: np.random.Generator, count: int, deviation: float) -> NDArray[np.float64]:
    """Noise of that standard deviation in which a day resembles the day before."""
    shocks = rng.normal(0, deviation * np.sqrt(1 - _PERSISTENCE**2), size=count)
    noise = np.empty(count)
    last = rng.normal(0, deviation)
    for day, shock in enumerate(shocks):
        last = noise[day] = _PERSISTENCE * last + shock
    return noise


def _rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Four or five figures that mean something."""
    size = float(np.median(values))
    decimals = 0 if size >= 300 else 1 if size >= 100 else 2 if size >= 10 else 3
    return np.round(values, decimals)
