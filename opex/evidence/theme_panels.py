"""Panels of themes that do not know the future: formed before a period, and later incidents go to the nearest theme.

Themes are formed at a few moments only (it is the costly part). At each of them nothing is read but incidents that had
begun by then; each later incident goes to the theme whose members' words are nearest to its own, or to none.
"""

import re
from collections.abc import Iterator
from datetime import datetime

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from opex.evidence.backtest import BURN_IN, Trial
from opex.evidence.facts import Facts
from opex.evidence.panel import Pain, Panel, Period, complete, panel
from opex.evidence.texts import LONGEST_TEXT, stem
from opex.evidence.themes import group

__all__ = ["FORMATIONS", "MOST_READ", "assigned", "next_theme_panel", "theme_panels"]

Ints = NDArray[np.intp]
FORMATIONS = 8
"""Moments at which themes are formed anew in a backtest, evenly spread over the periods tested."""
MOST_READ = 20_000
"""Incidents that themes are formed of, the newest ones: bounds the time on any input."""
_WORD = re.compile(r"[^\W\d_]{2,}(?:[.-][^\W\d_]{2,})*")
_CUTS = np.linspace(0.05, 0.95, 19)


def theme_panels(facts: Facts, as_of: datetime, *, period: Period, pain: Pain) -> Iterator[Trial]:
    """The panels that a backtest of themes needs, in the order of time; none where there are too few periods."""
    edges = _edges(facts, as_of, period)
    tested = np.arange(BURN_IN, max(len(edges) - 1, BURN_IN))
    for periods in np.array_split(tested, min(FORMATIONS, len(tested))) if len(tested) else ():
        mine = panel(facts, _pairs(facts, int(edges[periods[0]])), as_of, period=period, pain=pain)
        yield Trial(panel=mine, periods=periods.tolist())


def next_theme_panel(facts: Facts, as_of: datetime, *, period: Period, pain: Pain) -> Panel:
    """The panel of themes formed before the running period, to forecast it."""
    edges = _edges(facts, as_of, period)
    return panel(facts, _pairs(facts, int(edges[-1]) if len(edges) else 0), as_of, period=period, pain=pain)


def _edges(facts: Facts, as_of: datetime, period: Period) -> NDArray[np.int64]:
    if facts.incidents.empty:
        return np.empty(0, dtype=np.int64)
    return complete(facts.incidents["started_at"].min().to_pydatetime(), as_of, period)


def _pairs(facts: Facts, formed: int) -> pd.DataFrame:
    """Columns ``incident_id`` and ``subject``, with themes formed of what had begun before that microsecond."""
    real = facts.incidents[~facts.incidents["planned"].astype(bool)]
    begun = real["started_at"].astype("int64") < formed
    earlier, later = real[begun].tail(MOST_READ), real[~begun]
    system, category = earlier["system"].fillna(""), earlier["category"].fillna("")
    contexts = (system + "|" + category).where((system != "") & (category != ""), "")
    titles = earlier["title"].tolist()
    themes = group(titles, earlier["description"].fillna("").tolist(), contexts=contexts.tolist())
    labels = np.concatenate([themes.labels, assigned(_told(earlier), themes.labels, _told(later))])
    names = _distinct([titles[row] for row in themes.typical.tolist()])
    rows = pd.DataFrame({"incident_id": [*earlier["id"], *later["id"]], "theme": labels})
    rows = rows[rows["theme"] >= 0]
    return pd.DataFrame({
        "incident_id": rows["incident_id"].astype("str"),
        "subject": pd.Series([names[theme] for theme in rows["theme"]], index=rows.index, dtype="str"),
    })  # fmt: skip


def _distinct(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
    counted = dict.fromkeys(names, 0)
    for place, name in enumerate(names):
        counted[name] += 1
        names[place] = name if counted[name] == 1 else f"{name} ({counted[name]})"
    return names


def _told(incidents: pd.DataFrame) -> list[str]:
    """Title (twice), beginning of the description, and where: the words that an incident is compared by."""
    where = "@" + incidents["system"].fillna("") + " @" + incidents["category"].fillna("")
    title, more = incidents["title"], incidents["description"].fillna("").str.slice(0, LONGEST_TEXT)
    return (title + " " + title + " " + more + "\n" + where).tolist()


def _words(text: str) -> list[str]:
    told, _, where = text.partition("\n")
    return [*(stem(word) for word in _WORD.findall(told.lower())), *(place for place in where.split(" @") if place)]


def assigned(earlier: list[str], labels: Ints, later: list[str]) -> Ints:
    """Theme of each later text: the one of the nearest centre, -1 where none is near enough.

    Texts are compared by the cosine of their words, weighted by their rarity among the earlier ones (tf-idf). How near
    is near enough is where the earlier texts, each held against the centres without itself, are most often put where
    they belong.

    Examples
    --------
    >>> told = ["ldap down", "ldap outage", "disk full", "disk full on host", "a party"]
    >>> assigned(told, np.array([0, 0, 1, 1, -1]), ["disk is full", "the ldap", "something else"]).tolist()
    [1, 0, -1]
    """
    if not later or (labels < 0).all():
        return np.full(len(later), -1, dtype=np.intp)
    from sklearn.feature_extraction.text import TfidfVectorizer  # here: it brings all of scipy (docs/adr/0020)

    reader = TfidfVectorizer(analyzer=_words, sublinear_tf=True)
    known = reader.fit_transform(earlier)
    members = np.flatnonzero(labels >= 0)
    held = scipy.sparse.csr_array(
        (np.ones(len(members)), (labels[members], members)), shape=(labels.max() + 1, len(labels))
    )
    sums = (held @ known).tocsr()
    squares = np.asarray(sums.multiply(sums).sum(axis=1)).ravel()
    alike = (known @ sums.T).toarray()
    near = alike / np.sqrt(squares)
    own = alike[members, labels[members]]  # held against its theme without itself
    near[members, labels[members]] = (own - 1) / np.sqrt(np.maximum(squares[labels[members]] - 2 * own + 1, 1e-9))
    right = [(_nearest(near, cut) == labels).mean() for cut in _CUTS]
    return _nearest((reader.transform(later) @ sums.T).toarray() / np.sqrt(squares), _CUTS[int(np.argmax(right))])


def _nearest(near: NDArray[np.float64], cut: float) -> Ints:
    return np.where(near.max(axis=1) >= cut, near.argmax(axis=1), -1).astype(np.intp)
