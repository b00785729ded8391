"""What choices imply: weights from duels, by a logistic model on differences of worth. A bare numeric kernel.

P(a over b) = 1 / (1 + exp(-k w.(v_a - v_b))), with weights w of 0 or more that add up to 1, and a sharpness of choice k
(how sharply a difference of score is seen). A choice model of McFadden (1974) with a prior at the stated weights:

- w: a Dirichlet distribution in logarithms, with its mode at the stated weights. It adds ``PRIOR`` times the
  Kullback-Leibler divergence of w from them to what is minimised. So silence stays at the stated weights whatever the
  scale of the choices, and weights cannot be negative.
- k: logarithm normal around that of ``SHARP``, with a standard deviation of 1 (a factor of 2.7 either way). It knows
  nothing of the weights.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from opex.domain.problems import NotEnoughData

__all__ = ["LEAST", "Accuracy", "Fitted", "Revealed", "accuracy", "fitted", "held_out_margins", "revealed"]

Floats = NDArray[np.float64]
LEAST = 30
"""Duels below which nothing is said: about what the prior itself is worth (see ``PRIOR``)."""
PRIOR = 10.0
"""What the stated weights are worth, in draws of a Dirichlet: a weight of 20 % is taken as 20 % give or take 12 points.

With seven drivers it holds as much as about 30 duels between items that differ at random by (1/6 of the scale squared)
on each driver: below `LEAST` the stated weights would speak louder than the duels.
"""
SHARP = 10.0
"""The usual sharpness: a difference of 10 points of 100 is seen rightly in about three of four choices (0.73)."""
SPREAD = 1.0
MOST = 10_000.0
"""No utility is sought beyond this: a thousandth of a point of 100 would be seen, which nobody does."""
TINY = 1e-12
WALKERS, STEPS = 80, 300
NONE_STATED = 0.01
"""A stated weight of 0 is taken as one in a hundred, so that choices can still speak for that driver."""


@dataclass(frozen=True)
class Fitted:
    """The most plausible weights, and what is not known around them.

    Attributes
    ----------
    weights
        (m,) of 0 or more, adding up to 1.
    sharpness
        k: the log odds of a choice for a whole point of score (0 to 1).
    utilities
        (m,) sharpness times weights.
    covariance
        (m, m) of the utilities, by Laplace's approximation in their logarithms.
    """

    weights: Floats
    sharpness: float
    utilities: Floats
    covariance: Floats


@dataclass(frozen=True)
class Revealed:
    """The weights that duels imply, with 95 % intervals.

    Attributes
    ----------
    weights
        (m,) of 0 or more, adding up to 1.
    low, high
        (m,) the middle 95 % of the weights that are plausible after these duels (and at least the weights themselves).
    told
        (m,) whether any duel had a difference on that driver. Where none had, the interval is the prior's.
    sharpness
        As that of `Fitted`.
    """

    weights: Floats
    low: Floats
    high: Floats
    told: NDArray[np.bool_]
    sharpness: float


def revealed(differences: Floats, outcomes: Floats, stated: Floats) -> Revealed | NotEnoughData:
    """The weights that these duels imply, or that there are too few of them.

    Parameters are those of `fitted`.

    Examples
    --------
    >>> revealed(np.zeros((10, 2)), np.ones(10), np.array([0.5, 0.5])).need
    30
    """
    if len(differences) < LEAST:
        return NotEnoughData(have=len(differences), need=LEAST, what="duels")
    found = fitted(differences, outcomes, stated)
    low, high = np.quantile(
        scipy.special.softmax(_plausible(found, differences, outcomes, stated), axis=1), [0.025, 0.975], axis=0
    )
    return Revealed(
        weights=found.weights, low=np.minimum(low, found.weights), high=np.maximum(high, found.weights),
        told=np.asarray((differences != 0).any(axis=0)), sharpness=found.sharpness,
    )  # fmt: skip


def fitted(differences: Floats, outcomes: Floats, stated: Floats) -> Fitted:
    """The most plausible weights given so many duels, also none: then they are the stated ones.

    Parameters
    ----------
    differences
        (n, m) worth of the first item less that of the second, on each driver: -1 to 1.
    outcomes
        (n,) 1 where the first was chosen, 0 where the second was, 0.5 where they were called equal.
    stated
        (m,) the weights that are in force: of 0 or more, adding up to 1.

    Raises
    ------
    ValueError
        Shapes do not fit, or a number lies outside of its range.

    Examples
    --------
    >>> fitted(np.zeros((0, 2)), np.zeros(0), np.array([0.7, 0.3])).weights.round(6).tolist()
    [0.7, 0.3]
    >>> more = fitted(np.tile([0.3, -0.3], (40, 1)), np.zeros(40), np.array([0.7, 0.3]))
    >>> more.weights.round(2).tolist()
    [0.37, 0.63]
    """
    _check(differences, outcomes, stated)
    prior = _prior(stated, NONE_STATED if len(differences) else TINY)
    start = np.log(prior) + np.log(SHARP)
    found = scipy.optimize.minimize(
        _cost, start, args=(differences, outcomes, prior), jac=True, method="L-BFGS-B",
        bounds=[(np.log(TINY), np.log(MOST))] * len(stated), options={"ftol": 1e-13, "gtol": 1e-8, "maxiter": 2000},
    )  # fmt: skip
    return _around(found.x, differences)


def _prior(stated: Floats, least: float = NONE_STATED) -> Floats:
    some: Floats = np.maximum(stated, least)
    return np.asarray(some / some.sum())


def _check(differences: Floats, outcomes: Floats, stated: Floats) -> None:
    if differences.ndim != 2 or differences.shape != (len(outcomes), len(stated)):
        raise ValueError(f"differences have the shape {differences.shape}; they are duels by drivers")
    if not (np.abs(differences) <= 1).all():
        raise ValueError("a difference of worth lies between -1 and 1")
    if not ((outcomes >= 0) & (outcomes <= 1)).all():
        raise ValueError("an outcome is 1, 0 or a half")
    if (stated < 0).any() or abs(stated.sum() - 1) > 1e-6:
        raise ValueError(f"stated weights are {stated}; they are not negative and add up to 1")


def _cost(logs: Floats, differences: Floats, outcomes: Floats, prior: Floats) -> tuple[float, Floats]:
    """Minus the log posterior in the logarithms of the utilities, and its slope."""
    utilities, weights, scale = np.exp(logs), scipy.special.softmax(logs), float(scipy.special.logsumexp(logs))
    margins = differences @ utilities
    off = (scale - np.log(SHARP)) / SPREAD**2
    cost = (
        float((np.logaddexp(0.0, margins) - outcomes * margins).sum())
        + PRIOR * (scale - float(prior @ logs))
        + SPREAD**2 * off**2 / 2
    )
    slope = (
        utilities * (differences.T @ (scipy.special.expit(margins) - outcomes))
        + PRIOR * (weights - prior)
        + off * weights
    )
    return cost, slope


def _around(logs: Floats, differences: Floats) -> Fitted:
    utilities, weights = np.exp(logs), scipy.special.softmax(logs)
    seen = scipy.special.expit(differences @ utilities)
    scaled = differences * utilities
    known = (
        scaled.T @ (scaled * (seen * (1 - seen))[:, None])
        + PRIOR * (np.diag(weights) - np.outer(weights, weights))
        + np.outer(weights, weights) / SPREAD**2
    )
    unknown = np.linalg.pinv(known, hermitian=True)  # of the logarithms
    return Fitted(
        weights=weights, sharpness=float(utilities.sum()), utilities=utilities,
        covariance=unknown * np.outer(utilities, utilities),
    )  # fmt: skip


def _plausible(found: Fitted, differences: Floats, outcomes: Floats, stated: Floats) -> Floats:
    """(draws, m) logarithms of utilities, drawn from the posterior.

    The stretch moves of Goodman and Weare (2010): walkers in two halves, each moved along the line to a walker of the
    other half. It needs no tuning and minds no skew: small weights have long tails towards 0, which a normal
    approximation misses. Seeded, so that the same duels have the same intervals.
    """
    rng, prior, drivers = np.random.default_rng(0), _prior(stated), len(stated)
    spread = np.sqrt(np.diag(found.covariance)) / found.utilities
    at = np.log(found.utilities) + np.minimum(spread, 1.0) * rng.standard_normal((2, WALKERS // 2, drivers))
    score = np.stack([_log_posterior(half, differences, outcomes, prior) for half in at])
    kept = []
    for step in range(STEPS):
        for half in (0, 1):
            stretch = (rng.random(WALKERS // 2) + 1) ** 2 / 2
            others = at[1 - half][rng.integers(0, WALKERS // 2, WALKERS // 2)]
            there = others + stretch[:, None] * (at[half] - others)
            new = _log_posterior(there, differences, outcomes, prior)
            taken = np.log(rng.random(WALKERS // 2)) < (drivers - 1) * np.log(stretch) + new - score[half]
            at[half][taken], score[half][taken] = there[taken], new[taken]
        if step >= STEPS // 4:
            kept.append(at.reshape(WALKERS, drivers).copy())
    return np.concatenate(kept)


def _log_posterior(logs: Floats, differences: Floats, outcomes: Floats, prior: Floats) -> Floats:
    """(walkers,) what `_cost` says of one, of many at once; none beyond what is sought."""
    margins = np.exp(np.minimum(logs, np.log(MOST))) @ differences.T
    scale = scipy.special.logsumexp(logs, axis=1)
    told = (outcomes * margins - np.logaddexp(0.0, margins)).sum(axis=1)
    held = PRIOR * (scale - logs @ prior) + (scale - np.log(SHARP)) ** 2 / (2 * SPREAD**2)
    return np.asarray(np.where(logs.max(axis=1) < np.log(MOST), told - held, -np.inf))


@dataclass(frozen=True)
class Accuracy:
    """The share of ``duels`` with a winner that the better score foretold; equal scores count half."""

    duels: int
    share: float


def accuracy(margins: Floats, outcomes: Floats) -> Accuracy | None:
    """How often the sign of the margin was the choice; ``None`` when no duel had a winner.

    Examples
    --------
    >>> accuracy(np.array([0.2, -0.1, 0.0, 0.3]), np.array([1.0, 1.0, 0.0, 0.5]))
    Accuracy(duels=3, share=0.5)
    """
    decided = outcomes != 0.5
    if not decided.any():
        return None
    signs = np.sign(np.round(margins[decided], 12)) * np.sign(outcomes[decided] - 0.5)
    return Accuracy(duels=int(decided.sum()), share=float((signs + 1).mean() / 2))


def held_out_margins(
    differences: Floats, outcomes: Floats, stated: Floats, groups: Sequence[Hashable]
) -> Floats | NotEnoughData:
    """(n,) the margin of each duel under the weights that the other groups' duels imply.

    A group is a person, or a session: whoever is foretold has had no part in the weights. There must be two of them.
    """
    each = list(dict.fromkeys(groups))
    if len(each) < 2:
        return NotEnoughData(have=len(each), need=2, what="groups of duels")
    margins = np.zeros(len(differences))
    number = np.array([each.index(group) for group in groups])
    for one in range(len(each)):
        mine = number == one
        margins[mine] = differences[mine] @ fitted(differences[~mine], outcomes[~mine], stated).weights
    return margins
