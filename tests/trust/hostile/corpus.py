"""A thousand hostile files, the same ones for the same seed, one at a time."""

import random
from collections.abc import Iterator
from pathlib import Path

from tests.trust.hostile import cells, columnar, delimited, documents, foreign, packed, times, workbooks  # noqa: F401
from tests.trust.hostile.case import FAMILIES, Case, Maker


def corpus(folder: Path, *, seed: int = 7, count: int = 1000) -> Iterator[Case]:
    """The files of all families in turn, each written when it is asked for: delete it (``throw_away``) after use.

    The first ``len(FAMILIES)`` cases hold one of each family.
    """
    made = dict.fromkeys(FAMILIES, 0)
    position = 0
    while position < count:
        order = [name for name in FAMILIES for _ in range(FAMILIES[name].often if position else 1)]
        random.Random(f"{seed}/{position}").shuffle(order)
        for name in order:
            if position < count and made[name] < FAMILIES[name].most:
                yield one(folder / f"{position:04}", name, made[name], seed=seed)
                made[name] += 1
                position += 1


def one(folder: Path, family: str, number: int, *, seed: int = 7) -> Case:
    """The file of that family and number, as a report calls it."""
    draw = random.Random(f"{seed}/{family}/{number}")
    return FAMILIES[family].make(Maker(family=family, number=number, draw=draw, folder=folder))
