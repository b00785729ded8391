"""What production suffers from and no test environment ever shows: classes of failure by environment.

A class may be unseen in test because nothing ever breaks there, or nobody writes it down. So it is held against all
other trouble of the same systems over the same time: how much of it would test have shown if it made up the same share
of each system's trouble there, and how likely is it, then, that it shows none?
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from opex.domain.problems import NotEnoughData
from opex.evidence.episodes import episodes
from opex.evidence.facts import Facts
from opex.evidence.findings import benjamini_hochberg
from opex.evidence.hours import hours_of, moment_of
from opex.evidence.strata import Strata

__all__ = ["PRODUCTION", "TESTS", "ClassSeen", "Gaps", "categories", "class_gaps", "trial_environments"]

PRODUCTION = "production"
TESTS = frozenset({"test", "staging", "development"})
LEAST_WEEKS, LEAST_SEEN = 6, 5
SHARE, WARNING = 0.5, 14 * 24.0


@dataclass(frozen=True, kw_only=True)
class ClassSeen:
    """One class of failure in production and in the test environments together.

    Attributes
    ----------
    production, tests
        Episodes of the class, of systems that a test environment has.
    expected
        How many the test environments would show if the class made up the same share of trouble there.
    chance_unseen
        The chance of none there if it came up at ``share`` of production's odds; 1 where tests show nothing at all.
    at_most
        Upper end of the 95 % one-sided interval of its odds there over those in production; infinite where unknown.
    q_value
        For as few or fewer there at equal odds, over all classes asked; NaN with less than five in production.
    warned, warned_by_chance
        Episodes in production that the same class and system in a test environment came before, within two weeks; and
        how many would be so if the moments there were random.
    incidents
        Ids of its incidents in production in that time.
    """

    kind: str
    name: str
    production: int
    tests: int
    expected: float
    chance_unseen: float
    at_most: float
    q_value: float
    warned: int
    warned_by_chance: float
    incidents: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Gaps:
    """Classes of failure in production beside the test environments, over the time in which these were used.

    ``untested`` counts episodes in production of systems that no test environment has; they take no part.
    """

    begin: datetime
    end: datetime
    environments: tuple[str, ...]
    changes_in_tests: int
    production: int
    tests: int
    untested: int
    share: float
    classes: tuple[ClassSeen, ...]


def trial_environments(facts: Facts) -> tuple[str, ...]:
    """The test environments that have an incident or a change, by name."""
    seen = {*facts.incidents["environment"].unique(), *facts.changes["environment"].unique()}
    return tuple(sorted(seen & TESTS))


def categories(facts: Facts) -> pd.Series:
    """The category of each incident, by id."""
    return pd.Series(facts.incidents["category"].to_numpy(), index=facts.incidents["id"], dtype="str")


def class_gaps(
    facts: Facts, kinds: Mapping[str, pd.Series] | None = None, *, share: float = SHARE
) -> Gaps | NotEnoughData:
    """Every class of failure that production has, those that no test environment shows first.

    Parameters
    ----------
    facts
        Unplanned incidents count, each with its first system. An episode is one of a system, environment and class.
    kinds
        Ways to class incidents, such as ``{"category": ..., "theme": ...}``: the class of each incident by its id,
        missing for those of none. The source's categories by default.
    share
        What ``chance_unseen`` assumes of the odds in test over those in production.

    Notes
    -----
    System by system, given how often the class and everything else were seen on both sides, the number in test is
    hypergeometric (``evidence/strata.py``).
    """
    tests = trial_environments(facts)
    if not tests:
        return NotEnoughData(have=0, need=1, what="test environments with incidents or changes")
    incidents = _rows(facts)
    live, trial = (incidents[incidents["environment"].isin(which)] for which in ([PRODUCTION], tests))
    there = facts.changes[facts.changes["environment"].isin(tests)]
    changed = pd.Series(hours_of(there["started_at"]), index=there["id"])
    if live.empty or (trial.empty and changed.empty):
        return NotEnoughData(have=len(live), need=LEAST_SEEN, what="incidents in production")
    used = np.concatenate([trial["at"], changed])
    begin, end = max(used.min(), live["at"].min()), min(used.max(), incidents["at"].max())
    weeks = int((end - begin) // 168)
    if weeks < LEAST_WEEKS:
        return NotEnoughData(have=max(0, weeks), need=LEAST_WEEKS, what="weeks of production and test together")
    live, trial = (rows[rows["at"].between(begin, end)] for rows in (live, trial))
    here = changed.index[changed.between(begin, end)]
    tried = facts.change_systems.loc[facts.change_systems["change_id"].isin(here), "system"]
    has_test = live["system"].isin({*tried, *trial["system"]})
    told = []
    for kind, classes in (kinds or {"category": categories(facts)}).items():
        told += _of_kind(kind, classes, live[has_test], trial, end - begin, share)
    return Gaps(
        begin=moment_of(begin),
        end=moment_of(end),
        environments=tests,
        changes_in_tests=len(here),
        production=_count(live[has_test]),
        tests=_count(trial),
        untested=_count(live[~has_test]),
        share=share,
        classes=tuple(sorted(_with_q(told), key=lambda one: (one.tests > 0, -one.expected, one.kind, one.name))),
    )


def _of_kind(
    kind: str, classes: pd.Series, live: pd.DataFrame, trial: pd.DataFrame, hours: float, share: float
) -> list[tuple[ClassSeen, float]]:
    """Each class with its p-value, missing (NaN) where production has too few."""
    live, trial = (
        rows.assign(of=rows["id"].map(classes).astype("object").fillna("").astype("str")) for rows in (live, trial)
    )
    first_live, first_trial = _firsts(live), _firsts(trial)
    told = []
    for name in sorted(set(first_live["of"]) - {""}):
        mine, theirs = (rows[rows["of"] == name] for rows in (first_live, first_trial))
        strata = _strata(mine, theirs, first_live, first_trial)
        warned, by_chance = _warned(mine, trial[trial["of"] == name], hours)
        seen = ClassSeen(
            kind=kind,
            name=str(name),
            production=len(mine),
            tests=len(theirs),
            expected=strata.expected,
            chance_unseen=strata.as_few(0, share),
            at_most=strata.at_most(len(theirs)),
            q_value=float("nan"),
            warned=warned,
            warned_by_chance=by_chance,
            incidents=tuple(live.loc[live["of"] == name, "id"]),
        )
        told.append((seen, strata.as_few(len(theirs)) if len(mine) >= LEAST_SEEN else float("nan")))
    return told


def _strata(mine: pd.DataFrame, theirs: pd.DataFrame, live: pd.DataFrame, trial: pd.DataFrame) -> Strata:
    """The class by system, among all that these systems had in production (here) and in test (there)."""
    systems = sorted({*mine["system"], *theirs["system"]})
    counts = [rows["system"].value_counts().reindex(systems, fill_value=0) for rows in (mine, theirs, live, trial)]
    ours, others, here, there = (each.to_numpy(dtype=np.intp) for each in counts)
    return Strata(of_class=ours + others, here=here, there=there)


def _rows(facts: Facts) -> pd.DataFrame:
    """Unplanned incidents, oldest first: id, system ("" for none), environment, at and until in hours."""
    real = facts.incidents[~facts.incidents["planned"].astype(bool)]
    return real[["id", "environment"]].assign(
        system=real["system"].fillna(""), at=hours_of(real["started_at"]), until=hours_of(real["resolved_at"])
    )


def _firsts(rows: pd.DataFrame) -> pd.DataFrame:
    """The first incidents of the episodes of each system, environment and class."""
    starts, ends = rows["at"].to_numpy(), rows["until"].to_numpy()
    groups = rows.groupby(["system", "environment", "of"], sort=False).indices.values()
    kept = [places[episodes(starts[places], ends[places]).first] for places in groups]
    return rows.iloc[np.sort(np.concatenate(kept))] if kept else rows


def _count(rows: pd.DataFrame) -> int:
    return len(_firsts(rows.assign(of="")))


def _warned(firsts: pd.DataFrame, trial: pd.DataFrame, hours: float) -> tuple[int, float]:
    """How many have the same system's trouble in test within two weeks before them; and by chance."""
    count, by_chance = 0, 0.0
    there = {str(system): rows["at"].to_numpy() for system, rows in trial.groupby("system")}
    for system, at in firsts["at"].groupby(firsts["system"]):
        if (moments := there.get(str(system))) is not None:
            before = np.searchsorted(moments, at) > np.searchsorted(moments, at - WARNING)
            count += int(before.sum())
            by_chance -= len(at) * float(np.expm1(-len(moments) * WARNING / hours))
    return count, by_chance


def _with_q(told: list[tuple[ClassSeen, float]]) -> list[ClassSeen]:
    p: NDArray[np.float64] = np.array([value for _, value in told], dtype=np.float64)
    q = np.full(len(p), np.nan)
    q[~np.isnan(p)] = benjamini_hochberg(p[~np.isnan(p)])
    return [replace(one, q_value=float(value)) for (one, _), value in zip(told, q, strict=True)]
