"""How well duels reveal planted weights, by noise and number of duels, over seeded worlds.

    python -m benchmarks.choices [WORLDS]

Prints means over so many worlds (50): accuracy on 2,000 fresh duels of the stated weights, of the revealed ones and of
the planted ones, the share of planted weights within their 95 % intervals and how wide these are (from 30 duels on).
"""

import sys

import numpy as np

from opex.ranking.revealed import LEAST
from tests.ranking.choosers import NOISE, covered, learnt, world


def main(worlds: int) -> None:
    print("stated  asked      noise      duels  stated revealed truth   gap   moved  covered wide")
    for stated in ("wrong", "near"):
        for as_asked in (False, True):
            for noise, sharpness in NOISE.items():
                for duels in (10, 30, 100, 200):
                    _line(stated, as_asked, noise, sharpness, duels, worlds)


def _line(stated: str, as_asked: bool, noise: str, sharpness: float, duels: int, worlds: int) -> None:
    each = [world(seed, sharpness, stated=stated) for seed in range(worlds)]
    found = [learnt(one, duels, as_asked=as_asked) for one in each]
    told, found_, truth, moved = np.mean([[one.stated, one.revealed, one.truth, one.moved] for one in found], axis=0)
    row = f"{stated:<8}{'as asked' if as_asked else 'at random':<11}{noise:<11}{duels:>5}  "
    row += f"{told:.3f}  {found_:.3f}   {truth:.3f}  {truth - found_:.3f}  {moved:.3f}"
    if duels >= LEAST:
        inside, wide = np.mean([covered(one, duels, as_asked=as_asked) for one in each], axis=0)
        row += f"  {inside:.3f}  {wide:.3f}"
    print(row, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
