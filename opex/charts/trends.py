"""A figure over time with its levels: grey what was seen, in the accent the level before and after a shift."""

from datetime import datetime
from typing import Any

import altair as alt
import pandas as pd

from opex.charts.look import ACCENT, LOSS, QUIET, calm

__all__ = ["levels"]


def levels(
    points: pd.DataFrame,
    stretches: pd.DataFrame,
    *,
    unit: str,
    shift: tuple[datetime, datetime, datetime] | None = None,
    bars: bool = True,
    marked: pd.DataFrame | None = None,
) -> Any:
    """One small multiple: the values, a line for each level, and the date of the shift with its range.

    Parameters
    ----------
    points
        Columns at, end and value; drawn as bars (counts, hours) or as a line (readings).
    stretches
        Columns begin, end, low_side and high_side: the level at both ends. May be empty.
    shift
        Earliest, likeliest and latest moment.
    marked
        Columns at and value: single moments that stand out, drawn as points.
    """
    x = alt.X("at:T", title=None, axis=alt.Axis(tickCount=6, format="%b %Y", labelOverlap=True, labelFlush=True))
    y = alt.Y("value:Q", title=unit, axis=alt.Axis(tickCount=3))
    base = alt.Chart(points)
    tip = [alt.Tooltip("at:T", title="from", format="%-d %b %Y"), alt.Tooltip("value:Q", title=unit, format=",.4~g")]
    if bars:
        layers = [base.mark_bar(color=QUIET, opacity=0.5).encode(x=x, x2="end:T", y=y, tooltip=tip)]
    else:
        layers = [base.mark_line(color=QUIET, opacity=0.7, strokeWidth=1.2).encode(x=x, y=y, tooltip=tip)]
    if shift is not None:
        earliest, likeliest, latest = shift
        when = pd.DataFrame({"at": [likeliest], "earliest": [earliest], "latest": [latest]})
        layers.insert(0, alt.Chart(when).mark_rect(color=LOSS, opacity=0.16).encode(x="earliest:T", x2="latest:T"))
        layers.append(alt.Chart(when).mark_rule(color=LOSS, strokeDash=[4, 3], strokeWidth=1.5).encode(x="at:T"))
    if len(stretches):
        ends = pd.concat([
            stretches.assign(at=stretches["begin"], value=stretches["low_side"]),
            stretches.assign(at=stretches["end"], value=stretches["high_side"]),
        ]).assign(stretch=lambda table: table.groupby("begin").ngroup())  # fmt: skip
        layers.append(
            alt.Chart(ends[["at", "value", "stretch"]]).mark_line(color=ACCENT, strokeWidth=3)
            .encode(x="at:T", y="value:Q", detail="stretch:N")
        )  # fmt: skip
    if marked is not None and len(marked):
        layers.append(alt.Chart(marked).mark_point(color=LOSS, filled=True, size=40).encode(x=x, y=y, tooltip=tip))
    return calm(alt.layer(*layers).properties(height=170))
