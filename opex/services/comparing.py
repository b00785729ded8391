"""Compare: systems and environments side by side, and what gets from test to production unseen, as of an instant."""

from datetime import datetime
from typing import Literal

import pandas as pd

from opex.domain.problems import NotEnoughData
from opex.evidence.comparing import Against, Comparison, Side, Tally, compare, each_against_the_rest, subjects
from opex.evidence.drift import Drift, drift
from opex.evidence.gaps import Gaps, categories, class_gaps
from opex.evidence.rates import Rate, Ratio
from opex.services.context import Context
from opex.services.finding import candidates
from opex.services.knowing import known

__all__ = [
    "CLEAR",
    "Per",
    "choices",
    "compared",
    "drifted",
    "gaps",
    "judged_changes",
    "months",
    "overview",
    "side_by_side",
]

Per = Literal["changes", "week"]
CLEAR = 0.05
MONTHS, MOST_SYSTEMS = 12, 15


def choices(context: Context, as_of: datetime | None = None) -> pd.DataFrame:
    """What can be compared: columns environment, system, incidents, changes; production first."""
    now = known(context, as_of)
    if isinstance(now, NotEnoughData):
        return pd.DataFrame(columns=["environment", "system", "incidents", "changes"])
    return context.memory.get("subjects", (now.revision, now.as_of), lambda: subjects(now.facts))


def overview(context: Context, environment: str, per: Per, as_of: datetime | None = None) -> pd.DataFrame:
    """Each system beside the others of its environment, the surest difference first, then what cannot be told.

    Columns system, ratio, low, high, q (missing where it cannot be told), lacks, episodes, incidents, changes,
    episodes_a_week, episodes_a_hundred, hours_lost, recovery_hours, recovery_times; ``begin`` and ``end``.
    """
    now = known(context, as_of)
    found: list[Against] = []
    if not isinstance(now, NotEnoughData):
        key = (now.revision, now.as_of, environment)
        found = context.memory.get("against", key, lambda: each_against_the_rest(now.facts, now.as_of, environment))
    rows = [_against(one, per) for one in found]
    table = pd.DataFrame(rows, columns=list(_against_columns()))
    order = table.assign(told=-table["ratio"].fillna(-1.0)).sort_values(["q", "told", "system"], kind="stable")
    return order.drop(columns="told").reset_index(drop=True)


def _against_columns() -> tuple[str, ...]:
    return ("system", "ratio", "low", "high", "q", "lacks", "episodes", "incidents", "changes", "episodes_a_week",
            "episodes_a_hundred", "hours_lost", "recovery_hours", "recovery_times", "begin", "end")  # fmt: skip


def _against(one: Against, per: Per) -> tuple[object, ...]:
    compared, mine = one.comparison, one.comparison.one
    ratio, q = (compared.a_week, one.q_week) if per == "week" else (compared.a_hundred, one.q_hundred)
    times = (ratio.ratio, ratio.low, ratio.high, q, "") if isinstance(ratio, Ratio) else (
        None, None, None, None, ratio.sentence
    )  # fmt: skip
    recovery = compared.recovery.ratio if isinstance(compared.recovery, Ratio) else None
    a_hundred = mine.episodes_a_hundred.value if mine.episodes_a_hundred else None
    return (
        one.system, *times, mine.episodes, mine.incidents, mine.changes, mine.episodes_a_week.value, a_hundred,
        mine.hours_lost, mine.recovery_hours, recovery, compared.begin, compared.end,
    )  # fmt: skip


def compared(context: Context, one: Side, other: Side) -> Comparison | NotEnoughData:
    """Two sides over the time that both cover."""
    now = known(context)
    if isinstance(now, NotEnoughData):
        return now
    key = (now.revision, now.as_of, one, other)
    return context.memory.get("side by side", key, lambda: compare(now.facts, now.as_of, one, other))


def side_by_side(found: Comparison) -> pd.DataFrame:
    """A row for each measure: columns measure, one, other, times (words), ratio, low, high (missing where not told)."""
    pairs: list[tuple[str, list[str], Ratio | NotEnoughData | None]] = [
        ("episodes for 100 changes", [_rate(side.episodes_a_hundred) for side in _both(found)], found.a_hundred),
        ("episodes a week, of one system", [_rate(side.episodes_a_week) for side in _both(found)], found.a_week),
        ("time to recover", [_hours(side) for side in _both(found)], found.recovery),
        ("incidents for 100 changes", [_rate(side.incidents_a_hundred) for side in _both(found)], None),
        ("incidents a week, of one system", [_rate(side.incidents_a_week) for side in _both(found)], None),
        ("hours lost a week, of one system",
         [f"{side.hours_lost / side.system_weeks:.1f} h" for side in _both(found)], None),
        ("hours lost in all", [f"{side.hours_lost:,.0f} h" for side in _both(found)], None),
        *((name, [f"{getattr(side, name):,}" for side in _both(found)], None)
          for name in ("episodes", "incidents", "changes", "systems")),
    ]  # fmt: skip
    rows = []
    for measure, sides, ratio in pairs:
        if isinstance(ratio, Ratio):
            words = f"{ratio.ratio:.1f} ({ratio.low:.1f} to {ratio.high:.1f})"
            rows.append((measure, *sides, words, ratio.ratio, ratio.low, ratio.high))
        else:
            rows.append((measure, *sides, "" if ratio is None else ratio.sentence, None, None, None))
    return pd.DataFrame(rows, columns=["measure", "one", "other", "times", "ratio", "low", "high"])


def _both(found: Comparison) -> tuple[Tally, Tally]:
    return found.one, found.other


def _rate(rate: Rate | None) -> str:
    return "too few changes" if rate is None else f"{rate.value:.2f} ({rate.low:.2f} to {rate.high:.2f})"


def _hours(side: Tally) -> str:
    return "too few are over" if side.recovery_hours is None else f"{side.recovery_hours:.1f} h"


def months(context: Context, environment: str) -> pd.DataFrame:
    """Unplanned incidents by system and month, the last twelve, of the fifteen systems with the most; none is 0.

    Columns system, month, incidents; the system with the most first.
    """
    now = known(context)
    columns = ["system", "month", "incidents"]
    if isinstance(now, NotEnoughData):
        return pd.DataFrame(columns=columns)
    span = pd.period_range(end=pd.Timestamp(now.as_of).tz_localize(None), periods=MONTHS, freq="M")
    rows = now.facts.incidents
    rows = rows[~rows["planned"].astype(bool) & (rows["environment"] == environment)]
    named = now.facts.incident_systems.merge(rows[["id", "started_at"]], left_on="incident_id", right_on="id")
    named = named.assign(month=named["started_at"].dt.tz_localize(None).dt.to_period("M"))
    named = named[named["month"] >= span[0]]
    most = named["system"].value_counts().sort_index().sort_values(ascending=False, kind="stable").index[:MOST_SYSTEMS]
    every = pd.MultiIndex.from_product([most, span], names=["system", "month"])
    counts = named.groupby(["system", "month"]).size().reindex(every, fill_value=0).rename("incidents").reset_index()
    return counts.assign(month=counts["month"].dt.to_timestamp())[columns]


def gaps(context: Context) -> Gaps | NotEnoughData:
    """Classes of failure (the source's categories, and recurring themes) in production beside the test environments."""
    now = known(context)
    if isinstance(now, NotEnoughData):
        return now

    def ask() -> Gaps | NotEnoughData:
        themes = {i: c.title for c in candidates(context) if c.lead.finder == "theme" for i in c.incidents}
        return class_gaps(now.facts, {"category": categories(now.facts), "theme": pd.Series(themes, dtype="str")})

    return context.memory.get("gaps", (now.revision, now.as_of), ask)


def drifted(context: Context, as_of: datetime | None = None) -> Drift | NotEnoughData:
    """Which changes of production were in a test environment before."""
    now = known(context, as_of)
    if isinstance(now, NotEnoughData):
        return now
    return context.memory.get("drift", (now.revision, now.as_of), lambda: drift(now.facts))


def judged_changes(found: Drift, kind: str, most: int = 1000) -> pd.DataFrame:
    """The changes of one kind that reached production, newest first: at, title, system, verdict, lag_hours ..."""
    rows = found.changes[found.changes["kind"] == kind].sort_values(["at", "id"], ascending=[False, True])
    return rows[["at", "title", "system", "verdict", "environment", "lag_hours"]].head(most).reset_index(drop=True)
