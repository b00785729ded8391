"""What people say: each kind survives the journal, what makes no sense is refused, tripwires are read from words."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opex.domain.decisions import (
    KINDS,
    Accepted,
    Commented,
    Declined,
    Described,
    Judged,
    Merged,
    Moved,
    Person,
    Proposed,
    Rated,
    Restricted,
    Saying,
    Struck,
    ThemeRenamed,
    ThemesMerged,
    ThemeSplit,
    Tripwire,
    Validated,
    Withdrawn,
    saying_from,
    tripwire,
)
from opex.domain.duels import Dueled
from opex.domain.problems import Refused
from tests.domain.sessions import OF_A_SESSION

MARCH = datetime(2026, 3, 1, 12, tzinfo=UTC)

ONE_OF_EACH = [
    Accepted(),
    Declined(reason="too_small", words="not now", more_incidents=3, seen=4),
    Declined(reason="other", after="2027-01-31", seen=4),
    Merged(into="theme-1"),
    Proposed(title="A", action="B", low=0.1, likely=0.2, high=0.3, system="checkout"),
    Described(low=0.2, likely=0.5, high=0.8, effort_days=20, owner="Ana", status="planned"),
    Validated(verdict="doubtful", why="logged late", impacts="billing"),
    Commented(text="Look at INC-7."),
    Rated(driver="value", level=3),
    Struck(incident="jira:7", reason="a drill"),
    Moved(to=1, reason="commitment", words="promised"),
    Judged(incident="jira:7", change="git:a", verdict="holds", reason="rolled back, well again"),
    ThemeRenamed(name="Mail relay"),
    ThemesMerged(other="theme-2", anchors=("jira:1", "jira:2"), other_anchors=("jira:3",)),
    ThemeSplit(incidents=("jira:1", "jira:2"), stays=("jira:3", "jira:4"), name="Spam"),
    Dueled(
        first="theme-1", second="area-2", answer="second", picked="random", session="may",
        first_worths={"hours": 0.2}, second_worths={"hours": 0.5}, drivers=3,
    ),
    Withdrawn(seq=12),
    Restricted(roles=("facilitator", "administrator"), words="not public yet"),
    *OF_A_SESSION,
]  # fmt: skip


def test_one_of_each_kind_is_tried() -> None:
    assert {saying.kind for saying in ONE_OF_EACH} == set(KINDS)


@pytest.mark.parametrize("saying", ONE_OF_EACH, ids=lambda saying: saying.kind)
def test_a_saying_survives_the_journal(saying: Saying) -> None:
    assert saying_from(saying.kind, saying.body()) == saying


@pytest.mark.parametrize("saying", ONE_OF_EACH, ids=lambda saying: saying.kind)
def test_a_field_that_a_later_version_added_is_passed_over(saying: Saying) -> None:
    assert saying_from(saying.kind, saying.body() | {"mood": "sunny"}) == saying


def test_what_was_left_unsaid_is_left_out_of_the_journal() -> None:
    assert Described(owner="Ana").body() == {"owner": "Ana"}


def refused(make: type, **what: object) -> str:
    with pytest.raises(Refused) as refusal:
        make(**what)
    return str(refusal.value)


def test_what_makes_no_sense_is_refused_with_a_sentence() -> None:
    assert refused(Person, name=" ", function="business") == "Say who you are: a name of 1 to 80 characters."
    assert refused(Person, name="x" * 81, function="business") == "Say who you are: a name of 1 to 80 characters."
    assert refused(Person, name="Ana", function="sales").endswith('leadership; this is "sales".')
    assert refused(Declined, reason="boring").startswith("A reason to decline is one of duplicate, not_ours, ")
    assert refused(Moved, to=1, reason="boring").startswith("A reason to move is one of weights, evidence, ")
    assert refused(Moved, to=0, reason="weights") == "The first place is 1; this is 0."
    assert refused(Validated, verdict="maybe") == 'A verdict is one of holds, doubtful, wrong; this is "maybe".'
    assert refused(Described, status="gone").startswith("A status is one of unreviewed, accepted, declined, ")
    assert refused(Described, effort_days=0) == "The effort is 0 days; it must be more than 0."
    assert refused(Described, effort_days=float("nan")) == "The effort is nan days; it must be more than 0."
    shares = {"low": 0.1, "likely": 0.2, "high": 0.3}
    why = "cannot be empty: say why, so that a colleague understands it next year."
    assert refused(Proposed, title=" ", action="a", **shares) == f"The title {why}"
    assert refused(Proposed, title="t", action="", **shares) == f"The action {why}"
    assert refused(Commented, text="\n") == f"A comment {why}"
    assert refused(Struck, incident="jira:7", reason="") == f"The reason of a strike {why}"


@pytest.mark.parametrize(
    ("text", "more_incidents", "after"),
    [
        ("three more incidents", 3, None),
        ("one more incident", 1, None),
        ("12 more incidents", 12, None),
        ("  Ten More Incidents ", 10, None),
        ("after June", None, date(2026, 6, 30)),
        ("after december", None, date(2026, 12, 31)),
        ("after February", None, date(2027, 2, 28)),  # this year's is over
        ("after March", None, date(2026, 3, 31)),
        ("after June 2028", None, date(2028, 6, 30)),
        ("after December 2028", None, date(2028, 12, 31)),
        ("after 2027-01-31", None, date(2027, 1, 31)),
    ],
)
def test_a_tripwire_is_read_as_a_person_states_it(text: str, more_incidents: int | None, after: date | None) -> None:
    assert tripwire(text, seen=4, as_of=MARCH) == Tripwire(more_incidents=more_incidents, after=after, seen=4)


def test_on_the_day_on_which_a_month_is_over_the_next_one_is_meant() -> None:
    assert tripwire("after June", seen=0, as_of=datetime(2026, 6, 30, 23, tzinfo=UTC)).after == date(2026, 6, 30)
    assert tripwire("after June", seen=0, as_of=datetime(2026, 7, 1, tzinfo=UTC)).after == date(2027, 6, 30)


@pytest.mark.parametrize(
    "text",
    ["", "later", "zero more incidents", "-1 more incidents", "1.5 more incidents", "many more incidents", "after",
     "after Juin", "after 2027-02-30", "after 31.01.2027", "before June", "three more incidents or after June"],
)  # fmt: skip
def test_what_is_no_tripwire_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Refused, match="is not understood; say") as refusal:
        tripwire(text, seen=4, as_of=MARCH)
    assert f'The tripwire "{text}"' in str(refusal.value)


@pytest.mark.parametrize("text", ["after june 0000", "after january 123456"])
def test_a_year_that_no_calendar_has_is_refused_too(text: str) -> None:
    with pytest.raises(Refused):
        tripwire(text, seen=4, as_of=MARCH)


def test_a_count_fires_when_so_many_more_are_there() -> None:
    wire = tripwire("three more incidents", seen=4, as_of=MARCH)
    assert [wire.fires(incidents=n, as_of=MARCH) for n in (4, 6, 7, 8)] == [False, False, True, True]
    assert wire.sentence == "3 more incidents than the 4 of that day"


def test_a_month_fires_when_it_is_over() -> None:
    wire = tripwire("after June", seen=4, as_of=MARCH)
    moments = [datetime(2026, 6, 30, 23, 59, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)]
    assert [wire.fires(incidents=99, as_of=moment) for moment in moments] == [False, True]


def test_a_day_fires_when_it_is_over() -> None:
    wire = tripwire("after 2027-01-31", seen=4, as_of=MARCH)
    moments = [datetime(2027, 1, 31, 12, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)]
    assert [wire.fires(incidents=0, as_of=moment) for moment in moments] == [False, True]


def test_without_a_tripwire_nothing_fires() -> None:
    assert not Tripwire().fires(incidents=10_000, as_of=datetime(2999, 1, 1, tzinfo=UTC))
    assert Tripwire().sentence == ""


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.sampled_from(["january", "june", "september", "december"]))
def test_a_month_without_a_year_ends_within_a_year_from_now(today: date, month: str) -> None:
    after = tripwire(f"after {month}", seen=0, as_of=datetime(today.year, today.month, today.day, tzinfo=UTC)).after
    assert after is not None
    assert (after + timedelta(days=1)).day == 1
    assert 0 <= (after - today).days <= 366
