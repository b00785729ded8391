"""Identities that last: which candidate is which earlier one, and what befell a theme as data grew."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from opex.domain.opportunities import Candidate
from opex.evidence.findings import Finding

__all__ = ["BY_PEOPLE", "MOST", "SIZEABLE", "Known", "identified", "known_of", "stories"]

MOST = 0.5
"""A theme that holds more than this share of an earlier one's incidents is that one."""

SIZEABLE = 0.25
"""A part of a theme of at least this share, and of two incidents, is worth a word when it goes elsewhere."""

BY_PEOPLE = "split "
"""How the key of a theme begins that a person split off: it came about by no data."""

LONGEST_STORY = 5


@dataclass(frozen=True, kw_only=True)
class Known:
    """A candidate of an earlier find: its identity, what led to it, and its incidents then.

    ``incidents`` of a theme that people corrected are those by which it is known (`Theme.known_by`). ``found`` says
    whether the last find still had it, ``story`` what had befallen it by then.
    """

    id: str
    finder: str
    key: str
    incidents: frozenset[str]
    title: str = ""
    found: bool = True
    story: tuple[str, ...] = ()


def known_of(candidates: Sequence[Candidate], gone: Sequence[Candidate] = ()) -> list[Known]:
    """What to remember of candidates for the next find; ``gone`` are those that the last one had no more."""
    told = [(candidate, True) for candidate in candidates] + [(candidate, False) for candidate in gone]
    return [
        Known(
            id=c.id,
            finder=c.lead.finder,
            key=c.key,
            incidents=frozenset((c.theme and c.theme.known_by) or c.incidents),
            title=c.title,
            found=found,
            story=c.theme.story if c.theme else (),
        )
        for c, found in told
    ]


def identified(leads: Sequence[Finding], known: Sequence[Known]) -> list[str]:
    """The id of each candidate: an earlier one's where it is the same, else a new one from finder and key.

    A finding is the same as a known candidate of its finder when the key is equal, or (for themes, whose first
    incident may change as older data comes in) when they share the most incidents and more than half of the
    known ones. The best match is taken first, and each identity is given once. A theme that people corrected is known
    by what it was without their correction, so that it keeps its id when they make one and when they withdraw it.
    """
    ids: list[str | None] = [None] * len(leads)
    free = {candidate.id: candidate for candidate in known}
    matches = []
    for position, lead in enumerate(leads):
        incidents = _known_by(lead)
        for candidate in known:
            if candidate.finder != lead.finder:
                continue
            common = len(incidents & candidate.incidents)
            same_key = candidate.key == lead.key
            if lead.finder == "theme":
                same = bool(same_key and common) or common > MOST * len(candidate.incidents)
            else:
                same = same_key
            if same:
                matches.append((-common, -int(same_key), position, candidate.id))
    for _, _, position, of in sorted(matches):
        if ids[position] is None and of in free:
            ids[position] = free.pop(of).id
    taken = {candidate.id for candidate in known}
    return [given or _new_id(lead, taken) for given, lead in zip(ids, leads, strict=True)]


def _known_by(lead: Finding) -> frozenset[str]:
    return frozenset((lead.theme and lead.theme.known_by) or lead.incidents)


def _new_id(lead: Finding, taken: set[str]) -> str:
    salt = 0
    while True:
        text = f"{lead.finder}|{lead.key}" + (f"|{salt}" if salt else "")
        made = f"{lead.finder.split('_')[0]}-{hashlib.blake2b(text.encode(), digest_size=4).hexdigest()}"
        if made not in taken:
            taken.add(made)
            return made
        salt += 1


def stories(
    leads: Sequence[Finding], ids: Sequence[str], known: Sequence[Known], as_of: datetime
) -> list[tuple[str, ...]]:
    """What befell each theme: its earlier story, and whether by itself it took another one in or gave a part away.

    Told of a known theme of the last find when another theme than its own now holds a sizeable part of it, or, if it
    is no more, most of it. What people merged and split is no such event. The last five sentences are kept; others
    than themes have no story.
    """
    told: list[list[str]] = [[] for _ in leads]
    place = {of: position for position, of in enumerate(ids)}
    for old in known:
        if old.finder == "theme" and old.id in place:
            told[place[old.id]] += old.story
    home = {
        incident: position
        for position, lead in enumerate(leads)
        if lead.finder == "theme" and not lead.key.startswith(BY_PEOPLE)
        for incident in _known_by(lead)
    }
    before = {old.id for old in known}
    for old in sorted(known, key=lambda old: old.id):
        if old.finder == "theme" and old.found and not old.key.startswith(BY_PEOPLE):
            _tell(old, place.get(old.id), home, [of in before for of in ids], leads, told, f"{as_of:%-d %b %Y}")
    return [tuple(sentences[-LONGEST_STORY:]) for sentences in told]


def _tell(
    old: Known,
    own: int | None,
    home: dict[str, int],
    earlier: Sequence[bool],
    leads: Sequence[Finding],
    told: list[list[str]],
    day: str,
) -> None:
    parts = Counter(home[incident] for incident in old.incidents if incident in home)
    for position, count in sorted(parts.items()):
        if position == own or count < max(2, SIZEABLE * len(old.incidents)):
            continue
        if own is None and count > MOST * len(old.incidents):
            told[position].append(
                f"It was two themes until {day}: “{old.title}” ({count} incidents) flowed into it by itself."
            )
        elif earlier[position]:
            told[position].append(f"Since {day} it holds {count} incidents that belonged to “{old.title}”.")
        else:
            told[position].append(
                f"It was a part of “{old.title}” until {day} ({count} incidents) and parted by itself."
            )
        if own is not None:
            told[own].append(f"Until {day} it held {count} incidents that are in “{leads[position].label}” now.")
