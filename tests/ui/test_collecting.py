"""Collections stay short: what survived one is set aside, and what is set aside is looked through now and then."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from opex.ui import collecting


class Node:
    """Something that can hold itself alive in a cycle."""

    other: "Node"


@pytest.fixture
def short() -> Iterator[None]:
    """With short collections; the process is left as it was."""
    collecting.keep_collections_short()
    collecting.keep_collections_short()
    yield
    gc.callbacks.remove(collecting._around)
    gc.unfreeze()
    assert collecting._around not in gc.callbacks, "asked twice, it counts once"


def cycle() -> tuple[Node, "weakref.ref[Node]"]:
    one, other = Node(), Node()
    one.other, other.other = other, one
    return one, weakref.ref(one)


def test_what_survives_a_collection_is_set_aside_and_new_cycles_are_still_found(short: None) -> None:
    gc.collect()
    aside = gc.get_freeze_count()
    assert aside > 10_000
    alive, seen = cycle()
    gc.collect()
    assert gc.get_freeze_count() >= aside - 1000
    _, gone = cycle()
    del _
    gc.collect()
    assert gone() is None
    assert seen() is alive


def test_a_cycle_that_dies_after_it_was_set_aside_is_found_within_so_many_collections(short: None) -> None:
    alive, seen = cycle()
    gc.collect()
    del alive
    gc.collect()
    assert seen() is not None, "it was set aside, and is passed over"
    for _ in range(collecting.EVERY):
        gc.collect()
    assert seen() is None
