"""What gets from test to production: classes of failure that no test shows, and changes that no test saw."""

import math
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from opex.domain.problems import NotEnoughData
from opex.domain.safe import markdown
from opex.evidence.drift import Drift, KindDrift
from opex.evidence.gaps import ClassSeen, Gaps
from opex.services import comparing
from opex.services.context import Context
from opex.services.finding import evidence
from opex.ui.tables import incident_table, rows_key
from opex.ui.words import several

__all__ = ["drift_section", "gaps_section"]

ONE_ENVIRONMENT = (
    "No test environment is known, so nothing can be said about what tests never show. Load incidents and changes of "
    "staging or test beside those of production: with a column for the environment, or on the page Load (or "
    "`--environment staging`) for a file that is all of one."
)


def gaps_section(of: Context) -> None:
    """Classes of failure in production beside the test environments."""
    st.subheader("Seen in production only", anchor=False)
    found = comparing.gaps(of)
    if isinstance(found, NotEnoughData):
        st.info(ONE_ENVIRONMENT if "environments" in found.what else f"{found.sentence.capitalize()}.")
        return
    st.markdown(_gap_answer(found))
    rows = found.classes
    if not rows:
        return
    event = st.dataframe(
        pd.DataFrame([_gap_row(one) for one in rows]), hide_index=True, on_select="rerun", selection_mode="single-row",
        key=rows_key("compare_gaps", ((one.kind, one.name) for one in rows)),
        height=min(38 + 35 * len(rows), 320), column_config=_GAP_COLUMNS,
        alt="Classes of failure with episodes in production and in test; select one to see its incidents in production",
    )  # fmt: skip
    st.caption(
        f"{found.begin:%-d %b %Y} to {found.end:%-d %b %Y}: {several(found.production, 'episode')} in production "
        f"and {found.tests:,} in {_and(found.environments)}, where {several(found.changes_in_tests, 'change')} "
        f"were made. {several(found.untested, 'episode')} of systems without a test environment are left out. "
        f"“Unseen by chance” assumes that the class comes up in test {found.share:.0%} as often beside other trouble "
        "as in production."
    )
    for place in event.selection.rows:
        table = evidence(of, list(rows[place].incidents))
        incident_table(table, key=f"compare_gap_{rows[place].kind}_{rows[place].name}")


_GAP_COLUMNS = {
    "class": st.column_config.TextColumn(width="medium"),
    "expected": st.column_config.NumberColumn("test would show", format="%.1f"),
    "unseen": st.column_config.TextColumn("unseen by chance"),
    "chance": st.column_config.NumberColumn("chance gives", format="%.1f"),
}


def _gap_row(one: ClassSeen) -> dict[str, object]:
    return {
        "class": one.name,
        "what": one.kind,
        "in production": one.production,
        "in test": one.tests,
        "expected": one.expected,
        "unseen": f"{one.chance_unseen:.0%}" if one.tests == 0 else "",
        "q": "" if math.isnan(one.q_value) else f"{one.q_value:.3f}",
        "test saw one first": one.warned,
        "chance": one.warned_by_chance,
    }


def _gap_answer(found: Gaps) -> str:
    never = [one for one in found.classes if one.tests == 0 and one.q_value <= comparing.CLEAR]
    thin = sum(one.tests == 0 for one in found.classes) - len(never)
    classes = "class was" if thin == 1 else "classes were"
    rest = f" {thin} more {classes} never seen in test, but may be so by chance." if thin else ""
    if not never:
        return f"No class of failure is missing in test more than chance explains.{rest}"
    lead = never[0]
    more = "" if len(never) == 1 else f" So {'is' if len(never) == 2 else 'are'} {len(never) - 1} more."
    return (
        f"“{markdown(lead.name)}” is seen in production only: {several(lead.production, 'episode')} there, none in "
        f"{_and(found.environments)}, which would have shown {lead.expected:.1f} at production's share.{more}{rest}"
    )


def _and(names: Sequence[str]) -> str:
    return " and ".join(markdown(name) for name in names)


def drift_section(of: Context) -> None:
    """Which changes of production were in a test environment before."""
    st.subheader("From test to production", anchor=False)
    found = comparing.drifted(of)
    if isinstance(found, NotEnoughData):
        st.info(f"{found.sentence.capitalize()}. Load the changes of a test environment beside those of production.")
        return
    st.markdown(_drift_answer(found))
    st.dataframe(
        pd.DataFrame([_drift_row(one) for one in found.kinds]), key="compare_drift", hide_index=True,
        alt="Changes of production by kind: tried in a test environment before, untried, and those that cannot be told",
        column_config={
            name: st.column_config.NumberColumn(label, format="%.0f %%")
            for name, label in (("skipped", "untried, of those told"), ("from", "from"), ("to", "to"))
        },
    )  # fmt: skip
    lags = "; ".join(
        f"{markdown(lag.environment)} {lag.median:.0f} h before (half of {several(lag.changes, 'change')} within "
        f"{lag.lower:.0f} to {lag.upper:.0f} h)" for lag in found.lags
    )  # fmt: skip
    st.caption(
        f"{found.begin:%-d %b %Y} to {found.end:%-d %b %Y}. Tried: the same system, kind and title in a test "
        "environment in the 14 days before. Cannot tell: only a version, or only other numbers. In test after: as "
        "many as before mean that such titles meet by accident. Reverts are left out."
        + (f" {several(found.untested, 'change')} of systems that no test environment changes are left out."
           if found.untested else "") + (f" In between: {lags}." if lags else "")
    )  # fmt: skip
    with st.expander("The changes", key="compare_drift_rows"):
        kind = st.segmented_control("Kind", [one.kind for one in found.kinds], default=found.kinds[0].kind,
                                    key="compare_drift_kind", required=True)  # fmt: skip
        st.dataframe(
            comparing.judged_changes(found, kind or found.kinds[0].kind), key="compare_drift_changes", hide_index=True,
            alt="Changes of production, newest first, and whether each was in a test environment before",
            column_config={
                "at": st.column_config.DatetimeColumn("reached production", format="D MMM YYYY, HH:mm"),
                "title": st.column_config.TextColumn("change", width="large"),
                "environment": st.column_config.TextColumn("tried in"),
                "lag_hours": st.column_config.NumberColumn("hours before", format="%.0f"),
            },
        )  # fmt: skip


def _drift_row(one: KindDrift) -> dict[str, object]:
    skipped = one.skipped
    return {
        "kind": one.kind,
        "in production": one.changes,
        "tried before": one.tried,
        "untried": one.untried,
        "cannot tell": one.cannot_tell,
        "skipped": skipped and 100 * skipped.value,
        "from": skipped and 100 * skipped.low,
        "to": skipped and 100 * skipped.high,
        "in test after": one.tried_after,
    }


def _drift_answer(found: Drift) -> str:
    told = [one for one in found.kinds if one.skipped is not None]
    if not told:
        return "Of no kind of change are there ten that could be told: titles say only a version, or there are few."
    parts = [
        f"{one.untried:,} of {several(one.tried + one.untried, f'{one.kind} change')}"
        for one in sorted(told, key=lambda one: -(one.tried + one.untried)) if one.skipped is not None
    ]  # fmt: skip
    unknown = sum(one.cannot_tell for one in found.kinds)
    rest = f" Of {several(unknown, 'more change')} their titles do not tell." if unknown else ""
    return f"Reached production without the same change in test before: {', '.join(parts)}.{rest}"
