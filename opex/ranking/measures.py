"""What an opportunity amounts to, in each measure's unit. A pain is multiplied by what the action likely removes.

Every measure looks at the year before as-of and at the evidence that nobody struck, each incident once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from opex.domain.drivers import Driver
from opex.domain.opportunities import Opportunity

__all__ = ["MEASURES", "Measure", "Membership", "membership", "raw_values"]

YEAR = timedelta(days=365)
HALF = timedelta(days=182.5)
SEVERE = 2


@dataclass(frozen=True)
class Membership:
    """Who is evidence for what: one row for an opportunity and incident, of the year before as-of.

    ``rows`` has columns item (the opportunity's position), id, started_at, hours, severity, systems; ``count`` is
    the number of opportunities, ``with_evidence`` those that have any incident at all, in whatever year.
    """

    rows: pd.DataFrame
    count: int
    with_evidence: NDArray[np.bool_]
    as_of: datetime


def membership(
    opportunities: Sequence[Opportunity],
    incidents: pd.DataFrame,
    systems_of: pd.Series,
    hours: pd.Series,
    as_of: datetime,
) -> Membership:
    """Join opportunities with the incidents behind them.

    Parameters
    ----------
    incidents
        Columns id, started_at, severity, planned, ascending in time; ``hours`` is aligned with it.
    systems_of
        The number of systems that each incident touched, by incident id.
    """
    sizes = [len(o.evidence) for o in opportunities]
    pairs = pd.DataFrame(
        {
            "item": np.repeat(np.arange(len(opportunities)), sizes),
            "id": pd.Series([i for o in opportunities for i in o.evidence], dtype="str"),
        }
    )
    real = incidents.assign(hours=hours, systems=incidents["id"].map(systems_of).fillna(1).astype(float))
    real = real.loc[~real["planned"].astype(bool), ["id", "started_at", "hours", "severity", "systems"]]
    joined = pairs.merge(real, on="id", how="inner")
    with_evidence = np.zeros(len(opportunities), dtype=bool)
    with_evidence[joined["item"].unique()] = True
    window = (joined["started_at"] > as_of - YEAR) & (joined["started_at"] <= as_of)
    rows = joined[window].reset_index(drop=True)
    rows["id"] = rows["id"].astype("category")  # so that telling incidents apart costs no comparing of texts
    return Membership(rows=rows, count=len(opportunities), with_evidence=with_evidence, as_of=as_of)


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A measure: what it says in words, its unit, whether it is a pain, and how it is computed."""

    name: str
    says: str
    unit: str
    pain: bool
    compute: Callable[[Membership], NDArray[np.float64]]


def _summed(of: Membership, weights: pd.Series | None = None) -> NDArray[np.float64]:
    counted = np.bincount(
        of.rows["item"].to_numpy(dtype=np.intp),
        weights=None if weights is None else weights.to_numpy(dtype=np.float64),
        minlength=of.count,
    ).astype(np.float64)
    return np.where(of.with_evidence, counted, np.nan)


def _incidents(of: Membership) -> NDArray[np.float64]:
    return _summed(of)


def _hours(of: Membership) -> NDArray[np.float64]:
    known = of.rows["hours"].notna()
    total = _summed(of, of.rows["hours"].fillna(0.0))
    some = np.bincount(of.rows["item"].to_numpy(dtype=np.intp), weights=known, minlength=of.count) > 0
    none_this_year = _summed(of) == 0
    return np.where(some | none_this_year, total, np.nan)


def _severe(of: Membership) -> NDArray[np.float64]:
    rated = of.rows["severity"].notna()
    severe = (of.rows["severity"] <= SEVERE).fillna(False)
    some = np.bincount(of.rows["item"].to_numpy(dtype=np.intp), weights=rated, minlength=of.count) > 0
    return np.where(some | (_summed(of) == 0), _summed(of, severe.astype(float)), np.nan)


def _recovery(of: Membership) -> NDArray[np.float64]:
    medians = of.rows.groupby("item")["hours"].median().reindex(range(of.count)).to_numpy(dtype=np.float64)
    return np.where(_summed(of) == 0, 0.0, medians)


def _growth(of: Membership) -> NDArray[np.float64]:
    late = (of.rows["started_at"] > of.as_of - HALF).astype(float)
    newer, older = _summed(of, late), _summed(of, 1 - late)
    return (newer + 1) / (older + 1)


def _breadth(of: Membership) -> NDArray[np.float64]:
    means = of.rows.groupby("item")["systems"].mean()
    return means.reindex(range(of.count)).to_numpy(dtype=np.float64)


MEASURES: dict[str, Measure] = {
    m.name: m
    for m in (
        Measure(name="incidents_a_year", says="incidents of the past 12 months", unit="incidents a year", pain=True,
                compute=_incidents),
        Measure(name="hours_lost_a_year", says="hours lost in the past 12 months", unit="hours a year", pain=True,
                compute=_hours),
        Measure(name="severe_incidents_a_year", says="incidents of severity 1 or 2 in the past 12 months",
                unit="incidents a year", pain=True, compute=_severe),
        Measure(name="median_hours_to_recover", says="median hours from start to end of the past 12 months' incidents",
                unit="hours", pain=False, compute=_recovery),
        Measure(name="growth", says="incidents of the last 6 months for one of the 6 months before (each plus one)",
                unit="times", pain=False, compute=_growth),
        Measure(name="systems_touched", says="systems touched by one of its incidents, on average", unit="systems",
                pain=False, compute=_breadth),
    )
}  # fmt: skip


def raw_values(drivers: Sequence[Driver], opportunities: Sequence[Opportunity], of: Membership) -> NDArray[np.float64]:
    """The raw value of each opportunity on each driver, (n, m); NaN where nothing is known.

    A pain is multiplied by the likely removal; a rated driver is the median of the levels that people gave.
    """
    likely = np.array([o.removes.likely for o in opportunities], dtype=np.float64)
    columns = [_raw(driver, opportunities, of, likely) for driver in drivers]
    return np.column_stack(columns) if columns else np.empty((of.count, 0))


def _raw(
    driver: Driver, opportunities: Sequence[Opportunity], of: Membership, likely: NDArray[np.float64]
) -> NDArray[np.float64]:
    if driver.rated:
        return np.array([_median(o.ratings.get(driver.name, {})) for o in opportunities], dtype=np.float64)
    measure = MEASURES[driver.measure]
    values = measure.compute(of)
    return values * likely if measure.pain else values


def _median(levels: Mapping[str, int]) -> float:
    return float(np.median(list(levels.values()))) if levels else float("nan")
