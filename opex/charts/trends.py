"""A figure over time with its levels: grey what was seen, in the accent the level before and after a shift."""

from datetime import datetime
from typing import Any

import altair as alt
import pandas as pd

from opex.charts.look import ACCENT, LOSS, QUIET, calm

__all__ = ["levels", "moments"]


def levels(
    points: pd.DataFrame,
    stretches: pd.DataFrame,
    *,
    unit: str,
    shift: tuple[datetime, datetime, datetime] | None = None,
    bars: bool = True,
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
    """
    x = alt.X("at:T", title=None, axis=alt.Axis(tickCount=6, format="%b %Y", labelOverlap=True, labelFlush=True))
    y = alt.Y("value:Q", title=unit, axis=alt.Axis(tickCount=3))
    base = alt.Chart(points)
    tip = [alt.Tooltip("at:T", title="from", format="%-d %b %Y"), alt.Tooltip("value:Q", title=unit, format=",.4~g")]
    if bars:
        layers = [base.mark_bar(color=QUIET, opacity=0.5).encode(x=x, x2="end:T", y=y, y2=alt.datum(0), tooltip=tip)]
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
    return calm(alt.layer(*layers).properties(height=170))


def moments(points: pd.DataFrame, *, unit: str) -> Any:
    """A metric about an alarm: grey what was measured, in the accent what was expected, dots where it stood out.

    ``points`` has columns at, value, expected and stood_out.
    """
    x = alt.X("at:T", title=None, axis=alt.Axis(tickCount=6, format="%-d %b, %H:%M", labelOverlap=True))
    y = alt.Y("value:Q", title=unit, axis=alt.Axis(tickCount=4), scale=alt.Scale(zero=False))
    tip = [
        alt.Tooltip("at:T", title="at", format="%-d %b %Y, %H:%M"),
        alt.Tooltip("value:Q", title=unit, format=",.4~g"),
        alt.Tooltip("expected:Q", format=",.4~g"),
    ]
    base = alt.Chart(points).encode(x=x)
    seen = base.mark_line(color=QUIET, opacity=0.8, strokeWidth=1.2).encode(y=y)
    expected = base.mark_line(color=ACCENT, strokeWidth=1.5, strokeDash=[5, 3]).encode(
        y=alt.Y("expected:Q", title=unit)
    )
    out = (
        base.transform_filter("datum.stood_out")
        .mark_point(color=LOSS, filled=True, size=45, opacity=1)
        .encode(y=y, tooltip=tip)
    )
    return calm((seen + expected + out).properties(height=220))
