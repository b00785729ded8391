"""The view "Compare": which systems and environments have more trouble than others, and what tests never show."""

import pandas as pd
import streamlit as st

from opex.charts import system_months, times_as_many
from opex.domain.problems import NotEnoughData
from opex.domain.safe import markdown
from opex.evidence.comparing import Comparison, Side
from opex.evidence.rates import Ratio
from opex.services import comparing
from opex.services.context import Context
from opex.ui.environments import drift_section, gaps_section
from opex.ui.words import several

__all__ = ["compare_view"]

EVERY, OTHERS, IN = "every system", "the others", "in "
PER: dict[str, comparing.Per] = {"100 changes": "changes", "a week": "week"}
DRAWN = 15
RULES = (
    "An episode is an incident and those that follow before the system was quiet for 12 hours. A system counts from "
    "its first fact on; planned work is left out. Intervals allow for incidents that come in bad months. Filled: q is "
    "at most 0.05, so that of those named one in twenty is expected to be chance."
)


def compare_view(of: Context) -> None:
    """One system or environment beside others: the finding, ratios with intervals, the rows; then the environments."""
    known = comparing.choices(of)
    if known.empty:
        st.info("No incident or change names a system yet. Name them on the page Systems, or load with a system.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        environment, one, other = _pickers(known)
        per = _per(known, environment)
    if one == EVERY and other == OTHERS:
        _overview(of, environment, per)
    else:
        _pair(of, environment, one, other, per)
    _heat_map(of, environment)
    gaps_section(of)
    drift_section(of)


def _pickers(known: pd.DataFrame) -> tuple[str, str, str]:
    environments = known["environment"].unique().tolist()
    environment = environments[0]
    if len(environments) > 1:
        environment = st.segmented_control("In", environments, default=environments[0], key="compare_in",
                                           required=True, bind="query-params") or environments[0]  # fmt: skip
    systems = known.loc[known["environment"] == environment, "system"].tolist()
    one = st.selectbox("Compare", [EVERY, *systems], key="compare_one", bind="query-params") or EVERY
    elsewhere = [f"{IN}{name}" for name in environments if name != environment]
    if one != EVERY:
        here = known.loc[known["system"] == one, "environment"]
        elsewhere = [f"{IN}{name}" for name in environments if name != environment and name in set(here)]
    peers = [] if one == EVERY else [name for name in systems if name != one]
    other = st.selectbox("with", [OTHERS, *elsewhere, *peers], key="compare_with", bind="query-params") or OTHERS
    return str(environment), str(one), str(other)


def _per(known: pd.DataFrame, environment: str) -> comparing.Per:
    here = known[known["environment"] == environment]
    enough = bool((here["changes"] >= 10).sum() * 2 >= len(here))
    default = "100 changes" if enough else "a week"
    asked = st.segmented_control("Episodes for", list(PER), default=default, key="compare_per", required=True,
                                 bind="query-params")  # fmt: skip
    return PER[asked or default]


def _words(per: comparing.Per) -> str:
    return "for a hundred changes" if per == "changes" else "a week"


# --- every system beside the others -----------------------------------------------------------------------------------


def _overview(of: Context, environment: str, per: comparing.Per) -> None:
    with st.spinner("Comparing each system with the others …"):
        table = comparing.overview(of, environment, per)
    told = table[table["ratio"].notna()]
    if told.empty:
        st.info(_nothing_told(table, environment))
        return
    st.markdown(_answer(told, per))
    drawn = told[told["ratio"] > 0].head(DRAWN).sort_values("ratio", ascending=False, kind="stable")
    if len(drawn):
        st.altair_chart(
            times_as_many(_drawn(drawn), f"times the others' episodes {_words(per)}; hollow: may be chance"),
            alt=f"Episodes {_words(per)} of each system over those of the others, with intervals; 1 is no difference",
        )
    st.dataframe(
        told[["system", "ratio", "low", "high", "q", "episodes", "incidents", "changes", "episodes_a_week",
               "episodes_a_hundred", "recovery_hours", "recovery_times", "hours_lost"]]
        .dropna(axis="columns", how="all"),
        key="compare_systems", hide_index=True, column_config=_COLUMNS,
        alt="Each system beside the others of its environment: ratio with interval, counts, hours",
    )  # fmt: skip
    begin, end = table["begin"].min(), table["end"].max()
    st.caption(f"{begin:%-d %b %Y} to {end:%-d %b %Y}, which incidents and changes both cover. {RULES}")
    few = table[table["ratio"].isna()]
    if len(few):
        with st.expander(f"Too little data: {several(len(few), 'system')}", key="compare_few"):
            st.dataframe(few[["system", "episodes", "changes", "lacks"]], hide_index=True,
                         column_config={"lacks": st.column_config.TextColumn("what is missing")})  # fmt: skip


_COLUMNS = {
    "ratio": st.column_config.NumberColumn("times the others", format="%.2f"),
    "low": st.column_config.NumberColumn("from", format="%.2f"),
    "high": st.column_config.NumberColumn("to", format="%.2f"),
    "q": st.column_config.NumberColumn("q", format="%.3f"),
    "episodes_a_week": st.column_config.NumberColumn("episodes a week", format="%.2f"),
    "episodes_a_hundred": st.column_config.NumberColumn("episodes for 100 changes", format="%.1f"),
    "recovery_hours": st.column_config.NumberColumn("time to recover, h", format="%.1f", help="geometric mean"),
    "recovery_times": st.column_config.NumberColumn("times the others' time", format="%.1f"),
    "hours_lost": st.column_config.NumberColumn("hours lost", format="%.0f"),
}


def _nothing_told(table: pd.DataFrame, environment: str) -> str:
    why = table["lacks"].iloc[0] if len(table) else "no two systems have six weeks that both cover"
    return f"The systems in {markdown(environment)} cannot be compared yet: {why}."


def _answer(told: pd.DataFrame, per: comparing.Per) -> str:
    clear = told[told["q"] <= comparing.CLEAR]
    more, fewer = (clear[clear["ratio"] > 1], clear[clear["ratio"] < 1])
    if clear.empty:
        return f"No system differs from the others more than chance explains. The nearest: {_one(told.iloc[0], per)}"
    lead = (
        more.sort_values("ratio", ascending=False, kind="stable") if len(more) else fewer.sort_values("ratio")
    ).iloc[0]
    counts = [
        f"{len(part)} {'has' if len(part) == 1 else 'have'} clearly {word}"
        for part, word in ((more, "more"), (fewer, "fewer")) if len(part)
    ]  # fmt: skip
    return f"{_one(lead, per)} Of {several(len(told), 'system')}, {' and '.join(counts)}."


def _one(row: pd.Series, per: comparing.Per) -> str:
    name, low, high = markdown(str(row["system"])), row["low"], row["high"]
    return f"{name} has {row['ratio']:.1f} times the episodes of the others {_words(per)}, {low:.1f} to {high:.1f}."


def _drawn(table: pd.DataFrame) -> pd.DataFrame:
    told = [
        f"{row['system']}  ·  {row['ratio']:.1f} times ({row['low']:.1f} to {row['high']:.1f})"
        for row in table.to_dict("records")
    ]
    return table.assign(name=table["system"], told=told, clear=table["q"] <= comparing.CLEAR)


# --- two sides --------------------------------------------------------------------------------------------------------


def _pair(of: Context, environment: str, one: str, other: str, per: comparing.Per) -> None:
    known = comparing.choices(of)
    systems = frozenset(known.loc[known["environment"] == environment, "system"])
    here, mine = frozenset({environment}), None if one == EVERY else frozenset({one})
    if other.startswith(IN) and other not in systems:
        place = other.removeprefix(IN)
        left = Side(name=environment if mine is None else f"{one} in {environment}", environments=here, systems=mine)
        right = Side(name=place if mine is None else f"{one} in {place}", environments=frozenset({place}), systems=mine)
    else:
        left = Side(name=one, environments=here, systems=mine)
        theirs = systems - {one} if other == OTHERS else frozenset({other})
        right = Side(name="the other systems" if other == OTHERS else other, environments=here, systems=theirs)
    found = comparing.compared(of, left, right)
    if isinstance(found, NotEnoughData):
        st.info(f"{markdown(left.name)} and {markdown(right.name)} cannot be compared: {found.sentence}.")
        return
    st.markdown(_pair_answer(found, per))
    table = comparing.side_by_side(found)
    drawn = table[table["ratio"].notna() & (table["ratio"] > 0)]
    if len(drawn):
        told = [f"{row['measure']}  ·  {row['ratio']:.1f} times ({row['low']:.1f} to {row['high']:.1f})"
                for row in drawn.to_dict("records")]  # fmt: skip
        clear = (drawn["low"] > 1) | (drawn["high"] < 1)
        st.altair_chart(
            times_as_many(drawn.assign(name=drawn["measure"], told=told, clear=clear),
                          f"{left.name}: times as much as {right.name}"),
            alt=f"{left.name} over {right.name}: ratios with intervals; 1 is no difference",
        )  # fmt: skip
    shown = table[["measure", "one", "other", "times"]].rename(columns={"one": left.name, "other": right.name})
    st.dataframe(shown, key="compare_pair", hide_index=True, height=38 + 35 * len(shown),
                 alt=f"{left.name} and {right.name}: a row for each measure")  # fmt: skip
    st.caption(f"{found.begin:%-d %b %Y} to {found.end:%-d %b %Y}, which both cover. {RULES.split(' Filled')[0]}")


def _pair_answer(found: Comparison, per: comparing.Per) -> str:
    one, other = markdown(found.one.name), markdown(found.other.name)
    ratio = found.a_week if per == "week" else found.a_hundred
    if not isinstance(ratio, Ratio):
        return f"{one} and {other} cannot be compared {_words(per)}: {ratio.sentence}."
    if ratio.low <= 1 <= ratio.high:
        return (
            f"{one} and {other} cannot be told apart: {ratio.ratio:.1f} times the episodes {_words(per)}, "
            f"{ratio.low:.1f} to {ratio.high:.1f}."
        )
    return (
        f"{one} has {ratio.ratio:.1f} times the episodes of {other} {_words(per)}, {ratio.low:.1f} to {ratio.high:.1f}."
    )


def _heat_map(of: Context, environment: str) -> None:
    table = comparing.months(of, environment)
    if table.empty:
        return
    worst = table.sort_values("incidents", ascending=False, kind="stable").iloc[0]
    st.subheader("By month", anchor=False)
    st.markdown(
        f"The most in one month: {several(int(worst['incidents']), 'incident')} of {markdown(worst['system'])} in "
        f"{worst['month']:%B %Y}. The last month is not over yet."
    )
    st.altair_chart(system_months(table), alt="Incidents by system and month, the last twelve; the number in each cell")
