"""Single links: the changes that compete for an incident, the credit of each, and what was said of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from opex.evidence.episodes import Hours
from opex.evidence.facts import Facts

__all__ = ["LINK_COLUMNS", "REVERTED", "Verdicts", "competing", "credited", "ranges_before", "stated_causes"]

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]
Pair = tuple[str, str]
Verdicts = Mapping[Pair, bool]
"""What was said of a link, by the ids of incident and change: it is so, or it is not."""

REVERTED = 4.0
LINK_COLUMNS = ("incident", "change", "system", "environment", "lead_minutes", "prior", "credit", "verdict")
"""``prior`` is the credit before anybody spoke; ``verdict`` is holds, rejected, stated, or empty."""


def ranges_before(begins: Hours, made: Hours, window: float) -> tuple[Ints, Ints]:
    """For each beginning, the range ``[low, high)`` of the ascending changes that were made in the hours before it.

    Examples
    --------
    >>> low, high = ranges_before(np.array([30.0]), np.array([5.0, 6.0, 20.0, 30.0, 31.0]), 24.0)
    >>> low.tolist(), high.tolist()
    ([2], [4])
    """
    return np.searchsorted(made, begins - window, side="right"), np.searchsorted(made, begins, side="right")


def competing(
    begins: Hours, made: Hours, reverted: NDArray[np.bool_], window: float, share: float
) -> tuple[Ints, Ints, Hours, Floats]:
    """The changes that compete for each incident, each with its odds against "no change".

    Parameters
    ----------
    begins, made
        (n,) and (c,) hours, ascending: first incidents of episodes, and changes that count as exposures.
    reverted
        (c,) whether the change was taken back later; such a one counts four times.
    window
        Hours before an incident in which its change was made.
    share
        The share of these incidents that changes brought, 0 to 1: the odds are scaled so that the credits' mean over
        the incidents with a change before them is that.

    Returns
    -------
    of, which, lead, odds
        (pairs,) places of incident and change, hours between them, odds against a "no change" of 1; 0 for a share of 0.
    """
    low, high = ranges_before(begins, made, window)
    counts = high - low
    of = np.repeat(np.arange(len(counts)), counts)
    which = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(low, counts)
    lead = begins[of] - made[which]
    weight = np.exp(-lead / (window / 4)) * np.where(reverted, REVERTED, 1.0)[which]
    return of, which, lead, weight * _scale(of, weight, share)


def _scale(of: Ints, weight: Floats, share: float) -> float:
    """By bisection on its logarithm."""
    if not len(of) or share <= 0:
        return 0.0
    totals = np.bincount(np.unique(of, return_inverse=True)[1], weight)
    low, high = -40.0, 40.0
    for _ in range(60):
        middle = (low + high) / 2
        scaled = np.exp(middle) * totals
        low, high = (middle, high) if (scaled / (1 + scaled)).sum() < share * len(totals) else (low, middle)
    return float(np.exp((low + high) / 2))


def stated_causes(facts: Facts) -> set[Pair]:
    """The links that sources state in ``caused_by``: ids of changes, or ids within a source, between semicolons.

    An id within a source is looked for in the incident's own source first. Planned work and unknown changes are left
    out.
    """
    told = facts.incidents.loc[
        facts.incidents["caused_by"].notna() & ~facts.incidents["planned"].astype(bool), ["id", "source", "caused_by"]
    ]
    if told.empty:
        return set()
    told = told.assign(said=told["caused_by"].str.split(";")).explode("said")
    told["said"] = told["said"].str.strip()
    names = facts.changes.loc[facts.changes["source_id"].isin(told["said"]), ["id", "source", "source_id"]]
    own = told.merge(names, left_on=["said", "source"], right_on=["source_id", "source"], suffixes=("", "_change"))
    any_of = told.merge(names, left_on="said", right_on="source_id", suffixes=("", "_change"))
    any_of = any_of[~(any_of["id"] + "|" + any_of["said"]).isin(own["id"] + "|" + own["said"])]
    whole = told[told["said"].isin(facts.changes["id"])].assign(id_change=lambda rows: rows["said"])
    found = pd.concat([part[["id", "id_change"]] for part in (whole, own, any_of)])
    return set(zip(found["id"], found["id_change"], strict=True))


def credited(pairs: pd.DataFrame, facts: Facts, said: Verdicts | None = None) -> pd.DataFrame:
    """Share the credit of each incident among its competing changes and "no change", as far as nobody knows better.

    Parameters
    ----------
    pairs
        Columns incident, change, system, environment, lead_minutes, odds.
    facts
        Names the causes that sources state, and what else is said of pairs that are not among ``pairs``.
    said
        What people said; it stands above what a source states.

    Returns
    -------
    pd.DataFrame
        ``LINK_COLUMNS``. A rejected change has no credit, and its share goes to the others and to "no change". Of an
        incident with confirmed or stated changes these share all credit alike, and the others have none. Such links
        are added where they are no pair: out of the window, of another system, of a later incident of an episode.
    """
    words = dict.fromkeys(stated_causes(facts), "stated")
    words |= {pair: "holds" if so else "rejected" for pair, so in (said or {}).items()}
    links = _with_further(pairs, [pair for pair, word in words.items() if word != "rejected"], facts)
    verdict = _verdicts(links, words)
    group = links.groupby(["incident", "system", "environment"], sort=False).ngroup()
    place = np.asarray(group, dtype=np.intp)
    odds = links["odds"].to_numpy()
    held = np.isin(verdict, ("holds", "stated"))
    sharing = links[held].drop_duplicates(["incident", "change"])["incident"].value_counts()
    causes = links["incident"].map(sharing).fillna(0).to_numpy(dtype=np.float64)
    free = _shared(place, np.where(verdict == "rejected", 0.0, odds))
    return links.drop(columns="odds").assign(
        prior=_shared(place, odds), credit=np.where(causes > 0, held / np.maximum(causes, 1), free), verdict=verdict
    )[list(LINK_COLUMNS)]


def _shared(place: Ints, odds: Floats) -> Floats:
    return np.asarray(odds / (1 + np.bincount(place, odds)[place])) if len(place) else odds


def _verdicts(links: pd.DataFrame, words: Mapping[Pair, str]) -> NDArray[Any]:
    verdict = np.full(len(links), "", dtype=object)
    spoken = np.flatnonzero(links["incident"].isin({incident for incident, _ in words}).to_numpy())
    for row, pair in zip(spoken, zip(*(links[name].iloc[spoken] for name in ("incident", "change")), strict=True),
                         strict=True):  # fmt: skip
        verdict[row] = words.get(pair, "")
    return verdict


def _with_further(pairs: pd.DataFrame, known: list[Pair], facts: Facts) -> pd.DataFrame:
    """The pairs, and a row for each known cause that is none of them."""
    near = pairs[pairs["incident"].isin({incident for incident, _ in known})]
    there = set(zip(near["incident"], near["change"], strict=True))
    wanted = pd.DataFrame(sorted(set(known) - there), columns=["incident", "change"], dtype="str")
    real = facts.incidents[~facts.incidents["planned"].astype(bool)]
    incidents = real.loc[real["id"].isin(wanted["incident"]), ["id", "system", "environment", "started_at"]]
    changes = facts.changes.loc[facts.changes["id"].isin(wanted["change"]), ["id", "started_at"]]
    rows = wanted.merge(incidents, left_on="incident", right_on="id")
    rows = rows.merge(changes, left_on="change", right_on="id", suffixes=("", "_change"))
    if rows.empty:
        return pairs
    lead = (rows["started_at"] - rows["started_at_change"]).dt.total_seconds() / 60
    rows = rows.assign(system=_meeting(rows, facts), lead_minutes=lead, odds=0.0)
    return pd.concat([pairs, rows[list(pairs.columns)]], ignore_index=True) if len(pairs) else rows[list(pairs.columns)]


def _meeting(rows: pd.DataFrame, facts: Facts) -> list[str]:
    """A system that incident and change have in common, else the incident's first one, else none."""
    pairs, others = facts.incident_systems, facts.change_systems
    mine = pairs[pairs["incident_id"].isin(rows["incident"])].groupby("incident_id")["system"].agg(list)
    theirs = others[others["change_id"].isin(rows["change"])].groupby("change_id")["system"].agg(set)
    named = []
    for row in rows.to_dict("records"):
        own = mine.get(row["incident"], [])
        common = [system for system in own if system in theirs.get(row["change"], set())]
        named.append((common or own or [""])[0])
    return named
