"""The list as CSV: UTF-8 with a byte order mark and CRLF, so that Excel reads it as it is."""

import csv
import io
from datetime import datetime

from opex.domain import safe
from opex.domain.priorities import Priorities
from opex.export import words
from opex.export.columns import columns


def write_csv(priorities: Priorities, made_at: datetime) -> bytes:
    """Write the list as CSV, one row an opportunity.

    What is shown, under which filters and as of when stands in trailing columns that repeat in every row: comment
    lines above a header break the programs that read CSV, and a row that is copied elsewhere keeps its origin.
    An empty list gives the header and one row that holds these columns alone.
    """
    listed = columns(priorities.drivers)
    origin = _origin(priorities, made_at)
    header = [*(column.header for column in listed), *origin]
    rows = [[*(column.value(item) for column in listed), *origin.values()] for item in priorities.items]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([safe.cell(name) for name in header])
    writer.writerows([_written(value) for value in row] for row in rows or [[*[""] * len(listed), *origin.values()]])
    return buffer.getvalue().encode("utf-8-sig", "replace")


def _origin(priorities: Priorities, made_at: datetime) -> dict[str, str]:
    return {
        "as_of": words.iso(priorities.as_of),
        "driver_set": priorities.drivers.label,
        "filters": priorities.filters or "none",
        "exported_at": words.iso(made_at),
        "workspace": words.workspace(priorities),
        "shown": words.shown(priorities),
    }


def _written(value: str | float | None) -> str:
    if value is None:
        return ""
    return safe.cell(value) if isinstance(value, str) else f"{value:.12g}"
