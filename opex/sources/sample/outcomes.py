"""What became of the incidents: who noticed when, how long it took, how bad it was, and the empty cells."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from opex.frames import INCIDENTS
from opex.sources.sample.columns import INCIDENT_COLUMNS, canonical
from opex.sources.sample.times import END
from opex.sources.sample.world import PRODUCTION, as_times, picks, picks_by, seconds, wordings, world

_RECOVERY_HOURS = {PRODUCTION: 1.7, "staging": 4.0, "test": 5.0}  # medians
_RECOVERY_SPREAD = 0.75
_FORGOTTEN = 5  # incidents nobody ever closed
_EMPTY = {"severity": 0.02, "detected_at": 0.04, "acknowledged_at": 0.06, "team": 0.04, "description": 0.14}
_EMPTY_UNPLANTED = {"system": 0.02, "category": 0.05}  # what is planted stays where it was planted


def with_recovery(rng: np.random.Generator, drafts: pd.DataFrame) -> pd.DataFrame:
    """The drafts with ``resolved``, NaT for those still open at the end or forgotten."""
    medians = drafts["environment"].map(_RECOVERY_HOURS).to_numpy(dtype=float)
    spread = np.exp(rng.normal(0, _RECOVERY_SPREAD, size=len(drafts)))
    hours = np.clip(medians * drafts["factor"].to_numpy(dtype=float) * spread, 0.15, 160)
    resolved = as_times(drafts["started"]) + seconds(hours)
    resolved[resolved >= END] = np.datetime64("NaT")
    ordinary = np.flatnonzero((drafts["truth"] == "") & ~drafts["planned"])
    resolved[rng.permutation(ordinary)[:_FORGOTTEN]] = np.datetime64("NaT")
    return drafts.assign(resolved=resolved)


def published(rng: np.random.Generator, drafts: pd.DataFrame, ids: list[str]) -> pd.DataFrame:
    """The incidents as a tool would export them: canonical columns and dtypes, with gaps."""
    started, resolved = as_times(drafts["started"]), as_times(drafts["resolved"])
    until = np.where(np.isnat(resolved), END - np.timedelta64(1, "s"), resolved)
    detected = np.minimum(started + _delay(rng, len(drafts), median_minutes=6), until)
    acknowledged = np.minimum(detected + _delay(rng, len(drafts), median_minutes=9), until)
    severity = _severities(rng, drafts)
    columns: dict[str, Any] = {
        "source_id": ids,
        "severity": severity,
        "started_at": started,
        "detected_at": detected,
        "acknowledged_at": acknowledged,
        "resolved_at": resolved,
        "status": np.where(np.isnat(resolved), "open", "closed"),
        "customers_affected": _customers(rng, drafts, severity),
        "team": drafts["system"].map(_owners()).fillna(world()["branches"]["owner"]),
        "tags": _tags(rng, len(drafts)),
    }
    frame = canonical(drafts.assign(**columns)[INCIDENT_COLUMNS], INCIDENTS)
    return _with_gaps(rng, frame, (drafts["truth"] == "").to_numpy(dtype=bool))


def _delay(rng: np.random.Generator, count: int, median_minutes: float) -> NDArray[np.timedelta64]:
    return seconds(median_minutes / 60 * np.exp(rng.normal(0, 0.9, size=count)))


def _severities(rng: np.random.Generator, drafts: pd.DataFrame) -> NDArray[np.int64]:
    production = np.array([0.05, 0.17, 0.36, 0.29, 0.13]).cumsum()
    elsewhere = np.array([0.0, 0.02, 0.18, 0.40, 0.40]).cumsum()
    parts = rng.random(len(drafts))
    inside = np.searchsorted(production[:4], parts) + 1
    outside = np.searchsorted(elsewhere[:4], parts) + 1
    severity = np.where(drafts["environment"] == PRODUCTION, inside, outside)
    return np.where(drafts["planned"], 5, severity).astype(np.int64)


def _customers(rng: np.random.Generator, drafts: pd.DataFrame, severity: NDArray[np.int64]) -> "pd.Series[int]":
    numbers = np.exp(rng.normal(np.log(9000 / severity**2.2), 1.1)).round()
    known = (drafts["environment"] == PRODUCTION) & (rng.random(len(drafts)) < 0.62)
    return pd.Series(numbers, index=drafts.index).where(known).astype("Int64")


def _owners() -> dict[str, str]:
    return {system["name"]: system["owner"] for system in world()["systems"]}


def _tags(rng: np.random.Generator, count: int) -> NDArray[np.object_]:
    options = wordings()["background"]["tags"]
    first, second = (np.array(picks(rng, options, count), dtype=object) for _ in range(2))
    both = np.where(first == second, first, first + ";" + second)
    parts = rng.random(count)
    tags: NDArray[np.object_] = np.where(parts < 0.8, first, both)
    tags[parts < 0.45] = None
    return tags


def _with_gaps(rng: np.random.Generator, frame: pd.DataFrame, unplanted: NDArray[np.bool_]) -> pd.DataFrame:
    """Cells left empty here and there, and some systems under another of their names."""
    aliases = {system["name"]: system["aliases"] for system in world()["systems"]}
    names = frame["system"].tolist()
    others = picks_by(rng, names, {name: aliases.get(name, [name]) for name in dict.fromkeys(names)})
    renamed = pd.Series((rng.random(len(frame)) < 0.06) & unplanted, index=frame.index)
    frame = frame.assign(system=frame["system"].mask(renamed, pd.Series(others, index=frame.index, dtype="str")))
    for name, share in (_EMPTY | _EMPTY_UNPLANTED).items():
        empty = rng.random(len(frame)) < share
        if name in _EMPTY_UNPLANTED:
            empty &= unplanted & ~frame["planned"].to_numpy(dtype=bool)
        frame[name] = frame[name].mask(pd.Series(empty, index=frame.index))
    return frame
