"""Questions: what do people's answers say of the weights?"""

import streamlit as st

from opex.ui.choices import choices_view
from opex.ui.duels import duels_view
from opex.ui.empty import nothing_loaded_if_empty
from opex.ui.session import context
from opex.ui.swing import swing_view

of = context()
nothing_loaded_if_empty(of)
st.title("Questions", anchor=False)
st.caption(
    "Weights by questions, in place of guessing percents. What follows is offered to the page Drivers as a draft."
)
VIEWS = {"Duels": duels_view, "Swing weights": swing_view, "What choices imply": choices_view}
view = st.segmented_control(
    "View", list(VIEWS), default="Duels", key="questions_view", bind="query-params", label_visibility="collapsed",
    required=True,
)  # fmt: skip
VIEWS[view or "Duels"](of)
