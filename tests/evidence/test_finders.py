"""Each finder on worlds built by hand: it speaks of what is planted, and is silent on what is harmless."""

import math
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import numpy as np
import pytest

from opex.evidence.environment_gaps import environment_gap
from opex.evidence.facts import Facts
from opex.evidence.finders import area, slow_recovery, theme, worsening_incidents, worsening_metric
from opex.evidence.findings import Finding, poisson_interval
from tests.evidence.builders import AS_OF, calm_metrics, calm_year, daily, facts, incident

Finder = Callable[[Facts, datetime], Iterator[Finding]]
ALL: tuple[Finder, ...] = (
    theme, area, slow_recovery, worsening_incidents, worsening_metric, environment_gap,
)  # fmt: skip


def keys(finder: Finder, known: Facts) -> list[str]:
    return [finding.key for finding in finder(known, AS_OF)]


def steady(system: str, count: int, *, hours: float = 1.0, **more: object) -> list[dict[str, object]]:
    """So many incidents of a system, evenly over the year, each lasting about so long."""
    return [
        incident(f"{system}-{n}", 363 * (n + 0.5) / count, hours=hours * (1 + 0.01 * (n % 7)), system=system, **more)
        for n in range(count)
    ]


# --- every finder ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("finder", ALL)
def test_without_facts_nothing_is_found(finder: Finder) -> None:
    assert keys(finder, facts()) == []


@pytest.mark.parametrize("finder", ALL)
def test_planned_work_is_never_found(finder: Finder) -> None:
    rows = [incident(n, n % 28, hours=90, title="Router upgrade", planned=True) for n in range(60)]
    assert keys(finder, facts([*steady("mail", 20), *rows])) == keys(finder, facts(steady("mail", 20)))


@pytest.mark.parametrize("finder", ALL)
def test_the_same_facts_give_the_same_findings(finder: Finder) -> None:
    known = facts([*steady("mail", 20), *steady("slow", 12, hours=30)], readings=daily(range(100, 280)))
    assert list(finder(known, AS_OF)) == list(finder(known, AS_OF))


# --- theme -----------------------------------------------------------------------------------------------------------


def test_incidents_that_read_alike_are_a_theme_named_after_a_typical_one() -> None:
    jams = [incident(f"jam-{n}", 400 - 100 * n, title=f"Printer jam on floor {n}", category="print") for n in range(4)]
    known = facts([*jams, incident("odd", 50, title="Payroll run delayed", system="payroll")])

    [found] = theme(known, AS_OF)

    assert found.key == "t:jam-0"
    assert found.incidents == ("t:jam-0", "t:jam-1", "t:jam-2", "t:jam-3")
    assert found.label.startswith("Printer jam on floor")
    assert (found.effect, found.low, found.high) == (3, *poisson_interval(3))
    assert (found.system, found.environment, found.category) == ("checkout", "production", "print")
    assert "4 incidents read alike" in found.why
    assert "3 of them in the past 12 months; first 27 May 2025, last 23 Mar 2026" in found.why


def test_themes_are_disjoint() -> None:
    rows = [incident(n, 300 - n, title=f"{what} on host {n}") for n, what in enumerate(["Disk full", "Login slow"] * 8)]
    members = [i for found in theme(facts(rows), AS_OF) for i in found.incidents]
    assert len(members) == len(set(members)) >= 16


def test_a_theme_of_several_systems_names_none() -> None:
    rows = [incident(n, 300 - n, title="Printer jam", system=f"floor-{n % 2}", environment="test") for n in range(6)]
    [found] = theme(facts(rows), AS_OF)
    assert (found.system, found.environment, found.category) == (None, "test", None)


# --- area ------------------------------------------------------------------------------------------------------------


def test_a_system_with_far_more_trouble_than_the_average_is_an_area() -> None:
    known = facts([*steady("search", 40, category="data"), *(row for n in range(6) for row in steady(f"s{n}", 4))])

    [found] = area(known, AS_OF)

    low, high = poisson_interval(40)
    assert found.key == "search|production|data"
    assert (found.effect, found.low, found.high) == (40, low, high)
    assert f"40 incidents of search, data in the past 12 months (a rate of {low:.0f} to {high:.0f} a year" in found.why
    assert f"has {64 / 7:.1f}" in found.why


def test_systems_with_alike_trouble_are_no_areas() -> None:
    assert keys(area, facts([row for n in range(8) for row in steady(f"s{n}", 20 + n)])) == []


def test_trouble_of_last_year_is_no_area() -> None:
    old = [incident(f"old-{n}", 400 + n, system="search") for n in range(40)]
    assert keys(area, facts([*old, *(row for n in range(6) for row in steady(f"s{n}", 4))])) == []


def test_each_environment_has_its_own_average() -> None:
    tests = [row for n in range(6) for row in steady(f"t{n}", 60, environment="test")]
    known = facts([*tests, *steady("search", 40), *(row for n in range(6) for row in steady(f"s{n}", 4))])
    assert keys(area, known) == ["search|production|"]


def test_four_incidents_are_too_few_for_an_area() -> None:
    others = [row for n in range(40) for row in steady(f"s{n}", 1)]
    assert keys(area, facts([*steady("search", 4), *others])) == []


# --- slow recovery ---------------------------------------------------------------------------------------------------


def spread(system: str, count: int, typical: float, seed: int = 1) -> list[dict[str, object]]:
    rng = np.random.default_rng(seed)
    return [
        incident(f"{system}-{n}", 700 * (n + 0.5) / count, hours=float(typical * np.exp(rng.normal())), system=system)
        for n in range(count)
    ]


def test_a_system_that_takes_longer_than_the_others_is_slow() -> None:
    known = facts([*spread("reporting", 30, 8), *spread("mail", 30, 1, 2), *spread("search", 30, 1, 3)])

    [found] = slow_recovery(known, AS_OF)

    assert (found.key, found.system, len(found.incidents)) == ("reporting|production", "reporting", 30)
    assert 3 < found.low < found.effect < found.high < 16  # eight times was planted
    assert f"{found.effect:.1f} times, {found.low:.1f} to {found.high:.1f}" in found.why


def test_the_ratio_is_that_of_the_geometric_means() -> None:
    known = facts([*spread("reporting", 30, 8), *spread("mail", 30, 1, 2)])
    [found] = slow_recovery(known, AS_OF)
    lasted = {"reporting": [], "mail": []}  # type: dict[str, list[float]]
    for row in known.incidents.itertuples():
        lasted[row.system].append(math.log((row.resolved_at - row.started_at) / timedelta(hours=1)))
    assert found.effect == pytest.approx(math.exp(np.mean(lasted["reporting"]) - np.mean(lasted["mail"])), rel=1e-6)


def test_one_endless_incident_makes_no_system_slow() -> None:
    known = facts([*spread("mail", 30, 1, 2), *spread("search", 30, 1, 3), incident("x", 20, hours=400, system="mail")])
    assert keys(slow_recovery, known) == []


def test_seven_recoveries_are_too_few_and_open_incidents_are_none() -> None:
    waiting = [incident(f"open-{n}", 30 + n, hours=None, system="reporting") for n in range(20)]
    assert keys(slow_recovery, facts([*spread("reporting", 7, 50), *spread("mail", 60, 1, 2), *waiting])) == []


def test_a_slight_difference_is_not_reported_however_sure_it_is() -> None:
    assert keys(slow_recovery, facts([*spread("a", 3000, 1.3), *spread("b", 3000, 1, 2)])) == []


def test_another_environment_is_no_yardstick() -> None:
    tests = [row | {"environment": "test", "source_id": f"t{row['source_id']}"} for row in spread("mail", 60, 0.1, 2)]
    known = facts([*spread("reporting", 30, 1), *tests])
    assert keys(slow_recovery, known) == []


def test_recoveries_that_all_took_equally_long_still_have_a_finite_interval() -> None:
    rows = [incident(f"{s}-{n}", 10 + n, hours=h, system=s) for s, h in (("a", 4.0), ("b", 1.0)) for n in range(12)]
    [found] = slow_recovery(facts(rows), AS_OF)
    assert found.effect == pytest.approx(4)
    assert math.isfinite(found.low)
    assert math.isfinite(found.high)


# --- growing trouble -------------------------------------------------------------------------------------------------


def monthly(counts: list[int], system: str = "accounts") -> Facts:
    """So many incidents in each of the thirteen bins of four weeks, the oldest first; a day and more apart."""
    rows = [
        incident(f"{system}-{b}-{n}", 364 - 28 * b - 28 * (n + 0.5) / count, system=system)
        for b, count in enumerate(counts)
        for n in range(count)
    ]
    return facts(rows)


def test_trouble_that_grows_through_the_year_is_found_with_its_growth() -> None:
    [found] = worsening_incidents(monthly([1, 1, 2, 1, 2, 3, 3, 4, 5, 5, 7, 8, 9]), AS_OF)
    assert found.key == "incidents|accounts|production"
    assert 3 < found.low < found.effect < found.high < 40  # about nine times as many at the end
    assert found.why.startswith("accounts went from 4 episodes in the first 12 weeks of the past year to 24 in the")


@pytest.mark.parametrize(
    "counts",
    [
        [3] * 13,
        [9, 8, 7, 5, 5, 4, 3, 3, 2, 1, 2, 1, 1],  # it shrinks
        [1, 1, 1, 1, 1, 1, 20, 1, 1, 1, 1, 1, 1],  # one bad month
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 20, 1, 1, 1],  # one bad month, not long ago
        [20, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        [2, 6, 2, 6, 2, 6, 2, 6, 2, 6, 2, 6, 2],  # a rhythm
        [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4],  # eleven episodes: too few
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 14],  # all in one month: no slope can be told
        [14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ],
)
def test_steady_shrinking_or_one_off_trouble_is_no_trend(counts: list[int]) -> None:
    assert keys(worsening_incidents, monthly(counts)) == []


def test_a_storm_of_incidents_is_one_episode() -> None:
    storm = [incident(f"storm-{n}", 1 + n / 24, system="accounts") for n in range(80)]
    assert keys(worsening_incidents, facts([*steady("accounts", 26), *storm])) == []


def test_the_year_before_last_is_left_out() -> None:
    old = [incident(f"old-{n}", 365 + n * 5, system="accounts") for n in range(30)]
    assert keys(worsening_incidents, facts([*old, *steady("accounts", 26)])) == []


# --- worsening metrics -----------------------------------------------------------------------------------------------

NOISE = np.random.default_rng(5).normal(size=180)


def test_a_metric_that_slowly_gets_worse_is_found_with_its_change_and_the_incidents_near_it() -> None:
    rising = 100 + 5 * NOISE + np.linspace(0, 60, 180)
    known = facts([incident(1, 20), incident(2, 500), incident(3, 10, system="mail")], readings=daily(rising))

    [found] = worsening_metric(known, AS_OF)

    assert (found.key, found.metric, found.system) == ("metric|latency|checkout|production", "latency", "checkout")
    assert found.incidents == ("t:1",)
    assert found.effect == pytest.approx(0.6, abs=0.05)
    assert 0.5 < found.low < found.effect < found.high < 0.7
    assert "latency of checkout (ms) changed by +6" in found.why
    assert "1 incident of the system in that time" in found.why


def test_falling_is_worse_where_more_is_better() -> None:
    falling = 100 + 2 * NOISE - np.linspace(0, 30, 180)
    [found] = worsening_metric(facts(readings=daily(falling, better="high")), AS_OF)
    assert found.effect == pytest.approx(-0.3, abs=0.03)
    assert keys(worsening_metric, facts(readings=daily(falling, better="low"))) == []


@pytest.mark.parametrize(
    "values",
    [
        100 + 5 * NOISE,
        np.full(180, 100.0),
        np.zeros(180),
        100 + 5 * NOISE + np.linspace(0, 4, 180),  # a twentieth: too little to matter
        100 + 5 * NOISE + 40 * (np.arange(180) % 7 >= 5),  # the weekend
        100 + 5 * NOISE + 400 * (np.arange(180) // 7 == 24),  # one bad week near the end
        100 + 5 * NOISE - np.linspace(0, 60, 180),  # it gets better
        (100 + 5 * NOISE + np.linspace(0, 60, 180))[-59:],  # too few days
    ],
)
def test_noise_weeks_and_what_gets_better_are_no_trend(values: np.ndarray) -> None:
    assert keys(worsening_metric, facts(readings=daily(values))) == []


def test_where_nobody_said_which_way_is_good_nothing_is_worse() -> None:
    assert keys(worsening_metric, facts(readings=daily(range(100, 280), better=None))) == []


def test_a_step_is_not_said_to_have_come_day_by_day() -> None:
    stepped = 100 + 5 * NOISE + 60 * (np.arange(180) >= 90)
    found = list(worsening_metric(facts(readings=daily(stepped)), AS_OF))
    assert not any("not in a step" in finding.why for finding in found)


# --- nothing is wrong ------------------------------------------------------------------------------------------------

CALM = 100
PROMISED = 0.05


@pytest.mark.parametrize(
    ("finder", "world"),
    [(slow_recovery, calm_year), (worsening_incidents, calm_year), (worsening_metric, calm_metrics)],
)
def test_where_nothing_is_wrong_it_is_silent_but_for_the_promised_share(
    finder: Finder, world: Callable[[int], Facts]
) -> None:
    spoke = sum(bool(keys(finder, world(seed))) for seed in range(CALM))
    # At most one world in twenty is promised; with 100 worlds a finder at exactly 5 % stays at or below 10 % in 99 %
    # of draws. Measured over 200 worlds: slow recovery 3 %, growing trouble 1 %, worsening metrics 1 %.
    assert spoke / CALM <= PROMISED + 0.05, spoke / CALM
