"""Systems and environments side by side: how often each is in trouble, for a week and for a hundred changes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from opex.domain.problems import NotEnoughData
from opex.evidence.episodes import episodes
from opex.evidence.facts import Facts, hours_lost
from opex.evidence.findings import benjamini_hochberg
from opex.evidence.hours import hours_of, moment_of
from opex.evidence.rates import Rate, Ratio, cuts, dispersion, rate, rate_ratio, scatter, times_longer

__all__ = ["Against", "Comparison", "Side", "Tally", "compare", "each_against_the_rest", "subjects"]

LEAST_FACTS = 5  # of a side: what was seen once or twice may long be gone
LEAST_WEEKS, LEAST_EPISODES, LEAST_CHANGES, LEAST_RECOVERIES = 6, 5, 10, 5
WEEK = 168.0


@dataclass(frozen=True, kw_only=True)
class Side:
    """What is compared: these systems (``None``: all, and what names no system) in these environments."""

    name: str
    environments: frozenset[str]
    systems: frozenset[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Tally:
    """One side over the time that both cover.

    Attributes
    ----------
    systems, system_weeks
        Systems seen, and the weeks of all of them together, each from its own first fact on.
    incidents, episodes, changes
        Incidents and changes each once, whatever they touched; episodes of each system.
    incidents_a_week, episodes_a_week
        For a week of one system.
    incidents_a_hundred, episodes_a_hundred
        For a hundred changes; ``None`` with less than ten.
    hours_lost, hours_unknown
        Sum of the hours of its incidents, and the incidents of which they are not known.
    recovery_hours, recoveries
        Geometric mean over episodes; ``None`` with less than five that are over.
    """

    name: str
    systems: int
    system_weeks: float
    incidents: int
    episodes: int
    changes: int
    incidents_a_week: Rate
    episodes_a_week: Rate
    incidents_a_hundred: Rate | None
    episodes_a_hundred: Rate | None
    hours_lost: float
    hours_unknown: int
    recovery_hours: float | None
    recoveries: int


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two sides, and how many times as high the first one is; ``dispersion`` is that of its share of the episodes."""

    begin: datetime
    end: datetime
    one: Tally
    other: Tally
    a_week: Ratio | NotEnoughData
    a_hundred: Ratio | NotEnoughData
    recovery: Ratio | NotEnoughData
    dispersion: float


@dataclass(frozen=True, kw_only=True)
class Against:
    """One system beside all others of its environment. q-values are over the systems that could be told of."""

    system: str
    comparison: Comparison
    q_week: float = float("nan")
    q_hundred: float = float("nan")


@dataclass(frozen=True)
class _Seen:
    """Facts as rows of a subject (a system in an environment), in hours since 1970.

    ``subjects`` has environment, system and born, its first fact; ``incidents`` id, subject (its place), at, first (of
    an episode), episode, log_hours, lost; ``changes`` id, subject, at; ``begin`` and ``end`` what both cover.
    """

    subjects: pd.DataFrame
    incidents: pd.DataFrame
    changes: pd.DataFrame
    begin: float
    end: float


def subjects(facts: Facts) -> pd.DataFrame:
    """The systems of each environment that have anything: columns environment, system, incidents, changes.

    Production first, then the environment with the most incidents; systems by name.
    """
    seen = _seen(facts, pd.Timestamp(0, tz="UTC").to_pydatetime())
    columns = ["environment", "system", "incidents", "changes"]
    if seen is None:
        return pd.DataFrame(columns=columns)
    size = len(seen.subjects)
    counts = {
        "incidents": np.bincount(seen.incidents["subject"], minlength=size),
        "changes": np.bincount(seen.changes["subject"], minlength=size),
    }
    table = seen.subjects.assign(**counts)
    table["of"] = table.groupby("environment")["incidents"].transform("sum")
    table["live"] = table["environment"] == "production"
    order = table.sort_values(
        ["live", "of", "environment", "system"], ascending=[False, False, True, True], kind="stable"
    )
    return order[order["system"] != ""][columns].reset_index(drop=True)


def compare(facts: Facts, as_of: datetime, one: Side, other: Side) -> Comparison | NotEnoughData:
    """Two sides over the time that both cover.

    That time begins where both tables (incidents, changes) and both sides have had their first fact and ends with the
    earlier of the last incident and the last change. A system counts from its own first fact on, and that fact does
    not count: else a system that was seen once would seem to break at once. Planned work is left out.
    """
    seen = _seen(facts, as_of)
    return NotEnoughData(have=0, need=1, what="incidents") if seen is None else _compared(seen, one, other)


def each_against_the_rest(facts: Facts, as_of: datetime, environment: str) -> list[Against]:
    """Each system of the environment beside all its others, those first that differ most surely.

    Only systems that name themselves count. A system without enough of either is left out; with one system there is
    nothing to compare.
    """
    seen = _seen(facts, as_of)
    if seen is None:
        return []
    known = seen.subjects
    names = sorted(known.loc[(known["environment"] == environment) & (known["system"] != ""), "system"])
    here, found = frozenset({environment}), []
    for name in names:
        mine = Side(name=name, environments=here, systems=frozenset({name}))
        rest = Side(name="the others", environments=here, systems=frozenset(names) - {name})
        compared = _compared(seen, mine, rest) if rest.systems else None
        if isinstance(compared, Comparison):
            found.append(Against(system=name, comparison=compared))
    weeks = _q_values([one.comparison.a_week for one in found])
    hundreds = _q_values([one.comparison.a_hundred for one in found])
    told = [replace(one, q_week=a, q_hundred=b) for one, a, b in zip(found, weeks, hundreds, strict=True)]
    return sorted(told, key=lambda one: (min(_or_two(one.q_week), _or_two(one.q_hundred)), one.system))


def _or_two(q: float) -> float:
    return 2.0 if np.isnan(q) else q


def _q_values(ratios: Sequence[Ratio | NotEnoughData]) -> list[float]:
    p = np.array([one.p_value if isinstance(one, Ratio) else np.nan for one in ratios], dtype=np.float64)
    q = np.full(len(p), np.nan)
    q[~np.isnan(p)] = benjamini_hochberg(p[~np.isnan(p)])
    return [float(value) for value in q]


# --- facts as rows of a system and environment --------------------------------------------------------------------


def _seen(facts: Facts, as_of: datetime) -> _Seen | None:
    """``None`` without an incident."""
    incidents = facts.incidents[~facts.incidents["planned"].astype(bool)]
    if incidents.empty:
        return None
    lasted = (incidents["resolved_at"] - incidents["started_at"]).dt.total_seconds() / 3600
    rows = incidents[["id", "environment"]].assign(
        at=hours_of(incidents["started_at"]),
        until=hours_of(incidents["resolved_at"]),
        log_hours=np.log(lasted.clip(lower=1 / 60)),
        lost=hours_lost(incidents, as_of),
    )
    rows = _named(rows, facts.incident_systems, "incident_id")
    changes = facts.changes[["id", "environment"]].assign(at=hours_of(facts.changes["started_at"]))
    changes = _named(changes, facts.change_systems, "change_id")
    both = pd.concat([rows[[*_SUBJECT, "at"]], changes[[*_SUBJECT, "at"]]])
    known = both.groupby(_SUBJECT)["at"].min().rename("born").reset_index()
    place = pd.MultiIndex.from_frame(known[_SUBJECT])
    rows, changes = (
        table.assign(subject=place.get_indexer(pd.MultiIndex.from_frame(table[_SUBJECT])).astype(np.intp))
        for table in (rows, changes)
    )
    spans = [table["at"] for table in (rows, changes) if len(table)]
    return _Seen(
        subjects=known,
        incidents=_with_episodes(rows),
        changes=changes,
        begin=max(float(span.min()) for span in spans),
        end=min(float(span.max()) for span in spans),
    )


_SUBJECT = ["environment", "system"]


def _named(rows: pd.DataFrame, pairs: pd.DataFrame, key: str) -> pd.DataFrame:
    """A row for each system of each; what names no system has the name "". Times ascend."""
    named = rows.merge(pairs.rename(columns={key: "id"})[["id", "system"]], on="id", how="left")
    return named.assign(system=named["system"].fillna("")).sort_values(["at", "id"], kind="stable", ignore_index=True)


def _with_episodes(rows: pd.DataFrame) -> pd.DataFrame:
    """With ``first``, and ``episode`` numbered over all subjects."""
    first = np.zeros(len(rows), dtype=bool)
    episode = np.zeros(len(rows), dtype=np.intp)
    at, until, before = rows["at"].to_numpy(), rows["until"].to_numpy(), 0
    for places in rows.groupby("subject", sort=True).indices.values():
        first[places[episodes(at[places], until[places]).first]] = True
        episode[places] = before + first[places].cumsum()
        before = int(episode[places].max())
    return rows.assign(first=first, episode=episode)


# --- two sides ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Counted:
    """A side with what the comparison needs beside it: hours of its episodes, logs of times to recover."""

    tally: Tally
    firsts: NDArray[np.float64]
    recoveries: NDArray[np.float64]


def _compared(seen: _Seen, one: Side, other: Side) -> Comparison | NotEnoughData:
    members = [_members(seen.subjects, side) for side in (one, other)]
    if not all(each.any() for each in members):
        return NotEnoughData(have=0, need=1, what="incidents or changes of a side")
    born = seen.subjects["born"].to_numpy()
    begin = max(seen.begin, *(float(born[each].min()) for each in members))
    weeks = int((seen.end - begin) // WEEK)
    if weeks < LEAST_WEEKS:
        return NotEnoughData(have=max(0, weeks), need=LEAST_WEEKS, what="weeks that both cover")
    mine, theirs = (_counted(seen, side, each, begin) for side, each in zip((one, other), members, strict=True))
    a, b = mine.tally, theirs.tally
    scale = dispersion(mine.firsts, theirs.firsts, begin, seen.end)
    few = _too_few(a, b)
    a_week: Ratio | NotEnoughData = few or rate_ratio(a.episodes, b.episodes, a.system_weeks, b.system_weeks, scale)
    changes = min(a.changes, b.changes)
    no_changes = NotEnoughData(have=changes, need=LEAST_CHANGES, what="changes on each side")
    a_hundred = few or (
        no_changes if changes < LEAST_CHANGES else rate_ratio(a.episodes, b.episodes, a.changes, b.changes, scale)
    )
    recovered = min(a.recoveries, b.recoveries)
    return Comparison(
        begin=moment_of(begin), end=moment_of(seen.end), one=a, other=b, a_week=a_week, a_hundred=a_hundred,
        recovery=times_longer(np.exp(mine.recoveries), np.exp(theirs.recoveries)) if recovered >= LEAST_RECOVERIES
        else NotEnoughData(have=recovered, need=LEAST_RECOVERIES, what="episodes that are over on each side"),
        dispersion=scale,
    )  # fmt: skip


def _too_few(one: Tally, other: Tally) -> NotEnoughData | None:
    for side in (one, other):
        if side.incidents + side.changes < LEAST_FACTS:
            facts = side.incidents + side.changes
            return NotEnoughData(have=facts, need=LEAST_FACTS, what=f"incidents and changes of {side.name}")
    if one.episodes + other.episodes < LEAST_EPISODES:
        return NotEnoughData(have=one.episodes + other.episodes, need=LEAST_EPISODES, what="episodes of both")
    return None if other.episodes else NotEnoughData(have=0, need=1, what=f"episodes of {other.name}")


def _members(subjects: pd.DataFrame, side: Side) -> NDArray[np.bool_]:
    mine = subjects["environment"].isin(side.environments)
    return np.asarray(mine if side.systems is None else mine & subjects["system"].isin(side.systems))


def _counted(seen: _Seen, side: Side, members: NDArray[np.bool_], begin: float) -> _Counted:
    since, end = np.maximum(seen.subjects["born"].to_numpy(), begin), seen.end
    incidents, changes = (_within(rows, members, since, end) for rows in (seen.incidents, seen.changes))
    first, once = incidents[incidents["first"]], incidents.drop_duplicates("id")
    named = members & (seen.subjects["system"] != "").to_numpy()
    system_weeks = float(np.clip(end - since[named if named.any() else members], 0.0, None).sum() / WEEK)
    edges = cuts(begin, end)
    by_episode = scatter(np.histogram(first["at"], edges)[0])
    by_incident = scatter(np.histogram(once["at"], edges)[0])
    recoveries = incidents.dropna(subset="log_hours").groupby("episode")["log_hours"].mean().to_numpy()
    hundreds = changes["id"].nunique() / 100
    enough = hundreds * 100 >= LEAST_CHANGES
    return _Counted(
        tally=Tally(
            name=side.name,
            systems=int(named.sum()),
            system_weeks=system_weeks,
            incidents=len(once),
            episodes=len(first),
            changes=round(hundreds * 100),
            incidents_a_week=rate(len(once), system_weeks, by_incident),
            episodes_a_week=rate(len(first), system_weeks, by_episode),
            incidents_a_hundred=rate(len(once), hundreds, by_incident) if enough else None,
            episodes_a_hundred=rate(len(first), hundreds, by_episode) if enough else None,
            hours_lost=float(once["lost"].sum()),
            hours_unknown=int(once["lost"].isna().sum()),
            recovery_hours=float(np.exp(recoveries.mean())) if len(recoveries) >= LEAST_RECOVERIES else None,
            recoveries=len(recoveries),
        ),
        firsts=first["at"].to_numpy(),
        recoveries=recoveries,
    )


def _within(rows: pd.DataFrame, members: NDArray[np.bool_], since: NDArray[np.float64], end: float) -> pd.DataFrame:
    """Rows of the members, each after the later of its first fact and the common beginning, up to the end."""
    subject, at = rows["subject"].to_numpy(dtype=np.intp), rows["at"].to_numpy(dtype=np.float64)
    kept: pd.DataFrame = rows[members[subject] & (at > since[subject]) & (at <= end)]
    return kept
