"""What people write about incidents: titles and descriptions from words, with the slips of people in a hurry."""

from collections.abc import Mapping, Sequence

import numpy as np

from opex.sources.sample.world import deals, picks, picks_by, wordings

Row = dict[str, str]

_TYPOS, _LOWER, _PREFIX, _SUFFIX = 0.06, 0.07, 0.07, 0.06


def rows_of_words(rng: np.random.Generator, count: int) -> list[Row]:
    """For each incident its hosts, partners, numbers ...: the same in its title and in its description."""
    words = {name: picks(rng, options, count) for name, options in wordings()["words"].items()}
    words["region2"] = picks(rng, wordings()["words"]["region"], count)
    for name, (low, high) in wordings()["numbers"].items():
        words[name] = [str(number) for number in rng.integers(low, high + 1, size=count)]
    return [dict(zip(words, values, strict=True)) for values in zip(*words.values(), strict=True)]


def filled(templates: Sequence[str], rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Each template with the words of its row."""
    return [template.format_map(row) for template, row in zip(templates, rows, strict=True)]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def add_parts(
    rng: np.random.Generator,
    rows: list[Row],
    systems: Sequence[str],
    categories: Sequence[str],
    subjects: dict[str, list[str]],
) -> None:
    """Give each row its system, subject, symptom and circumstance, the parts of an everyday title."""
    symptoms = filled(picks_by(rng, categories, wordings()["symptoms"]), rows)
    circumstances = filled(picks(rng, wordings()["background"]["circumstances"], len(rows)), rows)
    for row, system, subject, symptom, circumstance in zip(
        rows, systems, picks_by(rng, systems, subjects), symptoms, circumstances, strict=True
    ):
        row |= {"system": system, "subject": subject, "Subject": _sentence(subject), "symptom": symptom}
        row |= {"circumstance": circumstance, "Circumstance": _sentence(circumstance)}


def everyday_titles(rng: np.random.Generator, rows: Sequence[Row]) -> list[str]:
    """One title a row, of the row's parts."""
    return filled(picks(rng, wordings()["background"]["forms"], len(rows)), rows)


def everyday_descriptions(rng: np.random.Generator, rows: Sequence[Row], subjects: Sequence[str]) -> list[str]:
    """Two sentences a row: who saw what, and what was done to which part."""
    parts = wordings()["background"]
    who, saw, thing, action, tail = (
        filled(picks(rng, parts[name], len(rows)), rows) for name in ("who", "saw", "thing", "action", "tail")
    )
    return [
        f"{a} {b} {c}. {d} the {subject}{'' if e[0] in ',;' else ' '}{e}"
        for a, b, c, d, subject, e in zip(who, saw, thing, action, subjects, tail, strict=True)
    ]


def dealt_texts(
    rng: np.random.Generator, rows: Sequence[Row], titles: Sequence[str], descriptions: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Titles and descriptions of one theme; every wording comes up before one comes up again."""
    count = len(rows)
    return filled(deals(rng, titles, count), rows), filled(deals(rng, descriptions, count), rows)


def as_typed(rng: np.random.Generator, titles: Sequence[str]) -> list[str]:
    """The titles with prefixes, tickets, small letters and typing errors here and there."""
    typed = list(titles)
    for i in np.flatnonzero(rng.random(len(typed)) < _LOWER):
        typed[i] = typed[i].lower()
    for i in np.flatnonzero(rng.random(len(typed)) < _TYPOS):
        typed[i] = _mistyped(rng, typed[i])
    _attach(rng, typed, _PREFIX, _SUFFIX)
    return typed


def _attach(rng: np.random.Generator, typed: list[str], prefix_share: float, suffix_share: float) -> None:
    before = np.flatnonzero(rng.random(len(typed)) < prefix_share)
    after = np.flatnonzero(rng.random(len(typed)) < suffix_share)
    words = rows_of_words(rng, len(before) + len(after))
    prefixes = filled(picks(rng, wordings()["background"]["prefixes"], len(before)), words[: len(before)])
    suffixes = filled(picks(rng, wordings()["background"]["suffixes"], len(after)), words[len(before) :])
    for i, prefix in zip(before, prefixes, strict=True):
        typed[i] = prefix + typed[i]
    for i, suffix in zip(after, suffixes, strict=True):
        typed[i] += suffix


def _mistyped(rng: np.random.Generator, title: str) -> str:
    """Two neighbouring letters of one long word swapped, or one left out."""
    words = title.split(" ")
    long = [i for i, word in enumerate(words) if len(word) > 4 and word.isalpha()]
    if not long:
        return title
    which = long[int(rng.integers(len(long)))]
    word, at = words[which], int(rng.integers(1, len(words[which]) - 2))
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    words[which] = swapped if rng.random() < 0.5 else word[:at] + word[at + 1 :]
    return " ".join(words)
