"""The theme finder: incidents that recur because they read alike, as people corrected them."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np
import pandas as pd

from opex.domain.decisions import Entry
from opex.domain.opportunities import Theme
from opex.evidence.facts import YEAR, Facts
from opex.evidence.findings import Finding, poisson_interval
from opex.evidence.theme_edits import applied
from opex.evidence.themes import Grouped, described, grouped, odd_members, typical_members

__all__ = ["day", "grouped_incidents", "real", "several", "shared", "theme"]


def day(moment: datetime) -> str:
    """A day as a sentence says it."""
    return f"{moment:%-d %b %Y}"


def several(count: int, word: str) -> str:
    """A count with its word."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def real(facts: Facts) -> pd.DataFrame:
    """The unplanned incidents."""
    return facts.incidents[~facts.incidents["planned"].astype(bool)]


def shared(column: pd.Series) -> str | None:
    """The value that at least four in five rows share, or ``None``."""
    counts = column.value_counts()
    return str(counts.index[0]) if len(counts) and counts.iloc[0] >= 0.8 * len(column) else None


def grouped_incidents(facts: Facts) -> Grouped:
    """Who reads like whom among the unplanned incidents, in their order: the slow part of `theme`."""
    incidents = real(facts)
    system, category = incidents["system"].fillna(""), incidents["category"].fillna("")
    contexts = (system + "|" + category).where((system != "") & (category != ""), "")
    return grouped(
        incidents["title"].tolist(), incidents["description"].fillna("").tolist(), contexts=contexts.tolist()
    )


def theme(
    facts: Facts, as_of: datetime, found: Grouped | None = None, edits: Sequence[Entry] = ()
) -> Iterator[Finding]:
    """Incidents that read alike, or that one system and category word differently; disjoint. Key: the first of them.

    ``found`` are the facts' `grouped_incidents`, if at hand; ``edits`` are what people corrected (`theme_edits`).
    """
    incidents = real(facts)
    titles, ids = incidents["title"].tolist(), incidents["id"].tolist()
    found = found or grouped_incidents(facts)
    edited = applied(found, ids, edits)
    themes = described(titles, found, edited.labels)
    recent = (incidents["started_at"] > as_of - YEAR).to_numpy()
    for number, words in enumerate(themes.words):
        mine = themes.labels == number
        members = incidents[mine]
        count = int((mine & recent).sum())
        low, high = poisson_interval(count)
        known_by = edited.known_by[number]
        yield Finding(
            finder="theme",
            key=edited.keys.get(number) or str(ids[known_by[0]]),
            label=edited.names.get(number) or titles[int(themes.typical[number])],
            incidents=tuple(members["id"]),
            effect=count,
            low=low,
            high=high,
            unit="incidents a year",
            why=f"{several(len(members), 'incident')} read alike ({', '.join(words[:4])}), {count} of them in the "
            f"past 12 months; first {day(members['started_at'].iloc[0])}, "
            f"last {day(members['started_at'].iloc[-1])}.",
            falsifier="Read its incidents: if most of them had different causes, they only share words; strike those.",
            system=shared(members["system"].fillna("")) or None,
            environment=shared(members["environment"]),
            category=shared(members["category"].fillna("")) or None,
            theme=Theme(
                words=words,
                typical=tuple(ids[row] for row in typical_members(themes, titles, number)),
                odd=tuple(ids[row] for row in odd_members(themes, titles, number)),
                known_by=() if np.array_equal(known_by, np.flatnonzero(mine)) else tuple(ids[row] for row in known_by),
            ),
        )
