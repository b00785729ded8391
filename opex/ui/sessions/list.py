"""The list of sessions: open, coming, closed; and preparing one."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from opex.domain.safe import markdown
from opex.domain.sessions import INSIGHT, REMOVAL, SessionPlanned
from opex.review.sessions import STATES, Session
from opex.services import session_reading, sessions
from opex.services.context import Context
from opex.ui.session import may, my_name, person, save
from opex.ui.words import day, several

__all__ = ["enter", "session_list"]

FIRST = 10
CUT = 5
REMOVING = ("product", "engineering", "operations")


def session_list(of: Context) -> None:
    """Every session in a sentence each, those that need somebody first."""
    every = session_reading.sessions(of)
    running = [one for one in every if not one.over]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.title("Sessions", anchor=False, width="content")
        st.space("stretch")
        if may("decide") and st.button("Prepare a session", key="session_new", type="primary"):
            _prepare(of, _fresh(of))
    st.markdown(_sentence(every, running))
    _proposed(of)
    for one in running:
        _row(of, one)
    closed = [one for one in every if one.over]
    if closed:
        st.subheader("Before", anchor=False)
        for one in closed[:20]:
            _row(of, one)


def _sentence(every: Sequence[Session], running: Sequence[Session]) -> str:
    if not every:
        return (
            "No session yet. In a session people say blind whether each insight holds and what it is worth; the group "
            "then talks only about where they differ and where it would change what is done."
        )
    return f"{several(len(running), 'session')} under way, {len(every) - len(running)} before."


def _row(of: Context, one: Session) -> None:
    asked, left = _left(of, one)
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        until = one.plan.due if one.state in {"prepare", "answer"} else None
        due = f", answers until {date.fromisoformat(until):%-d %b %Y}" if until else ""
        due += f" since {day(one.at[one.state])}" if one.over else ""
        yours = f" · {left} of your {several(asked, 'question')} left to answer" if left else ""
        yours = yours or (" · you have answered everything" if asked else "")
        st.markdown(
            f"**{markdown(one.plan.title)}** {STATES[one.state]}{due}  \n"
            f"{several(len(one.plan.items), 'opportunity').replace('opportunitys', 'opportunities')} · "
            f"{several(len(one.plan.participants), 'participant')}{yours}",
            width="stretch",
        )
        label = "Answer" if left else "Enter"
        if st.button(label, key=f"enter_{one.id}", type="primary" if left else "secondary"):
            enter(one.id)


def _left(of: Context, one: Session) -> tuple[int, int]:
    """How many questions whoever looks is asked now, and how many of them are left."""
    me = my_name()
    if one.state != "answer" or me not in one.plan.participants:
        return 0, 0
    now = session_reading.look(of, one.id, me)
    asked = session_reading.asked(of, now, me)
    return len(asked), sum(now.mine(me, *question) is None for question in asked)


def enter(session: str) -> None:
    """Go into the session of that id; its address says so, for colleagues too."""
    st.query_params["session"] = session
    st.rerun()


def _proposed(of: Context) -> None:
    plan = session_reading.proposed_next(of) if may("decide") else None
    if plan is None or plan.due is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(
            f"The next “{markdown(plan.title)}” is due on **{date.fromisoformat(plan.due):%-d %b %Y}** "
            f"({plan.rhythm}), about today's first {len(plan.items)}.",
            width="stretch",
        )
        if st.button("Prepare it", key="session_next"):
            _prepare(of, plan)


def _fresh(of: Context) -> SessionPlanned | None:
    """A plan to begin with: the first ten, everybody, what each function can judge."""
    me = person()
    people = session_reading.everybody(of) or ({me.name: me.function} if me else {})
    items = session_reading.first_items(of, FIRST)
    if not items or not people:
        return None
    rated = [question for question in session_reading.questions(of) if question not in {INSIGHT, REMOVAL}]
    asked = {f: [INSIGHT, *rated, *([REMOVAL] if f in REMOVING else [])] for f in set(people.values())}
    today = of.now().date()
    return SessionPlanned(
        title=f"Review of {today:%-d %B %Y}", items=items, cut=min(CUT, len(items)), asked=asked, participants=people
    )


def _prepare(of: Context, plan: SessionPlanned | None) -> None:
    if plan is None:
        st.error("Say who you are first (at the side), so that there is somebody to ask.")
        return
    made: list[str] = []
    if save("session_new", lambda s: made.append(sessions.plan(of, plan, s)), done="Prepared: nobody is asked yet."):
        enter(made[0])
