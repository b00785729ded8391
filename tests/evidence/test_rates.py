"""Rates and their ratios: published answers, and coverage where trouble comes in clusters."""

import numpy as np
import pytest

from opex.evidence.episodes import episodes
from opex.evidence.findings import benjamini_hochberg
from opex.evidence.rates import apart, dispersion, rate, rate_ratio, scatter, share, times_longer

HOURS = 104 * 168.0


def test_one_count_has_garwoods_interval_and_none_has_an_upper_end_only() -> None:
    # Garwood (1936): for 3 seen 0.619 to 8.767, for 0 seen 0 to 3.689
    three, none = rate(3, 1.0), rate(0, 1.0)
    assert (three.low, three.high) == pytest.approx((0.619, 8.767), abs=5e-4)
    assert (none.value, none.low, none.high) == pytest.approx((0.0, 0.0, 3.689), abs=5e-4)


def test_the_ratio_has_the_conditional_interval_of_the_two_counts() -> None:
    # the breast cancer counts of Rothman: 41 in 28,010 against 15 in 19,017 person-years, exact 1.00 to 3.61
    found = rate_ratio(41, 15, 28_010, 19_017)
    assert (found.ratio, found.low, found.high) == pytest.approx((1.86, 1.00, 3.61), abs=6e-3)


def test_the_ratio_turned_round_is_the_inverse_and_the_p_value_agrees_with_the_interval() -> None:
    one, other = rate_ratio(20, 8, 3.0, 2.0, 1.7), rate_ratio(8, 20, 2.0, 3.0, 1.7)
    assert (one.ratio, one.low, one.high) == pytest.approx((1 / other.ratio, 1 / other.high, 1 / other.low))
    assert one.p_value == pytest.approx(other.p_value)
    at_the_edge = rate_ratio(20, 8, 3.0 * one.low, 2.0, 1.7)
    assert at_the_edge.p_value == pytest.approx(0.05, abs=1e-6)


def test_none_against_some_is_a_ratio_of_nought_with_an_upper_end() -> None:
    found = rate_ratio(0, 12, 1.0, 1.0)
    assert (found.ratio, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(0.36, abs=0.005)
    assert found.p_value == pytest.approx(2 * 0.5**12)


def test_dispersion_grows_with_clusters_and_a_season_that_both_share_is_none() -> None:
    even, bad = np.array([3, 2, 3, 4, 3, 3]), np.array([0, 0, 18, 0, 0, 0])
    assert (scatter(even), scatter(np.array([5])), scatter(np.zeros(6, dtype=int))) == (1.0, 1.0, 1.0)
    assert scatter(bad) > 10
    season = np.array([2, 4, 8, 16, 8, 4])
    assert apart(season, 3 * season) == 1.0
    assert apart(bad, 3 * season) > 5
    assert apart(np.zeros(6, dtype=int), season) == 1.0


def test_times_to_recover_that_never_vary_are_told_without_an_interval() -> None:
    found = times_longer(np.array([2.0, 2.0]), np.array([1.0, 1.0]))
    assert (found.ratio, found.low, found.high, found.p_value) == (2.0, 2.0, 2.0, 1.0)


def test_a_share_of_all_or_none_has_one_end() -> None:
    assert (share(0, 10).low, share(10, 10).high) == (0.0, 1.0)
    assert share(10, 10).low == pytest.approx(0.025**0.1)


# --- coverage ---------------------------------------------------------------------------------------------------------


def begun(rng: np.random.Generator, a_year: float, season: np.ndarray, spell: float, systems: int) -> np.ndarray:
    """First incidents of episodes of so many systems: weeks good and bad (variance ``spell``), aftershocks."""
    found = []
    for _ in range(systems):
        own = rng.gamma(1 / spell, spell, 104) if spell else np.ones(104)
        week = np.repeat(np.arange(104), rng.poisson(a_year / 52 * season * own))
        first = (week + rng.random(len(week))) * 168
        shocks = np.repeat(first, rng.poisson(0.5, len(first)))
        at = np.sort(np.concatenate([first, shocks + rng.exponential(3.0, len(shocks))]))
        found.append(at[episodes(at, at + 1).first])
    return np.concatenate(found)


@pytest.mark.parametrize("spell", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("ratio", [1.0, 3.0])
def test_intervals_cover_the_ratio_in_clustered_worlds(ratio: float, spell: float) -> None:
    rng, worlds = np.random.default_rng(7), 200
    seen = []
    for _ in range(worlds):
        season = 1 + 0.5 * np.sin(np.arange(104) / 52 * 2 * np.pi + rng.uniform(0, 6)) + np.linspace(-0.3, 0.3, 104)
        mine, theirs = begun(rng, 20 * ratio, season, spell, 1), begun(rng, 20, season, spell, 4)
        found = rate_ratio(len(mine), len(theirs), 1.0, 4.0, dispersion(mine, theirs, 0.0, HOURS))
        seen.append((len(mine), len(theirs), found.low, found.high))
    counted = np.array(seen)
    truth = counted[:, 0].mean() / counted[:, 1].mean() * 4
    covered = ((counted[:, 2] <= truth) & (truth <= counted[:, 3])).mean()
    assert 0.92 <= covered <= 0.99


def test_where_systems_are_alike_a_world_with_any_of_them_named_is_rare() -> None:
    rng, worlds, named = np.random.default_rng(11), 800, 0  # of 200 worlds the share alone varies by 1.5 in 100
    for _ in range(worlds):
        season = 1 + 0.5 * np.sin(np.arange(104) / 52 * 2 * np.pi + rng.uniform(0, 6))
        each = [begun(rng, 25, season, 1.0, 1) for _ in range(8)]
        p = []
        for n, one in enumerate(each):
            rest = np.concatenate(each[:n] + each[n + 1 :])
            p.append(rate_ratio(len(one), len(rest), 1.0, 7.0, dispersion(one, rest, 0.0, HOURS)).p_value)
        named += bool((benjamini_hochberg(np.array(p)) <= 0.05).any())
    assert named / worlds <= 0.05
