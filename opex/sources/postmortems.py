"""Post-mortems in Markdown with fixed sections (Summary, Timeline ... Stats): one incident a file."""

import datetime as dt
import re
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from opex.domain.problems import Problem
from opex.sources.content import opened, text_of
from opex.sources.records import Records, from_dicts, shown, stem

_MOST = 4 * 1024**2
_ID = re.compile(r"^([A-Za-z]+\d{4}-\d+)\b")
_STATED_ZONE = re.compile(r"(?:all times in|time in|times are in)\s+([A-Z]{2,4})\b", re.IGNORECASE)
_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2}-\d{2}-\d{2})(?!\d)(?:[\sT]+(\d{1,2}:\d{2})(?!\d))?")
_PLACEHOLDER = "short event description"
_ZONES = {"UTC": "UTC", "GMT": "UTC", "CET": "Europe/Berlin", "CEST": "Europe/Berlin"}
_SPAN = re.compile(r"(\d+(?:[.,]\d+)?)\s*(d|day|h|hr|hour|m|min|minute|s|sec|second)s?\b", re.IGNORECASE)
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_NONE_STATED = re.compile(r"^(?:n/?a|\?+|-+|unknown|tbd)?\.?$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class _Start:
    """The first row of the timeline that states a date: ``exact`` when it states the time of day too."""

    at: dt.datetime
    exact: bool


def read_postmortem(path: Path, name: str, encoding: str | None = None) -> Records:
    """The file's one incident, or the problem that keeps it from being one."""
    text, notes = text_of(opened(path, name, limit=_MOST), name, encoding)
    text = text.replace("\r\n", "\n")
    problem = _template(text, name)
    start = None if problem else _start(text)
    if problem is None and start is None:
        expected = "a date and time such as 2024-03-13 10:01 in the first column of the timeline"
        problem = Problem(file=name, row=None, column="started_at", value=shown(_first_row(text)), expected=expected)
    if problem is not None or start is None:
        return from_dicts([], file=name, row_of=[], problems=[p for p in [problem] if p])
    records = from_dicts([_record(text, path, start)], file=name, row_of=[-1])
    if not start.exact:
        notes = (*notes, f"{name}: the timeline states no time of day for its start; midnight is used.")
    return replace(records, notes=notes)


def _template(text: str, name: str) -> Problem | None:
    """The empty form is no incident."""
    title = _title(text)
    dates = re.search(r"\d{2}xx-MM-DD|YYYY-MM-DD", text)
    if dates and not _DATE.search(_section(text, "Timeline")):
        return Problem(
            file=name,
            row=None,
            column="file",
            value=shown(title),
            expected="a filled-in post-mortem (it is the template)",
        )
    return None


def _title(text: str) -> str:
    found = re.search(r"^# +(.+?)\s*#*$", text, re.MULTILINE)
    return found[1].strip() if found else ""


def _section(text: str, heading: str) -> str:
    """The text under a heading of any level, up to the next heading."""
    found = re.search(rf"^#+ +{heading}\b[^\n]*\n(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL | re.IGNORECASE)
    return found[1].strip() if found else ""


def _rows(text: str) -> list[list[str]]:
    """The cells of the timeline's rows, without the header and the line below it."""
    lines = [line.strip() for line in _section(text, "Timeline").split("\n") if line.strip().startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in rows[1:] if not re.fullmatch(r":?-+:?", row[0])]


def _first_row(text: str) -> str:
    rows = _rows(text)
    return rows[0][0] if rows else "no timeline"


def _start(text: str) -> _Start | None:
    """The first row with a full date; the form's own example row does not count."""
    for row in _rows(text):
        found = _DATE.search(row[0])
        if found is None or _PLACEHOLDER in " ".join(row[1:]).lower():
            continue
        try:
            local = dt.datetime.fromisoformat(f"{found[1]} {(found[2] or '0:00').zfill(5)}")
        except ValueError:
            continue
        return _Start(at=local.replace(tzinfo=_zone(text)).astimezone(dt.UTC), exact=found[2] is not None)
    return None


def _zone(text: str) -> ZoneInfo:
    found = _STATED_ZONE.search(_section(text, "Timeline"))
    return ZoneInfo(_ZONES.get(found[1].upper(), "UTC") if found else "UTC")


def _record(text: str, path: Path, start: _Start) -> dict[str, str | None]:
    found = _ID.match(path.name)
    return {
        "id": found[1] if found else stem(path.name),
        "title": _title(text) or stem(path.name),
        "description": _description(text),
        "category": _stat(text, "Category") or None,
        "started_at": start.at.isoformat(),
        "detected_at": _after(start, _stat(text, "Time to detection")),
        "resolved_at": _after(start, _stat(text, "Time to recovery")),
    }


def _description(text: str) -> str:
    parts = [plain(_section(text, heading)) for heading in ("Summary", "Contributing Factors")]
    return "\n\n".join(part for part in parts if part)


def plain(markdown: str) -> str:
    """Markdown without its marks: links keep their words, emphasis and code their text."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    text = re.sub(r"\[\^\d+\]", "", text)
    text = re.sub(r"(\*\*|__|`)", "", text)
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE).strip()


def _stat(text: str, name: str) -> str:
    """The value of a line of the Stats section."""
    found = re.search(rf"^\s*[-*]\s*{name}\s*:[ \t]*(.*)$", text, re.MULTILINE | re.IGNORECASE)
    return re.sub(r"\[\^\d+\]", "", found[1]).strip() if found else ""


def _after(start: _Start, span: str) -> str | None:
    """The start and the span; a span that states nothing gives none, one that cannot be read is passed on as it is."""
    if _NONE_STATED.match(span):
        return None
    parts = _SPAN.findall(span)
    if not parts or _SPAN.sub("", span).strip(" .,;~") not in ("", "and"):
        return span
    seconds = sum(float(number.replace(",", ".")) * _SECONDS[unit[0].lower()] for number, unit in parts)
    return (start.at + dt.timedelta(seconds=seconds)).isoformat()
