"""The view "Changes and incidents": which systems break by their own changing, and how sure that is."""

import pandas as pd
import streamlit as st

from opex.charts import rate_ratios
from opex.domain.problems import NotEnoughData
from opex.domain.safe import markdown
from opex.evidence.linking import Linked
from opex.services import linking
from opex.services.context import Context
from opex.services.system_timeline import described
from opex.ui.one_link import told
from opex.ui.one_system import one_system
from opex.ui.tables import rows_key
from opex.ui.words import several

__all__ = ["changes_view"]

WINDOWS = {"1 h": 1.0, "4 h": 4.0, "8 h": 8.0, "24 h": 24.0, "3 days": 72.0, "7 days": 168.0}
WHO: dict[str, linking.Who] = {"all changes": "all", "people's": "people", "robots'": "robots"}
CLEAR, DRAWN = 0.05, 8
RULES = (
    "Only the first incident of an episode counts; changes made during one, or in the 12 hours after it, are taken for "
    "its fixes. Chance is what the same incidents meet when weeks of changes change places within six to eight weeks. "
    "q is for the largest excess over windows from an hour to seven days: of those named at 0.05, one in twenty is "
    "expected to be harmless."
)


def changes_view(of: Context) -> None:
    """The link that tells most and what chance would give, rate ratios by system, the rows, then one system."""
    with st.container(horizontal=True):
        window = st.segmented_control("Within", list(WINDOWS), default="24 h", key="after_window", required=True,
                                      bind="query-params")  # fmt: skip
        who = st.segmented_control("Whose changes", list(WHO), default="all changes", key="after_who", required=True,
                                   bind="query-params")  # fmt: skip
    whose: linking.Who = WHO[who or "all changes"]
    with st.spinner("Comparing with two thousand other orders of the weeks …"):
        found = linking.linked(of, window_hours=WINDOWS[window or "24 h"], who=whose)
    table = pd.DataFrame() if isinstance(found, NotEnoughData) else linking.table(found)
    if isinstance(found, NotEnoughData) or table.empty:
        st.info(
            "No system has enough of both yet: at least five episodes of incidents, five changes that are no fix, "
            "and six weeks that both cover, in the same environment. "
            + (linking.apart(of) or "Load changes, or name their systems on the page Systems.")
        )
        return
    st.markdown(_answer(of, table, found, window or "24 h"))
    known = table[table["ratio"].notna()].head(DRAWN)
    if len(known):
        st.altair_chart(
            rate_ratios(_drawn(known)), alt="Rate of incidents after changes by system, with intervals; 1 is chance"
        )
    chosen = _rows(table)
    if found.begin and found.end:
        st.caption(f"{found.begin:%-d %b %Y} to {found.end:%-d %b %Y}, which incidents and changes both cover. {RULES}")
    few = [one for one in found.systems if one.after is None]
    if few:
        with st.expander(f"Too little data: {several(len(few), 'system')}", key="after_few"):
            st.dataframe(
                pd.DataFrame([(one.system, one.environment, one.lacks) for one in few],
                             columns=["system", "environment", "what is missing"]), hide_index=True,
            )  # fmt: skip
    _known_causes(of, found)
    row = table.iloc[chosen or 0]
    subject = (row["system"], row["environment"])
    one_system(of, found, next(one for one in found.systems if (one.system, one.environment) == subject), whose)


def _answer(of: Context, table: pd.DataFrame, found: Linked, window: str) -> str:
    clear = table[table["q"] <= CLEAR]
    best = table.iloc[0]
    chance = (
        f"{int(best['seen'])} of {several(int(best['episodes']), 'episode')} of {markdown(best['system'])} began "
        f"within {window} after a change of it; chance would give {best['expected']:.1f}."
    )
    if clear.empty:
        return f"No system's incidents follow its own changes more than chance explains. The nearest: {chance}"
    mine = found.links[(found.links["system"] == best["system"]) & (found.links["environment"] == best["environment"])]
    mine = mine[mine["verdict"] != "rejected"].sort_values(["credit", "lead_minutes"], ascending=[False, True])
    lead = told(described(of, mine.head(1)).iloc[0]) if len(mine) else ""
    others = ", ".join(markdown(name) for name in clear["system"].iloc[1:6])
    more = f" So {'does' if len(clear) == 2 else 'do'} also, by their own changing: {others}." if others else ""
    return f"{lead} {chance}{more}"


def _known_causes(of: Context, found: Linked) -> None:
    """Links that a source states or people confirmed, of all systems, also of those with too little data."""
    known = described(of, found.links[found.links["verdict"].isin(["stated", "holds"])])
    if known.empty:
        return
    with st.expander(f"Known causes: {several(len(known), 'link')}", key="after_known"):
        st.dataframe(
            known[["system", "incident_title", "change_title", "lead_minutes", "verdict"]],
            key="after_known_rows", hide_index=True, alt="Links that a source states or people confirmed",
            column_config={
                "incident_title": st.column_config.TextColumn("incident", width="large"),
                "change_title": st.column_config.TextColumn("change", width="large"),
                "lead_minutes": st.column_config.NumberColumn("minutes before", format="%.0f"),
                "verdict": st.column_config.TextColumn("known how", help="stated by the source, or it holds: people"),
            },
        )  # fmt: skip


def _drawn(table: pd.DataFrame) -> pd.DataFrame:
    told = [
        f"{row['system']}, {row['environment']}  ·  {row['ratio']:.1f} times ({row['low']:.1f} to {row['high']:.1f})"
        for row in table.to_dict("records")
    ]
    return table.assign(name=table["system"] + " " + table["environment"], told=told, clear=table["q"] <= CLEAR)


def _rows(table: pd.DataFrame) -> int | None:
    shown = table[["system", "environment", "seen", "expected", "episodes", "changes", "fixes", "excess", "q"]]
    event = st.dataframe(
        shown,
        key=rows_key("after_systems", zip(table["system"], table["environment"], strict=True)),
        hide_index=True,
        height=min(38 + 35 * len(shown), 250),
        on_select="rerun",
        selection_mode="single-row",
        alt="Systems with incidents after changes; select one to see its windows and links",
        column_config={
            "seen": st.column_config.NumberColumn("episodes after a change"),
            "expected": st.column_config.NumberColumn("chance gives", format="%.1f"),
            "fixes": st.column_config.NumberColumn("fixes left out"),
            "excess": st.column_config.NumberColumn("excess incidents", format="%.1f"),
            "q": st.column_config.NumberColumn("q", format="%.3f"),
        },
    )
    return event.selection.rows[0] if event.selection.rows else None
