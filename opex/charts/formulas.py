"""Where items stand under each formula."""

from typing import Any

import altair as alt
import pandas as pd

from opex.charts.look import ACCENT, LOSS, QUIET, calm

__all__ = ["places_under"]

_SHAPES = ("circle", "square", "diamond", "triangle-up", "cross")


def places_under(rows: pd.DataFrame, formulas: list[str], own: str, last: int) -> Any:
    """Items by the team's own rank, each name above a line from its best to its worst place; a shape a formula.

    ``rows`` has columns title, formula, place (the middle of a tie), said and depends, in drawing order. The team's
    own formula is filled, the others are hollow; the lines of items whose place depends on the formula are drawn in
    the colour of a loss.
    """
    order = rows["title"].drop_duplicates().tolist()
    scale = alt.Scale(domain=[1, max(last, 2)], nice=False)
    x = alt.X("place:Q", title="place under each formula", scale=scale, axis=alt.Axis(orient="top", tickMinStep=1))
    base = alt.Chart(rows).encode(y=alt.Y("title:N", sort=order, title=None, axis=None))
    tone = alt.condition(alt.datum["depends"], alt.value(LOSS), alt.value(QUIET))
    lines = base.mark_rule(strokeWidth=1.5, yOffset=8, opacity=0.7).encode(
        x=alt.X("min(place):Q", scale=scale, title=None), x2="max(place):Q", color=tone, detail="depends:N"
    )
    marks = base.mark_point(size=70, yOffset=8, strokeWidth=1.8, opacity=1).encode(
        x=x,
        shape=alt.Shape("formula:N", scale=alt.Scale(domain=formulas, range=list(_SHAPES[: len(formulas)])), sort=None),
        fill=alt.condition(alt.datum["formula"] == own, alt.value(ACCENT), alt.value("transparent")),
        color=alt.condition(alt.datum["formula"] == own, alt.value(ACCENT), alt.value(QUIET)),
        tooltip=[alt.Tooltip("title:N", title="opportunity"), "formula:N", alt.Tooltip("said:N", title="place")],
    )
    names = (
        alt.Chart(rows.drop_duplicates("title"))
        .mark_text(align="left", dy=-9, color=QUIET, fontSize=12)
        .encode(y=alt.Y("title:N", sort=order, axis=None), x=alt.value(0), text="told:N")
    )
    return calm((lines + marks + names).properties(height=38 * len(order) + 30))
