"""A file's bytes and text: opened with bounds, unpacked, decoded. What is no text is refused with a reason."""

import codecs
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from opex.domain.mapping import codec_of
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
WESTERN = "cp1252"
_STATE = 'state the encoding with --encoding, or in a mapping with encoding = "windows-1251" or another one'
_OPEN_IN_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_ACCENTED = re.compile(rb"[\xa1-\xff]{4,}")
_BESIDE = re.compile(rb"[A-Za-z][\xc0-\xff]|[\xc0-\xff][A-Za-z]")
_C1 = re.compile("[\x80-\x84\x86-\x9f]")
_TORN = re.compile("[\udc80-\udcff]")
_LETTERS = re.compile("[^\x00-\x7f\udc80-\udcff]")
_CONTROL = bytes(set(range(32)) - {9, 10, 12, 13, 27}) + b"\x7f"


@dataclass(frozen=True, kw_only=True)
class Text:
    """A file's text as UTF-8 without a mark, from its beginning, and notes on how it was decoded."""

    file: BinaryIO
    notes: tuple[str, ...] = ()


@contextmanager
def utf8(path: Path, name: str, stated: str | None = None) -> Iterator[Text]:
    """The file's text as a stream of UTF-8, unpacked and decoded in bounded steps, whatever its size.

    A file that is UTF-8 already is read from where it lies; anything else is written anew to a nameless file.
    ``stated`` is the encoding that a person says; the mark of another one at the file's begin stands before it.

    Raises
    ------
    Refused
        The file cannot be read, is larger than the bound, unpacks to far more than it should, is no text, or is not
        of the stated encoding.
    """
    head = opened(path, name, limit=CHUNK)
    refuse_binary(head, name)
    encoding, mark = _encoding(head)
    codec = _stated(stated, encoding, mark)
    if codec is None or not codec.startswith("utf"):
        _refuse_noise(head, name)
    if encoding is not None and codec is None:
        with _rewritten(path, name, encoding, mark) as file:
            yield Text(file=file)
        return
    plain = not _is_gzip(path, name)
    if codec in (None, "utf-8") and _is_utf8(path, name):
        with _from_where_it_lies(path) if plain else _rewritten(path, name, "utf-8", 0) as file:
            yield Text(file=file)
        return
    if codec is None:
        _refuse_torn(path, name)
        _refuse_foreign(_chunks(path, name), name)
    elif not codec.startswith("utf"):
        _refuse_utf8(_chunks(path, name), name, str(stated))
    with _rewritten(path, name, codec or WESTERN, 0) as file:
        yield Text(file=file, notes=() if codec else (_guessed(name),))


def _stated(stated: str | None, marked: str | None, mark: int) -> str | None:
    """The codec that a person states; none where the file's own mark says how it is written."""
    return None if stated is None or (marked is not None and mark) else codec_of(stated)


def _guessed(name: str) -> str:
    return f"{name} is not UTF-8 and is read as Windows-1252; if letters are wrong, {_STATE}."


def _refuse_foreign(parts: Iterable[bytes], name: str) -> None:
    """Refuse what cannot be Windows-1252: bytes that it leaves open, and words of nothing but accented letters."""
    line, alone, beside, word = 1, 0, 0, ""
    for part in parts:
        if found := _OPEN_IN_1252.search(part):
            line += part.count(b"\n", 0, found.start())
            raise Refused(
                f"{name} is neither UTF-8 nor Windows-1252 (line {line:,} holds the byte {found[0][0]:02X}): {_STATE}."
            )
        line += part.count(b"\n")
        words = _ACCENTED.findall(part)
        alone += len(words)
        beside += len(_BESIDE.findall(part))
        word = word or (words[0].decode(WESTERN) if words else "")
    if alone > beside:
        raise Refused(
            f'{name} is not UTF-8, and as Windows-1252 it reads like "{word[:20]}", which is no word: {_STATE}.'
        )


def _refuse_utf8(parts: Iterable[bytes], name: str, stated: str) -> None:
    """Refuse what has letters beyond ASCII that are UTF-8 from begin to end: then it is not of the stated encoding."""
    decoder, plain = codecs.getincrementaldecoder("utf-8")("strict"), True
    try:
        for part in parts:
            plain = plain and part.isascii()
            decoder.decode(part)
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return
    if not plain:
        raise Refused(f"{name} is UTF-8, not {stated}: load it without a stated encoding.")


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


def text_of(data: bytes, name: str, stated: str | None = None) -> tuple[str, tuple[str, ...]]:
    """The text of bytes that may end inside a character, and notes on how it was decoded.

    Raises
    ------
    Refused
        The bytes are no text, or not of the encoding that a person states.
    """
    refuse_binary(data, name)
    encoding, mark = _encoding(data[:CHUNK])
    codec = _stated(stated, encoding, mark)
    if codec is None or not codec.startswith("utf"):
        _refuse_noise(data[:CHUNK], name)
    if codec is not None and not codec.startswith("utf"):
        _refuse_utf8([data], name, str(stated))
    tried = [codec] if codec else [encoding] if encoding else ["utf-8", WESTERN]
    for one in tried:
        try:
            text = codecs.getincrementaldecoder(one)("strict").decode(data[0 if codec else mark :])
        except UnicodeDecodeError as error:
            if one == "utf-8" and len(tried) > 1:
                _refuse_foreign([data], name)
                continue
            raise _undecodable(name, one, error.start) from None
        _refuse_nul(text.find("\x00"), name)
        _refuse_controls(text, name, one)
        return text, (_guessed(name),) if one == WESTERN and not codec else ()
    raise AssertionError("Windows-1252 reads every byte that is not refused")


def first_text(head: bytes, name: str, stated: str | None = None) -> str:
    """The text of a file's first bytes, to look at: where it cannot be decoded, whoever reads the file will say so."""
    encoding, mark = _encoding(head)
    codec = _stated(stated, encoding, mark)
    if codec is None or not codec.startswith("utf"):
        _refuse_noise(head, name)
    tried = [codec] if codec else [encoding] if encoding else ["utf-8", WESTERN, "latin-1"]
    for position, one in enumerate(tried):
        try:
            text = codecs.getincrementaldecoder(one)("strict").decode(head[0 if codec else mark :])
        except UnicodeDecodeError as error:
            if position == len(tried) - 1:
                raise _undecodable(name, one, error.start) from None
            continue
        _refuse_nul(text.find("\x00"), name)
        return text
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
                _refuse_controls(text, name, encoding)
                _refuse_nul(text.find("\x00"), name, place)
                file.write(text.encode("utf-8"))
                place += len(part)
            file.write(decoder.decode(b"", True).encode("utf-8"))
        except UnicodeDecodeError as error:
            raise _undecodable(name, encoding, place + error.start) from None
        file.seek(0)
        yield file


def _undecodable(name: str, encoding: str, place: int) -> Refused:
    return Refused(f"{name} is not readable as {encoding} (byte {place:,}): save it as UTF-8, or {_STATE}.")


def _refuse_controls(text: str, name: str, encoding: str) -> None:
    """Refuse the control characters to which ISO 8859 and its kin decode what is written in another encoding."""
    if not encoding.startswith("utf") and (found := _C1.search(text)):
        raise Refused(
            f"{name} is not readable as {encoding} (it gives the control character {ord(found[0]):02X}): save it as "
            f"UTF-8, or {_STATE}."
        )


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
