"""Find: candidates as of an instant, with identities that last."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import TypeVar

import pandas as pd

from opex.domain.decisions import Entry, ThemesMerged
from opex.domain.opportunities import Candidate
from opex.domain.problems import NotEnoughData
from opex.evidence.candidates import evidence_table, find, known_of
from opex.evidence.theme_edits import EDITS
from opex.review.journal import standing
from opex.services import spoken
from opex.services.context import Context, Progress, give_back
from opex.services.knowing import Known, known
from opex.services.seeing import inside, seen_entries, unseen
from opex.store import decisions
from opex.store.database import Busy

__all__ = ["METHOD", "candidates", "current", "evidence", "found_in", "theme_edits"]

T = TypeVar("T")

METHOD = "2026-11-28"  # raise it when finders change: then every workspace finds anew


def candidates(context: Context, as_of: datetime | None = None, progress: Progress | None = None) -> list[Candidate]:
    """The candidates of that instant, in the finders' order, followed by earlier ones that are remembered.

    Finding is done once for each state of the facts and kept in the workspace. An instant of the past is found for
    itself and not kept; it uses the same identities. Those that are not shown to who asks are left out.
    """
    if hidden := unseen(context):
        found = candidates(inside(context), as_of, progress)
        return [candidate for candidate in found if candidate.id not in hidden]
    now = known(context, as_of)
    return [] if isinstance(now, NotEnoughData) else found_in(context, now, past=as_of is not None, progress=progress)


def found_in(context: Context, now: Known, *, past: bool = False, progress: Progress | None = None) -> list[Candidate]:
    """The same of what is known already; ``past`` where somebody asked for an instant."""
    decided = now.revisions["decisions"]
    said = context.memory.get("theme edits", decided, lambda: _theme_edits(context, now.revisions))
    key = f"{METHOD}|{now.revision}|{now.as_of.isoformat()}{_named(said)}"
    if past:
        return context.memory.get("found", key, lambda: _find(context, now, said, progress, past=True))
    if decisions.found_under(context.database) != key:
        found = context.memory.get("found", key, lambda: _find(context, now, said, progress))
        try:
            decisions.save_candidates(context.database, key, found)
        except Busy:
            return found  # somebody is loading: a reader waits for nobody, and the next one saves
        decided = context.database.revisions()["decisions"]
    return context.memory.get("candidates", (key, decided), lambda: _remembered(context, key, now.revisions))


def theme_edits(context: Context) -> list[Entry]:
    """What people corrected of themes, as it stands, oldest first; without what is not shown to who asks."""
    if unseen(context):
        return seen_entries(context, theme_edits(inside(context)))
    revisions = context.database.revisions()
    return context.memory.get("theme edits", revisions["decisions"], lambda: _theme_edits(context, revisions))


def _theme_edits(context: Context, revisions: Mapping[str, int]) -> list[Entry]:
    return list(standing(spoken.entries(context, revisions), *EDITS))


def _named(edits: Sequence[Entry]) -> str:
    """The part of a find's key that names the corrections in it; entries never change, so their numbers do."""
    if not edits:
        return ""
    numbers = ",".join(str(entry.seq) for entry in edits)
    return f"|{blake2b(numbers.encode(), digest_size=8).hexdigest()}"


def _find(
    context: Context, now: Known, edits: Sequence[Entry], progress: Progress | None, *, past: bool = False
) -> list[Candidate]:
    """Find anew; what depends on facts and instant alone is kept, so that a correction of themes is quick."""
    earlier = decisions.candidates(context.database)
    found = [] if past else [r.candidate for r in earlier if r.found]
    gone = [r.candidate for r in earlier if past or not r.found]
    known = known_of(found, gone)
    if past:
        known = [replace(one, story=()) for one in known]  # what befell a theme later is not known then

    def keep(name: str, make: Callable[[], T], /) -> T:
        return context.memory.get(f"found: {name}", (METHOD, now.revision, now.as_of), make)

    made = find(now.facts, now.as_of, known, progress, edits=edits, keep=keep)
    give_back()
    return made


def current(context: Context) -> list[Candidate]:
    """The candidates of the last find alone, without those that are only remembered."""
    everyone = candidates(context)
    decided = context.database.revisions()["decisions"]
    found = context.memory.get(
        "current", decided, lambda: {r.candidate.id for r in decisions.candidates(context.database) if r.found}
    )
    return [candidate for candidate in everyone if candidate.id in found]


def _remembered(context: Context, key: str, revisions: Mapping[str, int]) -> list[Candidate]:
    entries = spoken.entries(context, revisions)
    joined = (entry.saying for entry in standing(entries, ThemesMerged))
    spoken_of = {*entries.versions, *(said.other for said in joined if isinstance(said, ThemesMerged))}
    finds = len(entries) - len(entries.standing), len(standing(entries, *EDITS))  # an edit or its withdrawal is new
    kept_as = (key, finds, revisions["people"])  # a forgotten person's name is replaced in candidates too
    kept = context.memory.get("kept candidates", kept_as, lambda: decisions.candidates(context.database))
    return [r.candidate for r in kept if r.found or r.candidate.id in spoken_of]


def evidence(context: Context, incidents: list[str], as_of: datetime | None = None) -> pd.DataFrame:
    """These incidents, newest first, with ``hours`` lost: the rows that a person reads to check an insight."""
    now = known(context, as_of)
    if isinstance(now, NotEnoughData):
        return pd.DataFrame(columns=["id", "title", "hours"])
    table = evidence_table(now.facts, incidents)
    hours = pd.Series(now.hours.to_numpy(), index=now.facts.incidents["id"])
    return table.assign(hours=table["id"].map(hours))
