"""Changes and incidents: which systems break by their own changing, as of an instant."""

import re
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from opex.domain.problems import NotEnoughData, Refused
from opex.evidence.linking import Linked, SystemAfter, Who, link
from opex.services.context import Context
from opex.services.knowing import known

__all__ = ["WINDOW_HOURS", "Who", "document", "linked", "table", "window_of"]

WINDOW_HOURS = 24.0
_UNITS = {"m": 1 / 60, "h": 1.0, "d": 24.0}


def linked(
    context: Context, *, window_hours: float = WINDOW_HOURS, who: Who = "all", as_of: datetime | None = None
) -> Linked | NotEnoughData:
    """Each system's incidents beside its own changes; computed once for each state of the facts."""
    now = known(context, as_of)
    if isinstance(now, NotEnoughData):
        return now
    key = (now.revision, now.as_of, window_hours, who)
    return context.memory.get("linked", key, lambda: link(now.facts, window_hours=window_hours, who=who))


def window_of(text: str) -> float:
    """Hours from words such as ``24h``, ``90m`` or ``7d``.

    Raises
    ------
    Refused
        It is none, or not between a minute and seven days.

    Examples
    --------
    >>> window_of("90m"), window_of("7d")
    (1.5, 168.0)
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([mhd])", text.strip())
    hours = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not 1 / 60 <= hours <= 168:
        raise Refused(f'"{text}" is no window: write it as 90m, 24h or 7d, at most seven days.')
    return hours


def table(found: Linked) -> pd.DataFrame:
    """A row for each system that could be told of, the most certain first.

    Columns system, environment, incidents, episodes, changes, fixes, seen, expected, ratio, low, high, excess, q.
    """
    columns = ["system", "environment", "incidents", "episodes", "changes", "fixes", "seen", "expected", "ratio", "low",
               "high", "excess", "q"]  # fmt: skip
    rows = [
        (one.system, one.environment, one.incidents, one.after.outcomes, one.changes, one.fixes_left_out,
         one.after.seen[one.at], one.after.expected[one.at], one.after.ratio[one.at], one.after.low[one.at],
         one.after.high[one.at], one.after.excess[one.at], one.q_value)
        for one in found.systems if one.after is not None
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def document(found: Linked) -> dict[str, Any]:
    """As ``opex changes-to-incidents --json`` prints it; what could not be told is null."""
    return {
        "window_hours": found.window_hours,
        "begin": found.begin and found.begin.isoformat().replace("+00:00", "Z"),
        "end": found.end and found.end.isoformat().replace("+00:00", "Z"),
        "systems": [_system(one) for one in found.systems],
        "links": found.links[["incident", "change", "lead_minutes", "credit"]].to_dict("records"),
    }


def _system(one: SystemAfter) -> dict[str, Any]:
    plain = {
        name: getattr(one, name)
        for name in ("system", "environment", "incidents", "episodes", "changes", "fixes_left_out", "lacks")
    }
    told = dict.fromkeys(
        ("seen", "expected", "rate_ratio", "rate_ratio_low", "rate_ratio_high", "excess_incidents", "p_value")
    )
    if (after := one.after) is not None:
        values = (
            after.seen[one.at], after.expected[one.at], after.ratio[one.at], after.low[one.at], after.high[one.at],
            after.excess[one.at], after.p_value,
        )  # fmt: skip
        told = dict(zip(told, (_number(value) for value in values), strict=True)) | {"seen": int(after.seen[one.at])}
    sweep = [] if after is None else [
        {"window_hours": hours, "seen": int(seen), "expected": _number(expected), "rate_ratio": _number(ratio)}
        for hours, seen, expected, ratio in zip(one.windows, after.seen, after.expected, after.ratio, strict=True)
    ]  # fmt: skip
    return {**plain, **told, "q_value": _number(one.q_value), "windows": sweep}


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
