"""Load: drop files, see what we understood, load. Loading twice changes nothing."""

import streamlit as st

from opex.ui.freshness import newest_load, sources
from opex.ui.load import load_step, understood
from opex.ui.loads import history_table
from opex.ui.session import context
from opex.ui.uploads import brought

of = context()
st.title("Load", anchor=False)
st.markdown(newest_load(of))
files = brought(of)
ready = understood(of, files) if files else None
load_step(of, ready)
sources(of)
history_table(of)
