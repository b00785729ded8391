"""The what-if panel of Priorities: move weights, scales, items; keep scenarios and set them side by side."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from opex.domain.drivers import Driver
from opex.domain.problems import Refused
from opex.domain.safe import markdown
from opex.domain.scenarios import Scenario
from opex.ranking.sensitivity import Leaders, stability_sentence
from opex.services import driving, what_if
from opex.services.context import Context
from opex.services.prioritising import Board
from opex.ui.scenarios import scenarios_tab
from opex.ui.session import may, save
from opex.ui.trying import forget, refusal_of
from opex.ui.weights import weight_sliders
from opex.ui.what_if_tables import items_table, scales_table

__all__ = ["what_if_panel"]


def what_if_panel(of: Context, board: Board, tried: Board, scenario: Scenario) -> None:
    """Everything that can be moved, in tabs of which only the open one is drawn.

    ``board`` is as saved, ``tried`` the same under the ``scenario`` as this person has moved it.
    """
    weights, scales, items, scenarios = st.tabs(
        ["Move weights", "Scales", "Items", "Scenarios"], key="what_if_tabs", on_change="rerun"
    )
    drawn: tuple[tuple[Any, Callable[[], None]], ...] = (
        (weights, lambda: _weights(board, tried)),
        (scales, lambda: scales_table(board, scenario)),
        (items, lambda: items_table(of, board, scenario)),
        (scenarios, lambda: scenarios_tab(of, board, scenario)),
    )
    for tab, draw in drawn:
        if tab.open:
            with tab:
                draw()
    if (refused := refusal_of(board.drivers)) is not None:
        st.error(markdown(refused))
    _keep_or_throw_away(of, board, scenario)


def _weights(board: Board, tried: Board) -> None:
    """The sliders, each with the line of who comes first at which weight, and the nearest change in words."""
    found = what_if.leading(tried)
    drivers = tried.drivers.drivers
    titles = [item.title for item in tried.items]
    each = list(zip(drivers, found, strict=bool(found)))
    weight_sliders(board.drivers, {driver.name: _stretches(driver, one, titles) for driver, one in each})
    if not each:
        return
    by_room = sorted(each, key=lambda pair: _room(pair[1], pair[0].weight))
    told = [markdown(stability_sentence(one, titles, driver.title, driver.weight)) for driver, one in by_room]
    st.markdown(f"**Who comes first at which weight**, the others in proportion: {told[0]}")
    st.caption("The line under a slider: coloured where today's first stays first, grey where another one leads.")
    with st.expander("Each driver in words"):
        st.markdown("\n".join(f"- {sentence}" for sentence in told))


def _stretches(driver: Driver, one: Leaders, titles: list[str]) -> list[dict[str, Any]]:
    now = one.items[one.at(driver.weight)]
    return [
        {"low": float(100 * low), "high": float(100 * high), "first": titles[item], "mine": bool(item == now)}
        for low, high, item in zip(one.breaks, one.breaks[1:], one.items, strict=False)
    ]


def _room(one: Leaders, now: float) -> float:
    """By how much the weight must change at least until another leads."""
    low, high = one.around(now)
    return min(now - low if low > 0 else 1.0, high - now if high < 1 else 1.0)


def _keep_or_throw_away(of: Context, board: Board, scenario: Scenario) -> None:
    if scenario.empty:
        st.caption("Move something: the list follows at once, and shows where each item stood before.")
        return
    drivers = board.drivers
    with st.container(horizontal=True, vertical_alignment="center"):
        if (
            (scenario.weights or scenario.anchors)
            and may("decide")
            and st.button(f"Keep as version {drivers.version + 1}", type="primary", key="keep_weights")
        ):
            _keep_as_version(of, board, scenario)
        if st.button("Throw away", key="throw_weights"):
            forget(drivers)
            st.rerun(scope="fragment")
        if scenario.anchors:
            st.caption("Weights stay as they are where a scale moves; the page Drivers offers to keep the trade-off.")
        beside = " Removals, ratings and efforts are kept on the items themselves." if scenario.of_items else ""
        st.caption(f"Moved: {scenario.sentence}.{beside}", width="stretch")


def _keep_as_version(of: Context, board: Board, scenario: Scenario) -> None:
    note = " and scales" if scenario.weights and scenario.anchors else "scales" if scenario.anchors else ""
    note = f"{'weights' if scenario.weights else ''}{note}"
    try:
        wanted = scenario.drivers(board.drivers)
    except Refused as refusal:
        st.error(markdown(str(refusal)))
        return
    seen = board.drivers.version
    if save("weights", lambda s: driving.save(of, wanted, person=s.person, note=note, seen=seen)):
        st.rerun()
