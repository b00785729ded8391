"""Weights that can be moved: sliders that add up to 100, kept as a new version or thrown away."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from opex.domain.drivers import DriverSet
from opex.services import driving
from opex.services.context import Context
from opex.ui.session import save

_HERE = Path(__file__).parent
_sliders = st.components.v2.component(
    "opex_weight_sliders",
    html='<div class="sliders" role="group" aria-label="Weights"></div>\n<!-- -->\n',
    css=(_HERE / "weight_sliders.css").read_text(encoding="utf-8"),
    js=(_HERE / "weight_sliders.js").read_text(encoding="utf-8"),
)

__all__ = ["moved_weights", "rebalanced", "weights_panel", "whole"]


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


def weights_panel(of: Context, drivers: DriverSet) -> None:
    """A slider for every driver, in one component, and what to do with weights that were moved."""
    key = _key(drivers, "sliders")

    def moved() -> None:
        said = st.session_state[key].moved
        after = rebalanced(_exact(drivers), said["name"], float(said["to"]), _stated(drivers))
        st.session_state[_key(drivers, "exact")] = after
        st.session_state[_key(drivers, "answered")] = said["sequence"]

    shown = whole(_exact(drivers))
    weights = [
        {"name": d.name, "title": d.title, "help": d.definition, "percent": shown[d.name]} for d in drivers.drivers
    ]
    answered = st.session_state.get(_key(drivers, "answered"), 0)
    _sliders(data={"weights": weights, "answered": answered}, key=key, on_moved_change=moved)
    shares = moved_weights(drivers)
    if shares is None:
        st.caption("Move a weight: the list follows at once, and shows where each item stood before.")
    else:
        _keep_or_throw_away(of, drivers, shares)


def _keep_or_throw_away(of: Context, drivers: DriverSet, shares: dict[str, float]) -> None:
    keep, throw, _ = st.columns([1, 1, 3], vertical_alignment="bottom")
    if keep.button(f"Keep as version {drivers.version + 1}", type="primary", key="keep_weights"):
        wanted = drivers.reweighted(shares)
        if save("weights", lambda s: driving.save(of, wanted, person=s.person, note="weights", seen=drivers.version)):
            st.rerun()
    if throw.button("Throw away", key="throw_weights"):
        st.session_state.pop(_key(drivers, "exact"), None)
        st.rerun(scope="fragment")
