"""Expected pain of each subject in the next period: shrunken, recency-weighted rates, fitted on earlier periods only.

Counts are Gamma-Poisson with exponential forgetting (Harvey and Fernandes 1989): what a subject brought lately counts
most, and the little that is known of it is drawn towards its own long run, which in turn is drawn towards the level of
all (empirical Bayes). How fast to forget, how hard to draw and how much more than Poisson counts scatter is not decided
but averaged over a grid, each setting weighted by how likely it made the periods before (Bayesian model averaging).

Hours, and incidents by severity, are such a count times what an incident costs, drawn towards what it costs anywhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import scipy
from numpy.typing import NDArray

from opex.evidence.panel import Panel

__all__ = ["SETTINGS", "Forecasts", "Setting", "forecasts"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True)
class Setting:
    """How the past is weighed.

    Attributes
    ----------
    half_life
        Periods after which a period counts half; infinite: all count alike.
    own
        Periods that a subject's own long run counts for, beside its recent ones.
    everyone
        Periods that the level of all subjects counts for, beside a subject's long run.
    """

    half_life: float
    own: float
    everyone: float


SETTINGS = tuple(Setting(*each) for each in product((1.0, 2.0, 4.0, 8.0, np.inf), (1.0, 4.0), (1.0, 4.0, 16.0)))
SCATTER = (np.inf, 4.0, 1.0, 0.3)
"""Shapes of a gamma that multiplies each period's rate; infinite: no more scatter than Poisson's."""
COSTS = (1.0, 4.0, 16.0, 64.0)
"""Incidents that the cost of an incident anywhere counts for, beside a subject's own."""
_LEAST = 1e-9


@dataclass(frozen=True, kw_only=True)
class Forecasts:
    """A forecast for each subject and period, made of earlier periods alone. NaN where the subject was not known yet.

    Attributes
    ----------
    expected
        (n, T + 1) expected pain; the last column is the running period.
    incidents, variance
        (n, T + 1) expected number of incidents, and the variance of that number as it will come.
    cost
        (n, T + 1) expected pain of one incident.
    scatter
        (T + 1,) squared coefficient of variation of what an incident costs.
    """

    expected: Floats
    incidents: Floats
    variance: Floats
    cost: Floats
    scatter: Floats

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """(n, T + 1) low and high: the pain that comes lies between them, both included, in ``level`` of the cases.

        Counts are negative binomial with these two moments. Pain that is no count is nothing as often as no incident
        comes, and otherwise log-normal with the moments of a sum of so many costs.
        """
        with np.errstate(invalid="ignore"):
            size = self.incidents**2 / np.maximum(self.variance - self.incidents, _LEAST * self.incidents)
            tails = ((1 - level) / 2, (1 + level) / 2)
            if not self.scatter.any():
                low, high = (scipy.stats.nbinom.ppf(tail, size, size / (size + self.incidents)) for tail in tails)
                return low, high
            none = (size / (size + self.incidents)) ** size
            mean = self.expected / (1 - none)
            spread = self.cost**2 * (self.scatter * self.incidents + self.variance)
            square = (spread + self.expected**2) / (1 - none)
            sigma = np.sqrt(np.log(np.maximum(square / mean**2, 1)))
            low, high = (
                np.where(tail <= none, 0.0,
                         mean * np.exp(sigma * scipy.special.ndtri(np.maximum((tail - none) / (1 - none), 0))
                                       - sigma**2 / 2))
                for tail in tails
            )  # fmt: skip
            return np.where(np.isnan(mean), np.nan, low), np.where(np.isnan(mean), np.nan, high)


def forecasts(panel: Panel) -> Forecasts:
    """Forecast every period of the panel, and the running one, from the periods before it.

    The pain of a period changes no forecast for it or for an earlier one, to the bit.

    Examples
    --------
    >>> two = Panel(subjects=("a", "b"), edges=np.arange(4), known_from=np.array([1, 1]), outside=np.zeros(4),
    ...             newcomers=np.zeros(4), count=(many := np.array([[3.0, 2, 4, 0], [1, 0, 0, 0]])), pain=many)
    >>> forecasts(two).expected.round(1).tolist()
    [[nan, 2.5, 2.1, 2.8], [nan, 1.5, 0.8, 0.6]]
    """
    known = np.arange(len(panel.edges)) >= panel.known_from[:, None]
    chances = _chances(panel.count, panel.known_from, known)
    incidents, square = np.zeros_like(panel.count), np.zeros_like(panel.count)
    for chance, (mean, variances) in zip(chances, _predictions(panel.count, panel.known_from), strict=True):
        incidents += chance.sum(axis=0) * mean
        for one, variance in zip(chance, variances, strict=True):
            square += one * (variance + mean**2)
    cost, scatter = _costs(panel, known, incidents)
    hidden = np.where(known, 0.0, np.nan)
    return Forecasts(
        expected=incidents * cost + hidden, incidents=incidents + hidden,
        variance=np.maximum(square - incidents**2, incidents) + hidden, cost=cost + hidden, scatter=scatter,
    )  # fmt: skip


def _predictions(count: Floats, known_from: Ints) -> Iterator[tuple[Floats, list[Floats]]]:
    """For each setting the predicted mean (n, T + 1), and for each scatter the predicted variance.

    A subject was there, without incidents, since the records began: that it is known by its first incident only would
    else make every newcomer look bad.
    """
    ever = np.arange(count.shape[1], dtype=np.float64)
    seen = np.maximum(np.searchsorted(known_from, ever, side="right"), 1)
    for setting in SETTINGS:
        kept = 0.5 ** (1 / setting.half_life)
        recent, weight = _before(count, kept), _before(np.ones((1, len(ever))), kept)
        level = _summed(recent) / np.maximum(seen * weight, 1.0)
        long_run = (_before(count) + setting.everyone * level) / (ever + setting.everyone)
        shape = np.maximum(recent + setting.own * long_run, _LEAST)
        mean = shape / (weight + setting.own)
        yield mean, [mean + mean**2 * (1 / shape + 1 / scatter) for scatter in SCATTER]


def _before(values: Floats, kept: float = 1.0) -> Floats:
    """The sum of the earlier columns, each discounted by ``kept`` for every period since."""
    sums = np.zeros_like(values)
    for t in range(1, values.shape[1]):
        sums[:, t] = kept * sums[:, t - 1] + values[:, t - 1]
    return sums


def _summed(values: Floats) -> Floats:
    """The sum over subjects in their order: those that come later, with nothing yet, change no bit of it."""
    if len(values) == 0:
        return np.zeros(values.shape[1])
    return np.asarray(np.cumsum(values, axis=0)[-1])


def _chances(count: Floats, known_from: Ints, known: NDArray[np.bool_]) -> Floats:
    """(settings, scatters, T + 1) how far each is believed when the period begins; they add up to 1."""
    likely = np.array([
        [_summed(np.where(known, _log_likelihood(count, mean, variance), 0.0)) for variance in variances]
        for mean, variances in _predictions(count, known_from)
    ])  # fmt: skip
    earlier = _earlier(likely)
    chances = np.exp(earlier - earlier.max(axis=(0, 1)))
    return np.asarray(chances / chances.sum(axis=(0, 1)))


def _earlier(values: Floats) -> Floats:
    """The sum along the last axis of what came before each place."""
    sums = np.zeros_like(values)
    np.cumsum(values[..., :-1], axis=-1, out=sums[..., 1:])
    return sums


def _log_likelihood(count: Floats, mean: Floats, variance: Floats) -> Floats:
    """Of negative binomial counts with that mean and variance, without what all settings share."""
    size = mean**2 / (variance - mean)
    found = -size * np.log1p(mean / size)
    some = count > 0  # most counts are none, and need no gamma function
    found[some] += (
        scipy.special.gammaln(size[some] + count[some])
        - scipy.special.gammaln(size[some])
        + count[some] * np.log(mean[some] / (size[some] + mean[some]))
    )
    return np.asarray(found)


def _costs(panel: Panel, known: NDArray[np.bool_], incidents: Floats) -> tuple[Floats, Floats]:
    """Expected pain of one incident (n, T + 1), and the squared coefficient of variation of it (T + 1,).

    A subject's own mean, beside so many incidents of the mean of all (`COSTS`) as made the pain of earlier periods
    likeliest: least deviance of Tweedie's family with power 1.5, a Poisson number of gamma costs (Jorgensen 1987).
    """
    pain, count = panel.pain, panel.count
    if np.array_equal(pain, count):
        return np.ones_like(pain), np.zeros(pain.shape[1])
    own, begun = _before(pain), _before(count)
    anywhere = _summed(own) / np.maximum(_summed(begun), 1.0)
    each = np.array([(own + prior * anywhere) / (begun + prior) for prior in COSTS])
    off = [_summed(np.where(known, _tweedie(pain, np.maximum(incidents * cost, _LEAST)), 0.0)) for cost in each]
    best = _earlier(np.array(off)).argmin(axis=0)
    cost = np.take_along_axis(each, best[None, None, :], axis=0)[0]
    seen = known & (count > 0)
    off_square = _earlier(_summed(np.where(seen, (pain - count * cost) ** 2, 0.0)))
    return cost, off_square / np.maximum(_earlier(_summed(np.where(seen, count * cost**2, 0.0))), _LEAST)


def _tweedie(pain: Floats, mean: Floats) -> Floats:
    """Deviance of power 1.5, without what all means share."""
    return np.asarray(4 * (pain / np.sqrt(mean) + np.sqrt(mean)))
