"""What happened to one system, and what it was changed by: the rows behind a timeline and behind its links."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from opex.domain.problems import NotEnoughData
from opex.evidence.episodes import GAP_HOURS
from opex.services.context import Context
from opex.services.knowing import known
from opex.services.linking import Who, compared

__all__ = ["Timeline", "between", "described", "timeline"]


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """One system in one environment, over the time that incidents and changes both cover; each table in its order.

    Attributes
    ----------
    episodes
        Columns began and ended; an episode ends when the system was quiet for ``GAP_HOURS``.
    incidents
        Columns id, title, began and ended: began again where nobody wrote down the end, as-of while it is open, at most
        seven days later.
    changes
        Columns id, title, at, lane and who: ``changes`` that count, ``fixes`` and ``reverts`` that do not; by
        ``people`` or ``robots``. Never a person.
    """

    episodes: pd.DataFrame
    incidents: pd.DataFrame
    changes: pd.DataFrame


def timeline(
    context: Context, system: str, environment: str, *, who: Who = "all", as_of: datetime | None = None
) -> Timeline | NotEnoughData:
    """Everything of one system, for a picture of it."""
    now = known(context, as_of)
    if isinstance(now, NotEnoughData):
        return now
    subjects = compared(context, now, who=who).subjects
    one = next((each for each in subjects if (each.system, each.environment) == (system, environment)), None)
    if one is None:
        return NotEnoughData(have=0, need=1, what="systems with both incidents and changes")
    began = pd.to_datetime(np.round(one.spans.begin * 3600), unit="s", utc=True)
    ended = pd.to_datetime(np.round(one.spans.end * 3600), unit="s", utc=True)
    hours = now.hours.set_axis(now.facts.incidents["id"]).reindex(one.incidents).fillna(0.0)
    incidents = now.facts.incidents.set_index("id")[["title", "started_at"]].loc[one.incidents].reset_index()
    incidents = incidents.rename(columns={"started_at": "began"})
    changes = now.facts.changes.set_index("id")[["title", "started_at", "automated"]].loc[one.changes].reset_index()
    robots = changes["automated"].fillna(value=False).to_numpy(dtype=bool)
    return Timeline(
        episodes=pd.DataFrame({"began": began, "ended": ended}),
        incidents=incidents.assign(ended=incidents["began"] + pd.to_timedelta(hours.to_numpy(), unit="h")),
        changes=pd.DataFrame({
            "id": changes["id"], "title": changes["title"], "at": changes["started_at"],
            "lane": np.where(one.reverts, "reverts", np.where(one.fixes, "fixes", "changes")),
            "who": np.where(robots, "robots", "people"),
        }),
    )  # fmt: skip


def between(whole: Timeline, begin: datetime, end: datetime) -> Timeline:
    """What of it touches ``[begin, end)``."""
    spans, incidents, changes = whole.episodes, whole.incidents, whole.changes
    return replace(
        whole,
        episodes=spans[(spans["began"] < end) & (spans["ended"] >= begin)],
        incidents=incidents[(incidents["began"] < end) & (incidents["ended"] >= begin - timedelta(hours=GAP_HOURS))],
        changes=changes[(changes["at"] >= begin) & (changes["at"] < end)],
    )


def described(context: Context, links: pd.DataFrame, as_of: datetime | None = None) -> pd.DataFrame:
    """The links with incident_title, began, change_title, kind and made: words and times in place of ids alone."""
    now = known(context, as_of)
    if isinstance(now, NotEnoughData):
        return links.reindex(columns=[*links.columns, "incident_title", "began", "change_title", "kind", "made"])
    incidents = now.facts.incidents[now.facts.incidents["id"].isin(links["incident"])].set_index("id")
    changes = now.facts.changes[now.facts.changes["id"].isin(links["change"])].set_index("id")
    incidents, changes = incidents.reindex(links["incident"]), changes.reindex(links["change"])
    return links.assign(
        incident_title=incidents["title"].array, began=incidents["started_at"].array,
        change_title=changes["title"].array, kind=changes["kind"].array, made=changes["started_at"].array,
    )  # fmt: skip
