"""Striking incidents from the evidence, wherever a person reads them."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from opex.services import reviewing
from opex.services.context import Context, Speaker
from opex.ui.session import may, save
from opex.ui.words import several

__all__ = ["strike_form"]


def strike_form(of: Context, opportunity: str, chosen: Sequence[str], *, session: str | None = None) -> bool:
    """Ask why the chosen incidents are no evidence (in which session); whether all of them were struck just now."""
    if not may("say"):
        return False
    with st.form(f"strike_{opportunity}"):
        label = f"Why {several(len(chosen), 'incident')} is no evidence"
        reason = st.text_input(label, placeholder="not ours: …", key=f"strike_why_{opportunity}")
        if not st.form_submit_button(f"Strike {several(len(chosen), 'incident')}"):
            return False
        saved = [
            save(
                f"strike_{opportunity}_{one}",
                partial(_struck, of, opportunity, one, reason),
                session=session,
                done="Struck.",
            )
            for one in chosen
        ]
        return all(saved)


def _struck(of: Context, opportunity: str, incident: str, reason: str, speaker: Speaker) -> int:
    return reviewing.strike(of, opportunity, incident, speaker, reason=reason)
