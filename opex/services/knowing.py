"""What is known: facts as of an instant, kept in memory until a load or the catalogue changes them."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import pandas as pd

from opex.domain.problems import NotEnoughData
from opex.domain.systems import Catalogue
from opex.evidence.facts import Facts, hours_lost, newest_fact, prepare, until
from opex.services.context import Context, give_back
from opex.services.permissions import by, needs
from opex.services.seeing import NOT_SHOWN, RESTRICTED, inside, unseen
from opex.store import decisions, facts

__all__ = ["Known", "catalogue", "known", "save_catalogue", "sizes", "text_of"]


@dataclass(frozen=True)
class Known:
    """Facts as of an instant, with what every ranking needs of them.

    ``hours`` is aligned with ``facts.incidents``; ``systems_of`` counts the systems of each incident, by id.
    ``revision`` names the facts and whose eyes see them: what is derived from them can be kept under it.
    ``revisions`` are all those of the workspace when it was asked: what is kept under them is at least as new.
    """

    facts: Facts
    as_of: datetime
    hours: pd.Series
    systems_of: pd.Series
    revision: Hashable
    revisions: Mapping[str, int] = field(default_factory=dict)


def known(context: Context, as_of: datetime | None = None) -> Known | NotEnoughData:
    """What is known as of that instant, or as of the newest fact; without the words of incidents not shown to who asks.

    Restricted incidents count as before: their times, systems, environment, severity and class stay.
    """
    hidden = unseen(context)
    if not hidden:
        return _whole(context, as_of)
    whole = _whole(inside(context), as_of)
    if isinstance(whole, NotEnoughData):
        return whole
    here = frozenset(whole.facts.incidents.loc[whole.facts.incidents["id"].isin(hidden), "id"])
    if not here:
        return whole
    key = (whole.revision, whole.as_of, here)
    return replace(context.memory.get("seen facts", key, lambda: _seen(whole, here)), revisions=whole.revisions)


_WORDS = ("description", "team", "url", "tags")


def _seen(whole: Known, hidden: frozenset[str]) -> Known:
    incidents = whole.facts.incidents.copy()
    rows = incidents["id"].isin(hidden)
    incidents.loc[rows, "title"] = RESTRICTED
    for column in [name for name in _WORDS if name in incidents]:
        incidents.loc[rows, column] = None
    return replace(whole, facts=replace(whole.facts, incidents=incidents), revision=(whole.revision, hidden))


def _whole(context: Context, as_of: datetime | None = None) -> Known | NotEnoughData:
    revisions = context.database.revisions()
    revision = revisions["facts"]
    everything = context.memory.get("facts", revision, lambda: _read(context))
    moment = as_of or context.memory.get("newest fact", revision, lambda: newest_fact(everything))
    if moment is None:
        return NotEnoughData(have=0, need=1, what="facts")
    seen = context.memory.get("known", (revision, moment), lambda: _known(everything, moment, revision))
    return replace(seen, revisions=revisions)


def _read(context: Context) -> Facts:
    db = context.database
    read = prepare(
        facts.read(db, "incidents"),
        facts.read_incident_systems(db),
        facts.read(db, "changes"),
        facts.read(db, "readings"),
        decisions.catalogue(db),
    )
    give_back()
    return read


def _known(everything: Facts, as_of: datetime, revision: int) -> Known:
    then = until(everything, as_of)
    return Known(
        facts=then,
        as_of=as_of,
        hours=hours_lost(then.incidents, as_of),
        systems_of=then.incident_systems.groupby("incident_id").size(),
        revision=revision,
    )


def sizes(context: Context) -> dict[str, int]:
    """How many incidents, changes and readings the workspace holds."""
    return facts.counts(context.database)


def text_of(context: Context, incidents: list[str]) -> dict[str, str]:
    """What was written about these incidents, by id."""
    hidden = unseen(context).intersection(incidents)
    shown = facts.descriptions(context.database, [one for one in incidents if one not in hidden])
    return {one: NOT_SHOWN if one in hidden else shown[one] for one in incidents if one in hidden or one in shown}


def catalogue(context: Context) -> Catalogue:
    """The system catalogue in force."""
    return decisions.catalogue(context.database)


@needs("decide")
def save_catalogue(context: Context, corrected: Catalogue, *, person: str = "") -> None:
    """Put a corrected catalogue in force: incidents and changes meet by it at once."""
    decisions.save_catalogue(context.database, corrected, by=by(context, person))
