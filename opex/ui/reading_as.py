"""Which mapping reads the files: their own, one that was kept, or that of a load whose refused rows were mended."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from opex.domain.mapping import Mapping
from opex.domain.problems import Refused
from opex.services import loading
from opex.services.context import Context
from opex.services.loading import Asked
from opex.sources.columns import used_columns
from opex.store.facts import LoadRecord
from opex.ui.asking import proposed
from opex.ui.uploads import Brought
from opex.ui.words import moment

__all__ = ["load_named", "reading_as"]

ITSELF = "by what the file shows"
MENDED = b"refused: why"
HEAD = 256 * 1024
MOST_LOADS = 8
ID = 12


def reading_as(of: Context, files: Brought, asked: Asked) -> Asked:
    """The request to begin with. A choice appears only where there is one; what fits is chosen already, and said."""
    kind, kept = asked.kind, _kept_that_fit(of, files, asked)
    loads = _loads_that_refused(of, kind) if _is_mended(files) else {}
    if not kept and not loads:
        return asked
    options = [ITSELF, *kept, *loads]
    named = load_named(files.names, list(loads.values()))
    default = next((label for label, record in loads.items() if record is named), next(iter([*loads, *kept])))
    chosen = st.selectbox(
        "Read it", options, options.index(default), key=f"read_as_{of.name}_{files.ident}_{kind}_{asked.sheet}",
        format_func=lambda one: f"with the kept mapping “{one}”" if one in kept else str(one), width=460,
    )  # fmt: skip
    if chosen in loads:
        st.caption("These are refused rows that were mended: they are read as the load that refused them read its own.")
        return replace(asked, mapping=Mapping.from_toml(loads[chosen].mapping or ""))
    return replace(asked, mapping=kept.get(chosen or ITSELF))


def _loads_that_refused(of: Context, kind: str) -> dict[str, LoadRecord]:
    """The newest loads that refused rows, and how the page calls them."""
    found = [r for r in loading.history(of) if r.kind == kind and r.mapping and r.report.get("refused")]
    return {f"as in {r.files[0] if r.files else r.source} of {moment(r.at)}": r for r in found[:MOST_LOADS]}


def _kept_that_fit(of: Context, files: Brought, asked: Asked) -> dict[str, Mapping]:
    """The mappings that were kept when these files came and that read them; the sheet is the one that was asked for.

    One that is kept later is made of these files, and in use already.
    """
    seen: dict[str, dict[str, Mapping]] = st.session_state.setdefault("kept_that_fit", {})
    key = f"{of.name} {files.ident} {asked.kind} {asked.sheet}"
    if key not in seen:
        every = {n: replace(m, sheet=asked.sheet) for n, m in loading.mappings(of, asked.kind).items()}
        headers = _headers(files, asked) if every else set()
        seen[key] = {name: mapping for name, mapping in every.items() if _fits(files, asked, mapping, headers)}
    return seen[key]


def _headers(files: Brought, asked: Asked) -> set[str]:
    try:
        return set(proposed(files, asked).file_columns)
    except Refused:
        return set()


def _fits(files: Brought, asked: Asked, mapping: Mapping, headers: set[str]) -> bool:
    if headers:
        return used_columns(mapping) - {"file_stem"} <= headers
    try:
        proposed(files, replace(asked, mapping=mapping))
    except Refused:
        return False
    return True


def _is_mended(files: Brought) -> bool:
    """Whether a file is the CSV of refused rows: its header says so."""
    for path in files.paths[:20]:
        if path.is_file():
            with path.open("rb") as opened:
                if MENDED in opened.read(HEAD).split(b"\n", 1)[0]:
                    return True
    return False


def load_named(names: Sequence[str], loads: Sequence[LoadRecord]) -> LoadRecord | None:
    """The load whose id is part of a file's name."""
    return next((record for record in loads if any(record.id[:ID] in name for name in names)), None)
