"""An opportunity by hand: what nobody logged, and everybody knows."""

import streamlit as st

from opex.domain.opportunities import Removal
from opex.services import knowing, reviewing
from opex.services.context import Context
from opex.ui.door import stay_in
from opex.ui.session import save

__all__ = ["propose_dialog"]


@st.dialog("Propose an improvement")
def propose_dialog(of: Context) -> None:
    """A title, an action, and how much of its pain the action removes."""
    stay_in(of)
    with st.form("propose"):
        title = st.text_input("What is the trouble?", max_chars=200)
        action = st.text_area("What to do", max_chars=2000)
        names = [system.name for system in knowing.catalogue(of).systems]
        system = st.selectbox("System", names, index=None, placeholder="none")
        columns = st.columns(3)
        labels = {"Removes at least, %": 20, "Removes likely, %": 50, "Removes at most, %": 80}
        shares = [c.number_input(n, 0, 100, v, step=5) / 100 for c, (n, v) in zip(columns, labels.items(), strict=True)]
        st.caption("No incident stands behind it yet: until people rate it, it stands below the others, and says so.")
        if st.form_submit_button("Propose", type="primary"):
            low, likely, high = shares
            done = save(
                "propose",
                lambda s: reviewing.propose(
                    of, s, title=title, action=action, system=system, removes=Removal(low=low, likely=likely, high=high)
                ),
                done="Proposed.",
            )
            if done:
                st.rerun()
