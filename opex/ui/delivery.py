"""The view of delivery: how often, how soon, how well and how quickly mended, by month and by system."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from opex.charts.delivery import measure_by_month
from opex.domain.problems import NotEnoughData
from opex.domain.safe import markdown
from opex.services import delivering
from opex.services.context import Context
from opex.services.delivering import Delivery
from opex.ui.words import several

__all__ = ["delivery_view"]

WHO = {"all": "all", "people's": "people", "robots'": "robots"}
NAMES = {
    "deployments_per_week": ("Deployments", "a week"),
    "lead_time_hours": ("Lead time", "hours"),
    "change_failure_rate": ("Change failure rate", "%"),
    "recovery_time_hours": ("Recovery from a failed deployment", "hours"),
}
COLUMNS = {
    "deployments_per_week": "a week", "change_failure_rate": "failed, %", "lead_time_hours": "lead time, h",
    "recovery_time_hours": "recovery, h",
}  # fmt: skip
YEAR, TWO_YEARS, CLEAR = timedelta(days=365), timedelta(days=730), 0.05
NOTHING = "No deployment is known here yet. Load changes: a table of deployments, or fetch CodeDeploy and CodePipeline."


def delivery_view(of: Context) -> None:
    """The finding of the past year in words, four measures by month, then systems, failures and rules."""
    places = delivering.environments(of)
    if not places:
        st.info(NOTHING)
        return
    with st.container(horizontal=True):
        place = st.selectbox("Environment", places, key="delivery_environment", bind="query-params")
        whose = st.segmented_control("Whose deployments", list(WHO), default="all", key="delivery_who", required=True,
                                     bind="query-params")  # fmt: skip
        by = st.segmented_control("By", ["system", "team"], default="system", key="delivery_by", required=True,
                                  bind="query-params")  # fmt: skip
    asked: dict[str, Any] = {"who": WHO[whose or "all"], "environment": place}
    ever = delivering.delivered(of, by=(), **asked)
    if isinstance(ever, NotEnoughData) or ever.end is None:
        st.info(NOTHING)
        return
    if ever.rows.empty:
        st.info(
            NOTHING
            if asked["who"] == "all"
            else f"No deployment to {markdown(place)} was made by {markdown(asked['who'])}."
        )
        return
    year = delivering.delivered(of, by=(), since=ever.end - YEAR, **asked)
    if isinstance(year, NotEnoughData) or year.rows.empty:
        st.markdown(f"No deployment to {markdown(place)} in the 12 months up to {ever.end:%-d %b %Y}.")
        return
    row = year.rows.iloc[0].to_dict()
    st.markdown(f"{_answer(row, place, ever.end)} {_worst(of, by or 'system', ever.end - YEAR, asked)}")
    _months(of, row, ever.end, asked)
    _groups(of, by or "system", ever.end - YEAR, asked)
    _failures(year)
    with st.expander("How each measure is counted", key="delivery_rules"):
        for name, rule in year.rules.items():
            st.markdown(f"**{NAMES[name][0]}.** {rule}")
        st.markdown("Only changes of the kind deployment count. Teams are the owners that the page Systems names.")


def _answer(row: Mapping[Any, Any], place: str, end: datetime) -> str:
    """The finding of the past year: each measure in words, and what cannot be told."""
    number, said = delivering.number, []
    if row["weeks"]:
        said.append(
            f"{number(row['deployments_per_week'])} deployments a week ({_range(row, 'deployments_per_week')}) went to "
            f"{markdown(place)} in the 12 months up to {end:%-d %b %Y}."
        )
    else:
        said.append(
            f"{several(row['deployments'], 'deployment')} went to {markdown(place)} in the 12 months up to "
            f"{end:%-d %b %Y}: too short a time to tell how often."
        )
    if row["lead_known"]:
        told = f"within {number(row['lead_time_hours'])} h of the commit ({_range(row, 'lead_time_hours')})"
        said.append(f"Half of them reached users {told}.")
    if not row["outcome_known"]:
        said.append(
            f"How many failed cannot be told ({row['change_failure_rate_lacks']}); "
            f"{row['failures_all']:,} of {row['deployments']:,} are known to have been taken back."
        )
        return " ".join(said)
    failed = (
        f"{row['change_failure_rate']:.1%} failed or were taken back ({row['failures']:,} of {row['outcome_known']:,}; "
        f"{_interval(row, 'change_failure_rate')})"
    )
    mended = f"within {number(row['recovery_time_hours'])} h ({_range(row, 'recovery_time_hours')})"
    known = row["recovery_time_hours"] == row["recovery_time_hours"]
    return " ".join([*said, f"{failed}; half of these were mended {mended}." if known else f"{failed}."])


def _worst(of: Context, by: str, since: datetime, asked: dict[str, Any]) -> str:
    """The groups whose deployments fail more often than those of the others, corrected for looking at all of them."""
    found = delivering.delivered(of, by=(by,), since=since, **asked)
    if isinstance(found, NotEnoughData):
        return ""
    rows = found.rows.assign(q=delivering.failing_more(found.rows))
    clear = rows[(rows["q"] <= CLEAR) & rows[by].notna()].sort_values("change_failure_rate", ascending=False)
    named = [
        f"{markdown(row[by])} ({row['change_failure_rate']:.1%}, {_interval(row, 'change_failure_rate')})"
        for row in clear.head(3).to_dict("records")
    ]
    if not named:
        return (
            "No " + by + " fails clearly more often than the others."
            if len(rows) > 1 and rows["q"].notna().any()
            else ""
        )
    return f"Clearly more often than the others {'fails' if len(named) == 1 else 'fail'} {' and '.join(named)}."


def _range(row: Mapping[Any, Any], name: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if low != low:
        return str(row[f"{name}_lacks"])
    return f"{delivering.number(low)} to {'an open end' if high != high else delivering.number(high)}"


def _months(of: Context, year: Mapping[Any, Any], end: datetime, asked: dict[str, Any]) -> None:
    found = delivering.delivered(of, by=(), period="month", since=end - TWO_YEARS, **asked)
    if isinstance(found, NotEnoughData):
        return
    rows = found.rows.to_dict("records")
    words = [delivering.told(row) for row in rows]
    left, right = st.columns(2)
    for number, (name, (title, unit)) in enumerate(NAMES.items()):
        table = pd.DataFrame({
            "month": found.rows["begin"].dt.tz_localize(None), "value": found.rows[name],
            "low": found.rows[f"{name}_low"], "high": found.rows[f"{name}_high"],
            "complete": found.rows["complete"], "counts": [told[name] for told in words], "level": year[name],
        })  # fmt: skip
        with (left, right)[number % 2]:
            st.markdown(f"**{title}**: {delivering.told(year)[name]}")
            if table["value"].notna().any():
                chart = measure_by_month(table, unit if unit != "%" else "share that failed", unit)
                st.altair_chart(chart, alt=f"{title} by month, {unit}, with intervals; dashed: the past 12 months")
    st.caption("Dots are months with their 95 % intervals, hollow where the data does not cover the month whole. "
               "The dashed line is the past 12 months. Medians of less than six values have no interval.")  # fmt: skip


def _groups(of: Context, by: str, since: datetime, asked: dict[str, Any]) -> None:
    found = delivering.delivered(of, by=(by,), since=since, **asked)
    if isinstance(found, NotEnoughData):
        return
    rows = found.rows.sort_values(["deployments", by], ascending=[False, True], kind="stable")
    shown = pd.DataFrame({by: rows[by].fillna(f"no {by} named"), "deployments": rows["deployments"]})
    for name in COLUMNS:
        shown[name] = rows[name] * (100 if name == "change_failure_rate" else 1)
        shown[f"{name}_range"] = [_interval(row, name) for row in rows.to_dict("records")]
    shown = shown.assign(failures=rows["failures_all"], unknown=rows["unknown"])
    silent = [column for name in COLUMNS if shown[name].isna().all() for column in (name, f"{name}_range")]
    shown = shown.drop(columns=silent)  # the headings of the measures say why they cannot be told
    columns: dict[str, Any] = {
        "failures": st.column_config.NumberColumn("that failed"),
        "unknown": st.column_config.NumberColumn("of unknown outcome"),
    }
    for name, label in COLUMNS.items():
        columns[name] = st.column_config.NumberColumn(label, format="%.1f")
        columns[f"{name}_range"] = st.column_config.TextColumn("95 %", help=f"The interval of: {label}")
    st.dataframe(
        shown, key="delivery_groups", hide_index=True, column_config=columns,
        alt=f"The four measures of each {by} over the past 12 months, most deployments first",
    )  # fmt: skip


def _interval(row: Mapping[Any, Any], name: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if low != low:
        return "too few" if row[name] == row[name] else str(row[f"{name}_lacks"])
    form = "{:.1%}".format if name == "change_failure_rate" else delivering.number
    return f"{form(low)} to {'open end' if high != high else form(high)}"


def _failures(found: Delivery) -> None:
    rows = found.failures
    how = rows["outcome"].str.replace("_", " ").mask(rows["reverted"], "taken back")
    rows = rows.assign(
        how=how.mask(rows["caused_incident"], "caused an incident"),
        hours=rows["recovery_hours"].where(rows["recovery_hours"] < float("inf")),
        by=rows["recovered_by"].replace({"next": "next deployment"}),
        systems=rows.groupby("id")["system"].transform(lambda names: ", ".join(sorted(names.dropna()))),
    )
    shown = rows.drop_duplicates("id")[["started_at", "title", "systems", "how", "hours", "by"]]
    with st.expander(
        f"{several(len(shown), 'deployment')} failed or taken back, newest first", key="delivery_failures"
    ):
        st.dataframe(
            shown, key="delivery_failed", hide_index=True, alt="Deployments that failed, and when they were mended",
            column_config={
                "started_at": st.column_config.DatetimeColumn("started", format="D MMM YYYY, HH:mm"),
                "title": st.column_config.TextColumn("deployment", width="large"),
                "how": st.column_config.TextColumn("how it failed"),
                "hours": st.column_config.NumberColumn("mended after, h", format="%.1f"),
                "by": st.column_config.TextColumn("mended by"),
            },
        )  # fmt: skip
