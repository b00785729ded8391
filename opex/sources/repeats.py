"""Records that a load holds twice: exact repeats are counted, contradictions are refused."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from opex.domain.problems import Problem
from opex.sources.records import Places


@dataclass(frozen=True, kw_only=True)
class Unique:
    """The positions of the rows that stay, the number of exact repeats, and the problems of contradictions."""

    kept: npt.NDArray[np.int64]
    duplicates: int
    problems: list[Problem]


def unique(frame: pd.DataFrame, key: Sequence[str], places: Places, column: str) -> Unique:
    """Rows by key, the first one of each stays. ``column`` is where a contradiction is shown."""
    key = [name for name in key if name in frame.columns]
    later = np.flatnonzero(frame.duplicated(key).to_numpy())
    if not len(later):
        return Unique(kept=np.arange(len(frame)), duplicates=0, problems=[])
    first = _first_of(frame, key, later)
    same = _alike(frame, later, first)
    problems = _contradictions(frame, places, later[~same], first[~same], column)
    kept = np.setdiff1d(np.arange(len(frame)), later)
    return Unique(kept=kept, duplicates=int(same.sum()), problems=problems)


def _first_of(frame: pd.DataFrame, key: Sequence[str], later: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For each later row the position of the first row with its key."""
    repeated = frame.loc[frame.duplicated(key, keep=False), list(key)]
    groups = repeated.groupby(list(key), dropna=False, sort=False).ngroup().to_numpy()
    positions = repeated.index.to_numpy()
    _, first_at = np.unique(groups, return_index=True)
    group_of = groups[np.searchsorted(positions, later)]
    return np.asarray(positions[first_at][group_of], dtype=np.int64)


def _alike(frame: pd.DataFrame, later: npt.NDArray[np.int64], first: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    same = np.ones(len(later), dtype=bool)
    for name in frame.columns:
        one, other = frame[name].iloc[later].reset_index(drop=True), frame[name].iloc[first].reset_index(drop=True)
        equal = (one == other).fillna(False).to_numpy(dtype=bool)
        same &= equal | (one.isna() & other.isna()).to_numpy()
    return same


def _contradictions(
    frame: pd.DataFrame, places: Places, later: npt.NDArray[np.int64], first: npt.NDArray[np.int64], column: str
) -> list[Problem]:
    if column == "source_id":
        shown = frame[column].iloc[later].tolist()
        expected = ["an id given once; {} has it already"] * len(later)
    else:
        shown = [moment.isoformat() for moment in frame[column].iloc[later]]
        expected = [f"one value for a time; {{}} says {value:g}" for value in frame["value"].iloc[first]]
    return [
        places.problem(at, column, value, text.format(_where(places, earlier, at)))
        for at, earlier, value, text in zip(later.tolist(), first.tolist(), shown, expected, strict=True)
    ]


def _where(places: Places, earlier: int, at: int) -> str:
    """Where the first one stood, as short as the reader of a later one needs it."""
    file, row = places.of(earlier)
    if row is None:
        return file
    return f"row {row}" if file == places.of(at)[0] else f"{file}, row {row}"
