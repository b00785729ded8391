"""The operations review: what a month was like beside the months before it, and what is new since the last one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from opex.domain.decisions import Entry
from opex.domain.problems import NotEnoughData
from opex.evidence.process_limits import Usual, said_of, usual
from opex.review.journal import standing
from opex.services import spoken
from opex.services.context import Context
from opex.services.finding import candidates
from opex.services.knowing import Known, known
from opex.services.seeing import seen_entries, unseen

__all__ = ["BEFORE", "FIGURES", "Figure", "Review", "months", "review"]

BEFORE = 12
"""Months that tell what is usual."""
SEVERE, MOST_ROWS = 2, 10


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure of the month: ``history`` has its value in up to twelve months before and in the month, by month.

    ``usual`` is what these months make usual, or why that cannot be told; ``said`` is ``above``, ``below``,
    ``shifted up``, ``shifted down``, ``as usual``, or empty where it cannot be told.
    """

    name: str
    title: str
    unit: str
    value: float
    before: float
    usual: Usual | NotEnoughData
    said: str
    history: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class Review:
    """A month, its figures, and what is new in it.

    ``themes`` are those first seen in it or again after a year; ``longest`` the incidents that lost the most hours;
    ``systems`` those whose hours in it moved most against the month before; ``decided`` counts what was decided.
    """

    month: datetime
    as_of: datetime
    figures: tuple[Figure, ...]
    themes: pd.DataFrame
    longest: pd.DataFrame
    systems: pd.DataFrame
    decided: dict[str, int]


FIGURES: dict[str, tuple[str, str]] = {
    "incidents": ("Incidents", "incidents"),
    "severe": ("Severe incidents", "incidents"),
    "hours": ("Hours lost", "hours"),
    "recovery": ("Median time to recover", "hours"),
    "changes": ("Changes", "changes"),
    "failed": ("Failed changes", "%"),
}


def months(context: Context) -> list[datetime]:
    """The complete months that can be reviewed, the newest first: those with a whole month of facts before them.

    They end with the month of the newest incident: of later ones nobody knows whether incidents were loaded.
    """
    now = known(context)
    if isinstance(now, NotEnoughData):
        return []
    started = now.facts.incidents["started_at"][~now.facts.incidents["planned"].astype(bool)]
    span = _span(now)
    return [month.to_pydatetime() for month in span[span <= started.max()][::-1][:24]] if len(started) else []


def _span(now: Known) -> pd.DatetimeIndex:
    """The complete months of the facts, oldest first, by their first instant."""
    starts = [table["started_at"].min() for table in (now.facts.incidents, now.facts.changes) if len(table)]
    if not starts:
        return pd.DatetimeIndex([], tz="UTC")
    first = min(starts).tz_localize(None).to_period("M")
    last = pd.Timestamp(now.as_of).tz_localize(None).to_period("M")
    return pd.period_range(first, last, freq="M")[1:-1].to_timestamp().tz_localize("UTC")


def review(context: Context, month: datetime | None = None) -> Review | NotEnoughData:
    """What that month was like, or the last complete one."""
    offered = months(context)
    if not offered:
        return NotEnoughData(have=0, need=1, what="complete months")
    chosen = month if month in offered else offered[0]
    now = known(context)
    if isinstance(now, NotEnoughData):
        return now
    decided = context.database.revisions()["decisions"]
    key = (now.revision, now.as_of, decided, chosen, unseen(context))
    return context.memory.get("review", key, lambda: _review(context, now, chosen))


def _review(context: Context, now: Known, month: datetime) -> Review:
    table = _by_month(now)
    until = table.loc[:month].tail(BEFORE + 1)
    return Review(
        month=month,
        as_of=now.as_of,
        figures=tuple(_figure(name, until[name]) for name in FIGURES if until[name].notna().any()),
        themes=_new_themes(context, now, month),
        longest=_longest(now, month),
        systems=_moved(now, month),
        decided=_decided(seen_entries(context, spoken.entries(context)), month),
    )


def _by_month(now: Known) -> pd.DataFrame:
    """One row for each complete month, one column for each figure; NaN where there is nothing to tell it from."""
    facts, span = now.facts, _span(now)
    real = ~facts.incidents["planned"].astype(bool)
    incidents = facts.incidents[real].assign(hours=now.hours[real], month=_month(facts.incidents["started_at"][real]))
    changes = facts.changes.assign(month=_month(facts.changes["started_at"]))
    known_outcome = changes[changes["outcome"] != "unknown"]
    failed = known_outcome["outcome"].isin(["failed", "rolled_back"])
    table = pd.DataFrame({
        "incidents": incidents.groupby("month").size(),
        "severe": incidents[(incidents["severity"] <= SEVERE).fillna(False)].groupby("month").size(),
        "hours": incidents.groupby("month")["hours"].sum(),
        "recovery": incidents[incidents["resolved_at"].notna()].groupby("month")["hours"].median(),
        "changes": changes.groupby("month").size(),
        "failed": 100 * failed.groupby(known_outcome["month"]).mean(),
    }).reindex(span)  # fmt: skip
    counted = {"incidents": incidents, "hours": incidents, "severe": incidents, "changes": changes}
    for name, source in counted.items():
        told = table.index > source["month"].min() if len(source) else np.zeros(len(table), dtype=bool)
        table[name] = table[name].fillna(0).where(told).astype(float)
    if not incidents["severity"].notna().any():
        table["severe"] = np.nan
    return table


def _month(moments: pd.Series) -> pd.Series:
    month: pd.Series = moments.dt.tz_localize(None).dt.to_period("M").dt.to_timestamp().dt.tz_localize("UTC")
    return month


def _figure(name: str, history: pd.Series) -> Figure:
    title, unit = FIGURES[name]
    values = history.to_numpy(dtype=np.float64)
    told = usual(values[:-1])
    said = "" if isinstance(told, NotEnoughData) or np.isnan(values[-1]) else said_of(values[-1], values[:-1], told)
    return Figure(
        name=name, title=title, unit=unit, value=float(values[-1]), usual=told, said=said,
        before=float(values[-2]) if len(values) > 1 else float("nan"),
        history=pd.DataFrame({"month": history.index, "value": values}),
    )  # fmt: skip


def _within(moments: pd.Series, month: datetime) -> pd.Series:
    return (moments >= month) & (moments < pd.Timestamp(month) + pd.DateOffset(months=1))


def _longest(now: Known, month: datetime) -> pd.DataFrame:
    """The incidents of the month that lost the most hours."""
    rows = now.facts.incidents.assign(hours=now.hours)
    rows = rows[_within(rows["started_at"], month) & ~rows["planned"].astype(bool)]
    return rows.sort_values(["hours", "id"], ascending=[False, True], ignore_index=True).head(MOST_ROWS)


def _moved(now: Known, month: datetime) -> pd.DataFrame:
    """Systems by how much the hours of their incidents moved. Columns system, hours, before, incidents, change."""
    rows = now.facts.incidents.assign(hours=now.hours)
    rows = rows[~rows["planned"].astype(bool)].drop(columns="system")
    pairs = now.facts.incident_systems.merge(rows, left_on="incident_id", right_on="id")
    earlier = (pd.Timestamp(month) - pd.DateOffset(months=1)).to_pydatetime()
    here, then = (pairs[_within(pairs["started_at"], one)].groupby("system") for one in (month, earlier))
    table = pd.DataFrame({"hours": here["hours"].sum(), "before": then["hours"].sum(), "incidents": here.size()})
    table = table.fillna(0.0).astype({"incidents": int}).rename_axis("system").reset_index()
    table["change"] = table["hours"] - table["before"]
    order = table["change"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].head(MOST_ROWS).reset_index(drop=True)


def _new_themes(context: Context, now: Known, month: datetime) -> pd.DataFrame:
    """Themes first seen in the month, or for the first time in a year. Columns id, title, incidents, since."""
    started = now.facts.incidents.set_index("id")["started_at"]
    end = pd.Timestamp(month) + pd.DateOffset(months=1)
    rows = []
    for candidate in candidates(context):
        if "theme" not in candidate.finders:
            continue
        mine = started.reindex(list(candidate.incidents)).dropna()
        here, earlier = mine[(mine >= month) & (mine < end)], mine[mine < month]
        if len(here) and (earlier.empty or earlier.max() < pd.Timestamp(month) - pd.DateOffset(months=12)):
            since = "new" if earlier.empty else f"last seen {earlier.max():%-d %b %Y}"
            rows.append((candidate.id, candidate.title, len(here), since))
    found = pd.DataFrame(rows, columns=["id", "title", "incidents", "since"])
    return found.sort_values(["incidents", "id"], ascending=[False, True], ignore_index=True)


def _decided(entries: Sequence[Entry], month: datetime) -> dict[str, int]:
    """How often something was accepted, declined, merged or moved in that month; what was withdrawn counts not."""
    end = pd.Timestamp(month) + pd.DateOffset(months=1)
    kinds = [entry.saying.kind for entry in standing(entries) if month <= entry.at < end]
    return {kind: kinds.count(kind) for kind in ("accepted", "declined", "merged", "moved") if kind in kinds}
