"""The list as a Markdown report that a business owner can read, and paste where work lives."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from opex.domain.drivers import Driver, DriverSet
from opex.domain.opportunities import Opportunity
from opex.domain.priorities import Move, Priorities, Priority
from opex.domain.safe import markdown
from opex.export import words
from opex.export.words import said, span

LIST_HEADERS = ("#", "opportunity", "why", "benefit (hours a year)", "effort (days)", "owner", "status")


def write_markdown(priorities: Priorities, made_at: datetime) -> bytes:
    """Write the report: the answer in a sentence, the list, each item in paragraphs, and how it was computed."""
    blocks = [
        f"# Priorities as of {words.instant(priorities.as_of)}",
        headline(priorities),
        _statement(priorities, made_at),
        _list(priorities.items),
        *(block for item in priorities.items for block in _item(item, priorities.drivers)),
        *_replay(priorities),
        *_method(priorities.drivers),
    ]
    return ("\n\n".join(blocks) + "\n").encode("utf-8", "replace")


def headline(priorities: Priorities) -> str:
    """The answer in words, as Markdown: what comes first, what it would bring and what it costs."""
    if not priorities.items:
        return "No opportunity passes the filters."
    first = priorities.items[0]
    title = f"**{markdown(first.opportunity.title)}**"
    place = "comes first" if first.rank == 1 else f"comes first of those shown, at rank {first.rank}"
    return f"{title} {place}: {_brings(first)}{_costs(first.opportunity)}.{_people(priorities.items)}"


def _brings(item: Priority) -> str:
    if not item.evidence.incidents:
        return "no incident of the 12 months stands behind it, so its benefit is not known"
    return f"it would bring back {_benefit(item)} hours a year"


def _costs(opportunity: Opportunity) -> str:
    effort = opportunity.effort_days
    if not effort:
        return "; its effort is not stated yet"
    return f" for {said(effort)} {'day' if effort == 1 else 'days'} of work"


def _benefit(item: Priority) -> str:
    """The range of hours; without an incident behind it, the benefit is unknown and not 0."""
    return span(item.evidence.hours_low, item.evidence.hours_high) if item.evidence.incidents else "unknown"


def _people(items: Sequence[Priority]) -> str:
    moved = len(words.moved(items))
    return f" People moved {moved} of the {len(items)} shown, with a reason each." if moved else ""


def _statement(priorities: Priorities, made_at: datetime) -> str:
    parts = (
        f"{label}: {words.instant(value) if isinstance(value, datetime) else markdown(value)}"
        for label, value in words.statement(priorities, made_at)
    )
    return " · ".join(parts)


def _list(items: Sequence[Priority]) -> str:
    rows = (
        (
            str(item.rank),
            markdown(item.opportunity.title),
            markdown(item.why),
            _benefit(item),
            said(item.opportunity.effort_days),
            markdown(item.opportunity.owner) or "nobody yet",
            markdown(item.opportunity.status),
        )
        for item in items
    )
    return _table(LIST_HEADERS, rows)


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _item(item: Priority, drivers: DriverSet) -> list[str]:
    blocks = [
        f"## {item.rank}. {markdown(item.opportunity.title)}",
        f"**Why.** {_sentence(item.why)}{_lasting_unknown(item)}",
        f"**What to do.** {_sentence(item.opportunity.action)} {_removal(item.opportunity)}",
        f"**How the score comes about.** {_score(item, drivers)}",
    ]
    if item.opportunity.strikes:
        blocks = [*blocks, f"**Struck.** {_struck(item)}"]
    return blocks if item.move is None else [*blocks, f"**Moved.** {_move(item, item.move)}"]


def _sentence(text: str) -> str:
    """A person's words as a sentence among others: with a full stop unless they end in a sign of their own."""
    words_of = text.strip()
    return markdown(words_of) + ("." if words_of and words_of[-1].isalnum() else "")


def _lasting_unknown(item: Priority) -> str:
    count = item.evidence.lasting_hours_unknown
    return f" How long they lasted is unknown for {count} of its {item.evidence.incidents} incidents." if count else ""


def _removal(opportunity: Opportunity) -> str:
    removes = opportunity.removes
    assumed = "It is assumed that this" if opportunity.removes_assumed else "This"
    shares = span(removes.low * 100, removes.high * 100)
    return f"{assumed} removes {shares} % of the pain, likely {said(removes.likely * 100)} %."


def _score(item: Priority, drivers: DriverSet) -> str:
    whole = f"{_points(item.score)} of 100 points put it at place {item.computed_rank} by score alone."
    if item.figure is not None:
        formula, figure = item.figure.formula, item.figure.value
        made = "cannot place it for want of an effort" if figure is None else f"gives {said(figure)}"
        whole = (
            f"{formula.title}, the team's own formula, {made}: place {item.computed_rank}. The score beside it is "
            f"{_points(item.score)} of 100 points."
        )
    counted = [driver for driver in drivers.drivers if driver.weight > 0]
    counted.sort(key=lambda driver: -(words.finite(item.contributions.get(driver.name)) or 0.0))
    parts = [_contribution(item, driver) for driver in counted]
    rated = "" if item.enough_rated else " Less than half of the weight has a value, so it stands below all others."
    doubt = f" {item.doubt.sentence}" if item.doubt else ""
    return f"{whole} {' '.join(parts)}{rated}{doubt}"


def _contribution(item: Priority, driver: Driver) -> str:
    given = _points(item.contributions.get(driver.name))
    weight = f"weight {said(driver.weight * 100)} %"
    title = markdown(driver.title)
    value = words.finite(item.values.get(driver.name))
    if value is None:
        return f"{title} has no value, counts at the middle of its scale and gives {given} ({weight})."
    ends = f"{said(driver.scale.zero_at)} counts as nothing, {said(driver.scale.one_at)} in full"
    return f"{title} gives {given}: {said(value)} {markdown(driver.unit)}, where {ends} ({weight})."


def _points(share: float | None) -> str:
    """Points with one decimal, so that a reader can add them up."""
    found = words.points(share)
    return "unknown" if found is None else f"{found:.1f}".removesuffix(".0")


def _struck(item: Priority) -> str:
    told = (f"{markdown(s.incident)} ({markdown(s.person)}: “{markdown(s.reason)}”)" for s in item.opportunity.strikes)
    return f"No evidence for it, as people said: {'; '.join(told)}."


def _move(item: Priority, move: Move) -> str:
    alone = f"by {_by(item)} alone it would stand at {item.computed_rank}"
    places = f"{markdown(move.person)} put it at place {move.to}; {alone}"
    quote = f" “{markdown(move.words)}”" if move.words.strip() else ""
    return f"{places}. The reason: {markdown(words.move_reason(move))}.{quote}"


def _by(item: Priority) -> str:
    return "score" if item.figure is None else item.figure.formula.title


def _replay(priorities: Priorities) -> list[str]:
    if priorities.replay is None:
        return []
    return [f"## Had the first {priorities.replay.top} been fixed a year before", words.replayed(priorities.replay)]


def _method(drivers: DriverSet) -> list[str]:
    rows = ([_written(value) for value in row] for row in words.driver_rows(drivers))
    return [
        "## How it was computed",
        *(f"**{label}.** {sentence}" for label, sentence in words.method(drivers)),
        f"The drivers of {markdown(drivers.label)}:",
        _table(words.DRIVER_HEADERS, rows),
    ]


def _written(value: words.Value) -> str:
    return said(value) if isinstance(value, int | float) else markdown(str(value))
