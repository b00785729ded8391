"""The drawer's part on moving it: to which place, why, and at which price in weights."""

import streamlit as st

from opex.domain.decisions import MOVE_REASONS
from opex.domain.priorities import Priority
from opex.domain.safe import markdown
from opex.services import explaining, reviewing
from opex.services.context import Context
from opex.ui.session import again, may, save, shown

__all__ = ["move"]


def move(of: Context, item: Priority, places: int) -> None:
    """Move it with a reason. No form: a reason that is about weights shows its price before anything is saved."""
    it = item.opportunity
    if item.move is None and not may("say"):
        return
    st.markdown("#### Move it" if may("say") else "#### Moved")
    if item.move is not None:
        st.markdown(
            f"{markdown(item.move.person)} put it at place {item.move.to} ({MOVE_REASONS[item.move.reason]}); "
            f"computed it is {item.computed_rank}."
        )
    if not may("say"):
        return
    seen = shown(f"move_{it.id}", it.version)
    key = it.id
    with st.container(border=True):
        left, right = st.columns([1, 2])
        to = left.number_input("To place", 1, places, item.rank, key=f"move_to_{key}_{item.rank}")
        reason = right.selectbox(
            "Reason", list(MOVE_REASONS), None, format_func=MOVE_REASONS.__getitem__, key=f"move_reason_{key}"
        )
        if reason == "weights":
            _price(of, it.id, to)
        words = st.text_input("In words", max_chars=500, key=f"move_words_{key}")
        if st.button("Move", key=f"move_save_{key}"):
            _save(of, item, to, reason, words, seen)


def _price(of: Context, opportunity: str, to: int) -> None:
    asked = explaining.price_of_move(of, opportunity, to)
    if asked is None:
        st.caption(
            "Choose another place: then the weights that would put it there are told, where the score orders the list."
        )
    else:
        st.info(markdown(asked.sentence))


def _save(of: Context, item: Priority, to: int, reason: str | None, words: str, seen: int) -> None:
    if reason is None:
        st.error("Give a reason: colleagues will ask for it.")
        return
    it = item.opportunity
    said = lambda s: reviewing.move(of, it.id, s, to=to, reason=reason, words=words)  # noqa: E731
    again(save(f"move_{it.id}", said, seen=seen))
