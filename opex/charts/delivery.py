"""One delivery measure over months: dots with their intervals; a month that is not covered whole is hollow."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from opex.charts.look import ACCENT, QUIET, calm

__all__ = ["measure_by_month"]

_UP = {"%": ".0%"}


def measure_by_month(rows: pd.DataFrame, title: str, unit: str) -> Any:
    """A measure's months with intervals, over its level of the whole time.

    ``rows`` has columns month, value, low, high, complete, counts (words for the tooltip) and level; a month without a
    value has no dot, an interval without an upper end is drawn to the top. ``unit`` is ``%`` for shares.
    """
    form = _UP.get(unit, ",.3~r")
    top = max(float(np.nanmax(rows[["value", "high", "level"]].to_numpy(dtype=np.float64))), 1e-9)
    drawn = rows.assign(top=rows["high"].where(rows["low"].isna() | rows["high"].notna(), top))
    scale = alt.Scale(domain=[0, top], nice=True)
    base = alt.Chart(drawn).encode(
        x=alt.X("yearmonth(month):T", title=None, axis=alt.Axis(format="%b %y", tickCount=6))
    )
    y = alt.Y("value:Q", title=title, scale=scale, axis=alt.Axis(format=form, tickCount=4))
    tip = [
        alt.Tooltip("yearmonth(month):T", title="month"),
        alt.Tooltip("value:Q", title=title, format=form),
        alt.Tooltip("low:Q", title="from", format=form),
        alt.Tooltip("high:Q", title="to", format=form),
        alt.Tooltip("counts:N", title="counts"),
    ]
    level = base.mark_line(color=QUIET, strokeDash=[4, 4], strokeWidth=1).encode(y=alt.Y("level:Q", scale=scale))
    ranges = base.mark_rule(color=QUIET, strokeWidth=1.5).encode(y=alt.Y("low:Q", title=title, scale=scale), y2="top:Q")
    dots = base.mark_point(size=45, color=ACCENT, strokeWidth=1.5).encode(
        y=y, fill=alt.condition(alt.datum["complete"], alt.value(ACCENT), alt.value("transparent")), tooltip=tip
    )
    return calm((level + ranges + dots).properties(height=150))
