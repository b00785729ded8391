"""Charts of one system's links: the sweep over windows, and its changes below its incidents."""

from datetime import datetime
from typing import Any

import altair as alt
import pandas as pd

from opex.charts.look import ACCENT, LOSS, QUIET, calm

__all__ = ["LANES", "changes_under_incidents", "sweep"]

LANES = ("incidents", "changes", "fixes", "reverts")
_TIMES = alt.Axis(values=[0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32], format="~r")


def sweep(rows: pd.DataFrame) -> Any:
    """The rate ratio in each window with its interval and the line of chance.

    ``rows`` has columns window (words), seen, chance, ratio, low, high and asked, the shortest window first. Below each
    window stand the episodes seen and what chance gives; a window that has too little to tell has no dot.
    """
    told = rows.assign(name=[f"{row.window}|{row.seen}|{row.chance:.1f}" for row in rows.itertuples()])
    known = told[told["ratio"].notna()]
    low, high = min(0.25, known["low"].min()), max(4.0, known["high"].max())
    scale = alt.Scale(type="log", domain=[max(low, 0.05), min(high, 50.0)], clamp=True)
    x = alt.X("name:N", sort=told["name"].tolist(), scale=alt.Scale(domain=told["name"].tolist()), title=_UNDER,
              axis=alt.Axis(labelExpr="split(datum.label, '|')", labelAngle=0, labelLineHeight=14))  # fmt: skip
    y = alt.Y("ratio:Q", title="times other hours", scale=scale, axis=_TIMES)
    tip = [alt.Tooltip("window:N", title="within"), alt.Tooltip("seen:Q", title="episodes"),
           *(alt.Tooltip(f"{part}:Q", format=".1f") for part in ("chance", "ratio", "low", "high"))]  # fmt: skip
    chance = alt.Chart(pd.DataFrame({"one": [1.0]})).mark_rule(color=LOSS, strokeDash=[4, 4]).encode(y=alt.Y("one:Q"))
    base = alt.Chart(known).encode(x=x)
    ranges = base.mark_rule(color=QUIET, strokeWidth=1.5).encode(y=alt.Y("low:Q", scale=scale), y2="high:Q")
    dots = base.mark_point(size=80, strokeWidth=2, color=ACCENT).encode(
        y=y, tooltip=tip, fill=alt.condition(alt.datum["asked"], alt.value(ACCENT), alt.value("transparent"))
    )
    return calm((chance + ranges + dots).properties(height=290))


_UNDER = "window · episodes seen · chance gives"


def changes_under_incidents(
    episodes: pd.DataFrame,
    incidents: pd.DataFrame,
    changes: pd.DataFrame,
    links: pd.DataFrame,
    days: tuple[datetime, datetime],
) -> Any:
    """One system's changes below its incidents; drag to move, shift and wheel to zoom.

    Parameters
    ----------
    episodes
        Columns began and ended: the pale spans, each with the quiet hours in which fixes land.
    incidents
        Columns began, ended and title: the bars.
    changes
        Columns at, title, lane (one of ``LANES``) and who (people, robots): circles are people's, squares robots'.
    links
        Columns at, began and credit: a line from a change up to the incident that it may have brought.
    days
        From when to when it is drawn at first.
    """
    zoom = alt.selection_interval(bind="scales", encodings=["x"], zoom="wheel![event.shiftKey]")
    shown = alt.Scale(domain=[day.timestamp() * 1000 for day in days])
    x = alt.X("began:T", title=None, axis=alt.Axis(labelOverlap=True, tickCount=8, format="%-d %b"), scale=shown)

    def on(table: pd.DataFrame) -> alt.Chart:
        return alt.Chart(table.assign(lane="incidents"))

    spans = on(episodes).mark_bar(color=LOSS, opacity=0.22, height=26).encode(
        x=x, x2="ended:T", y=_lane("lane"),
        tooltip=[_when("began", "episode from"), _when("ended", "quiet again")],
    )  # fmt: skip
    bars = on(incidents).mark_bar(color=LOSS, height=12, stroke=LOSS, strokeWidth=2).encode(
        x=x, x2="ended:T", y=_lane("lane"),
        tooltip=[alt.Tooltip("title:N", title="incident"), _when("began", "began"), _when("ended", "ended")],
    )  # fmt: skip
    drawn = links.assign(up="incidents", down="changes")
    lines = alt.Chart(drawn).mark_rule(color=ACCENT).encode(
        x=alt.X("at:T"), x2="began:T", y=_lane("down"), y2="up:N",
        strokeWidth=alt.StrokeWidth("credit:Q", scale=alt.Scale(domain=[0, 1], range=[0.3, 2.5]), legend=None),
        tooltip=[alt.Tooltip("credit:Q", format=".0%")],
    )  # fmt: skip
    shapes = alt.Shape("who:N", scale=alt.Scale(domain=["people", "robots"], range=["circle", "square"]),
                       legend=alt.Legend(symbolStrokeColor=QUIET, symbolStrokeWidth=1.5))  # fmt: skip
    exposed = alt.datum["lane"] == "changes"
    points = alt.Chart(changes).mark_point(size=55, strokeWidth=1.5, filled=False).encode(
        x=alt.X("at:T"), y=_lane("lane"), shape=shapes,
        stroke=alt.condition(exposed, alt.value(ACCENT), alt.value(QUIET)),
        fill=alt.condition(exposed, alt.value(ACCENT), alt.value("transparent")),
        tooltip=[alt.Tooltip("title:N", title="change"), _when("at", "made"), alt.Tooltip("who:N", title="by"),
                 alt.Tooltip("lane:N", title="counts as")],
    )  # fmt: skip
    return calm((spans + lines + bars + points).add_params(zoom).properties(height=260))


def _lane(field: str) -> alt.Y:
    axis = alt.Axis(ticks=False, domain=False, labelPadding=8)
    return alt.Y(f"{field}:N", scale=alt.Scale(domain=list(LANES), paddingInner=0.2), title=None, axis=axis)


def _when(field: str, title: str) -> alt.Tooltip:
    return alt.Tooltip(f"{field}:T", title=title, format="%-d %b %Y, %H:%M")
