"""Sessions: what does the group think of the ranking, where does it differ, and what was decided?"""

import streamlit as st

from opex.domain.problems import Refused
from opex.domain.safe import markdown
from opex.ui.empty import nothing_loaded_if_empty
from opex.ui.session import context
from opex.ui.sessions.list import session_list
from opex.ui.sessions.room import session_room

of = context()
nothing_loaded_if_empty(of)
chosen = st.query_params.get("session")
try:
    if chosen is None:
        session_list(of)
    else:
        session_room(of, chosen)
except Refused as refusal:
    st.error(markdown(str(refusal)))
    if st.button("All sessions", key="sessions_back"):
        st.query_params.pop("session", None)
        st.rerun()
