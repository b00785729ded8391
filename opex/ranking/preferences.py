"""How strongly items are preferred, from who was chosen over whom: the model of Bradley and Terry. A bare kernel."""

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

__all__ = ["bradley_terry"]

Floats = NDArray[np.float64]
STEPS = 200
CLOSE = 1e-12


def bradley_terry(wins: ArrayLike, *, prior: float = 0.0) -> Floats:
    """Log-strengths under which P(i over j) = 1 / (1 + exp(s_j - s_i)), by maximum likelihood.

    Newton's steps on the log-likelihood, which is concave, halved until it rises (Hunter 2004, section 3; the model is
    Zermelo's of 1929, and Bradley and Terry's of 1952).

    Parameters
    ----------
    wins
        (n, n) not negative; ``wins[i, j]`` is how often i was chosen over j. Half a win each is a tie. The diagonal is
        passed over.
    prior
        0: the plain maximum of the likelihood. Above 0: each item has also won and lost so often against an imaginary
        item, which stands for an average one. Then there always is a finite answer, drawn a little towards 0.

    Returns
    -------
    (n,) log-strengths that add up to 0; empty for no items, 0 for one. Exactly what was compared decides: how often
    two items met does not count, who was chosen does.

    Raises
    ------
    ValueError
        ``wins`` is not square, or holds something else than numbers of 0 or more. Without a prior also where the
        likelihood has no finite maximum (Ford 1957): an item was never compared; groups of items were never compared
        with each other; or a group won, or lost, every comparison with the rest.

    Examples
    --------
    >>> bradley_terry([[0, 3], [1, 0]]).round(4).tolist()
    [0.5493, -0.5493]
    >>> bradley_terry([[0, 4], [0, 0]])
    Traceback (most recent call last):
    ...
    ValueError: no finite strengths: items [0] won every comparison with the others (a prior above 0 gives some)
    >>> bradley_terry([[0, 4], [0, 0]], prior=0.5).round(2).tolist()
    [1.29, -1.29]
    """
    counts = _checked(wins, prior)
    items = len(counts)
    if prior > 0 and items:
        counts = np.pad(counts, (0, 1), constant_values=prior)
        counts[items, items] = 0.0
    else:
        _refuse_infinite(counts)
    strengths = _maximum(counts)[:items]
    return np.asarray(strengths - strengths.mean() if items else strengths)


def _checked(wins: ArrayLike, prior: float) -> Floats:
    counts = np.array(wins, dtype=np.float64)
    if counts.size == 0:
        counts = counts.reshape(0, 0)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError(f"wins have the shape {counts.shape}; they are items by items")
    np.fill_diagonal(counts, 0.0)
    if not (np.isfinite(counts).all() and (counts >= 0).all()):
        raise ValueError("wins are numbers of 0 or more")
    if not (np.isfinite(prior) and prior >= 0):
        raise ValueError(f"prior is {prior}; it must be 0 or more")
    return counts


def _refuse_infinite(counts: Floats) -> None:
    """Ford's condition: from each item every other one is reached along wins."""
    if len(counts) < 2 or scipy.sparse.csgraph.connected_components(counts > 0, connection="strong")[0] == 1:
        return
    met = counts + counts.T
    if (alone := np.flatnonzero(met.sum(axis=1) == 0)).size:
        raise ValueError(_none(f"items {alone.tolist()} were never compared"))
    groups, group = scipy.sparse.csgraph.connected_components(met > 0, directed=False)
    if groups > 1:
        raise ValueError(_none(f"items {np.flatnonzero(group == 0).tolist()} were never compared with the others"))
    parts, part = scipy.sparse.csgraph.connected_components(counts > 0, connection="strong")
    for said, against in (("won", counts.T), ("lost", counts)):
        for one in range(parts):
            inside = part == one
            if not against[inside][:, ~inside].any():
                those = np.flatnonzero(inside).tolist()
                raise ValueError(_none(f"items {those} {said} every comparison with the others"))


def _none(why: str) -> str:
    return f"no finite strengths: {why} (a prior above 0 gives some)"


def _maximum(counts: Floats) -> Floats:
    items, met, won = len(counts), counts + counts.T, counts.sum(axis=1)
    strengths = np.zeros(items)
    best = _log_likelihood(counts, strengths)
    for _ in range(STEPS if items > 1 else 0):
        expected = met / (1 + np.exp(strengths[None, :] - strengths[:, None]))
        slope = won - expected.sum(axis=1)
        curve = -met * (share := np.divide(expected, met, out=np.zeros_like(met), where=met > 0)) * (1 - share)
        np.fill_diagonal(curve, -curve.sum(axis=1))
        step = np.linalg.solve(curve + 1.0 / items, slope)  # the constant keeps their sum at 0
        while (now := _log_likelihood(counts, strengths + step)) < best - CLOSE * abs(best):
            step /= 2
        strengths, best = strengths + step, now
        if np.abs(step).max() < CLOSE:
            break
    return strengths


def _log_likelihood(counts: Floats, strengths: Floats) -> float:
    return -float((counts * np.logaddexp(0.0, strengths[None, :] - strengths[:, None])).sum())
