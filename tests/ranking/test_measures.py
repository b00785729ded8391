"""What an opportunity amounts to: pain times removal, the past year only, strikes left out."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from opex.domain.opportunities import Candidate, Opportunity, Reason, Removal
from opex.ranking.measures import FIGURES, MEASURES, measured
from tests.ranking.builders import driver, of, opportunity

HALF = Removal(low=0.1, likely=0.5, high=0.9)


def value(measure: str, item: Opportunity, *rows: dict[str, object], systems: dict[str, int] | None = None) -> float:
    return float(measured([driver(measure)], of([item], *rows, systems=systems)).value[0, 0])


def test_a_pain_is_what_the_action_likely_removes_of_it() -> None:
    item = opportunity("x", "a", "b", removes=HALF)
    rows = {"id": "a", "hours": 3, "severity": 1}, {"id": "b", "hours": 5, "severity": 3}
    assert value("incidents_a_year", item, *rows) == 1.0
    assert value("hours_lost_a_year", item, *rows) == 4.0
    assert value("severe_incidents_a_year", item, *rows) == 0.5
    assert value("median_hours_to_recover", item, *rows) == 4.0  # no pain: not multiplied


def test_a_struck_incident_counts_for_nothing() -> None:
    rows = {"id": "a", "hours": 3}, {"id": "b", "hours": 5}
    assert value("hours_lost_a_year", opportunity("x", "a", "b", struck=("b",)), *rows) == 3.0
    assert math.isnan(value("hours_lost_a_year", opportunity("x", "a", "b", struck=("a", "b")), *rows))


def test_only_the_year_before_as_of_counts() -> None:
    item = opportunity("x", "now", "edge", "old", "later")
    rows = ({"id": "old", "days_ago": 365, "hours": 100}, {"id": "edge", "days_ago": 364.9, "hours": 2},
            {"id": "now", "days_ago": 0, "hours": 1}, {"id": "later", "days_ago": -1, "hours": 50})  # fmt: skip
    assert value("hours_lost_a_year", item, *rows) == 3.0
    assert value("incidents_a_year", item, *rows) == 2.0


def test_trouble_that_is_over_for_a_year_is_none_and_not_unknown() -> None:
    item = opportunity("x", "old")
    assert value("incidents_a_year", item, {"id": "old", "days_ago": 500}) == 0.0
    assert value("hours_lost_a_year", item, {"id": "old", "days_ago": 500}) == 0.0
    assert value("median_hours_to_recover", item, {"id": "old", "days_ago": 500}) == 0.0
    assert value("growth", item, {"id": "old", "days_ago": 500}) == 1.0


def test_without_incidents_nothing_is_known() -> None:
    for measure in MEASURES:
        assert math.isnan(value(measure, opportunity("x"), {"id": "a"}))
        assert math.isnan(value(measure, opportunity("x", "elsewhere"), {"id": "a"}))


def test_planned_work_is_no_evidence() -> None:
    assert value("incidents_a_year", opportunity("x", "a", "b"), {"id": "a"}, {"id": "b", "planned": True}) == 1.0


def test_unknown_hours_and_severities_are_left_out_and_only_then_unknown() -> None:
    some = {"id": "a", "hours": math.nan, "severity": None}, {"id": "b", "hours": 2, "severity": 2}
    assert value("hours_lost_a_year", opportunity("x", "a", "b"), *some) == 2.0
    assert value("severe_incidents_a_year", opportunity("x", "a", "b"), *some) == 1.0
    assert math.isnan(value("hours_lost_a_year", opportunity("x", "a"), *some))
    assert math.isnan(value("severe_incidents_a_year", opportunity("x", "a"), *some))


def test_growth_is_late_for_early_each_plus_one() -> None:
    late = [{"id": f"l{n}", "days_ago": 10 + n} for n in range(5)]
    early = [{"id": f"e{n}", "days_ago": 200 + n} for n in range(2)]
    everything = [str(row["id"]) for row in (*late, *early)]
    assert value("growth", opportunity("x", *everything), *late, *early) == 6 / 3
    assert value("growth", opportunity("x", *everything[:3]), *late, *early) == 4.0


def test_breadth_is_the_mean_number_of_systems() -> None:
    rows = {"id": "a"}, {"id": "b"}, {"id": "c"}
    assert value("systems_touched", opportunity("x", "a", "b", "c"), *rows, systems={"a": 3, "b": 1}) == 5 / 3


def test_an_incident_counts_once_for_each_opportunity_that_it_stands_behind() -> None:
    both = [opportunity("x", "a", "b"), opportunity("y", "b")]
    rows = {"id": "a", "hours": 1}, {"id": "b", "hours": 10}
    raw = measured([driver("hours_lost_a_year"), driver("incidents_a_year")], of(both, *rows)).value
    assert raw.tolist() == [[11.0, 2.0], [10.0, 1.0]]


def test_people_rate_by_the_median_of_their_levels() -> None:
    rated = driver("rated", name="value", rubric=((0, "none"), (4, "all")))
    items = [opportunity("x", ratings={"value": {"Ana": 1, "Bo": 4, "Cy": 3}}), opportunity("y")]
    raw = measured([rated], of(items)).value
    assert raw[0, 0] == 3.0
    assert np.isnan(raw[1, 0])


def test_no_opportunities_and_no_drivers_are_fine() -> None:
    assert measured([driver("growth")], of([])).value.shape == (0, 1)
    assert measured([], of([opportunity("x")])).value.shape == (1, 0)


@pytest.mark.parametrize("measure", MEASURES.values(), ids=lambda m: m.name)
def test_each_measure_says_what_it_is(measure: object) -> None:
    assert measure.says  # type: ignore[attr-defined]
    assert measure.unit  # type: ignore[attr-defined]


def interval(measure: str, item: Opportunity, *rows: dict[str, object]) -> tuple[float, float]:
    found = measured([driver(measure)], of([item], *rows))
    return round(float(found.low[0, 0]), 2), round(float(found.high[0, 0]), 2)


def test_each_value_has_the_interval_of_its_evidence_at_the_likely_removal() -> None:
    rows = [{"id": f"i{n}", "hours": 2.0, "severity": 1, "days_ago": 20 * n} for n in range(10)]
    ids = [f"i{n}" for n in range(10)]
    assert interval("incidents_a_year", opportunity("x", *ids), *rows) == (4.8, 18.39)
    assert interval("incidents_a_year", opportunity("x", *ids, removes=HALF), *rows) == (2.4, 9.2)
    assert interval("severe_incidents_a_year", opportunity("x", *ids), *rows) == (4.8, 18.39)
    assert interval("hours_lost_a_year", opportunity("x", *ids), *rows) == (9.59, 36.78)  # of equal hours: twice that
    assert interval("median_hours_to_recover", opportunity("x", *ids), *rows) == (2.0, 2.0)


def test_ratings_range_from_the_lowest_to_the_highest_level() -> None:
    rated = driver("rated", name="value", rubric=((0, "none"), (4, "all")))
    items = [opportunity("x", ratings={"value": {"Ana": 1, "Bo": 4, "Cy": 3}}), opportunity("y")]
    found = measured([rated], of(items))
    assert (found.low[0, 0], found.value[0, 0], found.high[0, 0]) == (1.0, 3.0, 4.0)
    assert np.isnan([found.low[1, 0], found.high[1, 0]]).all()


def test_what_is_known_of_a_system_counts_for_its_opportunities() -> None:
    table = pd.DataFrame(
        [("web", "production", 2.0, 1.5, 3.0), ("web", "test", 5.0, 1.0, 9.0), ("db", None, 1.0, 0.5, 2.0)],
        columns=["system", "environment", "value", "low", "high"],
    )
    items = [
        opportunity("in production", system="web", environment="production"),
        opportunity("anywhere", system="web"),
        opportunity("for all environments", system="db", environment="production"),
        opportunity("of no system"),
        opportunity("of another", system="cache", environment="production"),
    ]
    known = replace(of(items), figures={"rate_after_changes": table})
    found = measured([driver("rate_after_changes")], known)
    whole = np.column_stack([found.low, found.value, found.high])
    nothing = [math.nan] * 3
    expected = [[1.5, 2.0, 3.0], [1.0, 5.0, 9.0], [0.5, 1.0, 2.0], nothing, nothing]
    np.testing.assert_array_equal(whole, expected)


def test_what_a_finder_says_is_a_measure_of_what_it_speaks_for() -> None:
    said = Reason(finder="slow_recovery", why="Slow.", falsifier="-", effect=2.5, low=1.5, high=4.0, unit="times",
                  incidents=9)  # fmt: skip
    candidate = Candidate(id="x", key="x", title="X", action="Act", removes=HALF, system=None, environment=None,
                          category=None, incidents=(), changes=(), reasons=(said,))  # fmt: skip
    found = measured([driver("slow_recovery_effect")], of([opportunity("x", candidate=candidate), opportunity("y")]))
    assert (found.low[0, 0], found.value[0, 0], found.high[0, 0]) == (1.5, 2.5, 4.0)
    assert np.isnan(found.value[1, 0])


def test_figures_are_known_by_name() -> None:
    assert set(FIGURES) < set(MEASURES)
