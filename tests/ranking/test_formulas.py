"""The formulas that people know: worked examples as published, and what holds of every formula."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from opex.domain.drivers import Driver, Scale
from opex.domain.formulas import CONFIDENCE, FORMULAS, NOT_VALIDATED, Formula, confidence_of, named
from opex.domain.problems import Refused
from opex.ranking.formulas import figures, formula_scores, ranked_by, standing
from opex.ranking.ranking import alphabetical
from opex.ranking.weighted import score
from tests.ranking.builders import driver, verdict

NAN = float("nan")
WORTH_OF_LEVEL = {level: (n + 0.5) / 7 for n, level in enumerate((1, 2, 3, 5, 8, 13, 20))}
DAYS_OF_SIZE = {1: 5, 2: 10, 3: 15, 5: 25, 8: 40, 13: 65, 20: 100}


# --- as published ----------------------------------------------------------------------------------------------------

REACH = (
    driver("incidents_a_year", 0.5, scale=Scale(zero_at=0, one_at=4000)),
    driver("growth", 0.5, scale=Scale(zero_at=0, one_at=4)),
)


@pytest.mark.parametrize(
    ("reach", "impact", "confidence", "months", "published"),
    [
        (
            450,
            0.95,
            1.0,
            2,
            450 * 3 * 1.0 / 2,
        ),  # McBride (Intercom 2016), project 1: 500 x 30 % x 3 months, huge impact
        (2000, 0.5, 0.8, 1, 2000 * 1 * 0.8 / 1),  # project 2: every customer, a smaller impact, 80 %
        (800, 0.7, 0.5, 4, 800 * 2 * 0.5 / 4),  # project 3: once, in between, 50 %
        (2000, 0.7, 0.8, 4, 800),  # feature A of timeclick-software/awesome-time-tracking, details/rice-framework.md
    ],
)
def test_rice_as_intercom_works_it_out(
    reach: float, impact: float, confidence: float, months: float, published: float
) -> None:
    """Reach is the driver's raw value, impact the band of the other drivers, effort in months of 20 days."""
    worths = np.array([[reach / 4000, impact]])
    made = formula_scores(named("rice").fitted(REACH), worths, [0.5, 0.5], [20 * months], [confidence])
    assert made == pytest.approx([published])


COST_OF_DELAY = (
    driver("hours_lost_a_year", 0.4),
    driver("growth", 0.3),
    driver("median_hours_to_recover", 0.3, family="desired capability"),
)


@pytest.mark.parametrize(
    ("size", "value", "criticality", "risk", "published"),
    [  # the spreadsheet of Scaled Agile, Inc.: its features ferret, falcon, gazelle, eagle, hound, camel
        (5, 8, 5, 13, 5.2),
        (5, 8, 5, 8, 4.2),
        (8, 13, 5, 8, 3.25),
        (8, 13, 3, 8, 3),
        (13, 8, 5, 8, 1.62),
        (13, 8, 1, 3, 0.92),
    ],
)
def test_wsjf_as_the_scaled_agile_framework_works_it_out(
    size: int, value: int, criticality: int, risk: int, published: float
) -> None:
    worths = np.array([[WORTH_OF_LEVEL[level] for level in (value, criticality, risk)]])
    made = formula_scores(named("wsjf").fitted(COST_OF_DELAY), worths, [0.4, 0.3, 0.3], [DAYS_OF_SIZE[size]], [1.0])
    assert made == pytest.approx([published], abs=0.005)


@pytest.mark.parametrize(
    ("impact", "confidence", "ease", "published"),
    [(8, 7, 5, 280), (6, 9, 8, 432)],  # innerview.co/terms/ice-score: a referral programme, a faster website
)
def test_ice_as_growth_teams_work_it_out(impact: int, confidence: int, ease: int, published: int) -> None:
    days = {8: 3, 5: 13}
    made = formula_scores(
        named("ice").fitted(REACH), [[impact / 10, impact / 10]], [0.5, 0.5], [days[ease]], [confidence / 10]
    )
    assert made.tolist() == [published]


def test_value_for_effort_is_the_score_for_a_day_of_work() -> None:
    made = formula_scores(named("value_for_effort"), [[1.0, 0.5], [1.0, 0.5]], [0.5, 0.5], [10, 2.5], [1, 1])
    assert made.tolist() == [0.075, 0.3]


def test_a_level_holds_its_upper_bound_and_doubt_goes_to_the_lower_one() -> None:
    rice = named("rice").fitted(REACH)
    [impact] = [factor for factor in rice.factors if factor.name == "impact"]
    one = ([1.0, 1.0, 1.0, 1.0], [20.0] * 4)
    worths = np.column_stack([one[0], [0.2, 0.2000001, 3 * 0.2, 1.0]])
    assert (impact.levels, impact.cuts) == ((0.25, 0.5, 1, 2, 3), (0.2, 0.4, 0.6, 0.8))
    assert (formula_scores(rice, worths, [0, 1], one[1], one[0]) / 4000).tolist() == [0.25, 0.5, 1, 3]


# --- what cannot be placed -------------------------------------------------------------------------------------------


def test_an_item_without_an_effort_is_not_guessed_and_stands_below_those_that_are_placed() -> None:
    worths, efforts = np.array([[1.0] * 3, [0.1] * 3, [0.4] * 3]), np.array([NAN, 10.0, 0.0])
    placed = {f.name: (~np.isnan(formula_scores(f, worths, WEIGHTS, efforts, np.ones(3)))).tolist() for f in EVERY}
    assert placed == {f.name: [True] * 3 if f.additive else [False, True, False] for f in EVERY}
    known = np.ones((3, 3), dtype=bool)
    under = ranked_by(EVERY[1], worths, known, WEIGHTS, efforts, np.ones(3), alphabetical(["a", "b", "c"]))
    assert under.ranks.tolist() == [2, 1, 3]
    assert under.scores == pytest.approx([1.0, 0.1, 0.4])


def test_a_formula_that_lacks_a_driver_is_refused_and_says_which() -> None:
    with pytest.raises(Refused, match="RICE cannot be used with these drivers: its reach takes incidents_a_y"):
        named("rice").fitted([driver("growth")])
    with pytest.raises(Refused, match="its risk reduction or opportunity takes desired capability, and"):
        named("wsjf").fitted(REACH)
    with pytest.raises(Refused, match='There is no formula "moscow"; there are additive, value_for_effort, rice, wsjf'):
        named("moscow")


def test_a_driver_enters_the_cost_of_delay_once() -> None:
    """Growth is an unacceptable issue and time-critical: the first that takes it keeps it."""
    drivers = [
        *COST_OF_DELAY,
        driver("rated", name="law", family="compliance requirement", rubric=((0, "a"), (1, "b"))),
    ]
    assert {factor.name: factor.columns for factor in named("wsjf").fitted(drivers).factors} == {
        "business_value": (0,), "time_criticality": (1, 3), "risk_reduction": (2,), "job_size": (),
    }  # fmt: skip


def test_confidence_is_what_the_reviewers_say_of_the_insight() -> None:
    told = {(): NOT_VALIDATED, ("holds",): 1.0, ("holds", "doubtful"): 0.75, ("wrong",): CONFIDENCE["wrong"]}
    assert {said: confidence_of([verdict(word) for word in said]) for said in told} == told


# --- what holds of every formula -------------------------------------------------------------------------------------

DRIVERS: tuple[Driver, ...] = (
    driver("incidents_a_year", 0.4, scale=Scale(zero_at=0, one_at=50, curve="logarithmic")),
    driver("growth", 0.3, scale=Scale(zero_at=1, one_at=4, curve="logarithmic")),
    driver("median_hours_to_recover", 0.3, family="desired capability"),
)
EVERY = [formula.fitted(DRIVERS) for formula in FORMULAS]
WEIGHTS = np.array([0.4, 0.3, 0.3])
UNIT = st.floats(min_value=0, max_value=1)


@st.composite
def items(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = draw(st.integers(1, 7))
    days = st.one_of(st.just(NAN), st.floats(min_value=0.5, max_value=300))
    return (
        draw(arrays.arrays(float, (n, 3), elements=UNIT)),
        draw(arrays.arrays(float, n, elements=days)),
        draw(arrays.arrays(float, n, elements=st.sampled_from([0.2, 0.5, 0.8, 1.0]))),
    )


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.sampled_from(EVERY), items(), items())
def test_adding_items_moves_no_others_figure(formula: Formula, few: Any, more: Any) -> None:
    together = [np.concatenate(both) for both in zip(few, more, strict=True)]
    alone = formula_scores(formula, few[0], WEIGHTS, *few[1:])
    beside = formula_scores(formula, together[0], WEIGHTS, *together[1:])[: len(alone)]
    assert np.allclose(alone, beside, rtol=1e-12, atol=0, equal_nan=True)
    where = standing(beside, score(few[0], WEIGHTS))
    assert np.allclose(where, standing(alone, score(few[0], WEIGHTS)), atol=1e-12)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.sampled_from(EVERY), items(), st.randoms(use_true_random=False))
def test_permuting_items_permutes_figures_and_places(formula: Formula, some: Any, dice: Any) -> None:
    order = list(range(len(some[0])))
    dice.shuffle(order)
    shuffled = [part[order] for part in some]
    straight = formula_scores(formula, some[0], WEIGHTS, *some[1:])
    assert np.allclose(
        formula_scores(formula, shuffled[0], WEIGHTS, *shuffled[1:]), straight[order], rtol=1e-12, equal_nan=True
    )
    names = [f"id-{n}" for n in range(len(order))]
    ranks = places(formula, some, names)
    assert places(formula, shuffled, [names[n] for n in order]).tolist() == ranks[order].tolist()


def places(formula: Formula, some: Any, names: list[str]) -> np.ndarray:
    known = np.ones(some[0].shape, dtype=bool)
    return ranked_by(formula, some[0], known, WEIGHTS, *some[1:], alphabetical(names)).ranks


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.sampled_from(EVERY), items())
def test_equal_items_tie_and_a_figure_is_the_same_among_draws(formula: Formula, some: Any) -> None:
    twice = [np.concatenate([part, part]) for part in some]
    made = formula_scores(formula, twice[0], WEIGHTS, *twice[1:])
    first, second = np.split(made, 2)
    assert np.allclose(first, second, rtol=1e-12, equal_nan=True)
    draws = np.array([[0.4, 0.3, 0.3], [1.0, 0.0, 0.0], [0.0, 0.5, 0.5]])
    drawn = formula_scores(formula, some[0], draws, *some[1:])
    each = [formula_scores(formula, some[0], one, *some[1:]) for one in draws]
    assert drawn.shape == (3, len(some[0]))
    assert np.allclose(drawn, each, rtol=1e-12, equal_nan=True)
    resampled = formula_scores(formula, np.stack([some[0]] * 3), draws, *some[1:])
    assert np.allclose(resampled, drawn, rtol=1e-12, equal_nan=True)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(items())
def test_the_additive_formula_is_the_plain_weighted_sum(some: Any) -> None:
    assert np.allclose(formula_scores(named("additive"), some[0], WEIGHTS, *some[1:]), some[0] @ WEIGHTS, atol=1e-15)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    arrays.arrays(float, 6, elements=st.one_of(st.just(NAN), st.floats(0, 5000))),
    arrays.arrays(float, 6, elements=UNIT),
)
def test_standing_keeps_the_order_of_figures_then_of_scores(made: np.ndarray, scores: np.ndarray) -> None:
    where = standing(made, scores)
    assert ((where >= 0) & (where <= 1)).all()
    key = [(1, figure) if figure == figure else (0, own) for figure, own in zip(made, scores, strict=True)]
    for a in range(6):
        for b in range(6):
            if key[a] < key[b]:
                assert where[a] <= where[b]


def test_nothing_has_no_figures() -> None:
    empty = (np.empty((0, 3)), WEIGHTS, np.empty(0), np.empty(0))
    assert [formula_scores(formula, *empty).shape for formula in EVERY] == [(0,)] * len(EVERY)
    assert figures(EVERY[2], *empty) == []


def test_a_figure_can_be_worked_out_from_its_factors() -> None:
    [one] = figures(EVERY[2], np.array([[0.5, 1.0, 0.5]]), WEIGHTS, np.array([30.0]), np.array([0.8]))
    told = {name: (round(f.amount or 0, 3), f.value) for name, f in one.factors.items()}
    assert json.dumps(told["impact"]) == "[0.75, 2.0]"
    assert (told["confidence"], told["effort"]) == ((0.8, 0.8), (30.0, 1.5))
    reach = 51**0.5 - 1
    assert one.value == pytest.approx(reach * 2 * 0.8 / 1.5)
