"""The empty workspace: sample data or one's own file, two buttons, nothing else."""

import streamlit as st

from opex.services.context import Context
from opex.services.knowing import sizes
from opex.ui.door import team
from opex.ui.session import may, open_sample

__all__ = ["nothing_loaded", "nothing_loaded_if_empty"]


def nothing_loaded(of: Context) -> None:
    """Say what to do next."""
    st.title("Nothing is loaded yet", anchor=False)
    st.write(
        "Bring a table of incidents, and a log of changes if you have one: the first ranked list follows at once. "
        f"The open workspace is “{of.name}”."
    )
    if not may("decide"):
        st.caption("A facilitator loads data; until then there is nothing to see.")
        return
    own, sample, _ = st.columns([1, 1, 2])
    if own.button("Load my own file", type="primary", key="go_load", width="stretch"):
        st.switch_page(st.session_state["page_load"])
    if not team() and sample.button("Look at sample data", key="go_sample", width="stretch"):
        open_sample()


def nothing_loaded_if_empty(of: Context) -> None:
    """Stop the page with what to do next when the workspace holds nothing."""
    if not any(sizes(of).values()):
        nothing_loaded(of)
        st.stop()
