"""One saying of each kind that belongs to a review session."""

from opex.domain.decisions import Saying
from opex.domain.sessions import (
    Answered,
    Decided,
    Deciding,
    Dissented,
    Revealed,
    SessionCancelled,
    SessionClosed,
    SessionOpened,
    SessionPlanned,
    Settled,
    VotedAgain,
)

OF_A_SESSION: list[Saying] = [
    SessionPlanned(
        title="March", items=("theme-1", "area-2"), cut=1, asked={"product": ["insight"], "security": ["removal"]},
        participants={"Ana": "product", "Bo": "security"}, due="2026-03-31", rhythm="monthly", note="as agreed",
    ),
    SessionOpened(ranking=3),
    Answered(item="theme-1", question="insight", value="holds", words="seen it", impacts="billing", seal="a1"),
    Answered(item="theme-1", question="value", value=4, seal="a2"),
    Answered(item="theme-1", question="removal", value=0.4, seal="a3"),
    Answered(item="area-2", question="value", value=None, words="never seen", seal="a4"),
    Revealed(ranking=3),
    VotedAgain(items=("theme-1",)),
    Settled(question="value", value=4, given={"Ana": 4, "Bo": None}, functions={"Ana": "product"}),
    Settled(question="removal", value=0.5, given={"Ana": 0.2}, how="discussed", words="half of it is ours"),
    Deciding(),
    Decided(item="theme-1", outcome="accept", owner="Ana", course="a flag", due="2026-06-30", impacts="support"),
    Decided(item="area-2", outcome="decline", reason="too_small", until="three more incidents", words="not now"),
    Dissented(item="area-2", words="it wakes us up"),
    SessionClosed(ranking=4),
    SessionCancelled(words="nobody came"),
]  # fmt: skip
