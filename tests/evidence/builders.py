"""Small worlds for tests of evidence: facts from a few words, and worlds in which nothing is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from opex import frames
from opex.domain.systems import Catalogue
from opex.evidence.facts import Facts, prepare
from opex.evidence.findings import Finding

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
Row = Mapping[str, Any]


def at(days_ago: float, hours: float = 0) -> datetime:
    """So many days (and hours) before as-of."""
    return AS_OF - timedelta(days=days_ago, hours=hours)


def incident(n: object, days_ago: float, *, hours: float | None = 1.0, **more: object) -> dict[str, Any]:
    """An incident of checkout in production that lasted so many hours; ``None``: it is open."""
    started = at(days_ago)
    resolved = None if hours is None else started + timedelta(hours=hours)
    known: dict[str, Any] = {
        "source": "t", "source_id": str(n), "title": f"Trouble {n}", "system": "checkout", "environment": "production",
        "started_at": started, "resolved_at": resolved, "status": "open" if hours is None else "closed",
        "planned": False,
    }  # fmt: skip
    return known | more


def change(n: object, days_ago: float, **more: object) -> dict[str, Any]:
    """A deployment of checkout to production."""
    known: dict[str, Any] = {
        "source": "t", "source_id": str(n), "kind": "deployment", "title": f"Release {n}", "system": "checkout",
        "environment": "production", "started_at": at(days_ago), "outcome": "succeeded",
    }  # fmt: skip
    return known | more


def daily(values: Sequence[float], metric: str = "latency", **more: object) -> list[dict[str, Any]]:
    """A metric of checkout, a value a day, the last one on the day before as-of; less is better."""
    known: dict[str, Any] = {
        "source": "t", "metric": metric, "unit": "ms", "better": "low", "system": "checkout",
        "environment": "production",
    }  # fmt: skip
    return [known | more | {"at": at(len(values) - n, -1), "value": float(v)} for n, v in enumerate(values)]


def table(rows: Sequence[Row], of: frames.Table) -> pd.DataFrame:
    """Rows as the canonical table with its ids, oldest first."""
    plain = pd.DataFrame(list(rows), columns=of.names if not rows else None)
    for column in of.columns:
        if column.kind == "time" and column.name in plain:
            plain[column.name] = pd.to_datetime(plain[column.name], utc=True)
    shaped = frames.shaped(plain, of)
    if of is frames.READINGS:
        shaped.insert(0, "id", pd.Series([f"t:{n}" for n in range(len(shaped))], dtype="str"))
        return shaped.sort_values("at", kind="stable", ignore_index=True)
    shaped.insert(0, "id", (shaped["source"] + ":" + shaped["source_id"]).astype("str"))
    return shaped.sort_values(["started_at", "id"], kind="stable", ignore_index=True)


def facts(
    incidents: Sequence[Row] = (),
    *,
    changes: Sequence[Row] = (),
    readings: Sequence[Row] = (),
    further: Sequence[tuple[str, str]] = (),
    catalogue: Catalogue | None = None,
) -> Facts:
    """Facts as finders read them."""
    return prepare(
        table(incidents, frames.INCIDENTS),
        pd.DataFrame(list(further), columns=["incident_id", "system"]).astype("str"),
        table(changes, frames.CHANGES),
        table(readings, frames.READINGS),
        catalogue or Catalogue(),
    )


@cache
def calm_year(seed: int, systems: int = 4) -> Facts:
    """A year in which nothing is wrong: about forty incidents a system, spread evenly, all recovering alike."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(40, size=systems)
    total = int(counts.sum())
    started = pd.Timestamp(AS_OF) - pd.to_timedelta(rng.uniform(0, 364 * 86_400, size=total), unit="s")
    lasted = pd.to_timedelta(np.exp(rng.normal(0.5, 1.0, size=total)) * 3600, unit="s")
    rows = pd.DataFrame({"started_at": started, "resolved_at": started + lasted, "system": np.repeat(
        [f"system-{n}" for n in range(systems)], counts)})  # fmt: skip
    rows = rows.sort_values("started_at", ignore_index=True).assign(
        source="t", source_id=[str(n) for n in range(total)], title="x", environment="production", planned=False
    )
    incidents = frames.shaped(rows, frames.INCIDENTS)
    incidents.insert(0, "id", "t:" + incidents["source_id"])
    return replace(facts(), incidents=incidents, incident_systems=incidents[["id", "system"]].rename(
        columns={"id": "incident_id"}))  # fmt: skip


@cache
def calm_metrics(seed: int, series: int = 3, memory: float = 0.3) -> Facts:
    """Half a year of noise that remembers yesterday (autocorrelation ``memory``), on a week's rhythm."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(180, series))
    for day in range(1, 180):
        noise[day] = memory * noise[day - 1] + noise[day] * np.sqrt(1 - memory**2)
    values = 100 + 10 * noise + 8 * np.tile(rng.normal(size=(7, series)), (26, 1))[:180]
    days = pd.date_range(end=pd.Timestamp(AS_OF) - pd.Timedelta(hours=1), periods=180, unit="us")
    rows = pd.DataFrame({"metric": np.tile([f"metric-{n}" for n in range(series)], 180), "at": days.repeat(series),
                         "value": values.ravel()})  # fmt: skip
    readings = frames.shaped(rows.assign(source="t", better="low", environment="production"), frames.READINGS)
    return replace(facts(), readings=readings)


def finding(*incidents: str, **more: object) -> Finding:
    """A finding with these incidents; a theme unless said otherwise."""
    known: dict[str, Any] = {
        "finder": "theme", "key": incidents[0] if incidents else "k", "label": "printer jam", "incidents": incidents,
        "effect": 1.0, "low": 0.5, "high": 2.0, "unit": "incidents a year", "why": "w", "falsifier": "f",
    }  # fmt: skip
    return Finding(**(known | more))
