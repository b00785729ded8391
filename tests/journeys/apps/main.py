"""The pages of the launcher beside this file."""

from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent
st.navigation(
    [st.Page(HERE / "order_room.py", default=True), st.Page(HERE / "watch_room.py", url_path="watch")],
    position="hidden",
).run()
