"""Mapping without code: columns, words and zones as widgets, always equal to the TOML that they make."""

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b

import streamlit as st

from opex.domain.mapping import Mapping
from opex.domain.problems import Refused
from opex.domain.safe import markdown
from opex.frames import CHANGES, INCIDENTS, READINGS, Table
from opex.services.loading import Asked
from opex.sources import Proposal
from opex.ui.asking import cells, plain_words, proposed
from opex.ui.uploads import Brought

__all__ = ["FIRST", "Correcting", "column_rows", "said_of_all", "text_of_mapping", "times_and_marks"]

TABLES: dict[str, Table] = {"incidents": INCIDENTS, "changes": CHANGES, "metrics": READINGS}
FIRST = {
    "incidents": ("title", "started_at", "resolved_at", "severity", "system", "environment", "source_id"),
    "changes": ("title", "started_at", "system", "environment", "kind", "outcome", "source_id"),
    "metrics": ("at", "value", "metric", "system", "environment"),
}
"""The fields that matter most of each kind, in the order of asking; the first two are needed."""
NEVER_ALIKE = ("source_id", "title", "started_at", "at", "value")
ENVIRONMENTS = ("production", "staging", "test", "development")
ZONES = ("UTC", "Europe/London", "Europe/Berlin", "America/New_York", "America/Los_Angeles", "Asia/Kolkata",
         "Asia/Tokyo")  # fmt: skip
NOT_SAID, AS_TOLD, ALIKE, COLUMN = "not said", "as told", "alike", "column "
DATES = {
    "d/m/Y": "day, month, year", "m/d/Y": "month, day, year", "d/m/y": "day, month, year of two digits",
    "m/d/y": "month, day, year of two digits",
}  # fmt: skip
HINTS = {"severity": "3", "kind": "deployment", "outcome": "succeeded", "environment": "production", "better": "low"}


@dataclass(kw_only=True)
class Correcting:
    """A mapping under correction, and the files that it is for. Widgets change ``mapping``; ``key`` starts them anew.

    ``first`` is what the files show by themselves.
    """

    files: Brought
    asked: Asked
    first: Proposal
    mapping: Mapping
    key: str
    problem_words: AnyMapping[str, Sequence[str]] = field(default_factory=dict)

    @cached_property
    def cells(self) -> dict[str, list[str]]:
        """The words of the file's columns in its first records: read when they are first looked at."""
        return cells(self.files, self.asked, self.first.file_columns)

    def key_of(self, widget: str, name: str) -> str:
        """The key of a field's widget. A field that was changed by another widget begins anew."""
        changed: dict[str, int] = st.session_state.setdefault("changed_elsewhere", {})
        return f"{widget}_{self.key}_{name}_{changed.get(f'{widget} {name}', 0)}"

    def changed_elsewhere(self, widget: str, name: str) -> None:
        """Let that widget of the field begin anew from the mapping."""
        changed: dict[str, int] = st.session_state.setdefault("changed_elsewhere", {})
        changed[f"{widget} {name}"] = changed.get(f"{widget} {name}", 0) + 1

    def change(self, name: str, column: str | list[str] | None, constant: str | None = None) -> None:
        """Take a canonical column from a column of the file, from a constant, or from nothing."""
        columns = {c: given for c, given in self.mapping.columns.items() if c != name}
        constants = {c: given for c, given in self.mapping.constants.items() if c != name}
        durations = {c: given for c, given in self.mapping.after_start.items() if c != name}
        if column:
            columns[name] = column
        if constant:
            constants[name] = constant
        order = TABLES[self.mapping.kind].names
        ordered = {c: columns[c] for c in order if c in columns}
        self.mapping = replace(self.mapping, columns=ordered, constants=constants, after_start=durations)


# --- columns ----------------------------------------------------------------------------------------------------


def column_rows(it: Correcting, names: Sequence[str], needed: Sequence[str] = ()) -> None:
    """A row for each field: what it is, the file's column that gives it, and an example from the file."""
    for name in names:
        _column_row(it, name, needed=name in needed)


def _column_row(it: Correcting, name: str, *, needed: bool) -> None:
    column = TABLES[it.mapping.kind].column(name)
    label = name.replace("_", " ") + (" (needed)" if needed else "")
    left, middle, right = st.columns([3, 4, 5], vertical_alignment="center")
    left.markdown(f"**{label}**", help=column.meaning)
    options = _options(it, name)
    now = _now(it, name)
    chosen = middle.selectbox(
        label, list(options), list(options).index(now) if now else None, format_func=options.__getitem__,
        key=it.key_of("column", name), label_visibility="collapsed", placeholder="Choose a column",
    )  # fmt: skip
    with right:
        _take(it, name, chosen or NOT_SAID, now or NOT_SAID)


def _options(it: Correcting, name: str) -> dict[str, str]:
    """The choices of a row and how they read; what a format does by itself stays one of them."""
    told = _told(it, name)
    options = {AS_TOLD: told} if told else {}
    options[NOT_SAID] = "not in the file"
    if name not in NEVER_ALIKE and TABLES[it.mapping.kind].column(name).kind != "time":
        options[ALIKE] = "the same for all rows …"
    return options | {COLUMN + header: _with_example(it, header) for header in it.first.file_columns}


def _with_example(it: Correcting, header: str) -> str:
    """A column as it is offered: its header, and one of its cells."""
    seen = it.cells.get(header)
    return f"{header}: {_short(seen[0], 32)}" if seen else header


def _told(it: Correcting, name: str) -> str:
    """What a mapping says of a field beyond the name of one column, in words."""
    given = it.mapping.columns.get(name)
    if isinstance(given, list):
        return " or ".join(given)
    if given and given not in it.first.file_columns:
        return "the name of the file" if given == "{file_stem}" else given
    return "" if given or name not in it.mapping.after_start else f"the start and {it.mapping.after_start[name]}"


def _now(it: Correcting, name: str) -> str | None:
    """The choice that the mapping stands for; ``None`` for a needed field that nothing gives yet."""
    given = it.mapping.columns.get(name)
    if _told(it, name):
        return AS_TOLD
    if given:
        return f"{COLUMN}{given}"
    if name in it.mapping.constants:
        return ALIKE
    return None if name in it.first.missing else NOT_SAID


def _take(it: Correcting, name: str, chosen: str, now: str) -> None:
    """What was chosen, into the mapping; an example of it, or the words that hold for all rows."""
    if chosen == ALIKE:
        word = st.text_input(
            f"{name}: the same for all rows", it.mapping.constants.get(name, ""), placeholder=HINTS.get(name, ""),
            key=it.key_of("alike", name), label_visibility="collapsed",
        )  # fmt: skip
        if (word or "").strip() != it.mapping.constants.get(name, "") or now != ALIKE:
            it.change(name, None, (word or "").strip())
            it.changed_elsewhere("said", name)
        return
    if chosen != now:
        it.changed_elsewhere("said", name)
        it.change(name, chosen.removeprefix(COLUMN) if chosen.startswith(COLUMN) else None)
    if chosen.startswith(COLUMN):
        seen = [word for word in it.cells.get(chosen.removeprefix(COLUMN), []) if word][:3]
        told = ", ".join(_short(word) for word in seen) if seen else "empty in the first rows"
        st.caption(markdown(_short(told, 90)))
        if name == "system" and not it.mapping.split and (mark := next((m for m in ";|," if m in told), "")):
            several = next((word for word in seen if mark in word), "")
            if several:
                st.caption(
                    f"“{markdown(_short(several))}” counts as one system: say below what stands between several."
                )
    elif name == "environment" and chosen == NOT_SAID:
        st.caption("counts as unknown")


def _short(text: str, most: int = 44) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


# --- what holds for the whole file ------------------------------------------------------------------------------


def said_of_all(it: Correcting) -> None:
    """What no column says and a person may know: the name of the source, its environment and system, of a metric more.

    A row of small fields; those that the file itself answers are not asked.
    """
    given = it.mapping.columns
    asked = [name for name in ("environment", "system") if not given.get(name)]
    if it.mapping.kind == "metrics":
        asked += [n for n in ("metric", "unit", "better") if given.get(n, "{file_stem}") == "{file_stem}"]
    with st.container(horizontal=True, vertical_alignment="bottom", key="said_of_all"):
        name = st.text_input(
            "Name of the source", it.mapping.name, key=f"name_{it.key}", width=190, max_chars=80,
            help="Rows are known by this name and their id: the same name again brings news of the same rows, "
            "so give each tool a name of its own.",
        )  # fmt: skip
        it.mapping = replace(it.mapping, name=(name or "").strip() or it.first.mapping.name)
        for one in asked:
            _said(it, one)


def _said(it: Correcting, name: str) -> None:
    now, key = it.mapping.constants.get(name), it.key_of("said", name)
    if name in ("environment", "better"):
        offered: tuple[str, ...] = ENVIRONMENTS if name == "environment" else ("low", "high")
        options = list(dict.fromkeys([*([now] if now else []), *offered]))
        label = "Environment of all rows" if name == "environment" else "Which way is good?"
        said = st.selectbox(
            label, options, 0 if now else None, key=key, placeholder="not said", width=190,
            accept_new_options=name == "environment",
        )  # fmt: skip
    else:
        label = {"system": "System of all rows", "metric": "Metric", "unit": "Unit"}[name]
        empty = "the file's name" if name == "metric" else "not said"
        said = st.text_input(label, now or "", key=key, placeholder=empty, width=190)
    word = (said or "").strip()
    if word != (now or ""):
        it.changed_elsewhere("column", name)
        it.changed_elsewhere("alike", name)
        it.change(name, it.first.mapping.columns.get(name) if not word else None, word or None)


def times_and_marks(it: Correcting) -> None:
    """The zone of times that state none, the mark between systems, and the order of dates where it was asked."""
    left, middle, right = st.columns(3)
    zones = list(dict.fromkeys((it.mapping.timezone, *ZONES)))
    zone = left.selectbox(
        "Zone of times without one", zones, key=f"zone_{it.key}", accept_new_options=True,
        help="Any zone of the world by its name, such as Europe/Madrid.",
    )  # fmt: skip
    it.mapping = replace(it.mapping, timezone=zone or "UTC")
    if it.mapping.columns.get("system"):
        split = middle.text_input(
            "Between several systems in one cell", it.mapping.split or "", key=f"split_{it.key}", max_chars=3,
            placeholder="one system a cell",
        )  # fmt: skip
        it.mapping = replace(it.mapping, split=split or None)
    if it.mapping.date_format:
        known = list(dict.fromkeys((it.mapping.date_format, *DATES)))
        dates = right.selectbox(
            "Dates are written", known, key=f"dates_{it.key}", format_func=lambda form: DATES.get(form, form)
        )
        it.mapping = replace(it.mapping, date_format=dates)


# --- the same as text -------------------------------------------------------------------------------------------


def text_of_mapping(it: Correcting) -> Mapping | None:
    """The mapping as TOML, to copy, to paste into and to download; the pasted one once it reads the file."""
    text = it.mapping.to_toml()
    key = f"toml_{it.key}_{blake2b(text.encode(), digest_size=6).hexdigest()}"
    pasted = st.text_area("The mapping as text (TOML)", text, height=260, key=key)
    with st.container(horizontal=True):
        apply = st.button("Apply this text", key=f"apply_{key}")
        st.download_button(
            "Download", text, f"{_file_name(it.mapping.name)}-{key[-12:]}.toml", "application/toml",
            on_click="ignore", key=f"download_{key}",
        )  # fmt: skip
    if not apply:
        return None
    try:
        return proposed(it.files, replace(it.asked, mapping=Mapping.from_toml(pasted or ""))).mapping
    except Refused as refusal:
        st.error(markdown(plain_words(str(refusal))))
        return None


def _file_name(name: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in name) or "mapping"
