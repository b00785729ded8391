"""The drawer: one opportunity, in the order in which a person asks: what to do, why, how the score comes about."""

import streamlit as st

from opex.domain.decisions import VERDICTS, Commented, Described, Entry, Struck, Validated, Withdrawn
from opex.domain.opportunities import EFFORT_SIZES, Opportunity
from opex.domain.priorities import Priorities, Priority
from opex.domain.problems import NotEnoughData
from opex.domain.safe import markdown
from opex.review.journal import standing
from opex.services import finding, prioritising, reviewing, theming
from opex.services.context import Context
from opex.ui.discretion import who_sees
from opex.ui.door import stay_in
from opex.ui.doubt import how_sure
from opex.ui.drawer_move import move
from opex.ui.drawer_score import score
from opex.ui.places import places
from opex.ui.session import again, begin_anew, may, my_name, save, shown, turn
from opex.ui.striking import strike_form
from opex.ui.tables import incident_table, read_incidents
from opex.ui.words import benefit, cost, day, hours, moment, several

__all__ = ["open_drawer"]


@st.dialog("Opportunity", width="large", position="right", on_dismiss="rerun")
def open_drawer(of: Context, opportunity: str) -> None:
    """Show the opportunity of that id; every save is in the database before the drawer draws again."""
    stay_in(of)
    order = prioritising.priorities(of)
    standing_items = () if isinstance(order, NotEnoughData) else order.items
    item = next((item for item in standing_items if item.id == opportunity), None)
    if item is None or isinstance(order, NotEnoughData):
        st.info("It does not stand in the ranking any more: it was declined, merged or done. The Inbox lists those.")
        return
    st.subheader(f"{item.rank}. {markdown(item.opportunity.title)}", anchor=False)
    todo, why, sums, sure, moved, seers, past = places(7)
    with todo:
        _what_to_do(of, item)
    with why:
        _why(of, item, order)
    with sums:
        score(of, item, order)
    with sure:
        how_sure(of, item)
    with moved:
        move(of, item, len(order.items) + order.restricted)
    with seers:
        who_sees(of, item.id, "Who sees this", seen=item.opportunity.version)
    with past:
        _history(of, item.opportunity)


def _what_to_do(of: Context, item: Priority) -> None:
    it = item.opportunity
    if it.returned:
        st.info(it.returned)
    with st.container(border=True):
        st.markdown(f"**What to do.** {markdown(it.action)}")
        low, likely, high = (f"{100 * share:.0f}" for share in (it.removes.low, it.removes.likely, it.removes.high))
        assumed = " That share is assumed by the finder; nobody has judged it yet." if it.removes_assumed else ""
        of_what = f" of {hours(item.evidence.hours_lost)} h lost" if item.evidence.hours_lost else ""
        st.markdown(
            f"**What it would bring.** {markdown(benefit(item.evidence))}{of_what}: "
            f"it removes {low} to {high} % of the pain, likely {likely} %.{assumed}"
        )
        per_day = "" if item.value_for_effort is None else f", {item.value_for_effort:.1f} h a year per day of work"
        st.caption(f"Cost: {cost(it)}{per_day} · Owner: {markdown(it.owner) or 'nobody yet'} · Status: {it.status}")
        if may("say"):
            with st.expander("Change action, removal, effort, owner or status"):
                _describe(of, it)


def _describe(of: Context, it: Opportunity) -> None:
    """Only the fields that were changed here are said: what a colleague changed in the others stays."""
    form = f"describe_{it.id}"
    seen, key = shown(form, it.version), f"{form}_{turn(form)}"
    if f"title_{key}" not in st.session_state:
        st.session_state[f"begun_{form}"] = it
    begun: Opportunity = st.session_state[f"begun_{form}"]
    with st.form(form):
        title = st.text_input("Title", it.title, max_chars=200, key=f"title_{key}")
        action = st.text_area("Action", it.action, max_chars=2000, key=f"action_{key}")
        shares = st.columns(3)
        now = (it.removes.low, it.removes.likely, it.removes.high)
        labels = ("Removes at least, %", "Removes likely, %", "Removes at most, %")
        low, likely, high = (
            column.number_input(label, 0, 100, round(100 * share), step=5, key=f"{label}_{key}")
            for column, label, share in zip(shares, labels, now, strict=True)
        )
        left, middle, right = st.columns(3)
        sizes = ", ".join(f"{size} {days:g}" for size, days in EFFORT_SIZES.items())
        effort = left.number_input(
            "Effort, days of work",
            0.5,
            9999.0,
            None if it.effort_days is None else float(it.effort_days),
            step=1.0,
            help=f"Sizes up to: {sizes} days.",
            key=f"effort_{key}",
        )
        owner = middle.text_input("Owner", it.owner, max_chars=80, key=f"owner_{key}")
        choices = [begun.status, *(s for s in ("accepted", "planned", "done") if s != begun.status and may("decide"))]
        status = right.selectbox("Status", choices, key=f"status_{key}")
        began = tuple(round(100 * share) for share in (begun.removes.low, begun.removes.likely, begun.removes.high))
        judged = (low, likely, high) != began
        if st.form_submit_button("Save", type="primary"):
            saying = Described(
                title=title if title != begun.title else None,
                action=action if action != begun.action else None,
                effort_days=effort if effort != begun.effort_days else None,
                owner=owner if owner != begun.owner else None,
                status=status if status != begun.status else None,
                low=low / 100 if judged else None,
                likely=likely / 100 if judged else None,
                high=high / 100 if judged else None,
            )
            if saying == Described():
                st.error("Nothing is changed yet.")
                return
            if saved := save(form, lambda s: reviewing.say(of, it.id, saying, s), seen=seen):
                begin_anew(form)
            again(saved)


def _why(of: Context, item: Priority, order: Priorities) -> None:
    it = item.opportunity
    st.markdown("#### Why")
    reasons, incidents, holds = places(3)
    with reasons:
        for reason in it.candidate.reasons if it.candidate else ():
            st.markdown(f"{markdown(reason.why)}")
            st.caption(f"How it could be wrong: {markdown(reason.falsifier)}")
        _coverage(item, order)
        if shared := item.evidence.shared_with_higher:
            own = item.evidence.incidents
            st.caption(f"{several(shared, 'incident')} of {own} also stand behind a higher-ranked one.")
    with incidents:
        _incidents(of, it)
    with holds:
        _validate(of, it)


def _coverage(item: Priority, order: Priorities) -> None:
    if order.replay is not None:
        up_to = "It alone covers" if item.rank == 1 else f"The first {item.rank} together cover"
        st.caption(
            f"{up_to} {item.coverage_incidents:,} of {order.replay.incidents_total:,} incidents and "
            f"{hours(item.coverage_hours)} of {hours(order.replay.hours_total)} h of the year, each counted once."
        )


def _incidents(of: Context, it: Opportunity) -> None:
    table = finding.evidence(of, list(it.evidence)[-1000:])
    if table.empty:
        st.caption("No incident stands behind it.")
        return
    chosen = incident_table(table, key=f"evidence_{it.id}", select=True, height=260)
    texts, striking, seers = places(3)
    with texts:
        read_incidents(of, table, chosen)
    if not may("say"):
        pass
    elif not chosen:
        striking.caption(
            "Select incidents that are no evidence for this, and strike them: everybody sees the new order."
        )
    else:
        with striking:
            again(strike_form(of, it.id, chosen))
        if len(chosen) == 1:
            with seers:
                who_sees(of, chosen[0], "Who sees the selected incident")
    if it.strikes:
        struck = "; ".join(f"{markdown(s.incident)} ({markdown(s.reason)}, {markdown(s.person)})" for s in it.strikes)
        st.caption(f"Struck: {struck}. Undo below.")


def _validate(of: Context, it: Opportunity) -> None:
    for given in it.verdicts:
        said = f": “{markdown(given.why)}”" if given.why else ""
        impacts = f" Further impacts: {markdown(given.impacts)}." if given.impacts else ""
        st.markdown(f"**{given.verdict}** says {markdown(given.person)} ({given.function}){said}.{impacts}")
    if not may("say"):
        return
    with st.expander("Does this insight hold?"), st.form(f"validate_{it.id}"):
        verdict = st.segmented_control(
            "Verdict", list(VERDICTS), format_func=VERDICTS.__getitem__, key=f"verdict_{it.id}"
        )
        why = st.text_input("Why", key=f"why_{it.id}")
        impacts = st.text_input("Further impacts that the data does not show", key=f"impacts_{it.id}")
        if st.form_submit_button("Say so"):
            if verdict is None:
                st.error("Choose one of the three.")
            else:
                saying = Validated(verdict=verdict, why=why, impacts=impacts)
                again(save(f"validate_{it.id}", lambda s: reviewing.say(of, it.id, saying, s)))


def _history(of: Context, it: Opportunity) -> None:
    st.markdown("#### Comments and history")
    for comment in it.comments:
        st.markdown(f"{markdown(comment.person)}, {day(comment.at)}: {markdown(comment.text)}")
    if may("say"):
        _comment(of, it)
    entries = reviewing.journal(of, it.id)
    here = {entry.seq for entry in standing(entries)}
    with st.expander(f"History ({len(entries)})", expanded=False):
        for entry in reversed(entries):
            _entry(of, entry, undo=entry.seq in here)


def _comment(of: Context, it: Opportunity) -> None:
    form = f"comment_{it.id}"
    with st.form(form, border=False):
        text = st.text_area("Comment", max_chars=4000, height=80, key=f"{form}_{turn(form)}")
        if st.form_submit_button("Add comment"):
            if saved := save(form, lambda s: reviewing.say(of, it.id, Commented(text=text), s)):
                begin_anew(form)
            again(saved)


def _may_undo(entry: Entry) -> bool:
    """One's own words; a colleague's only for those who decide."""
    return may(entry.saying.act if entry.person.name == my_name() else "decide")


def _entry(of: Context, entry: Entry, *, undo: bool) -> None:
    left, right = st.columns([5, 1], vertical_alignment="center")
    gone = "" if undo or isinstance(entry.saying, Withdrawn) else " (withdrawn)"
    told = markdown(entry.saying.told)
    left.caption(f"{moment(entry.at)} · {markdown(entry.person.name)} · {entry.saying.kind}{gone} · {told}")
    if undo and _may_undo(entry) and right.button("Undo", key=f"undo_{entry.seq}", help=_undone(entry)):
        again(save(f"undo_{entry.seq}", lambda s: theming.undo(of, entry, s), done="Withdrawn."))


def _undone(entry: Entry) -> str:
    return "Bring the incident back" if isinstance(entry.saying, Struck) else "Withdraw this; it stays in the history"
