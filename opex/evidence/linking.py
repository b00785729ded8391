"""Changes and incidents: which systems break by their own changing, and which change each incident likely came of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pandas as pd

from opex.evidence.after_changes import WINDOWS, After, Weeks, after_changes, weeks_between
from opex.evidence.credit import LINK_COLUMNS, Verdicts, competing, credited, ranges_before
from opex.evidence.facts import Facts
from opex.evidence.findings import benjamini_hochberg
from opex.evidence.subjects import Subject, Who, changes_of, covered, subjects_of

__all__ = [
    "LINK_COLUMNS", "Compared", "Linked", "SystemAfter", "Verdicts", "Who", "compare", "link", "links_within",
    "ranges_before", "within",
]  # fmt: skip

DEFAULT_HOURS = 24.0
LEAST_OUTCOMES, LEAST_EXPOSURES = 5, 5
PRIOR = np.log(2.0)


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


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What the permutations told of every system, by name; it is the same for every window and every verdict."""

    windows: tuple[float, ...]
    begin: datetime | None
    end: datetime | None
    subjects: tuple[Subject, ...]
    systems: tuple[SystemAfter, ...]


def link(
    facts: Facts,
    *,
    window_hours: float = DEFAULT_HOURS,
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
    (a normal prior on the logarithm, with a deviation of log 2). A cause that the source states is a link with all
    credit, whether it lies in the window or not.
    """
    windows = tuple(sorted({*WINDOWS, float(window_hours)}))
    compared = compare(facts, windows=windows, who=who, draws=draws, resamples=resamples, seed=seed)
    pairs = links_within(compared, window_hours)
    return within(compared, window_hours, credited(pairs, facts, verdicts))


def compare(
    facts: Facts,
    *,
    windows: Sequence[float] = WINDOWS,
    who: Who = "all",
    intervals_up_to: float = np.inf,
    draws: int = 2000,
    resamples: int = 1000,
    seed: int = 0,
) -> Compared:
    """The slow part of ``link``: what permuted and resampled weeks tell of every system, for all of these windows.

    Ratios with their intervals take most of the time. They are NaN where the q-value is above ``intervals_up_to``.
    """
    incidents = facts.incidents[~facts.incidents["planned"].astype(bool)]
    changes = changes_of(facts.changes, who)
    begin, end = covered(incidents, changes)
    weeks = None if begin is None or end is None else weeks_between(begin, end)
    subjects = tuple(subjects_of(facts, incidents, changes, begin, end))
    of = [(subject, weeks, tuple(windows), seed + number) for number, subject in enumerate(subjects)]
    told = _with_q([_told(*one, draws, resamples if np.isinf(intervals_up_to) else 0) for one in of])
    if not np.isinf(intervals_up_to):
        told = [
            replace(_told(*again, draws, resamples), q_value=one.q_value) if one.q_value <= intervals_up_to else one
            for one, again in zip(told, of, strict=True)
        ]
    return Compared(
        windows=tuple(windows),
        begin=None if weeks is None else _moment(weeks.start),
        end=None if weeks is None or end is None else _moment(end),
        subjects=subjects,
        systems=tuple(told),
    )


def within(compared: Compared, window_hours: float, links: pd.DataFrame) -> Linked:
    """What was compared, told for one of its windows, with these links."""
    at = compared.windows.index(float(window_hours))
    told = [replace(one, at=at) for one in compared.systems]
    order = sorted(told, key=lambda one: (_or_one(one.q_value), -_lowest(one), one.system, one.environment))
    return Linked(
        window_hours=float(window_hours), begin=compared.begin, end=compared.end, systems=tuple(order), links=links
    )


def links_within(compared: Compared, window_hours: float) -> pd.DataFrame:
    """Each first incident with the changes in the window before it, of the systems that could be told of.

    Columns incident, change, system, environment, lead_minutes, and the odds against "no change".
    """
    at = compared.windows.index(float(window_hours))
    parts = [
        _links(subject, float(window_hours), _share(one.after, at))
        for subject, one in zip(compared.subjects, compared.systems, strict=True)
        if one.after is not None
    ]
    return (pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(_PAIR))).astype(_PAIR)


_PAIR = {
    "incident": "str", "change": "str", "system": "str", "environment": "str", "lead_minutes": "float64",
    "odds": "float64",
}  # fmt: skip


def _links(subject: Subject, window: float, share: float) -> pd.DataFrame:
    spans, exposed = subject.spans, subject.exposed
    of, which, lead, odds = competing(spans.begin, subject.made[exposed], subject.reverted[exposed], window, share)
    return pd.DataFrame({
        "incident": subject.incidents.iloc[spans.first[of]].to_numpy(),
        "change": subject.changes[exposed].iloc[which].to_numpy(),
        "system": subject.system, "environment": subject.environment, "lead_minutes": lead * 60, "odds": odds,
    })  # fmt: skip


def _share(after: After, at: int) -> float:
    """The share of the incidents within the window that its changes brought, by the ratio drawn towards 1."""
    if not np.isfinite([after.low[at], after.high[at]]).all():
        return 0.0
    error = (np.log(after.high[at]) - np.log(after.low[at])) / (2 * 1.96)
    drawn = np.log(after.ratio[at]) * PRIOR**2 / (PRIOR**2 + error**2)
    return float(max(0.0, -np.expm1(-drawn)))


# --- systems ----------------------------------------------------------------------------------------------------


def _or_one(value: float) -> float:
    return 2.0 if np.isnan(value) else value


def _lowest(one: SystemAfter) -> float:
    return -1.0 if one.after is None or np.isnan(one.after.low[one.at]) else float(one.after.low[one.at])


def _moment(hours: float) -> datetime:
    return pd.Timestamp(round(hours * 3600), unit="s", tz="UTC").to_pydatetime()


def _told(
    subject: Subject, weeks: Weeks | None, windows: tuple[float, ...], seed: int, draws: int, resamples: int
) -> SystemAfter:
    exposed = subject.exposed
    outcomes, exposures = len(subject.spans.first), int(exposed.sum())
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
            subject.made[exposed], subject.spans.begin, subject.spans, weeks,
            fixes=subject.made[~exposed], windows=windows, draws=draws, resamples=resamples, seed=seed,
        )  # fmt: skip
    return SystemAfter(
        system=subject.system, environment=subject.environment, incidents=len(subject.incidents), episodes=outcomes,
        changes=len(subject.changes), fixes_left_out=int((subject.fixes & ~subject.reverts).sum()), windows=windows,
        at=0, after=after, lacks=lacks,
    )  # fmt: skip


def _with_q(told: Sequence[SystemAfter]) -> list[SystemAfter]:
    """Benjamini and Hochberg over the systems that have a p-value."""
    p = np.array([np.nan if one.after is None else one.after.p_value for one in told], dtype=np.float64)
    q = np.full(len(told), np.nan)
    q[~np.isnan(p)] = benjamini_hochberg(p[~np.isnan(p)])
    return [replace(one, q_value=float(value)) for one, value in zip(told, q, strict=True)]
