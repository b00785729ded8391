"""What this person tries on Priorities without saving: the scenario as moved, kept for the session."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from opex.domain.drivers import DriverSet
from opex.domain.problems import Refused
from opex.domain.scenarios import Scenario
from opex.services.prioritising import Board
from opex.ui.weights import forget_weights, moved_weights, take_weights

__all__ = ["edited", "forget", "grid", "moved_scenario", "refusal_of", "take"]


def _key(drivers: DriverSet, name: str) -> str:
    return f"trying_{drivers.version}_{name}_exact"


def moved_scenario(drivers: DriverSet) -> Scenario:
    """What this person has moved away from what is saved; an empty scenario where that is nothing. Draws nothing."""
    rest: Scenario = st.session_state.get(_key(drivers, "rest"), Scenario())
    return replace(rest, weights=moved_weights(drivers) or {})


def take(drivers: DriverSet, scenario: Scenario) -> None:
    """Try this scenario: sliders and tables show it."""
    forget(drivers)
    take_weights(drivers, scenario.drivers(drivers).weights)
    st.session_state[_key(drivers, "rest")] = replace(scenario, weights={})


def forget(drivers: DriverSet) -> None:
    """Back to what is saved."""
    forget_weights(drivers)
    for key in [str(key) for key in st.session_state if str(key).startswith(f"trying_{drivers.version}_")]:
        del st.session_state[key]


def grid(board: Board, name: str, rows: Callable[[], pd.DataFrame]) -> tuple[str, pd.DataFrame]:
    """The key and the rows of a table to edit. The rows stand still while it is edited: they are made when it opens.

    What a person types is kept by Streamlit under the key, as long as the table is drawn. A table that comes back
    (from another tab, after a reset, on a changed board) starts from the scenario as it stands.
    """
    kept = _key(board.drivers, f"{name}_rows")
    now = st.session_state.get(kept)
    if now is None or now[0] != board.key or now[1] not in st.session_state:
        turn = int(st.session_state.get("trying_turn", 0)) + 1
        st.session_state["trying_turn"] = turn
        st.session_state[kept] = now = (board.key, f"trying_{name}_{turn}", rows())
    return now[1], now[2]


def edited(board: Board, name: str, change: Callable[[Scenario, int, dict[str, Any]], Scenario]) -> Callable[[], None]:
    """What a table calls when a cell changes: each edited row goes into the scenario, a refusal is kept to be shown."""

    def on_change() -> None:
        key = st.session_state[_key(board.drivers, f"{name}_rows")][1]
        refused = _key(board.drivers, "refused")
        try:
            scenario: Scenario = st.session_state.get(_key(board.drivers, "rest"), Scenario())
            for row, cells in st.session_state[key]["edited_rows"].items():
                scenario = change(scenario, int(row), cells)
            scenario.drivers(board.drivers)
            st.session_state[_key(board.drivers, "rest")] = scenario
            st.session_state.pop(refused, None)
        except Refused as refusal:
            st.session_state[refused] = str(refusal)

    return on_change


def refusal_of(drivers: DriverSet) -> str | None:
    """Why the last edit could not be tried."""
    told: str | None = st.session_state.get(_key(drivers, "refused"))
    return told
