"""Seeded worlds of systems in environments: trouble comes in bad weeks and with aftershocks, on a season all share."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from opex import frames
from opex.evidence.facts import Facts
from tests.evidence.builders import AS_OF, facts

WEEKS = 104
Rates = Mapping[tuple[str, str, str], float]
"""Troubles a year by system, environment and category."""


def troubled(
    seed: int, rates: Rates, *, changes: Mapping[tuple[str, str], float] | None = None, spell: float = 0.0
) -> Facts:
    """Two years. Each trouble brings half an aftershock within hours; ``spell`` is the variance of a subject's weeks.

    ``changes`` are deployments a year by system and environment, 50 of each subject unless said otherwise.
    """
    rng = np.random.default_rng(seed)
    season = 1 + 0.5 * np.sin(np.arange(WEEKS) / 52 * 2 * np.pi + rng.uniform(0, 6)) + np.linspace(-0.3, 0.3, WEEKS)
    of, weeks = [], []
    for subject in sorted({(system, environment) for system, environment, _ in rates}):
        for system, environment, category in sorted(rates):
            if (system, environment) == subject:
                own = rng.gamma(1 / spell, spell, WEEKS) if spell else np.ones(WEEKS)
                counts = rng.poisson(rates[system, environment, category] / 52 * season / season.mean() * own)
                weeks.append(np.repeat(np.arange(WEEKS), counts))
                of += [(system, environment, category)] * int(counts.sum())
    first = (np.concatenate(weeks) + rng.random(len(of))) * 168
    shocks = np.repeat(np.arange(len(of)), rng.poisson(0.5, len(of)))
    at = np.concatenate([first, first[shocks] + rng.exponential(3.0, len(shocks))])
    named = pd.DataFrame([*of, *(of[n] for n in shocks)], columns=["system", "environment", "category"])
    subjects = changes or {(system, environment): 50.0 for system, environment, _ in rates}
    made = {
        subject: np.sort(rng.uniform(0, WEEKS * 168, rng.poisson(2 * a_year))) for subject, a_year in subjects.items()
    }
    rows = pd.DataFrame(
        [(*subject, moment) for subject, moments in made.items() for moment in moments],
        columns=["system", "environment", "at"],
    )
    return _facts(named.assign(at=at, hours=rng.lognormal(0.5, 1.0, len(at))), rows)


def _facts(incidents: pd.DataFrame, changes: pd.DataFrame) -> Facts:
    begin = pd.Timestamp(AS_OF) - pd.Timedelta(weeks=WEEKS)
    tables = {}
    for table, rows in ((frames.INCIDENTS, incidents), (frames.CHANGES, changes)):
        rows = rows[rows["at"] < WEEKS * 168].sort_values("at", ignore_index=True)
        started = begin + pd.to_timedelta(rows["at"], unit="h").dt.round("s")
        known = rows.assign(source="t", source_id=rows.index.astype(str), title="x", started_at=started)
        if table is frames.INCIDENTS:
            known = known.assign(resolved_at=started + pd.to_timedelta(rows["hours"], unit="h"), planned=False)
        else:
            known = known.assign(kind="deployment", outcome="succeeded")
        shaped = frames.shaped(known, table)
        shaped.insert(0, "id", "t:" + shaped["source_id"])
        tables[table.name] = shaped
    named = {
        name: table[["id", "system"]].rename(columns={"id": key})
        for (name, table), key in zip(tables.items(), ("incident_id", "change_id"), strict=True)
    }
    return replace(_none(), **tables, incident_systems=named["incidents"], change_systems=named["changes"])


@cache
def _none() -> Facts:
    return facts()
