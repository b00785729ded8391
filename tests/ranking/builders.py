"""Opportunities, drivers and incidents for tests of ranking."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from opex.domain.drivers import Driver, Scale
from opex.domain.opportunities import Opportunity, Removal, Strike, Verdict
from opex.ranking.measures import MEASURES, Membership, membership

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
FULL = Removal(low=1, likely=1, high=1)


def opportunity(id: str, *incidents: str, struck: tuple[str, ...] = (), **more: Any) -> Opportunity:
    """An opportunity whose action removes everything, unless said otherwise."""
    strikes = tuple(Strike(incident=i, reason="a drill", person="Ana", seq=1) for i in struck)
    known = {"title": id.title(), "action": "Act", "removes": FULL, "incidents": incidents, "strikes": strikes} | more
    return Opportunity(id=id, **known)


def verdict(word: str, person: str = "Ana") -> Verdict:
    """One reviewer's word on an insight."""
    return Verdict(person=person, function="operations", verdict=word, why="", impacts="", at=AS_OF, seq=1)


def driver(measure: str, weight: float = 1.0, **more: Any) -> Driver:
    """A driver of that measure on the scale 0 to 100."""
    known = {
        "name": measure, "title": measure.replace("_", " ").capitalize(), "family": "unacceptable issue",
        "definition": "What it says.", "measure": measure, "scale": Scale(zero_at=0, one_at=100), "weight": weight,
        "unit": MEASURES[measure].unit if measure in MEASURES else "level",
    } | more  # fmt: skip
    return Driver(**known)


def table(*rows: dict[str, Any]) -> tuple[pd.DataFrame, pd.Series]:
    """Incidents and their hours: ``id``, ``days_ago``, ``hours``, ``severity``, ``planned``."""
    frame = pd.DataFrame(
        {
            "id": pd.Series([row["id"] for row in rows], dtype="str"),
            "started_at": pd.to_datetime([AS_OF - timedelta(days=row.get("days_ago", 10)) for row in rows], utc=True),
            "severity": pd.Series([row.get("severity") for row in rows], dtype="Int64"),
            "planned": pd.Series([row.get("planned", False) for row in rows], dtype="boolean"),
        }
    )
    return frame, pd.Series([row.get("hours", 1.0) for row in rows], dtype="float64")


def of(items: list[Opportunity], *rows: dict[str, Any], systems: dict[str, int] | None = None) -> Membership:
    """Who is evidence for what."""
    incidents, hours = table(*rows)
    return membership(items, incidents, pd.Series(systems or {}, dtype="int64"), hours, AS_OF)
