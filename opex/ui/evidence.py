"""The views of the evidence page: each leads with a sentence, then the picture, then the rows."""

import pandas as pd
import streamlit as st

from opex.charts import trouble
from opex.domain.safe import markdown
from opex.services import overview
from opex.services.context import Context
from opex.ui.tables import incident_table, read_incidents
from opex.ui.words import several

__all__ = ["incident_search", "systems_view"]

DRAWN = 15


def _labelled(table: pd.DataFrame) -> pd.DataFrame:
    pairs = zip(table["hours"], table["incidents"], strict=True)
    return table.assign(label=[f"{hours:,.0f} h, {several(count, 'incident')}" for hours, count in pairs])


def systems_view(of: Context) -> None:
    """Systems by the hours in which they were in trouble."""
    table = overview.systems(of)
    if table.empty:
        st.info("No incident names a system. Name them on the page Systems, or load with a system.")
        return
    worst = table.iloc[0]
    total = table["hours"].sum()
    st.markdown(
        f"{markdown(worst['name'])} was in trouble for {worst['hours']:,.0f} h in the past 12 months, "
        f"{worst['hours'] / total if total else 0:.0%} of all. Incidents that overlap count once for a system."
    )
    top = _labelled(table.head(DRAWN))
    st.altair_chart(trouble(top), alt="Hours in trouble by system in the past 12 months, most first")
    st.dataframe(
        table,
        key="systems_table",
        hide_index=True,
        alt="Systems with hours in trouble, incidents and changes of the past 12 months",
        column_config={
            "name": st.column_config.TextColumn("system", width="large"),
            "hours": st.column_config.NumberColumn("hours in trouble, 12 months", format="%.1f"),
            "incidents": st.column_config.NumberColumn("incidents, 12 months"),
            "changes": st.column_config.NumberColumn("changes, 12 months"),
        },
    )


def incident_search(of: Context) -> None:
    """The newest incidents that have these words."""
    left, right = st.columns([3, 2])
    words = left.text_input("Words in the title", key="incident_words", bind="query-params")
    names = overview.systems(of)["name"].tolist()
    system = right.selectbox("System", sorted(names), index=None, key="incident_system", placeholder="any")
    table = overview.incidents(of, words=words, system=system)
    st.caption(f"{several(len(table), 'incident')}{', the newest 1,000' if len(table) == 1000 else ''}, newest first.")
    if not table.empty:
        read_incidents(of, table, incident_table(table, key="incidents", select=True, height=520))
