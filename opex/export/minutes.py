"""The minutes of a session, whole and as a pack for each audience, as Markdown and as a page. Pure.

The same minutes give the same bytes. People's words are text, whatever they hold (`opex.export.paper`).
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime

from opex.domain.minutes import (
    EVERYBODY,
    Agreed,
    Decision,
    ItemMinutes,
    Minutes,
    PromiseMinutes,
    QuestionMinutes,
    Remark,
    Round,
    Spread,
)
from opex.domain.problems import Refused
from opex.domain.reasons import DECLINE_REASONS, MOVE_REASONS
from opex.domain.sessions import INSIGHT, OUTCOMES, REMOVAL, Value, worded
from opex.export import paper
from opex.export.paper import Block, Bullets, Heading, Line, Own, Table, Text, line
from opex.export.words import instant, said, span

__all__ = [
    "AUDIENCES", "MINUTES_FORMATS", "engineering", "everyone", "leadership", "minutes_file_name", "minutes_html",
    "minutes_markdown", "render_minutes", "whole",
]  # fmt: skip

MINUTES_FORMATS = {"markdown": "md", "html": "html"}
PAGE_ROWS = 12
"""How many decisions fit on the one page for leadership."""
SHORT, NARROW = 140, 60
"""To how many characters a pack cuts a text that somebody wrote, in a line and in a cell; the minutes keep it whole."""


def minutes_markdown(m: Minutes) -> bytes:
    """The whole minutes as Markdown."""
    return paper.markdown(whole(m))


def minutes_html(m: Minutes) -> bytes:
    """The whole minutes as a page of their own."""
    return paper.html(whole(m))


def render_minutes(m: Minutes, format: str = "markdown", audience: str = "minutes") -> bytes:
    """The minutes, or the pack for that audience, in that format.

    Raises
    ------
    Refused
        For an unknown audience or format.
    """
    _known(format, audience)
    blocks = AUDIENCES[audience](m)
    return paper.html(blocks) if format == "html" else paper.markdown(blocks)


def minutes_file_name(m: Minutes, format: str = "markdown", audience: str = "minutes", *, export_id: str) -> str:
    """A name that no other export has: the session's id, the audience and the export's own id."""
    _known(format, audience)
    of = "".join(c for c in m.session if c.isascii() and (c.isalnum() or c in "-_"))[:40] or "session"
    return f"opex-{audience}-{of}-{export_id}.{MINUTES_FORMATS[format]}"


def _known(format: str, audience: str) -> None:
    if format not in MINUTES_FORMATS:
        raise Refused(f'Minutes are written as {" or ".join(MINUTES_FORMATS)}; this is "{format}".')
    if audience not in AUDIENCES:
        raise Refused(f'Minutes are for {", ".join(AUDIENCES)}; this is "{audience}".')


def whole(m: Minutes) -> list[Block]:
    """Everything: who, how far people agreed, each item with its answers and its decision, both orders."""
    return [
        Heading(1, (Own("Minutes: "), m.title)),
        *_dates(m),
        *([Line((m.note,), "What it was about")] if m.note.strip() else []),
        *_promises(m),
        *_people(m),
        *_agreement(m.agreement),
        *(block for item in m.items for block in _item(item)),
        *_orders(m),
        *_end(m),
    ]


def _dates(m: Minutes) -> list[Block]:
    moments = (("Opened", m.opened_at), ("Revealed", m.revealed_at), ("Closed", m.closed_at))
    when = " · ".join(f"{label} {_when(at)}" for label, at in moments)
    state = "" if m.closed_at else " The session is not closed yet: this is what stands until now."
    by = [Own("Led by "), m.facilitator or "nobody", Own(". ")]
    return [line(*by, Own(f"{when}.{state}")), line(Own("Drivers: "), m.drivers or "not named", *_workspace(m))]


def _workspace(m: Minutes) -> list[str]:
    return [Own(" · Workspace: "), m.workspace] if m.workspace else []


def _when(at: datetime | None) -> str:
    return instant(at) if at else "not yet"


def _promises(m: Minutes) -> list[Block]:
    """It opens with the promises of the last session."""
    if not m.promises:
        return []
    return [Heading(2, Own("What became of the last promises")), Bullets(tuple(map(_promise, m.promises)))]


def _promise(of: PromiseMinutes, short: int | None = None) -> Line:
    owner = [Own(" by "), _cut(of.owner, short)] if of.owner else []
    due = [Own(" until "), _day(of.due)] if of.due else []
    course = [Own(": "), _cut(of.course, short)] if of.course else []
    became = of.became or "nothing is known"
    promised = Own(f" ({OUTCOMES.get(of.outcome, 'promised')}")
    return line(_cut(of.title, short), promised, *owner, *due, Own(")"), *course, Own(" → "), became)


def _people(m: Minutes) -> list[Block]:
    rows = tuple((a.name, Own(a.function), Own(f"{a.answered} of {a.asked}")) for a in m.participants)
    table = Table(("Name", "Speaks for", "Questions answered"), rows, frozenset({2}))
    return [Heading(2, Own("Who took part")), table if rows else Line(Own("Nobody was invited."))]


def _agreement(of: Sequence[Agreed]) -> list[Block]:
    if not of:
        return []
    rows = tuple(
        (a.question, Own(a.function.capitalize() or "Everybody"), Own(str(a.people)), Own(_figure(a)), _agreed_words(a))
        for a in of
    )
    note = Own(
        "1 is one mind, 0 what chance alone would give, below 0 where people differ more than by chance; "
        "with the 95 % interval over the items. It is Kendall's W beyond chance where everybody answered every item, "
        "and Krippendorff's alpha where some answers are missing."
    )
    table = Table(("Question", "Who", "People", "Agreement", "In words"), rows, frozenset({2, 3}))
    return [Heading(2, Own("How far people agreed")), table, Line(note)]


def _figure(of: Agreed) -> str:
    if of.value is None or of.low is None or of.high is None:
        return "not known"
    return f"{of.value:.2f} ({of.low:.2f} to {of.high:.2f})"


def _agreed_words(of: Agreed) -> str:
    if of.value is None or of.low is None:
        return of.lacks or Own("too few answers to say")
    if of.low <= 0:
        return Own("no clear agreement")
    return Own("strong" if of.value >= 0.7 else "moderate" if of.value >= 0.4 else "weak")


def _item(item: ItemMinutes) -> list[Block]:
    return [
        Heading(2, (item.title,)),
        line(Own(_places(item)), *([Own(" "), item.why] if item.why else [])),
        *([Line((item.action,), "What to do")] if item.action else []),
        *_decision(item),
        *(block for question in item.questions if question.rounds for block in _question(question)),
        *_silent([question.title for question in item.questions if not question.rounds]),
        *_remarks("What people said", item.remarks),
        *_struck(item),
        *_moved(item),
    ]


def _silent(titles: Sequence[str]) -> Iterator[Block]:
    """What was asked of an item and has no answer that lies open, in one line."""
    if titles:
        parts = [part for title in titles for part in (Own(", "), title)]
        yield Line(tuple(parts[1:]), "Asked; no answer lies open")


def _places(item: ItemMinutes) -> str:
    before, after = (f"place {p}" if p else "no place" for p in (item.place_before, item.place_after))
    moved = f"It stood at {before} and keeps it" if before == after else f"From {before} to {after}"
    alone = item.computed_after
    said_alone = f" (by score alone {alone})" if alone and alone != item.place_after else ""
    return f"{moved}{said_alone}."


def _decision(item: ItemMinutes) -> Iterator[Block]:
    if item.decision is None:
        yield Line(Own("Nothing was decided."), "Decision")
    else:
        yield Line(_decided(item.decision), "Decision")
        if item.decision.impacts:
            yield Line((item.decision.impacts,), "Further impacts")
    yield from _remarks("Who sees it differently", item.dissent)


def _decided(of: Decision, short: int | None = None) -> tuple[str, ...]:
    parts: list[str] = [Own(OUTCOMES[of.outcome].capitalize())]
    parts += [Own("; owner "), _cut(of.owner, short)] if of.owner else []
    parts += [Own("; due "), _day(of.due)] if of.due else []
    parts += [Own("; into "), _cut(of.into, short)] if of.into else []
    parts += [Own("; the part is called "), _cut(of.part, short)] if of.part else []
    parts += [Own("; "), DECLINE_REASONS.get(of.reason, of.reason)] if of.reason else []
    parts += [Own("; it comes back: "), _cut(of.until, short)] if of.until else []
    for text in (of.course, of.words):
        parts += [Own(". "), _cut(text, short)] if text.strip() else []
    return (*parts, Own(" (written down by "), of.person, Own(")"))


def _question(of: QuestionMinutes) -> list[Block]:
    blocks: list[Block] = [Heading(3, (of.title,))]
    for one in of.rounds:
        name = f"Round {one.number}" if len(of.rounds) > 1 else "Answers"
        blocks += [Line(Own(_middle(of.question, one)), name), _spreads(of.question, one)]
    return [*blocks, *_settled(of)]


def _middle(question: str, of: Round) -> str:
    given = sum(count for spread in of.spreads[:1] for value, count in spread.counts if value is not None)
    if not given:
        return "nobody could say"
    low, high = worded(question, of.low), worded(question, of.high)
    apart = f"all of {given} alike" if low == high else f"from {low} to {high}"
    return f"median {worded(question, of.median)}; {apart}"


def _spreads(question: str, of: Round) -> Table:
    values = list(dict.fromkeys(value for spread in of.spreads for value, _ in spread.counts))
    rows = tuple(_spread(spread, values) for spread in of.spreads)
    headers = ("Who", *(worded(question, value) for value in values))
    return Table(headers, rows, frozenset(range(1, len(headers))))


def _spread(of: Spread, values: Sequence[Value]) -> tuple[Text, ...]:
    counts = dict(of.counts)
    who = "Everybody" if of.function == EVERYBODY else of.function.capitalize()
    return (Own(who), *(Own(str(counts.get(value, 0))) for value in values))


def _settled(of: QuestionMinutes) -> list[Block]:
    if of.settled is None:
        return [Line(Own("It was left open."), "Settled")] if of.rounds else []
    how = "at the median" if of.how == "median" else "after a discussion"
    words = [Own(": "), of.words] if of.words.strip() else []
    return [line(Own(f"{worded(of.question, of.settled)}, {how}"), *words, label="Settled")]


def _remarks(title: str, of: Sequence[Remark]) -> list[Block]:
    if not of:
        return []
    return [Heading(3, Own(title)), Bullets(tuple(_remark(one) for one in of))]


def _remark(of: Remark) -> Line:
    impacts = [Own(" Further impacts: "), of.impacts] if of.impacts.strip() else []
    said_words = [Own("“"), of.text, Own("”")] if of.text.strip() else []
    return line(of.person, Own(f" ({of.function}): "), *said_words, *impacts)


def _struck(item: ItemMinutes) -> list[Block]:
    if not item.strikes:
        return []
    lines = tuple(
        line(s.incident, Own(" "), s.title, Own(" (struck by "), s.person, Own("): "), s.reason) for s in item.strikes
    )
    return [Heading(3, Own("Struck from the evidence")), Bullets(lines)]


def _moved(item: ItemMinutes) -> list[Block]:
    if not item.moves:
        return []
    lines = []
    for move in item.moves:
        words = [Own(": “"), move.words, Own("”")] if move.words.strip() else []
        price = [Own(" ("), move.price, Own(")")] if move.price else []
        reason = Own(f" put it at place {move.to}, because ")
        lines.append(line(move.person, reason, MOVE_REASONS.get(move.reason, move.reason), *words, *price))
    return [Heading(3, Own("Moved by hand")), Bullets(tuple(lines))]


def _orders(m: Minutes) -> list[Block]:
    """Both orders side by side, place by place."""
    if not m.before and not m.after:
        return []
    before, after = ({place.place: place for place in order} for order in (m.before, m.after))
    rows: list[tuple[Text, ...]] = []
    for place in sorted({*before, *after}):
        old, new = before.get(place), after.get(place)
        was = Own("" if new is None else "new" if new.was is None else str(new.was))
        rows.append((Own(str(place)), old.title if old else Own("—"), new.title if new else Own("—"), was))
    table = Table(("Place", "Before", "After", "Was at"), tuple(rows), frozenset({0, 3}))
    return [Heading(2, Own("The agreed order, before and after")), table, *_restricted(m)]


def _restricted(m: Minutes) -> list[Block]:
    if not m.restricted:
        return []
    one = m.restricted == 1
    return [Line(Own(f"{m.restricted} restricted {'item is' if one else 'items are'} not shown."))]


def _end(m: Minutes) -> list[Block]:
    """What shows later whether the record behind these minutes was changed."""
    if m.audit is None:
        return []
    what = Own(
        "Number and hash of the newest entry of the audit log. Kept outside, they show later whether the log was "
        "changed: opex audit verify --anchor."
    )
    return [Heading(2, Own("The record")), Line(what), Line(Own(str(m.audit)), "Anchor")]


def leadership(m: Minutes) -> list[Block]:
    """One page: what was decided, what it costs and what it should bring."""
    decided = _in_order(m)
    accepted = [item for item in decided if item.decision and item.decision.outcome == "accept"]
    days = [item.effort_days for item in accepted if item.effort_days]
    unknown = len(accepted) - len(days)
    cost = f"{said(sum(days))} days of work" if days else "not estimated"
    cost += f", {unknown} of them not estimated" if days and unknown else ""
    return [
        Heading(1, (_cut(m.title), Own(": what was decided"))),
        line(Own(f"{_counted(decided)}. Cost of what was accepted: {cost}. "), *_closed(m)),
        *_decisions(decided),
        Line(Own("Effect: hours that incidents cost today and the action would bring back in a year, low to high. "
                 "Opportunities can share incidents, so these must not be added up.")),
        *_dissents(decided),
        *_restricted(m),
    ]  # fmt: skip


def _in_order(m: Minutes) -> list[ItemMinutes]:
    """What was decided, by the place that it has now; what has none last."""
    return sorted(m.decided, key=lambda item: (item.place_after is None, item.place_after or 0, item.id))


def _counted(decided: Sequence[ItemMinutes]) -> str:
    outcomes = [item.decision.outcome for item in decided if item.decision]
    told = [f"{outcomes.count(outcome)} {word}" for outcome, word in OUTCOMES.items() if outcome in outcomes]
    return ", ".join(told).capitalize() if told else "Nothing was decided"


def _closed(m: Minutes) -> list[str]:
    when = f"Closed {instant(m.closed_at)}" if m.closed_at else "The session is not closed yet"
    return [Own(f"{when}; led by "), m.facilitator or "nobody", Own(".")]


def _decisions(decided: Sequence[ItemMinutes]) -> list[Block]:
    if not decided:
        return []
    rows = tuple(_decision_row(item, item.decision) for item in decided[:PAGE_ROWS] if item.decision)
    headers = ("Place", "Opportunity", "Decision", "Owner", "Due", "Cost (days)", "Effect (hours a year)")
    more = len(decided) - PAGE_ROWS
    rest = [Line(Own(f"And {more} more: the minutes have them all."))] if more > 0 else []
    return [Table(headers, rows, frozenset({0, 5, 6})), *rest]


def _decision_row(item: ItemMinutes, of: Decision) -> tuple[Text, ...]:
    place = str(item.place_after) if item.place_after else "—"
    numbers = (Own(said(item.effort_days)), Own(span(item.hours_low, item.hours_high)))
    owner = _cut(of.owner, NARROW) if of.owner else Own("—")
    return (
        Own(place),
        _cut(item.title),
        Own(OUTCOMES[of.outcome]),
        owner,
        _day(of.due) if of.due else Own("—"),
        *numbers,
    )


def _dissents(decided: Sequence[ItemMinutes]) -> list[Block]:
    apart = [item for item in decided if item.dissent]
    if not apart:
        return []
    names = ((item, ", ".join(remark.person for remark in item.dissent)) for item in apart[: PAGE_ROWS // 2])
    lines = tuple(line(_cut(item.title, NARROW), Own(": "), _cut(who, NARROW)) for item, who in names)
    return [Heading(2, Own("Who sees it differently")), Bullets(lines)]


def engineering(m: Minutes) -> list[Block]:
    """What to do, for whom, until when, and the incidents that stand behind it."""
    return [
        Heading(1, (_cut(m.title), Own(": evidence and actions"))),
        line(Own(f"{_counted(m.decided)}. "), *_closed(m)),
        *(block for item in _in_order(m) for block in _work(item)),
        *_restricted(m),
    ]


def _work(item: ItemMinutes) -> Iterator[Block]:
    yield Heading(2, (item.title,))
    if item.decision is not None:
        yield Line(_decided(item.decision), "Decision")
    action = (item.decision and item.decision.course) or item.action
    yield Line((action,), "Action") if action else Line(Own("not stated"), "Action")
    yield line(Own(f"{said(item.effort_days)} days of work"), label="Effort")
    system = [Own(" System: "), item.system, Own(".")] if item.system else []
    yield line(Own(f"{item.evidence} incident{'' if item.evidence == 1 else 's'}."), *system, label="Evidence")
    if item.incidents:
        rows = tuple((i.id, i.title, Own("—" if i.hours is None else said(i.hours))) for i in item.incidents)
        yield Table(("Incident", "Title", "Hours lost"), rows, frozenset({2}))
        if item.evidence > len(item.incidents):
            yield Line(Own(f"The newest {len(item.incidents)} of {item.evidence}."))
    yield from _struck(item)


def everyone(m: Minutes) -> list[Block]:
    """What changed and why, in plain words."""
    decided = _in_order(m)
    blocks: list[Block] = [Heading(1, (_cut(m.title), Own(": what changed and why")))]
    people = len(m.participants)
    came = sum(a.answered > 0 for a in m.participants)
    who = f"{came} of {people} invited {'person' if people == 1 else 'people'} said what they think. "
    blocks.append(line(Own(who), *_closed(m)))
    if m.promises:
        promises = tuple(_promise(promise, SHORT) for promise in m.promises)
        blocks += [Heading(2, Own("What became of the last promises")), Bullets(promises)]
    if decided:
        lines = tuple(line(_cut(i.title), Own(": "), *_plainly(i.decision)) for i in decided if i.decision)
        blocks += [Heading(2, Own("What was decided")), Bullets(lines)]
    blocks += _changed(m)
    return [*blocks, *_restricted(m)]


def _plainly(of: Decision) -> tuple[str, ...]:
    who = _cut(of.owner or of.person)
    due = [Own(" until "), _day(of.due)] if of.due else []
    why = [Own(" Why: "), _cut(of.words)] if of.words.strip() else []
    what = [Own(": "), _cut(of.course)] if of.course.strip() else []
    if of.outcome == "accept":
        return (Own("we do it. "), who, Own(" takes care of it"), *due, *what, Own("."), *why)
    if of.outcome == "defer":
        return (Own("not yet"), *due, *what, Own("."), *why)
    if of.outcome == "decline":
        back = [Own(" It comes back: "), _cut(of.until), Own(".")] if of.until else []
        return (Own("we leave it: "), DECLINE_REASONS.get(of.reason, of.reason), Own("."), *back, *why)
    if of.outcome == "merge":
        return (Own("it goes on as part of "), _cut(of.into), Own("."), *why)
    return (Own("a part of it goes on by itself: "), _cut(of.part), Own("."), *why)


def _changed(m: Minutes) -> list[Block]:
    """What moved in the order, and which of it people moved by hand."""
    moved = [item for item in m.items if item.place_before != item.place_after]
    if not moved:
        return [Line(Own("The order of what was discussed did not change."))]
    lines = tuple(line(_cut(item.title), Own(f": {_moved_plainly(item)}"), *_reason(item)) for item in moved)
    return [Heading(2, Own("What moved in the order")), Bullets(lines)]


def _moved_plainly(item: ItemMinutes) -> str:
    if item.place_after is None:
        return f"it stood at {item.place_before} and left the list"
    if item.place_before is None:
        return f"new in the list, at {item.place_after}"
    way = "up" if item.place_after < item.place_before else "down"
    return f"{way} from {item.place_before} to {item.place_after}"


def _reason(item: ItemMinutes) -> list[str]:
    if item.moves:
        last = item.moves[-1]
        words = [Own(" (“"), _cut(last.words), Own("”)")] if last.words.strip() else []
        return [Own("; moved by hand, because "), MOVE_REASONS.get(last.reason, last.reason), *words, Own(".")]
    causes = [f"{len(item.strikes)} struck from its evidence"] if item.strikes else []
    settled = [q.question for q in item.questions if q.settled is not None]
    causes += ["people rated it"] if any(q not in (INSIGHT, REMOVAL) for q in settled) else []
    causes += ["people said how much it removes"] if REMOVAL in settled else []
    return [Own(f"; {' and '.join(causes)}." if causes else "; others moved around it.")]


def _day(text: str) -> str:
    """A stated day as people write it; whatever else stands there as it is."""
    try:
        return Own(f"{date.fromisoformat(text):%-d %B %Y}")
    except ValueError:
        return text


def _cut(text: str, most: int | None = SHORT) -> str:
    """A person's text, cut where a pack has no room for more."""
    return text if most is None or len(text) <= most else f"{text[:most].rstrip()} …"


AUDIENCES: dict[str, Callable[[Minutes], list[Block]]] = {
    "minutes": whole,
    "everyone": everyone,
    "leadership": leadership,
    "engineering": engineering,
}
"""For whom it is written; ``minutes`` is all of it."""
