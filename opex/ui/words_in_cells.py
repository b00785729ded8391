"""What the words of a file mean: value tables for severity, environment and the others, as widgets."""

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from opex.domain.problems import Problem
from opex.sources.vocabulary import words
from opex.ui.mapping import ENVIRONMENTS, Correcting

__all__ = ["unknown_words", "value_tables", "words_of_problems"]

MOST = 15
SEVERITIES = {"1": "1 most severe", "2": "2", "3": "3", "4": "4", "5": "5 least severe", "": "no severity"}
MEANINGS: dict[str, dict[str, str]] = {
    "severity": SEVERITIES,
    "environment": {name: name for name in ENVIRONMENTS},
    "status": {"open": "open", "closed": "closed"},
    "kind": {name: name.replace("_", " ") for name in ("deployment", "configuration", "infrastructure", "api_call")},
    "outcome": {name: name.replace("_", " ") for name in ("succeeded", "failed", "rolled_back", "unknown")},
}
ALWAYS = ("severity", "environment")
REFUSED_IF_UNKNOWN = ("severity", "kind")


def words_of_problems(problems: Sequence[Problem]) -> dict[str, list[str]]:
    """The words that were refused, by canonical column."""
    found: dict[str, dict[str, None]] = {}
    for problem in problems:
        if problem.column in REFUSED_IF_UNKNOWN and problem.value:
            found.setdefault(problem.column, {})[problem.value] = None
    return {column: list(said) for column, said in found.items()}


def unknown_words(it: Correcting, problem_words: AnyMapping[str, Sequence[str]]) -> int:
    """How many different words were refused because nobody said what they mean."""
    return sum(len([w for w in said if not _stated(it, c, w)]) for c, said in problem_words.items())


def value_tables(it: Correcting) -> None:
    """For each such column a row a word; what is known by itself is filled in, and nothing is written for it."""
    drawn = False
    for name in MEANINGS:
        found = _words_of(it, name)
        unknown = [word for word in found if not _known(name, word)]  # stated ones too: rows keep their place
        if found and (name in ALWAYS or unknown or it.mapping.values.get(name)):
            drawn = True
            _table(it, name, [*unknown, *(word for word in found if word not in unknown)])
    if not drawn:
        st.caption("No column gives a severity or an environment: choose one above, and its words appear here.")


def _words_of(it: Correcting, name: str) -> list[str]:
    given = it.mapping.columns.get(name)
    headers = given if isinstance(given, list) else [given] if given else []
    seen = [word for header in headers for word in it.cells.get(header, [])]
    if name == "status":
        seen = [word.split(";")[-1].strip() for word in seen]
    return list(dict.fromkeys([*seen, *it.problem_words.get(name, ())])) if headers else []


def _known(name: str, word: str) -> str | None:
    """What a word means to everybody."""
    plain = word.strip().casefold()
    if name == "severity" and plain[:1] in "12345" and plain[1:].strip("0") in ("", "."):
        return plain[0]
    return words(name).get(plain)


def _stated(it: Correcting, name: str, word: str) -> str | None:
    """What the mapping says that the word means."""
    folded = {key.strip().casefold(): value for key, value in it.mapping.values.get(name, {}).items()}
    return folded.get(word.strip().casefold())


def _table(it: Correcting, name: str, found: Sequence[str]) -> None:
    st.markdown(f"**{name.replace('_', ' ')}**")
    for number, word in enumerate(found[:MOST]):
        left, right, _ = st.columns([3, 4, 5], vertical_alignment="center")
        left.text(word if len(word) <= 60 else f"{word[:59]}…")
        with right:
            _row(it, name, word, number)
    if len(found) > MOST:
        st.caption(f"{len(found) - MOST} more words: state them in the text below, under [values.{name}].")


def _row(it: Correcting, name: str, word: str, number: int) -> None:
    stated, known = _stated(it, name, word), _known(name, word)
    now = stated if stated is not None else known or (word.strip().lower() if name == "environment" else None)
    options = dict(MEANINGS[name])
    if now is not None:
        options.setdefault(now, now)
    chosen = st.selectbox(
        f"{name}: {word}", list(options), list(options).index(now) if now is not None else None,
        format_func=lambda meaning: options.get(meaning, meaning), key=f"word_{it.key}_{name}_{number}_{word}",
        label_visibility="collapsed", accept_new_options=name == "environment",
        placeholder="not known: such rows are refused" if name in REFUSED_IF_UNKNOWN else "not known",
    )  # fmt: skip
    if chosen is not None and chosen != now:
        _state(it, name, word, chosen)


def _state(it: Correcting, name: str, word: str, meaning: str) -> None:
    plain = word.strip().casefold()
    table = {key: said for key, said in it.mapping.values.get(name, {}).items() if key.strip().casefold() != plain}
    table[word.strip()] = meaning
    it.mapping = replace(it.mapping, values={**it.mapping.values, name: table})
