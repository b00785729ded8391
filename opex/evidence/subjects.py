"""What each system has, environment by environment: its incidents in episodes, its changes, and which of them count."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from opex.evidence.episodes import Episodes, Hours, episodes, inside
from opex.evidence.facts import Facts

__all__ = ["Subject", "Who", "changes_of", "covered", "subjects_of"]

Who = Literal["all", "people", "robots"]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What one system and environment have, in hours since 1970.

    Attributes
    ----------
    incidents, began
        Their ids, and when they began, ascending.
    changes, made
        Likewise.
    spans
        The episodes of its incidents.
    fixes, reverts
        (changes,) which ones were made during an episode or in the hours after it, and which take another back. Neither
        is an exposure; a change can be both.
    reverted
        (changes,) which ones were taken back later.
    """

    system: str
    environment: str
    incidents: pd.Series
    began: Hours
    changes: pd.Series
    made: Hours
    spans: Episodes
    fixes: NDArray[np.bool_]
    reverts: NDArray[np.bool_]
    reverted: NDArray[np.bool_]

    @property
    def exposed(self) -> NDArray[np.bool_]:
        """(changes,) which ones count as exposures."""
        return ~self.fixes & ~self.reverts


def _hours(moments: pd.Series) -> Hours:
    """Hours since 1970; NaN where missing."""
    since = moments - pd.Timestamp(0, tz="UTC")
    return np.asarray(since.dt.total_seconds().to_numpy(dtype=np.float64) / 3600)


def changes_of(changes: pd.DataFrame, who: Who) -> pd.DataFrame:
    """Robots' changes (marked so by the source), people's (all others), or all."""
    if who == "all":
        return changes
    robots = changes["automated"].fillna(value=False).astype(bool)
    return changes[robots if who == "robots" else ~robots]


def covered(incidents: pd.DataFrame, changes: pd.DataFrame) -> tuple[float | None, float | None]:
    """From the later of the first ones to the earlier of the last ones."""
    if incidents.empty or changes.empty:
        return None, None
    ours, theirs = _hours(incidents["started_at"]), _hours(changes["started_at"])
    return max(ours.min(), theirs.min()), min(ours.max(), theirs.max()) + 1e-6


def subjects_of(
    facts: Facts, incidents: pd.DataFrame, changes: pd.DataFrame, begin: float | None, end: float | None
) -> Iterator[Subject]:
    """Systems and environments that have both incidents and changes, by name."""
    if begin is None or end is None:
        return
    times = {"incident_id": incidents, "change_id": changes}
    tables = {"incident_id": facts.incident_systems, "change_id": facts.change_systems}
    found = {}
    for key, pairs in tables.items():
        columns = ["id", "environment", "started_at", *(["resolved_at"] if key == "incident_id" else _CHANGE)]
        joined = pairs.merge(times[key][columns], left_on=key, right_on="id").sort_values(["started_at", "id"])
        joined["hours"] = _hours(joined["started_at"])
        found[key] = dict(list(joined[joined["hours"].between(begin, end)].groupby(["system", "environment"])))
    reverted = frozenset(facts.changes["reverts"].dropna())
    for name in sorted(found["incident_id"].keys() & found["change_id"].keys()):
        system, environment = name
        yield _subject(str(system), str(environment), found["incident_id"][name], found["change_id"][name], reverted)


_CHANGE = ("source_id", "reverts")


def _subject(
    system: str, environment: str, incidents: pd.DataFrame, changes: pd.DataFrame, reverted: frozenset[str]
) -> Subject:
    starts, made = incidents["hours"].to_numpy(), changes["hours"].to_numpy()
    spans = episodes(starts, _hours(incidents["resolved_at"]))
    return Subject(
        system=system, environment=environment, incidents=incidents["id"], began=starts, changes=changes["id"],
        made=made, spans=spans, fixes=inside(made, spans), reverts=changes["reverts"].notna().to_numpy(),
        reverted=changes["source_id"].isin(reverted).to_numpy(),
    )  # fmt: skip
