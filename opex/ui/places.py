"""Fixed places on a page, so that what comes and goes above a field does not take away what is typed in it."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

__all__ = ["places"]


def places(number: int) -> list[DeltaGenerator]:
    """So many containers, one below the other, each at the same place in every run, empty or not.

    Streamlit knows a container by its place. A sentence that appears above one moves it to the next place, where the
    browser builds it anew: a field in it loses what was typed and not yet sent, an expander closes. Whatever may come
    and go gets a place of its own, and so do the fields below it.
    """
    return [st.container() for _ in range(number)]
