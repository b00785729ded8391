"""Raw values onto anchored scales: worked by hand, and true of every scale."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from opex.domain.drivers import Scale
from opex.ranking.scales import MIDDLE, worth

RAW = st.floats(allow_nan=False)
ANCHORS = st.floats(min_value=0, max_value=1e6).map(lambda x: round(x, 3))


@st.composite
def scales(draw: st.DrawFn) -> Scale:
    zero_at, one_at = draw(ANCHORS), draw(ANCHORS)
    assume(zero_at != one_at)
    return Scale(zero_at=zero_at, one_at=one_at, curve=draw(st.sampled_from(["linear", "logarithmic"])))


@pytest.mark.parametrize(
    ("scale", "raw", "expected"),
    [
        (Scale(zero_at=0, one_at=200), 50, 0.25),
        (Scale(zero_at=100, one_at=0), 25, 0.75),  # less is more urgent
        (Scale(zero_at=-10, one_at=10), 0, 0.5),
        (Scale(zero_at=0, one_at=99, curve="logarithmic"), 9, 0.5),  # log 10 / log 100
        (Scale(zero_at=0.5, one_at=24, curve="logarithmic"), 4, math.log(8) / math.log(48)),
        (Scale(zero_at=1, one_at=4, curve="logarithmic"), 2, 0.5),
        (Scale(zero_at=100, one_at=1, curve="logarithmic"), 10, 0.5),
        (Scale(zero_at=0, one_at=9, curve="steps", steps=((1, 0.2), (5, 1.0))), 4.99, 0.2),
        (Scale(zero_at=0, one_at=9, curve="steps", steps=((1, 0.2), (5, 1.0))), 5, 1.0),
        (Scale(zero_at=0, one_at=9, curve="steps", steps=((1, 0.2), (5, 1.0))), 0.99, 0.0),
    ],
)
def test_a_scale_worked_by_hand(scale: Scale, raw: float, expected: float) -> None:
    assert float(worth(raw, scale)) == pytest.approx(expected)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(scales(), st.lists(RAW, min_size=1, max_size=8))
def test_every_worth_lies_between_zero_and_one_and_rises_towards_the_anchor(scale: Scale, raws: list[float]) -> None:
    placed = worth(sorted(raws), scale)
    if scale.one_at < scale.zero_at:
        placed = placed[::-1]
    assert ((placed >= 0) & (placed <= 1)).all()
    assert all(low <= high + 1e-12 for low, high in pairwise(placed))


@settings(deadline=None, derandomize=True, max_examples=100)
@given(scales())
def test_anchors_count_exactly_zero_and_one_and_so_does_what_lies_beyond(scale: Scale) -> None:
    beyond = math.inf if scale.one_at > scale.zero_at else -math.inf
    assert worth([scale.zero_at, scale.one_at, -beyond, beyond], scale).tolist() == [0.0, 1.0, 0.0, 1.0]


@settings(deadline=None, derandomize=True, max_examples=50)
@given(scales(), st.lists(RAW, min_size=1, max_size=6), RAW)
def test_another_item_moves_no_worth(scale: Scale, raws: list[float], another: float) -> None:
    assert worth([*raws, another], scale)[:-1].tolist() == worth(raws, scale).tolist()


def test_what_nobody_knows_counts_at_the_middle_on_every_curve() -> None:
    steps = Scale(zero_at=0, one_at=1, curve="steps", steps=((0, 0.0), (1, 1.0)))
    for scale in (Scale(zero_at=0, one_at=1), Scale(zero_at=0, one_at=1, curve="logarithmic"), steps):
        assert worth([np.nan], scale).tolist() == [MIDDLE] == [0.5]


def test_nothing_placed_is_nothing_and_shapes_are_kept() -> None:
    scale = Scale(zero_at=0, one_at=1)
    assert worth([], scale).shape == (0,)
    assert worth(np.zeros((2, 3)), scale).shape == (2, 3)


def test_anchors_of_a_scale_in_steps_count_zero_and_one_too() -> None:
    downwards = Scale(zero_at=10, one_at=0, curve="steps", steps=((0, 1.0), (5, 0.5), (10, 0.0)))
    assert worth([-1, 0, 10, 11], downwards).tolist() == [1.0, 1.0, 0.0, 0.0]
