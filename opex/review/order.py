"""The agreed order: the computed order, and the adjustments on top of it. Rebuilt at any time from both."""

from collections.abc import Iterable, Sequence

__all__ = ["agreed_order"]


def agreed_order(computed: Sequence[str], moves: Iterable[tuple[str, int]]) -> list[str]:
    """Apply moves, oldest first, to the computed order.

    Each moved item is taken out and put at the place it was given; the others keep their order around it. A place
    beyond the end is the last one; a move of an item that is not in the order does nothing.

    Examples
    --------
    >>> agreed_order(["a", "b", "c", "d"], [("d", 1)])
    ['d', 'a', 'b', 'c']
    >>> agreed_order(["a", "b", "c", "d"], [("a", 99), ("c", 1)])
    ['c', 'b', 'd', 'a']
    """
    order = list(computed)
    for item, place in moves:
        if item in order:
            order.remove(item)
            order.insert(place - 1, item)
    return order
