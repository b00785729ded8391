"""At which weight of each driver the leader changes: one strip a driver."""

from typing import Any

import altair as alt
import pandas as pd

from opex.charts.look import ACCENT, LOSS, QUIET, calm

__all__ = ["leader_strips"]

_PERCENT = "datum.label + ' %'"


def leader_strips(rows: pd.DataFrame) -> Any:
    """One strip a driver from a weight of 0 to 100 %, cut where the leader changes, with the weight it has now.

    ``rows`` has columns driver, low, high (percents), leader, mine (whether the leader is today's), shade (0 or 1, in
    turns, so that neighbours differ) and now (percent), in drawing order. Today's leader is drawn in the accent; the
    driver stands above its strip, so that it fits a phone.
    """
    order = rows["driver"].drop_duplicates().tolist()
    y = alt.Y("driver:N", sort=order, title=None, axis=None)
    x = alt.X("low:Q", title=None, scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(tickCount=5, labelExpr=_PERCENT))
    base = alt.Chart(rows).encode(y=y)
    strips = base.mark_bar(height=9, yOffset=7, stroke="transparent").encode(
        x=x,
        x2="high:Q",
        color=alt.condition(alt.datum["mine"], alt.value(ACCENT), alt.value(QUIET)),
        opacity=alt.Opacity("shade:Q", scale=alt.Scale(domain=[0, 1], range=[0.45, 0.8]), legend=None),
        tooltip=[
            "driver:N",
            alt.Tooltip("leader:N", title="first"),
            alt.Tooltip("low:Q", title="from, %", format=".1f"),
            alt.Tooltip("high:Q", title="to, %", format=".1f"),
        ],
    )
    each = alt.Chart(rows.drop_duplicates("driver")).encode(y=y)
    now = each.mark_tick(color=LOSS, thickness=3, height=17, yOffset=7).encode(
        x="now:Q", tooltip=["driver:N", alt.Tooltip("now:Q", title="weighs now, %", format=".0f")]
    )
    names = each.mark_text(align="left", dy=-7, color=QUIET, fontSize=11).encode(x=alt.value(0), text="driver:N")
    return calm((strips + now + names).properties(height=28 * len(order) + 34))
