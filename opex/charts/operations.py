"""The figures of the operations review: a month beside what the months before it make usual."""

from typing import Any

import altair as alt
import pandas as pd

from opex.charts.look import ACCENT, LOSS, QUIET, calm

__all__ = ["process_behaviour"]


def process_behaviour(
    history: pd.DataFrame, unit: str, limits: tuple[float, float, float] | None, *, news: bool
) -> Any:
    """A process behaviour chart: values by month, the centre, the limits of what is usual; the last month marked.

    ``history`` has columns month and value, the reviewed month last; ``limits`` is low, centre, high, or ``None``
    where too few months came before; ``news`` colours the last dot.
    """
    x = alt.X("yearmonth(month):T", title=None, axis=alt.Axis(format="%b %y", tickCount=6, labelOverlap=True))
    y = alt.Y("value:Q", title=unit, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=4))
    tip = [alt.Tooltip("yearmonth(month):T", title="month"), alt.Tooltip("value:Q", title=unit, format=",.1f")]
    base = alt.Chart(history).encode(x=x)
    line = base.mark_line(color=QUIET, strokeWidth=1.5).encode(y=y)
    dots = base.mark_circle(color=QUIET, size=30, opacity=1).encode(y=y, tooltip=tip)
    last = (
        alt.Chart(history.tail(1))
        .mark_point(
            size=110, filled=True, opacity=1, color=LOSS if news else ACCENT, shape="diamond" if news else "circle"
        )
        .encode(x=x, y=y, tooltip=tip)
    )
    layers = [line, dots, last]
    if limits is not None:
        low, centre, high = limits
        band = alt.Chart(pd.DataFrame({"low": [low], "high": [high]})).mark_rect(color=QUIET, opacity=0.13)
        middle = alt.Chart(pd.DataFrame({"value": [centre]})).mark_rule(color=QUIET, strokeDash=[4, 4])
        layers = [band.encode(y=alt.Y("low:Q", title=unit), y2="high:Q"), middle.encode(y=y), *layers]
    return calm(alt.layer(*layers).properties(height=130))
