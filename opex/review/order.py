"""The agreed order: the computed order, and the adjustments on top of it. Rebuilt at any time from both."""

from collections.abc import Collection, Iterable, Sequence

__all__ = ["agreed_order"]


def agreed_order(computed: Sequence[str], moves: Iterable[tuple[str, int]], pinned: Collection[str] = ()) -> list[str]:
    """Apply moves, oldest first, to the computed order.

    Each moved item is taken out and put at the place it was given; the others keep their order around it. A place
    beyond the end is the last one; a move of an item that is not in the order does nothing. What is ``pinned`` holds
    its place whatever is moved after it; of two that are pinned to one place the newer one.

    Examples
    --------
    >>> agreed_order(["a", "b", "c", "d"], [("d", 1)])
    ['d', 'a', 'b', 'c']
    >>> agreed_order(["a", "b", "c", "d"], [("a", 99), ("c", 1)])
    ['c', 'b', 'd', 'a']
    >>> agreed_order(["a", "b", "c", "d"], [("b", 1), ("c", 1)], pinned={"b"})
    ['b', 'c', 'a', 'd']
    """
    order = list(computed)
    known = {*computed}
    there = [(item, place) for item, place in moves if item in known]
    for item, place in there:
        order.remove(item)
        order.insert(place - 1, item)
    held = {item: place for item, place in there if item in pinned}
    order = [item for item in order if item not in held]
    for item in sorted(held, key=lambda one: held[one]):
        order.insert(held[item] - 1, item)
    return order
