"""Anomalies on 17 labelled CloudWatch series (NAB): labelled windows found and false alarms a week, beside a z-score.

`python -m benchmarks.anomalies [FOLDER]`. Both are causal, both are silent for the first two days, and for both flagged
moments no more than three hours apart are one alarm. A window is found when an alarm reaches into it; an alarm that
reaches into none is false. The z-score is the distance from the mean of the readings before, in their standard
deviations. `chance` is the share of windows that as many alarms at random moments would reach into.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from opex.evidence.anomalies import LEAST_DAYS, alarms, joined, regular, scored

NAB = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "nab_aws"
BUDGETS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
Z_HOURS, Z_LIMITS = (3, 24, 72), (3.0, 4.0, 5.0, 6.0, 8.0, 12.0)
Windows = list[tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class Row:
    what: str
    found: int
    windows: int
    false_a_week: float
    chance: float


def series(folder: Path) -> list[tuple[np.ndarray, np.ndarray, Windows]]:
    labels = json.loads((folder / "combined_windows.json").read_text(encoding="utf-8"))
    read = []
    for name, windows in sorted(labels.items()):
        table = pd.read_csv(folder / Path(name).name, parse_dates=["timestamp"])
        at = table["timestamp"].astype("datetime64[s]").astype("int64").to_numpy()
        labelled = [(int(pd.Timestamp(a).timestamp()), int(pd.Timestamp(b).timestamp())) for a, b in windows]
        read.append((at, table["value"].to_numpy(dtype=float), labelled))
    return read


def z_scored(at: np.ndarray, value: np.ndarray, hours: float, limit: float) -> list[tuple[int, int]]:
    moments, grid, step = regular(at, value)
    width = max(3, round(hours * 3600 / step))
    past = pd.Series(grid).shift(1).rolling(width, min_periods=width // 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.abs(grid - past.mean().to_numpy()) / past.std().to_numpy()
    z[moments < moments[0] + LEAST_DAYS * 86_400] = np.nan
    return [(int(moments[group[0]]), int(moments[group[-1]])) for group in joined(moments, z > limit)]


def judged(told: list[list[tuple[int, int]]], data: list[tuple[np.ndarray, np.ndarray, Windows]], what: str) -> Row:
    found = windows = false = 0
    outside, expected = 0.0, 0.0
    for mine, (at, _, labelled) in zip(told, data, strict=True):
        windows += len(labelled)
        found += sum(any(begin <= b and end >= a for begin, end in mine) for a, b in labelled)
        false += sum(not any(begin <= b and end >= a for a, b in labelled) for begin, end in mine)
        length = at.max() - at.min() - LEAST_DAYS * 86_400
        outside += length - sum(b - a for a, b in labelled)
        expected += sum(1 - (1 - (b - a) / length) ** len(mine) for a, b in labelled)
    return Row(
        what=what, found=found, windows=windows, false_a_week=false / (outside / 604_800), chance=expected / windows
    )  # fmt: skip


def compare(folder: Path = NAB) -> list[Row]:
    data = series(folder)
    rows = []
    for budget in BUDGETS:
        told = []
        for at, value, _ in data:
            one = scored(at, value, budget=budget)
            told.append([(alarm.begin, alarm.end) for alarm in alarms(one)])  # every series is long enough
        rows.append(judged(told, data, f"opex, budget {budget:g} a week"))
    for hours in Z_HOURS:
        for limit in Z_LIMITS:
            told = [z_scored(at, value, hours, limit) for at, value, _ in data]
            rows.append(judged(told, data, f"z-score of {hours} h, limit {limit:g}"))
    return rows


def main() -> None:
    print(f"{'what':<28}{'found':>9}{'false a week':>14}{'chance':>9}")
    for row in compare(Path(sys.argv[1]) if len(sys.argv) > 1 else NAB):
        print(f"{row.what:<28}{row.found:>4} of {row.windows:<3}{row.false_a_week:>12.2f}{row.chance:>9.2f}")


if __name__ == "__main__":
    main()
