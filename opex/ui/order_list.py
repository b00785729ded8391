"""The agreed order as a list that a room works on: moved by drag, by keyboard or by typing a place, pinned, and cut."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

__all__ = ["OrderRow", "Wanted", "choose_row", "clicked_row", "order_list"]

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "opex_order_list",
    html='<div class="order"></div>\n<!-- -->\n',
    css=(_HERE / "order_list.css").read_text(encoding="utf-8"),
    js=(_HERE / "order_list.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True, kw_only=True)
class OrderRow:
    """A row of the agreed order; its agreed place is where it stands among the rows, from 1.

    ``computed`` is its place in the computed order, counted among the same rows. ``moved`` and ``pinned`` are marked.
    ``note`` is a short line of plain text.
    """

    id: str
    title: str
    computed: int
    note: str = ""
    moved: bool = False
    pinned: bool = False


@dataclass(frozen=True)
class Wanted:
    """What a person wants: this item at this place (from 1), pinned there or not.

    A pinned row that is moved stays pinned; pressing its pin again wants it unpinned where it stands. Streamlit can
    hand the same wish to the page twice, when a run was cut short: write it under its ``request_id``, which is its own.
    """

    item: str
    to: int
    pin: bool
    request_id: str = field(default="", compare=False)


def order_list(
    rows: Sequence[OrderRow], *, cut: int, key: str, chosen: str = "", disabled: bool = False
) -> Wanted | None:
    """Show the rows in the agreed order; what was wanted in this run, else ``None``.

    Nothing is applied here: the row stays where the person put it until the page has answered, by other rows or by
    none. ``cut`` is the last place above the cut line; with ``disabled`` the rows can be chosen and not moved. The row
    that was clicked last is marked; before any was, the one whose id is ``chosen``.

    Examples
    --------
    ::

        if wanted := order_list(rows, cut=5, key="room"):
            move(wanted.item, wanted.to, pin=wanted.pin, request_id=wanted.request_id)
            st.rerun()
    """

    data = {
        "rows": [_plain(row, place) for place, row in enumerate(rows, start=1)],
        "cut": int(cut),
        "disabled": bool(disabled),
        "answered": st.session_state.get(f"{key}_answered", ""),
        "selected": clicked_row(key) or chosen,
    }
    said = _component(
        data=data, key=key, on_wanted_change=lambda: _heard(key), on_selected_change=lambda: _heard(key)
    ).wanted
    return _wanted(said, {row.id for row in rows}, disabled) if said else None


def clicked_row(key: str) -> str | None:
    """The id of the row that was chosen last in the list of that key; ``None`` before any was."""
    chosen: str | None = st.session_state.get(f"{key}_selected")
    return chosen


def choose_row(key: str, item: str) -> None:
    """As if that row had been clicked in the list of that key: for what has no row there."""
    st.session_state[f"{key}_selected"] = item


def _heard(key: str) -> None:
    """Note which word of the browser this run answers; it says the next one only then."""
    said = st.session_state[key]
    if chosen := said.selected:
        st.session_state[f"{key}_selected"] = str(chosen["item"])
    st.session_state[f"{key}_answered"] = str((said.wanted or chosen)["nonce"])


def _plain(row: OrderRow, place: int) -> dict[str, Any]:
    """A row as plain values: numbers of numpy do not cross to the browser."""
    computed = int(row.computed)
    return {
        "id": str(row.id),
        "title": str(row.title),
        "computed": computed if computed != place else None,
        "note": str(row.note),
        "moved": bool(row.moved),
        "pinned": bool(row.pinned),
    }


def _wanted(said: dict[str, Any], known: set[str], disabled: bool) -> Wanted | None:
    """What the browser says, believed as far as it is about a row that was shown and can be moved."""
    item, to = str(said["item"]), int(said["to"])
    if disabled or item not in known or not 1 <= to <= len(known):
        return None
    return Wanted(item, to, bool(said["pin"]), request_id=str(said["nonce"]))
