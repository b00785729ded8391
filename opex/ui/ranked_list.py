"""The ranked list as a component: a real list of buttons that fits a phone, in place of a grid painted on a canvas."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from opex.domain.priorities import Priority
from opex.ui.words import benefit, cost, several

__all__ = ["ranked_list", "rows"]

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "opex_ranked_list",
    html='<div class="list" role="group"></div>\n<!-- -->\n',
    css=(_HERE / "ranked_list.css").read_text(encoding="utf-8"),
    js=(_HERE / "ranked_list.js").read_text(encoding="utf-8"),
)


def ranked_list(items: Sequence[dict[str, Any]], *, selected: str | None, key: str) -> str | None:
    """Show the rows; the id of the row that was chosen in this run, else ``None``."""
    label = f"Ranked opportunities, {len(items)} shown"
    data = {"rows": list(items), "selected": selected, "label": label}
    chosen: str | None = _component(data=data, key=key, on_chosen_change=lambda: None).chosen
    return chosen


def rows(items: Sequence[Priority], saved: Mapping[str, int]) -> list[dict[str, Any]]:
    """What the list shows of each item; ``saved`` holds the ranks of the saved order, for ghosts."""
    most = max((item.evidence.hours_high for item in items), default=0.0) or 1.0
    worst = max((item.doubt.rank_high for item in items if item.doubt), default=1)
    shown, below = [], False
    for item in items:
        row = _row(item, saved.get(item.id, item.rank), most) | {"band": _band(item, worst)}
        if not item.enough_rated and not below and item.move is None:
            row["below"], below = (
                "Less than half of the weight is known for these, so they stand below the others:",
                True,
            )
        shown.append(row)
    return shown


def _row(item: Priority, saved: int, most: float) -> dict[str, Any]:
    opportunity, evidence = item.opportunity, item.evidence
    return {
        "id": item.id,
        "rank": str(item.rank),
        "was": _was(item, saved),
        "title": opportunity.title,
        "action": opportunity.action,
        "why": opportunity.returned or item.why,
        "benefit": benefit(evidence),
        "low": evidence.hours_low / most,
        "high": evidence.hours_high / most,
        "sure": _sure(item),
        "cost": cost(opportunity) if item.value_for_effort is None else f"{cost(opportunity)}, {_per_day(item)}",
        "who": opportunity.owner or "no owner yet",
        "status": opportunity.status,
    }


def _band(item: Priority, worst: int) -> dict[str, Any] | None:
    """Between which places nine of ten draws put it, in words and as shares of the width of ``worst`` places."""
    if item.doubt is None:
        return None
    low, high = item.doubt.rank_low, item.doubt.rank_high
    told = f"place {low} to {high}" if low < high else f"place {low}"
    tied = item.doubt.tied
    ends = {"low": (low - 1) / worst, "high": high / worst, "at": (min(item.computed_rank, worst) - 0.5) / worst}
    return {"told": f"{told}, tied with {tied}" if tied else told, **ends}


def _was(item: Priority, saved: int) -> str:
    if saved != item.rank:
        return f"{'▲' if item.rank < saved else '▼'} was {saved}"
    return f"computed {item.computed_rank}" if item.move is not None else ""


def _per_day(item: Priority) -> str:
    return f"{item.value_for_effort:.1f} h a year per day of work"


def _sure(item: Priority) -> str:
    verdicts = [verdict.verdict for verdict in item.opportunity.verdicts]
    said = [f"{verdicts.count(word)} {word}" for word in ("holds", "doubtful", "wrong") if word in verdicts]
    judged = f"{item.rated} of {len(item.values)} known"
    struck = [several(len(item.opportunity.strikes), "strike")] if item.opportunity.strikes else []
    return ", ".join((judged, *said, *struck))
