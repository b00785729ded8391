"""Candidates and what people said of them: what stands, what comes back, and the order that was agreed."""

from datetime import UTC, datetime
from typing import Any

import pytest
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
    Validated,
    Withdrawn,
)
from opex.domain.opportunities import Candidate, Opportunity, Reason, Removal
from opex.domain.problems import Refused
from opex.review.journal import standing
from opex.review.order import agreed_order
from opex.review.state import moves, opportunities

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
SHARES = {"low": 0.1, "likely": 0.2, "high": 0.3}


def candidate(of: str, *incidents: str) -> Candidate:
    reason = Reason(finder="theme", why="w", falsifier="f", effect=1, low=0, high=2, unit="u", incidents=len(incidents))
    return Candidate(
        id=of, key=of, title=of.title(), action="Act", removes=Removal(**SHARES), system="mail", environment=None,
        category=None, incidents=incidents, changes=(), reasons=(reason,),
    )  # fmt: skip


def journal(*said: tuple[str, Saying] | tuple[str, Saying, str]) -> list[Entry]:
    """Entries 1, 2, 3 ... : of what, the saying and, if it matters, who said it."""
    return [
        Entry(seq=n, request_id=str(n), at=AS_OF, opportunity=of, saying=saying,
              person=Person(name=who[0] if who else "Ana", function="operations"))
        for n, (of, saying, *who) in enumerate(said, start=1)
    ]  # fmt: skip


A, B, C = candidate("a", "1", "2", "3"), candidate("b", "3", "4"), candidate("c", "5")


def after(*said: Any, of: str = "a") -> Opportunity:
    return opportunities([A, B, C], journal(*said), AS_OF)[of]


# --- what stands -----------------------------------------------------------------------------------------------------


def test_a_candidate_of_which_nobody_spoke_is_unreviewed() -> None:
    found = opportunities([A, B], [], AS_OF)
    assert list(found) == ["a", "b"]
    one = found["a"]
    assert (one.status, one.version, one.removes_assumed, one.evidence) == ("unreviewed", 0, True, ("1", "2", "3"))


def test_each_saying_raises_the_version_that_a_page_carries() -> None:
    said = ("a", Accepted()), ("b", Accepted()), ("a", Withdrawn(seq=1))
    assert (after(*said).version, after(*said, of="b").version, after(*said, of="c").version) == (3, 2, 0)


def test_accepted_and_declined_follow_the_last_word() -> None:
    assert after(("a", Accepted())).status == "accepted"
    declined = after(("a", Accepted()), ("a", Declined(reason="too_small")))
    assert (declined.status, declined.declined_for, declined.open) == ("declined", "too_small", False)
    assert after(("a", Declined(reason="too_small")), ("a", Accepted())).status == "accepted"


def test_what_was_said_of_something_that_is_no_candidate_any_more_is_passed_over() -> None:
    assert set(opportunities([A], journal(("gone", Accepted())), AS_OF)) == {"a"}


def test_a_declined_one_comes_back_when_its_tripwire_fires_and_says_why() -> None:
    waiting = after(("a", Declined(reason="too_small", more_incidents=2, seen=2)))
    assert (waiting.status, waiting.tripwire) == ("declined", "2 more incidents than the 2 of that day")
    back = after(("a", Declined(reason="too_small", more_incidents=1, seen=2)))
    assert (back.status, back.open) == ("unreviewed", True)
    assert back.returned == (
        "Declined before (too_small); it is back because its tripwire fired: 1 more incidents than the 2 of that day."
    )
    assert after(("a", Declined(reason="other", after="2026-07-02"))).status == "declined"
    assert after(("a", Declined(reason="other", after="2026-06-01"))).status == "unreviewed"


def test_accepting_what_came_back_settles_it() -> None:
    settled = after(("a", Declined(reason="other", more_incidents=1, seen=2)), ("a", Accepted()))
    assert (settled.status, settled.returned, settled.declined_for, settled.tripwire) == ("accepted", "", "", "")


def test_declining_anew_what_came_back_leaves_nothing_of_the_return() -> None:
    again = after(("a", Declined(reason="other", more_incidents=1, seen=2)), ("a", Declined(reason="too_small")))
    assert (again.status, again.returned) == ("declined", "")


def test_a_struck_incident_springs_no_tripwire() -> None:
    struck = after(
        ("a", Declined(reason="other", more_incidents=1, seen=2)), ("a", Struck(incident="1", reason="drill"))
    )
    assert struck.status == "declined"


# --- withdrawing -----------------------------------------------------------------------------------------------------


def test_a_withdrawn_word_does_not_stand_and_a_withdrawal_can_be_withdrawn() -> None:
    assert after(("a", Accepted()), ("a", Withdrawn(seq=1))).status == "unreviewed"
    assert after(("a", Accepted()), ("a", Withdrawn(seq=1)), ("a", Withdrawn(seq=2))).status == "accepted"
    thrice = ("a", Accepted()), ("a", Withdrawn(seq=1)), ("a", Withdrawn(seq=2)), ("a", Withdrawn(seq=3))
    assert after(*thrice).status == "unreviewed"
    assert standing(journal(*thrice)) == ()


def test_withdrawing_twice_is_withdrawing_once() -> None:
    assert after(("a", Accepted()), ("a", Withdrawn(seq=1)), ("a", Withdrawn(seq=1))).status == "unreviewed"


# --- merging ---------------------------------------------------------------------------------------------------------


def test_a_merged_one_hands_over_its_evidence_each_incident_once() -> None:
    merged = after(("a", Merged(into="b"))), after(("a", Merged(into="b")), of="b")
    assert (merged[0].status, merged[0].merged_into, merged[0].open) == ("merged", "b", False)
    assert (merged[1].incidents, merged[1].merged_from) == (("3", "4", "1", "2"), ("a",))


def test_a_chain_of_merges_ends_in_the_last_one() -> None:
    said = ("a", Merged(into="b")), ("b", Merged(into="c"))
    assert after(*said, of="c").incidents == ("5", "1", "2", "3", "4")
    assert set(after(*said, of="c").merged_from) == {"a", "b"}
    assert after(*said, of="b").incidents == ("3", "4")


def test_what_was_struck_before_the_merge_is_not_handed_over() -> None:
    said = ("a", Struck(incident="1", reason="drill")), ("a", Merged(into="b"))
    assert after(*said, of="b").incidents == ("3", "4", "2")


def test_of_merges_in_a_circle_the_oldest_does_not_count_so_that_no_evidence_is_gone() -> None:
    said = ("a", Merged(into="b")), ("b", Merged(into="a"))  # reachable by undoing what came between them
    assert {of: after(*said, of=of).status for of in ("a", "b")} == {"a": "unreviewed", "b": "merged"}
    assert after(*said, of="a").incidents == ("1", "2", "3", "4")
    three = ("b", Merged(into="c")), ("c", Merged(into="a")), ("a", Merged(into="b"))
    assert {of: after(*three, of=of).status for of in ("a", "b", "c")} == {
        "a": "merged",
        "b": "unreviewed",
        "c": "merged",
    }
    assert after(*three, of="b").incidents == ("3", "4", "1", "2", "5")


def test_themes_joined_in_a_circle_stay_joined_as_they_were_first() -> None:
    joined = ThemesMerged(other="b", anchors=("1",), other_anchors=("4",))
    back = ThemesMerged(other="a", anchors=("4",), other_anchors=("1",))
    assert {of: after(("a", joined), ("b", back), of=of).status for of in ("a", "b")} == {
        "a": "unreviewed",
        "b": "merged",
    }


def test_a_tripwire_counts_what_was_merged_in_as_the_decline_did() -> None:
    said = ("b", Merged(into="a")), ("a", Declined(reason="not_ours", more_incidents=1, seen=4))
    assert after(*said).status == "declined"
    fired = (
        ("b", Merged(into="a")),
        ("c", Merged(into="a")),
        ("a", Declined(reason="not_ours", more_incidents=1, seen=4)),
    )
    assert (after(*fired).status, len(after(*fired).evidence)) == ("unreviewed", 5)


def test_a_withdrawn_merge_takes_the_evidence_back() -> None:
    said = ("a", Merged(into="b")), ("a", Withdrawn(seq=1))
    assert after(*said, of="b").incidents == B.incidents
    assert after(*said).status == "unreviewed"


# --- what people say -------------------------------------------------------------------------------------------------


def test_of_several_strikes_of_an_incident_the_last_one_counts() -> None:
    struck = after(
        ("a", Struck(incident="1", reason="drill")), ("a", Struck(incident="2", reason="other system"), "Bo"),
        ("a", Struck(incident="1", reason="test"), "Bo"),
    )  # fmt: skip
    assert [(s.incident, s.reason, s.person, s.seq) for s in struck.strikes] == [
        ("2", "other system", "Bo", 2), ("1", "test", "Bo", 3)
    ]  # fmt: skip
    assert struck.evidence == ("3",)


def test_each_person_has_one_rating_of_a_driver_the_last_one() -> None:
    rated = after(
        ("a", Rated(driver="value", level=1)), ("a", Rated(driver="value", level=4), "Bo"),
        ("a", Rated(driver="value", level=2)), ("a", Rated(driver="risk", level=3)),
    )  # fmt: skip
    assert rated.ratings == {"value": {"Ana": 2, "Bo": 4}, "risk": {"Ana": 3}}


def test_each_person_has_one_verdict_and_any_number_of_comments() -> None:
    said = after(
        ("a", Validated(verdict="holds")), ("a", Validated(verdict="wrong", why="drill")),
        ("a", Validated(verdict="holds"), "Bo"), ("a", Commented(text="x")), ("a", Commented(text="x")),
    )  # fmt: skip
    assert [(v.person, v.verdict) for v in said.verdicts] == [("Ana", "wrong"), ("Bo", "holds")]
    assert [comment.text for comment in said.comments] == ["x", "x"]


def test_describing_changes_only_what_is_said() -> None:
    first = after(("a", Described(title="New", effort_days=5)), ("a", Described(owner="Bo", status="planned")))
    assert (first.title, first.action, first.effort_days, first.owner, first.status) == (
        "New",
        "Act",
        5,
        "Bo",
        "planned",
    )
    assert first.removes_assumed
    judged = after(("a", Described(low=0.2, likely=0.5, high=0.9)))
    assert (judged.removes, judged.removes_assumed) == (Removal(low=0.2, likely=0.5, high=0.9), False)


def test_a_removal_that_makes_no_sense_never_enters_the_journal() -> None:
    with pytest.raises(Refused, match="low <= likely <= high"):
        Described(low=0.3, likely=0.95, high=0.9)


def test_a_removal_is_said_whole_or_not_at_all() -> None:
    with pytest.raises(Refused, match="A removal is said whole: low, likely and high"):
        Described(high=0.9)


def test_an_opportunity_by_hand_is_accepted_has_no_incidents_and_is_judged() -> None:
    said = Proposed(title="Rollback", action="One command", system="mail", **SHARES)
    found = opportunities([A], journal(("hand-1", said), ("hand-1", Commented(text="yes"))), AS_OF)
    assert list(found) == ["a", "hand-1"]
    made = found["hand-1"]
    assert (made.status, made.by_hand, made.removes_assumed, made.evidence) == ("accepted", True, False, ())
    assert (made.title, made.system, len(made.comments), made.version) == ("Rollback", "mail", 1, 2)


# --- the agreed order ------------------------------------------------------------------------------------------------

ITEMS = "abcdefg"
MOVES = st.lists(st.tuples(st.sampled_from([*ITEMS, "unknown"]), st.integers(1, 12)), max_size=8)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(MOVES)
def test_the_agreed_order_has_everything_once_and_can_be_rebuilt(said: list[tuple[str, int]]) -> None:
    agreed = agreed_order(ITEMS, said)
    assert sorted(agreed) == sorted(ITEMS)
    assert agreed_order(ITEMS, said) == agreed
    if said and said[-1][0] in ITEMS:
        assert agreed[min(said[-1][1], len(ITEMS)) - 1] == said[-1][0]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.permutations(ITEMS), st.sampled_from(ITEMS), st.integers(1, 7))
def test_one_move_leaves_the_others_in_their_order(computed: list[str], item: str, place: int) -> None:
    agreed = agreed_order(computed, [(item, place)])
    assert [i for i in agreed if i != item] == [i for i in computed if i != item]
    assert agreed_order(agreed, [(item, place)]) == agreed


def test_without_moves_the_computed_order_stands() -> None:
    assert agreed_order(["b", "a"], []) == ["b", "a"]
    assert agreed_order([], [("a", 1)]) == []


def test_of_several_moves_of_one_item_the_last_one_stands_in_its_turn() -> None:
    said = journal(
        ("a", Moved(to=3, reason="urgency")), ("b", Moved(to=1, reason="evidence")), ("a", Moved(to=2, reason="other")),
        ("c", Moved(to=1, reason="other")), ("c", Withdrawn(seq=4)),
    )  # fmt: skip
    assert [(entry.opportunity, entry.seq) for entry in moves(said)] == [("b", 2), ("a", 3)]


def test_what_is_pinned_holds_its_place_whatever_is_moved_after_it() -> None:
    assert agreed_order(ITEMS, [("d", 1), ("e", 1)], pinned={"d"})[:3] == ["d", "e", "a"]
    assert agreed_order(ITEMS, [("d", 2), ("a", 4), ("e", 1)], pinned={"d"})[:5] == ["e", "d", "b", "c", "a"]
    assert agreed_order(ITEMS, [("d", 2), ("e", 3), ("b", 1)], pinned={"d", "e"})[:4] == ["b", "d", "e", "a"]
    assert agreed_order(ITEMS, [("d", 1), ("e", 1)], pinned={"d", "e"})[:3] == ["e", "d", "a"]  # the newer one


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.permutations(ITEMS), MOVES, st.lists(st.sampled_from(ITEMS), min_size=1, max_size=3, unique=True))
def test_everything_pinned_to_places_of_its_own_stands_there(
    computed: list[str], said: list[tuple[str, int]], pinned: list[str]
) -> None:
    pins = [(item, 2 * n) for n, item in enumerate(pinned, start=1)]
    agreed = agreed_order(computed, [*pins, *(move for move in said if move[0] not in pinned)], pinned)
    assert [agreed.index(item) + 1 for item in pinned] == [place for _, place in pins]


def test_undoing_a_move_brings_back_the_one_before() -> None:
    said = journal(("a", Moved(to=3, reason="urgency")), ("a", Moved(to=1, reason="effort")), ("a", Withdrawn(seq=2)))
    assert [entry.saying for entry in moves(said)] == [Moved(to=3, reason="urgency")]
