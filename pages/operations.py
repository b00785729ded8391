"""Operations review: was this month as usual, and what is new since the last review?"""

import streamlit as st

from opex.ui.delivery import delivery_view
from opex.ui.empty import nothing_loaded_if_empty
from opex.ui.forecast import forecast_view
from opex.ui.operations import month_view
from opex.ui.session import context

of = context()
nothing_loaded_if_empty(of)
st.title("Operations review", anchor=False)
VIEWS = {"The month": month_view, "Delivery": delivery_view, "What to expect": forecast_view}
view = st.segmented_control(
    "View", list(VIEWS), default="The month", key="operations_view", bind="query-params",
    label_visibility="collapsed", required=True,
)  # fmt: skip
VIEWS[view or "The month"](of)
