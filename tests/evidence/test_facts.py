"""Facts: how long trouble lasted, what was known by when, and which system it is about."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from opex.domain.systems import Catalogue, System
from opex.evidence.facts import hours_lost, hours_lost_by_system, newest_fact, until
from tests.evidence.builders import AS_OF, at, change, daily, facts, incident


def hours(*rows: dict[str, object]) -> dict[str, float]:
    known = facts(rows)
    return dict(zip(known.incidents["source_id"], hours_lost(known.incidents, AS_OF), strict=True))


def test_an_incident_lasts_from_start_to_end_and_an_open_one_until_as_of() -> None:
    assert hours(incident("over", 10, hours=2.5), incident("open", 2, hours=None)) == {"over": 2.5, "open": 48.0}


def test_an_incident_counts_at_most_seven_days() -> None:
    assert hours(incident("long", 30, hours=500), incident("old", 60, hours=None)) == {"long": 168.0, "old": 168.0}
    edge = facts([incident("edge", 30, hours=168)])
    assert hours_lost(edge.incidents, AS_OF).tolist() == [168.0]
    assert hours_lost(edge.incidents, AS_OF, timedelta(hours=5)).tolist() == [5.0]


def test_an_incident_that_is_over_without_an_end_is_missing_and_not_zero() -> None:
    known = hours(incident("over", 10, hours=None, status="closed"), incident("unsaid", 1, hours=None, status=None))
    assert np.isnan(known["over"])
    assert known["unsaid"] == 24.0


def test_planned_work_is_no_pain_however_it_ended() -> None:
    rows = [
        incident("short", 10, hours=3, planned=True),
        incident("endless", 10, hours=None, status="closed", planned=True),
    ]
    assert hours(*rows) == {"short": 0.0, "endless": 0.0}


def test_an_end_before_the_start_counts_as_no_time() -> None:
    assert hours(incident("odd", 10, hours=-4)) == {"odd": 0.0}


def test_hours_of_nothing_are_nothing() -> None:
    assert hours() == {}
    assert hours_lost_by_system(facts(), AS_OF).empty


def test_overlapping_incidents_of_a_system_count_once() -> None:
    known = facts(
        [
            incident("long", 10, hours=10),
            incident("within", 10 - 2 / 24, hours=3),
            incident("across", 10 - 8 / 24, hours=5),
            incident("apart", 5, hours=2),
            incident("other", 10, hours=4, system="search"),
            incident("planned", 3, hours=50, planned=True),
            incident("unknown", 2, hours=None, status="closed"),
        ],
        further=[("t:other", "checkout"), ("t:apart", "search")],
    )
    assert hours_lost_by_system(known, AS_OF).round(6).to_dict() == {"checkout": 15.0, "search": 6.0}


spans = st.lists(
    st.tuples(st.integers(0, 200), st.integers(0, 60), st.sampled_from(["checkout", "search", "mail"])), max_size=12
)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(spans)
def test_hours_by_system_are_the_hours_in_which_any_incident_ran(rows: list[tuple[int, int, str]]) -> None:
    known = facts(
        [incident(n, 20, hours=0) | {"started_at": at(20, -s), "resolved_at": at(20, -s - lasted), "system": system}
         for n, (s, lasted, system) in enumerate(rows)]
    )  # fmt: skip
    expected: dict[str, set[int]] = {system: set() for _, _, system in rows}
    for start, lasted, system in rows:
        expected[system] |= set(range(start, start + lasted))  # hour by hour

    counted = hours_lost_by_system(known, AS_OF)

    assert {system: round(float(h), 6) for system, h in counted.items()} == {s: len(h) for s, h in expected.items()}


def test_the_newest_fact_is_the_last_thing_that_really_happened() -> None:
    assert newest_fact(facts()) is None
    assert newest_fact(facts([incident(1, 9, hours=48)])) == at(7)
    assert newest_fact(facts([incident(1, 9)], changes=[change(1, 8, finished_at=at(3))])) == at(3)
    assert newest_fact(facts([incident(1, 9)], readings=daily([1.0]))) == at(1, -1)


def test_planned_work_lies_in_the_future_and_moves_no_clock() -> None:
    assert newest_fact(facts([incident(1, 9, hours=1), incident(2, -30, planned=True)])) == at(9, -1)


def test_what_happened_later_was_not_known() -> None:
    known = facts(
        [incident("before", 40), incident("running", 31, hours=72), incident("after", 10)],
        changes=[change("before", 40), change("after", 10)],
        readings=daily([1.0] * 60),
        further=[("t:before", "search"), ("t:after", "search")],
    )
    then = until(known, at(30))

    rows = then.incidents.set_index("source_id")
    assert list(rows.index) == ["before", "running"]
    assert rows.loc["running", "status"] == "open"
    assert pd.isna(rows.loc["running", "resolved_at"])
    assert rows.loc["before", "status"] == "closed"
    assert hours_lost(then.incidents, at(30)).tolist() == [1.0, 24.0]
    assert set(then.incident_systems["incident_id"]) == {"t:before", "t:running"}
    assert set(then.changes["id"]) == set(then.change_systems["change_id"]) == {"t:before"}
    assert (then.readings["at"] <= at(30)).all()


def test_looking_back_changes_nothing_of_what_is_known_today() -> None:
    known = facts([incident("running", 31, hours=72, detected_at=at(29))])
    until(known, at(30))
    assert known.incidents["resolved_at"].notna().all()
    assert known.incidents["detected_at"].notna().all()


def test_nobody_noticed_or_took_on_what_was_noticed_later() -> None:
    times = {"detected_at": at(29), "acknowledged_at": at(29), "mitigated_at": at(29)}
    then = until(facts([incident("running", 31, hours=72, **times)]), at(30))
    assert then.incidents[[*times, "resolved_at"]].isna().all(axis=None)


def test_a_change_that_was_still_running_had_no_end_and_no_outcome() -> None:
    then = until(facts(changes=[change("slow", 31, finished_at=at(29), outcome="failed")]), at(30))
    assert then.changes["finished_at"].isna().all()
    assert then.changes["outcome"].tolist() == ["unknown"]


def test_the_catalogue_names_the_systems_of_everything() -> None:
    checkout = System(name="checkout", aliases=("Check-out", "till"), patterns=("services/checkout/",))
    known = facts(
        [incident(1, 3, system="TILL"), incident(2, 2, system=None), incident(3, 1, system="elsewhere")],
        changes=[change(1, 3, system="check-OUT"), change(2, 2, system=None, paths="services/checkout/app.py")],
        readings=daily([1.0], system="till"),
        further=[("t:1", "Checkout"), ("t:2", " till ")],
        catalogue=Catalogue(systems=(checkout,)),
    )
    assert known.incidents["system"].fillna("").tolist() == ["checkout", "", "elsewhere"]
    pairs = set(known.incident_systems.itertuples(index=False, name=None))
    assert pairs == {("t:1", "checkout"), ("t:2", "checkout"), ("t:3", "elsewhere")}
    assert len(known.incident_systems) == 3
    assert set(known.change_systems.itertuples(index=False, name=None)) == {("t:1", "checkout"), ("t:2", "checkout")}
    assert known.readings["system"].tolist() == ["checkout"]


def test_facts_are_left_as_they_were_given() -> None:
    known = facts([incident(1, 3)])
    before = known.incidents.copy()
    hours_lost(known.incidents, AS_OF)
    hours_lost_by_system(known, AS_OF)
    pd.testing.assert_frame_equal(replace(known).incidents, before)
