"""Delivery measures (DORA): how often a team deploys, how long a commit waits, how often and how long it hurts.

Four measures, each with its counts, its interval and its rule in words. A change is counted once in each group that it
belongs to; what is unknown is no success and stands beside.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import scipy

from opex.domain.problems import NotEnoughData
from opex.evidence.delivery_intervals import LEAST_VALUES, median_interval, rate_interval, wilson_interval
from opex.evidence.delivery_spans import PERIODS, Period, covered, numbered, scatter, source_ends, spread
from opex.evidence.deployments import KINDS, changes_by_system, deployments
from opex.evidence.facts import Facts
from opex.evidence.findings import benjamini_hochberg
from opex.evidence.linking import Who

__all__ = ["BY", "COUNTS", "MEASURES", "PERIODS", "RULES", "Delivery", "Period", "Who", "delivery", "failing_more"]

BY = ("system", "environment", "team")
MEASURES = ("deployments_per_week", "lead_time_hours", "change_failure_rate", "recovery_time_hours")
RULES: dict[str, str] = {
    "deployments_per_week": (
        "Deployments that are not known to have failed, over the weeks that the data covers: whole weeks from Monday, "
        "UTC, those without a deployment too; a month or quarter that is covered whole counts whole. The interval is "
        "Garwood's, widened by how much the weeks scatter."
    ),
    "lead_time_hours": (
        "The median of the hours from commit to deployed, over deployments that are not known to have failed. Unknown "
        "where no commit's time is known, or where it is the deployment's time by construction, as in a table of "
        "commits. The interval is between two order statistics."
    ),
    "change_failure_rate": (
        "Deployments that failed, were rolled back, were taken back by another change, or are named by an incident as "
        "its cause, over deployments whose outcome is known: never incidents over deployments. An unknown outcome is "
        "no success and stands beside. The interval is Wilson's."
    ),
    "recovery_time_hours": (
        "The median of the hours from a deployment that failed until the incident that names it was over; else until "
        "it was taken back; else until the next one of the same system and environment succeeded. What is not over "
        "yet counts as longer than all. The interval is between two order statistics."
    ),
}
COUNTS = ("deployments", "succeeded", "failed", "rolled_back", "unknown", "reverted", "caused_incident", "reverts")


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """The four measures of each group and period.

    Attributes
    ----------
    rows
        Sorted by group and period. The columns of ``by``, missing where nobody said; ``period`` (such as 2026-06,
        2026-Q2, 2026-W23; missing for the whole time), ``begin`` and ``end`` (half open) of the time told of, and
        ``complete``: the data covers that period whole. Then the counts ``COUNTS``; and for each measure its value, the
        same with ``_low``, ``_high``, NaN where it cannot be told, and ``_lacks``, why that is so or what is missing of
        the interval (else empty). Beside them:

        - ``weeks``, ``in_weeks``: the weeks of the first measure and the deployments in them
        - ``lead_known``, ``lead_unknown``: deployments that reached users with and without a lead time
        - ``outcome_known``, ``failures``: the third measure's denominator and numerator; ``failures_all`` with those of
          unknown outcome, too; ``failure_rate_least``, ``failure_rate_most``: the bounds over all deployments, had all
          the unknown ones gone well, or failed
        - ``recovered``, ``not_recovered``, ``recovery_unknown``: they add up to ``failures_all``
    begin, end
        The time that all changes cover, those not asked for too: from the first to the last; ``None`` without any.
    failures
        The rows of `deployments` that failed, as far as they are told of here, newest first, without who made them.
    """

    by: tuple[str, ...]
    period: Period | None
    who: Who
    kinds: tuple[str, ...]
    environment: str | None
    begin: datetime | None
    end: datetime | None
    rows: pd.DataFrame
    failures: pd.DataFrame
    rules: dict[str, str]


def delivery(
    facts: Facts,
    *,
    by: Sequence[str] = ("system", "environment"),
    period: Period | None = None,
    who: Who = "all",
    kinds: Sequence[str] = KINDS,
    environment: str | None = None,
    since: datetime | None = None,
) -> Delivery:
    """Measure delivery by any of system, environment and team, in all or for each week, month or quarter (UTC).

    Parameters
    ----------
    facts
        As of an instant: what ran on then has no outcome yet.
    who
        Whose deployments are measured: robots' (marked so by the source), people's (all others), or all. A deployment
        may be taken back or mended by anybody's.
    kinds
        Which kinds of change are deployments.
    environment, since
        Only deployments of that environment; only those that began then or later.

    Returns
    -------
    Delivery
        A change of several systems counts in each of their groups and once in a group that holds them all, where it
        has recovered when all of them have. A group is covered from its first change to the last change of the sources
        that tell of it. Without any deployment there is no row. The order of the facts' rows does not matter.

    Raises
    ------
    ValueError
        ``by`` or ``period`` is none of those.
    """
    by = tuple(by)
    if not set(by) <= set(BY) or len(set(by)) < len(by) or period not in (None, *PERIODS):
        raise ValueError(f"by {by} and period {period}: expected some of {BY}, and one of {(*PERIODS, None)}")
    everything = changes_by_system(facts)
    pairs = _of(deployments(facts, kinds=kinds, changes=everything), who, environment, since)
    first, last = _moment(everything["started_at"].min()), _moment(everything["started_at"].max())
    everything = _of(everything.assign(source_ends=source_ends(everything)), "all", environment, None)
    rows, once = _counted(everything, pairs, by, period, since)
    told = pd.concat(
        [rows, _frequency(rows, once), _lead(rows, once), _failure(rows, once), _recovery(rows, once)], axis=1
    )
    failed = pairs[pairs["failed"]].sort_values(["started_at", "id", "system"], ascending=[False, True, True])
    return Delivery(
        by=by, period=period, who=who, kinds=tuple(kinds), environment=environment,
        begin=first, end=last,
        rows=told.drop(columns=["group", "start", "since", "until", "scatter"], errors="ignore"),
        failures=failed.reset_index(drop=True), rules=RULES,
    )  # fmt: skip


def failing_more(rows: pd.DataFrame) -> pd.Series:
    """For each row the q-value of failing more often than the others together; missing without a known outcome.

    ``rows`` has the columns failures and outcome_known, each deployment in one row. Fisher's exact test, one-sided,
    corrected over the rows (Benjamini and Hochberg): the largest of many rates is no finding by itself.

    Examples
    --------
    >>> rows = pd.DataFrame({"failures": [9, 1, 0], "outcome_known": [30, 30, 0]})
    >>> failing_more(rows).round(4).tolist()
    [0.0122, 0.9996, nan]
    """
    known = rows[rows["outcome_known"] > 0]
    part, whole = known["failures"].to_numpy(), known["outcome_known"].to_numpy()
    p = scipy.stats.hypergeom.sf(part - 1, whole.sum(), part.sum(), whole)
    return pd.Series(benjamini_hochberg(p), index=known.index).reindex(rows.index)


def _moment(when: pd.Timestamp) -> datetime | None:
    return None if pd.isna(when) else when.to_pydatetime()


def _of(pairs: pd.DataFrame, who: Who, environment: str | None, since: datetime | None) -> pd.DataFrame:
    kept = pd.Series(data=True, index=pairs.index)
    if who != "all":
        kept &= pairs["automated"].fillna(value=False).astype(bool) == (who == "robots")
    if environment is not None:
        kept &= pairs["environment"] == environment
    if since is not None:
        kept &= pairs["started_at"] >= since
    return pairs[kept]


def _counted(
    everything: pd.DataFrame, pairs: pd.DataFrame, by: tuple[str, ...], period: Period | None, since: datetime | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A row for each group and period, with its counts; and each deployment once in each group, with its ``row``."""
    keys = list(by) or ["everything"]
    everything, pairs = (table.assign(everything="") for table in (everything, pairs))
    groups = pairs[keys].drop_duplicates().sort_values(keys, na_position="last", ignore_index=True)
    groups = groups.assign(group=np.arange(len(groups)))
    once = _once(pairs.merge(groups, on=keys))
    spans = groups.merge(covered(everything, keys, since), on=keys)
    spans["scatter"] = spans["group"].map(scatter(spans, once[once["reached"]]))
    rows = spread(spans, period).drop(columns="everything", errors="ignore")
    once = once.assign(row=numbered(rows, once, period))
    outcomes = {name: once["outcome"] == name for name in ("succeeded", "failed", "rolled_back", "unknown")}
    flags = pd.DataFrame({
        "deployments": np.ones(len(once), dtype=bool), **outcomes, "reverted": once["reverted"],
        "caused_incident": once["caused_incident"], "reverts": once["reverts"].notna(),
    }, index=once.index)  # fmt: skip
    return rows.join(pd.DataFrame({name: _count(rows, once, flags[name]) for name in COUNTS})), once


def _once(pairs: pd.DataFrame) -> pd.DataFrame:
    """Each deployment once in each group; it has recovered when all of its systems there have."""
    place = [pairs["id"], pairs["group"]]
    longest = pairs["recovery_hours"].groupby(place).transform("max")
    untold = pairs["recovery_hours"].isna().groupby(place).transform("any")
    whole = pairs.assign(recovery_hours=longest.mask(untold & (longest < np.inf)))
    return whole.drop_duplicates(["id", "group"], ignore_index=True)


def _count(rows: pd.DataFrame, once: pd.DataFrame, which: pd.Series) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.bincount(once.loc[which, "row"], minlength=len(rows)).astype(np.int64)


def _measure(name: str, value: Any, low: Any, high: Any, lacks: Any) -> pd.DataFrame:
    columns = {name: value, f"{name}_low": low, f"{name}_high": high}
    return pd.DataFrame({key: np.asarray(of, dtype=np.float64) for key, of in columns.items()}).assign(
        **{f"{name}_lacks": pd.Series(np.asarray(lacks, dtype=object), dtype="str")}
    )


def _frequency(rows: pd.DataFrame, once: pd.DataFrame) -> pd.DataFrame:
    since, until = (rows[name].take(once["row"].to_numpy()).array for name in ("since", "until"))
    within = once["reached"] & (once["started_at"] >= since) & (once["started_at"] < until)
    count, weeks = _count(rows, once, within), rows["weeks"].to_numpy(dtype=np.float64)
    low, high = rate_interval(count.astype(np.float64), weeks, rows["scatter"].to_numpy(dtype=np.float64))
    rate = count / np.where(weeks > 0, weeks, np.nan)
    lacks = np.where(weeks > 0, "", "no whole week is covered")
    return _measure(MEASURES[0], rate, low, high, lacks).assign(in_weeks=count)


def _lead(rows: pd.DataFrame, once: pd.DataFrame) -> pd.DataFrame:
    known = once["lead_hours"].notna()
    reasons = once[once["reached"] & ~known].groupby(["row", "lead_lacks"]).size().rename("times").reset_index()
    reasons = reasons.sort_values(["row", "times", "lead_lacks"]).drop_duplicates("row", keep="last").set_index("row")
    why = reasons["lead_lacks"].reindex(rows.index)
    median = _medians(rows, once[known], "lead_hours", "lead time", why.fillna("no deployment"))
    counts = {"lead_known": _count(rows, once, known), "lead_unknown": _count(rows, once, once["reached"] & ~known)}
    return _measure(MEASURES[1], *median).assign(**counts)


def _failure(rows: pd.DataFrame, once: pd.DataFrame) -> pd.DataFrame:
    stated = once["outcome"] != "unknown"
    of, part, failed = (
        _count(rows, once, which) for which in (stated, stated & once["failed"], once["failed"])
    )  # fmt: skip
    low, high = wilson_interval(part.astype(np.float64), of.astype(np.float64))
    every = np.where(rows["deployments"] > 0, rows["deployments"], np.nan)
    lacks = np.where(of > 0, "", np.where(rows["deployments"] > 0, "no outcome is known", "no deployment"))
    return _measure(MEASURES[2], part / np.where(of > 0, of, np.nan), low, high, lacks).assign(
        outcome_known=of, failures=part, failures_all=failed, failure_rate_least=failed / every,
        failure_rate_most=(failed + _count(rows, once, ~stated & ~once["failed"])) / every,
    )  # fmt: skip


def _recovery(rows: pd.DataFrame, once: pd.DataFrame) -> pd.DataFrame:
    hours = once["recovery_hours"]
    counts = {
        "recovered": _count(rows, once, hours < np.inf), "not_recovered": _count(rows, once, hours == np.inf),
        "recovery_unknown": _count(rows, once, once["failed"] & hours.isna()),
    }  # fmt: skip
    why = np.where(counts["recovery_unknown"] > 0, "no deployment that is known to have succeeded ends a failure",
                   "no deployment failed")  # fmt: skip
    median = _medians(rows, once[hours.notna()], "recovery_hours", "failed deployment", pd.Series(why))
    return _measure(MEASURES[3], *median).assign(**counts)


def _medians(rows: pd.DataFrame, known: pd.DataFrame, column: str, what: str, why: pd.Series) -> tuple[Any, ...]:
    """Median, low and high of each row, and what they lack; what is not over yet is no number."""
    values = np.full((len(rows), 3), np.nan)
    lacks = why.to_numpy(dtype=object).copy()
    ordered = known.sort_values("row", kind="stable")
    filled, starts = np.unique(ordered["row"].to_numpy(), return_index=True)
    each = np.split(ordered[column].to_numpy(dtype=np.float64), starts[1:])[: len(filled)]
    for row, hours in zip(filled, each, strict=True):
        values[row] = median_interval(hours)
        lacks[row] = _lacking(values[row], len(hours), int(np.isinf(hours).sum()), what)
    values[np.isinf(values)] = np.nan
    return (*values.T, lacks)


def _lacking(told: Any, have: int, running: int, what: str) -> str:
    median, low, high = told
    if np.isinf(median):
        return f"{running} of {have} have not recovered yet"
    if np.isnan(low):
        return f"for an interval: {NotEnoughData(have=have, need=LEAST_VALUES, what=what + 's' * (have != 1)).sentence}"
    return f"the upper end is open: {running} of {have} have not recovered yet" if np.isinf(high) else ""
