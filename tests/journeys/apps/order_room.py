"""A room that takes every wish, or refuses what its title asks to refuse; what came is written on the page."""

import time

import numpy as np
import streamlit as st

from opex.ui.order_list import OrderRow, clicked_row, order_list

st.title("The agreed order")
time.sleep(float(st.query_params.get("slow", "0")))
count = int(st.query_params.get("rows", "12"))
state = st.session_state
state.setdefault("order", [f"item-{n}" for n in range(1, count + 1)])
state.setdefault("pinned", set())
state.setdefault("log", [])
state.setdefault("done", set())
TITLES = {
    1: "Disk of the mail host is full",
    2: "<img src=x onerror=alert(1)> **Login** is slow",
    3: "Certificate of the shop expired, and nobody is called when the renewal fails on a weekend",
}
rows = [
    OrderRow(
        id=item,
        title=TITLES.get(n := int(item.removeprefix("item-")), f"Improvement number {n}"),
        computed=np.int64(n),  # type: ignore[arg-type]
        note=["", "Two of six say this does not hold", "Saves about 40 hours a year"][n % 3],
        moved=n != place,
        pinned=item in state["pinned"],
    )
    for place, item in enumerate(state["order"], start=1)
]
wanted = order_list(rows, cut=5, key="room", disabled="disabled" in st.query_params)
if wanted and wanted.request_id not in state["done"]:
    state["done"].add(wanted.request_id)
    state["log"].append(f"{wanted.item} to {wanted.to}{' pinned' if wanted.pin else ''}")
    if wanted.item == "item-9":
        st.error("Number nine may not be moved.")
    else:
        state["order"].remove(wanted.item)
        state["order"].insert(wanted.to - 1, wanted.item)
        (state["pinned"].add if wanted.pin else state["pinned"].discard)(wanted.item)
        st.rerun()
st.text(f"wanted: {'; '.join(state['log'])}.")
st.text(f"order: {' '.join(item.removeprefix('item-') for item in state['order'][:12])}.")
st.text(f"chosen: {clicked_row('room')}.")
