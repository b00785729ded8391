"""Loading in three steps on one page: drop files, see what we understood, load."""

from dataclasses import dataclass
from hashlib import blake2b

import streamlit as st

from opex.domain.problems import Refused
from opex.domain.safe import markdown
from opex.services import finding, loading
from opex.services.context import Context
from opex.services.loading import KINDS, Asked
from opex.sources import Proposal
from opex.ui.asking import (
    guessed_kind,
    identity,
    in_the_way,
    plain_words,
    proposed,
)
from opex.ui.correcting import corrected, load_key
from opex.ui.loads import report_of
from opex.ui.reading_as import reading_as
from opex.ui.session import person, progress
from opex.ui.uploads import Brought

__all__ = ["Ready", "load_step", "understood"]

ENCODING = "--encoding"
ENCODINGS = {
    "Western European (windows-1252)": "windows-1252", "Central European (windows-1250)": "windows-1250",
    "Cyrillic (windows-1251)": "windows-1251", "Cyrillic (koi8-r)": "koi8-r", "Greek (windows-1253)": "windows-1253",
    "Turkish (windows-1254)": "windows-1254", "Hebrew (windows-1255)": "windows-1255",
    "Arabic (windows-1256)": "windows-1256", "Baltic (windows-1257)": "windows-1257",
    "Japanese (shift_jis)": "shift_jis", "Korean (euc-kr)": "euc-kr", "Chinese, simplified (gb18030)": "gb18030",
    "Chinese, traditional (big5)": "big5",
}  # fmt: skip
ROWS = {"incidents": "incidents", "changes": "changes", "metrics": "readings"}


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
    try:
        sheets = _sheet(files, kind)
        if sheets is None:
            return None
        encoding = _encoding(files, kind)
        asked = reading_as(of, files, Asked(kind=kind, sheet=sheets or None, encoding=encoding))
        left = _without_what_is_in_the_way(files, asked)
        wanted = corrected(of, left, asked, _first(left, asked)) if left else None
        return Ready(files=left, asked=wanted) if left and wanted else None
    except Refused as refusal:
        st.error(markdown(plain_words(str(refusal))))
        return None


def _kind(files: Brought) -> str:
    """Incidents, changes or metrics: guessed from the content, one click to say otherwise."""
    key = f"kind_{files.ident}"
    guess = st.session_state.setdefault(f"guess_{files.ident}", None) or guessed_kind(files)
    st.session_state[f"guess_{files.ident}"] = guess
    kind = st.segmented_control("Each row is one of", KINDS, default=guess, key=key, required=True)
    return kind or guess


def _without_what_is_in_the_way(files: Brought, asked: Asked) -> Brought | None:
    """Where one of several files keeps the others from being read, a person may leave it out, by name."""
    try:
        proposed(files, asked)
    except Refused as refusal:
        bad = in_the_way(files, asked)
        if not bad:
            return files
        names = ", ".join(markdown(name) for name in bad)
        them = "it" if len(bad) == 1 else "them"
        st.markdown(f"**{names}** cannot be read as {asked.kind}. Load the others without {them}?")
        if not st.toggle(f"Leave {them} out", key=f"without_{files.ident}_{asked.kind}"):
            st.caption(markdown(plain_words(str(refusal))))
            return None
        return files.without(bad)
    return files


def _sheet(files: Brought, kind: str) -> str | None:
    """A workbook with several tables is asked about: one sheet is one load. Empty where there is nothing to ask.

    Returns
    -------
    str or None
        ``None`` as long as nothing was chosen.
    """
    try:
        proposal = proposed(files, Asked(kind=kind))
    except Refused:
        return ""
    if not proposal.sheets or proposal.sample is not None or proposal.file_columns:
        return ""
    st.markdown(f"**The workbook has tables on {len(proposal.sheets)} sheets. Which one do you want to load?**")
    sheet = st.selectbox(
        "Sheet", proposal.sheets, index=None, key=f"sheet_{files.ident}_{kind}", placeholder="Choose a sheet",
        label_visibility="collapsed", width=320,
    )  # fmt: skip
    if sheet is not None:
        others = ", ".join(markdown(name) for name in proposal.sheets if name != sheet)
        st.caption(f"Not in this load: {others}. Choose them here afterwards, one by one.")
    return sheet


def _encoding(files: Brought, kind: str) -> str | None:
    """How the text is written, asked only where it is not UTF-8; ``None`` leaves it to the file."""
    try:
        doubt = next((note for note in proposed(files, Asked(kind=kind)).notes if ENCODING in note), None)
    except Refused as refusal:
        doubt = str(refusal) if ENCODING in str(refusal) else None
    if doubt is None:
        return None
    key = f"encoding_{files.ident}_{kind}"
    if st.session_state.get(key) is None:
        st.markdown(markdown(plain_words(doubt)))
    chosen = st.selectbox("How is the text written?", list(ENCODINGS), index=None, key=key, width=320,
                          placeholder="Choose a script")  # fmt: skip
    return ENCODINGS[chosen] if chosen else None


def _first(files: Brought, asked: Asked) -> Proposal:
    """What the files show by themselves. Of several tables with unknown headers, the first one speaks for all."""
    try:
        return proposed(files, asked)
    except Refused:
        alone = proposed(files.only(0), asked)
        if len(files.paths) == 1 or not alone.missing:
            raise
        return alone


def load_step(of: Context, ready: Ready | None) -> None:
    """The third step: load once, and say what it did."""
    done: tuple[str, str, str] | None = st.session_state.get("loaded")
    if ready is not None:
        key = ready.key(of)
        again = done is not None and done[0] == key
        label = f"Load {ROWS[ready.asked.kind]}"
        clicked = st.button(label, type="primary", key=load_key(ready.files), disabled=again)
        clicked = st.session_state.pop("load_after", None) == load_key(ready.files) or clicked
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
        st.error(markdown(plain_words(str(refusal))))
        return None
    st.rerun()
