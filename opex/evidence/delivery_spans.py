"""The time that delivery is measured over: what the data covers of each group, its periods and its whole weeks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import numpy as np
import pandas as pd

from opex.evidence.delivery_intervals import dispersion

__all__ = ["PERIODS", "Period", "covered", "numbered", "scatter", "source_ends", "spread"]

Period = Literal["week", "month", "quarter"]
PERIODS: dict[str, str] = {"week": "W-SUN", "month": "M", "quarter": "Q"}
WEEK_SECONDS = 604_800.0
_MONDAY = pd.Timestamp("1970-01-05", tz="UTC")
_JUST_AFTER = pd.Timedelta(microseconds=1)


def covered(changes: pd.DataFrame, keys: Sequence[str], since: datetime | None = None) -> pd.DataFrame:
    """What the data covers of each group: columns ``keys``, ``begin`` and ``end``, half open.

    A group is covered from its first change, or from ``since``, to the last change of the sources that tell of it: a
    quiet system of a source that goes on is covered, one of a source that ends is not. ``changes`` has the columns
    ``keys``, started_at and source_ends (of `source_ends`); missing keys are a group.
    """
    spans = changes.groupby(list(keys), dropna=False)
    found = spans.agg(begin=("started_at", "min"), end=("source_ends", "max")).reset_index()
    if since is not None:
        found["begin"] = found["begin"].where(found["begin"] > since, pd.Timestamp(since))
    return found


def source_ends(changes: pd.DataFrame) -> pd.Series:
    """For each change when its source's data ends: just after the last change of that source."""
    return changes.groupby("source")["started_at"].transform("max") + _JUST_AFTER


def spread(spans: pd.DataFrame, period: Period | None) -> pd.DataFrame:
    """A row for each span and period (UTC) that it covers, whole or in part; one for each span without a period.

    Parameters
    ----------
    spans
        ``begin`` and ``end``, and whatever else is to be kept.

    Returns
    -------
    pd.DataFrame
        ``begin`` and ``end`` are those of the period; ``period`` names it (2026-06, 2026-Q2, 2026-W23; missing without
        one); ``complete``: the span covers it whole; ``start``: its first instant, for `numbered`. ``since``
        and ``until`` hold what counts for rates: a complete period whole, of any other the whole weeks from Monday that
        lie in it and are covered; they are equal where there is none. ``weeks`` is how many that are.
    """
    if period is None:
        rows = spans.assign(period=pd.Series(pd.NA, index=spans.index, dtype="str"), complete=False)
        rows["since"], rows["until"] = _monday(rows["begin"], up=True), _monday(rows["end"], up=False)
    else:
        rows = _by_period(spans, period)
    rows["until"] = rows["until"].where(rows["until"] > rows["since"], rows["since"])
    return rows.assign(weeks=(rows["until"] - rows["since"]).dt.total_seconds() / WEEK_SECONDS).reset_index(drop=True)


def numbered(rows: pd.DataFrame, changes: pd.DataFrame, period: Period | None) -> pd.Series:
    """For each change the position of its row in what `spread` gave, by ``group`` and period. Each must have one."""
    starts, keys = changes[["group"]], ["group"]
    if period is not None:
        starts, keys = starts.assign(start=_start(changes["started_at"], PERIODS[period])), ["group", "start"]
    found = starts[keys].merge(rows[keys].assign(row=np.arange(len(rows))), on=keys, how="left")
    return pd.Series(found["row"].to_numpy(dtype="int64"), index=changes.index)


def scatter(spans: pd.DataFrame, changes: pd.DataFrame) -> pd.Series:
    """How much the weekly counts of each group scatter, over its whole covered weeks; index: group."""
    begin, end = (_week(_monday(spans[name], up=up)) for name, up in (("begin", True), ("end", False)))
    weeks = _week(changes["started_at"]).groupby(changes["group"])
    of = {group: found.to_numpy() for group, found in weeks}
    told = {}
    for group, first, last in zip(spans["group"], begin, end, strict=True):
        mine = of.get(group, np.empty(0, dtype=np.int64)) - first
        inside = mine[(mine >= 0) & (mine < last - first)]
        told[group] = dispersion(np.bincount(inside, minlength=max(last - first, 0)).astype(np.float64))
    return pd.Series(told, dtype="float64")


def _by_period(spans: pd.DataFrame, period: Period) -> pd.DataFrame:
    naive = spans[["begin", "end"]].apply(lambda moments: moments.dt.tz_localize(None))
    last = naive["end"] - _JUST_AFTER  # the end itself is outside
    each = [pd.period_range(*pair, freq=PERIODS[period]) for pair in zip(naive["begin"], last, strict=True)]
    rows = spans.loc[spans.index.repeat([len(one) for one in each])].reset_index(drop=True)
    flat = pd.PeriodIndex([one for some in each for one in some], freq=PERIODS[period])
    rows["start"] = flat.start_time.as_unit("us")
    start, end = (moments.as_unit("us").tz_localize("UTC") for moments in (flat.start_time, (flat + 1).start_time))
    rows["period"] = _named(flat, period)
    rows["complete"] = (rows["begin"] <= start) & (rows["end"] >= end)
    since = _monday(rows["begin"].clip(lower=pd.Series(start)), up=True)
    until = _monday(rows["end"].clip(upper=pd.Series(end)), up=False)
    rows["since"], rows["until"] = since.mask(rows["complete"], start), until.mask(rows["complete"], end)
    return rows.assign(begin=start, end=end)


def _named(periods: pd.PeriodIndex, period: Period) -> pd.Series:
    forms = {"week": "%G-W%V", "month": "%Y-%m", "quarter": "%Y-Q%q"}
    starts = periods if period == "quarter" else periods.start_time
    return pd.Series(starts.strftime(forms[period]), dtype="str")


def _start(moments: pd.Series, frequency: str) -> pd.Series:
    periods = pd.PeriodIndex(moments.dt.tz_localize(None), freq=frequency)
    return pd.Series(periods.start_time.as_unit("us"), index=moments.index)


def _week(moments: pd.Series) -> pd.Series:
    """The number of the week from Monday."""
    return ((moments - _MONDAY).dt.total_seconds() // WEEK_SECONDS).astype("int64")


def _monday(moments: pd.Series, *, up: bool) -> pd.Series:
    """The Monday at or before each moment, or at or after it."""
    since = (moments - _MONDAY).dt.total_seconds()
    weeks = -(-since // WEEK_SECONDS) if up else since // WEEK_SECONDS
    return pd.to_timedelta(7 * weeks, unit="D").dt.as_unit("us") + _MONDAY
