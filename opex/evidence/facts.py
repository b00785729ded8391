"""Facts as finders read them: systems named by the catalogue, hours lost, and what happened by when."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from opex.domain.systems import Catalogue
from opex.evidence.catalogue import resolve, systems_of_changes

__all__ = ["CAP", "YEAR", "Facts", "hours_lost", "hours_lost_by_system", "newest_fact", "prepare", "until"]

CAP = timedelta(days=7)
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Facts:
    """Everything that is known, in the shape that finders and measures read. Times ascend in every table.

    Attributes
    ----------
    incidents
        The canonical columns and ``id``; ``system`` is the catalogue's name of the first system.
    incident_systems
        Columns ``incident_id`` and ``system``: every system of every incident, the first one too.
    changes, change_systems
        Likewise for changes; systems come from the ``system`` column or from the catalogue's patterns.
    readings
        The canonical columns and ``id``.
    """

    incidents: pd.DataFrame
    incident_systems: pd.DataFrame
    changes: pd.DataFrame
    change_systems: pd.DataFrame
    readings: pd.DataFrame
    catalogue: Catalogue


def prepare(
    incidents: pd.DataFrame,
    further_systems: pd.DataFrame,
    changes: pd.DataFrame,
    readings: pd.DataFrame,
    catalogue: Catalogue,
) -> Facts:
    """Name every system by the catalogue. ``further_systems`` has columns ``incident_id`` and ``system``."""
    incidents = incidents.assign(system=resolve(incidents["system"], catalogue))
    first = incidents.loc[incidents["system"].notna(), ["id", "system"]].rename(columns={"id": "incident_id"})
    further = further_systems.assign(system=resolve(further_systems["system"], catalogue))
    pairs = pd.concat([first, further], ignore_index=True).drop_duplicates(ignore_index=True)
    return Facts(
        incidents=incidents,
        incident_systems=pairs,
        changes=changes,
        change_systems=systems_of_changes(changes, catalogue),
        readings=readings.assign(system=resolve(readings["system"], catalogue)),
        catalogue=catalogue,
    )


def newest_fact(facts: Facts) -> datetime | None:
    """The instant of the newest fact, so that the same data gives the same answer tomorrow; ``None`` without any.

    Planned work may lie in the future and does not count.
    """
    real = facts.incidents[~facts.incidents["planned"].astype(bool)]
    moments = [real["started_at"], real["resolved_at"], facts.changes["started_at"], facts.changes["finished_at"]]
    newest = pd.Series([moment.max() for moment in (*moments, facts.readings["at"])]).dropna()
    return None if newest.empty else newest.max().to_pydatetime()


def until(facts: Facts, as_of: datetime) -> Facts:
    """What was known of at ``as_of``: nothing that began later, and what ended later is still open."""
    incidents = facts.incidents[facts.incidents["started_at"] <= as_of].copy()
    for column in ("detected_at", "acknowledged_at", "mitigated_at", "resolved_at"):
        later = incidents[column] > as_of
        incidents.loc[later, column] = pd.NaT
        if column == "resolved_at":
            incidents.loc[later, "status"] = "open"
    changes = facts.changes[facts.changes["started_at"] <= as_of].copy()
    running = changes["finished_at"] > as_of
    changes.loc[running, "finished_at"] = pd.NaT
    changes.loc[running, "outcome"] = "unknown"
    return replace(
        facts,
        incidents=incidents,
        incident_systems=facts.incident_systems[facts.incident_systems["incident_id"].isin(incidents["id"])],
        changes=changes,
        change_systems=facts.change_systems[facts.change_systems["change_id"].isin(changes["id"])],
        readings=facts.readings[facts.readings["at"] <= as_of],
    )


def hours_lost(incidents: pd.DataFrame, as_of: datetime, cap: timedelta = CAP) -> pd.Series:
    """Hours from start to end of each incident, an open one until ``as_of``, at most ``cap``.

    Missing (never 0) where the source says that it is over and nobody wrote down when. Planned work is 0 hours:
    a maintenance is no pain.
    """
    end = incidents["resolved_at"].fillna(pd.Timestamp(as_of))
    unknown = incidents["resolved_at"].isna() & (incidents["status"] == "closed").fillna(False)
    hours = (end - incidents["started_at"]).dt.total_seconds() / 3600
    hours = hours.clip(lower=0, upper=cap / timedelta(hours=1)).mask(unknown)
    return hours.mask(incidents["planned"].astype(bool), 0.0)


def hours_lost_by_system(facts: Facts, as_of: datetime, cap: timedelta = CAP) -> pd.Series:
    """Hours during which each system was in trouble: overlapping incidents count once. Index: system."""
    incidents = facts.incidents[~facts.incidents["planned"].astype(bool)]
    spans = incidents[["id", "started_at"]].assign(hours=hours_lost(incidents, as_of, cap)).dropna()
    pairs = facts.incident_systems.merge(spans, left_on="incident_id", right_on="id")
    pairs = pairs.sort_values(["system", "started_at"], kind="stable")
    start = pairs["started_at"].astype("int64").to_numpy() / 3.6e9
    end = start + pairs["hours"].to_numpy()
    covered_until = pd.Series(end, index=pairs.index).groupby(pairs["system"]).cummax()
    before = covered_until.groupby(pairs["system"]).shift(fill_value=-np.inf).to_numpy()
    gained = np.maximum(0.0, end - np.maximum(start, before))
    return pd.Series(gained, index=pairs.index).groupby(pairs["system"]).sum().rename("hours_lost")
