"""An answer to a duel: what it keeps, and what is none."""

from typing import Any

import pytest

from opex.domain.duels import ANSWERS, Dueled, pair_id
from opex.domain.problems import Refused

GIVEN: dict[str, Any] = {
    "first": "theme-1", "second": "area-2", "answer": "first", "picked": "information",
    "first_worths": {"hours": 0.2}, "second_worths": {"hours": 0.5}, "drivers": 1,
}  # fmt: skip


def test_each_answer_has_its_outcome_and_its_words() -> None:
    given = [Dueled(**GIVEN | {"answer": name}) for name in ANSWERS]
    assert [(one.outcome, one.told) for one in given] == [
        (1.0, "theme-1 or area-2: the first one"),
        (0.0, "theme-1 or area-2: the second one"),
        (0.5, "theme-1 or area-2: both alike"),
        (None, "theme-1 or area-2: cannot say"),
    ]


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        ({"second": "theme-1"}, "two different items"),
        ({"answer": "third"}, "An answer is one of first, second"),
        ({"picked": "by hand"}, "picked for information or random"),
        ({"first_worths": {"hours": 1.5}}, "between 0 and 1; this is 1.5"),
        ({"second_worths": {"hours": float("nan")}}, "between 0 and 1"),
    ],
)
def test_what_is_no_answer_is_refused(odd: dict[str, Any], why: str) -> None:
    with pytest.raises(Refused, match=why):
        Dueled(**GIVEN | odd)


def test_a_pair_has_one_name_whoever_stands_left() -> None:
    assert pair_id("a", "b") == pair_id("b", "a")
    assert pair_id("a|b", "c") != pair_id("a", "b|c")
