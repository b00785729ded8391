"""Findings to candidates: those that share most of their incidents become one, and identities last."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Protocol, TypeVar

import numpy as np
import pandas as pd

from opex.domain.decisions import Entry
from opex.domain.opportunities import Candidate, Reason, Removal
from opex.evidence.facts import Facts
from opex.evidence.finders import FINDERS, Finder
from opex.evidence.findings import Finding
from opex.evidence.identity import MOST, Known, identified, known_of, stories
from opex.evidence.recurring import grouped_incidents, theme
from opex.evidence.theme_edits import names

__all__ = ["MOST", "Keep", "Known", "assemble", "evidence_table", "find", "identified", "known_of"]

T = TypeVar("T")
CHANGE_WINDOW = timedelta(hours=24)
MOST_CHANGES = 200

# What each finder proposes to do, and how much of the pain that takes away when nobody has judged it yet. Assumed,
# and the page says so: no study gives such shares, so they are wide, and the first thing to correct.
_ACTIONS: dict[str, tuple[str, Removal]] = {
    "theme": ("Find and remove the common cause", Removal(low=0.3, likely=0.6, high=0.9)),
    "risky_changes": ("Put changes of {system} behind a flag, canary or check", Removal(low=0.2, likely=0.4, high=0.7)),
    "slow_recovery": ("Make {system} quicker to recover: runbook, rollback", Removal(low=0.1, likely=0.3, high=0.5)),
    "worsening_trend": ("Find what drives it and stop the rise", Removal(low=0.2, likely=0.4, high=0.6)),
    "environment_gap": ("Let test show it: load, data, checks", Removal(low=0.1, likely=0.3, high=0.6)),
    "area": ("Make {where} more reliable", Removal(low=0.1, likely=0.25, high=0.5)),
}  # fmt: skip


class Keep(Protocol):
    """How to keep what depends on facts and instant alone, by a name: the slow part of a find."""

    def __call__(self, name: str, make: Callable[[], T], /) -> T:
        """What was kept under that name, or what ``make`` gives."""


def _make(name: str, make: Callable[[], T], /) -> T:
    return make()


def find(
    facts: Facts,
    as_of: datetime,
    known: Sequence[Known] = (),
    progress: Callable[[float, str], None] | None = None,
    *,
    edits: Sequence[Entry] = (),
    keep: Keep = _make,
) -> list[Candidate]:
    """Ask every finder and put what they say together. The most incidents come first (ties: id).

    ``edits`` are what people corrected of themes; a new one asks only for what ``keep`` does not have.
    """
    findings: list[Finding] = []
    for position, finder in enumerate(FINDERS):
        if progress is not None:
            progress(position / len(FINDERS), finder.__name__.replace("_", " "))
        if finder is theme:
            findings += theme(facts, as_of, keep("theme", lambda: grouped_incidents(facts)), edits)
        else:
            findings += keep(finder.__name__, partial(_listed, finder, facts, as_of))
    return assemble(findings, facts, known, as_of=as_of, names=names(edits))


def _listed(finder: Finder, facts: Facts, as_of: datetime) -> list[Finding]:
    return list(finder(facts, as_of))


def assemble(
    findings: Sequence[Finding],
    facts: Facts,
    known: Sequence[Known] = (),
    *,
    as_of: datetime | None = None,
    names: Mapping[str, str] = MappingProxyType({}),
) -> list[Candidate]:
    """Candidates from findings: one for each group of findings that share most of their incidents.

    A finding joins an earlier candidate (in the finders' order: themes first) when they share more than half of all
    the incidents that either has, or when both are about one system and one environment and the smaller has four in
    five of its incidents in the larger, which is at most twice its size. Two themes never join. The first finding
    leads: the candidate has its name and its incidents. ``names`` are names that people gave, by id. With ``as_of``
    it is told what befell themes since the find before.
    """
    groups: list[list[Finding]] = []
    members: list[frozenset[str]] = []
    for finding in findings:
        incidents = frozenset(finding.incidents)
        home = next((n for n, of in enumerate(members) if _joins(finding, incidents, groups[n][0], of)), None)
        if home is None:
            groups.append([finding])
            members.append(incidents)
        else:
            groups[home].append(finding)
    leads = [group[0] for group in groups]
    ids = identified(leads, known)
    told: Sequence[tuple[str, ...]] = stories(leads, ids, known, as_of) if as_of else [()] * len(ids)
    before = _ChangesBefore(facts)
    found = [
        _candidate(of, group, before, names.get(of, ""), story)
        for of, group, story in zip(ids, groups, told, strict=True)
    ]
    return sorted(found, key=lambda candidate: (-len(candidate.incidents), candidate.id))


def _joins(finding: Finding, incidents: frozenset[str], lead: Finding, of: frozenset[str]) -> bool:
    if not incidents or not of or (finding.finder == "theme" and lead.finder == "theme"):
        return False
    common, smaller, larger = len(incidents & of), min(len(incidents), len(of)), max(len(incidents), len(of))
    if common > MOST * len(incidents | of):
        return True
    alike = finding.system is not None and (finding.system, finding.environment) == (lead.system, lead.environment)
    return alike and common >= 0.8 * smaller and larger <= 2 * smaller


def _candidate(
    of: str, group: Sequence[Finding], before: "_ChangesBefore", name: str, story: tuple[str, ...]
) -> Candidate:
    lead = group[0]
    action, removes = _ACTIONS[lead.finder]
    where = ", ".join(part for part in (lead.system, lead.category) if part)
    label = name or (lead.label if len(lead.label) <= 90 else lead.label[:87].rstrip() + "…")
    return Candidate(
        id=of,
        key=lead.key,
        title=name or label[:1].upper() + label[1:],
        action=action.format(label=label, system=lead.system, where=where),
        removes=removes,
        system=lead.system,
        environment=lead.environment,
        category=lead.category,
        metric=lead.metric,
        incidents=lead.incidents,
        changes=next((finding.changes for finding in group if finding.changes), before.of(lead.incidents))[
            :MOST_CHANGES
        ],
        reasons=tuple(_reason(finding) for finding in group),
        theme=replace(lead.theme, story=story) if lead.theme else None,
    )


def _reason(finding: Finding) -> Reason:
    return Reason(
        finder=finding.finder,
        why=finding.why,
        falsifier=finding.falsifier,
        effect=finding.effect,
        low=finding.low,
        high=finding.high,
        unit=finding.unit,
        incidents=len(finding.incidents),
    )


class _ChangesBefore:
    """The changes of an incident's systems in the day before it: what to look at first, and no accusation."""

    def __init__(self, facts: Facts) -> None:
        changes = facts.changes.rename(columns={"id": "change_id"})[["change_id", "started_at"]]
        pairs = facts.change_systems.merge(changes, on="change_id").sort_values("started_at", kind="stable")
        self._by_system = {
            system: (own["started_at"].astype("int64").to_numpy(), own["change_id"].to_numpy())
            for system, own in pairs.groupby("system")
        }
        incidents = facts.incidents.rename(columns={"id": "incident_id"})[["incident_id", "started_at"]]
        touched = facts.incident_systems.merge(incidents, on="incident_id")
        touched = touched.assign(at=touched["started_at"].astype("int64"))
        self._incidents = touched.groupby("incident_id")[["system", "at"]].agg(tuple).to_dict("index")

    def of(self, incidents: Sequence[str]) -> tuple[str, ...]:
        """Their ids, the latest first, at most two hundred."""
        window = int(CHANGE_WINDOW / timedelta(microseconds=1))
        found: dict[str, int] = {}
        for incident in incidents:
            for at, change in self._before(incident, window):
                found[change] = max(at, found.get(change, at))
        return tuple(sorted(found, key=lambda change: (-found[change], change))[:MOST_CHANGES])

    def _before(self, incident: str, window: int) -> Iterator[tuple[int, str]]:
        touched = self._incidents.get(incident)
        if touched is None:
            return
        for system, at in zip(touched["system"], touched["at"], strict=True):
            if system in self._by_system:
                times, changes = self._by_system[system]
                first, last = np.searchsorted(times, [at - window, at + 1])
                yield from zip(times[first:last].tolist(), changes[first:last].tolist(), strict=True)


def evidence_table(facts: Facts, incidents: Sequence[str]) -> pd.DataFrame:
    """These incidents, newest first: the rows that a person reads to check a finding."""
    rows = facts.incidents[facts.incidents["id"].isin(set(incidents))]
    return rows.sort_values(["started_at", "id"], ascending=[False, True], ignore_index=True)
