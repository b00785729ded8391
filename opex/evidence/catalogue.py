"""The system catalogue: proposed from the data, and used to name the systems of incidents and changes."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

import pandas as pd

from opex.domain.systems import Catalogue, System

__all__ = ["propose", "resolve", "systems_of_changes"]

_REMARK = re.compile(r"\s*\(.*?\)\s*$")
_TOKENS = re.compile(r"[^\W_]+")
_SHORTEST_PATTERN = 4
_NO_SYSTEM = {"", "nothing", "none", "n/a", "-", "?"}


def resolve(names: pd.Series, catalogue: Catalogue) -> pd.Series:
    """Each name as the catalogue has it, a remark in brackets at its end passed over; an unknown one as it is."""
    known = catalogue.names
    given = {name: name.strip() for name in names.dropna().unique()}
    plain = {name: known.get(_REMARK.sub("", said).casefold(), said) for name, said in given.items()}
    return names.map({name: known.get(said.casefold(), plain[name]) for name, said in given.items()}).astype("str")


def propose(named: Iterable[str] | Mapping[str, int], existing: Catalogue) -> Catalogue:
    """The catalogue with a proposal for each name that it does not know yet. ``named`` may say how often.

    Names that differ only in case, or by a remark in brackets at the end, are one system; the most frequent
    spelling names it (ties: alphabetical). Its pattern is the name itself, with any or no separator between its
    words, and nothing of a longer name around it: ``ci.jenkins.io`` is not found in ``infra.ci.jenkins.io``.
    Systems that a person has looked at stay as they are.
    """
    spellings: dict[str, Counter[str]] = {}
    known = existing.names
    for name, times in Counter(named).items():
        if name.strip().casefold() in _NO_SYSTEM:
            continue
        base = _REMARK.sub("", name.strip()) or name.strip()
        spellings.setdefault(base.casefold(), Counter())[name.strip()] += times
    added = []
    for folded, seen in sorted(spellings.items()):
        if folded in known:
            continue
        best = min(seen, key=lambda spelling: (bool(_REMARK.search(spelling)), -seen[spelling], spelling))
        best = _REMARK.sub("", best) or best
        folds = {best.casefold(), *known}
        aliases = sorted({s.casefold(): s for s in sorted(seen) if s.casefold() not in folds}.values())
        added.append(System(name=best, aliases=tuple(aliases), patterns=pattern_of(best), proposed=True))
    merged = sorted((*existing.systems, *added), key=lambda system: system.name.casefold())
    return Catalogue(systems=tuple(merged))


def pattern_of(name: str) -> tuple[str, ...]:
    """The pattern that finds a system's name in titles and file paths; none for a name too short to be told apart.

    Examples
    --------
    >>> import re
    >>> [pattern] = pattern_of("ci.jenkins.io")
    >>> [bool(re.search(pattern, text)) for text in ("ci.jenkins.io.yaml", "infra.ci.jenkins.io", "ci-jenkins-io")]
    [True, False, True]
    """
    tokens = _TOKENS.findall(name)
    if sum(map(len, tokens)) < _SHORTEST_PATTERN:
        return ()
    return (r"(?<![^\W_])(?<![^\W_][.\-])" + r"[.\-_ ]?".join(map(re.escape, tokens)) + r"(?![^\W_])",)


def systems_of_changes(changes: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """The systems that each change touched: columns ``change_id`` and ``system``.

    A change that names its system has that one; for the others the catalogue's patterns are looked for in the
    title and the file paths, and one change may touch several systems.
    """
    named = changes["system"].notna()
    stated = pd.DataFrame(
        {"change_id": changes.loc[named, "id"], "system": resolve(changes["system"], catalogue)[named]}
    )
    silent = changes[~named]
    texts = silent["title"].fillna("") + "\n" + silent["paths"].fillna("")
    found = _found(texts, catalogue)
    pairs = [(change, system) for change, text in zip(silent["id"], texts, strict=True) for system in found[text]]
    matched = pd.DataFrame(pairs, columns=["change_id", "system"]).astype("str")
    return pd.concat([stated.astype("str"), matched], ignore_index=True)


def _found(texts: pd.Series, catalogue: Catalogue) -> dict[str, list[str]]:
    owners = [(system.name, pattern) for system in catalogue.systems for pattern in system.patterns]
    unique = [str(text) for text in texts.unique()]
    each = [(name, re.compile(pattern, re.IGNORECASE)) for name, pattern in owners]
    return {text: list(dict.fromkeys(name for name, p in each if p.search(text))) for text in unique}
