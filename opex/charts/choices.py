"""Stated against revealed weights: a dot for what was said, an interval for what choices imply."""

from typing import Any

import altair as alt
import pandas as pd

from opex.charts.look import ACCENT, LOSS, QUIET, calm

__all__ = ["stated_and_revealed"]


def stated_and_revealed(rows: pd.DataFrame, most: float) -> Any:
    """One function's weights, a line a driver: stated as a diamond, revealed as a dot with its interval.

    ``rows`` has columns driver, stated, revealed, low, high (percent), told and says, in drawing order; ``says`` stands
    above each line, so that it fits a phone. A driver that no duel told of is hollow and grey. ``most`` is the end of
    the scale, the same for every function, so that their pictures can be compared.
    """
    order = rows["driver"].tolist()
    scale = alt.Scale(domain=[0, most], clamp=True)
    base = alt.Chart(rows).encode(y=alt.Y("driver:N", sort=order, title=None, axis=None))
    title = ["weight, %", "diamond: stated; dot: implied by choices"]
    x = alt.X("revealed:Q", title=title, scale=scale, axis=alt.Axis(tickCount=6))
    tip = [
        alt.Tooltip("driver:N"),
        *(alt.Tooltip(f"{part}:Q", format=".0f", title=f"{part}, %") for part in ("stated", "revealed", "low", "high")),
    ]
    ranges = base.mark_rule(color=QUIET, strokeWidth=1.5, yOffset=9).encode(x=alt.X("low:Q", scale=scale), x2="high:Q")
    stated = base.mark_point(shape="diamond", size=85, filled=True, yOffset=9, color=LOSS, opacity=1).encode(
        x=alt.X("stated:Q", scale=scale), tooltip=tip
    )
    dots = base.mark_point(size=75, yOffset=9, strokeWidth=2, opacity=1).encode(
        x=x,
        tooltip=tip,
        color=alt.condition(alt.datum["told"], alt.value(ACCENT), alt.value(QUIET)),
        fill=alt.condition(alt.datum["told"], alt.value(ACCENT), alt.value("transparent")),
    )
    names = base.mark_text(align="left", dy=-7, color=QUIET, fontSize=12).encode(x=alt.value(0), text="says:N")
    return calm((ranges + dots + stated + names).properties(height=38 * len(rows) + 40))
