"""Loading in three steps on one page: drop files, see what we understood, load."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import Any

import pandas as pd
import streamlit as st

from opex.domain.mapping import Mapping
from opex.domain.problems import Problem, Refused
from opex.domain.safe import markdown
from opex.frames import CHANGES, INCIDENTS, READINGS, Table
from opex.services import finding, loading
from opex.services.context import Context
from opex.services.loading import Asked, Report
from opex.ui.session import person, progress
from opex.ui.words import moment, several
from opex.workspace import SAMPLE_NAME

__all__ = ["history_table", "load_button", "understood", "uploads"]

TABLES: dict[str, Table] = {"incidents": INCIDENTS, "changes": CHANGES, "metrics": READINGS}
AS_TOLD, LEFT_OUT = "as the format says", "left out"
ZONES = (
    "UTC",
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Asia/Tokyo",
)


def uploads(of: Context) -> tuple[Asked, list[Path]]:
    """What is brought: the kind, the files, and what the files do not say."""
    if of.name == SAMPLE_NAME:
        st.info("The sample data is open. Switch the workspace at the side before you bring your own.")
    kind = st.segmented_control(
        "What do you bring?", loading.KINDS, default="incidents", key="load_kind", required=True
    )
    folder = st.toggle(
        "A whole folder", key="load_folder", help="Status pages and post-mortems are often one file each."
    )
    brought = st.file_uploader(
        "CSV, Excel, JSON, JSON Lines, Parquet or Markdown",
        accept_multiple_files="directory" if folder else True,
        key=f"files_{folder}_{kind}",
    )
    with st.expander("What the file does not say"):
        left, middle, right = st.columns(3)
        source = left.text_input("Name of the source", key="load_source", help="Rows are known by it and their id.")
        environment = middle.text_input("Environment", key="load_environment", placeholder="production")
        system = right.text_input("System", key="load_system")
        options: dict[str, str | None] = {"source": source, "environment": environment, "system": system}
        if kind == "metrics":
            options |= _metric_options()
    kept = loading.mappings(of, kind or "incidents")
    chosen = st.selectbox("A kept mapping", list(kept), index=None, key="load_mapping") if kept else None
    asked = Asked(
        kind=kind or "incidents", mapping=kept.get(chosen or ""), **{k: v or None for k, v in options.items()}
    )
    return asked, _on_disk(brought or [], folder)


def _metric_options() -> dict[str, str | None]:
    left, middle, right = st.columns(3)
    return {
        "metric": left.text_input("Metric", key="load_metric", help="The file's name when left empty."),
        "unit": middle.text_input("Unit", key="load_unit"),
        "better": right.selectbox("Which way is good?", ["low", "high"], index=None, key="load_better"),
    }


def _on_disk(brought: Sequence[Any], folder: bool) -> list[Path]:
    """Uploads as files in a folder of this session, written once; of a folder, the folder that holds them.

    Names come from elsewhere: what could lead out of the folder is left out of them.
    """
    if not brought:
        return []
    written: dict[tuple[str, ...], str] = st.session_state.setdefault("uploads", {})
    key = tuple(file.file_id for file in brought)
    if key not in written:
        written[key] = mkdtemp(prefix="opex-")
        for file in brought:
            path = _inside(Path(written[key]), file.name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.getbuffer())
    root = Path(written[key])
    return [root] if folder else [_inside(root, file.name) for file in brought]


def _inside(root: Path, name: str) -> Path:
    parts = [part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in {"/", "..", "."}]
    return root.joinpath(*(parts or ["upload"]))


def understood(of: Context, asked: Asked, paths: list[Path]) -> Asked | None:
    """What we understood, correctable: the request with the corrected mapping, or ``None`` when it cannot be read."""
    try:
        proposal = loading.propose(paths, asked)
    except Refused as refusal:
        st.error(str(refusal))
        return None
    st.subheader("What we understood", anchor=False)
    read_as = proposal.mapping.title or f"a table in {proposal.mapping.reader}"
    st.markdown(
        f"It reads as **{markdown(read_as)}**: {several(len(proposal.file_columns), 'column')}, "
        f"{len(proposal.unmatched)} of them not used.{_planned(proposal.mapping.planned_rule)}"
    )
    with st.expander("Correct the columns", expanded=bool(proposal.missing or proposal.refusal)):
        mapping = _corrected(TABLES[asked.kind], proposal.mapping, proposal.file_columns)
        _keep(of, mapping)
    if mapping != proposal.mapping:
        asked = replace(asked, mapping=mapping, source=asked.source or proposal.mapping.name)
        try:
            proposal = loading.propose(paths, asked)
        except Refused as refusal:
            st.error(str(refusal))
            return None
    if proposal.refusal or proposal.sample is None:
        st.error(proposal.refusal or f"Nothing gives {' and '.join(proposal.missing)}: name a column for it.")
        return None
    _preview(proposal.sample.main, proposal.sample.problems)
    if proposal.skipped:
        with st.expander(f"{several(len(proposal.skipped), 'file')} passed over"):
            st.dataframe(pd.DataFrame(proposal.skipped, columns=["file", "why"]), hide_index=True)
    return asked


def _planned(rule: str) -> str:
    return f" Counts as planned: {markdown(rule)}." if rule else ""


def _corrected(table: Table, mapping: Mapping, file_columns: list[str]) -> Mapping:
    columns = dict(mapping.columns)
    places = st.columns(3)
    names = [name for name in table.names if name != "source"]
    for place, name in enumerate(names):
        now = mapping.columns.get(name, "")
        own = isinstance(now, list) or (now != "" and now not in file_columns)
        options = ([AS_TOLD] if own else []) + [LEFT_OUT, *file_columns]
        at = options.index(AS_TOLD if own else str(now) if now else LEFT_OUT)
        label = f"{name} *" if table.column(name).required else name
        chosen = places[place % 3].selectbox(
            label, options, at, key=f"map_{mapping.name}_{name}", help=table.column(name).meaning
        )
        if chosen != AS_TOLD:
            columns[name] = "" if chosen == LEFT_OUT else chosen
    left, middle, right = st.columns(3)
    zones = list(dict.fromkeys((mapping.timezone, *ZONES)))
    zone = left.selectbox("Zone of times without one", zones, key=f"map_{mapping.name}_zone", accept_new_options=True)
    format_ = middle.text_input("Date format", mapping.date_format, key=f"map_{mapping.name}_date", placeholder="d/m/Y")
    split = right.text_input(
        "Several systems are separated by", mapping.split, key=f"map_{mapping.name}_split", max_chars=1
    )
    unsaid = {name for name, column in columns.items() if column == "" and name not in mapping.columns}
    columns = {name: column for name, column in columns.items() if name not in unsaid}
    return replace(
        mapping,
        columns=columns,
        timezone=zone or "UTC",
        date_format=(format_ or "").strip() or None,
        split=split or None,
    )


def _keep(of: Context, mapping: Mapping) -> None:
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    name = left.text_input("Keep this mapping as", key="keep_name", placeholder="our-desk")
    if right.button("Keep", key="keep_mapping", disabled=not name.strip()):
        loading.keep_mapping(of, replace(mapping, name=name.strip()))
        st.toast("Kept. It can be chosen above, and taken to the command line with --mapping.")
    st.download_button(
        "Download as TOML", mapping.to_toml(), f"{mapping.name}.toml", "application/toml", on_click="ignore"
    )


def _preview(sample: pd.DataFrame, problems: Sequence[Problem]) -> None:
    st.caption(f"The first {several(min(len(sample), 20), 'record')} as they would be loaded:")
    filled = [name for name in sample.columns if sample[name].notna().any()]
    st.dataframe(sample[filled].head(20), hide_index=True, key="preview", alt="A preview of the records", height=240)
    _problems(problems, "in the first records")


def _problems(problems: Sequence[Problem], where: str) -> None:
    if problems:
        with st.expander(f"{several(len(problems), 'problem')} {where}: these rows are refused", expanded=True):
            rows = [
                {"file": p.file, "row": p.row, "column": p.column, "value": p.value, "expected": p.expected}
                for p in problems[:1000]
            ]
            told = pd.DataFrame(rows).dropna(axis="columns", how="all")
            st.dataframe(told, hide_index=True, height=min(40 + 35 * len(rows), 240))


def load_button(of: Context, asked: Asked, paths: list[Path]) -> None:
    """The third step, and what it did."""
    if st.button(f"Load {asked.kind}", type="primary", key="load_now"):
        who = person()
        try:
            with progress("Loading") as told:
                report = loading.load(of, paths, asked, person=who.name if who else "", progress=told)
            with progress("Looking for candidates") as told:
                finding.candidates(of, progress=told)
        except Refused as refusal:
            st.error(str(refusal))
            return
        st.session_state["loaded"] = report
    done: Report | None = st.session_state.get("loaded")
    _report(done if done is not None and done.kind == asked.kind else None)


def _report(report: Report | None) -> None:
    if report is not None:
        st.success(report.sentence)
        if report.planned:
            st.caption(
                f"{report.planned} of them are planned work and count as no pain.{_planned(report.planned_rule)}"
            )
        _problems(report.problems, "in all")
        st.page_link(st.session_state["page_priorities"], label="See the priorities")


def history_table(of: Context) -> None:
    """The loads so far."""
    loads = loading.history(of)
    if not loads:
        return
    st.subheader("Loads so far", anchor=False)
    counts = ("read", "loaded", "unchanged", "replaced", "refused")
    rows = [
        {"when": moment(load.at), "what": load.kind, "source": load.source, "files": ", ".join(load.files[:3])}
        | {name: load.report.get(name, 0) for name in counts}
        for load in loads
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="loads", alt="Loads, newest first")
