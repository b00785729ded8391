"""Delivery measures (DORA): how often, how soon, how well and how quickly mended, as of an instant."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from opex.domain.problems import NotEnoughData, Refused
from opex.evidence.delivery import BY, COUNTS, MEASURES, RULES, Delivery, Period, Who, delivery, failing_more
from opex.evidence.deployments import KINDS
from opex.services.context import Context
from opex.services.knowing import known

__all__ = [
    "ALL_KINDS", "BY", "KINDS", "MEASURES", "RULES", "Delivery", "Period", "Who", "delivered", "document",
    "environments", "failing_more", "number", "parts_of", "told",
]  # fmt: skip

ALL_KINDS = ("deployment", "configuration", "infrastructure", "api_call")
_BESIDE = {
    "deployments_per_week": {"count": "in_weeks", "weeks": "weeks"},
    "lead_time_hours": {"known": "lead_known", "unknown": "lead_unknown"},
    "change_failure_rate": {
        "failures": "failures", "of": "outcome_known", "unknown": "unknown", "at_least": "failure_rate_least",
        "at_most": "failure_rate_most",
    },
    "recovery_time_hours": {
        "recovered": "recovered", "not_recovered": "not_recovered", "unknown": "recovery_unknown",
    },
}  # fmt: skip


def delivered(
    context: Context,
    *,
    by: Sequence[str] = ("system", "environment"),
    period: Period | None = None,
    who: Who = "all",
    kinds: Sequence[str] = KINDS,
    environment: str | None = None,
    since: datetime | None = None,
    as_of: datetime | None = None,
) -> Delivery | NotEnoughData:
    """The four measures; computed once for each state of the facts and each question."""
    now = known(context, as_of)
    if isinstance(now, NotEnoughData):
        return now
    if now.facts.changes.empty:
        return NotEnoughData(have=0, need=1, what="changes")
    asked: dict[str, Any] = {
        "by": tuple(by), "period": period, "who": who, "kinds": tuple(kinds), "environment": environment,
        "since": since,
    }  # fmt: skip
    key = (now.revision, now.as_of, *asked.values())
    return context.memory.get("delivered", key, lambda: delivery(now.facts, **asked))


def environments(context: Context) -> list[str]:
    """The environments that changes were made in, production first, then the busiest."""
    now = known(context)
    if isinstance(now, NotEnoughData):
        return []
    counts = now.facts.changes["environment"].value_counts()
    return sorted(counts.index, key=lambda name: (name != "production", -counts[name], name))


def parts_of(text: str, allowed: Sequence[str], option: str) -> tuple[str, ...]:
    """What a person named, separated by commas; nothing for "all".

    Raises
    ------
    Refused
        One of them is not allowed, or named twice.

    Examples
    --------
    >>> parts_of("system, environment", BY, "--by"), parts_of("all", BY, "--by")
    (('system', 'environment'), ())
    """
    if text.strip() == "all":
        return ()
    names = tuple(name.strip() for name in text.split(","))
    if not set(names) <= set(allowed) or len(set(names)) < len(names):
        raise Refused(f'{option} "{text}" cannot be told: name some of {", ".join(allowed)}, or all.')
    return names


def told(row: Mapping[Any, Any]) -> dict[str, str]:
    """Each measure of a row in words, with its interval and counts, or why it cannot be told."""
    weeks, all_failed = f"{row['in_weeks']:,} in {row['weeks']:.0f} weeks", row["recovered"] + row["not_recovered"]
    return {
        "deployments_per_week": _words(row, "deployments_per_week", number, " a week", weeks),
        "lead_time_hours": _words(row, "lead_time_hours", number, " h", f"the median of {row['lead_known']:,}"),
        "change_failure_rate": _words(
            row, "change_failure_rate", "{:.1%}".format, "", f"{row['failures']:,} of {row['outcome_known']:,}"
        ) + _bounds(row),
        "recovery_time_hours": _words(row, "recovery_time_hours", number, " h", f"the median of {all_failed:,}"),
    }  # fmt: skip


def number(value: float) -> str:
    """A number as precise as it deserves.

    Examples
    --------
    >>> number(0), number(0.034), number(4.26), number(334.7)
    ('0', '0.03', '4.3', '335')
    """
    if not value:
        return "0"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def _words(row: Mapping[Any, Any], name: str, form: Callable[[float], str], unit: str, counts: str) -> str:
    value, low, high, lacks = (row[f"{name}{part}"] for part in ("", "_low", "_high", "_lacks"))
    if np.isnan(value):
        return f"cannot be told ({lacks})"
    if np.isnan(low):
        return f"{form(value)}{unit} ({counts}; {lacks})"
    upper = "open end" if np.isnan(high) else form(high)
    return f"{form(value)}{unit} ({form(low)} to {upper}; {counts})"


def _bounds(row: Mapping[Any, Any]) -> str:
    """What is known without the unknown outcomes: at least so many failed."""
    if not row["unknown"] or not row["deployments"]:
        return ""
    known_bad = f"{row['failures_all']:,} of {row['deployments']:,}"
    return f", {row['unknown']:,} of unknown outcome; at least {row['failure_rate_least']:.1%} ({known_bad})"


def document(context: Context, *, as_of: datetime | None = None, **asked: Any) -> dict[str, Any] | NotEnoughData:
    """As ``opex dora --json`` prints it; what cannot be told is null, and ``lacks`` says why."""
    found, now = delivered(context, as_of=as_of, **asked), known(context, as_of)
    if isinstance(found, NotEnoughData) or isinstance(now, NotEnoughData):
        return found if isinstance(found, NotEnoughData) else NotEnoughData(have=0, need=1, what="facts")
    return {
        "as_of": _iso(now.as_of), "by": list(found.by), "period": found.period, "who": found.who,
        "kinds": list(found.kinds), "environment": found.environment, "begin": _iso(found.begin),
        "end": _iso(found.end), "rules": found.rules,
        "rows": [_row(row, found.by) for row in found.rows.to_dict("records")],
    }  # fmt: skip


def _row(row: Mapping[Any, Any], by: Sequence[str]) -> dict[str, Any]:
    plain = {
        **{name: _plain(row[name]) for name in (*by, "period")}, "begin": _iso(row["begin"]), "end": _iso(row["end"]),
        "complete": bool(row["complete"]), **{name: int(row[name]) for name in COUNTS},
    }  # fmt: skip
    measures = {
        name: {
            "value": _plain(row[name]), "low": _plain(row[f"{name}_low"]), "high": _plain(row[f"{name}_high"]),
            "lacks": row[f"{name}_lacks"], **{word: _plain(row[column]) for word, column in _BESIDE[name].items()},
        }
        for name in MEASURES
    }  # fmt: skip
    return plain | measures


def _plain(value: Any) -> Any:
    return None if pd.isna(value) else value


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")
