"""What people corrected of themes (renamed, merged, split), applied after the grouping, so that it holds as data grows.

A correction names incidents, never the number of a group: by them its themes are known again however incidents are
grouped later. Corrections apply in the order in which they were said, so that the later one wins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from opex.domain.decisions import Entry, ThemeRenamed, ThemesMerged, ThemeSplit
from opex.domain.opportunities import Candidate
from opex.evidence.identity import BY_PEOPLE, SIZEABLE
from opex.evidence.naming import in_order
from opex.evidence.rows import Floats, Ints, Sparse
from opex.evidence.themes import Grouped

__all__ = ["EDITS", "MOST_ANCHORS", "Edited", "applied", "builds_on", "made_by", "names", "unheld"]

EDITS = (ThemeRenamed, ThemesMerged, ThemeSplit)

MOST_ANCHORS = 1_000
"""Incidents that a correction names of each theme, at most."""


@dataclass(frozen=True)
class Edited:
    """Themes as people corrected them.

    Attributes
    ----------
    labels
        (n,) theme of each incident, numbered by size as those of `Themes`; -1 belongs nowhere.
    known_by
        For each theme the incidents by which it is known: its group as it was found, of the leading one where two
        were merged; the split-off ones of one that a person split off.
    keys, names
        Theme -> the key, and the name if one was given, of those that a person split off.
    """

    labels: Ints
    known_by: tuple[Ints, ...]
    keys: Mapping[int, str]
    names: Mapping[int, str]


def applied(found: Grouped, ids: Sequence[str], edits: Sequence[Entry]) -> Edited:
    """Themes with the corrections that stand.

    *Merge*: every group that holds at least a quarter of the themed anchors of either side is one theme. It does
    nothing while all anchors of a side belong nowhere. *Split*: the named incidents that are known are a theme of
    their own, if there are two; a later incident of their groups goes with them if it is nearer to their centre than
    to the centre of those that stayed (cosine on the rows that were compared; ties stay). A theme of less than two
    dissolves.

    Parameters
    ----------
    found
        How the incidents were grouped.
    ids
        Their ids, in the order in which they were grouped.
    edits
        Entries of the journal that stand; others than merges and splits are passed over.
    """
    state = _State(found.labels.copy(), _members(found.labels), {}, {})
    place = {of: row for row, of in enumerate(ids)} if edits else {}
    for entry in sorted(edits, key=lambda entry: entry.seq):
        said = entry.saying
        if isinstance(said, ThemesMerged):
            _merge(state, _rows(said.anchors, place), _rows(said.other_anchors, place))
        elif isinstance(said, ThemeSplit):
            number = _split(state, found, _rows(said.incidents, place), _rows(said.stays, place))
            if number is not None:
                state.keys[number], state.names[number] = made_by(entry), said.name
    labels = in_order(state.labels, 2)
    first = {int(state.labels[rows[0]]): int(labels[rows[0]]) for rows in _members(state.labels).values()}
    fresh = {new: old for old, new in first.items() if new >= 0}
    return Edited(
        labels,
        tuple(state.known_by[fresh[number]] for number in range(len(fresh))),
        {new: state.keys[old] for new, old in fresh.items() if old in state.keys},
        {new: state.names[old] for new, old in fresh.items() if state.names.get(old)},
    )


@dataclass
class _State:
    """Themes while corrections are applied one after the other; nobody else sees it."""

    labels: Ints
    known_by: dict[int, Ints]
    keys: dict[int, str]
    names: dict[int, str]


def _members(labels: Ints) -> dict[int, Ints]:
    order = np.argsort(labels, kind="stable")
    order = order[labels[order] >= 0]
    numbers, start = np.unique(labels[order], return_index=True)
    return dict(zip(numbers.tolist(), np.split(order, start[1:]), strict=True)) if len(numbers) else {}


def _rows(incidents: Sequence[str], place: Mapping[str, int]) -> Ints:
    return np.array(sorted({place[of] for of in incidents if of in place}), dtype=np.intp)


def _homes(labels: Ints, anchors: Ints) -> list[int]:
    """The groups that hold a sizeable share of those anchors that belong anywhere, most first."""
    held = labels[anchors]
    groups, count = np.unique(held[held >= 0], return_counts=True)
    order = np.lexsort((groups, -count))
    return [int(groups[n]) for n in order if count[n] >= SIZEABLE * count.sum()]


def _merge(state: _State, anchors: Ints, other_anchors: Ints) -> None:
    leading, others = _homes(state.labels, anchors), _homes(state.labels, other_anchors)
    if not leading or not others or {*leading, *others} == {leading[0]}:
        return
    into = leading[0]
    state.known_by[into] = np.unique(np.concatenate([state.known_by[number] for number in leading]))
    for number in {*leading, *others} - {into}:
        state.labels[state.labels == number] = into


def _split(state: _State, found: Grouped, parted: Ints, stayed: Ints) -> int | None:
    if len(parted) < 2:
        return None
    homes = {*_homes(state.labels, parted), *_homes(state.labels, stayed)}
    number = max(int(state.labels.max(initial=-1)), *state.known_by, -1) + 1
    state.labels[parted] = number
    mine = np.flatnonzero(np.isin(state.labels, sorted(homes)))
    later = np.setdiff1d(mine, stayed)
    stay = stayed if len(stayed) else later
    if len(later) and len(stay):
        rows = found.rows_of(later)
        nearer = _towards(rows, found.rows_of(parted)) > _towards(rows, found.rows_of(stay)) + 1e-9
        state.labels[later[nearer]] = number
    state.known_by[number] = np.flatnonzero(state.labels == number)
    return number


def _towards(rows: Sparse, others: Sparse) -> Floats:
    """Cosine of each row of length 1 to the centre of others."""
    centre = np.asarray(others.sum(axis=0)).ravel()
    return np.asarray(rows @ (centre / max(float(np.sqrt(centre @ centre)), 1e-12)), dtype=np.float64)


def made_by(entry: Entry) -> str:
    """The key of the theme that this split makes."""
    return f"{BY_PEOPLE}{entry.seq}"


def names(edits: Sequence[Entry]) -> dict[str, str]:
    """The names that people gave to themes, by id; the last one counts, and an empty one gives the name back."""
    said = {
        entry.opportunity: entry.saying.name
        for entry in sorted(edits, key=lambda entry: entry.seq)
        if isinstance(entry.saying, ThemeRenamed)
    }
    return {of: name for of, name in said.items() if name}


def unheld(edits: Sequence[Entry], found: Sequence[Candidate]) -> list[Entry]:
    """The corrections that do not hold in these candidates, because what they speak of is no theme any more.

    A merge holds while one theme has a sizeable share of the anchors of either side, a split while two of its incidents
    are in a theme together, a name while its theme is found or lies in another one by a merge.
    """
    members = [frozenset(candidate.incidents) for candidate in found if candidate.theme is not None]
    ids = {candidate.id for candidate in found}
    inside = {entry.saying.other for entry in edits if isinstance(entry.saying, ThemesMerged)}
    return [entry for entry in edits if not _holds(entry, members, ids | inside)]


def _holds(entry: Entry, members: Sequence[frozenset[str]], ids: set[str]) -> bool:
    said = entry.saying
    if isinstance(said, ThemesMerged):
        sides = [frozenset(said.anchors), frozenset(said.other_anchors)]
        least = [SIZEABLE * max(1, _themed(side, members)) for side in sides]
        return any(all(len(s & theme) >= n for s, n in zip(sides, least, strict=True)) for theme in members)
    if isinstance(said, ThemeSplit):
        return any(len(theme & frozenset(said.incidents)) >= 2 for theme in members)
    return entry.opportunity in ids


def _themed(side: frozenset[str], members: Sequence[frozenset[str]]) -> int:
    return sum(len(side & theme) for theme in members)


def builds_on(entry: Entry, later: Sequence[Entry], made: str | None) -> Entry | None:
    """The first later correction that speaks of what this one made, so that it must be withdrawn before it.

    ``made`` is the id of the theme that this one, if it is a split, split off.
    """
    for other in sorted(later, key=lambda other: other.seq):
        if other.seq <= entry.seq or isinstance(other.saying, ThemeRenamed):
            continue
        spoken_of = {other.opportunity, other.saying.other} if isinstance(other.saying, ThemesMerged) else {
            other.opportunity
        }  # fmt: skip
        if isinstance(entry.saying, ThemeSplit) and made in spoken_of:
            return other
        both_merge = isinstance(entry.saying, ThemesMerged) and isinstance(other.saying, ThemesMerged)
        if both_merge and entry.opportunity in spoken_of:
            return other
    return None
