"""Scores and places: the weighted sum against published cases, a total order, and one that can be explained."""

import json
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from opex.domain.drivers import DriverSet, Scale
from opex.domain.opportunities import Removal
from opex.domain.priorities import Evidence, Move, Priorities, Priority, Replay
from opex.ranking.explain import driver_sentence, sentences
from opex.ranking.headline import headline
from opex.ranking.ranking import Ranking, rank, worths
from opex.ranking.replay import covered, replay
from opex.ranking.weighted import contributions, score
from tests.ranking.builders import AS_OF, driver, opportunity

THIRDS = np.array([0.5, 0.3, 0.2])
UNIT = st.floats(min_value=0, max_value=1)
TABLES = st.integers(1, 8).flatmap(lambda n: arrays.arrays(float, (n, 3), elements=UNIT))


# --- the weighted sum, as others publish it --------------------------------------------------------------------------


def case(real_data: Path, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
    cases = json.loads((real_data / "mcda_oracles" / "pymcdm_cases.json").read_text(encoding="utf-8"))["cases"]
    [one] = [c for c in cases if c["case"] == name]
    inputs = one["inputs"]
    plain = (np.array(inputs[key], dtype=float) for key in ("matrix", "weights", "types"))
    matrix, weights, types = plain
    return matrix, weights, types, np.array(one["expected"]), inputs


@pytest.mark.real_data
def test_the_weighted_sum_model(real_data: Path) -> None:
    matrix, weights, types, expected, _ = case(real_data, "TestWSM.test_output")
    shares = np.where(types == 1, matrix / matrix.sum(axis=0), (1 / matrix) / (1 / matrix).sum(axis=0))
    assert score(shares, weights).round(3).tolist() == expected.tolist()


@pytest.mark.real_data
def test_spotis_is_our_score_on_anchored_scales_counted_from_the_other_end(real_data: Path) -> None:
    matrix, weights, types, expected, _ = case(real_data, "TestSPOTIS.test_output")
    bounds = [(-5, 12), (-6, 10), (-8, 5)]  # Dezert, Tchamova, Han, Tacnet (2020), section IV
    scales = [Scale(zero_at=a, one_at=b) if t == 1 else Scale(zero_at=b, one_at=a)
              for (a, b), t in zip(bounds, types, strict=True)]  # fmt: skip
    ranked = worths(matrix, [driver("growth", name=f"d{n}", scale=s) for n, s in enumerate(scales)])
    assert (1 - score(ranked, weights)).round(4).tolist() == expected.tolist()


@pytest.mark.real_data
def test_spotis_with_a_goal_within_the_scale(real_data: Path) -> None:
    matrix, weights, _, expected, inputs = case(real_data, "TestSPOTIS2.test_output")
    far = np.abs(matrix - np.array(inputs["esp"])) / np.ptp(np.array(inputs["bounds"], dtype=float), axis=1)
    assert score(far, weights).round(4).tolist() == expected.tolist()


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "digits"), [("TestARAS.test_output", 2), ("TestARAS.test_output2", 4)])
def test_the_additive_ratio_assessment(real_data: Path, name: str, digits: int) -> None:
    matrix, weights, types, expected, inputs = case(real_data, name)
    best = inputs.get("xopt", np.where(types == 1, matrix.max(axis=0), matrix.min(axis=0)))
    whole = np.vstack([best, matrix])
    whole = np.where(types == 1, whole, 1 / whole)
    scores = score(whole / whole.sum(axis=0), weights)
    assert (scores[1:] / scores[0]).round(digits).tolist() == expected.tolist()


@pytest.mark.real_data
def test_moora_is_a_weighted_sum_with_signs(real_data: Path) -> None:
    matrix, weights, types, expected, _ = case(real_data, "TestMOORA.test_output")
    assert score(matrix / np.sqrt((matrix**2).sum(axis=0)), weights * types).round(4).tolist() == expected.tolist()


def test_nothing_scores_nothing() -> None:
    assert score(np.empty((0, 3)), THIRDS).shape == (0,)
    assert contributions(np.empty((0, 3)), THIRDS).shape == (0, 3)


# --- places ----------------------------------------------------------------------------------------------------------


def ranked(values: np.ndarray, known: np.ndarray | None = None, names: list[str] | None = None) -> Ranking:
    everything = np.ones(values.shape, dtype=bool) if known is None else known
    return rank(values, everything, THIRDS, names or [f"id-{n}" for n in range(len(values))])


@settings(deadline=None, derandomize=True, max_examples=80)
@given(TABLES)
def test_places_are_total_follow_the_score_and_can_be_taken_apart(values: np.ndarray) -> None:
    made = ranked(values)
    assert sorted(made.ranks) == list(range(1, len(values) + 1))
    in_order = made.scores[np.argsort(made.ranks)]
    assert all(higher >= lower - 1e-11 for higher, lower in pairwise(in_order))
    assert np.allclose(made.parts.sum(axis=1), made.scores, atol=1e-12)
    assert ((made.scores >= 0) & (made.scores <= 1 + 1e-12)).all()


@settings(deadline=None, derandomize=True, max_examples=60)
@given(TABLES, arrays.arrays(float, 3, elements=UNIT))
def test_adding_an_item_moves_no_score_and_no_pair(values: np.ndarray, another: np.ndarray) -> None:
    before, after = ranked(values), ranked(np.vstack([values, another]))
    assert np.allclose(after.scores[:-1], before.scores, atol=1e-13)
    assert np.argsort(after.ranks[:-1]).tolist() == np.argsort(before.ranks).tolist()


@settings(deadline=None, derandomize=True, max_examples=60)
@given(TABLES, st.randoms(use_true_random=False))
def test_the_order_in_which_items_come_does_not_matter(values: np.ndarray, dice: Any) -> None:
    order = list(range(len(values)))
    dice.shuffle(order)
    names = [f"id-{n}" for n in order]
    assert ranked(values[order], names=names).ranks.tolist() == ranked(values).ranks[order].tolist()


def test_items_that_score_alike_are_ordered_by_id() -> None:
    made = ranked(np.full((3, 3), 0.4), names=["c", "a", "b"])
    assert made.ranks.tolist() == [3, 1, 2]
    assert ranked(np.array([[0.1 + 0.2, 0, 0], [0.3, 0, 0]]), names=["b", "a"]).ranks.tolist() == [2, 1]


def test_items_with_less_than_half_of_the_weight_known_stand_below_all_others() -> None:
    values = np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [0.5, 0.5, 0.5]])
    known = np.array([[False, True, False], [True, False, False], [True, True, True]])
    made = ranked(values, known)
    assert made.enough.tolist() == [False, True, True]  # 0.3, 0.5 and 1 of the weight
    assert made.ranks.tolist() == [3, 2, 1]


def test_nothing_is_ranked_without_items_and_one_item_is_first() -> None:
    assert ranked(np.empty((0, 3))).ranks.tolist() == []
    assert ranked(np.zeros((1, 3))).ranks.tolist() == [1]


# --- coverage and replay ---------------------------------------------------------------------------------------------

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), unique=True, max_size=25)


def rows(pairs: list[tuple[int, int]]) -> pd.DataFrame:
    """Items and incidents; incident n lasted n hours."""
    return pd.DataFrame({"item": [i for i, _ in pairs], "id": [str(n) for _, n in pairs],
                         "hours": [float(n) for _, n in pairs]}).astype({"item": "int64", "id": "str"})  # fmt: skip


@settings(deadline=None, derandomize=True, max_examples=80)
@given(PAIRS, st.permutations(range(5)))
def test_coverage_counts_each_incident_once_for_the_highest_item(
    pairs: list[tuple[int, int]], order: list[int]
) -> None:
    table = covered(rows(pairs), order)
    seen: set[int] = set()
    for item in order:
        own = {n for i, n in pairs if i == item} - seen
        seen |= own
        expected = [len(own), sum(own), len(seen), sum(seen)]
        assert table.loc[item].tolist() == expected
    assert table.index.tolist() == [0, 1, 2, 3, 4]


@settings(deadline=None, derandomize=True, max_examples=80)
@given(PAIRS, st.permutations(range(5)), st.integers(0, 5))
def test_replay_removes_shares_of_each_incident_once(pairs: list[tuple[int, int]], order: list[int], top: int) -> None:
    removals = [Removal(low=i / 10, likely=i / 5, high=(i + 1) / 5) for i in range(5)]
    told = replay(
        rows(pairs), [(i, removals[i]) for i in order[:top]], since=AS_OF - timedelta(days=365), until=AS_OF,
        incidents_total=99, hours_total=999.0,
    )  # fmt: skip
    home: dict[int, int] = {}
    for item in order[:top]:
        for _, n in (pair for pair in pairs if pair[0] == item):
            home.setdefault(n, item)
    assert (told.top, told.incidents_covered, told.hours_covered) == (top, len(home), sum(home))
    assert told.incidents_likely == pytest.approx(sum(removals[i].likely for i in home.values()))
    assert told.hours_low == pytest.approx(sum(n * removals[i].low for n, i in home.items()))
    assert told.hours_high == pytest.approx(sum(n * removals[i].high for n, i in home.items()))
    assert told.incidents_low <= told.incidents_likely <= told.incidents_high <= told.incidents_covered


# --- explanations and headlines --------------------------------------------------------------------------------------

DRIVERS = DriverSet(
    name="default",
    version=7,
    drivers=(
        driver("hours_lost_a_year", 0.5, scale=Scale(zero_at=0, one_at=200)),
        driver("growth", 0.3, scale=Scale(zero_at=1, one_at=4, curve="logarithmic")),
        driver("rated", 0.2, name="value", title="Value", scale=Scale(zero_at=0, one_at=4),
               rubric=((0, "nothing"), (3, "much"), (4, "all"))),
    ),
)  # fmt: skip


def item(of: str, place: int, points: float, **more: Any) -> Priority:
    evidence = Evidence(
        incidents=9, incidents_all_time=12, changes=0, hours_lost=100, hours_low=10, hours_likely=50, hours_high=90
    )
    parts = {"hours_lost_a_year": points, "growth": 0.0, "value": 0.0}
    known: dict[str, Any] = {
        "opportunity": opportunity(of), "rank": place, "computed_rank": place, "score": points, "contributions": parts,
        "values": {"hours_lost_a_year": 50.0, "growth": None, "value": None}, "evidence": evidence, "why": "w",
    } | more  # fmt: skip
    return Priority(**known)


def test_each_sentence_holds_the_numbers_that_multiply_out_to_its_points() -> None:
    half = opportunity("x", removes=Removal(low=0.1, likely=0.5, high=0.9), ratings={"value": {"Ana": 3, "Bo": 3}})
    one = item(
        "x", 1, 0.425, opportunity=half, values={"hours_lost_a_year": 50.0, "growth": 2.0, "value": None},
        contributions={"hours_lost_a_year": 0.125, "growth": 0.15, "value": 0.1},
    )  # fmt: skip
    hours, growth, value = DRIVERS.drivers
    assert driver_sentence(one, hours) == (
        "Hours lost a year: 100.0 hours lost in the past 12 months × an assumed likely removal of 50% = 50.0 hours a "
        "year; on a linear scale from 0 (counts 0) to 200 (counts 1) that is 0.250 × 50 = 12.5 points."
    )
    assert driver_sentence(one, growth).endswith("(counts 0) to 4 (counts 1) that is 0.500 × 30 = 15.0 points.")
    assert driver_sentence(one, value) == (
        "Value: nothing is known, so it counts at the middle of its scale: 0.50 × 20 = 10.0 points."
    )
    rated = item("x", 1, 0.15, opportunity=half, values={"value": 3.0}, contributions={"value": 0.15})
    assert driver_sentence(rated, value) == (
        "Value: level 3 (“much”), the median of 2 ratings; on a linear scale from 0 (counts 0) to 4 (counts 1) that "
        "is 0.750 × 20 = 15.0 points."
    )


def test_the_explanation_goes_from_the_place_over_the_drivers_to_the_move() -> None:
    move = Move(to=1, reason="commitment", words="promised", person="Bo", seq=4)
    one = item("x", 1, 0.25, computed_rank=3, enough_rated=False, move=move,
               contributions={"hours_lost_a_year": 0.05, "growth": 0.15, "value": 0.05})  # fmt: skip
    lines = sentences(one, DRIVERS)
    assert lines[0] == ("“X” scores 25.0 of 100 points under default v7; that is place 3. 1 of 3 drivers have a value.")
    assert [line.split(":")[0] for line in lines[1:4]] == ["Growth", "Hours lost a year", "Value"]
    assert lines[4] == "Together: 15.0 + 5.0 + 5.0 = 25.0 points, each rounded to a tenth."
    assert lines[5] == "Less than half of the weight has a value, so it stands below all items that have more."
    assert lines[6] == "Bo moved it to place 1 (commitment): “promised”."


def order(*items: Priority, told: Replay | None = None) -> Priorities:
    return Priorities(as_of=AS_OF, drivers=DRIVERS, items=items, replay=told)


TOLD = Replay(
    top=3, since=AS_OF - timedelta(days=365), until=AS_OF, incidents_total=1214, hours_total=100, incidents_covered=53,
    hours_covered=50, incidents_low=1, incidents_likely=2, incidents_high=3, hours_low=1, hours_likely=2, hours_high=3,
)  # fmt: skip


def test_the_headline_says_what_the_first_ones_are_about_and_how_clear_the_first_is() -> None:
    on = [item(c, n, s, opportunity=opportunity(c, system="mail" if n < 3 else "search"))
          for n, (c, s) in enumerate([("a", 0.6), ("b", 0.5), ("c", 0.4)], start=1)]  # fmt: skip
    assert headline(order(*on, told=TOLD)) == (
        "Two of the first three are about mail. The first three stand behind 53 of 1,214 incidents of the year. "
        "Rank 1 leads by 10 points."
    )


def test_the_headline_names_the_first_where_no_system_leads() -> None:
    assert headline(order()) == "Nothing stands in the ranking."
    assert headline(order(item("a", 1, 0.5))) == "First comes “A”."
    close = order(item("a", 1, 0.5), item("b", 2, 0.49))
    assert headline(close) == "First comes “A”. Ranks 1 and 2 are 1.0 points apart: hardly a difference."


def test_the_headline_says_when_people_moved_the_first_places() -> None:
    moved = order(item("b", 1, 0.3, computed_rank=2), item("a", 2, 0.5, computed_rank=1))
    assert headline(moved).endswith("People moved the first places; the computed order stands beside it.")
