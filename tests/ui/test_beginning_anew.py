"""Fields that begin anew, follow or stay: what is saved is what a person typed and nothing else."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from opex.domain.decisions import Described
from opex.domain.people import Person
from opex.domain.sessions import SessionPlanned
from opex.services import discretion, reviewing, session_reading, sessions
from opex.services.context import Speaker
from tests.conftest import context_at
from tests.services.sample import copy_to

ANA, BEN = Person(name="Ana", function="product"), Person(name="Ben", function="security")


def following() -> None:
    import streamlit as st

    from opex.ui.session import begin_anew, follow, turn

    key = f"owner_{turn('form')}"
    follow(key, st.session_state.get("known", "nobody"))
    st.text_input("Owner", key=key)
    if st.button("Save"):
        begin_anew("form")
        st.rerun()


def test_a_field_that_nobody_changed_follows_and_one_that_somebody_changed_stays_until_it_is_saved() -> None:
    app = AppTest.from_function(following).run()
    app.session_state["known"] = "Dee"
    assert app.run().text_input[0].value == "Dee"
    app.text_input[0].set_value("Cy").run()
    app.session_state["known"] = "Eli"
    assert app.run().text_input[0].value == "Cy"
    assert app.button[0].click().run().text_input[0].value == "Eli"


def who(url: str) -> None:
    from opex.ui.session import who_picker
    from tests.conftest import context_at

    of = context_at(url)
    who_picker(of)
    of.database.close()


def test_a_function_that_a_colleague_gave_is_not_taken_back_by_looking(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'own.db'}"
    of = context_at(url)
    for person in (ANA, BEN):
        reviewing.remember(of, person)
    app = AppTest.from_function(who, args=(url,)).run()
    app.selectbox(key="me").select("Ana").run()
    assert app.selectbox(key="my_function").value == "product"
    reviewing.remember(of, Person(name="Ana", function="leadership"))
    assert app.run().selectbox(key="my_function").value == "leadership"
    app.selectbox(key="my_function").select("operations").run()
    app.selectbox(key="me").select("Ben").run()
    assert {one.name: one.function for one in reviewing.people(of)} == {"Ana": "operations", "Ben": "security"}
    of.database.close()


def planning(url: str, session: str) -> None:
    from opex.services import session_reading
    from opex.ui.sessions.plan import plan_view
    from tests.conftest import context_at

    of = context_at(url)
    plan_view(of, session_reading.look(of, session))
    of.database.close()


def test_what_a_colleague_changed_of_a_plan_is_taken_over_and_not_overwritten(tmp_path: Path) -> None:
    url = copy_to(tmp_path)
    of = context_at(url)
    items = session_reading.first_items(of, 2)
    plan = SessionPlanned(
        title="March", items=items, cut=1, asked={"product": ["insight"]}, participants={"Ana": "product"}
    )
    session = sessions.plan(of, plan, Speaker(person=ANA))
    app = AppTest.from_function(planning, args=(url, session), default_timeout=60)
    app.session_state["me"] = "Ben"
    app.run()

    def title() -> str:
        return str(next(field for field in app.text_input if field.label == "Title").value)

    def renamed(name: str) -> None:
        from dataclasses import replace

        now = session_reading.look(of, session)
        sessions.plan(of, replace(now.plan, title=name), Speaker(person=ANA), session=session)

    # nothing was changed here: the page follows
    renamed("April")
    app.run()
    assert (title(), [one.value for one in app.warning]) == ("April", [])
    # a note was changed here at the same moment: theirs is taken
    renamed("May")
    next(field for field in app.text_area if field.label == "What people should know").set_value("Bring figures").run()
    next(button for button in app.button if button.label == "Take theirs").click().run()
    assert title() == "May"
    # what cannot be is said, and the plan as it was saved stands
    next(field for field in app.multiselect if field.label == "Opportunities").set_value([]).run()
    assert [one.value for one in app.warning] == [
        "Choose at least one opportunity: a session about nothing has nothing to settle. "
        "The plan as it was saved before still stands."
    ]
    plan = session_reading.look(of, session).plan
    assert (plan.title, plan.note, plan.items) == ("May", "", items)
    of.database.close()


def answering(url: str, session: str) -> None:
    from opex.services import session_reading
    from opex.ui.sessions.answer import answer_view
    from tests.conftest import context_at

    of = context_at(url)
    answer_view(of, session_reading.look(of, session, "Ana"))
    of.database.close()


def test_an_answer_that_was_given_in_another_window_stands_beside_its_mark(tmp_path: Path) -> None:
    url = copy_to(tmp_path)
    of = context_at(url)
    items = session_reading.first_items(of, 1)
    plan = SessionPlanned(
        title="March", items=items, cut=1, asked={"product": ["insight", "compliance"]}, participants={"Ana": "product"}
    )
    session = sessions.plan(of, plan, Speaker(person=ANA))
    sessions.open_session(of, session, Speaker(person=ANA))
    app = AppTest.from_function(answering, args=(url, session), default_timeout=60)
    app.session_state["me"], app.session_state["my_function"] = "Ana", "product"
    app.run().button_group[0].set_value("holds").run()
    assert (app.button_group[0].value, app.caption[-2].value) == ("holds", "✓ saved")
    given = session_reading.look(of, session, "Ana").mine("Ana", items[0], "insight")
    assert given is not None
    sessions.answer(of, session, Speaker(person=ANA, seen=given.seq), items[0], "insight", "wrong", words="A drill")
    app.radio[0].set_value(app.radio[0].options[0]).run()
    assert (app.button_group[0].value, app.text_input[0].value) == ("wrong", "A drill")
    of.database.close()


def accepting(url: str, item: str) -> None:
    import streamlit as st

    from opex.domain.priorities import Priorities
    from opex.services import prioritising
    from opex.ui.sessions.decide import _accept
    from tests.conftest import context_at

    of = context_at(url)
    order = prioritising.priorities(of)
    assert isinstance(order, Priorities)
    if not st.toggle("Look at another one"):
        _accept(of, prioritising.one(of, item), order, "here")
    of.database.close()


def test_an_action_that_was_typed_stays_and_an_owner_that_nobody_typed_is_the_colleagues(tmp_path: Path) -> None:
    url = copy_to(tmp_path)
    of = context_at(url)
    (item,) = session_reading.first_items(of, 1)
    app = AppTest.from_function(accepting, args=(url, item), default_timeout=60)
    app.session_state["me"] = "Fay"
    app.run()
    assert app.text_input(key="owner_here").value == "Fay"
    app.text_area(key="course_here").set_value("Behind a cache").run()
    reviewing.say(of, item, Described(action="Buy a bigger one", owner="Dee"), Speaker(person=ANA))
    app.run()
    assert (app.text_area(key="course_here").value, app.text_input(key="owner_here").value) == ("Behind a cache", "Dee")
    app.toggle[0].set_value(True).run()
    assert not app.text_area
    app.toggle[0].set_value(False).run()
    assert (app.text_area(key="course_here").value, app.text_input(key="owner_here").value) == ("Behind a cache", "Dee")
    of.database.close()


def restricting(url: str, item: str) -> None:
    from opex.services import prioritising
    from opex.ui.discretion import who_sees
    from tests.conftest import context_at

    of = context_at(url)
    who_sees(of, item, "Who sees this", seen=prioritising.one(of, item).version)
    of.database.close()


def test_a_restriction_is_not_lifted_by_naming_nobody(tmp_path: Path) -> None:
    url = copy_to(tmp_path)
    of = context_at(url)
    (item,) = session_reading.first_items(of, 1)
    discretion.restrict(of, item, ["administrator"], Speaker(person=ANA))
    app = AppTest.from_function(restricting, args=(url, item), default_timeout=60)
    app.session_state["me"] = "Ana"
    app.run().multiselect[0].set_value([])
    app.button[0].click().run()
    assert [one.value for one in app.error] == ["Name the roles that see it: with all of them named everybody does."]
    assert discretion.seen_by(of, item) == ("administrator",)
    of.database.close()
