"""How well duels reveal planted weights, by noise and number of duels, over seeded worlds.

    python -m benchmarks.choices [WORLDS]

Prints means over so many worlds (50): accuracy on 2,000 fresh duels of the stated weights, of the revealed ones and of
the planted ones, the share of planted weights within their 95 % intervals, and the largest move of a weight.
"""

import sys

import numpy as np

from tests.ranking.choosers import NOISE, learnt, world


def main(worlds: int) -> None:
    print("stated  asked      noise      duels  stated revealed truth   gap   covered moved")
    for stated in ("wrong", "near"):
        for as_asked in (False, True):
            for noise, firmness in NOISE.items():
                for duels in (10, 30, 100, 200):
                    _line(stated, as_asked, noise, firmness, duels, worlds)


def _line(stated: str, as_asked: bool, noise: str, firmness: float, duels: int, worlds: int) -> None:
    each = [learnt(world(seed, firmness, stated=stated), duels, as_asked=as_asked) for seed in range(worlds)]
    rows = np.array([[one.stated, one.revealed, one.truth, one.covered, one.moved] for one in each])
    means = rows.mean(axis=0)
    how = "as asked" if as_asked else "at random"
    print(
        f"{stated:<8}{how:<11}{noise:<11}{duels:>5}  {means[0]:.3f}  {means[1]:.3f}   {means[2]:.3f}  "
        f"{means[2] - means[1]:.3f}  {means[3]:.3f}  {means[4]:.3f}",
        flush=True,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
