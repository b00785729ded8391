"""The drawer's part on moving it: to which place, why, and at which price in weights."""

import streamlit as st

from opex.domain.decisions import MOVE_REASONS
from opex.domain.priorities import Priority
from opex.domain.safe import markdown
from opex.services import explaining, reviewing
from opex.services.context import Context
from opex.ui.places import places
from opex.ui.session import again, begin_anew, may, save, shown, turn

__all__ = ["move"]


def move(of: Context, item: Priority, last: int) -> None:
    """Move it with a reason. No form: a reason that is about weights shows its price before anything is saved."""
    it = item.opportunity
    if item.move is None and not may("say"):
        return
    told, form = places(2)
    told.markdown("#### Move it" if may("say") else "#### Moved")
    if item.move is not None:
        told.markdown(
            f"{markdown(item.move.person)} put it at place {item.move.to} ({MOVE_REASONS[item.move.reason]}); "
            f"computed it is {item.computed_rank}."
        )
    if not may("say"):
        return
    seen = shown(f"move_{it.id}", it.version)
    with form.container(border=True):
        _form(of, item, last, seen)


def _form(of: Context, item: Priority, last: int, seen: int) -> None:
    """Its fields are empty again after a move of one's own, and keep what was typed whatever else changes the page."""
    key = f"{item.id}_{turn(f'move_{item.id}')}"
    left, right = st.columns([1, 2])
    to = left.number_input("To place", 1, last, None, placeholder=f"is {item.rank}", key=f"move_to_{key}")
    reason = right.selectbox(
        "Reason", list(MOVE_REASONS), None, format_func=MOVE_REASONS.__getitem__, key=f"move_reason_{key}"
    )
    price, below = places(2)
    if reason == "weights":
        with price:
            _price(of, item.id, to)
    with below:
        words = st.text_input("In words", max_chars=500, key=f"move_words_{key}")
        if st.button("Move", key=f"move_save_{key}"):
            _save(of, item, to, reason, words, seen)


def _price(of: Context, opportunity: str, to: int | None) -> None:
    asked = None if to is None else explaining.price_of_move(of, opportunity, to)
    if asked is None:
        st.caption(
            "Choose another place: then the weights that would put it there are told, where the score orders the list."
        )
    else:
        st.info(markdown(asked.sentence))


def _save(of: Context, item: Priority, to: int | None, reason: str | None, words: str, seen: int) -> None:
    if to is None:
        st.error(f"Say to which place: it stands at place {item.rank}.")
        return
    if reason is None:
        st.error("Give a reason: colleagues will ask for it.")
        return
    it = item.opportunity
    said = lambda s: reviewing.move(of, it.id, s, to=to, reason=reason, words=words)  # noqa: E731
    if saved := save(f"move_{it.id}", said, seen=seen):
        begin_anew(f"move_{it.id}")
    again(saved)
