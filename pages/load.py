"""Load: drop files, see what we understood, load. Loading twice changes nothing."""

import streamlit as st

from opex.ui.load import history_table, load_button, understood, uploads
from opex.ui.session import context

of = context()
st.title("Load", anchor=False)
asked, paths = uploads(of)
if paths:
    ready = understood(of, asked, paths)
    if ready is not None:
        load_button(of, ready, paths)
history_table(of)
