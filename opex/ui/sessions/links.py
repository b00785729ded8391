"""The address of a session, as colleagues open it."""

from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

__all__ = ["link_to"]


def link_to(session: str) -> str:
    """The address of a session, as colleagues open it."""
    parts = urlsplit(st.context.url or "http://localhost:8501")
    opened = {"session": session, **({"workspace": w} if (w := st.query_params.get("workspace")) else {})}
    return urlunsplit((parts.scheme, parts.netloc, "/sessions", urlencode(opened), ""))
