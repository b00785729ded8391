"""What the evidence looks like as a whole: themes by pain, systems, months, and the incidents themselves."""

from dataclasses import replace
from datetime import datetime

import pandas as pd

from opex.domain.problems import NotEnoughData
from opex.evidence.facts import YEAR, hours_lost_by_system
from opex.services.context import Context
from opex.services.finding import current
from opex.services.knowing import known

__all__ = ["incidents", "months", "systems", "themes"]


def themes(context: Context) -> pd.DataFrame:
    """Each recurring theme with its pain of the past 12 months, the most hours first.

    Columns id, name, words, trend (incidents of each of the past 24 months), incidents, hours, all_time, first, last,
    systems.
    """
    now = known(context)
    columns = ["id", "name", "words", "trend", "incidents", "hours", "all_time", "first", "last", "systems"]
    if isinstance(now, NotEnoughData):
        return pd.DataFrame(columns=columns)
    table = now.facts.incidents.assign(hours=now.hours).set_index("id")
    rows = []
    span = _months(now.as_of)
    for candidate in current(context):
        if "theme" not in candidate.finders:
            continue
        mine = table.loc[table.index.intersection(list(candidate.incidents))]
        recent = mine[mine["started_at"] > now.as_of - YEAR]
        named = ", ".join(mine["system"].dropna().value_counts().index[:3])
        first, last = mine["started_at"].min(), mine["started_at"].max()
        words = ", ".join(candidate.theme.words) if candidate.theme else ""
        trend = _by_month(mine["started_at"], span).tolist()
        pain = (len(recent), recent["hours"].sum(), len(mine))
        rows.append((candidate.id, candidate.title, words, trend, *pain, first, last, named))
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values(["hours", "all_time", "id"], ascending=[False, False, True], ignore_index=True)


def systems(context: Context) -> pd.DataFrame:
    """Each system with its incidents, hours in trouble (overlapping incidents once) and changes of the past 12 months.

    Columns name, hours, incidents, changes; the most hours first.
    """
    now = known(context)
    if isinstance(now, NotEnoughData):
        return pd.DataFrame(columns=["name", "hours", "incidents", "changes"])
    facts = now.facts
    year = facts.incidents["started_at"] > now.as_of - YEAR
    real = facts.incidents[year & ~facts.incidents["planned"].astype(bool)]
    pairs = facts.incident_systems
    recent = replace(facts, incidents=real, incident_systems=pairs[pairs["incident_id"].isin(real["id"])])
    hours = hours_lost_by_system(recent, now.as_of)
    counts = recent.incident_systems.groupby("system").size()
    recent_changes = facts.changes.loc[facts.changes["started_at"] > now.as_of - YEAR, "id"]
    changes = facts.change_systems[facts.change_systems["change_id"].isin(recent_changes)]
    table = pd.DataFrame({"hours": hours, "incidents": counts, "changes": changes.groupby("system").size()}).fillna(0)
    table = table.astype({"incidents": int, "changes": int}).rename_axis("name").reset_index()
    return table.sort_values(["hours", "name"], ascending=[False, True], ignore_index=True)


def months(context: Context, incident_ids: list[str] | None = None) -> pd.DataFrame:
    """Unplanned incidents of each month of the past two years, months without one too. Columns month, incidents."""
    now = known(context)
    if isinstance(now, NotEnoughData):
        return pd.DataFrame(columns=["month", "incidents"])
    table = now.facts.incidents
    table = table[~table["planned"].astype(bool)]
    if incident_ids is not None:
        table = table[table["id"].isin(set(incident_ids))]
    span = _months(now.as_of)
    return pd.DataFrame({"month": span, "incidents": _by_month(table["started_at"], span).to_numpy()})


def _months(as_of: datetime) -> pd.DatetimeIndex:
    """The first days of the past 24 months."""
    return pd.date_range(end=as_of, periods=24, freq="MS", tz="UTC", normalize=True).tz_localize(None)


def _by_month(started_at: pd.Series, span: pd.DatetimeIndex) -> pd.Series:
    month = started_at.dt.tz_localize(None).dt.to_period("M").dt.to_timestamp()
    counts: pd.Series = month.value_counts().reindex(span, fill_value=0)
    return counts


def incidents(context: Context, *, words: str = "", system: str | None = None, most: int = 1000) -> pd.DataFrame:
    """Incidents that have all these words in their title, newest first, at most ``most``; with ``hours`` lost."""
    now = known(context)
    if isinstance(now, NotEnoughData):
        return pd.DataFrame(columns=["id", "title", "hours"])
    table = now.facts.incidents.assign(hours=now.hours)
    for word in words.casefold().split():
        table = table[table["title"].str.casefold().str.contains(word, regex=False)]
    if system is not None:
        of = now.facts.incident_systems
        table = table[table["id"].isin(of.loc[of["system"] == system, "incident_id"])]
    return table.sort_values(["started_at", "id"], ascending=[False, True], ignore_index=True).head(most)
