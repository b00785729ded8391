"""Parts are made one ahead of their use, in order; errors come where the part would have come."""

import threading
from collections.abc import Iterator

import pytest

from opex.sources.ahead import ahead


def test_the_next_part_is_made_while_the_last_one_is_used() -> None:
    made = [threading.Event() for _ in range(3)]

    def parts() -> Iterator[int]:
        for number, event in enumerate(made):
            event.set()
            yield number

    for number in ahead(parts()):
        if number < 2:
            assert made[number + 1].wait(5)


def test_an_error_comes_after_the_parts_before_it() -> None:
    def parts() -> Iterator[int]:
        yield 1
        raise ValueError("the second part is broken")

    coming = ahead(parts())
    assert next(coming) == 1
    with pytest.raises(ValueError, match="second part"):
        next(coming)


def test_whoever_stops_early_leaves_no_thread_behind() -> None:
    parts = ahead(iter(range(100)))
    assert next(parts) == 0
    parts.close()
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("ahead")] == []
