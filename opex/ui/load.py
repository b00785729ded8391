"""Loading in three steps on one page: drop files, see what we understood, load."""

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import pandas as pd
import streamlit as st

from opex.domain.mapping import Mapping
from opex.domain.problems import Problem, Refused
from opex.domain.safe import markdown
from opex.services import finding, loading
from opex.services.context import Context
from opex.services.loading import KINDS, Asked
from opex.sources import Proposal, Reading
from opex.ui.asking import (
    asked_for,
    date_readings,
    guessed_kind,
    identity,
    in_the_way,
    plain_words,
    proposed,
)
from opex.ui.loads import report_of, show_problems
from opex.ui.mapping import FIRST, Correcting, column_rows, said_of_all, text_of_mapping, times_and_marks
from opex.ui.reading_as import reading_as
from opex.ui.session import person, progress
from opex.ui.uploads import Brought
from opex.ui.words import several, zone
from opex.ui.words_in_cells import unknown_words, value_tables, words_of_problems

__all__ = ["Ready", "load_step", "understood"]

ONE = {"incidents": "an incident", "changes": "a change", "metrics": "a reading"}
ROWS = {"incidents": "incidents", "changes": "changes", "metrics": "readings"}
SAYS = {
    "title": "what happened", "started_at": "when it began", "resolved_at": "when it was over",
    "severity": "how severe it was", "system": "the system", "environment": "the environment", "at": "the time",
    "value": "the value", "metric": "the metric", "outcome": "how it went", "finished_at": "when it was done",
}  # fmt: skip
QUESTIONS = {
    "title": "which column says what happened", "started_at": "which column says when it began",
    "at": "which column is the time", "value": "which column is the value",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Ready:
    """Files that can be loaded, and what is asked of the load."""

    files: Brought
    asked: Asked

    def key(self, of: Context) -> str:
        """What tells this load from any other."""
        return blake2b(repr((of.name, self.files.ident, identity(self.asked))).encode(), digest_size=8).hexdigest()


def understood(of: Context, files: Brought) -> Ready | None:
    """The second step: what we understood, in a sentence and a preview, correctable; ``None`` as long as it asks."""
    st.subheader("What we understood", anchor=False)
    kind = _kind(files)
    asked = reading_as(of, files, kind)
    try:
        files = _without_what_is_in_the_way(files, asked)
        first = _of_one_sheet(files, asked)
        if first is None:
            return None
        asked, proposal = first
        return _corrected(of, files, asked, proposal)
    except Refused as refusal:
        st.error(plain_words(str(refusal)))
        return None


def _kind(files: Brought) -> str:
    """Incidents, changes or metrics: guessed from the content, one click to say otherwise."""
    key = f"kind_{files.ident}"
    guess = st.session_state.setdefault(f"guess_{files.ident}", None) or guessed_kind(files)
    st.session_state[f"guess_{files.ident}"] = guess
    kind = st.segmented_control("Each row is one of", KINDS, default=guess, key=key, required=True)
    return kind or guess


def _without_what_is_in_the_way(files: Brought, asked: Asked) -> Brought:
    """Where one of several files keeps the others from being read, a person may leave it out, by name."""
    try:
        proposed(files, asked)
    except Refused:
        bad = in_the_way(files, asked)
        if not bad:
            raise
        names = ", ".join(markdown(name) for name in bad)
        st.markdown(f"Not readable as {asked.kind}: **{names}**. The other {len(files.paths) - len(bad)} are.")
        if not st.toggle(f"Leave {'it' if len(bad) == 1 else 'them'} out", key=f"without_{files.ident}_{asked.kind}"):
            raise
        return files.without(bad)
    return files


def _of_one_sheet(files: Brought, asked: Asked) -> tuple[Asked, Proposal] | None:
    """A workbook with several tables is asked about: one sheet is one load."""
    proposal = proposed(files, asked)
    if not proposal.sheets or proposal.sample is not None or proposal.file_columns:
        return asked, proposal
    st.markdown(f"**The workbook has tables on {len(proposal.sheets)} sheets. Which one do you want to load?**")
    sheet = st.selectbox(
        "Sheet", proposal.sheets, index=None, key=f"sheet_{files.ident}_{asked.kind}", placeholder="Choose a sheet",
        label_visibility="collapsed", width=320,
    )  # fmt: skip
    if sheet is None:
        return None
    others = ", ".join(markdown(name) for name in proposal.sheets if name != sheet)
    st.caption(f"The others ({others}) are not in this load: choose them here afterwards, one by one.")
    asked = replace(asked, sheet=sheet)
    return asked, proposed(files, asked)


# --- correcting -------------------------------------------------------------------------------------------------


def _corrected(of: Context, files: Brought, asked: Asked, first: Proposal) -> Ready | None:
    told, asking = st.container(), st.container()
    it = _draft(of, files, asked, first)
    before = it.mapping
    with asking:
        _ask_for_missing(it)
        proposal = _with_dates_asked(it)
    sample = proposal.sample
    answered = not _unnamed(it)
    with asking:
        if answered:
            said_of_all(it)
    it.problem_words = words_of_problems(sample.problems) if sample else {}
    _fold_columns(it)
    _fold_words(it)
    pasted = _fold_text(of, it)
    _remember(it, pasted)
    if pasted is not None or it.mapping != before:
        st.rerun()
    with told:
        _tell(it, proposal, sample)
    if sample is None:
        return None
    _preview(sample, proposal)
    return Ready(files=files, asked=asked_for(asked, it.first.mapping, it.mapping))


def _draft(of: Context, files: Brought, asked: Asked, first: Proposal) -> Correcting:
    """The mapping as it stands for these files, read in this way: a draft of this session until it is kept."""
    told = repr((of.name, files.ident, identity(asked))).encode()
    drafts: dict[str, tuple[int, Mapping]] = st.session_state.setdefault("drafts", {})
    ident = blake2b(told, digest_size=6).hexdigest()
    start = replace(first.mapping, sheet=asked.sheet) if asked.sheet else first.mapping
    version, mapping = drafts.setdefault(ident, (0, start))
    first = replace(first, mapping=start)
    return Correcting(files=files, asked=asked, first=first, mapping=mapping, key=f"{ident}_{version}")


def _remember(it: Correcting, pasted: Mapping | None) -> None:
    """Keep the draft; one that came as text starts every widget anew."""
    ident, version = it.key.rsplit("_", 1)
    st.session_state["drafts"][ident] = (int(version), it.mapping) if pasted is None else (int(version) + 1, pasted)


def _ask_for_missing(it: Correcting) -> None:
    """Needed columns that nothing names are a question, not an error."""
    if it.first.missing:
        names = " and ".join(QUESTIONS.get(name, name) for name in it.first.missing)
        asks = f"**We do not know these headers. Please say {names}.**"
        st.markdown(asks if _unnamed(it) else "What you said of headers that we do not know:")
        column_rows(it, it.first.missing, needed=it.first.missing)


def _with_dates_asked(it: Correcting) -> Proposal:
    """The proposal of the draft; dates that read in two ways are asked about."""
    proposal = _proposal(it)
    question = date_readings(proposal.refusal) if it.first.mapping.date_format is None else None
    stated = it.mapping.date_format
    if question is None and stated and it.first.mapping.date_format is None:
        question = date_readings(_proposal(it, replace(it.mapping, date_format=None)).refusal)
    if question is None:
        return proposal
    text, readings = question
    st.markdown(f"**Which day is {markdown(text)}?** The file can be read in both ways.")
    chosen = st.segmented_control(
        "Which day is it?", list(readings), format_func=readings.__getitem__, key=f"day_{it.key}",
        default=stated if stated in readings else None, label_visibility="collapsed",
    )  # fmt: skip
    if chosen == stated:
        return proposal
    it.mapping = replace(it.mapping, date_format=chosen)
    return _proposal(it)


def _proposal(it: Correcting, mapping: Mapping | None = None) -> Proposal:
    wanted = asked_for(it.asked, it.first.mapping, mapping or it.mapping)
    needed = _unnamed(it)
    return replace(it.first, missing=needed, mapping=it.mapping) if needed else proposed(it.files, wanted)


def _unnamed(it: Correcting) -> list[str]:
    """The needed fields that nobody named a column for yet."""
    return [n for n in it.first.missing if n not in it.mapping.columns and n not in it.mapping.constants]


def _fold_columns(it: Correcting) -> None:
    told = "The other columns" if it.first.missing else "Correct the columns"
    fold = st.expander(told, expanded=bool(it.first.missing), key=f"fold_columns_{it.key}", on_change="rerun")
    if not fold.open:
        return
    kind, missing = it.mapping.kind, it.first.missing
    with fold:
        column_rows(it, [n for n in FIRST[kind] if n not in missing], needed=FIRST[kind][:2])
        others = [n for n in _other_fields(it) if n not in missing]
        if st.toggle(f"{len(others)} more fields", key=f"more_{it.key}"):
            column_rows(it, others)
        times_and_marks(it)


def _other_fields(it: Correcting) -> list[str]:
    from opex.ui.mapping import TABLES

    skip = {"source", "planned", *FIRST[it.mapping.kind]}
    if it.mapping.kind == "metrics":
        skip |= {"unit", "better"} - set(it.mapping.columns)
    return [name for name in TABLES[it.mapping.kind].names if name not in skip]


def _fold_words(it: Correcting) -> None:
    if it.mapping.kind == "metrics":
        return
    unknown = unknown_words(it, it.problem_words)
    needed = f"needed_words_{it.key}"
    st.session_state[needed] = bool(unknown) or st.session_state.get(needed, False)
    told = f"Say what the words mean: {several(unknown, 'word')} not known" if unknown else "What the words mean"
    key = f"fold_words_{it.key}_{st.session_state[needed]}"
    fold = st.expander(told, expanded=st.session_state[needed], key=key, on_change="rerun")
    if fold.open:
        with fold:
            value_tables(it)


def _fold_text(of: Context, it: Correcting) -> Mapping | None:
    """Keeping the mapping, and the mapping as text."""
    fold = st.expander("Keep this for the next file", key=f"fold_text_{it.key}", on_change="rerun")
    if not fold.open:
        return None
    with fold:
        st.markdown(
            "What is set above is a *mapping*. Kept under the name of the source, it reads the next export of this "
            "kind by itself. It is tried on the whole file first."
        )
        named = it.mapping.name not in ("csv", "xlsx", "json", "jsonl", "parquet", "markdown")
        shown = it.mapping.name if named else "…"
        if not named:
            st.caption("Give the source a name of its own first: it is the mapping's name.")
        if st.button(f"Try and keep as “{markdown(shown)}”", key=f"keep_{it.key}", disabled=not named):
            _keep(of, it)
        if (tried := st.session_state.get("tried")) and tried[0] == it.mapping.to_toml():
            st.markdown(f"Tried and kept: {markdown(tried[1])}")
        return text_of_mapping(it)


def _keep(of: Context, it: Correcting) -> None:
    try:
        with st.spinner("Trying it on the whole file …", show_time=True):
            report = loading.keep_mapping(of, it.mapping, it.files.paths, replace(it.asked, mapping=it.mapping))
    except Refused as refusal:
        st.error(plain_words(str(refusal)))
        return
    st.session_state["tried"] = (it.mapping.to_toml(), report.sentence)


# --- telling ----------------------------------------------------------------------------------------------------


def _tell(it: Correcting, proposal: Proposal, sample: Reading | None) -> None:
    """One sentence in words, then what the reader noticed."""
    if sample is None:
        if proposal.refusal and not proposal.missing and date_readings(proposal.refusal) is None:
            st.error(plain_words(proposal.refusal))
        elif not proposal.missing:
            st.markdown(f"{several(len(it.first.file_columns), 'column')} found; one question is left.")
        return
    st.markdown(_sentence(it, proposal), help=_about(it.mapping))
    for note in proposal.notes:
        if note != it.mapping.note:
            st.caption(markdown(plain_words(note)))
    if proposal.skipped:
        with st.expander(f"{several(len(proposal.skipped), 'file')} passed over", key=f"passed_{it.key}"):
            st.dataframe(pd.DataFrame(proposal.skipped, columns=["file", "why"]), hide_index=True)


def _sentence(it: Correcting, proposal: Proposal) -> str:
    mapping = it.mapping
    known = f"This is **{markdown(mapping.title)}**. " if mapping.title else ""
    row = f"Each {'record' if mapping.fold else 'row'} is {ONE[mapping.kind]}"
    order = dict.fromkeys([*FIRST[mapping.kind], *mapping.columns])
    said = [
        f"{SAYS[name]} is in **{markdown(given if isinstance(given, str) else ' or '.join(given))}**"
        for name in order
        if name in SAYS and (given := mapping.columns.get(name, ""))
    ]
    told = f"{known}{row}: {', '.join(said)}." if said else f"{known}{row}."
    unused = len(proposal.unmatched)
    told += f" {several(unused, 'column')} not used." if unused else " Every column is used."
    alike = [f"{name.replace('_', ' ')} **{markdown(word)}**" for name, word in mapping.constants.items()]
    told += f" The same for all rows: {', '.join(alike)}." if alike else ""
    if "environment" not in {*mapping.columns, *mapping.constants}:
        told += " Nothing names the environment: it counts as unknown."
    return f"{told} Times without a zone are read as {markdown(mapping.timezone)}."


def _about(mapping: Mapping) -> str | None:
    """What is worth knowing of a format, folded behind a question mark."""
    planned = f"Planned work: {mapping.planned_rule}." if mapping.planned_rule else ""
    return markdown(f"{plain_words(mapping.note)} {planned}".strip()) or None


def _preview(sample: Reading, proposal: Proposal) -> None:
    rows = sample.main
    if len(rows):
        filled = [name for name in rows.columns if name != "source" and rows[name].notna().any()]
        shown = rows[filled].head(20).rename(columns=lambda name: name.replace("_", " "))
        times = [n for n in shown.columns if isinstance(shown[n].dtype, pd.DatetimeTZDtype)]
        config: AnyMapping[str, object] = {
            name: st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm", timezone=str(zone())) for name in times
        }
        st.caption(f"The first {len(shown)} as they would be loaded; times are shown in {zone()}.")
        st.dataframe(shown, hide_index=True, key="preview", alt="A preview of the records", height=250,
                     column_config=dict(config))  # type: ignore[arg-type]  # fmt: skip
    _first_problems(sample.problems, proposal)


def _first_problems(problems: Sequence[Problem], proposal: Proposal) -> None:
    if problems:
        several_ = several(len(problems), "problem")
        st.markdown(f"**{several_} in the first records.** Such rows are refused, the others load.")
        show_problems([problem.__dict__ for problem in problems], key=f"first_problems_{proposal.mapping.name}")


# --- loading ----------------------------------------------------------------------------------------------------


def load_step(of: Context, ready: Ready | None) -> None:
    """The third step: load once, and say what it did."""
    done: tuple[str, str, str] | None = st.session_state.get("loaded")
    if ready is not None:
        key = ready.key(of)
        again = done is not None and done[0] == key
        label = f"Load {ROWS[ready.asked.kind]}"
        clicked = st.button(label, type="primary", key=f"load_{key}", disabled=again)
        if clicked and not again:
            done = _load(of, ready, key) or done
        if done is not None and done[0] != key:
            return
    if done is not None:
        report_of(of, done[1], done[2])


def _load(of: Context, ready: Ready, key: str) -> tuple[str, str, str] | None:
    who = person()
    try:
        with progress("Loading") as told:
            report = loading.load(of, ready.files.paths, ready.asked, person=who.name if who else "", progress=told,
                                  names=ready.files.names)  # fmt: skip
        st.session_state["loaded"] = (key, report.id, report.sentence)
        with progress("Looking for candidates") as told:
            finding.candidates(of, progress=told)
    except Refused as refusal:
        st.error(plain_words(str(refusal)))
        return None
    st.rerun()
