"""Metrics watched at the resolution they were measured in: which moments stood out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from opex.domain.problems import NotEnoughData
from opex.evidence.anomalies import BUDGET, Alarm, Scored, alarms, scored
from opex.evidence.facts import Facts

__all__ = ["Watched", "watched"]

DAYS = 180


@dataclass(frozen=True, kw_only=True)
class Watched:
    """One metric of one system. ``scored`` is what was judged, or what is missing for it."""

    metric: str
    system: str | None
    environment: str
    unit: str
    scored: Scored | NotEnoughData
    alarms: tuple[Alarm, ...] = ()


def watched(facts: Facts, as_of: datetime, *, days: int = DAYS, budget: float = BUDGET) -> Iterator[Watched]:
    """Each metric, system and environment with readings in the past ``days``, by name, with its alarms.

    Readings of several sources count together.
    """
    readings = facts.readings[facts.readings["at"] > pd.Timestamp(as_of) - pd.Timedelta(days=days)]
    named = readings.assign(**{name: readings[name].fillna("") for name in ("system", "unit")})
    for (metric, system, environment, unit), rows in named.groupby(
        ["metric", "system", "environment", "unit"], sort=True
    ):
        at = rows["at"].dt.as_unit("s").astype("int64").to_numpy()
        told = scored(at, rows["value"].to_numpy(dtype=np.float64), budget=budget)
        yield Watched(
            metric=str(metric), system=str(system) or None, environment=str(environment), unit=str(unit), scored=told,
            alarms=() if isinstance(told, NotEnoughData) else tuple(alarms(told)),
        )  # fmt: skip
