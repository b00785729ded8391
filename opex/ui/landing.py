"""A line at which one arrives when the page changed under one: whoever has no mouse goes on from there."""

from pathlib import Path

import streamlit as st

__all__ = ["arrive", "landing"]

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "opex_landing",
    html='<p class="landing" tabindex="-1"></p>\n<!-- -->\n',
    css=(_HERE / "landing.css").read_text(encoding="utf-8"),
    js=(_HERE / "landing.js").read_text(encoding="utf-8"),
)


def arrive(key: str) -> None:
    """What was done takes its own button away: in the run that follows, the line of that key is where one lands."""
    st.session_state[f"arrived_{key}"] = st.session_state.get(f"arrived_{key}", 0) + 1


def landing(text: str, *, key: str, at: str | None = None, always: bool = False) -> None:
    """Write a quiet line of plain text, which takes the focus once ``at`` is another one than before, or at `arrive`.

    It takes it where the change took away what had it; with ``always`` also from what still has it (a button *Next*
    below what is new), and not from where a person went meanwhile. So it is scrolled into view, a screen reader says
    it, and the next Tab goes to what comes after it.

    Examples
    --------
    ::

        landing(f"{at} of {count}", at=str(at), key="answer_at", always=True)
    """
    at = str(st.session_state.get(f"arrived_{key}", 0)) if at is None else at
    _component(data={"text": text, "at": at, "always": always}, key=key)
