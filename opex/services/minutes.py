"""The minutes of a session, from what happened in it; for who asks, and nothing that they may not see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from opex.domain.decisions import Commented, Entry, Moved, Struck, Validated
from opex.domain.kept import KeptItem
from opex.domain.minutes import (
    EVERYBODY,
    Agreed,
    Attendant,
    Decision,
    IncidentLine,
    ItemMinutes,
    Minutes,
    MoveMinutes,
    Place,
    PromiseMinutes,
    QuestionMinutes,
    Remark,
    Round,
    Spread,
    StrikeMinutes,
)
from opex.domain.opportunities import Opportunity, Removal
from opex.domain.people import FUNCTIONS
from opex.domain.priorities import Priority
from opex.domain.problems import NotEnoughData, Refused
from opex.domain.reasons import VERDICTS
from opex.domain.sessions import Decided, Dissented, Settled, Value
from opex.export.minutes import minutes_file_name, render_minutes
from opex.review.agreement import Agreement
from opex.review.sessions import Given, Session, middle
from opex.services import agenda, kept_rankings, prioritising, session_reading
from opex.services.context import Context
from opex.services.finding import evidence
from opex.services.knowing import known
from opex.services.prioritising import Board
from opex.services.seeing import unseen
from opex.store import audit

__all__ = ["minutes", "written"]

MOST_INCIDENTS = 10
"""How many incidents of an item the minutes name, the newest ones."""


def minutes(context: Context, session: str) -> Minutes:
    """What the minutes of this session say until now; of a closed one as everything was when it was closed.

    Answers are told once they were revealed; those of a second round that runs are not. Items that are not shown to
    who asks are left out and counted.

    Raises
    ------
    Refused
        When there is no such session, or no ranking to tell of.
    """
    of = _open(session_reading.look(context, session))
    board = _board(context, of)
    if isinstance(board, NotEnoughData):
        raise Refused("There are no minutes without a ranking: load incidents first.")
    told = _told(context, of, board)
    items = tuple(item for item in of.plan.items if item not in unseen(context))
    return Minutes(
        session=of.id,
        title=of.plan.title,
        state=of.state,
        facilitator=of.facilitator,
        cut=of.plan.cut,
        workspace=context.name,
        drivers=board.drivers.label,
        note=of.plan.note,
        due=of.plan.due or "",
        opened_at=of.at.get("answer"),
        revealed_at=of.at.get("reveal"),
        closed_at=of.at.get("closed"),
        participants=_participants(context, of, items),
        agreement=_agreement(context, of, board),
        items=tuple(_item(told, item) for item in items),
        before=_order(of, told.before, {}),
        after=_order(of, told.after, {item.id: item.rank for item in told.before.values()}),
        promises=_promises(context, of, board),
        restricted=len(of.plan.items) - len(items),
        audit=audit.head(context.database),
    )


def written(
    context: Context, session: str, *, format: str = "markdown", audience: str = "minutes"
) -> tuple[str, bytes]:
    """The file's name and its bytes: the minutes, or the pack for that audience."""
    made = minutes(context, session)
    content = render_minutes(made, format, audience)
    return minutes_file_name(made, format, audience, export_id=uuid4().hex[:8]), content


def _board(context: Context, of: Session) -> Board | NotEnoughData:
    """The board; of a closed session under the drivers, the facts and the words that held when it was closed."""
    if of.state != "closed":
        return prioritising.board(context)
    ranking = of.rankings.get("closed")
    if ranking is None:
        return prioritising.board(context, said_until=of.version)
    kept = kept_rankings.named(context, str(ranking))
    newest = known(context)
    as_of = None if not isinstance(newest, NotEnoughData) and newest.as_of == kept.as_of else kept.as_of
    return prioritising.board(context, drivers=kept.drivers, as_of=as_of, said_until=of.version)


def _open(of: Session) -> Session:
    """The session with the answers that lie open, without one's own of a round that runs."""
    if of.state == "answer":
        rounds = {
            key: given[: of.round_of(key[0]) - 1] if key[0] in of.open_items else given
            for key, given in of.answers.items()
        }
        return replace(of, answers=rounds)
    return of if of.revealed else replace(of, answers={})


def _participants(context: Context, of: Session, items: Sequence[str]) -> tuple[Attendant, ...]:
    counts = {one.person: one.answered for one in session_reading.progress(context, of)}
    people = []
    for name, function in sorted(of.plan.participants.items()):
        asked = [(item, question) for item in items for question in of.plan.questions(name)]
        given = sum(any(name in one for one in of.answers.get(key, ())) for key in asked)
        answered = given if of.revealed else counts.get(name, 0)
        people.append(Attendant(name=name, function=function, answered=min(answered, len(asked)), asked=len(asked)))
    return tuple(people)


def _agreement(context: Context, of: Session, board: Board) -> tuple[Agreed, ...]:
    if not of.revealed:
        return ()
    rows = []
    for one in agenda.agreed(context, of, board.drivers):
        people = [given.function for given in _everybody(of, one.question).values()]
        rows.append(_agreed(one.title, EVERYBODY, one.people, one.everybody))
        rows += [
            _agreed(one.title, function, people.count(function), found) for function, found in one.by_function.items()
        ]
    return tuple(rows)


def _everybody(of: Session, question: str) -> dict[str, Given]:
    return {person: given for item in of.plan.items for person, given in of.last(item, question).items()}


def _agreed(question: str, function: str, people: int, found: Agreement | NotEnoughData) -> Agreed:
    if isinstance(found, NotEnoughData):
        return Agreed(question=question, function=function, people=people, lacks=found.sentence)
    if found.value != found.value:  # no number: nothing can be said
        return Agreed(question=question, function=function, people=people)
    return Agreed(
        question=question, function=function, people=people, value=found.value, low=found.low, high=found.high
    )


def _promises(context: Context, of: Session, board: Board) -> tuple[PromiseMinutes, ...]:
    told = []
    for one in session_reading.promises(context, of, board if of.state == "closed" else None):
        since = f", {one.incidents_since} incidents since" if one.incidents_since else ""
        became = f"{one.status}{', overdue' if one.overdue else ''}{since}"
        said = one.decided
        told.append(
            PromiseMinutes(
                title=one.title, outcome=said.outcome, owner=said.owner, course=said.course, due=said.due or "",
                became=became,
            )
        )  # fmt: skip
    return tuple(told)


@dataclass(frozen=True)
class _Told:
    """What items are told from: the session, both orders by id, and the opportunities as they stand for who asks."""

    context: Context
    session: Session
    board: Board
    ranked: Mapping[str, Priority]
    questions: Mapping[str, str]
    before: Mapping[str, KeptItem]
    after: Mapping[str, KeptItem]


def _told(context: Context, of: Session, board: Board) -> _Told:
    opened, ended = of.rankings.get("answer"), of.rankings.get("closed")
    return _Told(
        context=context,
        session=of,
        board=board,
        ranked={item.id: item for item in prioritising.saved_order(context, board).items},
        questions=session_reading.questions(context, board.drivers),
        before=_kept(context, opened),
        after=_kept(context, ended),
    )


def _kept(context: Context, ranking: int | None) -> dict[str, KeptItem]:
    """The items of a kept ranking that are shown to who asks; of the one that stands, where none was kept (yet)."""
    hidden = unseen(context)
    found = kept_rankings.named(context, "now" if ranking is None else str(ranking))
    return {item.id: item for item in found.items if item.id not in hidden}


def _order(of: Session, kept: Mapping[str, KeptItem], was: Mapping[str, int]) -> tuple[Place, ...]:
    chosen = {*of.plan.items}
    rows = sorted(kept.values(), key=lambda item: item.rank)
    return tuple(
        Place(place=item.rank, title=item.title, was=was.get(item.id))
        for item in rows
        if item.rank <= of.plan.cut or item.id in chosen
    )


def _item(told: _Told, id: str) -> ItemMinutes:
    it, before, after = told.board.all_items.get(id), told.before.get(id), told.after.get(id)
    named = it or Opportunity(id=id, title=id, action="", removes=_NOTHING)
    ranked = told.ranked.get(id)
    behind = ranked.evidence if ranked is not None and ranked.evidence.incidents else None
    said = [entry for entry in told.session.others if entry.opportunity == id]
    return ItemMinutes(
        id=id,
        title=named.title,
        action=named.action,
        why=ranked.why if ranked else "",
        system=named.system or "",
        place_before=before.rank if before else None,
        place_after=after.rank if after else None,
        computed_after=after.computed_rank if after else None,
        effort_days=named.effort_days,
        hours_low=behind.hours_low if behind else None,
        hours_high=behind.hours_high if behind else None,
        incidents=_incidents(told, named.evidence),
        evidence=len(named.evidence),
        questions=tuple(_question(told, id, question) for question in told.session.questions(id)),
        remarks=(*_answers_in_words(told.session, id), *_remarks(said)),
        strikes=_strikes(told, said),
        moves=tuple(_move(told, entry, entry.saying) for entry in said if isinstance(entry.saying, Moved)),
        decision=_decision(told, id),
        dissent=tuple(_dissent(entry) for entry in told.session.dissents if _item_of(entry) == id),
    )


_NOTHING = Removal(low=0, likely=0, high=0)


def _incidents(told: _Told, ids: Sequence[str]) -> tuple[IncidentLine, ...]:
    table = evidence(told.context, list(ids), told.board.as_of).head(MOST_INCIDENTS)
    rows = zip(table["id"], table["title"], table["hours"].tolist(), strict=True)
    return tuple(IncidentLine(id=of, title=title, hours=None if lost != lost else lost) for of, title, lost in rows)


def _question(told: _Told, item: str, question: str) -> QuestionMinutes:
    entry = told.session.settled.get((item, question))
    said = entry.saying if entry is not None and isinstance(entry.saying, Settled) else None
    rounds = tuple(
        _round(number, question, list(given.values()))
        for number, given in enumerate(told.session.answers.get((item, question), ()), start=1)
        if given
    )
    return QuestionMinutes(
        question=question,
        title=told.questions.get(question, question),
        rounds=rounds,
        settled=said.value if said else None,
        how=said.how if said else "",
        words=said.words if said else "",
    )


def _round(number: int, question: str, given: Sequence[Given]) -> Round:
    values = [one.value for one in given]
    known = sorted((value for value in values if value is not None), key=_sure)
    functions = [function for function in FUNCTIONS if any(one.function == function for one in given)]
    spreads = [Spread(function=EVERYBODY, counts=_counts(values))]
    for function in functions:
        theirs = [one.value for one in given if one.function == function]
        spreads.append(Spread(function=function, counts=_counts(theirs)))
    return Round(
        number=number,
        spreads=tuple(spreads),
        median=middle(question, values),
        low=known[0] if known else None,
        high=known[-1] if known else None,
    )


_VERDICTS = tuple(reversed(VERDICTS))


def _sure(value: Value) -> float:
    """What values are ordered by: from wrong to holds, from little to much; "don't know" last."""
    if value is None:
        return float("inf")
    return float(_VERDICTS.index(value)) if isinstance(value, str) else float(value)


def _counts(values: Sequence[Value]) -> tuple[tuple[Value, int], ...]:
    return tuple((value, values.count(value)) for value in sorted(set(values), key=_sure))


def _answers_in_words(of: Session, item: str) -> tuple[Remark, ...]:
    """What people wrote beside their answers, each text of a person once."""
    remarks = {
        Remark(person=given.person, function=given.function, text=given.words, impacts=given.impacts): None
        for question in of.questions(item)
        for rounds in of.answers.get((item, question), ())
        for given in rounds.values()
        if given.words.strip() or given.impacts.strip()
    }
    return tuple(remarks)


def _remarks(said: Sequence[Entry]) -> tuple[Remark, ...]:
    """Comments, and validations with words, that were given in the session beside its questions."""
    found = []
    for entry in said:
        who = {"person": entry.person.name, "function": entry.person.function}
        if isinstance(entry.saying, Commented):
            found.append(Remark(**who, text=entry.saying.text))
        elif isinstance(entry.saying, Validated) and (entry.saying.why or entry.saying.impacts):
            found.append(Remark(**who, text=entry.saying.why, impacts=entry.saying.impacts))
    return tuple(found)


def _strikes(told: _Told, said: Sequence[Entry]) -> tuple[StrikeMinutes, ...]:
    struck = [(entry, entry.saying) for entry in said if isinstance(entry.saying, Struck)]
    if not struck:
        return ()
    table = evidence(told.context, [saying.incident for _, saying in struck], told.board.as_of)
    titles = dict(zip(table["id"], table["title"], strict=True))
    return tuple(
        StrikeMinutes(
            incident=saying.incident, title=titles.get(saying.incident, ""), person=entry.person.name,
            reason=saying.reason,
        )
        for entry, saying in struck
    )  # fmt: skip


def _move(told: _Told, entry: Entry, said: Moved) -> MoveMinutes:
    price = "" if said.price is None else _price(told, said.price)
    return MoveMinutes(to=said.to, person=entry.person.name, reason=said.reason, words=said.words, price=price)


def _price(told: _Told, by: Mapping[str, float]) -> str:
    if not by:
        return "no weights would put it there"
    titles = {driver.name: driver.title for driver in told.board.drivers.drivers}
    points = (f"{titles.get(name, name)} {100 * share:+.1f}" for name, share in by.items())
    return f"its price in points of weight: {', '.join(points)}"


def _decision(told: _Told, item: str) -> Decision | None:
    entry = told.session.decided.get(item)
    if entry is None or not isinstance(entry.saying, Decided):
        return None
    said = entry.saying
    into = told.board.all_items.get(said.into or "")
    return Decision(
        outcome=said.outcome, person=entry.person.name, owner=said.owner, course=said.course, due=said.due or "",
        impacts=said.impacts, words=said.words, reason=said.reason or "", until=said.until or "",
        into=into.title if into else said.into or "", part=said.part or "",
    )  # fmt: skip


def _item_of(entry: Entry) -> str:
    return entry.saying.item if isinstance(entry.saying, Dissented) else ""


def _dissent(entry: Entry) -> Remark:
    return Remark(person=entry.person.name, function=entry.person.function, text=entry.saying.told)
