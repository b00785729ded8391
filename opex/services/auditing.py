"""The audit log: is it as it was written, who did what, and its export for whoever keeps it elsewhere."""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from opex.domain.noted import BEGINS, Anchor, Noted
from opex.domain.problems import Refused
from opex.review import chain
from opex.services.context import Context
from opex.services.permissions import needs
from opex.services.seeing import seen_noted
from opex.store import audit

__all__ = ["Verified", "anchors_of", "export", "head", "newest", "tell_head", "verify"]

_log = logging.getLogger("opex.audit")


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What came of a look at the whole log. ``notes`` say what it cannot tell, and are no findings."""

    entries: int
    head: Anchor
    findings: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The outcome in a line."""
        if self.findings:
            word = "finding" if len(self.findings) == 1 else "findings"
            return f"{len(self.findings):,} {word} in {self.entries:,} entries of the audit log."
        return f"All {self.entries:,} entries of the audit log are as they were written."


@needs("administer")
def verify(context: Context, anchors: Mapping[int, str] | None = None) -> Verified:
    """Hold the log against itself, the journal, the drivers, the roles, and hashes that were kept outside."""
    whole = audit.whole(context.database)
    last = max(whole.entries, key=lambda entry: entry.seq, default=None)
    return Verified(
        entries=len(whole.entries),
        head=Anchor(seq=last.seq, hash=last.hash) if last else Anchor(seq=0, hash=audit.NOTHING),
        findings=tuple(chain.findings(whole, anchors)),
        notes=tuple(_notes(whole.entries, anchors)),
    )


def _notes(entries: Iterable[Noted], anchors: Mapping[int, str] | None) -> Iterable[str]:
    begun = next((entry for entry in entries if entry.act == BEGINS), None)
    if begun is not None:
        yield (
            f"From before the log, which began on {begun.at:%Y-%m-%d}: {begun.what['journal']:,} entries of the "
            f"journal and {begun.what['drivers']:,} versions of the drivers. Nobody can tell what they were before."
        )
    if not anchors:
        yield (
            "Without a hash that was kept outside nobody can tell whether the log's end was cut off together with its "
            "count, or whether it was written anew as a whole: `opex audit verify --anchor-file`."
        )


@needs("administer")
def export(context: Context) -> bytes:
    """The log as JSON lines, one for each entry: also the anchor that shows later whether it was written anew.

    Of what is not shown to who asks, that something was done is told, and not what.
    """
    entries = seen_noted(context, audit.entries(context.database))
    lines = (json.dumps(entry.document(), ensure_ascii=False) for entry in entries)
    return "".join(f"{line}\n" for line in lines).encode()


@needs("administer")
def newest(context: Context, limit: int = 100) -> list[Noted]:
    """The newest entries, the newest first; of what is not shown to who asks, that something was done and not what."""
    return seen_noted(context, audit.entries(context.database, newest=True, limit=limit))


def head(context: Context) -> Anchor:
    """The number and the hash of the newest entry: it tells nothing of what was done."""
    return audit.head(context.database)


def tell_head(context: Context) -> None:
    """Write it into the server's log: such a line, kept elsewhere, is an anchor for `opex audit verify`."""
    _log.info("audit head of %s %s", context.name, head(context))


def anchors_of(lines: Iterable[str], name: str) -> dict[int, str]:
    """The hashes in an export, or in a log with lines that hold NUMBER:HASH, by number.

    Raises
    ------
    Refused
        When a line is neither, or none is there.
    """
    found: dict[int, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        anchor = _anchor(line, f"{name}, line {number}")
        found[anchor.seq] = anchor.hash
    if not found:
        raise Refused(f"{name} holds no entry of an audit log.")
    return found


def _anchor(line: str, where: str) -> Anchor:
    if not line.lstrip().startswith("{"):
        return Anchor.of(line.split()[-1])
    try:
        document = json.loads(line)
        return Anchor.of(f"{document['seq']}:{document['hash']}")
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"{where} is no entry of an audit log: take a file that `opex audit export` wrote.") from error
