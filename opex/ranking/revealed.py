"""What choices imply: weights from duels, by a logistic model on differences of worth. A bare numeric kernel.

P(a over b) = 1 / (1 + exp(-k w.(v_a - v_b))), with weights w of 0 or more that add up to 1, and a firmness of choice k
(how sharply a difference of score is seen). A choice model of McFadden (1974) with a prior at the stated weights:

- w: a Dirichlet distribution in logarithms, with its mode at the stated weights. It adds ``PRIOR`` times the
  Kullback-Leibler divergence of w from them to what is minimised. So silence stays at the stated weights whatever the
  scale of the choices, and weights cannot be negative.
- k: logarithm normal around that of ``FIRM``, with a standard deviation of 1 (a factor of 2.7 either way). It knows
  nothing of the weights.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logsumexp, softmax
from scipy.stats import norm

from opex.domain.problems import NotEnoughData

__all__ = ["LEAST", "Accuracy", "Revealed", "accuracy", "fitted", "held_out_margins", "revealed"]

Floats = NDArray[np.float64]
LEAST = 30
"""Duels below which nothing is said: about what the prior itself is worth (see ``PRIOR``)."""
PRIOR = 10.0
"""What the stated weights are worth, in draws of a Dirichlet: a weight of 20 % is taken as 20 % give or take 12 points.

With seven drivers it holds as much as about 30 duels between items that differ at random by (1/6 of the scale squared)
on each driver: below `LEAST` the stated weights would speak louder than the duels.
"""
FIRM = 10.0
"""The usual firmness: a difference of 10 points of 100 is seen rightly in about three of four choices (0.73)."""
SPREAD = 1.0
MOST = 10_000.0
"""No utility is sought beyond this: a thousandth of a point of 100 would be seen, which nobody does."""
NONE_STATED = 0.01
"""A stated weight of 0 is taken as one in a hundred, so that choices can still speak for that driver."""


@dataclass(frozen=True)
class Revealed:
    """The weights that duels imply, with 95 % intervals.

    Attributes
    ----------
    weights
        (m,) of 0 or more, adding up to 1.
    low, high
        (m,) bounds: Laplace's approximation in logarithms, brought to each weight's log odds.
    told
        (m,) whether any duel had a difference on that driver. Where none had, the interval is the prior's.
    firmness
        k: the log odds of a choice for a whole point of score (0 to 1).
    utilities
        (m,) firmness times weights.
    covariance
        (m, m) of the utilities: what is not known of them.
    """

    weights: Floats
    low: Floats
    high: Floats
    told: NDArray[np.bool_]
    firmness: float
    utilities: Floats
    covariance: Floats


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
    return fitted(differences, outcomes, stated)


def fitted(differences: Floats, outcomes: Floats, stated: Floats) -> Revealed:
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
    prior = np.maximum(stated, NONE_STATED) if len(differences) else np.maximum(stated, 1e-12)
    prior = prior / prior.sum()
    start = np.log(prior) + np.log(FIRM)
    found = minimize(
        _cost, start, args=(differences, outcomes, prior), jac=True, method="L-BFGS-B",
        bounds=[(np.log(1e-12), np.log(MOST))] * len(stated), options={"ftol": 1e-13, "gtol": 1e-8, "maxiter": 2000},
    )  # fmt: skip
    return _told(found.x, differences, prior)


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
    utilities, weights, scale = np.exp(logs), softmax(logs), float(logsumexp(logs))
    margins = differences @ utilities
    off = (scale - np.log(FIRM)) / SPREAD**2
    cost = (
        float((np.logaddexp(0.0, margins) - outcomes * margins).sum())
        + PRIOR * (scale - float(prior @ logs))
        + SPREAD**2 * off**2 / 2
    )
    slope = utilities * (differences.T @ (expit(margins) - outcomes)) + PRIOR * (weights - prior) + off * weights
    return cost, slope


def _told(logs: Floats, differences: Floats, prior: Floats) -> Revealed:
    utilities, weights = np.exp(logs), softmax(logs)
    seen = expit(differences @ utilities)
    scaled = differences * utilities
    known = (
        scaled.T @ (scaled * (seen * (1 - seen))[:, None])
        + PRIOR * (np.diag(weights) - np.outer(weights, weights))
        + np.outer(weights, weights) / SPREAD**2
    )
    unknown = np.linalg.pinv(known, hermitian=True)  # of the logarithms
    low, high = _interval(weights, unknown)
    return Revealed(
        weights=weights, low=low, high=high, told=np.asarray((differences != 0).any(axis=0)),
        firmness=float(utilities.sum()), utilities=utilities, covariance=unknown * np.outer(utilities, utilities),
    )  # fmt: skip


def _interval(weights: Floats, unknown: Floats) -> tuple[Floats, Floats]:
    """Of each weight: normal in its log odds."""
    others = np.clip(1 - weights, 1e-12, None)
    slope = -weights[None, :] / others[:, None]
    np.fill_diagonal(slope, 1.0)
    wide = norm.ppf(0.975) * np.sqrt(np.einsum("ij,jk,ik->i", slope, unknown, slope).clip(0))
    odds = np.log(np.clip(weights, 1e-12, None) / others)
    return expit(odds - wide), expit(odds + wide)


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
