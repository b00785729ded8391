"""How sure places are: the share of draws in which each item stands at each place."""

from typing import Any

import altair as alt
import pandas as pd

from opex.charts.look import ACCENT, QUIET, calm

__all__ = ["believed_weights", "places"]


def places(cells: pd.DataFrame, groups: pd.DataFrame) -> Any:
    """Items down the computed order, places across; the darker a cell, the more draws put the item there.

    ``cells`` has columns label, title, place, share (0 to 1), in the items' order; ``groups`` has a column label: the
    first item of each group but the first, above which a line is drawn.
    """
    order = cells["label"].drop_duplicates().tolist()
    y = alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=190, ticks=False, domain=False))
    x = alt.X("place:O", title="place", axis=alt.Axis(labelAngle=0, labelOverlap=True, ticks=False, domain=False))
    tip = [
        alt.Tooltip("title:N", title="opportunity"),
        alt.Tooltip("place:O", title="place"),
        alt.Tooltip("share:Q", title="share of draws", format=".0%"),
    ]
    dark = alt.Opacity("share:Q", scale=alt.Scale(type="sqrt", domain=[0, 1], range=[0, 1]), legend=None)
    heat = alt.Chart(cells).mark_rect(color=ACCENT, cornerRadius=2).encode(x=x, y=y, opacity=dark, tooltip=tip)
    told = cells[cells["share"] >= 0.095].assign(percent=lambda t: (100 * t["share"]).round())
    words = (
        alt.Chart(told)
        .mark_text(fontSize=10, opacity=alt.expr("width > 480 ? 1 : 0"))
        .encode(x=x, y=y, text="percent:Q")
    )
    light = alt.condition(alt.datum["share"] > 0.3, alt.value("white"), alt.value(QUIET))
    lines = (
        alt.Chart(groups).mark_rule(color=QUIET, strokeWidth=1).encode(y=alt.Y("label:N", sort=order, bandPosition=0))
    )
    return calm((heat + words.encode(color=light) + lines).properties(height=alt.Step(22)))


def believed_weights(rows: pd.DataFrame) -> Any:
    """Stated weights (rings) and those that one must believe (dots). ``rows``: driver, stated, believed, in percent."""
    y = alt.Y("driver:N", sort=rows["driver"].tolist(), title=None, axis=alt.Axis(labelLimit=200))
    base = alt.Chart(rows).encode(
        y=y,
        tooltip=["driver", alt.Tooltip("stated:Q", format=".0f"), alt.Tooltip("believed:Q", format=".0f")],
    )
    x = alt.X("stated:Q", title="weight, %", scale=alt.Scale(zero=True))
    link = base.mark_rule(color=QUIET).encode(x=x, x2="believed:Q")
    stated = base.mark_point(color=QUIET, size=60, filled=False, strokeWidth=1.5).encode(x=x)
    believed = base.mark_circle(color=ACCENT, size=80, opacity=1).encode(x=alt.X("believed:Q", title="weight, %"))
    return calm((link + stated + believed).properties(height=alt.Step(26)))
