"""The first finders: recurring theme, area, slow recovery, worsening trend. Each is a pure function of facts.

Every finder looks at unplanned incidents only and states its numbers with an interval. Those that test guard against
finding something by looking often (Benjamini-Hochberg over everything they tested); areas and themes describe.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from opex.evidence.drifts import log_linear_trend, slow_change
from opex.evidence.environment_gaps import environment_gap
from opex.evidence.facts import YEAR, Facts
from opex.evidence.findings import Finding, benjamini_hochberg, poisson_interval
from opex.evidence.recurring import real, several, theme
from opex.evidence.risky_changes import risky_changes

__all__ = ["FINDERS", "Finder", "area", "slow_recovery", "theme", "worsening_incidents", "worsening_metric"]

MOST_Q = 0.05
AREA_LEAST = 5
RECOVERY_LEAST, RECOVERY_RATIO, RECOVERY_WINDOW = 8, 1.5, timedelta(days=730)
TREND_LEAST, TREND_BINS, BIN_DAYS, TREND_RATIO = 12, 13, 28, 1.5
METRIC_DAYS, METRIC_LEAST_DAYS, METRIC_CHANGE = 180, 60, 0.10
EPISODE_GAP = timedelta(hours=12)
OUTSIDE_PRODUCTION = {"test", "staging", "development"}


def _with_systems(facts: Facts) -> pd.DataFrame:
    """One row for each incident and system of it."""
    return facts.incident_systems.merge(real(facts).drop(columns="system"), left_on="incident_id", right_on="id")


def area(facts: Facts, as_of: datetime) -> Iterator[Finding]:
    """Systems (and categories, where the source has them) with more trouble in the past year than most.

    An area is proposed when the lower end of its count's exact Poisson interval lies above the mean of all areas
    of its environment, and it has at least five incidents. Key: system, environment, category.
    """
    pairs = _with_systems(facts)
    pairs = pairs[pairs["started_at"] > as_of - YEAR]
    cells = pairs.assign(category=pairs["category"].fillna("")).groupby(
        ["environment", "system", "category"], sort=True
    )
    sizes = cells.size()
    means = sizes.groupby("environment").mean()
    for (environment, system, category), members in cells:
        count, mean = len(members), float(means.loc[str(environment)])
        low, high = poisson_interval(count)
        if count < AREA_LEAST or low <= mean:
            continue
        where = f"{system}, {category}" if category else str(system)
        yield Finding(
            finder="area",
            key=f"{system}|{environment}|{category}",
            label=f"{category} trouble of {system}" if category else f"trouble of {system}",
            incidents=tuple(members["incident_id"]),
            effect=count,
            low=low,
            high=high,
            unit="incidents a year",
            why=f"{several(count, 'incident')} of {where} in the past 12 months (a rate of {low:.0f} to "
            f"{high:.0f} a year fits that); the average area has {mean:.1f}.",
            falsifier="If the count falls to the average in a year in which nothing was done, it was chance; if other "
            "systems log less of their trouble, it is only better logged.",
            system=str(system),
            environment=str(environment),
            category=str(category) or None,
        )


def slow_recovery(facts: Facts, as_of: datetime) -> Iterator[Finding]:
    """Systems that take longer to recover than the others of their environment. Key: system, environment.

    The ratio of geometric mean times to recover, with Welch's interval on the logarithms, over the past two years;
    one-sided Mann-Whitney tests, q at most 0.05, ratio at least 1.5, at least eight recoveries.
    """
    pairs = _with_systems(facts)
    pairs = pairs[(pairs["started_at"] > as_of - RECOVERY_WINDOW) & pairs["resolved_at"].notna()]
    hours = (pairs["resolved_at"] - pairs["started_at"]).dt.total_seconds() / 3600
    pairs = pairs.assign(log_hours=np.log(hours.clip(lower=1 / 60)))
    tested = []
    for environment, here in pairs.groupby("environment", sort=True):
        for system, mine in here.groupby("system", sort=True):
            others = here[~here["incident_id"].isin(mine["incident_id"])].drop_duplicates("incident_id")
            if min(len(mine), len(others)) >= RECOVERY_LEAST:
                p = scipy.stats.mannwhitneyu(mine["log_hours"], others["log_hours"], alternative="greater").pvalue
                tested.append((system, environment, mine, others, float(p)))
    q_values = benjamini_hochberg(np.array([row[-1] for row in tested]))
    for (system, environment, mine, others, _), q in zip(tested, q_values, strict=True):
        ratio, low, high = _ratio(mine["log_hours"].to_numpy(), others["log_hours"].to_numpy())
        if q > MOST_Q or ratio < RECOVERY_RATIO:
            continue
        typical, usual = np.exp(mine["log_hours"].median()), np.exp(others["log_hours"].median())
        yield Finding(
            finder="slow_recovery",
            key=f"{system}|{environment}",
            label=f"slow recovery of {system}",
            incidents=tuple(mine["incident_id"]),
            effect=ratio,
            low=low,
            high=high,
            unit="times the others' time to recover",
            why=f"{system} takes {_hours(typical)} to recover (median of {len(mine)}), other systems {_hours(usual)}: "
            f"{ratio:.1f} times, {low:.1f} to {high:.1f}.",
            falsifier="If its incidents are closed late by habit and not by need, the times are the tool's and not the "
            "system's: look at when users were well again.",
            system=str(system),
            environment=str(environment),
        )


def _hours(hours: float) -> str:
    return f"{hours * 60:.0f} min" if hours < 1 else f"{hours:.1f} h"


def _ratio(mine: NDArray[np.float64], others: NDArray[np.float64]) -> tuple[float, float, float]:
    difference = float(mine.mean() - others.mean())
    if max(mine.var(), others.var()) < 1e-12:  # all alike: there is no spread to make an interval from
        return (float(np.exp(difference)),) * 3
    interval = scipy.stats.ttest_ind(mine, others, equal_var=False).confidence_interval(0.95)
    return float(np.exp(difference)), float(np.exp(interval.low)), float(np.exp(interval.high))


def worsening_incidents(facts: Facts, as_of: datetime) -> Iterator[Finding]:
    """Systems whose incidents grow in number over the past year. Key: system, environment.

    Episodes (an incident within 12 hours after another of the same system belongs to it) in thirteen bins of four
    weeks; a log-linear trend by quasi-Poisson regression, one-sided t-test, q at most 0.05, at least 1.5 times more
    at the end than at the start, at least twelve episodes.
    """
    pairs = _with_systems(facts)
    start = as_of - timedelta(days=TREND_BINS * BIN_DAYS)
    pairs = pairs[(pairs["started_at"] > start)].sort_values("started_at", kind="stable")
    tested = []
    for (environment, system), mine in pairs.groupby(["environment", "system"], sort=True):
        first = mine["started_at"].diff() > EPISODE_GAP
        episodes = mine[first | (np.arange(len(mine)) == 0)]
        if len(episodes) >= TREND_LEAST:
            days = (episodes["started_at"] - start).dt.total_seconds().to_numpy() / 86_400
            counts = np.bincount(np.minimum(days // BIN_DAYS, TREND_BINS - 1).astype(int), minlength=TREND_BINS)
            tested.append((system, environment, mine, counts, log_linear_trend(counts)))
    q_values = benjamini_hochberg(np.array([trend[3] for *_, trend in tested]))
    for (system, environment, mine, counts, (ratio, low, high, _)), q in zip(tested, q_values, strict=True):
        if q > MOST_Q or ratio < TREND_RATIO:
            continue
        yield Finding(
            finder="worsening_trend",
            key=f"incidents|{system}|{environment}",
            label=f"growing trouble of {system}",
            incidents=tuple(mine["incident_id"]),
            effect=ratio,
            low=low,
            high=high,
            unit="times as many at the year's end as at its start",
            why=f"{system} went from {counts[:3].sum()} episodes in the first 12 weeks of the past year to "
            f"{counts[-3:].sum()} in the last 12: {ratio:.1f} times, {low:.1f} to {high:.1f}.",
            falsifier="If the next two months fall back to the level of a year ago without any action, it was a bad "
            "spell and no trend; if logging began in between, it only got visible.",
            system=str(system),
            environment=str(environment),
        )


def worsening_metric(facts: Facts, as_of: datetime) -> Iterator[Finding]:
    """Metrics that slowly get worse over the past 180 days. Key: metric, system, environment.

    Daily medians, the weekday's median taken out; Theil and Sen's slope with its interval; Mann and Kendall's test
    with the variance corrected for autocorrelation (Hamed and Rao 1998, first lag), one-sided for worse, q at most
    0.05, a change of at least 10 % of the level. Metrics of which nobody said which way is good are left out.
    """
    since = pd.Timestamp(as_of) - pd.Timedelta(days=METRIC_DAYS)
    readings = facts.readings[(facts.readings["at"] > since) & facts.readings["better"].notna()]
    names = ["metric", "system", "environment", "unit", "better"]
    readings = readings.assign(system=readings["system"].fillna(""), unit=readings["unit"].fillna(""))
    tested = []
    for subject, series in readings.groupby(names, sort=True):
        days = series.groupby(series["at"].dt.floor("D"))["value"].median()
        if len(days) >= METRIC_LEAST_DAYS:
            tested.append((subject, slow_change(days, worse=1 if subject[-1] == "low" else -1)))
    q_values = benjamini_hochberg(np.array([trend[3] for _, trend in tested]))
    for (subject, (change, low, high, _)), q in zip(tested, q_values, strict=True):
        metric, system, environment, unit, better = (str(part) for part in subject)
        if q > MOST_Q or abs(change) < METRIC_CHANGE or (change > 0) != (better == "low"):
            continue
        yield _worsening(facts, since, metric, system, environment, unit, (change, low, high))


def _worsening(
    facts: Facts,
    since: pd.Timestamp,
    metric: str,
    system: str,
    environment: str,
    unit: str,
    trend: tuple[float, float, float],
) -> Finding:
    change, low, high = trend
    pairs = _with_systems(facts)
    near = (pairs["system"] == system) & (pairs["environment"] == environment) & (pairs["started_at"] > since)
    of = f"{metric} of {system}" if system else metric
    return Finding(
        finder="worsening_trend",
        key=f"metric|{metric}|{system}|{environment}",
        label=f"worsening {of}",
        incidents=tuple(pairs.loc[near, "incident_id"]),
        effect=change,
        low=low,
        high=high,
        unit="of its level in 180 days",
        why=f"{of}{f' ({unit})' if unit else ''} changed by {change:+.0%} in 180 days ({low:+.0%} to {high:+.0%}); "
        f"{several(int(near.sum()), 'incident')} of the system in that time.",
        falsifier="If it turns back within a month without any action, it was a season; if traffic grew as much, "
        "it is load.",
        system=system or None,
        environment=environment,
        metric=metric,
    )


Finder = Callable[[Facts, datetime], Iterator[Finding]]

FINDERS: tuple[Finder, ...] = (
    theme, risky_changes, slow_recovery, worsening_incidents, worsening_metric, environment_gap, area,
)  # fmt: skip
