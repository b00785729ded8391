"""The list of priorities with its filters, weights and views: one fragment, so that a moved weight redraws only it."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from opex.charts import benefit_and_cost
from opex.domain.priorities import Priorities, Priority
from opex.domain.problems import NotEnoughData, Refused
from opex.domain.safe import markdown
from opex.domain.scenarios import Scenario
from opex.export import FORMATS
from opex.ranking.headline import headline
from opex.services import doubt, exporting, prioritising, what_if
from opex.services.context import Context
from opex.services.prioritising import Board
from opex.ui.door import stay_in
from opex.ui.doubt import doubt_view
from opex.ui.drawer import open_drawer
from opex.ui.formulas import formulas_view
from opex.ui.moves import moves_view, since_last
from opex.ui.ranked_list import ranked_list, rows
from opex.ui.session import person
from opex.ui.trying import moved_scenario
from opex.ui.what_if import what_if_panel

__all__ = ["board_view", "export_menu"]

FIRST = 10
MOST_SHOWN = 500
VIEWS = ["List", "Benefit and cost", "Doubt", "Formulas", "Moves"]


@st.fragment
def board_view(of: Context) -> None:
    """One sentence, the first ten rows, and everything else one click away.

    It asks for the board anew at each of its own reruns: after a save in the drawer only this fragment reruns.
    """
    stay_in(of)
    board = prioritising.board(of)
    if isinstance(board, NotEnoughData):
        return
    saved = doubt.saved_with_doubt(of, board)
    st.markdown(markdown(headline(replace(saved, replay=prioritising.replay_of(board, saved)))))
    since_last(of, saved)
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover("Filter"):
            wanted = _filters(board)
        weighing = st.toggle("What if", key="weighing")
        view = st.segmented_control(
            "View",
            VIEWS,
            default="List",
            key="view",
            bind="query-params",
            label_visibility="collapsed",
            required=True,
        )
    _weighed(of, wanted, weighing, view or "List")


@st.fragment
def _weighed(of: Context, wanted: dict[str, list[str] | str], weighing: bool, view: str) -> None:
    """What a moved weight or a save in the drawer redraws: the list first, the sliders after it, each in its place."""
    stay_in(of)
    board = prioritising.board(of)
    if isinstance(board, NotEnoughData):
        return
    if st.session_state.pop("said", False):
        st.rerun()  # something was saved in the drawer: the sentence above follows too
    panel, below = st.container(border=weighing), st.container()
    scenario = moved_scenario(board.drivers) if weighing else Scenario()
    tried = what_if.tried(of, board, scenario)
    saved = doubt.saved_with_doubt(of, board)
    order = saved if scenario.empty else doubt.with_doubt(of, tried, prioritising.reranked(tried))
    told = "" if scenario.empty else scenario.sentence
    order = replace(order, replay=prioritising.replay_of(tried, order), workspace=of.name, tried=told)
    seen = replace(order, items=tuple(item for item in order.items if _passes(item, wanted)), filters=_told(wanted))
    st.session_state["seen"] = seen
    with below:
        if view == "Formulas":
            formulas_view(of, tried, seen)
        else:
            if view == "Doubt":
                doubt_view(of, tried, order)
            _rows(of, seen, saved, view)
        if order.left_out:
            st.caption(f"{order.left_out} Ranks are everybody's and pass over what your role does not see.")
        if order.replay is not None and view != "Moves":
            st.caption(f"Had these been fixed a year ago: {order.replay.sentence} Hindsight, and no forecast.")
    if weighing:
        with panel:
            what_if_panel(of, board, tried, scenario)
            if not scenario.empty:
                st.markdown(markdown(f"With {_as_moved(scenario)} as moved, not saved: {headline(order)}"))


def _as_moved(scenario: Scenario) -> str:
    return "the weights" if scenario.sentence == "other weights" else scenario.sentence


def _rows(of: Context, seen: Priorities, saved: Priorities, view: str) -> None:
    if view == "Moves":
        moves_view(of)
        return
    if not seen.items:
        st.info("No opportunity passes the filter." if seen.filters else "Nothing stands in the ranking.")
        return
    selected = st.session_state.get("item")
    if view == "Benefit and cost":
        selected = _chart(seen, selected) or selected
    everything = st.session_state.get("shown_all", False)
    shown = seen.items[: MOST_SHOWN if everything else FIRST]
    ranks = {item.id: item.rank for item in saved.items}
    chosen = ranked_list(rows(shown, ranks), selected=selected, key="priorities_list")
    if len(seen.items) > len(shown):
        st.button(
            f"Show all {min(len(seen.items), MOST_SHOWN)}", key="show_all", type="tertiary",
            on_click=lambda: st.session_state.update(shown_all=True),
        )  # fmt: skip
    _open(of, chosen)


def _open(of: Context, chosen: str | None) -> None:
    linked = st.query_params.get("opportunity")
    if chosen is None and linked and st.session_state.get("linked") != linked:
        st.session_state["linked"] = chosen = linked
    if chosen is not None:
        st.session_state["item"] = chosen
        open_drawer(of, chosen)


def _chart(seen: Priorities, selected: str | None) -> str | None:
    known = [item for item in seen.items if item.opportunity.effort_days is not None]
    missing = len(seen.items) - len(known)
    if missing:
        st.caption(
            f"{missing} of {len(seen.items)} have no estimated effort and cannot be drawn: open one, estimate it."
        )
    if not known:
        return None
    table = pd.DataFrame(
        {
            "id": [item.id for item in known],
            "rank": [item.rank for item in known],
            "title": [item.opportunity.title for item in known],
            "effort_days": [item.opportunity.effort_days for item in known],
            "low": [item.evidence.hours_low for item in known],
            "likely": [item.evidence.hours_likely for item in known],
            "high": [item.evidence.hours_high for item in known],
        }
    )
    event = st.altair_chart(
        benefit_and_cost(table, selected), key="benefit_and_cost", on_select="rerun", selection_mode="picked",
        alt="Benefit in hours a year over effort in days, one dot an opportunity",
    )  # fmt: skip
    picked = event.selection.get("picked", []) if event else []
    return str(picked[0]["id"]) if picked else None


def _filters(board: Board) -> dict[str, list[str] | str]:
    items = board.items
    systems = sorted({item.system for item in items if item.system})
    environments = sorted({item.environment for item in items if item.environment})
    owners = sorted({item.owner for item in items if item.owner})
    choices = {"status": ["unreviewed", "accepted", "planned"], "system": systems, "environment": environments}
    wanted: dict[str, list[str] | str] = {
        name: st.multiselect(name.capitalize(), options, key=name, bind="query-params")
        for name, options in (choices | {"owner": owners}).items()
    }
    wanted["words"] = st.text_input("Words in it", key="words", bind="query-params")
    st.caption("A filter hides rows; it never changes a rank.")
    return wanted


def _passes(item: Priority, wanted: dict[str, list[str] | str]) -> bool:
    it = item.opportunity
    for name in ("status", "system", "environment", "owner"):
        if wanted[name] and getattr(it, name) not in wanted[name]:
            return False
    text = f"{it.title} {it.action} {item.why}".casefold()
    return str(wanted["words"]).casefold() in text


def _told(wanted: dict[str, list[str] | str]) -> str:
    told = [f"{n} is {' or '.join(v)}" if isinstance(v, list) else f"words “{v}”" for n, v in wanted.items() if v]
    return "; ".join(told)


@st.fragment
def export_menu(of: Context) -> None:
    """Export what is seen: the file is made when it is asked for, under a name of its own."""
    stay_in(of)
    with st.popover("Export"):
        chosen = st.radio("As", list(FORMATS), format_func=lambda name: FORMATS[name].label, key="export_as")
        if st.button("Make the file", key="export_make"):
            seen = st.session_state.get("seen")
            if isinstance(seen, Priorities):
                try:
                    made_by = me.name if (me := person()) else ""
                    st.session_state["exported"] = (chosen, *exporting.export(of, seen, chosen, person=made_by))
                except Refused as refusal:
                    st.error(markdown(str(refusal)))
        made = st.session_state.get("exported")
        if made and made[0] == chosen:
            _, name, content = made
            st.download_button(
                f"Download {name}", content, name, FORMATS[chosen].mime, on_click="ignore", key="export_get"
            )
        st.caption("What you see, filters and all; how it was computed is stated in the file.")
