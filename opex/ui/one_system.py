"""One system beside its changes: the windows, its changes under its incidents, and the links between them."""

from datetime import UTC, datetime, time, timedelta

import numpy as np
import pandas as pd
import streamlit as st

from opex.charts.links import changes_under_incidents, sweep
from opex.domain.problems import NotEnoughData
from opex.domain.safe import markdown
from opex.evidence.linking import Linked, SystemAfter
from opex.services.context import Context
from opex.services.linking import Who
from opex.services.system_timeline import Timeline, between, described, timeline
from opex.ui.one_link import one_link, told
from opex.ui.tables import rows_key
from opex.ui.words import several

__all__ = ["one_system"]

AROUND = timedelta(days=21)
CLEAR, MOST_DRAWN, LEAST_CREDIT = 0.05, 1000, 0.05


def one_system(of: Context, found: Linked, one: SystemAfter, who: Who) -> None:
    """Its windows, its timeline around one link, and its links; select one to judge it."""
    st.subheader(markdown(f"{one.system}, {one.environment}"), anchor=False)
    _windows(one)
    links = found.links[(found.links["system"] == one.system) & (found.links["environment"] == one.environment)]
    links = described(of, links).sort_values(["prior", "lead_minutes"], ascending=[False, True], ignore_index=True)
    whole = timeline(of, one.system, one.environment, who=who)
    picture = st.container()
    leads = one.q_value <= CLEAR and found.systems[0] is one
    if len(links) and not leads:
        st.markdown(f"The likeliest link{'' if one.q_value <= CLEAR else ', if there is any'}: {told(links.iloc[0])}")
    chosen = _links(links, f"{one.system}_{one.environment}") if len(links) else None
    if chosen is not None:
        one_link(of, links, links.iloc[chosen])
    if not isinstance(whole, NotEnoughData):
        with picture:
            _timeline(found, one, whole, links, links.iloc[chosen or 0] if len(links) else None)


def _windows(one: SystemAfter) -> None:
    after = one.after
    assert after is not None  # noqa: S101 - only systems that could be told of are in the table
    rows = pd.DataFrame({
        "window": [f"{hours:g} h" if hours < 48 else f"{hours / 24:g} d" for hours in one.windows], "seen": after.seen,
        "chance": after.expected, "ratio": after.ratio, "low": after.low, "high": after.high,
        "asked": np.arange(len(one.windows)) == one.at,
    })  # fmt: skip
    if rows["ratio"].isna().all():
        st.caption("No window has enough episodes to give a rate: at least five whose weeks differ are needed.")
        return
    known = np.where(rows["ratio"].notna(), after.score, -np.inf)
    most = rows.iloc[int(known.argmax())]
    clear = one.q_value <= CLEAR
    st.markdown(
        f"{'The excess is clearest' if clear else 'What there is of an excess, and it may be chance, is largest'} "
        f"within {most['window']} after a change: {several(int(most['seen']), 'episode')}, chance would give "
        f"{most['chance']:.1f}."
    )
    st.altair_chart(
        sweep(rows), key="after_sweep_chart",
        alt=f"Rate of incidents of {one.system} after changes, by window, with intervals; 1 is chance",
    )  # fmt: skip
    with st.expander("These windows as numbers", key="after_sweep_rows"):
        numbers = {n: st.column_config.NumberColumn(format="%.1f") for n in ("chance", "times", "from", "to")}
        shown = rows.drop(columns="asked").rename(
            columns={"window": "within", "seen": "episodes", "ratio": "times", "low": "from", "high": "to"}
        )
        st.dataframe(shown, key="after_sweep", hide_index=True, column_config=numbers)


def _timeline(found: Linked, one: SystemAfter, whole: Timeline, links: pd.DataFrame, near: pd.Series | None) -> None:
    first, last = (moment or datetime(1970, 1, 1, tzinfo=UTC) for moment in (found.begin, found.end))
    middle = last if near is None else near["began"].to_pydatetime()
    at = "none" if near is None else f"{near['incident']}_{near['change']}"
    begin, end = _range(first, last, middle, f"after_range_{one.system}_{one.environment}_{at}")
    shown = between(whole, begin, end)
    drawn = links[(links["made"] >= begin) & (links["began"] < end) & (links["credit"] >= LEAST_CREDIT)]
    counts = shown.changes["lane"].value_counts()
    fixes = int(counts.get("fixes", 0))
    st.markdown(
        f"{several(len(shown.episodes), 'episode')} over {several(int(counts.get('changes', 0)), 'change')}. Left out: "
        f"{fixes:,} {'fix' if fixes == 1 else 'fixes'} made during an episode or soon after "
        f"it, and {several(int(counts.get('reverts', 0)), 'revert')}."
    )
    if len(shown.changes) > MOST_DRAWN:
        st.caption(
            f"The last {MOST_DRAWN:,} of {several(len(shown.changes), 'change')} are drawn: take a shorter time."
        )
    chart = changes_under_incidents(
        shown.episodes, shown.incidents, shown.changes.tail(MOST_DRAWN)[["at", "title", "lane", "who"]],
        drawn[["made", "began", "credit"]].rename(columns={"made": "at"}), (begin, end),
    )  # fmt: skip
    st.altair_chart(chart, key="after_timeline", alt=f"Changes of {one.system} below its incidents, with links")
    st.caption(
        "Pale: an episode and the quiet hours in which fixes land. Lines: links, the thicker the more credit. Drag to "
        "move, Shift and wheel to zoom; times are UTC in the dates above and yours in the picture."
    )


def _range(first: datetime, last: datetime, middle: datetime, key: str) -> tuple[datetime, datetime]:
    low, high = max(first, middle - AROUND).date(), min(last, middle + AROUND).date()
    given = st.date_input("Days shown", (low, high), first.date(), last.date(), key=key, format="YYYY-MM-DD", width=260)
    days = given if isinstance(given, tuple) else () if given is None else (given,)
    begin, end = (days[0], days[-1]) if days else (low, high)
    return datetime.combine(begin, time(), UTC), datetime.combine(end + timedelta(days=1), time(), UTC)


def _links(links: pd.DataFrame, of: str) -> int | None:
    event = st.dataframe(
        links.assign(credit=100 * links["credit"])[
            ["incident_title", "change_title", "lead_minutes", "credit", "verdict", "began"]
        ],
        key=rows_key(f"after_links_{of}", zip(links["incident"], links["change"], strict=True)),
        hide_index=True,
        height=min(38 + 35 * len(links), 320),
        on_select="rerun",
        selection_mode="single-row",
        alt="Links of incidents and the changes before them; select one to see what competes with it, and to judge it",
        column_config={
            "incident_title": st.column_config.TextColumn("incident", width=290),
            "change_title": st.column_config.TextColumn("change", width=240),
            "lead_minutes": st.column_config.NumberColumn("minutes before", format="%.0f", width=110),
            "credit": st.column_config.NumberColumn("credit", format="%.0f %%", width=70),
            "verdict": st.column_config.TextColumn("known", width=80),
            "began": st.column_config.DatetimeColumn("began", format="D MMM YYYY, HH:mm", width=145),
        },
    )
    if not event.selection.rows:
        st.caption("Select a link to see what competes with it, and to say whether it holds.")
    return event.selection.rows[0] if event.selection.rows else None
