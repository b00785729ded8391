"""The position of a session moves exactly when somebody sees something new, and tells nothing but numbers."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from opex.domain.decisions import Commented, Person, Saying
from opex.domain.sessions import Answered, Revealed, SessionPlanned, subject
from opex.services.context import Context
from opex.services.positions import NoSuchSession, position
from opex.store import sayings
from opex.store.audit import By
from tests.conftest import NOW, context_at

ANA = Person(name="Ana", function="product")
PLAN = SessionPlanned(
    title="March", items=("theme-1",), cut=1, asked={"product": ["insight"]}, participants={"Ana": "product"}
)
ANSWER = Answered(item="theme-1", question="insight", value="holds", seal="a1")


@pytest.fixture
def both(url: str) -> Iterator[Context]:
    """An empty workspace on SQLite, and again on PostgreSQL."""
    made = context_at(url)
    yield made
    made.database.close()


def say(of: Context, session: str | None, about: str, saying: Saying) -> None:
    by = By(at=NOW, person=ANA.name)
    sayings.append(of.database, [(about, saying)], request_id=uuid4().hex, by=by, person=ANA, session=session)


def test_the_position_moves_with_each_entry_that_people_see_and_with_each_decision(both: Context) -> None:
    say(both, "s-1", "s-1", PLAN)
    planned = position(both, "s-1"), position(both, "s-1", progress=True)
    say(both, "s-1", subject("s-1", "theme-1", "insight"), ANSWER)
    answered = position(both, "s-1"), position(both, "s-1", progress=True)
    say(both, None, "theme-1", Commented(text="outside of any session"))
    remarked = position(both, "s-1"), position(both, "s-1", progress=True)
    say(both, "s-1", "s-1", Revealed())
    revealed = position(both, "s-1"), position(both, "s-1", progress=True)

    assert planned == ("1.0", "1.0.0")
    assert answered == ("1.0", "1.0.2")  # an answer moves the facilitator's page only
    assert remarked == ("1.1", "1.1.2")
    assert revealed == ("4.1", "4.1.2")


def test_a_session_that_nobody_planned_has_no_position_whatever_it_is_called(both: Context) -> None:
    say(both, "s-1", "s-1", PLAN)
    for unknown in ("s-2", "", "s-1'--", "%", "é" * 500, "s-1\x00"):
        with pytest.raises(NoSuchSession):
            position(both, unknown)


def test_one_session_does_not_move_another(both: Context) -> None:
    say(both, "s-1", "s-1", PLAN)
    before = position(both, "s-1", progress=True)
    say(both, "s-2", "s-2", PLAN)
    say(both, "s-2", subject("s-2", "theme-1", "insight"), ANSWER)
    assert position(both, "s-1", progress=True) == before
