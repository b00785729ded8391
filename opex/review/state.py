"""Candidates and the journal to opportunities: what stands, what was said of it, and what brings it back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

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
    Withdrawn,
)
from opex.domain.opportunities import Candidate, Comment, Opportunity, Removal, Strike, Verdict
from opex.domain.sessions import INSIGHT, Settled

__all__ = ["moves", "opportunities", "standing"]


GROUP = "the group"
"""Who speaks where people settled on something together that is not the median of what each said."""


def standing(entries: Iterable[Entry]) -> list[Entry]:
    """The entries that nobody withdrew, in their order. A withdrawal can itself be withdrawn."""
    everything = list(entries)
    gone: set[int] = set()
    for entry in reversed(everything):
        if isinstance(entry.saying, Withdrawn) and entry.seq not in gone:
            gone.add(entry.saying.seq)
    return [entry for entry in everything if entry.seq not in gone and not isinstance(entry.saying, Withdrawn)]


def opportunities(candidates: Sequence[Candidate], entries: Sequence[Entry], as_of: datetime) -> dict[str, Opportunity]:
    """Every opportunity by id: candidates first in their order, then those proposed by hand.

    A declined one whose tripwire has fired stands as unreviewed again and says why. A merged one hands its
    evidence to the one it was merged into.
    """
    found = {candidate.id: _from(candidate) for candidate in candidates}
    declines: dict[str, Declined] = {}
    drafts: dict[str, _Draft] = {}
    for entry in standing(entries):
        of = entry.opportunity
        if isinstance(entry.saying, Proposed):
            found[of] = _by_hand(of, entry.saying)
            drafts[of] = dict(vars(found[of]))
        if of in found:
            if of not in drafts:
                drafts[of] = dict(vars(found[of]))
            drafts[of].update(_said(drafts[of], entry))
            if isinstance(entry.saying, Declined):
                declines[of] = entry.saying
    found |= {of: Opportunity(**draft) for of, draft in drafts.items()}
    _join_themes(found, entries)
    for of, said in declines.items():
        if found[of].status == "declined":
            found[of] = _back_when_due(found[of], said, as_of)
    versions: dict[str, int] = {}
    for entry in entries:
        versions[entry.opportunity] = entry.seq
    known = {of: replace(o, version=versions.get(of, 0)) for of, o in found.items()}
    return _merged(known)


def _join_themes(found: dict[str, Opportunity], entries: Sequence[Entry]) -> None:
    for entry in standing(entries):
        if isinstance(entry.saying, ThemesMerged):
            other, into = entry.saying.other, entry.opportunity
            if other in found and into in found:
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


def _merged(found: Mapping[str, Opportunity]) -> dict[str, Opportunity]:
    known = dict(found)
    for opportunity in found.values():
        home = _home(opportunity, found)
        if home is not None:
            target = known[home]
            incidents = tuple(dict.fromkeys((*target.incidents, *opportunity.evidence)))
            known[home] = replace(target, incidents=incidents, merged_from=(*target.merged_from, opportunity.id))
    return known


def _home(opportunity: Opportunity, found: Mapping[str, Opportunity]) -> str | None:
    seen = {opportunity.id}
    here = opportunity
    while here.status == "merged" and here.merged_into is not None:
        if here.merged_into not in found or here.merged_into in seen:
            break
        seen.add(here.merged_into)
        here = found[here.merged_into]
    return None if here.id == opportunity.id or here.status == "merged" else here.id


def moves(entries: Sequence[Entry]) -> list[Entry]:
    """The moves that stand, oldest first; of several moves of one opportunity the last one counts."""
    last: dict[str, Entry] = {}
    for entry in standing(entries):
        if isinstance(entry.saying, Moved):
            last.pop(entry.opportunity, None)
            last[entry.opportunity] = entry
    return list(last.values())
