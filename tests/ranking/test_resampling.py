"""What the evidence leaves open: weeks drawn with replacement, for all drivers and opportunities together."""

from dataclasses import replace

import numpy as np
import pytest

from opex.domain.drivers import Scale
from opex.domain.opportunities import Removal
from opex.ranking.measures import Membership
from opex.ranking.resampling import replicates
from tests.ranking.builders import driver, of, opportunity

COUNT = driver("incidents_a_year", scale=Scale(zero_at=0, one_at=100))
HOURS = driver("hours_lost_a_year", scale=Scale(zero_at=0, one_at=100))
WEEK = 365 / 52
"""Days of a part of the year."""


def raw(drivers: list[object], of: Membership, times: int = 4_000) -> np.ndarray:
    """Replicates in the units of scales from 0 to 100, (R, g, m)."""
    worths = replicates(drivers, of, times=times, seed=3).worths  # type: ignore[arg-type]
    return 100 * worths.astype(float).transpose(0, 2, 1)


def weekly(item: str, counts: list[int], hours: float = 1.0) -> list[dict[str, object]]:
    """So many incidents in each of the newest weeks."""
    return [
        {"id": f"{item}{week}-{n}", "days_ago": (week + 0.5) * WEEK, "hours": hours}
        for week, count in enumerate(counts)
        for n in range(count)
    ]


def ids(rows: list[dict[str, object]]) -> list[str]:
    return [str(row["id"]) for row in rows]


def test_weeks_are_drawn_whole_so_that_a_burst_is_less_sure_than_a_steady_trickle() -> None:
    """Of a half year of 26 weeks each is drawn 26 times at random: the variance is 25/26 of the squared counts' sum."""
    steady, burst = weekly("s", [1] * 10), weekly("b", [10])
    found = raw([COUNT], of([opportunity("s", *ids(steady)), opportunity("b", *ids(burst))], *steady, *burst))[:, :, 0]
    assert found.mean(axis=0) == pytest.approx([10, 10], abs=0.5)
    ours = [10 * (1 / 26) * (25 / 26) * 26 - 90 / 26, 100 * (25 / 26)]
    assert found.var(axis=0) == pytest.approx(ours, rel=0.08)


def test_the_same_drawn_incidents_feed_every_driver_and_everybody_who_shares_them() -> None:
    rows = weekly("a", [3, 0, 2, 1, 4], hours=2.0)
    half = Removal(low=0.5, likely=0.5, high=0.5)
    both = [opportunity("one", *ids(rows)), opportunity("other", *ids(rows), removes=half)]
    found = raw([COUNT, HOURS], of(both, *rows))
    np.testing.assert_allclose(found[:, 0, 1], 2 * found[:, 0, 0], rtol=1e-5)
    np.testing.assert_allclose(found[:, 1, 0], 0.5 * found[:, 0, 0], rtol=1e-5)


def test_each_half_of_the_year_keeps_its_length_so_that_nothing_grows_by_the_draw_alone() -> None:
    rows = weekly("a", [1] * 52)
    growing = driver("growth", scale=Scale(zero_at=0, one_at=100))
    assert raw([growing], of([opportunity("a", *ids(rows))], *rows)).min() == pytest.approx(1.0)


def test_the_median_is_that_of_the_drawn_weeks() -> None:
    """Of two weeks with one incident each the median is one of the two, their mean, or what was seen if none came."""
    rows = [*weekly("a", [1], hours=10.0), *weekly("b", [0, 1], hours=20.0)]
    recovery = driver("median_hours_to_recover", scale=Scale(zero_at=0, one_at=100))
    found = raw([recovery], of([opportunity("a", *ids(rows))], *rows))
    assert set(found.round(3).ravel()) == {10.0, 15.0, 20.0}


def test_a_removal_is_drawn_between_its_low_and_high_most_often_near_the_likely() -> None:
    rows = weekly("a", [2] * 52)
    wide = opportunity("a", *ids(rows), removes=Removal(low=0.1, likely=0.3, high=0.8))
    steady = opportunity("b", *ids(rows), removes=Removal(low=0.3, likely=0.3, high=0.3))
    found = raw([COUNT], of([wide, steady], *rows))[:, :, 0]
    share = found[:, 0] / (found[:, 1] / 0.3)
    assert 0.1 <= share.min() < 0.15
    assert 0.75 < share.max() <= 0.8001
    assert share.mean() == pytest.approx((0.1 + 0.3 + 0.8) / 3, abs=0.01)


def test_a_rating_is_one_of_those_given_give_or_take_half_a_level() -> None:
    rubric = ((0, "no"), (4, "yes"))
    rated = driver("rated", name="value", rubric=rubric, scale=Scale(zero_at=0, one_at=4))
    agreed = opportunity("a", ratings={"value": {"Ana": 2, "Bo": 2}})
    apart = opportunity("b", ratings={"value": {"Ana": 1, "Bo": 3}})
    nobody = opportunity("c")
    found = raw([rated], of([agreed, apart, nobody]))[:, :, 0] / 25
    assert (found[:, 0].min() >= 1.5, found[:, 0].max() <= 2.5) == (True, True)
    near_one, near_three = (found[:, 1] <= 1.5).mean(), (found[:, 1] >= 2.5).mean()
    assert (near_one, near_three) == (pytest.approx(0.5, abs=0.03), pytest.approx(0.5, abs=0.03))
    assert np.quantile(found[:, 2], [0.25, 0.5, 0.75]) == pytest.approx([1, 2, 3], abs=0.1)


def test_what_is_unknown_is_drawn_over_its_whole_scale_and_said_to_be_unknown() -> None:
    found = replicates([COUNT], of([opportunity("a")]), times=4_000)
    assert np.quantile(found.worths, [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.03)
    assert found.known.tolist() == [[False]]


def test_opportunities_that_equal_each_other_are_one() -> None:
    rows = weekly("a", [1, 2])
    items = [opportunity("a", *ids(rows)), opportunity("b"), opportunity("copy", *ids(rows)), opportunity("d")]
    found = replicates([COUNT], of(items, *rows), times=60)
    assert found.alike.tolist() == [0, 1, 0, 1]
    assert found.worths.shape == (60, 1, 2)


def test_nothing_to_draw_and_nothing_to_rank() -> None:
    assert replicates([COUNT], of([]), times=60).worths.shape == (60, 1, 0)


def test_fewer_replicates_are_drawn_where_they_would_fill_the_memory() -> None:
    one = of([opportunity("i")])
    assert replicates([COUNT], one).worths.shape[0] == 1_000
    drivers = [driver("incidents_a_year", name=f"d{n}") for n in range(40)]
    many = of([opportunity(f"i{n}", effort_days=float(n + 1)) for n in range(1_000)])
    assert replicates(drivers, many).worths.shape == (200, 40, 1_000)


def held(burst: int, worlds: int = 200, episodes: float = 20.0) -> float:
    """The share of worlds in which the middle 90 % of the replicates hold the true mean of a year's incidents.

    Episodes come at random, so many a year, each of ``burst`` incidents at once.
    """
    wide = replace(COUNT, scale=Scale(zero_at=0, one_at=1000))
    kept = 0
    for seed in range(worlds):
        random = np.random.default_rng(seed)
        starts = enumerate(random.uniform(0, 364.9, random.poisson(episodes)))
        rows = [{"id": f"{n}-{k}", "days_ago": float(start)} for n, start in starts for k in range(burst)]
        year = of([opportunity("a", *ids(rows))], *rows)
        drawn = 1000 * replicates([wide], year, times=400, seed=seed).worths[:, 0, 0].astype(float)
        low, high = np.quantile(drawn, [0.05, 0.95])
        kept += low <= episodes * burst <= high
    return kept / worlds


@pytest.mark.parametrize("burst", [1, 5])
def test_the_drawn_range_holds_the_true_yearly_count_whether_or_not_incidents_come_in_bursts(burst: int) -> None:
    """Promised are 90 %. A Poisson interval around the count would hold the truth of bursts of five in 57 %."""
    assert 0.84 <= held(burst) <= 0.95
