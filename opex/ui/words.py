"""Numbers and times as people read them."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from opex.domain.opportunities import EFFORT_SIZES, Opportunity
from opex.domain.priorities import Evidence

__all__ = ["benefit", "cost", "day", "hours", "moment", "several", "told_apart", "zone"]


def several(count: int, word: str) -> str:
    """A count with its word.

    Examples
    --------
    >>> several(1, "incident"), several(1200, "incident")
    ('1 incident', '1,200 incidents')
    """
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def told_apart(labels: Mapping[str, str]) -> dict[str, str]:
    """The same labels by key, with the key behind those that are alike.

    For every widget that offers them: Streamlit knows an option by its words, and takes the last of those alike.

    Examples
    --------
    >>> told_apart({"csv:1": "Disk full", "csv:2": "Disk full", "csv:3": "No mail"})
    {'csv:1': 'Disk full (csv:1)', 'csv:2': 'Disk full (csv:2)', 'csv:3': 'No mail'}
    """
    times = Counter(labels.values())
    return {key: f"{label} ({key})" if times[label] > 1 else label for key, label in labels.items()}


def hours(value: float) -> str:
    """Hours, as precise as they deserve.

    Examples
    --------
    >>> hours(0.25), hours(3.14), hours(412.3)
    ('0.2', '3.1', '412')
    """
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def benefit(evidence: Evidence) -> str:
    """What the action would bring back, as a range."""
    if evidence.incidents == 0:
        return "no incident this year"
    if evidence.lasting_hours_unknown == evidence.incidents:
        return "hours unknown"
    return f"{hours(evidence.hours_low)} to {hours(evidence.hours_high)} h a year"


def cost(opportunity: Opportunity) -> str:
    """The effort, by the size that holds it, or that nobody estimated it.

    A size holds everything up to its days; beyond the largest the days stand alone.
    """
    days = opportunity.effort_days
    if days is None:
        return "not estimated"
    size = next((size for size, most in EFFORT_SIZES.items() if days <= most), "")
    return f"{size} · {days:g} days" if size else f"{days:g} days"


def zone() -> ZoneInfo:
    """The reader's time zone."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def day(when: datetime) -> str:
    """A day in the reader's zone."""
    return f"{when.astimezone(zone()):%-d %b %Y}"


def moment(when: datetime) -> str:
    """An instant in the reader's zone, which it names."""
    return f"{when.astimezone(zone()):%-d %b %Y, %H:%M %Z}"
