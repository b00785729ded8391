"""Delivery measures: what counts as a deployment, a failure, a lead time, a recovery; what cannot be told is said."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from opex.domain.systems import Catalogue, System
from opex.evidence.delivery import COUNTS, MEASURES, RULES, Delivery, delivery, failing_more
from opex.evidence.delivery_intervals import dispersion, median_interval, rate_interval, wilson_interval
from opex.evidence.facts import Facts
from opex.evidence.findings import poisson_interval
from tests.evidence import builders as b

MONDAY = pd.Timestamp("2026-03-02", tz="UTC")


def made(n: object, day: float, **more: Any) -> dict[str, Any]:
    """A deployment of checkout to production, so many days after a Monday, of an hour, committed 5 h before."""
    started = MONDAY + timedelta(days=day)
    times = {"started_at": started, "finished_at": started + timedelta(hours=1),
             "committed_at": started - timedelta(hours=5)}  # fmt: skip
    return b.change(n, 0, **(times | more))


def broke(n: object, day: float, **more: Any) -> dict[str, Any]:
    """An incident of checkout that began so many days after that Monday and lasted four hours."""
    started = MONDAY + timedelta(days=day)
    return b.incident(n, 0, **({"started_at": started, "resolved_at": started + timedelta(hours=4)} | more))


def one(changes: list[dict[str, Any]], incidents: list[dict[str, Any]] | None = None, **asked: Any) -> Any:
    [row] = delivery(b.facts(incidents or [], changes=changes), **asked).rows.to_dict("records")
    return row


# --- how often --------------------------------------------------------------------------------------------------


def test_the_frequency_counts_whole_weeks_also_those_without_a_deployment() -> None:
    row = one([made(n, day) for n, day in enumerate([1, 7, 8, 9, 29, 36])])
    # Whole weeks lie between Monday of the second week and that of the last one: three, of which two are empty.
    assert (row["weeks"], row["in_weeks"], row["deployments"]) == (4, 4, 6)
    assert row["deployments_per_week"] == 1
    low, high = poisson_interval(4)
    assert (row["deployments_per_week_low"], row["deployments_per_week_high"]) == pytest.approx((low / 4, high / 4))


def test_a_month_that_is_covered_whole_counts_whole_and_the_others_are_marked() -> None:
    rows = delivery(b.facts(changes=[made(n, day) for n, day in enumerate([2, 30, 31, 70])]), period="month").rows
    assert rows["period"].tolist() == ["2026-03", "2026-04", "2026-05"]
    assert rows["complete"].tolist() == [False, True, False]
    assert rows["deployments"].tolist() == [1, 2, 1]
    assert rows["weeks"].tolist() == pytest.approx([3, 30 / 7, 1])  # 9 to 29 March, all of April, 4 to 10 May
    assert rows["deployments_per_week"].tolist() == pytest.approx([0, 2 / (30 / 7), 0])


@pytest.mark.parametrize(("period", "names"), [
    ("week", ["2026-W10", "2026-W11"]), ("month", ["2026-03"]), ("quarter", ["2026-Q1"]),
])  # fmt: skip
def test_periods_are_those_of_the_calendar(period: Any, names: list[str]) -> None:
    rows = delivery(b.facts(changes=[made(1, 0), made(2, 13)]), period=period).rows
    assert rows["period"].tolist() == names
    assert rows["deployments"].sum() == 2


def test_a_quiet_system_of_a_source_that_goes_on_is_covered_and_one_of_a_source_that_ends_is_not() -> None:
    changes = [made(1, 0), made(2, 50, system="other"), made(3, 0, system="old", source="u")]
    rows = delivery(b.facts(changes=changes), by=("system",)).rows.set_index("system")
    assert rows["weeks"].to_dict() == {"checkout": 7, "old": 0, "other": 0}
    assert rows.loc["old", "deployments_per_week_lacks"] == "no whole week is covered"
    assert rows["deployments_per_week"].isna().to_dict() == {"checkout": False, "old": True, "other": True}


def test_failed_deployments_are_no_delivery_and_other_changes_no_deployments() -> None:
    changes = [made(1, 0), made(2, 8), made(3, 9, outcome="failed"), made(4, 10, kind="configuration"), made(5, 15)]
    row = one(changes)
    assert (row["deployments"], row["in_weeks"], row["outcome_known"], row["failures"]) == (4, 2, 4, 1)
    assert one(changes, kinds=("deployment", "configuration"))["deployments"] == 5


# --- how soon ---------------------------------------------------------------------------------------------------


def test_lead_time_is_the_median_from_commit_to_the_end_of_the_deployment() -> None:
    row = one([made(n, n, committed_at=MONDAY + timedelta(days=n, hours=-n)) for n in range(1, 8)])
    told = tuple(row[f"lead_time_hours{part}"] for part in ("", "_low", "_high", "_lacks"))
    assert told == (5, 2, 8, "")
    few = one([made(1, 1), made(2, 2, finished_at=pd.NaT)])
    assert few["lead_time_hours"] == 5.5
    assert np.isnan(few["lead_time_hours_low"])
    assert few["lead_time_hours_lacks"] == "for an interval: too little data: 2 lead times, 6 needed"


@pytest.mark.parametrize(("committed", "lacks"), [
    (pd.NaT, "no commit's time is known"),
    (MONDAY, "the time of the commit stands for that of the deployment"),
    (MONDAY + timedelta(hours=2), "deployments are said to lie before their commits"),
])  # fmt: skip
def test_a_lead_time_that_cannot_be_told_is_said_so(committed: Any, lacks: str) -> None:
    row = one([made(1, 0, committed_at=committed)])
    assert np.isnan(row["lead_time_hours"])
    assert (row["lead_known"], row["lead_unknown"], row["lead_time_hours_lacks"]) == (0, 1, lacks)


# --- how well ---------------------------------------------------------------------------------------------------


def test_changes_that_failed_were_taken_back_or_caused_an_incident_each_count_once() -> None:
    changes = [
        made(1, 0), made(2, 1, outcome="failed"), made(3, 2, outcome="rolled_back"), made(4, 3),
        made(5, 4, reverts="4"), made(6, 5), made(7, 6),
    ]  # fmt: skip
    incidents = [
        broke(1, 5.5, caused_by="t:6"), broke(2, 5.6, caused_by="6; 4"), broke(3, 5.7),
        broke(4, 6.5, caused_by="7", planned=True), broke(5, 4, caused_by="t:7"),
    ]  # fmt: skip
    row = one(changes, incidents)
    assert {name: row[name] for name in COUNTS} == {
        "deployments": 7, "succeeded": 5, "failed": 1, "rolled_back": 1, "unknown": 0, "reverted": 1,
        "caused_incident": 2, "reverts": 1,
    }  # fmt: skip
    assert (row["failures"], row["outcome_known"]) == (4, 7)
    interval = stats.binomtest(4, 7).proportion_ci(method="wilson")
    assert (row["change_failure_rate"], row["change_failure_rate_low"], row["change_failure_rate_high"]) == (
        pytest.approx((4 / 7, interval.low, interval.high))
    )


def test_an_unknown_outcome_is_no_success_and_the_bounds_say_what_is_known_all_the_same() -> None:
    commits = [made(n, n, outcome="unknown", reverts="3" if n == 5 else None) for n in range(10)]
    row = one(commits)
    assert (row["unknown"], row["outcome_known"], row["change_failure_rate_lacks"]) == (10, 0, "no outcome is known")
    assert np.isnan(row["change_failure_rate"])
    assert (row["failure_rate_least"], row["failure_rate_most"]) == (0.1, 1.0)
    mixed = one([*commits, *(made(f"s{n}", n) for n in range(9)), made("f", 9, outcome="failed")])
    assert (mixed["change_failure_rate"], mixed["failure_rate_least"], mixed["failure_rate_most"]) == (0.1, 0.1, 0.55)


def test_a_change_is_taken_back_by_one_of_its_own_source_only() -> None:
    assert one([made(1, 0), made(2, 1, source="u", reverts="1")])["reverted"] == 0


# --- how quickly mended -----------------------------------------------------------------------------------------

FAILED = made("f", 1, outcome="failed")


@pytest.mark.parametrize(("changes", "incidents", "hours", "how"), [
    ([FAILED, made(2, 2, system="other"), made(3, 3, environment="test"), made(4, 4)], [], 72, "next"),
    ([made("f", 1, outcome="rolled_back", finished_at=pd.NaT), made(2, 2)], [], 25, "next"),
    ([made("f", 1), made(2, 2), made(3, 3, reverts="f")], [], 48, "revert"),
    ([made("f", 1), made(2, 2, reverts="f", outcome="failed"), made(3, 3)], [], 48, "revert"),
    ([FAILED, made(2, 2)], [broke(1, 1.5, caused_by="f"), broke(2, 1.6, caused_by="f")], 17.4, "incident"),
    ([FAILED, made(2, 1 - 1 / 24), made(3, 1)], [], np.inf, None),
    ([FAILED, made(2, 2, reverts=None), made(3, 3, reverts="2"), made(4, 4, outcome="failed")], [], 48, "next"),
    ([FAILED, made(2, 2)], [broke(1, 1.5, caused_by="f", resolved_at=pd.NaT)], np.inf, None),
    ([FAILED, made(2, 2, outcome="unknown")], [], np.nan, None),
    ([made("f", 1), made(2, 2, outcome="unknown", reverts="f")], [], np.nan, None),
    ([made("f", 1, outcome="failed", system=None)], [], np.nan, None),
])  # fmt: skip
def test_recovery_is_by_the_incident_else_the_revert_else_the_next_that_succeeded(
    changes: list[Any], incidents: list[Any], hours: float, how: str | None
) -> None:
    found = delivery(b.facts(incidents, changes=changes)).failures.set_index("source_id").loc["f"]
    assert found["recovery_hours"] == pytest.approx(hours, nan_ok=True)
    assert (found["recovered_by"] if isinstance(found["recovered_by"], str) else None) == how


def test_what_has_not_recovered_yet_counts_as_longer_than_all() -> None:
    pairs = [[made(f"f{n}", 2 * n, outcome="failed"), made(n, 2 * n + 1)] for n in range(6)]
    mended = [change for pair in pairs for change in pair]
    row = one([*mended, made("last", 20, outcome="failed")])
    assert (row["recovered"], row["not_recovered"], row["recovery_time_hours"]) == (6, 1, 24)
    assert np.isnan(row["recovery_time_hours_high"])
    assert row["recovery_time_hours_lacks"] == "the upper end is open: 1 of 7 have not recovered yet"
    row = one([FAILED])
    assert np.isnan(row["recovery_time_hours"])
    assert row["recovery_time_hours_lacks"] == "1 of 1 have not recovered yet"
    assert one([made(1, 1)])["recovery_time_hours_lacks"] == "no deployment failed"


# --- groups -----------------------------------------------------------------------------------------------------


def shared() -> Facts:
    """A failed deployment of checkout and search; checkout was deployed again a day later, search two days later."""
    catalogue = Catalogue(systems=(System(name="checkout", owner="Buying"), System(name="search", owner="Finding")))
    changes = [made("f", 1, outcome="failed"), made(2, 2), made(3, 3, system="search"), made(4, 4, system="nobody's")]
    facts = b.facts(changes=changes, catalogue=catalogue)
    both = pd.DataFrame({"change_id": ["t:f"], "system": ["search"]}, dtype="str")
    return replace(facts, change_systems=pd.concat([facts.change_systems, both], ignore_index=True))


def test_a_change_of_two_systems_counts_in_both_groups_and_once_in_all() -> None:
    columns = ["deployments", "failures", "recovery_time_hours"]
    by_system = delivery(shared(), by=("system",)).rows.set_index("system")[columns].T
    assert by_system["checkout"].tolist() == [2, 1, 24]
    assert by_system["search"].tolist() == [2, 1, 48]
    assert delivery(shared(), by=()).rows[columns].values.tolist() == [[4, 1, 48]]


def test_teams_are_the_owners_that_the_catalogue_names_and_nobody_comes_last() -> None:
    rows = delivery(shared(), by=("team",)).rows
    assert rows["team"].fillna("nobody").tolist() == ["Buying", "Finding", "nobody"]
    assert rows["deployments"].tolist() == [2, 2, 1]


def test_robots_and_people_are_told_apart_but_anybody_may_mend() -> None:
    changes = [made("f", 1, outcome="failed", automated=True), made(2, 2), made(3, 3, automated=True)]
    assert (one(changes, who="robots")["deployments"], one(changes, who="people")["deployments"]) == (2, 1)
    assert one(changes, who="robots")["recovery_time_hours"] == 24


def test_a_part_of_the_time_and_one_environment_can_be_asked_for() -> None:
    changes = [made(n, 7 * n, environment="test" if n % 2 else "production") for n in range(8)]
    found = delivery(b.facts(changes=changes), since=MONDAY + timedelta(days=14), environment="production")
    [row] = found.rows.to_dict("records")
    assert (row["environment"], row["deployments"], row["weeks"]) == ("production", 3, 5)


def test_without_a_deployment_there_is_no_row_and_the_rules_are_told_all_the_same() -> None:
    for facts in (b.facts(), b.facts(changes=[made(1, 0, kind="api_call")])):
        for period in (None, "month"):
            found = delivery(facts, period=period)
            assert (len(found.rows), len(found.failures)) == (0, 0)
            assert set(found.rules) == set(MEASURES) == set(RULES)
    with pytest.raises(ValueError, match="expected some of"):
        delivery(b.facts(), by=("actor",))


changes_of_a_year = st.lists(
    st.fixed_dictionaries({
        "day": st.integers(0, 80), "system": st.sampled_from(["a", "b", None]),
        "environment": st.sampled_from(["production", "test"]), "reverts": st.sampled_from([None, None, "0", "1"]),
        "outcome": st.sampled_from(["succeeded", "succeeded", "failed", "rolled_back", "unknown"]),
    }), min_size=1, max_size=25,
)  # fmt: skip


@given(rows=changes_of_a_year, seed=st.integers(0, 9))
@settings(deadline=None, derandomize=True, max_examples=6)
def test_counts_add_up_over_groups_and_periods_and_the_order_of_rows_does_not_matter(
    rows: list[dict[str, Any]], seed: int
) -> None:
    facts = b.facts(changes=[made(n, row.pop("day"), **row) for n, row in enumerate(rows)])
    added = [*COUNTS, "lead_known", "failures", "failures_all", "recovered", "not_recovered", "recovery_unknown"]

    def counts(**asked: Any) -> list[int]:
        return [int(value) for value in delivery(facts, **asked).rows[added].sum()]

    whole = counts(by=())
    assert counts(by=("system", "environment"), period="week") == whole
    row = delivery(facts, by=()).rows.iloc[0]
    assert row["recovered"] + row["not_recovered"] + row["recovery_unknown"] == row["failures_all"]
    shuffled = replace(facts, changes=facts.changes.sample(frac=1, random_state=seed, ignore_index=True))
    same(delivery(facts, period="month"), delivery(shuffled, period="month"))


def same(first: Delivery, second: Delivery) -> None:
    pd.testing.assert_frame_equal(first.rows, second.rows)
    pd.testing.assert_frame_equal(first.failures, second.failures)


# --- how sure ---------------------------------------------------------------------------------------------------


def test_the_intervals_are_the_published_ones() -> None:
    part, whole = np.array([0.0, 3, 10]), np.array([8.0, 40, 10])
    low, high = wilson_interval(part, whole)
    for n in range(3):
        known = stats.binomtest(int(part[n]), int(whole[n])).proportion_ci(method="wilson")
        assert (low[n], high[n]) == pytest.approx((known.low, known.high))
    assert np.isnan(wilson_interval(np.zeros(1), np.zeros(1))[0][0])
    low, high = rate_interval(np.array([0.0, 17]), np.array([4.0, 4]), np.ones(2))
    assert (low * 4).tolist() == pytest.approx([0, poisson_interval(17)[0]])
    assert (high * 4).tolist() == pytest.approx([poisson_interval(0)[1], poisson_interval(17)[1]])


def test_intervals_hold_the_planted_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    weeks, worlds = 52, 1000
    counts = rng.negative_binomial(3, 3 / (3 + 8.0), size=(worlds, weeks))  # mean 8, variance 29
    scatter = np.array([dispersion(one.astype(float)) for one in counts])
    total, length = counts.sum(axis=1).astype(float), np.full(worlds, float(weeks))
    assert 0.93 <= held(*rate_interval(total, length, scatter), 8.0) <= 0.98
    assert held(*rate_interval(total, length, np.ones(worlds)), 8.0) < 0.75, "Garwood's alone is far too narrow here"
    failed = rng.binomial(60, 0.08, size=worlds).astype(float)
    assert 0.93 <= held(*wilson_interval(failed, np.full(worlds, 60.0)), 0.08) <= 0.99
    _, low, high = np.array([median_interval(one) for one in np.exp(rng.normal(1.0, 1.5, size=(worlds, 15)))]).T
    assert 0.94 <= held(low, high, np.exp(1.0)) <= 0.99


def held(low: Any, high: Any, truth: float) -> float:
    return float(((low <= truth) & (truth <= high)).mean())


def test_systems_that_fail_alike_are_seldom_named_and_one_that_fails_three_times_as_often_is() -> None:
    rng = np.random.default_rng(2)
    known = rng.integers(20, 200, size=(300, 15))
    alike, one_worse = np.full(15, 0.05), np.append(np.full(14, 0.05), 0.2)
    named = {name: [failing_more(pd.DataFrame({"failures": rng.binomial(n, share), "outcome_known": n})) <= 0.05
                    for n in known] for name, share in (("alike", alike), ("worse", one_worse))}  # fmt: skip
    assert np.mean([some.any() for some in named["alike"]]) <= 0.05
    false = [some[:14].sum() / max(some.sum(), 1) for some in named["worse"]]
    assert np.mean(false) <= 0.05
    assert np.mean([some[14] for some in named["worse"]]) >= 0.7


def test_a_place_that_fell_silent_is_seen_as_such_since_the_data_goes_on() -> None:
    facts = b.facts(changes=[made(1, 0), made(2, 400, environment="test")])
    found = delivery(facts, by=(), environment="production", since=MONDAY + timedelta(days=35))
    assert (len(found.rows), found.end) == (0, MONDAY + timedelta(days=400))
