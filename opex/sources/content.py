"""A file's bytes and text: opened with bounds, unpacked, decoded. What is no text is refused with a reason."""

import codecs
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from opex.domain.problems import Refused

LIMIT = 2 * 1024**3
BOMB_FLOOR = 100 * 1024**2
BOMB_RATIO = 200
CHUNK = 1024**2
PIECE = 16 * 1024
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MAGIC = (
    (b"%PDF", "a PDF; export the table as CSV or XLSX"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file (.xls); save it as .xlsx or CSV"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"7z\xbc\xaf", "an archive; unpack it first"),
    (b"BZh", "packed with bzip2; unpack it first"),
    (b"\xfd7zXZ", "packed with xz; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd; unpack it first"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "an SQLite database; export the table as CSV"),
)
_TORN = re.compile("[\udc80-\udcff]")
_LETTERS = re.compile("[^\x00-\x7f\udc80-\udcff]")
_CONTROL = bytes(set(range(32)) - {9, 10, 12, 13, 27}) + b"\x7f"


@dataclass(frozen=True, kw_only=True)
class Text:
    """A file's text as UTF-8 without a mark, from its beginning, and notes on how it was decoded."""

    file: BinaryIO
    notes: tuple[str, ...] = ()


@contextmanager
def utf8(path: Path, name: str) -> Iterator[Text]:
    """The file's text as a stream of UTF-8, unpacked and decoded in bounded steps, whatever its size.

    A file that is UTF-8 already is read from where it lies; anything else is written anew to a nameless file.

    Raises
    ------
    Refused
        The file cannot be read, is larger than the bound, unpacks to far more than it should, or is no text.
    """
    head = opened(path, name, limit=CHUNK)
    refuse_binary(head, name)
    _refuse_noise(head, name)
    encoding, mark = _encoding(head)
    if encoding is not None:
        with _rewritten(path, name, encoding, mark) as file:
            yield Text(file=file)
        return
    plain = not _is_gzip(path, name)
    if _is_utf8(path, name):
        with _from_where_it_lies(path) if plain else _rewritten(path, name, "utf-8", 0) as file:
            yield Text(file=file)
        return
    _refuse_torn(path, name)
    for encoding, note in (("cp1252", "is not UTF-8 and is read as Windows-1252."), ("latin-1", "is read as Latin-1.")):
        try:
            with _rewritten(path, name, encoding, 0) as file:
                yield Text(file=file, notes=(f"{name} {note}",))
            return
        except _NotDecoded:
            continue


class _NotDecoded(ValueError):  # noqa: N818 - a step of trying encodings
    """The bytes are not of the encoding that was tried."""


def opened(path: Path, name: str, *, limit: int | None = None) -> bytes:
    """The file's bytes, unpacked when it is gzip; only the first ``limit`` if that is given.

    Raises
    ------
    Refused
        The file cannot be read, is larger than the bound, or unpacks to far more than it should.
    """
    parts, total = [], 0
    for part in _chunks(path, name, whole=limit is None):
        parts.append(part)
        total += len(part)
        if limit is not None and total >= limit:
            break
    return b"".join(parts)[:limit]


def text_of(data: bytes, name: str, *, cut: bool = False) -> tuple[str, tuple[str, ...]]:
    """The text, and notes on how it was decoded. ``cut`` says that the bytes may end inside a character.

    Raises
    ------
    Refused
        The bytes are no text.
    """
    refuse_binary(data, name)
    _refuse_noise(data[:CHUNK], name)
    encoding, mark = _encoding(data[:CHUNK])
    tried = [encoding] if encoding else ["utf-8", "cp1252", "latin-1"]
    for position, one in enumerate(tried):
        try:
            text = codecs.getincrementaldecoder(one)("strict").decode(data[mark:], not cut)
        except UnicodeDecodeError as error:
            if position == len(tried) - 1:
                raise _undecodable(name, one, error.start) from None
            continue
        _refuse_nul(text.find("\x00"), name)
        notes = {
            "cp1252": (f"{name} is not UTF-8 and is read as Windows-1252.",),
            "latin-1": (f"{name} is read as Latin-1.",),
        }
        return text, notes.get(one, ())
    raise AssertionError("Latin-1 reads every byte")


def _chunks(path: Path, name: str, *, whole: bool = True) -> Iterator[bytes]:
    """The file's bytes in steps of at most ``CHUNK``, unpacked when it is gzip. ``whole`` refuses a cut gzip."""
    try:
        size = path.stat().st_size
        if size > LIMIT:
            raise Refused(f"{name} has {size:,} bytes; at most {LIMIT:,} are read: split it.")
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            yield from _unpacked(file, name, whole) if packed else iter(lambda: file.read(CHUNK), b"")
    except OSError as error:
        raise Refused(f"{name} cannot be read: {error.strerror or error}.") from None


def _unpacked(file: BinaryIO, name: str, whole: bool) -> Iterator[bytes]:
    """Gzip in bounded steps, member after member, so that a small file cannot fill the memory."""
    member, rest, total, begun = zlib.decompressobj(wbits=31), b"", 0, False
    try:
        while True:
            rest = rest or file.read(PIECE)  # small, for what is left of it is copied with each member
            if not begun and not rest.startswith(b"\x1f"):
                if rest.strip(b"\x00"):
                    raise Refused(f"{name} has bytes after its gzip content; unpack it and load the file inside.")
                if not rest:
                    break
                rest = b""  # padding of zeros, as tapes have
                continue
            ended = not rest
            part, begun = member.decompress(rest, CHUNK), True
            total += len(part)
            refuse_bomb(total, file.tell(), name)
            yield part
            rest = member.unconsumed_tail
            if member.eof:
                rest, member, begun = member.unused_data, zlib.decompressobj(wbits=31), False
            elif ended and not part:
                break
        if begun and whole:
            raise Refused(f"{name} is a gzip file that breaks off; copy it again.")
    except zlib.error:
        raise Refused(f"{name} is a damaged gzip file; copy it again.") from None


def _is_gzip(path: Path, name: str) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(2) == b"\x1f\x8b"
    except OSError as error:
        raise Refused(f"{name} cannot be read: {error.strerror or error}.") from None


def _is_utf8(path: Path, name: str) -> bool:
    decoder, place = codecs.getincrementaldecoder("utf-8")("strict"), 0
    try:
        for part in _chunks(path, name):
            _refuse_nul(part.find(b"\x00"), name, place)
            decoder.decode(part)
            place += len(part)
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_torn(path: Path, name: str) -> None:
    """Refuse what is UTF-8 but for a few bytes: read as another encoding, every other letter would be wrong."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    letters, torn, line, first = 0, 0, 1, 0
    for part in chain(_chunks(path, name), [b""]):
        text = decoder.decode(part, not part)
        if text.isascii():
            line += text.count("\n")
            continue
        wrong = len(_TORN.findall(text))
        if wrong and not first:
            first = line + text.count("\n", 0, _TORN.search(text).start())  # type: ignore[union-attr]
        line += text.count("\n")
        torn += wrong
        letters += len(_LETTERS.findall(text))
    if letters > torn:
        raise Refused(
            f"{name} is UTF-8 but for {torn:,} bytes (the first in line {first:,}): two files of different encodings "
            "may have been put together; save it as UTF-8."
        )


@contextmanager
def _from_where_it_lies(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as file:
        yield file


@contextmanager
def _rewritten(path: Path, name: str, encoding: str, mark: int) -> Iterator[BinaryIO]:
    """The text in a nameless file as UTF-8, from behind a mark of so many bytes."""
    with TemporaryFile() as file:
        decoder, place = codecs.getincrementaldecoder(encoding)("strict"), 0
        try:
            for part in _chunks(path, name):
                text = decoder.decode(part[mark:] if place == 0 else part)
                _refuse_nul(text.find("\x00"), name, place)
                file.write(text.encode("utf-8"))
                place += len(part)
            file.write(decoder.decode(b"", True).encode("utf-8"))
        except UnicodeDecodeError as error:
            if encoding in ("cp1252", "latin-1"):
                raise _NotDecoded from None
            raise _undecodable(name, encoding, place + error.start) from None
        file.seek(0)
        yield file


def _undecodable(name: str, encoding: str, place: int) -> Refused:
    return Refused(f"{name} is not readable as {encoding} (byte {place:,}); save it as UTF-8.")


def refuse_bomb(total: int, packed: int, name: str) -> None:
    """Refuse what has unpacked so many bytes from so many: more than is read at all, or far more than is honest."""
    if total > LIMIT or (total > BOMB_FLOOR and total > BOMB_RATIO * packed):
        raise Refused(
            f"{name} unpacks to more than {total // CHUNK:,} MB from {packed / CHUNK:.1f} MB; "
            "unpack it, look at it and load the part that you need."
        )


def _refuse_nul(found: int, name: str, before: int = 0) -> None:
    if found >= 0:
        raise Refused(
            f"{name} holds NUL bytes (the first at byte {before + found + 1:,}): it is damaged or no text; "
            "save it as UTF-8 text."
        )


def refuse_binary(data: bytes, name: str) -> None:
    """Refuse what its first bytes show to be no table and no text."""
    for magic, what in _MAGIC:
        if data.startswith(magic):
            raise Refused(f"{name} is {what}.")


def _encoding(head: bytes) -> tuple[str | None, int]:
    """The encoding that a mark or the NULs of UTF-16 show, and the mark's length; ``None`` for the others."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding, len(mark)
    head = head[:1000]
    if len(head) > 3 and head[1::2].count(0) > 0.8 * len(head[1::2]) and not any(b == 0 for b in head[::2]):
        return "utf-16-le", 0
    if len(head) > 3 and head[::2].count(0) > 0.8 * len(head[::2]) and not any(b == 0 for b in head[1::2]):
        return "utf-16-be", 0
    return None, 0


def _refuse_noise(head: bytes, name: str) -> None:
    """Refuse what is full of control characters: no text in any encoding of one byte."""
    if _encoding(head)[0] not in (None, "utf-8"):
        return
    _refuse_nul(head.find(b"\x00"), name)
    if len(head) - len(head.translate(None, _CONTROL)) > 0.01 * len(head) + 2:
        raise Refused(f"{name} is not text; expected CSV, XLSX, JSON, JSON Lines, Parquet or Markdown.")
