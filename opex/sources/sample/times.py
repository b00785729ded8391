"""When things happen in the sample: hours of the day, days of the week, and the growth of the company."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opex.sources.sample.world import Times, seconds

START = np.datetime64("2024-07-01T00:00:00", "s")
END = np.datetime64("2026-07-01T00:00:00", "s")
GROWTH = 1.35
CERTIFICATE_DAYS = 90
_FIRST_EXPIRY_DAY = 38
_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """How likely each hour of the day (24) and each day of the week (7, Monday first) is."""

    hours: tuple[float, ...]
    days: tuple[float, ...] = (1, 1, 1, 1, 1, 1, 1)
    growth: float = GROWTH


_MORNING = (0.4, 0.3, 0.3, 0.3, 0.35, 0.4, 0.7, 1.1, 1.7, 2.1, 2.2, 2.0)
_DAY = (*_MORNING, 1.7, 1.8, 1.9, 1.8, 1.6, 1.4, 1.3, 1.3, 1.2, 1.0, 0.8, 0.6)
_OFFICE = (0.02,) * 7 + (0.3, 1.2, 2.0, 2.2, 2.0, 1.0, 1.6, 2.0, 1.8, 1.2, 0.5, 0.1, 0.05, 0.05, 0.03, 0.02, 0.02)
RHYTHMS = {
    "any": Rhythm(hours=(1.0,) * 24),
    "day": Rhythm(hours=_DAY, days=(1.15, 1, 1, 1, 1.05, 0.6, 0.55)),
    "night": Rhythm(hours=(0.0, 0.0, 1.0, 1.2, 1.0, 0.7) + (0.0,) * 18),
    "monday": Rhythm(hours=(0.0,) * 5 + (0.5, 1.0, 1.5, 1.5, 1.0, 0.5) + (0.0,) * 13, days=(1, 0, 0, 0, 0, 0, 0)),
    "office": Rhythm(hours=_OFFICE, days=(1, 1.1, 1.1, 1.05, 0.7, 0.02, 0.02)),
    "evening": Rhythm(hours=(0.0,) * 19 + (0.5, 1.0, 1.0, 1.0, 0.5), days=(0.5, 1, 1, 0.5, 0, 0.6, 1), growth=1.0),
}


def draw(
    rng: np.random.Generator, count: int, rhythm: str, start: np.datetime64 = START, end: np.datetime64 = END
) -> Times:
    """That many times in ``[start, end)`` in that rhythm, in no order, to the second."""
    hours = np.arange(start, end, _HOUR).astype("datetime64[s]")
    weights = _weights(hours, RHYTHMS[rhythm])
    chosen = rng.choice(len(hours), size=count, p=weights / weights.sum())
    drawn: Times = hours[chosen] + rng.integers(3600, size=count).astype("timedelta64[s]")
    return drawn


def _weights(hours: Times, rhythm: Rhythm) -> NDArray[np.float64]:
    of_day = (hours - hours.astype("datetime64[D]")).astype("timedelta64[h]").astype(int)
    of_week = (hours.astype("datetime64[D]").astype(int) + 3) % 7  # 1970-01-01 was a Thursday
    passed = (hours - START) / (END - START)
    weights: NDArray[np.float64] = (
        np.array(rhythm.hours)[of_day] * np.array(rhythm.days)[of_week] * (1 + (rhythm.growth - 1) * passed)
    )
    return weights


def expiries() -> Times:
    """The days on which the gateway's certificates end, 90 days apart."""
    return np.arange(START + np.timedelta64(_FIRST_EXPIRY_DAY, "D"), END, np.timedelta64(CERTIFICATE_DAYS, "D"))


def draw_after_expiries(rng: np.random.Generator, count: int) -> Times:
    """Times within 30 hours after an expiry, each expiry having its share."""
    ends = expiries()
    drawn: Times = ends[np.arange(count) % len(ends)] + seconds(rng.uniform(5, 35, size=count))
    return drawn


def months() -> Times:
    """The first instants of the 24 months, and of the one after."""
    return np.arange("2024-07", "2026-08", dtype="datetime64[M]").astype("datetime64[s]")
