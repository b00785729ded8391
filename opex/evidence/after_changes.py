"""Do incidents come after changes more often than chance would have it? The numeric core, for one system.

Time is cut into whole weeks, and weeks into blocks of six to eight. Each incident is compared with the same weekday
and hour in the other weeks of its block: lies that moment, too, in the window after a change? So hour, weekday and slow
trend are the same on both sides (the time-stratified case-crossover design of Lumley and Levy 2000, with weeks as
referents), and what is permuted for chance is whole weeks of changes within their block.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from opex.evidence.episodes import Episodes, Hours, inside

__all__ = ["LEAST_WEEKS", "WINDOWS", "After", "Weeks", "after_changes", "weeks_between"]

WEEK = 168.0
LEAST_WEEKS, MOST_IN_BLOCK = 6, 8
WINDOWS = (1.0, 2.0, 4.0, 8.0, 24.0, 72.0, 168.0)
"""Hours after a change, from an hour to seven days."""
LEAST_INFORMATION, LEAST_EACH = 1.0, 5
NONE = np.empty(0)

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Weeks:
    """Whole weeks that end together with the time observed, in blocks of six to eight.

    Attributes
    ----------
    start
        Hours, on the axis of the moments.
    members
        (w, 8) the weeks of the block of each week, in order; -1 where the block has fewer.
    slot
        (w,) the place of each week in its block.
    """

    start: float
    members: Ints
    slot: Ints

    def __len__(self) -> int:
        return len(self.slot)

    def within(self, moments: Hours) -> tuple[Hours, Ints]:
        """The moments that lie in one of the weeks, and their weeks."""
        week = np.floor((moments - self.start) / WEEK).astype(np.intp)
        kept = (week >= 0) & (week < len(self))
        return moments[kept], week[kept]

    def permuted(self, draws: int, rng: np.random.Generator) -> Ints:
        """(draws, w): which place of its block each week takes its changes from."""
        slots = np.empty((draws, len(self)), dtype=np.intp)
        for first in np.flatnonzero(self.slot == 0):
            size = int((self.members[first] >= 0).sum())
            slots[:, first : first + size] = rng.permuted(np.tile(np.arange(size), (draws, 1)), axis=1)
        return slots


def weeks_between(begin: float, end: float) -> Weeks | None:
    """The whole weeks that end at ``end`` and do not begin before ``begin``; ``None`` for less than six.

    Blocks are as short as can be. Nine to eleven weeks make one block of the last eight, seventeen make two of eight.

    Examples
    --------
    >>> weeks = weeks_between(0.0, 168.0 * 13.5)
    >>> len(weeks), weeks.start, weeks.slot.tolist()
    (13, 84.0, [0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5])
    """
    count = int((end - begin) // WEEK)
    if count < LEAST_WEEKS:
        return None
    blocks = count // LEAST_WEEKS
    count = min(count, blocks * MOST_IN_BLOCK)
    block = np.arange(count) * blocks // count
    first = np.searchsorted(block, block)
    slot = np.arange(count) - first
    size = np.bincount(block)[block]
    members = first[:, None] + np.arange(MOST_IN_BLOCK)
    return Weeks(
        start=end - count * WEEK, members=np.where(np.arange(MOST_IN_BLOCK) < size[:, None], members, -1), slot=slot
    )


@dataclass(frozen=True, kw_only=True)
class After:
    """What was seen after the changes of one system; arrays have a place for each window.

    Attributes
    ----------
    outcomes, exposures
        First incidents of episodes, and changes that are no fix, within the weeks.
    seen, expected
        Outcomes within the window after a change, and how many chance would give.
    score
        How far the one lies from the other, in standard deviations; NaN where there is too little to tell.
    ratio, low, high
        Incident-rate ratio inside against outside of the window, with its interval; NaN where less than five outcomes
        lie in a block whose weeks differ.
    excess, excess_low, excess_high
        Incidents in the windows beyond what the rate outside of them would give.
    p_value
        For the largest excess over all windows, by joint permutation; NaN where there is too little to tell.
    """

    outcomes: int
    exposures: int
    seen: Ints
    expected: Floats
    score: Floats
    ratio: Floats
    low: Floats
    high: Floats
    excess: Floats
    excess_low: Floats
    excess_high: Floats
    p_value: float


def after_changes(
    changes: Hours,
    outcomes: Hours,
    dead: Episodes,
    weeks: Weeks,
    *,
    fixes: Hours = NONE,
    windows: Sequence[float] = WINDOWS,
    draws: int = 2000,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> After:
    """Compare the rate of outcomes within windows after changes with the rate outside of them.

    Parameters
    ----------
    changes
        (c,) hours of the changes that count as exposures, ascending: without fixes and reverts.
    outcomes
        (n,) hours of the first incidents of episodes, ascending.
    dead
        The episodes. Nothing can begin in them, so they are no time at risk.
    weeks
        What lies outside of them is left out.
    fixes
        (f,) hours of the changes that were left out, ascending. A moment within the window after one of them, and of no
        exposure, counts on neither side of the ratio: it may be that change's doing.
    windows
        (k,) hours, ascending, at most 168. A window is half open: an incident at the moment of a change is inside.
    draws, resamples
        Permutations for the p-value; resampled weeks for the intervals; without resamples ratios and excess
        are not computed, and NaN.

    Notes
    -----
    With x for "in the window", the statistic of a window is the score of the conditional likelihood at a ratio of 1,
    sum(x - E x) / sqrt(sum(E x (1 - E x))), the means over the weeks of the block that were at risk at that weekday
    and hour; p = (b + 1) / (m + 1) for the largest over the windows (Phipson and Smyth 2010). The ratio maximises that
    likelihood with Firth's correction (1993), which keeps it finite; its interval is the percentiles of resampled
    weeks; with less than five outcomes inside or outside at least that of the corrected likelihood.
    """
    rng = np.random.default_rng(seed)
    outcomes, week = weeks.within(outcomes)
    changes, change_week = weeks.within(changes)
    seen = _Seen.of(changes, change_week, outcomes, week, dead, weeks, np.asarray(windows, dtype=np.float64), fixes)
    expected, score, p_value = _chance(seen, weeks, draws, rng)
    if resamples:
        resampled = rng.multinomial(len(weeks), np.full(len(weeks), 1 / len(weeks)), size=resamples).astype(np.float64)
        rows = np.vstack([np.ones(len(weeks)), resampled])
        each = [_ratio(seen, k, rows, level) for k in range(len(windows))]
    else:
        each = [dict.fromkeys(_RATIO, float("nan")) for _ in windows]
    return After(
        outcomes=len(outcomes), exposures=len(changes), seen=seen.case.sum(axis=0), expected=expected, score=score,
        p_value=p_value,
        **{name: np.array([one[name] for one in each]) for name in _RATIO},
    )  # fmt: skip


_RATIO = ("ratio", "low", "high", "excess", "excess_low", "excess_high")


@dataclass(frozen=True)
class _Seen:
    """Outcomes and their referents. n outcomes, 8 places in a block, k windows; classes count windows from 0.

    Attributes
    ----------
    week
        (n,)
    at_risk
        (n, 8) whether an outcome could have begun at that weekday and hour in that week of the block.
    case
        (n, k) whether the outcome lies in the window.
    clear, referents
        (n, k) how many of the moments at risk, its own among them, say anything, and how many of these lie in the
        window; 0 where its own says nothing: in the window after a fix, and of no exposure.
    same, before
        (n, 8) the smallest window that holds the outcome when the changes of that week are made in its week, or those
        of that week of the previous week's block in the week before; k for none.
    """

    week: Ints
    at_risk: Flags
    case: Flags
    clear: Ints
    referents: Ints
    same: Ints
    before: Ints

    @classmethod
    def of(
        cls,
        changes: Hours,
        change_week: Ints,
        outcomes: Hours,
        week: Ints,
        dead: Episodes,
        weeks: Weeks,
        limits: Floats,
        fixes: Hours,
    ) -> "_Seen":
        offset = outcomes - weeks.start - WEEK * week
        members = weeks.members[week]
        moments = weeks.start + WEEK * members + offset[:, None]
        at_risk = (members >= 0) & ~inside(moments, dead)
        own = weeks.slot[week]
        at_risk[np.arange(len(week)), own] = True
        last = np.append(changes, -np.inf)[np.searchsorted(changes, moments, side="right") - 1]
        age = moments - last
        found = np.searchsorted(limits, age, side="right")
        k = len(limits)
        latest = np.full(len(weeks) + 1, -np.inf)  # hours from the last change of a week to its end
        latest[change_week] = changes - weeks.start - WEEK * (change_week + 1)
        previous = np.where(week > 0, week - 1, 0)
        carried = np.where((week > 0)[:, None], offset[:, None] - latest[weeks.members[previous]], np.inf)
        lies = found[:, :, None] <= np.arange(k)
        since = moments - np.append(fixes, -np.inf)[np.searchsorted(fixes, moments, side="right") - 1]
        after_a_fix = np.searchsorted(limits, since, side="right")[:, :, None] <= np.arange(k)
        clear = at_risk[:, :, None] & (lies | ~after_a_fix)
        return cls(
            week=week,
            at_risk=at_risk,
            case=lies[np.arange(len(week)), own],
            clear=np.where(clear[np.arange(len(week)), own], clear.sum(axis=1), 0),
            referents=(lies & clear).sum(axis=1),
            same=np.where(age <= offset[:, None], found, k),
            before=np.searchsorted(limits, carried, side="right"),
        )


def _chance(seen: _Seen, weeks: Weeks, draws: int, rng: np.random.Generator) -> tuple[Floats, Floats, float]:
    """How many outcomes chance puts into each window, the score of each, and the p-value for the largest one."""
    n, k = seen.case.shape
    if not n:
        return np.zeros(k), np.full(k, np.nan), float("nan")
    smallest = np.minimum(seen.same[:, :, None], seen.before[:, None, :])
    lies = smallest[..., None] <= np.arange(k)  # (n, 8, 8, k): changes from that week, and from that one before it
    allowed = _allowed(weeks)[seen.week] & seen.at_risk[:, :, None]
    mean = (lies & allowed[..., None]).sum(axis=(1, 2)) / allowed.sum(axis=(1, 2))[:, None]
    gained = np.where(seen.at_risk[:, :, None, None], lies - mean[:, None, None, :], 0.0).reshape(n, -1)
    spread = np.where(seen.at_risk[:, :, None], (mean * (1 - mean))[:, None, :], 0.0).reshape(n, -1)
    groups = np.flatnonzero(np.diff(seen.week, prepend=-1))
    at = seen.week[groups]
    gains = np.add.reduceat(gained, groups).reshape(len(at), MOST_IN_BLOCK**2, k)
    spreads = np.add.reduceat(spread, groups).reshape(len(at), MOST_IN_BLOCK, k)
    slots = np.vstack([weeks.slot, weeks.permuted(draws, rng)])
    mine, theirs = slots[:, at], np.where(at > 0, slots[:, at - 1], 0)
    row = np.arange(len(at))
    gain = gains[row, mine * MOST_IN_BLOCK + theirs].sum(axis=1)
    variance = spreads[row, mine].sum(axis=1)
    told = variance[0] >= LEAST_INFORMATION
    observed = np.full(k, np.nan)
    if not told.any():
        return mean.sum(axis=0), observed, float("nan")
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = np.where(variance[:, told] > 0, gain[:, told] / np.sqrt(variance[:, told]), 0.0)
    observed[told], largest = scores[0], scores.max(axis=1)
    return mean.sum(axis=0), observed, float((1 + (largest[1:] >= largest[0] - 1e-9).sum()) / (1 + draws))


def _allowed(weeks: Weeks) -> Flags:
    """(w, 8, 8) which pairs of weeks a permutation can put into a week and into the one before it."""
    present = weeks.members >= 0
    first = np.zeros(MOST_IN_BLOCK, dtype=bool)
    first[0] = True  # nothing is known before the first week: one place, which holds no change
    before = np.vstack([first, present[:-1]])
    pairs = present[:, :, None] & before[:, None, :]
    together = weeks.slot > 0
    return np.asarray(pairs & ~(together[:, None, None] & np.eye(MOST_IN_BLOCK, dtype=bool)))


def _ratio(seen: _Seen, k: int, weights: Floats, level: float) -> dict[str, float]:
    """The rate ratio of one window; the first row of ``weights`` is the estimate, the others the resampled weeks."""
    inside, all_of = seen.referents[:, k], seen.clear[:, k]
    telling = (inside > 0) & (inside < all_of)
    if telling.sum() < LEAST_EACH:
        return dict.fromkeys(_RATIO, float("nan"))
    pattern, kind = np.unique(np.column_stack([inside, all_of])[telling], axis=0, return_inverse=True)
    cases = np.zeros((weights.shape[1], len(pattern)))
    np.add.at(cases, (seen.week[telling], kind), 1.0)
    exposed = np.bincount(seen.week, weights=seen.case[:, k] & telling, minlength=weights.shape[1])
    within = np.bincount(seen.week, weights=seen.case[:, k], minlength=weights.shape[1])
    counted = weights @ cases
    known = counted.sum(axis=1) > 0
    beta = _firth(weights[known] @ exposed, counted[known], pattern[:, 0], pattern[:, 1])
    excess = (weights[known] @ within) * -np.expm1(-beta)
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.quantile(beta[1:], tails)
    excess_low, excess_high = np.quantile(excess[1:], tails)
    inside_window = exposed.sum()
    if min(inside_window, telling.sum() - inside_window) < LEAST_EACH:
        lowest, highest = _likely(inside_window, cases.sum(axis=0), pattern[:, 0], pattern[:, 1], level)
        low, high = min(low, lowest), max(high, highest)
        excess_low, excess_high = within.sum() * -np.expm1(-np.array([low, high]))
    values = (np.exp(beta[0]), np.exp(low), np.exp(high), excess[0], excess_low, excess_high)
    return {name: float(value) for name, value in zip(_RATIO, values, strict=True)}


def _likely(exposed: float, counted: Floats, inside: Ints, all_of: Ints, level: float) -> tuple[float, float]:
    """The log-ratios whose corrected likelihood is not much below the largest: for few outcomes, which resampling knows
    too little of (Heinze and Schemper 2002)."""
    beta = np.linspace(-8, 8, 1601)
    odds = np.exp(beta)[:, None] * inside
    p = odds / (odds + (all_of - inside))
    information = (counted * p * (1 - p)).sum(axis=1)
    height = exposed * beta - (counted * np.log(odds + (all_of - inside))).sum(axis=1) + np.log(information) / 2
    kept = beta[2 * (height.max() - height) <= scipy.stats.chi2.ppf(level, 1)]
    return float(kept[0]), float(kept[-1])


def _firth(exposed: Floats, counted: Floats, inside: Ints, all_of: Ints) -> Floats:
    """(r,) log-ratios that solve the corrected score equation, by bisection. ``counted`` is (r, patterns)."""
    low, high = np.full(len(exposed), -8.0), np.full(len(exposed), 8.0)
    for _ in range(40):
        middle = (low + high) / 2
        odds = np.exp(middle)[:, None] * inside
        p = odds / (odds + (all_of - inside))
        information = counted * p * (1 - p)
        bias = (information * (1 - 2 * p)).sum(axis=1) / (2 * information.sum(axis=1))
        rising = exposed - (counted * p).sum(axis=1) + bias > 0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    return np.asarray((low + high) / 2)
