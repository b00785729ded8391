"""A workspace of 500 opportunities with 100,000 incidents behind them; the find is remembered: nothing is searched."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.made_up import incidents_csv
from opex.domain.opportunities import Candidate, Reason, Removal
from opex.domain.problems import NotEnoughData
from opex.services.context import Context
from opex.services.finding import METHOD
from opex.services.knowing import known
from opex.services.loading import Asked, load
from opex.store import decisions
from opex.workspace import open_workspace


def prepare(url: str, opportunities: int = 500, incidents: int = 100_000) -> None:
    """Fill the workspace at that URL."""
    context = open_workspace(url)
    with TemporaryDirectory() as folder:
        csv = incidents_csv(Path(folder) / "incidents.csv", incidents)
        load(context, [csv], Asked(kind="incidents", source="tickets"))
    decisions.save_candidates(context.database, *_found(context, opportunities))
    context.database.close()


def _found(context: Context, count: int) -> tuple[str, list[Candidate]]:
    now = known(context)
    assert not isinstance(now, NotEnoughData)
    random = np.random.default_rng(2)
    ids = random.permutation(now.facts.incidents["id"].to_numpy(dtype=object))
    cuts = np.sort(random.choice(np.arange(1, len(ids)), count - 1, replace=False))
    shares = [tuple(part.tolist()) for part in np.split(ids, cuts)]
    key = f"{METHOD}|{now.revision}|{now.as_of.isoformat()}"
    return key, [_candidate(number, behind) for number, behind in enumerate(shares)]


def _candidate(number: int, incidents: tuple[str, ...]) -> Candidate:
    reason = Reason(
        finder="made up", why=f"{len(incidents)} incidents stand behind it.", falsifier="They are made up.",
        effect=1.0, low=0.5, high=2.0, unit="times", incidents=len(incidents),
    )  # fmt: skip
    return Candidate(
        id=f"op-{number:04d}", key=f"made-up|{number}", title=f"Theme {number}", action=f"Mend what causes {number}",
        removes=Removal(low=0.1, likely=0.2 + number % 7 / 10, high=0.9), system=f"system-{number % 60:02d}",
        environment="production", category=None, incidents=incidents, changes=(), reasons=(reason,),
    )  # fmt: skip
