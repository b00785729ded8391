"""The view "Themes": what recurs, where the hours lie, which incidents belong, and correcting that."""

import pandas as pd
import streamlit as st

from opex.charts import pareto, timeline
from opex.domain.decisions import Entry
from opex.domain.opportunities import Candidate
from opex.domain.safe import markdown
from opex.services import overview, prioritising, theming
from opex.services.context import Context
from opex.services.finding import evidence
from opex.ui.places import places
from opex.ui.session import may, my_name, save
from opex.ui.striking import strike_form
from opex.ui.tables import read_incidents, rows_key
from opex.ui.words import day, several, told_apart

__all__ = ["themes_view"]

DRAWN = 12
CHECK = "check whether it belongs"
SAID = {"theme_renamed": "named it", "themes_merged": "merged", "theme_split": "split"}


def themes_view(of: Context) -> None:
    """Recurring themes by hours lost; a click shows one, with its incidents, and lets a person correct it."""
    with st.spinner("Reading which incidents are alike …"):
        table = overview.themes(of)
    if table.empty:
        st.info("No two incidents read alike yet: themes appear as incidents come in.")
        return
    recent = table[table["incidents"] > 0]
    st.markdown(_answer(table, recent))
    _without_hold(of)
    if recent["hours"].sum() > 0:
        title = f"Hours lost by theme; the first {_half(recent)} of {len(recent)}, in colour, hold half"
        st.altair_chart(pareto(_drawn(recent), title), alt=f"{title}. Past 12 months, the most first")
    chosen = _rows(table)
    if chosen is not None:
        _theme(of, chosen)


def _half(recent: pd.DataFrame) -> int:
    """How many of the first ones hold half of the hours."""
    return int((recent["hours"].cumsum() < recent["hours"].sum() / 2).sum()) + 1


def _answer(table: pd.DataFrame, recent: pd.DataFrame) -> str:
    outside = "Incidents that read like nothing else stand outside."
    if not recent["hours"].sum() > 0:
        return f"{several(len(table), 'theme')} recur; none of them lost an hour in the past 12 months. {outside}"
    worst, half = recent.iloc[0], _half(recent)
    lost = f"{recent['hours'].sum():,.0f} hours that {several(len(recent), 'theme')} lost in the past 12 months"
    if half == 1:
        return f"“{markdown(worst['name'])}” alone has {worst['hours']:,.0f} of the {lost}. {outside}"
    most = f"the most in “{markdown(worst['name'])}” ({worst['hours']:,.0f} h)"
    return f"Half of the {lost} lie in {half} of them, {most}. {outside}"


def _drawn(recent: pd.DataFrame) -> pd.DataFrame:
    together = recent["hours"].cumsum() / recent["hours"].sum()
    told = zip(recent["hours"], together, strict=True)
    labels = [f"{hours:,.0f} h, {100 * share:.0f} % so far" for hours, share in told]
    drawn = recent.assign(together=together, label=labels).head(DRAWN)
    return drawn[["name", "hours", "incidents", "together", "label"]]


def _rows(table: pd.DataFrame) -> str | None:
    """The themes, one row each; the id of the one that is chosen, which stays chosen while others come and go."""
    ids = table["id"].tolist()
    was = st.session_state.get("theme")
    shown = table[["name", "words", "trend", "incidents", "hours", "all_time", "systems", "first", "last"]]
    event = st.dataframe(
        shown,
        key=rows_key("themes", (*ids, *table["name"], *table["all_time"])),
        hide_index=True,
        height=min(38 + 35 * len(shown), 320),
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [ids.index(was)] if was in ids else []}},
        alt="Themes, one row each; select one to see and correct its incidents",
        column_config={
            "name": st.column_config.TextColumn("theme", width=230),
            "words": st.column_config.TextColumn("words", width="medium"),
            "trend": st.column_config.BarChartColumn("24 months", help="Incidents by month", y_min=0, width=110),
            "incidents": st.column_config.NumberColumn("incidents", help="In the past 12 months", width=80),
            "hours": st.column_config.NumberColumn("hours lost", help="In the past 12 months", format="%.1f", width=85),
            "all_time": st.column_config.NumberColumn("ever", help="Incidents, ever", width=60),
            "first": st.column_config.DateColumn("first seen", format="D MMM YYYY", width=100),
            "last": st.column_config.DateColumn("last seen", format="D MMM YYYY", width=100),
        },
    )
    rows = event.selection.rows
    chosen = str(ids[rows[0]]) if rows else None
    st.session_state["theme"] = chosen
    if not rows:
        what = (
            "to name it, to merge it with another one or to split it" if may("say") else "and what was corrected of it"
        )
        st.caption(f"Select a theme to read its incidents, {what}.")
    return chosen


def _theme(of: Context, chosen: str) -> None:
    theme = theming.theme(of, chosen)
    item = prioritising.one(of, chosen)
    st.subheader(markdown(theme.title), anchor=False)
    st.markdown(markdown(theme.lead.why))
    for sentence in theme.theme.story if theme.theme else ():
        st.caption(markdown(sentence))
    months = overview.months(of, list(theme.incidents))
    st.altair_chart(timeline(months), alt="Incidents of this theme by month, two years")
    struck = {strike.incident for strike in item.strikes}
    table = evidence(of, [one for one in theme.incidents if one not in struck])
    _spoken_for(theme, table)
    selected = _incidents(theme, table)
    texts, forms, rest = places(3)
    with texts:
        read_incidents(of, table, selected)
    if not may("say"):
        pass
    elif selected:
        with forms:
            _with_selected(of, theme, selected, item.version)
    else:
        forms.caption("Select incidents to split them off as another theme, or to strike what is no evidence.")
    with rest:
        if struck:
            st.caption(f"{several(len(struck), 'incident')} struck; undo it in the drawer of the priorities.")
        if may("say"):
            _correct(of, theme, item.version)
        _corrections(of, chosen)


def _spoken_for(theme: Candidate, table: pd.DataFrame) -> None:
    """The most typical incidents, and the odd ones to check."""
    if theme.theme is None:
        return
    titles = table.set_index("id")["title"].to_dict()
    left, right = st.columns(2)
    typical = [titles[one] for one in theme.theme.typical if one in titles]
    if typical:
        left.markdown("**Most typical**\n" + "".join(f"\n- {markdown(title)}" for title in typical))
    odd = [titles[one] for one in theme.theme.odd if one in titles]
    if odd:
        right.markdown("**Check whether these belong**\n" + "".join(f"\n- {markdown(title)}" for title in odd))


def _incidents(theme: Candidate, table: pd.DataFrame) -> list[str]:
    told = theme.theme
    reads = dict.fromkeys(told.odd if told else (), CHECK) | dict.fromkeys(told.typical if told else (), "typical")
    shown = table.assign(reads=table["id"].map(reads).fillna(""), system=table["system"].fillna(""))[
        ["started_at", "title", "reads", "system", "hours", "severity", "id"]
    ]
    event = st.dataframe(
        shown,
        key=rows_key(f"theme_{theme.id}", shown["id"]),
        hide_index=True,
        height=min(38 + 35 * len(shown), 320),
        on_select="rerun",
        selection_mode="multi-row",
        alt=f"{len(shown)} incidents of the theme, newest first",
        column_config={
            "started_at": st.column_config.DatetimeColumn("started", format="D MMM YYYY, HH:mm", width=145),
            "title": st.column_config.TextColumn("incident", width="large"),
            "reads": st.column_config.TextColumn("reads", width=160),
            "hours": st.column_config.NumberColumn("hours lost", format="%.1f", width="small"),
        },
    )
    return [str(table["id"].iloc[row]) for row in event.selection.rows]


def _again(theme: str) -> None:
    st.session_state["theme"] = theme
    st.rerun()


def _with_selected(of: Context, theme: Candidate, selected: list[str], seen: int) -> None:
    left, right = st.columns(2)
    with left, st.form(f"split_{theme.id}"):
        name = st.text_input(f"{several(len(selected), 'incident')}: another theme, named", max_chars=90,
                             placeholder="as they read", key=f"split_name_{theme.id}")  # fmt: skip
        if st.form_submit_button(
            "Split off", help="Later incidents go to whichever of the two they are nearer to."
        ) and save(
            f"split_{theme.id}",
            lambda s: theming.split(of, theme.id, selected, s, name=name),
            seen=seen,
            done="Split off.",
        ):
            _again(theme.id)
    with right:
        if strike_form(of, theme.id, selected):
            _again(theme.id)


def _correct(of: Context, theme: Candidate, seen: int) -> None:
    others = told_apart({one.id: one.title for one in theming.themes(of) if one.id != theme.id})
    with st.expander("Name it, or merge it with another theme", key=f"correct_{theme.id}"):
        left, right = st.columns(2)
        with left, st.form(f"rename_{theme.id}", border=False):
            name = st.text_input("Name", theme.title, max_chars=90, key=f"name_{theme.id}_{theme.title}",
                                 help="Leave it empty to give the theme its own name again.")  # fmt: skip
            if st.form_submit_button("Rename") and save(
                f"rename_{theme.id}", lambda s: theming.rename(of, theme.id, s, name=name), seen=seen, done="Renamed."
            ):
                _again(theme.id)
        with right, st.form(f"merge_themes_{theme.id}", border=False):
            other = st.selectbox("The same as", list(others), index=None, format_func=others.__getitem__,
                                 key=f"same_as_{theme.id}", placeholder="another theme",
                                 help="This one leads: it keeps its identity and what was said of it.")  # fmt: skip
            if (
                st.form_submit_button("Merge")
                and other is not None
                and save(
                    f"merge_themes_{theme.id}",
                    lambda s: theming.merge(of, theme.id, other, s),
                    seen=seen,
                    done="Merged.",
                )
            ):
                _again(theme.id)


def _corrections(of: Context, chosen: str) -> None:
    for entry in theming.corrections(of, chosen):
        _correction(of, entry, chosen)


def _correction(of: Context, entry: Entry, chosen: str | None, note: str = "") -> None:
    left, right = st.columns([6, 1], vertical_alignment="center")
    said = f"{markdown(entry.person.name)} {SAID[entry.saying.kind]}"
    left.caption(f"{day(entry.at)} · {said}: {markdown(entry.saying.told)}{note}")
    mine = entry.person.name == my_name()
    if (
        may(entry.saying.act if mine else "decide")
        and right.button("Undo", key=f"undo_theme_{entry.seq}_{bool(note)}")
        and save(f"undo_{entry.seq}", lambda s: theming.undo(of, entry, s), done="Withdrawn.")
    ):
        st.session_state["theme"] = chosen
        st.rerun()


def _without_hold(of: Context) -> None:
    """Corrections that change nothing now, since what they speak of is no theme any more."""
    idle = theming.without_hold(of)
    if not idle:
        return
    with st.expander(f"{several(len(idle), 'correction')} of themes no longer apply", key="idle_corrections"):
        for entry in idle:
            _correction(of, entry, None, " · its incidents are no theme of their own any more")
