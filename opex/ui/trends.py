"""The view "Trends": what stands on another level than it did, since when, and what was near that date."""

import pandas as pd
import streamlit as st

from opex.charts.trends import levels
from opex.domain.problems import NotEnoughData
from opex.domain.safe import markdown
from opex.evidence.trends import Judged, Trend
from opex.services import trending
from opex.services.context import Context
from opex.ui.moments import amount, moments_view, worth_a_look
from opex.ui.words import several

__all__ = ["trends_view"]

KINDS = {"Incidents": "incidents", "Hours lost": "hours", "Metrics": "metric"}
SPANS = {"1 year": 52, "2 years": 104, "5 years": 260}
OF = {"incidents": "system", "hours": "system", "metric": "metric"}
MORE = {"incidents": "more incidents", "hours": "more hours of trouble", "metric": "worse values"}
LESS = {"incidents": "fewer incidents", "hours": "fewer hours of trouble", "metric": "better values"}
OTHER = "other values, which may be good or bad"
DRAWN, DRAWN_STEADY = 8, 4
COUNTED = {
    "incidents": "Only the first incident of an episode counts.",
    "hours": "Hours of incidents that overlap count once.",
    "metric": "Daily medians of the past 180 days, the weekday taken out.",
}
RULES = (
    "A shift at any date and a straight drift compete, and the best is compared with what chance orders of the same "
    "values give, allowing for weeks or days that resemble the one before; over two years of weeks or more the yearly "
    "season is taken out. Of those named, one in twenty is expected to be chance (incidents, hours and metrics "
    "together). The date may lie anywhere in the band."
)


def trends_view(of: Context) -> None:
    """The finding, a small multiple for each, and what was near it; then what is steady and what lacks data."""
    with st.container(horizontal=True):
        shown = st.segmented_control("Of", list(KINDS), default="Incidents", key="trends_of", required=True,
                                     bind="query-params")  # fmt: skip
        kind, span = KINDS[shown or "Incidents"], "2 years"
        if kind != "metric":
            span = st.segmented_control("Over", list(SPANS), default="2 years", key="trends_over", required=True,
                                        bind="query-params") or span  # fmt: skip
    with st.spinner("Comparing with two thousand chance orders of each series …"):
        every = trending.trending(of, weeks=SPANS[span])
    if isinstance(every, NotEnoughData):
        st.info("Nothing is loaded yet that could show a trend.")
        return
    mine = [one for one in every if one.series.kind == kind]
    found = [one for one in mine if one.trend is not None]
    steady = [one for one in mine if one.trend is None and one.series.lacks is None]
    st.markdown(_answer(kind, found, steady, len(mine)))
    drawn = found[:DRAWN] or sorted(steady, key=lambda one: -one.series.values.sum())[:DRAWN_STEADY]
    for column, one in zip(_places(len(drawn)), drawn, strict=False):
        with column, st.container(border=True):
            _finding(of, one) if one.trend is not None else _without_finding(one)
    _folded("trends_rest", f"Found as well: {_named(kind, len(found) - DRAWN)}", found[DRAWN:], lacks=False)
    _folded("trends_steady", f"Steady: {_count(kind, steady)}", steady, lacks=False)
    few = [one for one in mine if one.series.lacks is not None]
    _folded("trends_few", f"Too little data: {_count(kind, few)}", few, lacks=True)
    if found or steady:
        st.caption(f"{COUNTED[kind]} {RULES}")
    if kind == "metric":
        moments_view(of)


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


def _answer(kind: str, found: list[Judged], steady: list[Judged], looked_at: int) -> str:
    if not found and not steady:
        needed = "60 days with readings" if kind == "metric" else "26 weeks and 12 episodes"
        return f"Too little data: none of {_named(kind, looked_at)} can be judged; each needs {needed}."
    judged = _count(kind, [*found, *steady])
    sides = []
    for turned, words in (("worse", MORE[kind]), ("better", LESS[kind]), ("changed", OTHER)):
        some = [(one, one.trend) for one in found if one.trend is not None and one.trend.turned == turned]
        sides += [f"All systems together have {words} {_since(trend)}." for one, trend in some if _together(one)]
        some = [(one, trend) for one, trend in some if not _together(one)]
        if some:
            has = "has" if len(some) == 1 else "have"
            names = ", ".join(f"{_label(one)} ({_since(trend)})" for one, trend in some[:3])
            more = f", and {len(some) - 3} more" if len(some) > 3 else ""
            sides.append(f"{len(some)} of {judged} {has} {words}: {names}{more}.")
    return " ".join(sides) or f"Nothing changed beyond chance in {judged} that could be judged."


def _count(kind: str, some: list[Judged]) -> str:
    return _named(kind, sum(not _together(one) for one in some))


def _together(one: Judged) -> bool:
    """Whether it is the series of all systems of an environment."""
    return one.series.kind != "metric" and one.series.system is None


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


def _without_finding(one: Judged) -> None:
    """What is steady is drawn where nothing else is to see."""
    series = one.series
    mean = float(series.values.mean())
    told = f"Steady, {amount(mean)} {markdown(series.unit)} on average."
    st.markdown(f"**{_label(one)}**, {markdown(series.environment)}  \n{told}")
    end = series.starts[-1] + series.step
    flat = pd.DataFrame({"begin": [series.starts[0]], "end": [end], "low_side": [mean], "high_side": [mean]})
    chart = levels(trending.points(one), flat, unit=series.unit or "value", bars=series.kind != "metric")
    st.altair_chart(chart, key=f"trend_{_key(one)}", alt=f"{_label(one)}: {told}")


def _key(one: Judged) -> str:
    series = one.series
    return "|".join((series.kind, series.metric or "", series.system or "", series.environment))


def _sentence(one: Judged, trend: Trend) -> str:
    unit = markdown(one.series.unit)
    if one.series.kind == "incidents":
        size = f"{trend.effect:.1f} times, {trend.low:.1f} to {trend.high:.1f}"
    else:
        size = f"{amount(trend.effect, '+')}, {amount(trend.low, '+')} to {amount(trend.high, '+')}"
    moved = f"from {amount(trend.before)} to {amount(trend.after)} {unit}".strip()
    if trend.form == "drift":
        whole = "" if one.series.kind == "hours" else ", from end to end"
        return f"Little by little {moved}, first and last third ({size}{whole}); no single date explains it better."
    step = "week of " if one.series.kind != "metric" else ""
    several_ = f" One of {len(trend.levels) - 1} shifts." if len(trend.levels) > 2 else ""
    range_ = f"the date may lie between {trend.earliest:%-d %b %Y} and {trend.latest:%-d %b %Y}"
    return f"Since the {step}{trend.at:%-d %b %Y} {moved} ({size}); {range_}.{several_}"


def _near(of: Context, one: Judged, trend: Trend) -> None:
    changes, incidents = trending.near_it(of, one)
    when = f"{trend.at:%-d %b %Y}"
    worth_a_look(of, changes, incidents, key=_key(one), when=when)


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
