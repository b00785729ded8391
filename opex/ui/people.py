"""The page Team in parts: who is here in which role, what an administrator changes, and the audit log."""

import json

import pandas as pd
import streamlit as st

from opex.domain.decisions import Entry
from opex.domain.people import ACTS, FUNCTIONS, OUTSIDER, ROLES, Member, Person
from opex.domain.safe import markdown
from opex.services import auditing, people, prioritising, reviewing
from opex.services.context import Context
from opex.ui.session import begin_anew, my_name, refusals, shown, turn
from opex.ui.tables import rows_key
from opex.ui.words import moment, several

__all__ = ["audit_log", "give_role", "group_roles", "journal", "name_somebody", "people_table", "told_of_roles"]

NONE = "no role"
ROLE_NAMES = [*reversed(ROLES), OUTSIDER]
LOGGED = 200


def _named(role: str) -> str:
    return role or NONE


def told_of_roles() -> None:
    """What each role may do, each beyond the one before."""
    seen: frozenset[str] = frozenset()
    for name, acts in ROLES.items():
        more = "; ".join(ACTS[act] for act in ACTS if act in acts - seen)
        st.markdown(f"**{name}**: {'and ' if seen else ''}{more}")
        seen = seen | acts


def people_table(members: list[Member], entries: list[Entry], *, team: bool) -> Member | None:
    """One row a person; the one that is selected."""
    said = pd.Series([entry.person.name for entry in entries], dtype="str").value_counts()
    rows = [
        {"name": one.name, "speaks for": one.function, "said": int(said.get(one.name, 0))}
        | ({"role": _named(one.role), "login": one.login, "signs in": _state(one)} if team else {})
        for one in members
    ]
    order = ["name", "role", "speaks for", "login", "signs in", "said"] if team else ["name", "speaks for", "said"]
    event = st.dataframe(
        pd.DataFrame(rows)[order], hide_index=True, key=rows_key("people", (one.name for one in members)),
        on_select="rerun", selection_mode="single-row", alt="People, their role, their function and how much they said",
        height=min(38 + 35 * len(rows), 388),
    )  # fmt: skip
    picked: list[int] = event.selection.rows
    return members[picked[0]] if picked and picked[0] < len(members) else None


def _state(member: Member) -> str:
    if member.identity:
        return "yes"
    return "awaited" if member.login else "no login"


def name_somebody(of: Context) -> None:
    """In a local workspace: give a person a name, or another function."""
    with st.form("person"), refusals():
        left, right = st.columns(2)
        name = left.text_input("Name", max_chars=80, key=f"person_name_{turn('person')}")
        function = right.selectbox("Speaks for", FUNCTIONS, None, key=f"person_function_{turn('person')}")
        if st.form_submit_button("Add or change"):
            reviewing.remember(of, Person(name=name.strip(), function=function or ""))
            begin_anew("person")
            st.rerun()


def give_role(of: Context, chosen: Member | None) -> None:
    """An administrator gives a role and a function; somebody who never signed in is awaited under a login."""
    st.subheader(f"Change {markdown(chosen.name)}" if chosen else "Name somebody", anchor=False)
    if chosen is None:
        st.caption(
            "Select a person above to change them. Who never signed in is named here, and let in by their login."
        )
    who = chosen or Member(name="", function=people.DEFAULT_FUNCTION, role="reviewer")
    form = f"give_{who.name or 'new'}"
    seen, key = (
        shown(form, chosen),
        f"{form}_{turn(form)}_{who.role}_{who.function}",
    )  # anew once a colleague changed it
    with st.form(form):
        left, right = st.columns(2)
        login = left.text_input("Login", who.login, key=f"login_{key}", max_chars=80, placeholder="ana@shop.example",
                                help="What the provider vouches for: a verified address, or a user name.")  # fmt: skip
        name = right.text_input("Name", who.name, key=f"called_{key}", max_chars=80, disabled=chosen is not None,
                                placeholder="as they sign in")  # fmt: skip
        role = left.selectbox("Role", ROLE_NAMES, ROLE_NAMES.index(who.role), format_func=_named, key=f"role_{key}")
        function = right.selectbox("Speaks for", FUNCTIONS, FUNCTIONS.index(who.function), key=f"function_{key}")
        if st.form_submit_button("Save", type="primary"):
            with refusals():
                given = people.give(
                    of, name or "", role, function=function, login=login, person=my_name(), seen=seen
                )  # fmt: skip
                begin_anew(form)
                st.toast(f"{given.name}: {_named(given.role)}.")
                st.rerun()


def group_roles(of: Context) -> None:
    """What groups of the provider give to everybody in them."""
    with st.expander(f"Roles by group ({len(people.groups(of))})", key="group_roles"):
        st.caption("Whoever signs in with that group in their claims has its role, if their own one is not higher.")
        for given in people.groups(of):
            with st.container(horizontal=True, vertical_alignment="center"):
                speaks = f", new ones speak for {given.function}" if given.function else ""
                st.markdown(f"**{markdown(given.group)}**: {given.role}{speaks}", width="stretch")
                if st.button("Remove", key=f"forget_{given.group}", type="tertiary"):
                    with refusals():
                        people.forget_group(of, given.group, person=my_name())
                        st.rerun()
        key = turn("give_group")
        with st.form("give_group", border=False):
            left, middle, right = st.columns(3)
            group = left.text_input("Group", max_chars=80, key=f"group_name_{key}",
                                    placeholder="as the provider calls it")  # fmt: skip
            role = middle.selectbox("Role", list(ROLES), key=f"group_role_{key}")
            function = right.selectbox("New ones speak for", FUNCTIONS, index=None, key=f"group_function_{key}",
                                       placeholder=people.DEFAULT_FUNCTION)  # fmt: skip
            if st.form_submit_button("Give"):
                with refusals():
                    people.give_group(of, group, role, function=function or "", person=my_name())
                    begin_anew("give_group")
                    st.rerun()


def journal(of: Context, entries: list[Entry]) -> None:
    """What was said, the newest first."""
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


def audit_log(of: Context) -> None:
    """The newest entries of the audit log, for administrators; asked for, since it is long."""
    fold = st.expander("Audit log", key="audit_log", on_change="rerun")
    if not fold.open:
        return
    with fold, refusals():
        entries = auditing.newest(of, LOGGED)
        if not entries:
            st.caption("Nothing is written yet.")
            return
        st.caption(f"The newest {several(len(entries), 'entry').replace('entrys', 'entries')}, each with its number.")
        rows = [
            {
                "number": one.seq,
                "when": moment(one.at),
                "who": one.person,
                "as": one.role or NONE,
                "did": one.act,
                "to": one.subject,
                "before and after": json.dumps(one.what, ensure_ascii=False) if one.what else "",
            }
            for one in entries
        ]
        config = {"number": st.column_config.NumberColumn(width=75), "to": st.column_config.TextColumn(width="medium")}
        st.dataframe(pd.DataFrame(rows), hide_index=True, key="audit_entries", height=400, column_config=config,
                     alt="The audit log, newest first")  # fmt: skip
