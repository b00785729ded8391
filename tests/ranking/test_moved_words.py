"""What moved, in one sentence: how many of the first ones, and what most of it came of."""

from dataclasses import replace

import pytest

from opex.ranking.moved import CAUSES, Change, Comparison, Passing
from opex.ranking.moved_words import largest, moved_sentence, usual_cause
from tests.ranking.test_moved import ranking

EMPTY = ranking()
MOVED = replace(EMPTY, moves=(("a", 1),))


def change(of: str, before: int, after: int, **parts: float) -> Change:
    every = dict.fromkeys(CAUSES, 0.0) | parts
    return Change(id=of, title=of, rank_from=before, rank_to=after, score_from=0.4, score_to=0.4 + sum(every.values()),
                  parts=every)  # fmt: skip


def comparison(*items: Change, **more: object) -> Comparison:
    known: dict[str, object] = {"before": EMPTY, "after": EMPTY, "items": items, "came": (), "went": ()}
    return Comparison(**known | more)  # type: ignore[arg-type]


NEW = Passing(id="n", title="N", rank=1, score=0.5, why="new evidence")


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (comparison(change("a", 1, 1), change("b", 2, 2)), "None of the first two moved; no score changed."),
        (
            comparison(change("a", 2, 1, data=0.1), change("b", 1, 2, removals=0.04), change("c", 3, 3)),
            "Two of the first three moved; most of the change of scores came of new data: incidents came, others are "
            "older than a year.",
        ),
        (
            comparison(change("a", 2, 1), change("b", 1, 2), after=MOVED),
            "Two of the first two moved; no score changed. 1 moved by people.",
        ),
        (
            comparison(change("a", 2, 1), change("b", 1, 2, ratings=0.1), before=MOVED, came=(NEW,), went=(NEW, NEW)),
            "Two of the first two moved; most of the change of scores came of ratings and struck incidents. "
            "1 moved by people, 1 came and 2 went.",
        ),
        (comparison(came=(NEW,)), "The two rankings have none of the first ten in common. 1 came."),
        (comparison(change("a", 30, 31)), "The two rankings have none of the first ten in common."),
    ],
)
def test_what_moved_is_one_sentence(found: Comparison, sentence: str) -> None:
    assert moved_sentence(found) == sentence


def test_parts_of_either_sign_count_for_a_cause() -> None:
    found = comparison(change("a", 1, 2, data=0.03), change("b", 2, 1, drivers=-0.02), change("c", 3, 3, drivers=0.02))
    assert usual_cause(found) == "drivers"
    assert usual_cause(comparison()) is None


def test_those_that_moved_most_come_first_and_those_that_stayed_never() -> None:
    items = (change("a", 1, 2), change("b", 9, 1), change("c", 3, 3), change("d", 2, 10))
    assert [one.id for one in largest(items, 3)] == ["b", "d", "a"]
