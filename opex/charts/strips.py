"""Who said what, a strip for each function: dots on the levels, as many as people, the median marked."""

from typing import Any

import altair as alt
import pandas as pd

from opex.charts.look import ACCENT, LOSS, QUIET, calm

__all__ = ["strips"]


def strips(answers: pd.DataFrame, levels: list[str], middle: pd.DataFrame) -> Any:
    """The answers to one question on one item.

    Parameters
    ----------
    answers
        Columns function, level (one of ``levels``), people (a count) and names: a row for each function and level.
    levels
        Every level in its order, those that nobody chose too.
    middle
        Columns function and level: each function's median, where it lies on a level.
    """
    x = alt.X("level:N", sort=levels, scale=alt.Scale(domain=levels), title=None, axis=alt.Axis(labelAngle=0))
    y = alt.Y("function:N", title=None, axis=alt.Axis(labelFlush=False, labelBaseline="middle"))
    tip = [alt.Tooltip("function:N"), alt.Tooltip("level:N", title="answer"), alt.Tooltip("people:Q"),
           alt.Tooltip("names:N", title="who")]  # fmt: skip
    size = alt.Size("people:Q", scale=alt.Scale(domain=[1, max(3, int(answers["people"].max()))], range=[140, 620]),
                    legend=None)  # fmt: skip
    dots = alt.Chart(answers).mark_circle(color=ACCENT, opacity=0.9).encode(x=x, y=y, size=size, tooltip=tip)
    counts = (
        alt.Chart(answers[answers["people"] > 1])
        .mark_text(color="white", fontWeight="bold", fontSize=11)
        .encode(x=x, y=y, text="people:Q", tooltip=tip)
    )
    marks = alt.Chart(middle).mark_tick(color=LOSS, thickness=3, size=24, orient="vertical").encode(x=x, y=y)
    lines = alt.Chart(answers).mark_rule(color=QUIET, opacity=0.35).encode(y=y)
    return calm((lines + marks + dots + counts).properties(height=alt.Step(30)))
