"""What the facilitator does next: one main step, the others beside it; and how far people are."""

from collections.abc import Callable

import streamlit as st

from opex.domain.safe import markdown
from opex.review.sessions import Session
from opex.services import session_reading, sessions
from opex.services.context import Context, Speaker
from opex.ui.session import save
from opex.ui.words import several

__all__ = ["lead_bar"]


def lead_bar(of: Context, now: Session) -> None:
    """The step that comes next, where one leads."""
    if now.over:
        return
    steps: dict[str, tuple[str, Callable[[Context, str, Speaker], None], str]] = {
        "prepare": ("Open it: people answer now", sessions.open_session, "Open: people can answer."),
        "answer": ("Reveal", sessions.reveal, "Revealed."),
        "reveal": ("Go on to decisions", sessions.begin_deciding, "Now it is about what to do."),
        "decide": ("Close the session", sessions.close, "Closed: the minutes stand."),
    }
    label, step, done = steps[now.state]
    with st.container(border=True):
        if now.state == "answer":
            _progress(of, now)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(_next_step(now), width="stretch")
            key = f"lead_{now.state}_{now.version}"
            go = st.button(label, key=key, type="primary")
            if go and save(key, lambda s: step(of, now.id, s), seen=now.version, done=done):
                st.rerun()
            with st.popover("Cancel it"):
                _cancel(of, now)


def _next_step(now: Session) -> str:
    open_questions = len(now.unsettled())
    return {
        "prepare": f"You lead this session: {several(len(now.plan.items), 'item')}, "
        f"{several(len(now.plan.participants), 'participant')}.",
        "answer": "Answers are blind: you see who has answered, and not what.",
        "reveal": f"{several(open_questions, 'question')} not settled yet." if open_questions else "All is settled.",
        "decide": f"{len(now.decided)} of {several(len(now.plan.items), 'item')} decided.",
    }[now.state]


def _progress(of: Context, now: Session) -> None:
    told = session_reading.progress(of, now)
    done = sum(one.done for one in told)
    share = sum(min(one.answered, one.asked) for one in told) / max(sum(one.asked for one in told), 1)
    st.progress(share, text=f"{done} of {several(len(told), 'participant')} have answered everything")
    lines = [f"{markdown(one.person)} ({one.function}) **{one.answered}** of {one.asked}" for one in told if one.asked]
    st.markdown(" · ".join(lines))


def _cancel(of: Context, now: Session) -> None:
    words = st.text_input("Why does it not take place?", key=f"cancel_why_{now.id}", max_chars=400)
    if st.button("Cancel the session", key=f"cancel_{now.id}"):
        key = f"cancel_{now.id}_{now.version}"
        if save(key, lambda s: sessions.cancel(of, now.id, s, words=words), seen=now.version, done="Cancelled."):
            st.rerun()
