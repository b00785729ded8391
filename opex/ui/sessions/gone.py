"""Drivers that left the set in the middle of a session: what was asked of them is skipped, and said so."""

from collections.abc import Iterable

import streamlit as st

from opex.domain.safe import markdown

__all__ = ["gone_told"]


def gone_told(questions: Iterable[str]) -> None:
    """One line that says which questions are none any more; nothing where all are."""
    gone = [f"“{markdown(question)}”" for question in sorted(set(questions))]
    if len(gone) == 1:
        st.info(f"{gone[0]} is no driver any more: it is not asked and cannot be settled.")
    elif gone:
        st.info(f"{', '.join(gone)} are no drivers any more: they are not asked and cannot be settled.")
