"""Priorities: what comes first, why, how sure is that, what does it cost, who decided."""

import streamlit as st

from opex.domain.problems import NotEnoughData
from opex.domain.safe import markdown
from opex.services import prioritising
from opex.ui.board import board_view, export_menu
from opex.ui.empty import nothing_loaded, nothing_loaded_if_empty
from opex.ui.propose import propose_dialog
from opex.ui.session import context, may, progress
from opex.ui.words import day

of = context()
nothing_loaded_if_empty(of)

with progress("Looking for what comes first") as told:
    board = prioritising.board(of, progress=told)
if isinstance(board, NotEnoughData):
    nothing_loaded(of)
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom"):
    st.title("Priorities", anchor=False, width="content")
    st.space("stretch")
    if may("say") and st.button("Propose …", key="propose_open", help="An improvement that no incident shows"):
        propose_dialog(of)
    with st.container(width="content"):
        export_menu(of)
quiet = board.newest_incident is not None and (board.as_of - board.newest_incident).days > 7
until = f" (the newest incident is of {day(board.newest_incident)})" if quiet and board.newest_incident else ""
st.caption(f"as of {day(board.as_of)}{until} · drivers {markdown(board.drivers.label)} · workspace {markdown(of.name)}")
board_view(of)
