"""The sample as a whole: the order in which its parts come about."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from opex.sources.sample.changes import all_changes, deployments, times_of_trouble
from opex.sources.sample.columns import CHANGE_COLUMNS
from opex.sources.sample.drafts import branch_incidents, branch_names, company_incidents
from opex.sources.sample.outcomes import published, with_recovery
from opex.sources.sample.readings import all_readings
from opex.sources.sample.truths import Truth, all_truths
from opex.sources.sample.world import stream, world


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A made-up company's two years, to try the app with and to test finders on.

    ``incidents``, ``changes`` and ``readings`` have the columns and dtypes of the canonical tables, without
    ``source`` and without the columns this company does not keep. ``systems`` is its catalogue. ``truths`` is what
    was planted, one table each (``data/README.md`` explains the fields).
    """

    incidents: pd.DataFrame
    changes: pd.DataFrame
    readings: pd.DataFrame
    systems: list[dict[str, Any]]
    truths: list[Truth]


def generate(seed: int = 7, incidents: int | None = None) -> Sample:
    """The sample company of that seed. No clock: the same arguments give the same bytes.

    Parameters
    ----------
    seed
        Another seed is another company with the same kinds of trouble.
    incidents
        How many incidents in all. More than the company has by itself come from branch shops, fewer leave
        everyday incidents out; what is planted always stays. ``None`` is the company by itself, about 1,400.

    Examples
    --------
    >>> sample = generate(seed=7)
    >>> sample.truths[0]["id"]
    'theme-gateway-certificates'
    """
    deployed = deployments(seed)
    drafts = company_incidents(seed, times_of_trouble(seed, deployed))
    drafts = with_recovery(stream(seed, "recovery"), drafts)
    ids = [f"INC-{i + 1:05d}" for i in range(len(drafts))]
    drafts["source_id"] = ids
    rows = published(stream(seed, "outcomes"), drafts, ids)
    changes = all_changes(seed, deployed, drafts)
    readings = all_readings(seed)
    wanted = len(drafts) if incidents is None else incidents
    kept = _kept(seed, drafts, wanted)
    extra = max(0, wanted - len(drafts))
    return Sample(
        incidents=_with_branches(seed, rows[kept], extra),
        changes=changes[CHANGE_COLUMNS],
        readings=readings,
        systems=_catalogue(extra),
        truths=all_truths(drafts[kept], changes, readings),
    )


def _kept(seed: int, drafts: pd.DataFrame, wanted: int) -> "pd.Series[bool]":
    """Which incidents stay: all, or as few everyday ones as are wanted."""
    surplus = max(0, len(drafts) - wanted)
    everyday = np.flatnonzero(drafts["truth"] == "")
    left_out = stream(seed, "left out").permutation(everyday)[:surplus]
    return pd.Series(~np.isin(np.arange(len(drafts)), left_out), index=drafts.index)


def _with_branches(seed: int, rows: pd.DataFrame, extra: int) -> pd.DataFrame:
    if extra == 0:
        return rows.reset_index(drop=True)
    drafts = with_recovery(stream(seed, "branch recovery"), branch_incidents(seed, extra))
    ids = [f"BR-{i + 1:06d}" for i in range(len(drafts))]
    branches = published(stream(seed, "branch outcomes"), drafts, ids)
    both = pd.concat([rows, branches])
    return both.sort_values("started_at", kind="stable").reset_index(drop=True)


def _catalogue(extra: int) -> list[dict[str, Any]]:
    keys = ("name", "aliases", "patterns", "owner", "criticality")
    branches = world()["branches"]
    return [{key: deepcopy(system[key]) for key in keys} for system in world()["systems"]] + [
        {
            "name": name,
            "aliases": [],
            "patterns": [f"{name}/"],
            "owner": branches["owner"],
            "criticality": branches["criticality"],
        }
        for name in branch_names(extra)
    ]
