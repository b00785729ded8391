"""The finder of risky changes: systems whose own changing brings incidents, beyond what chance explains."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import numpy as np

from opex.evidence.after_changes import After
from opex.evidence.credit import credited
from opex.evidence.facts import Facts
from opex.evidence.findings import Finding
from opex.evidence.linking import Compared, compare, links_within

__all__ = ["best_window", "risky_changes"]

MOST_Q, LEAST_RATIO = 0.05, 1.5


def risky_changes(facts: Facts, as_of: datetime) -> Iterator[Finding]:
    """Systems whose incidents follow their own changes. Key: system, environment.

    The largest excess over windows from an hour to seven days under permuted weeks, q at most 0.05 over the systems
    with at least five episodes and five changes that are no fix; in the window that says most, a rate ratio of at least
    1.5 whose interval lies above 1. The incidents are the first ones of episodes that began within that window after an
    exposure, the changes those before them, the most credit first. ``as_of`` is the end of ``facts`` already.
    """
    compared = compare(facts, intervals_up_to=MOST_Q)
    for number, one in enumerate(compared.systems):
        if one.after is None or not one.q_value <= MOST_Q:
            continue
        at = best_window(one.after)
        if at is None or one.after.ratio[at] < LEAST_RATIO or one.after.low[at] <= 1:
            continue
        yield _finding(facts, compared, number, at)


def best_window(after: After) -> int | None:
    """The place of the window that says most: the one of the largest standardised excess, which the p-value is of.

    Of equal ones the shortest; ``None`` where no window has an interval. It is chosen by the data, so its ratio is a
    little too large on average: the p-value knows of the choice, the interval does not.
    """
    known = np.where(np.isfinite(after.low), after.score, np.nan)
    return None if np.isnan(known).all() else int(np.nanargmax(known))


def _finding(facts: Facts, compared: Compared, number: int, at: int) -> Finding:
    subject, one = compared.subjects[number], compared.systems[number]
    after, window = one.after, compared.windows[at]
    assert after is not None  # noqa: S101 - only such systems are asked for
    alone = replace(compared, subjects=(subject,), systems=(one,))
    links = credited(links_within(alone, window), facts)
    mine = links[(links["system"] == one.system) & (links["environment"] == one.environment)]
    counted = subject.incidents[subject.began >= _hours(compared.begin)]
    near = mine[mine["lead_minutes"].between(0, window * 60, inclusive="left") & mine["incident"].isin(counted)]
    order = near.sort_values(["credit", "lead_minutes", "change"], ascending=[False, True, True], kind="stable")
    ids = counted[counted.isin(near["incident"])]
    ratio, low, high = (float(part[at]) for part in (after.ratio, after.low, after.high))
    seen, chance = int(after.seen[at]), float(after.expected[at])
    return Finding(
        finder="risky_changes",
        key=f"{one.system}|{one.environment}",
        label=f"risky changes of {one.system}",
        incidents=tuple(ids),
        changes=tuple(order["change"].drop_duplicates()),
        effect=ratio,
        low=low,
        high=high,
        unit="times the rate of other hours",
        why=f"{seen} of {after.outcomes} episodes of {one.system} began within {_window(window)} of a change of it; "
        f"chance would give {chance:.{0 if chance >= 10 else 1}f}. The rate is {ratio:.1f} times that of other hours, "
        f"{low:.1f} to {high:.1f}.",
        falsifier="Read what was changed before these incidents: if it could not have done it, or another system was "
        "changed at the same times, the guilt lies elsewhere; if twenty changes behind a flag bring as many incidents, "
        "it is not the changing.",
        system=one.system,
        environment=one.environment,
    )


def _window(hours: float) -> str:
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"


def _hours(moment: datetime | None) -> float:
    """Hours since 1970 at which counting begins."""
    return -np.inf if moment is None else moment.timestamp() / 3600
