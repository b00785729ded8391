"""An agreed order to bytes: CSV, XLSX, Markdown, JSON. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from opex.domain.priorities import Priorities
from opex.domain.problems import Refused
from opex.export.delimited import write_csv
from opex.export.document import rank_document, write_json
from opex.export.report import write_markdown
from opex.export.words import utc
from opex.export.workbook import write_xlsx

__all__ = ["FORMATS", "Format", "file_name", "rank_document", "render"]


@dataclass(frozen=True, kw_only=True)
class Format:
    """A format of export: how people call it, how its files end, and its MIME type."""

    label: str
    extension: str
    mime: str


FORMATS: dict[str, Format] = {
    "csv": Format(label="CSV", extension="csv", mime="text/csv; charset=utf-8"),
    "xlsx": Format(
        label="Excel workbook",
        extension="xlsx",
        mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    "markdown": Format(label="Markdown report", extension="md", mime="text/markdown; charset=utf-8"),
    "json": Format(label="JSON", extension="json", mime="application/json"),
}


def render(
    priorities: Priorities,
    format: str,
    *,
    made_at: datetime,
    incidents: dict[str, pd.DataFrame] | None = None,
) -> bytes:
    """Write the priorities as one file: what is exported is what is seen.

    Parameters
    ----------
    priorities
        The items as shown (filtered, in order), with the filters in words and the size of the whole list.
    format
        One of `FORMATS`.
    made_at
        The instant of the export, aware. The same input and instant give the same bytes.
    incidents
        For XLSX only: an opportunity's id to its incidents (source, source_id, title, system, environment,
        started_at, hours_lost), which become the sheet "Evidence". Ids that are not shown are passed over.

    Raises
    ------
    Refused
        For an unknown format, or more incidents than a sheet has rows.
    """
    _known(format)
    if format == "csv":
        return write_csv(priorities, made_at)
    if format == "xlsx":
        return write_xlsx(priorities, made_at, incidents)
    if format == "markdown":
        return write_markdown(priorities, made_at)
    return write_json(priorities, made_at)


def file_name(priorities: Priorities, format: str, *, export_id: str) -> str:
    """The file's name: as-of day, driver set, and the export's own id.

    Streamlit can hand out another export's bytes where length, name, type and a few samples are alike; a name
    that no other export has prevents it. So the id must be a new one for every export.

    Raises
    ------
    Refused
        For an unknown format.
    ValueError
        For an id that is not 1 to 64 letters, digits, hyphens or underscores: a bug of the caller.
    """
    _known(format)
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", export_id):
        raise ValueError(f"{export_id!r} cannot stand in a file name; use 1 to 64 letters, digits, - or _")
    drivers = re.sub(r"[^a-z0-9]+", "-", priorities.drivers.name.lower()).strip("-")[:40].strip("-") or "drivers"
    day = f"{utc(priorities.as_of):%Y-%m-%d}"
    end = FORMATS[format].extension
    return f"opex-priorities-{day}-{drivers}-v{priorities.drivers.version}-{export_id}.{end}"


def _known(name: str) -> None:
    if name not in FORMATS:
        raise Refused(f'An export is one of {", ".join(FORMATS)}; this is "{name}".')
