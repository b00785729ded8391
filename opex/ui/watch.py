"""An unseen watch: the page runs again when the session moved, and not while somebody types."""

from pathlib import Path

import streamlit as st

__all__ = ["watch"]

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "opex_watch",
    html='<p class="lost" role="status" hidden></p>\n<!-- -->\n',
    css=(_HERE / "watch.css").read_text(encoding="utf-8"),
    js=(_HERE / "watch.js").read_text(encoding="utf-8"),
)


def watch(address: str, position: str, *, key: str, seconds: float = 1.5) -> str | None:
    """Ask ``address`` every ``seconds`` for the position; the new one in the run that came of it, else ``None``.

    ``position`` is what this run shows: read it before what it is the position of, so that nothing is missed. The
    browser asks while its tab is seen. It lets the page run again when the answer differs, once nobody types (a field
    is left, or idle for 20 s), no button is being pressed and no run is under way; within a fragment only that runs
    again. After three failures it says that the connection is lost, and goes on trying at longer intervals.

    Examples
    --------
    ::

        now = position(of, session)
        watch(address(session, of.name), now, key=f"watch_{session}")
    """
    data = {"address": address, "position": position, "seconds": float(seconds)}
    moved: str | None = _component(data=data, key=key, on_moved_change=lambda: None).moved
    return moved
