"""A scenario says what would be otherwise, and cannot say what no list can be made of."""

import json

import pytest

from opex.domain.drivers import Driver, DriverSet, Scale
from opex.domain.opportunities import Opportunity, Removal
from opex.domain.problems import Refused
from opex.domain.scenarios import Scenario

WHOLE = Scenario(
    name="Effort counts",
    weights={"hours": 0.5, "law": 0.5},
    anchors={"hours": (0.0, 200.0)},
    removals={"a": Removal(low=0.1, likely=0.2, high=0.3)},
    ratings={"a": {"law": 3}},
    efforts={"a": 5.0},
)


def drivers() -> DriverSet:
    scale = Scale(zero_at=0, one_at=100, curve="logarithmic")
    known = {"family": "unacceptable issue", "definition": "What it says.", "unit": "hours", "scale": scale}
    made = [
        Driver(name=name, title=name, measure="hours_lost_a_year", weight=weight, **known)  # type: ignore[arg-type]
        for name, weight in (("hours", 0.8), ("law", 0.2))
    ]
    return DriverSet(name="default", version=4, drivers=tuple(made))


def opportunity() -> Opportunity:
    return Opportunity(
        id="a",
        title="A",
        action="Act",
        removes=Removal(low=0, likely=0.5, high=1),
        ratings={"law": {"Ana": 1, "Bo": 2}},
    )


def test_a_scenario_is_kept_as_plain_data() -> None:
    assert Scenario.of_body(json.loads(json.dumps(WHOLE.body()))) == WHOLE


def test_the_key_names_what_it_changes_and_not_its_name() -> None:
    assert Scenario(weights={"a": 1.0, "b": 0.5}).key == Scenario(name="other", weights={"b": 0.5, "a": 1.0}).key
    assert Scenario(weights={"a": 1.0}).key != Scenario(weights={"a": 0.5}).key


def test_drivers_get_its_weights_and_anchors_and_keep_the_rest() -> None:
    made = WHOLE.drivers(drivers())
    assert made.weights == {"hours": 0.5, "law": 0.5}
    assert [d.scale for d in made.drivers] == [
        Scale(zero_at=0, one_at=200, curve="logarithmic"),
        Scale(zero_at=0, one_at=100, curve="logarithmic"),
    ]
    assert (made.name, made.version) == ("default", 4)
    assert Scenario(weights={"gone": 1.0}).drivers(drivers()) == drivers()


def test_an_item_gets_its_removal_rating_and_effort() -> None:
    made = WHOLE.item(opportunity())
    assert (made.removes.likely, made.removes_assumed, made.effort_days) == (0.2, False, 5.0)
    assert made.ratings == {"law": {"what if": 3}}
    assert Scenario().item(opportunity()) == opportunity()


def test_what_it_changes_is_said() -> None:
    assert WHOLE.sentence == "other weights, 1 scale, 1 removal, 1 rating, 1 effort"
    assert (WHOLE.empty, WHOLE.of_items) == (False, True)
    assert (Scenario().empty, Scenario(anchors={"hours": (0, 9)}).of_items) == (True, False)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"name": "x" * 61}, "at most 60 characters; this has 61"),
        ({"weights": {"hours": -0.1}}, "weights are shares of 0 or more"),
        ({"weights": {"hours": 0.0}}, "All weights of the scenario are zero"),
        ({"weights": {"hours": float("nan")}}, "weights are shares of 0 or more"),
        ({"anchors": {"hours": (3.0, 3.0)}}, "two different finite numbers"),
        ({"anchors": {"hours": (0.0, float("inf"))}}, "two different finite numbers"),
        ({"efforts": {"a": 0.0}}, "more than 0 days"),
    ],
)
def test_what_no_list_can_be_made_of_is_refused(said: dict[str, object], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        Scenario(**said)  # type: ignore[arg-type]


def test_an_anchor_that_fits_no_scale_is_refused_when_it_meets_the_drivers() -> None:
    with pytest.raises(Refused, match="logarithmic scale has no place for a negative anchor"):
        Scenario(anchors={"hours": (-5.0, 10.0)}).drivers(drivers())


@pytest.mark.parametrize("name", ["saved", " Opportunity "])
def test_a_scenario_cannot_take_the_name_of_a_column_beside_it(name: str) -> None:
    with pytest.raises(Refused, match="stands beside it in the same table"):
        Scenario(name=name)
