"""Forecasts: nothing of the future is in them, and where the truth is planted they come near it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from opex.evidence.backtest import captured
from opex.evidence.facts import Facts, until
from opex.evidence.forecast import Forecasts, forecasts
from opex.evidence.panel import Pain, Panel, pairs_by, panel
from opex.evidence.theme_panels import theme_panels
from tests.evidence.builders import facts, incident
from tests.evidence.rates import world

OPENING = datetime(2025, 1, 1, tzinfo=UTC)


# --- nothing looks into the future -----------------------------------------------------------------------------------


TROUBLES = ("timeout", "disk full", "certificate expired", "out of memory", "login fails")


def incidents(seed: int, count: int, first: datetime, days: float) -> list[dict[str, object]]:
    """Incidents of eight systems at any time of that span, each of which may reach a month beyond it."""
    rng = np.random.default_rng(seed)
    rows = []
    for n in range(count):
        start = first + timedelta(days=float(rng.uniform(0, days)))
        system, trouble = f"system-{rng.integers(8)}", TROUBLES[rng.integers(len(TROUBLES))]
        rows.append(incident(f"{seed}-{n}", 0) | {
            "started_at": start, "resolved_at": start + timedelta(hours=float(rng.gamma(0.3, 100))), "system": system,
            "title": f"{trouble} of {system}", "category": trouble, "severity": int(rng.integers(1, 6)),
        })  # fmt: skip
    return rows


CUT = OPENING + timedelta(days=300)


def with_another_future(seed: int) -> Facts:
    """The same until the cut; after it other incidents, and other ends of those that were open."""
    past = incidents(1, 150, OPENING, 300)
    if seed > 1:
        rng = np.random.default_rng(seed)
        for row in past:
            if row["resolved_at"] > CUT:  # type: ignore[operator]
                row["resolved_at"] = CUT + timedelta(days=float(rng.uniform(0, 9)))
    future = incidents(seed + 10, 70 * seed, CUT, 200)
    for row in future[::2]:
        row["system"] = f"new-{seed}-{row['system']}"
    return facts([*past, *future], further=[(f"t:{row['source_id']}", "system-0") for row in future[::3]])


AS_OF = OPENING + timedelta(days=480)


def by_name(one: Panel, found: Forecasts, before: int) -> pd.DataFrame:
    """Expected, low and high of every known subject in every period up to that one, by name and period."""
    parts = {"expected": found.expected, **dict(zip(("low", "high"), found.interval(), strict=True))}
    tables = [pd.DataFrame(part[:, : before + 1], index=list(one.subjects)).stack() for part in parts.values()]
    return pd.concat(tables, axis=1, keys=list(parts)).dropna().sort_index()


@pytest.mark.parametrize("pain", ["count", "hours", "severity"])
def test_another_future_changes_no_earlier_forecast_to_the_bit(pain: Pain) -> None:
    told = []
    for seed in (1, 2, 3):
        known = until(with_another_future(seed), AS_OF)
        one = panel(known, pairs_by(known, "system"), AS_OF, period="week", pain=pain, together=True)
        cut = int(np.searchsorted(one.edges, CUT.timestamp() * 1e6, side="right")) - 1
        told.append(by_name(one, forecasts(one), cut))
    assert len(told[0]) > 200
    pd.testing.assert_frame_equal(told[0], told[1], check_exact=True)
    pd.testing.assert_frame_equal(told[0], told[2], check_exact=True)


def test_another_future_changes_no_theme_that_an_earlier_period_was_tested_on() -> None:
    def earlier(seed: int) -> Iterator[pd.DataFrame]:
        known = until(with_another_future(seed), AS_OF)
        for trial in theme_panels(known, AS_OF, period="month", pain="count"):
            cut = int(np.searchsorted(trial.panel.edges, CUT.timestamp() * 1e6, side="right")) - 1
            if trial.periods[-1] < cut:
                yield by_name(trial.panel, forecasts(trial.panel), trial.periods[-1])

    told = list(earlier(1))
    assert len(told) >= 2
    for one, other in zip(told, earlier(2), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


# --- planted truth ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "of_truth", "of_mean"),  # shares measured: see docs/metrics.md
    [("constant", 0.95, 0.99), ("drifting", 0.90, 1.03), ("one change of regime", 0.85, 1.05), ("bursts", 0.93, 0.98)],
)
def test_where_the_true_rates_are_known_the_forecast_comes_near_them(
    kind: str, of_truth: float, of_mean: float, capsys: pytest.CaptureFixture[str]
) -> None:
    shares, covered = [], []
    for seed in range(12):
        rate, one = world(kind, seed)
        found = forecasts(one)
        low, high = found.interval()
        for t in range(4, 36):
            n, pain = one.known(t), one.pain[:, t]
            scores = (found.expected[:n, t], rate[:n, t], one.pain[:n, :t].sum(axis=1), one.pain[:n, t - 1])
            shares.append([captured(score, pain[:n], 5) for score in scores])
            listed = np.argsort(-scores[0])[:5]
            covered.append((low[listed, t] <= pain[listed]) & (pain[listed] <= high[listed, t]))
    ours, truth, mean, last = np.sum(shares, axis=0)
    with capsys.disabled():
        print(  # noqa: T201 - the figure is what the run is for
            f"\n[planted] {kind}: {ours / truth:.3f} of what the true rates capture; all-time mean {mean / truth:.3f}, "
            f"last period {last / truth:.3f}; intervals hold {np.mean(covered):.3f}"
        )
    assert ours / truth >= of_truth
    assert ours / mean >= of_mean
    assert ours > last
    assert 0.90 <= np.mean(covered) <= 0.99


def test_hours_of_few_long_incidents_are_drawn_towards_what_an_incident_costs_anywhere() -> None:
    count = np.array([[4.0] * 12, [4.0] * 12, [1.0] + [0.0] * 11])
    hours = count * np.array([[2.0], [10.0], [100.0]])
    one = Panel(subjects=("a", "b", "c"), edges=np.arange(12), pain=hours, count=count,
                known_from=np.ones(3, dtype=int), outside=np.zeros(12), newcomers=np.zeros(12))  # fmt: skip
    found = forecasts(one)
    cost = found.cost[:, -1]
    assert 2 < cost[0] < 4
    assert cost[1] == pytest.approx(10, rel=0.15)
    assert 7 < cost[2] < 60, "one incident of 100 hours is no proof that its kind takes 100"
    low, high = found.interval()
    assert (low[:, -1] <= found.expected[:, -1]).all()
    assert (found.expected[:, -1] < high[:, -1]).all()


def test_a_subject_that_is_not_known_yet_has_no_forecast_and_nothing_gives_none() -> None:
    zeros = np.zeros((0, 5))
    none = Panel(subjects=(), edges=np.arange(5), pain=zeros, count=zeros, known_from=np.zeros(0, dtype=int),
                 outside=np.zeros(5), newcomers=np.zeros(5))  # fmt: skip
    assert forecasts(none).expected.shape == (0, 5)
    _, one = world("constant", 3)
    expected = forecasts(one).expected
    unknown = np.arange(37) < one.known_from[:, None]
    assert np.array_equal(np.isnan(expected), unknown)
