"""Team: who is here, in which role and for which function, and what was said by whom."""

import streamlit as st

from opex.services import people, reviewing
from opex.ui.door import team
from opex.ui.people import (
    audit_log,
    give_role,
    group_roles,
    journal,
    name_somebody,
    people_table,
    told_of_roles,
)
from opex.ui.session import context, may
from opex.ui.words import several

of = context()
members, entries = people.members(of), reviewing.journal(of)
st.title("Team", anchor=False)
counted = "1 person" if len(members) == 1 else f"{len(members)} people"
mode = (
    "What one may do is asked for at each save."
    if team()
    else "Local mode: everybody may do everything, and a name is no password."
)
st.markdown(f"{counted} and {several(len(entries), 'decision')} in this workspace. {mode}")
chosen = people_table(members, entries, team=team()) if members else None
if not team():
    name_somebody(of)
else:
    with st.expander("What each role may do", key="roles_told"):
        told_of_roles()
    if may("administer"):
        group_roles(of)
        give_role(of, chosen)
if may("administer"):
    audit_log(of)
if entries:
    journal(of, entries)
