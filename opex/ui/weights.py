"""Weights that can be moved: sliders that add up to 100, kept as a new version or thrown away."""

from collections.abc import Mapping

import streamlit as st

from opex.domain.drivers import DriverSet
from opex.services import driving
from opex.services.context import Context
from opex.ui.session import save

__all__ = ["moved_weights", "rebalanced", "weights_panel"]


def rebalanced(weights: Mapping[str, int], moved: str, to: int) -> dict[str, int]:
    """Whole percents that add up to 100 after one was moved: the others give way in proportion.

    Remainders go to the largest fractions (ties: first named). When the others were all 0 they share alike.

    Examples
    --------
    >>> rebalanced({"a": 50, "b": 30, "c": 20}, "a", 60)
    {'a': 60, 'b': 24, 'c': 16}
    >>> rebalanced({"a": 100, "b": 0, "c": 0}, "a", 99)
    {'a': 99, 'b': 1, 'c': 0}
    """
    others = {name: weight for name, weight in weights.items() if name != moved}
    left, total = 100 - to, sum(others.values())
    exact = {name: left * (weight / total if total else 1 / len(others)) for name, weight in others.items()}
    whole = {name: int(share) for name, share in exact.items()}
    missing = left - sum(whole.values())
    for name in sorted(exact, key=lambda name: -(exact[name] - whole[name]))[:missing]:
        whole[name] += 1
    return {name: to if name == moved else whole[name] for name in weights}


def _percents(drivers: DriverSet) -> dict[str, int]:
    names = list(drivers.weights)
    whole = {name: int(100 * weight + 1e-9) for name, weight in drivers.weights.items()}
    by_rest = sorted(names, key=lambda name: -(100 * drivers.weights[name] - whole[name]))
    for name in by_rest[: 100 - sum(whole.values())]:
        whole[name] += 1
    return whole


def _key(drivers: DriverSet, name: str) -> str:
    return f"weight_{drivers.version}_{name}"


def moved_weights(drivers: DriverSet) -> dict[str, float] | None:
    """The weights as shares when a slider was moved away from the saved ones, else ``None``; draws nothing."""
    stated = _percents(drivers)
    now = {name: int(st.session_state.get(_key(drivers, name), weight)) for name, weight in stated.items()}
    return None if now == stated else {name: weight / 100 for name, weight in now.items()}


def weights_panel(of: Context, drivers: DriverSet) -> None:
    """A slider for every driver, and what to do with weights that were moved."""
    stated = _percents(drivers)

    def moved(name: str) -> None:
        before = {n: int(st.session_state.get(f"{_key(drivers, n)}_was", stated[n])) for n in stated}
        for other, weight in rebalanced(before, name, int(st.session_state[_key(drivers, name)])).items():
            st.session_state[_key(drivers, other)] = weight
            st.session_state[f"{_key(drivers, other)}_was"] = weight

    for driver, column in zip(drivers.drivers, _columns(len(drivers.drivers)), strict=True):
        key = _key(drivers, driver.name)
        st.session_state.setdefault(key, stated[driver.name])
        column.slider(
            f"{driver.title}, %", 0, 100, key=key, on_change=moved, args=(driver.name,), help=driver.definition
        )
    shares = moved_weights(drivers)
    if shares is None:
        st.caption("Move a weight: the list follows at once, and shows where each item stood before.")
    else:
        _keep_or_throw_away(of, drivers, shares)


def _columns(count: int) -> list[st.delta_generator.DeltaGenerator]:
    columns = st.columns(3)
    return [columns[n % 3] for n in range(count)]


def _keep_or_throw_away(of: Context, drivers: DriverSet, shares: dict[str, float]) -> None:
    keep, throw, _ = st.columns([1, 1, 3], vertical_alignment="bottom")
    if keep.button(f"Keep as version {drivers.version + 1}", type="primary", key="keep_weights"):
        wanted = drivers.reweighted(shares)
        if save("weights", lambda s: driving.save(of, wanted, person=s.person, note="weights", seen=drivers.version)):
            st.rerun()
    if throw.button("Throw away", key="throw_weights"):
        for key in [key for key in st.session_state if str(key).startswith("weight_")]:
            del st.session_state[key]
        st.rerun(scope="fragment")
