"""A line at which one arrives when the page changed under one: whoever has no mouse goes on from there."""

from pathlib import Path

import streamlit as st

__all__ = ["landing"]

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "opex_landing",
    html='<p class="landing" tabindex="-1"></p>\n<!-- -->\n',
    css=(_HERE / "landing.css").read_text(encoding="utf-8"),
    js=(_HERE / "landing.js").read_text(encoding="utf-8"),
)


def landing(text: str, *, at: str, key: str, always: bool = False) -> None:
    """Write a quiet line of plain text, which takes the focus once ``at`` is another one than before.

    It takes it where the change took away what had it; with ``always`` also from what still has it (a button *Next*
    below what is new), and not from where a person went meanwhile. So it is scrolled into view, a screen reader says
    it, and the next Tab goes to what comes after it.

    Examples
    --------
    ::

        landing(f"{at} of {count}", at=str(at), key="answer_at", always=True)
    """
    _component(data={"text": text, "at": at, "always": always}, key=key)
