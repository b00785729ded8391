"""Hostile and garbled files are refused with one clear sentence, never a traceback."""

import gzip
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opex.domain.mapping import Mapping
from opex.domain.problems import Refused
from opex.sources import read

HEADER = "id,title,started_at,service\n"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.csv", b"", "empty.csv is empty."),
        (
            "nul.csv",
            b"id,title\n1,a\x00b\n",
            "nul.csv holds NUL bytes (the first at byte 13): it is damaged or no text; save it as UTF-8 text.",
        ),
        ("wide.csv", b",".join(b"c%d" % i for i in range(50_000)), "wide.csv has more than 2,000 columns"),
        ("noise.csv", bytes(range(1, 256)) * 50, "noise.csv is not text"),
        ("report.csv", b"%PDF-1.7 ...", "report.csv is a PDF; export the table as CSV or XLSX."),
        ("old.xls", b"\xd0\xcf\x11\xe0rest", "old.xls is an old Excel file (.xls); save it as .xlsx or CSV."),
        ("book.xlsx", b"PK\x03\x04rubbish", "book.xlsx is a damaged workbook"),
        ("t.parquet", b"PAR1rubbish", "t.parquet is a damaged Parquet file"),
        (
            "cut.csv.gz",
            gzip.compress(HEADER.encode() * 5, mtime=0)[:-9],
            "cut.csv.gz is a gzip file that breaks off; copy it again.",
        ),
        ("bad.csv.gz", b"\x1f\x8b\x08rubbish", "bad.csv.gz is a damaged gzip file; copy it again."),
        ("deep.json", b"[" * 100_000, "deep.json is nested too deeply"),
        ("broken.json", b'[{"id": 1,', "broken.json is not valid JSON"),
        (
            "twice.json",
            b'[{"id": 1, "id": 2}]',
            'twice.json, record 1, names "id" twice in one object; give each value its own name.',
        ),
        ("text.json", b"[1, 2]", "text.json is no table with columns"),
        ("front.md", b"---\ntitle: [\n---\n", "front.md has front matter that is not valid YAML"),
        ("deep.md", b"---\na: " + b"[" * 50_000 + b"\n---\n", "deep.md has front matter that is not valid YAML"),
        (
            "swallow.csv",
            (HEADER + '1,a,2024-01-01,x\n2,"b,2024-01-02,x\n3,c,2024-01-03,x\n4,"d,2024-01-04,x\n').encode(),
            "swallow.csv, row 3: a quote is opened and not closed",
        ),
        (
            "open.csv",
            (HEADER + '1,a,2024-01-01,x\n2,"b,2024-01-02,x\n3,c,2024-01-03,x\n').encode(),
            "open.csv, row 3: a quote is opened and not closed",
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_what_is_wrong(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Refused) as refusal:
        read([tmp_path / name], kind="incidents")
    assert str(refusal.value).startswith(sentence)


@pytest.mark.parametrize(
    ("lines", "row"),
    [
        (['1,"a,x,2024-01-01', "2,b,x,2024-01-02", '3,c",x,2024-01-03'], 2),
        (['INC-1,"a,x,2024-01-01', 'INC-2,b",x,2024-01-02'], 2),
        (['1,a,"x,2024-01-01', "2,b,x,", '3,c,x",2024-01-03'], 2),
        (['1,a,"x,5 Mar 2024', ",b,x,6 Mar 2024", '3,c,x",7 Mar 2024'], 2),
        (['"1,a,x,2024-01-01', "2,b,x,2024-01-02", '3",c,x,2024-01-03'], 2),
        (["1,a,x,2024-01-01", '2,b,"x,2024-01-02', '3,c,x",2024-01-03', "4,d,x,2024-01-04"], 3),
        (['1,a,x,"2024-01-01', '2,b,x,2024-01-02"', "3,c,x,2024-01-03"], 2),
    ],
)
def test_a_stray_quote_that_another_one_closes_does_not_swallow_the_rows_between(
    tmp_path: Path, lines: list[str], row: int
) -> None:
    (tmp_path / "stray.csv").write_text("\n".join(["id,title,service,started_at", *lines]))
    with pytest.raises(Refused) as refusal:
        read([tmp_path / "stray.csv"], kind="incidents")
    assert str(refusal.value) == (
        f"stray.csv, row {row}: a quote is opened and not closed before the next row; close it, or write a quote "
        'inside a cell as "".'
    )


def test_a_missing_column_is_named_with_those_that_were_found(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("what,when\na,2024-01-01\n")
    with pytest.raises(Refused) as refusal:
        read([tmp_path / "x.csv"], kind="incidents")
    assert str(refusal.value) == (
        "x.csv has no column for title and started_at; it has what, when. Name it in a mapping (--mapping): "
        '[columns] title = "the column\'s name".'
    )


def test_a_gzip_bomb_is_stopped_before_it_fills_the_memory(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "bomb.csv.gz", "wb") as file:
        file.write(HEADER.encode())
        for _ in range(150):
            file.write(b"1,a,2024-01-01,x\n" * 65_536)
    with pytest.raises(Refused, match=r"bomb.csv.gz unpacks to more than \d+ MB"):
        read([tmp_path / "bomb.csv.gz"], kind="incidents")


def test_a_workbook_bomb_and_formulas_without_values_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 120_000_000)
    with pytest.raises(Refused, match=r"bomb.xlsx unpacks to 120,000,000 bytes"):
        read([tmp_path / "bomb.xlsx"], kind="incidents")
    book = openpyxl.Workbook()
    book.active.append(["id", "title", "started_at"])
    book.active.append([1, "a", "=TODAY()"])
    book.save(tmp_path / "formula.xlsx")
    [problem] = read([tmp_path / "formula.xlsx"], kind="incidents").problems
    assert (problem.row, problem.column, problem.value) == (2, "started_at", "a formula that was never computed")


def test_a_cell_far_away_costs_no_memory_and_is_not_passed_over(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["id", "title", "started_at"])
    book.active.append([1, "a", "2024-01-01"])
    book.active["XFD1048576"] = "far"
    book.save(tmp_path / "far.xlsx")
    with pytest.raises(Refused, match=r"far.xlsx, sheet Sheet: row 1,048,576 stands below 1,048,573 empty rows"):
        read([tmp_path / "far.xlsx"], kind="incidents")


def test_two_sheets_of_data_are_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for sheet in (book.active, book.create_sheet("Second")):
        sheet.append(["id", "title", "started_at"])
        sheet.append([1, "a", "2024-01-01"])
    book.save(tmp_path / "two.xlsx")
    with pytest.raises(Refused, match=r"two.xlsx has tables on several sheets \(Sheet, Second\); name one with"):
        read([tmp_path / "two.xlsx"], kind="incidents")


def test_a_parquet_column_that_is_no_text_is_named(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"title": ["a"], "started_at": ["2024-01-01"], "blob": [b"\xff\xfe"]}), tmp_path / "b.parquet"
    )
    with pytest.raises(Refused, match=r'b\.parquet: the column "blob"'):
        read([tmp_path / "b.parquet"], kind="incidents")


def test_a_garbled_line_of_json_lines_leaves_the_others_alone(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(
        '{"id": 1, "title": "a", "started_at": "2024-01-01"}\n{oops\n\n'
        '{"id": 2, "title": "b", "started_at": "2024-01-01"}\n[1]\n'
    )
    reading = read([tmp_path / "x.jsonl"], kind="incidents")
    assert reading.main["source_id"].tolist() == ["1", "2"]
    assert [(p.row, p.value) for p in reading.problems] == [(2, "{oops"), (5, "[1]")]
    assert reading.read == 4


def test_several_formats_in_a_folder_ask_for_a_choice(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,title,started_at\n1,a,2024-01-01\n")
    (tmp_path / "b.jsonl").write_text('{"id": 1, "title": "a", "started_at": "2024-01-01"}\n')
    with pytest.raises(Refused) as refusal:
        read([tmp_path], kind="incidents")
    assert str(refusal.value) == (
        "Several formats are here: csv (1 file, such as a.csv) and jsonl (1 file, such as b.jsonl); "
        "choose one with --format NAME, or name a narrower path."
    )
    chosen = read([tmp_path], kind="incidents", format="jsonl")
    assert (chosen.source, len(chosen.main), chosen.skipped) == (
        "jsonl",
        1,
        [("a.csv", "a.csv is a delimited table, not jsonl.")],
    )
    both = read([tmp_path], kind="incidents", format="columns", source="desk")
    assert (both.source, len(both.main), both.duplicates) == ("desk", 1, 1)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"format": "wiki"}, 'There is no format "wiki"; known are aws-alarms, aws-deployments, aws-metrics'),
        ({"format": "commits"}, 'The format commits holds changes, not incidents; say "import changes".'),
        ({"better": "up"}, '--better is "up"; it must be high or low.'),
        ({"mapping": Mapping(name="m", kind="changes")}, "The mapping m is for changes, not for incidents."),
        (
            {"mapping": Mapping(name="m", kind="incidents", columns={"title": "Nope"})},
            'x.csv: The mapping m takes title from "Nope"',
        ),
        (
            {"mapping": Mapping(name="m", kind="incidents", columns={"colour": "id"})},
            'x.csv: The mapping m names "colour", which is no column',
        ),
    ],
)
def test_what_cannot_be_asked_for_is_refused(tmp_path: Path, options: dict[str, object], sentence: str) -> None:
    (tmp_path / "x.csv").write_text("id,title,started_at\n1,a,2024-01-01\n")
    with pytest.raises(Refused) as refusal:
        read([tmp_path / "x.csv"], kind="incidents", **options)  # type: ignore[arg-type]
    assert str(refusal.value).startswith(sentence)


def test_a_path_that_does_not_exist_and_a_folder_without_data_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="There is no file or folder"):
        read([tmp_path / "nowhere"], kind="incidents")
    with pytest.raises(Refused, match="No file of incidents is found in"):
        read([tmp_path], kind="incidents")


def test_a_text_where_a_name_belongs_is_refused_by_row(tmp_path: Path) -> None:
    file = tmp_path / "long.csv"
    file.write_text(
        HEADER + f"{'x' * 500},a,2024-01-01,{'s' * 150}\n{'x' * 501},b,2024-01-01,s\n3,c,2024-01-01,{'s' * 151}\n"
    )
    reading = read([file], kind="incidents")
    assert (reading.read, reading.count, reading.refused) == (3, 1, 2)
    assert [(p.row, p.column, p.expected) for p in reading.problems] == [
        (3, "source_id", "a name of at most 500 characters"), (4, "system", "a name of at most 150 characters"),
    ]  # fmt: skip
    with pytest.raises(Refused, match=r"^--source has 101 characters; it may have 100\.$"):
        read([file], kind="incidents", source="n" * 101)
