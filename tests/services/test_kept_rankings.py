"""Keep rankings and explain what moved, on the sample data, with planted causes."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from opex.domain.decisions import Described, Moved, Person
from opex.domain.problems import NotEnoughData, Refused
from opex.ranking.moved import Change, Comparison
from opex.ranking.moved_words import moved_sentence
from opex.services import driving, explaining, exporting, kept_rankings, loading, prioritising, reviewing
from opex.services.context import Context, Speaker
from opex.services.loading import Asked
from tests.conftest import context_at
from tests.services.sample import copy_to

ANA = Person(name="Ana", function="operations")
SPEAKER = Speaker(person=ANA)


def place(of: Context, rank: int) -> str:
    board = prioritising.board(of)
    assert not isinstance(board, NotEnoughData)
    return prioritising.saved_order(of, board).items[rank - 1].id


def moved_by(found: Comparison, of: str) -> dict[str, float]:
    """The parts of one item that are not 0; they add up to its change."""
    [change] = [one for one in found.items if one.id == of]
    assert sum(change.parts.values()) == pytest.approx(change.change, abs=1e-12)
    return {cause: part for cause, part in change.parts.items() if part}


def late_incidents(folder: Path) -> Path:
    rows = [f"{n},Checkout is down,checkout,production,2026-06-30T{n:02}:00:00Z,2" for n in range(10, 20)]
    path = folder / "late.csv"
    path.write_text("\n".join(["source_id,title,system,environment,started_at,severity", *rows]), encoding="utf-8")
    return path


# --- keep ------------------------------------------------------------------------------------------------------------


def test_a_kept_ranking_gives_its_scores_again_to_the_bit(sample: Context) -> None:
    number = kept_rankings.keep(sample, occasion="by hand", person="Ana", note="before the review")
    kept = kept_rankings.named(sample, str(number))
    assert replace(kept_rankings.now(sample), id=1, person="Ana", occasion="by hand", note="before the review") == kept
    found = kept_rankings.compare(sample, "last", "now")
    assert [one.score_from for one in found.items] == [item.score for item in kept.items]
    assert all(one.change == 0 and not any(one.parts.values()) for one in found.items)
    assert moved_sentence(found) == "None of the first ten moved; no score changed."


def test_every_measure_of_a_driver_is_kept_with_what_it_needs(sample: Context) -> None:
    """Drivers on figures of systems and on what finders say: scores come again without the facts of that day."""
    names = {"lead_time_hours": 0.5, "slow_recovery_effect": 0.25, "systems_touched": 0.25}
    base = sample.defaults.drivers[0]
    drivers = replace(
        sample.defaults,
        drivers=tuple(replace(base, name=name, measure=name, weight=weight) for name, weight in names.items()),
    )
    number = kept_rankings.keep(sample, occasion="by hand", drivers=drivers)
    kept = kept_rankings.named(sample, str(number))
    found = kept_rankings.compare(sample, str(number), "now")
    assert [one.score_from for one in sorted(found.items, key=lambda one: one.rank_from)] == [
        item.score for item in kept.items
    ]
    assert any(change.parts["drivers"] for change in found.items)
    assert all(change.parts["data"] == 0 for change in found.items)


def test_reading_keeps_nothing(sample: Context) -> None:
    before = sample.database.revisions()
    prioritising.priorities(sample)
    kept_rankings.now(sample)
    assert kept_rankings.kept(sample) == []
    assert sample.database.revisions() == before


def test_an_export_keeps_what_it_shows_and_names_it(sample: Context) -> None:
    order = prioritising.priorities(sample)
    assert not isinstance(order, NotEnoughData)
    _, content = exporting.export(sample, order, "json", person="Ana")
    assert b'"ranking": 1,' in content
    assert [(one.id, one.person, one.occasion) for one in kept_rankings.kept(sample)] == [(1, "Ana", "export as JSON")]


def test_a_load_and_saved_drivers_keep_the_ranking_as_it_stood_before(sample: Context, tmp_path: Path) -> None:
    loading.load(sample, [late_incidents(tmp_path)], Asked(kind="incidents", source="late"), person="Bo")
    driving.save(sample, sample.defaults, person=ANA, note="", seen=1)
    assert [one.occasion for one in kept_rankings.kept(sample)] == ["before a load of late"]
    prioritising.priorities(sample)
    driving.save(sample, sample.defaults, person=ANA, note="", seen=2)
    prioritising.priorities(sample)
    loading.take_back(sample, loading.history(sample)[0].id, person="Bo")
    assert [(one.occasion, one.person) for one in kept_rankings.kept(sample)] == [
        ("before a load was taken back", "Bo"),
        ("before drivers version 3", "Ana"),
        ("before a load of late", "Bo"),
    ]


def test_a_load_into_a_workspace_that_nobody_ranked_keeps_nothing_and_finds_nothing(
    context: Context, tmp_path: Path
) -> None:
    for source in ("one", "two"):
        loading.load(context, [late_incidents(tmp_path)], Asked(kind="incidents", source=source))
    assert kept_rankings.kept(context) == []


# --- what moved ------------------------------------------------------------------------------------------------------


def test_each_cause_moves_its_own_part(sample: Context, tmp_path: Path) -> None:
    of = next(i for i in prioritising.everything(sample).values() if i.system == "checkout" and len(i.evidence) > 9)
    start = kept_rankings.keep(sample, occasion="by hand")
    reviewing.say(sample, of.id, Described(low=0.1, likely=0.5, high=0.9, effort_days=4), SPEAKER)
    assert set(moved_by(kept_rankings.compare(sample, str(start), "now"), of.id)) == {"removals"}
    described = kept_rankings.keep(sample, occasion="by hand")
    reviewing.rate(sample, of.id, SPEAKER, driver="compliance", level=4)
    reviewing.strike(sample, of.id, of.evidence[-1], SPEAKER, reason="a drill")
    assert set(moved_by(kept_rankings.compare(sample, str(described), "now"), of.id)) == {"ratings"}
    rated = kept_rankings.keep(sample, occasion="by hand")
    driving.save(sample, sample.defaults.reweighted({"growth": 0.3}), person=ANA, note="", seen=1)
    assert set(moved_by(kept_rankings.compare(sample, str(rated), "now"), of.id)) == {"drivers"}
    weighed = kept_rankings.keep(sample, occasion="by hand")
    loading.load(sample, [late_incidents(tmp_path)], Asked(kind="incidents", source="late"))
    assert {cause for one in kept_rankings.compare(sample, str(weighed), "now").items for cause in moved_by(
        kept_rankings.compare(sample, str(weighed), "now"), one.id)} == {"data"}  # fmt: skip
    together = moved_by(kept_rankings.compare(sample, str(start), "now"), of.id)
    assert set(together) >= {"removals", "ratings", "drivers"}


def test_a_move_is_told_by_ranks_and_moves_no_score(sample: Context) -> None:
    start, last = kept_rankings.keep(sample, occasion="by hand"), place(sample, 20)
    reviewing.move(sample, last, SPEAKER, to=1, reason="urgency")
    found = kept_rankings.compare(sample, str(start), "now")
    first = found.items[0]
    assert (first.id, first.rank_from, first.rank_to, first.change) == (last, 20, 1, 0.0)
    assert moved_sentence(found) == "Ten of the first ten moved; no score changed. 1 moved by people."


def test_what_came_and_went_is_a_group_of_its_own(sample: Context) -> None:
    start, gone, joined, home = kept_rankings.keep(sample, occasion="by hand"), *(place(sample, n) for n in (1, 2, 3))
    reviewing.decline(sample, gone, SPEAKER, reason="accepted_risk")
    reviewing.merge(sample, joined, home, SPEAKER)
    found = kept_rankings.compare(sample, str(start), "now")
    assert {one.id: one.why for one in found.went} == {gone: "declined", joined: f"merged into another ({home})"}
    back = kept_rankings.compare(sample, "now", str(start))
    assert {one.id: one.why for one in back.came} == {
        gone: "it was declined and came back",
        joined: f"it was merged into another ({home}) and came back",
    }
    assert not {gone, joined} & {one.id for one in found.items}


def test_how_many_moved_since_the_last_kept_ranking(sample: Context) -> None:
    board = prioritising.board(sample)
    assert not isinstance(board, NotEnoughData)
    assert kept_rankings.since_last(sample, prioritising.saved_order(sample, board)) is None
    kept_rankings.keep(sample, occasion="by hand")
    reviewing.move(sample, place(sample, 3), SPEAKER, to=1, reason="urgency")
    board = prioritising.board(sample)
    assert not isinstance(board, NotEnoughData)
    found = kept_rankings.since_last(sample, prioritising.saved_order(sample, board))
    assert found is not None
    assert (found[0].id, found[1]) == (1, 3)


def test_a_ranking_that_cannot_be_named_is_refused(sample: Context, context: Context) -> None:
    with pytest.raises(Refused, match="No ranking was kept yet"):
        kept_rankings.named(sample, "last")
    with pytest.raises(Refused, match='A ranking is a number, "last" or "now"; this is "-1"'):
        kept_rankings.named(sample, "-1")
    with pytest.raises(Refused, match="There is no kept ranking 99"):
        kept_rankings.named(sample, "99")
    with pytest.raises(Refused, match="There is no ranking yet: load incidents first"):
        kept_rankings.named(context, "now")


def test_another_process_reads_the_same(tmp_path: Path) -> None:
    one, other = (context_at(copy_to(tmp_path)) for _ in range(2))
    try:
        number = kept_rankings.keep(one, occasion="by hand")
        there = kept_rankings.compare(other, str(number), "now")
        assert all(isinstance(change, Change) and change.change == 0 for change in there.items)
        as_of = datetime(2026, 5, 1, tzinfo=UTC)
        earlier = kept_rankings.keep(one, occasion="by hand", as_of=as_of)
        assert (earlier, kept_rankings.named(other, "last").as_of) == (2, as_of)
    finally:
        for context in (one, other):
            context.database.close()


# --- why above, and the price ----------------------------------------------------------------------------------------


def test_above_is_asked_of_two_items_that_stand_in_the_ranking(sample: Context) -> None:
    upper, lower = place(sample, 2), place(sample, 5)
    found, order = explaining.compared(sample, lower, upper)
    assert (found.upper.id, found.lower.id, found.by) == (upper, lower, "score")
    assert sum(found.parts.values()) == pytest.approx(found.difference, abs=1e-12)
    assert order.items[1] is not None
    with pytest.raises(Refused, match="neither above nor below itself"):
        explaining.compared(sample, upper, upper)
    with pytest.raises(Refused, match='"x" does not stand in the ranking'):
        explaining.compared(sample, upper, "x")


def test_the_price_of_a_move_really_puts_it_there(sample: Context) -> None:
    """The weights that are named are tried: under them the one stands half a point above the other."""
    low, high = place(sample, 9), place(sample, 4)
    found = explaining.price_of_move(sample, low, 4)
    assert found is not None
    assert found.moved
    board = prioritising.board(sample)
    assert not isinstance(board, NotEnoughData)
    stated = board.drivers.weights
    dearer = {name: weight + found.moved.get(name, 0.0) for name, weight in stated.items()}
    under = {item.id: item.score for item in prioritising.reranked(board, dearer).items}
    assert under[low] - under[high] == pytest.approx(0.005, abs=1e-6)
    assert sum(found.moved.values()) == pytest.approx(0, abs=1e-9)
    assert explaining.price_of_move(sample, low, 9) is None
    down = explaining.price_of_move(sample, high, 9)
    assert down is not None
    assert (down.upper.id, down.lower.id, down.moved) == (low, high, found.moved)


def test_the_price_is_kept_with_a_move_for_weights_and_with_no_other(sample: Context) -> None:
    of = place(sample, 9)
    asked = explaining.price_of_move(sample, of, 4)
    assert asked is not None
    reviewing.move(sample, of, SPEAKER, to=4, reason="weights", words="the auditor is due")
    reviewing.move(sample, of, SPEAKER, to=3, reason="urgency")
    first, second = (entry.saying for entry in reviewing.journal(sample, of))
    assert first == Moved(to=4, reason="weights", words="the auditor is due", price=asked.moved)
    assert second == Moved(to=3, reason="urgency")
    assert first.told.startswith(
        "to place 4 (the weights do not say what matters here): the auditor is due; its price in points of weight: "
    )
    assert second.told == "to place 3 (a date stands behind it)"
    assert Moved(to=1, reason="weights", price={}).told.endswith("here); no weights would put it there")


@pytest.mark.parametrize("price", [{"law": 0.2}, {"law": float("nan")}, {"law": float("inf"), "hours": -0.1}])
def test_a_price_gives_to_some_weights_what_it_takes_from_others(price: dict[str, float]) -> None:
    with pytest.raises(Refused, match="A price gives to some weights what it takes from others"):
        Moved(to=1, reason="weights", price=price)
