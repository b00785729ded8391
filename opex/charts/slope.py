"""What moved between two rankings, as a slope chart; and how two items differ, driver by driver."""

from typing import Any

import altair as alt
import pandas as pd

from opex.charts.look import ACCENT, LOSS, QUIET, calm

__all__ = ["differences", "slope"]

_NAMES = 260
"""Pixels for the names at the right; where the chart is narrow they take three fifths of it."""
_END = f"max(width - {_NAMES}, width * 0.4)"
_LEFT, _RIGHT, _LABEL = (alt.value({"expr": where}) for where in ("34", _END, f"{_END} + 12"))
_ROOM = alt.ExprRef(f"width - {_END} - 12")


def slope(rows: pd.DataFrame, first: int) -> Any:
    """A line for each item from its earlier to its later place; the places beyond ``first`` stand below, in order.

    Parameters
    ----------
    rows
        Columns title, before (NaN for one that is new) and after (places, from 1), and most (true for those that moved
        most: in the accent and thicker). Every place stands once on each side, so that no two labels overlap.
    """
    told = rows.assign(
        left=_slots(rows["before"], first),
        right=_slots(rows["after"], first),
        name=rows["after"].astype(int).astype(str) + "  " + rows["title"].astype(str),
        was=rows["before"].map("{:.0f}".format).where(rows["before"].notna(), "new"),
    ).sort_values("most", kind="stable")
    slots = max(told["left"].max(skipna=True), told["right"].max())
    scale = alt.Scale(domain=[0.5, slots + 0.5], reverse=True, nice=False)
    base = alt.Chart(told)
    tip = [alt.Tooltip("title:N", title="opportunity"), alt.Tooltip("was:N", title="place before"),
           alt.Tooltip("after:Q", title="place after")]  # fmt: skip
    y, y2 = alt.Y("left:Q", scale=scale, axis=None), alt.Y("right:Q", scale=scale, axis=None)
    colour = alt.condition(alt.datum["most"], alt.value(ACCENT), alt.value(QUIET))
    both = base.transform_filter("isValid(datum.left)")
    lines = both.mark_rule(strokeCap="round").encode(
        x=_LEFT, x2=_RIGHT, y=y, y2="right:Q", color=colour, tooltip=tip,
        strokeWidth=alt.condition(alt.datum["most"], alt.value(3), alt.value(1.2)),
        opacity=alt.condition(alt.datum["most"], alt.value(1.0), alt.value(0.55)),
    )  # fmt: skip
    was = both.mark_text(align="right", dx=-10, fontSize=12).encode(x=_LEFT, y=y, text="was:N", color=colour)
    here = base.mark_circle(size=45, opacity=1).encode(x=_RIGHT, y=y2, color=colour, tooltip=tip)
    there = both.mark_circle(size=45, opacity=1).encode(x=_LEFT, y=y, color=colour, tooltip=tip)
    plain, bold = (
        base.transform_filter(f"{'' if strong else '!'}datum.most")
        .mark_text(align="left", fontSize=12, fontWeight="bold" if strong else "normal", limit=_ROOM)
        .encode(x=_LABEL, y=y2, text="name:N", color=colour, tooltip=tip)
        for strong in (False, True)
    )
    return calm((lines + there + here + was + plain + bold).properties(height=22 * int(slots) + 10))


def _slots(places: pd.Series, first: int) -> pd.Series:
    """Places up to ``first`` as they are, the others one below the other after a gap."""
    beyond = places[places > first].rank(method="first") + first + 0.5
    return places.where(places <= first, beyond).astype(float)


def differences(rows: pd.DataFrame) -> Any:
    """How two items differ: a bar for each driver, to the right where the upper one has more points.

    ``rows`` has columns driver and points, in drawing order.
    """
    order = rows["driver"].tolist()
    told = rows.assign(more=rows["points"] >= 0)
    most = max(float(told["points"].abs().max()), 0.1) * 1.3
    x = alt.X("points:Q", title="points", scale=alt.Scale(domain=[-most, most]),
              axis=alt.Axis(tickCount=5, format="+.3~g"))  # fmt: skip
    y = alt.Y("driver:N", sort=order, title=None, axis=alt.Axis(labelLimit=170, ticks=False, domain=False))
    base = alt.Chart(told).encode(y=y)
    bars = base.mark_bar(height=14).encode(
        x=x,
        color=alt.condition(alt.datum["more"], alt.value(ACCENT), alt.value(LOSS)),
        tooltip=["driver", alt.Tooltip("points:Q", format="+.1f")],
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=QUIET).encode(x=alt.X("zero:Q", scale=x["scale"]))
    told_by = {"x": x, "text": alt.Text("points:Q", format="+.1f")}
    right = base.transform_filter("datum.more").mark_text(align="left", dx=5, color=QUIET).encode(**told_by)
    left = base.transform_filter("!datum.more").mark_text(align="right", dx=-5, color=QUIET).encode(**told_by)
    return calm((zero + bars + right + left).properties(height=26 * len(rows) + 40))
