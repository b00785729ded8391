"""``opex formulas``: the same items under each formula, side by side; and the team's own."""

from typing import Annotated, Any

import typer

from opex.cli.options import AsOf, Json, Workspace
from opex.cli.terminal import iso, moment_of, open_context, progress, say, show_json, who
from opex.domain.decisions import Person
from opex.domain.problems import NotEnoughData, Refused
from opex.ranking.side_by_side import UnderFormula
from opex.services import driving, prioritising
from opex.services.context import Context
from opex.services.formulas import SideBySide, side_by_side
from opex.services.prioritising import Board

__all__ = ["app"]

app = typer.Typer()


@app.command()
def formulas(
    lock: Annotated[str | None, typer.Option(help="Make this formula the team's own, as a new version.")] = None,
    reason: Annotated[str, typer.Option(help="Why, with --lock.")] = "",
    as_of: AsOf = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """The same items under additive, value for effort, RICE, WSJF and ICE."""
    context = open_context(workspace)
    if lock is not None:
        _lock(context, lock, reason)
    board = prioritising.board(context, as_of=moment_of(as_of), progress=progress())
    if isinstance(board, NotEnoughData):
        raise Refused("There is nothing to rank yet: load incidents first (opex import incidents FILE).")
    told = side_by_side(board)
    if as_json:
        show_json(_document(board, told))
        return
    _table(told)


def _lock(context: Context, formula: str, reason: str) -> None:
    seen = driving.drivers(context).version
    driving.lock(context, formula, person=Person(name=who(), function="operations"), note=reason, seen=seen)


def _in_order(told: SideBySide) -> list[int]:
    """Items by the place that the team's own formula gives them; those that it cannot place come last."""
    places = [place.best if place else len(told.items) + 1 for place in told.own.places]
    return sorted(range(len(told.items)), key=lambda n: (places[n], told.items[n].id))


def _table(told: SideBySide) -> None:
    say("  ".join(f"{_head(one, told):>12}" for one in told.each) + "  opportunity")
    for n in _in_order(told):
        ranks = "  ".join(f"{place.said if (place := one.places[n]) else '-':>12}" for one in told.each)
        say(f"{ranks}  {told.items[n].title}  [{told.items[n].id}]")
        for reason in told.reasons[n]:
            say(f"{'':>{14 * len(told.each)}}  {reason}")
    for sentence in told.unusable.values():
        say(sentence)


def _head(one: UnderFormula, told: SideBySide) -> str:
    name = one.formula.name.removesuffix("_for_effort")
    return f"*{name}" if one is told.own else name


def _document(board: Board, told: SideBySide) -> dict[str, Any]:
    return {
        "as_of": iso(board.as_of),
        "driver_set": {"name": board.drivers.name, "version": board.drivers.version},
        "formula": board.drivers.formula,
        "formulas": [
            {
                "name": one.formula.name, "title": one.formula.title, "version": one.formula.version,
                "says": one.formula.says, "source": one.formula.source, "own": one is told.own, "placed": one.placed,
                "distinct": one.distinct,
            }
            for one in told.each
        ],
        "unusable": told.unusable,
        "opportunities": [_item(told, n) for n in _in_order(told)],
    }  # fmt: skip


def _item(told: SideBySide, n: int) -> dict[str, Any]:
    return {
        "id": told.items[n].id,
        "title": told.items[n].title,
        "effort_days": told.items[n].effort_days,
        "under": {one.formula.name: _under(one, n) for one in told.each},
        "depends_on_formula": bool(told.reasons[n]),
        "reasons": list(told.reasons[n]),
    }


def _under(one: UnderFormula, n: int) -> dict[str, Any]:
    place, figure = one.places[n], one.figures[n]
    return {
        "rank_best": place.best if place else None,
        "rank_worst": place.worst if place else None,
        "figure": figure.value,
        "factors": {name: told.value for name, told in figure.factors.items()},
    }
