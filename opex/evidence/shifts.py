"""Level shifts: when did a weekly or daily figure change its level, by how much, and how sure is that?

One series at a time, numbers in and numbers out. Every step from one level to another, and a straight drift, competes
to explain the series; the best of all is compared with the best that the same values give in a chance order. So
looking at every date costs nothing, and a series that remembers its last value is not taken for one that changed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

__all__ = ["LEAST_SIDE", "Level", "Shift", "difference", "further_shifts", "level_of", "rate_ratio", "stabilised"]

Floats = NDArray[np.float64]
LEAST_SIDE = 8
"""So many weeks (or days) at least on each side of a shift: less is a bad spell and no level."""
DATE_LIMIT = 7.35
"""What the squared statistic may lose within the 95 % range of the date (Hansen 2000, table 1)."""
STEP_MARGIN = 5.0
"""By how much the squared statistic of a step must beat that of a drift to be called a shift."""
SEARCHED = 4
"""To choose the best form flattens what is left: so many values more in the correction of its autocorrelation."""
ENOUGH_EXCEEDANCES, FURTHER_P, MOST_SHIFTS = 20, 0.01, 4


@dataclass(frozen=True, kw_only=True)
class Shift:
    """One shift: the first position of the new level, and the 95 % range of that position (both ends included)."""

    at: int
    earliest: int
    latest: int


@dataclass(frozen=True, kw_only=True)
class Level:
    """What became of a level. ``p_value`` is for "it never changed"; ``form`` and ``shift`` are the best explanation.

    Attributes
    ----------
    form
        ``shift`` where a step explains clearly more than a drift, else ``drift``.
    inflation
        How many times the variance of a mean is that of independent values: the lag-1 autocorrelation of what the best
        explanation leaves, as of a first-order process, at least 1.
    season
        (n,) what was taken out as the yearly season, in the unit of the scores.
    """

    p_value: float
    form: Literal["shift", "drift"]
    shift: Shift
    inflation: float
    season: Floats


def stabilised(counts: Floats) -> Floats:
    """Counts on a scale on which chance is about equally wide at every level (Freeman and Tukey 1950).

    Examples
    --------
    >>> stabilised(np.array([0.0, 1.0, 9.0])).round(2).tolist()
    [1.0, 2.41, 6.16]
    """
    return np.asarray(np.sqrt(counts) + np.sqrt(counts + 1))


@dataclass(frozen=True)
class _Forms:
    """Every form that a series of n may take, each of length 1 and free of what is known beforehand.

    ``known`` (n, q) is orthonormal: the mean and the yearly season. ``forms`` (k, n): a step at each of ``at``, then
    the drift.
    """

    known: Floats
    forms: Floats
    at: NDArray[np.intp]


@lru_cache(maxsize=32)
def _forms(n: int, period: float | None, least: int) -> _Forms:
    place = np.arange(n)
    known = [np.ones(n)]
    if period is not None:
        angle = 2 * np.pi * place / period
        known += [np.sin(angle), np.cos(angle)]
    basis = np.linalg.qr(np.column_stack(known))[0]
    at = np.arange(least, n - least + 1)
    raw = np.vstack([(place >= at[:, None]).astype(float), np.linspace(-0.5, 0.5, n)])
    free = raw - (raw @ basis) @ basis.T
    return _Forms(basis, free / np.linalg.norm(free, axis=1, keepdims=True), at)


def level_of(
    scores: Floats,
    *,
    period: float | None = None,
    least: int = LEAST_SIDE,
    draws: int = 2000,
    seed: int = 0,
) -> Level:
    """Test whether a series ever changed its level, and tell when.

    Parameters
    ----------
    scores
        (n,) in the order of time, n at least ``2 * least``: stabilised counts, or ranks where tails are heavy.
    period
        Length of the yearly season in steps (52.18 weeks) where the series holds at least two of them, else ``None``.
        One harmonic is taken out together with the mean.
    draws
        Permutations at most. They end early once 20 were as large (Besag and Clifford 1991); p = (b + 1) / (m + 1).

    Returns
    -------
    Level
        A series that never varies has a p-value of 1.

    Notes
    -----
    The statistic is the largest |z| over all steps and the drift, z the length of the series along that form, divided
    by the deviation of what that form leaves and by the square root of (1 + r) / (1 - r). r is the lag-1
    autocorrelation of what is left, at least 0, corrected for the bias of fitting (after Marriott and Pope 1954, with
    a larger constant found by simulation, since the form was searched for).
    What is permuted is the values less r times the one before, from which chance series with that memory are made
    again; each is judged by its own deviation and r (a studentised permutation test, Romano and Tirlea 2022, on the
    innovations of a first-order process). The range of the date is that of Hansen (2000).

    Examples
    --------
    >>> told = level_of(stabilised(np.array([1.0, 2, 0, 1, 2, 1, 1, 0] * 3 + [4.0, 6, 5, 3, 5, 4, 6, 5] * 3)))
    >>> told.p_value < 0.001, told.form, told.shift.at
    (True, 'shift', 24)
    """
    forms = _forms(len(scores), period, least)
    known = forms.known @ (forms.known.T @ scores)
    left = scores - known
    middle = Shift(at=len(scores) // 2, earliest=least, latest=len(scores) - least)
    if float(left @ left) <= 1e-12 * max(1.0, float(scores @ scores)):
        return Level(p_value=1.0, form="drift", shift=middle, inflation=1.0, season=np.zeros(len(scores)))
    statistic, lengths, spread, inflation = _strongest(left[None, :], forms)
    p_value = _chance(left, forms, float(statistic[0]), float(inflation[0]), draws, seed)
    squared = lengths[0] ** 2 / (float(spread[0]) * float(inflation[0]))
    best = int(np.argmax(squared[:-1]))
    form: Literal["shift", "drift"] = "shift" if squared[best] - squared[-1] >= STEP_MARGIN else "drift"
    along = forms.forms[best if form == "shift" else -1]
    rest = scores - _fitted(np.column_stack([forms.known[:, :1], along]), scores) if period else left
    season = rest - (left - (left @ along) * along) if period else np.zeros(len(scores))
    return Level(
        p_value=p_value, form=form, shift=_dated(squared[:-1], forms.at, best), inflation=float(inflation[0]),
        season=season,
    )  # fmt: skip


def _fitted(design: Floats, values: Floats) -> Floats:
    return np.asarray(design @ np.linalg.lstsq(design, values, rcond=None)[0])


def _dated(squared: Floats, at: NDArray[np.intp], best: int) -> Shift:
    likely = at[squared >= squared[best] - DATE_LIMIT]
    return Shift(at=int(at[best]), earliest=int(likely[0]), latest=int(likely[-1]))


def _strongest(left: Floats, forms: _Forms) -> tuple[Floats, Floats, Floats, Floats]:
    """Of each row (m, n): the statistic (m,), lengths along every form (m, k), variance (m,) and inflation (m,)."""
    lengths = left @ forms.forms.T
    best = np.abs(lengths).argmax(axis=1)
    row = np.arange(len(left))
    rest = left - lengths[row, best][:, None] * forms.forms[best]
    n, fitted = left.shape[1], forms.known.shape[1] + 1
    square = np.maximum((rest * rest).sum(axis=1), 1e-300)
    told = square > 1e-12 * (left * left).sum(axis=1)  # else nothing is left but rounding
    lagged = np.where(told, (rest[:, 1:] * rest[:, :-1]).sum(axis=1) / square, 0.0)
    lagged = np.clip(lagged + (fitted + SEARCHED + (3 + SEARCHED) * lagged) / n, 0.0, 0.9)
    spread, inflation = square / (n - fitted), (1 + lagged) / (1 - lagged)
    return np.abs(lengths[row, best]) / np.sqrt(spread * inflation), lengths, spread, inflation


def _chance(left: Floats, forms: _Forms, seen: float, inflation: float, draws: int, seed: int) -> float:
    """The p-value of the statistic among chance orders of what the mean and the season leave, with the same memory."""
    rng = np.random.default_rng(seed)
    memory = (inflation - 1) / (inflation + 1)
    fresh = np.append(left[0] * np.sqrt(1 - memory**2), left[1:] - memory * left[:-1])
    done = larger = 0
    while done < draws and larger < ENOUGH_EXCEEDANCES:
        size = min(max(50, done), 200, draws - done)
        mixed = rng.permuted(np.broadcast_to(fresh, (size, len(fresh))), axis=1)
        mixed[:, 0] /= np.sqrt(1 - memory**2)
        mixed = scipy.signal.lfilter([1.0], [1.0, -memory], mixed, axis=1)
        mixed -= (mixed @ forms.known) @ forms.known.T
        larger += int((_strongest(mixed, forms)[0] >= seen - 1e-9).sum())
        done += size
    return (larger + 1) / (done + 1)


def further_shifts(scores: Floats, first: Level, *, least: int = LEAST_SIDE, seed: int = 0) -> list[Shift]:
    """Every shift of a series whose first one is sure, in the order of time.

    Each stretch between two shifts is tested again; a further shift needs p of at most 0.01 (binary segmentation,
    Vostrikova 1981; at most four shifts). Then each date is told anew from the stretch around it.
    """
    plain = scores - first.season
    found = [first.shift]
    open_ = [(0, first.shift.at), (first.shift.at, len(plain))]
    while open_ and len(found) < MOST_SHIFTS:
        begin, end = open_.pop(0)
        if end - begin < 2 * least:
            continue
        told = level_of(plain[begin:end], least=least, seed=seed)
        if told.form == "shift" and told.p_value <= FURTHER_P:
            cut = begin + told.shift.at
            found.append(Shift(at=cut, earliest=begin + told.shift.earliest, latest=begin + told.shift.latest))
            open_ += [(begin, cut), (cut, end)]
    if len(found) == 1:
        return found
    edges = [0, *sorted(one.at for one in found), len(plain)]
    return [_again(plain, edges[n - 1], edges[n + 1], least) for n in range(1, len(edges) - 1)]


def _again(plain: Floats, begin: int, end: int, least: int) -> Shift:
    part = plain[begin:end]
    forms = _forms(len(part), None, least)
    left = part - part.mean()
    _, lengths, spread, inflation = _strongest(left[None, :], forms)
    squared = lengths[0, :-1] ** 2 / max(float(spread[0]) * float(inflation[0]), 1e-300)
    told = _dated(squared, forms.at, int(np.argmax(squared)))
    return Shift(at=begin + told.at, earliest=begin + told.earliest, latest=begin + told.latest)


# --- how much --------------------------------------------------------------------------------------------------------


def rate_ratio(
    before: Floats, after: Floats, inflation: float = 1.0, level: float = 0.95
) -> tuple[float, float, float]:
    """How many times as many a week after as before, with its interval.

    Quasi-Poisson: the dispersion is Pearson's, at least 1, times ``inflation`` for autocorrelation. Half an event is
    added on both sides where one side has none.

    Examples
    --------
    >>> [round(value, 2) for value in rate_ratio(np.full(20, 2.0), np.full(20, 4.0))]
    [2.0, 1.35, 2.96]
    """
    added = 0.5 if min(before.sum(), after.sum()) == 0 else 0.0
    low_side, high_side = before.sum() + added, after.sum() + added
    ratio = (high_side / len(after)) / (low_side / len(before))
    freedom = len(before) + len(after) - 2
    pearson = sum(float(((side - side.mean()) ** 2).sum() / max(side.mean(), 1e-12)) for side in (before, after))
    error = np.sqrt(max(1.0, pearson / freedom) * inflation * (1 / low_side + 1 / high_side))
    slack = float(scipy.stats.t.ppf((1 + level) / 2, freedom)) * error
    return float(ratio), float(ratio * np.exp(-slack)), float(ratio * np.exp(slack))


def difference(
    before: Floats,
    after: Floats,
    of: Callable[..., Floats],
    *,
    block: int,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float, float]:
    """``of(after) - of(before)`` with the percentiles of resampled blocks of neighbours (Künsch 1989).

    ``of`` takes ``axis``: ``np.mean`` for hours, ``np.median`` for readings. ``block`` is in steps.

    Examples
    --------
    >>> [round(value, 1) for value in difference(np.full(9, 1.0), np.full(9, 3.0), np.median, block=3)]
    [2.0, 2.0, 2.0]
    """
    rng = np.random.default_rng(seed)
    sides: Sequence[Floats] = [of(_resampled(side, block, resamples, rng), axis=1) for side in (before, after)]
    low, high = np.quantile(sides[1] - sides[0], [(1 - level) / 2, (1 + level) / 2])
    told = float(of(after, axis=0) - of(before, axis=0))
    return told, float(min(low, told)), float(max(high, told))


def _resampled(values: Floats, block: int, resamples: int, rng: np.random.Generator) -> Floats:
    n = len(values)
    starts = rng.integers(0, n, (resamples, -(-n // block)))
    return np.asarray(values[((starts[:, :, None] + np.arange(block)) % n).reshape(resamples, -1)[:, :n]])
