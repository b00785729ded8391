"""Office packages: zips of XML parts, opened within bounds and read without ever expanding an entity."""

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn
from xml.parsers import expat

from opex.domain.problems import Refused

MOST_BYTES = 1024**3
MOST_PARTS = 10_000
BOMB_FLOOR = 32 * 1024**2
BOMB_RATIO = 100
STEP = 64 * 1024
LONGEST_TOKEN = 4 * 1024**2
_DIRECTORY = 400 * MOST_PARTS
_NOT_A_ZIP = (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error)
_CANNOT_UNPACK = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)
_OTHERS = (
    ("word/document.xml", "is a Word document, not a workbook; save its table as .xlsx or CSV."),
    ("ppt/presentation.xml", "is a PowerPoint presentation, not a workbook; save its table as .xlsx or CSV."),
    ("xl/workbook.bin", "is a binary workbook (.xlsb); save it as .xlsx or CSV."),
    ("index/document.iwa", "is a Numbers document; export it as .xlsx or CSV."),
)


class Listener:
    """What listens to a part: what to call where an element starts or ends, by its name without prefix."""

    starts: Mapping[str, Callable[[dict[str, str]], None]] = MappingProxyType({})
    ends: Mapping[str, Callable[[], None]] = MappingProxyType({})

    def text(self, data: str) -> None:
        """Take a piece of text; most listen to elements only."""


@dataclass(frozen=True, kw_only=True)
class Relation:
    """What a part points to: the last word of its type, and the part's name in the package."""

    kind: str
    part: str


@dataclass(frozen=True, kw_only=True)
class Package:
    """An open package. Parts are found whatever the case of their letters, as the standard says."""

    name: str
    size: int
    archive: zipfile.ZipFile
    parts: Mapping[str, zipfile.ZipInfo]

    def has(self, part: str) -> bool:
        """Whether the package holds the part."""
        return part.lower() in self.parts

    def chunks(self, part: str) -> Iterator[bytes]:
        """The part's bytes, unpacked in small steps.

        Raises
        ------
        Refused
            The part is not there, cannot be unpacked, or is no UTF-8.
        """
        if not self.has(part):
            raise self.damaged(f"the part {part} is missing")
        try:
            with self.archive.open(self.parts[part.lower()]) as stream:
                chunk = stream.read(STEP)
                if b"\x00" in chunk[:4] or chunk[:2] in (b"\xff\xfe", b"\xfe\xff"):
                    raise self.damaged(f"the part {part} is not UTF-8")
                while chunk:
                    yield chunk
                    chunk = stream.read(STEP)
        except _CANNOT_UNPACK:
            raise self.damaged(f"the part {part} cannot be unpacked") from None

    def heard(self, part: str, listener: Listener) -> Iterator[None]:
        """Tell the listener of the part's elements; gives way after each step, so that it can be emptied.

        Raises
        ------
        Refused
            The part is broken, declares a document type (the door to entities), or holds an endless word.
        """
        parser = _parser(self, part, listener)
        fed = 0
        for chunk in self.chunks(part):
            fed += len(chunk)
            self._parse(parser, part, chunk, False)
            if fed - max(parser.CurrentByteIndex, 0) > LONGEST_TOKEN:
                raise self.damaged(f"the part {part} holds a piece of more than {LONGEST_TOKEN:,} bytes")
            yield
        self._parse(parser, part, b"", True)
        yield

    def told(self, part: str, listener: Listener) -> None:
        """Tell the listener of the whole part."""
        for _ in self.heard(part, listener):
            pass

    def relations(self, part: str) -> dict[str, Relation]:
        """What the part points to inside the package, by id; an empty name stands for the package itself."""
        folder, file = posixpath.split(part)
        where = posixpath.join(folder, "_rels", f"{file}.rels")
        found = _Relations(folder)
        if self.has(where):
            self.told(where, found)
        return found.by_id

    def damaged(self, what: str) -> Refused:
        """The refusal of a package that is broken in this way."""
        return Refused(f"{self.name} is a damaged workbook: {what}; open it in a spreadsheet program and save it anew.")

    def _parse(self, parser: Any, part: str, data: bytes, last: bool) -> None:
        try:
            parser.Parse(data, last)
        except expat.ExpatError as error:
            raise self.damaged(f"the part {part} is broken XML ({error})") from None


class _Relations(Listener):
    """The listener to a part with relationships; what lies outside the package is left out."""

    def __init__(self, folder: str) -> None:
        self.by_id: dict[str, Relation] = {}
        self.starts = {"Relationship": self._relationship}
        self._folder = folder

    def _relationship(self, attributes: dict[str, str]) -> None:
        if attributes.get("TargetMode", "").lower() != "external":
            target = posixpath.normpath(posixpath.join("/", self._folder, attributes.get("Target", "")))
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.by_id[attributes.get("Id", "")] = Relation(kind=kind, part=target.lstrip("/"))


class _ByName(dict[str, Any]):
    """What to call for an element, found also when its name has a prefix."""

    def __missing__(self, tag: str) -> Any:
        call = self.get(tag.rpartition(":")[2])
        if call is not None and len(self) < 100:
            self[tag] = call
        return call


@contextmanager
def package(path: Path, name: str) -> Iterator[Package]:
    """The package at the path, if it is a workbook's.

    Raises
    ------
    Refused
        It is no zip, another kind of document, encrypted, has too many parts, or unpacks to more than it should.
    """
    _refuse_many_parts(path, name)
    try:
        archive = zipfile.ZipFile(path)
    except _NOT_A_ZIP:
        raise _no_workbook(name) from None
    with archive:
        infos = archive.infolist()
        _refuse_bomb(infos, name)
        parts = {info.filename.lower().lstrip("/"): info for info in infos}
        _refuse_other_kinds(archive, parts, name)
        if any(info.flag_bits & 1 for info in infos):
            raise Refused(f"{name} is encrypted; save it without a password.")
        if len(parts) < len(infos):
            raise Refused(f"{name} is a damaged workbook: two of its parts have one name; save it anew as .xlsx.")
        yield Package(name=name, size=path.stat().st_size, archive=archive, parts=parts)


def _no_workbook(name: str) -> Refused:
    return Refused(f"{name} is a damaged workbook: its zip cannot be opened; save it again as .xlsx.")


def _refuse_many_parts(path: Path, name: str) -> None:
    """Look at the zip's end before its list of parts is taken into memory."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 65_557))
            tail = file.read()
    except OSError as error:
        raise Refused(f"{name} cannot be read: {error.strerror or error}.") from None
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        raise _no_workbook(name)
    count, size = struct.unpack_from("<HI", tail, end + 10)
    if count > MOST_PARTS or size > _DIRECTORY:
        raise Refused(f"{name} is a zip of more than {MOST_PARTS:,} parts; save the table as CSV.")


def _refuse_bomb(infos: list[zipfile.ZipInfo], name: str) -> None:
    if len(infos) > MOST_PARTS:
        raise Refused(f"{name} is a zip of more than {MOST_PARTS:,} parts; save the table as CSV.")
    size = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos) + 1
    if size > MOST_BYTES:
        raise Refused(f"{name} unpacks to {size:,} bytes; at most {MOST_BYTES:,} are read: save the table as CSV.")
    if size > BOMB_FLOOR and size > BOMB_RATIO * packed:
        raise Refused(
            f"{name} unpacks to {size:,} bytes, over {BOMB_RATIO} times what it has on disk, as a bomb does; "
            "save the table as CSV."
        )
    end = 0
    for info in sorted(infos, key=lambda one: one.header_offset):
        if info.header_offset < end:
            raise Refused(f"{name} is a zip whose parts overlap, as in a bomb; save the table as CSV.")
        end = info.header_offset + 30 + info.compress_size


def _refuse_other_kinds(archive: zipfile.ZipFile, parts: Mapping[str, zipfile.ZipInfo], name: str) -> None:
    for part, what in _OTHERS:
        if part in parts:
            raise Refused(f"{name} {what}")
    if "mimetype" in parts and parts["mimetype"].file_size < 200:
        try:
            kind = archive.read(parts["mimetype"])
        except _CANNOT_UNPACK:
            raise _no_workbook(name) from None
        if b"opendocument.spreadsheet" in kind:
            raise Refused(f"{name} is an OpenDocument sheet; save it as .xlsx or CSV.")
        if b"opendocument" in kind:
            raise Refused(f"{name} is an OpenDocument file, not a workbook; save its table as .xlsx or CSV.")
    if not any(part.startswith("xl/") for part in parts) and "[content_types].xml" not in parts:
        raise Refused(f"{name} is a zip archive, not a workbook; unpack it and load the files inside.")


def _parser(package: Package, part: str, listener: Listener) -> Any:
    """An expat parser that refuses document types and other encodings, and calls the listener."""
    starts, ends = _ByName(listener.starts), _ByName(listener.ends)

    def start(tag: str, attributes: dict[str, str]) -> None:
        call = starts[tag]
        if call is not None:
            call(attributes)

    def end(tag: str) -> None:
        call = ends[tag]
        if call is not None:
            call()

    def doctype(*_: object) -> NoReturn:
        raise Refused(
            f"{package.name} declares a document type in its part {part}, as only an attack does; "
            "save it anew as .xlsx."
        )

    def declaration(version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "utf8", "us-ascii", "ascii"):
            raise package.damaged(f"the part {part} is not UTF-8")

    parser: Any = expat.ParserCreate()
    parser.buffer_text, parser.buffer_size = True, STEP
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = listener.text
    parser.StartDoctypeDeclHandler, parser.XmlDeclHandler = doctype, declaration
    return parser
