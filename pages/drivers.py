"""Drivers: what counts here, on which scale, and how much."""

import streamlit as st

from opex.domain.formulas import named
from opex.domain.safe import markdown
from opex.services import driving
from opex.ui.draft import draft_view
from opex.ui.drivers import anchor_warnings, driver_editor, driver_list, driver_toml, versions
from opex.ui.session import context, may
from opex.ui.words import several

of = context()
drivers = driving.drivers(of)
st.title("Drivers", anchor=False)
st.caption(f"{markdown(drivers.label)} is in force · the formula is {named(drivers.formula).title}")
by_family = {family: sum(d.weight for d in drivers.drivers if d.family == family) for family in ("unacceptable issue",)}
st.markdown(
    f"{several(len(drivers.drivers), 'driver')} order the priorities; unacceptable issues hold "
    f"{by_family['unacceptable issue']:.0%} of the weight. Anchors are fixed levels, so adding an item moves no other."
)
if may("say"):
    st.page_link(st.session_state["page_questions"], label="Ask me questions")
draft_view(of, drivers)
chosen = driver_list(of, drivers)
anchor_warnings(of)
driver_editor(of, drivers, chosen)
driver_toml(of, drivers)
versions(of)
