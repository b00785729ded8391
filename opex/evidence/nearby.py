"""Changes and incidents about a moment: worth a look, no accusation."""

import pandas as pd

from opex.evidence.facts import Facts

__all__ = ["NEAR_HOURS", "nearby"]

NEAR_HOURS = 48.0


def nearby(
    facts: Facts, system: str | None, environment: str, begin: pd.Timestamp, end: pd.Timestamp, most: int = 200
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Changes and unplanned incidents that began from 48 hours before ``begin`` to before ``end``.

    Those of the same system and environment; without a system, those of the whole environment.

    Returns
    -------
    changes, incidents
        The canonical columns without ``actor``, the latest first, at most ``most`` each.
    """
    changes = facts.changes.drop(columns="actor")
    incidents = facts.incidents[~facts.incidents["planned"].astype(bool)]
    since = begin - pd.Timedelta(hours=NEAR_HOURS)
    told = []
    for table, pairs, key in (
        (changes, facts.change_systems, "change_id"),
        (incidents, facts.incident_systems, "incident_id"),
    ):
        then = table[table["started_at"].between(since, end, inclusive="left") & (table["environment"] == environment)]
        if system is not None:
            then = then[then["id"].isin(pairs.loc[pairs["system"] == system, key])]
        told.append(then.sort_values(["started_at", "id"], ascending=[False, True], ignore_index=True).head(most))
    return told[0], told[1]
