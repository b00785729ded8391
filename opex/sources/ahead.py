"""The next part is made while the last one is used: reading, and what is done with it, on two cores."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["ahead"]

T = TypeVar("T")


def ahead(parts: Iterator[T]) -> Iterator[T]:
    """The parts in their order; each is made in a thread of its own while the one before it is used.

    One part more is held than without it. An error of making a part is raised where that part would have come.

    Examples
    --------
    >>> list(ahead(iter([1, 2, 3])))
    [1, 2, 3]
    """
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as maker:
        coming = maker.submit(_next, parts)
        while made := coming.result():
            coming = maker.submit(_next, parts)
            yield made[0]


def _next(parts: Iterator[T]) -> tuple[T] | None:
    for part in parts:
        return (part,)
    return None
