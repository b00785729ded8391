"""Times of watermarks and records: aware UTC, and how far back a fetch looks."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from opex.sources.aws.results import Gap

__all__ = ["FIRST_LOOK", "OVERLAP", "Look", "as_text", "look", "moment", "watermark"]

FIRST_LOOK = timedelta(days=90)
"""How far back the first run looks when the source does not say."""

OVERLAP = timedelta(minutes=15)
"""How much of what was read before is read again, for what AWS reports late."""


def as_text(at: datetime) -> str:
    """A time as a record and a watermark hold it.

    Examples
    --------
    >>> as_text(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    '2026-01-02T03:04:05Z'
    """
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def moment(value: Any) -> datetime | None:
    """A time of an answer in UTC; ``None`` where the answer has none."""
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo is not None else None


def watermark(state: Any, part: str) -> datetime | None:
    """The time up to which a part has surely arrived; ``None`` where nothing is kept (or what is kept is no time)."""
    kept = state.get(part)
    if not isinstance(kept, str):
        return None
    try:
        return moment(datetime.fromisoformat(kept))
    except ValueError:
        return None


@dataclass(frozen=True, kw_only=True)
class Look:
    """From when a fetch reads, the gap for what AWS keeps no longer, and a note about a first look."""

    since: datetime
    gap: Gap | None
    note: str


def look(
    part: str,
    kept: datetime | None,
    stated: datetime | None,
    *,
    now: datetime,
    retention: timedelta,
    overlap: timedelta = OVERLAP,
) -> Look:
    """From when to read a part: where it was left, else from the stated time, else ``FIRST_LOOK`` back.

    What was wanted (a watermark or a stated time) and is older than ``retention`` is a gap; a first look that nobody
    stated simply begins where AWS's memory does, and a note says when.

    Parameters
    ----------
    kept
        The watermark of the part, ``None`` on its first run.
    retention
        How long AWS keeps it.
    """
    oldest = now - retention
    wanted = kept if kept is not None else stated
    if wanted is None:
        since = max(oldest, now - FIRST_LOOK)
        return Look(since=since, gap=None, note=f"What was never read before is read from {since:%Y-%m-%d} on.")
    wanted = min(wanted, now)
    gap = None
    if wanted < oldest:
        why = f"AWS keeps it for {_days(retention)} only"
        gap = Gap(part=part, since=wanted, until=oldest, why=why)
    since = wanted - overlap if kept is not None else wanted
    return Look(since=max(since, oldest), gap=gap, note="")


def _days(length: timedelta) -> str:
    return f"{length.days} days" if length >= timedelta(days=1) else f"{length.seconds // 3600} hours"
