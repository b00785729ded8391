"""A session that is over, or one as it stood: what was decided, what was settled, how the order moved."""

import pandas as pd
import streamlit as st

from opex.domain.safe import markdown
from opex.domain.sessions import OUTCOMES, Decided, SessionCancelled, Settled
from opex.review.sessions import Session
from opex.services import prioritising, session_reading
from opex.services.context import Context
from opex.ui.sessions.paper import paper
from opex.ui.sessions.reveal import who_said_what
from opex.ui.words import several, told_apart

__all__ = ["closed_view"]


def closed_view(of: Context, now: Session) -> None:
    """What came of it, without a control that changes anything."""
    items = prioritising.everything(of)
    titles = {item: items[item].title if item in items else item for item in now.plan.items}
    for entry in session_reading.history(of, now.id):
        if now.state == "cancelled" and isinstance(entry.saying, SessionCancelled):
            st.warning(f"It did not take place: {markdown(entry.saying.words)}")
    st.markdown(_sentence(now, sum(item not in items for item in now.plan.items)))
    if now.over:
        paper(of, now)
    _decisions(now, titles)
    _rankings(now)
    if now.revealed:
        _answers(of, now, titles)


def _sentence(now: Session, unseen: int) -> str:
    outcomes = [entry.saying.outcome for entry in now.decided.values() if isinstance(entry.saying, Decided)]
    told = [f"{outcomes.count(one)} {word}" for one, word in OUTCOMES.items() if one in outcomes]
    shown = len(now.plan.items) - unseen
    undecided = shown - len(outcomes)
    restricted = f" {several(unseen, 'more item')} not shown to your role." if unseen else ""
    said = f"**{', '.join(told)}**" if told else "Nothing was decided"
    return (
        f"{said}; {undecided} of {several(shown, 'item')} without a decision, "
        f"{several(len(now.settled), 'question')} settled.{restricted}"
    )


def _decisions(now: Session, titles: dict[str, str]) -> None:
    rows = [
        {
            "opportunity": titles[item],
            "decision": OUTCOMES[said.outcome],
            "owner": said.owner,
            "due": said.due or "",
            "course of action": said.course,
            "in words": said.words,
            "dissent": "; ".join(f"{e.person.name}: {e.saying.told}" for e in now.dissents if _of(e.saying, item)),
        }
        for item, entry in now.decided.items()
        if isinstance(said := entry.saying, Decided)
    ]
    if rows:
        told = pd.DataFrame(rows)
        told = told.loc[:, (told != "").any()]  # what nobody said needs no column
        st.dataframe(told, hide_index=True, key=f"decided_{now.id}", alt="What was decided")


def _of(saying: object, item: str) -> bool:
    return getattr(saying, "item", None) == item


def _rankings(now: Session) -> None:
    opened, closed = now.rankings.get("answer"), now.rankings.get("closed") or now.rankings.get("reveal")
    if opened is not None and closed is not None and opened != closed:
        st.caption(
            f"The ranking was kept when it was opened (number {opened}) and after it (number {closed}): "
            "page Priorities, view Moves, says what moved between them and why."
        )


def _answers(of: Context, now: Session, titles: dict[str, str]) -> None:
    with st.expander("What people said"):
        apart = told_apart(titles)
        item = st.selectbox("Opportunity", list(apart), format_func=apart.__getitem__, key=f"said_of_{now.id}")
        for question in now.questions(item):
            with st.container(border=True):
                who_said_what(of, now, item, question)
                settled = now.settled.get((item, question))
                if settled is not None and isinstance(settled.saying, Settled):
                    st.caption(f"✓ Settled: {markdown(settled.saying.agreed)}")
