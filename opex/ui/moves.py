"""Moves: what moved between two rankings, and why."""

from math import nan

import pandas as pd
import streamlit as st

from opex.charts.slope import slope
from opex.domain.kept import MOST_NOTE, Kept
from opex.domain.priorities import Priorities
from opex.domain.safe import markdown
from opex.ranking.moved import CAUSES, Comparison, Passing
from opex.ranking.moved_words import largest, moved_sentence
from opex.services import kept_rankings
from opex.services.context import Context
from opex.ui.session import may, refusals, save
from opex.ui.words import day, moment

__all__ = ["moves_view", "since_last"]

DRAWN = 15
_TITLES = {
    "data": "data", "drivers": "drivers", "ratings": "ratings", "removals": "removals", "adjustments": "moves",
}  # fmt: skip
_POINTS = {cause: st.column_config.NumberColumn(title, format="%+.1f", width=80) for cause, title in _TITLES.items()}
_COLUMNS = {
    "place": st.column_config.TextColumn("place", help="before to after", width=80),
    "change": st.column_config.NumberColumn("points", help="the change of score, of 100", format="%+.1f", width=80),
    "title": st.column_config.TextColumn("opportunity", width="large"),
    **_POINTS,
}


def moves_view(of: Context) -> None:
    """Two rankings side by side: one sentence, the slopes, and each change split among its causes."""
    kept = kept_rankings.kept(of)
    if not kept:
        st.info(
            "No ranking was kept yet, so there is nothing to compare with. Keep this one: from then on you see here "
            "what moved, and why. Exports, loads and saved drivers keep one too."
        )
        _keep(of)
        return
    before, after = _picked(kept, of.name)
    with refusals():
        found = kept_rankings.compare(of, before, after)
        st.markdown(f"**{markdown(moved_sentence(found))}**")
        _drawn(found)
        _split(found)
        _passed("Came", found.came)
        _passed("Went", found.went)
    _keep(of)


def since_last(of: Context, order: Priorities) -> None:
    """One quiet line: how many moved since the last kept ranking; nothing where none did."""
    found = kept_rankings.since_last(of, order)
    if found is not None and found[1]:
        kept, moved = found
        st.caption(f"Since the ranking kept on {day(kept.at)}: {moved} moved. View Moves says why.")


def _picked(kept: list[Kept], workspace: str) -> tuple[str, str]:
    told = {str(one.id): _label(one) for one in kept} | {"now": "as it stands now"}
    left, right = st.columns(2)
    names = list(told)
    before = left.selectbox("From", names[:-1], format_func=told.__getitem__, key=f"moves_from_{workspace}")
    after = right.selectbox("To", ["now", *names[:-1]], format_func=told.__getitem__, key=f"moves_to_{workspace}")
    return before, after


def _label(one: Kept) -> str:
    note = f": {one.note}" if one.note else ""
    return f"{one.id} · {moment(one.at)} · {one.occasion}{note}"


def _drawn(found: Comparison) -> None:
    shown = [one for one in found.items if min(one.rank_from, one.rank_to) <= DRAWN]
    most = {one.id for one in largest(tuple(shown), 3)}
    rows = [(one.title, float(one.rank_from), one.rank_to, one.id in most) for one in shown]
    rows += [(one.title, nan, one.rank, False) for one in found.came if one.rank <= DRAWN]
    if rows:
        table = pd.DataFrame(rows, columns=["title", "before", "after", "most"])
        st.altair_chart(
            slope(table, DRAWN), alt=f"Places before and after of the first {DRAWN}: {moved_sentence(found)}"
        )


def _split(found: Comparison) -> None:
    rows = [
        {
            "place": f"{one.rank_from} → {one.rank_to}",
            "change": 100 * one.change or None,
            "title": one.title,
            **{cause: 100 * one.parts[cause] or None for cause in CAUSES},
        }
        for one in found.items
    ]
    if not rows:
        return
    table = pd.DataFrame(rows).astype(dict.fromkeys(("change", *CAUSES), "float64"))
    st.dataframe(
        table, key="moves_table", hide_index=True, placeholder="·", column_config=_COLUMNS,
        height=min(38 + 35 * len(table), 420),
        alt=f"{len(table)} opportunities, their change of score split among five causes",
    )  # fmt: skip
    st.caption(
        "Points of 100. The five causes add up to the change of score; places are told beside it and not split. "
        "Moves that people made change places and no score, so their part is always 0."
    )


def _passed(word: str, some: tuple[Passing, ...]) -> None:
    if some:
        st.markdown(f"**{word}**")
        for one in some:
            st.caption(f"{one.rank}. {markdown(one.title)}: {markdown(one.why)}")


def _keep(of: Context) -> None:
    if not may("say"):
        return
    with st.form("keep_ranking", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        note = st.text_input("Note", key="keep_note", max_chars=MOST_NOTE, placeholder="before the June review")
        if st.form_submit_button("Keep this ranking") and save(
            "keep_ranking",
            lambda s: kept_rankings.keep_by_hand(of, s, note=note),
            done="Kept.",
        ):
            st.rerun()
