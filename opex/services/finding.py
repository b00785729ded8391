"""Find: candidates as of an instant, with identities that last."""

from datetime import datetime

import pandas as pd

from opex.domain.opportunities import Candidate
from opex.domain.problems import NotEnoughData
from opex.evidence.candidates import evidence_table, find, known_of
from opex.services.context import Context, Progress, give_back
from opex.services.knowing import Known, known
from opex.store import decisions
from opex.store.database import Busy

__all__ = ["METHOD", "candidates", "evidence"]

METHOD = "2026-11-23"  # raise it when finders change: then every workspace finds anew


def candidates(context: Context, as_of: datetime | None = None, progress: Progress | None = None) -> list[Candidate]:
    """The candidates of that instant, in the finders' order, followed by earlier ones that are remembered.

    Finding is done once for each state of the facts and kept in the workspace. An instant of the past is found for
    itself and not kept; it uses the same identities.
    """
    now = known(context, as_of)
    if isinstance(now, NotEnoughData):
        return []
    key = f"{METHOD}|{now.revision}|{now.as_of.isoformat()}"
    if as_of is not None:
        return context.memory.get("found", key, lambda: _find(context, now, progress))
    if decisions.found_under(context.database) != key:
        found = context.memory.get("found", key, lambda: _find(context, now, progress))
        try:
            decisions.save_candidates(context.database, key, found)
        except Busy:
            return found  # somebody is loading: a reader waits for nobody, and the next one saves
    decided = context.database.revisions()["decisions"]
    return context.memory.get("candidates", (key, decided), lambda: _remembered(context))


def _find(context: Context, now: Known, progress: Progress | None) -> list[Candidate]:
    earlier = [remembered.candidate for remembered in decisions.candidates(context.database)]
    found = find(now.facts, now.as_of, known_of(earlier), progress)
    give_back()
    return found


def _remembered(context: Context) -> list[Candidate]:
    spoken_of = {entry.opportunity for entry in decisions.journal(context.database)}
    kept = decisions.candidates(context.database)
    return [r.candidate for r in kept if r.found or r.candidate.id in spoken_of]


def evidence(context: Context, incidents: list[str], as_of: datetime | None = None) -> pd.DataFrame:
    """These incidents, newest first, with ``hours`` lost: the rows that a person reads to check an insight."""
    now = known(context, as_of)
    if isinstance(now, NotEnoughData):
        return pd.DataFrame(columns=["id", "title", "hours"])
    table = evidence_table(now.facts, incidents)
    hours = pd.Series(now.hours.to_numpy(), index=now.facts.incidents["id"])
    return table.assign(hours=table["id"].map(hours))
