"""What is exported is what is seen, and nothing in it runs."""

import csv
import io
import json
import math
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import openpyxl
import pandas as pd
import pytest
from markdown_it import MarkdownIt

from opex.domain.priorities import Priority
from opex.domain.problems import Refused
from opex.domain.safe import WORD_JOINER, cell, plain
from opex.export import FORMATS, file_name, rank_document, render
from tests.export import builders as b
from tests.export.formulas import FORMULAS

TEXT_COLUMNS = (
    "opportunity", "why", "action", "owner", "system", "environment",
    "moved: reason", "moved: in words", "moved: by", "id",
)  # fmt: skip
ACTIVE = {
    "link_open",
    "image",
    "html_inline",
    "html_block",
    "code_inline",
    "code_block",
    "fence",
    "s_open",
    "em_open",
}


def exported(kind: str, priorities: Any = None, **more: Any) -> bytes:
    return render(priorities or b.small_example(), kind, made_at=b.MADE_AT, **more)


def csv_rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def typed(value: Any) -> Any:
    """A text as Excel shows it: control characters stand in the file as _xHHHH_, which openpyxl leaves."""
    return re.sub(r"_x(00[01][0-9A-F])_", lambda found: chr(int(found[1], 16)), value) if value else value


def parts(content: bytes) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            yield name, archive.read(name).decode()


# --- formulas -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_a_plain_text_in_excel(text: str) -> None:
    content = exported("xlsx", b.all_texts_are(text), incidents={text: b.incidents_of(text)})
    book = opened(content)
    header, row = book["Priorities"].iter_rows(max_row=2)
    found = {name.value: one for name, one in zip(header, row, strict=True)}
    assert {name: typed(found[name].value) for name in TEXT_COLUMNS} == dict.fromkeys(TEXT_COLUMNS, text)
    assert {found[name].data_type for name in TEXT_COLUMNS} == {"s"}
    assert typed(book["Evidence"]["D2"].value) == text
    assert typed(book["How it was computed"]["B4"].value) == text
    assert not [cell for sheet in book for cells in sheet for cell in cells if cell.data_type == "f" or cell.hyperlink]
    for name, xml in parts(content):
        assert "externalLink" not in name
        assert not (name.startswith("xl/worksheets/") and re.search(r"<f[ >]|<hyperlink", xml))


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_comes_back_from_csv_as_it_was(text: str) -> None:
    header, row = csv_rows(exported("csv", b.all_texts_are(text)))
    found = dict(zip(map(plain, header), row, strict=True))
    assert {name: plain(found[name]) for name in TEXT_COLUMNS} == dict.fromkeys(TEXT_COLUMNS, text)
    assert (plain(found["filters"]), plain(found["workspace"])) == (text, text)
    assert [cell(plain(value)) for value in header + row] == header + row


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_comes_back_from_json_as_it_was(text: str) -> None:
    document = json.loads(exported("json", b.all_texts_are(text)))
    item = document["opportunities"][0]
    assert [item[name] for name in ("title", "why", "action", "owner", "system", "environment", "id")] == [text] * 7
    assert (document["filters"], item["move"]["words"], item["move"]["person"]) == (text, text, text)


HOSTILE = ["![x](https://evil.example/p.png)", "<script>alert(1)</script>", "a | b\n# c\n\n- d", "[x](y) `z` <b>"]


@pytest.mark.parametrize("text", FORMULAS + HOSTILE)
def test_no_text_is_active_in_markdown(text: str) -> None:
    content = exported("markdown", b.all_texts_are(text)).decode()
    blocks = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(content)
    inline = [token for block in blocks for token in [block, *(block.children or [])]]
    assert not {token.type for token in inline} & ACTIVE
    assert [token.tag for token in blocks if token.type == "heading_open"] == ["h1", "h2", "h2"]
    assert [token.type for token in blocks].count("tr_open") == 2 + 4
    assert not {token.type for token in blocks} & {"bullet_list_open", "ordered_list_open", "hr"}
    title = next(block for block in blocks if block.type == "inline" and block.content.startswith("2. "))
    said = "".join(token.content for token in title.children or []).replace(WORD_JOINER, "")
    assert said.split() == ["2.", *text.replace(WORD_JOINER, "").split()]


# --- whole files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "markdown", "json"])
def test_the_small_example_reads_as_agreed(kind: str) -> None:
    b.assert_golden(f"priorities.{FORMATS[kind].extension}", exported(kind))


def test_the_json_document_is_the_one_of_rank() -> None:
    document = json.loads(exported("json"))
    assert document.pop("exported_at") == "2026-07-01T09:30:00Z"
    assert document == rank_document(b.small_example())


def test_contributions_add_up_to_the_score_in_json() -> None:
    for item in rank_document(b.small_example())["opportunities"]:
        assert math.isclose(sum(item["contributions"].values()), item["score"])


def test_instants_of_other_zones_are_written_in_utc() -> None:
    elsewhere = replace(b.small_example(), as_of=datetime(2026, 6, 30, 2, tzinfo=timezone(timedelta(hours=2))))
    assert rank_document(elsewhere) == rank_document(b.small_example())
    assert exported("xlsx", elsewhere) == exported("xlsx")


def test_an_instant_without_a_zone_is_a_bug() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        rank_document(replace(b.small_example(), as_of=datetime(2026, 6, 30)))  # noqa: DTZ001


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_input_gives_the_same_bytes(kind: str) -> None:
    assert exported(kind) == exported(kind)


def test_a_format_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Refused, match='An export is one of csv, xlsx, markdown, json; this is "pdf"'):
        exported("pdf")


def test_a_missing_or_infinite_number_never_appears() -> None:
    odd = b.flagged()
    odd = replace(
        odd,
        score=math.nan,
        values={"hours_lost": math.inf, "growth": None, "audit": math.nan},
        contributions={"hours_lost": -math.inf},
        evidence=replace(odd.evidence, hours_lost=math.nan, hours_low=math.inf, hours_likely=math.nan),
        opportunity=replace(odd.opportunity, effort_days=0),
    )
    priorities = replace(b.small_example(), items=(odd,))
    item = json.loads(exported("json", priorities), parse_constant=pytest.fail)["opportunities"][0]
    assert (item["score"], item["value_for_effort"], item["evidence"]["hours_lost"]) == (None, None, None)
    texts = [exported(kind, priorities).decode().lower() for kind in ("csv", "markdown", "json")]
    texts += [xml.lower() for name, xml in parts(exported("xlsx", priorities)) if name.startswith("xl/worksheets/")]
    assert not [text for text in texts if re.search(r"\b(nan|inf|infinity)\b|#num|#div", text)]


# --- the report's first sentence ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        (
            replace(b.flagged(), rank=1),
            "**Put checkout deploys behind a flag** comes first: it would bring back 80 to 160 hours a year for "
            "20 days of work.",
        ),
        (
            b.unrated(),
            "**\\-1 click rollback** comes first of those shown, at rank 3: no incident of the 12 months stands behind "
            "it, so its benefit is not known; its effort is not stated yet.",
        ),
    ],
)
def test_the_report_begins_with_the_answer(item: Priority, sentence: str) -> None:
    report = exported("markdown", replace(b.small_example(), items=(item,))).decode()
    assert report.split("\n\n")[1] == sentence


def test_the_report_says_where_the_length_of_incidents_is_unknown() -> None:
    item = replace(b.flagged(), why="They recur", evidence=b.evidence(lasting_hours_unknown=4))
    report = exported("markdown", replace(b.small_example(), items=(item,))).decode()
    assert "**Why.** They recur. How long they lasted is unknown for 4 of its 31 incidents." in report


# --- empty --------------------------------------------------------------------------------------------------


def test_an_empty_list_still_says_what_was_asked() -> None:
    header, *rows = csv_rows(exported("csv", b.nothing_shown()))
    origin = [
        "2026-06-30T00:00:00Z", "default v7", "system is checkout, kafka or none; status is not done",
        "2026-07-01T09:30:00Z", "Shop operations", "0 of 46 opportunities",
    ]  # fmt: skip
    assert rows == [[""] * (len(header) - 6) + origin]
    report = exported("markdown", b.nothing_shown()).decode()
    assert "No opportunity passes the filters." in report
    assert "| # | opportunity | why |" in report
    book = opened(exported("xlsx", b.nothing_shown(), incidents={}))
    assert [sheet.max_row for sheet in (book["Priorities"], book["Evidence"])] == [1, 1]
    assert book["How it was computed"]["B3"].value == "0 of 46 opportunities"
    assert rank_document(b.nothing_shown())["opportunities"] == []


# --- CSV ----------------------------------------------------------------------------------------------------


def test_csv_opens_in_excel_as_it_is_and_in_pandas() -> None:
    content = exported("csv")
    assert content.startswith(b"\xef\xbb\xbfrank,computed rank,opportunity,why,action,benefit low (hours a year)")
    assert content.count(b"\r\n") == 4
    frame = pd.read_csv(io.BytesIO(content))
    assert frame["rank"].tolist() == [1, 2, 3]
    assert frame["action"][0] == "Scale consumers\nbefore the night batch"
    assert frame["Hours lost (hours a year)"].tolist()[:2] == [40.0, 119.925]
    assert frame["opportunity"][2] == "'-1 click rollback"


def test_a_negative_number_stays_a_number_in_csv() -> None:
    shrinking = replace(b.flagged(), values={"growth": -12.5})
    header, row = csv_rows(exported("csv", replace(b.small_example(), items=(shrinking,))))
    assert row[header.index("Growth (% a quarter)")] == "-12.5"


# --- XLSX ---------------------------------------------------------------------------------------------------


def test_the_workbook_shows_the_list_with_real_numbers() -> None:
    sheet = opened(exported("xlsx"))["Priorities"]
    rows = [dict(zip([c.value for c in sheet[1]], [c.value for c in row], strict=True)) for row in sheet.iter_rows(2)]
    assert rows[1] == {
        "rank": 2,
        "computed rank": 1,
        "opportunity": "Put checkout deploys behind a flag",
        "why": "14 of 31 incidents follow a deploy within 2 h (chance would give 4).",
        "action": "Put every checkout deployment behind a flag.",
        "benefit low (hours a year)": 79.95,
        "benefit likely (hours a year)": 119.925,
        "benefit high (hours a year)": 159.9,
        "removes low (%)": 30,
        "removes likely (%)": 45,
        "removes high (%)": 60,
        "effort (days)": 20,
        "value for effort (hours a year per day)": pytest.approx(5.99625),
        "owner": "Ana Ng",
        "status": "accepted",
        "system": "checkout",
        "environment": "production",
        "incidents (12 months)": 31,
        "hours lost (12 months)": 266.5,
        "score (0-100)": 67.5,
        "drivers rated": "3 of 3",
        "rank, best of 90 % of draws": 1,
        "rank, worst of 90 % of draws": 4,
        "among the first 3 (% of draws)": 90,
        "moved: reason": None,
        "moved: in words": None,
        "moved: by": None,
        "Hours lost (hours a year)": 119.925,
        "Growth (% a quarter)": 20,
        "Audit findings (level)": 3,
        "Hours lost: contribution (points)": 30,
        "Growth: contribution (points)": 22.5,
        "Audit findings: contribution (points)": 15,
        "id": "area-checkout-deploy",
    }
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet["A2"].font.b) == ("D2", "A1:AH4", True)
    assert sheet["C2"].alignment.wrap_text
    assert sheet["C2"].quotePrefix


def test_the_workbook_says_how_it_was_computed() -> None:
    sheet = opened(exported("xlsx"))["How it was computed"]
    rows = [[one.value for one in row if one.value is not None] for row in sheet.iter_rows()]
    said = {row[0]: row[1:] for row in rows if row}
    assert said["Shown"] == ["3 of 46 opportunities"]
    assert said["Filters"] == ["system is checkout, kafka or none; status is not done"]
    assert said["As of (UTC)"] == [datetime(2026, 6, 30)]  # noqa: DTZ001
    assert said["Exported at (UTC)"] == [datetime(2026, 7, 1, 9, 30)]  # noqa: DTZ001
    assert said["Growth"] == [
        "How fast the trouble grows.", "desired capability", "growth", "% a quarter", 0, 40,
        "steps: 0 from 0 on, 0.5 from 10 on, 0.75 from 20 on, 1 from 40 on", 30,
    ]  # fmt: skip
    assert said["Bo"] == [
        "Kafka consumer lag | nights",
        "promised to somebody",
        "Promised to *payments* for July",
        1,
        2,
    ]
    assert "is no forecast" in said["Replay"][0]


def test_the_workbook_holds_one_row_an_incident() -> None:
    frames = {"area-checkout-deploy": b.incidents_of(), "not-shown": b.incidents_of()}
    sheet = opened(exported("xlsx", incidents=frames))["Evidence"]
    title = "Put checkout deploys behind a flag"
    assert [[one.value for one in row] for row in sheet.iter_rows(2)] == [
        [2, title, "jira:007", "Checkout times out", "Checkout times out", "production",
         datetime(2026, 3, 1, 12, 30), 2.5, "area-checkout-deploy"],  # noqa: DTZ001
        [2, title, "jira:Checkout times out", "Search is slow", None, "unknown", None, None, "area-checkout-deploy"],
    ]  # fmt: skip
    assert sheet["G2"].is_date


def test_more_incidents_than_a_sheet_has_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opex.export.workbook.ROWS", 1)
    with pytest.raises(Refused, match="The evidence has 2 rows and a sheet has room for 1: filter the list first"):
        exported("xlsx", incidents={"area-checkout-deploy": b.incidents_of()})


def test_a_workbook_without_evidence_has_two_sheets() -> None:
    assert opened(exported("xlsx")).sheetnames == ["Priorities", "How it was computed"]


def test_the_workbook_was_made_when_the_export_was_made() -> None:
    made = opened(exported("xlsx")).properties
    assert (made.created, made.modified, made.creator) == (b.MADE_AT.replace(tzinfo=None),) * 2 + ("opex",)


def test_a_text_too_long_for_a_cell_is_cut_and_says_so() -> None:
    long = replace(b.flagged(), why="x" * 40_000)
    value = opened(exported("xlsx", replace(b.small_example(), items=(long,))))["Priorities"]["D2"].value
    assert value == "x" * 32_766 + "…"


# --- names --------------------------------------------------------------------------------------------------


def test_a_file_is_named_after_its_day_its_drivers_and_its_own_id() -> None:
    assert file_name(b.small_example(), "xlsx", export_id="k3x9") == "opex-priorities-2026-06-30-default-v7-k3x9.xlsx"
    assert file_name(b.small_example(), "markdown", export_id="k3x9").endswith("-k3x9.md")


def test_no_two_exports_share_a_name() -> None:
    names = {file_name(b.small_example(), kind, export_id=str(n)) for kind in FORMATS for n in range(100)}
    assert len(names) == 400


@pytest.mark.parametrize("text", [*FORMULAS, "../../etc/passwd", "Größe & Co", "x" * 300, "  "])
def test_a_name_holds_safe_characters_only(text: str) -> None:
    name = file_name(b.all_texts_are(text), "csv", export_id="A_b-1")
    assert re.fullmatch(r"opex-priorities-2026-06-30-[a-z0-9-]{1,40}-v7-A_b-1\.csv", name)


@pytest.mark.parametrize("export_id", ["", "a/b", "..", "a b", "x" * 65, "a\n"])
def test_an_id_that_cannot_stand_in_a_name_is_a_bug(export_id: str) -> None:
    with pytest.raises(ValueError, match="cannot stand in a file name"):
        file_name(b.small_example(), "csv", export_id=export_id)


def test_the_password_of_a_workspace_address_is_left_out() -> None:
    leaking = replace(b.small_example(), workspace="postgresql://ana:s3cret@db.example/opex")
    for kind in FORMATS:
        content = exported(kind, leaking)
        texts = [xml for _, xml in parts(content)] if kind == "xlsx" else [content.decode()]
        assert not [text for text in texts if "s3cret" in text]
