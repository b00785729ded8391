"""The app: page config, the door, and the navigation of what one may see. No page is reached around it."""

from pathlib import Path

import streamlit as st

from opex.domain.problems import Refused
from opex.domain.safe import markdown
from opex.ui.door import enter, team, who_is_in
from opex.ui.session import context, may, who_picker, workspace_picker
from opex.workspace import ROOT

PAGES = ROOT / "pages"
st.set_page_config(
    page_title="opex", page_icon=str(Path(__file__).parent / "icon.png"), layout="wide", initial_sidebar_state=230
)
st.html(Path(__file__).parent / "page.css")


def _page(file: str, title: str, *, default: bool = False) -> st.Page:
    return st.Page(PAGES / f"{file}.py", title=title, url_path=None if default else file, default=default)


try:
    opened = context()
    enter(opened)
except Refused as refusal:
    st.error(markdown(str(refusal)))
    st.stop()
sections = {
    "": [_page("priorities", "Priorities", default=True)],
    "Find": [_page("evidence", "Evidence"), _page("inbox", "Inbox"), _page("operations", "Operations review")],
    "Decide": [
        _page("sessions", "Sessions"), _page("drivers", "Drivers"),
        *([_page("questions", "Questions")] if may("say") else ()),
    ],
    "Set up": [
        *([_page("load", "Load")] if may("decide") else ()), _page("systems", "Systems"), _page("team", "Team"),
    ],
}  # fmt: skip
for pages in sections.values():
    for one in pages:
        st.session_state[f"page_{one.url_path or 'priorities'}"] = one
page = st.navigation(sections)
with st.sidebar:
    workspace_picker()
    if team():
        who_is_in()
    else:
        who_picker(opened)
        st.caption("Local mode: only this machine, no password.")
page.run()
