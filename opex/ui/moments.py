"""Single moments at which a metric was far from its own past, and what was near them."""

import pandas as pd
import streamlit as st

from opex.charts.trends import moments
from opex.domain.problems import NotEnoughData
from opex.domain.safe import markdown
from opex.evidence.watched import Watched
from opex.services import trending
from opex.services.context import Context
from opex.ui.tables import incident_table, read_incidents, rows_key
from opex.ui.words import moment, several

__all__ = ["amount", "moments_view", "worth_a_look"]


def amount(value: float, sign: str = "") -> str:
    """Two or three digits that say something, without powers of ten."""
    if abs(value) >= 100:
        return f"{value:{sign},.0f}"
    return f"{value:{sign}.1f}" if abs(value) >= 10 else f"{value:{sign}.2g}"


def worth_a_look(of: Context, changes: pd.DataFrame, incidents: pd.DataFrame, *, key: str, when: str) -> None:
    """What began from 48 hours before: the rows are one click away."""
    if changes.empty and incidents.empty:
        st.caption("No change and no incident of it from 48 hours before on.")
        return
    counts = ((len(changes), "change"), (len(incidents), "incident"))
    near = " and ".join(several(count, word) for count, word in counts if count)
    with st.expander(f"Worth a look: {near} near {when}", key=f"trend_near_{key}"):
        st.caption("From 48 hours before on. To be near is no proof: a date is only as sure as its range.")
        if len(changes):
            st.dataframe(
                changes[["started_at", "title", "kind", "outcome", "id"]], key=f"trend_changes_{key}",
                hide_index=True, height=min(38 + 35 * len(changes), 240), alt="Changes near it, the latest first",
                column_config={
                    "started_at": st.column_config.DatetimeColumn("started", format="D MMM YYYY, HH:mm"),
                    "title": st.column_config.TextColumn("change", width="large"),
                },
            )  # fmt: skip
        if len(incidents):
            chosen = incident_table(incidents, key=f"trend_incidents_{key}", select=True, height=240)
            read_incidents(of, incidents, chosen)


def moments_view(of: Context) -> None:
    """Single moments at which a metric was far from its own past; one is drawn at a click."""
    st.subheader("Single moments", anchor=False)
    with st.spinner("Judging each reading by those before it …"):
        every = trending.watching(of)
    if isinstance(every, NotEnoughData) or not every:
        st.caption("No metric has readings in the past 180 days.")
        return
    few = [one for one in every if isinstance(one.scored, NotEnoughData)]
    table = trending.moments(every)
    judged = several(len(every) - len(few), "metric")
    if table.empty:
        st.markdown(f"Nothing stood out in the past 180 days of {judged} that could be judged.")
    else:
        several_ = several(len(table), "moment")
        st.markdown(
            f"{several_} of {table['of'].nunique()} of {judged} stood out in the past 180 days, the furthest first. "
            "Select one to see it."
        )
        _moment_rows(of, every, table)
    if few:
        with st.expander(f"Too little data: {several(len(few), 'metric')}", key="moments_few"):
            rows = [
                (one.metric, one.system or "", one.scored.sentence)
                for one in few
                if isinstance(one.scored, NotEnoughData)
            ]
            st.dataframe(
                pd.DataFrame(rows, columns=["metric", "system", "what is missing"]), key="moments_few_rows",
                hide_index=True,
            )  # fmt: skip
    st.caption(
        "Each reading, and the mean of the last hour, is held against the same time of other days or weeks or the last "
        "hours, whichever was nearest so far; nothing looks ahead. The limit is told from the metric's own past and "
        "aims at one false alarm in two weeks for each metric, and at no more than one in 200 readings."
    )


def _moment_rows(of: Context, every: tuple[Watched, ...], table: pd.DataFrame) -> None:
    shown = table[["begin", "metric", "system", "environment", "value", "expected", "times", "minutes"]].dropna(
        axis=1, how="all"
    )
    event = st.dataframe(
        shown, key=rows_key("moments", zip(table["of"], table["begin"], strict=True)), hide_index=True,
        on_select="rerun", selection_mode="single-row", height=min(38 + 35 * len(shown), 300),
        alt="Moments that stood out, the furthest beyond their limit first; select one to see it",
        column_config={
            "begin": st.column_config.DatetimeColumn("began", format="D MMM YYYY, HH:mm"),
            "value": st.column_config.NumberColumn("was", format="%.4g"),
            "expected": st.column_config.NumberColumn("expected", format="%.4g"),
            "times": st.column_config.NumberColumn("times its limit", format="%.1f"),
            "minutes": st.column_config.NumberColumn("minutes", format="%.0f"),
        },
    )  # fmt: skip
    row = table.iloc[event.selection.rows[0] if event.selection.rows else 0]
    one = every[int(row["of"])]
    alarm = one.alarms[int(row["which"])]
    name = f"{one.metric} of {one.system}" if one.system else one.metric
    when = pd.Timestamp(alarm.at, unit="s", tz="UTC").to_pydatetime()
    was, expected = amount(alarm.value), amount(alarm.expected)
    told = f"{markdown(name)}, {markdown(one.environment)}, was {was} on {moment(when)}; expected was {expected}."
    st.markdown(told)
    st.altair_chart(moments(trending.around(one, alarm), unit=one.unit or "value"), key="moment_drawn", alt=told)
    changes, incidents = trending.near_moment(of, one, alarm)
    worth_a_look(of, changes, incidents, key="moment", when=f"{row['begin']:%-d %b %Y}")
