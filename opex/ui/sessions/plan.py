"""Preparing a session: what it is about, who is asked what. Each change is saved as it is made."""

from dataclasses import replace
from datetime import date
from typing import Any, NoReturn

import streamlit as st

from opex.domain.people import FUNCTIONS, Person
from opex.domain.priorities import Priorities
from opex.domain.problems import NotEnoughData, Refused
from opex.domain.safe import markdown
from opex.domain.sessions import MOST_ITEMS, RHYTHMS
from opex.review.sessions import Session
from opex.services import prioritising, reviewing, session_reading, sessions
from opex.services.context import Context
from opex.services.writing import StaleReview
from opex.ui.session import begin_anew, may, refusals, speaker, turn
from opex.ui.words import told_apart

__all__ = ["plan_told", "plan_view"]


def plan_told() -> None:
    """To those who take part: what will come."""
    st.info("It is being prepared: once it is opened, what you are asked stands here.")


def plan_view(of: Context, now: Session) -> None:
    """The plan as its facilitator makes it."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        items = _scope(of, now)
    with right:
        when = _when(now)
    people = _people(of, now)
    asked = _asked(of, now, people)
    _save(of, now, when | {"items": items, "participants": people, "asked": asked})


def _scope(of: Context, now: Session) -> tuple[str, ...]:
    st.markdown("#### What it is about")
    board = prioritising.board(of)
    if isinstance(board, NotEnoughData):
        return now.plan.items
    order = prioritising.saved_order(of, board)
    titles = {item.id: f"{item.rank}. {item.opportunity.title}" for item in order.items}
    _take(now, order)
    key = _key(now, "items")
    st.session_state[key] = [item for item in st.session_state.get(key, now.plan.items) if item in titles]
    chosen = st.multiselect("Opportunities", list(titles), format_func=titles.__getitem__, key=key)
    st.caption("  \n".join(markdown(titles[item]) for item in titles if item in set(chosen)))
    return tuple(item for item in titles if item in set(chosen))


def _key(now: Session, field: str) -> str:
    return f"plan_{field}_{now.id}_{turn(f'plan_{now.id}')}"


def _take(now: Session, order: Priorities) -> None:
    """The first ones, those of a system, or what the page Priorities shows under its filters."""
    ids = [item.id for item in order.items]
    systems = sorted({item.opportunity.system for item in order.items if item.opportunity.system})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        top = st.number_input("The first", 1, min(len(ids), MOST_ITEMS), min(10, len(ids)), key=_key(now, "top"))
        offers = {"Take these": ids[: int(top)]}
        system = st.selectbox("or all of", systems, None, key=_key(now, "system"), placeholder="a system")
        if system is not None:
            offers["Take its"] = [item.id for item in order.items if item.opportunity.system == system]
        filtered = st.session_state.get("seen")
        if isinstance(filtered, Priorities) and filtered.filters:
            offers[f"Take those where {markdown(filtered.filters)}"] = [item.id for item in filtered.items]
        for n, (label, chosen) in enumerate(offers.items()):
            if st.button(label, key=_key(now, f"take_{n}")):
                st.session_state[_key(now, "items")] = [item for item in chosen if item in set(ids)][:MOST_ITEMS]


def _when(now: Session) -> dict[str, Any]:
    st.markdown("#### When and how far")
    title = st.text_input("Title", now.plan.title, max_chars=200, key=_key(now, "title"))
    due = st.date_input(
        "People answer until", date.fromisoformat(now.plan.due) if now.plan.due else None, key=_key(now, "due"),
        format="YYYY-MM-DD",
    )  # fmt: skip
    rhythm = st.selectbox(
        "It comes again", list(RHYTHMS), list(RHYTHMS).index(now.plan.rhythm), format_func=RHYTHMS.__getitem__,
        key=_key(now, "rhythm"),
    )  # fmt: skip
    cut = st.number_input(
        "Cut line below place", 1, 10_000, now.plan.cut, key=_key(now, "cut"),
        help="What stands above it is within reach. Differences between people matter where they would change that.",
    )  # fmt: skip
    note = st.text_area("What people should know", now.plan.note, key=_key(now, "note"), height=80, max_chars=4000)
    day = due.isoformat() if isinstance(due, date) else None
    return {"title": title or "", "due": day, "rhythm": rhythm, "cut": int(cut), "note": note or ""}


def _people(of: Context, now: Session) -> dict[str, str]:
    st.markdown("#### Who is asked")
    known = session_reading.everybody(of) | now.plan.participants
    key = _key(now, "people")
    st.session_state[key] = [one for one in st.session_state.get(key, now.plan.participants) if one in known]
    chosen = st.multiselect("Participants", sorted(known), format_func=lambda name: f"{name} ({known[name]})", key=key)
    if not of.team or may("administer"):
        _somebody_new(of, now)
    return {name: known[name] for name in chosen}


def _somebody_new(of: Context, now: Session) -> None:
    """A name and a function for somebody who was never here; in a team they sign in, or an administrator names them."""
    form = f"plan_new_{now.id}"
    with st.popover("Somebody new"), st.form(form, border=False):
        name = st.text_input("Name", max_chars=80, key=f"name_{form}_{turn(form)}")
        function = st.selectbox("Speaks for", FUNCTIONS, None, key=f"function_{form}_{turn(form)}")
        if st.form_submit_button("Add"):
            with refusals():
                reviewing.remember(of, Person(name=name.strip(), function=function or ""))
                begin_anew(form)
                st.rerun()


def _asked(of: Context, now: Session, people: dict[str, str]) -> dict[str, list[str]]:
    st.markdown("#### What each function is asked of every opportunity")
    asks = told_apart(session_reading.questions(of))
    functions = [function for function in FUNCTIONS if function in set(people.values())]
    asked = {}
    for function in functions:
        given = [q for q in now.plan.asked.get(function, list(asks)) if q in asks]
        names = ", ".join(sorted(name for name in people if people[name] == function))
        chosen = st.pills(
            f"{function} ({markdown(names)})", list(asks), selection_mode="multi", default=given,
            format_func=lambda question: markdown(asks[question]), key=_key(now, f"asked_{function}"),
        )  # fmt: skip
        asked[function] = [question for question in asks if question in set(chosen)]
    return asked


def _mine_or_theirs(now: Session) -> None:
    """A colleague changed the plan meanwhile: keep what stands on this page, or take what is saved."""
    mine, theirs = st.columns(2)
    if mine.button("Save mine", key=f"plan_redo_{now.id}", width="stretch"):
        st.session_state[f"plan_seen_{now.id}"] = now.version
        st.rerun()
    if theirs.button("Take theirs", key=f"plan_theirs_{now.id}", width="stretch"):
        _as_saved(now)


def _as_saved(now: Session) -> NoReturn:
    """Every field begins anew from the plan as it is saved."""
    begin_anew(f"plan_{now.id}")
    st.session_state[f"plan_seen_{now.id}"] = now.version
    st.session_state[f"plan_begun_{now.id}"] = now.plan
    st.rerun()


def _save(of: Context, now: Session, wanted: dict[str, Any]) -> None:
    """Save what changed since it was saved last; a refusal says what is missing and keeps the earlier plan."""
    seen = st.session_state.setdefault(f"plan_seen_{now.id}", now.version)
    try:
        plan = replace(now.plan, **wanted)
        if plan == st.session_state.setdefault(f"plan_begun_{now.id}", now.plan) != now.plan:
            _as_saved(now)  # a colleague changed it, and nothing was changed here
        if plan == now.plan:
            st.session_state.update({f"plan_seen_{now.id}": now.version, f"plan_begun_{now.id}": now.plan})
            st.caption("The plan is saved. Nobody is asked anything until you open it.")
            return
        form = f"plan_{now.id}_{now.version}"
        sessions.plan(of, plan, speaker(form, seen), session=now.id)
    except Refused as refusal:
        st.warning(f"{markdown(str(refusal))} The plan as it was saved before still stands.")
        if isinstance(refusal, StaleReview):
            _mine_or_theirs(now)
        return
    st.session_state.pop(f"request_{form}", None)
    saved = session_reading.look(of, now.id)
    st.session_state.update({f"plan_seen_{now.id}": saved.version, f"plan_begun_{now.id}": saved.plan})
    st.rerun()
