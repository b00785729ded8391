"""Discretion: what is shown to some roles only. Whatever is read for showing goes through `unseen`; nothing is deleted.

An opportunity or an incident that was restricted (`opex.services.discretion`) stays where it is: it is ranked, counted
and found from as before, so that everybody speaks of the same ranks. Who may not see it gets neither its words nor who
said what of it. Services that compute for everybody ask as `inside`, and what leaves them is masked for who asked.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from opex.domain.decisions import Entry, Proposed, Restricted, Saying
from opex.domain.noted import Noted
from opex.domain.opportunities import Opportunity, Strike
from opex.domain.people import OPERATOR
from opex.review.journal import standing
from opex.services import spoken
from opex.services.context import Context
from opex.services.permissions import role

__all__ = [
    "NOT_SHOWN", "RESTRICTED", "hidden_from", "inside", "masked", "restrictions", "seen_entries", "seen_item",
    "seen_noted", "unseen",
]  # fmt: skip

RESTRICTED, NOT_SHOWN = "Restricted", "Not shown to your role"


def inside(context: Context) -> Context:
    """The same workspace with eyes for everything: to compute and to keep what is the same for all, never to show."""
    return replace(context, asker=OPERATOR, team=False)


def restrictions(context: Context) -> Mapping[str, frozenset[str]]:
    """Every opportunity and incident that not everybody sees, by id, and the roles that do."""
    decided = context.database.revisions()["decisions"]
    return context.memory.get("restrictions", decided, lambda: _standing(spoken.entries(context)))


def _standing(entries: Sequence[Entry]) -> dict[str, frozenset[str]]:
    """What was said last of each; a part that was split off is seen by those who see the whole, until it is said."""
    said: dict[str, frozenset[str]] = {}
    for entry in standing(entries, Restricted, Proposed):
        if isinstance(entry.saying, Restricted):
            said[entry.opportunity] = frozenset(entry.saying.roles)
        elif isinstance(entry.saying, Proposed) and entry.saying.split_from in said:
            said.setdefault(entry.opportunity, said[entry.saying.split_from])
    return {subject: roles for subject, roles in said.items() if roles}


def unseen(context: Context) -> frozenset[str]:
    """The ids of the opportunities and incidents that who asks may not see; none for the operator of a machine."""
    if context.asker.local and not context.team:
        return frozenset()
    return hidden_from(context, role(context)) if restrictions(context) else frozenset()


def hidden_from(context: Context, eyes: str) -> frozenset[str]:
    """The ids of the opportunities and incidents that people of this role do not see."""
    return frozenset(subject for subject, roles in restrictions(context).items() if eyes not in roles)


def masked(item: Opportunity) -> Opportunity:
    """As much of it as everybody may know: that it is there, where it stands, and the numbers that rank it."""
    return Opportunity(
        id=item.id, title=RESTRICTED, action=NOT_SHOWN, removes=item.removes, removes_assumed=item.removes_assumed,
        status=item.status, effort_days=item.effort_days, seen_by=item.seen_by, version=item.version,
    )  # fmt: skip


def seen_item(item: Opportunity, hidden: frozenset[str]) -> Opportunity:
    """The opportunity as somebody sees it to whom these ids are not shown."""
    if item.id in hidden:
        return masked(item)
    if not any(strike.incident in hidden for strike in item.strikes):
        return item
    return replace(item, strikes=tuple(_seen_strike(strike, hidden) for strike in item.strikes))


def _seen_strike(strike: Strike, hidden: frozenset[str]) -> Strike:
    return replace(strike, reason=NOT_SHOWN) if strike.incident in hidden else strike


def seen_entries(context: Context, entries: Iterable[Entry]) -> list[Entry]:
    """The entries of a journal without what was said of things that who asks may not see."""
    hidden = unseen(context)
    return [entry for entry in entries if entry.opportunity not in hidden and not _names(entry.saying) & hidden]


def seen_noted(context: Context, entries: Sequence[Noted]) -> list[Noted]:
    """The entries of the log, without what they tell of things that who asks may not see; the chain stays whole."""
    hidden = unseen(context)
    return [
        replace(entry, what={"restricted": NOT_SHOWN}, salt=None) if hidden & {*_spoken_of(entry)} else entry
        for entry in entries
    ]


def _spoken_of(entry: Noted) -> Iterator[str]:
    """The texts of an entry that may be the id of a thing: its subject, a part of it, and every text in its body."""
    yield entry.subject
    yield from entry.subject.split(":")
    yield from _texts(entry.what)


def _texts(told: Any) -> Iterator[str]:
    if isinstance(told, str):
        yield told
    elif isinstance(told, Mapping):
        yield from (str(name) for name in told)
        yield from chain.from_iterable(map(_texts, told.values()))
    elif isinstance(told, Iterable):
        yield from chain.from_iterable(map(_texts, told))


def _names(saying: Saying) -> set[str]:
    """What a saying speaks of beside its subject."""
    spoken = ("item", "incident", "other", "first", "second")
    return {str(getattr(saying, name)) for name in spoken if getattr(saying, name, None)}
