"""What is expected next, and how well the lists of the past held: dots with intervals, and every period's tick."""

from typing import Any

import altair as alt
import pandas as pd

from opex.charts.look import ACCENT, LOSS, QUIET, calm

__all__ = ["expected_pain", "shares_held"]


def expected_pain(rows: pd.DataFrame, unit: str) -> Any:
    """Expected pain by subject with the interval of what comes, and a tick for what has come so far.

    ``rows`` has columns subject, expected, low, high, so_far and told, in drawing order; ``told`` stands above each
    dot, so that it fits a phone. ``unit`` names the axis.
    """
    base = alt.Chart(rows).encode(y=alt.Y("subject:N", sort=rows["subject"].tolist(), title=None, axis=None))
    x = alt.X("expected:Q", title=unit, scale=alt.Scale(domainMin=0), axis=alt.Axis(tickCount=6))
    tip = [
        alt.Tooltip("subject:N", title="about"),
        alt.Tooltip("expected:Q", format=",.1f"),
        alt.Tooltip("low:Q", title="at least", format=",.0f"),
        alt.Tooltip("high:Q", title="at most", format=",.0f"),
        alt.Tooltip("so_far:Q", title="so far", format=",.1f"),
    ]
    ranges = base.mark_rule(color=QUIET, strokeWidth=1.5, yOffset=9).encode(x=alt.X("low:Q", title=unit), x2="high:Q")
    so_far = base.mark_tick(color=LOSS, thickness=3, size=13, yOffset=9).encode(x="so_far:Q", tooltip=tip)
    dots = base.mark_circle(size=85, yOffset=9, color=ACCENT, opacity=1).encode(x=x, tooltip=tip)
    names = base.mark_text(align="left", dy=-7, color=QUIET, fontSize=12).encode(x=alt.value(0), text="told:N")
    return calm((ranges + so_far + dots + names).properties(height=36 * len(rows) + 40))


def shares_held(means: pd.DataFrame, periods: pd.DataFrame) -> Any:
    """The share of the best possible list that each method's list held: every tested period a tick, the mean a dot.

    ``means`` has columns method, share and told in drawing order, our own first; ``periods`` has columns method, period
    and share.
    """
    order = means["method"].tolist()
    y = alt.Y("method:N", sort=order, title=None, axis=None)
    x = alt.X(
        "share:Q",
        title="share of the best list; ticks: each period",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", tickCount=5),
    )
    ticks = (
        alt.Chart(periods)
        .mark_tick(color=QUIET, thickness=1.5, size=12, opacity=0.45, yOffset=9)
        .encode(x=x, y=y, tooltip=["period", alt.Tooltip("share:Q", format=".0%")])
    )
    base = alt.Chart(means).encode(y=y)
    ours = alt.datum["method"] == order[0]
    dots = base.mark_circle(size=110, opacity=1, yOffset=9).encode(
        x=x,
        color=alt.condition(ours, alt.value(ACCENT), alt.value(QUIET)),
        tooltip=["method", alt.Tooltip("share:Q", title="mean share", format=".1%")],
    )
    names = base.mark_text(align="left", dy=-7, color=QUIET, fontSize=12).encode(x=alt.value(0), text="told:N")
    return calm((ticks + dots + names).properties(height=46 * len(means) + 40))
