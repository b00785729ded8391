"""What an opportunity amounts to, in each measure's unit. A pain is multiplied by what the action likely removes.

Every measure looks at the year before as-of and at the evidence that nobody struck, each incident once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from opex.domain.drivers import Driver
from opex.domain.opportunities import Opportunity, Reason
from opex.ranking.estimates import Estimate, count, mean, median, odds, weighted_sum

__all__ = [
    "FIGURES", "MEASURES", "Measure", "Membership", "evidence_rows", "measured", "membership", "membership_of",
]  # fmt: skip

YEAR = timedelta(days=365)
HALF = timedelta(days=182.5)
SEVERE = 2


@dataclass(frozen=True)
class Membership:
    """Who is evidence for what: one row for an opportunity and incident, of the year before as-of.

    ``rows`` has columns item (the opportunity's position), id, started_at, hours, severity, systems; ``count`` is
    the number of opportunities, ``with_evidence`` those that have any incident at all, in whatever year.
    ``opportunities`` are they, and ``figures`` says by measure what is known of systems: columns system, environment
    (missing where it holds for all), value, low, high.
    """

    rows: pd.DataFrame
    count: int
    with_evidence: NDArray[np.bool_]
    as_of: datetime
    opportunities: tuple[Opportunity, ...] = ()
    figures: Mapping[str, pd.DataFrame] = field(default_factory=dict)


def membership(
    opportunities: Sequence[Opportunity],
    incidents: pd.DataFrame,
    systems_of: pd.Series,
    hours: pd.Series,
    as_of: datetime,
    figures: Mapping[str, pd.DataFrame] | None = None,
) -> Membership:
    """Join opportunities with the incidents behind them.

    Parameters
    ----------
    incidents
        Columns id, started_at, severity, planned, ascending in time; ``hours`` is aligned with it.
    systems_of
        The number of systems that each incident touched, by incident id.
    """
    joined = evidence_rows(opportunities, incidents, systems_of, hours)
    return membership_of(joined, opportunities, as_of, figures or {})


def evidence_rows(
    opportunities: Sequence[Opportunity], incidents: pd.DataFrame, systems_of: pd.Series, hours: pd.Series
) -> pd.DataFrame:
    """One row for an opportunity and an unplanned incident of its evidence, of all years; columns as `Membership`."""
    sizes = [len(o.evidence) for o in opportunities]
    pairs = pd.DataFrame(
        {
            "item": np.repeat(np.arange(len(opportunities)), sizes),
            "id": pd.Series([i for o in opportunities for i in o.evidence], dtype="str"),
        }
    )
    real = incidents.assign(hours=hours, systems=incidents["id"].map(systems_of).fillna(1).astype(float))
    real = real.loc[~real["planned"].astype(bool), ["id", "started_at", "hours", "severity", "systems"]]
    return pairs.merge(real, on="id", how="inner")


def membership_of(
    joined: pd.DataFrame,
    opportunities: Sequence[Opportunity],
    as_of: datetime,
    figures: Mapping[str, pd.DataFrame],
) -> Membership:
    """The membership that rows of all years make: those of the year before as-of."""
    with_evidence = np.zeros(len(opportunities), dtype=bool)
    with_evidence[joined["item"].unique()] = True
    window = (joined["started_at"] > as_of - YEAR) & (joined["started_at"] <= as_of)
    rows = joined[window].reset_index(drop=True)
    rows["id"] = rows["id"].astype("category")  # so that telling incidents apart costs no comparing of texts
    return Membership(
        rows=rows, count=len(opportunities), with_evidence=with_evidence, as_of=as_of,
        opportunities=tuple(opportunities), figures=figures,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A measure: what it says in words, its unit, whether it is a pain, and how it is computed.

    ``compute`` gives (n,) values with 95 % intervals, in the order of the opportunities.
    """

    name: str
    says: str
    unit: str
    pain: bool
    compute: Callable[[Membership], Estimate]


def _item(of: Membership) -> NDArray[np.intp]:
    return of.rows["item"].to_numpy(dtype=np.intp)


def _counted(of: Membership, rows: pd.Series | None = None) -> NDArray[np.float64]:
    """How many rows (those that are true) each opportunity has; NaN without any evidence."""
    weights = None if rows is None else rows.to_numpy(dtype=np.float64)
    counted = np.bincount(_item(of), weights=weights, minlength=of.count).astype(np.float64)
    return np.where(of.with_evidence, counted, np.nan)


def _told_by(of: Membership, known: pd.Series) -> NDArray[np.bool_]:
    """Where a sum can be told: something of it is known, or there was nothing in this year."""
    return np.asarray((_counted(of, known) > 0) | (_counted(of) == 0))


def _incidents(of: Membership) -> Estimate:
    return count(_counted(of))


def _hours(of: Membership) -> Estimate:
    hours = of.rows["hours"]
    usual = float(hours.mean()) if hours.notna().any() else 0.0
    known = hours.notna().to_numpy()
    summed = weighted_sum(_item(of)[known], hours.to_numpy(dtype=np.float64)[known], of.count, usual)
    return summed.where(of.with_evidence & _told_by(of, hours.notna()))


def _severe(of: Membership) -> Estimate:
    severe = (of.rows["severity"] <= SEVERE).fillna(False)
    return count(_counted(of, severe)).where(_told_by(of, of.rows["severity"].notna()))


def _recovery(of: Membership) -> Estimate:
    found = median(_item(of), of.rows["hours"].to_numpy(dtype=np.float64), of.count)
    none_this_year = _counted(of) == 0
    return Estimate(*(np.where(none_this_year, 0.0, part) for part in (found.value, found.low, found.high)))


def _growth(of: Membership) -> Estimate:
    late = of.rows["started_at"] > of.as_of - HALF
    return odds(_counted(of, late), _counted(of, ~late))


def _breadth(of: Membership) -> Estimate:
    found = mean(_item(of), of.rows["systems"].to_numpy(dtype=np.float64), of.count)
    return Estimate(found.value, np.maximum(found.low, 1.0), found.high)


def _effect(finder: str, of: Membership) -> Estimate:
    """What a finder says of each opportunity; unknown where it says nothing."""
    said = [_said(finder, one) for one in of.opportunities]
    columns = [(one.effect, one.low, one.high) if one else (np.nan,) * 3 for one in said]
    return Estimate(*np.array(columns, dtype=np.float64).reshape(-1, 3).T)


def _said(finder: str, one: Opportunity) -> Reason | None:
    reasons = one.candidate.reasons if one.candidate else ()
    return next((reason for reason in reasons if reason.finder == finder), None)


def _figure(name: str, of: Membership) -> Estimate:
    """What is known of each opportunity's system in its environment, or of its worst one where it names none."""
    table = of.figures.get(name)
    found = np.full((of.count, 3), np.nan)
    if table is not None:
        by_system = {str(system): rows for system, rows in table.groupby("system")}
        for position, one in enumerate(of.opportunities):
            rows = by_system.get(one.system or "")
            if rows is not None:
                found[position] = _of_environment(rows, one.environment)
    return Estimate(*found.T)


def _of_environment(rows: pd.DataFrame, environment: str | None) -> NDArray[np.float64]:
    if environment is not None:
        rows = rows[rows["environment"].isna() | (rows["environment"] == environment)]
    worst = rows.sort_values("value", ascending=False, kind="stable").head(1)
    numbers = worst[["value", "low", "high"]].to_numpy(dtype=np.float64)
    return numbers[0] if len(numbers) else np.full(3, np.nan)


FIGURES: dict[str, tuple[str, str]] = {
    "expected_incidents": ("incidents of its system expected in the next quarter", "incidents a quarter"),
    "expected_hours": ("hours that its system is expected to lose in the next quarter", "hours a quarter"),
    "rate_after_changes": ("times the rate of incidents of its system within a day after its changes", "times"),
    "excess_incidents": ("incidents of its system beyond chance after its changes, in a year", "incidents a year"),
    "change_failure_rate": ("share of its system's changes that failed, of those whose outcome is known", "share"),
    "hours_to_restore": ("median hours from a failed change of its system until it was well again", "hours"),
    "lead_time_hours": ("median hours from commit to deployment of its system", "hours"),
    "deployments_a_week": ("deployments of its system", "a week"),
    "times_the_others": ("times the episodes a week of the other systems of its environment", "times"),
    "level_shift": ("times the episodes a week that its system had before its level shifted", "times"),
    "level_shift_hours": ("hours a week that its system is longer in trouble since its level shifted", "hours a week"),
    "anomalies": ("moments of its system's metrics that stood out in the past 180 days", "moments"),
}
"""Measures that are told of systems: what each says, and its unit. ``services.figures`` computes them."""
_EFFECTS = {
    "slow_recovery": ("times the other systems' time to recover", "times"),
    "worsening_trend": ("worsening over the past year, as the finder of trends says", "times or share"),
    "risky_changes": ("times the rate of incidents after changes, as the finder of risky changes says", "times"),
    "environment_gap": ("the gap between environments, as its finder says", "as the finder says"),
}
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
        *(Measure(name=name, says=says, unit=unit, pain=False, compute=partial(_figure, name))
          for name, (says, unit) in FIGURES.items()),
        *(Measure(name=f"{finder}_effect", says=says, unit=unit, pain=False, compute=partial(_effect, finder))
          for finder, (says, unit) in _EFFECTS.items()),
    )
}  # fmt: skip


def measured(drivers: Sequence[Driver], of: Membership) -> Estimate:
    """The raw value of each opportunity on each driver with its interval, (n, m); NaN where nothing is known.

    A pain and its interval are multiplied by the likely removal. A rated driver is the median of the levels that
    people gave, from the lowest to the highest of them.
    """
    likely = np.array([o.removes.likely for o in of.opportunities], dtype=np.float64)
    columns = [_of_driver(driver, of, likely) for driver in drivers]
    if not columns:
        return Estimate(*(np.empty((of.count, 0)) for _ in range(3)))
    return Estimate(*(np.column_stack([getattr(one, part) for one in columns]) for part in ("value", "low", "high")))


def _of_driver(driver: Driver, of: Membership, likely: NDArray[np.float64]) -> Estimate:
    if driver.rated:
        given = [_levels(o.ratings.get(driver.name, {})) for o in of.opportunities]
        return Estimate(*np.array(given, dtype=np.float64).reshape(-1, 3).T)
    measure = MEASURES[driver.measure]
    found = measure.compute(of)
    return found.times(likely) if measure.pain else found


def _levels(levels: Mapping[str, int]) -> tuple[float, float, float]:
    """The median of the levels, the lowest and the highest."""
    given = list(levels.values())
    return (float(np.median(given)), min(given), max(given)) if given else (float("nan"),) * 3
