"""Team: who speaks here, for which function, and what was said by whom."""

import pandas as pd
import streamlit as st

from opex.domain.decisions import FUNCTIONS, Person
from opex.services import prioritising, reviewing
from opex.ui.session import context, refusals
from opex.ui.words import moment, several

of = context()
people, entries = reviewing.people(of), reviewing.journal(of)
st.title("Team", anchor=False)
st.markdown(
    f"{several(len(people), 'person') if len(people) == 1 else f'{len(people)} people'} and "
    f"{several(len(entries), 'decision')} in this workspace. Local mode: a name is no password; sign-in comes later."
)
if people:
    said = pd.Series([entry.person.name for entry in entries], dtype="str").value_counts()
    table = pd.DataFrame([{"name": p.name, "speaks for": p.function, "said": int(said.get(p.name, 0))} for p in people])
    st.dataframe(table, hide_index=True, key="people", alt="People, their function and how much they said")
with st.form("person", clear_on_submit=True), refusals():
    left, right = st.columns(2)
    name = left.text_input("Name", max_chars=80)
    function = right.selectbox("Speaks for", FUNCTIONS)
    if st.form_submit_button("Add or change"):
        reviewing.remember(of, Person(name=name.strip(), function=function))
        st.rerun()
if entries:
    st.subheader("What was said", anchor=False)
    titles = {of_id: item.title for of_id, item in prioritising.everything(of).items()}
    rows = [
        {
            "when": moment(entry.at),
            "who": entry.person.name,
            "what": entry.saying.kind,
            "of": titles.get(entry.opportunity, entry.opportunity),
            "in detail": entry.saying.told,
        }
        for entry in reversed(entries[-1000:])
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="journal", alt="The journal, newest first")
