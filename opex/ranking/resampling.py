"""What the evidence leaves open, drawn jointly for all drivers: weeks of the past year, removals and ratings.

A replicate is a year that could have been: its weeks are drawn with replacement from those of the year before as-of,
half by half, so that incidents that come in bursts stay together and what they feed (counts, hours, severity, recovery,
growth, breadth) moves together, for one opportunity and for all that share an incident. This is the cluster bootstrap
(Davison and Hinkley 1997, sections 3.8 and 8.2.3) with the week as the cluster.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opex.domain.drivers import Driver
from opex.domain.opportunities import Opportunity
from opex.ranking.estimates import Estimate
from opex.ranking.measures import FIGURES, MEASURES, SEVERE, Membership, measured
from opex.ranking.ranking import worths

__all__ = ["WEEKS", "Replicates", "replicates"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
WEEKS = 52
"""Equal parts of the year before as-of, 7 days and 28 minutes each; the first 26 are the newer half."""
TIMES = 1_000
FEWEST = 50
_HELD = 8_000_000
_TO_BOUND = 1.96


@dataclass(frozen=True)
class Replicates:
    """Opportunities as they could be, on the scales.

    Attributes
    ----------
    worths
        (R, m, g) in [0, 1]: R replicates of g distinct opportunities on m drivers.
    known
        (g, m) whether anything is known; elsewhere the worth is drawn over the whole scale.
    alike
        (n,) for each opportunity the number of the distinct one that it equals.
    """

    worths: NDArray[np.float32]
    known: NDArray[np.bool_]
    alike: Ints


def replicates(drivers: Sequence[Driver], of: Membership, *, seed: int = 0, times: int = TIMES) -> Replicates:
    """Draw the opportunities as the evidence leaves them open.

    - Incidents of the year are resampled by weeks (see above). An opportunity whose incidents give no recovery time or
      breadth in a replicate keeps its observed one.
    - A pain is multiplied by a removal that is drawn from the triangular distribution of its low, likely and high.
    - A figure of a system, and what a finder says, is drawn from a normal distribution with one spread on each side, so
      that its 95 % interval has the stated bounds; opportunities of the same system and environment share the draw.
    - A rating is the level that one of its raters gave, drawn at random, give or take half a level.
    - What is unknown is drawn uniformly over its whole scale.

    Parameters
    ----------
    times
        How many replicates; fewer (at least 50) where they would fill more than 32 MB.
    """
    found = measured(drivers, of)
    alike, distinct = _alike(of.opportunities, found)
    rng = np.random.default_rng(seed)
    count = min(times, max(_HELD // max(len(distinct) * len(drivers), 1), FEWEST))
    year = _year(of, _drawn_weeks(count, rng))
    placed = np.empty((count, len(drivers), len(distinct)), dtype=np.float32)
    removal = _removals([of.opportunities[n] for n in distinct], count, rng)
    for column, driver in enumerate(drivers):
        one = Estimate(*(part[:, column] for part in (found.value, found.low, found.high)))
        raw = _rated(of, driver, count, rng) if driver.rated else _measured(of, year, driver, one, count, rng)
        raw = raw[:, distinct]
        if not driver.rated and MEASURES[driver.measure].pain:
            raw = raw * removal
        unknown = np.isnan(found.value[distinct, column])
        worth = worths(raw.reshape(-1, 1), [driver]).reshape(raw.shape)
        placed[:, column] = np.where(unknown, rng.random(raw.shape), worth)
    return Replicates(worths=placed, known=~np.isnan(found.value[distinct]), alike=alike)


def _alike(items: Sequence[Opportunity], found: Estimate) -> tuple[Ints, Ints]:
    """(n,) a number for each item, the same for items that equal each other in all that is drawn; (g,) one of each."""
    seen: dict[object, int] = {}
    rows = np.stack([found.value, found.low, found.high], axis=-1)
    alike = np.empty(len(items), dtype=np.intp)
    for n, one in enumerate(items):
        said = sorted((driver, tuple(sorted(given.values()))) for driver, given in one.ratings.items())
        told = sorted(verdict.verdict for verdict in one.verdicts)
        key = (frozenset(one.evidence), one.removes, one.effort_days, one.system, one.environment, str((said, told)))
        alike[n] = seen.setdefault((key, rows[n].tobytes()), len(seen))
    return alike, np.unique(alike, return_index=True)[1]


def _drawn_weeks(count: int, rng: np.random.Generator) -> Floats:
    """(R, 52) how often each week stands in each replicate; each half of the year keeps its length."""
    half = WEEKS // 2
    halves = [rng.multinomial(half, np.full(half, 1 / half), size=count) for _ in range(2)]
    return np.hstack(halves).astype(np.float64)


@dataclass(frozen=True)
class _Year:
    """The incidents behind each item by week, and how often each week stands in each replicate."""

    of: Membership
    item: Ints
    week: Ints
    drawn: Floats

    def total(self, values: Floats, weeks: slice = slice(None)) -> Floats:
        """(R, n) the sum of the rows' values over the drawn weeks; NaN counts as 0."""
        place = self.item * WEEKS + self.week
        by_week = np.bincount(place, weights=np.nan_to_num(values), minlength=self.of.count * WEEKS)
        return np.asarray(self.drawn[:, weeks] @ by_week.reshape(self.of.count, WEEKS)[:, weeks].T)

    def median(self, values: Floats) -> Floats:
        """(R, n) the median of the rows' values over the drawn weeks; NaN where no week with a value was drawn."""
        rows = np.flatnonzero(~np.isnan(values))
        rows = rows[np.lexsort((values[rows], self.item[rows]))]
        ends = np.cumsum(np.bincount(self.item[rows], minlength=self.of.count))
        ordered = np.append(values[rows], np.nan)
        found = np.empty((len(self.drawn), self.of.count))
        for n, drawn in enumerate(self.drawn):
            reached = np.concatenate([[0.0], np.cumsum(drawn[self.week[rows]])])
            low, high = reached[np.concatenate([[0], ends[:-1]])], reached[ends]
            middle = (low + high) / 2
            lower = ordered[np.searchsorted(reached[1:], middle, side="left")]
            upper = ordered[np.searchsorted(reached[1:], middle, side="right")]
            found[n] = np.where(high > low, (lower + upper) / 2, np.nan)
        return found


def _year(of: Membership, drawn: Floats) -> _Year:
    ago = (of.as_of - of.rows["started_at"]).dt.total_seconds().to_numpy(dtype=np.float64)
    week = np.clip(ago / (365 * 86_400 / WEEKS), 0, WEEKS - 1).astype(np.intp)
    return _Year(of=of, item=of.rows["item"].to_numpy(dtype=np.intp), week=week, drawn=drawn)


def _column(year: _Year, name: str) -> Floats:
    return np.asarray(year.of.rows[name].to_numpy(dtype=np.float64, na_value=np.nan))


def _count(year: _Year, weeks: slice = slice(None)) -> Floats:
    return year.total(np.ones(len(year.item)), weeks)


def _growth(year: _Year) -> Floats:
    half = WEEKS // 2
    return (_count(year, slice(half)) + 1) / (_count(year, slice(half, None)) + 1)


def _breadth(year: _Year) -> Floats:
    with np.errstate(invalid="ignore"):
        return year.total(_column(year, "systems")) / _count(year)


_BY_WEEKS: dict[str, Callable[[_Year], Floats]] = {
    "incidents_a_year": _count,
    "hours_lost_a_year": lambda year: year.total(_column(year, "hours")),
    "severe_incidents_a_year": lambda year: year.total((_column(year, "severity") <= SEVERE).astype(np.float64)),
    "median_hours_to_recover": lambda year: year.median(_column(year, "hours")),
    "growth": _growth,
    "systems_touched": _breadth,
}


def _measured(
    of: Membership, year: _Year, driver: Driver, found: Estimate, count: int, rng: np.random.Generator
) -> Floats:
    """(R, n) what the driver measures in each replicate, before the removal of a pain."""
    if driver.measure in _BY_WEEKS:
        drawn = _BY_WEEKS[driver.measure](year)
        return np.where(np.isnan(drawn), found.value, drawn)
    shared = driver.measure in FIGURES
    names = [(one.system, one.environment) if shared else (one.id, None) for one in of.opportunities]
    return _by_interval(found, names, count, rng)


def _by_interval(
    found: Estimate, names: Sequence[tuple[str | None, str | None]], count: int, rng: np.random.Generator
) -> Floats:
    """(R, n) drawn so that the 95 % interval has the stated bounds; those of the same name share their draw."""
    number = {name: n for n, name in enumerate(dict.fromkeys(names))}
    z = rng.standard_normal((count, len(number)))[:, [number[name] for name in names]]
    side = np.where(z > 0, found.high - found.value, found.value - found.low)
    drawn = found.value + z * np.nan_to_num(side) / _TO_BOUND
    return np.asarray(np.where(found.value >= 0, np.maximum(drawn, 0.0), drawn))


def _removals(items: Sequence[Opportunity], count: int, rng: np.random.Generator) -> Floats:
    """(R, g) shares between each item's low and high, most often near the likely one."""
    low, likely, high = np.array(
        [(one.removes.low, one.removes.likely, one.removes.high) for one in items], dtype=np.float64
    ).reshape(-1, 3).T  # fmt: skip
    wide = high > low
    drawn = rng.triangular(np.where(wide, low, 0.0), np.where(wide, likely, 0.5), np.where(wide, high, 1.0),
                           size=(count, len(items)))  # fmt: skip
    return np.asarray(np.where(wide, drawn, likely))


def _rated(of: Membership, driver: Driver, count: int, rng: np.random.Generator) -> Floats:
    """(R, n) in each replicate the level of one rater, give or take half a level; NaN where nobody rated."""
    drawn = np.full((count, of.count), np.nan)
    for n, one in enumerate(of.opportunities):
        if given := list(one.ratings.get(driver.name, {}).values()):
            drawn[:, n] = rng.choice(np.array(given, dtype=np.float64), count) + rng.uniform(-0.5, 0.5, count)
    return drawn
