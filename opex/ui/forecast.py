"""The view "Forecast": what is expected next and of which, and how well such a list held in the past."""

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from opex.charts import expected_pain, shares_held
from opex.domain.problems import NotEnoughData
from opex.domain.safe import markdown
from opex.services import forecasting
from opex.services.context import Context
from opex.services.forecasting import Backtest, By, Outlook, Pain, Period
from opex.ui.words import several

__all__ = ["forecast_view"]

BY: dict[str, By] = {"Systems": "system", "Categories": "category", "Themes": "theme"}
PERIODS: dict[str, Period] = {"Month": "month", "Quarter": "quarter", "Week": "week"}
PAINS: dict[str, Pain] = {"Incidents": "count", "Hours lost": "hours", "By severity": "severity"}
UNITS = {"count": "incidents", "hours": "hours lost", "severity": "severity points"}
K, DRAWN = 5, 12
RULES = (
    "Expected is a rate in which recent periods count most, drawn towards the subject's own long run and the level of "
    "all; the line holds what comes in 95 of 100 cases. Nothing of a period, or of a later one, is in the forecast "
    "that stands against it. Planned work is left out, only complete calendar periods (UTC) are tested, the first four "
    "are for learning. A list can name only what had an incident before, and so can the best possible one. An incident "
    "counts for each system that it touched."
)
SEVERITIES = "An incident of severity 1 is 4 points, of 2 two, of 3 or unknown one, of 4 a half, of 5 a quarter. "


def forecast_view(of: Context) -> None:
    """What is expected of which, then how well the list held in the past, then the rows behind both."""
    with st.container(horizontal=True):
        by = BY[_chosen("Of which", BY, "Systems", "forecast_by")]
        period = PERIODS[_chosen("In a", PERIODS, "Month", "forecast_period")]
        pain = PAINS[_chosen("Counted by", PAINS, "Incidents", "forecast_pain")]
    with st.spinner("Forming the themes of each time anew …" if by == "theme" else "Forecasting every period …"):
        following = forecasting.outlook(of, by=by, period=period, pain=pain)
        found = forecasting.backtested(of, by=by, period=period, pain=pain, k=K)
    if isinstance(following, NotEnoughData):
        st.info(f"Nothing can be expected yet: {following.sentence}. {_shorter(period)}")
        return
    if following.table.empty:
        st.info(f"No incident names a {by}, so nothing can be told of any.")
        return
    st.markdown(_answer(following, found, period, pain))
    _expected(following, period, pain)
    if isinstance(found, NotEnoughData):
        st.info(f"How well this works cannot be said yet: {found.sentence}.")
    else:
        _held(found, by, period)
    st.caption((SEVERITIES if pain == "severity" else "") + RULES)


def _chosen(label: str, options: Iterable[str], default: str, key: str) -> str:
    chosen = st.segmented_control(label, list(options), default=default, key=key, required=True, bind="query-params")
    return chosen or default


def _shorter(period: Period) -> str:
    return "" if period == "week" else "Choose a shorter period."


def _answer(following: Outlook, found: Backtest | NotEnoughData, period: Period, pain: Pain) -> str:
    first = following.table.head(K)
    names = ", ".join(markdown(name) for name in first["subject"])
    total = first["expected"].sum()
    said = (
        f"In {forecasting.named(following.begin, period)}, {total:,.{0 if total >= 10 else 1}f} {UNITS[pain]} are "
        f"expected of the first {len(first)}: {names}."
    )
    return said if isinstance(found, NotEnoughData) else f"{said} {forecasting.track_record(found, period)}"


def _expected(following: Outlook, period: Period, pain: Pain) -> None:
    drawn = following.table.head(DRAWN)
    told = [
        f"{row['subject'][:60]}  ·  {row['expected']:,.1f} ({row['low']:,.0f} to {row['high']:,.0f})"
        for row in drawn.to_dict("records")
    ]
    name = forecasting.named(following.begin, period)
    st.altair_chart(
        expected_pain(drawn.assign(told=told), f"{UNITS[pain]} in {name}; tick: so far"),
        alt=f"{UNITS[pain]} expected in {name} by subject, with intervals, and how many there were so far",
    )
    with st.expander(f"All {len(following.table)}, with the {period} before", key="forecast_all"):
        st.dataframe(
            following.table,
            key="forecast_rows",
            hide_index=True,
            column_config={
                "subject": st.column_config.TextColumn("about", width="large"),
                "expected": st.column_config.NumberColumn("expected", format="%.1f"),
                "low": st.column_config.NumberColumn("at least", format="%.0f"),
                "high": st.column_config.NumberColumn("at most", format="%.0f"),
                "so_far": st.column_config.NumberColumn("so far", format="%.1f"),
                "last_period": st.column_config.NumberColumn(f"the {period} before", format="%.1f"),
            },
        )


def _held(found: Backtest, by: By, period: Period) -> None:
    called = forecasting.lists(period)
    st.subheader(f"The first {found.k} held {found.methods['opex']:.0%} of the best possible {found.k}", anchor=False)
    told = {
        name: f"{called[name]}  ·  {share:.0%}"
        + (f"; {forecasting.points(found.gains[name])}" if name in found.gains else "")
        for name, share in found.methods.items()
    }
    means = pd.DataFrame({
        "method": [called[name] for name in found.methods], "share": list(found.methods.values()),
        "told": [told[name] for name in found.methods],
    })  # fmt: skip
    begun = [forecasting.named(start, period) for start in forecasting.starts(found)]
    periods = found.periods.assign(period=begun)
    drawn = periods.melt("period", list(found.methods), var_name="name", value_name="share")
    st.altair_chart(
        shares_held(means, drawn.assign(method=drawn["name"].map(called)).drop(columns="name")),
        alt=f"Share of the best possible {found.k} that each list held, by method, with every period",
    )
    st.markdown(_beside(found, by, period))
    with st.expander(f"The {len(found.periods)} {period}s tested", key="forecast_tested"):
        st.dataframe(
            periods[["period", "known", "pain", "best", *found.methods]],
            key="forecast_periods",
            hide_index=True,
            column_config={
                "known": st.column_config.NumberColumn("known then"),
                "pain": st.column_config.NumberColumn("pain of all", format="%.1f"),
                "best": st.column_config.NumberColumn(f"best possible {found.k}", format="%.1f"),
            }
            | {name: st.column_config.NumberColumn(called[name], format="percent") for name in found.methods},
        )


def _beside(found: Backtest, by: By, period: Period) -> str:
    new = (
        f"{found.newcomers:.0%} of the pain was of newcomers, which no list could name"
        if round(100 * found.newcomers)
        else ""
    )
    none = f"{found.outside:.0%} belonged to no {by}" if round(100 * found.outside) else ""
    skipped = f"{several(found.skipped, period)} without any left out" if found.skipped else ""
    held = f"{found.covered:.0%} of what came to the first {found.k} lay within its interval"
    return "; ".join(part for part in (held, new, none, skipped) if part).capitalize() + "."
