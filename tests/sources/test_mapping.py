"""A mapping and a preset are the same TOML document; what it says about columns and cells is done."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from opex.domain.mapping import Fold, Mapping, PlannedRule, Recognise
from opex.domain.problems import Refused
from opex.sources import Reading, read
from opex.sources.canonical import Canonical, canonical, time_formats
from opex.sources.columns import resolved, used_columns
from opex.sources.formats import presets
from opex.sources.reading import Options
from opex.sources.records import TEXT, Records, from_columns

UTC = dt.UTC

PRESETS = sorted((Path(__file__).parents[2] / "opex" / "sources" / "presets").glob("*.toml"))

FULL = Mapping(
    name='a "quoted" näme\n\x7f',
    kind="incidents",
    title="A title",
    reader="csv",
    columns={"title": ["Short text", "{a}, {b}"], "started_at": "Opened (local)", "team": ""},
    constants={"environment": "production"},
    values={"severity": {"1 - Critical": "1", "": "3"}},
    timezone="Europe/Berlin",
    date_format="%d/%m/%y %H:%M",
    missing=("?", "\\N"),
    split="|",
    sheet="Sheet 2",
    closed_only=("resolved_at",),
    after_start={"resolved_at": "Time to repair (min) min", "acknowledged_at": "ack ms"},
    planned=(
        PlannedRule(column="type", values=("maintenance",)),
        PlannedRule(column="title", words=("planned", "works")),
    ),
    planned_rule="the type or the title says so",
    fold=Fold(
        by="id",
        order=("version",),
        updated="at",
        state=("state", "phase"),
        new=("New",),
        closed=("Done",),
        ends=("end",),
    ),
    recognise=Recognise(columns=("id", "a|b"), only=True, markers=("# ",), sentence="its columns"),
    match_others=False,
    note="a note",
)


def test_a_mapping_written_and_read_again_is_the_same() -> None:
    assert Mapping.from_toml(FULL.to_toml()) == FULL


@pytest.mark.parametrize("file", PRESETS, ids=lambda file: file.stem)
def test_each_preset_is_such_a_document_and_bears_its_files_name(file: Path) -> None:
    preset = presets()[file.stem]
    assert Mapping.from_toml(preset.to_toml()) == preset
    assert preset.recognise is not None
    assert preset.recognise.sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name = ", "The mapping is not valid TOML"),
        ('kind = "incidents"', 'The mapping lacks "name"; write for example name = "our_desk".'),
        (
            'name = "x"\nkind = "tickets"',
            'The mapping x says kind = "tickets"; it must be one of incidents, changes, metrics.',
        ),
        ('name = " "\nkind = "changes"', "A mapping needs a name: it is the source of what is loaded with it."),
        (
            'name = "x"\nkind = "changes"\ncolour = 1',
            'The mapping has the unknown field "colour"; known are name, kind',
        ),
        ('name = "x"\nkind = "changes"\ntimezone = 1', 'The mapping: timezone must be a text in quotes, not "1".'),
        ('name = "x"\nkind = "changes"\nmissing = "?"', "The mapping: missing must be a list of texts"),
        (
            'name = "x"\nkind = "changes"\n[columns]\ntitle = 5',
            'The mapping: columns.title must be a text in quotes, not "5".',
        ),
        ('name = "x"\nkind = "changes"\n[[planned]]\nwords = ["a"]', 'The mapping: planned lacks "column".'),
        ('name = "x"\nkind = "changes"\n[fold]\nby = "a"', 'The mapping: fold lacks "order".'),
        (
            'name = "x"\nkind = "changes"\nmatch_others = "no"',
            'The mapping: match_others must be true or false, not "no".',
        ),
        ('name = "x"\nkind = "changes"\nsheet = 2', 'The mapping: sheet must be a text in quotes, not "2".'),
        ('name = "x"\nkind = "changes"\nclosed_only = "a"', "The mapping: closed_only must be a list of texts"),
        ('name = "x"\nkind = "changes"\nafter_start = ["a"]', "The mapping: after_start must be a table of names"),
        (
            'name = "x"\nkind = "incidents"\n[after_start]\nresolved_at = "minutes"',
            'The mapping x takes resolved_at after the start from "minutes"; write the column and its unit, one of ms, '
            's, min, h, d, such as resolved_at = "duration min".',
        ),
        (
            'name = "x"\nkind = "incidents"\n[after_start]\nresolved_at = "lasted weeks"',
            'The mapping x takes resolved_at after the start from "lasted weeks"; write the column and its unit',
        ),
        (
            'name = "x"\nkind = "incidents"\ndate_format = "dd/MM/yyyy"',
            'The mapping x says date_format = "dd/MM/yyyy"; write d/m/Y, m/d/Y, d/m/y, m/d/y, or the fields of '
            'strptime such as "%d.%m.%Y %H:%M".',
        ),
    ],
)
def test_a_wrong_mapping_is_refused_with_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(Refused) as refusal:
        Mapping.from_toml(text)
    assert str(refusal.value).startswith(sentence)


# --- what a mapping says about columns and cells ------------------------------------------------------------------


def table(**columns: list[str | None]) -> Records:
    """Records as a reader hands them on."""
    count = len(next(iter(columns.values())))
    arrays = {name: pa.array(cells, TEXT) for name, cells in columns.items()}
    return from_columns(arrays, file="t.csv", row_of=np.arange(2, count + 2))


def understood(records: Records, mapping: Mapping) -> Canonical:
    fitted = resolved(mapping, records.columns, strict=True)
    return canonical(records, fitted, Options(), source="t", formats=time_formats(records, fitted))


def rows(part: Canonical | Reading, *columns: str) -> list[tuple[object, ...]]:
    frame = (part.frame if isinstance(part, Canonical) else part.main)[list(columns)].astype(object)
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in frame.itertuples(index=False)]


def problems(part: Canonical | Reading) -> list[tuple[int | None, str, str, str]]:
    return [(p.row, p.column, p.value, p.expected) for p in part.problems]


def desk(**fields: object) -> Mapping:
    return Mapping(**{"name": "desk", "kind": "incidents", **fields})  # type: ignore[arg-type]


def at(hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2024, 1, 1, hour, minute, tzinfo=UTC)


START = "2024-01-01T10:00:00Z"


def test_a_time_may_be_believed_only_where_the_status_is_closed() -> None:
    records = table(
        title=["a", "b", "c"],
        started=[START] * 3,
        state=["Resolved", "Triggered", "odd"],
        changed=["2024-01-01 11:00"] * 3,
    )
    columns = {"title": "title", "started_at": "started", "status": "state", "resolved_at": "changed"}
    part = understood(records, desk(columns=columns, closed_only=("resolved_at",)))
    assert rows(part, "status", "resolved_at") == [("closed", at(11)), ("open", None), (None, None)]
    silent = {name: given for name, given in columns.items() if name != "status"}
    part = understood(records.head(1), desk(columns=silent, closed_only=("resolved_at",), match_others=False))
    assert rows(part, "resolved_at") == [(at(11),)]


@pytest.mark.parametrize(
    ("unit", "amount"), [("ms", "5400000"), ("s", "5400.0"), ("min", "90"), ("h", "1.5"), ("d", "0.0625")]
)
def test_a_time_may_be_given_as_a_duration_from_the_start(unit: str, amount: str) -> None:
    records = table(title=["a"], started=[START], lasted=[amount])
    part = understood(records, desk(after_start={"resolved_at": f"Lasted {unit}"}))
    assert (rows(part, "resolved_at"), problems(part)) == ([(at(11, 30),)], [])


def test_a_time_that_a_column_gives_stands_before_a_duration() -> None:
    records = table(
        title=["a", "b", "c"], started=[START] * 3, ended=["2024-01-01 12:00", None, None], minutes=["-1", "30", None]
    )
    mapping = desk(columns={"resolved_at": "ended"}, after_start={"resolved_at": "minutes min"})
    part = understood(records, mapping)
    assert (rows(part, "resolved_at"), problems(part)) == ([(at(12),), (at(10, 30),), (None,)], [])


def test_a_duration_too_is_believed_only_where_the_status_is_closed() -> None:
    records = table(title=["a", "b"], started=[START] * 2, status=["open", "closed"], minutes=["15", "30"])
    mapping = desk(after_start={"resolved_at": "minutes min"}, closed_only=("resolved_at",))
    assert rows(understood(records, mapping), "resolved_at") == [(None,), (at(10, 30),)]


@pytest.mark.parametrize("amount", ["-1", "inf", "NaN", "1e300", "soon", "1:30"])
def test_a_duration_that_is_none_is_a_problem_of_its_row(amount: str) -> None:
    records = table(title=["a", "b"], started=[START] * 2, minutes=[amount, "0"])
    part = understood(records, desk(after_start={"resolved_at": "minutes min"}))
    assert rows(part, "title", "resolved_at") == [("b", at(10))]
    assert problems(part) == [(2, "resolved_at", amount, "a duration in minutes, 0 or more (and at most 100 years)")]


def test_only_times_after_the_start_depend_on_status_or_start() -> None:
    records = table(title=["a"], started=[START], lasted=["1"])
    with pytest.raises(Refused) as refusal:
        understood(records, desk(after_start={"started_at": "lasted h"}))
    assert str(refusal.value) == (
        'The mapping desk names "started_at" in after_start, which is no time of incidents after the start; known are '
        "detected_at, acknowledged_at, mitigated_at, resolved_at."
    )
    with pytest.raises(Refused, match='The mapping desk names "title" in closed_only, which is no time of incidents'):
        understood(records, desk(closed_only=("title",)))
    with pytest.raises(
        Refused, match='The mapping desk takes resolved_at from "minutes", which the file does not have'
    ):
        understood(records, desk(after_start={"resolved_at": "minutes min"}))


def test_a_repeated_header_gives_several_systems_and_tags(tmp_path: Path) -> None:
    names = {"Component/s": ["api", "web", None], "Component/s (2)": ["db", None, None]}
    tags = {"Labels": ["a", None, None], "Labels (2)": [None, None, None], "Labels (3)": ["c", "b", None]}
    records = table(title=["x", "y", "z"], started=[START] * 3, **names, **tags)
    part = understood(records, desk(columns={"system": "Component/s", "tags": "labels"}))
    assert rows(part, "system", "all systems", "tags") == [
        ("api", "api;db", "a;c"),
        ("web", "web", "b"),
        (None, None, None),
    ]
    fitted = resolved(desk(columns={"system": "Component/s"}), records.columns, strict=True)
    assert {"Component/s", "Component/s (2)", "Labels"} <= used_columns(fitted, records.columns)


def test_a_repeated_header_must_not_say_two_things_in_a_row() -> None:
    created = {"Created": [START, None, START, START], "Created (2)": [f" {START}", START, "2024-01-02", None]}
    records = table(title=["a", "b", "c", "d"], **created)
    part = understood(records, desk(columns={"started_at": "Created"}))
    assert rows(part, "title", "started_at") == [("a", at(10)), ("b", at(10)), ("d", at(10))]
    assert problems(part) == [
        (4, "started_at", START, 'one value; the column Created stands twice and says "2024-01-02" too')
    ]


def test_a_mapping_can_name_a_repetition_as_a_column_of_its_own() -> None:
    records = table(title=["a"], **{"Created": [START], "Created (2)": ["2024-01-01T10:05:00Z"]})
    part = understood(records, desk(columns={"started_at": "Created", "detected_at": "Created (2)"}))
    assert (rows(part, "started_at", "detected_at"), problems(part)) == ([(at(10), at(10, 5))], [])


def test_a_cell_whose_formula_failed_is_a_problem_of_its_row_where_it_is_used() -> None:
    records = table(
        id=["1", "2", "3", "4"],
        title=["a", "\x00#REF!", "c", "d"],
        started=[START, START, "\x00#N/A", START],
        priority=["1", "2", "3", "\x00#VALUE!"],
        cost=["\x00#DIV/0!", "1", "2", "3"],
        type=["x", "x", "x", "\x00#NAME?"],
    )
    rule = PlannedRule(column="type", words=("maintenance",))
    part = understood(records, desk(columns={"category": ""}, planned=(rule,)))
    assert rows(part, "source_id", "title", "severity") == [("1", "a", 1)]
    failed = "a value (the formula of this cell failed)"
    assert problems(part) == [
        (3, "title", "#REF!", failed),
        (4, "started_at", "#N/A", failed),
        (5, "severity", "#VALUE!", failed),
        (5, "type", "#NAME?", failed),
    ]


@pytest.mark.parametrize(
    ("kind", "column", "word", "said", "expected"),
    [
        ("incidents", "severity", "Heavy", "2", 2),
        ("incidents", "status", "Parked", "open", "open"),
        ("incidents", "environment", "Blue", "production", "production"),
        ("incidents", "planned", "Works", "yes", True),
        ("incidents", "team", "T1", "Night shift", "Night shift"),
        ("incidents", "category", "17", "network", "network"),
        ("incidents", "system", "app-1", "shop", "shop"),
        ("incidents", "environment", "n/a", "", "unknown"),
        ("changes", "outcome", "Backed up", "rolled_back", "rolled_back"),
        ("changes", "kind", "CR", "configuration", "configuration"),
        ("changes", "automated", "Robot", "yes", True),
    ],
)
def test_a_value_table_translates_the_words_of_any_column_without_case_and_outer_space(
    kind: str, column: str, word: str, said: str, expected: object
) -> None:
    spellings: list[str | None] = [word, f"  {word.upper()} "]
    records = table(title=["a", "b"], started=[START] * 2, given=spellings)
    mapping = Mapping(name="desk", kind=kind, columns={column: "given"}, values={column: {f"{word.lower()} ": said}})
    part = understood(records, mapping)
    assert (rows(part, column), problems(part)) == ([(expected,), (expected,)], [])


def test_a_value_table_translates_each_of_several_systems_in_a_cell() -> None:
    records = table(title=["a"], started=[START], ci=["SRV1 | SRV2|srv3"])
    mapping = desk(columns={"system": "ci"}, split="|", values={"system": {"srv1": "shop", "SRV3": "", "x": "y"}})
    assert rows(understood(records, mapping), "system", "all systems") == [("shop", "shop|SRV2")]


@pytest.mark.parametrize("word", ["NA", "null", "None", "nan", "-"])
def test_a_word_is_missing_only_if_the_mapping_says_so(tmp_path: Path, word: str) -> None:
    file = tmp_path / "desk.csv"
    file.write_text(f"id,title,started_at,service,team,tags\n1,{word},2024-01-01,{word},{word},{word}\n")
    plain = read([file], kind="incidents")
    assert rows(plain, "title", "system", "team", "tags") == [(word, word, word, word)]
    mapping = desk(missing=(word,), constants={"title": "untitled"}, columns={"title": ""})
    said = read([file], kind="incidents", mapping=mapping)
    assert rows(said, "title", "system", "team", "tags") == [("untitled", None, None, None)]


def test_a_constant_stands_where_the_file_says_nothing_also_for_a_time() -> None:
    records = table(title=["a", "b"], env=["test", None])
    constants = {"environment": "Prod", "started_at": "2024-01-01 10:00"}
    part = understood(records, desk(columns={"environment": "env"}, constants=constants))
    assert rows(part, "environment", "started_at") == [("test", at(10)), ("production", at(10))]


def test_a_rule_of_planned_work_finds_its_column_whatever_its_spelling() -> None:
    records = table(title=["a", "b"], started=[START] * 2, **{"Issue Type": ["Change", "Incident"]})
    rule = PlannedRule(column="issue_type", values=("change",))
    assert rows(understood(records, desk(planned=(rule,))), "planned") == [(True,), (False,)]
