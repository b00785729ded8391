"""Explain: why one stands above another, and which weights would turn it round."""

from dataclasses import dataclass
from datetime import datetime

from opex.domain.priorities import Priorities, Priority
from opex.domain.problems import NotEnoughData, Refused
from opex.ranking.above import Above, above
from opex.ranking.price import changes, price, price_sentence
from opex.services import prioritising
from opex.services.context import Context
from opex.services.prioritising import Board

__all__ = ["Price", "compared", "price_of_move"]


def compared(context: Context, opportunity: str, other: str, as_of: datetime | None = None) -> tuple[Above, Priorities]:
    """Why the one stands above the other, or the other above the one; and the order that both stand in.

    Raises
    ------
    Refused
        When one of them does not stand in the ranking, or both are the same.
    """
    if opportunity == other:
        raise Refused("An opportunity stands neither above nor below itself: name another one.")
    one, order = prioritising.explain(context, opportunity, as_of)
    second, _ = prioritising.explain(context, other, as_of)
    return above(one, second), order


@dataclass(frozen=True, kw_only=True)
class Price:
    """What a move would take in weights, against the item whose place it takes.

    ``moved`` is what each driver's weight gains or loses, as shares: empty where no weights do, ``None`` where the
    stated ones do already.
    """

    upper: Priority
    lower: Priority
    moved: dict[str, float] | None
    sentence: str


def price_of_move(context: Context, opportunity: str, to: int) -> Price | None:
    """The smallest change of the saved weights that puts it above (or, moved down, below) the item at that place.

    ``None`` where it holds the place, or nobody does; and where another formula than the score orders the list.
    """
    board = prioritising.board(context)
    if isinstance(board, NotEnoughData) or not board.formula.additive:
        return None
    order = prioritising.saved_order(context, board)
    item = next((item for item in order.items if item.id == opportunity), None)
    there = next((item for item in order.items if item.rank == to), None)
    if item is None or there is None or item is there:
        return None
    upper, lower = (item, there) if to < item.rank else (there, item)
    return _price(board, upper, lower)


def _price(board: Board, upper: Priority, lower: Priority) -> Price:
    place = {item.id: n for n, item in enumerate(board.items)}
    above_it, below_it = (board.values[place[item.id]] for item in (upper, lower))
    moved = changes(price(above_it, below_it, list(board.drivers.weights.values())), board.drivers)
    titles = upper.opportunity.title, lower.opportunity.title
    sentence = price_sentence(moved, board.drivers, *titles)
    if lower.enough_rated and not upper.enough_rated:
        sentence += f" Yet “{titles[0]}” stays below as long as less than half of the weight has a value for it."
    return Price(upper=upper, lower=lower, moved=moved, sentence=sentence)
