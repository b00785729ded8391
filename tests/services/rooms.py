"""Sessions on the sample data as tests need them: who takes part, what they are asked, how far it is."""

from dataclasses import replace

from opex.domain.people import Person
from opex.domain.problems import NotEnoughData
from opex.domain.sessions import SessionPlanned, Value
from opex.review.sessions import Session
from opex.services import prioritising, session_reading, sessions
from opex.services.context import Context, Speaker

ANA = Person(name="Ana", function="product")
BO = Person(name="Bo", function="security")
CY = Person(name="Cy", function="engineering")
FAY = Person(name="Fay", function="leadership")
ASKED = {
    "product": ["insight", "strategic_value", "removal"],
    "engineering": ["insight", "strategic_value", "removal"],
    "security": ["insight", "compliance"],
}


def says(person: Person) -> Speaker:
    return Speaker(person=person)


def planned(context: Context, count: int = 4, **changes: object) -> SessionPlanned:
    plan = SessionPlanned(
        title="March", items=session_reading.first_items(context, count), cut=2, asked=ASKED,
        participants={"Ana": "product", "Bo": "security", "Cy": "engineering"},
    )  # fmt: skip
    return replace(plan, **changes)  # type: ignore[arg-type]


def opened(context: Context, **changes: object) -> tuple[str, tuple[str, ...]]:
    plan = planned(context, **changes)  # type: ignore[arg-type]
    session = sessions.plan(context, plan, says(FAY))
    sessions.open_session(context, session, says(FAY))
    return session, plan.items


def answer(context: Context, session: str, person: Person, item: str, question: str, value: Value) -> None:
    sessions.answer(context, session, says(person), item, question, value)


def revealed(context: Context) -> tuple[str, tuple[str, ...]]:
    session, items = opened(context)
    for item in items:
        answer(context, session, ANA, item, "strategic_value", 4)
        answer(context, session, CY, item, "strategic_value", 1)
        answer(context, session, BO, item, "compliance", 2)
    sessions.reveal(context, session, says(FAY))
    return session, items


def seen(context: Context, session: str, person: str = "") -> Session:
    return session_reading.look(context, session, person)


def values_of(context: Context, item: str) -> dict[str, float | None]:
    order = prioritising.priorities(context)
    assert not isinstance(order, NotEnoughData)
    return next(one for one in order.items if one.id == item).values


def at_decisions(context: Context) -> tuple[str, tuple[str, ...]]:
    session, items = revealed(context)
    sessions.begin_deciding(context, session, says(FAY))
    return session, items
