"""The month of the operations review: its figures beside what is usual, and what is new since the last one."""

from math import isnan

import streamlit as st

from opex.charts import process_behaviour
from opex.domain.problems import NotEnoughData
from opex.domain.safe import markdown
from opex.services import operating
from opex.services.context import Context
from opex.services.operating import Figure, Review
from opex.ui.tables import incident_table, read_incidents
from opex.ui.words import hours, several

__all__ = ["month_view"]

RULE = (
    "Usual is what the 12 months before make so: their mean, and 2.66 times the mean difference of neighbouring months "
    "on both sides (a process behaviour chart). Outside of that, or eight months on one side, is news; what lies "
    "within needs no explanation. A month counts what began in it, in UTC; an incident at most 7 days. "
    "Severe is severity 1 or 2; failed changes failed or were rolled back, in % of those with a known outcome."
)
SAID = {
    "above": "more than usual", "below": "less than usual", "shifted up": "up for eight months",
    "shifted down": "down for eight months", "as usual": "as usual",
}  # fmt: skip


def month_view(of: Context) -> None:
    """The month that is reviewed: a sentence, the figures, what is new."""
    offered = operating.months(of)
    if not offered:
        st.info(
            "There is no complete month of incidents yet: a review begins with one, and with some months before it."
        )
        return
    names = {f"{month:%B %Y}": month for month in offered}
    chosen = st.selectbox("Month", list(names), key="review_month", bind="query-params", width=240)
    found = operating.review(of, names.get(chosen or ""))
    if isinstance(found, NotEnoughData):
        st.info(found.sentence.capitalize() + ".")
        return
    st.markdown(_answer(found))
    for start in range(0, len(found.figures), 3):
        for column, figure in zip(st.columns(3), found.figures[start : start + 3], strict=False):
            with column:
                _figure(figure)
    st.caption(RULE)
    _new(of, found)


def _answer(found: Review) -> str:
    told = [_told(figure) for figure in found.figures if figure.name in ("incidents", "hours")]
    news = [f for f in found.figures if f.said not in ("", "as usual") and f.name not in ("incidents", "hours")]
    others = f" Also news: {', '.join(f'{f.title.lower()} ({SAID[f.said]})' for f in news)}." if news else ""
    if all(f.said == "as usual" for f in found.figures):
        others = " Nothing here is news: each figure lies within what the year before makes usual."
    return f"**{found.month:%B %Y}**: {'; '.join(told)}.{others}"


def _told(figure: Figure) -> str:
    value = f"{_number(figure, figure.value)} {'hours lost' if figure.name == 'hours' else figure.unit}"
    if isinstance(figure.usual, NotEnoughData):
        return f"{value} (too few months before it to say what is usual)"
    between = f"{_number(figure, figure.usual.low)} to {_number(figure, figure.usual.high)}"
    return f"{value}, {SAID.get(figure.said, 'unknown')} ({between})"


def _number(figure: Figure, value: float) -> str:
    if isnan(value):
        return "unknown"
    return f"{value:,.0f}" if figure.unit in ("incidents", "changes") else hours(value)


def _figure(figure: Figure) -> None:
    news = figure.said not in ("", "as usual")
    usual = figure.usual
    limits = None if isinstance(usual, NotEnoughData) else (usual.low, usual.centre, usual.high)
    beside = usual.sentence if isinstance(usual, NotEnoughData) else SAID.get(figure.said, "unknown this month")
    st.markdown(f"**{figure.title}**: {_number(figure, figure.value)}{' %' if figure.unit == '%' else ''}")
    before = f"{_number(figure, figure.before)} the month before"
    st.caption(f"{before} · **{beside}**" if news else f"{before} · {beside}")
    st.altair_chart(
        process_behaviour(figure.history, figure.unit, limits, news=news), key=f"figure_{figure.name}",
        alt=f"{figure.title} by month, with the range that is usual; the reviewed month is {beside}",
    )  # fmt: skip


def _new(of: Context, found: Review) -> None:
    st.subheader("New since the last review", anchor=False)
    if len(found.themes):
        st.markdown(f"{several(len(found.themes), 'theme')} began or came back after a year of silence.")
        st.dataframe(
            found.themes[["title", "incidents", "since"]], key="review_themes", hide_index=True,
            alt="Themes that began in this month or came back",
            column_config={"title": st.column_config.TextColumn("theme", width="large")},
        )  # fmt: skip
    else:
        st.markdown("No theme began or came back in this month.")
    if found.decided:
        st.caption(
            "Decided in this month: " + ", ".join(f"{count} {kind}" for kind, count in found.decided.items()) + "."
        )
    if len(found.systems):
        first = found.systems.iloc[0]
        moved = f"{hours(abs(first['change']))} hours {'more' if first['change'] > 0 else 'fewer'}"
        st.markdown(f"**{markdown(first['system'])}** moved most: {moved} than the month before.")
        st.dataframe(
            found.systems, key="review_systems", hide_index=True, alt="Systems by how much their hours lost moved",
            column_config={
                "hours": st.column_config.NumberColumn("hours lost", format="%.1f"),
                "before": st.column_config.NumberColumn("the month before", format="%.1f"),
                "change": st.column_config.NumberColumn("change", format="%+.1f"),
            },
        )  # fmt: skip
    if len(found.longest):
        st.markdown("The incidents that lost the most hours:")
        read_incidents(
            of, found.longest, incident_table(found.longest, key="review_incidents", select=True, height=380)
        )
