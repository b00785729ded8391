"""What the session before promised, and what came of it: a session opens with it."""

import streamlit as st

from opex.domain.safe import markdown
from opex.review.sessions import Session
from opex.services import session_reading
from opex.services.context import Context
from opex.ui.words import several

__all__ = ["promises_told"]


def promises_told(of: Context, now: Session) -> None:
    """Each decision of the session before with its status of today; nothing where none closed before."""
    told = session_reading.promises(of, now)
    if not told:
        return
    with st.expander(f"What was promised last time ({len(told)})", expanded=now.state == "prepare"):
        for one in told:
            late = " · **overdue**" if one.overdue else ""
            since = f" · {several(one.incidents_since, 'incident')} since" if one.incidents_since else ""
            st.markdown(f"**{markdown(one.title)}** {markdown(one.decided.told)} · now {one.status}{late}{since}")
