"""The journal in memory is the journal in the workspace, whoever wrote it and whatever was forgotten."""

from opex.domain.decisions import Commented, Person
from opex.domain.sessions import SessionOpened
from opex.services import forgetting, spoken
from opex.services.context import Context, Speaker
from opex.services.writing import write
from opex.store import sayings
from tests.conftest import context_at

ANA, BO = Person(name="Ana", function="product"), Person(name="Bo", function="security")


def test_what_another_process_says_is_read_and_nothing_is_read_twice(context: Context) -> None:
    other = context_at(str(context.database.engine.url))
    assert spoken.entries(context) == ()
    for number in range(3):
        write(other, "x", Commented(text=f"{number}"), Speaker(person=ANA))
        write(other, "s", SessionOpened(), Speaker(person=ANA, session="s"))  # read with its session only
        assert list(spoken.entries(context)) == sayings.entries(other.database)
    first = spoken.entries(context)
    write(other, "x", Commented(text="more"), Speaker(person=BO))
    assert spoken.entries(context)[:3] == first
    assert [a is b for a, b in zip(first, spoken.entries(context), strict=False)] == [True] * 3
    other.database.close()


def test_a_name_that_was_forgotten_elsewhere_is_forgotten_here(context: Context) -> None:
    other = context_at(str(context.database.engine.url))
    write(context, "x", Commented(text="as Bo says"), Speaker(person=ANA))
    write(context, "x", Commented(text="hm"), Speaker(person=BO))
    assert len(spoken.entries(context)) == 2
    forgetting.forget(other, "Bo", Speaker(person=ANA))
    told = [(entry.person.name, entry.saying) for entry in spoken.entries(context)]
    assert told == [
        ("Ana", Commented(text="as Forgotten person 1 says")),
        ("Forgotten person 1", Commented(text="hm")),
    ]
    other.database.close()
