"""Good but odd tables are read exactly (trust row 8)."""

import datetime as dt
import gzip
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opex.domain.mapping import Mapping
from opex.domain.problems import Refused
from opex.frames import CHANGES, INCIDENT_SYSTEMS, INCIDENTS, READINGS, checked
from opex.sources import Reading, formats, propose, read

UTC = dt.UTC


def naive(text: str) -> dt.datetime:
    """A wall-clock time as a workbook or a Parquet file holds it."""
    return dt.datetime.fromisoformat(text)


def written(folder: Path, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return file


def rows(reading: Reading, *columns: str) -> list[tuple[object, ...]]:
    """The rows of the main table as plain values, a missing one as None."""
    frame = reading.main[list(columns)].astype(object)
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in frame.itertuples(index=False)]


def noted(reading: Reading) -> list[str]:
    """Its notes, but for the one on the zone, which every file with plain times gets."""
    return [note for note in reading.notes if note != "Times without a zone are read as UTC."]


def test_every_column_of_an_incident_is_filled_from_headers_and_synonyms(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "desk.csv",
        "Number,Short Description,Details,Services,ENV,Type,Priority,Opened,Detected,Ack time,Mitigated,Closed,State,"
        "Maintenance,Users affected,Assignment group,Link,Labels,Reopen count,Caused by,Favourite colour\n"
        "007,Login down,Nobody can log in,api;web,prd,Outage,P1,2024-03-01 10:00,2024-03-01 10:01,2024-03-01 10:02,"
        "2024-03-01 10:30,2024-03-01 11:00,Resolved,no,120,Team A,https://x/7,auth;db,1,CHG1,blue\n",
    )
    reading = read([file], kind="incidents")
    day = dt.datetime(2024, 3, 1, 10, tzinfo=UTC)
    assert rows(reading, *INCIDENTS.names) == [
        (
            "csv",
            "007",
            "Login down",
            "Nobody can log in",
            "api",
            "production",
            "Outage",
            1,
            day,
            day.replace(minute=1),
            day.replace(minute=2),
            day.replace(minute=30),
            day.replace(hour=11),
            "closed",
            False,
            120,
            "Team A",
            "https://x/7",
            "auth;db",
            1,
            "CHG1",
        )
    ]
    assert reading.tables["incident_systems"].values.tolist() == [["csv", "007", "web"]]
    assert (reading.rows, reading.read, reading.refused, reading.duplicates, reading.problems) == (1, 1, 0, 0, [])
    assert "Favourite colour" not in reading.matched.values()
    checked(reading.main, INCIDENTS)
    checked(reading.tables["incident_systems"], INCIDENT_SYSTEMS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_a_table_in_any_common_encoding_keeps_its_letters(tmp_path: Path, encoding: str) -> None:
    file = written(tmp_path, "umlauts.csv", "id,title,started_at\n1,Störung in Köln,2024-01-01\n", encoding)
    assert rows(read([file], kind="incidents"), "source_id", "title") == [("1", "Störung in Köln")]


FOREIGN = [
    ("windows-1251", "Сбой в Москве"),
    ("koi8-r", "Сбой в Москве"),
    ("windows-1250", "Příliš žluťoučký kůň"),
    ("iso-8859-2", "Příliš žluťoučký kůň"),
    ("windows-1253", "Βλάβη στο δίκτυο"),
    ("windows-1252", "Störung – Köln"),
    ("shift_jis", "障害が発生しました"),
    ("gb18030", "系统故障"),
    ("euc-kr", "장애 발생"),
    ("utf-16-le", "Сбой в Москве"),
]


@pytest.mark.parametrize(("encoding", "title"), FOREIGN)
def test_a_table_in_a_stated_encoding_keeps_its_letters(tmp_path: Path, encoding: str, title: str) -> None:
    file = written(tmp_path, "f.csv", f"id,title,started_at\n1,{title},2024-03-05 14:30\n", encoding)
    mapping = Mapping(name="desk", kind="incidents", encoding=encoding)
    for asked in ({"encoding": encoding.upper()}, {"mapping": mapping}):
        reading = read([file], kind="incidents", **asked)
        assert rows(reading, "source_id", "title", "started_at") == [
            ("1", title, dt.datetime(2024, 3, 5, 14, 30, tzinfo=UTC))
        ]
        assert (noted(reading), reading.mapping.encoding) == ([], None)
        proposal = propose([file], kind="incidents", **asked)
        assert proposal.sample is not None
        assert rows(proposal.sample, "title") == [(title,)]


def test_json_and_markdown_are_read_in_a_stated_encoding_too(tmp_path: Path) -> None:
    title = "Сбой в Москве"
    for name, text in (
        ("a.json", f'[{{"id": 1, "title": "{title}", "started_at": "2024-03-05"}}]'),
        ("a.jsonl", f'{{"id": 1, "title": "{title}", "started_at": "2024-03-05"}}\n'),
    ):
        file = written(tmp_path, name, text, "cp1251")
        assert rows(read([file], kind="incidents", encoding="cp1251"), "title") == [(title,)]


STATE = 'state the encoding with --encoding, or in a mapping with encoding = "windows-1251" or another one.'


@pytest.mark.parametrize(
    ("encoding", "title", "sentence"),
    [
        ("cp1251", "Сбой", 'f.csv is not UTF-8, and as Windows-1252 it reads like "Ñáîé", which is no word'),
        ("cp1250", "kůň žluťoučký", "f.csv is neither UTF-8 nor Windows-1252 (line 2 holds the byte 9D)"),
        ("shift_jis", "カード", "f.csv is neither UTF-8 nor Windows-1252 (line 2 holds the byte 81)"),
        ("gb18030", "系统故障", 'f.csv is not UTF-8, and as Windows-1252 it reads like "ÏµÍ³¹ÊÕÏ", which is no word'),
    ],
)
def test_text_that_cannot_be_western_is_refused_and_asks_for_its_encoding(
    tmp_path: Path, encoding: str, title: str, sentence: str
) -> None:
    file = written(tmp_path, "f.csv", f"title,started_at\n{title},2024-03-05 14:30\n", encoding)
    with pytest.raises(Refused) as refusal:
        read([file], kind="incidents")
    assert str(refusal.value) == f"{sentence}: {STATE}"


def test_what_is_read_as_windows_1252_says_how_to_state_another_encoding(tmp_path: Path) -> None:
    file = written(tmp_path, "f.csv", "title,started_at\nStörung in Köln,2024-03-05\n", "cp1252")
    reading = read([file], kind="incidents")
    assert rows(reading, "title") == [("Störung in Köln",)]
    assert noted(reading) == [f"f.csv is not UTF-8 and is read as Windows-1252; if letters are wrong, {STATE}"]


@pytest.mark.parametrize(
    ("data", "stated", "sentence"),
    [
        ("ü", "windows-1251", "f.csv is UTF-8, not windows-1251: load it without a stated encoding."),
        (b"\xfc", "utf-8", f"f.csv is not readable as utf-8 (byte 19): save it as UTF-8, or {STATE}"),
        (
            b"\x93a\x94",
            "iso-8859-1",
            "f.csv is not readable as iso8859-1 (it gives the control character 93): save it as UTF-8, or " + STATE,
        ),
    ],
)
def test_a_stated_encoding_that_is_not_the_files_is_refused(
    tmp_path: Path, data: str | bytes, stated: str, sentence: str
) -> None:
    raw = data.encode() if isinstance(data, str) else data
    file = written(tmp_path, "f.csv", b"title,started_at\nab" + raw + b",2024-03-05\n")
    with pytest.raises(Refused) as refusal:
        read([file], kind="incidents", encoding=stated)
    assert str(refusal.value) == sentence


def test_an_encoding_that_is_none_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    file = written(tmp_path, "f.csv", "title,started_at\na,2024-03-05\n")
    for name in ("klingon", "rot13", "base64", "utf-7", "../x", ""):
        with pytest.raises(Refused, match=f'^There is no encoding "{name}"; known are utf-8, utf-16, '):
            read([file], kind="incidents", encoding=name)


def test_ids_keep_their_zeros_and_all_their_digits_even_beside_a_missing_one(tmp_path: Path) -> None:
    file = written(
        tmp_path, "ids.csv", "id,title,started_at,rfc\n00017,a,2024-01-01,\n12345678901234567890,b,2024-01-02,0042\n"
    )
    assert rows(read([file], kind="incidents"), "source_id", "caused_by") == [
        ("00017", None),
        ("12345678901234567890", "0042"),
    ]


@pytest.mark.parametrize("word", ["NA", "None", "null", "NaN", "n/a", "-", "TRUE"])
def test_a_service_named_like_a_missing_value_stays_a_word(tmp_path: Path, word: str) -> None:
    file = written(tmp_path, "words.csv", f"id,title,started_at,service\n1,a,2024-01-01,{word}\n2,b,2024-01-01, \n")
    assert rows(read([file], kind="incidents"), "system") == [(word,), (None,)]


def test_semicolons_bring_decimal_commas_and_points_between_thousands(tmp_path: Path) -> None:
    file = written(tmp_path, "load.csv", "timestamp;value\n2024-01-01;1.234,5\n2024-01-02;0,25\n2024-01-03;-3\n")
    reading = read([file], kind="metrics", unit="ms", better="low")
    assert rows(reading, "metric", "unit", "better", "value") == [
        ("load", "ms", "low", 1234.5),
        ("load", "ms", "low", 0.25),
        ("load", "ms", "low", -3.0),
    ]
    checked(reading.main, READINGS)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(tmp_path: Path, delimiter: str) -> None:
    text = (
        delimiter.join(["id", "title", "started_at"])
        + "\n"
        + delimiter.join(["1", "a, b; c" if delimiter in "\t|" else "a", "2024-01-01"])
    )
    assert len(read([written(tmp_path, "x.txt", text)], kind="incidents").main) == 1


def test_quoted_cells_keep_line_breaks_and_quotes_and_rows_keep_their_numbers(tmp_path: Path) -> None:
    file = written(tmp_path, "q.csv", 'id,title,body,started_at\n1,a,"one ""two""\nthree",2024-01-01\n\n2,b,x,never\n')
    reading = read([file], kind="incidents")
    assert rows(reading, "source_id", "description") == [("1", 'one "two"\nthree')]
    assert [problem.row for problem in reading.problems] == [4]


@pytest.mark.parametrize(
    "text",
    [
        "We checked:\nred, green, blue, yellow\nfine",
        "Counted\n1, 2, 3, 4\n5, 6, 7, 8",
        "one, two\nthree, four",
        "a,b,c,d\r\ne,f,g,h",
        "Steps\n\n,,,\nend",
        'He said, "wait,\nthen, as ever, go" and left',
    ],
)
def test_prose_of_several_lines_is_read_whole_however_many_commas_its_lines_have(tmp_path: Path, text: str) -> None:
    quoted = text.replace('"', '""')
    file = written(
        tmp_path,
        "prose.csv",
        f'id,title,description,started_at\n1,Slow,"{quoted}",2024-03-05 14:30\n2,Down,no,2024-03-06 09:00\n',
    )
    reading = read([file], kind="incidents")
    assert rows(reading, "source_id", "title", "description", "started_at") == [
        ("1", "Slow", text, dt.datetime(2024, 3, 5, 14, 30, tzinfo=UTC)),
        ("2", "Down", "no", dt.datetime(2024, 3, 6, 9, tzinfo=UTC)),
    ]
    assert (reading.problems, noted(reading)) == ([], [])
    alone = written(tmp_path, "alone.csv", f'id,title,description,started_at\n1,Slow,"{quoted}",2024-03-05 14:30')
    assert rows(read([alone], kind="incidents"), "description") == [(text,)]


TWO = [
    ("1", "Disk full, again", "db", dt.datetime(2024, 3, 5, 14, 30, tzinfo=UTC)),
    ("2", 'The "old" one', "api", dt.datetime(2024, 3, 6, tzinfo=UTC)),
]


@pytest.mark.parametrize(
    "text",
    [
        'id, title, system, started_at\n1, "Disk full, again", "db", 2024-03-05 14:30\n'
        '2, "The ""old"" one", api, 2024-03-06\n',
        '"id"; "title"; "system"; "started_at"\r\n"1"; "Disk full, again"; "db"; "2024-03-05 14:30"\r\n'
        '"2"; "The ""old"" one"; "api"; "2024-03-06"',
        'id | title | system | started_at\n "1" | "Disk full, again" | "db" | 2024-03-05 14:30\n'
        '"2" | The "old" one | "api" | "2024-03-06" ',
    ],
)
def test_quotes_behind_a_space_are_quotes(tmp_path: Path, text: str) -> None:
    reading = read([written(tmp_path, "spaced.csv", text)], kind="incidents")
    assert rows(reading, "source_id", "title", "system", "started_at") == TWO
    assert (reading.refused, reading.problems, noted(reading)) == (0, [], [])


def test_a_space_before_a_quote_inside_of_a_cell_stays(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "inner.csv",
        "id, body, title, started_at\n"
        '1, "one\n, ""two"", \n "" x", "He said, ""hi"" , ""bye""", 2024-03-05\n'
        '2, 5" disk , "Login" fails, 2024-03-06\n',
    )
    assert rows(read([file], kind="incidents"), "source_id", "description", "title") == [
        ("1", 'one\n, "two", \n " x', 'He said, "hi" , "bye"'),
        ("2", ' 5" disk ', '"Login" fails'),
    ]


def test_a_stray_quote_behind_a_space_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, "s.csv", 'id, title, started_at\n1, "a, 2024-01-01\n2, b, 2024-01-02\n3, c", 2024-01-03\n')
    with pytest.raises(Refused, match=r"^s\.csv, row 2: a quote is opened and not closed before the next row"):
        read([file], kind="incidents")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_rows_that_all_end_in_one_more_delimiter_than_the_header_are_read(tmp_path: Path, delimiter: str) -> None:
    lines = ["id,title,started_at", "1,a,2024-01-01,", "", "2,b,2024-01-02, "]
    reading = read([written(tmp_path, "e.csv", "\n".join(lines).replace(",", delimiter))], kind="incidents")
    assert rows(reading, "source_id", "title", "started_at") == [
        ("1", "a", dt.datetime(2024, 1, 1, tzinfo=UTC)),
        ("2", "b", dt.datetime(2024, 1, 2, tzinfo=UTC)),
    ]
    assert (reading.rows, reading.problems) == (2, [])
    assert noted(reading) == ["e.csv: each row ends in one more delimiter than the header, with nothing behind it."]


@pytest.mark.parametrize("last", ["3,c,2024-01-03,x", "3,c,2024-01-03", "3,c,2024-01-03,,"])
def test_a_further_field_that_not_every_row_leaves_empty_is_refused(tmp_path: Path, last: str) -> None:
    lines = ["id,title,started_at", "1,a,2024-01-01,", "2,b,2024-01-02,", last]
    reading = read([written(tmp_path, "e.csv", "\n".join(lines))], kind="incidents")
    right = [("3", "c")] if last == "3,c,2024-01-03" else []
    assert rows(reading, "source_id", "title") == right
    assert [(problem.row, problem.expected) for problem in reading.problems] == [
        (row, f"3 fields as in the header (it has {lines[row - 1].count(',') + 1})")
        for row in (2, 3, 4)[: 3 - len(right)]
    ]


@pytest.mark.parametrize(
    ("above", "said"),
    [
        ("Incidents of March,,\n", "Incidents of March"),
        ("Incidents of March\n\n", "Incidents of March"),
        ("Report\r\n,,\r\nMarch 2024,,\r\n", "Report / March 2024"),
        ("\n,Incidents: all,\n", "Incidents: all"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_lines_of_one_cell_above_the_header_are_passed_over_and_named(
    tmp_path: Path, above: str, said: str, delimiter: str
) -> None:
    text = above + "id,title,started_at\n1,a,2024-01-01\n2,b,never\n"
    reading = read([written(tmp_path, "t.csv", text.replace(",", delimiter))], kind="incidents")
    assert rows(reading, "source_id", "title", "started_at") == [("1", "a", dt.datetime(2024, 1, 1, tzinfo=UTC))]
    assert [(problem.row, problem.value) for problem in reading.problems] == [(above.count("\n") + 3, "never")]
    assert noted(reading) == [f"t.csv: above the header and not read: {said}."]


@pytest.mark.parametrize(
    "above", ["Report,,\nfrom,2024,\n", "Incidents,,\nid,,started_at\n", "Incidents of March,,2024\n"]
)
def test_a_header_that_cannot_be_told_from_the_lines_above_it_says_what_to_delete(tmp_path: Path, above: str) -> None:
    file = written(tmp_path, "t.csv", above + "id,title,started_at\n1,a,2024-01-01\n")
    first = above.split(",")[0]
    third = "2024" if "March" in above else "column 3"
    with pytest.raises(Refused) as refusal:
        read([file], kind="incidents")
    assert str(refusal.value) == (
        f"t.csv has no column for title and started_at; it has {first}, column 2, {third}. Delete the lines above the "
        'header, or name it in a mapping (--mapping): [columns] title = "the column\'s name".'
    )


def test_excel_cells_are_read_as_a_person_sees_them(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["ID", "Title", "Start", "End", "Priority", "Users affected"])
    sheet.append([42, "Excel day", naive("2024-02-29 13:05"), naive("2024-02-29 14:00:30"), 2.0, 1000])
    sheet.append(["0042", "NA", dt.date(2024, 3, 1), None, "1 - Critical", None])
    book.create_sheet("empty")
    book.save(tmp_path / "book.xlsx")
    reading = read([tmp_path / "book.xlsx"], kind="incidents")
    assert rows(
        reading, "source", "source_id", "title", "started_at", "resolved_at", "severity", "customers_affected"
    ) == [
        (
            "xlsx",
            "42",
            "Excel day",
            dt.datetime(2024, 2, 29, 13, 5, tzinfo=UTC),
            dt.datetime(2024, 2, 29, 14, 0, 30, tzinfo=UTC),
            2,
            1000,
        ),
        ("xlsx", "0042", "NA", dt.datetime(2024, 3, 1, tzinfo=UTC), None, 1, None),
    ]


def test_parquet_json_and_json_lines_say_the_same_as_csv(tmp_path: Path) -> None:
    csv = written(
        tmp_path,
        "a.csv",
        "id,title,started_at,severity,system\n07,a,2024-01-01T10:00:00Z,2,x;y\n08,b,2024-01-02T10:00:00Z,,\n",
    )
    json = written(
        tmp_path,
        "a.json",
        '{"page": {"name": "x"}, "incidents": [{"id": "07", "title": "a", "started_at": "2024-01-01T10:00:00Z",'
        ' "severity": 2,'
        ' "system": ["x", "y"]}, {"id": "08", "title": "b", "started_at": "2024-01-02T10:00:00Z", "severity": null}]}',
    )
    lines = written(
        tmp_path,
        "a.jsonl",
        '{"id": "07", "title": "a", "started_at": "2024-01-01T10:00:00Z", "severity": 2, "system": ["x", "y"]}\n'
        '{"id": "08", "title": "b", "started_at": "2024-01-02T10:00:00Z"}\n',
    )
    start = pa.array([naive("2024-01-01 10:00"), naive("2024-01-02 10:00")], pa.timestamp("ns", "UTC"))
    table = pa.table(
        {
            "id": ["07", "08"],
            "title": ["a", "b"],
            "started_at": start,
            "severity": [2.0, None],
            "system": [["x", "y"], None],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    plain = read([csv], kind="incidents", source="desk").tables
    for file in (json, lines, tmp_path / "a.parquet"):
        other = read([file], kind="incidents", source="desk").tables
        for name, frame in plain.items():
            pd.testing.assert_frame_equal(other[name], frame)


def test_a_gzipped_table_is_read_as_if_it_were_not(tmp_path: Path) -> None:
    file = written(tmp_path, "cpu.csv.gz", gzip.compress(b"timestamp,value\n2024-01-01 00:00:00,0.5\n"))
    assert rows(read([file], kind="metrics"), "source", "metric", "value") == [("cloudwatch", "cpu", 0.5)]


def test_words_for_environment_severity_and_status_are_brought_to_one_spelling(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "words.csv",
        "id,title,started_at,env,severity,status\n1,a,2024-01-01,Prod,Sev1,In Progress\n"
        "2,b,2024-01-01, QA ,moderate,Done\n"
        "3,c,2024-01-01,Blue Lab,5,weird\n4,d,2024-01-01,,,\n",
    )
    assert rows(read([file], kind="incidents"), "environment", "severity", "status") == [
        ("production", 1, "open"),
        ("test", 3, "closed"),
        ("blue lab", 5, None),
        ("unknown", None, None),
    ]
    said = read([file], kind="incidents", environment="prd", system="shop")
    assert rows(said, "system", "environment")[3] == ("shop", "production")


def test_without_an_id_column_the_id_follows_from_what_a_record_says(tmp_path: Path) -> None:
    text = "title,service,started_at,severity\na,x,2024-01-01 10:00,1\nb,x,2024-01-01 10:00,1\n"
    first = read([written(tmp_path, "one.csv", text)], kind="incidents").main["source_id"].tolist()
    second = (
        read([written(tmp_path, "two.csv", text.replace("10:00,1", "10:00:00Z,3"))], kind="incidents")
        .main["source_id"]
        .tolist()
    )
    assert first == second
    assert [len(name) for name in first] == [16, 16]
    assert first[0] != first[1]


def test_a_record_twice_is_a_duplicate_and_an_id_for_two_records_a_problem(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "d.csv",
        "id,title,started_at\n1,a,2024-01-01\n2,b,2024-01-01\n1,a,2024-01-01\n2,other,2024-01-01\n,c,2024-01-01\n",
    )
    reading = read([file], kind="incidents")
    assert (len(reading.main), reading.duplicates, reading.refused, reading.read) == (2, 1, 2, 5)
    assert [(p.row, p.column, p.value, p.expected) for p in reading.problems] == [
        (6, "source_id", "", "an id (the column has one for other rows)"),
        (5, "source_id", "2", "an id given once; row 3 has it already"),
    ]


def test_a_reading_twice_is_a_duplicate_and_two_values_for_a_time_a_problem(tmp_path: Path) -> None:
    file = written(tmp_path, "m.csv", "timestamp,value\n2024-01-01,1.5\n2024-01-01,1.5\n2024-01-01,2\n2024-01-02,2\n")
    reading = read([file], kind="metrics", metric="latency", system="api", environment="live")
    assert rows(reading, "metric", "system", "environment", "value") == [
        ("latency", "api", "production", 1.5),
        ("latency", "api", "production", 2.0),
    ]
    assert (reading.duplicates, reading.refused) == (1, 1)
    assert reading.problems[0].expected == "one value for a time; row 2 says 1.5"


def test_each_refused_row_says_what_was_expected_and_counts_once(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "bad.csv",
        "id,title,started_at,resolved_at,severity,customers,planned\n"
        "1,ok,2024-01-02,2024-01-03,1,5,yes\n"
        "2,,2024-01-02,,purple,-1,maybe\n"
        "3,c,,,,,\n"
        "4,d,2024-01-02,2024-01-01,,,\n"
        "5,e,2024-01-02\n"
        "6,f,2024-13-02,,,,\n",
    )
    reading = read([file], kind="incidents")
    assert rows(reading, "source_id", "planned") == [("1", True)]
    assert (reading.rows, reading.read, reading.refused) == (6, 6, 5)
    assert [(p.row, p.column, p.value) for p in reading.problems] == [
        (6, "row", "5,e,2024-01-02"),
        (3, "severity", "purple"),
        (3, "planned", "maybe"),
        (3, "customers_affected", "-1"),
        (3, "title", ""),
        (4, "started_at", ""),
        (5, "resolved_at", "2024-01-01"),
        (7, "started_at", "2024-13-02"),
    ]
    assert reading.problems[6].expected == "a time at or after started_at 2024-01-02T00:00:00+00:00"


def test_a_table_of_changes_needs_no_more_than_a_title_and_a_time(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "deploys.csv",
        "release,service,deployed_at,result\n1.2,api,2024-01-01 10:00,success\n"
        "1.3,api,2024-01-02 10:00,Rolled back\n1.4,api,2024-01-03 10:00,eh\n",
    )
    reading = read([file], kind="changes")
    assert rows(reading, "title", "system", "kind", "outcome", "environment") == [
        ("1.2", "api", "deployment", "succeeded", "unknown"),
        ("1.3", "api", "deployment", "rolled_back", "unknown"),
        ("1.4", "api", "deployment", "unknown", "unknown"),
    ]
    checked(reading.main, CHANGES)


def test_files_with_other_headers_are_understood_each_by_its_own(tmp_path: Path) -> None:
    written(tmp_path, "old.csv", "id,title,opened\n1,a,13/01/2024\n")
    written(tmp_path, "new.csv", "id,title,started_at\n2,b,2024-01-02\n1,a,2024-01-13\n")
    written(tmp_path, "notes.txt", "nothing here")
    (tmp_path / ".gitkeep").touch()
    reading = read([tmp_path], kind="incidents")
    assert sorted(rows(reading, "source_id", "started_at")) == [
        ("1", dt.datetime(2024, 1, 13, tzinfo=UTC)),
        ("2", dt.datetime(2024, 1, 2, tzinfo=UTC)),
    ]
    assert reading.duplicates == 1
    assert reading.skipped == [
        ("notes.txt", "notes.txt is no table with columns; expected one with title and started_at.")
    ]


def test_a_proposal_can_be_edited_saved_and_used(tmp_path: Path) -> None:
    file = written(tmp_path, "odd.csv", "Ref,What,Summary,When,Weight\n1,db,slow,03/04/2024,heavy\n")
    first = propose([file], kind="incidents")
    assert (first.format, first.missing, first.sample) == ("columns", ["started_at"], None)
    assert first.unmatched == ["Ref", "What", "When", "Weight"]
    mapping = Mapping.from_toml(
        'name = "desk"\nkind = "incidents"\ndate_format = "d/m/Y"\ntimezone = "Europe/Berlin"\n'
        '[columns]\nsource_id = "Ref"\nstarted_at = "when"\nseverity = "Weight"\ntitle = "{What}: {Summary}"\n'
        '[values.severity]\nheavy = "2"\n[[planned]]\ncolumn = "What"\nvalues = ["DB"]\n'
    )
    proposal = propose([file], kind="incidents", mapping=mapping)
    assert proposal.sample is not None
    again = Mapping.from_toml(proposal.mapping.to_toml())
    assert again == proposal.mapping
    reading = read([file], kind="incidents", mapping=again)
    assert rows(reading, "source", "source_id", "title", "started_at", "severity", "planned") == [
        ("desk", "1", "db: slow", dt.datetime(2024, 4, 2, 22, tzinfo=UTC), 2, True)
    ]
    assert reading.matched["started_at"] == "When"


def test_a_template_leaves_out_the_parts_that_are_missing(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "t.csv",
        "id,a,b,c,at,d\n1,x,y,z,2024-01-01,\n2,,y,z,2024-01-01,\n3,x,,?,2024-01-01,\n4,,,,2024-01-01,fall back\n",
    )
    mapping = Mapping(
        name="t",
        kind="incidents",
        missing=("?",),
        columns={"title": ["{a}, {b}, {c}", "d"], "started_at": "at", "source_id": "id"},
    )
    assert rows(read([file], kind="incidents", mapping=mapping), "title") == [
        ("x, y, z",),
        ("y, z",),
        ("x",),
        ("fall back",),
    ]


def test_the_list_of_formats_says_how_each_is_recognised() -> None:
    assert [(f.name, f.kind) for f in formats()] == [
        ("aws-alarms", "incidents"),
        ("aws-deployments", "changes"),
        ("aws-metrics", "metrics"),
        ("aws-opsitems", "incidents"),
        ("aws-pipelines", "changes"),
        ("cloudwatch", "metrics"),
        ("commits", "changes"),
        ("cstate", "incidents"),
        ("jira", "incidents"),
        ("opsgenie", "incidents"),
        ("pagerduty", "incidents"),
        ("postmortem", "incidents"),
        ("servicenow", "incidents"),
        ("statuspage", "incidents"),
        ("csv", "any"),
        ("xlsx", "any"),
        ("json", "any"),
        ("jsonl", "any"),
        ("parquet", "any"),
        ("columns", "any"),
    ]
    assert all(f.recognised_by and f.timezone and f.title for f in formats())
    assert all(f.planned_rule for f in formats() if f.kind == "incidents")


def test_progress_is_told_from_nothing_to_all(tmp_path: Path) -> None:
    told: list[float] = []
    file = written(tmp_path, "p.csv", "id,title,started_at\n1,a,2024-01-01\n")
    read([file], kind="incidents", progress=lambda share, words: told.append(share))
    assert told[0] == 0.0
    assert told[-1] == 1.0
    assert told == sorted(told)


def test_a_parquet_column_that_is_no_text_is_left_out_and_named_and_the_others_are_read(tmp_path: Path) -> None:
    table = pa.table({
        "id": ["1"], "title": ["a"], "started_at": ["2024-01-01T00:00:00Z"],
        "updates": [[{"at": "noon", "text": "x"}]], "tags": [["x", "y"]],
    })  # fmt: skip
    pq.write_table(table, tmp_path / "t.parquet")
    reading = read([tmp_path / "t.parquet"], kind="incidents")
    assert rows(reading, "source_id", "title", "tags") == [("1", "a", "x;y")]
    assert reading.notes == [
        't.parquet: the column "updates" (list<element: struct<at: string, text: string>>) is no text and is not read.'
    ]


def test_ids_of_a_workbook_keep_the_zeros_that_their_format_shows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["id", "title", "started_at"])
    for number in (123, 1234567):
        sheet.append([number, "a", dt.datetime(2024, 1, 1)])  # noqa: DTZ001 - as a workbook holds it
        sheet.cell(sheet.max_row, 1).number_format = "00000"
    book.save(tmp_path / "ids.xlsx")
    assert rows(read([tmp_path / "ids.xlsx"], kind="incidents"), "source_id") == [("00123",), ("1234567",)]
