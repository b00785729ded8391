"""The drawer's part on the score: how it comes about, and why it stands above or below another one."""

import pandas as pd
import streamlit as st

from opex.charts import waterfall
from opex.charts.slope import differences
from opex.domain.drivers import Driver, DriverSet
from opex.domain.opportunities import Opportunity
from opex.domain.priorities import Priorities, Priority
from opex.domain.safe import markdown
from opex.ranking.above import above, reasons
from opex.ranking.explain import sentences
from opex.services import reviewing
from opex.services.context import Context
from opex.ui.session import again, may, save

__all__ = ["score"]


def score(of: Context, item: Priority, order: Priorities) -> None:
    """How the score comes about, beside which others, and the drivers that people rate."""
    drivers = order.drivers
    st.markdown("#### How the score comes about")
    told = sentences(item, drivers)
    first, others = (told[:1], told[1:]) if item.figure is None else (told[:2], told[2:])
    st.markdown(markdown(" ".join(first)))
    st.altair_chart(waterfall(_steps(item, drivers)), alt=f"Points by driver, adding up to {100 * item.score:.1f}")
    if item.rated < len(drivers.drivers):
        st.caption("Pale: nothing is known, so it counts at the middle of its scale. Grey: what it could reach.")
    with st.expander("In sentences, driver by driver"):
        for sentence in others:
            st.markdown(f"- {markdown(sentence)}")
    if len(order.items) > 1:
        _beside(item, order)
    rated = [driver for driver in drivers.drivers if driver.rated]
    if rated and may("say"):
        with st.expander(f"Rate it on {markdown(' and '.join(driver.title.lower() for driver in rated))}"):
            for driver in rated:
                _rate(of, item.opportunity, driver)


def _steps(item: Priority, drivers: DriverSet) -> pd.DataFrame:
    ordered = sorted(drivers.drivers, key=lambda driver: -item.contributions[driver.name])
    points = [100 * item.contributions[driver.name] for driver in ordered]
    return pd.DataFrame(
        {
            "driver": [driver.title for driver in ordered],
            "start": [sum(points[:n]) for n in range(len(points))],
            "points": points,
            "most": [100 * driver.weight for driver in ordered],
            "known": [item.values[driver.name] is not None for driver in ordered],
        }
    )


def _beside(item: Priority, order: Priorities) -> None:
    """Why it stands above or below another one: at first the one directly above."""
    others = {one.id: one for one in order.items if one is not item}
    nearest = max(item.rank - 2, 0)
    with st.expander("Why is it first?" if item.rank == 1 else "Why is it not higher?"):
        titles = {of: f"{one.rank}. {one.opportunity.title}" for of, one in others.items()}
        key = f"beside_{item.id}_{item.rank}"
        chosen = st.selectbox("Beside", list(others), nearest, format_func=titles.__getitem__, key=key)
        found = above(item, others[chosen])
        first, *by_driver = reasons(found, order.drivers)
        st.markdown(markdown(first))
        ordered = sorted(order.drivers.drivers, key=lambda driver: -abs(found.parts[driver.name]))
        rows = [(driver.title, 100 * found.parts[driver.name]) for driver in ordered]
        st.altair_chart(differences(pd.DataFrame(rows, columns=["driver", "points"])), alt=" ".join(by_driver))
        st.caption("To the right: what speaks for the upper one. To the left: what speaks for the other.")
        for sentence in by_driver:
            st.markdown(f"- {markdown(sentence)}")


def _rate(of: Context, it: Opportunity, driver: Driver) -> None:
    given = it.ratings.get(driver.name, {})
    texts = dict(driver.rubric)
    with st.form(f"rate_{it.id}_{driver.name}"):
        level = st.radio(
            markdown(driver.title), list(texts), index=None, format_func=lambda n: f"{n}: {markdown(texts[n])}",
            help=markdown(driver.definition),
        )  # fmt: skip
        if given:
            st.caption("Given: " + ", ".join(f"{markdown(who)} {said}" for who, said in given.items()))
        if st.form_submit_button("Save rating") and level is not None:
            form = f"rate_{it.id}_{driver.name}"
            again(save(form, lambda s: reviewing.rate(of, it.id, s, driver=driver.name, level=level)))
