"""Seeded worlds of counts whose true rates are known: constant, drifting, one change of regime, bursts."""

import numpy as np
from numpy.typing import NDArray

from opex.evidence.panel import Panel

Floats = NDArray[np.float64]
KINDS = ("constant", "drifting", "one change of regime", "bursts")


def world(kind: str, seed: int) -> tuple[Floats, Panel]:
    """The rates of forty systems over 36 periods, and what came of them."""
    rng = np.random.default_rng(seed)
    shape = (40, 36)
    base = rng.gamma(0.6, 1 / 0.6, shape[0])[:, None]
    rate = np.repeat(base, shape[1], axis=1)
    if kind == "drifting":
        rate = base * np.exp(np.cumsum(rng.normal(0, 0.25, shape), axis=1))
    elif kind == "one change of regime":
        rate[:, 18:] = rng.permutation(base)
    scatter = rng.gamma(0.7, 1 / 0.7, shape) if kind == "bursts" else 1.0
    came = rng.poisson(rate * scatter).astype(np.float64)
    came, rate = came[came.any(axis=1)], rate[came.any(axis=1)]
    order = np.argsort((came > 0).argmax(axis=1), kind="stable")
    came, rate = came[order], rate[order]
    none = np.zeros(shape[1] + 1)
    came = np.concatenate([came, np.zeros((len(came), 1))], axis=1)
    return rate, Panel(
        subjects=tuple(map(str, order)), edges=np.arange(shape[1] + 1), pain=came, count=came,
        known_from=(came > 0).argmax(axis=1) + 1, outside=none, newcomers=none,
    )  # fmt: skip
