"""Systems: the catalogue through which incidents and changes meet."""

import streamlit as st

from opex.services import knowing
from opex.ui.catalogue import catalogue_editor, catalogue_table, catalogue_toml
from opex.ui.empty import nothing_loaded_if_empty
from opex.ui.session import context, may
from opex.ui.words import several

of = context()
nothing_loaded_if_empty(of)
catalogue = knowing.catalogue(of)
st.title("Systems", anchor=False)
proposed = sum(system.proposed for system in catalogue.systems)
st.markdown(
    f"{several(len(catalogue.systems), 'system')}, {proposed} of them proposed from the data and not looked at yet. "
    "Commits name no system: a system's patterns find its name in change titles and file paths."
)
chosen = catalogue_table(of, catalogue)
if may("decide"):
    catalogue_editor(of, catalogue, chosen)
catalogue_toml(of, catalogue)
