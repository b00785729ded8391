"""A draft of the weights, taken over from questions to the page Drivers: looked at there, and saved or thrown away."""

import pandas as pd
import streamlit as st

from opex.domain.drivers import DriverSet
from opex.domain.safe import markdown
from opex.services import driving
from opex.services.context import Context
from opex.ui.session import may, save

__all__ = ["draft_view", "take_over"]

_KEY = "shown_draft"  # goes when another workspace is opened


def take_over(draft: DriverSet, note: str, *, key: str) -> None:
    """A button that takes the weights over to the page Drivers, where a person may save them. Nothing is applied."""
    if st.button("Take over as a draft", key=key, help="To the page Drivers; saved only there, by you, with a note."):
        st.session_state[_KEY] = (draft, note)
    if st.session_state.get(_KEY) == (draft, note):
        st.page_link(st.session_state["page_drivers"], label="The draft waits on the page Drivers: look at it there")


def draft_view(of: Context, drivers: DriverSet) -> None:
    """The draft beside the weights in force, with its note; nothing when there is none."""
    if _KEY not in st.session_state:
        return
    draft, note = st.session_state[_KEY]
    with st.container(border=True):
        st.subheader("Draft of the weights", anchor=False)
        if draft.version != drivers.version:
            st.warning(
                f"It was made from version {draft.version}, and {markdown(drivers.label)} is in force: "
                "take it over anew."
            )
        else:
            _compared(drivers, draft)
            note = st.text_input("What changed and why", note, key="draft_note", max_chars=200)
        with st.container(horizontal=True):
            fresh = draft.version == drivers.version
            keep = (
                fresh
                and may("decide")
                and st.button(f"Save as version {drivers.version + 1}", type="primary", key="draft_save")
            )
            throw = st.button("Throw away", key="draft_throw")
        if keep:
            form = f"draft_{drivers.version}"
            keep = save(form, lambda s: driving.save(of, draft, person=s.person, note=note, seen=drivers.version))
        if keep or throw:
            del st.session_state[_KEY]
            st.rerun()


def _compared(drivers: DriverSet, draft: DriverSet) -> None:
    rows = [
        {"driver": markdown(d.title), "in force, %": 100 * d.weight, "draft, %": 100 * draft.weights[d.name]}
        for d in drivers.drivers
    ]
    st.table(pd.DataFrame(rows).set_index("driver").round(1).astype(str))
