"""Inbox: new candidates, one card at a time: evidence first, then accept, merge or decline."""

import streamlit as st

from opex.services import reviewing
from opex.ui.card import candidate_card, waiting_list
from opex.ui.empty import nothing_loaded_if_empty
from opex.ui.session import context, may
from opex.ui.words import several

of = context()
nothing_loaded_if_empty(of)
waiting = reviewing.inbox(of)

st.title("Inbox", anchor=False)
if not waiting:
    st.write("Nothing new. What the finders proposed has been looked at; a load may bring more.")
    st.page_link(st.session_state["page_priorities"], label="Back to the priorities")
    st.stop()
st.caption(
    f"{several(len(waiting), 'candidate')} nobody has looked at. They are ranked already: look at them in any order. "
    + ("Keys: A accept, D decline, M merge, J next, K back." if may("decide") else "Keys: J next, K back.")
)
listed, card = st.columns([2, 5], gap="large")
with listed:
    chosen = waiting_list(waiting)
with card:
    candidate_card(of, chosen, waiting)
