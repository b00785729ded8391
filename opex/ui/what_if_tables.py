"""What if: tables of anchors and of items that a person types over, while the list follows."""

from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from opex.domain.opportunities import Opportunity, Removal
from opex.domain.scenarios import Scenario
from opex.services.context import Context
from opex.services.prioritising import Board, saved_order
from opex.ui.trying import edited, grid

__all__ = ["items_table", "scales_table"]


def scales_table(board: Board, scenario: Scenario) -> None:
    """The anchors of every driver's scale, to be typed over."""
    drivers = board.drivers.drivers

    def rows() -> pd.DataFrame:
        anchored = scenario.drivers(board.drivers).drivers
        return pd.DataFrame(
            {
                "driver": [d.title for d in drivers],
                "counts 0 at": [d.scale.zero_at for d in anchored],
                "counts 1 at": [d.scale.one_at for d in anchored],
                "unit": [d.unit for d in drivers],
                "curve": [d.scale.curve for d in drivers],
            }
        )

    def change(now: Scenario, row: int, cells: dict[str, Any]) -> Scenario:
        driver = drivers[row]
        zero, one = now.anchors.get(driver.name, (driver.scale.zero_at, driver.scale.one_at))
        pair = (_number(cells, "counts 0 at", zero), _number(cells, "counts 1 at", one))
        same = pair == (driver.scale.zero_at, driver.scale.one_at)
        return replace(now, anchors=_without(now.anchors, driver.name) | ({} if same else {driver.name: pair}))

    key, table = grid(board, "scales", rows)
    st.data_editor(
        table, key=key, hide_index=True, disabled=["driver", "unit", "curve"],
        on_change=edited(board, "scales", change), alt="The anchors of each driver's scale, to be moved",
    )  # fmt: skip
    st.caption("Type another anchor: the list follows at once.")


def items_table(of: Context, board: Board, scenario: Scenario) -> None:
    """What every item removes, costs and is rated, in the saved order, to be typed over."""
    order = [item.opportunity for item in saved_order(of, board).items]
    rated = [driver for driver in board.drivers.drivers if driver.rated]

    def rows() -> pd.DataFrame:
        shown = [scenario.item(item) for item in order]
        table: dict[str, Any] = {
            "#": range(1, len(order) + 1),
            "opportunity": [item.title for item in order],
            "removes, %": [100 * item.removes.likely for item in shown],
            "effort, days": [item.effort_days for item in shown],
        }
        return pd.DataFrame(table | {driver.title: [_level(item, driver.name) for item in shown] for driver in rated})

    def change(now: Scenario, row: int, cells: dict[str, Any]) -> Scenario:
        item = order[row]
        now = _removal(now, item, cells.get("removes, %"))
        now = _effort(now, item, cells.get("effort, days"))
        for driver in rated:
            now = _rating(now, item, driver.name, cells.get(driver.title))
        return now

    key, table = grid(board, "items", rows)
    levels = {d.title: [level for level, _ in d.rubric] for d in rated}
    config: dict[str, Any] = {
        title: st.column_config.NumberColumn(min_value=min(given), max_value=max(given), step=1)
        for title, given in levels.items()
    }
    config |= {
        "#": st.column_config.NumberColumn(width=40),
        "opportunity": st.column_config.TextColumn(width=170),
        "removes, %": st.column_config.NumberColumn(min_value=0, max_value=100, format="%.0f"),
        "effort, days": st.column_config.NumberColumn(min_value=0.5, max_value=9999, format="%g"),
    }
    st.data_editor(
        table, key=key, hide_index=True, height=min(38 + 35 * len(table), 300), disabled=["#", "opportunity"],
        column_config=config, on_change=edited(board, "items", change),
        alt="What each item removes, costs and is rated, to be moved",
    )  # fmt: skip
    st.caption(
        "Type another likely removal, effort or level (in place of the median of what people gave): the list follows."
    )


def _level(item: Opportunity, driver: str) -> float | None:
    given = sorted(item.ratings.get(driver, {}).values())
    middle = len(given) // 2
    return (given[middle] + given[~middle]) / 2 if given else None


def _number(cells: dict[str, Any], column: str, otherwise: float) -> float:
    told = cells.get(column)
    return otherwise if told is None else float(told)


def _without(named: Any, key: str) -> dict[str, Any]:
    return {name: value for name, value in named.items() if name != key}


def _removal(now: Scenario, item: Opportunity, percent: float | None) -> Scenario:
    if percent is None:
        return now
    share, saved = float(percent) / 100, item.removes
    removal = Removal(low=min(saved.low, share), likely=share, high=max(saved.high, share))
    changed = {} if abs(share - saved.likely) < 1e-9 else {item.id: removal}
    return replace(now, removals=_without(now.removals, item.id) | changed)


def _effort(now: Scenario, item: Opportunity, days: float | None) -> Scenario:
    if days is None:
        return now
    changed = {} if item.effort_days == days else {item.id: float(days)}
    return replace(now, efforts=_without(now.efforts, item.id) | changed)


def _rating(now: Scenario, item: Opportunity, driver: str, level: float | None) -> Scenario:
    if level is None:
        return now
    levels = _without(now.ratings.get(item.id, {}), driver)
    if _level(item, driver) != level:
        levels[driver] = int(level)
    return replace(now, ratings=_without(now.ratings, item.id) | ({item.id: levels} if levels else {}))
