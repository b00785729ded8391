"""Deployments as the delivery measures read them: what failed, how long a commit waited, when it was mended.

Everything here is said of single changes. What cannot be told is missing, and `delivery` counts it.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from opex.evidence.facts import Facts

__all__ = ["KINDS", "changes_by_system", "deployments", "next_succeeded"]

KINDS = ("deployment",)
"""The kinds of change that are deployments. Configuration and infrastructure changes are not, unless asked for."""
NO_COMMIT = "no commit's time is known"
NO_DEPLOYMENT = "the time of the commit stands for that of the deployment"
BEFORE_COMMIT = "deployments are said to lie before their commits"


def changes_by_system(facts: Facts) -> pd.DataFrame:
    """Every change once for each of its systems, once without one where no system is known; oldest first.

    The columns of changes but for who made them and the paths, ``system`` by the catalogue, ``team`` (the owner that
    the catalogue names; missing where it names none) and ``done_at``: the end, or the start where nobody wrote one.
    """
    owners = {system.name: system.owner for system in facts.catalogue.systems if system.owner}
    changes = facts.changes.drop(columns=["system", "actor", "paths"])
    pairs = changes.merge(facts.change_systems.drop_duplicates(), how="left", left_on="id", right_on="change_id")
    pairs = pairs.drop(columns="change_id").astype({"system": "str"})
    pairs["team"] = pairs["system"].map(owners).astype("str")
    pairs["done_at"] = pairs["finished_at"].fillna(pairs["started_at"])
    return pairs.sort_values(["started_at", "id", "system"], kind="stable", ignore_index=True)


def deployments(facts: Facts, *, kinds: Sequence[str] = KINDS, changes: pd.DataFrame | None = None) -> pd.DataFrame:
    """Each deployment once for each of its systems, with what came of it; oldest first.

    ``changes`` is what `changes_by_system` gave for these facts, where it is at hand.

    Returns
    -------
    pd.DataFrame
        The columns of `changes_by_system`, and

        - ``reverted``: another change takes it back.
        - ``caused_incident``: an unplanned incident that began after it names it as its cause.
        - ``failed``: one of the two, or its outcome is failed or rolled back.
        - ``reached``: it is not known to have failed to reach users (its outcome is not failed).
        - ``lead_hours``: from commit to ``done_at``, of those that reached users. Missing where it cannot be told;
          ``lead_lacks`` says why: no commit is known, the commit's time is the deployment's by construction, or the
          deployment is said to lie before the commit.
        - ``recovery_hours``, of the failed ones: from ``done_at`` to the end of the last incident that names it; else
          to that of the change that takes it back, if it succeeded; else to that of the next one of the same system and
          environment that succeeded and was not taken back itself. Infinite while that has not come. Missing where it
          cannot be told: no system is known, or a change of unknown outcome may have been it. Never below 0.
        - ``recovered_by``: incident, revert or next, where ``recovery_hours`` is finite.
    """
    pairs = changes_by_system(facts) if changes is None else changes
    pairs = pairs[pairs["kind"].isin(list(kinds))].reset_index(drop=True)
    blamed = _blamed(facts)
    pairs["reverted"] = _key(pairs, "source_id").isin(set(_key(_reverts(facts), "reverts")))
    pairs["caused_incident"] = pairs["id"].isin(blamed.index)
    pairs["reached"] = pairs["outcome"] != "failed"
    pairs["failed"] = pairs["outcome"].isin(["failed", "rolled_back"]) | pairs["reverted"] | pairs["caused_incident"]
    return _with_recovery(_with_lead(pairs), facts, blamed)


def next_succeeded(pairs: pd.DataFrame) -> pd.DataFrame:
    """For each row the next deployment of the same system and environment that succeeded and was not taken back.

    Parameters
    ----------
    pairs
        Columns id, system, environment, started_at, done_at, outcome, reverted.

    Returns
    -------
    pd.DataFrame
        Columns ``next_id`` and ``next_done_at`` in the order and with the index of ``pairs``, missing where none
        followed or no system is known. "Next" is by start, strictly later; of several that start together the one that
        is done first, then the smallest id.
    """
    good = pairs[(pairs["outcome"] == "succeeded") & ~pairs["reverted"] & pairs["system"].notna()]
    good = good.sort_values(["started_at", "done_at", "id"], kind="stable")
    later = good[["system", "environment", "started_at"]].assign(next_id=good["id"], next_done_at=good["done_at"])
    known = pairs.loc[pairs["system"].notna(), ["system", "environment", "started_at"]].sort_values(
        "started_at", kind="stable"
    )
    found = pd.merge_asof(
        known.reset_index(), later, on="started_at", by=["system", "environment"], direction="forward",
        allow_exact_matches=False,
    )  # fmt: skip
    return found.set_index("index")[["next_id", "next_done_at"]].reindex(pairs.index)


def _key(changes: pd.DataFrame, column: str) -> pd.Series:
    """A change as others name it: ids are those of its source."""
    return changes["source"] + ":" + changes[column]


def _of(moments: pd.Series, names: pd.Series) -> pd.Series:
    """The moment of each name, missing where it has none."""
    return moments.reindex(names.to_numpy()).set_axis(names.index)


def _reverts(facts: Facts) -> pd.DataFrame:
    return facts.changes[facts.changes["reverts"].notna()]


def _blamed(facts: Facts) -> pd.Series:
    """The end of the last incident that names a change as its cause, by the change's id; missing while one is open.

    A change may be named by its id alone where only one source has it. A change that began after the incident is its
    fix, whatever the ticket says.
    """
    named = facts.incidents[facts.incidents["caused_by"].notna() & ~facts.incidents["planned"].astype(bool)]
    if named.empty:
        return pd.Series(dtype=facts.incidents["resolved_at"].dtype, index=pd.Index([], dtype="str"))
    each = named[["started_at", "resolved_at"]].assign(name=named["caused_by"].str.split(";")).explode("name")
    each["name"] = each["name"].astype("str").str.strip()
    changes = facts.changes[["id", "source_id", "started_at"]].rename(columns={"started_at": "changed_at"})
    once = changes[~changes["source_id"].duplicated(keep=False)]
    names = pd.concat([changes.assign(name=changes["id"]), once.assign(name=once["source_id"])], ignore_index=True)
    found = each.merge(names.drop_duplicates(["name", "id"]), on="name")
    found = found[found["changed_at"] <= found["started_at"]]
    ends = found.groupby("id")["resolved_at"].max()
    open_ones = found.loc[found["resolved_at"].isna(), "id"]
    return ends.mask(ends.index.isin(open_ones))


def _with_lead(pairs: pd.DataFrame) -> pd.DataFrame:
    hours = (pairs["done_at"] - pairs["committed_at"]).dt.total_seconds() / 3600
    lacks = pd.Series(np.select(
        [pairs["committed_at"].isna(), pairs["committed_at"] == pairs["started_at"], hours < 0],
        [NO_COMMIT, NO_DEPLOYMENT, BEFORE_COMMIT], default="",
    ), index=pairs.index)  # fmt: skip
    known = pairs["reached"] & (lacks == "")
    return pairs.assign(lead_hours=hours.where(known), lead_lacks=lacks.where(pairs["reached"], ""))


def _with_recovery(pairs: pd.DataFrame, facts: Facts, blamed: pd.Series) -> pd.DataFrame:
    """``recovery_hours`` and ``recovered_by``; the order of what counts is incident, revert, next."""
    following = next_succeeded(pairs)["next_done_at"]
    reverted, silent, undone_at = pairs["reverted"], *_undone(pairs, facts, following)
    end = following.mask(reverted, undone_at).mask(pairs["caused_incident"], _of(blamed, pairs["id"]))
    hours = ((end - pairs["done_at"]).dt.total_seconds() / 3600).clip(lower=0)
    untold = (_doubtful(pairs) | pairs["system"].isna()).mask(reverted, silent) & ~pairs["caused_incident"]
    hours = hours.where(end.notna(), pd.Series(np.where(untold, np.nan, np.inf), index=pairs.index))
    hours = hours.where(pairs["failed"])
    how = pd.Series(
        np.select([pairs["caused_incident"], reverted], ["incident", "revert"], default="next"), index=pairs.index
    )
    return pairs.assign(recovery_hours=hours, recovered_by=how.where(np.isfinite(hours)))


def _undone(pairs: pd.DataFrame, facts: Facts, following: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Of each row: whether a change of unknown outcome alone takes it back; and when it was taken back, as is known.

    A revert that failed is mended by what mends itself: the next one that succeeded.
    """
    own, reverts = _key(pairs, "source_id"), _reverts(facts)
    done = reverts["finished_at"].fillna(reverts["started_at"])
    good, tried = reverts["outcome"] == "succeeded", pairs["reverts"].notna() & (pairs["outcome"] != "unknown")
    at = _of(done[good].groupby(_key(reverts[good], "reverts")).min(), own)
    at = at.fillna(_of(following[tried].groupby(_key(pairs[tried], "reverts")).max(), own))
    silent = own.isin(set(_key(reverts[reverts["outcome"] == "unknown"], "reverts")))
    return silent & at.isna(), at


def _doubtful(pairs: pd.DataFrame) -> pd.Series:
    """Whether a later one of the same system and environment has an unknown outcome."""
    place = [pairs["system"], pairs["environment"]]
    last = pairs["started_at"].where(pairs["outcome"] == "unknown").groupby(place).transform("max")
    return (last > pairs["started_at"]).fillna(value=False).astype(bool)
