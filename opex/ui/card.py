"""The inbox: a short list, and a card that is decided with one key."""

from collections.abc import Sequence

import streamlit as st

from opex.domain.decisions import DECLINE_REASONS
from opex.domain.opportunities import Opportunity
from opex.domain.safe import markdown
from opex.services import finding, reviewing
from opex.services.context import Context
from opex.ui.session import may, save, shown
from opex.ui.tables import incident_table, read_incidents
from opex.ui.words import several, told_apart

__all__ = ["candidate_card", "waiting_list"]

LISTED = 12


def waiting_list(waiting: Sequence[Opportunity]) -> Opportunity:
    """A short list around the chosen one; J and K go down and up."""
    ids = [item.id for item in waiting]
    stood = min(st.session_state.get("waiting_at", 0), len(ids) - 1)  # a decision takes one out: stay where one was
    at = ids.index(st.session_state["waiting"]) if st.session_state.get("waiting") in ids else stood
    st.session_state["waiting_at"] = at

    def go(step: int) -> None:
        st.session_state["waiting"] = ids[min(max(at + step, 0), len(ids) - 1)]

    back, onward = st.columns(2)
    back.button("Back", key="inbox_back", shortcut="k", on_click=go, args=(-1,), disabled=at == 0, width="stretch")
    last = at == len(ids) - 1
    onward.button("Next", key="inbox_next", shortcut="j", on_click=go, args=(1,), disabled=last, width="stretch")
    start = max(0, min(at - LISTED // 2, len(ids) - LISTED))
    titles = told_apart({item.id: item.title for item in waiting[start : start + LISTED]})
    near = {of_id: markdown(title) for of_id, title in titles.items()}
    picked = st.radio(
        f"{at + 1} of {len(ids)}",
        list(near),
        list(near).index(ids[at]),
        format_func=near.__getitem__,
        key=f"near_{ids[at]}",
    )
    if picked != ids[at]:
        st.session_state["waiting"] = picked
        st.rerun()
    return waiting[at]


def candidate_card(of: Context, item: Opportunity, waiting: Sequence[Opportunity]) -> None:
    """Evidence first, then how it could be wrong, then the decision."""
    seen = shown(f"card_{item.id}", item.version)
    st.subheader(markdown(item.title), anchor=False)
    if item.returned:
        st.info(item.returned)
    for reason in item.candidate.reasons if item.candidate else ():
        st.markdown(markdown(reason.why))
        st.caption(f"How it could be wrong: {markdown(reason.falsifier)}")
    st.markdown(f"**Proposed action.** {markdown(item.action)}")
    if may("decide"):
        _decide(of, item, waiting, seen)
    table = finding.evidence(of, list(item.evidence)[-200:])
    if not table.empty:
        read_incidents(of, table, incident_table(table, key=f"inbox_{item.id}", select=True))
        st.caption("Select an incident to read what was written about it.")
    if item.candidate and item.candidate.changes:
        count = several(len(item.candidate.changes), "change")
        st.caption(f"{count} of the same systems came within 24 h before one of them: worth a look, and no accusation.")


def _decide(of: Context, item: Opportunity, waiting: Sequence[Opportunity], seen: int) -> None:
    accept, decline, merge, _ = st.columns([1, 1, 1, 2])
    if accept.button("Accept", key=f"accept_{item.id}", type="primary", shortcut="a", width="stretch"):
        _next(save(f"accept_{item.id}", lambda s: reviewing.accept(of, item.id, s), seen=seen, done="Accepted."))
    if decline.button("Decline …", key=f"decline_{item.id}", shortcut="d", width="stretch"):
        st.session_state["deciding"] = ("decline", item.id)
    if merge.button("Merge …", key=f"merge_{item.id}", shortcut="m", width="stretch"):
        st.session_state["deciding"] = ("merge", item.id)
    deciding = st.session_state.get("deciding")
    if deciding == ("decline", item.id):
        _decline(of, item, seen)
    elif deciding == ("merge", item.id):
        _merge(of, item, seen)


def _next(saved: bool) -> None:
    if saved:
        st.session_state.pop("deciding", None)
        st.rerun()


def _decline(of: Context, item: Opportunity, seen: int) -> None:
    with st.form(f"decline_form_{item.id}"):
        reason = st.selectbox("Reason", list(DECLINE_REASONS), index=None, format_func=DECLINE_REASONS.__getitem__)
        until = st.text_input(
            "What would bring it back?", placeholder="three more incidents", help="Or “after June”, or nothing: never."
        )
        words = st.text_input("In words")
        if st.form_submit_button("Decline", type="primary"):
            if reason is None:
                st.error("Choose a reason.")
                return
            form = f"decline_{item.id}"
            _next(
                save(
                    form,
                    lambda s: reviewing.decline(of, item.id, s, reason=reason, words=words, until=until),
                    seen=seen,
                    done="Declined.",
                )
            )


def _merge(of: Context, item: Opportunity, seen: int) -> None:
    open_ones = told_apart({o.id: o.title for o in reviewing.mergeable(of, item.id)})
    with st.form(f"merge_form_{item.id}"):
        into = st.selectbox("The same improvement as", list(open_ones), index=None, format_func=open_ones.__getitem__)
        if st.form_submit_button("Merge", type="primary"):
            if into is None:
                st.error("Choose the one that takes over its evidence.")
                return
            form = f"merge_{item.id}"
            _next(save(form, lambda s: reviewing.merge(of, item.id, into, s), seen=seen, done="Merged."))
