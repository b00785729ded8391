"""JSON and JSON Lines of every tracker are read exactly, and broken ones say where (trust rows 7 and 8)."""

import gzip
import json
import random
from pathlib import Path

import pytest

from opex.domain.problems import Problem, Refused
from opex.sources import documents
from opex.sources.documents import read_json, read_json_lines
from opex.sources.records import Records

ADF = {
    "type": "doc",
    "version": 1,
    "content": [
        {"type": "paragraph", "content": [
            {"type": "text", "text": "The "}, {"type": "text", "text": "queue", "marks": [{"type": "strong"}]},
            {"type": "text", "text": " grew."}, {"type": "hardBreak"},
            {"type": "mention", "attrs": {"id": "7", "text": "@ana"}},
        ]},
        {"type": "bulletList", "content": [
            {"type": "listItem", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "one"}]}]},
            {"type": "listItem", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "two"}]}]},
        ]},
        {"type": "rule"},
    ],
}  # fmt: skip


def document(folder: Path, content: object, name: str = "a.json") -> Path:
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def lines(folder: Path, text: str) -> Path:
    return document(folder, text, "a.jsonl")


def only(file: Path) -> Records:
    read = read_json if file.name.endswith((".json", ".json.gz")) else read_json_lines
    chunks = list(read(file, file.name))
    assert len(chunks) == 1
    return chunks[0]


def rows(records: Records) -> list[dict[str, str]]:
    """The records, without what is empty."""
    return [{name: cell for name, cell in row.items() if cell is not None} for row in records.table.to_pylist()]


def problems(records: Records) -> list[tuple[int | None, str, str, str]]:
    return [(p.row, p.column, p.value, p.expected) for p in records.problems]


def refusal(file: Path) -> str:
    with pytest.raises(Refused) as refused:
        only(file)
    return str(refused.value)


ONE = {"id": "007", "title": "Down"}


@pytest.mark.parametrize(
    "content",
    [
        [ONE],
        {"incidents": [ONE]},
        {"page": {"id": "p", "name": "x"}, "incidents": [ONE]},
        {"data": [ONE], "paging": {"first": "https://x"}, "took": 0.5, "requestId": "r"},
        {"expand": "names,schema", "startAt": 0, "issues": [ONE], "names": {"a": "b"}, "schema": {}},
        {"result": {"records": [ONE]}},
        {"data": {"incidents": [ONE], "comments": [{"a": 1}], "total": 1}, "took": 3},
        {"data": [ONE], "included": [{"type": "user"}], "links": {"next": None}},
        {"incidents": [ONE], "services": [], "users": ["x"]},
        ONE,
    ],
)
def test_the_records_are_found_wherever_a_tracker_puts_them(tmp_path: Path, content: object) -> None:
    records = only(document(tmp_path, content))
    assert rows(records) == [{"id": "007", "title": "Down"}]
    assert (records.rows, records.problems, records.places.row_of.tolist()) == (1, (), [1])


@pytest.mark.parametrize(
    "content",
    [[], {"incidents": []}, {"result": {"records": []}}, {"data": [], "paging": {}, "took": 0.1, "requestId": "r"}, {}],
)
def test_an_empty_export_has_no_record(tmp_path: Path, content: object) -> None:
    records = only(document(tmp_path, content))
    assert (records.rows, rows(records), records.problems) == (0, [], ())


@pytest.mark.parametrize(
    ("content", "row"),
    [
        (
            {"id": "9", "name": "Slow", "incident_updates": [{"body": "We look."}, {"body": "Fixed."}]},
            {"id": "9", "name": "Slow", "incident_updates.body": "We look.\nFixed."},
        ),
        (
            {"key": "OPS-1", "fields": {"summary": "Down", "components": [{"name": "API"}, {"name": "Web"}]}},
            {"key": "OPS-1", "fields.summary": "Down", "fields.components.name": "API\nWeb"},
        ),
        ({"title": "Down", "tags": []}, {"title": "Down"}),
    ],
)
def test_an_object_that_names_itself_is_one_record_with_its_lists(
    tmp_path: Path, content: object, row: dict[str, str]
) -> None:
    assert rows(only(document(tmp_path, content))) == [row]


def test_several_arrays_that_could_be_meant_are_named(tmp_path: Path) -> None:
    pair = [{"id": 1}]
    assert refusal(document(tmp_path, {"incidents": pair, "changes": pair, "total": 2})) == (
        "a.json holds several arrays of objects (incidents, changes); keep one of them in the file."
    )
    assert refusal(document(tmp_path, {"data": {"incidents": pair, "changes": pair}})) == (
        "a.json holds several arrays of objects (data.incidents, data.changes); keep one of them in the file."
    )
    assert refusal(document(tmp_path, '"words"')) == "a.json holds no records; expected an array of objects."


def test_what_trackers_nest_is_flattened_to_names_with_dots(tmp_path: Path) -> None:
    jira = {"key": "A-1", "fields": {"components": [{"name": "API"}], "labels": ["x", "y"], "description": ADF}}
    pagerduty = {"id": "P1", "teams": [{"summary": "web"}, {"summary": "db"}], "service": {"summary": "shop"}}
    opsgenie = {"id": "o", "report": {"ackTime": 12, "closeTime": 3.50}, "acknowledged": True, "owner": None}
    servicenow = {
        "number": "INC1",
        "cmdb_ci": {"display_value": "db", "link": "https://x"},
        "opened_at": {"display_value": "2024-01-01 11:00:00", "value": "2024-01-01 10:00:00"},
        "caller": "",
    }
    assert rows(only(document(tmp_path, [jira, pagerduty, opsgenie, servicenow]))) == [
        {
            "key": "A-1",
            "fields.components.name": "API",
            "fields.labels": "x;y",
            "fields.description": "The queue grew.\n@ana\none\ntwo",
        },
        {"id": "P1", "teams.summary": "web\ndb", "service.summary": "shop"},
        {"id": "o", "report.ackTime": "12", "report.closeTime": "3.5", "acknowledged": "true"},
        {
            "number": "INC1",
            "cmdb_ci": "db",
            "cmdb_ci.link": "https://x",
            "opened_at": "2024-01-01 11:00:00",
            "opened_at.value": "2024-01-01 10:00:00",
        },
    ]


def test_words_and_numbers_stay_as_they_are_written(tmp_path: Path) -> None:
    text = (
        '[{"id": "0042", "a": "NA", "b": "null", "c": "None", "d": 12345678901234567890123, "e": 1.10, "f": NaN,'
        ' "g": -Infinity, "h": 1E3, "i": false, "j": [1, "x", null, {"k": 2}], "l": "caf\u00e9 \U0001f389 \\u00e9"}]'
    )
    expected = {
        "id": "0042", "a": "NA", "b": "null", "c": "None", "d": "12345678901234567890123", "e": "1.10", "f": "NaN",
        "g": "-Infinity", "h": "1E3", "i": "false", "j": '1;x;{"k": "2"}', "l": "caf\u00e9 \U0001f389 \u00e9",
    }  # fmt: skip
    assert rows(only(document(tmp_path, text))) == [expected]
    assert rows(only(lines(tmp_path, text[1:-1]))) == [expected]


def test_elements_that_make_no_row_are_problems_and_leave_the_others_alone(tmp_path: Path) -> None:
    text = (
        '[{"id": 1}, 2, "x", null, [{"id": 3}], {"id": "h\\ud83dx"}, {"n\\u0000": "v"}, {"a": {"b": 1}, "a.b": 2},'
        ' {"id": "\\ud83d\\ude00"}]'
    )
    records = only(document(tmp_path, text))
    assert rows(records) == [{"id": "1"}, {"id": "\U0001f600"}]
    assert records.places.row_of.tolist() == [1, 9]
    assert problems(records) == [
        (2, "row", "2", "a JSON object"),
        (3, "row", '"x"', "a JSON object"),
        (4, "row", "null", "a JSON object"),
        (5, "row", '[{"id": 3}]', "a JSON object"),
        (6, "id", "h\\ud83dx", "text without half a character: export it anew as UTF-8"),
        (7, "n\\u0000", "n\\u0000", "text without a NUL character: take it out"),
        (8, "a.b", "2", 'the only value of that name ("1" is there as well)'),
    ]
    assert records.rows == 9
    assert records.spoiled[-1] == ('{"a": {"b": 1}, "a.b": 2}',)


def test_lines_that_make_no_row_are_problems_and_leave_the_others_alone(tmp_path: Path) -> None:
    deep = '{"a":' * 5_000
    file = lines(
        tmp_path,
        '{"id": 1}\r\n{oops\n\n[1]\n{"id": 1, "id": 2}\n{"id": 2,}\n{"id": 3} // no\n' + deep + '\n{"id": 4}\n{"id": 5',
    )
    records = only(file)
    assert (rows(records), records.places.row_of.tolist(), records.rows) == ([{"id": "1"}, {"id": "4"}], [1, 9], 9)
    once = "one JSON object with each name once"
    assert problems(records) == [
        (2, "row", "{oops", f"{once} (column 2: expecting property name enclosed in double quotes)"),
        (4, "row", "[1]", once),
        (5, "row", '{"id": 1, "id": 2}', f'{once} ("id" is there twice)'),
        (6, "row", '{"id": 2,}', f"{once} (column 10: a comma stands before the closing bracket; take it out)"),
        (7, "row", '{"id": 3} // no', f"{once} (column 11: comments are no part of JSON; take them out)"),
        (8, "row", deep[:119] + "…", "an object that is nested less deeply"),
        (10, "row", '{"id": 5',
         f"{once} (column 9: the text breaks off here; it is only half of the document: export it again)"),
    ]  # fmt: skip


HALF = "the text breaks off here; it is only half of the document: export it again"
COMMA = "a comma stands before the closing bracket; take it out"
SECOND = "a second document follows the first; keep one, or put all records in one array"
COMMENT = "comments are no part of JSON; take them out"
QUOTES = "names and texts stand in double quotes, not in single ones"
CONTROL = "a line break or another control character stands inside a text; write it as \\n"


@pytest.mark.parametrize(
    ("text", "line", "column", "what"),
    [
        ('[{"id": 1},\n {"id":', 2, 8, HALF),
        ('{"incidents": [{"id": 1}, {"id": 2}', 1, 36, HALF),
        ('[{"é": 1},\n {"é": "ü', 2, 8, HALF),
        ('[{"id": 1},]', 1, 12, COMMA),
        ('{"a": [{"id": 1,}]}', 1, 17, COMMA),
        ('{"a": 1,}', 1, 9, COMMA),
        ('[\n// why\n{"id": 1}]', 2, 1, COMMENT),
        ('{"é": 1, # why\n"b": 2}', 1, 10, COMMENT),
        ("[{'id': 1}]", 1, 3, QUOTES),
        ("{'id': 1}", 1, 2, QUOTES),
        ('[{"id": "a\nb"}]', 1, 11, CONTROL),
        ('[{"id": 1}] [{"id": 2}]', 1, 13, SECOND),
        ('{"id": 1} [{"id": 2}]', 1, 11, SECOND),
        ('{"id": 1} {"id": 2} 3', 1, 21, "an object is followed by something else; expected one array of objects"),
        ('[{"id": 1} {"id": 2}]', 1, 12, "expected a comma or the end of the array"),
        ('{"a": 1 "b": 2}', 1, 9, "expected a comma or the end of the object"),
        ('{"a" 1}', 1, 6, "expected a colon after a name"),
        ("{1: 2}", 1, 2, "expected a name in double quotes"),
        ('[{"id": True}]', 1, 9, "expecting value"),
    ],
)
def test_a_broken_document_says_where_and_what(tmp_path: Path, text: str, line: int, column: int, what: str) -> None:
    assert refusal(document(tmp_path, text)) == f"a.json is not valid JSON: line {line}, column {column}: {what}."


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"a":' * 100_000, '[{"a":' + "[" * 5_000, '{"x": [' + '{"a":' * 5_000, '{"é": ' + "[" * 5_000],
)
def test_deep_nesting_is_refused(tmp_path: Path, text: str) -> None:
    assert refusal(document(tmp_path, text)) == "a.json is nested too deeply; expected an array of flat objects."


def test_what_is_nested_more_than_twenty_deep_stays_json(tmp_path: Path) -> None:
    nested: object = {"x": 1}
    for _ in range(25):
        nested = {"a": nested}
    name, value = next(iter(rows(only(document(tmp_path, [nested])))[0].items()))
    assert (name, value) == (".".join("a" * 21), '{"a": {"a": {"a": {"a": {"x": "1"}}}}}')


def test_a_name_given_twice_is_refused_with_its_record(tmp_path: Path) -> None:
    assert refusal(document(tmp_path, '[{"id": 1}, {"a": {"é": 1, "é": 2}}]')) == (
        'a.json, record 2, names "é" twice in one object; give each value its own name.'
    )
    assert refusal(document(tmp_path, '{"incidents": [], "incidents": []}')) == (
        'a.json names "incidents" twice in one object; give each value its own name.'
    )


def test_objects_one_after_the_other_are_a_record_each(tmp_path: Path) -> None:
    records = only(document(tmp_path, '{\n "id": 1\n}\n{\n "id": 2\n}{"id": 3}\n'))
    assert (rows(records), records.places.row_of.tolist()) == ([{"id": "1"}, {"id": "2"}, {"id": "3"}], [1, 2, 3])


def test_too_many_names_are_refused_in_one_object_and_in_all(tmp_path: Path) -> None:
    wide = only(document(tmp_path, [{f"n{i}": i for i in range(2_001)}, {"id": 1}]))
    assert rows(wide) == [{"id": "1"}]
    assert [(p.row, p.value, p.expected) for p in wide.problems] == [
        (1, "2,001 names", "an object with at most 2,000 names")
    ]
    sentence = (
        "its objects have more than 2,000 different names up to here; keep the ones needed, "
        "and put what differs from object to object into values."
    )
    each = [{f"n{i}": i} for i in range(2_500)]
    assert refusal(document(tmp_path, each)) == f"a.json, record 2,001: {sentence}"
    assert refusal(lines(tmp_path, "\n".join(map(json.dumps, each)))) == f"a.jsonl, line 2,001: {sentence}"


def test_a_file_in_which_nothing_is_an_object_is_given_up(tmp_path: Path) -> None:
    assert refusal(document(tmp_path, list(range(10_001)))) == (
        "a.json holds no records: none of its first 10,000 records can be used (the last is not a JSON object); "
        "expected JSON objects."
    )
    assert refusal(lines(tmp_path, "7\n" * 10_001)).startswith(
        "a.jsonl holds no records: none of its first 10,000 lines can be used (the last is not one JSON object"
    )
    assert len(only(document(tmp_path, [{"id": 1}, *range(10_001)])).problems) == 10_001


def test_a_map_of_records_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    assert refusal(document(tmp_path, {f"INC{n}": {"title": "x"} for n in range(2_001)})) == (
        "a.json has more than 2,000 names in one object; put them in an array."
    )


def is_refused(file: Path) -> bool:
    try:
        list(read_json(file, file.name))
    except Refused as refused:
        return str(refused).startswith(file.name)
    return False


def test_hundreds_of_damaged_documents_are_read_or_refused_in_a_sentence(tmp_path: Path) -> None:
    good = json.dumps({"page": {"n": [1, {}]}, "data": [ONE, {"é": [{"x": None}]}]}, ensure_ascii=False).encode()
    chance, file, refused = random.Random(7), tmp_path / "a.json", 0
    for _ in range(1_000):
        data = bytearray(good)
        for _ in range(chance.randrange(1, 4)):
            data[chance.randrange(len(data))] = chance.choice(b'[]{}",:\\/# 19aZ\n\xc3\xff')
        file.write_bytes(data)
        refused += is_refused(file)
        list(read_json_lines(file, file.name))
    assert refused > 300


def test_a_line_without_end_is_refused_with_its_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "LONGEST_LINE", 1024**2)
    assert refusal(lines(tmp_path, '{"id": 1}\n{"id": "' + "x" * 1024**2)) == (
        "a.jsonl, line 2, has more than 1 MB; expected one JSON object a line, or a document with an array of them."
    )


def test_a_large_file_comes_in_chunks_with_each_record_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elements: list[object] = [n if n % 10 == 0 else {"id": n} for n in range(1, 96)]
    for file, read in (
        (document(tmp_path, {"data": elements}), read_json),
        (lines(tmp_path, "\n\n".join(map(json.dumps, elements))), read_json_lines),
    ):
        step = 1 if read is read_json else 2
        chunks = list(read(file, "x", chunk=20))
        assert [chunk.rows for chunk in chunks] == [20, 20, 20, 20, 15]
        numbers = [n for chunk in chunks for n in chunk.places.row_of.tolist()]
        assert sorted([*numbers, *(p.row for c in chunks for p in c.problems)]) == list(range(1, 95 * step + 1, step))
    monkeypatch.setattr(documents, "MOST_CELLS", 10)
    assert {chunk.rows for chunk in read_json(tmp_path / "a.json", "x")} == {10, 5}


def test_chunks_have_the_names_of_their_own_records(tmp_path: Path) -> None:
    file = document(tmp_path, [{"id": 1}, {"title": "x"}])
    assert [chunk.columns for chunk in read_json(file, "x", chunk=1)] == [["id"], ["title"]]


def test_other_encodings_and_gzip_are_read_alike_and_said(tmp_path: Path) -> None:
    text = '[{"title": "Störung"}]'
    for encoding in ("utf-8-sig", "utf-16", "utf-32"):
        (tmp_path / "a.json").write_bytes(text.encode(encoding))
        assert rows(only(tmp_path / "a.json")) == [{"title": "Störung"}]
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(text.encode()))
    assert rows(only(tmp_path / "a.json.gz")) == [{"title": "Störung"}]
    (tmp_path / "a.jsonl").write_bytes(text[1:-1].encode("cp1252"))
    records = only(tmp_path / "a.jsonl")
    assert (rows(records), records.notes) == (
        [{"title": "Störung"}],
        (
            "a.jsonl is not UTF-8 and is read as Windows-1252; if letters are wrong, state the encoding with "
            '--encoding, or in a mapping with encoding = "windows-1251" or another one.',
        ),
    )


def test_a_problem_is_whole_with_its_file(tmp_path: Path) -> None:
    assert only(document(tmp_path, [1, {"id": 1}])).problems == (
        Problem(file="a.json", row=1, column="row", value="1", expected="a JSON object"),
    )
