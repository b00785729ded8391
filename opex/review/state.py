"""Candidates and the journal to opportunities: what stands, what was said of it, and what brings it back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from opex.domain.decisions import (
    Accepted,
    Commented,
    Declined,
    Described,
    Entry,
    Merged,
    Moved,
    Proposed,
    Rated,
    Restricted,
    Struck,
    ThemesMerged,
    Validated,
)
from opex.domain.opportunities import Candidate, Comment, Opportunity, Removal, Strike, Verdict
from opex.domain.sessions import INSIGHT, Settled
from opex.review.journal import Journal, standing

__all__ = ["Fold", "moves", "opportunities"]

NOTHING: tuple[Entry, ...] = ()

GROUP = "the group"
"""Who speaks where people settled on something together that is not the median of what each said."""


def opportunities(candidates: Sequence[Candidate], entries: Sequence[Entry], as_of: datetime) -> dict[str, Opportunity]:
    """Every opportunity by id: candidates first in their order, then those proposed by hand.

    A declined one whose tripwire has fired stands as unreviewed again and says why; it counts incidents as the decline
    did, with those of what was merged into it. A merged one hands its evidence to the one it was merged into; of
    merges that go in a circle the oldest does not count.
    """
    return Fold().opportunities(candidates, entries, as_of)


class Fold:
    """The same again and again, as the journal grows: where nothing new was said, nothing is folded anew."""

    def __init__(self) -> None:
        self._made: dict[str, _Made] = {}

    def opportunities(
        self, candidates: Sequence[Candidate], entries: Sequence[Entry], as_of: datetime
    ) -> dict[str, Opportunity]:
        """Every opportunity by id, as the function of that name gives them."""
        journal = entries if isinstance(entries, Journal) else Journal(entries)
        subjects: dict[str, Candidate | None] = {candidate.id: candidate for candidate in candidates}
        for entry in standing(journal, Proposed):
            subjects.setdefault(entry.opportunity, None)
        self._made = {of: self._one(of, candidate, journal) for of, candidate in subjects.items()}
        found = {of: made.opportunity for of, made in self._made.items()}
        for entry in standing(journal, ThemesMerged):
            _join_themes(found, entry)
        for of in _merged_in_a_circle(found, standing(journal, Merged)):
            said = [entry for entry in journal.said_of[of] if not isinstance(entry.saying, Merged)]
            found[of] = _folded(of, subjects[of], said, journal.versions[of])
        found = _merged(found)
        for of, last in {entry.opportunity: entry.saying for entry in standing(journal, Declined)}.items():
            if isinstance(last, Declined) and of in found and found[of].status == "declined":
                found[of] = _back_when_due(found[of], last, as_of)
        return found

    def _one(self, of: str, candidate: Candidate | None, journal: Journal) -> "_Made":
        said, version = journal.said_of.get(of, NOTHING), journal.versions.get(of, 0)
        made = self._made.get(of)
        if made and made.candidate is candidate and made.said is said and made.opportunity.version == version:
            return made
        return _Made(candidate, said, _folded(of, candidate, said, version))


class _Made(NamedTuple):
    """An opportunity and what it was made of."""

    candidate: Candidate | None
    said: tuple[Entry, ...]
    opportunity: Opportunity


def _folded(of: str, candidate: Candidate | None, said: Sequence[Entry], version: int) -> Opportunity:
    draft: _Draft = dict(vars(_from(candidate))) if candidate else {}
    for entry in said:
        if isinstance(entry.saying, Proposed):
            draft = dict(vars(_by_hand(of, entry.saying)))
        if draft:
            draft.update(_said(draft, entry))
    return Opportunity(**draft | {"version": version})


def _join_themes(found: dict[str, Opportunity], entry: Entry) -> None:
    if isinstance(entry.saying, ThemesMerged):
        other, into = entry.saying.other, entry.opportunity
        if other in found and into in found and not _leads_to(other, into, found):
            found[other], found[into] = _one_theme(found[other], found[into])


def _one_theme(other: Opportunity, into: Opportunity) -> tuple[Opportunity, Opportunity]:
    """The theme that people joined to another one lies in it, and so do the strikes of its incidents."""
    struck = {strike.incident for strike in into.strikes}
    strikes = (*into.strikes, *(strike for strike in other.strikes if strike.incident not in struck))
    return replace(other, status="merged", merged_into=into.id), replace(into, strikes=strikes)


def _from(candidate: Candidate) -> Opportunity:
    return Opportunity(
        id=candidate.id,
        title=candidate.title,
        action=candidate.action,
        removes=candidate.removes,
        system=candidate.system,
        environment=candidate.environment,
        category=candidate.category,
        candidate=candidate,
        incidents=candidate.incidents,
    )


def _by_hand(of: str, said: Proposed) -> Opportunity:
    return Opportunity(
        id=of,
        title=said.title,
        action=said.action,
        removes=Removal(low=said.low, likely=said.likely, high=said.high),
        removes_assumed=False,
        status="accepted",
        system=said.system,
        environment=said.environment,
        by_hand=True,
        incidents=said.incidents,
    )


_Draft = dict[str, Any]
"""An opportunity's fields while it is folded: a new object for each entry would cost most of the time."""


def _said(draft: _Draft, entry: Entry) -> _Draft:
    """What an entry changes of it."""
    said, who = entry.saying, entry.person
    if isinstance(said, Accepted):
        return {"status": "accepted", "returned": "", "declined_for": "", "tripwire": ""}
    if isinstance(said, Declined):
        why = {"declined_for": said.reason, "tripwire": said.tripwire.sentence}
        return {"status": "declined", "returned": ""} | why
    if isinstance(said, Merged):
        return {"status": "merged", "merged_into": said.into}
    if isinstance(said, Described):
        return _described(said)
    if isinstance(said, Rated):
        levels = draft["ratings"].get(said.driver, {}) | {who.name: said.level}
        return {"ratings": draft["ratings"] | {said.driver: levels}}
    if isinstance(said, Settled):
        return _settled(draft, entry, said)
    if isinstance(said, Restricted):
        return {"seen_by": said.roles}
    if isinstance(said, Validated | Commented | Struck):
        return _remarked(draft, entry)
    return {}


def _settled(draft: _Draft, entry: Entry, said: Settled) -> _Draft:
    """What a group settled takes the place of what single people said before: their answers, or the one agreed on."""
    if (removes := said.removes) is not None:
        return {"removes": removes, "removes_assumed": False}
    median = said.how == "median"
    if said.question == INSIGHT:
        given = {p: str(v) for p, v in said.given.items() if v is not None} if median else {}
        told = given or {GROUP: str(said.value)}
        verdicts = tuple(
            Verdict(person=person, function=said.functions.get(person, GROUP), verdict=verdict, why=said.words,
                    impacts="", at=entry.at, seq=entry.seq)
            for person, verdict in told.items()
        )  # fmt: skip
        return {"verdicts": verdicts}
    levels = {person: int(v) for person, v in said.given.items() if isinstance(v, int)} if median else {}
    return {"ratings": draft["ratings"] | {said.question: levels or {GROUP: round(float(said.value or 0))}}}


def _remarked(draft: _Draft, entry: Entry) -> _Draft:
    said, who = entry.saying, entry.person
    marked: dict[str, Any] = {"person": who.name, "seq": entry.seq}
    if isinstance(said, Struck):
        others = tuple(s for s in draft["strikes"] if s.incident != said.incident)
        strike = Strike(incident=said.incident, reason=said.reason, **marked)
        return {"strikes": (*others, strike)}
    if isinstance(said, Validated):
        others_said = tuple(v for v in draft["verdicts"] if v.person != who.name)
        verdict = Verdict(
            function=who.function, verdict=said.verdict, why=said.why, impacts=said.impacts, at=entry.at, **marked
        )
        return {"verdicts": (*others_said, verdict)}
    if isinstance(said, Commented):
        return {"comments": (*draft["comments"], Comment(text=said.text, at=entry.at, **marked))}
    return {}


def _back_when_due(opportunity: Opportunity, said: Declined, as_of: datetime) -> Opportunity:
    wire = said.tripwire
    if not wire.fires(incidents=len(opportunity.evidence), as_of=as_of):
        return opportunity
    returned = f"Declined before ({said.reason}); it is back because its tripwire fired: {wire.sentence}."
    return replace(opportunity, status="unreviewed", returned=returned, tripwire="")


def _described(said: Described) -> _Draft:
    plain = ("title", "action", "effort_days", "owner", "status", "due")
    changed: _Draft = {name: told for name in plain if (told := getattr(said, name)) is not None}
    if said.removes is not None:
        changed |= {"removes": said.removes, "removes_assumed": False}
    return changed


def _merged_in_a_circle(found: Mapping[str, Opportunity], merges: Sequence[Entry]) -> list[str]:
    """Of each circle of merges the one that was merged first: that merge does not count, or all would be gone."""
    out: list[str] = []
    last = {entry.opportunity: entry.seq for entry in merges}
    for of in sorted(last, key=lambda one: last[one]):
        path = _path(of, found)
        if path and found[path[-1]].merged_into == of and not {*path} & {*out}:
            out.append(of)
    return out


def _path(of: str, found: Mapping[str, Opportunity]) -> list[str]:
    """An opportunity that was merged and those that it was merged into, one after the other, as far as merges go."""
    path: list[str] = []
    here: str | None = of
    while here is not None and here in found and here not in path and found[here].status == "merged":
        path.append(here)
        here = found[here].merged_into
    return path


def _leads_to(other: str, of: str, found: Mapping[str, Opportunity]) -> bool:
    path = _path(of, found)
    return bool(path) and other in {*path, found[path[-1]].merged_into}


def _merged(found: Mapping[str, Opportunity]) -> dict[str, Opportunity]:
    known = dict(found)
    for opportunity in [one for one in found.values() if one.status == "merged"]:
        home = found[_path(opportunity.id, found)[-1]].merged_into
        if home is not None and home in found and found[home].status != "merged":
            target = known[home]
            incidents = tuple(dict.fromkeys((*target.incidents, *opportunity.evidence)))
            known[home] = replace(target, incidents=incidents, merged_from=(*target.merged_from, opportunity.id))
    return known


def moves(entries: Sequence[Entry]) -> list[Entry]:
    """The moves that stand, oldest first; of several moves of one opportunity the last one counts."""
    last: dict[str, Entry] = {}
    for entry in standing(entries, Moved):
        last.pop(entry.opportunity, None)
        last[entry.opportunity] = entry
    return list(last.values())
