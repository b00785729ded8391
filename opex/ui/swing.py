"""Swing weights: what is it worth to move each driver from its 0 anchor to its 1 anchor?"""

import pandas as pd
import streamlit as st

from opex.domain.drivers import Driver, DriverSet
from opex.domain.safe import markdown
from opex.ranking.swing import swing_weights
from opex.services import driving
from opex.services.context import Context
from opex.ui.door import stay_in
from opex.ui.draft import take_over

__all__ = ["swing_view"]


@st.fragment
def swing_view(of: Context) -> None:
    """The first swing, the others beside it, and the weights that follow."""
    stay_in(of)
    drivers = driving.drivers(of)
    st.markdown(
        "Imagine an item that stands at the 0 anchor of every driver. You may move it on **one** of them to the 1 "
        "anchor."
    )
    names = {driver.name: driver for driver in drivers.drivers}
    first = st.selectbox(
        "Which one would you move first?", list(names), index=None, key=f"swing_first_{drivers.version}",
        format_func=lambda name: f"{names[name].title}: {_swing(names[name])}", placeholder="The one that matters most",
    )  # fmt: skip
    if first is None:
        return
    st.markdown("That swing counts 100. What is each of the others worth beside it, from 0 (nothing) to 100 (as much)?")
    given = _points(drivers, first)
    if (left := len(names) - len(given)) > 0:
        st.caption(f"{left} of {len(names)} are open. Nothing is suggested, so that nothing leads you.")
        return
    _weights(drivers, given)


def _points(drivers: DriverSet, first: str) -> dict[str, float]:
    """What was given so far: 100 for the first swing, and the others beside it."""
    given: dict[str, float | None] = {first: 100.0}
    for driver in drivers.drivers:
        if driver.name != first:
            given[driver.name] = st.number_input(
                f"{markdown(driver.title)}: {markdown(_swing(driver))}", 0.0, 100.0, None, 5.0, format="%.0f",
                key=f"swing_{drivers.version}_{first}_{driver.name}", placeholder="0 to 100",
            )  # fmt: skip
    return {name: points for name, points in given.items() if points is not None}


def _weights(drivers: DriverSet, given: dict[str, float]) -> None:
    weights = swing_weights(given)
    rows = [
        {
            "driver": markdown(driver.title), "points": f"{given[driver.name]:.0f}", "in force": f"{driver.weight:.0%}",
            "from swings": f"{weights[driver.name]:.0%}",
        }
        for driver in drivers.drivers
    ]  # fmt: skip
    st.table(pd.DataFrame(rows).set_index("driver"))
    take_over(drivers.reweighted(weights), "weights by swings across the anchors", key="swing_take")


def _swing(driver: Driver) -> str:
    """From the one anchor to the other, in the words of the rubric where there is one."""
    scale = driver.scale
    rubric = {float(level): text for level, text in driver.rubric}
    if driver.rated and scale.zero_at in rubric and scale.one_at in rubric:
        return f"from “{rubric[scale.zero_at]}” to “{rubric[scale.one_at]}”"
    return f"from {scale.zero_at:g} to {scale.one_at:g} {driver.unit}"
