"""What a file is, from its content: the reader for it and the columns that it shows."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from opex.domain.mapping import Mapping, Recognise
from opex.domain.problems import Refused
from opex.sources.columnar import read_parquet
from opex.sources.content import first_text, opened, refuse_binary
from opex.sources.delimited import header_of, read_delimited
from opex.sources.documents import read_json, read_json_lines
from opex.sources.markdown import fields_of, read_markdown, split_front_matter
from opex.sources.postmortems import read_postmortem
from opex.sources.records import Records
from opex.sources.spreadsheets import read_workbook, workbook_sheets

TABLES = ("csv", "xlsx", "json", "jsonl", "parquet")
DOCUMENTS = ("markdown", "postmortem")
HEAD = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class Found:
    """A file: where it is, how reports call it, its reader, and the columns or text by which it is recognised.

    A ``broken`` one is Markdown whose front matter cannot be read: beside readable ones it is a refused record.
    ``sheet`` and ``encoding`` are those that were asked for, ``sheets`` are those of a workbook from which one must be
    chosen.
    """

    path: Path
    name: str
    reader: str
    columns: tuple[str, ...] = ()
    text: str = ""
    why: str = ""
    broken: bool = False
    sheet: str | None = None
    encoding: str | None = None
    sheets: tuple[str, ...] = ()


def looked_at(path: Path, name: str, sheet: str | None = None, encoding: str | None = None) -> Found:
    """The file as its content shows it; one that cannot be read has the reader ``none`` and says why."""
    try:
        return replace(_looked_at(path, name, sheet, encoding), sheet=sheet, encoding=encoding)
    except Refused as refusal:
        return Found(path=path, name=name, reader="none", why=str(refusal), sheets=_sheets(path, name))


def _sheets(path: Path, name: str) -> tuple[str, ...]:
    try:
        with path.open("rb") as file:
            if file.read(4) != b"PK\x03\x04":
                return ()
        sheets = workbook_sheets(path, name)
    except (Refused, OSError):
        return ()
    return tuple(sheets) if len(sheets) > 1 else ()


def readable(found: Found, reader: str) -> bool:
    """Whether a mapping's reader can read the file (``table`` is any table, ``postmortem`` reads Markdown)."""
    if reader == "table":
        return found.reader in TABLES
    return found.reader == ("markdown" if reader == "postmortem" else reader)


def recognised(found: Found, mapping: Mapping) -> bool:
    """Whether the file shows itself to be of the preset's format."""
    return mapping.recognise is not None and readable(found, mapping.reader) and _shows(found, mapping.recognise)


def records_of(found: Found, reader: str) -> Iterator[Records]:
    """The file's records, chunk by chunk, by the reader that its content (or the preset) asks for."""
    if reader == "postmortem":
        yield read_postmortem(found.path, found.name, found.encoding)
    elif found.reader == "markdown":
        yield read_markdown(found.path, found.name, found.encoding)
    elif found.reader == "xlsx":
        yield from read_workbook(found.path, found.name, sheet=found.sheet)
    elif found.reader == "parquet":
        yield from read_parquet(found.path, found.name)
    else:
        readers: dict[str, Callable[..., Iterator[Records]]]
        readers = {"csv": read_delimited, "json": read_json, "jsonl": read_json_lines}
        yield from readers[found.reader](found.path, found.name, encoding=found.encoding)


def _shows(found: Found, signs: Recognise) -> bool:
    lower = {column.casefold() for column in found.columns}
    there = all(any(one.casefold() in lower for one in sign.split("|")) for sign in signs.columns)
    if signs.only and len(lower) != len(signs.columns):
        return False
    lines = found.text.split("\n")
    return there and all(any(line.startswith(mark) for line in lines) for mark in signs.markers)


def _looked_at(path: Path, name: str, sheet: str | None, encoding: str | None) -> Found:
    head = opened(path, name, limit=HEAD)
    if not head.strip():
        raise Refused(f"{name} is empty.")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Found(
            path=path, name=name, reader="xlsx", columns=_columns(read_workbook(path, name, sheet=sheet, chunk=1))
        )
    if head.startswith(b"PAR1"):
        return Found(path=path, name=name, reader="parquet", columns=_columns(read_parquet(path, name, chunk=1)))
    refuse_binary(head, name)
    text = first_text(head, name, encoding).replace("\r\n", "\n")
    return _text_file(path, name, text, encoding)


def _columns(chunks: Iterable[Records]) -> tuple[str, ...]:
    return tuple(next(iter(chunks)).columns)


def _text_file(path: Path, name: str, text: str, encoding: str | None) -> Found:
    start = text.lstrip()
    if start.startswith("---\n"):
        fields = fields_of(split_front_matter(start)[0])
        if fields is None:
            why = f"{name} has front matter that is not valid YAML between two lines of ---."
            return Found(path=path, name=name, reader="markdown", why=why, broken=True)
        return Found(path=path, name=name, reader="markdown", columns=(*fields, "body"), text=text)
    if start.startswith(("{", "[")):
        return _json_file(path, name, start, encoding)
    if start.startswith("# ") or path.suffix.lower() in (".md", ".markdown"):
        return Found(path=path, name=name, reader="markdown", text=text)
    return Found(path=path, name=name, reader="csv", columns=tuple(header_of(text, name)))


def _json_file(path: Path, name: str, start: str, encoding: str | None) -> Found:
    """JSON Lines has a whole object on its first line and another below it, or says so in its name."""
    lines = [line.strip() for line in start.split("\n", 2)[:2]]
    named = ".jsonl" in path.name.lower() or ".ndjson" in path.name.lower()
    several = len(lines) == 2 and lines[0].endswith("}") and lines[1].startswith("{")
    reader = "jsonl" if lines[0].startswith("{") and (several or named) else "json"
    read = read_json_lines if reader == "jsonl" else read_json
    return Found(path=path, name=name, reader=reader, columns=_columns(read(path, name, chunk=50, encoding=encoding)))
