"""Doubt on the sample data: it adds up, it follows a moved weight, and its words come from the live configuration."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from opex.domain.priorities import Priorities
from opex.ranking.headline import headline
from opex.services import doubt, prioritising
from opex.services.context import Context
from opex.services.prioritising import Board
from tests.services.sample import sample_in


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    context = sample_in(tmp_path_factory.mktemp("sample"))
    yield context
    context.database.close()


@pytest.fixture(scope="module")
def board(sample: Context) -> Board:
    found = prioritising.board(sample)
    assert isinstance(found, Board)
    return found


def doubted(sample: Context, board: Board, weights: dict[str, float] | None = None) -> Priorities:
    return doubt.with_doubt(sample, board, prioritising.reranked(board, weights))


def test_each_item_has_its_range_and_the_first_places_are_shared_out(sample: Context, board: Board) -> None:
    order = doubted(sample, board)
    doubts = [item.doubt for item in order.items]
    for k in doubt.TOPS:
        assert sum(one.p_top[k] for one in doubts if one) == pytest.approx(k)
    assert all(one and 1 <= one.rank_low <= one.rank_high <= len(doubts) for one in doubts)
    assert order.drawn is not None
    assert (order.drawn.draws, order.drawn.seed, order.drawn.concentration) == (doubt.DRAWS, 0, doubt.FIRM)


def test_tied_items_are_neighbours_and_name_each_other(sample: Context, board: Board) -> None:
    order = doubted(sample, board)
    computed = {item.id: item.computed_rank for item in order.items}
    for item in order.items:
        assert item.doubt
        group = set(item.doubt.group)
        assert item.id in group
        ranks = sorted(computed[other] for other in group)
        assert ranks == list(range(ranks[0], ranks[-1] + 1))
        for other in order.items:
            if other.doubt and other.id in group:
                assert set(other.doubt.group) == group


def test_a_moved_weight_moves_the_doubt_and_the_sentence(sample: Context, board: Board) -> None:
    as_saved = doubted(sample, board)
    growth_alone = doubted(sample, board, {name: float(name == "growth") for name in board.drivers.weights})
    assert as_saved.items[0].doubt != growth_alone.items[0].doubt
    told = {headline(replace(order, replay=None)).rpartition(". ")[2] for order in (as_saved, growth_alone)}
    first = growth_alone.items[0].doubt
    assert first
    assert f"Ranks 1 to {len(first.group)} are tied." in told


def test_what_one_must_believe_is_a_weighting_that_puts_it_first(sample: Context, board: Board) -> None:
    order = prioritising.reranked(board)
    shares = [doubt.believed(sample, board, order, item.id).share for item in order.items]
    assert sum(shares) == pytest.approx(1)
    found = doubt.believed(sample, board, order, order.items[0].id)
    assert found.weights is not None
    assert sum(found.weights.values()) == pytest.approx(1)
    assert found.firm
    assert found.loose
    assert found.firm.p_top[1] > found.loose.p_top[1]
    never = order.items[int(np.argmin(shares))]
    assert min(shares) == 0
    assert doubt.believed(sample, board, order, never.id).weights is None


def test_a_strike_moves_the_doubt_with_the_evidence(sample: Context, board: Board) -> None:
    first = board.items[0]
    struck = replace(board, worths_key="struck", of=replace(board.of, rows=board.of.rows[board.of.rows["item"] != 0]))
    order = prioritising.reranked(board)
    before, after = (doubt.with_doubt(sample, of, order) for of in (board, struck))
    was, now = (next(item.doubt for item in of.items if item.id == first.id) for of in (before, after))
    assert was
    assert now
    assert now.rank_low > was.rank_low


def test_the_table_of_places_is_that_of_the_first_ones(sample: Context, board: Board) -> None:
    order = doubted(sample, board)
    shares = doubt.ranks_of(sample, board, order, first=10)
    assert shares.shape == (10, 10)
    first = next(item for item in order.items if item.computed_rank == 1)
    assert first.doubt
    assert shares[0, 0] == pytest.approx(first.doubt.p_top[1])
    assert shares[0].sum() == pytest.approx(first.doubt.p_top[10])


@pytest.mark.parametrize("formula", ["ice", "value_for_effort"])
def test_under_the_teams_own_formula_the_draws_follow_its_order(sample: Context, board: Board, formula: str) -> None:
    estimated = [replace(item, effort_days=float(1 + n % 9 * 5)) for n, item in enumerate(board.items)]
    of = replace(board.of, opportunities=tuple(estimated))
    drivers = replace(board.drivers, formula=formula)
    own = replace(board, worths_key=formula, drivers=drivers, items=tuple(estimated), of=of)
    order = doubt.with_doubt(sample, own, prioritising.reranked(own))
    inside = [item.doubt and item.doubt.rank_low <= item.computed_rank <= item.doubt.rank_high for item in order.items]
    assert sum(map(bool, inside)) >= 0.9 * len(inside)
    additive = doubted(sample, board)
    assert [item.id for item in order.items] != [item.id for item in additive.items]
    assert headline(order).startswith("First comes") or "formula" in headline(order)


def test_nothing_to_doubt(sample: Context, board: Board) -> None:
    empty = replace(prioritising.reranked(board), items=())
    assert doubt.with_doubt(sample, board, empty) == empty
