"""What choices imply: stated against revealed weights, by function, and what may be taken over as a draft."""

import pandas as pd
import streamlit as st

from opex.charts import stated_and_revealed
from opex.domain.safe import markdown
from opex.services import choices
from opex.services.choices import Choices, Implied
from opex.services.context import Context
from opex.ui.draft import take_over

__all__ = ["choices_view"]


def choices_view(of: Context) -> None:
    """First what everybody's duels say in words, then the pictures, then who and what stands behind them."""
    found = choices.choices(of)
    spoken = [group for group in found.groups if group.weights]
    st.markdown(markdown(choices.sentence(found.groups[0])))
    most = max((100 * w.high for group in spoken for w in group.weights), default=0.0)
    for group in spoken:
        _group(group, most)
    for group in found.groups[1:]:
        if not group.weights:
            st.caption(markdown(choices.sentence(group)))
    if spoken:
        _offer(found, spoken)
    _people(found)
    _items(found)
    st.caption(
        "Only duels teach the weights. Moves in the order and declines often have other reasons than value, so "
        "nothing is learnt from them."
    )


def _group(group: Implied, most: float) -> None:
    st.subheader("Everybody" if group.function == "all" else group.function.capitalize(), anchor=False)
    if group.function != "all":
        st.markdown(markdown(choices.sentence(group)))
    rows = pd.DataFrame(
        {
            "driver": weight.title, "stated": 100 * weight.stated, "revealed": 100 * weight.revealed,
            "low": 100 * weight.low, "high": 100 * weight.high, "told": weight.told,
            "says": f"{weight.title[:24]}  ·  {_says(weight)}",
        }
        for weight in group.weights
    )  # fmt: skip
    st.altair_chart(
        stated_and_revealed(rows, most), key=f"implied_{group.function}",
        alt=f"Stated and revealed weights, {group.function}: " + "; ".join(rows["says"]),
    )  # fmt: skip
    for one in group.foretold:
        st.caption(choices.foretold_sentence(one))


def _says(weight: choices.Weight) -> str:
    if not weight.told:
        return f"{weight.stated:.0%}; no duel differed on it"
    return f"{weight.stated:.0%} → {weight.revealed:.0%} ({weight.low:.0%} to {weight.high:.0%})"


def _offer(found: Choices, spoken: list[Implied]) -> None:
    names = [group.function for group in spoken]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("Weights of", names, key="implied_of", width=220) if len(names) > 1 else names[0]
        of = next(group for group in spoken if group.function == chosen)
        draft = found.draft(chosen)
        if draft is not None:
            take_over(draft, f"implied by {of.duels} duels of {chosen}", key="implied_take")
    st.caption("A draft for the page Drivers. Nothing is applied by itself.")


def _people(found: Choices) -> None:
    if found.agreement is not None:
        st.markdown(
            f"Of {found.agreement.comparisons} times that two people answered the same pair, they chose alike in "
            f"{found.agreement.share:.0%}. Most pairs are close calls, so that is less than people agree in all."
        )
    if found.other_scales:
        st.caption(
            f"{found.other_scales} answers were given under other scales, measures or drivers, and are left out: "
            "they speak of other trade-offs."
        )


def _items(found: Choices) -> None:
    if not found.strengths:
        return
    with st.expander("The items by the duels alone"):
        rows = pd.DataFrame(
            {
                "item": one.title, "strength": one.strength, "won": one.won, "lost": one.lost, "place now": one.rank,
            }
            for one in found.strengths
        )  # fmt: skip
        st.dataframe(
            rows, hide_index=True, key="strengths", alt="Items in duels, the strongest first",
            column_config={"strength": st.column_config.NumberColumn(format="%.2f")},
        )  # fmt: skip
        st.caption(
            "Strength by Bradley and Terry, in log odds; the drivers have no part in it. Most items met few others, so "
            "each also tied once with an average one."
        )
