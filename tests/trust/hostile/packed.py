"""Archives: gzip and zip that unpack to too much, break off, lie, or hold another archive."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from tests.trust.hostile.case import Case, Maker, family

MB = 1024**2
STAMP = (2024, 1, 1, 0, 0, 0)


def gz(data: bytes) -> bytes:
    """Gzip without the time in it."""
    return gzip.compress(data, mtime=0)


def repeated(block: bytes, times: int, head: bytes = b"") -> bytes:
    """Raw deflate of ``head + block * times``, written at the price of one block."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    once = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + once * times + packer.flush()


def gz_bomb(block: bytes, times: int, head: bytes = b"") -> bytes:
    """One gzip member of ``head + block * times`` (the check at its end is wrong: nobody should get there)."""
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + repeated(block, times, head) + bytes(8)


@dataclass(frozen=True, kw_only=True)
class Member:
    """A member of a zip file as its headers tell it, true or not."""

    name: str
    packed: bytes
    size: int
    crc: int = 0
    flags: int = 0
    method: int = 8


def plain(name: str, data: bytes, flags: int = 0) -> Member:
    """A member that says the truth."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return Member(
        name=name, packed=packer.compress(data) + packer.flush(), size=len(data), crc=zlib.crc32(data), flags=flags
    )


def raw_zip(members: Iterable[Member], *, overlap: int = 1) -> bytes:
    """A zip file by hand; ``overlap`` lists each member that many times, all at the same place."""
    body, directory, count = io.BytesIO(), io.BytesIO(), 0
    for member in members:
        name, place = member.name.encode(), body.tell()
        common = struct.pack(
            "<HHHHIII", member.flags, member.method, 0, 0x5821, member.crc, len(member.packed), min(member.size,
            2**32 - 1)
        )  # fmt: skip
        body.write(b"PK\x03\x04\x14\0" + common + struct.pack("<HH", len(name), 0) + name + member.packed)
        for _ in range(overlap):
            entry = struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, place)
            directory.write(b"PK\x01\x02\x14\0\x14\0" + common + entry + name)
            count += 1
    listed, shown = directory.getvalue(), min(count, 65_535)
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, shown, shown, len(listed), body.tell(), 0)
    if count > 65_535:
        place = body.tell() + len(listed)
        end = (
            b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, len(listed), body.tell())
            + b"PK\x06\x07" + struct.pack("<IQI", 0, place, 1) + end
        )  # fmt: skip
    return body.getvalue() + listed + end


def zipped(files: dict[str, bytes]) -> bytes:
    """An honest zip file without the time in it."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, STAMP), data, zipfile.ZIP_DEFLATED)
    return target.getvalue()


_BLOCKS = {
    "zeros": (b"", bytes(MB)),
    "rows": (b"id,title,started_at\n", b"1,a,2024-01-01\n" * 70_000),
    "one line": (b"id,title,started_at\n1,", b"a" * MB),
    "blank lines": (b"", b"\n" * MB),
    "one quote": (b'id,title,started_at\n1,"', b"a\n" * (MB // 2)),
    "json": (b"[", b'{"id":1},' * 116_000),
}


@family("gzip bomb", most=18)
def gzip_bomb(make: Maker) -> Case:
    """1 to 10 GB from 1 to 10 MB, as one member or as many."""
    megabytes = make.pick(1_500, 3_000, 10_000)
    head, block = list(_BLOCKS.values())[make.number % len(_BLOCKS)]
    if make.number % 2:
        return make.refused(make.file(gz_bomb(block, megabytes, head), ".csv.gz"))
    return make.refused(make.file(gz(head) + gz(block * 64) * (megabytes // 64), ".csv.gz"))


@family("gzip that breaks off")
def half_gzip(make: Maker) -> Case:
    data = gz(make.table(20, 400).csv().encode())
    return make.refused(make.file(data[: make.draw.randrange(3, len(data) - 1)], ".csv.gz"))


@family("gzip with a damaged byte")
def bad_gzip(make: Maker) -> Case:
    table = make.table(20, 400)
    data = bytearray(gz(table.csv().encode()))
    data[make.draw.randrange(12, len(data) - 8) if make.number % 2 else len(data) - make.draw.randint(1, 8)] ^= 0x55
    return make.either(make.file(bytes(data), ".csv.gz"), table.rows)


@family("gzip with rubbish behind it")
def trailing_gzip(make: Maker) -> Case:
    table = make.table()
    rubbish = make.pick(bytes(512), b"-- end of transmission --", make.draw.randbytes(3_000), b"\x1f", b"\x1f\x8b")
    return make.either(make.file(gz(table.csv().encode()) + rubbish, ".csv.gz"), table.rows)


@family("gzip in gzip")
def gzip_in_gzip(make: Maker) -> Case:
    table = make.table()
    data = table.csv().encode()
    for _ in range(make.pick(2, 3, 20, 200)):
        data = gz(data)
    return make.either(make.file(data, ".csv.gz"), table.rows)


@family("gzip of many members")
def many_members(make: Maker) -> Case:
    """Honest members one after the other, as log shippers write them; and empty ones by the hundred thousand."""
    table = make.table(50, 300)
    parts = table.csv().encode().splitlines(keepends=True)
    empty = gz(b"") * make.pick(0, 150_000, 10, 400_000)
    return make.either(make.file(gz(parts[0]) + empty + b"".join(map(gz, parts[1:])), ".csv.gz"), table.rows)


@family("gzip with odd headers")
def gzip_headers(make: Maker) -> Case:
    table = make.table()
    body = gz(table.csv().encode())[10:]
    extra = make.pick(
        b"\x08" + bytes(4) + b"\0\xff../../etc/passwd\0",
        b"\x04" + bytes(4) + b"\0\xff" + struct.pack("<H", 60_000) + bytes(60_000),
        b"\x10" + bytes(4) + b"\0\xff" + b"c" * 900_000 + b"\0",
    )
    return make.rows(make.file(b"\x1f\x8b\x08" + extra + body, ".csv.gz"), table.rows)


@family("packed otherwise", often=2)
def otherwise_packed(make: Maker) -> Case:
    """bzip2, xz, tar, zstd, 7z, compress: by their own name and by another."""
    table = make.table()
    data = table.csv().encode()
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        info = tarfile.TarInfo("incidents.csv")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    packed = make.pick(
        bz2.compress(data), lzma.compress(data), target.getvalue(), gz(target.getvalue()),
        b"\x28\xb5\x2f\xfd" + make.draw.randbytes(300), b"7z\xbc\xaf\x27\x1c" + make.draw.randbytes(300),
        b"\x1f\x9d\x90" + make.draw.randbytes(300), b"Rar!\x1a\x07\x01\0" + make.draw.randbytes(300),
        b"PK\x05\x06" + bytes(18),
    )  # fmt: skip
    return make.either(make.file(packed, make.pick(".csv", ".csv.bz2", ".tar.gz", ".csv.gz")), table.rows)


@family("zip bomb, flat", most=12)
def flat_zip_bomb(make: Maker) -> Case:
    """One member of gigabytes that tells its size, or says that it is small."""
    head, block = list(_BLOCKS.values())[make.number % len(_BLOCKS)]
    times = make.pick(1_000, 4_000)
    size = make.pick(times * MB, 1_000, times * MB, 0)
    return make.refused(
        make.file(raw_zip([Member(name="a.csv", packed=repeated(block, times, head), size=size)]), ".zip")
    )


@family("zip bomb, overlapping")
def overlapping_zip_bomb(make: Maker) -> Case:
    """Thousands of entries that all point at the same bytes."""
    member = plain("a.csv", b"id,title,started_at\n" + b"1,a,2024-01-01\n" * 300_000)
    return make.refused(make.file(raw_zip([member], overlap=make.pick(1_000, 20_000)), make.pick(".zip", ".xlsx")))


@family("zip bomb, nested")
def nested_zip_bomb(make: Maker) -> Case:
    data = raw_zip([Member(name="a.csv", packed=repeated(bytes(MB), 500), size=500 * MB)])
    for level in range(make.pick(1, 3, 6)):
        data = raw_zip([plain(f"{level}-{copy}.zip", data) for copy in range(make.pick(1, 8))])
    return make.refused(make.file(data, make.pick(".zip", ".xlsx")))


@family("zip with a hundred thousand members", most=3)
def crowded_zip(make: Maker) -> Case:
    member = [b"", b"id,title\n", b"x"][make.number]
    parts = (
        Member(name=f"{n}.csv", packed=member, size=len(member), crc=zlib.crc32(member), method=0)
        for n in range(100_000)
    )
    return make.refused(make.file(raw_zip(parts), [".zip", ".xlsx", ".csv"][make.number]))


@family("zip with a password")
def locked_zip(make: Maker) -> Case:
    data = make.table().csv().encode()
    name = make.pick("a.csv", "xl/workbook.xml", "EncryptedPackage")
    member = Member(name=name, packed=make.draw.randbytes(len(data)), size=len(data), crc=1, flags=1, method=0)
    return make.refused(make.file(raw_zip([member]), make.pick(".zip", ".xlsx", ".csv")))


@family("zip that climbs out")
def climbing_zip(make: Maker) -> Case:
    """Names such as ../../canary: nothing is written beside the workspace."""
    table = make.table()
    canary = make.folder.parent / "canary.csv"
    name = make.pick(
        "../canary.csv", "../../canary.csv", str(canary), "..\\canary.csv", "C:\\canary.csv", "a/../../canary.csv"
    )
    return make.either(make.file(zipped({name: table.csv().encode()}), ".zip"), table.rows, canary=canary)


@family("zip that breaks off")
def half_zip(make: Maker) -> Case:
    data = zipped({"a.csv": make.table(20, 200).csv().encode()})
    return make.refused(make.file(data[: make.draw.randrange(5, len(data) - 4)], make.pick(".zip", ".xlsx")))


@family("zip with a damaged byte")
def bad_zip(make: Maker) -> Case:
    table = make.table(20, 200)
    data = bytearray(zipped({"a.csv": table.csv().encode()}))
    data[make.draw.randrange(40, len(data) - 90)] ^= 0x41
    return make.either(make.file(bytes(data), ".zip"), table.rows)


@family("zip of one table")
def zip_of_one(make: Maker) -> Case:
    """What a reporting tool sends: one table in a zip file."""
    table = make.table()
    more = make.pick({}, {"__MACOSX/._a.csv": b"\0\5\x16\7" + bytes(60)}, {"folder/": b""})
    return make.rows(make.file(zipped({"folder/a.csv": table.csv().encode(), **more}), ".zip"), table.rows)


@family("zip of several tables")
def zip_of_two(make: Maker) -> Case:
    """Which one is meant? Both, or none; one of them in silence is wrong."""
    table = make.table(6, 30)
    half = len(table.lines) // 2
    whole, table.lines = table.lines, table.lines[:half]
    first = table.csv().encode()
    table.lines = whole[half:]
    second = table.csv().encode()
    truth = [*table.rows[:half], *[type(r)(number=i + 2, cells=r.cells) for i, r in enumerate(table.rows[half:])]]
    return make.either(make.file(zipped({"a.csv": first, "b.csv": second}), ".zip"), truth)


@family("another office file called .xlsx", often=2)
def other_office(make: Maker) -> Case:
    parts = make.pick(
        {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w:document>incidents</w:document>"},
        {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<office:document-content/>"},
        {"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\n", "Main.class": b"\xca\xfe\xba\xbe\0\0\0\x34"},
        {"[Content_Types].xml": b"<Types/>", "ppt/presentation.xml": b"<p:presentation/>"},
        {"mimetype": b"application/epub+zip", "OEBPS/a.xhtml": b"<html/>"},
        {"AndroidManifest.xml": b"\3\0\x08\0", "classes.dex": b"dex\n035\0"},
        {"[Content_Types].xml": b"<Types/>", "xl/workbook.bin": b"\x83\x01\0"},
        {},
    )
    return make.refused(make.file(zipped(parts), make.pick(".xlsx", ".xlsx", ".csv", ".zip")))
