"""What a session leaves on paper: the minutes, and a pack for each audience, to read here and to take along."""

import streamlit as st

from opex.export.minutes import AUDIENCES, MINUTES_FORMATS
from opex.review.sessions import Session
from opex.services import minutes
from opex.services.context import Context

__all__ = ["paper"]


def paper(of: Context, now: Session) -> None:
    """Choose for whom; read it, or take the file."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        audience = st.segmented_control(
            "For whom?", list(AUDIENCES), default="minutes", format_func=str.capitalize, key=f"audience_{now.id}",
            required=True,
        ) or "minutes"  # fmt: skip
        for kind, suffix in MINUTES_FORMATS.items():
            st.download_button(
                f"As {'HTML' if kind == 'html' else 'Markdown'}",
                lambda kind=kind: minutes.written(of, now.id, format=kind, audience=audience)[1],  # type: ignore[misc]
                f"opex-{audience}-{now.id[-8:]}-{now.version}.{suffix}", on_click="ignore",
                key=f"paper_{now.id}_{audience}_{kind}",
            )  # fmt: skip
    with st.expander("Read it here"):
        _, text = minutes.written(of, now.id, format="markdown", audience=audience)
        st.markdown(text.decode("utf-8"))
