"""Who is at the keyboard, which workspace is open, and saying things once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from uuid import uuid4

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from opex.domain.people import FUNCTIONS, Act, Person
from opex.domain.problems import Refused
from opex.domain.safe import markdown
from opex.services import auditing, reviewing
from opex.services.context import Context, Speaker
from opex.services.knowing import sizes
from opex.services.loading import load_sample
from opex.ui import door
from opex.workspace import SAMPLE_NAME, open_workspace, sample_first, workspaces

__all__ = [
    "again",
    "begin_anew",
    "context",
    "follow",
    "may",
    "my_name",
    "named",
    "open_sample",
    "person",
    "progress",
    "refusals",
    "save",
    "shown",
    "speaker",
    "turn",
    "workspace_picker",
]


T = TypeVar("T")


@st.cache_resource(max_entries=4, show_spinner="Opening the workspace …")
def _open(url: str, name: str) -> Context:
    opened = open_workspace(url, name)
    auditing.tell_head(opened)
    return opened


def context() -> Context:
    """The open workspace, as whoever looks asks of it: the one chosen or named by the address, else one's own."""
    offered = _offered()
    chosen = st.session_state.get("open_workspace") or st.query_params.get("workspace")
    name = chosen if chosen in offered else _first(offered)
    st.session_state["open_workspace"] = name
    return door.as_asker(_open(offered[name], name))


def _offered() -> dict[str, str]:
    """The workspaces to choose from; a team has its own one only, as roles belong to a workspace."""
    offered = workspaces()
    return {name: url for name, url in offered.items() if name != SAMPLE_NAME} if door.team() else offered


def may(act: Act) -> bool:
    """Whether to show what needs that: what one may not do is not offered. Services ask again, and protect it."""
    return door.allowed(act)


def _first(offered: dict[str, str]) -> str:
    own = next(iter(offered))
    if SAMPLE_NAME in offered and sample_first() and not any(sizes(_open(offered[own], own)).values()):
        return SAMPLE_NAME
    return own


def named(name: str | None) -> Context:
    """The workspace of that name, for whoever asks outside of a page; else a person's own."""
    offered = workspaces()
    chosen = name if name in offered else next(iter(offered))
    return _open(offered[chosen], chosen)


def workspace_picker() -> None:
    """Say which workspace is open, and switch."""
    offered = list(_offered())
    if len(offered) == 1:
        return
    opened = offered.index(st.session_state["open_workspace"])
    help_ = "Sample data has a file of its own and never mixes with yours."
    chosen = st.selectbox("Workspace", offered, opened, help=help_)
    st.query_params["workspace"] = chosen
    if chosen != st.session_state["open_workspace"]:
        _switch(chosen)


def _switch(name: str) -> None:
    old = [str(key) for key in st.session_state]
    for key in [k for k in old if k.startswith(("shown_", "item", "seen", "loaded")) or k.endswith("_exact")]:
        del st.session_state[key]
    st.session_state["open_workspace"] = name
    st.rerun()


def open_sample() -> None:
    """Switch to the sample's own workspace, filling it the first time."""
    url = workspaces()[SAMPLE_NAME]
    with progress("Loading the sample data") as told, refusals():
        of = _open(url, SAMPLE_NAME)
        if not any(sizes(of).values()):
            load_sample(of, progress=told)
    _switch(SAMPLE_NAME)


def person() -> Person | None:
    """The person who speaks: whoever signed in, else ``None`` until somebody says who they are."""
    if (who := door.member()) is not None:
        return who.person
    name = st.session_state.get("me") or ""
    function = st.session_state.get("my_function", FUNCTIONS[0]) or FUNCTIONS[0]
    return Person(name=name.strip(), function=function) if name.strip() else None


def who_picker(of: Context) -> None:
    """Say who you are. There is no password in local mode."""
    if st.session_state.pop("function_said", False) and (me := person()) is not None:
        reviewing.remember(of, me)
    known = {one.name: one.function for one in reviewing.people(of)}

    st.selectbox(
        "You are",
        list(known),
        index=None,
        key="me",
        accept_new_options=True,
        placeholder="Your name",
        persist_state="session",
        help="A name is asked for when you say something: no password in this local mode.",
    )
    name = (st.session_state.get("me") or "").strip()
    if not name:
        return
    if name not in known:
        known[name] = FUNCTIONS[0]
        reviewing.remember(of, Person(name=name, function=known[name]))
    st.session_state["my_function"] = known[name]  # as it is known here, whoever said so last

    def said() -> None:
        st.session_state["function_said"] = True

    st.selectbox("You speak for", FUNCTIONS, key="my_function", on_change=said, persist_state="session")


def my_name() -> str:
    """The name of who is at the keyboard; empty until they said it."""
    me = person()
    return me.name if me else ""


def speaker(form: str, seen: int | None = None, session: str | None = None) -> Speaker:
    """Who speaks in this form. A form has one request id until its save succeeds: a double click writes once.

    Raises
    ------
    Refused
        Until somebody has said who they are.
    """
    me = person()
    if me is None:
        raise Refused("Say who you are first (at the side, under “You are”): a decision needs a name.")
    request = st.session_state.setdefault(f"request_{form}", uuid4().hex)
    return Speaker(person=me, request_id=request, seen=seen, session=session)


def save(
    form: str,
    write: Callable[[Speaker], object],
    *,
    seen: int | None = None,
    session: str | None = None,
    done: str = "Saved.",
) -> bool:
    """Write once and say so; on a refusal show its sentence and keep what was typed."""
    try:
        write(speaker(form, seen, session))
    except Refused as refusal:
        st.error(markdown(str(refusal)))
        return False
    st.session_state.pop(f"request_{form}", None)
    st.toast(done)
    return True


def shown(form: str, version: T) -> T:
    """What this form showed before the run that is under way: a click is about that, and not about what is read now.

    Ask once in a run, whenever the form is drawn: so a colleague's word that came between is found, and one that was
    drawn since (the page runs again by itself) counts as seen.
    """
    before: T = st.session_state.get(f"version_{form}", version)
    st.session_state[f"version_{form}"] = version
    return before


def turn(form: str) -> int:
    """How often this form began anew; in the keys of its fields, so that they are empty then and at no other time."""
    turned: int = st.session_state.get(f"turn_{form}", 0)
    return turned


def begin_anew(form: str) -> None:
    """Let the form begin anew in the run that follows: after a save, and never after a refusal."""
    st.session_state[f"turn_{form}"] = turn(form) + 1


def follow(key: str, default: T) -> None:
    """Let a field that nobody changed show what it stands for as that is now, and leave one that somebody did."""
    before = st.session_state.get(f"default_{key}", default)
    if st.session_state.get(key, before) == before:
        st.session_state[key] = default
    st.session_state[f"default_{key}"] = default


def again(saved: bool) -> None:
    """After a save in the drawer: draw it again, and let the page behind it follow."""
    if saved:
        st.session_state["said"] = True
        st.rerun(scope="fragment")


@contextmanager
def refusals() -> Iterator[None]:
    """Show a refusal as its sentence."""
    try:
        yield
    except Refused as refusal:
        st.error(markdown(str(refusal)))


def _told(bar: DeltaGenerator, what: str) -> Callable[[float, str], None]:
    def told(share: float, doing: str) -> None:
        bar.progress(min(max(share, 0.0), 1.0), text=f"{what}: {doing}")

    return told


@contextmanager
def progress(what: str) -> Iterator[Callable[[float, str], None]]:
    """A progress bar for long work; it goes away when the work is done."""
    bar = st.progress(0.0, text=what)
    try:
        yield _told(bar, what)
    finally:
        bar.empty()
