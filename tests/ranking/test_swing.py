"""Weights by swings, and weights that keep their trade-offs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opex.domain.drivers import Scale
from opex.domain.problems import Refused
from opex.ranking.scales import worth
from opex.ranking.swing import rescaled, swing_ratio, swing_weights


def test_points_become_weights() -> None:
    assert swing_weights({"hours": 100, "growth": 50, "rating": 50, "nothing": 0}) == {
        "hours": 0.5, "growth": 0.25, "rating": 0.25, "nothing": 0.0,
    }  # fmt: skip


@pytest.mark.parametrize("points", [{"a": 90, "b": 20}, {}, {"a": 100, "b": -1}, {"a": 101, "b": 100}])
def test_points_that_are_none_are_refused(points: dict[str, float]) -> None:
    with pytest.raises(Refused):
        swing_weights(points)


def scale(zero: float, one: float, curve: str = "linear") -> Scale:
    return Scale(zero_at=zero, one_at=one, curve=curve)  # type: ignore[arg-type]


anchors = st.floats(0.5, 1000)


@pytest.mark.parametrize("curve", ["linear", "logarithmic"])
@settings(deadline=None, derandomize=True, max_examples=60)
@given(anchors, anchors, anchors, anchors, st.floats(0.05, 0.95))
def test_a_step_is_worth_the_same_beside_the_others_after_an_anchor_moved(
    curve: str, zero: float, more: float, zero_now: float, more_now: float, weight: float
) -> None:
    # given a step that lies between both pairs of anchors
    before, after = scale(zero, zero + more, curve), scale(zero_now, zero_now + more_now, curve)
    low, high = max(zero, zero_now), min(before.one_at, after.one_at)
    if high - low < 1e-3:
        return
    # when the weight is rescaled
    ratio = swing_ratio(before, after)
    assert ratio is not None
    now = rescaled(weight, ratio)
    # then the step's points for one point of all others are as before
    step, step_now = (float(np.diff(worth([low, high], one))[0]) for one in (before, after))
    assert now * step_now / (1 - now) == pytest.approx(weight * step / (1 - weight), rel=1e-6)


def test_a_scale_that_falls_keeps_its_trade_off_too() -> None:
    assert swing_ratio(scale(100, 0), scale(50, 0)) == 0.5


def test_a_logarithm_from_nothing_on_both_sides_has_a_ratio() -> None:
    ratio = swing_ratio(scale(0, 500, "logarithmic"), scale(0, 1000, "logarithmic"))
    assert ratio == pytest.approx(np.log(1001) / np.log(501))


def in_steps(one: float, steps: tuple[tuple[float, float], ...] = ((0.0, 0.0), (5.0, 0.5), (10.0, 1.0))) -> Scale:
    return Scale(zero_at=0, one_at=one, curve="steps", steps=steps)


@pytest.mark.parametrize(
    ("before", "after", "ratio"),
    [
        (scale(0, 10), scale(10, 0), None),
        (scale(0, 10), scale(0, 10, "logarithmic"), None),
        (scale(0, 10, "logarithmic"), scale(1, 10, "logarithmic"), None),
        (in_steps(10), in_steps(12), 1.0),
        (in_steps(10), in_steps(10, ((0.0, 0.0), (10.0, 1.0))), None),
    ],
)  # fmt: skip
def test_where_no_number_keeps_the_trade_off_there_is_none(before: Scale, after: Scale, ratio: float | None) -> None:
    assert swing_ratio(before, after) == ratio
