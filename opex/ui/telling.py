"""Saying what we understood: one sentence in words, what the reader noticed, and the first records."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from opex.domain.mapping import Mapping
from opex.domain.problems import Problem
from opex.domain.safe import markdown
from opex.sources import Proposal, Reading
from opex.ui.asking import date_readings, plain_words
from opex.ui.loads import show_problems
from opex.ui.mapping import FIRST, Correcting
from opex.ui.words import several, zone

__all__ = ["preview", "tell"]

ONE = {"incidents": "an incident", "changes": "a change", "metrics": "a reading"}
SAYS = {
    "title": "what happened", "started_at": "when it began", "resolved_at": "when it was over",
    "severity": "how severe it was", "system": "the system", "environment": "the environment", "at": "the time",
    "value": "the value", "metric": "the metric", "outcome": "how it went", "finished_at": "when it was done",
}  # fmt: skip


def tell(it: Correcting, proposal: Proposal, sample: Reading | None) -> None:
    """One sentence in words, then what the reader noticed."""
    if sample is None:
        if proposal.refusal and not proposal.missing and date_readings(proposal.refusal) is None:
            st.error(markdown(plain_words(proposal.refusal)))
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
        f"{SAYS[name]} is in **{_in_words(given)}**"
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


def _in_words(given: str | list[str]) -> str:
    """A column, a template or a choice of them, as a person reads it."""
    words = given if isinstance(given, str) else " or ".join(given)
    return markdown("the name of the file" if words == "{file_stem}" else words.replace("{", "").replace("}", ""))


def _about(mapping: Mapping) -> str | None:
    """What is worth knowing of a format, folded behind a question mark."""
    planned = f"Planned work: {mapping.planned_rule}." if mapping.planned_rule else ""
    return markdown(f"{plain_words(mapping.note)} {planned}".strip()) or None


def preview(sample: Reading, proposal: Proposal) -> None:
    """The first records as they would be loaded, and the first problems."""
    rows = sample.main
    if len(rows):
        says = {name: name != "source" and bool(rows[name].notna().any()) for name in rows.columns}
        if "planned" in says:
            says["planned"] = bool(rows["planned"].any())
        filled = [name for name, one in says.items() if one]
        shown = _with_all_systems(sample)[filled].head(20).rename(columns=lambda name: name.replace("_", " "))
        times = [n for n in shown.columns if isinstance(shown[n].dtype, pd.DatetimeTZDtype)]
        config: dict[str, Any] = {
            name: st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm", timezone=str(zone())) for name in times
        }
        st.caption(f"The first {len(shown)} as they would be loaded; times are shown in {zone()}.")
        st.dataframe(
            shown, hide_index=True, key="preview", alt="A preview of the records", column_config=config,
            height=min(38 + 35 * len(shown), 248),
        )  # fmt: skip
    _first_problems(sample.problems, proposal)


def _with_all_systems(sample: Reading) -> pd.DataFrame:
    """The records; one that touches several systems shows them all."""
    further = sample.tables.get("incident_systems")
    if further is None or further.empty:
        return sample.main
    more = further.groupby("source_id")["system"].agg("; ".join)
    systems = sample.main["system"].str.cat("; " + sample.main["source_id"].map(more).fillna(""), na_rep="")
    return sample.main.assign(system=systems.str.removesuffix("; "))


def _first_problems(problems: Sequence[Problem], proposal: Proposal) -> None:
    if problems:
        several_ = several(len(problems), "problem")
        st.markdown(f"**{several_} in the first records.** Such rows are refused, the others load.")
        show_problems([problem.__dict__ for problem in problems], key=f"first_problems_{proposal.mapping.name}")
