"""What is known of systems as wholes, as measures for drivers: each figure with its interval."""

from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial

import pandas as pd

from opex.domain.problems import NotEnoughData
from opex.evidence.facts import YEAR
from opex.evidence.findings import poisson_interval
from opex.services import comparing, delivering, forecasting, linking, trending
from opex.services.context import Context
from opex.services.forecasting import Pain

__all__ = ["figures"]

COLUMNS = ["system", "environment", "value", "low", "high"]
Figure = Callable[[Context, datetime], pd.DataFrame]


def figures(context: Context, measures: Collection[str], as_of: datetime) -> dict[str, pd.DataFrame]:
    """The figures that these measures need, by measure; only what is asked for is computed.

    Each table has columns system, environment (missing where the figure holds for all), value, low, high.
    """
    return {name: source(context, as_of) for name, source in _SOURCES.items() if name in measures}


def _expected(pain: Pain, context: Context, as_of: datetime) -> pd.DataFrame:
    found = forecasting.expected(context, by="system", period="quarter", pain=pain, as_of=as_of)
    if isinstance(found, NotEnoughData):
        return pd.DataFrame(columns=COLUMNS)
    told = found.rename(columns={"subject": "system", "expected": "value"}).assign(environment=None)
    return told[COLUMNS]


def _after_changes(value: str, low: str, high: str, context: Context, as_of: datetime) -> pd.DataFrame:
    found = linking.figures(context, as_of=as_of)
    return found[["system", "environment", value, low, high]].set_axis(COLUMNS, axis=1).dropna(subset="value")


def _delivered(measure: str, context: Context, as_of: datetime) -> pd.DataFrame:
    found = delivering.delivered(context, by=("system", "environment"), since=as_of - YEAR, as_of=as_of)
    if isinstance(found, NotEnoughData):
        return pd.DataFrame(columns=COLUMNS)
    told = found.rows[["system", "environment", measure, f"{measure}_low", f"{measure}_high"]]
    return told.set_axis(COLUMNS, axis=1).dropna(subset=["system", "value"])


def _beside_others(context: Context, as_of: datetime) -> pd.DataFrame:
    every = comparing.choices(context, as_of)["environment"].unique()
    parts = [comparing.overview(context, one, "week", as_of).assign(environment=one) for one in every]
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    told = pd.concat(parts, ignore_index=True)[["system", "environment", "ratio", "low", "high"]]
    return told.set_axis(COLUMNS, axis=1).dropna(subset="value")


def _shifted(kind: str, context: Context, as_of: datetime) -> pd.DataFrame:
    found = trending.trending(context, as_of=as_of)
    judged = () if isinstance(found, NotEnoughData) else found
    rows = [
        (one.series.system, one.series.environment, one.trend.effect, one.trend.low, one.trend.high)
        for one in judged
        if one.trend is not None and one.series.kind == kind and one.series.system is not None
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _stood_out(context: Context, as_of: datetime) -> pd.DataFrame:
    found = trending.watching(context, as_of=as_of)
    every = () if isinstance(found, NotEnoughData) else found
    rows = [
        (one.system, one.environment, len(one.alarms)) for one in every if not isinstance(one.scored, NotEnoughData)
    ]
    table = pd.DataFrame(rows, columns=["system", "environment", "value"]).dropna(subset="system")
    told = table.groupby(["system", "environment"], as_index=False)["value"].sum()
    bounds = [poisson_interval(count) for count in told["value"]]
    bounded: pd.DataFrame = told.assign(low=[low for low, _ in bounds], high=[high for _, high in bounds])
    return bounded[COLUMNS]


_SOURCES: dict[str, Figure] = {
    "expected_incidents": partial(_expected, "count"),
    "expected_hours": partial(_expected, "hours"),
    "rate_after_changes": partial(_after_changes, "rate_ratio", "low", "high"),
    "excess_incidents": partial(_after_changes, "excess_incidents", "excess_low", "excess_high"),
    "change_failure_rate": partial(_delivered, "change_failure_rate"),
    "hours_to_restore": partial(_delivered, "recovery_time_hours"),
    "lead_time_hours": partial(_delivered, "lead_time_hours"),
    "deployments_a_week": partial(_delivered, "deployments_per_week"),
    "times_the_others": _beside_others,
    "level_shift": partial(_shifted, "incidents"),
    "level_shift_hours": partial(_shifted, "hours"),
    "anomalies": _stood_out,
}
