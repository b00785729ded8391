"""One link of an incident and a change: what competes with it, and a person's word on it."""

from typing import Any

import pandas as pd
import streamlit as st

from opex.domain.decisions import link_id
from opex.domain.safe import markdown
from opex.services import link_verdicts
from opex.services.context import Context, Speaker
from opex.services.system_timeline import described
from opex.ui.session import may, save
from opex.ui.words import day, moment

__all__ = ["lead", "one_link", "told"]

KINDS = {
    "deployment": "A deployment",
    "configuration": "A configuration change",
    "infrastructure": "An infrastructure change",
    "api_call": "An API call",
}
KNOWN = {
    "stated": "the source states it as the cause",
    "holds": "people confirmed it",
    "rejected": "people rejected it",
}


def lead(minutes: float) -> str:
    """How long a change was made before an incident.

    Examples
    --------
    >>> lead(3.2), lead(200), lead(4000), lead(-8)
    ('3 minutes before', '3.3 hours before', '2.8 days before', '8 minutes after the start of')
    """
    size = abs(minutes)
    if size < 90:
        words = "1 minute" if round(size) == 1 else f"{size:.0f} minutes"
    else:
        words = f"{size / 60:.1f} hours" if size < 48 * 60 else f"{size / 1440:.1f} days"
    return f"{words} {'before' if minutes >= 0 else 'after the start of'}"


def told(row: pd.Series) -> str:
    """The link in words."""
    how = KNOWN.get(row["verdict"]) or f"it has {row['credit']:.0%} of the credit".replace("%", " %")
    return (
        f"{KINDS.get(row['kind'], 'A change')} of {markdown(row['system'])} landed {lead(row['lead_minutes'])} "
        f"“{markdown(row['incident_title'])}” on {day(row['began'])}; {how}."
    )


def one_link(of: Context, links: pd.DataFrame, row: pd.Series) -> None:
    """Both ends, the changes that compete with it and "no change", and what people say; ``links`` are the system's."""
    incident, change = str(row["incident"]), str(row["change"])
    with st.container(border=True):
        st.markdown(
            f"**{markdown(row['change_title'])}** landed {lead(row['lead_minutes'])} "
            f"**{markdown(row['incident_title'])}** ({moment(row['began'])})."
        )
        st.caption(f"{KINDS.get(row['kind'], 'A change')} {markdown(change)} · incident {markdown(incident)}")
        _competing(of, links[links["incident"] == incident], change)
        _word(of, incident, change, str(row["verdict"]))


def _competing(of: Context, links: pd.DataFrame, chosen: str) -> None:
    table = described(of, links).sort_values(["prior", "lead_minutes"], ascending=[False, True])
    rows: list[tuple[Any, ...]] = [
        ("▸ " + row["change_title"] if row["change"] == chosen else row["change_title"], lead(row["lead_minutes"]),
         100 * row["credit"], KNOWN.get(row["verdict"], ""))
        for row in table.to_dict("records")
    ]  # fmt: skip
    rows.append(("no change of this system", "", max(0.0, 100 * (1.0 - links["credit"].sum())), ""))
    st.dataframe(
        pd.DataFrame(rows, columns=["change", "lead", "credit", "known"]),
        key=f"competing_{link_id(str(links['incident'].iloc[0]), chosen)}",
        hide_index=True,
        height=min(38 + 35 * len(rows), 250),
        alt="Changes that compete for this incident, and no change, with their credit",
        column_config={
            "change": st.column_config.TextColumn("what competes for it", width=330),
            "lead": st.column_config.TextColumn("made", width=140),
            "credit": st.column_config.ProgressColumn(
                "credit", format="%.0f %%", min_value=0, max_value=100, width=160
            ),
            "known": st.column_config.TextColumn("known", width=200),
        },
    )


def _word(of: Context, incident: str, change: str, verdict: str) -> None:
    form, seen = link_id(incident, change), link_verdicts.version(of, incident, change)
    stands = link_verdicts.said(of).get((incident, change))
    if stands is not None:
        says = "it was this change" if stands.verdict == "holds" else "it was not this change"
        st.markdown(
            f"**{markdown(stands.person.name)}** ({stands.person.function}) says {says}: “{markdown(stands.reason)}”"
        )
    elif verdict == "stated":
        st.markdown("The source states it as the cause. A person's word stands above that.")
    if not may("say"):
        return
    with st.form(f"judge_{form}_{seen}"):
        reason = st.text_input("Why", key=f"why_{form}_{seen}", max_chars=500, placeholder="its rollback ended it: …")
        with st.container(horizontal=True):
            holds = st.form_submit_button("It was this change", key=f"holds_{form}_{seen}")
            rejected = st.form_submit_button("It was not", key=f"rejected_{form}_{seen}")
            back = stands is not None and st.form_submit_button("Withdraw the last word", key=f"back_{form}_{seen}")

    def write(speaker: Speaker) -> int:
        if back:
            return link_verdicts.withdraw(of, incident, change, speaker)
        return link_verdicts.judge(of, incident, change, speaker, holds=holds, reason=reason)

    if (holds or rejected or back) and save(f"judge_{form}", write, seen=seen):
        st.rerun()
    st.caption("A word moves credit at once. Ratios and what chance would give stay as they are.")
