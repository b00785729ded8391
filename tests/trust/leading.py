"""What a facilitator or a reviewer does in a process of its own, which ends itself in the middle of a statement."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from opex.domain.decisions import Person
from opex.domain.sessions import Decided, SessionPlanned
from opex.services import session_reading, sessions
from opex.services.context import Context, Speaker
from opex.services.session_decisions import decide
from tests.conftest import context_at
from tests.trust import builders as b

ANA = Person(name="Ana", function="product")
BO = Person(name="Bo", function="engineering")
FAY = Person(name="Fay", function="leadership")
QUESTIONS = ("insight", "strategic_value", "removal")
VALUES: Mapping[str, str | float] = {"insight": "holds", "strategic_value": 3, "removal": 0.5}


def prepared(context: Context, items: int) -> str:
    """A session about so many improvements that two people are asked about; its id."""
    made = [b.propose(context, number) for number in range(items)]
    plan = SessionPlanned(
        title="March", items=tuple(made), cut=2, asked={f: list(QUESTIONS) for f in ("product", "engineering")},
        participants={"Ana": "product", "Bo": "engineering"},
    )  # fmt: skip
    session = sessions.plan(context, plan, Speaker(person=FAY, request_id="plan"))
    sessions.open_session(context, session, Speaker(person=FAY, request_id="open"))
    return session


def only(context: Context) -> str:
    """The id of the one session that is there."""
    (one,) = session_reading.sessions(context)
    return one.id


def answers(context: Context) -> list[tuple[str, str]]:
    """What one person is asked, in the order in which they answer it."""
    session = only(context)
    return [(i, q) for i in session_reading.look(context, session).plan.items for q in QUESTIONS]


def give(context: Context, person: Person, number: int) -> int:
    """The answer of that number, as the page sends it."""
    item, question = answers(context)[number]
    speaker = Speaker(person=person, request_id=f"{person.name}-{number}")
    return sessions.answer(context, only(context), speaker, item, question, VALUES[question], words=f"answer {number}")


def reveal(context: Context) -> None:
    """Lay the answers open."""
    sessions.reveal(context, only(context), Speaker(person=FAY, request_id="reveal"))


def settle_rest(context: Context) -> None:
    """Settle all that was answered, in one step."""
    sessions.settle_rest(context, only(context), Speaker(person=FAY, request_id="settle"))


def begin(context: Context) -> None:
    """Go on to the decisions."""
    sessions.begin_deciding(context, only(context), Speaker(person=FAY, request_id="deciding"))


def accept(context: Context) -> None:
    """Decide to do the first item: the decision, its acceptance and its plan."""
    session = only(context)
    item = session_reading.look(context, session).plan.items[0]
    decided = Decided(item=item, outcome="accept", owner="Ana", course="Do it", due="2026-12-24")
    decide(context, session, Speaker(person=FAY, request_id="accept"), decided)


def close(context: Context) -> None:
    """End the session."""
    sessions.close(context, only(context), Speaker(person=FAY, request_id="close"))


STEPS: Mapping[str, Callable[[Context], None]] = {
    "reveal": reveal, "settle_rest": settle_rest, "begin": begin, "accept": accept, "close": close,
}  # fmt: skip


class Death:
    """Counts statements, commits and what is about to be told, and kills the process before the one of that number."""

    def __init__(self, moment: int) -> None:
        self.moment, self.reached = moment, 0
        for event in ("before_cursor_execute", "commit"):
            sa.event.listen(sa.Engine, event, self.comes)

    def comes(self, *_: Any) -> None:
        """One more step was reached."""
        self.reached += 1
        if self.reached == self.moment:
            os.kill(os.getpid(), signal.SIGKILL)


def lead(url: str, step: str, moment: str, notes: str) -> None:
    """Take a step, or die at that moment (0: never); ``notes`` tells that it begins, then moments and seconds."""
    context, file = context_at(url), Path(notes)
    only(context)
    death = Death(int(moment))
    file.write_text("begins")
    began = time.monotonic()
    STEPS[step](context)
    death.comes()
    file.write_text(f"told {death.reached} {time.monotonic() - began}")
    context.database.close()


def answer(url: str, moment: str, notes: str) -> None:
    """Give all answers, one save each, or die at that moment; ``notes`` gets a line for each acknowledged one."""
    context = context_at(url)
    whole = len(answers(context))
    death, began = Death(int(moment)), time.monotonic()
    with Path(notes).open("a") as told:
        for number in range(whole):
            give(context, ANA, number)
            death.comes()
            told.write(f"{number} {death.reached} {time.monotonic() - began}\n")
            told.flush()
    context.database.close()
