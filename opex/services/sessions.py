"""Lead a review session and take part in it: plan, open, answer blind, reveal, settle, close. Said, never edited."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import NAMESPACE_OID, uuid4, uuid5

from opex.domain.decisions import Saying
from opex.domain.problems import Refused
from opex.domain.sessions import (
    INSIGHT,
    REMOVAL,
    Answered,
    Deciding,
    Dissented,
    Revealed,
    SessionCancelled,
    SessionClosed,
    SessionOpened,
    SessionPlanned,
    Settled,
    Value,
    VotedAgain,
    subject,
)
from opex.review.sessions import Session, middle
from opex.services import driving, kept_rankings
from opex.services.context import Context, Speaker
from opex.services.permissions import by, needs
from opex.services.prioritising import everything
from opex.services.seeing import unseen
from opex.services.session_reading import questions, unsettled
from opex.services.session_writing import said_in
from opex.services.writing import write_all
from opex.store import sayings

__all__ = [
    "answer", "begin_deciding", "cancel", "close", "dissent", "open_session", "plan", "reveal", "settle", "settle_rest",
    "vote_again",
]  # fmt: skip

# --- leading ----------------------------------------------------------------------------------------------------


@needs("decide")
def plan(context: Context, wanted: SessionPlanned, speaker: Speaker, *, session: str | None = None) -> str:
    """Plan a session, or say its plan anew; its id.

    While it is open, people may be added, and its day and note may change; what is asked stands.

    Raises
    ------
    Refused
        When an item does not stand in the ranking, a question is none, or the state or the answers forbid the change.
    """
    request = speaker.request_id or uuid4().hex
    if session is None:
        _refuse_unknown(context, wanted)
        made = f"session-{uuid5(NAMESPACE_OID, request).hex}"
        write_all(context, [(made, wanted)], replace(speaker, request_id=request, session=made))
        return made

    def said(now: Session) -> list[tuple[str, Saying]]:
        now.must_be("prepare", "answer", to="its plan stands")
        _refuse_unknown(context, wanted, but=now.plan)
        if now.state == "answer":
            _refuse_other_questions(context, now, wanted)
        return [(session, wanted)]

    said_in(context, session, replace(speaker, request_id=request), said)
    return session


def _refuse_unknown(context: Context, wanted: SessionPlanned, *, but: SessionPlanned | None = None) -> None:
    """Items and questions that there are not, except those that the plan had before."""
    items, asks = everything(context), questions(context)
    before = {q for asked in but.asked.values() for q in asked} if but else set()
    for item in wanted.items:
        if (but is None or item not in but.items) and (item not in items or not items[item].open):
            raise Refused(f'"{item}" does not stand in the ranking: choose opportunities that do.')
    for asked in wanted.asked.values():
        for question in asked:
            if question not in asks and question not in before:
                raise Refused(f'"{question}" is no question; there are {", ".join(asks)}.')


def _refuse_gone(context: Context, planned: SessionPlanned) -> None:
    items = everything(context)
    for item in planned.items:
        if item not in items:
            raise Refused(f'"{item}" is no opportunity any more: take it out of the plan, then open the session.')
        if not items[item].open:
            raise Refused(
                f"“{items[item].title}” is {items[item].status} by now: take it out of the plan, then open the session."
            )
    _refuse_unknown(context, planned)


def _refuse_other_questions(context: Context, now: Session, wanted: SessionPlanned) -> None:
    if (wanted.items, wanted.asked, wanted.cut) != (now.plan.items, now.plan.asked, now.plan.cut):
        raise Refused("People are answering: the items, the questions and the cut line stand until it is closed.")
    answered = sayings.progress(context.database, now.id, 0)
    for name, function in now.plan.participants.items():
        if name in answered and wanted.participants.get(name) != function:
            raise Refused(f"{name} has answered already and stays a participant for {function}.")


@needs("decide")
def open_session(context: Context, session: str, speaker: Speaker) -> None:
    """Let people answer. The ranking as it stands is kept.

    Raises
    ------
    Refused
        When something that was planned is declined, merged or done meanwhile, or is no question any more.
    """

    def said(now: Session) -> list[tuple[str, Saying]]:
        now.must_be("prepare", to="it cannot be opened (again)")
        _refuse_gone(context, now.plan)
        return [(session, SessionOpened(ranking=_kept(context, now, "opened", speaker)))]

    said_in(context, session, speaker, said)


@needs("decide")
def reveal(context: Context, session: str, speaker: Speaker) -> None:
    """Lay open what was answered; whoever has not answered yet is not waited for.

    A second round in which nobody answers is over with it: the first answers count.
    """

    def said(now: Session) -> list[tuple[str, Saying]]:
        now.must_be("answer", to="there is nothing to reveal")
        if not now.revealed and not sayings.progress(context.database, session, now.began):
            raise Refused("Nobody has answered yet: there is nothing to reveal.")
        return [(session, Revealed(ranking=_kept(context, now, "revealed", speaker)))]

    said_in(context, session, speaker, said)


@needs("decide")
def vote_again(context: Context, session: str, speaker: Speaker, items: Sequence[str]) -> None:
    """Ask once more about some items, blind; both rounds are kept. Each item has one second round."""

    def said(now: Session) -> list[tuple[str, Saying]]:
        now.must_be("reveal", to="a second round comes after the reveal")
        for item in items:
            if item not in now.plan.items:
                raise Refused(f'"{item}" is no item of this session.')
            if item in now.again:
                raise Refused("An item has one second round: settle it now.")
        return [(session, VotedAgain(items=tuple(items)))]

    said_in(context, session, speaker, said)


@needs("decide")
def settle(
    context: Context, session: str, speaker: Speaker, item: str, question: str, value: Value = None, *, words: str = ""
) -> None:
    """Settle a question on an item: at the median, or at a value that was discussed, with words. The ranking moves."""

    def said(now: Session) -> list[tuple[str, Saying]]:
        now.must_be("reveal", "decide", to="answers are settled once they lie open")
        return [(item, _settled(context, now, item, question, value, words))]

    said_in(context, session, speaker, said)


@needs("decide")
def settle_rest(context: Context, session: str, speaker: Speaker, items: Sequence[str] | None = None) -> int:
    """Settle all that is open on these items (all where none are named) at the median, in one step; how many."""
    speaker = replace(speaker, request_id=speaker.request_id or uuid4().hex)

    def said(now: Session) -> list[tuple[str, Saying]]:
        now.must_be("reveal", "decide", to="answers are settled once they lie open")
        wanted = [(item, question) for item, question in unsettled(context, now) if items is None or item in items]
        if not wanted:
            raise Refused("Everything that was answered is settled already.")
        return [(item, _settled(context, now, item, question, None, "")) for item, question in wanted]

    said_in(context, session, speaker, said, alone=True)
    return len(sayings.written(context.database, speaker.request_id))


def _settled(context: Context, now: Session, item: str, question: str, value: Value, words: str) -> Settled:
    if question not in now.questions(item):
        raise Refused(f'"{question}" was not asked in this session.')
    if question not in questions(context):
        raise Refused(f"“{question}” is no driver any more: it cannot be settled.")
    last = now.last(item, question)
    half = middle(question, [given.value for given in last.values()])
    if value is None and half is None:
        raise Refused("Nobody could answer this: there is no median. Say what the group settled on, or leave it open.")
    _refuse_level(context, question, value)
    return Settled(
        question=question,
        value=half if value is None else value,
        given={person: given.value for person, given in last.items()},
        functions={person: given.function for person, given in last.items()},
        how="median" if value is None or value == half else "discussed",
        words=words,
    )


@needs("decide")
def begin_deciding(context: Context, session: str, speaker: Speaker) -> None:
    """Go on to the decisions; what is not settled stays as it was before the session."""

    def said(now: Session) -> list[tuple[str, Saying]]:
        now.must_be("reveal", to="decisions come after the reveal")
        return [(session, Deciding())]

    said_in(context, session, speaker, said)


@needs("decide")
def close(context: Context, session: str, speaker: Speaker) -> None:
    """End the session: the ranking is kept, the minutes stand."""

    def said(now: Session) -> list[tuple[str, Saying]]:
        now.must_be("reveal", "decide", to="it is closed after the reveal (cancel it to end it before)")
        return [(session, SessionClosed(ranking=_kept(context, now, "closed", speaker)))]

    said_in(context, session, speaker, said)


@needs("decide")
def cancel(context: Context, session: str, speaker: Speaker, *, words: str) -> None:
    """End a session that does not take place; what was said in it is kept."""

    def said(now: Session) -> list[tuple[str, Saying]]:
        now.must_be("prepare", "answer", "reveal", "decide", to="it has ended already")
        if not words.strip():
            raise Refused("Say why it does not take place.")
        return [(session, SessionCancelled(words=words))]

    said_in(context, session, speaker, said)


# --- taking part ------------------------------------------------------------------------------------------------


@needs("say")
def answer(
    context: Context,
    session: str,
    speaker: Speaker,
    item: str,
    question: str,
    value: Value,
    *,
    words: str = "",
    impacts: str = "",
) -> int:
    """Answer a question on an item, blind; "don't know" is ``None``. Said again, the newer answer counts.

    Raises
    ------
    Refused
        When the session is not open for it, the person takes no part or is not asked this, or the answer is none.
    StaleReview
        When the same person answered in another window since the page was shown (``speaker.seen``).
    """
    said = Answered(item=item, question=question, value=value, words=words, impacts=impacts, seal=uuid4().hex)
    _refuse_level(context, question, value)

    def checked(now: Session) -> list[tuple[str, Saying]]:
        name = by(context, speaker.person.name).person
        now.must_be("answer", to="nothing more can be answered")
        if name not in now.plan.participants:
            raise Refused(f"{name} takes no part in this session: its facilitator can invite you.")
        if item not in now.open_items or item in unseen(context):
            raise Refused("This item is not asked about in the round that runs.")
        if question not in now.plan.questions(name):
            raise Refused(f"You are not asked this: it is for others than {now.plan.participants[name]}.")
        return [(subject(session, item, question), said)]

    return said_in(context, session, speaker, checked, whole=False)


def _refuse_level(context: Context, question: str, value: Value) -> None:
    if value is None or question in {INSIGHT, REMOVAL}:
        return
    asked = driving.drivers(context).driver(question)
    levels = dict(asked.rubric)
    if not asked.rated or value not in levels:
        raise Refused(f"{asked.title} is rated {min(levels, default=0)} to {max(levels, default=0)}; this is {value}.")


@needs("say")
def dissent(context: Context, session: str, speaker: Speaker, item: str, words: str) -> None:
    """Say that one does not agree with what was decided about an item: the minutes keep it."""

    def said(now: Session) -> list[tuple[str, Saying]]:
        now.must_be("reveal", "decide", to="dissent is said before it is closed")
        if item not in now.plan.items:
            raise Refused(f'"{item}" is no item of this session.')
        return [(subject(session, item, "dissent"), Dissented(item=item, words=words))]

    said_in(context, session, speaker, said)


def _kept(context: Context, now: Session, when: str, speaker: Speaker) -> int | None:
    name = by(context, speaker.person.name).person
    return kept_rankings.keep_if_can(context, occasion=f"session {now.plan.title}: {when}", person=name)
