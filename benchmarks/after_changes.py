"""Changes and incidents at size: a million changes and 100,000 incidents of 50 systems over three years.

The floor is one bare pass over the same rows: NumPy sorts a composite key of system and hour and finds, by
searchsorted, the range of changes in the 24 hours before each incident. The first line does the same system by system,
as links are made; the second is the chance of all systems: episodes, fixes, referents, and 2,000 permutations of weeks
over seven windows.
"""

import numpy as np

from benchmarks.measuring import Measured, side_by_side
from opex.evidence.after_changes import after_changes, weeks_between
from opex.evidence.episodes import episodes, inside
from opex.evidence.linking import ranges_before

CHANGES, INCIDENTS, SYSTEMS, HOURS, WINDOW = 1_000_000, 100_000, 50, 156 * 168.0, 24.0
LIMIT_PAIRS, LIMIT_PERMUTED = 2.0, 60.0


def measure(times: int = 3) -> list[Measured]:
    random = np.random.default_rng(1)
    of_change, of_incident = random.integers(0, SYSTEMS, CHANGES), random.integers(0, SYSTEMS, INCIDENTS)
    made, begun = random.uniform(0, HOURS, CHANGES), random.uniform(0, HOURS, INCIDENTS)

    def floor() -> tuple[np.ndarray, np.ndarray]:
        apart = 2 * HOURS
        keys = np.sort(of_change * apart + made)
        asked = of_incident * apart + begun
        return np.searchsorted(keys, asked - WINDOW, side="right"), np.searchsorted(keys, asked, side="right")

    def by_system() -> list[tuple[np.ndarray, np.ndarray]]:
        changes, incidents = _apart(of_change, made), _apart(of_incident, begun)
        return [ranges_before(begins, times_of, WINDOW) for begins, times_of in zip(incidents, changes, strict=True)]

    def chance() -> None:
        weeks = weeks_between(0.0, HOURS)
        assert weeks is not None
        for changes, incidents in zip(_apart(of_change, made), _apart(of_incident, begun), strict=True):
            found = episodes(incidents, incidents + 1.0)
            fixing = inside(changes, found)
            after_changes(changes[~fixing], found.begin, found, weeks, fixes=changes[fixing], draws=2000, resamples=2)

    ours, permuted, bare = side_by_side(times, by_system, chance, floor)
    return [
        Measured(what="pairs within 24 h", ours=ours, floor=bare, limit=LIMIT_PAIRS, note="floor: sort + searchsorted"),
        Measured(what="2,000 permutations, 50 systems", ours=permuted, floor=bare, limit=LIMIT_PERMUTED,
                 note="floor: one pass, as above"),
    ]  # fmt: skip


def _apart(of: np.ndarray, moments: np.ndarray) -> list[np.ndarray]:
    """The moments of each system, ascending."""
    keys = np.sort(of * HOURS + moments)
    parts = np.split(keys, np.searchsorted(keys, np.arange(1, SYSTEMS) * HOURS))
    return [part - number * HOURS for number, part in enumerate(parts)]
