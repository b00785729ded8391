"""Trends over facts: what is named, what is near it, and what is not judged for want of data."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from opex.domain.problems import NotEnoughData
from opex.evidence.facts import Facts
from opex.evidence.series import Series, incident_series, metric_series
from opex.evidence.trends import Judged, near, trends
from opex.evidence.watched import watched
from tests.evidence.builders import AS_OF, at, calm_metrics, change, daily, facts, incident

MONDAY = datetime(2026, 6, 29, tzinfo=UTC)  # the last one before as-of, a Wednesday
NOISE = np.random.default_rng(5).normal(size=180)


def weeks_ago(weeks: float) -> float:
    """Days before as-of of a moment so many weeks before the last Monday."""
    return 2 + 7 * weeks


def episodes_a_week(
    system: str, before: int, after: int, shifted: int, *, weeks: int = 103, **more: object
) -> list[dict]:
    """So many episodes in each of the past weeks, another number in the last ``shifted`` of them."""
    return [
        incident(f"{system}-{w}-{k}", weeks_ago(w + 1) - 0.5 - 1.5 * k, system=system, **more)
        for w in range(weeks, -1, -1)
        for k in range(after if w < shifted else (before + w % 2 if before else 0))
    ]


def named(found: tuple[Judged, ...], kind: str = "incidents") -> list[tuple[str | None, str, str]]:
    return [
        (one.series.system, one.trend.form, one.trend.turned)
        for one in found
        if one.trend is not None and one.series.kind == kind
    ]


WORLD = facts(
    [*episodes_a_week("mail", 0, 3, 30), *episodes_a_week("shop", 1, 1, 0), *episodes_a_week("few", 0, 1, 5)],
    changes=[
        change("inside", weeks_ago(30) + 1.5, system="mail"),
        change("week", weeks_ago(30) - 3, system="mail"),
        change("early", weeks_ago(30) + 2.5, system="mail"),
        change("late", weeks_ago(29) - 0.1, system="mail"),
        change("other", weeks_ago(30) + 1, system="shop"),
        change("elsewhere", weeks_ago(30) + 1, system="mail", environment="test"),
    ],
)


@pytest.fixture(scope="module")
def found() -> tuple[Judged, ...]:
    return trends(WORLD, AS_OF)


def test_a_system_on_another_level_is_named_with_its_week_and_its_rates(found: tuple[Judged, ...]) -> None:
    assert ("mail", "shift", "worse") in named(found)
    assert "shop" not in [system for system, *_ in named(found)]
    [mail] = [one for one in found if one.series.system == "mail" and one.series.kind == "incidents"]
    trend = mail.trend
    assert trend is not None
    assert trend.at == (pd.Timestamp(MONDAY) - pd.Timedelta(weeks=30)).to_pydatetime()
    assert trend.earliest <= trend.at <= trend.latest
    assert (trend.before, trend.after) == (0.0, 3.0)
    assert 1.5 < trend.low < trend.effect < trend.high
    assert [level for *_, level in trend.levels] == [0.0, 3.0]
    assert mail.q_value <= 0.05


def test_what_began_near_a_shift_is_worth_a_look_and_names_nobody(found: tuple[Judged, ...]) -> None:
    [mail] = [one for one in found if one.series.system == "mail" and one.series.kind == "incidents"]
    changes, incidents = near(WORLD, mail)
    assert changes["source_id"].tolist() == ["week", "inside"]
    assert "actor" not in changes
    assert incidents["system"].unique().tolist() == ["mail"]
    assert len(incidents) == 3


def test_too_little_data_is_said_and_not_judged(found: tuple[Judged, ...]) -> None:
    few = [one for one in found if one.series.system == "few"]
    assert [(one.series.kind, one.trend, one.series.lacks) for one in few] == [
        ("hours", None, NotEnoughData(have=5, need=12, what="weeks with trouble")),
        ("incidents", None, NotEnoughData(have=5, need=12, what="episodes")),
    ]
    assert all(np.isnan([one.p_value, one.q_value]).all() for one in few)


def test_without_facts_nothing_is_judged() -> None:
    assert trends(facts(), AS_OF) == ()
    assert list(watched(facts(), AS_OF)) == []


def test_planned_work_and_the_week_that_is_not_over_are_left_out() -> None:
    rows = episodes_a_week("mail", 1, 1, 0)
    planned = [incident(f"p{n}", 100 + n, planned=True, system="mail") for n in range(40)]
    running = [incident("now", 0.5, system="mail")]
    plain, more = (
        [one for one in incident_series(facts(some), AS_OF) if one.kind == "incidents"]
        for some in (rows, [*rows, *planned, *running])
    )
    assert [one.values.tolist() for one in plain] == [one.values.tolist() for one in more]
    assert plain[0].starts[-1] + plain[0].step == pd.Timestamp(MONDAY)


def test_weeks_begin_with_the_first_incident_of_the_environment() -> None:
    [series, _] = incident_series(facts(episodes_a_week("mail", 1, 1, 0, weeks=40)), AS_OF)
    assert len(series.values) == 40
    assert series.system == "mail", "one system alone is not shown again as all of them"


def test_hours_that_overlap_count_once_and_are_those_of_their_week() -> None:
    begun = [incident(n, weeks_ago(2) + 1, hours=72, system="mail") for n in range(2)]
    rows = [incident("old", weeks_ago(30), system="mail"), *begun]
    [hours] = [one for one in incident_series(facts(rows), AS_OF) if one.kind == "hours"]
    assert hours.values[-3:].tolist() == [24.0, 48.0, 0.0]


def test_a_metric_that_jumps_is_dated_and_one_without_a_good_way_is_only_other() -> None:
    jumped = 100 + 5 * NOISE + 40 * (np.arange(180) >= 110)
    known = facts(readings=[*daily(jumped), *daily(-jumped, "depth", better=None), *daily(jumped[:50], "short")])
    found = trends(known, AS_OF)
    assert named(found, "metric") == [("checkout", "shift", "worse"), ("checkout", "shift", "changed")]
    trend = found[0].trend
    assert trend is not None
    assert abs((trend.at - at(70)).days) <= 2
    assert trend.effect == pytest.approx(40, abs=4)
    assert found[-1].series.lacks == NotEnoughData(have=50, need=60, what="days with readings")


def test_a_metric_that_creeps_is_a_drift_with_the_slope_of_the_finder() -> None:
    known = facts(readings=daily(100 + 5 * NOISE - np.linspace(0, 60, 180)))
    [one] = trends(known, AS_OF)
    assert named((one,), "metric") == [("checkout", "drift", "better")]
    assert one.trend is not None
    assert one.trend.effect == pytest.approx(-60, abs=8)
    changes, incidents = near(known, one)
    assert changes.empty
    assert incidents.empty


def test_calm_metrics_are_steady() -> None:
    spoke = [bool(named(trends(calm_metrics(seed), AS_OF), "metric")) for seed in range(20)]
    assert sum(spoke) <= 3  # one in twenty is promised; 20 worlds at 5 % stay at or below 3 in 98 %


def test_the_same_facts_give_the_same_answer_and_weekdays_are_taken_out() -> None:
    weekend = 100 + 5 * NOISE + 40 * (np.arange(180) % 7 >= 5)
    known = facts(readings=daily(weekend))
    [one], [other] = trends(known, AS_OF), trends(known, AS_OF)
    assert (one.p_value, one.q_value, one.trend) == (other.p_value, other.q_value, other.trend)
    [series] = metric_series(known, AS_OF)
    assert isinstance(series, Series)
    assert series.values.std() < 7


def test_a_metric_is_watched_by_reading_with_its_alarms() -> None:
    spiked = 100 + NOISE
    spiked[150] = 160
    [one] = watched(facts(readings=daily(spiked)), AS_OF)
    assert (one.metric, one.system, one.unit) == ("latency", "checkout", "ms")
    assert 160 in [alarm.value for alarm in one.alarms]
    [short] = watched(facts(readings=daily(spiked[:100])), AS_OF)
    assert short.scored == NotEnoughData(have=100, need=150, what="readings")


def test_a_caller_s_facts_are_not_edited() -> None:
    before: Facts = facts([*episodes_a_week("mail", 0, 2, 20)])
    kept = before.incidents.copy()
    trends(before, AS_OF)
    pd.testing.assert_frame_equal(before.incidents, kept)
