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


def reading_as(of: Context, files: Brought, kind: str) -> Asked:
    """The request to begin with. A choice appears only when there is one; what fits is chosen already, and said."""
    kept = loading.mappings(of, kind)
    with_refused = [r for r in loading.history(of) if r.kind == kind and r.mapping and r.report.get("refused")]
    mended = _is_mended(files)
    loads = {f"as in {_named(r)}": r for r in with_refused[:MOST_LOADS]} if mended else {}
    if not kept and not loads:
        return Asked(kind=kind)
    options = [ITSELF, *kept, *loads]
    default = _fitting(files, kind, kept, loads)
    chosen = st.selectbox(
        "Read it", options, options.index(default), key=f"read_as_{of.name}_{files.ident}_{kind}_{len(options)}",
        format_func=lambda one: f"with the kept mapping “{one}”" if one in kept else str(one), width=460,
    )  # fmt: skip
    if chosen in loads:
        st.caption("These are refused rows that were mended: they are read as the load that refused them read its own.")
        return Asked(kind=kind, mapping=Mapping.from_toml(loads[chosen].mapping or ""))
    return Asked(kind=kind, mapping=_without_sheet(files, kept[chosen], kind) if chosen in kept else None)


def _named(record: LoadRecord) -> str:
    file = record.files[0] if record.files else record.source
    return f"{file} of {moment(record.at)}"


def _is_mended(files: Brought) -> bool:
    """Whether a file is the CSV of refused rows: its header says so."""
    for path in files.paths[:20]:
        if path.is_file():
            with path.open("rb") as opened:
                if MENDED in opened.read(HEAD).split(b"\n", 1)[0]:
                    return True
    return False


def _fitting(files: Brought, kind: str, kept: dict[str, Mapping], loads: dict[str, LoadRecord]) -> str:
    """The load that the file's name names, else the newest that refused rows; else a kept mapping that fits."""
    if loads:
        named = load_named(files.names, list(loads.values()))
        return next((label for label, record in loads.items() if record is named), next(iter(loads)))
    try:
        itself = proposed(files, Asked(kind=kind))
    except Refused:
        return ITSELF
    if itself.format != "columns":
        return ITSELF
    headers = set(itself.file_columns)
    return next(
        (n for n, mapping in kept.items() if headers and used_columns(mapping) - {"file_stem"} <= headers), ITSELF
    )


def load_named(names: Sequence[str], loads: Sequence[LoadRecord]) -> LoadRecord | None:
    """The load whose id is part of a file's name."""
    return next((record for record in loads if any(record.id in name for name in names)), None)


def _without_sheet(files: Brought, mapping: Mapping, kind: str) -> Mapping:
    """A kept mapping names last year's sheet: where the workbook has another, it is asked for anew."""
    try:
        proposed(files, Asked(kind=kind, mapping=mapping))
    except Refused:
        return replace(mapping, sheet=None)
    return mapping
