"""Loads so far: what each did, what it refused, and taking one back whole."""

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from opex.domain.mapping import Mapping
from opex.domain.problems import Refused
from opex.domain.safe import markdown
from opex.services import finding, loading
from opex.services.context import Context
from opex.store.facts import LoadRecord
from opex.ui.asking import plain_words
from opex.ui.session import person, progress
from opex.ui.words import moment, several

__all__ = ["COUNTS", "history_table", "report_of", "show_problems"]

COUNTS = ("loaded", "unchanged", "replaced", "refused")
SHOWN = 20


# --- one load ---------------------------------------------------------------------------------------------------


def report_of(of: Context, id: str, sentence: str) -> None:
    """What the load that was just done did."""
    record = next((one for one in loading.history(of) if one.id == id), None)
    if record is None or record.taken_back_at is not None:
        return
    st.success(sentence)
    with st.container(border=True, key="report"):
        _details(of, record, "report")
    st.page_link(st.session_state["page_priorities"], label="See the priorities")


def _details(of: Context, record: LoadRecord, where: str) -> None:
    """The sum, the problems, the refused rows to mend, the notes, and taking it back."""
    key = f"{where}_{record.id}"
    _sum(record.report)
    _refused(of, record, key)
    about = Mapping.from_toml(record.mapping).note if record.mapping else ""
    for note in [*record.report.get("notes", ()), *record.report.get("skipped", ())][:SHOWN]:
        if note != about:
            st.caption(markdown(plain_words(str(note))))
    _take_back(of, record, key)


def _sum(report: AnyMapping[str, Any]) -> None:
    """The counts as a line that visibly adds up."""
    names = ("read", *COUNTS)
    counts = [f"**{int(report.get(name, 0)):,}**" for name in names]
    line = f"{counts[0]}|=|{'|+|'.join(counts[1:])}"
    st.markdown(f"|{'| |'.join(names)}|\n|{'|'.join(['--:', ':-:'] * len(COUNTS))}|--:|\n|{line}|")


def _refused(of: Context, record: LoadRecord, key: str) -> None:
    refused = int(record.report.get("refused", 0))
    if not refused:
        return
    problems = [str(problem) for problem in record.report.get("problems", ())]
    if problems:
        show_problems([{"what is wrong": problem} for problem in problems], key=f"problems_{key}")
    name = f"refused-{record.id[:12]}.csv"
    st.download_button(
        f"Download the {several(refused, 'refused row')} as CSV", lambda: _csv(of, record.id), name, "text/csv",
        on_click="ignore", key=f"refused_{key}",
    )  # fmt: skip
    st.caption(
        "Each row says in its last columns what is wrong with it. Mend the cells in any editor, save, and drop the "
        "file above: it is read as this load read its file, and only what you mended is new."
    )


def _csv(of: Context, id: str) -> bytes:
    told = "the refused rows of this load were too many to be kept\n"
    return loading.refused_rows(of, id) or told.encode()


def show_problems(problems: Sequence[AnyMapping[str, Any]], key: str) -> None:
    """The first problems as a table: those that say the same stand once, with how many rows they refuse."""
    table = pd.DataFrame(list(problems)).dropna(axis="columns", how="all")
    alike = [name for name in table.columns if name != "row"]
    if "row" in table and len(table.drop_duplicates(alike)) < len(table):
        grouped = table.groupby(alike, sort=False, dropna=False)["row"]
        table = grouped.agg(["first", "count"]).reset_index()
        table = table.rename(columns={"first": "first row", "count": "rows"})[["first row", "rows", *alike]]
    whole, table = len(table), table.head(SHOWN)
    st.dataframe(
        table, hide_index=True, height=min(38 + 35 * len(table), 248), key=key, alt="The first problems",
        column_config={"row": st.column_config.NumberColumn(format="%d", width="small")},
    )  # fmt: skip
    if whole > SHOWN:
        st.caption(f"The first {SHOWN} of {whole:,}.")


# --- taking back ------------------------------------------------------------------------------------------------


def _take_back(of: Context, record: LoadRecord, key: str) -> None:
    if not record.changed or record.number is None:
        return
    asking = f"taking_back_{key}"
    if not st.session_state.get(asking):
        st.button(
            "Take this load back …", key=f"take_{key}", on_click=lambda: st.session_state.update({asking: "sure?"})
        )
        return
    loaded, replaced = (int(record.report.get(name, 0)) for name in ("loaded", "replaced"))
    told = f"The {several(loaded, 'row')} that it brought go" if loaded else "No row goes"
    told += f", the {several(replaced, 'row')} that it replaced stand as before" if replaced else ""
    stands = st.session_state[asking]
    st.markdown(f"**Take it back?** {told}. The history keeps the entry." if stands == "sure?" else markdown(stands))
    with st.container(horizontal=True):
        label = "Yes, take it back" if stands == "sure?" else "Take these back with it"
        if st.button(label, key=f"yes_{key}_{stands == 'sure?'}", type="primary"):
            _taken_back(of, record, asking, with_later=stands != "sure?")
        st.button("Leave it", key=f"no_{key}", on_click=lambda: st.session_state.update({asking: None}))


def _taken_back(of: Context, record: LoadRecord, asking: str, *, with_later: bool) -> None:
    who = person()
    try:
        loading.take_back(of, record.id, person=who.name if who else "", with_later=with_later)
    except Refused as refusal:
        if with_later or "later load" not in str(refusal):
            st.error(markdown(str(refusal)))
            return
        st.session_state[asking] = str(refusal)
        st.rerun()
    st.session_state[asking] = None
    st.session_state.pop("loaded", None)
    with progress("Looking at what is left") as told:
        finding.candidates(of, progress=told)
    st.rerun()


# --- all of them ------------------------------------------------------------------------------------------------


def history_table(of: Context) -> None:
    """The loads so far, newest first; the one that is selected opens below."""
    loads = loading.history(of)
    st.subheader("Loads so far", anchor=False)
    if not loads:
        st.caption("None yet. What you load is listed here with its report, and can be taken back whole.")
        return
    rows = [
        {"when": moment(load.at), "files": ", ".join(load.files[:3]), "what": load.kind, "source": load.source}
        | {name: int(load.report.get(name, 0)) for name in ("read", *COUNTS)}
        | {"by": load.person, "state": _state(load)}
        for load in loads
    ]
    columns: dict[str, Any] = {
        name: st.column_config.NumberColumn(format="localized", width=78) for name in ("read", *COUNTS)
    }
    columns["files"] = st.column_config.TextColumn(width=180)
    event = st.dataframe(
        pd.DataFrame(rows), hide_index=True, key=f"loads_{of.name}_{loads[0].id}", on_select="rerun",
        selection_mode="single-row", height=min(38 + 35 * len(rows), 318), column_config=columns,
        alt="Loads, newest first; select one to see its report",
    )  # fmt: skip
    chosen = [loads[n] for n in event.selection.rows if n < len(loads)]
    if not chosen:
        st.caption("Select a load to see its report, its refused rows, or to take it back.")
    for load in chosen:
        with st.container(border=True, key="chosen_load"):
            st.markdown(
                f"**{markdown(', '.join(load.files[:3]) or load.source)}** · {moment(load.at)} · {_state(load)}"
            )
            _details(of, load, "history")
            if load.mapping:
                st.download_button(
                    "Download its mapping (TOML)", load.mapping, f"mapping-{load.id}.toml", "application/toml",
                    on_click="ignore", key=f"mapping_{load.id}", type="tertiary",
                )  # fmt: skip


def _state(load: LoadRecord) -> str:
    if load.taken_back_at is None:
        return "in force"
    return f"taken back by {load.taken_back_by or 'somebody'}, {moment(load.taken_back_at)}"
