"""A page that watches a session and counts its own runs."""

import time

import streamlit as st

from opex.services.positions import position
from opex.ui.revision import address
from opex.ui.session import named
from opex.ui.watch import watch

st.title("The watch")
asked = st.query_params
session = asked.get("session", "s-1")
of = named(None)
now = position(of, session, progress=True)
moved = watch(address(session, of.name, progress=True), now, key="watch", seconds=float(asked.get("seconds", "0.5")))
st.session_state["runs"] = st.session_state.get("runs", 0) + 1
st.session_state["told"] = st.session_state.get("told", 0) + bool(moved)
if "slow" in asked:
    time.sleep(1.5)
st.text_area("Words")
st.radio("Choice", ["a", "b"])
st.button("Again")
st.text(f"position {now}, run {st.session_state['runs']}, told {st.session_state['told']}")
