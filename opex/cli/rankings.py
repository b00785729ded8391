"""``opex explain``, ``rankings`` and ``diff``: why an item stands where it does, and why it moved."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from opex.cli.options import AsOf, Json, Workspace
from opex.cli.terminal import iso, moment_of, open_context, say, show_json, text_of
from opex.domain.kept import Kept
from opex.domain.priorities import Priorities, Priority
from opex.domain.problems import NotEnoughData, Refused
from opex.export import rank_document
from opex.ranking.above import Above, reasons
from opex.ranking.explain import sentences
from opex.ranking.moved import CAUSES, Change, Comparison, Passing
from opex.ranking.moved_words import moved_sentence
from opex.services import doubt, explaining, kept_rankings, prioritising
from opex.services.context import Context

__all__ = ["app"]

app = typer.Typer()


@app.command()
def explain(
    id: str,
    above: Annotated[
        str | None, typer.Option(help="Another opportunity: why does the one stand above the other?")
    ] = None,
    as_of: AsOf = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """How one opportunity came to its place, and why it stands above another one."""
    context, moment = open_context(workspace), moment_of(as_of)
    item, order = prioritising.explain(context, id, moment)
    item, order, first = _doubted(context, item, order, moment)
    beside = explaining.compared(context, id, above, moment)[0] if above else None
    told = sentences(item, order.drivers)
    why = reasons(beside, order.drivers) if beside else []
    if as_json:
        row = next(row for row in rank_document(order)["opportunities"] if row["id"] == id)
        more = {"above": _above(beside, why)} if beside else {}
        show_json(row | {"as_of": iso(order.as_of), "explanation": told, "to_be_first": first} | more)
        return
    say("\n".join(why or told))


def _doubted(
    context: Context, item: Priority, order: Priorities, moment: datetime | None
) -> tuple[Priority, Priorities, dict[str, Any] | None]:
    """The item and the order with their doubt, and what one must believe for the item to be first."""
    board = prioritising.board(context, as_of=moment)
    if isinstance(board, NotEnoughData):
        return item, order, None
    order = doubt.with_doubt(context, board, order, draws=doubt.MANY)
    believed = doubt.believed(context, board, order, item.id)
    first = {"share_of_weightings": believed.share, "mean_weights": believed.weights}
    return next(one for one in order.items if one.id == item.id), order, first


def _above(of: Above, why: list[str]) -> dict[str, Any]:
    return {
        "upper": of.upper.id, "lower": of.lower.id, "by": of.by, "difference": of.difference, "parts": of.parts,
        "sentences": why,
    }  # fmt: skip


@app.command()
def rankings(workspace: Workspace = None, as_json: Json = False) -> None:
    """The rankings that were kept, newest first."""
    kept = kept_rankings.kept(open_context(workspace))
    if as_json:
        show_json({"rankings": [_head(one) for one in kept]})
        return
    for one in kept:
        note = f"  “{one.note}”" if one.note else ""
        say(f"{one.id:>4}  {iso(one.at)}  as of {iso(one.as_of)}  {one.drivers.label}  {one.occasion}{note}")


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help='A number, "last", "now", or a file that `opex rank --json` wrote.')],
    after: Annotated[str, typer.Argument(help="The same.")],
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """What moved between two rankings, and why: each change of score, split among five causes."""
    of = kept_rankings.compare(open_context(workspace), _named(before), _named(after))
    if as_json:
        show_json(_document(of))
        return
    say(moved_sentence(of))
    for change in of.items:
        say(f"{change.rank_from:>4} to {change.rank_to:<4} {100 * change.change:+6.1f}  {change.title}{_parts(change)}")
    for word, passing in (("came", of.came), ("went", of.went)):
        for one in passing:
            say(f"{word} {one.rank:>4}         {one.title}  ({one.why})")


def _named(text: str) -> str:
    """What a file names as its ranking; other words as they are."""
    path = Path(text)
    if text in {"now", "last"} or text.isdecimal() or not path.is_file():
        return text
    try:
        document = json.loads(text_of(path, "ranking"))
    except ValueError:
        document = None
    number = document.get("ranking") if isinstance(document, dict) else None
    if not isinstance(number, int) or isinstance(number, bool):
        raise Refused(f'{path.name} names no ranking: it is no document of `opex rank --json` with a field "ranking".')
    return str(number)


def _parts(change: Change) -> str:
    told = [f"{cause} {100 * change.parts[cause]:+.1f}" for cause in CAUSES if abs(change.parts[cause]) >= 0.0005]
    return f"  ({', '.join(told)})" if told else ""


def _document(of: Comparison) -> dict[str, Any]:
    return {
        "from": _head(of.before),
        "to": _head(of.after),
        "sentence": moved_sentence(of),
        "items": [
            {
                "id": one.id, "title": one.title, "rank_from": one.rank_from, "rank_to": one.rank_to,
                "score_from": one.score_from, "score_to": one.score_to, "change": one.change, "parts": one.parts,
            }
            for one in of.items
        ],
        "came": [_passing(one) for one in of.came],
        "went": [_passing(one) for one in of.went],
    }  # fmt: skip


def _head(one: Kept) -> dict[str, Any]:
    return {
        "ranking": one.id, "at": iso(one.at), "as_of": iso(one.as_of), "person": one.person, "occasion": one.occasion,
        "note": one.note, "driver_set": {"name": one.drivers.name, "version": one.drivers.version},
    }  # fmt: skip


def _passing(one: Passing) -> dict[str, Any]:
    return {"id": one.id, "title": one.title, "rank": one.rank, "score": one.score, "why": one.why}
