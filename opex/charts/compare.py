"""Charts that compare: ratios with their intervals, and incidents by system and month."""

from typing import Any

import altair as alt
import pandas as pd

from opex.charts.look import ACCENT, LOSS, QUIET, calm

__all__ = ["system_months", "times_as_many"]

_TICKS = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32)
_FEW_TO_MANY = ["#7b9095", "#0b5563"]  # white numbers can be read on both, on a light page and on a dark one


def times_as_many(rows: pd.DataFrame, title: str) -> Any:
    """How many times as much as the other side, with intervals and the line of no difference.

    ``rows`` has columns name, ratio (above 0), low, high, clear and told, in drawing order; each name stands above its
    dot, and the parts of ``title`` (by semicolons) below each other, so that it fits a phone. What differs clearly is
    filled in the accent, the others are hollow and grey.
    """
    order = rows["name"].tolist()
    low, high = max(0.05, min(0.45, rows["low"].min())), min(50.0, max(2.2, rows["high"].max()))
    scale = alt.Scale(type="log", domain=[low, high], clamp=True)
    axis = alt.Axis(values=[tick for tick in _TICKS if low <= tick <= high], format="~r")
    base = alt.Chart(rows).encode(y=alt.Y("name:N", sort=order, title=None, axis=None))
    tip = ["name", *(alt.Tooltip(f"{part}:Q", format=".2f") for part in ("ratio", "low", "high"))]
    even = alt.Chart(pd.DataFrame({"one": [1.0]})).mark_rule(color=LOSS, strokeDash=[4, 4]).encode(x=alt.X("one:Q"))
    ranges = base.mark_rule(color=QUIET, strokeWidth=1.5, yOffset=9).encode(x=alt.X("low:Q", scale=scale), x2="high:Q")
    dots = base.mark_point(size=80, yOffset=9, strokeWidth=2).encode(
        x=alt.X("ratio:Q", title=title.split("; "), scale=scale, axis=axis),
        tooltip=tip,
        color=alt.condition(alt.datum["clear"], alt.value(ACCENT), alt.value(QUIET)),
        fill=alt.condition(alt.datum["clear"], alt.value(ACCENT), alt.value("transparent")),
    )
    names = base.mark_text(align="left", dy=-7, color=QUIET, fontSize=12).encode(x=alt.value(0), text="told:N")
    return calm((even + ranges + dots + names).properties(height=38 * len(rows) + 60))


def system_months(rows: pd.DataFrame) -> Any:
    """Incidents by system and month as a heat map that can be read as a table. Columns system, month, incidents."""
    order = rows["system"].drop_duplicates().tolist()
    most = int(rows["incidents"].max())
    base = alt.Chart(rows).encode(
        x=alt.X("yearmonth(month):O", title=None, axis=alt.Axis(format="%b", labelAngle=0, domain=False, ticks=False)),
        y=alt.Y("system:N", sort=order, title=None, axis=alt.Axis(labelLimit=110, domain=False, ticks=False)),
        tooltip=["system", alt.Tooltip("yearmonth(month):T", title="month", format="%b %Y"), "incidents"],
    )
    some = base.transform_filter(alt.datum["incidents"] > 0)
    shade = alt.Color("incidents:Q", scale=alt.Scale(domain=[1, max(2, most)], range=_FEW_TO_MANY), legend=None)
    counts = some.mark_text(fontSize=11, color="white").encode(text="incidents:Q")
    every = base.mark_rect(opacity=0)  # a month without any incident keeps its place
    cells = some.mark_rect(cornerRadius=2).encode(color=shade)
    return calm((every + cells + counts).properties(height=24 * len(order) + 30))
