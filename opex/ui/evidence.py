"""The views of the evidence page: each leads with a sentence, then the picture, then the rows."""

import pandas as pd
import streamlit as st

from opex.charts import timeline, trouble
from opex.domain.safe import markdown
from opex.services import overview
from opex.services.context import Context
from opex.services.finding import candidates, evidence
from opex.ui.tables import incident_table, read_incidents
from opex.ui.words import several

__all__ = ["incident_search", "systems_view", "themes_view"]

DRAWN = 15


def themes_view(of: Context) -> None:
    """Recurring themes by hours lost; a click shows the incidents of one."""
    table = overview.themes(of)
    if table.empty:
        st.info("No two incidents read alike yet: themes appear as incidents come in.")
        return
    recent = table[table["incidents"] > 0]
    half = int((recent["hours"].cumsum() < recent["hours"].sum() / 2).sum()) + 1 if len(recent) else 0
    st.markdown(
        f"{several(len(table), 'theme')} recur; {len(recent)} of them in the past 12 months, and half of the "
        f"hours that themes lost lie in {half} of those. Incidents that read like nothing else stand outside."
    )
    top = _labelled(recent.head(DRAWN))
    if len(top):
        st.altair_chart(trouble(top), alt="Hours lost by theme in the past 12 months, most first")
    shown = table[["name", "incidents", "hours", "all_time", "first", "last", "systems"]]
    event = st.dataframe(
        shown,
        key="themes",
        hide_index=True,
        height=320,
        on_select="rerun",
        selection_mode="single-row",
        alt="Themes, one row each; select one to see its incidents",
        column_config={
            "name": st.column_config.TextColumn("theme", width="large"),
            "incidents": st.column_config.NumberColumn("incidents, 12 months"),
            "hours": st.column_config.NumberColumn("hours lost, 12 months", format="%.1f"),
            "all_time": st.column_config.NumberColumn("incidents, ever"),
            "first": st.column_config.DateColumn("first seen", format="D MMM YYYY"),
            "last": st.column_config.DateColumn("last seen", format="D MMM YYYY"),
        },
    )
    for row in event.selection.rows:
        _theme(of, str(table["id"].iloc[row]))


def _labelled(table: pd.DataFrame) -> pd.DataFrame:
    pairs = zip(table["hours"], table["incidents"], strict=True)
    return table.assign(label=[f"{hours:,.0f} h, {several(count, 'incident')}" for hours, count in pairs])


def _theme(of: Context, chosen: str) -> None:
    candidate = next(c for c in candidates(of) if c.id == chosen)
    st.subheader(markdown(candidate.title), anchor=False)
    st.markdown(markdown(candidate.lead.why))
    months = overview.months(of, list(candidate.incidents))
    st.altair_chart(timeline(months), alt="Incidents of this theme by month")
    table = evidence(of, list(candidate.incidents))
    read_incidents(of, table, incident_table(table, key=f"theme_{chosen}", select=True))


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
