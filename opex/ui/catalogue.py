"""The catalogue of systems: look, correct, take away and bring back."""

import re
from dataclasses import replace

import pandas as pd
import streamlit as st

from opex.domain.problems import Refused
from opex.domain.systems import Catalogue, System
from opex.services import knowing, overview
from opex.services.context import Context
from opex.ui.session import may, my_name, refusals

__all__ = ["catalogue_editor", "catalogue_table", "catalogue_toml"]

_WORDS = re.compile(r"\n+")


def catalogue_table(of: Context, catalogue: Catalogue) -> System | None:
    """All systems with what meets at them; the one that is selected."""
    met = overview.systems(of).set_index("name")
    rows = pd.DataFrame(
        [
            {
                "system": s.name,
                "aliases": ", ".join(s.aliases),
                "patterns": len(s.patterns),
                "incidents": int(met["incidents"].get(s.name, 0)),
                "changes": int(met["changes"].get(s.name, 0)),
                "owner": s.owner,
                "looked at": "proposed" if s.proposed else "yes",
            }
            for s in catalogue.systems
        ]
    )
    if rows.empty:
        return None
    event = st.dataframe(
        rows, key=f"catalogue_{hash(catalogue)}", hide_index=True,
        on_select="rerun", selection_mode="single-row", height=360,
        alt="Systems, one row each; select one to correct it",
        column_config={
            "system": st.column_config.TextColumn(width="medium"),
            "incidents": st.column_config.NumberColumn("incidents, 12 months"),
            "changes": st.column_config.NumberColumn("changes, 12 months"),
        },
    )  # fmt: skip
    picked: list[int] = event.selection.rows
    return catalogue.systems[picked[0]] if picked else None


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in _WORDS.split(text) if line.strip())


def catalogue_editor(of: Context, catalogue: Catalogue, chosen: System | None) -> None:
    """Correct the selected system, or add one. An alias that names another system merges that one into this."""
    st.subheader(f"Correct {chosen.name}" if chosen else "Add a system", anchor=False)
    key = chosen.name if chosen else "new"
    with st.form(f"system_{key}"):
        left, right = st.columns(2)
        name = left.text_input("Name", chosen.name if chosen else "", key=f"name_{key}")
        owner = right.text_input("Owner", chosen.owner if chosen else "", key=f"owner_{key}")
        aliases = left.text_area(
            "Other names, one a line", "\n".join(chosen.aliases if chosen else ()), key=f"alias_{key}"
        )
        patterns = right.text_area(
            "Patterns over change titles and file paths, one a line",
            "\n".join(chosen.patterns if chosen else ()),
            key=f"patterns_{key}",
            help="Regular expressions, without regard to case.",
        )
        levels = [None, 1, 2, 3, 4, 5]
        criticality = left.selectbox(
            "Criticality, 1 most critical", levels, index=levels.index(chosen.criticality if chosen else None),
            format_func=lambda n: "not said" if n is None else str(n), key=f"criticality_{key}",
        )  # fmt: skip
        if st.form_submit_button("Save", type="primary"):
            with refusals():
                system = System(
                    name=name.strip(), aliases=_lines(aliases), patterns=_lines(patterns), owner=owner.strip(),
                    criticality=criticality,
                )  # fmt: skip
                knowing.save_catalogue(of, _with(catalogue, chosen, system), person=my_name())
                st.toast("Saved: incidents and changes meet by it from now on.")
                st.rerun()


def _with(catalogue: Catalogue, old: System | None, new: System) -> Catalogue:
    swallowed = {alias.casefold() for alias in new.aliases}
    kept = [s for s in catalogue.systems if s is not old and s.name.casefold() not in swallowed]
    more = [s.name for s in catalogue.systems if s is not old and s.name.casefold() in swallowed]
    gained = [alias for s in catalogue.systems if s.name in more for alias in s.aliases]
    known = {alias.casefold() for alias in new.aliases}
    aliases = (*new.aliases, *(alias for alias in gained if alias.casefold() not in known))
    systems = sorted([*kept, replace(new, aliases=aliases)], key=lambda s: s.name.casefold())
    return Catalogue(systems=tuple(systems))


def catalogue_toml(of: Context, catalogue: Catalogue) -> None:
    """The catalogue as a file, and back."""
    with st.expander("Take it away or bring it back as TOML"):
        st.download_button(
            "Download systems.toml", catalogue.to_toml(), "systems.toml", "application/toml", on_click="ignore"
        )
        if not may("decide"):
            return
        brought = st.file_uploader("A catalogue in TOML", type="toml", key="catalogue_file")
        if brought is not None and st.button("Put it in force", key="catalogue_use"):
            with refusals():
                try:
                    text = brought.getvalue().decode("utf-8")
                except UnicodeDecodeError as error:
                    raise Refused(f"{brought.name} is not UTF-8 text.") from error
                knowing.save_catalogue(of, Catalogue.from_toml(text), person=my_name())
                st.rerun()
