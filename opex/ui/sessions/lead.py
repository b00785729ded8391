"""What the facilitator does next: one main step, the others beside it; and how far people are."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from opex.domain.safe import markdown
from opex.export.calendar import Waiting, reminder, reminder_list
from opex.review.sessions import Session
from opex.services import positions, prioritising, session_reading, sessions
from opex.services.context import Context, Speaker
from opex.ui.door import stay_in
from opex.ui.revision import address
from opex.ui.session import save
from opex.ui.sessions.change import change_view
from opex.ui.sessions.links import link_to
from opex.ui.watch import watch
from opex.ui.words import several

__all__ = ["lead_bar"]


def lead_bar(of: Context, now: Session) -> None:
    """The step that comes next, where one leads."""
    if now.over:
        return
    label = _STEPS[now.state].label
    with st.container(border=True):
        if now.state == "answer":
            _progress(of, now)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(_next_step(of, now), width="stretch")
            if st.button(label, key=f"lead_{now.state}_{now.version}", type="primary"):
                if warning := _too_early(of, now):
                    _sure(of, now, warning)
                else:
                    _take(of, now)
            if now.state == "answer":
                with st.popover("Invite more, change the day"):
                    change_view(of, now.id)
            with st.popover("Cancel it"):
                _cancel(of, now)


@dataclass(frozen=True)
class _Step:
    """What leads out of a state: the words on its button, what it does, and what is said when it is done."""

    label: str
    take: Callable[[Context, str, Speaker], None]
    done: str


_STEPS = {
    "prepare": _Step("Open it: people answer now", sessions.open_session, "Open: people can answer."),
    "answer": _Step("Reveal", sessions.reveal, "Revealed."),
    "reveal": _Step("Go on to decisions", sessions.begin_deciding, "Now it is about what to do."),
    "decide": _Step("Close the session", sessions.close, "Closed: the minutes stand."),
}


def _take(of: Context, now: Session) -> None:
    step = _STEPS[now.state]
    key = f"lead_{now.state}_{now.version}"
    if save(key, lambda s: step.take(of, now.id, s), seen=now.version, done=step.done):
        st.rerun()


def _too_early(of: Context, now: Session) -> str:
    """What is not done yet of what the step ends for good; empty where nothing is lost."""
    if now.state == "answer":
        waiting = [one.person for one in session_reading.progress(of, now) if not one.done]
        if waiting:
            people = ", ".join(waiting)
            return f"Not answered everything yet: {people}. What they have not said by the reveal is not heard."
    if now.state == "decide" and (left := _shown(of, now) - len(now.decided)):
        return f"{several(left, 'item')} without a decision. A closed session is not opened again."
    return ""


@st.dialog("Now?")
def _sure(of: Context, now: Session, warning: str) -> None:
    stay_in(of)
    st.markdown(markdown(warning))
    if st.button(f"{_STEPS[now.state].label} now", key=f"sure_{now.id}_{now.version}", type="primary"):
        _take(of, now)


def _next_step(of: Context, now: Session) -> str:
    open_questions = len(session_reading.unsettled(of, now))
    return {
        "prepare": f"{several(len(now.plan.items), 'item')}, {several(len(now.plan.participants), 'participant')}: "
        "nobody is asked before it is opened.",
        "answer": "Answers are blind: you see who has answered, and not what.",
        "reveal": f"{several(open_questions, 'question')} not settled yet." if open_questions else "All is settled.",
        "decide": f"{len(now.decided)} of {several(_shown(of, now), 'item')} decided.",
    }[now.state]


def _shown(of: Context, now: Session) -> int:
    """How many of its items whoever leads may see; decisions about the others are not counted either."""
    known = prioritising.everything(of)
    return sum(item in known for item in now.plan.items)


@st.fragment
def _progress(of: Context, now: Session) -> None:
    """Who has answered how much; it follows within two seconds, and redraws only itself."""
    stay_in(of)
    at = positions.position(of, now.id, True, decisions=False)
    told = session_reading.progress(of, now)
    watch(address(now.id, of.name, progress=True, decisions=False), at, key=f"watch_progress_{now.id}")
    done = sum(one.done for one in told)
    share = sum(min(one.answered, one.asked) for one in told) / max(sum(one.asked for one in told), 1)
    st.progress(share, text=f"{done} of {several(len(told), 'participant')} have answered everything")
    lines = [f"{markdown(one.person)} ({one.function}) **{one.answered}** of {one.asked}" for one in told if one.asked]
    st.markdown(" · ".join(lines))
    waiting = [
        Waiting(name=one.person, missing=one.asked - one.answered, asked=one.asked) for one in told if not one.done
    ]
    if waiting:
        with st.popover(f"Remind {several(len(waiting), 'person').replace('persons', 'people')}"):
            _remind(of, now, waiting)


def _remind(of: Context, now: Session, waiting: list[Waiting]) -> None:
    link = link_to(now.id)
    st.markdown("opex sends no mail: copy this to where people read it.")
    st.code(
        reminder_list(title=now.plan.title, due=now.plan.due, link=link, waiting=waiting),
        language=None,
        wrap_lines=True,
    )
    if now.plan.due is None:
        st.caption("With a day until which people answer there would be a calendar file too.")
        return
    made = reminder(session=now.id, title=now.plan.title, due=now.plan.due, link=link, made_at=of.now())
    st.download_button(
        "A calendar file (.ics)", made, f"reminder-{now.id[-8:]}.ics", "text/calendar", on_click="ignore",
        key=f"ics_{now.id}",
    )  # fmt: skip


def _cancel(of: Context, now: Session) -> None:
    words = st.text_input("Why does it not take place?", key=f"cancel_why_{now.id}", max_chars=400)
    if st.button("Cancel the session", key=f"cancel_{now.id}"):
        key = f"cancel_{now.id}_{now.version}"
        if save(key, lambda s: sessions.cancel(of, now.id, s, words=words), seen=now.version, done="Cancelled."):
            st.rerun()
