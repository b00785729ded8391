"""Times of two ways of doing the same work, taken in turns in one process, so that a busy machine hurts both alike."""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

Work = Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One comparison: median seconds (or another unit) of ours and of the floor; ``limit`` is None where nothing was
    promised."""

    what: str
    ours: float
    floor: float
    limit: float | None = None
    note: str = ""
    unit: str = "s"

    @property
    def ratio(self) -> float:
        return self.ours / self.floor

    @property
    def met(self) -> bool | None:
        return None if self.limit is None else self.ratio <= self.limit

    def document(self) -> dict[str, object]:
        return {**self.__dict__, "ratio": self.ratio, "met": self.met}


def seconds(work: Work) -> float:
    """The seconds that the work takes once."""
    gc.collect()
    started = perf_counter()
    work()
    return perf_counter() - started


def side_by_side(times: int, *works: Work) -> list[float]:
    """The median seconds of each work, run in turns so many times after one run that does not count."""
    for work in works:
        work()
    rounds = [[seconds(work) for work in works] for _ in range(times)]
    return [median(column) for column in zip(*rounds, strict=True)]
