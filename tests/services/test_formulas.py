"""One formula is the team's own: it orders the list, and only a new version of the drivers changes it."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from opex.domain.decisions import Described, Person, Validated
from opex.domain.drivers import DriverSet
from opex.domain.priorities import Priorities
from opex.domain.problems import NotEnoughData, Refused
from opex.ranking.headline import headline
from opex.services import driving, exporting, prioritising, reviewing
from opex.services.context import Context, Speaker
from opex.services.formulas import side_by_side
from opex.services.prioritising import Board
from opex.store.decisions import StaleReview
from tests.services.sample import sample_in

ANA, BO = Person(name="Ana", function="product"), Person(name="Bo", function="business")
DAYS = (60, 20, 5, 2, 10, 40, 3, 8)


@pytest.fixture
def estimated(tmp_path: Path) -> Iterator[Context]:
    """The sample, where eight items have an effort and the first has been doubted."""
    context = sample_in(tmp_path)
    for item, days in zip(order(context).items[: len(DAYS)], DAYS, strict=True):
        say(context, item.id, Described(effort_days=days), "effort")
    say(context, order(context).items[0].id, Validated(verdict="doubtful", why="two of them", impacts=""), "verdict")
    yield context
    context.database.close()


def say(context: Context, item: str, saying: Described | Validated, what: str) -> None:
    reviewing.say(context, item, saying, Speaker(person=ANA, request_id=f"{what} {item}"))


def order(context: Context) -> Priorities:
    made = prioritising.priorities(context)
    assert isinstance(made, Priorities)
    return made


def board(context: Context) -> Board:
    made = prioritising.board(context)
    assert not isinstance(made, NotEnoughData)
    return made


def test_the_locked_formula_orders_the_list_and_the_score_stays_the_additive_one(estimated: Context) -> None:
    before = order(estimated)
    locked = driving.lock(estimated, "value_for_effort", person=ANA, note="effort counts here", seen=1)
    assert (locked.version, locked.formula) == (2, "value_for_effort v1")
    after = order(estimated)
    scores = {item.id: (item.score, item.contributions) for item in before.items}
    assert {item.id: (item.score, item.contributions) for item in after.items} == scores
    placed, others = after.items[: len(DAYS)], after.items[len(DAYS) :]
    assert [item.figure and item.figure.value for item in placed] == sorted(
        (item.score / days for item, days in zip(before.items, DAYS, strict=False)), reverse=True
    )
    assert all(item.figure is not None and item.figure.value is None for item in others)
    assert [item.id for item in others] == [item.id for item in before.items[len(DAYS) :]]
    assert "They are ordered by Value for effort, the team's own formula." in headline(after)


def test_who_locked_it_when_and_why_stands_in_the_versions_of_the_drivers(estimated: Context) -> None:
    driving.lock(estimated, "rice", person=ANA, note="as the product teams do", seen=1)
    driving.lock(estimated, "additive", person=BO, note="false precision", seen=2)
    assert [(s.drivers.version, s.drivers.formula, s.person, s.note) for s in driving.history(estimated)] == [
        (3, "additive", "Bo", "false precision"),
        (2, "rice v1", "Ana", "as the product teams do"),
        (1, "additive", "opex", "comes with opex"),
    ]


def test_a_locked_formula_is_never_changed_in_passing(estimated: Context) -> None:
    driving.lock(estimated, "rice", person=ANA, note="as agreed", seen=1)
    file = DriverSet.from_toml(estimated.defaults.to_toml())
    with pytest.raises(Refused, match='own formula is "rice v1" since it was locked, and this set says "additive"'):
        driving.save(estimated, file, person=BO, note="from a file", seen=2)
    weighed = driving.drivers(estimated).reweighted({"growth": 0.9})
    assert driving.save(estimated, weighed, person=BO, note="weights", seen=2).formula == "rice v1"
    with pytest.raises(StaleReview, match="saved version 3 meanwhile"):
        driving.lock(estimated, "ice", person=BO, note="too late", seen=2)


@pytest.mark.parametrize(
    ("formula", "note", "sentence"),
    [
        ("rice", " ", "Say why this formula"),
        ("additive", "no reason to", "Additive score is the team's own formula already"),
        ("moscow", "a friend said so", 'There is no formula "moscow"'),
    ],
)
def test_a_lock_says_why_and_what(estimated: Context, formula: str, note: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        driving.lock(estimated, formula, person=ANA, note=note, seen=1)
    assert driving.history(estimated) == []


def test_a_driver_that_the_formula_needs_cannot_be_taken_away(estimated: Context) -> None:
    locked = driving.lock(estimated, "rice", person=ANA, note="as agreed", seen=1)
    kept = [d for d in locked.drivers if d.measure not in ("incidents_a_year", "severe_incidents_a_year")]
    total = sum(d.weight for d in kept)
    fewer = replace(locked, drivers=tuple(replace(d, weight=d.weight / total) for d in kept))
    with pytest.raises(Refused, match="RICE cannot be used with these drivers: its reach takes incidents_a_year"):
        driving.save(estimated, fewer, person=BO, note="simpler", seen=2)


def test_exports_tell_the_figure_and_its_factors(estimated: Context) -> None:
    driving.lock(estimated, "rice", person=ANA, note="as agreed", seen=1)
    made = order(estimated)
    first = made.items[0]
    assert first.figure is not None
    rows = list(csv.DictReader(io.StringIO(exporting.export(estimated, made, "csv")[1].decode("utf-8-sig"))))
    factors = {name: told.value for name, told in first.figure.factors.items()}
    assert float(rows[0]["RICE (rice v1)"]) == pytest.approx(first.figure.value)
    assert {name: float(rows[0][f"RICE: {name}"]) for name in factors} == pytest.approx(factors)
    assert rows[-1]["RICE (rice v1)"] == ""
    document = json.loads(exporting.export(estimated, made, "json")[1])
    assert document["formula"] == "rice v1"
    told = document["opportunities"][0]
    assert told["figure"] == pytest.approx(first.figure.value)
    assert {name: factor["value"] for name, factor in told["factors"].items()} == pytest.approx(factors)
    text = exporting.export(estimated, made, "markdown")[1].decode()
    assert "The order by score alone is replaced by that of RICE" in text
    assert "RICE, the team's own formula, cannot place it for want of an effort" in text


def test_side_by_side_gives_each_item_its_place_under_every_formula(estimated: Context) -> None:
    told = side_by_side(board(estimated))
    assert [one.formula.name for one in told.each] == ["additive", "value_for_effort", "rice", "wsjf", "ice"]
    assert [one.placed for one in told.each] == [len(told.items), *[len(DAYS)] * 4]
    assert (told.own.formula.name, told.without_effort) == ("additive", len(told.items) - len(DAYS))
    first = {item.id: item.computed_rank for item in order(estimated).items}
    own = {item.id: place.best for item, place in zip(told.items, told.own.places, strict=True) if place}
    assert own == first
    longest = next(n for n, item in enumerate(told.items) if item.effort_days == 60)
    assert "Its effort is high (60 days" in told.reasons[longest][0]


def test_side_by_side_names_what_the_drivers_cannot_feed(estimated: Context) -> None:
    only = replace(estimated.defaults, drivers=(replace(estimated.defaults.drivers[0], weight=1.0),))
    made = prioritising.board(estimated, drivers=only)
    assert not isinstance(made, NotEnoughData)
    told = side_by_side(made)
    assert [one.formula.name for one in told.each] == ["additive", "value_for_effort", "ice"]
    assert list(told.unusable) == ["RICE", "WSJF"]
