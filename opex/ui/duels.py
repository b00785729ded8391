"""Duels: two real items side by side, scores and ranks hidden. Each answer is saved as it is given."""

import streamlit as st

from opex.domain.decisions import Person
from opex.domain.duels import Answer
from opex.domain.problems import NotEnoughData
from opex.domain.safe import markdown
from opex.ranking.revealed import LEAST
from opex.services import duels
from opex.services.context import Context
from opex.services.duels import Duel, Item
from opex.ui.door import stay_in
from opex.ui.session import person, refusals, speaker
from opex.ui.words import cost, hours, several

__all__ = ["duels_view"]


@st.fragment
def duels_view(of: Context) -> None:
    """The next question to whoever is at the keyboard, and what they answered so far."""
    stay_in(of)
    me = person()
    if me is None:
        st.info("Say who you are first (at the side, under “You are”): each answer is saved under your name.")
        return
    duel = duels.next_duel(of, me)
    if isinstance(duel, NotEnoughData):
        st.info(f"There is nothing to compare yet ({duel.sentence}).")
        return
    _progress(of, me)
    if duel is None:
        st.success("You have answered every pair that could tell anything. More items bring more questions.")
        _undo(of, me)
        return
    st.markdown("**Which of these two should be done first?** Go by what they are, as if nothing had been ranked yet.")
    left, right = st.columns(2, gap="medium")
    shown = _lines(duel)
    with left:
        _card(of, duel, duel.first, shown, "first", "Left")
    with right:
        _card(of, duel, duel.second, shown, "second", "Right")
    with st.container(horizontal=True):
        _answer(of, duel, "equal", "Both alike", shortcut="0")
        _answer(of, duel, "cannot_say", "Cannot say", shortcut="9")
        _undo(of, me)


def _progress(of: Context, me: Person) -> None:
    every = duels.answers(of)
    mine = sum(one.person.name == me.name for one in every)
    ours = sum(one.person.function == me.function and one.said.outcome is not None for one in every)
    left = f"{LEAST - ours} more before they say anything" if ours < LEAST else "enough to look at what they imply"
    st.progress(min(ours / LEAST, 1.0), text=f"{several(mine, 'answer')} of yours; {me.function} has {ours}, {left}")


def _lines(duel: Duel) -> list[int]:
    """The drivers of which something is known on either side; where neither is known there is nothing to compare."""
    silent = {"not known", "nobody has rated it"}
    both = zip(duel.first.told, duel.second.told, strict=True)
    return [n for n, (one, other) in enumerate(both) if {one[1], other[1]} - silent]


def _card(of: Context, duel: Duel, item: Item, shown: list[int], given: Answer, shortcut: str) -> None:
    opportunity, evidence = item.opportunity, item.evidence
    where = " · ".join(part for part in (opportunity.system, opportunity.environment) if part)
    with st.container(border=True, height="stretch", vertical_alignment="distribute", key=f"card_{given}"):
        with st.container():
            st.markdown(f"#### {markdown(opportunity.title)}")
            st.markdown(f"{markdown(opportunity.action)}" + (f" ({markdown(where)})" if where else ""))
            lines = [
                f"**{several(evidence.incidents, 'incident')}** in the past 12 months, "
                f"{hours(evidence.hours_lost)} hours lost",
                f"The action would likely remove **{opportunity.removes.likely:.0%}** of it",
                f"Effort: **{markdown(cost(opportunity))}**",
                *(f"{markdown(item.told[n][0])}: **{markdown(item.told[n][1])}**" for n in shown),
            ]
            st.markdown("  \n".join(lines))
        _answer(of, duel, given, "This one first", shortcut=shortcut, big=True)


def _answer(of: Context, duel: Duel, given: Answer, label: str, *, shortcut: str, big: bool = False) -> None:
    key, width = f"duel_{given}_{duel.answered}", "stretch" if big else "content"
    if st.button(label, key=key, shortcut=shortcut, width=width, type="primary" if big else "secondary"):  # type: ignore[arg-type]
        form = f"duel_{duel.id}_{duel.answered}"
        with refusals():
            duels.answer(of, duel, given, speaker(form))
            st.session_state.pop(f"request_{form}", None)
            st.rerun(scope="fragment")


def _undo(of: Context, me: Person) -> None:
    mine = sum(one.person.name == me.name for one in duels.answers(of))
    if st.button("Undo the last answer", key=f"duel_undo_{mine}", shortcut="u", type="tertiary", disabled=not mine):
        with refusals():
            duels.undo(of, speaker(f"duel_undo_{mine}"))
            st.session_state.pop(f"request_duel_undo_{mine}", None)
            st.rerun(scope="fragment")
