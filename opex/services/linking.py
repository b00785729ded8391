"""Changes and incidents: which systems break by their own changing, as of an instant."""

import re
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from opex.domain.problems import NotEnoughData, Refused
from opex.evidence.after_changes import WINDOWS
from opex.evidence.credit import credited
from opex.evidence.facts import YEAR
from opex.evidence.linking import Compared, Linked, SystemAfter, Who, compare, links_within, within
from opex.services import link_verdicts
from opex.services.context import Context
from opex.services.knowing import Known, known

__all__ = ["WINDOW_HOURS", "Who", "apart", "compared", "document", "figures", "linked", "table", "window_of"]

WINDOW_HOURS = 24.0
_UNITS = {"m": 1 / 60, "h": 1.0, "d": 24.0}


def linked(
    context: Context, *, window_hours: float = WINDOW_HOURS, who: Who = "all", as_of: datetime | None = None
) -> Linked | NotEnoughData:
    """Each system's incidents beside its own changes, and the links with their credit.

    What takes long (permuted weeks) is computed once for each state of the facts; another window or a verdict only
    shares the credit anew.
    """
    now = known(context, as_of)
    if isinstance(now, NotEnoughData):
        return now
    slow = compared(context, now, window_hours, who)
    key = (now.revision, now.as_of, slow.windows, window_hours, who)
    pairs = context.memory.get("pairs", key, lambda: links_within(slow, window_hours))
    said = {pair: word.verdict == "holds" for pair, word in link_verdicts.said(context).items()}
    decided = context.database.revisions()["decisions"]
    return context.memory.get(
        "linked", (*key, decided), lambda: within(slow, window_hours, credited(pairs, now.facts, said))
    )


def apart(context: Context, as_of: datetime | None = None) -> str:
    """Why no incident can meet a change, in a sentence, where they have no environment in common; else empty."""
    now = known(context, as_of)
    if isinstance(now, NotEnoughData) or now.facts.incidents.empty or now.facts.changes.empty:
        return ""
    theirs, ours = (set(table["environment"]) for table in (now.facts.incidents, now.facts.changes))
    if theirs & ours:
        return ""
    return (
        f"Here no incident can meet a change: the incidents are of {_named(theirs)}, the changes of {_named(ours)}. "
        "Load one of them again with its environment stated (on the page Load, or with --environment)."
    )


def _named(environments: set[str]) -> str:
    names = sorted(environments)
    return ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")


def compared(context: Context, now: Known, window_hours: float = WINDOW_HOURS, who: Who = "all") -> Compared:
    """What permuted weeks tell of every system; the same for all of the usual windows."""
    windows = tuple(sorted({*WINDOWS, float(window_hours)}))
    key = (now.revision, now.as_of, windows, who)
    return context.memory.get("compared", key, lambda: compare(now.facts, windows=windows, who=who))


def figures(context: Context, *, window_hours: float = WINDOW_HOURS, as_of: datetime | None = None) -> pd.DataFrame:
    """What changes bring, for each system and environment that could be told of: a source of measures for drivers.

    Columns system, environment; rate_ratio, low, high (inside against outside of the window after changes);
    excess_incidents, excess_low, excess_high (a year of 365 days); q_value. By system and environment. Missing where a
    window has too little to tell; without a row where there is too little of both.
    """
    columns = ["system", "environment", "rate_ratio", "low", "high", "excess_incidents", "excess_low", "excess_high",
               "q_value"]  # fmt: skip
    now = known(context, as_of)
    slow = None if isinstance(now, NotEnoughData) else compared(context, now, window_hours)
    if slow is None or slow.begin is None or slow.end is None:
        return pd.DataFrame(columns=columns)
    at, a_year = slow.windows.index(float(window_hours)), YEAR / (slow.end - slow.begin)
    rows = [
        (one.system, one.environment, after.ratio[at], after.low[at], after.high[at], after.excess[at] * a_year,
         after.excess_low[at] * a_year, after.excess_high[at] * a_year, one.q_value)
        for one in slow.systems if (after := one.after) is not None
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


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
        "links": [_link(row) for row in found.links.to_dict("records")],
    }


def _link(row: dict[Any, Any]) -> dict[str, Any]:
    plain = {name: row[name] for name in ("incident", "change", "lead_minutes", "credit", "system", "environment")}
    return plain | {"verdict": row["verdict"] or None}


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
        {"window_hours": hours, "seen": int(after.seen[n]), "expected": _number(after.expected[n]),
         "rate_ratio": _number(after.ratio[n]), "rate_ratio_low": _number(after.low[n]),
         "rate_ratio_high": _number(after.high[n])}
        for n, hours in enumerate(one.windows)
    ]  # fmt: skip
    return {**plain, **told, "q_value": _number(one.q_value), "windows": sweep}


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
