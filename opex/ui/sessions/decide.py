"""Deciding: both orders in view, moved by hand with a reason, and for each item what is done about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from opex.domain.decisions import DECLINE_REASONS, MOVE_REASONS, Entry, Struck
from opex.domain.opportunities import Opportunity
from opex.domain.priorities import Priorities, Priority
from opex.domain.problems import NotEnoughData
from opex.domain.safe import markdown
from opex.domain.sessions import OUTCOMES, Decided
from opex.review.sessions import Session
from opex.services import explaining, finding, prioritising, reviewing, sessions
from opex.services.context import Context, Speaker
from opex.services.session_decisions import decide, undo_decision
from opex.ui.door import stay_in
from opex.ui.landing import arrive, landing
from opex.ui.order_list import OrderRow, Wanted, choose_row, clicked_row, order_list
from opex.ui.places import places
from opex.ui.session import follow, may, my_name, save, shown
from opex.ui.striking import strike_form
from opex.ui.tables import incident_table
from opex.ui.words import several, told_apart

__all__ = ["decide_view"]

BELOW = 5
MOST = 200


def decide_view(of: Context, now: Session) -> None:
    """The agreed order with its cut line on the left, the decision on the right."""
    board = prioritising.board(of)
    if isinstance(board, NotEnoughData):
        return
    order = prioritising.saved_order(of, board)
    left, right = st.columns([1, 1], gap="large")
    with left:
        st.markdown(f"#### The order, cut below place {now.plan.cut}")
        chosen = _order(of, now, order)
        _out_of_it(now, order, board.all_items)
    with right:
        _item(of, now, board.all_items.get(chosen or ""), order)


def _order(of: Context, now: Session, order: Priorities) -> str | None:
    places = {item.id: item.rank for item in order.items}
    last = max([now.plan.cut, *(places[item] for item in now.plan.items if item in places)])
    shown_items = order.items[: min(last + BELOW, MOST)]
    key = f"order_{now.id}"
    seen = shown(key, {item.id: item.opportunity.version for item in shown_items})
    mine = [item for item in now.plan.items if item not in now.decided]
    stays = st.session_state.get(f"in_view_{now.id}")  # whatever colleagues decide meanwhile
    chosen = clicked_row(key) or stays or next(iter(mine), now.plan.items[0])
    st.session_state[f"in_view_{now.id}"] = chosen
    rows = [_row(now, item) for item in shown_items]
    wanted = order_list(rows, cut=now.plan.cut, key=key, chosen=chosen, disabled=not may("say"))
    if wanted is not None:
        item = next(item for item in shown_items if item.id == wanted.item)
        _wanted(of, now, item, wanted, seen.get(item.id, item.opportunity.version))
    return chosen


def _out_of_it(now: Session, order: Priorities, items: Mapping[str, Opportunity]) -> None:
    """What was declined or merged has no place: it is chosen here, to be read, doubted, decided anew or undone."""
    placed = {item.id for item in order.items}
    gone = [item for item in now.plan.items if item not in placed and item in items]
    if not gone:
        return
    st.markdown("#### Decided and out of the ranking")
    for item in gone:
        decided = now.decided.get(item)
        told = decided.saying.told[:120] if decided else f"{items[item].status} outside of this session"
        st.button(
            f"**{markdown(items[item].title)}** · {markdown(told)}", key=f"line_{now.id}_{item}", width="stretch",
            wrap=True, on_click=choose_row, args=(f"order_{now.id}", item),
        )  # fmt: skip


def _row(now: Session, item: Priority) -> OrderRow:
    decided = now.decided.get(item.id)
    here = "" if item.id in now.plan.items else "not in this session"
    note = decided.saying.told if decided else here
    pinned = item.move is not None and item.move.reason == "pinned"
    return OrderRow(
        id=item.id, title=item.opportunity.title, computed=item.computed_rank, note=note[:120],
        moved=item.move is not None, pinned=pinned,
    )  # fmt: skip


def _wanted(of: Context, now: Session, item: Priority, wanted: Wanted, seen: int) -> None:
    """A pin is saved at once; a move asks why first. Taking a pin off takes the move back."""
    was_pinned = item.move is not None and item.move.reason == "pinned"
    if wanted.to == item.rank and was_pinned and not wanted.pin:
        _take_back(of, now, item)
    elif wanted.pin and wanted.to == item.rank:
        said = lambda s: reviewing.move(  # noqa: E731
            of, item.id, _once(s, wanted), to=wanted.to, reason="pinned"
        )
        if save(f"pin_{wanted.request_id}", said, seen=seen, session=now.id, done="Pinned."):
            st.rerun()
    else:
        _move_dialog(of, now, item, wanted, seen)


def _once(speaker: Speaker, wanted: Wanted) -> Speaker:
    """Who speaks, under the request id that came with the wish: a wish that arrives twice is written once."""
    return replace(speaker, request_id=wanted.request_id)


@st.dialog("Why there?")
def _move_dialog(of: Context, now: Session, item: Priority, wanted: Wanted, seen: int) -> None:
    stay_in(of)
    st.markdown(f"**{markdown(item.opportunity.title)}** from place {item.rank} to place **{wanted.to}**")
    reason = st.selectbox(
        "Reason", [code for code in MOVE_REASONS if code != "pinned"], None, format_func=MOVE_REASONS.__getitem__,
        key=f"why_{wanted.request_id}",
    )  # fmt: skip
    if reason == "weights" and (asked := explaining.price_of_move(of, item.id, wanted.to)) is not None:
        st.info(markdown(asked.sentence))
    words = st.text_input("In words", max_chars=500, key=f"why_words_{wanted.request_id}")
    if st.button("Move it", type="primary", key=f"why_save_{wanted.request_id}"):
        if reason is None:
            st.error("Give a reason: colleagues will ask for it.")
            return
        said = lambda s: reviewing.move(  # noqa: E731
            of, item.id, _once(s, wanted), to=wanted.to, reason=reason, words=words
        )
        if save(f"move_{wanted.request_id}", said, seen=seen, session=now.id, done="Moved."):
            st.rerun()


def _take_back(of: Context, now: Session, item: Priority) -> None:
    entry = next((e for e in reviewing.journal(of, item.id) if item.move and e.seq == item.move.seq), None)
    if entry is not None:
        _undo(of, now, entry)


def _undo(of: Context, now: Session, entry: Entry) -> None:
    if save(f"undo_{entry.seq}", lambda s: reviewing.undo(of, entry, s), session=now.id, done="Taken back."):
        st.rerun()


def _item(of: Context, now: Session, item: Opportunity | None, order: Priorities) -> None:
    if item is None:
        st.info("Choose a row.")
        return
    decided = now.decided.get(item.id)
    _where_one_is(now, item, decided)
    st.subheader(markdown(item.title), anchor=False)
    stands, challenge, decision, dissent = places(4)
    with stands:
        _where_it_stands(of, now, item, order)
    with challenge:
        _evidence(of, now, item)
    if item.id not in now.plan.items:
        decision.info("It is not in this session: it is shown for its place in the order.")
        return
    with decision:
        told, form = places(2)
        if decided is not None:
            with told:
                _decided(of, now, item, decided)
        if may("decide"):
            with form:
                _decision(of, now, item, order)
    with dissent:
        _dissent(of, now, item)


def _where_one_is(now: Session, item: Opportunity, decided: Entry | None) -> None:
    """The line at which one lands after a decision of one's own, with the next item."""
    text = "Not in this session"
    if item.id in now.plan.items:
        at = now.plan.items.index(item.id) + 1
        text = f"{at} of {several(len(now.plan.items), 'item')}, {'decided' if decided else 'not decided yet'}"
    landing(text, key=f"decide_at_{now.id}")


def _where_it_stands(of: Context, now: Session, item: Opportunity, order: Priorities) -> None:
    ranked = next((one for one in order.items if one.id == item.id), None)
    if ranked is None:
        st.caption(f"It is {item.status}: it has no place in the ranking.")
    else:
        st.caption(f"Place {ranked.rank}, computed {ranked.computed_rank}. {markdown(ranked.why)}")
        if ranked.move is not None:
            with st.container(horizontal=True, vertical_alignment="center"):
                why = f": {markdown(ranked.move.words)}" if ranked.move.words else ""
                st.markdown(f"{markdown(ranked.move.person)} put it at place {ranked.move.to} "
                            f"({MOVE_REASONS[ranked.move.reason]}){why}", width="stretch")  # fmt: skip
                if may("say") and st.button("Take the move back", key=f"back_{ranked.move.seq}", type="tertiary"):
                    _take_back(of, now, ranked)


def _decided(of: Context, now: Session, item: Opportunity, decided: Entry) -> None:
    told, undo = st.columns([5, 2], vertical_alignment="center") if may("decide") else (st.container(), None)
    told.success(f"Decided: {markdown(decided.saying.told)}")
    key = f"undecide_{decided.seq}"
    if undo is not None and undo.button("Undo the decision", key=key, type="tertiary"):
        undone = lambda s: undo_decision(of, now.id, s, item.id)  # noqa: E731
        if save(key, undone, seen=decided.seq, done="Undone: it is as it was before."):
            arrive(f"decide_at_{now.id}")
            st.rerun()


def _struck_here(of: Context, now: Session, item: Opportunity) -> None:
    """What was struck in this session, each to be taken back; what a split took along goes with its decision."""
    stands = {strike.seq for strike in item.strikes}
    struck = {
        entry: entry.saying for entry in reviewing.journal(of, item.id) if isinstance(entry.saying, Struck)
        and entry.seq in stands and entry.session == now.id and "/" not in entry.request_id
    }  # fmt: skip
    table = finding.evidence(of, [said.incident for said in struck.values()])
    titles = dict(zip(table["id"], table["title"], strict=True)) if not table.empty else {}
    for entry, said in struck.items():
        told, undo = st.columns([5, 2], vertical_alignment="center")
        title = markdown(titles.get(said.incident, said.incident))
        told.markdown(f"{markdown(entry.person.name)} struck **{title}**: {markdown(said.reason)}")
        mine = may("decide") or (may("say") and entry.person.name == my_name())
        if mine and undo.button("Take back", key=f"unstrike_{entry.seq}", type="tertiary"):
            _undo(of, now, entry)


def _evidence(of: Context, now: Session, item: Opportunity) -> None:
    fold = st.expander(f"Challenge the evidence ({several(len(item.evidence), 'incident')})",
                       key=f"challenge_{now.id}_{item.id}", on_change="rerun")  # fmt: skip
    if not fold.open:
        return
    with fold:
        here, striking = places(2)
    with here:
        _struck_here(of, now, item)
    with striking:
        table = finding.evidence(of, list(item.evidence)[-200:])
        if table.empty:
            st.caption("No incident stands behind it.")
            return
        chosen = incident_table(table, key=f"struck_{item.id}", select=True, height=240)
        if not chosen:
            st.caption("Select what is no evidence for this, and strike it: everybody sees the new order.")
        elif strike_form(of, item.id, chosen, session=now.id):
            st.rerun()


def _decision(of: Context, now: Session, item: Opportunity, order: Priorities) -> None:
    """It keeps what was typed while one looks at other items or a colleague decides; that refuses its save once.

    No form: what stands in a form is gone once another item is looked at.
    """
    of_item = f"{now.id}_{item.id}"
    key = f"{of_item}_{st.session_state.setdefault(f'form_{of_item}', 0)}"
    shown_now = {f"decided_{of_item}": now.decided[item.id].seq if item.id in now.decided else 0,
                 f"version_{of_item}": item.version}  # fmt: skip
    outcome = st.segmented_control(
        "What is done about it?", list(OUTCOMES), format_func=str.capitalize, key=f"outcome_{key}", width="stretch",
        persist_state="page",
    )  # fmt: skip
    if outcome is None:
        st.session_state.update(shown_now)
        return
    with st.container(border=True):
        said, incidents = _FORMS[outcome](of, item, order, key)
        impacts = st.text_input("Further impacts", key=f"impacts_{key}", max_chars=1000, persist_state="page")
        words = st.text_input("Why, in words", key=f"words_{key}", max_chars=1000, persist_state="page")
        if st.button("Decide", type="primary", key=f"decide_{key}"):
            wanted = said | {"impacts": impacts, "words": words}
            _save(of, now, Wish(item=item.id, outcome=outcome, said=wanted, incidents=tuple(incidents)), key)
            st.session_state.update(shown_now)  # it was refused beside what is shown: now it was seen


Fields = tuple[dict[str, str | None], Sequence[str]]


def _accept(of: Context, item: Opportunity, _order: Priorities, key: str) -> Fields:
    follow(f"course_{key}", item.action)
    course = st.text_area("Course of action", key=f"course_{key}", max_chars=2000, height=80, persist_state="page")
    left, right = st.columns(2)
    follow(f"owner_{key}", item.owner or my_name())
    owner = left.text_input("Owner", key=f"owner_{key}", max_chars=80, persist_state="page")
    due = right.date_input("Due", None, key=f"due_{key}", format="YYYY-MM-DD", min_value=of.now().date(),
                           persist_state="page")  # fmt: skip
    return {"course": course, "owner": owner, "due": due.isoformat() if due else None}, ()


def _defer(_of: Context, _item: Opportunity, _order: Priorities, key: str) -> Fields:
    due = st.date_input("Look at it again on", None, key=f"again_{key}", format="YYYY-MM-DD", persist_state="page")
    return {"due": due.isoformat() if due else None}, ()


def _decline(_of: Context, _item: Opportunity, _order: Priorities, key: str) -> Fields:
    reason = st.selectbox(
        "Reason", list(DECLINE_REASONS), None, format_func=DECLINE_REASONS.__getitem__, key=f"no_{key}",
        persist_state="page",
    )  # fmt: skip
    until = st.text_input(
        "What brings it back?", key=f"until_{key}", placeholder="three more incidents, or: after June",
        persist_state="page",
    )  # fmt: skip
    return {"reason": reason, "until": until}, ()


def _merge(_of: Context, item: Opportunity, order: Priorities, key: str) -> Fields:
    others = told_apart({one.id: one.opportunity.title for one in order.items if one.id != item.id})
    into = st.selectbox(
        "The same improvement as", list(others), None, format_func=others.__getitem__, key=f"into_{key}",
        persist_state="page",
    )  # fmt: skip
    return {"into": into}, ()


def _split(of: Context, item: Opportunity, _order: Priorities, key: str) -> Fields:
    part = st.text_input("What is the part called?", key=f"part_{key}", max_chars=200, persist_state="page")
    course = st.text_input("What is done about the part?", key=f"part_course_{key}", max_chars=2000,
                           persist_state="page")  # fmt: skip
    table = finding.evidence(of, list(item.evidence)[-200:])
    titles = told_apart(dict(zip(table["id"], table["title"], strict=True)) if not table.empty else {})
    taken = st.multiselect(
        "Which incidents go with it?", list(titles), format_func=titles.__getitem__, key=f"taken_{key}",
        persist_state="page",
    )  # fmt: skip
    return {"part": part, "course": course}, taken


_FORMS = {"accept": _accept, "defer": _defer, "decline": _decline, "merge": _merge, "split": _split}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a form says is to be decided; fields left empty are left unsaid."""

    item: str
    outcome: str
    said: Mapping[str, str | None]
    incidents: tuple[str, ...]


def _save(of: Context, now: Session, wish: Wish, key: str) -> None:
    given = {name: value for name, value in wish.said.items() if value is not None}
    seen, seen_item = (st.session_state.get(f"{what}_{now.id}_{wish.item}", 0) for what in ("decided", "version"))
    wanted = lambda s: decide(  # noqa: E731
        of, now.id, s, Decided(item=wish.item, outcome=wish.outcome, **given), incidents=wish.incidents,
        seen_item=seen_item,
    )  # fmt: skip
    if save(f"decide_{key}", wanted, seen=seen, done=f"{OUTCOMES[wish.outcome].capitalize()}."):
        st.session_state[f"form_{now.id}_{wish.item}"] += 1  # the next one begins empty
        st.session_state.pop(f"in_view_{now.id}")
        arrive(f"decide_at_{now.id}")
        st.rerun()


def _dissent(of: Context, now: Session, item: Opportunity) -> None:
    said, saying = places(2)
    for entry in now.dissents:
        if getattr(entry.saying, "item", "") == item.id:
            said.markdown(f"{markdown(entry.person.name)} does not agree: {markdown(entry.saying.told)}")
    if not may("say"):
        return
    with saying, st.popover("I do not agree", key=f"disagree_{now.id}_{item.id}"):
        words = st.text_input("Why?", key=f"dissent_{now.id}_{item.id}", max_chars=1000, persist_state="page")
        if st.button("Say so in the minutes", key=f"dissent_save_{now.id}_{item.id}"):
            key = f"dissent_{now.id}_{item.id}_{len(now.dissents)}"
            if save(key, lambda s: sessions.dissent(of, now.id, s, item.id, words), done="It stands in the minutes."):
                st.rerun()
