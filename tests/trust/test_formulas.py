"""Trust row 14: what a spreadsheet would run goes in as a title and comes out as text, in every format."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
from markdown_it import MarkdownIt

from opex.domain.decisions import Described, Moved
from opex.domain.priorities import Priorities
from opex.domain.safe import cell, plain
from opex.services import exporting, prioritising, reviewing
from opex.services.context import Context, Speaker
from opex.store import facts
from tests.export.formulas import FORMULAS
from tests.trust import builders as b

Figure = Callable[[str], None]
ACTIVE = {"link_open", "image", "html_inline", "html_block", "code_inline", "code_block", "fence", "s_open", "em_open"}


def full_of_formulas(context: Context, folder: Path) -> Priorities:
    """Every formula as title, system and description of incidents, and as an opportunity's title, action and more."""
    rows = [
        {**row, "title": text, "services": text, "description": text}
        for number, text in enumerate(FORMULAS)
        for row in b.incidents(10 * number, 10 * number + 7)
    ]
    (folder / "incidents.json").write_text(json.dumps(rows))
    report = b.load(context, folder / "incidents.json")
    assert (report.read, report.loaded) == (len(rows), len(rows))
    change = {"id": "C1", "title": "Deploy", "system": "api", "started_at": "2026-05-01T10:00Z"}
    b.load(context, b.written(folder / "change.csv", [change]), "changes")
    for number, text in enumerate(FORMULAS):
        made = b.propose(context, number, title=text, action=text, system=text)
        reviewing.say(context, made, Described(owner=text), Speaker(person=b.ANA, request_id=f"owner {number}"))
        moved = Moved(to=number + 1, reason="other", words=text)
        reviewing.say(context, made, moved, Speaker(person=b.ANA, request_id=f"move {number}"))
    order = prioritising.priorities(context)
    assert isinstance(order, Priorities)
    return order


def exported(context: Context, seen: Priorities, kind: str) -> bytes:
    return exporting.export(context, seen, kind)[1]


def test_no_formula_leaves_in_any_format_and_every_text_comes_back(
    both_contexts: Context, tmp_path: Path, figure: Figure
) -> None:
    order = full_of_formulas(both_contexts, tmp_path)
    kept = facts.read(both_contexts.database, "incidents")["title"]
    assert {title.strip() for title in kept} == {text.strip() for text in FORMULAS}
    by_hand = [item for item in order.items if item.opportunity.by_hand]
    found = [item for item in order.items if not item.opportunity.by_hand]
    assert [item.opportunity.title for item in by_hand] == FORMULAS
    assert len(found) > 0  # titles of incidents become titles of candidates

    titles = [item.opportunity.title for item in order.items]
    assert in_csv(exported(both_contexts, order, "csv")) == titles
    assert in_json(exported(both_contexts, order, "json")) == titles
    assert in_workbook(exported(both_contexts, order, "xlsx")) == titles
    assert active_in_markdown(exported(both_contexts, order, "markdown")) == set()
    figure(
        f"{both_contexts.database.engine.dialect.name}: {len(FORMULAS)} formulas through load, find, propose, rank and "
        f"4 exports ({len(order.items)} rows): 0 formulas, all texts back"
    )


def in_csv(content: bytes) -> list[str]:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert all(cell(plain(value)) == value or is_number(value) for row in rows for value in row)
    column = rows[0].index("opportunity")
    return [plain(row[column]) for row in rows[1:]]


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def in_json(content: bytes) -> list[str]:
    return [row["title"] for row in json.loads(content)["opportunities"]]


def in_workbook(content: bytes) -> list[str]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for sheet in book for row in sheet for cell in row]
    assert [cell.coordinate for cell in cells if cell.data_type == "f" or cell.hyperlink] == []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not [name for name in archive.namelist() if "externalLink" in name]
        assert not [n for n in archive.namelist() if n.startswith("xl/worksheets/") and b"<f>" in archive.read(n)]
    header, *rows = book["Priorities"].iter_rows(values_only=True)
    column = [str(name).casefold() for name in header].index("opportunity")
    return [unescaped(str(row[column])) for row in rows if row[column] is not None]


def unescaped(text: str) -> str:
    """What Excel shows for the escapes of a workbook's XML."""
    return re.sub(r"_x(00[01][0-9A-F])_", lambda found: chr(int(found[1], 16)), text)


def active_in_markdown(content: bytes) -> set[str]:
    blocks = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(content.decode())
    return {token.type for block in blocks for token in [block, *(block.children or [])]} & ACTIVE
