"""Anomalies of a metric: planted ones are found, chance keeps to its budget, nothing looks ahead."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opex.domain.problems import NotEnoughData
from opex.evidence.anomalies import Scored, alarms, regular, scored
from tests.evidence.signals import STEP, signal

DAY = 86_400
AT = STEP * np.arange(10 * 288)
CALM = 50 + np.sin(2 * np.pi * AT / DAY) + np.random.default_rng(8).normal(size=len(AT))


def told(value: np.ndarray, at: np.ndarray = AT, **how: float) -> Scored:
    found = scored(at, value, **how)
    assert isinstance(found, Scored)
    return found


def begins(value: np.ndarray, at: np.ndarray = AT) -> list[int]:
    return [one.begin for one in alarms(told(value, at))]


def test_a_spike_is_one_alarm_with_what_was_and_what_was_expected() -> None:
    value = CALM.copy()
    value[2000] = 90.0
    [found] = [one for one in alarms(told(value)) if one.times_limit > 2]
    assert (found.begin, found.at, found.value) == (int(AT[2000]), int(AT[2000]), 90.0)
    assert found.expected == pytest.approx(50, abs=2)


def test_an_hour_that_is_off_by_little_is_found_though_no_reading_is() -> None:
    value = CALM.copy()
    value[2000:2024] += 3.0
    found = told(value)
    assert np.nanmax(found.window[2000:2024]) > 1
    assert begins(CALM) == []


def test_what_comes_every_day_or_every_week_is_no_anomaly() -> None:
    n = 40 * 288
    at, noise = STEP * np.arange(n), np.random.default_rng(9).normal(size=n)
    backup = 50 + noise + 30 * (np.arange(n) % 288 < 3)
    assert sum(one >= 10 * DAY for one in begins(backup, at)) <= 3
    weekly = 50 + noise - 20 * ((np.arange(n) // 288) % 7 >= 5)
    assert sum(one >= 29 * DAY for one in begins(weekly, at)) <= 3


def test_duplicates_gaps_disorder_and_what_is_not_finite_do_no_harm() -> None:
    value = CALM.copy()
    value[2000] = 90.0
    messy = value.copy()
    messy[1500:1530] = np.nan
    messy[[7, 1700]] = [np.inf, -np.inf]
    kept = np.r_[0:900, 1000:2880]
    at, values = np.r_[AT[kept], AT[2500]], np.r_[messy[kept], messy[2500] + 1]
    order = np.random.default_rng(1).permutation(len(at))
    found = told(values[order], at[order])
    assert len(found.at) == len(AT)
    assert np.isnan(found.point[900:1000]).all()
    assert int(AT[2000]) in [one.at for one in alarms(found)]


def test_a_flat_metric_is_silent_and_the_first_reading_that_leaves_it_stands_out() -> None:
    flat = np.full(len(AT), 3.0)
    assert begins(flat) == []
    flat[2000] = 4.0
    assert begins(flat) == [int(AT[2000])]


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.integers(0, 100), st.integers(1200, 2800))
def test_nothing_looks_ahead(seed: int, cut: int) -> None:
    one = signal(seed, days=10, planted=2)
    whole, part = told(one.value, one.at), told(one.value[:cut], one.at[:cut])
    for name in ("expected", "point", "window"):
        np.testing.assert_allclose(getattr(whole, name)[:cut], getattr(part, name), rtol=1e-9)


@pytest.mark.parametrize(
    ("at", "value", "lacks"),
    [
        (AT[:0], CALM[:0], NotEnoughData(have=0, need=150, what="readings")),
        (AT[:1], CALM[:1], NotEnoughData(have=1, need=150, what="readings")),
        (AT[:149], CALM[:149], NotEnoughData(have=149, need=150, what="readings")),
        (AT[:400], CALM[:400], NotEnoughData(have=1, need=3, what="days")),
    ],
)
def test_too_little_is_said(at: np.ndarray, value: np.ndarray, lacks: NotEnoughData) -> None:
    assert scored(at, value) == lacks


def test_a_metric_measured_once_a_day_is_judged_as_well() -> None:
    at = DAY * np.arange(300)
    value = 100 + np.random.default_rng(3).normal(size=300)
    value[250] = 130
    assert [one.at for one in alarms(told(value, at)) if one.value > 110] == [250 * DAY]


def test_readings_share_a_grid_of_their_median_step() -> None:
    at, value, step = regular(np.array([0, 61, 119, 300]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert (step, len(at)) == (61, 6)
    assert value[[0, 1, 2, 5]].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert np.isnan(value[[3, 4]]).all()


def test_planted_anomalies_are_found_and_false_alarms_keep_to_their_budget() -> None:
    false, found = 0, []
    for seed in range(12):
        one = signal(seed, days=14)
        told_ = alarms(told(one.value, one.at, budget=1.0))
        found += [any(a.begin <= end and a.end >= begin for a in told_) for begin, end in one.planted]
        false += sum(not any(a.begin <= end and a.end >= begin for begin, end in one.planted) for a in told_)
    assert false / (12 * 12 / 7) <= 1.0
    assert np.mean(found) >= 0.6
