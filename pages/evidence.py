"""Evidence: what hurts most, where, since when; and the incidents behind it."""

import streamlit as st

from opex.charts import timeline
from opex.services import overview
from opex.ui.after_changes import changes_view
from opex.ui.compare import compare_view
from opex.ui.empty import nothing_loaded_if_empty
from opex.ui.evidence import incident_search, systems_view
from opex.ui.session import context
from opex.ui.themes import themes_view
from opex.ui.trends import trends_view

of = context()
nothing_loaded_if_empty(of)
st.title("Evidence", anchor=False)
VIEWS = {
    "Themes": themes_view, "Changes and incidents": changes_view, "Compare": compare_view, "Trends": trends_view,
    "Systems": systems_view, "Incidents": incident_search,
}  # fmt: skip
view = st.segmented_control(
    "View", list(VIEWS), default="Themes", key="evidence_view", bind="query-params", label_visibility="collapsed",
    required=True,
)  # fmt: skip
if view == "Incidents":
    st.altair_chart(timeline(overview.months(of)), alt="Unplanned incidents by month, two years")
VIEWS[view or "Themes"](of)
