"""Drift between environments: which changes of production were in a test environment before, and how long before.

Two changes are the same one when they have the same system, the same kind, and the same title but for case, the
system's name in front and the environment's name; or the same id in two sources. That is strict on purpose: what was
tried under another title counts as untried, unless only its numbers differ or it is nothing but a version: then
nothing is said.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
import pandas as pd

from opex.domain.problems import NotEnoughData
from opex.evidence.facts import Facts
from opex.evidence.gaps import PRODUCTION, trial_environments
from opex.evidence.hours import hours_of
from opex.evidence.rates import Rate, share

__all__ = ["Drift", "KindDrift", "Lag", "drift"]

WITHIN = timedelta(days=14)
LEAST_CHANGES = 10
_SAYS_NOTHING = r"(?:release|deploy|deployment|deployed|version|rollout|build|update|v|of|to|[\d\W_])*"
_ENVIRONMENT = r"\b(?:to|in|on|for)?\s*(?:production|prod|staging|stage|test|testing|development|dev)\b"


@dataclass(frozen=True, kw_only=True)
class KindDrift:
    """The changes of one kind that reached production.

    Attributes
    ----------
    tried, untried
        With and without the same change in a test environment in the two weeks before.
    cannot_tell
        None of the same title, but one that differs in its numbers only: it may be the same one or the next. Or the
        title says no more than a version.
    skipped
        Share of untried among tried and untried; ``None`` with less than ten of both.
    tried_after
        Of all, those with the same change in a test environment in the two weeks after. Where that is as common as
        before, such titles meet by accident.
    """

    kind: str
    changes: int
    tried: int
    untried: int
    cannot_tell: int
    skipped: Rate | None
    tried_after: int


@dataclass(frozen=True, kw_only=True)
class Lag:
    """Hours from a test environment to production, of the changes that were tried there: quartiles."""

    environment: str
    changes: int
    lower: float
    median: float
    upper: float


@dataclass(frozen=True, kw_only=True)
class Drift:
    """Drift by kind, and ``changes``: a row for each change of production, with how it was judged.

    ``untested`` counts changes of systems that no test environment changes at all. Columns of ``changes``: id, title,
    system, kind, at, verdict (tried, untried, cannot tell), environment, lag_hours.
    """

    begin: datetime
    end: datetime
    environments: tuple[str, ...]
    kinds: tuple[KindDrift, ...]
    lags: tuple[Lag, ...]
    untested: int
    changes: pd.DataFrame


def drift(facts: Facts, *, within: timedelta = WITHIN) -> Drift | NotEnoughData:
    """Judge each change of production from two weeks after the first change in test to the last one there.

    Reverts are left out: taking back needs no trial. A change belongs to its first system.
    """
    tests = trial_environments(facts)
    rows = _rows(facts)
    live, trial = (rows[rows["environment"].isin(which)] for which in ([PRODUCTION], tests))
    if trial.empty or live.empty:
        what = "changes in a test environment" if trial.empty else "changes in production"
        return NotEnoughData(have=0, need=LEAST_CHANGES, what=what)
    begin, end = trial["at"].min() + within, trial["at"].max()
    live = live[live["at"].between(begin, end)]
    has_test = live["system"].isin(set(trial["system"]))
    if has_test.sum() < LEAST_CHANGES:
        return NotEnoughData(have=int(has_test.sum()), need=LEAST_CHANGES, what="changes in production at that time")
    judged = _judged(live[has_test], trial, within)
    return Drift(
        begin=begin.to_pydatetime(),
        end=end.to_pydatetime(),
        environments=tuple(sorted(trial["environment"].unique())),
        kinds=tuple(_of_kind(str(kind), mine) for kind, mine in judged.groupby("kind", sort=True)),
        lags=tuple(_lag(str(name), mine) for name, mine in judged.groupby("environment", sort=True)),
        untested=int((~has_test).sum()),
        changes=judged.drop(columns=["tried_after"]),
    )


def _rows(facts: Facts) -> pd.DataFrame:
    """Changes with their keys, oldest first."""
    first = facts.change_systems.drop_duplicates("change_id").set_index("change_id")["system"]
    plain = facts.changes[facts.changes["reverts"].isna()]
    system = plain["id"].map(first).astype("object").fillna("").astype("str")
    words = _words(plain["title"], system, facts.catalogue.names)
    where = system + "\x1f" + plain["kind"] + "\x1f"
    masked = words.str.replace(r"\d+", "#", regex=True)
    unnamed = pd.Series(
        [text.replace(of.casefold(), " ") for text, of in zip(words.tolist(), system.tolist(), strict=True)],
        index=words.index, dtype="str",
    )  # fmt: skip
    return pd.DataFrame({
        "id": plain["id"], "title": plain["title"], "system": system, "kind": plain["kind"],
        "environment": plain["environment"], "at": plain["started_at"], "named": where + words,
        "masked": where + masked, "numbered": words != masked,
        "says_nothing": unnamed.str.fullmatch(_SAYS_NOTHING), "by_id": where + plain["source_id"],
    }).sort_values(["at", "id"], kind="stable", ignore_index=True)  # fmt: skip


def _words(titles: pd.Series, system: pd.Series, names: dict[str, str]) -> pd.Series:
    """Titles without case, the system's name in front, and names of environments."""
    words = titles.str.casefold().str.replace(_ENVIRONMENT, " ", regex=True)
    lead = words.str.split(":", n=1).str[0].str.strip()
    own = (lead == system.str.casefold()) | (
        pd.Series([names.get(word) for word in lead.tolist()], index=lead.index) == system
    )
    own &= lead != ""
    return words.mask(own, words.str.replace(r"^[^:]*:?", "", regex=True)).str.split().str.join(" ")


def _judged(live: pd.DataFrame, trial: pd.DataFrame, within: timedelta) -> pd.DataFrame:
    before = _nearest(live, trial, "named", within, "backward")
    same_id = _nearest(live, trial, "by_id", within, "backward")
    alike = _nearest(live, trial, "masked", within, "backward")
    after = _nearest(live, trial, "named", within, "forward")
    found = before.where(before["seen"].notna(), same_id)
    tried = found["seen"].notna().to_numpy()
    unsure = live["says_nothing"].to_numpy() | (live["numbered"].to_numpy() & alike["seen"].notna().to_numpy())
    return live[["id", "title", "system", "kind", "at"]].reset_index(drop=True).assign(
        verdict=np.select([tried, unsure], ["tried", "cannot tell"], "untried"),
        environment=found["environment"].to_numpy(),
        lag_hours=hours_of(live["at"]) - found["seen"].to_numpy(),
        tried_after=after["seen"].notna().to_numpy(),
    )  # fmt: skip


def _nearest(
    live: pd.DataFrame, trial: pd.DataFrame, key: str, within: timedelta, direction: Literal["backward", "forward"]
) -> pd.DataFrame:
    """The nearest change of that key in a test environment: columns seen (hours) and environment, missing for none."""
    there = trial[["at", key, "environment"]].assign(seen=hours_of(trial["at"]))
    found = pd.merge_asof(
        live[["at", key]], there, on="at", by=key, direction=direction, tolerance=pd.Timedelta(within),
        allow_exact_matches=False,
    )  # fmt: skip
    return found[["seen", "environment"]]


def _of_kind(kind: str, judged: pd.DataFrame) -> KindDrift:
    counts = judged["verdict"].value_counts()
    tried, untried = int(counts.get("tried", 0)), int(counts.get("untried", 0))
    return KindDrift(
        kind=kind,
        changes=len(judged),
        tried=tried,
        untried=untried,
        cannot_tell=int(counts.get("cannot tell", 0)),
        skipped=share(untried, tried + untried) if tried + untried >= LEAST_CHANGES else None,
        tried_after=int(judged["tried_after"].sum()),
    )


def _lag(environment: str, judged: pd.DataFrame) -> Lag:
    lower, median, upper = np.quantile(judged["lag_hours"], [0.25, 0.5, 0.75])
    return Lag(
        environment=environment, changes=len(judged), lower=float(lower), median=float(median), upper=float(upper)
    )
