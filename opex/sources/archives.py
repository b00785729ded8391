"""Zip archives: their members unpacked into a folder, in bounded steps, under names of our own."""

import zipfile
from pathlib import Path, PurePosixPath

from opex.domain.problems import Refused
from opex.sources.content import CHUNK, refuse_bomb

MOST_MEMBERS = 10_000
_OFFICE = ("[Content_Types].xml", "mimetype", "xl/workbook.xml", "AndroidManifest.xml", "META-INF/MANIFEST.MF")
_TROUBLE = (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError, MemoryError)


def is_archive(path: Path) -> bool:
    """Whether the file is a zip of files, and not a document that happens to be packed as one."""
    try:
        with path.open("rb") as file:
            if file.read(4) not in (b"PK\x03\x04", b"PK\x05\x06"):
                return False
        if _members_told(path) > MOST_MEMBERS:
            return _is_cut(path)
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except _TROUBLE:
        return _is_cut(path)
    return not any(name in _OFFICE for name in names)


def _members_told(path: Path) -> int:
    """How many members the archive's end tells of, without reading their list; 0 where it has no end."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 22 - 2**16))
        tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    return int.from_bytes(tail[end + 10 : end + 12], "little") if end >= 0 else 0


def _is_cut(path: Path) -> bool:
    """A broken zip is an archive unless its name says that it is a workbook."""
    return path.suffix.lower() not in (".xlsx", ".xlsm", ".ods", ".docx")


def unpacked(path: Path, name: str, folder: Path) -> list[tuple[Path, str]]:
    """The archive's files, as paths in ``folder`` and as names ``archive.zip/member``, in the archive's order.

    Folders, hidden files and what macOS adds are left out.

    Raises
    ------
    Refused
        The archive is damaged, encrypted, or unpacks to far more than it should.
    """
    folder.mkdir(exist_ok=True)
    packed, total = path.stat().st_size, 0
    found: list[tuple[Path, str]] = []
    try:
        _refuse_many(_members_told(path), name)
        with zipfile.ZipFile(path) as archive:
            for number, part in enumerate(_members(archive, name)):
                target = folder / f"{number:05d}-{_plain(part.filename)}"
                with archive.open(part) as source, target.open("wb") as sink:
                    while chunk := source.read(CHUNK):
                        total += len(chunk)
                        refuse_bomb(total, packed, name)
                        sink.write(chunk)
                found.append((target, f"{name}/{part.filename}"))
    except _TROUBLE:
        raise Refused(f"{name} is a damaged zip archive; copy or pack it again.") from None
    if not found:
        raise Refused(f"{name} is a zip archive without files.")
    return found


def _members(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    parts = archive.infolist()
    _refuse_many(len(parts), name)
    if any(part.flag_bits & 1 for part in parts):
        raise Refused(f"{name} is encrypted; unpack it first.")
    return [part for part in parts if not part.is_dir() and not _is_hidden(part.filename)]


def _refuse_many(members: int, name: str) -> None:
    if members > MOST_MEMBERS:
        raise Refused(f"{name} holds more than {MOST_MEMBERS:,} files; unpack the part that you need.")


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts if part != "..")


def _plain(name: str) -> str:
    """The last part of a member's name, short and harmless: it only has to keep its ending."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in last if letter.isascii() and (letter.isalnum() or letter in "._-"))[-60:]
