"""Workbooks of every make are read exactly, and hostile ones are refused in a sentence (trust rows 7 and 8)."""

import datetime as dt
import random
import struct
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from opex.domain.problems import Problem, Refused
from opex.sources import spreadsheets
from opex.sources.records import Records
from opex.sources.spreadsheets import read_workbook, workbook_sheets

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
HEADER = '<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c><c r="B1" t="inlineStr"><is><t>at</t></is></c></row>'
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="164" formatCode="d.m.yyyy"/>'
    '<numFmt numFmtId="165" formatCode="[h]:mm:ss"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="164"/><xf numFmtId="165"/>'
    '<xf numFmtId="31"/></cellXfs></styleSheet>'
)


def sheet_xml(rows: str, after: str = "") -> str:
    start = f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{MAIN}"><sheetData>'
    return f"{start}{rows}</sheetData>{after}</worksheet>"


def package(
    path: Path,
    sheets: Mapping[str, str],
    *,
    strings: str = "",
    properties: str = "",
    extra: Mapping[str, bytes] | None = None,
) -> Path:
    """A workbook written by hand, so that it can be wrong in any way."""
    listed = "".join(f'<sheet name="{t}" sheetId="{n}" r:id="r{n}"/>' for n, t in enumerate(sheets, 1))
    relations = "".join(
        f'<Relationship Id="r{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="a" Type="{OFFICE}/officeDocument" '
        'Target="/xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{properties}'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">{relations}'
        f'<Relationship Id="s" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        f'<Relationship Id="t" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
        "xl/styles.xml": STYLES,
    }
    parts |= {f"xl/worksheets/sheet{n}.xml": xml for n, xml in enumerate(sheets.values(), 1)}
    parts |= extra or {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return path


def by_hand(folder: Path, rows: str, after: str = "", **more: str) -> Path:
    return package(folder / "hand.xlsx", {"Data": sheet_xml(rows, after)}, strings=more.get("strings", ""),
                   properties=more.get("properties", ""))  # fmt: skip


def written(path: Path, *rows: list[object], title: str = "Data") -> Path:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def only(path: Path, sheet: str | None = None) -> Records:
    chunks = list(read_workbook(path, path.name, sheet=sheet))
    assert len(chunks) == 1
    return chunks[0]


def cells(records: Records) -> list[tuple[str | None, ...]]:
    return [tuple(row.values()) for row in records.table.to_pylist()]


def refusal(path: Path, sheet: str | None = None) -> str:
    with pytest.raises(Refused) as refused:
        list(read_workbook(path, path.name, sheet=sheet))
    return str(refused.value)


def naive(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def test_cells_read_as_a_person_sees_them(tmp_path: Path) -> None:
    row = ["0042", "NA", "null", "None", True, 7, 2.0, 0.1, 1e15, 123456789012345, -3.5]
    file = written(tmp_path / "a.xlsx", [f"c{n}" for n in range(len(row))], row)
    assert cells(only(file)) == [
        ("0042", "NA", "null", "None", "true", "7", "2", "0.1", "1000000000000000", "123456789012345", "-3.5")
    ]


def test_dates_times_and_durations_become_iso_text(tmp_path: Path) -> None:
    times = [dt.date(2024, 2, 29), naive("2024-02-29 13:05:30"), naive("2024-02-29 00:00"), dt.time(9, 30),
             dt.timedelta(hours=26, minutes=3), dt.timedelta(seconds=1.5)]  # fmt: skip
    expected = ("2024-02-29", "2024-02-29 13:05:30", "2024-02-29 00:00:00", "09:30:00", "26:03:00", "0:00:01.500")
    file = written(tmp_path / "a.xlsx", [f"c{n}" for n in range(6)], times)
    assert cells(only(file)) == [expected]
    book = openpyxl.load_workbook(file)
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.save(tmp_path / "mac.xlsx")
    assert cells(only(tmp_path / "mac.xlsx")) == [expected]


def test_a_date_is_known_by_its_style_also_in_east_asian_and_german_editions(tmp_path: Path) -> None:
    styled = "".join(f'<row r="{n + 1}"><c r="A{n + 1}" s="{n}"><v>45351.5</v></c></row>' for n in range(1, 6))
    assert cells(only(by_hand(tmp_path, HEADER + styled))) == [
        ("2024-02-29 12:00:00", None),
        ("2024-02-29 12:00:00", None),
        ("2024-02-29 12:00:00", None),
        ("1088436:00:00", None),
        ("2024-02-29 12:00:00", None),
    ]


def test_a_number_that_no_calendar_has_is_an_error_value(tmp_path: Path) -> None:
    rows = '<row r="2"><c r="A2" s="1"><v>-5</v></c></row><row r="3"><c r="A3" s="1"><v>1E+20</v></c></row>'
    assert cells(only(by_hand(tmp_path, HEADER + rows))) == [
        ("\x00######## (-5)", None),
        ("\x00######## (1E+20)", None),
    ]


def test_the_digits_of_a_number_are_those_that_were_typed(tmp_path: Path) -> None:
    numbers = ["1.1000000000000001", "0.30000000000000004", "1.2345678901234568E+16", "12345678901234567890", "1E-7"]
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{number}</v></c></row>' for n, number in enumerate(numbers, 2))
    assert [row[0] for row in cells(only(by_hand(tmp_path, HEADER + rows)))] == [
        "1.1", "0.30000000000000004", "12345678901234568", "12345678901234567890", "1e-07"
    ]  # fmt: skip


def test_error_cells_are_marked_so_that_no_text_can_be_taken_for_one(tmp_path: Path) -> None:
    rows = '<row r="2"><c r="A2" t="e"><v>#REF!</v></c><c r="B2" t="str"><f>A1</f><v>#REF!</v></c></row>'
    assert cells(only(by_hand(tmp_path, HEADER + rows))) == [("\x00#REF!", "#REF!")]


def test_formulas_read_as_their_stored_values_and_without_one_the_cell_failed(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("Data")
        sheet.write_row(0, 0, ["id", "sum"])
        sheet.write(1, 0, "1")
        sheet.write_formula(1, 1, "=1+1", None, 2)
    assert cells(only(file)) == [("1", "2")]
    empty = '<row r="2"><c r="A2" t="str"><f>""</f><v></v></c><c r="B2"><v>1</v></c></row>'
    assert cells(only(by_hand(tmp_path, HEADER + empty))) == [(None, "1")]
    file = written(tmp_path / "b.xlsx", ["id", "at"], [1, "=TODAY()"])
    assert cells(only(file)) == [("1", "\x00a formula that was never computed")]


def test_escaped_characters_are_themselves_and_a_nul_spoils_its_row_only(tmp_path: Path) -> None:
    strings = (
        "<si><t>one_x000D_two</t></si><si><t>_x005F_x000D_</t></si><si><t>a_x0000_b</t></si>"
        "<si><r><t>ri</t></r><r><t>ch</t></r><rPh><t>phonetic</t></rPh></si><si><t>half_xD83D_</t></si>"
        "<si><t>_xD83D__xDE00_</t></si>"
    )
    rows = "".join(
        f'<row r="{n + 2}"><c r="A{n + 2}"><v>{n}</v></c><c r="B{n + 2}" t="s"><v>{n}</v></c></row>' for n in range(6)
    )
    records = only(by_hand(tmp_path, HEADER + rows, strings=strings))
    assert cells(records) == [("0", "one\rtwo"), ("1", "_x000D_"), ("3", "rich"), ("5", "😀")]
    assert records.problems == (
        Problem(file="hand.xlsx", row=4, column="at", value="a_x0000_b", expected="text without a NUL character"),
        Problem(file="hand.xlsx", row=6, column="at", value="half_xD83D_", expected="text without half a character"),
    )
    assert (records.rows, records.places.row_of.tolist()) == (6, [2, 3, 5, 7])


def test_a_value_beyond_the_header_is_a_problem_of_its_row(tmp_path: Path) -> None:
    file = written(tmp_path / "a.xlsx", ["id", "at"], [1, 2], [3, 4, None, "far"], [5, 6])
    records = only(file)
    assert cells(records) == [("1", "2"), ("5", "6")]
    assert records.problems == (
        Problem(
            file="a.xlsx", row=3, column="row", value="far",
            expected="2 fields as in the header (the value stands in column D)",
        ),
    )  # fmt: skip
    assert (records.rows, records.spoiled, records.places.row_of.tolist()) == (3, (("3", "4", "far"),), [2, 4])


def test_the_only_sheet_with_a_table_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active.append(["only words"])
    data = book.create_sheet("Data")
    data.append(["id", "at"])
    data.append([1, 2])
    data.sheet_state = "hidden"
    book.create_sheet("Empty")
    book.create_chartsheet("Chart")
    book.save(tmp_path / "a.xlsx")
    records = only(tmp_path / "a.xlsx")
    assert cells(records) == [("1", "2")]
    assert records.notes == (
        "sheet Notes is not read: it holds no table",
        "sheet Chart is not read: it is a chart",
    )
    assert workbook_sheets(tmp_path / "a.xlsx", "a.xlsx") == ["Data"]
    assert refusal(tmp_path / "a.xlsx", "chart") == "a.xlsx, sheet Chart: it is a chart, not a table."
    assert refusal(tmp_path / "a.xlsx", "Notes") == (
        "a.xlsx, sheet Notes: it holds no table; none of its first 10 rows has two filled cells."
    )


def test_of_several_tables_one_is_asked_for(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for sheet in (book.active, book.create_sheet("Changes 2024")):
        sheet.append(["id", "sheet"])
        sheet.append([1, sheet.title])
    book.save(tmp_path / "a.xlsx")
    file = tmp_path / "a.xlsx"
    assert workbook_sheets(file, "a.xlsx") == ["Sheet", "Changes 2024"]
    assert refusal(file) == "a.xlsx has tables on several sheets (Sheet, Changes 2024); name one with --sheet."
    assert refusal(file, "Incidents") == "a.xlsx has no sheet Incidents; it has Sheet, Changes 2024."
    records = only(file, " changes 2024 ")
    assert (cells(records), records.notes) == (
        [("1", "Changes 2024")],
        ("sheet Sheet is not read: it was not asked for",),
    )


def test_of_many_sheets_twenty_are_named(tmp_path: Path) -> None:
    file = package(tmp_path / "a.xlsx", {f"S{n}": sheet_xml(HEADER) for n in range(30)})
    named = ", ".join(f"S{n}" for n in range(20))
    assert refusal(file) == f"a.xlsx has tables on several sheets ({named} and 10 more); name one with --sheet."
    assert only(file, "s29").notes == (
        *(f"sheet S{n} is not read: it was not asked for" for n in range(20)),
        "9 more sheets are not read",
    )


def test_a_header_without_rows_is_an_empty_table_and_no_header_is_none(tmp_path: Path) -> None:
    records = only(written(tmp_path / "a.xlsx", ["id", "at"]))
    assert (records.columns, records.rows, records.notes) == (["id", "at"], 0, ())
    assert refusal(written(tmp_path / "b.xlsx", ["words"], ["more"])) == (
        "b.xlsx holds no table on any sheet; expected a header of two or more columns and rows below it."
    )


def test_title_lines_above_the_header_are_passed_over_and_named(tmp_path: Path) -> None:
    file = written(
        tmp_path / "a.xlsx", ["Incidents of 2024"], [], [None, "confidential"], ["id", None, "at"], [1, 2, 3]
    )
    records = only(file)
    assert (records.columns, cells(records), records.places.row_of.tolist()) == (
        ["id", "column 2", "at"],
        [("1", "2", "3")],
        [5],
    )
    assert records.notes == ('above the header and not read: row 1 "Incidents of 2024", row 3 "confidential"',)


def test_merged_cells_count_for_each_row_and_for_the_first_column(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["service", "id", "at"], ["api", 1, 2], [None, 3, 4], [None, 5, 6], ["web", 7, 8], ["both", None, 9]):
        sheet.append(row)
    for area in ("A2:A4", "A6:B6", "A7:A200"):
        sheet.merge_cells(area)
    book.save(tmp_path / "a.xlsx")
    records = only(tmp_path / "a.xlsx")
    assert cells(records) == [
        ("api", "1", "2"), ("api", "3", "4"), ("api", "5", "6"), ("web", "7", "8"), ("both", None, "9"),
    ]  # fmt: skip
    assert records.notes == (
        "cells merged over several rows count for each of them: A2:A4, A7:A200",
        "cells merged over several columns count for the first of them: A6:B6",
    )


def test_many_merged_cells_are_counted_and_a_merged_header_is_said(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["id", "at"])
    for number in range(2, 30):
        book.active.append([number, "x"])
    for number in range(3, 25, 2):
        book.active.merge_cells(f"A{number}:A{number + 1}")
    book.active.merge_cells("B1:B2")
    book.save(tmp_path / "a.xlsx")
    assert only(tmp_path / "a.xlsx").notes == (
        "cells merged from the header downwards count for the header in row 1 only: B1:B2",
        "cells merged over several rows count for each of them: A3:A4, A5:A6, A7:A8, A9:A10, A11:A12 and 6 more",
    )


def test_repeated_headers_are_named_apart(tmp_path: Path) -> None:
    file = written(tmp_path / "a.xlsx", ["id", "Labels", "Labels"], [1, "a", "b"])
    assert only(file).table.to_pylist() == [{"id": "1", "Labels": "a", "Labels (2)": "b"}]


def test_a_large_sheet_comes_in_chunks_and_each_record_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[list[object]] = [[n, "x", "far"] if n % 10 == 0 else [n, "x"] for n in range(1, 96)]
    file = written(tmp_path / "a.xlsx", ["id", "word"], *rows)
    chunks = list(read_workbook(file, "a.xlsx", chunk=20))
    assert [chunk.rows for chunk in chunks] == [20, 20, 20, 20, 15]
    numbers = [n for chunk in chunks for n in chunk.places.row_of.tolist()]
    broken = [problem.row for chunk in chunks for problem in chunk.problems]
    assert sorted([*numbers, *broken]) == list(range(2, 97))
    assert broken == [11, 21, 31, 41, 51, 61, 71, 81, 91]
    monkeypatch.setattr(spreadsheets, "MOST_CELLS", 20)
    assert {chunk.rows for chunk in read_workbook(file, "a.xlsx")} == {10, 5}


def test_what_stands_far_below_or_far_right_is_refused_and_not_forgotten(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["id", "at"])
    book.active.append([1, 2])
    book.active["A1048576"] = "far"
    book.save(tmp_path / "below.xlsx")
    assert refusal(tmp_path / "below.xlsx") == (
        "below.xlsx, sheet Sheet: row 1,048,576 stands below 1,048,573 empty rows (the one before it is row 2); "
        "take out the empty rows, or what stands below them."
    )
    del book.active["A1048576"]
    book.active["XFD1"] = "far"
    book.save(tmp_path / "right.xlsx")
    assert refusal(tmp_path / "right.xlsx") == (
        "right.xlsx, sheet Sheet has 16,384 columns; at most 2,000 are read: keep the ones needed."
    )


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ('<row r="5"/><row r="4"/>', "on sheet Data the row 4 stands below row 5"),
        ('<row r="99999999"/>', "on sheet Data the row 99999999 stands below row 1"),
        ('<row r="2"><c r="B2"/><c r="A2"/></row>', "on sheet Data the cell B2 stands before A2 or twice"),
        ('<row r="2"><c r="A2"/><c r="A2"/></row>', "on sheet Data the cell A2 stands before A2 or twice"),
        ('<row r="2"><c r="A7"/></row>', "on sheet Data the cell A2 is followed by one that calls itself A7"),
        ('<row r="2"><c r="ZZZ2"/></row>', "on sheet Data the cell A2 stands before ZZZ2 or twice"),
        ('<row r="2"><c r="A2" t="s"><v>9</v></c></row>', "on sheet Data the cell A2 refers to the text 9 of 0"),
        ('<row r="2"><c r="A2" t="q"><v>9</v></c></row>', "on sheet Data the cell A2 is of the unknown type q"),
        (
            '<row r="2"><c r="A2">',
            "the part xl/worksheets/sheet1.xml is broken XML (mismatched tag: line 1, column 310)",
        ),
    ],
)
def test_a_sheet_that_contradicts_itself_is_refused_with_the_place(tmp_path: Path, rows: str, what: str) -> None:
    sentence = f"hand.xlsx is a damaged workbook: {what}; open it in a spreadsheet program and save it anew."
    said = refusal(by_hand(tmp_path, HEADER + rows))
    assert said.startswith(sentence.split("(mismatched")[0])


def test_cells_without_references_follow_each_other(tmp_path: Path) -> None:
    rows = "<row><c><v>1</v></c><c><v>2</v></c></row><row><c/><c><v>3</v></c></row>"
    records = only(by_hand(tmp_path, HEADER + rows))
    assert (cells(records), records.places.row_of.tolist()) == ([("1", "2"), (None, "3")], [2, 3])


def test_a_number_that_is_none_is_a_problem_of_its_row(tmp_path: Path) -> None:
    rows = '<row r="2"><c r="A2"><v>abc</v></c></row><row r="3"><c r="A3"><v>1E999</v></c></row>'
    records = only(by_hand(tmp_path, HEADER + rows))
    assert [(p.row, p.column, p.value, p.expected) for p in records.problems] == [
        (2, "id", "abc", "a number, as the cell's type says"),
        (3, "id", "1E999", "a finite number"),
    ]


def test_prefixed_and_strict_markup_and_xlsm_are_read_alike(tmp_path: Path) -> None:
    sheet = (
        '<x:worksheet xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main"><x:sheetData><x:row r="1">'
        '<x:c r="A1" t="str"><x:v>id</x:v></x:c><x:c r="B1" t="str"><x:v>at</x:v></x:c></x:row><x:row r="2">'
        '<x:c r="A2" t="b"><x:v>0</x:v></x:c><x:c r="B2" t="d"><x:v>2024-02-29T10:00:00</x:v></x:c></x:row>'
        '</x:sheetData><x:drawing><xdr:row xmlns:xdr="urn:x">7</xdr:row></x:drawing></x:worksheet>'
    )
    assert cells(only(package(tmp_path / "a.xlsm", {"Data": sheet}))) == [("false", "2024-02-29T10:00:00")]


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"]
)
@pytest.mark.parametrize(
    "doctype", [LAUGHS, '<!DOCTYPE x SYSTEM "file:///etc/passwd">', f"{' ' * 2_000_000}<!DOCTYPE x>"]
)
def test_entities_are_never_expanded_wherever_they_are_declared(tmp_path: Path, part: str, doctype: str) -> None:
    file = package(tmp_path / "a.xlsx", {"D": sheet_xml(HEADER)}, extra={part: f"{doctype}<x/>".encode()})
    assert refusal(file) == (
        f"a.xlsx declares a document type in its part {part}, as only an attack does; save it anew as .xlsx."
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "iso-8859-1"])
def test_another_encoding_hides_nothing(tmp_path: Path, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE x><x/>'
    file = package(tmp_path / "a.xlsx", {"D": sheet_xml(HEADER)}, extra={"xl/styles.xml": text.encode(encoding)})
    assert refusal(file) == (
        "a.xlsx is a damaged workbook: the part xl/styles.xml is not UTF-8; "
        "open it in a spreadsheet program and save it anew."
    )


def test_texts_beyond_memory_and_endless_words_are_refused(tmp_path: Path) -> None:
    si = "<si><t>" + "a b" * 300_000 + "</t></si>"
    noise = random.Random(1).randbytes(1_000_000)
    file = package(tmp_path / "a.xlsx", {"D": sheet_xml(HEADER)}, strings=si * 120, extra={"xl/media/x.bin": noise})
    assert refusal(file) == "a.xlsx holds more than 98 MB of text; save the table as CSV."
    file = package(tmp_path / "b.xlsx", {"D": sheet_xml(f'<row spans="{"1" * 5_000_000}"/>')})
    assert refusal(file) == (
        "b.xlsx is a damaged workbook: the part xl/worksheets/sheet1.xml holds a piece of more than 4,194,304 bytes; "
        "open it in a spreadsheet program and save it anew."
    )
    cell = f'<row><c t="str"><v>{"ab" * 600_000}</v></c></row>'
    assert refusal(package(tmp_path / "c.xlsx", {"D": sheet_xml(cell)})).startswith(
        "c.xlsx is a damaged workbook: on sheet D the cell A1 holds more than 1,000,000 characters"
    )


NOT_A_WORKBOOK = "not a workbook; save its table as .xlsx or CSV."


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (
            {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"},
            "is an OpenDocument sheet; save it as .xlsx or CSV.",
        ),
        (
            {"mimetype": b"application/vnd.oasis.opendocument.text"},
            f"is an OpenDocument file, {NOT_A_WORKBOOK}",
        ),
        ({"[Content_Types].xml": b"", "word/document.xml": b""}, f"is a Word document, {NOT_A_WORKBOOK}"),
        ({"ppt/presentation.xml": b""}, f"is a PowerPoint presentation, {NOT_A_WORKBOOK}"),
        ({"xl/workbook.bin": b""}, "is a binary workbook (.xlsb); save it as .xlsx or CSV."),
        ({"Index/Document.iwa": b""}, "is a Numbers document; export it as .xlsx or CSV."),
        ({"a.csv": b"id"}, "is a zip archive, not a workbook; unpack it and load the files inside."),
        ({"xl/workbook.xml": b"<workbook/>"}, "is a workbook without sheets; save it anew as .xlsx."),
        (
            {"xl/styles.xml": b""},
            "is a damaged workbook: the part xl/workbook.xml is missing; "
            "open it in a spreadsheet program and save it anew.",
        ),
        (
            dict.fromkeys((f"xl/{n}" for n in range(10_001)), b""),
            "is a zip of more than 10,000 parts; save the table as CSV.",
        ),
        (
            {"xl/a": b"0" * 120_000_000},
            "unpacks to 120,000,000 bytes, over 100 times what it has on disk, as a bomb does; save the table as CSV.",
        ),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_another_kind_of_zip_is_called_what_it_is(tmp_path: Path, parts: dict[str, bytes], sentence: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    assert refusal(tmp_path / "a.xlsx") == f"a.xlsx {sentence}"


def test_rubbish_encrypted_overlapping_and_doubled_zips_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    file.write_bytes(b"PK\x03\x04rubbish")
    assert refusal(file) == "a.xlsx is a damaged workbook: its zip cannot be opened; save it again as .xlsx."
    assert refusal(tmp_path / "none.xlsx") == "none.xlsx cannot be read: No such file or directory."
    good = written(file, ["id", "at"], [1, 2]).read_bytes()
    start = good.index(b"PK\x01\x02")
    file.write_bytes(good[: start + 8] + b"\x01" + good[start + 9 :])
    assert refusal(file) == "a.xlsx is encrypted; save it without a password."
    second = good.index(b"PK\x01\x02", start + 4)
    file.write_bytes(good[: second + 42] + struct.pack("<I", 0) + good[second + 46 :])
    assert refusal(file) == "a.xlsx is a zip whose parts overlap, as in a bomb; save the table as CSV."
    file.write_bytes(good)
    with zipfile.ZipFile(file, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("xl/Workbook.xml", "<workbook/>")
    assert refusal(file) == ("a.xlsx is a damaged workbook: two of its parts have one name; save it anew as .xlsx.")


def is_refused(file: Path) -> bool:
    try:
        list(read_workbook(file, file.name))
    except Refused as refused:
        return str(refused).startswith(file.name)
    return False


def test_hundreds_of_damaged_workbooks_are_read_or_refused_in_a_sentence(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["id", "at", "word", "share"])
    for number in range(20):
        book.active.append([f"{number:03}", naive("2024-01-01 10:00"), f"wörd {number % 3}", number / 7])
    book.active.merge_cells("C3:C5")
    book.save(tmp_path / "good.xlsx")
    with zipfile.ZipFile(tmp_path / "good.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    whole = (tmp_path / "good.xlsx").read_bytes()
    chance, file, refused = random.Random(7), tmp_path / "bad.xlsx", 0
    for turn in range(500):
        if turn % 4 == 0:
            damaged = bytearray(whole)
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            file.write_bytes(damaged)
        else:
            hit = chance.choice([name for name in parts if name.startswith(("xl/", "_rels"))])
            data = bytearray(parts[hit])
            for _ in range(chance.randrange(1, 4)):
                data[chance.randrange(len(data))] = chance.choice(b'<>&"/= 09aZ\x00\xff')
            with zipfile.ZipFile(file, "w") as archive:
                for name, content in parts.items():
                    archive.writestr(name, bytes(data) if name == hit else content)
        refused += is_refused(file)
    assert refused > 100
