"""Level shifts on worlds with a planted truth: false findings, power, dates and ratios. `python -m benchmarks.shifts`

A world has 30 series of weekly counts over two years, 0.5 to 4 a week, half of them with a yearly season of 0.3; six
shift. `false` is the false-discovery proportion at q 0.05. Before that: how often a series alone is called changed when
nothing shifts, and how often a growth is called a shift.
"""

import sys

import numpy as np

from opex.evidence.findings import benjamini_hochberg
from opex.evidence.shifts import level_of, rate_ratio, stabilised
from tests.evidence.weekly import WEEKS, weekly

YEAR = 365.25 / 7
SERIES, SHIFTED = 30, 6
NULLS = {
    "flat": {},
    "memory 0.3": {"memory": 0.3},
    "season 0.5": {"season": 0.5},
    "season 0.5, memory 0.3": {"season": 0.5, "memory": 0.3},
    "growth 2, memory 0.3": {"growth": 2.0, "memory": 0.3},
    "growth 3": {"growth": 3.0},
}


def told(counts: np.ndarray):
    return level_of(stabilised(counts), period=YEAR)


def alone(worlds: int) -> None:
    print(f"{'nothing shifts':<28}{'p <= 0.05':>11}{'p <= 0.01':>11}{'called a shift at 0.01':>25}")
    for name, how in NULLS.items():
        p, form = [], []
        for seed in range(worlds * 10):
            rng = np.random.default_rng(seed)
            found = told(weekly(rng, rng.uniform(0.5, 4.0), **how))
            p.append(found.p_value)
            form.append(found.form == "shift")
        p_, shift = np.array(p), np.array(form)
        print(f"{name:<28}{np.mean(p_ <= 0.05):>11.3f}{np.mean(p_ <= 0.01):>11.3f}"
              f"{np.mean((p_ <= 0.01) & shift):>25.3f}", flush=True)  # fmt: skip


def planted(worlds: int, ratio: float, memory: float) -> None:
    false, found, shift, errors, dated, covered = [], [], [], [], [], []
    for seed in range(worlds):
        rng = np.random.default_rng(10_000 + seed)
        counts, levels, truths, rates = [], [], [], []
        for k in range(SERIES):
            at = int(rng.integers(16, WEEKS - 16)) if k < SHIFTED else 0
            season = float(rng.choice([0.0, 0.3]))
            rates.append(rng.uniform(0.5, 4.0))
            counts.append(weekly(rng, rates[-1], memory=memory, season=season, ratio=ratio if at else 1.0, at=at))
            levels.append(told(counts[-1]))
            truths.append(at)
        named = benjamini_hochberg(np.array([level.p_value for level in levels])) <= 0.05
        false.append(named[SHIFTED:].sum() / max(1, named.sum()))
        for k in range(SHIFTED):
            level, at = levels[k], truths[k]
            found.append((named[k], rates[k]))
            if not named[k]:
                continue
            shift.append(level.form == "shift")
            if level.form == "shift":
                cut = level.shift.at
                errors.append(abs(cut - at))
                dated.append(level.shift.earliest <= at <= level.shift.latest)
                _, low, high = rate_ratio(counts[k][:cut], counts[k][cut:], level.inflation)
                covered.append(low <= ratio <= high)
    busy = [named for named, rate in found if rate >= 1.0]
    print(f"{f'ratio {ratio:g}, memory {memory:g}':<28}{np.mean(false):>7.3f}{np.mean([n for n, _ in found]):>8.2f}"
          f"{np.mean(busy):>17.2f}{np.mean(shift):>11.2f}{np.median(errors):>15.1f}{np.mean(dated):>14.2f}"
          f"{np.mean(covered):>14.2f}", flush=True)  # fmt: skip


def main() -> None:
    worlds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    alone(worlds)
    print(f"\n{f'{worlds} worlds':<28}{'false':>7}{'found':>8}{'found, rate >= 1':>17}{'as shift':>11}"
          f"{'weeks off':>15}{'date covered':>14}{'ratio covered':>14}")  # fmt: skip
    for ratio in (2.0, 3.0):
        for memory in (0.0, 0.3):
            planted(worlds, ratio, memory)


if __name__ == "__main__":
    main()
