"""``docs/formats.md``, made from the presets, the vocabulary and the fields of a mapping.

``python -m opex.sources.describing > docs/formats.md`` renews it.
"""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import fields

from opex.domain.mapping import DATE_FORMATS, ENCODINGS, KINDS, UNITS, Fold, Mapping, PlannedRule, Recognise
from opex.sources.columns import JOINED, REQUIRED, table_of
from opex.sources.formats import formats, presets
from opex.sources.times import NUMERIC, SIMPLE
from opex.sources.vocabulary import synonyms, words

EXAMPLE = "pagerduty"
_WORD_TABLES = ("severity", "status", "environment", "kind", "outcome", "flag", "better")

_FIELDS = {
    "name": "Required. The name of the mapping; rows are kept under it as their `source`, unless "
    "`--source` says another.",
    "kind": f"Required. What the rows are: {', '.join(f'`{kind}`' for kind in KINDS)}.",
    "title": "What the format is, in a line.",
    "reader": "`table` (any table: CSV, XLSX, JSON, JSON Lines, Parquet), one of these by its name, or `markdown`.",
    "columns": "A table: canonical column = the file's column, a template such as `\"{category}, "
    "{subcategory}\"` (parts "
    "that are missing are left out), a list of them (the first that is not missing), or `\"\"` to leave it out. "
    "`{file_stem}` is the file's name without its ending. Case, spaces and punctuation of a header do not matter.",
    "constants": "A table: canonical column = the value where the file says nothing (a time as ISO 8601).",
    "values": "Tables by canonical column: the file's word = what it means. Case and outer space do "
    "not matter, an empty "
    "meaning makes the cell missing, words that are not listed stay.",
    "timezone": "The zone of times that are written without an offset, such as `Europe/Berlin`. UTC unless said.",
    "date_format": "How dates are written, if it cannot be told from them: "
    f"{', '.join(f'`{f}`' for f in DATE_FORMATS)} "
    "(`y` is a year of two digits), or the fields of `strptime` such as `%d.%m.%Y %H:%M`.",
    "missing": "A list of words that mean that a cell is missing, such as `[\"?\", \"NA\"]`. Without "
    "it only an empty cell is "
    "missing: NA, null, None, nan and - are words.",
    "split": "The mark between several systems in one cell, such as `\";\"`; a line break separates too.",
    "sheet": "The sheet of a workbook that holds several tables.",
    "encoding": "How text is written that is not UTF-8, such as `windows-1251`; without it such text is read as "
    f"Windows-1252, with a note, or refused where it cannot be that. One of {', '.join(f'`{e}`' for e in ENCODINGS)}.",
    "closed_only": "A list of canonical times that are believed only where the status is closed.",
    "after_start": f"A table: canonical time = a column with a duration from `started_at` and its unit "
    f"({', '.join(UNITS)}), such as `resolved_at = \"duration min\"`. A time that `columns` gives stands before it.",
    "planned": "Rules of planned work, each a `[[planned]]` table; a row that any of them fits is planned.",
    "planned_rule": "The same rule as a sentence; reports show it.",
    "fold": "The columns of an event log, in which several rows are the updates of one record.",
    "recognise": "How a file shows that it is of this format (presets only).",
    "match_others": "Whether canonical columns that are not mentioned are matched to the file's "
    "other columns by name. "
    "`true` unless said.",
    "note": "What a person should know; every report shows it.",
}  # fmt: skip
_PART_FIELDS: dict[type, tuple[str, dict[str, str]]] = {
    PlannedRule: (
        "[[planned]]",
        {
            "column": "Required. A column of the file, or a canonical one.",
            "values": "The row is planned where the cell is one of these.",
            "words": "The row is planned where the cell holds one of these.",
        },
    ),
    Fold: (
        "[fold]",
        {
            "by": "Required. The column that names the record.",
            "order": "Required. The columns that order its updates; the last one speaks for the record.",
            "updated": "Required. The column with the time of an update.",
            "state": "Required. The column with the state, or a list of them (the first that is not missing).",
            "new": "States in which nobody has taken the record on; the first update in another one "
            "is `acknowledged_at`.",
            "closed": "States in which the columns of `ends` are believed.",
            "unknown": "States that are not explained; they count as unknown.",
            "ends": "Columns that are believed only where the last state is a closed one.",
        },
    ),
    Recognise: (
        "[recognise]",
        {
            "columns": "Columns that must all be there; `a|b` means one of them.",
            "only": "Whether there may be no other column.",
            "markers": "How lines of the text must begin.",
            "sentence": "The same in words.",
        },
    ),
}


def formats_markdown() -> str:
    """The text of ``docs/formats.md``."""
    parts = [
        _head(),
        _glance(),
        "## The presets\n",
        *(_preset(preset) for preset in presets().values()),
        _example(presets()[EXAMPLE]),
        _without_preset(),
        _mapping_fields(),
        _values(),
    ]
    return "\n".join(parts)


def _head() -> str:
    return (
        "# Formats: what can be loaded, and how it is understood\n\n"
        "This page is made from the presets by `python -m opex.sources.describing > "
        "docs/formats.md`; change the presets "
        "in `opex/sources/presets`, not this page. `opex formats` lists the same names.\n\n"
        "A file is recognised by its content, never by its name; `--format NAME` says what it is, "
        "and `--mapping FILE` "
        "gives a mapping of your own. A preset and a mapping are the same TOML document.\n"
    )


def _glance() -> str:
    rows = [(f"`{f.name}`", f.kind, f.title, f.recognised_by) for f in formats()]
    return "## At a glance\n\n" + _table(("format", "holds", "what it is", "recognised by"), rows)


def _preset(preset: Mapping) -> str:
    sign = preset.recognise.sentence if preset.recognise else "its name only"
    said = [("Holds", preset.kind), ("Recognised by", sign), ("Times without an offset", preset.timezone)]
    said += [("Planned", preset.planned_rule)] if preset.planned_rule else []
    said += [("Several systems in a cell", f"separated by `{preset.split}`")] if preset.split else []
    said += [("Words for a missing cell", _codes(preset.missing))] if preset.missing else []
    said += [("Believed only where the status is closed", _codes(preset.closed_only))] if preset.closed_only else []
    said += [("Several rows for a record", _folded(preset.fold))] if preset.fold else []
    said += [("Note", preset.note)] if preset.note else []
    lines = "".join(f"- **{name}**: {text.rstrip('.')}.\n" for name, text in said)
    tables = "".join(_words_of(column, table) for column, table in preset.values.items())
    translated = f"\n| word | meaning |\n|---|---|\n{tables}" if tables else ""
    return f"### {preset.name}\n\n{preset.title}.\n\n{lines}\n{_columns_of(preset)}{translated}"


def _columns_of(preset: Mapping) -> str:
    rows = [(f"`{column}`", _given(given)) for column, given in preset.columns.items()]
    rows += [
        (f"`{time}`", f"`started_at` and the {unit} of `{column}`") for time, (column, unit) in preset.durations.items()
    ]
    rows += [(f"`{column}`", f"always {value}") for column, value in preset.constants.items()]
    return _table(("becomes", "from"), rows)


def _given(given: str | list[str]) -> str:
    return " or ".join(_code(option) for option in ([given] if isinstance(given, str) else given))


def _folded(fold: Fold) -> str:
    return f"the last by {_codes(fold.order)} speaks for each `{fold.by}`"


def _words_of(column: str, table: dict[str, str]) -> str:
    by_meaning: dict[str, list[str]] = {}
    for word, meaning in table.items():
        by_meaning.setdefault(meaning, []).append(word)
    return "".join(f"| {_cell(', '.join(said))} | {column} {meaning} |\n" for meaning, said in by_meaning.items())


def _example(preset: Mapping) -> str:
    return (
        f"## A mapping as TOML\n\nThe whole preset `{preset.name}`, as a mapping to start from:\n\n"
        f"```toml\n{preset.to_toml()}```\n"
    )


def _without_preset() -> str:
    parts = [
        "## A table without a preset\n\nHeaders are matched to canonical columns by name and "
        "synonym, without case, spaces "
        "and punctuation; the first synonym that the file has is taken, and a column of the file is "
        "used once. What was "
        "matched is in the preview and in the report.\n"
    ]
    for kind in KINDS:
        known = synonyms(kind)
        required = REQUIRED[kind]
        rows = [
            (f"`{c.name}`" + (" (required)" if c.name in required else ""), c.meaning, ", ".join(known[c.name]))
            for c in table_of(kind).columns
            if c.name in known
        ]
        parts.append(f"### {kind}\n\n" + _table(("column", "meaning", "headers"), rows))
    return "\n".join(parts)


def _mapping_fields() -> str:
    rows = [(f"`{field.name}`", _FIELDS[field.name]) for field in fields(Mapping)]
    parts = ["## What a mapping can say\n\n" + _table(("field", "meaning"), rows)]
    for kind, (title, lines) in _PART_FIELDS.items():
        parts.append(
            f"### `{title}`\n\n" + _table(("field", "meaning"), [(f"`{f.name}`", lines[f.name]) for f in fields(kind)])
        )
    return "\n".join(parts)


def _values() -> str:
    numeric = dict.fromkeys(form.name for (_, order), form in NUMERIC.items() if order.endswith("Y"))
    known = [_known_words(table) for table in _WORD_TABLES]
    return (
        "## How values are understood\n\n"
        "- **Text** is kept as it is written: ids keep their zeros, and NA, null, None, nan and - are words.\n"
        f"- **Times** of a column are written in one format, which is decided from all its values: "
        f"{', '.join(form.name for form in SIMPLE)}, {', '.join(numeric)}. The format that most rows "
        "fit is the column's; "
        "the other rows are refused with its name.\n"
        "- **Day and month** are told apart by a value that fits only one order, here or in another "
        "time column of the "
        "file. If none does (03/04/2024), the load is refused and asks for `date_format`; so are "
        "dates of numbers with "
        "years of two digits. Where the month is a word, 69 to 99 are 1969 to 1999 and 00 to 68 are 2000 to 2068.\n"
        "- **Not dates**: a spreadsheet's serial numbers (45292.5), ISO weeks and ISO ordinal dates "
        "are refused with the "
        "way to mend them.\n"
        "- **A date and a time of day in two columns** (`Date` and `Time`, `Start Date` and `Start Time`) are read "
        'together, as a mapping says with `started_at = "{Date} {Time}"`. Where that cannot be, the load is refused '
        "with the way to mend it.\n"
        "- **Time zones**: a time with an offset keeps it; one without is wall time in the stated "
        "zone, or in the one zone that a column `timezone` names; several zones for such times are refused. Every "
        "report says which zone was taken. An hour that the "
        "spring skips, and one that the autumn repeats without an offset, are refused and never guessed.\n"
        "- **Numbers** have a point; in a file with semicolons a comma is the decimal mark.\n"
        "- **A severity** is a number from 1 to 5, a word, or a code with or without its word (`P1 - Critical`, `Sev 2 "
        "- High`); where code and word contradict each other the row is refused.\n"
        "- **An optional column that holds something else** (`impact` with whole sentences) is not used if it was "
        "matched by a synonym and none of the first cells fits; a note names it. If only some cells fit, the other "
        'rows are refused; a mapping leaves the column out with `severity = ""`.\n'
        "- **How a change went** is what a column outcome, result, conclusion or close code says; a status or state "
        "only counts where it says more than that the change is over.\n"
        "- **Rows without a column of ids** are told apart by title, system, start (and environment); one that says "
        "something else than the row before it with the same ones is refused.\n"
        f"- **A header that stands several times** gives all its cells to {_codes(JOINED)}. To other "
        "columns it gives "
        "one value, and a row in which it says two is refused. The second one is called `Created "
        "(2)` where a mapping "
        "means it.\n"
        "- **A failed formula** (`#REF!`) in a workbook makes its row a problem where the cell is used.\n"
        "- **An environment** that nobody states is `unknown`; another word than those below stays, in lower case.\n"
        "- **Planned work** is out of every measure; without a rule only a column that says so makes "
        "a row planned.\n\n"
        "These words are understood everywhere, in any case:\n\n"
        + _table(("for", "meaning", "words"), [row for rows in known for row in rows])
    )


def _known_words(table: str) -> list[tuple[str, str, str]]:
    by_meaning: dict[str, list[str]] = {}
    for word, meaning in words(table).items():
        by_meaning.setdefault(meaning, []).append(word)
    return [(table, meaning, ", ".join(said)) for meaning, said in by_meaning.items()]


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _code(text: str) -> str:
    return f"`{text}`" if text else "nothing"


def _codes(texts: Iterable[str]) -> str:
    return ", ".join(f"`{text}`" for text in texts)


if __name__ == "__main__":
    sys.stdout.write(formats_markdown())
