"""The journal as it grows: every entry, and what stands of them, by what it is said of and by kind."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from itertools import chain
from typing import TypeVar

from opex.domain.decisions import Entry, Saying, Withdrawn

__all__ = ["Journal", "standing"]

K = TypeVar("K")
Groups = Mapping[K, tuple[Entry, ...]]


class Journal(tuple[Entry, ...]):
    """Entries, oldest first, with their indexes.

    A longer journal takes over what the shorter one knows: an index costs what is new, not what is there. As long as
    nothing new stands of a subject, its tuple in ``said_of`` stays the same object, so that what is made of it can be
    kept.
    """

    @cached_property
    def standing(self) -> tuple[Entry, ...]:
        """The entries that nobody withdrew. A withdrawal can itself be withdrawn, and is not among them."""
        gone: set[int] = set()
        for entry in reversed(self):
            if isinstance(entry.saying, Withdrawn) and entry.seq not in gone:
                gone.add(entry.saying.seq)
        return tuple(entry for entry in self if entry.seq not in gone and not isinstance(entry.saying, Withdrawn))

    @cached_property
    def said_of(self) -> Groups[str]:
        """What stands of each subject."""
        return _grouped({}, self.standing, _subject)

    @cached_property
    def said_as(self) -> Groups[type[Saying]]:
        """What stands of each kind."""
        return _grouped({}, self.standing, _kind)

    @cached_property
    def versions(self) -> Mapping[str, int]:
        """The number of the last entry of each subject, whether it stands or not."""
        return {entry.opportunity: entry.seq for entry in self}

    def plus(self, more: Iterable[Entry]) -> "Journal":
        """The journal with these entries after its own."""
        new = tuple(more)
        if not new:
            return self
        grown = Journal((*self, *new))
        known = vars(grown)  # where cached properties look first
        known["versions"] = {**self.versions, **{entry.opportunity: entry.seq for entry in new}}
        if any(isinstance(entry.saying, Withdrawn) for entry in new):
            before, now = self.said_of, _grouped({}, grown.standing, _subject)
            known["said_of"] = {of: before[of] if before.get(of) == said else said for of, said in now.items()}
            return grown
        known["standing"] = self.standing + new
        known["said_of"] = _grouped(self.said_of, new, _subject)
        known["said_as"] = _grouped(self.said_as, new, _kind)
        return grown


def _subject(entry: Entry) -> str:
    return entry.opportunity


def _kind(entry: Entry) -> type[Saying]:
    return type(entry.saying)


def _grouped(before: Groups[K], entries: Iterable[Entry], key: Callable[[Entry], K]) -> Groups[K]:
    more: dict[K, list[Entry]] = {}
    for entry in entries:
        more.setdefault(key(entry), []).append(entry)
    return {**before, **{name: (*before.get(name, ()), *new) for name, new in more.items()}}


def standing(entries: Iterable[Entry], *kinds: type[Saying]) -> tuple[Entry, ...]:
    """The entries that nobody withdrew, oldest first; of all kinds, or of these."""
    journal = entries if isinstance(entries, Journal) else Journal(entries)
    if not kinds:
        return journal.standing
    found = chain.from_iterable(journal.said_as.get(kind, ()) for kind in kinds)
    return tuple(sorted(found, key=lambda entry: entry.seq))
