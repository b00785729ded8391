"""While people answer: more of them, another day, another note. What is asked stands."""

from dataclasses import replace
from datetime import date

import streamlit as st

from opex.domain.people import FUNCTIONS, Person
from opex.domain.safe import markdown
from opex.domain.sessions import SessionPlanned
from opex.review.sessions import Session
from opex.services import reviewing, session_reading, sessions
from opex.services.context import Context, Speaker
from opex.ui.door import stay_in
from opex.ui.session import my_name, save

__all__ = ["change_view"]


@st.fragment
def change_view(of: Context, session: str) -> None:
    """What is changed here is laid upon the plan as it stands; a colleague's change meanwhile refuses it once."""
    stay_in(of)
    now = session_reading.look(of, session, my_name())
    key = f"change_{session}_{st.session_state.setdefault(f'changes_{session}', 0)}"
    begun: Session = st.session_state.setdefault(f"begun_{key}", now)
    known = {n: f for n, f in session_reading.everybody(of).items() if n not in begun.plan.participants}
    added = _added(of, now, known, key)
    unasked = [markdown(name) for name, function in added.items() if not now.plan.asked.get(function)]
    if unasked:
        st.warning(f"Choose for which function {', '.join(unasked)} should answer: their own is asked nothing here.")
    wanted = _laid_upon(now.plan, begun.plan, {} if unasked else added, key)
    if st.button("Save the change", key=f"save_{key}", type="primary", disabled=bool(unasked)):
        if wanted == now.plan:
            st.error("Nothing is changed yet.")
        elif _saved(of, now, wanted, {*added} - {*known}, key):
            st.session_state[f"changes_{session}"] += 1  # the next one begins with what is saved
            st.rerun()
    elif wanted == now.plan and not added and begun.version != now.version:
        st.session_state[f"changes_{session}"] += 1
        st.rerun()


def _added(of: Context, now: Session, known: dict[str, str], key: str) -> dict[str, str]:
    """Who is invited, and for which function they answer."""
    chosen = st.multiselect(
        "Invite", sorted(known), format_func=lambda name: f"{name} ({known[name]})" if name in known else name,
        key=f"more_{key}", accept_new_options=not of.team, placeholder="Names",
    )  # fmt: skip
    asked = [function for function in FUNCTIONS if now.plan.asked.get(function)]
    function = st.selectbox("They answer for", asked, None, key=f"for_{key}", placeholder="their own function")
    return {name: function or known.get(name, "") for name in chosen}


def _laid_upon(plan: SessionPlanned, begun: SessionPlanned, added: dict[str, str], key: str) -> SessionPlanned:
    """The plan as it stands with what was changed here; what was left alone stays as colleagues have it."""
    began_due = date.fromisoformat(begun.due) if begun.due else None
    day = st.date_input("People answer until", began_due, key=f"due_{key}", format="YYYY-MM-DD")
    note = st.text_area("What people should know", begun.note, key=f"note_{key}", height=80, max_chars=4000)
    due = day.isoformat() if isinstance(day, date) else None
    return replace(
        plan, participants={**plan.participants, **added}, due=due if due != begun.due else plan.due,
        note=note if note != begun.note else plan.note,
    )  # fmt: skip


def _saved(of: Context, now: Session, wanted: SessionPlanned, new: set[str], key: str) -> bool:
    def write(speaker: Speaker) -> None:
        for name in new:
            reviewing.remember(of, Person(name=name, function=wanted.participants[name]))
        sessions.plan(of, wanted, speaker, session=now.id)

    seen = st.session_state.setdefault(f"seen_{key}", st.session_state[f"begun_{key}"].version)
    saved = save(f"{key}_{now.version}", write, seen=seen, done="Changed: who is new is asked now.")
    st.session_state[f"seen_{key}"] = now.version
    return saved
