"""What is no table at all, what is no file at all, and names that are harder than the file."""

import os
import sqlite3
import zlib

from tests.trust.hostile.case import Case, Maker, changes, family
from tests.trust.hostile.packed import gz

LOGIN = """<!DOCTYPE html>
<html><head><title>Sign in, please</title></head>
<body><form action="/login"><input name="id,title,started_at"></form><table><tr><td>1</td></tr></table></body></html>
"""


def _png() -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)

    head = chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0")
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


@family("another kind of file called .csv", often=5)
def other_kind(make: Maker) -> Case:
    """Programs, pictures, documents, sound, mail, web pages, logs."""
    noise = make.draw.randbytes(4_000)
    kinds = (
        b"\x7fELF\x02\x01\x01" + noise, b"MZ\x90\0\x03" + noise, b"\xcf\xfa\xed\xfe\x07" + noise,
        b"\0asm\x01\0\0\0" + noise,
        b"\xca\xfe\xba\xbe\0\0\0\x34" + noise, _png(), b"\xff\xd8\xff\xe0\0\x10JFIF" + noise, b"GIF89a" + noise,
        b"BM" + noise,
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + noise,
        LOGIN.encode(),
        LOGIN.replace("\n", "").encode() * 500, b"{\\rtf1\\ansi id,title,started_at\\par 1,a,2024\\par}",
        b"RIFF\x24\0\0\0WAVEfmt " + noise,
        b"ID3\x04\0" + noise, b"\0\0\0\x18ftypmp42" + noise, b"OggS\0\x02" + noise, noise, bytes(range(256)) * 40,
        b"From a@b Mon Jan 1\nSubject: x\n\nhello, you\n",
        b"<?xml version='1.0'?>\n<incidents><incident id='1'/></incidents>\n",
        b"2024-03-05 10:00:00,123 INFO started\n2024-03-05 10:00:01,456 WARN slow, very slow\n" * 50,
        b"From: <Saved by Blink>\nMIME-Version: 1.0\nContent-Type: multipart/related\n\n", b"#!/bin/sh\nrm -rf /\n",
        b"\x80\x04\x95" + noise,
        b"INSERT INTO incidents VALUES (1, 'a', '2024-01-01');\n" * 9, b"BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n",
        b"[incidents]\nid = 1\ntitle = a\n", b"id: 1\ntitle: a\nstarted_at: 2024-01-01\n", b"lorem ipsum " * 9_000,
    )  # fmt: skip
    data = kinds[make.number % len(kinds)]
    ending = make.draw.choice([".csv", ".csv", ".xlsx", ".json", ".parquet", ".jsonl", ".txt"])
    return make.refused(make.file(data, ending))


@family("a program inside gzip")
def packed_program(make: Maker) -> Case:
    data = make.pick(
        b"\x7fELF" + make.draw.randbytes(900), _png(), make.draw.randbytes(5_000), LOGIN.encode(), b"", b"%PDF-1.4"
    )
    return make.refused(make.file(gz(data), ".csv.gz"))


@family("a pickle")
def pickled(make: Maker) -> Case:
    """Whoever opens it runs it: it would leave a canary behind."""
    canary = make.folder / "canary"
    text = f"cposix\nsystem\n(S'touch {canary}'\ntR."
    short = f"touch {canary}".encode()
    data = make.pick(text.encode(), b"\x80\x04cposix\nsystem\n\x8c" + bytes([len(short)]) + short + b"\x85R.")
    return make.refused(make.file(data, make.pick(".csv", ".parquet", ".json", ".pkl", ".xlsx")), canary=canary)


@family("an SQLite database called .csv", most=9)
def database(make: Maker) -> Case:
    path = make.file(b"", make.pick(".csv", ".xlsx", ".db"))
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE incidents (id, title, started_at)")
        connection.execute("INSERT INTO incidents VALUES (1, 'a', '2024-01-01')")
    connection.close()
    return make.refused(path)


@family("a folder with links that lead elsewhere", often=2)
def links(make: Maker) -> Case:
    """Links in a folder are not followed; the honest file beside them is read."""
    table = make.table()
    path = make.file(table.csv(), name="good.csv")
    inside = path.parent / "inside"
    inside.mkdir()
    os.rename(path, inside / "good.csv")
    elsewhere = make.file(make.table(2, 3).csv().replace("INC-", "SECRET-"), name="secret.csv")
    target = make.pick("/etc/passwd", str(elsewhere), "/proc/self/environ", "loop.csv", "/", "..", "/dev/zero")
    (inside / "loop.csv").symlink_to(target)
    return make.rows(inside, table.rows)


@family("a folder of odd things")
def odd_folder(make: Maker) -> Case:
    """Folders in folders, a pipe, hidden files, nothing; a folder called like a file."""
    table = make.table()
    path = make.folder / make.pick("folder", "folder.csv", "folder.xlsx")
    deep = path / "/".join(["d"] * make.pick(1, 60, 300))
    deep.mkdir(parents=True)
    os.mkfifo(path / "pipe.csv")
    (path / ".hidden.csv").write_text("id,title,started_at\nH1,hidden,2024-01-01\n")
    if make.number % 4 == 3:
        return make.refused(path)
    (deep / "good.csv").write_text(table.csv())
    return make.rows(path, table.rows)


@family("what is no file", often=4)
def no_file(make: Maker) -> Case:
    """Pipes, devices, folders, the kernel's files, nothing."""
    make.folder.mkdir(parents=True, exist_ok=True)
    pipe, link = make.folder / "pipe.csv", make.folder / "link.csv"
    os.mkfifo(pipe)
    link.symlink_to(make.pick("/dev/zero", str(pipe), "link.csv", "/nowhere", "/proc/kcore"))
    said = make.pick(
        str(pipe), "/dev/zero", "/dev/null", "/dev/random", str(link), "/etc/passwd", "/proc/self/environ",
        "/proc/self/mem",
        str(make.folder), "/proc/kmsg", str(make.folder / "nowhere.csv"), "/proc/self/maps", "/dev/stdin",
        "/proc/1/mem", "/dev/full",
        str(pipe / "x.csv"), "/proc/kcore",
    )  # fmt: skip
    return make.refused(link, said=said)


@family("an address as a source", often=4)
def address(make: Maker) -> Case:
    """Nothing is fetched, nothing is opened outside."""
    make.folder.mkdir(parents=True, exist_ok=True)
    said = make.pick(
        "file:///etc/passwd", "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
        "https://example.org/a.csv",
        "s3://bucket/key.csv", "gs://bucket/a.parquet", "ftp://127.0.0.1/a.csv", "sqlite:///var/opex.db",
        "postgresql://u:p@h/db",
        "\\\\server\\share\\a.csv", "//server/share/a.csv", "../../../../../../../etc/passwd", "~/.ssh/id_rsa",
        "$HOME/a.csv",
        "data:text/csv,id,title", "http://[::1]:80/", "gopher://127.0.0.1:6379/_INFO", "jdbc:h2:mem:",
        "a.csv; rm -rf /", "`id`",
        "%2e%2e%2fetc%2fpasswd", "x" * 5_000, "memory://a", "zip://a.zip/a.csv", "@/etc/passwd", "",
    )  # fmt: skip
    return make.refused(make.folder / "nothing", said=said or "./nothing")


@family("odd file names", often=5)
def names(make: Maker) -> Case:
    """The table is honest, only its name is not."""
    table = make.table()
    listed = (
        "two\nlines.csv", "\u202evsc.slx", "a" * 246 + ".csv", "=cmd|'!A0.csv", "![](x.png).csv",
        "%s%n%x.csv",
        "-rf.csv", " .csv", "a.csv ", "a\tb.csv", "<script>alert(1)</script>.csv".replace("/", "⁄"),
        "'; DROP TABLE loads;--.csv",
        "a\x1b[31mred.csv", "😀.csv", "con.csv", "a.exe", "noending", "a.csv.gz", "a.xlsx", "a.parquet", "a.json",
        "a.md", "{id}.csv",
        "**bold**.csv", "..csv", "\\x.csv", "e\u0301.csv", "a:b.csv", "\x7f.csv", "--help", "NUL",
    )  # fmt: skip
    name = listed[make.number % len(listed)]
    return make.rows(make.file(table.csv(), name=name), table.rows)


@family("file names that are no text")
def torn_names(make: Maker) -> Case:
    """On Linux a name is bytes; these are no UTF-8."""
    table = make.table()
    bad = table.spoil(1, "started_at", "never") if make.number % 2 else None
    name = os.fsdecode(make.pick(b"\xff\xfe.csv", b"K\xf6ln.csv", b"\xed\xa0\x80.csv"))
    return make.either(make.file(table.csv(), name=name), table.without(bad or 0), [bad] if bad else [])


@family("an honest table", most=20)
def honest(make: Maker) -> Case:
    """So that the corpus sees when everything is refused."""
    table = make.table(1, 400)
    return make.rows(make.file(table.csv(make.pick(",", ";", "\t", "|"), make.pick("\n", "\r\n"))), table.rows)


@family("honest changes", most=20)
def honest_changes(make: Maker) -> Case:
    table = changes(make.draw, make.draw.randint(2, 40))
    bad = table.spoil(1, "started_at", "soon")
    return make.rows(make.file(table.csv()), table.without(bad), [bad], kind="changes")
