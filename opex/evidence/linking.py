"""Changes and incidents: which systems break by their own changing, and which change each incident likely came of."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from opex.evidence.after_changes import WINDOWS, After, Weeks, after_changes, weeks_between
from opex.evidence.episodes import Episodes, Hours, episodes, inside
from opex.evidence.facts import Facts
from opex.evidence.findings import benjamini_hochberg

__all__ = ["LINK_COLUMNS", "Linked", "SystemAfter", "Verdicts", "Who", "link", "ranges_before"]

Ints = NDArray[np.intp]
Who = Literal["all", "people", "robots"]
Verdicts = Mapping[tuple[str, str], bool]
"""What people said of a link, by incident and change: it is so, or it is not."""
LEAST_OUTCOMES, LEAST_EXPOSURES = 5, 5
REVERTED, PRIOR = 4.0, np.log(2.0)
LINK_COLUMNS = ("incident", "change", "system", "environment", "lead_minutes", "credit")


@dataclass(frozen=True, kw_only=True)
class SystemAfter:
    """One system in one environment. ``after`` is ``None`` where there is too little data; ``lacks`` says what.

    ``at`` is the place of the asked window in ``windows``; ``q_value`` is NaN where no p-value could be told.
    """

    system: str
    environment: str
    incidents: int
    episodes: int
    changes: int
    fixes_left_out: int
    windows: tuple[float, ...]
    at: int
    after: After | None
    q_value: float = float("nan")
    lacks: str = ""


@dataclass(frozen=True, kw_only=True)
class Linked:
    """Every system, the most certain first; and the links of the first incidents of episodes (``LINK_COLUMNS``)."""

    window_hours: float
    begin: datetime | None
    end: datetime | None
    systems: tuple[SystemAfter, ...]
    links: pd.DataFrame


@dataclass(frozen=True)
class _Subject:
    """What one system and environment have, in hours since 1970."""

    system: str
    environment: str
    incidents: pd.DataFrame
    changes: pd.DataFrame
    spans: Episodes
    exposed: np.ndarray[tuple[int], np.dtype[np.bool_]]
    made: Hours
    fixes: int


def link(
    facts: Facts,
    *,
    window_hours: float = 24.0,
    who: Who = "all",
    verdicts: Verdicts | None = None,
    draws: int = 2000,
    resamples: int = 1000,
    seed: int = 0,
) -> Linked:
    """Compare each system's incidents with its own changes, over the time that both cover.

    Parameters
    ----------
    facts
        Unplanned incidents and changes meet where system and environment are the same.
    window_hours
        The window that ratios and links are told for; the p-value is for the largest excess over ``WINDOWS`` and it.
    who
        Which changes count: robots' (marked so by the source), people's (all others), or all.
    verdicts
        Rejected links get no credit, confirmed ones all of it. Ratios and p-values do not change.

    Returns
    -------
    Linked
        Without any system where there is nothing of both.

    Notes
    -----
    Credit: an incident of no change and the changes in the window before it compete. A change's share falls with its
    lead (by e every quarter of the window); it counts four times when it was reverted later. The shares are such that
    the credits of a system add up to its excess incidents, taken from its ratio drawn towards 1 by its uncertainty
    (a normal prior on the logarithm, with a deviation of log 2).
    """
    windows = tuple(sorted({*WINDOWS, float(window_hours)}))
    incidents = facts.incidents[~facts.incidents["planned"].astype(bool)]
    changes = _of(facts.changes, who)
    begin, end = _covered(incidents, changes)
    weeks = None if begin is None or end is None else weeks_between(begin, end)
    told, subjects = [], list(_subjects(facts, incidents, changes, begin, end))
    for number, subject in enumerate(subjects):
        told.append(_told(subject, weeks, windows, windows.index(float(window_hours)), draws, resamples, seed + number))
    told = _with_q(told)
    pairs = zip(subjects, told, strict=True)
    reverted = set(facts.changes["reverts"].dropna())
    parts = [
        _links(subject, one, window_hours, verdicts or {}, reverted) for subject, one in pairs if one.after is not None
    ]
    order = sorted(told, key=lambda one: (_or_one(one.q_value), -_lowest(one), one.system, one.environment))
    return Linked(
        window_hours=float(window_hours),
        begin=None if weeks is None else _moment(weeks.start),
        end=None if weeks is None or end is None else _moment(end),
        systems=tuple(order),
        links=pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(LINK_COLUMNS)),
    )


def _or_one(value: float) -> float:
    return 2.0 if np.isnan(value) else value


def _lowest(one: SystemAfter) -> float:
    return -1.0 if one.after is None or np.isnan(one.after.low[one.at]) else float(one.after.low[one.at])


def _moment(hours: float) -> datetime:
    return pd.Timestamp(round(hours * 3600), unit="s", tz="UTC").to_pydatetime()


def _hours(moments: pd.Series) -> Hours:
    """Hours since 1970; NaN where missing."""
    since = moments - pd.Timestamp(0, tz="UTC")
    return np.asarray(since.dt.total_seconds().to_numpy(dtype=np.float64) / 3600)


def _of(changes: pd.DataFrame, who: Who) -> pd.DataFrame:
    if who == "all":
        return changes
    robots = changes["automated"].fillna(value=False).astype(bool)
    return changes[robots if who == "robots" else ~robots]


def _covered(incidents: pd.DataFrame, changes: pd.DataFrame) -> tuple[float | None, float | None]:
    """From the later of the first ones to the earlier of the last ones."""
    if incidents.empty or changes.empty:
        return None, None
    ours, theirs = _hours(incidents["started_at"]), _hours(changes["started_at"])
    return max(ours.min(), theirs.min()), min(ours.max(), theirs.max()) + 1e-6


def _subjects(
    facts: Facts, incidents: pd.DataFrame, changes: pd.DataFrame, begin: float | None, end: float | None
) -> Iterator[_Subject]:
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
    for name in sorted(found["incident_id"].keys() & found["change_id"].keys()):
        system, environment = name
        yield _subject(str(system), str(environment), found["incident_id"][name], found["change_id"][name])


_CHANGE = ("source_id", "reverts")


def _subject(system: str, environment: str, incidents: pd.DataFrame, changes: pd.DataFrame) -> _Subject:
    starts, made = incidents["hours"].to_numpy(), changes["hours"].to_numpy()
    spans = episodes(starts, _hours(incidents["resolved_at"]))
    fixing = inside(made, spans)
    reverting = changes["reverts"].notna().to_numpy()
    left_out = int((fixing & ~reverting).sum())
    return _Subject(system, environment, incidents, changes, spans, ~fixing & ~reverting, made, left_out)


def _told(
    subject: _Subject, weeks: Weeks | None, windows: tuple[float, ...], at: int, draws: int, resamples: int, seed: int
) -> SystemAfter:
    outcomes, exposures = len(subject.spans.first), int(subject.exposed.sum())
    lacks = ""
    if weeks is None:
        lacks = "incidents and changes together cover less than 6 weeks"
    elif outcomes < LEAST_OUTCOMES:
        lacks = f"{outcomes} episodes, {LEAST_OUTCOMES} needed"
    elif exposures < LEAST_EXPOSURES:
        lacks = f"{exposures} changes that are no fix, {LEAST_EXPOSURES} needed"
    after = None
    if weeks is not None and not lacks:
        after = after_changes(
            subject.made[subject.exposed], subject.spans.begin, subject.spans, weeks,
            fixes=subject.made[~subject.exposed], windows=windows, draws=draws, resamples=resamples, seed=seed,
        )  # fmt: skip
    return SystemAfter(
        system=subject.system, environment=subject.environment, incidents=len(subject.incidents), episodes=outcomes,
        changes=len(subject.changes), fixes_left_out=subject.fixes, windows=windows, at=at, after=after, lacks=lacks,
    )  # fmt: skip


def _with_q(told: Sequence[SystemAfter]) -> list[SystemAfter]:
    """Benjamini and Hochberg over the systems that have a p-value."""
    p = np.array([np.nan if one.after is None else one.after.p_value for one in told], dtype=np.float64)
    q = np.full(len(told), np.nan)
    q[~np.isnan(p)] = benjamini_hochberg(p[~np.isnan(p)])
    return [SystemAfter(**{**one.__dict__, "q_value": float(value)}) for one, value in zip(told, q, strict=True)]


# --- single links -----------------------------------------------------------------------------------------------


def _links(
    subject: _Subject, told: SystemAfter, window: float, verdicts: Verdicts, reverted: Collection[str]
) -> pd.DataFrame:
    """Each first incident with the changes in the window before it, and the credit of each."""
    made = subject.made[subject.exposed]
    ids = subject.changes["id"].to_numpy()[subject.exposed]
    low, high = ranges_before(subject.spans.begin, made, window)
    counts = high - low
    of = np.repeat(np.arange(len(counts)), counts)
    which = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(low, counts)
    lead = subject.spans.begin[of] - made[which]
    again = [one in reverted for one in subject.changes["source_id"].to_numpy()[subject.exposed]]
    weight = np.exp(-lead / (window / 4)) * np.where(again, REVERTED, 1.0)[which]
    incident, change = subject.incidents["id"].to_numpy()[subject.spans.first][of], ids[which]
    said = [verdicts.get(pair) for pair in zip(incident, change, strict=True)]
    return pd.DataFrame({
        "incident": incident, "change": change, "system": subject.system, "environment": subject.environment,
        "lead_minutes": lead * 60, "credit": _credit(of, weight, _share(told), said),
    })  # fmt: skip


def ranges_before(begins: Hours, made: Hours, window: float) -> tuple[Ints, Ints]:
    """For each beginning, the range ``[low, high)`` of the ascending changes that were made in the hours before it.

    Examples
    --------
    >>> low, high = ranges_before(np.array([30.0]), np.array([5.0, 6.0, 20.0, 30.0, 31.0]), 24.0)
    >>> low.tolist(), high.tolist()
    ([2], [4])
    """
    return np.searchsorted(made, begins - window, side="right"), np.searchsorted(made, begins, side="right")


def _share(told: SystemAfter) -> float:
    """The share of the incidents within the window that its changes brought, by the ratio drawn towards 1."""
    after, at = told.after, told.at
    if after is None or not np.isfinite([after.low[at], after.high[at]]).all():
        return 0.0
    error = (np.log(after.high[at]) - np.log(after.low[at])) / (2 * 1.96)
    drawn = np.log(after.ratio[at]) * PRIOR**2 / (PRIOR**2 + error**2)
    return float(max(0.0, -np.expm1(-drawn)))


def _credit(
    of: np.ndarray, weight: np.ndarray, share: float, verdicts: Sequence[bool | None]
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Credit of each link: weights against a "no change" of 1, scaled so that the mean over incidents is ``share``."""
    if not len(of):
        return np.empty(0)
    incidents, place = np.unique(of, return_inverse=True)
    low, high = -40.0, 40.0
    for _ in range(60 if share > 0 else 0):
        middle = (low + high) / 2
        total = np.exp(middle) * np.bincount(place, weight)
        low, high = (middle, high) if (total / (1 + total)).sum() < share * len(incidents) else (low, middle)
    scaled = weight * (np.exp((low + high) / 2) if share > 0 else 0.0)
    said = np.array([0 if one is None else 1 if one else -1 for one in verdicts])
    settled = np.bincount(place, said == 1)[place] > 0
    scaled = np.where(settled, weight * (said == 1), np.where(said == -1, 0.0, scaled))
    total = np.bincount(place, scaled)[place]
    return np.asarray(scaled / np.maximum(np.where(settled, total, 1 + total), 1e-300))
