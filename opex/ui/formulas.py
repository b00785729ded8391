"""The same items under every formula, side by side, and the lock: one formula is the team's own."""

from typing import Any

import pandas as pd
import streamlit as st

from opex.charts.formulas import places_under
from opex.domain.drivers import DriverSet
from opex.domain.formulas import CONFIDENCE, FORMULAS, NOT_VALIDATED, Factor, named
from opex.domain.priorities import Priorities
from opex.domain.safe import markdown
from opex.services import driving
from opex.services.context import Context
from opex.services.formulas import SideBySide, side_by_side
from opex.services.prioritising import Board
from opex.ui.session import may, save
from opex.ui.tables import rows_key
from opex.ui.words import several

__all__ = ["formulas_view"]

DRAWN = 12


def formulas_view(of: Context, board: Board, seen: Priorities) -> None:
    """Ranks under each formula for the items that are seen, and why the place of some depends on the formula."""
    told = side_by_side(board)
    sentence, lock = st.columns([4, 1], vertical_alignment="top")
    sentence.markdown(_sentence(told, board))
    if may("decide"):
        with lock, st.popover("Lock one …", width="stretch", help="Make a formula the team's own"):
            _lock(of, board.drivers)
    position = {item.id: n for n, item in enumerate(told.items)}
    shown = [position[item.id] for item in seen.items if item.id in position]
    shown.sort(key=lambda n: place.best if (place := told.own.places[n]) else len(told.items))
    if shown:
        _chart(told, shown[:DRAWN])
        _reasons(told, _table(told, shown), shown)
    _how_each_works(board.drivers, told)


def _sentence(told: SideBySide, board: Board) -> str:
    own = f"**{told.own.formula.title}** is the team's own formula ({markdown(board.drivers.label)})."
    share = f"{told.dependent} of {len(told.items)} items stand elsewhere under another one."
    others = [one.formula.title for one in told.each if one.placed < len(told.items)]
    without = told.without_effort
    if without == len(told.items) and others:
        return (
            f"{own} No item has an estimated effort, so {_listed(others)} cannot place any: open an item, estimate "
            "its days of work."
        )
    missing = f" {several(without, 'item')} without an estimated effort: {_listed(others)} cannot place them."
    return f"{own} {share}" + (missing if without and others else "")


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _chart(told: SideBySide, shown: list[int]) -> None:
    rows = [
        {
            "title": told.items[n].title, "told": told.items[n].title[:70], "formula": one.formula.title,
            "place": (place.best + place.worst) / 2, "said": place.said, "depends": bool(told.reasons[n]),
        }
        for n in shown
        for one in told.each
        if (place := one.places[n]) is not None
    ]  # fmt: skip
    drawn = [one.formula.title for one in told.each if one.placed]
    if len(drawn) > 1 and rows:
        st.altair_chart(
            places_under(pd.DataFrame(rows), drawn, told.own.formula.title, len(told.items)),
            alt=f"The first {len(shown)} items and where each formula puts them",
        )


def _table(told: SideBySide, shown: list[int]) -> int | None:
    """Draw the places; the item that a person selected."""
    rows = [
        {
            "opportunity": told.items[n].title,
            **{one.formula.title: place.said if (place := one.places[n]) else "–" for one in told.each},
            "effort": told.items[n].effort_days,
            "why its place depends on the formula": " ".join(told.reasons[n]),
        }
        for n in shown
    ]
    config: dict[str, Any] = {
        one.formula.title: st.column_config.TextColumn(
            width=max(60, 9 * len(one.formula.title)),
            help=f"{one.formula.says} It tells {one.distinct} places apart among {one.placed} items.",
        )
        for one in told.each
    }
    config["effort"] = st.column_config.NumberColumn("effort, days", format="%g", width=90)
    config["opportunity"] = st.column_config.TextColumn(width=190)
    config["why its place depends on the formula"] = st.column_config.TextColumn(width="large")
    event = st.dataframe(
        pd.DataFrame(rows), key=rows_key("side_by_side", (told.items[n].id for n in shown)), hide_index=True,
        height=min(38 + 35 * len(rows), 420), column_config=config, on_select="rerun", selection_mode="single-row",
        alt=f"{len(rows)} items with their place under each formula; select one to read why",
    )  # fmt: skip
    picked: list[int] = event.selection.rows
    return shown[picked[0]] if picked else None


def _reasons(told: SideBySide, chosen: int | None, shown: list[int]) -> None:
    """Why the place of one item depends on the formula: of the one selected, else of the first that does."""
    n = chosen if chosen is not None else next((n for n in shown if told.reasons[n]), None)
    if n is not None:
        lines = told.reasons[n] or ("Every formula that can place it puts it about where the team's own does.",)
        said = "\n".join(f"- {markdown(line)}" for line in lines)
        st.markdown(f"**{markdown(told.items[n].title)}**\n{said}")
    st.caption("A range is a tie; – is an item that the formula cannot place. Select a row to read why.")


def _how_each_works(drivers: DriverSet, told: SideBySide) -> None:
    with st.expander("How each formula works"):
        for one in told.each:
            formula = one.formula
            st.markdown(f"**{formula.title}** ({formula.label}). {formula.says} *{formula.source}.*")
            if not formula.additive:
                st.markdown("\n".join(f"- {markdown(_factor(factor, drivers))}" for factor in formula.factors))
        for sentence in told.unusable.values():
            st.markdown(markdown(sentence))
        st.caption(
            f"Confidence comes from validations: {_counted()}, their mean where several spoke; {NOT_VALIDATED:.0%} "
            "where nobody did. An item without an estimated effort is not guessed."
        )


def _counted() -> str:
    return ", ".join(f"{word} {share:.0%}" for word, share in CONFIDENCE.items())


def _factor(factor: Factor, drivers: DriverSet) -> str:
    titles = ", ".join(drivers.drivers[n].title for n in factor.columns)
    source = {
        "score": "the additive score",
        "drivers": f"the weighted mean of {titles}",
        "raw": f"{titles}, in {factor.unit} within its anchors",
        "effort": "the days of work",
        "confidence": "what validations count",
    }[factor.comes_from]
    per = f", {factor.per:g} days making one of its {factor.unit}" if factor.per != 1 else ""
    if not factor.levels:
        return f"{factor.title}: {source}{per}"
    unit = 1 if factor.comes_from == "effort" else 100
    steps = [f"{level:g} up to {unit * cut:.3g}" for level, cut in zip(factor.levels, factor.cuts, strict=False)]
    return f"{factor.title}: {source}, on levels {', '.join(steps)}, {factor.levels[-1]:g} above"


def _lock(of: Context, drivers: DriverSet) -> None:
    labels = {formula.label: formula.title for formula in FORMULAS}
    st.caption(
        f"The locked formula orders the list for everybody. It changes only with a new version of the drivers "
        f"(now {markdown(drivers.label)}), which keeps who, when and why."
    )
    with st.form("lock_formula", border=False):
        now = list(labels).index(named(drivers.formula).label)
        wanted = st.radio("Formula", list(labels), now, format_func=labels.__getitem__, key="lock_which")
        why = st.text_input("Why", key="lock_why", max_chars=200)
        if st.form_submit_button(f"Lock as version {drivers.version + 1}", type="primary") and save(
            f"lock_{drivers.version}",
            lambda s: driving.lock(of, wanted, person=s.person, note=why, seen=drivers.version),
        ):
            st.rerun()
