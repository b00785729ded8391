"""Where the hours that themes lost lie: the few that matter first."""

from typing import Any

import altair as alt
import pandas as pd

from opex.charts.look import ACCENT, QUIET, calm

__all__ = ["pareto"]


def pareto(rows: pd.DataFrame, title: str) -> Any:
    """Hours lost by theme, most first, with the share of all that it and those above it hold.

    ``rows`` has columns name, hours, incidents, together (a share, 0 to 1) and label, in drawing order; each name
    stands above its bar, so that it fits a phone. ``title`` says the finding. The bars that together hold half are
    in the accent, the others grey.
    """
    order = rows["name"].tolist()
    vital = rows["together"].shift(fill_value=0.0) < 0.5
    told = rows.assign(told=rows["name"].str.slice(0, 38) + "  ·  " + rows["label"], vital=vital)
    base = alt.Chart(told).encode(y=alt.Y("name:N", sort=order, title=None, axis=None))
    bars = base.mark_bar(height=7, yOffset=9).encode(
        x=alt.X("hours:Q", title="hours lost in the past 12 months", axis=alt.Axis(tickCount=6)),
        color=alt.condition(alt.datum["vital"], alt.value(ACCENT), alt.value(QUIET)),
        tooltip=[
            alt.Tooltip("name:N", title="theme"),
            alt.Tooltip("hours:Q", title="hours lost", format=",.0f"),
            alt.Tooltip("incidents:Q", title="incidents"),
            alt.Tooltip("together:Q", title="with those above, share of all", format=".0%"),
        ],
    )
    names = base.mark_text(align="left", dy=-5, color=QUIET, fontSize=12, clip=True).encode(
        x=alt.value(0), text="told:N"
    )
    heading = alt.TitleParams(title, anchor="start", color=QUIET, fontSize=13, fontWeight="normal", offset=10)
    return calm((bars + names).properties(height=34 * len(rows) + 40, title=heading))
