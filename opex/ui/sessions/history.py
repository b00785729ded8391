"""What happened in a session, newest first, a page at a time: each moment can be looked at again."""

from collections.abc import Mapping, Sequence

import streamlit as st

from opex.domain.decisions import Entry, Withdrawn
from opex.domain.opportunities import Opportunity
from opex.domain.safe import markdown
from opex.domain.sessions import Answered, Revealed, SessionClosed, SessionOpened, Settled, VotedAgain
from opex.services import prioritising, session_reading
from opex.services.context import Context
from opex.ui.door import stay_in
from opex.ui.words import moment

__all__ = ["history"]

PAGE = 25
_STEPS = {"voted_again": "asked once more about", "deciding": "went on to decisions"}


def history(of: Context, session: str) -> None:
    """A button that unfolds it; nothing of it is read or drawn before."""
    fold = st.popover("History", key=f"history_{session}", on_change="rerun")
    if fold.open:
        with fold:
            _page(of, session)


@st.fragment
def _page(of: Context, session: str) -> None:
    stay_in(of)
    entries = session_reading.history(of, session)[::-1]
    key = f"history_from_{session}"
    at = min(st.session_state.get(key, 0), (len(entries) - 1) // PAGE * PAGE)
    st.markdown("What happened so far, the newest first. Choose a line to see how it stood then.")
    items, by_number, asks = prioritising.everything(of), {e.seq: e for e in entries}, session_reading.questions(of)
    for entry in entries[at : at + PAGE]:
        _line(entry, by_number, items, asks)
    _pager(at, entries, key)


def _line(
    entry: Entry, by_number: Mapping[int, Entry], items: Mapping[str, Opportunity], asks: Mapping[str, str]
) -> None:
    said, what = entry, ""
    if isinstance(entry.saying, Withdrawn) and entry.saying.seq in by_number:
        said, what = by_number[entry.saying.seq], "took back: "
    what += _STEPS.get(said.saying.kind, said.saying.kind.removeprefix("session_"))
    titles = ", ".join(f"**{markdown(items[item].title)}**" for item in _about(said) if item in items)
    told = f"{moment(entry.at)} · {markdown(entry.person.name)} · {what} {titles} {_told(said, asks)}"
    if st.button(told, key=f"line_until_{entry.seq}", type="tertiary", width="stretch", wrap=True):
        st.query_params["until"] = str(entry.seq)
        st.rerun()


def _about(entry: Entry) -> Sequence[str]:
    """The opportunities of which something was said, in a session's own words or in those of the journal."""
    if isinstance(entry.saying, VotedAgain):
        return entry.saying.items
    return (str(getattr(entry.saying, "item", entry.opportunity)),)


def _told(entry: Entry, asks: Mapping[str, str]) -> str:
    if isinstance(entry.saying, VotedAgain):
        return ""
    if isinstance(entry.saying, Answered | Settled):
        told = entry.saying.told if isinstance(entry.saying, Answered) else entry.saying.agreed
        return markdown(f"{asks.get(entry.saying.question, entry.saying.question)} {told}"[:160])
    if isinstance(entry.saying, SessionOpened | Revealed | SessionClosed):
        kept = entry.saying.ranking
        return f"and kept the ranking as number {kept}" if kept else ""
    return markdown(entry.saying.told[:160])


def _pager(at: int, entries: Sequence[Entry], key: str) -> None:
    if len(entries) <= PAGE:
        return

    def go(to: int) -> None:
        st.session_state[key] = to

    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Newer", key=f"{key}_newer", on_click=go, args=(at - PAGE,), disabled=at == 0)
        last = min(at + PAGE, len(entries))
        st.button("Older", key=f"{key}_older", on_click=go, args=(at + PAGE,), disabled=last == len(entries))
        st.caption(f"{at + 1} to {last} of {len(entries)}")
