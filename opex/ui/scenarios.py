"""Named scenarios: what if, kept so that colleagues see it, side by side with the saved order."""

from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from opex.domain.safe import markdown
from opex.domain.scenarios import Scenario
from opex.services import what_if
from opex.services.context import Context
from opex.services.prioritising import Board
from opex.services.what_if import KeptScenario
from opex.ui.session import may, my_name, refusals, save
from opex.ui.trying import take
from opex.ui.words import moment, several

__all__ = ["scenarios_tab"]

SIDE_BY_SIDE = 3


def scenarios_tab(of: Context, board: Board, scenario: Scenario) -> None:
    """Keep what is moved now under a name; up to three kept ones beside the saved order; try one, let go of one."""
    kept = what_if.kept(of)
    names = [one.scenario.name for one in kept]
    if not scenario.empty and may("say"):
        _keep_as_scenario(of, scenario)
    if not kept:
        st.caption("No scenario is kept yet. Move something, give it a name, and colleagues see it here.")
        return
    chosen = st.multiselect(
        "Side by side", names, names[:SIDE_BY_SIDE], max_selections=SIDE_BY_SIDE, key=f"side_by_side_{len(names)}"
    )
    by_name = {one.scenario.name: one for one in kept}
    with refusals():
        _side_by_side(of, board, [by_name[name].scenario for name in chosen])
    for name in chosen:
        _one_scenario(of, board, by_name[name])


def _keep_as_scenario(of: Context, scenario: Scenario) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Name of what is moved now", key="scenario_name", max_chars=60)
        if st.button("Keep as a scenario", key="keep_scenario"):
            named = replace(scenario, name=name.strip())
            if save("scenario", lambda s: what_if.keep(of, named, s.person), done=f"Kept: {name}."):
                st.rerun(scope="fragment")


def _side_by_side(of: Context, board: Board, chosen: list[Scenario]) -> None:
    if not chosen:
        return
    told = what_if.compared(of, board, chosen)
    rows: dict[str, Any] = {"saved": told.saved}
    for name, ranks in told.ranks.items():
        rows[name] = [_beside(rank, was) for rank, was in zip(ranks, told.saved, strict=True)]
    rows["opportunity"] = told.titles
    moved = ", ".join(f"{markdown(name)} moves {several(count, 'item')}" for name, count in told.moved.items())
    st.markdown(f"{moved} of {len(told.items)}.")
    st.dataframe(
        pd.DataFrame(rows), key="scenarios_side_by_side", hide_index=True, height=min(38 + 35 * len(told.items), 388),
        column_config={name: st.column_config.TextColumn(width=90) for name in told.ranks}
        | {"saved": st.column_config.NumberColumn(width=60)},
        alt="Each item's rank as saved and under each scenario",
    )  # fmt: skip


def _beside(rank: int, was: int) -> str:
    return str(rank) if rank == was else f"{rank} {'▲' if rank < was else '▼'} {abs(rank - was)}"


def _one_scenario(of: Context, board: Board, one: KeptScenario) -> None:
    scenario = one.scenario
    gone = what_if.left_out(board, scenario)
    missing = f" · passed over, as they are no more: {', '.join(gone)}" if gone else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        told = f"**{markdown(scenario.name)}**: {scenario.sentence} · {markdown(one.person)}, {moment(one.at)}"
        st.markdown(told + markdown(missing), width="stretch")
        if st.button("Try it", key=f"try_{scenario.name}"):
            take(board.drivers, scenario)
            st.rerun(scope="fragment")
        if may("say") and st.button("Delete", key=f"delete_{scenario.name}", type="tertiary"):
            with refusals():
                what_if.delete(of, scenario.name, person=my_name())
                st.rerun(scope="fragment")
