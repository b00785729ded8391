"""Correcting what we understood: needed questions first, everything else folded, in a draft of this session."""

from dataclasses import replace
from hashlib import blake2b

import streamlit as st

from opex.domain.mapping import Mapping
from opex.domain.problems import Refused
from opex.domain.safe import markdown
from opex.services import loading
from opex.services.context import Context
from opex.services.loading import Asked
from opex.sources import Proposal
from opex.ui.asking import asked_for, date_readings, identity, plain_words, proposed
from opex.ui.mapping import (
    FIRST,
    TABLES,
    Correcting,
    column_rows,
    said_of_all,
    text_of_mapping,
    times_and_marks,
)
from opex.ui.telling import preview, tell
from opex.ui.uploads import Brought
from opex.ui.words import several
from opex.ui.words_in_cells import unknown_words, value_tables, words_of_problems

__all__ = ["corrected", "load_key"]

PLAIN = ("csv", "xlsx", "json", "jsonl", "parquet", "markdown")
QUESTIONS = {
    "title": "which column says what happened", "started_at": "which column says when it began",
    "at": "which column is the time", "value": "which column is the value",
}  # fmt: skip


def load_key(files: Brought) -> str:
    """The key of the button that loads these files. A click that comes with a last correction is not lost."""
    return f"load_{files.ident}"


def corrected(of: Context, files: Brought, asked: Asked, first: Proposal) -> Asked | None:
    """What is asked of the load after all corrections; ``None`` as long as something needed is not known."""
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
            _tell_of_namesakes(of, it)
    it.problem_words = words_of_problems(sample.problems) if sample else {}
    _fold_columns(it)
    _fold_words(it)
    pasted = _fold_text(of, it)
    _remember(it, pasted)
    if pasted is not None or it.mapping != before:
        click = load_key(files)
        st.session_state["load_after"] = click if st.session_state.get(click) else None
        st.rerun()
    with told:
        tell(it, proposal, sample)
    if sample is None:
        return None
    preview(sample, proposal)
    return asked_for(asked, it.first.mapping, it.mapping)


def _tell_of_namesakes(of: Context, it: Correcting) -> None:
    """A format's own name says little: rows of another file under it would be taken for news of the same rows."""
    if it.mapping.name not in PLAIN:
        return
    others = [r for r in loading.history(of) if r.source == it.mapping.name and r.kind == it.mapping.kind and r.changed]
    files = [file for r in others for file in r.files if file not in it.files.names]
    if files:
        st.caption(
            f"**{markdown(files[0])}** was loaded as “{it.mapping.name}” too. If this comes from another tool, give it "
            "another name: rows of one name and one id are the same row."
        )


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
        named = it.mapping.name not in PLAIN
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
        st.error(markdown(plain_words(str(refusal))))
        return
    st.session_state["tried"] = (it.mapping.to_toml(), report.sentence)
