"""The list as an Excel workbook: the priorities, how they were computed, and the evidence."""

import io
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from opex.domain.priorities import Priorities, Priority
from opex.domain.problems import Refused
from opex.export import words
from opex.export.columns import Kind, columns
from opex.export.words import Value, finite

ROWS = 1_048_575  # below the header
CHARACTERS = 32_767  # in one cell
WIDTHS: dict[Kind, int] = {"rank": 7, "whole": 11, "number": 12, "text": 16, "words": 44}
EVIDENCE_HEADERS = {
    "rank": 7,
    "opportunity": 44,
    "incident": 24,
    "title": 60,
    "system": 18,
    "environment": 14,
    "started at (UTC)": 17,
    "hours lost": 12,
    "opportunity id": 24,
}
_SAFE: dict[str, Any] = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
# A text that begins with = stays a text when somebody edits the cell: that is what quote_prefix is for.
_TEXT: dict[str, Any] = {"valign": "top", "quote_prefix": True, "text_wrap": True}
_STYLES: dict[str, dict[str, Any]] = {
    "header": {
        "bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#E8EAED", "bottom": 1,
        "quote_prefix": True,
    },
    "title": {"bold": True, "font_size": 14},
    "label": {"bold": True, "valign": "top"},
    "text": _TEXT,
    "words": _TEXT,
    "rank": {"bold": True, "valign": "top", "align": "center", "num_format": "0"},
    "whole": {"valign": "top", "num_format": "#,##0"},
    "number": {"valign": "top", "num_format": "#,##0.0"},
    "exact": {"valign": "top", "num_format": "General"},
    "time": {"valign": "top", "align": "left", "num_format": "yyyy-mm-dd hh:mm"},
}  # fmt: skip
Styles = dict[str, Format]


def write_xlsx(priorities: Priorities, made_at: datetime, incidents: dict[str, pd.DataFrame] | None = None) -> bytes:
    """Write the workbook. The same input gives the same bytes, since it is created at ``made_at``.

    Numbers are numbers, times are date cells in UTC, people's text is always text and never a formula or a link.
    A text longer than a cell can hold ends in an ellipsis.

    Raises
    ------
    Refused
        When the evidence has more rows than a sheet.
    """
    buffer = io.BytesIO()
    rows = None if incidents is None else _evidence(priorities.items, incidents)
    with xlsxwriter.Workbook(buffer, _SAFE) as book:
        book.set_properties(
            {"title": "Priorities", "author": "opex", "created": words.utc(made_at).replace(tzinfo=None)}
        )
        styles = {name: book.add_format(style) for name, style in _STYLES.items()}
        _write_list(book.add_worksheet("Priorities"), priorities, styles)
        _write_method(book.add_worksheet("How it was computed"), priorities, made_at, styles)
        if rows is not None:
            _write_evidence(book.add_worksheet("Evidence"), rows, styles)
    return buffer.getvalue()


def _write_list(sheet: Worksheet, priorities: Priorities, styles: Styles) -> None:
    listed = columns(priorities.drivers)
    for at, column in enumerate(listed):
        sheet.set_column(at, at, WIDTHS[column.kind])
        _write(sheet, 0, at, column.header, styles["header"], styles)
        for row, item in enumerate(priorities.items, start=1):
            _write(sheet, row, at, column.value(item), styles[column.kind], styles)
    _as_table(sheet, rows=len(priorities.items), width=len(listed), frozen=3)


def _write_method(sheet: Worksheet, priorities: Priorities, made_at: datetime, styles: Styles) -> None:
    for at, width in enumerate((24, 80, 22, 22, 16, 14, 14, 16, 11)):
        sheet.set_column(at, at, width)
    sheet.write_string(0, 0, "How it was computed", styles["title"])
    row = _write_pairs(sheet, 2, words.statement(priorities, made_at), styles)
    row = _write_pairs(sheet, row + 1, words.method(priorities.drivers), styles)
    row = _write_table(sheet, row + 1, words.DRIVER_HEADERS, words.driver_rows(priorities.drivers), styles)
    _write_adjustments(sheet, row + 1, priorities, styles)


def _write_adjustments(sheet: Worksheet, row: int, priorities: Priorities, styles: Styles) -> None:
    adjusted: list[tuple[Value, ...]] = [
        (move.person, item.opportunity.title, words.move_reason(move), move.words, item.rank, item.computed_rank)
        for item, move in words.moved(priorities.items)
    ]
    headers = ("Moved by", "Opportunity", "Reason", "In words", "Rank", "Computed rank")
    if adjusted:
        row = _write_table(sheet, row, headers, adjusted, styles) + 1
    else:
        row = _write_pairs(sheet, row, [("Adjustments", "None of the opportunities shown was moved.")], styles)
    struck: list[tuple[Value, ...]] = [
        (strike.person, item.opportunity.title, strike.incident, strike.reason)
        for item in priorities.items
        for strike in item.opportunity.strikes
    ]
    if struck:
        row = _write_table(sheet, row, ("Struck by", "Opportunity", "Incident", "Reason"), struck, styles) + 1
    if priorities.replay is not None:
        _write_pairs(sheet, row, [("Replay", words.replayed(priorities.replay))], styles)


def _write_pairs(sheet: Worksheet, row: int, pairs: Any, styles: Styles) -> int:
    for label, value in pairs:
        zone = " (UTC)" if isinstance(value, datetime) else ""
        sheet.write_string(row, 0, label + zone, styles["label"])
        _write(sheet, row, 1, value, styles["text"], styles)
        row += 1
    return row


def _write_table(
    sheet: Worksheet, row: int, headers: tuple[str, ...], rows: list[tuple[Value, ...]], styles: Styles
) -> int:
    for at, header in enumerate(headers):
        sheet.write_string(row, at, header, styles["header"])
    for below, values in enumerate(rows, start=row + 1):
        for at, value in enumerate(values):
            style = "text" if isinstance(value, str) else "exact"
            _write(sheet, below, at, value, styles[style], styles)
    return row + 1 + len(rows)


def _evidence(items: tuple[Priority, ...], incidents: dict[str, pd.DataFrame]) -> list[tuple[Value, ...]]:
    found = [(item, incidents[item.id]) for item in items if item.id in incidents]
    total = sum(len(frame) for _, frame in found)
    if total > ROWS:
        raise Refused(f"The evidence has {total:,} rows and a sheet has room for {ROWS:,}: filter the list first.")
    return [_incident(item, row) for item, frame in found for row in frame.to_dict("records")]


def _incident(item: Priority, row: dict[Any, Any]) -> tuple[Value, ...]:
    known = {name: None if pd.isna(value) else value for name, value in row.items()}
    started, hours = known.get("started_at"), known.get("hours_lost")
    return (
        item.rank,
        item.opportunity.title,
        f"{known['source']}:{known['source_id']}",
        known.get("title"),
        known.get("system"),
        known.get("environment"),
        None if started is None else started.to_pydatetime(warn=False),
        None if hours is None else finite(float(hours)),
        item.id,
    )


def _write_evidence(sheet: Worksheet, rows: list[tuple[Value, ...]], styles: Styles) -> None:
    kinds = ("rank", "words", "text", "words", "text", "text", "time", "number", "text")
    for at, (header, width) in enumerate(EVIDENCE_HEADERS.items()):
        sheet.set_column(at, at, width)
        sheet.write_string(0, at, header, styles["header"])
    for below, row in enumerate(rows, start=1):
        for at, (kind, value) in enumerate(zip(kinds, row, strict=True)):
            _write(sheet, below, at, value, styles[kind], styles)
    _as_table(sheet, rows=len(rows), width=len(kinds), frozen=2)


def _as_table(sheet: Worksheet, *, rows: int, width: int, frozen: int) -> None:
    sheet.freeze_panes(1, frozen)
    sheet.autofilter(0, 0, rows, width - 1)
    sheet.set_row(0, 46)
    sheet.set_landscape()
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 0)


def _write(sheet: Worksheet, row: int, at: int, value: Value, style: Format, styles: Styles) -> None:
    if value is None or value == "":
        sheet.write_blank(row, at, None, style)
    elif isinstance(value, datetime) and value.year >= 1900:
        sheet.write_datetime(row, at, value.astimezone(UTC).replace(tzinfo=None), styles["time"])
    elif isinstance(value, int | float):
        sheet.write_number(row, at, value, style)
    else:
        sheet.write_string(row, at, _fitting(str(value)), style)


def _fitting(text: str) -> str:
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= CHARACTERS else text[: CHARACTERS - 1] + "…"
