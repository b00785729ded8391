"""The charts: bars and dots with intervals, one accent, greys, colour never alone. Light and dark follow the page."""

from typing import Any

import altair as alt
import pandas as pd

from opex.charts.look import ACCENT, LOSS, QUIET, calm

__all__ = ["benefit_and_cost", "rate_ratios", "rug", "timeline", "trouble", "waterfall"]


def benefit_and_cost(rows: pd.DataFrame, selected: str | None) -> Any:
    """Hours brought back in a year (likely, with the range) over days of work; one dot an opportunity.

    ``rows`` has columns id, rank, title, effort_days, low, likely, high; rows without an effort are left to the
    caller, which says how many there are.
    """
    picked = alt.selection_point(name="picked", fields=["id"])
    x = alt.X("effort_days:Q", title="effort, days of work", scale=alt.Scale(type="log", nice=True))
    y = alt.Y("likely:Q", title="benefit, hours a year")
    mine = alt.datum["id"] == (selected or "")
    tip = [
        alt.Tooltip("rank:Q", title="rank"),
        alt.Tooltip("title:N", title="opportunity"),
        alt.Tooltip("effort_days:Q", title="days"),
        alt.Tooltip("low:Q", title="low, h", format=",.0f"),
        alt.Tooltip("likely:Q", title="likely, h", format=",.0f"),
        alt.Tooltip("high:Q", title="high, h", format=",.0f"),
    ]
    base = alt.Chart(rows).encode(x=x)
    range_ = base.mark_rule(color=QUIET, strokeWidth=1.5).encode(
        y=alt.Y("low:Q", title="benefit, hours a year"), y2="high:Q"
    )
    dots = base.mark_circle(size=130, opacity=1, cursor="pointer").encode(
        y=y, color=alt.condition(mine, alt.value(LOSS), alt.value(ACCENT)), tooltip=tip
    )
    names = base.mark_text(dx=11, align="left", baseline="middle", color=QUIET, fontSize=12).encode(y=y, text="rank:Q")
    return calm((range_ + dots.add_params(picked) + names).properties(height=340))


def waterfall(rows: pd.DataFrame) -> Any:
    """How points add up to a score. ``rows`` has columns driver, start, points, most, known; in drawing order."""
    order = rows["driver"].tolist()
    y = alt.Y("driver:N", sort=order, title=None, axis=alt.Axis(labelLimit=200))
    ends = rows.assign(end=rows["start"] + rows["points"], room=rows["start"] + rows["most"])
    base = alt.Chart(ends).encode(y=y)
    room = base.mark_bar(height=16, color=QUIET, opacity=0.25).encode(
        x=alt.X("start:Q", title="points of 100", axis=alt.Axis(tickCount=8)), x2="room:Q"
    )
    bars = base.mark_bar(height=16, color=ACCENT).encode(
        x="start:Q",
        x2="end:Q",
        opacity=alt.condition(alt.datum["known"], alt.value(1.0), alt.value(0.45)),
        tooltip=["driver", alt.Tooltip("points:Q", format=".1f"), alt.Tooltip("most:Q", title="at most", format=".0f")],
    )
    names = base.mark_text(align="left", dx=5, color=QUIET).encode(x="room:Q", text=alt.Text("points:Q", format=".1f"))
    return calm((room + bars + names).properties(height=30 * len(rows) + 30))


def rug(rows: pd.DataFrame, zero_at: float, one_at: float, curve: str) -> Any:
    """A driver's scale with today's items on it: the curve from 0 to 1, and a tick for each item."""
    line = (
        alt.Chart(rows[rows["kind"] == "curve"])
        .mark_line(color=QUIET)
        .encode(
            x=alt.X(
                "raw:Q",
                title=None,
                axis=alt.Axis(values=_round_values(zero_at, one_at), format=",.3~r"),
                scale=alt.Scale(type="symlog" if curve == "logarithmic" else "linear"),
            ),
            y=alt.Y("worth:Q", title="counts", axis=alt.Axis(values=[0, 0.5, 1])),
        )
    )
    ticks = (
        alt.Chart(rows[rows["kind"] == "item"])
        .mark_tick(color=ACCENT, thickness=2, size=16)
        .encode(
            x="raw:Q",
            y="worth:Q",
            tooltip=["title", alt.Tooltip("raw:Q", format=",.2f"), alt.Tooltip("worth:Q", format=".2f")],
        )
    )
    anchors = pd.DataFrame({"raw": [zero_at, one_at], "text": ["0", "1"], "worth": [0.0, 1.0]})
    marks = alt.Chart(anchors).mark_point(color=LOSS, filled=True, size=45).encode(x="raw:Q", y="worth:Q")
    return calm((line + ticks + marks).properties(height=130))


def _round_values(zero_at: float, one_at: float) -> list[float]:
    low, high = sorted((zero_at, one_at))
    steps = [base * 10.0**power for power in range(-2, 7) for base in (1, 3)]
    inside = [step for step in steps if low < step < high * 0.7]
    return [low, *inside[-4:], high]


def trouble(rows: pd.DataFrame) -> Any:
    """Hours lost by subject, most first, each name above its bar so that it fits a phone.

    ``rows`` has columns name, hours, incidents and label.
    """
    order = rows["name"].tolist()
    told = rows.assign(told=rows["name"].str.slice(0, 60) + "  ·  " + rows["label"])
    base = alt.Chart(told).encode(y=alt.Y("name:N", sort=order, title=None, axis=None))
    bars = base.mark_bar(height=7, yOffset=9, color=ACCENT).encode(
        x=alt.X("hours:Q", title="hours lost in the past 12 months", axis=alt.Axis(tickCount=6)),
        tooltip=["name", alt.Tooltip("hours:Q", format=",.0f"), "incidents"],
    )
    names = base.mark_text(align="left", dy=-5, color=QUIET, fontSize=12).encode(x=alt.value(0), text="told:N")
    return calm((bars + names).properties(height=34 * len(rows) + 40))


def timeline(rows: pd.DataFrame) -> Any:
    """Incidents by month. ``rows`` has columns month and incidents, every month of the span given."""
    bars = (
        alt.Chart(rows)
        .mark_bar(color=ACCENT)
        .encode(
            x=alt.X("yearmonth(month):T", title=None),
            y=alt.Y("incidents:Q", title="incidents a month", axis=alt.Axis(tickMinStep=1)),
            tooltip=[alt.Tooltip("yearmonth(month):T", title="month"), "incidents"],
        )
    )
    return calm(bars.properties(height=120))


def rate_ratios(rows: pd.DataFrame) -> Any:
    """How many times more incidents begin after changes, by system, with intervals and the line of chance.

    ``rows`` has columns name, ratio, low, high, clear and told, in drawing order; each name stands above its dot, so
    that it fits a phone. What is clear is filled in the accent, the others are hollow and grey.
    """
    order = rows["name"].tolist()
    low, high = min(0.25, rows["low"].min()), max(4.0, rows["high"].max())
    scale = alt.Scale(type="log", domain=[max(low, 0.05), min(high, 50.0)], clamp=True)
    base = alt.Chart(rows).encode(y=alt.Y("name:N", sort=order, title=None, axis=None))
    x = alt.X("ratio:Q", title="times the rate of other hours; hollow: may be chance", scale=scale, axis=_TIMES)
    tip = ["name", *(alt.Tooltip(f"{part}:Q", format=".1f") for part in ("ratio", "low", "high"))]
    chance = alt.Chart(pd.DataFrame({"one": [1.0]})).mark_rule(color=LOSS, strokeDash=[4, 4]).encode(x=alt.X("one:Q"))
    ranges = base.mark_rule(color=QUIET, strokeWidth=1.5, yOffset=9).encode(x=alt.X("low:Q", scale=scale), x2="high:Q")
    dots = base.mark_point(size=80, yOffset=9, strokeWidth=2).encode(
        x=x,
        tooltip=tip,
        color=alt.condition(alt.datum["clear"], alt.value(ACCENT), alt.value(QUIET)),
        fill=alt.condition(alt.datum["clear"], alt.value(ACCENT), alt.value("transparent")),
    )
    names = base.mark_text(align="left", dy=-7, color=QUIET, fontSize=12).encode(x=alt.value(0), text="told:N")
    return calm((chance + ranges + dots + names).properties(height=36 * len(rows) + 40))


_TIMES = alt.Axis(values=[0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32], format="~r")
