"""The same items under several formulas: places with their ties, and why a place depends on the formula."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from opex.domain.drivers import DriverSet, Scale
from opex.domain.formulas import FORMULAS, Formula, formula_of, named
from opex.domain.problems import Refused
from opex.ranking.explain import sentences
from opex.ranking.formula_words import figure_sentences
from opex.ranking.formulas import figures
from opex.ranking.side_by_side import UnderFormula, dependent, under
from tests.ranking.builders import driver
from tests.ranking.test_ranking import item

DRIVERS = (
    driver("incidents_a_year", 0.4, scale=Scale(zero_at=0, one_at=50)),
    driver("growth", 0.3, scale=Scale(zero_at=1, one_at=4)),
    driver("median_hours_to_recover", 0.3, family="desired capability"),
)
WEIGHTS = np.array([0.4, 0.3, 0.3])
ADDITIVE, EFFORT, RICE, WSJF, ICE = (formula.fitted(DRIVERS) for formula in FORMULAS)


def ranked(
    formula: Formula, levels: Sequence[float], days: Sequence[float], sure: Sequence[float] = ()
) -> UnderFormula:
    """Items that stand alike on all drivers, so that their level is their score."""
    worths = np.repeat(np.array(levels, dtype=float)[:, None], 3, axis=1)
    confidence = np.array(sure or [0.8] * len(levels))
    made = figures(formula, worths, WEIGHTS, np.array(days, dtype=float), confidence)
    return under(formula, made, [True] * len(levels))


def test_an_item_that_effort_lifts_or_sinks_is_flagged_with_the_days_of_those_it_changes_places_with() -> None:
    levels, days = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4], [100, 10, 10, 10, 10, 1]
    own, effort, rice = (ranked(formula, levels, days) for formula in (ADDITIVE, EFFORT, RICE))
    assert [place.said for place in effort.places if place] == ["6", "2", "3", "4", "5", "1"]
    told = dependent(own, [effort, rice])
    assert told[0] == [
        "Its effort is high (100 days; those that pass it have 10 days): Value for effort puts it 5 places lower, "
        "RICE 5."
    ]
    assert told[5] == [
        "Its effort is low (1 days; those that it passes have 10 days): Value for effort lifts it 5 places, RICE 5."
    ]
    assert told[1:5] == [[], [], [], []]


def test_a_formula_of_few_levels_says_with_how_many_an_item_is_tied() -> None:
    levels = [0.15, 0.16, 0.17, 0.18, 0.75, 0.95]
    own, wsjf = ranked(ADDITIVE, levels, [4] * 6), ranked(WSJF, levels, [4] * 6)
    assert [place.said for place in wsjf.places if place] == ["3-6", "3-6", "3-6", "3-6", "2", "1"]
    assert (wsjf.placed, wsjf.distinct) == (6, 3)
    tied = "WSJF has only 3 distinct values for 6 items; 4 share this one."
    assert dependent(own, [wsjf]) == [[tied], [tied], [tied], [tied], [], []]


def test_an_item_with_doubtful_evidence_falls_where_confidence_counts() -> None:
    levels = [0.9, 0.85, 0.8, 0.75, 0.7, 0.3]
    own = ranked(ADDITIVE, levels, [3] * 6)
    ice = ranked(ICE, levels, [3] * 6, [0.2, 0.8, 0.8, 0.8, 0.8, 0.8])
    [sentence] = dependent(own, [ice])[0]
    assert sentence == "Its confidence is low (20%; those that pass it have 80%): ICE puts it 5 places lower."


def test_items_that_a_formula_cannot_place_are_left_out_of_the_comparison() -> None:
    nan = float("nan")
    levels, days = [0.9, 0.8, 0.7, 0.6, 0.5], [nan, nan, nan, 10, 1]
    own, effort = ranked(ADDITIVE, levels, days), ranked(EFFORT, levels, days)
    assert [place and place.said for place in effort.places] == [None, None, None, "2", "1"]
    assert dependent(own, [effort]) == [[]] * 5  # of two, none moves by three places


def test_less_than_half_known_stands_below_under_every_formula() -> None:
    made = figures(EFFORT, np.array([[0.9] * 3, [0.1] * 3]), WEIGHTS, np.array([1.0, 1.0]), np.ones(2))
    assert [place.said for place in under(EFFORT, made, [False, True]).places if place] == ["2", "1"]


def test_nothing_and_one_item_are_compared_without_a_word() -> None:
    assert dependent(ranked(ADDITIVE, [], []), [ranked(RICE, [], [])]) == []
    assert dependent(ranked(ADDITIVE, [0.5], [1]), [ranked(RICE, [0.5], [1])]) == [[]]


# --- in sentences ----------------------------------------------------------------------------------------------------


def test_a_figure_is_told_with_the_numbers_that_multiply_out_to_it() -> None:
    [figure] = figures(RICE, np.array([[0.5, 0.7, 0.7]]), WEIGHTS, np.array([30.0]), np.array([0.8]))
    one = item("x", 2, 0.62, computed_rank=4, figure=figure)
    assert figure_sentences(one) == [
        "RICE is the team's own formula (rice v1): reach 25 incidents a year × impact 2 × confidence 80% / effort 1.5 "
        "person-months = 26.7; that is place 4.",
        "Reach: 25 incidents a year.",
        "Impact: 70.0 of 100 points on its drivers; of the levels 0.25, 0.5, 1, 2, 3 that is 2.",
        "Confidence: 80%, what validations count; of the levels 0.5, 0.8, 1 that is 80%.",
        "Effort: 30 days of work (1 of person-months is 20 days).",
    ]


def test_a_cost_of_delay_is_added_up_before_it_is_divided() -> None:
    [figure] = figures(WSJF, np.array([[1.0, 0.5, 0.0]]), WEIGHTS, np.array([30.0]), np.array([1.0]))
    assert figure_sentences(item("x", 1, 0.5, figure=figure))[0] == (
        "WSJF is the team's own formula (wsjf v1): (user and business value 20 + time criticality 5 + "
        "risk reduction or opportunity 1) / job size 8 = 3.25; that is place 1."
    )


def test_an_item_that_cannot_be_placed_says_why_and_where_it_stands() -> None:
    [figure] = figures(RICE, np.array([[0.5, 0.7, 0.7]]), WEIGHTS, np.array([np.nan]), np.array([0.8]))
    one = item("x", 5, 0.62, computed_rank=5, figure=figure)
    own = replace(DriverSet(name="default", version=3, drivers=DRIVERS), formula="rice v1")
    values = dict.fromkeys(own.weights, 1.0)
    told = sentences(replace(one, values=values, contributions=values), own)
    assert told[0] == "“X” scores 62.0 of 100 points under default v3. 3 of 3 drivers have a value."
    assert told[1] == (
        "RICE is the team's own formula (rice v1). It cannot place this item, because its effort is unknown (nobody "
        "estimated the days of work): it stands below all that it places, in the order of the scores, at place 5."
    )


# --- the lock --------------------------------------------------------------------------------------------------------


def test_the_teams_own_formula_is_a_part_of_the_driver_set_and_of_its_toml() -> None:
    plain = DriverSet(name="default", version=3, drivers=DRIVERS)
    assert "formula" not in plain.to_toml()
    assert DriverSet.from_toml(plain.to_toml()) == plain
    locked = replace(plain, formula="rice v1")
    assert DriverSet.from_toml(locked.to_toml()) == locked
    assert formula_of(locked) == named("rice").fitted(DRIVERS)
    with pytest.raises(Refused, match="The formula of the driver set is 3; it must be text"):
        DriverSet.from_toml(plain.to_toml().replace("version = 3", "version = 3\nformula = 3"))
