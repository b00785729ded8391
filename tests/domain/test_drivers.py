"""Drivers and driver sets: what they refuse, in which words, and that a set survives its way through TOML."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opex.domain.drivers import FAMILIES, Driver, DriverSet, Scale
from opex.domain.problems import Refused

DEFAULTS = Path(__file__).parents[2] / "data" / "drivers.toml"
HOURS = Driver(
    name="hours_lost",
    title="Hours lost",
    family="unacceptable issue",
    definition="Hours that users were without a working system.",
    measure="hours_lost_a_year",
    unit="hours a year",
    scale=Scale(zero_at=0, one_at=500, curve="logarithmic"),
    weight=0.6,
)
VALUE = Driver(
    name="value",
    title="What it makes possible",
    family="desired capability",
    definition="How far it brings us.",
    measure="rated",
    unit="level",
    scale=Scale(zero_at=0, one_at=4, curve="steps", steps=((1, 0.25), (4, 1.0))),
    weight=0.4,
    rubric=((0, "nothing"), (4, "“everything” \\ we want")),
)
SET = DriverSet(name="default", version=7, drivers=(HOURS, VALUE))


def test_a_driver_set_comes_back_from_toml_as_it_went() -> None:
    assert DriverSet.from_toml(SET.to_toml()) == SET


def test_the_drivers_that_come_with_opex_can_be_read_and_cover_the_three_families() -> None:
    known = DriverSet.from_toml(DEFAULTS.read_text(encoding="utf-8"))
    assert known.label == "default v1"
    assert {driver.family for driver in known.drivers} == set(FAMILIES)
    assert sum(known.weights.values()) == pytest.approx(1)
    assert DriverSet.from_toml(known.to_toml()) == known


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "hours lost"}, 'A driver\'s name is one word in lower case and underscores; this is "hours lost".'),
        (
            {"family": "wish"},
            "Driver hours_lost: the family is one of desired capability, unacceptable issue, compliance requirement.",
        ),
        ({"definition": "  "}, "Driver hours_lost needs a definition that a colleague can apply."),
        ({"weight": 1.2}, "Driver hours_lost: the weight is 1.2; it must lie between 0 and 1."),
        ({"weight": -0.1}, "Driver hours_lost: the weight is -0.1; it must lie between 0 and 1."),
        ({"weight": float("nan")}, "Driver hours_lost: the weight is nan; it must lie between 0 and 1."),
        (
            {"measure": "rated", "rubric": ((1, "some"),)},
            "Driver hours_lost is rated by people, so it needs a rubric of at least two levels.",
        ),
    ],
)
def test_a_driver_that_nobody_could_use_is_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(Refused) as refusal:
        replace(HOURS, **changes)  # type: ignore[arg-type]
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("scale", "sentence"),
    [
        ({"zero_at": 3, "one_at": 3}, "A scale needs two different finite anchors; these are 3 and 3."),
        ({"zero_at": 0, "one_at": float("inf")}, "A scale needs two different finite anchors; these are 0 and inf."),
        ({"zero_at": float("nan"), "one_at": 1}, "A scale needs two different finite anchors; these are nan and 1."),
        (
            {"zero_at": 0, "one_at": 1, "curve": "cubic"},
            'A scale\'s curve is one of linear, logarithmic, steps; this is "cubic".',
        ),
        (
            {"zero_at": -1, "one_at": 1, "curve": "logarithmic"},
            "A logarithmic scale has no place for a negative anchor.",
        ),
        (
            {"zero_at": 0, "one_at": 1, "curve": "steps", "steps": ((1, 1),)},
            "A scale in steps needs at least two raw values in rising order.",
        ),
        (
            {"zero_at": 0, "one_at": 1, "curve": "steps", "steps": ((2, 0), (1, 1))},
            "A scale in steps needs at least two raw values in rising order.",
        ),
        (
            {"zero_at": 0, "one_at": 1, "curve": "steps", "steps": ((0, 0), (1, 1.5))},
            "The worth of a step lies between 0 and 1.",
        ),
    ],
)
def test_a_scale_on_which_nothing_can_be_placed_is_refused(scale: dict[str, object], sentence: str) -> None:
    with pytest.raises(Refused) as refusal:
        Scale(**scale)  # type: ignore[arg-type]
    assert str(refusal.value) == sentence


def test_a_set_that_cannot_order_anything_is_refused() -> None:
    def refused(*drivers: Driver) -> str:
        with pytest.raises(Refused) as refusal:
            DriverSet(name="default", version=1, drivers=drivers)
        return str(refusal.value)

    assert refused() == "A driver set needs at least one driver."
    assert refused(HOURS, HOURS) == "Two drivers are called hours_lost: names must differ."
    assert refused(HOURS) == "Driver weights add up to 0.6; they must add up to 1."


def test_an_unknown_driver_is_refused_with_those_there_are() -> None:
    assert SET.driver("value") is VALUE
    with pytest.raises(Refused, match='There is no driver "speed"; there are hours_lost, value'):
        SET.driver("speed")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name = ", "The driver set is not TOML: "),
        ('name = "x"', "The driver set lacks 'drivers'."),
        ("[[drivers]]", "The driver set lacks 'scale'."),
        ('name = "x"\n[drivers]\na = 1', "The driver set cannot be read: "),
        (SET.to_toml().replace("version = 7", 'version = "seven"'), "The driver set cannot be read: "),
        (SET.to_toml().replace('unit = "level"', 'colour = "red"'), "The driver set cannot be read: "),
        (SET.to_toml().replace("weight = 0.4", 'weight = "much"'), "The driver set cannot be read: "),
        (SET.to_toml().replace("weight = 0.4", "weight = 0.3"), "Driver weights add up to 0.9; they must add up to 1."),
    ],
)
def test_toml_that_is_no_driver_set_is_refused_with_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(Refused) as refusal:
        DriverSet.from_toml(text)
    assert str(refusal.value).startswith(sentence)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "hours_lost"', "name = 5"),
        ('definition = "Hours that users were without a working system."', "definition = 5"),
        ("version = 7", "version = inf"),
        ('title = "Hours lost"', "title = 5"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_too(old: str, new: str) -> None:
    assert old in SET.to_toml()
    with pytest.raises(Refused):
        DriverSet.from_toml(SET.to_toml().replace(old, new))


def test_moved_weights_are_scaled_to_one_and_the_drivers_stay() -> None:
    moved = SET.reweighted({"value": 0.6})
    assert moved.weights == {"hours_lost": 0.5, "value": 0.5}
    assert replace(moved, drivers=SET.drivers) == SET
    with pytest.raises(Refused, match="All weights are zero: give at least one driver a weight"):
        SET.reweighted({"hours_lost": 0, "value": 0})


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.floats(min_value=0, max_value=1), min_size=2, max_size=2).filter(lambda w: sum(w) > 1e-6))
def test_any_weights_with_a_sum_make_a_set(weights: list[float]) -> None:
    moved = SET.reweighted(dict(zip(SET.weights, weights, strict=True)))
    assert sum(moved.weights.values()) == pytest.approx(1)
    assert DriverSet.from_toml(moved.to_toml()) == moved
