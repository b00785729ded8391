"""A file's bytes and text: opened with bounds, unpacked, decoded. What is no text is refused with a reason."""

import codecs
import zlib
from pathlib import Path

from opex.domain.problems import Refused

LIMIT = 2 * 1024**3
BOMB_FLOOR = 100 * 1024**2
BOMB_RATIO = 200
CHUNK = 1024**2
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
_CONTROL = bytes(set(range(32)) - {9, 10, 12, 13, 27}) + b"\x7f"


def opened(path: Path, name: str, *, limit: int | None = None) -> bytes:
    """The file's bytes, unpacked when it is gzip; only the first ``limit`` if that is given.

    Raises
    ------
    Refused
        The file cannot be read, is larger than the bound, or unpacks to far more than it should.
    """
    try:
        size = path.stat().st_size
        if size > LIMIT:
            raise Refused(f"{name} has {size:,} bytes; at most {LIMIT:,} are read: split it.")
        with path.open("rb") as file:
            head = file.read(2)
            file.seek(0)
            data = file.read(size if limit is None else limit)
    except OSError as error:
        raise Refused(f"{name} cannot be read: {error.strerror or error}.") from None
    return _unpacked(data, name, limit) if head == b"\x1f\x8b" else data


def _unpacked(data: bytes, name: str, limit: int | None) -> bytes:
    """Gzip in bounded steps, so that a small file cannot fill the memory."""
    parts: list[bytes] = []
    total, rest = 0, data
    try:
        while rest.startswith(b"\x1f\x8b") and (limit is None or total < limit):
            member = zlib.decompressobj(wbits=31)
            while rest and not member.eof and (limit is None or total < limit):
                parts.append(member.decompress(rest, CHUNK))
                rest = member.unconsumed_tail or (member.unused_data if member.eof else b"")
                total += len(parts[-1])
                _refuse_bomb(total, len(data), name)
            if not member.eof and limit is None:
                raise Refused(f"{name} is a gzip file that breaks off; copy it again.")
    except zlib.error:
        raise Refused(f"{name} is a damaged gzip file; copy it again.") from None
    return b"".join(parts)


def _refuse_bomb(total: int, packed: int, name: str) -> None:
    if total > LIMIT or (total > BOMB_FLOOR and total > BOMB_RATIO * packed):
        raise Refused(
            f"{name} unpacks to more than {total // CHUNK:,} MB from {packed / CHUNK:.1f} MB; "
            "unpack it, look at it and load the part that you need."
        )


def text_of(data: bytes, name: str, *, cut: bool = False) -> tuple[str, tuple[str, ...]]:
    """The text, and notes on how it was decoded. ``cut`` says that the bytes may end inside a character.

    Raises
    ------
    Refused
        The bytes are no text.
    """
    refuse_binary(data, name)
    encoding, body = _by_mark(data)
    if encoding is None:
        encoding = _guessed(body, cut)
    if encoding.startswith("utf-8") or encoding == "cp1252":
        _refuse_control(body, name)
    try:
        text = codecs.getincrementaldecoder(encoding)("strict").decode(body, not cut)
    except UnicodeDecodeError as error:
        if encoding == "cp1252":
            return body.decode("latin-1"), (f"{name} is read as Latin-1.",)
        raise Refused(f"{name} is not readable as {encoding} (byte {error.start:,}); save it as UTF-8.") from None
    if "\x00" in text:
        raise Refused(
            f"{name} holds NUL characters (the first at character {text.index(chr(0)) + 1:,}); save it as UTF-8 text."
        )
    return text, ((f"{name} is not UTF-8 and is read as Windows-1252.",) if encoding == "cp1252" else ())


def refuse_binary(data: bytes, name: str) -> None:
    """Refuse what its first bytes show to be no table and no text."""
    for magic, what in _MAGIC:
        if data.startswith(magic):
            raise Refused(f"{name} is {what}.")


def _by_mark(data: bytes) -> tuple[str | None, bytes]:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding, data[len(mark) :]
    return None, data


def _guessed(data: bytes, cut: bool) -> str:
    """UTF-16 without a mark has a NUL in every second byte; else UTF-8, else Windows-1252."""
    head = data[:1000]
    if len(head) > 3 and head[1::2].count(0) > 0.8 * len(head[1::2]) and not any(b == 0 for b in head[::2]):
        return "utf-16-le"
    if len(head) > 3 and head[::2].count(0) > 0.8 * len(head[::2]) and not any(b == 0 for b in head[1::2]):
        return "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(data, not cut)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _refuse_control(data: bytes, name: str) -> None:
    if b"\x00" in data:
        raise Refused(
            f"{name} holds NUL bytes (the first at byte {data.index(0) + 1:,}): it is damaged or no text; "
            "save it as UTF-8 text."
        )
    head = data[:CHUNK]
    if len(head) - len(head.translate(None, _CONTROL)) > 0.01 * len(head) + 2:
        raise Refused(f"{name} is not text; expected CSV, XLSX, JSON, JSON Lines, Parquet or Markdown.")
