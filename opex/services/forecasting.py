"""What is expected next, of which systems, categories or themes; and how well that would have worked in the past."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import numpy as np
import pandas as pd

from opex.domain.problems import NotEnoughData
from opex.evidence.backtest import BURN_IN, Backtest, Gain, Trial, backtest
from opex.evidence.forecast import forecasts
from opex.evidence.panel import Pain, Panel, Period, pairs_by, panel
from opex.evidence.theme_panels import next_theme_panel, theme_panels
from opex.services.context import Context
from opex.services.knowing import Known, known

__all__ = [
    "Backtest", "By", "Outlook", "Pain", "Period", "backtested", "document", "expected", "lists", "named", "outlook",
    "points", "starts", "track_record",
]  # fmt: skip

By = Literal["system", "category", "theme"]
PLURALS = {"system": "systems", "category": "categories", "theme": "themes"}


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What is expected of the running period, known at its beginning.

    Attributes
    ----------
    begin, end
        The period, half open.
    earlier
        Complete periods before it.
    table
        Columns subject, expected, low, high (95 % of what comes), so_far (of the running period, up to as-of) and
        last_period; the most expected first, ties by name.
    """

    begin: datetime
    end: datetime
    earlier: int
    table: pd.DataFrame


def expected(
    context: Context, by: By = "system", period: Period = "quarter", pain: Pain = "count", as_of: datetime | None = None
) -> pd.DataFrame | NotEnoughData:
    """Columns subject, expected, low, high, so_far, last_period: the pain of each subject in the running period."""
    found = outlook(context, by=by, period=period, pain=pain, as_of=as_of)
    return found if isinstance(found, NotEnoughData) else found.table


def outlook(
    context: Context, *, by: By = "system", period: Period = "quarter", pain: Pain = "count",
    as_of: datetime | None = None,
) -> Outlook | NotEnoughData:  # fmt: skip
    """Pain expected of each subject that was known when the running period began, from at least four complete ones."""
    now = known(context, as_of)
    if isinstance(now, NotEnoughData):
        return now
    key = (now.revision, now.as_of, by, period, pain)
    return context.memory.get("outlook", key, lambda: _outlook(now, by, period, pain))


def _outlook(now: Known, by: By, period: Period, pain: Pain) -> Outlook | NotEnoughData:
    mine = _panel(now, by, period, pain)
    if len(mine) < BURN_IN:
        return NotEnoughData(have=max(len(mine), 0), need=BURN_IN, what=f"complete {period}s")
    found = forecasts(mine)
    low, high = found.interval()
    n, last = mine.known(len(mine)), len(mine)
    table = pd.DataFrame({
        "subject": pd.Series(mine.subjects[:n], dtype="str"), "expected": found.expected[:n, last],
        "low": low[:n, last], "high": high[:n, last], "so_far": mine.pain[:n, last],
        "last_period": mine.pain[:n, last - 1],
    })  # fmt: skip
    table = table.sort_values(["expected", "subject"], ascending=[False, True], ignore_index=True)
    begin = _moment(mine.edges[last])
    return Outlook(begin=begin, end=_end(begin, period), earlier=last, table=table)


def backtested(
    context: Context, *, by: By = "system", period: Period = "quarter", pain: Pain = "count", k: int = 5,
    as_of: datetime | None = None,
) -> Backtest | NotEnoughData:  # fmt: skip
    """The first k of each list held against the period that followed; computed once for each state of the facts."""
    now = known(context, as_of)
    if isinstance(now, NotEnoughData):
        return now
    key = (now.revision, now.as_of, by, period, pain, k)
    return context.memory.get("backtested", key, lambda: _backtested(now, by, period, pain, k))


def _backtested(now: Known, by: By, period: Period, pain: Pain, k: int) -> Backtest | NotEnoughData:
    if by == "theme":
        tested = list(theme_panels(now.facts, now.as_of, period=period, pain=pain))
    else:
        mine = _panel(now, by, period, pain)
        tested = [Trial(panel=mine, periods=range(BURN_IN, len(mine)))]
    subjects = max((len(one.panel.subjects) for one in tested), default=0)
    if subjects <= k:
        return NotEnoughData(have=subjects, need=k + 1, what=PLURALS[by])
    return backtest(tested, k=k, unit=f"complete {period}s")


def _panel(now: Known, by: By, period: Period, pain: Pain) -> Panel:
    if by == "theme":
        return next_theme_panel(now.facts, now.as_of, period=period, pain=pain)
    return panel(
        now.facts, pairs_by(now.facts, by), now.as_of, period=period, pain=pain, together=by == "system"
    )  # fmt: skip


def starts(found: Backtest) -> list[datetime]:
    """Where each tested period began."""
    return [_moment(start) for start in found.periods["start"]]


def _moment(microseconds: np.int64) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(microseconds))


def _end(begin: datetime, period: Period) -> datetime:
    if period == "week":
        return begin + timedelta(days=7)
    months = begin.month - 1 + {"month": 1, "quarter": 3}[period]
    return begin.replace(year=begin.year + months // 12, month=months % 12 + 1)


def named(begin: datetime, period: Period) -> str:
    """What people call a period.

    Examples
    --------
    >>> begin = datetime(2026, 4, 1, tzinfo=UTC)
    >>> named(begin, "quarter"), named(begin, "month"), named(datetime(2026, 4, 6, tzinfo=UTC), "week")
    ('Q2 2026', 'April 2026', 'the week of 6 April 2026')
    """
    if period == "week":
        return f"the week of {begin:%-d %B %Y}"
    return f"{begin:%B %Y}" if period == "month" else f"Q{(begin.month + 2) // 3} {begin.year}"


def lists(period: Period) -> dict[str, str]:
    """What people call the methods.

    Examples
    --------
    >>> list(lists("week").values())
    ["opex's list", "last week's list", 'all-time list', 'chance']
    """
    return {
        "opex": "opex's list", "last_period": f"last {period}'s list", "mean": "all-time list",
        "random": "chance",
    }  # fmt: skip


def points(one: Gain) -> str:
    """A gain in points of a hundred, or that it is not clear.

    Examples
    --------
    >>> points(Gain(0.17, 0.09, 0.25)), points(Gain(0.02, -0.01, 0.05)), points(Gain(-0.2, -0.3, -0.1))
    ('gain 17 points, 9 to 25', 'no clear gain (2 points, −1 to 5)', 'loss 20 points, 10 to 30')
    """
    mean, low, high = (round(100 * value) for value in (one.mean, one.low, one.high))
    if one.high < 0:
        return f"loss {-mean} points, {-high} to {-low}"
    told = f"{mean} points, {low} to {high}".replace("-", "−")
    return f"gain {told}" if one.low > 0 else f"no clear gain ({told})"


def track_record(found: Backtest, period: Period) -> str:
    """One sentence: what the first k of the list held in the past, beside the list of the period before.

    For example: In 18 past quarters the first 5 held 63% of the best possible 5, last quarter's list 47%: gain 15
    points, 5 to 27.
    """
    return (
        f"In {len(found.periods)} past {period}s the first {found.k} held {found.methods['opex']:.0%} of the best "
        f"possible {found.k}, last {period}'s list {found.methods['last_period']:.0%}: "
        f"{points(found.gains['last_period'])}."
    )


def document(
    found: Backtest, *, by: By, period: Period, pain: Pain, next_one: Outlook | NotEnoughData
) -> dict[str, Any]:
    """As ``opex backtest --json`` prints it."""
    return {
        "by": by, "period": period, "pain": pain, "k": found.k,
        "periods_tested": len(found.periods), "periods_without_pain": found.skipped,
        "methods": found.methods,
        "gains": {name: {"mean": one.mean, "low": one.low, "high": one.high} for name, one in found.gains.items()},
        "share_of_newcomers": found.newcomers, "share_without_subject": found.outside,
        "intervals_held": found.covered,
        "periods": [{**row, "start": _stamp(_moment(row["start"]))} for row in found.periods.to_dict("records")],
        "next": None if isinstance(next_one, NotEnoughData) else {
            "begin": _stamp(next_one.begin), "end": _stamp(next_one.end), "expected": next_one.table.to_dict("records"),
        },
    }  # fmt: skip


def _stamp(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
