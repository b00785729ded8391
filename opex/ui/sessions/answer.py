"""Answering, one item at a time: does the insight hold, then the ratings. Each answer is saved as it is given."""

from collections.abc import Sequence

import streamlit as st

from opex.domain.opportunities import Opportunity
from opex.domain.people import Person
from opex.domain.problems import NotEnoughData, Refused
from opex.domain.reasons import VERDICTS
from opex.domain.safe import markdown
from opex.domain.sessions import INSIGHT, REMOVAL, Value
from opex.review.sessions import Given, Session
from opex.services import driving, finding, prioritising, session_reading, sessions
from opex.services.context import Context
from opex.ui.door import stay_in
from opex.ui.landing import landing
from opex.ui.session import begin_anew, may, my_name, person, speaker, turn
from opex.ui.sessions.gone import gone_told
from opex.ui.tables import incident_table
from opex.ui.words import several

__all__ = ["answer_view"]

UNSURE = "don't know"
SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)


def answer_view(of: Context, now: Session) -> None:
    """What whoever is at the keyboard is asked; the next question after each answer."""
    me = person()
    if me is None:
        st.info("Say who you are (at the side, under “You are”): each answer is saved under your name.")
        return
    if me.name not in now.plan.participants:
        invited = "you can invite yourself above" if may("decide") else "its facilitator can invite you"
        st.info(f"You take no part in this session: {invited}. Nothing lies open before the reveal.")
        return
    if now.plan.note:
        st.text(now.plan.note)
    _items(of, now.id, me)


@st.fragment
def _items(of: Context, session: str, me: Person) -> None:
    """A fragment, so that an answer redraws the questions only."""
    stay_in(of)
    now = session_reading.look(of, session, me.name)
    asked = session_reading.asked(of, now, me.name)
    if now.state != "answer":
        st.rerun()
    gone_told(question for _, question in {*now.asked(me.name)} - {*asked})
    if not asked:
        st.info("You are asked nothing in the round that runs.")
        return
    items = list(dict.fromkeys(item for item, _ in asked))
    missing = [one for one in asked if now.mine(me.name, *one) is None]
    incomplete = {item for item, _ in missing}
    left = [n for n, item in enumerate(items) if item in incomplete]
    key = f"at_{session}_{len(now.again)}"
    at = min(max(st.session_state.setdefault(key, left[0] if left else 0), 0), len(items) - 1)
    done = len(asked) - len(missing)
    st.progress(done / len(asked), text=f"{done} of {several(len(asked), 'answer')} given and saved")
    item = items[at]
    board = prioritising.board(of)
    found = None if isinstance(board, NotEnoughData) else board.all_items.get(item)
    if found is None:
        st.info("This opportunity is not there any more.")
    else:
        again = " · second round" if item in now.again else ""
        landing(f"{at + 1} of {len(items)}{again}", at=item, key=f"answer_at_{session}", always=True)
        _item(of, now, found)
        for question in [q for i, q in asked if i == item]:
            _question(of, now, me, found, question)
    _steps(len(items), left, at, key)


def _item(of: Context, now: Session, item: Opportunity) -> None:
    st.subheader(markdown(item.title), anchor=False)
    if item.candidate is not None:
        st.markdown(markdown(item.candidate.lead.why))
    st.markdown(f"**Proposed action.** {markdown(item.action)}")
    label = f"Evidence: {several(len(item.evidence), 'incident')}"
    fold = st.expander(label, key=f"evidence_{now.id}_{item.id}", on_change="rerun")
    if fold.open:
        with fold:
            if item.candidate is not None:
                st.caption(f"How it could be wrong: {markdown(item.candidate.lead.falsifier)}")
            table = finding.evidence(of, list(item.evidence)[-100:])
            if not table.empty:
                incident_table(table, key=f"table_{now.id}_{item.id}", height=240)


def _question(of: Context, now: Session, me: Person, item: Opportunity, question: str) -> None:
    given = now.mine(me.name, item.id, question)
    base = _base(f"{now.id}_{item.id}_{question}_{now.round_of(item.id)}", given)
    st.session_state.setdefault(f"seen_{base}", given.seq if given else 0)
    with st.container(border=True, key=f"question_{question}_{item.id}"):
        save = (of, now.id, item.id, question, base)
        if question == INSIGHT:
            _insight(base, given, save)
        elif question == REMOVAL:
            _removal(base, given, save)
        else:
            _rating(of, base, question, given, save)
        words = "Why? (optional)"
        _words(base, "words", words, given.words if given else "", save)
        if question == INSIGHT:
            _words(base, "impacts", "Further impacts not in the data (optional)",
                   given.impacts if given else "", save)  # fmt: skip
        _mark(given, base, save)


def _base(form: str, given: Given | None) -> str:
    """In the keys of the question: anew once it was answered in another window, and nothing of this one waits."""
    base = f"{form}_{turn(form)}"
    seen = st.session_state.get(f"seen_{base}")
    here = f"refused_{base}" in st.session_state or any(_waiting(base).values())
    if given is None or seen in (None, given.seq) or here:
        return base
    begin_anew(form)
    return f"{form}_{turn(form)}"


Save = tuple[Context, str, str, str, str]


def _insight(base: str, given: Given | None, save: Save) -> None:
    options = [*VERDICTS, UNSURE]
    shown = {**VERDICTS, UNSURE: "I don't know"}
    st.segmented_control(
        "Does this insight hold?", options, default=_shown(given), format_func=shown.__getitem__,
        key=f"value_{base}", on_change=_save, args=save, width="stretch", required=True,
    )  # fmt: skip


def _removal(base: str, given: Given | None, save: Save) -> None:
    options = [*SHARES, UNSURE]
    st.segmented_control(
        "How much of this pain would the action remove?", options, default=_shown(given),
        format_func=lambda v: f"{100 * v:.0f} %" if isinstance(v, float) else "I don't know",
        key=f"value_{base}", on_change=_save, args=save, required=True,
    )  # fmt: skip


def _rating(of: Context, base: str, question: str, given: Given | None, save: Save) -> None:
    driver = driving.drivers(of).driver(question)
    levels = dict(driver.rubric)
    options = [*levels, UNSURE]
    shown = {level: f"**{level}** · {markdown(text)}" for level, text in levels.items()} | {UNSURE: "I don't know"}
    chosen = _shown(given)
    st.radio(
        markdown(driver.title), options, options.index(chosen) if chosen in options else None,
        format_func=shown.__getitem__, key=f"value_{base}", on_change=_save, args=save,
    )  # fmt: skip


def _shown(given: Given | None) -> Value:
    if given is None:
        return None
    return UNSURE if given.value is None else given.value


def _words(base: str, name: str, label: str, said: str, save: Save) -> None:
    st.text_input(
        label, _waiting(base).get(name, said), key=f"{name}_{base}", placeholder=label, max_chars=4000,
        label_visibility="collapsed", on_change=_save, args=save,
    )  # fmt: skip


def _waiting(base: str) -> dict[str, str]:
    """The words that were typed before an answer was chosen: they are saved with it."""
    waiting: dict[str, str] = st.session_state.get(f"waiting_{base}", {})
    return waiting


def _save(of: Context, session: str, item: str, question: str, base: str) -> None:
    """Write the answer as it stands on the page; a refusal is shown beside it, and what was typed stays.

    Words alone keep the answer that is saved; where none is, they wait for one.
    """
    chosen = st.session_state.get(f"value_{base}")
    said = {name: str(st.session_state.get(f"{name}_{base}") or "") for name in ("words", "impacts")}
    form = f"answer_{base}"
    try:
        if chosen is None:
            chosen = _shown(session_reading.look(of, session, my_name()).mine(my_name(), item, question))
        if chosen is None:
            st.session_state[f"waiting_{base}"] = said
            return
        seen = st.session_state[f"seen_{base}"]
        st.session_state[f"seen_{base}"] = sessions.answer(
            of, session, speaker(form, seen), item, question, None if chosen == UNSURE else chosen, **said
        )
        for kept in (f"refused_{base}", f"waiting_{base}"):
            st.session_state.pop(kept, None)
    except Refused as refusal:
        st.session_state[f"refused_{base}"] = str(refusal)
    st.session_state.pop(f"request_{form}", None)


def _mark(given: Given | None, base: str, save: Save) -> None:
    """Whether it is saved; where another window was faster, what that said and a way to say it again."""
    refused = st.session_state.get(f"refused_{base}")
    if refused is None:
        typed = any(text.strip() for text in _waiting(base).values())
        waiting = "**Choose an answer: your words are saved with it.**" if typed else "not answered yet"
        st.caption("✓ saved" if given else waiting)
        return
    st.warning(markdown(refused))

    def redo() -> None:
        st.session_state[f"seen_{base}"] = given.seq if given else 0
        _save(*save)

    st.button("Save mine now", key=f"redo_{base}", on_click=redo)


def _steps(count: int, left: Sequence[int], at: int, key: str) -> None:
    """To the item before and the next one, and to the first that is left."""

    def go(to: int) -> None:
        st.session_state[key] = to

    with st.container(horizontal=True, key="answer_steps"):
        st.button("Back", key="answer_back", on_click=go, args=(at - 1,), disabled=at == 0, shortcut="k")
        last = at == count - 1
        st.button("Next", key="answer_next", type="primary", on_click=go, args=(at + 1,), disabled=last,
                  shortcut="j", width="stretch")  # fmt: skip
    if not left:
        st.success("You have answered everything. You can change an answer until the reveal.")
    elif last and left:
        st.button(f"Go to what is left ({len(left)})", key="answer_left", on_click=go, args=(left[0],), type="tertiary")
