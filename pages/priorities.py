"""Priorities: what comes first, why, how sure is that, what does it cost, who decided."""

import streamlit as st

from opex.domain.problems import NotEnoughData
from opex.services import prioritising
from opex.ui.board import board_view, export_menu
from opex.ui.empty import nothing_loaded, nothing_loaded_if_empty
from opex.ui.session import context, progress
from opex.ui.words import day

of = context()
nothing_loaded_if_empty(of)

with progress("Looking for what comes first") as told:
    board = prioritising.board(of, progress=told)
if isinstance(board, NotEnoughData):
    nothing_loaded(of)
    st.stop()

title, export = st.columns([5, 1], vertical_alignment="bottom")
title.title("Priorities", anchor=False)
title.caption(f"as of {day(board.as_of)} · drivers {board.drivers.label} · workspace {of.name}")
with export:
    export_menu(of)
board_view(of, board)
