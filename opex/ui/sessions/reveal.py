"""What lies open: the agenda on the left by what matters, on the right who said what, and settling it."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import streamlit as st

from opex.charts.strips import strips
from opex.domain.problems import NotEnoughData
from opex.domain.reasons import VERDICTS
from opex.domain.safe import markdown
from opex.domain.sessions import INSIGHT, REMOVAL, Settled, Value, worded
from opex.review.agenda import Talk
from opex.review.agreement import Agreement
from opex.review.sessions import Given, Session, middle
from opex.services import agenda, driving, prioritising, session_reading, sessions
from opex.services.context import Context
from opex.ui.landing import arrive, landing
from opex.ui.places import places
from opex.ui.session import may, save, shown
from opex.ui.sessions.gone import gone_told
from opex.ui.words import several, told_apart

__all__ = ["reveal_view", "who_said_what"]


def reveal_view(of: Context, now: Session) -> None:
    """One sentence on how much is to be talked about; then item by item."""
    talks = agenda.talks(of, now)
    board = prioritising.board(of)
    if isinstance(board, NotEnoughData) or not talks:
        st.info("None of these opportunities stands in the ranking any more.")
        return
    titles = {item: board.all_items[item].title for item in now.plan.items if item in board.all_items}
    _sentence(of, now, talks)
    left, right = st.columns([2, 3], gap="large")
    with left:
        chosen = _list(of, now, talks, titles)
    with right:
        _item(of, now, next(talk for talk in talks if talk.item == chosen), titles[chosen])
    with st.expander("How far people agree"):
        _agreement(agenda.agreed(of, now, board.drivers))


def _in_a_line(now: Session, talks: Sequence[Talk]) -> str:
    wrong, matter = sum(talk.wrong for talk in talks), sum(talk.matters for talk in talks)
    line = f"the cut line (the first {now.plan.cut})"
    told = f"Nobody's answers would change what is above {line}."
    if differ := matter - wrong:
        told = f"People differ on **{several(differ, 'item')}** in a way that would change what is above {line}."
    if wrong:
        told += f" Most hold **{several(wrong, 'item')}** above it for wrong."
    if matter and (rest := len(talks) - matter):
        told += f" The other {rest} need no talk."
    if gone := len(now.plan.items) - len(talks):
        told += f" {several(gone, 'item')} left the ranking meanwhile."
    return told


def _sentence(of: Context, now: Session, talks: Sequence[Talk]) -> None:
    rest = {talk.item for talk in talks if not talk.matters}
    open_rest = [one for one in session_reading.unsettled(of, now) if one[0] in rest]
    told = _in_a_line(now, talks)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(told, width="stretch")
        if open_rest and may("decide"):
            label = f"Settle the others at the median ({len(open_rest)})"
            key = f"settle_rest_{now.id}_{len(now.settled)}"
            if st.button(label, key=key):
                items = sorted(rest)
                if save(key, lambda s: sessions.settle_rest(of, now.id, s, items), done="Settled at the median."):
                    st.rerun()


def _list(of: Context, now: Session, talks: Sequence[Talk], titles: Mapping[str, str]) -> str:
    order, apart = {talk.item: talk for talk in talks}, told_apart(titles)
    left, settled = ({item for item, _ in pairs} for pairs in (session_reading.unsettled(of, now), now.settled))

    def told(item: str) -> str:
        talk = order[item]
        mark = " ✓" if item in settled and item not in left else ""
        side = f"{talk.above} of {talk.answered} above the line" if talk.matters else f"place {talk.place}"
        return f"{markdown(apart[item])} · {side}{mark}"

    matter = [talk.item for talk in talks if talk.matters]
    st.markdown(f"#### {'To talk about, those that matter first' if matter else 'All items'}")
    every = [talk.item for talk in talks]
    key = f"agenda_{now.id}"
    chosen = st.session_state.get(key)
    st.session_state[key] = chosen if chosen in every else every[0]  # the browser knows it by its words, which change
    chosen = st.radio("Agenda", every, format_func=told, key=key, label_visibility="collapsed")
    return str(chosen)


def _item(of: Context, now: Session, talk: Talk, title: str) -> None:
    st.subheader(markdown(title), anchor=False)
    asks = session_reading.questions(of)
    told, *asked, below = places(2 + len(now.questions(talk.item)))
    with told:
        _talk(talk)
        gone_told(question for question in now.questions(talk.item) if question not in asks)
    for place, question in zip(asked, now.questions(talk.item), strict=True):
        with place.container(border=True):
            said, settling = places(2)
            with said:
                who_said_what(of, now, talk.item, question)
            if may("decide") and question in asks:
                with settling:
                    _settle(of, now, talk.item, question)
    with below:
        _once_more(of, now, talk)


def _talk(talk: Talk) -> None:
    """Whether the difference matters, how each function sees it, and whom to ask first."""
    st.markdown(markdown(talk.sentence))
    st.caption("A dot is as large as the number of people; the bar across a strip is the function's median.")
    if talk.by_function:
        parts = [f"**{f}** place {place} ({above} of {n} above)" for f, (place, above, n) in talk.by_function.items()]
        st.markdown("As each function sees it: " + " · ".join(parts))
    if talk.apart:
        names = ", ".join(markdown(name) for name in talk.apart[:3])
        st.markdown(f"**Ask first:** {names}. They see it otherwise and may know what the others do not.")


def _once_more(of: Context, now: Session, talk: Talk) -> None:
    if may("decide") and now.state == "reveal" and talk.item not in now.again:
        key = f"again_{now.id}_{talk.item}"
        again = st.button("Ask once more about this, blind", key=key)
        if again and save(key, lambda s: sessions.vote_again(of, now.id, s, [talk.item]), seen=now.version):
            st.rerun()


def who_said_what(of: Context, now: Session, item: str, question: str) -> None:
    """The answers to one question: a strip for each function, the middle, and what people wrote."""
    asks = session_reading.questions(of)
    last = now.last(item, question)
    known = [given.value for given in last.values() if given.value is not None]
    st.markdown(f"**{markdown(asks.get(question, question))}** {_range(of, question, known, len(last))}")
    if known:
        levels, answers, middles = _table(of, question, last)
        st.altair_chart(strips(answers, levels, middles), key=f"strips_{item}_{question}_{len(last)}",
                        alt="Answers by function")  # fmt: skip
    first = now.answers.get((item, question), ())
    if len(first) > 1:
        before = [given.value for given in first[0].values() if given.value is not None]
        st.caption(f"First round: {_range(of, question, before, len(first[0]))}")
    for given in last.values():
        if given.words or given.impacts:
            impacts = f" Further impacts: {markdown(given.impacts)}" if given.impacts else ""
            said = f"“{markdown(given.words)}”" if given.words else ""
            value = markdown(worded(question, given.value))
            st.markdown(f"{markdown(given.person)} ({given.function}, {value}): {said}{impacts}")


def _range(of: Context, question: str, known: Sequence[Value], asked: int) -> str:
    if not known:
        return f"nobody of {asked} could say" if asked else "nobody has answered"
    half = middle(question, known)
    unsure = f", {asked - len(known)} did not know" if asked > len(known) else ""
    if question == INSIGHT:
        counts = [f"{sum(v == verdict for v in known)} {verdict}" for verdict in VERDICTS if verdict in known]
        return f"{', '.join(counts)}{unsure}"
    numbers = sorted(float(v) for v in known if isinstance(v, int | float))
    low, mid, high = (
        f"{100 * v:.0f} %" if question == REMOVAL else f"{v:g}" for v in (numbers[0], float(half or 0), numbers[-1])
    )
    return f"median **{mid}**, {low} to {high}{unsure}"


def _table(of: Context, question: str, last: Mapping[str, Given]) -> tuple[list[str], pd.DataFrame, pd.DataFrame]:
    rows = pd.DataFrame(
        [{"function": g.function, "value": g.value, "person": p} for p, g in last.items() if g.value is not None]
    )
    levels, label = _levels(of, question, rows["value"].tolist())
    rows["level"] = [label(value) for value in rows["value"]]
    answers = (
        rows.groupby(["function", "level"], sort=True)["person"].agg(people="count", names=", ".join).reset_index()
    )
    middles = [
        {"function": function, "level": label(half)}
        for function, theirs in rows.groupby("function")["value"]
        if (half := middle(question, theirs.tolist())) is not None and label(half) in levels
    ]
    return levels, answers, pd.DataFrame(middles, columns=["function", "level"])


def _levels(of: Context, question: str, values: Sequence[Value]) -> tuple[list[str], Callable[[Value], str]]:
    """Every level of a question in its order, and what each value is called among them."""
    if question == INSIGHT:
        return list(VERDICTS), str
    if question == REMOVAL:
        shares = sorted({round(100 * float(v or 0)) for v in values} | {0, 25, 50, 75, 100})
        return [f"{share} %" for share in shares], lambda v: f"{round(100 * float(v or 0))} %"
    asked = (driver for driver in driving.drivers(of).drivers if driver.name == question and driver.rated)
    rubric = [float(level) for driver in asked for level, _ in driver.rubric]
    given = sorted({float(v) for v in values if isinstance(v, int | float)})  # all there is of a driver that is gone
    return [f"{level:g}" for level in rubric or given], lambda v: f"{float(v or 0):g}"


def _settled_line(now: Session, item: str, question: str) -> str:
    return f"settled_{now.id}_{item}_{question}"


def _settle(of: Context, now: Session, item: str, question: str) -> None:
    settled = now.settled.get((item, question))
    half = middle(question, [given.value for given in now.last(item, question).values()])
    seen = shown(f"settle_{now.id}_{item}_{question}", prioritising.one(of, item).version)
    told, controls = places(2)
    with told:
        agreed = "Not settled yet."
        if settled is not None and isinstance(settled.saying, Settled):
            agreed = f"✓ Settled: {settled.saying.agreed}"
        landing(agreed, key=_settled_line(now, item, question))
    key = f"settle_{now.id}_{item}_{question}_{settled.seq if settled else 0}"
    with controls.container(horizontal=True, vertical_alignment="center"):
        at_median = (
            half is not None
            and settled is None
            and st.button(f"Settle at the median: {worded(question, half)}", key=key)
        )
        if at_median and save(
            key, lambda s: sessions.settle(of, now.id, s, item, question), seen=seen, done="Settled."
        ):
            arrive(_settled_line(now, item, question))
            st.rerun()
        with st.popover("Settle otherwise" if settled is None else "Settle anew"):
            _otherwise(of, now, item, question, f"other_{now.id}_{item}_{question}", seen)


def _otherwise(of: Context, now: Session, item: str, question: str, key: str, seen: int) -> None:
    if question == INSIGHT:
        options: list[Value] = list(VERDICTS)
    elif question == REMOVAL:
        options = [n / 20 for n in range(21)]
    else:
        options = [level for level, _ in driving.drivers(of).driver(question).rubric]
    value = st.selectbox("On what?", options, None, format_func=lambda v: worded(question, v), key=f"{key}_value",
                         persist_state="page")  # fmt: skip
    words = st.text_input("Why?", key=f"{key}_words", max_chars=1000, persist_state="page")
    if st.button("Settle on this", key=key):
        if value is None:
            st.error("Choose on what the group settled.")
        elif save(key, lambda s: sessions.settle(of, now.id, s, item, question, value, words=words), seen=seen):
            arrive(_settled_line(now, item, question))
            st.rerun()


def _agreement(told: Sequence[agenda.Agreed]) -> None:
    st.caption(
        "1 is one mind, 0 is what chance alone would give; with the range that other items might have shown (95 %). "
        "W is Kendall's W beyond chance, where everybody answered every item; α is Krippendorff's alpha, where some "
        "answers are missing."
    )
    rows = []
    for one in told:
        functions = "; ".join(f"{name}: {_of(value)}" for name, value in one.by_function.items())
        rows.append({"question": one.title, "all together": _of(one.everybody), "within each function": functions})
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="agreement", alt="Agreement by question")


def _of(value: Agreement | NotEnoughData) -> str:
    if isinstance(value, NotEnoughData):
        return value.sentence
    if value.value != value.value:
        return "nothing to compare: each rates all items alike"
    figure = "W" if value.measure == "W" else "α"
    return f"{figure} = {value.value:.2f} ({value.low:.2f} to {value.high:.2f})"
