"""Drivers as people look at them and change them: the scale with today's items on it, and a live preview."""

from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from opex.charts import rug
from opex.domain.drivers import CURVES, FAMILIES, RATED, Driver, DriverSet, Scale
from opex.domain.formulas import named
from opex.domain.problems import NotEnoughData, Refused
from opex.domain.safe import markdown
from opex.ranking.measures import MEASURES
from opex.ranking.scales import worth
from opex.ranking.swing import rescaled, swing_ratio
from opex.services import anchoring, driving, prioritising
from opex.services.context import Context
from opex.services.prioritising import Board
from opex.ui.session import may, refusals, save
from opex.ui.tables import rows_key
from opex.ui.words import moment

__all__ = ["anchor_warnings", "driver_editor", "driver_list", "driver_toml", "versions"]


def driver_list(of: Context, drivers: DriverSet) -> Driver:
    """One row a driver; the one that is selected (the first until somebody selects)."""
    board = prioritising.board(of)
    rows = [
        {
            "driver": driver.title,
            "weight": 100 * driver.weight,
            "family": driver.family,
            "measure": "rated by people" if driver.rated else MEASURES[driver.measure].says,
            "scale": f"{driver.scale.zero_at:g} to {driver.scale.one_at:g} {driver.unit}, {driver.scale.curve}",
            "today": _today(board, n),
        }
        for n, driver in enumerate(drivers.drivers)
    ]
    event = st.dataframe(
        pd.DataFrame(rows), key=rows_key("drivers", drivers.weights), hide_index=True, on_select="rerun",
        selection_mode="single-row",
        alt="Drivers, one row each; select one to change it",
        column_config={
            "driver": st.column_config.TextColumn(width="medium"),
            "weight": st.column_config.ProgressColumn("weight, %", min_value=0, max_value=100, format="%.0f"),
            "scale": st.column_config.TextColumn("counts 0 to 1 from", width="medium"),
        },
    )  # fmt: skip
    picked: list[int] = event.selection.rows
    return drivers.drivers[picked[0] if picked else 0]


def _today(board: Board | NotEnoughData, n: int) -> str:
    if isinstance(board, NotEnoughData) or not len(board.items):
        return "no items yet"
    known = int((~np.isnan(board.raw[:, n])).sum())
    return f"{known} of {len(board.items)} known"


def anchor_warnings(of: Context) -> None:
    """One sentence for each driver that orders nothing today, or whose anchors cut items off."""
    board = prioritising.board(of)
    if not isinstance(board, NotEnoughData):
        st.caption("  \n".join(map(markdown, anchoring.warnings(board).values())))


def driver_editor(of: Context, drivers: DriverSet, chosen: Driver) -> None:
    """Change one driver, with its scale and three real items as they would be scored. No form: the preview is live."""
    st.subheader(markdown(chosen.title), anchor=False)
    left, right = st.columns([3, 2], gap="large")
    with left:
        try:
            edited = _trade_off_kept(drivers, chosen, _fields(drivers, chosen))
        except Refused as refusal:
            st.error(markdown(str(refusal)))
            return
    with right:
        changed = _with(drivers, chosen, edited)
        _preview(of, drivers, changed, edited)
    if changed != drivers and may("decide"):
        note = left.text_input("What changed and why", key=f"note_{chosen.name}_{drivers.version}", max_chars=200)
        if left.button(f"Save as version {drivers.version + 1}", type="primary", key="save_drivers"):
            form = f"drivers_{drivers.version}"
            if save(form, lambda s: driving.save(of, changed, person=s.person, note=note, seen=drivers.version)):
                st.rerun()


def _fields(drivers: DriverSet, driver: Driver) -> Driver:
    key = f"{driver.name}_{drivers.version}"
    title = st.text_input("Name", driver.title, key=f"title_{key}", max_chars=60)
    definition = st.text_area("Definition", driver.definition, key=f"definition_{key}")
    left, right = st.columns(2)
    family = left.selectbox("Family", FAMILIES, FAMILIES.index(driver.family), key=f"family_{key}")
    measures = [*MEASURES, RATED]
    measure = right.selectbox(
        "Measure", measures, measures.index(driver.measure), key=f"measure_{key}",
        format_func=lambda name: "rated by people" if name == RATED else MEASURES[name].says,
    )  # fmt: skip
    a, b, c, d = st.columns(4)
    zero = a.number_input("Counts 0 at", value=driver.scale.zero_at, key=f"zero_{key}")
    one = b.number_input("Counts 1 at", value=driver.scale.one_at, key=f"one_{key}")
    curves = [curve for curve in CURVES if curve != "steps" or driver.scale.curve == "steps"]
    curve = c.selectbox("Curve", curves, curves.index(driver.scale.curve), key=f"curve_{key}")
    weight = d.number_input("Weight, %", 0.0, 100.0, round(100 * driver.weight, 4), key=f"share_{key}")
    rubric = driver.rubric
    if measure == RATED:
        shown = "\n".join(f"{level}: {text}" for level, text in driver.rubric) or "0: \n4: "
        rubric = _rubric(st.text_area("Rubric, one level a line", shown, key=f"rubric_{key}", height=150))
    unit = driver.unit if measure == driver.measure else "level" if measure == RATED else MEASURES[measure].unit
    return replace(
        driver, title=title, definition=definition, family=family, measure=measure, unit=unit, rubric=rubric,
        weight=weight / 100, scale=replace(driver.scale, zero_at=zero, one_at=one, curve=curve),
    )  # fmt: skip


def _trade_off_kept(drivers: DriverSet, before: Driver, after: Driver) -> Driver:
    """The same, with the weight that keeps what a step is worth after an anchor was moved, unless a person says no."""
    ratio = swing_ratio(before.scale, after.scale)
    untouched = abs(after.weight - before.weight) < 1e-6 and after.measure == before.measure
    if ratio is None or abs(ratio - 1) < 1e-9 or not untouched:
        return after
    weight = rescaled(before.weight, ratio)
    kept = st.checkbox(
        f"Keep the trade-off: weight {before.weight:.0%} becomes {weight:.0%}", True,
        key=f"trade_off_{before.name}_{drivers.version}",
        help="Between other anchors the same weight would make each step worth more or less than people agreed on.",
    )  # fmt: skip
    return replace(after, weight=weight) if kept else after


def _rubric(text: str) -> tuple[tuple[int, str], ...]:
    levels = []
    for line in text.splitlines():
        level, colon, words = line.partition(":")
        if line.strip() and not (colon and level.strip().isdecimal()):
            raise Refused(f'A level of the rubric reads "2: a planned goal"; this is "{line}".')
        if line.strip():
            levels.append((int(level), words.strip()))
    return tuple(sorted(levels))


def _with(drivers: DriverSet, old: Driver, new: Driver) -> DriverSet:
    rest = sum(driver.weight for driver in drivers.drivers if driver.name != old.name)
    share = (1 - new.weight) / rest if rest else 0.0
    changed = [new if d.name == old.name else replace(d, weight=d.weight * share) for d in drivers.drivers]
    same = abs(new.weight - old.weight) < 1e-9
    return replace(
        drivers, drivers=tuple(new if d.name == old.name else d for d in drivers.drivers) if same else tuple(changed)
    )


def _preview(of: Context, before: DriverSet, after: DriverSet, driver: Driver) -> None:
    board = prioritising.board(of, drivers=after)
    if isinstance(board, NotEnoughData) or not board.items:
        st.caption("Load incidents to see how items fall on this scale.")
        return
    n = [d.name for d in after.drivers].index(driver.name)
    scale = driver.scale
    drawn = rug(_rug_rows(board, n, scale), scale.zero_at, scale.one_at, scale.curve)
    st.altair_chart(drawn, alt="The scale with today's items on it")
    old = prioritising.board(of, drivers=before)
    if isinstance(old, NotEnoughData):
        return
    was = {item.id: item for item in prioritising.reranked(old).items}
    order = prioritising.reranked(board).items
    three = [order[k] for k in dict.fromkeys((0, len(order) // 2, len(order) - 1))]
    st.caption("Three real items, as saved and as changed:")
    rows = [
        {
            "rank": item.rank,
            "was": was[item.id].rank,
            "points": 100 * item.contributions[driver.name],
            "were": 100 * was[item.id].contributions.get(driver.name, 0.0),
            "item": item.opportunity.title,
        }
        for item in three
    ]
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, key=f"three_{driver.name}",
        column_config={name: st.column_config.NumberColumn(format="%.1f") for name in ("points", "were")},
    )  # fmt: skip


def _rug_rows(board: Board, n: int, scale: Scale) -> pd.DataFrame:
    low, high = sorted((scale.zero_at, scale.one_at))
    line = np.linspace(low, high, 60)
    known = ~np.isnan(board.raw[:, n])
    titles = [item.title for item, k in zip(board.items, known, strict=True) if k]
    curve = pd.DataFrame({"kind": "curve", "raw": line, "worth": worth(line, scale), "title": ""})
    items = pd.DataFrame(
        {"kind": "item", "raw": board.raw[known, n], "worth": board.values[known, n], "title": titles}
    ).drop_duplicates(["raw", "worth"])
    return pd.concat([curve, items.head(500)], ignore_index=True)


def driver_toml(of: Context, drivers: DriverSet) -> None:
    """The driver set as a file, and back."""
    with st.expander("Take it away or bring it back as TOML"):
        name = f"drivers-{drivers.name}-v{drivers.version}.toml"
        st.download_button(
            "Download", drivers.to_toml(), name, "application/toml", on_click="ignore", key="drivers_get"
        )
        if not may("decide"):
            return
        brought = st.file_uploader("A driver set in TOML", type="toml", key="drivers_file")
        if brought is not None and st.button("Put it in force as the next version", key="drivers_use"):
            with refusals():
                wanted = DriverSet.from_toml(brought.getvalue().decode("utf-8", errors="replace"))
                form = f"drivers_file_{brought.file_id}"
                if save(
                    form,
                    lambda s: driving.save(
                        of, wanted, person=s.person, note=f"from {brought.name}", seen=drivers.version
                    ),
                ):
                    st.rerun()


def versions(of: Context) -> None:
    """Who changed the drivers, when and why."""
    saved = driving.history(of)
    if saved:
        st.subheader("Versions", anchor=False)
        rows = [
            {
                "version": s.drivers.version, "when": moment(s.at), "who": s.person, "what": s.note,
                "formula": named(s.drivers.formula).title,
            }
            for s in saved
        ]  # fmt: skip
        st.dataframe(
            pd.DataFrame(rows), hide_index=True, key="versions", alt="Versions of the driver set, newest first"
        )
