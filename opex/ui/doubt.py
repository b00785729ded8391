"""How sure the places are: the view of the whole list, and the part of one opportunity's drawer."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from opex.charts.doubt import believed_weights, places
from opex.domain.drivers import DriverSet
from opex.domain.priorities import Doubt, Priorities, Priority, share_told
from opex.domain.problems import NotEnoughData
from opex.domain.safe import markdown
from opex.services import doubt, prioritising
from opex.services.context import Context
from opex.services.prioritising import Board

__all__ = ["doubt_view", "how_sure"]

FIRST = 30
LONGEST = 44


def doubt_view(of: Context, board: Board, order: Priorities) -> None:
    """Which places are tied, the share of draws by item and place, and what was drawn."""
    computed = sorted(order.items, key=lambda item: item.computed_rank)
    spans = _spans(computed)
    told = " · ".join(f"{first} to {last}" if last > first else f"{first}" for first, last in spans[:FIRST])
    st.markdown(
        f"Evidence and plausible weights tell these places apart: **{told}**. Within a group the order says little."
    )
    shares = doubt.ranks_of(of, board, order, FIRST)
    labels = [_label(item) for item in computed[:FIRST]]
    cells = pd.DataFrame(
        [
            {"label": label, "title": item.opportunity.title, "place": place, "share": float(share)}
            for label, item, row in zip(labels, computed, shares, strict=False)
            for place, share in enumerate(row, start=1)
        ]
    )
    opening = [labels[first - 1] for first, _ in spans if 1 < first <= len(labels)]
    drawing = places(cells, pd.DataFrame({"label": opening}, dtype="str"))
    st.altair_chart(drawing, key="places", alt="Share of draws by opportunity and place")
    st.caption(
        f"Each cell: the share of {doubt.DRAWS:,} draws in which the opportunity stands at that place, in percent; a "
        f"line parts the groups that are tied. {drawn_told(order.drivers)} What people moved is not in it."
    )


def _label(item: Priority) -> str:
    title = item.opportunity.title
    return f"{item.computed_rank}. {title if len(title) <= LONGEST else title[: LONGEST - 1] + '…'}"


def _spans(computed: Sequence[Priority]) -> list[tuple[int, int]]:
    """The first and the last place of each tied group, down the computed order."""
    spans, place = [], 1
    while place <= len(computed):
        own = computed[place - 1].doubt
        last = place + (own.tied if own else 0)
        spans.append((place, last))
        place = last + 1
    return spans


def drawn_told(drivers: DriverSet) -> str:
    """What was drawn, in words, with the weights as they are."""
    most = max(drivers.drivers, key=lambda driver: driver.weight)
    low, high = doubt.weight_range(most.weight, doubt.FIRM)
    return (
        f"Drawn are weights around the stated ones ({markdown(most.title)}, {100 * most.weight:.0f} %, lies between "
        f"{100 * low:.0f} and {100 * high:.0f} % in nine of ten draws), the weeks of the past year, removals, ratings, "
        "and what is unknown over its whole scale."
    )


def how_sure(of: Context, item: Priority) -> None:
    """One opportunity's range under weights held firmly and loosely, and what one must believe for it to be first."""
    board = prioritising.board(of)
    if isinstance(board, NotEnoughData):
        return
    st.markdown("#### How sure")
    order = prioritising.saved_order(of, board)
    found = doubt.believed(of, board, order, item.id)
    if found.firm is None or found.loose is None:
        st.caption(f"Doubt is drawn for the first {doubt.MOST:,} of the computed order; this one stands below them.")
        return
    st.markdown(found.firm.sentence)
    rows = [
        _held("firmly", doubt.FIRM, found.firm, order.drivers),
        _held("loosely", doubt.LOOSE, found.loose, order.drivers),
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key=f"sure_{item.id}", column_config=_SHARES)
    st.caption(
        f"{drawn_told(order.drivers)} A share of draws is no frequency: it depends on how firmly weights are held."
    )
    st.markdown(_believe(found, order.drivers))
    if found.weights is not None:
        table = [
            {"driver": d.title, "stated": 100 * d.weight, "believed": 100 * found.weights[d.name]}
            for d in order.drivers.drivers
        ]
        with st.expander("The weights that put it first"):
            st.altair_chart(believed_weights(pd.DataFrame(table)), alt="Stated weights and those that put it first")
            st.caption("Ring: as stated. Dot: the mean of all weightings under which it comes first.")


_SHARES = {
    name: st.column_config.NumberColumn(f"{name}, % of draws", format="%.0f")
    for name in ("first", *(f"first {k}" for k in doubt.TOPS[1:]))
}


def _held(how: str, concentration: float, of: Doubt, drivers: DriverSet) -> dict[str, str | float]:
    most = max(drivers.drivers, key=lambda driver: driver.weight)
    low, high = doubt.weight_range(most.weight, concentration)
    shares = {("first" if k == 1 else f"first {k}"): 100 * share for k, share in of.p_top.items()}
    meaning = f"{how}: {most.title} {100 * low:.0f} to {100 * high:.0f} %"
    return {"weights held": meaning, "place": f"{of.rank_low} to {of.rank_high}", **shares}


def _believe(found: doubt.Believed, drivers: DriverSet) -> str:
    """What one must believe for it to be first, by the weights that differ most from the stated ones."""
    if found.weights is None:
        return "No weighting of these drivers puts it first, as the evidence stands."
    apart = sorted(drivers.drivers, key=lambda d: -abs(found.weights[d.name] - d.weight))[:2]  # type: ignore[index]
    told = " and ".join(
        f"{markdown(d.title)} weighs about {100 * found.weights[d.name]:.0f} % (stated {100 * d.weight:.0f} %)"
        for d in apart
    )
    share = share_told(found.share)
    return f"It comes first in {share} of all weightings. To put it first one must believe, say, that {told}."
