"""One session: what its look is follows its state, and whether one leads it or takes part."""

from collections.abc import Callable, Mapping

import streamlit as st

from opex.domain.safe import markdown
from opex.export.qr import qr_png
from opex.review.sessions import STATES, Session
from opex.services import positions, session_reading
from opex.services.context import Context
from opex.ui.landing import landing
from opex.ui.revision import address
from opex.ui.session import may, my_name
from opex.ui.sessions.answer import answer_view
from opex.ui.sessions.closed import closed_view
from opex.ui.sessions.decide import decide_view
from opex.ui.sessions.history import history
from opex.ui.sessions.lead import lead_bar
from opex.ui.sessions.links import link_to
from opex.ui.sessions.plan import plan_told, plan_view
from opex.ui.sessions.promises import promises_told
from opex.ui.sessions.reveal import reveal_view
from opex.ui.watch import watch
from opex.ui.words import day, moment

__all__ = ["session_room"]

VIEWS: Mapping[str, Callable[[Context, Session], None]] = {
    "answer": answer_view,
    "reveal": reveal_view,
    "decide": decide_view,
    "closed": closed_view,
    "cancelled": closed_view,
}


def session_room(of: Context, session: str) -> None:
    """The session of that id as it stands, or as it stood after the entry that the address names."""
    until = st.query_params.get("until", "")
    if until.isdecimal() and len(until) < 19:
        _earlier(of, session, int(until))
        return
    said, at = (positions.position(of, session, decisions=all_) for all_ in (False, True))  # before what they tell of
    now = session_reading.look(of, session, my_name())
    _head(of, now)
    answering = now.state == "answer"
    if not now.over:
        watch(
            address(session, of.name, decisions=not answering), said if answering else at,
            key=f"watch_{session}_{answering}",
        )  # fmt: skip
    if now.state in {"prepare", "reveal", "decide"}:
        promises_told(of, now)
    if now.state == "prepare":
        plan_view(of, now) if may("decide") else plan_told()
    else:
        VIEWS[now.state](of, now)


def _head(of: Context, now: Session) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.title(markdown(now.plan.title), anchor=False, width="content")
        st.space("stretch")
        if not now.over:
            with st.popover("Invite"):
                _invite(now)
        history(of, now.id)
        if st.button("All sessions", key="session_leave", type="tertiary"):
            for name in ("session", "until"):
                st.query_params.pop(name, None)
            st.rerun()
    people = ", ".join(f"{name} ({function})" for name, function in sorted(now.plan.participants.items())[:12])
    more = f" and {len(now.plan.participants) - 12} more" if len(now.plan.participants) > 12 else ""
    told = f"It {STATES[now.state]} · led by {now.facilitator} · {people}{more}"
    landing(told, at=now.state, key=f"state_{now.id}")
    if may("decide"):
        lead_bar(of, now)


def _invite(now: Session) -> None:
    link = link_to(now.id)
    st.markdown("Send this link, or let people point a phone at the code. It works for those who may open opex.")
    st.code(link, language=None, wrap_lines=True)
    st.image(qr_png(link), width=220)
    if "localhost" in link or "127.0.0.1" in link:
        st.caption("This opex answers its own machine only: colleagues reach it once it is served to a team.")


def _earlier(of: Context, session: str, until: int) -> None:
    then = session_reading.look(of, session, my_name(), until=until)
    st.title(markdown(then.plan.title), anchor=False)
    last = next((e for e in reversed(session_reading.history(of, session)) if e.seq <= until), None)
    when = moment(last.at) if last else day(then.at["prepare"])
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        state = STATES[then.state].replace("is ", "was ", 1)
        st.markdown(f"As it stood on **{when}**: it {state}. Nothing can be changed here.", width="stretch")
        if st.button("Back to now", key="until_now", type="primary"):
            st.query_params.pop("until", None)
            st.rerun()
    closed_view(of, then)
