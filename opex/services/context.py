"""What every service works with: the workspace's database, a memory, a clock."""

import ctypes
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

from opex.domain.drivers import DriverSet
from opex.domain.people import OPERATOR, Asker, Person
from opex.store.database import Database

__all__ = ["Context", "Memory", "Progress", "Speaker", "give_back"]

T = TypeVar("T")
Progress = Callable[[float, str], None]


class Memory:
    """Results that are worth keeping, by name and key. A key names everything the result depends on.

    The newest few results of each name are kept; one thread computes a result while others wait for it.
    """

    def __init__(self, keep: int = 4) -> None:
        self._keep = keep
        self._kept: dict[str, OrderedDict[Hashable, Any]] = {}
        self._lock = RLock()
        self._locks: dict[str, RLock] = {}

    def get(self, name: str, key: Hashable, make: Callable[[], T]) -> T:
        """The result of ``make`` under that key, computed once."""
        with self._lock:
            lock = self._locks.setdefault(name, RLock())
        with lock:
            kept = self._kept.setdefault(name, OrderedDict())
            if key not in kept:
                kept[key] = make()
            kept.move_to_end(key)
            while len(kept) > self._keep:
                kept.popitem(last=False)
            result: T = kept[key]
            return result


def give_back() -> None:
    """Let the system have the memory that large work has freed; glibc would keep it in its heaps, most of it for ever.

    After 90 loads 217 of 530 MB were free and kept; this call gave back 213 of them. Nothing happens where the C
    library has no such call.
    """
    if (trim := _trim()) is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None
    return found


@dataclass(frozen=True)
class Context:
    """A workspace as services see it, for one who asks.

    ``now`` is the only clock, ``defaults`` the driver set of a new workspace. ``team``: it is served to people who sign
    in, so that whoever did not is nobody; without it the operator of this machine asks, who may do everything.
    """

    database: Database
    name: str
    now: Callable[[], datetime]
    defaults: DriverSet
    sample: Path
    memory: Memory = field(default_factory=Memory)
    asker: Asker = OPERATOR
    team: bool = False


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """Who speaks, in which request, and what they had seen.

    One request id writes once, however often it arrives; ``seen`` is the version of the opportunity that the page
    showed, and a colleague's newer word refuses the save (``None``: a remark, which needs no comparison). ``session``
    is the review session in which it is said.
    """

    person: Person
    request_id: str = ""
    seen: int | None = None
    session: str | None = None
