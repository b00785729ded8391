"""`python -m benchmarks.forecasters [worlds]`: other forecasters beside ours, where the true rates are known.

What the first five captured in the next period, over what the true rates capture: ours, two models of scikit-learn on
the same past (discounted means with six half-lives, refitted every four periods), all-time mean and last period.
"""

import sys
import warnings

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import PoissonRegressor

from opex.evidence.backtest import BURN_IN, captured
from opex.evidence.forecast import forecasts
from opex.evidence.panel import Panel
from tests.evidence.rates import KINDS, Floats, world

HALF_LIVES, EVERY, K = (1.0, 2.0, 4.0, 8.0, 16.0, np.inf), 4, 5


def features(count: Floats) -> Floats:
    """(n, T + 1, 6) logarithms of discounted means of the periods before."""
    found = np.zeros((*count.shape, len(HALF_LIVES)))
    for number, half_life in enumerate(HALF_LIVES):
        kept, weight = 0.5 ** (1 / half_life), 0.0
        total = np.zeros(len(count))
        for t in range(1, count.shape[1]):
            total, weight = kept * total + count[:, t - 1], kept * weight + 1
            found[:, t, number] = total / weight
    return np.log(found + 0.05)


def learned(panel: Panel, kind: str) -> Floats:
    told, found = features(panel.count), np.zeros_like(panel.count)
    known = np.arange(panel.count.shape[1]) >= panel.known_from[:, None]
    for t in range(BURN_IN, len(panel)):
        if (t - BURN_IN) % EVERY == 0:
            rows = known & (np.arange(panel.count.shape[1]) < t)
            model = PoissonRegressor(alpha=0.01) if kind == "glm" else HistGradientBoostingRegressor(
                loss="poisson", max_iter=60, max_leaf_nodes=6, learning_rate=0.08)  # fmt: skip
            model.fit(told[rows], panel.count[rows])
        found[:, t] = model.predict(told[:, t])
    return found


def main(worlds: int) -> None:
    warnings.simplefilter("ignore")
    print(f"{'':<22}{'ours':>8}{'GLM':>8}{'trees':>8}{'mean':>8}{'last':>8}   over the true rates, {worlds} worlds")
    for kind in KINDS:
        total = np.zeros(6)
        for seed in range(1000, 1000 + worlds):
            rate, one = world(kind, seed)
            ours, glm, trees = forecasts(one).expected, learned(one, "glm"), learned(one, "trees")
            for t in range(BURN_IN, len(one)):
                n = one.known(t)
                lists = (one.pain[:n, :t].sum(axis=1), one.pain[:n, t - 1])
                scores = [ours[:n, t], glm[:n, t], trees[:n, t], *lists, rate[:n, t]]
                total += [captured(score, one.pain[:n, t], K) for score in scores]
        print(f"{kind:<22}" + "".join(f"{share:>8.3f}" for share in total[:5] / total[5]), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
