"""The view "Changes and incidents": which systems break by their own changing, and how sure that is."""

import pandas as pd
import streamlit as st

from opex.charts import rate_ratios
from opex.domain.problems import NotEnoughData
from opex.domain.safe import markdown
from opex.evidence.linking import Linked, SystemAfter
from opex.services import linking
from opex.services.context import Context
from opex.services.finding import evidence
from opex.ui.words import several

__all__ = ["changes_view"]

WINDOWS = {"1 h": 1.0, "4 h": 4.0, "8 h": 8.0, "24 h": 24.0, "3 days": 72.0, "7 days": 168.0}
WHO = {"all changes": "all", "people's": "people", "robots'": "robots"}
CLEAR, DRAWN = 0.05, 12
RULES = (
    "Only the first incident of an episode counts; changes made during one, or in the 12 hours after it, are taken for "
    "its fixes. Chance is what the same incidents meet when weeks of changes change places within six to eight weeks. "
    "q is for the largest excess over windows from an hour to seven days: of those named at 0.05, one in twenty is "
    "expected to be harmless."
)


def changes_view(of: Context) -> None:
    """Rate ratios by system with their intervals, then the rows, then one system's links."""
    with st.container(horizontal=True):
        window = st.segmented_control("Within", list(WINDOWS), default="24 h", key="after_window", required=True,
                                      bind="query-params")  # fmt: skip
        who = st.segmented_control("Whose changes", list(WHO), default="all changes", key="after_who", required=True,
                                   bind="query-params")  # fmt: skip
    with st.spinner("Comparing with two thousand other orders of the weeks …"):
        found = linking.linked(of, window_hours=WINDOWS[window or "24 h"], who=WHO[who or "all changes"])  # type: ignore[arg-type]
    table = pd.DataFrame() if isinstance(found, NotEnoughData) else linking.table(found)
    if isinstance(found, NotEnoughData) or table.empty:
        st.info(
            "No system has enough of both yet: at least five episodes of incidents, five changes that are no fix, "
            "and six weeks that both cover, in the same environment. Load changes, or name their systems on the page "
            "Systems."
        )
        return
    st.markdown(_answer(table, found, window or "24 h"))
    told = table[table["ratio"].notna()].head(DRAWN)
    if len(told):
        st.altair_chart(
            rate_ratios(_drawn(told)), alt="Rate of incidents after changes by system, with intervals; 1 is chance"
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
    if chosen is not None:
        row = table.iloc[chosen]
        _system(of, found, next(one for one in found.systems
                                if (one.system, one.environment) == (row["system"], row["environment"])))  # fmt: skip


def _answer(table: pd.DataFrame, found: Linked, window: str) -> str:
    clear = table[table["q"] <= CLEAR]
    best = table.iloc[0]
    seen = (
        f"{int(best['seen'])} of {several(int(best['episodes']), 'episode')} of {markdown(best['system'])} began "
        f"within {window} after a change of it; chance would give {best['expected']:.1f}."
    )
    if clear.empty:
        return f"No system's incidents follow its own changes more than chance explains. The nearest: {seen}"
    names = ", ".join(markdown(name) for name in clear["system"].head(5))
    breaks = "1 system breaks by its" if len(clear) == 1 else f"{len(clear)} systems break by their"
    return f"{breaks} own changing: {names}. {seen}"


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
        key="after_systems",
        hide_index=True,
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


def _system(of: Context, found: Linked, one: SystemAfter) -> None:
    st.subheader(markdown(f"{one.system}, {one.environment}"), anchor=False)
    after = one.after
    assert after is not None  # noqa: S101 - only systems that could be told of are in the table
    sweep = pd.DataFrame({
        "within": [f"{hours:g} h" for hours in one.windows], "episodes": after.seen, "chance": after.expected,
        "times": after.ratio, "from": after.low, "to": after.high,
    })  # fmt: skip
    numbers = {name: st.column_config.NumberColumn(format="%.1f") for name in ("chance", "times", "from", "to")}
    st.dataframe(sweep, key="after_sweep", hide_index=True, column_config=numbers)
    links = found.links[(found.links["system"] == one.system) & (found.links["environment"] == one.environment)]
    if links.empty:
        return
    titles = evidence(of, links["incident"].unique().tolist()).set_index("id")["title"]
    shown = links.assign(incident=links["incident"].map(titles)).sort_values("credit", ascending=False)
    best = shown.iloc[0]
    st.markdown(
        f"The likeliest: {markdown(best['change'])} landed {_lead(best['lead_minutes'])} before "
        f"“{markdown(best['incident'])}” and has {best['credit']:.0%} of the credit; other changes, or none, have "
        "the rest."
    )
    st.dataframe(
        shown[["incident", "change", "lead_minutes", "credit"]],
        key="after_links",
        hide_index=True,
        column_config={
            "lead_minutes": st.column_config.NumberColumn("minutes before", format="%.0f"),
            "credit": st.column_config.NumberColumn("credit", format="percent"),
        },
    )


def _lead(minutes: float) -> str:
    return f"{minutes:.0f} minutes" if minutes < 90 else f"{minutes / 60:.0f} hours"
