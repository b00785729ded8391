"""A journal that grows and a fold that goes on from it say what they would say of the whole, read at once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from opex.domain.decisions import (
    Accepted,
    Commented,
    Declined,
    Described,
    Entry,
    Merged,
    Moved,
    Person,
    Proposed,
    Rated,
    Saying,
    Struck,
    ThemesMerged,
    Withdrawn,
)
from opex.review.journal import Journal, standing
from opex.review.state import Fold, moves, opportunities
from tests.review.test_state import AS_OF, candidate

CANDIDATES = [candidate("a", "1", "2", "3"), candidate("b", "3", "4"), candidate("c", "5")]
SUBJECTS = ("a", "b", "c", "hand", "link")
SAYINGS: list[Callable[[int], Saying]] = [
    lambda n: Accepted(),
    lambda n: Declined(reason="duplicate", more_incidents=n % 2 + 1, seen=2),
    lambda n: Merged(into=SUBJECTS[n % 4]),
    lambda n: Proposed(title=f"Title {n}", action="Do it", low=0.1, likely=0.2, high=0.3, incidents=("1", "5")),
    lambda n: Commented(text=f"Comment {n}"),
    lambda n: Described(title=f"Told {n}"),
    lambda n: Moved(to=n % 3 + 1, reason="urgency"),
    lambda n: Rated(driver="harm", level=n % 5),
    lambda n: Struck(incident=str(n % 5 + 1), reason="not ours"),
    lambda n: ThemesMerged(other=SUBJECTS[n % 3], anchors=("1",), other_anchors=("3",)),
    lambda n: Withdrawn(seq=max(1, n - n % 4)),
]
SAID = st.lists(st.tuples(st.sampled_from(SUBJECTS), st.sampled_from(SAYINGS)), max_size=25)
CUTS = st.lists(st.integers(1, 4), min_size=25, max_size=25)


def entries(said: list[tuple[str, Callable[[int], Saying]]]) -> list[Entry]:
    return [
        Entry(seq=n, request_id=str(n), at=datetime(2026, 6, 1, tzinfo=UTC) + timedelta(hours=n), opportunity=of,
              saying=saying(n), person=Person(name=("Ana", "Bo")[n % 2], function="operations"))
        for n, (of, saying) in enumerate(said, start=1)
    ]  # fmt: skip


@settings(deadline=None, derandomize=True, max_examples=300)
@given(SAID, CUTS)
def test_grown_piece_by_piece_it_says_what_the_whole_says(
    said: list[tuple[str, Callable[[int], Saying]]], cuts: list[int]
) -> None:
    whole, journal, fold, done = entries(said), Journal(), Fold(), 0
    for cut in cuts:
        journal = journal.plus(whole[done : done + cut])
        done = min(done + cut, len(whole))
        fresh = Journal(whole[:done])
        assert journal == fresh
        assert journal.standing == fresh.standing
        assert dict(journal.versions) == dict(fresh.versions)
        assert dict(journal.said_of) == dict(fresh.said_of)
        assert {k: v for k, v in journal.said_as.items() if v} == dict(fresh.said_as)
        folded = fold.opportunities(CANDIDATES, journal, AS_OF)
        assert folded == opportunities(CANDIDATES, whole[:done], AS_OF)
        assert list(folded) == list(opportunities(CANDIDATES, whole[:done], AS_OF))
        assert moves(journal) == moves(whole[:done])


def test_what_nothing_was_said_of_is_the_same_object_as_before() -> None:
    fold, first = Fold(), entries([("a", SAYINGS[0]), ("b", SAYINGS[4])])
    journal = Journal(first)
    before = fold.opportunities(CANDIDATES, journal, AS_OF)
    journal = journal.plus([*entries([("a", SAYINGS[0]), ("b", SAYINGS[4]), ("b", SAYINGS[4])])][2:])
    after = fold.opportunities(CANDIDATES, journal, AS_OF)
    assert [of for of in after if after[of] is not before[of]] == ["b"]
    assert len(after["b"].comments) == 2


def test_kinds_are_picked_in_the_order_in_which_they_were_said() -> None:
    said = entries([("a", SAYINGS[6]), ("b", SAYINGS[0]), ("a", SAYINGS[4]), ("c", SAYINGS[0]), ("a", SAYINGS[6])])
    assert [entry.seq for entry in standing(said, Accepted, Moved)] == [1, 2, 4, 5]
    assert standing([*said, *entries([("c", SAYINGS[0])] * 5 + [("c", lambda n: Withdrawn(seq=4))])[5:]], Accepted) == (
        said[1],
    )
