"""The journal in memory: read whole once, then only what was said since. Entries are only ever added."""

from collections.abc import Mapping
from threading import Lock

from opex.review.journal import Journal
from opex.services.context import Context
from opex.store import sayings
from opex.store.database import Database

__all__ = ["entries"]


def entries(context: Context, revisions: Mapping[str, int] | None = None) -> Journal:
    """Every entry that is said of opportunities, links, themes and duels, oldest first, as it stands now.

    Forgetting a person is the one thing that changes earlier entries: it raises the revision of people, and then the
    journal is read whole again. ``revisions`` are those of a moment ago, where somebody has asked for them already.
    """
    people = (revisions or context.database.revisions())["people"]
    return context.memory.get("journal", people, _SoFar).now(context.database)


class _SoFar:
    def __init__(self) -> None:
        self._read = Journal()
        self._lock = Lock()

    def now(self, database: Database) -> Journal:
        """What was read before, and what came since."""
        with self._lock:
            self._read = self._read.plus(sayings.entries(database, since=self._read[-1].seq if self._read else 0))
            return self._read
