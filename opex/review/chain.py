"""Is the audit log as it was written? Each finding is a sentence that names the entry and the reason."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opex.domain.noted import BEGINS, FORGOTTEN, NOTHING, JournalRow, Noted, Whole, from_before, sealed

__all__ = ["findings"]

FAR, PATIENCE = 1_000, 50


def findings(whole: Whole, anchors: Mapping[int, str] | None = None) -> list[str]:
    """What is not as it was written, in sentences; empty when all is well.

    Parameters
    ----------
    whole
        The log with all that it is held against.
    anchors
        Hashes of entries by number, kept outside: without one, a log whose end was cut off and whose count was lowered,
        and one that was written anew from some entry to its end, look whole.
    """
    found = [*_chain(whole.entries), *_end(whole), *_anchored(whole.entries, anchors or {})]
    rewritten = _Rewritten.of(whole.entries)
    found += _redacted(whole.entries, rewritten)
    found += _journal(whole, rewritten)
    found += _drivers(whole, rewritten)
    return [*found, *_roles(whole)]


# --- the chain itself -------------------------------------------------------------------------------------------


def _chain(entries: Sequence[Noted]) -> Iterator[str]:
    numbered = _numbers([entry for entry in entries if entry.hash != entry.expected])
    yield from _renumbered(numbered)
    last, number = NOTHING, 0
    for entry in entries:
        if entry.seq > number + 1:
            yield f"{_span(number + 1, entry.seq - 1)} missing."
        if entry.salt is not None and entry.texts != entry.digest:
            yield f"{_named(entry)}: its person, subject or content is not what was written."
        if entry.seq in numbered and numbered[entry.seq] is None:
            yield f"{_named(entry)}: its time, role, act, digest or link is not what was written."
        elif entry.seq == number + 1 and entry.previous != last and not {entry.seq, number} & numbered.keys():
            yield _unlinked(entry, number)
        last, number = entry.hash, entry.seq


def _named(entry: Noted) -> str:
    return f"Entry {entry.seq} ({entry.act})"


def _span(first: int, last: int) -> str:
    return f"Entry {first} is" if first == last else f"Entries {first} to {last} are"


def _unlinked(entry: Noted, before: int) -> str:
    if not before:
        return f"{_named(entry)}: it is not the first one that was written; what stood before it is gone."
    return (
        f"Entry {before} was written anew or put in another one's place: "
        f"entry {entry.seq} is chained to what stood there before."
    )


def _numbers(broken: Sequence[Noted]) -> dict[int, int | None]:
    """Under which number each was written, where its hash says so; it is not looked for far away, nor for ever."""
    found: dict[int, int | None] = {}
    for entry in broken:
        lost = sum(number is None for number in found.values())
        near = (entry.seq + sign * far for far in range(1, FAR + 1) for sign in (-1, 1)) if lost < PATIENCE else ()
        found[entry.seq] = next((n for n in near if n > 0 and entry.hash_as(n) == entry.hash), None)
    return found


def _renumbered(numbered: Mapping[int, int | None]) -> Iterator[str]:
    """One sentence for two that were swapped, and for a run that was moved by the same number."""
    moved = {now: was for now, was in numbered.items() if was is not None}
    done: set[int] = set()
    for now, was in sorted(moved.items()):
        if now in done:
            continue
        if moved.get(was) == now:
            done |= {now, was}
            yield f"Entries {now} and {was} were swapped."
            continue
        last = now
        while moved.get(last + 1) == last + 1 - now + was:
            last += 1
        done |= {*range(now, last + 1)}
        whose = f"Entry {now} was" if now == last else f"Entries {now} to {last} were"
        ends = f"{was}" if now == last else f"{was} to {was + last - now}"
        yield f"{whose} renumbered: written as {ends}."


def _end(whole: Whole) -> Iterator[str]:
    last = max((entry.seq for entry in whole.entries), default=0)
    if not last and whole.counted:
        yield f"The log is empty, and {whole.counted:,} entries were written: it was emptied."
    elif last < whole.counted:
        yield f"{_span(last + 1, whole.counted)} missing: the end of the log was cut off."
    elif last > whole.counted:
        yield f"The workspace counted {whole.counted:,} entries, and the log ends at {last:,}: the count was changed."


def _anchored(entries: Sequence[Noted], anchors: Mapping[int, str]) -> Iterator[str]:
    there = {entry.seq: entry for entry in entries}
    gone = [seq for seq in anchors if seq not in there and seq > 0]
    if gone:
        which = f"{_span(min(gone), max(gone))} missing"
        yield f"{which}, and the anchor that was kept outside knows {'it' if len(gone) == 1 else 'them'}."
    other = [seq for seq in sorted(anchors) if seq in there and there[seq].hash != anchors[seq]]
    if other:
        yield (
            f"{_named(there[other[0]])}: its hash is not the one that was kept outside: "
            "the log was written anew at it or before it."
        )


# --- what took the place of a forgotten person's name -----------------------------------------------------------


class _Rewritten:
    """What the newest entries that forgot somebody say of rows: their digests since then, by key."""

    def __init__(self) -> None:
        self.entries: dict[str, tuple[int, str]] = {}
        self.journal: dict[str, str] = {}
        self.drivers: dict[str, str] = {}
        self.before: dict[str, Any] = {}

    @classmethod
    def of(cls, entries: Sequence[Noted]) -> "_Rewritten":
        made = cls()
        for entry in entries:
            if entry.act == BEGINS:
                made.before = entry.what
            elif entry.act == FORGOTTEN:
                told = entry.what
                made.entries |= {key: (entry.seq, of) for key, of in told.get("entries", {}).items()}
                made.journal |= told.get("journal", {})
                made.drivers |= told.get("drivers", {})
                made.before = made.before | (told.get("before") or {})
        return made


def _redacted(entries: Sequence[Noted], rewritten: _Rewritten) -> Iterator[str]:
    """An entry without a salt must be what the newest later entry that forgot somebody made of it."""
    for entry in entries:
        if entry.salt is not None:
            continue
        by, told = rewritten.entries.get(str(entry.seq), (0, ""))
        if by <= entry.seq:
            yield f"{_named(entry)}: its salt is gone, and no later entry says that a person in it was forgotten."
        elif entry.texts != told:
            yield f"{_named(entry)}: its texts are not those that entry {by} left when a person was forgotten."


# --- the tables that the log tells of ---------------------------------------------------------------------------


def _journal(whole: Whole, rewritten: _Rewritten) -> Iterator[str]:
    old = int(rewritten.before.get("journal", 0))
    if old and from_before([row for row in whole.journal if row.seq <= old]) != rewritten.before["journal_digest"]:
        yield f"The journal's entries 1 to {old} are from before the log, and not what they were when it began."
    told = {entry.what["journal"]: entry for entry in whole.entries if _of_journal(entry)}
    rows = {row.seq: row for row in whole.journal if row.seq > old}
    for seq in sorted(told.keys() - rows.keys()):
        yield f"Entry {seq} of the journal is missing, which entry {told[seq].seq} of the log tells of."
    for seq, row in sorted(rows.items()):
        if seq not in told:
            yield f"Entry {seq} of the journal ({row.kind}) is in no entry of the log: it was not written by opex."
        elif not _same(row, told[seq], rewritten.journal.get(str(seq))):
            yield f"Entry {seq} of the journal ({row.kind}) is not what entry {told[seq].seq} of the log says."


def _of_journal(entry: Noted) -> bool:
    return isinstance(entry.what.get("journal"), int) and entry.act not in (BEGINS, FORGOTTEN)


def _same(row: JournalRow, entry: Noted, rewritten: str | None) -> bool:
    if rewritten is not None:
        return row.digest == rewritten
    what = entry.what
    after = what.get("after")
    body = sealed(row.body) if isinstance(after, dict) and after.keys() == {"sealed"} else row.body
    mine = (row.person, row.kind, row.subject, row.session, row.at, body)
    same = mine == (entry.person, entry.act, entry.subject, what.get("session"), entry.at, after)
    return same and row.function == what.get("function", row.function)


def _drivers(whole: Whole, rewritten: _Rewritten) -> Iterator[str]:
    old = int(rewritten.before.get("drivers", 0))
    if old and from_before([row for row in whole.drivers if row.version <= old]) != rewritten.before["drivers_digest"]:
        yield f"The drivers' versions 1 to {old} are from before the log, and not what they were when it began."
    told = {entry.subject: entry for entry in whole.entries if entry.act == "drivers saved"}
    rows = {f"drivers:{row.version}": row for row in whole.drivers if row.version > old}
    for name in sorted(told.keys() - rows.keys()):
        yield f"Version {name[8:]} of the drivers is missing, which entry {told[name].seq} of the log tells of."
    for name, row in rows.items():
        if name not in told:
            yield f"Version {row.version} of the drivers is in no entry of the log: it was not written by opex."
            continue
        entry, since = told[name], rewritten.drivers.get(str(row.version))
        mine = (row.toml, row.person, row.note)
        said = (entry.what.get("after"), entry.person, entry.what.get("note"))
        if row.digest != since if since else mine != said:
            yield f"Version {row.version} of the drivers is not what entry {entry.seq} of the log says."


def _roles(whole: Whole) -> Iterator[str]:
    """Nobody has a role that the log does not tell of."""
    given: dict[str, str] = {}
    for entry in whole.entries:
        if entry.act == FORGOTTEN:
            given[entry.subject] = ""
        elif entry.subject.startswith(("person:", "group:")) and "after" in entry.what:
            after = entry.what["after"]
            if isinstance(after, dict) and "role" in after:
                given[entry.subject] = after["role"]
            elif entry.subject.startswith("group:"):
                given[entry.subject] = after or ""
    for kind, held in (("person", whole.roles), ("group", whole.group_roles)):
        for name, role in sorted(held.items()):
            if role != given.get(f"{kind}:{name}", ""):
                of = given.get(f"{kind}:{name}") or "none"
                yield f'The {kind} "{name}" has the role {role or "none"}, and the log says {of}.'
