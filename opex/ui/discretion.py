"""Who sees it: restrict an opportunity or an incident to some roles, for those who may decide."""

import streamlit as st

from opex.domain.people import ROLES, may
from opex.services import discretion, permissions
from opex.services.context import Context
from opex.ui.session import again, save

__all__ = ["who_sees"]


def who_sees(of: Context, subject: str, title: str, *, seen: int | None = None) -> None:
    """A form to choose the roles; nothing for who may not decide."""
    if not may(permissions.role(of), "decide"):
        return
    now = discretion.seen_by(of, subject)
    restricted = len(now) < len(ROLES)
    with st.expander(f"{title}: {', '.join(now) if restricted else 'everybody'}"), st.form(f"seen_by_{subject}"):
        roles = st.multiselect("Roles that see it", list(ROLES), list(now), key=f"seen_by_roles_{subject}")
        words = st.text_input("Why", key=f"seen_by_why_{subject}", max_chars=400)
        st.caption("Others see neither its words nor what was said of it; ranks and counts stay the same for all.")
        if not st.form_submit_button("Save"):
            return
        if not roles:
            st.error("Name the roles that see it: with all of them named everybody does.")
            return
        wanted = [] if len(roles) == len(ROLES) else roles
        again(save(f"seen_by_{subject}", lambda s: discretion.restrict(of, subject, wanted, s, words), seen=seen))
