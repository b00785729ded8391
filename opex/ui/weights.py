"""Weights that can be moved: sliders that add up to 100."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from opex.domain.drivers import DriverSet

_HERE = Path(__file__).parent
_sliders = st.components.v2.component(
    "opex_weight_sliders",
    html='<div class="sliders" role="group" aria-label="Weights"></div>\n<!-- -->\n',
    css=(_HERE / "weight_sliders.css").read_text(encoding="utf-8"),
    js=(_HERE / "weight_sliders.js").read_text(encoding="utf-8"),
)

__all__ = ["forget_weights", "moved_weights", "rebalanced", "take_weights", "weight_sliders", "whole"]


def rebalanced(weights: Mapping[str, float], moved: str, to: float, stated: Mapping[str, float]) -> dict[str, float]:
    """Exact percents that add up to 100 after one was moved: the others give way in proportion.

    When the others were all 0 they come back in the proportion in which they were saved. Exact numbers are kept from
    move to move, so that moving a weight there and back gives the start again.

    Examples
    --------
    >>> rebalanced({"a": 50, "b": 30, "c": 20}, "a", 60, {})
    {'a': 60, 'b': 24.0, 'c': 16.0}
    >>> rebalanced({"a": 100, "b": 0, "c": 0}, "a", 90, {"a": 50, "b": 40, "c": 10})
    {'a': 90, 'b': 8.0, 'c': 2.0}
    """
    others = {name: weight for name, weight in weights.items() if name != moved}
    if sum(others.values()) < 1e-9:
        others = {name: stated.get(name, 1.0) or 1.0 for name in others}
    left, total = 100 - to, sum(others.values())
    return {name: to if name == moved else left * others[name] / total for name in weights}


def whole(weights: Mapping[str, float]) -> dict[str, int]:
    """Whole percents that add up to 100: remainders go to the largest fractions (ties: first named).

    Examples
    --------
    >>> whole({"a": 33.4, "b": 33.3, "c": 33.3})
    {'a': 34, 'b': 33, 'c': 33}
    """
    down = {name: int(weight + 1e-9) for name, weight in weights.items()}
    by_rest = sorted(weights, key=lambda name: -(weights[name] - down[name]))
    for name in by_rest[: 100 - sum(down.values())]:
        down[name] += 1
    return down


def _key(drivers: DriverSet, name: str) -> str:
    return f"weight_{drivers.version}_{name}"


def _stated(drivers: DriverSet) -> dict[str, float]:
    return {name: 100 * weight for name, weight in drivers.weights.items()}


def _exact(drivers: DriverSet) -> dict[str, float]:
    """The weights as moved, in exact percents; the sliders show them rounded."""
    kept: dict[str, float] = st.session_state.get(_key(drivers, "exact"), {})
    return kept or _stated(drivers)


def moved_weights(drivers: DriverSet) -> dict[str, float] | None:
    """The weights as shares when a slider was moved away from the saved ones, else ``None``; draws nothing."""
    stated, now = _stated(drivers), _exact(drivers)
    if all(abs(now[name] - stated[name]) < 1e-6 for name in stated):
        return None
    return {name: weight / 100 for name, weight in now.items()}


def take_weights(drivers: DriverSet, weights: Mapping[str, float]) -> None:
    """Move the sliders to these shares."""
    st.session_state[_key(drivers, "exact")] = {name: 100 * weight for name, weight in weights.items()}


def forget_weights(drivers: DriverSet) -> None:
    """Back to the saved weights."""
    st.session_state.pop(_key(drivers, "exact"), None)


def weight_sliders(drivers: DriverSet, strips: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """A slider for every driver, in one component, each with a line of who comes first at which weight.

    ``strips`` has for each driver stretches from ``low`` to ``high`` percent with the title that is ``first`` there and
    whether that is the first one now (``mine``).
    """
    key = _key(drivers, "sliders")

    def moved() -> None:
        said = st.session_state[key].moved
        after = rebalanced(_exact(drivers), said["name"], float(said["to"]), _stated(drivers))
        st.session_state[_key(drivers, "exact")] = after
        st.session_state[_key(drivers, "answered")] = said["sequence"]

    shown = whole(_exact(drivers))
    weights = [
        {
            "name": d.name, "title": d.title, "help": d.definition, "percent": shown[d.name],
            "strip": list(strips.get(d.name, ())),
        }
        for d in drivers.drivers
    ]  # fmt: skip
    answered = st.session_state.get(_key(drivers, "answered"), 0)
    _sliders(data={"weights": weights, "answered": answered}, key=key, on_moved_change=moved)
