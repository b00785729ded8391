"""The view "Trends": what stands on another level than it did, since when, and what was near that date."""

import pandas as pd
import streamlit as st

from opex.charts.trends import levels
from opex.domain.problems import NotEnoughData
from opex.domain.safe import markdown
from opex.evidence.trends import Judged, Trend
from opex.services import trending
from opex.services.context import Context
from opex.ui.tables import incident_table, read_incidents
from opex.ui.words import several

__all__ = ["trends_view"]

KINDS = {"Incidents": "incidents", "Hours lost": "hours", "Metrics": "metric"}
SPANS = {"1 year": 52, "2 years": 104, "5 years": 260}
OF = {"incidents": "system", "hours": "system", "metric": "metric"}
MORE = {"incidents": "more incidents", "hours": "more hours of trouble", "metric": "worse values"}
LESS = {"incidents": "fewer incidents", "hours": "fewer hours of trouble", "metric": "better values"}
DRAWN = 8
RULES = (
    "Only the first incident of an episode counts; hours of incidents that overlap count once. A shift at any date and "
    "a straight drift compete, and the best is compared with what chance orders of the same weeks give, allowing for "
    "weeks that resemble the one before; over two years or more the yearly season is taken out. Of those named, one in "
    "twenty is expected to be chance (incidents, hours and metrics together). The date may lie anywhere in the band."
)


def trends_view(of: Context) -> None:
    """The finding, a small multiple for each, and what was near it; then what is steady and what lacks data."""
    with st.container(horizontal=True):
        shown = st.segmented_control("Of", list(KINDS), default="Incidents", key="trends_of", required=True,
                                     bind="query-params")  # fmt: skip
        span = st.segmented_control("Over", list(SPANS), default="2 years", key="trends_over", required=True,
                                    bind="query-params")  # fmt: skip
    kind = KINDS[shown or "Incidents"]
    with st.spinner("Comparing with two thousand chance orders of each series …"):
        every = trending.trending(of, weeks=SPANS[span or "2 years"])
    if isinstance(every, NotEnoughData):
        st.info("Nothing is loaded yet that could show a trend.")
        return
    mine = [one for one in every if one.series.kind == kind]
    found = [one for one in mine if one.trend is not None]
    steady = [one for one in mine if one.trend is None and one.series.lacks is None]
    st.markdown(_answer(kind, found, len(found) + len(steady), len(mine)))
    for column, one in zip(_places(len(found[:DRAWN])), found[:DRAWN], strict=False):
        with column, st.container(border=True):
            _finding(of, one)
    _folded("trends_steady", f"Steady: {_named(kind, len(steady))}", steady, lacks=False)
    _folded("trends_rest", f"Found as well: {_named(kind, len(found) - DRAWN)}", found[DRAWN:], lacks=False)
    few = [one for one in mine if one.series.lacks is not None]
    _folded("trends_few", f"Too little data: {_named(kind, len(few))}", few, lacks=True)
    st.caption(RULES)


def _named(kind: str, count: int) -> str:
    return several(count, OF[kind])


def _places(count: int) -> list[st.delta_generator.DeltaGenerator]:
    """Two columns where there is room, filled row by row; on a phone they stand below each other."""
    places: list[st.delta_generator.DeltaGenerator] = []
    while len(places) < count:
        places += st.columns(2)
    return places


def _label(one: Judged) -> str:
    series = one.series
    if series.metric is not None:
        name = f"{series.metric} of {series.system}" if series.system else series.metric
    else:
        name = series.system or "all systems"
    return markdown(name)


def _answer(kind: str, found: list[Judged], judged: int, looked_at: int) -> str:
    if not judged:
        needed = "60 days with readings" if kind == "metric" else "26 weeks and 12 episodes"
        return f"Too little data: none of {_named(kind, looked_at)} can be judged; each needs {needed}."
    sides = []
    for turned, words in (
        ("worse", MORE[kind]),
        ("better", LESS[kind]),
        ("changed", "other values, which may be good or bad"),
    ):
        some = [one for one in found if one.trend is not None and one.trend.turned == turned]
        if some:
            has = "has" if len(some) == 1 else "have"
            names = ", ".join(f"{_label(one)} ({_since(one.trend)})" for one in some[:3] if one.trend is not None)
            more = f", and {len(some) - 3} more" if len(some) > 3 else ""
            sides.append(f"{len(some)} of {_named(kind, judged)} {has} {words}: {names}{more}.")
    return " ".join(sides) or f"Nothing changed beyond chance in {_named(kind, judged)} that could be judged."


def _since(trend: Trend) -> str:
    return f"since {trend.at:%B %Y}" if trend.form == "shift" else "little by little"


def _finding(of: Context, one: Judged) -> None:
    trend, series = one.trend, one.series
    assert trend is not None  # noqa: S101 - only findings are drawn
    st.markdown(f"**{_label(one)}**, {markdown(series.environment)}  \n{_sentence(one, trend)}")
    shift = (trend.earliest, trend.at, trend.latest) if trend.form == "shift" else None
    stretches = pd.DataFrame(list(trend.levels), columns=["begin", "end", "low_side", "high_side"])
    st.altair_chart(
        levels(trending.points(one), stretches, unit=series.unit or "value", shift=shift, bars=series.kind != "metric"),
        key=f"trend_{_key(one)}", alt=f"{_label(one)}: {_sentence(one, trend)}",
    )  # fmt: skip
    if shift is not None:
        _near(of, one, trend)


def _key(one: Judged) -> str:
    series = one.series
    return "|".join((series.kind, series.metric or "", series.system or "", series.environment))


def _sentence(one: Judged, trend: Trend) -> str:
    unit = markdown(one.series.unit)
    if one.series.kind == "incidents":
        size = f"{trend.effect:.1f} times, {trend.low:.1f} to {trend.high:.1f}"
    else:
        size = f"{_amount(trend.effect, '+')}, {_amount(trend.low, '+')} to {_amount(trend.high, '+')}"
    moved = f"from {_amount(trend.before)} to {_amount(trend.after)} {unit} ({size})".replace("  ", " ")
    if trend.form == "drift":
        return f"Little by little {moved}; no single date explains it better."
    step = "week of " if one.series.kind != "metric" else ""
    several_ = f" One of {len(trend.levels) - 1} shifts." if len(trend.levels) > 2 else ""
    return (
        f"Since the {step}{trend.at:%-d %b %Y} {moved}; the date may lie between {trend.earliest:%-d %b %Y} and "
        f"{trend.latest:%-d %b %Y}.{several_}"
    )


def _amount(value: float, sign: str = "") -> str:
    """Two or three digits that say something, without powers of ten."""
    if abs(value) >= 100:
        return f"{value:{sign},.0f}"
    return f"{value:{sign}.1f}" if abs(value) >= 10 else f"{value:{sign}.2g}"


def _near(of: Context, one: Judged, trend: Trend) -> None:
    changes, incidents = trending.near_it(of, one)
    if changes.empty and incidents.empty:
        st.caption("No change and no incident of it within 48 hours before, or in the first days.")
        return
    counts = ((len(changes), "change"), (len(incidents), "incident"))
    near = " and ".join(several(count, word) for count, word in counts if count)
    with st.expander(f"Worth a look: {near} near {trend.at:%-d %b %Y}", key=f"trend_near_{_key(one)}"):
        st.caption(
            "From 48 hours before the first week (or day) of the new level to its end. To be near is no proof: the "
            "date is only as sure as its range."
        )
        if len(changes):
            st.dataframe(
                changes[["started_at", "title", "kind", "outcome", "id"]], key=f"trend_changes_{_key(one)}",
                hide_index=True, height=min(38 + 35 * len(changes), 240), alt="Changes near the shift, latest first",
                column_config={
                    "started_at": st.column_config.DatetimeColumn("started", format="D MMM YYYY, HH:mm"),
                    "title": st.column_config.TextColumn("change", width="large"),
                },
            )  # fmt: skip
        if len(incidents):
            chosen = incident_table(incidents, key=f"trend_incidents_{_key(one)}", select=True, height=240)
            read_incidents(of, incidents, chosen)


def _folded(key: str, title: str, some: list[Judged], *, lacks: bool) -> None:
    if not some:
        return
    table = trending.table(tuple(some))
    kept = ["system", "environment", "lacks"] if lacks else ["system", "environment", "mean", "q"]
    if table["metric"].notna().any():
        kept.insert(0, "metric")
    shown = table[kept].assign(system=table["system"].fillna("all systems" if "metric" not in kept else ""))
    with st.expander(title, key=key):
        st.dataframe(
            shown, key=f"{key}_rows", hide_index=True, alt=title,
            column_config={
                "mean": st.column_config.NumberColumn("mean", format="%.2f"),
                "q": st.column_config.NumberColumn("q", format="%.3f"),
                "lacks": st.column_config.TextColumn("what is missing", width="large"),
            },
        )  # fmt: skip
