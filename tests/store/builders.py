"""Canonical tables for tests: rows with what matters, everything else filled in."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from opex import frames
from opex.store.facts import LoadRecord

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROWS: dict[str, dict[str, Any]] = {
    "incidents": {"source": "jira", "title": "Checkout is slow", "environment": "production", "started_at": START,
                  "planned": False},
    "changes": {"source": "git", "kind": "deployment", "title": "Deploy", "environment": "production",
                "started_at": START, "outcome": "succeeded"},
    "readings": {"source": "prom", "metric": "latency", "environment": "production", "at": START, "value": 1.5},
}  # fmt: skip


def frame(name: str, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The canonical table of that name with these rows."""
    table = frames.TABLES[name]
    filled = [{**ROWS.get(name, {}), **row} for row in rows]
    columns = {c.name: series([row.get(c.name) for row in filled], c.kind) for c in table.columns}
    return frames.checked(pd.DataFrame(columns), table)


def series(values: Sequence[Any], kind: frames.Kind) -> pd.Series:
    """One column, without a detour through floats."""
    if kind == "time":
        return pd.to_datetime(pd.Series(values, dtype="object"), utc=True).dt.as_unit("us")
    return pd.Series(values, dtype=frames.DTYPES[kind])


def incidents(*rows: Mapping[str, Any], further: Mapping[str, Sequence[str]] | None = None) -> frames.Rows:
    """Incidents as a load hands them over; ``further`` are more systems of an incident, by its id in the source."""
    pairs = [
        {"source": row.get("source", "jira"), "source_id": row["source_id"], "system": system}
        for row in rows
        for system in (further or {}).get(row["source_id"], ())
    ]
    return frames.rows_of({"incidents": frame("incidents", rows), "incident_systems": frame("incident_systems", pairs)})


def record(of: str = "1", **changes: Any) -> LoadRecord:
    """The entry of a load in the history."""
    known: dict[str, Any] = {
        "id": of, "at": START, "person": "Ana", "kind": "incidents", "source": "jira", "format": "csv",
        "files": ("a.csv",), "report": {"rows": 1},
    }  # fmt: skip
    return LoadRecord(**{**known, **changes})


def revisions(**raised: int) -> dict[str, int]:
    """The revisions of a workspace in which only these were raised."""
    names = ("facts", "decisions", "sources", "rankings", "scenarios", "sessions", "people", "audit")
    return dict.fromkeys(names, 0) | raised
