"""Keep rankings when something is closed, list them, and say what moved between two of them."""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from datetime import datetime

import pandas as pd

from opex.domain.drivers import DriverSet
from opex.domain.kept import TRIAL, Effect, EvidenceRow, Figure, Kept, KeptItem, KeptRanking
from opex.domain.opportunities import Opportunity
from opex.domain.priorities import Priorities, Priority
from opex.domain.problems import NotEnoughData, Refused
from opex.ranking.measures import evidence_rows
from opex.ranking.moved import Comparison, compared
from opex.services import prioritising
from opex.services.context import Context, Speaker
from opex.services.finding import METHOD
from opex.services.knowing import Known, known
from opex.services.permissions import needs
from opex.services.prioritising import Board
from opex.services.seeing import RESTRICTED, inside, unseen
from opex.store import decisions, rankings
from opex.store.database import Busy

__all__ = ["compare", "keep", "keep_before", "keep_by_hand", "keep_if_can", "kept", "named", "now", "since_last"]


def keep(
    context: Context,
    *,
    occasion: str,
    person: str = "",
    note: str = "",
    drivers: DriverSet | None = None,
    as_of: datetime | None = None,
) -> int:
    """Keep the whole ranking as it stands and return its number; the same ranking keeps the number it has."""
    ranking = now(inside(context), drivers=drivers, as_of=as_of)
    if not ranking.items:
        raise Refused("Nothing stands in the ranking, so there is nothing to keep.")
    return rankings.keep(context.database, replace(ranking, person=person, occasion=occasion, note=note))


@needs("say")
def keep_by_hand(context: Context, speaker: Speaker, *, note: str = "") -> int:
    """The same because a person asks for it, with their note."""
    return keep(context, occasion="kept by hand", person=speaker.person.name, note=note)


def keep_if_can(
    context: Context,
    *,
    occasion: str,
    person: str = "",
    drivers: DriverSet | None = None,
    as_of: datetime | None = None,
) -> int | None:
    """The same beside something that must not fail of it: ``None`` where the workspace takes no word just now."""
    try:
        return keep(context, occasion=occasion, person=person, drivers=drivers, as_of=as_of)
    except Refused:
        return None


def keep_before(context: Context, *, occasion: str, person: str = "") -> int | None:
    """Keep the ranking as it stands before something changes it, if anybody has asked for it since the last change.

    Nothing is found anew for it: where no find stands for today's facts, nobody has seen a ranking that could move.

    Raises
    ------
    Busy
        When the workspace is locked for too long: the change itself would only wait as long once more.
    """
    revision = context.database.revisions()["facts"]
    found = decisions.found_under(context.database) or ""
    if not found.startswith(f"{METHOD}|{revision}|"):
        return None
    try:
        return keep(context, occasion=occasion, person=person)
    except Busy:
        raise
    except Refused:
        return None


def now(context: Context, *, drivers: DriverSet | None = None, as_of: datetime | None = None) -> KeptRanking:
    """The ranking as it stands, as it would be kept; nothing is written.

    Raises
    ------
    Refused
        When nothing is loaded.
    """
    board = prioritising.board(context, drivers=drivers, as_of=as_of)
    seen = known(context, as_of)
    if isinstance(board, NotEnoughData) or isinstance(seen, NotEnoughData):
        raise Refused("There is no ranking yet: load incidents first (opex import incidents FILE).")
    if board.hidden:
        return _seen(now(inside(context), drivers=drivers, as_of=as_of), board.hidden)
    order = prioritising.saved_order(context, board)
    return context.memory.get("as kept", board.key, lambda: _whole(context, board, order, seen))


def _whole(context: Context, board: Board, order: Priorities, seen: Known) -> KeptRanking:
    ranked = [item.opportunity for item in order.items]
    figures = {name: tuple(_figures(table)) for name, table in sorted(board.of.figures.items())}
    return KeptRanking(
        at=context.now(),
        as_of=board.as_of,
        drivers=board.drivers,
        items=tuple(_item(item) for item in order.items),
        moves=tuple((entry.opportunity, prioritising.move_of(entry).to) for entry in board.moves),
        evidence=tuple(_evidence(ranked, seen)),
        figures=figures,
        out={of: _where(item) for of, item in sorted(board.all_items.items()) if not item.open},
    )


def _item(item: Priority) -> KeptItem:
    it = item.opportunity
    reasons = it.candidate.reasons if it.candidate else ()
    effects = {
        reason.finder: Effect(reason.finder, reason.effect, reason.low, reason.high) for reason in reversed(reasons)
    }
    return KeptItem(
        id=it.id, title=it.title, status=it.status, rank=item.rank, computed_rank=item.computed_rank, score=item.score,
        removes=it.removes, system=it.system, environment=it.environment, effort_days=it.effort_days,
        by_hand=it.by_hand, ratings=it.ratings, verdicts={one.person: one.verdict for one in it.verdicts},
        strikes=tuple(sorted(strike.incident for strike in it.strikes)), effects=tuple(effects.values()),
    )  # fmt: skip


def _evidence(ranked: Sequence[Opportunity], seen: Known) -> list[EvidenceRow]:
    unstruck = [replace(item, strikes=()) for item in ranked]
    rows = evidence_rows(unstruck, seen.facts.incidents, seen.systems_of, seen.hours)
    columns = (_plain(rows[name]) for name in ("item", "id", "started_at", "hours", "severity", "systems"))
    return [EvidenceRow(*row) for row in zip(*columns, strict=True)]


def _plain(column: pd.Series) -> list[object]:
    if pd.api.types.is_datetime64_any_dtype(column):
        return [moment.to_pydatetime() for moment in column]
    return [None if pd.isna(value) else value for value in column.tolist()]


def _figures(table: pd.DataFrame) -> list[Figure]:
    columns = (_plain(table[name]) for name in ("system", "environment", "value", "low", "high"))
    return [Figure(*row) for row in zip(*columns, strict=True)]


def _where(item: Opportunity) -> str:
    return f"merged into another ({item.merged_into})" if item.status == "merged" else item.status


def kept(context: Context, limit: int | None = None) -> list[Kept]:
    """The kept rankings without what is in them, newest first."""
    return rankings.kept(context.database, limit)


def named(context: Context, name: str) -> KeptRanking:
    """The ranking of that name: its number, ``last`` for the one kept last, ``now`` for the one that stands.

    It is kept for everybody; an item that is not shown to who asks stands in it by its numbers alone.
    """
    if hidden := unseen(context):
        return _seen(named(inside(context), name), hidden)
    if name == "now":
        return now(context)
    number = getattr(_last(context), "id", None) if name == "last" else _number(name)
    if number is None:
        raise Refused("No ranking was kept yet: `opex rank` keeps one.")
    key = number, context.database.revisions()["rankings"]
    return context.memory.get("kept", key, lambda: rankings.ranking(context.database, number))


def _seen(ranking: KeptRanking, hidden: frozenset[str]) -> KeptRanking:
    places = {n for n, item in enumerate(ranking.items) if item.id in hidden}
    return replace(
        ranking,
        items=tuple(_masked(item) if item.id in hidden else item for item in ranking.items),
        moves=tuple(move for move in ranking.moves if move[0] not in hidden),
        evidence=tuple(row for row in ranking.evidence if row.item not in places),
    )


def _masked(item: KeptItem) -> KeptItem:
    return KeptItem(
        id=item.id, title=RESTRICTED, status=item.status, rank=item.rank, computed_rank=item.computed_rank,
        score=item.score, removes=item.removes, effort_days=item.effort_days,
    )  # fmt: skip


def _last(context: Context) -> Kept | None:
    """The newest one of what was in force: other drivers or another instant that somebody tried do not count."""
    revision = context.database.revisions()["rankings"]
    newest = lambda: next((one for one in kept(context) if one.occasion != TRIAL), None)  # noqa: E731
    return context.memory.get("last kept", revision, newest)


def _number(name: str) -> int:
    if not name.isascii() or not name.isdecimal() or len(name) > 9:
        raise Refused(f'A ranking is a number, "last" or "now"; this is "{name}". `opex rankings` lists them.')
    return int(name)


def compare(context: Context, before: str, after: str) -> Comparison:
    """What moved between two rankings, each by its name, and why; items that are not shown to who asks are left out."""
    if hidden := unseen(context):
        found = compare(inside(context), before, after)
        return replace(
            found,
            before=_seen(found.before, hidden),
            after=_seen(found.after, hidden),
            items=tuple(item for item in found.items if item.id not in hidden),
            came=tuple(item for item in found.came if item.id not in hidden),
            went=tuple(item for item in found.went if item.id not in hidden),
        )
    one, other = named(context, before), named(context, after)
    key = tuple(_key(context, ranking) for ranking in (one, other))
    return context.memory.get("compared", key, lambda: compared(one, other))


def _key(context: Context, ranking: KeptRanking) -> Hashable:
    if ranking.id is not None:
        return ranking.id, ranking.note
    board = prioritising.board(context)
    return None if isinstance(board, NotEnoughData) else board.key


def since_last(context: Context, order: Priorities) -> tuple[Kept, int] | None:
    """The ranking kept last, and how many items of both stand elsewhere in this order; ``None`` when none was kept."""
    last = _last(context)
    if last is None or last.id is None:
        return None
    number = last.id
    ranks = context.memory.get("kept ranks", number, lambda: rankings.ranks(context.database, number))
    return last, sum(item.rank != ranks.get(item.id, item.rank) for item in order.items)
